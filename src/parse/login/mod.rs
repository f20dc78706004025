//! login on a console or a serial line.
//!
//! - util-linux (`login-utils/login.c`): `LOGIN ON tty1 BY bob [FROM host]`, `ROOT LOGIN ON tty1
//!   [FROM host]`, `FAILED LOGIN 1 FROM tty1 FOR bob, Authentication failure`, `TOO MANY LOGIN
//!   TRIES (3) FROM …`, `FAILED LOGIN SESSION FROM …`; 2.17 also `LOGIN bob REFUSED FROM h ON TTY
//!   t`, `LOGIN FAILURE FROM h, bob`, `3 LOGIN FAILURES FROM h, bob`.
//! - shadow (`src/login.c`): `'bob' logged in on '/dev/tty1' [from 'host']`, `ROOT LOGIN  on …`,
//!   `FAILED LOGIN (1) on … FOR 'bob', …`, `ILLEGAL ROOT LOGIN …`, `LOGIN 'bob' REFUSED …`, ….
//! - BusyBox: `root login on 'tty1'`, `invalid password for 'bob' on 'tty1'`.
//!
//! What adds nothing, and why: `DIALUP AT` comes with `LOGIN ON`; `no shadow password for` and
//! `login 'x' re-enabled` refuse nothing; PAM's own words (`Authentication failure`) and `FATAL: …`
//! name nobody.

mod refused;

use super::words::{
    event, quoted, remote, rsplit_once, split_once, starts_with_any, terminal, text, trim,
};
use super::{Envelope, Parsed};
use crate::event::{Event, EventKind, Reason};

/// What a line says of one try.
struct Try<'a> {
    kind: EventKind,
    reason: Option<Reason>,
    count: u32,
    user: Option<&'a [u8]>,
    /// The host does not know the account, whatever its name is logged as.
    unknown: bool,
    place: Place<'a>,
}

/// Where the try came from: a terminal, another host, or both.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    tty: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
}

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    let message = trim(envelope.message);
    if message.starts_with(b"PAM ") {
        return super::pam::parse(envelope);
    }
    match success(message).or_else(|| refused::read(message)) {
        Some(attempt) => Parsed::Event(told(envelope, &attempt)),
        None if is_noise(message) => Parsed::Ignored,
        None => Parsed::Unrecognized { program: "login" },
    }
}

fn told<'a>(envelope: &Envelope<'a>, attempt: &Try<'a>) -> Event<'a> {
    // The names that login writes for an account it does not know, lest a password typed as a
    // name gets logged.
    let hidden = matches!(attempt.user, Some(b"(unknown)" | b"UNKNOWN"));
    Event {
        reason: attempt.reason,
        count: attempt.count,
        user: attempt.user.map(text),
        invalid_user: hidden || attempt.unknown,
        tty: attempt.place.tty.and_then(terminal),
        source: attempt.place.host.and_then(remote),
        ..event(envelope, attempt.kind, "login")
    }
}

fn success(message: &[u8]) -> Option<Try<'_>> {
    let (user, place) = util_linux_success(message).or_else(|| shadow_success(message))?;
    let kind = EventKind::LoginSuccess;
    Some(Try { kind, reason: None, count: 1, user: Some(user), unknown: false, place })
}

fn util_linux_success(message: &[u8]) -> Option<(&[u8], Place<'_>)> {
    if let Some(rest) = message.strip_prefix(b"ROOT LOGIN ON ") {
        let (tty, host) = with_host(rest);
        return Some((b"root", Place { tty: Some(tty), host }));
    }
    let (tty, rest) = split_once(message.strip_prefix(b"LOGIN ON ")?, b" BY ")?;
    let (user, host) = with_host(rest);
    Some((user, Place { tty: Some(tty), host }))
}

fn with_host(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    rsplit_once(rest, b" FROM ").map_or((rest, None), |(before, host)| (before, Some(host)))
}

fn shadow_success(message: &[u8]) -> Option<(&[u8], Place<'_>)> {
    if let Some(rest) = message.strip_prefix(b"ROOT LOGIN ") {
        return Some((b"root", shadow_place(rest)));
    }
    if let Some(rest) = message.strip_prefix(b"root login") {
        return Some((b"root", shadow_place(rest)));
    }
    let (user, rest) = quoted(message, b"' logged in ")?;
    Some((user, shadow_place(rest)))
}

/// Shadow's fromhost: ` on '/dev/tty1'` or ` on '/dev/tty1' from 'host'`.
fn shadow_place(rest: &[u8]) -> Place<'_> {
    let Some(tty) = rest.trim_ascii().strip_prefix(b"on '") else {
        return Place::default();
    };
    match split_once(tty, b"' from '") {
        Some((tty, host)) => Place { tty: Some(tty), host: host.strip_suffix(b"'") },
        None => Place { tty: tty.strip_suffix(b"'"), host: None },
    }
}

fn is_noise(message: &[u8]) -> bool {
    const PREFIXES: &[&[u8]] = &[
        b"Account expired",
        b"Authentication ",
        b"Cannot ",
        b"Conversation error",
        b"Couldn't initialize PAM",
        b"Critical error",
        b"DIALUP AT ",
        b"Error ",
        b"FATAL: ",
        b"Failed ",
        b"Have exhausted",
        b"Insufficient credentials",
        b"Memory buffer",
        b"Module is unknown",
        b"No session entry",
        b"PAM",
        b"Permission denied",
        b"Please ",
        b"Symbol not found",
        b"System error",
        b"TIOC",
        b"The return value",
        b"Unable to ",
        b"Unknown PAM error",
        b"User account has expired",
        b"User not known",
        b"access denied",
        b"cannot ",
        b"chmod (",
        b"chown (",
        b"failed to ",
        b"gkr-pam: ",
        b"groups initialization",
        b"login '",
        b"no shadow password for ",
        b"pam_",
        b"setgid() failed",
        b"setuid() failed",
        b"unable to ",
    ];
    message.is_empty() || starts_with_any(message, PREFIXES)
}

#[cfg(test)]
mod tests;
