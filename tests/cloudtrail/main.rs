//! CloudTrail: asked by the real AWS client over the wire protocol, read from a trail's files, and
//! counted.

#![cfg(feature = "cloudtrail")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod deploy;
mod end_to_end;
mod files;
mod model;
mod organization;
mod queue;
#[path = "../support/mod.rs"]
mod support;
