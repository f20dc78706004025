//! A login that PAM refused for a reason other than the password.

use super::{Message, is_no_login, program};
use crate::event::{Event, EventKind, Reason, Role};
use crate::parse::words::{event, number, remote, rsplit_once, split_once, text};
use crate::parse::{Envelope, Parsed};

struct Refusal<'a> {
    reason: Reason,
    user: Option<&'a [u8]>,
    /// An address, or what pam_access logs for a local login.
    from: Option<&'a [u8]>,
}

pub(super) fn read<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Option<Parsed<'a>> {
    let program = program(message.service);
    if let Some((from, to)) = wheel(message.text) {
        return Some(su_refused(envelope, &program, from, to));
    }
    let refusal = locked(message.text).or_else(|| not_allowed(message))?;
    let locked = refusal.reason == Reason::AccountLocked;
    // sshd's own line on it has no address, so this one is joined to it.
    let joined = program == "sshd" && envelope.pid.is_some();
    let told_better = matches!(&*program, "su" | "sudo") || program == "sshd" && !joined;
    if !locked && (is_no_login(&program) || told_better) {
        return Some(Parsed::Ignored);
    }
    Some(Parsed::Event(Event {
        role: if joined && !locked { Role::End } else { Role::Proof },
        reason: Some(refusal.reason),
        user: refusal.user.map(text),
        source: refusal.from.filter(|from| is_remote(from)).and_then(remote),
        ..event(envelope, EventKind::LoginRejected, program)
    }))
}

/// pam_faillock: `Consecutive login failures for user %s account temporarily locked`. pam_tally2
/// and pam_tally: `user %s (%lu) tally %hu, deny %hu`, which refuses only where the tally is past
/// the limit.
fn locked(said: &[u8]) -> Option<Refusal<'_>> {
    let refusal = |user| Refusal { reason: Reason::AccountLocked, user: Some(user), from: None };
    if let Some(rest) = said.strip_prefix(b"Consecutive login failures for user ") {
        return Some(refusal(rsplit_once(rest, b" account temporarily locked")?.0));
    }
    let (rest, deny) = rsplit_once(said.strip_prefix(b"user ")?, b", deny ")?;
    let (who, tally) = rsplit_once(rest, b" tally ")?;
    let (user, _uid) = rsplit_once(who, b" (")?;
    (number(tally)? > number(deny)?).then(|| refusal(user))
}

/// pam_access, pam_listfile, pam_lastlog, pam_shells, pam_sss' and pam_unix' account checks.
fn not_allowed<'a>(message: &Message<'a>) -> Option<Refusal<'a>> {
    let said = message.text;
    let refusal = |user, from| Refusal { reason: Reason::NotAllowed, user, from };
    if let Some(rest) = said.strip_prefix(b"access denied for user `") {
        let (user, from) = rsplit_once(rest, b"' from `")?;
        return Some(refusal(Some(user), from.strip_suffix(b"'")));
    }
    if let Some(rest) = said.strip_prefix(b"Refused user ") {
        return Some(refusal(Some(rsplit_once(rest, b" for service ")?.0), None));
    }
    if said.starts_with(b"User has an invalid shell") {
        return Some(refusal(None, None));
    }
    refused_account(said).map(|user| refusal(Some(user), None))
}

fn refused_account(said: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = said.strip_prefix(b"Access denied for user ") {
        return Some(split_once(rest, b": ")?.0);
    }
    if let Some(rest) = said.strip_prefix(b"account ") {
        return Some(rsplit_once(rest, b" has expired (")?.0);
    }
    let rest = said.strip_prefix(b"user ")?.strip_suffix(b" days - denied")?;
    Some(rsplit_once(rest, b" inactive for ")?.0)
}

/// pam_wheel: `Access denied to 'bob' for 'root'`, su's caller first (`fromsu`, `username`).
fn wheel(said: &[u8]) -> Option<(&[u8], &[u8])> {
    let (from, to) = split_once(said.strip_prefix(b"Access denied to '")?, b"' for '")?;
    Some((from, to.strip_suffix(b"'")?))
}

/// su's own line tells it better, where it reaches the log.
fn su_refused<'a>(
    envelope: &Envelope<'a>,
    program: &str,
    from: &'a [u8],
    to: &'a [u8],
) -> Parsed<'a> {
    if program != "su" {
        return Parsed::Ignored;
    }
    Parsed::Event(Event {
        role: Role::Echo,
        user: Some(text(from)),
        target_user: Some(text(to)),
        ..event(envelope, EventKind::SuFailure, "su")
    })
}

/// pam_access gives a terminal where there is no host.
fn is_remote(from: &[u8]) -> bool {
    from.contains(&b'.') || from.contains(&b':')
}
