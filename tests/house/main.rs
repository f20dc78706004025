//! The house keeps its own rules: who may import whom, and what README says of the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod checkers;
mod containers;
mod fleet;
mod imports;
mod kinds;
mod kubernetes;
mod packages;
mod readme;
mod release;
mod sample;
mod shipping;
mod unit;
