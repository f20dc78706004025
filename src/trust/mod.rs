//! Whether the writer of a journal entry may say what the entry says.
//!
//! Anyone may send journald a message under any tag, but the kernel tells who sent it. A program
//! that root runs (sshd, login, useradd, …) writes as root. One that a user starts and that runs
//! with root's rights (sudo, su, passwd, …) writes with that user's real ID, so its line must
//! name that user: a user can lie only about himself. `_COMM` and `_EXE` refuse where they
//! contradict; they are often missing, and a user can fake them, so they prove nothing.
//!
//! Measured with systemd 252, sudo 1.9.13, util-linux 2.38 and OpenSSH 9.2: sudo's and su's own
//! lines and all their PAM lines, the closing of a session too, carry the invoking user's `_UID`;
//! `by NAME(uid=N)` and `uid=N` in PAM's lines are that same ID. The name that su prints is
//! getlogin's, though: in an su within an su it is who logged in, for whom `_AUDIT_LOGINUID`
//! vouches. (sudo names the account of its real user ID.)

mod program;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use self::program::{Program, Runs};
use crate::event::{Event, EventKind, Hint, HintKind};
use crate::parse::Parsed;
use crate::record::JournalEntry;

/// Which user ID an account of this host has.
pub trait UserIds: Debug + Send + Sync {
    fn user_id(&self, name: &str) -> Option<u32>;
}

/// The account that Ubuntu's rsyslogd runs under.
const RSYSLOG_USER: &str = "syslog";

/// The account of EC2 Instance Connect's AuthorizedKeysCommand.
const INSTANCE_CONNECT_USER: &str = "ec2-instance-connect";

/// Whether what was read from the entry may count. What is ignored anyway may come from anyone:
/// sshd's lines after the login carry the user's ID.
pub fn accepts(entry: &JournalEntry<'_>, parsed: &Parsed<'_>, users: &dyn UserIds) -> bool {
    match parsed {
        Parsed::Ignored => true,
        Parsed::Event(event) => accepts_event(entry, event, users),
        Parsed::Hint(hint) => accepts_hint(entry, hint, users),
        // It may be a line of sshd's after the login that no rule knows: only a writer that is
        // plainly another program is refused.
        Parsed::Unrecognized { program } => Program::named(program).may_be(entry),
    }
}

fn accepts_event(entry: &JournalEntry<'_>, event: &Event<'_>, users: &dyn UserIds) -> bool {
    let program = Program::named(&event.program);
    program.may_be(entry)
        && match (entry.uid, program.runs) {
            (None, _) => false,
            (Some(0), _) => true,
            (Some(_), Runs::AsRoot) => false,
            (Some(uid), Runs::ForUser) => speaks_of_himself(entry, event, uid, users),
        }
}

/// Whether the line of a program that this user started names this user as who started it.
fn speaks_of_himself(
    entry: &JournalEntry<'_>,
    event: &Event<'_>,
    uid: u32,
    users: &dyn UserIds,
) -> bool {
    let is = |name: &str| users.user_id(name) == Some(uid);
    let logged_in = |name: &str| {
        entry.login_uid.is_some_and(|login_uid| users.user_id(name) == Some(login_uid))
    };
    let invoked = || invoker(entry.message) == Some(uid);
    let user = event.user.as_deref().filter(|name| !name.is_empty());
    match event.kind {
        EventKind::SudoCommand | EventKind::SudoFailure => user.map_or_else(invoked, is),
        EventKind::SuSuccess | EventKind::SuFailure => {
            user.map_or_else(invoked, |name| is(name) || logged_in(name))
        }
        EventKind::SessionOpened if event.program == "su" => {
            let named = event.by.map(|by| by.name).filter(|name| !name.is_empty());
            invoked() && named.is_none_or(|name| is(name) || logged_in(name))
        }
        // The end of a session names nobody but the account that it was opened for. That sudo or
        // su ended one is no more than that this user ended his.
        EventKind::SessionClosed if matches!(&*event.program, "sudo" | "su") => true,
        EventKind::AccountChange if event.program == "gpasswd" => {
            group_administrator(entry.message).or(user).is_some_and(is)
        }
        // The account that a session is for, or that someone tried, may be another one.
        _ => match invoker(entry.message) {
            Some(named) => named == uid,
            None => user.is_some_and(is),
        },
    }
}

/// The real user ID as PAM's modules print it: `… by alice(uid=1000)`, `…; logname= uid=1000 …`.
fn invoker(message: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(message).ok()?;
    let (module, said) = text.split_once("): ")?;
    if !module.starts_with("pam_") {
        return None;
    }
    let digits = match said.strip_prefix("session opened for user ") {
        // The last one: what stands before it is a name that could hold another.
        Some(rest) => rest.rsplit_once("(uid=")?.1.strip_suffix(')')?,
        None => said.split_once(" uid=")?.1.split(' ').next()?,
    };
    digits.parse().ok()
}

/// gpasswd names who changed the group behind the change: `user bob added by alice to group x`.
fn group_administrator(message: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(message).ok()?.split_once(" by ")?;
    rest.split(' ').next()
}

fn accepts_hint(entry: &JournalEntry<'_>, hint: &Hint<'_>, users: &dyn UserIds) -> bool {
    let is = |name| entry.uid.is_some() && users.user_id(name) == entry.uid;
    let root = entry.uid == Some(0);
    match &hint.kind {
        HintKind::KeyProvided { .. } => root || is(INSTANCE_CONNECT_USER),
        HintKind::Suppressed { .. } => {
            Program::named(&hint.program).may_be(entry) && (root || is(RSYSLOG_USER))
        }
        HintKind::AuthenticationSucceeded { user, .. } => {
            let program = Program::named(&hint.program);
            let own = || invoker(entry.message).or(users.user_id(user));
            program.may_be(entry)
                && (root
                    || (program.runs == Runs::ForUser && entry.uid.is_some() && own() == entry.uid))
        }
        HintKind::Connection { .. }
        | HintKind::ThrottlingBegan
        | HintKind::Repeated { .. }
        | HintKind::HostStarted => root && Program::named(&hint.program).may_be(entry),
    }
}
