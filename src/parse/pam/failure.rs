//! A refused password, told by a PAM module.

use super::{Refusals, is_own, refusals};
use crate::event::{Event, EventKind, Invoker, Reason, Role};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line};
use crate::parse::words::number;
use crate::parse::words::{attempts, remote, rsplit_once, saturating, split_once, terminal};

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

/// `logname=… user=bob`: the first failure of one PAM handle.
pub(super) fn failed<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    // sshd's is the commonest line of a host that is attacked: its fields are not read for nothing.
    if is_told_elsewhere(line) && rest.starts_with(b"logname=") {
        return KNOWN;
    }
    told(line, &attempt(line.module, rest, 1)?, into)
}

/// `N more authentication failures; logname=…`: those after the first of one PAM handle
/// (`_cleanup_failures` of pam_unix).
pub(super) fn more_failures<'a>(
    line: &Line<'_, 'a>,
    text: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (count, rest) = split_once(text, b" more authentication failure")?;
    let (_plural, fields) = split_once(rest, b"; ")?;
    told(line, &attempt(line.module, fields, attempts(saturating(count)?))?, into)
}

/// `bob' (bob@EXAMPLE.ORG): …` (pam_krb5)
pub(super) fn fails<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, split_once(rest, b"' (")?.0, into)
}

/// `bob` (pam_ldap of nslcd)
pub(super) fn failed_as<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, rest, into)
}

/// `bob' denied access (incorrect password …)` (pam_winbind, pam_userdb)
pub(super) fn denied<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, split_once(rest, b"' denied access (incorrect password")?.0, into)
}

fn named<'a>(line: &Line<'_, 'a>, user: &'a [u8], into: &mut Parsed<'a>) -> Known {
    told(line, &Attempt { count: 1, user: Some(user), ..Attempt::default() }, into)
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

/// `logname=%s uid=%d euid=%d tty=%s ruser=%s rhost=%s %s%s` in this order. `user=` is there only
/// for an account that the host knows; pam_sss names it always, after one blank.
///
/// ruser and user can be what a client typed. With ruser empty, rhost stands at a fixed place;
/// with ruser set, pam_unix's user is a true account, so the last `rhost=` is the true one.
fn attempt<'a>(module: &[u8], fields: &'a [u8], count: u32) -> Option<Attempt<'a>> {
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

/// Whose refusal it is, by the program that asked for the password.
fn told<'a>(line: &Line<'_, 'a>, attempt: &Attempt<'a>, into: &mut Parsed<'a>) -> Known {
    if is_told_elsewhere(line) {
        return KNOWN;
    }
    let event = line.event(into);
    (event.count, event.by) = (attempt.count, attempt.by());
    event.tty = terminal(line.envelope, attempt.tty);
    match line.program {
        "sudo" | "doas" | "polkit" => privilege_refused(line, attempt, event),
        "su" => su_failure(line, attempt, event),
        _ => login_failure(line, attempt, event),
    }
    KNOWN
}

/// Whether the program tells of the attempt itself, or another PAM module does.
fn is_told_elsewhere(line: &Line<'_, '_>) -> bool {
    match line.program {
        "sudo" | "doas" | "polkit" | "su" => false,
        _ => refusals(line) != Refusals::ToldByPam,
    }
}

fn login_failure<'a>(line: &Line<'_, 'a>, attempt: &Attempt<'a>, event: &mut Event<'a>) {
    // vsftpd and others give the name that was typed as ruser.
    let typed = Some(attempt.ruser).filter(|name| !name.is_empty());
    // pam_unix stands first in a stack; another module may tell the same attempt again.
    event.role = if is_own(line) { Role::Proof } else { Role::Echo };
    event.user = attempt.user.or(typed).map(|part| line.text(part));
    event.invalid_user = attempt.user.is_none();
    event.source = remote(line.envelope, attempt.rhost);
}

/// su's own `FAILED SU` comes two seconds later and tells it better, where it reaches the log.
fn su_failure<'a>(line: &Line<'_, 'a>, attempt: &Attempt<'a>, event: &mut Event<'a>) {
    (event.kind, event.role) = (EventKind::SuFailure, Role::Echo);
    event.user = attempt.caller().map(|part| line.text(part));
    event.target_user = attempt.user.map(|part| line.text(part));
}

/// sudo, doas and pkexec tell a refusal themselves, but sudo-rs does not, under whichever name: then
/// this is all there is. polkit's helper asks the caller, or an administrator in his place.
fn privilege_refused<'a>(line: &Line<'_, 'a>, attempt: &Attempt<'a>, event: &mut Event<'a>) {
    (event.kind, event.reason) = (EventKind::SudoFailure, Some(Reason::IncorrectPassword));
    event.role = match is_own(line) {
        false => Role::Again,
        true if line.envelope.tag == b"sudo-rs" => Role::Proof,
        true => Role::Echo,
    };
    // pkexec's refusals and those of polkit's helper are told as one program's.
    if line.program == "polkit" {
        event.program = "pkexec";
    }
    event.user = attempt.caller().or(attempt.user).map(|part| line.text(part));
}
