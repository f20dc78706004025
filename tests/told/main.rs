//! Who is told: alert rules, Alertmanager, dashboards.

#![cfg(feature = "cloudtrail")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alert_chain;
mod dashboards;
#[path = "../support/mod.rs"]
mod support;
