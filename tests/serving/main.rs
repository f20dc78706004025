//! The program as its users meet it: at a terminal, as a scraper, in a browser, and as those who
//! would keep them from an answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cli;
mod end_to_end;
mod flood;
mod newborn;
mod privacy;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod web;
