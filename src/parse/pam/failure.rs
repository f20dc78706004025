//! A refused password, told by a PAM module of a program that writes no line of its own.

use std::borrow::Cow;

use super::{Message, is_no_login, program, writes_its_own};
use crate::event::{Event, EventKind, Invoker, Reason, Role};
use crate::parse::words::{event, number, remote, rsplit_once, split_once, terminal, text};
use crate::parse::{Envelope, Parsed};

/// Who tried, as far as a line tells.
#[derive(Default)]
struct Attempt<'a> {
    count: u32,
    logname: &'a [u8],
    uid: Option<u32>,
    tty: &'a [u8],
    ruser: &'a [u8],
    rhost: &'a [u8],
    user: Option<&'a [u8]>,
}

pub(super) fn read<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Option<Parsed<'a>> {
    let attempt = attempt(message)?;
    let program = program(message.service);
    if program == "sudo" && envelope.tag == b"sudo-rs" {
        return Some(sudo_rs_failure(envelope, &attempt));
    }
    if writes_its_own(&program) || is_no_login(&program) {
        return Some(Parsed::Ignored);
    }
    if program == "su" {
        return Some(su_failure(envelope, &attempt));
    }
    let failure = login_failure(envelope, program, &attempt);
    // pam_unix stands first in a stack; another module may tell the same attempt again.
    let alone = !matches!(message.module, b"pam_unix" | b"PAM");
    let role = if alone { Role::Echo } else { Role::Proof };
    Some(Parsed::Event(Event { role, ..failure }))
}

impl<'a> Attempt<'a> {
    /// ruser is who asks; where the program gave none, whoever logged in.
    fn caller(&self) -> Option<&'a [u8]> {
        [self.ruser, self.logname].into_iter().find(|name| !name.is_empty())
    }

    fn by(&self) -> Option<Invoker<'a>> {
        let name = std::str::from_utf8(self.caller().unwrap_or_default()).unwrap_or_default();
        (self.uid.is_some() || !name.is_empty()).then_some(Invoker { name, uid: self.uid })
    }
}

fn attempt<'a>(message: &Message<'a>) -> Option<Attempt<'a>> {
    let said = message.text;
    if let Some(fields) = said.strip_prefix(b"authentication failure; ") {
        return attempt_fields(message.module, fields, 1);
    }
    if let Some(attempt) = more_failures(message) {
        return Some(attempt);
    }
    let user = other_modules(said)?;
    Some(Attempt { count: 1, user: Some(user), ..Attempt::default() })
}

/// `N more authentication failures; logname=…`: those after the first of one PAM handle
/// (`_cleanup_failures` of pam_unix).
fn more_failures<'a>(message: &Message<'a>) -> Option<Attempt<'a>> {
    let (count, rest) = split_once(message.text, b" more authentication failure")?;
    let (_plural, fields) = split_once(rest, b"; ")?;
    attempt_fields(message.module, fields, number(count)?)
}

/// `user 'bob' denied access (incorrect password …)` (pam_winbind, pam_userdb, the latter with a
/// backtick), `authentication fails for 'bob' (…)` (pam_krb5), `Authentication failure; user=bob`
/// (pam_ldap of nslcd).
fn other_modules(said: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = said.strip_prefix(b"authentication fails for '") {
        return Some(split_once(rest, b"' (")?.0);
    }
    if let Some(user) = said.strip_prefix(b"Authentication failure; user=") {
        return Some(user);
    }
    let rest = said.strip_prefix(b"user '").or_else(|| said.strip_prefix(b"user `"))?;
    Some(split_once(rest, b"' denied access (incorrect password")?.0)
}

/// `logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s %s%s` in this order. `user=` is there only
/// for an account that the host knows; pam_sss names it always, after one blank.
///
/// ruser and user can be what a client typed. With ruser empty, rhost stands at a fixed place;
/// with ruser set, pam_unix's user is a true account, so the last `rhost=` is the true one.
fn attempt_fields<'a>(module: &[u8], fields: &'a [u8], count: u32) -> Option<Attempt<'a>> {
    let (logname, rest) = split_once(fields.strip_prefix(b"logname=")?, b" uid=")?;
    let (ids, rest) = split_once(rest, b" tty=")?;
    let uid = split_once(ids, b" ").and_then(|(uid, _)| number(uid));
    let (tty, rest) = split_once(rest, b" ruser=")?;
    let first = rest.starts_with(b" rhost=") || module != b"pam_unix";
    let rhost = if first { split_once } else { rsplit_once };
    let (ruser, rest) = rhost(rest, b" rhost=")?;
    let (rhost, user) = match split_once(rest, b" user=") {
        Some((rhost, user)) => (rhost, Some(split_once(user, b" seq=").map_or(user, |u| u.0))),
        None => (rest, None),
    };
    let rhost = rhost.trim_ascii();
    Some(Attempt { count, logname, uid, tty, ruser, rhost, user })
}

fn login_failure<'a>(
    envelope: &Envelope<'a>,
    program: Cow<'a, str>,
    attempt: &Attempt<'a>,
) -> Event<'a> {
    // vsftpd and others give the name that was typed as ruser.
    let typed = Some(attempt.ruser).filter(|name| !name.is_empty());
    Event {
        count: attempt.count,
        user: attempt.user.or(typed).map(text),
        invalid_user: attempt.user.is_none(),
        source: remote(attempt.rhost),
        tty: terminal(attempt.tty),
        by: attempt.by(),
        ..event(envelope, EventKind::LoginFailure, program)
    }
}

/// su's own `FAILED SU` comes two seconds later and tells it better, where it reaches the log.
fn su_failure<'a>(envelope: &Envelope<'a>, attempt: &Attempt<'a>) -> Parsed<'a> {
    Parsed::Event(Event {
        role: Role::Echo,
        count: attempt.count,
        user: attempt.caller().map(text),
        target_user: attempt.user.map(text),
        tty: terminal(attempt.tty),
        by: attempt.by(),
        ..event(envelope, EventKind::SuFailure, "su")
    })
}

/// sudo-rs logs no refusal itself, so PAM's line is all there is. Where it is installed as `sudo`
/// its lines cannot be told from sudo's, and PAM's adds nothing.
fn sudo_rs_failure<'a>(envelope: &Envelope<'a>, attempt: &Attempt<'a>) -> Parsed<'a> {
    let caller = attempt.user.unwrap_or(attempt.ruser);
    Parsed::Event(Event {
        count: attempt.count,
        user: Some(text(caller)),
        reason: Some(Reason::IncorrectPassword),
        tty: terminal(attempt.tty),
        by: attempt.by(),
        ..event(envelope, EventKind::SudoFailure, "sudo")
    })
}
