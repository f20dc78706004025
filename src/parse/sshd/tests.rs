//! One row a line: the version that prints it, the line, and everything that is read from it.
//!
//! Every format string of OpenSSH's `auth*.c`, `session.c`, `sshd*.c`, `packet.c`, `srclimit.c`,
//! `monitor.c` and `kex.c` that concerns a login, a refusal or the end of a connection has a row.
//! These have none, each for its reason:
//! - errors of memory, buffers and the privilege separation (`fatal_f("…")`): of the child before
//!   a login they read `fatal: … [preauth]`, which has a row for all; elsewhere they tell of no
//!   connection's fate and are known by the function's name that they begin with;
//! - faulty settings, keys and files at the daemon's start: there is no connection;
//! - sessions, channels, forwarding and transfers: the login was counted, PAM tells the session.

mod accepted;
mod closed;
mod hostile;
mod noise;
mod refused;

use super::parse;
use crate::parse::{Parsed, words};

const PID: u32 = 7;

/// Reads the line and compares what it tells, word by word.
fn check(version: &str, message: &str, expected: &str) {
    assert_eq!(told(message.as_bytes()), expected, "OpenSSH {version}: {message}");
}

fn check_all(rows: &[(&str, &str, &str)]) {
    for (version, message, expected) in rows {
        check(version, message, expected);
    }
}

/// What the line tells, with the pid where it is another's than the writer's.
fn told(message: &[u8]) -> String {
    let parsed = words::read(parse, &words::framed("sshd", Some(PID), message));
    match &parsed {
        Parsed::Event(event) if event.pid != Some(PID) => {
            format!("{} pid={:?}", words::told(&parsed), event.pid)
        }
        _ => words::told(&parsed),
    }
}
