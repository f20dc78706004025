//! What is read in the lines of the authentication log and in CloudTrail's records: lines that
//! others collected, lines that an attacker would write, and lines that the real sshd, sudo, su and
//! login write while people and attackers use them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod allocations;
mod cloudtrail_corpora;
mod cloudtrail_shapes;
mod connections;
mod corpora;
mod hostile;
mod real_keys;
mod real_lines;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod visits;
