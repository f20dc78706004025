//! Who came in to my hosts, when, from where, and was that expected?
//!
//! ```text
//! source ──Record──▶ parse ──Event──▶ memory ───▶ policy ──Observation──▶ metrics ──text──▶ web
//!    ▲                                                                       │
//!    └──────────────── state (position and series, saved together) ─────────┘
//! ```
//!
//! One task per source runs one loop: next batch, parse, judge, count, remember. There is no
//! channel between the stages.
//!
//! Invariants, stated as absences:
//! - No module imports a sibling that the table in `tests/house/imports.rs` does not grant it.
//! - No clock, environment or I/O in `parse`, `memory` and `policy`: time and zone come in.
//! - No count is shown that is not saved, and none is saved without the position it came from.
//! - No name that an attacker chose becomes a label without a bound.
//! - No globals: registries and settings are passed in.

#![warn(missing_debug_implementations, unreachable_pub)]
// What the outside gives never ends the program. Tests may panic: that is how they fail.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod address;
pub mod event;
pub mod keyed;
pub mod programs;
pub mod record;
pub mod version;

pub mod source;

pub mod parse;
pub mod trust;

pub mod memory;

pub mod policy;

pub mod metrics;
pub mod state;

pub mod row;

pub mod archive;

pub mod web;

pub mod app;
pub mod config;
pub mod history;
pub mod host;
pub mod pipeline;
