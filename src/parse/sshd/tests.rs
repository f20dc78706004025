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
use crate::event::{Event, HintKind, Role, Time};
use crate::parse::{Envelope, Parsed};

const PID: u32 = 7;

fn envelope(message: &[u8]) -> Envelope<'_> {
    Envelope {
        time: Time::new(1, 0),
        host: b"web",
        tag: b"sshd",
        pid: Some(PID),
        message,
        may_be_stripped: true,
    }
}

/// Reads the line and compares what it tells, word by word.
fn check(version: &str, message: &str, expected: &str) {
    assert_eq!(told(message.as_bytes()), expected, "OpenSSH {version}: {message}");
}

fn check_all(rows: &[(&str, &str, &str)]) {
    for (version, message, expected) in rows {
        check(version, message, expected);
    }
}

fn told(message: &[u8]) -> String {
    match parse(&envelope(message)) {
        Parsed::Ignored => "ignored".into(),
        Parsed::Unrecognized { program } => format!("unrecognized {program}"),
        Parsed::Hint(hint) => match hint.kind {
            HintKind::Connection { source, port } => format!("connection {source} {port:?}"),
            other => format!("{other:?}"),
        },
        Parsed::Event(event) => told_event(&event),
    }
}

fn told_event(event: &Event<'_>) -> String {
    let kind = event.kind.as_str().trim_start_matches("login_");
    let mut words = vec![kind.to_string()];
    words.extend(event.reason.map(|reason| reason.to_string()));
    words.extend(event.method.map(|method| method.to_string()));
    words.extend(event.user.as_ref().map(|user| format!("user={user:?}")));
    words.extend(event.invalid_user.then(|| "invalid".to_string()));
    words.extend(event.source.as_ref().map(|source| format!("at={source}")));
    words.extend(event.port.map(|port| format!("port={port}")));
    words.extend(event.fingerprint.as_ref().map(|print| format!("key={print}")));
    words.extend(event.identity.as_ref().map(|identity| format!("id={identity:?}")));
    words.extend((event.count != 1).then(|| format!("count={}", event.count)));
    words.extend((event.pid != Some(PID)).then(|| format!("pid={:?}", event.pid)));
    words.extend((event.role != Role::Proof).then(|| event.role.to_string()));
    words.join(" ")
}
