//! A log is followed and every line counts once: over rotation, truncation, restarts and kill -9.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod archive;
mod crowd;
mod exactness;
mod follow;
mod hands;
mod model;
mod origins;
mod race;
mod scrapers;
mod ssm_agent;
#[path = "../support/mod.rs"]
mod support;
