//! A session that PAM opened or closed.
//!
//! `modules/pam_unix/pam_unix_sess.c`: `session opened for user %s by %s(uid=%lu)` to 1.3.1,
//! `session opened for user %s(uid=%s) by %s(uid=%lu)` since 1.4.0, `session closed for user %s`.
//! SUSE's pam_unix2: `session started for user %s, service %s, tty=%s`, `session finished …`.

use super::{Message, program};
use crate::event::{Event, EventKind, Invoker};
use crate::parse::words::{event, number, rsplit_once, split_once, text};
use crate::parse::{Envelope, Parsed};

pub(super) fn read<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Option<Parsed<'a>> {
    let said = message.text;
    if let Some(rest) = said.strip_prefix(b"session opened for user ") {
        return Some(opened(envelope, message, rest));
    }
    if let Some(rest) = said.strip_prefix(b"session closed for user ") {
        return Some(session(envelope, message, EventKind::SessionClosed, rest, None));
    }
    if let Some(rest) = said.strip_prefix(b"session started for user ") {
        let user = split_once(rest, b", service ")?.0;
        return Some(session(envelope, message, EventKind::SessionOpened, user, None));
    }
    let user = split_once(said.strip_prefix(b"session finished for user ")?, b", service ")?.0;
    Some(session(envelope, message, EventKind::SessionClosed, user, None))
}

fn opened<'a>(envelope: &Envelope<'a>, message: &Message<'a>, rest: &'a [u8]) -> Parsed<'a> {
    let (who, by) = match rsplit_once(rest, b" by ") {
        Some((who, by)) => (who, invoker(by)),
        None => (rest, None),
    };
    let user = rsplit_once(who, b"(uid=").map_or(who, |(user, _)| user);
    session(envelope, message, EventKind::SessionOpened, user, by)
}

/// `bob(uid=1000)`; daemons have no login name, so `(uid=0)` is root and any other number nobody
/// that the line names.
fn invoker(by: &[u8]) -> Option<Invoker<'_>> {
    let (name, uid) = rsplit_once(by, b"(uid=")?;
    let uid = uid.strip_suffix(b")").and_then(number);
    let name = match (name, uid) {
        (b"", Some(0)) => "root",
        (name, _) => std::str::from_utf8(name).unwrap_or_default(),
    };
    Some(Invoker { name, uid })
}

fn session<'a>(
    envelope: &Envelope<'a>,
    message: &Message<'a>,
    kind: EventKind,
    user: &'a [u8],
    by: Option<Invoker<'a>>,
) -> Parsed<'a> {
    let program = program(message.service);
    Parsed::Event(Event { user: Some(text(user)), by, ..event(envelope, kind, program) })
}
