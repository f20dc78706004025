//! A session that PAM opened or closed.

use crate::event::Invoker;
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line, named};
use crate::parse::words::{number, rsplit_once, split_once};

/// `bob(uid=1000) by alice(uid=0)`; to 1.3.1 without the first ID.
pub(super) fn opened<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (who, by) = match rsplit_once(rest, b" by ") {
        Some((who, by)) => (who, invoker(by)),
        None => (rest, None),
    };
    let user = rsplit_once(who, b"(uid=").map_or(who, |(user, _)| user);
    let event = line.event(into);
    (event.user, event.by) = (Some(line.text(user)), by);
    KNOWN
}

/// `bob(uid=1000)`. To Linux-PAM 1.5.2 daemons have no login name, so `(uid=0)` is root and any
/// other number nobody that the line names; since then the name is who logged in.
fn invoker(by: &[u8]) -> Option<Invoker<'_>> {
    let (name, uid) = rsplit_once(by, b"(uid=")?;
    let uid = uid.strip_suffix(b")").and_then(number);
    let name = match (name, uid) {
        (b"", Some(0)) => "root",
        (name, _) => std::str::from_utf8(name).unwrap_or_default(),
    };
    Some(Invoker { name, uid })
}

/// `bob, service sshd, tty=ssh` (SUSE's pam_unix2)
pub(super) fn started<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, split_once(rest, b", service ")?.0, into)
}

/// `bob, service sshd`
pub(super) fn finished<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    started(line, rest, into)
}
