//! The journal: followed through the real journalctl, its writers held to what they may say, and
//! the exporter beside a real journald.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod end_to_end;
mod source;
#[path = "../support/mod.rs"]
mod support;
mod trust;
