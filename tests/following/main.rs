//! A log is followed and every line counts once: over rotation, truncation, restarts and kill -9.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod archive;
mod clocks;
mod crowd;
mod dynafile;
mod exactness;
mod follow;
mod hands;
mod limits;
mod model;
mod origins;
mod race;
mod said;
mod scrapers;
mod ssm_agent;
#[path = "../support/mod.rs"]
mod support;
