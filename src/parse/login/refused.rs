//! Tries that login refused.
//!
//! The name is what someone typed, so it reaches from the first word that comes before it to the
//! last one that can follow it: PAM's words for an error hold no comma followed by a blank.

use super::{Place, Try, shadow_place};
use crate::event::{EventKind, Reason};
use crate::parse::words::{number, quoted, rsplit_once, split_once};

pub(super) fn read(message: &[u8]) -> Option<Try<'_>> {
    failed_login(message)
        .or_else(|| too_many(message))
        .or_else(|| shadow_refusal(message))
        .or_else(|| shadow_failure(message))
        .or_else(|| util_linux_2_17(message))
        .or_else(|| no_name(message))
}

fn failure<'a>(user: &'a [u8], place: Place<'a>) -> Try<'a> {
    let kind = EventKind::LoginFailure;
    Try { kind, reason: None, count: 1, user: Some(user), unknown: false, place }
}

fn rejection<'a>(reason: Reason, user: Option<&'a [u8]>, place: Place<'a>) -> Try<'a> {
    let kind = EventKind::LoginRejected;
    Try { kind, reason: Some(reason), count: 1, user, unknown: false, place }
}

/// `FAILED LOGIN 1 FROM tty1 FOR bob, why`, `FAILED LOGIN SESSION FROM …` and shadow's `FAILED
/// LOGIN (1) on '/dev/tty1' FOR 'bob', why`.
fn failed_login(message: &[u8]) -> Option<Try<'_>> {
    let rest = message.strip_prefix(b"FAILED LOGIN ")?;
    let (_number, rest) = split_once(rest, b" ")?;
    let (place, rest) = place_and_rest(rest)?;
    let (user, why) = rsplit_once(rest, b", ").unwrap_or((rest, b""));
    let unknown = why.starts_with(b"User not known");
    Some(Try { unknown, ..failure(unquote(user), place) })
}

/// `TOO MANY LOGIN TRIES (3) FROM tty1 FOR bob, why`; shadow's lacks the reason.
fn too_many(message: &[u8]) -> Option<Try<'_>> {
    let rest = message.strip_prefix(b"TOO MANY LOGIN TRIES (")?;
    let (_count, rest) = split_once(rest, b")")?;
    let (place, rest) = place_and_rest(rest.trim_ascii_start())?;
    let user = rsplit_once(rest, b", ").map_or(rest, |(user, _)| user);
    Some(rejection(Reason::TooManyAttempts, Some(unquote(user)), place))
}

/// `FROM place FOR rest` of util-linux, ` on 'tty' [from 'host'] FOR rest` of shadow.
fn place_and_rest(rest: &[u8]) -> Option<(Place<'_>, &[u8])> {
    match rest.strip_prefix(b"FROM ") {
        Some(rest) => {
            let (from, rest) = split_once(rest, b" FOR ")?;
            Some((from_place(from), rest))
        }
        None => {
            let (place, rest) = split_once(rest, b" FOR ")?;
            Some((shadow_place(place), rest))
        }
    }
}

/// util-linux names the host, or the terminal where there is none.
fn from_place(from: &[u8]) -> Place<'_> {
    let local: [&[u8]; 6] = [b"tty", b"pts/", b"console", b"hvc", b"ttyS", b"/dev/"];
    if from.is_empty() || matches!(from, b"<unknown>" | b"(null)" | b"UNKNOWN") {
        Place::default()
    } else if local.iter().any(|name| from.starts_with(name)) {
        Place { tty: Some(from), host: None }
    } else {
        Place { tty: None, host: Some(from) }
    }
}

fn unquote(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name)
}

/// Shadow without PAM, and BusyBox: `invalid password for 'bob'  on '/dev/tty1'`.
fn shadow_failure(message: &[u8]) -> Option<Try<'_>> {
    let (user, rest) = last_quote(message.strip_prefix(b"invalid password for ")?)?;
    Some(failure(user, shadow_place(rest)))
}

fn shadow_refusal(message: &[u8]) -> Option<Try<'_>> {
    if let Some(rest) = message.strip_prefix(b"ILLEGAL ROOT LOGIN") {
        return Some(rejection(Reason::RootRefused, Some(b"root"), shadow_place(rest)));
    }
    if let Some(rest) = message.strip_prefix(b"REPEATED login failures") {
        return Some(rejection(Reason::TooManyAttempts, None, shadow_place(rest)));
    }
    if let Some(rest) = message.strip_prefix(b"LOGIN '") {
        let (user, rest) = rsplit_once(rest, b"' REFUSED ")?;
        return Some(rejection(Reason::NotAllowed, Some(user), shadow_place(rest)));
    }
    if let Some(rest) = message.strip_prefix(b"exceeded failure limit for ") {
        let (user, rest) = last_quote(rest)?;
        return Some(rejection(Reason::AccountLocked, Some(user), shadow_place(rest)));
    }
    let (user, rest) = last_quote(message.strip_prefix(b"invalid login time for ")?)?;
    Some(rejection(Reason::NotAllowed, Some(user), shadow_place(rest)))
}

/// `'name'` up to where the place begins, counted from the end.
fn last_quote(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    match rsplit_once(rest, b" on '") {
        Some((name, _)) => {
            let at = name.len();
            Some((unquote(name.trim_ascii_end()), &rest[at..]))
        }
        None => quoted(rest, b"'"),
    }
}

/// util-linux 2.17: `LOGIN bob REFUSED FROM h ON TTY t`, `LOGIN FAILURE FROM h, bob`, `3 LOGIN
/// FAILURES FROM h, bob`.
fn util_linux_2_17(message: &[u8]) -> Option<Try<'_>> {
    if let Some(rest) = message.strip_prefix(b"LOGIN FAILURE FROM ") {
        let (from, user) = split_once(rest, b", ")?;
        return Some(failure(user, from_place(from)));
    }
    if let Some((count, rest)) = split_once(message, b" LOGIN FAILURES FROM ") {
        let (from, user) = split_once(rest, b", ")?;
        return Some(Try { count: number(count)?, ..failure(user, from_place(from)) });
    }
    let (user, rest) = rsplit_once(message.strip_prefix(b"LOGIN ")?, b" REFUSED FROM ")?;
    let (from, tty) = split_once(rest, b" ON TTY ")?;
    let place = Place { tty: Some(tty), ..from_place(from) };
    Some(rejection(Reason::NotAllowed, Some(user), place))
}

/// `Invalid user name "-x". Abort.` and `NULL user name. Abort.`
fn no_name(message: &[u8]) -> Option<Try<'_>> {
    let user = match message.strip_prefix(b"Invalid user name \"") {
        Some(rest) => Some(rest.strip_suffix(b"\". Abort.")?),
        None if message == b"NULL user name. Abort." => None,
        None => return None,
    };
    Some(Try { unknown: true, ..rejection(Reason::InvalidUser, user, Place::default()) })
}
