//! Settings as a user writes them, and what the rules in them expect.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config;
mod policy;
