//! Who is told: alert rules, Alertmanager, dashboards, runbooks.

#![cfg(feature = "cloudtrail")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alert_chain;
mod dashboards;
mod runbooks;
#[path = "../support/mod.rs"]
mod support;
