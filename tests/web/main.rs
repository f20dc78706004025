//! The listener as its clients see it: Prometheus, a person with a browser or curl, and those
//! who would keep both from getting an answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config_file;
mod fake;
mod login;
mod page;
mod plain;
mod slow;
mod tls;
mod tools;
