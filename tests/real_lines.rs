//! The lines that the real sshd, sudo, su, login and account tools write as people and attackers
//! use them, and what `history` reads in them. What is expected is written down from what was
//! done.
//!
//! Each test owns `/dev/log` through a real rsyslogd, does things, waits until all is written, and
//! compares every event. No line of a login program may be unknown to the exporter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "real_lines/accounts.rs"]
mod accounts;
#[path = "real_lines/console.rs"]
mod console;
#[path = "real_lines/formats.rs"]
mod formats;
#[path = "real_lines/hostile.rs"]
mod hostile;
#[path = "real_lines/logins.rs"]
mod logins;
#[path = "real_lines/refused.rs"]
mod refused;
#[path = "real_lines/scene.rs"]
mod scene;
#[path = "real_lines/strangers.rs"]
mod strangers;
#[path = "real_lines/su.rs"]
mod su;
#[path = "real_lines/sudo.rs"]
mod sudo;
mod support;
#[path = "real_lines/visits.rs"]
mod visits;
