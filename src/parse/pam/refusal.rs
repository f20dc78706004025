//! A login that PAM refused for a reason other than the password.

use super::{Refusals, refusals};
use crate::event::{Reason, Role};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line, Tells};
use crate::parse::words::{number, remote, rsplit_once, split_once};

/// `from` is an address, or what pam_access logs for a local login.
fn rejected<'a>(
    line: &Line<'_, 'a>,
    user: Option<&'a [u8]>,
    from: Option<&'a [u8]>,
    into: &mut Parsed<'a>,
) -> Known {
    let locked = line.row.tells == Tells::Rejected(Reason::AccountLocked);
    // sshd's own line on it has no address, so this one is joined to it.
    let joined = line.program == "sshd" && line.envelope.pid.is_some();
    let told_better = matches!(line.program, "su" | "sudo") || line.program == "sshd" && !joined;
    if !locked && (refusals(line) == Refusals::NoLogin || told_better) {
        return KNOWN;
    }
    let event = line.event(into);
    event.role = if joined && !locked { Role::End } else { Role::Proof };
    event.user = user.map(|part| line.text(part));
    event.source = from.filter(|from| is_remote(from)).and_then(|from| remote(line.envelope, from));
    KNOWN
}

/// pam_access gives a terminal where there is no host.
fn is_remote(from: &[u8]) -> bool {
    from.contains(&b'.') || from.contains(&b':')
}

/// `bob account temporarily locked` (pam_faillock)
pub(super) fn locked<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    rejected(line, Some(rsplit_once(rest, b" account temporarily locked")?.0), None, into)
}

/// `bob (1000) tally 6, deny 5` (pam_tally, pam_tally2), which refuses only where the tally is past
/// the limit.
pub(super) fn tally<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (rest, deny) = rsplit_once(rest, b", deny ")?;
    let (who, tally) = rsplit_once(rest, b" tally ")?;
    let (user, _uid) = rsplit_once(who, b" (")?;
    if number(tally)? > number(deny)? { rejected(line, Some(user), None, into) } else { None }
}

/// ``bob' from `192.0.2.1'`` (pam_access)
pub(super) fn denied_for<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, from) = rsplit_once(rest, b"' from `")?;
    rejected(line, Some(user), from.strip_suffix(b"'"), into)
}

/// `bob for service vsftpd` (pam_listfile)
pub(super) fn refused<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    rejected(line, Some(rsplit_once(rest, b" for service ")?.0), None, into)
}

/// ` '/bin/false'` (pam_shells)
pub(super) fn no_shell<'a>(line: &Line<'_, 'a>, _: &'a [u8], into: &mut Parsed<'a>) -> Known {
    rejected(line, None, None, into)
}

/// `bob: 6 (Permission denied)` (pam_sss)
pub(super) fn access_denied<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    rejected(line, Some(split_once(rest, b": ")?.0), None, into)
}

/// `bob has expired (account expired)` (pam_unix)
pub(super) fn expired<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    rejected(line, Some(rsplit_once(rest, b" has expired (")?.0), None, into)
}

/// `bob inactive for 100 days - denied` (pam_lastlog)
pub(super) fn inactive<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let rest = rest.strip_suffix(b" days - denied")?;
    rejected(line, Some(rsplit_once(rest, b" inactive for ")?.0), None, into)
}

/// `bob' for 'root'` (pam_wheel), su's caller first (`fromsu`, `username`). su's own line tells it
/// better, where it reaches the log.
pub(super) fn wheel<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (from, to) = split_once(rest, b"' for '")?;
    let to = to.strip_suffix(b"'")?;
    if line.program != "su" {
        return KNOWN;
    }
    let event = line.event(into);
    (event.user, event.target_user) = (Some(line.text(from)), Some(line.text(to)));
    KNOWN
}
