//! Whether the writer of a journal entry may say what the entry says.
//!
//! Anyone may send journald a message under any tag, but the kernel tells who sent it. The row of
//! the program ([`crate::programs`]) says as whom it writes. A program that root runs (sshd,
//! login, useradd, …) writes as root. One that a user starts and that runs with root's rights
//! (sudo, su, passwd, …) writes with that user's real ID, so its line must name that user: a user
//! can lie only about himself. What PAM says of a service that is in no row is root's. `_COMM` and
//! `_EXE` refuse where they contradict ([`program`]), and so does an entry that a container or
//! another machine wrote ([`Surroundings`]); missing fields do not, and as a user can fake them,
//! they prove nothing.
//!
//! Measured with systemd 252, sudo 1.9.13, util-linux 2.38 and OpenSSH 9.2: sudo's and su's own
//! lines and all their PAM lines, the closing of a session too, carry the invoking user's `_UID`;
//! `by NAME(uid=N)` and `uid=N` in PAM's lines are that same ID. The name that su prints is
//! getlogin's, though: in an su within an su it is who logged in, for whom `_AUDIT_LOGINUID`
//! vouches, or the session's control group. (sudo names the account of its real user ID.)

#[cfg(test)]
mod forged;
mod program;
mod surroundings;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

pub use self::surroundings::Surroundings;

use crate::event::{Event, EventKind, Hint, HintKind};
use crate::parse::Parsed;
use crate::programs::{self, Program, Refusals, Rules, Writer};
use crate::record::JournalEntry;

/// The accounts of the host whose journal is read, and what else of it trust rests on.
pub trait UserIds: Debug + Send + Sync {
    /// Which user ID an account has.
    fn user_id(&self, name: &str) -> Option<u32>;

    fn surroundings(&self) -> &Surroundings {
        Surroundings::UNKNOWN
    }
}

/// What may count of what was read from the entry; `None` where its writer may not say it.
///
/// What is ignored anyway may come from anyone: sshd's lines after the login carry the user's ID.
pub fn believed<'a>(
    entry: &JournalEntry<'_>,
    parsed: Parsed<'a>,
    host: &dyn UserIds,
) -> Option<Parsed<'a>> {
    if parsed == Parsed::Ignored {
        return Some(parsed);
    }
    let writer = Witness::of(entry, host)?;
    match parsed {
        Parsed::Ignored => Some(parsed),
        Parsed::Event(event) if writer.is_over(&event) => Some(Parsed::Ignored),
        Parsed::Event(mut event) => {
            event.told_by = writer.tells(&event)?;
            Some(Parsed::Event(event))
        }
        Parsed::Hint(hint) => writer.hints(&hint).then(|| Parsed::Hint(vouched(hint))),
        Parsed::Unrecognized { program } => {
            let unknown = programs::by_name(program);
            let known_as_other = unknown.is_some_and(|row| !writer.may_be(row));
            (!known_as_other).then(|| if writer.may_be_new() { parsed } else { Parsed::Ignored })
        }
    }
}

/// The journal vouches for the writer of a hint.
fn vouched(mut hint: Hint<'_>) -> Hint<'_> {
    if let HintKind::KeyProvided { trusted, .. } = &mut hint.kind {
        *trusted = true;
    }
    hint
}

const ROOT: u32 = 0;

/// An entry's writer, who is of this host and has a user ID that the kernel vouches for.
struct Witness<'e> {
    entry: &'e JournalEntry<'e>,
    uid: u32,
    host: &'e dyn UserIds,
}

impl<'e> Witness<'e> {
    fn of(entry: &'e JournalEntry<'_>, host: &'e dyn UserIds) -> Option<Self> {
        let uid = entry.uid.filter(|_| !host.surroundings().exclude(entry))?;
        Some(Witness { entry, uid, host })
    }

    fn is_root(&self) -> bool {
        self.uid == ROOT
    }

    fn is(&self, name: &str) -> bool {
        self.host.user_id(name) == Some(self.uid)
    }

    /// Who logged in to the session that he is in: himself, or whom he became himself from.
    /// The kernel's audit keeps it; where that is off, the control group of a session tells.
    fn logged_in_as(&self, name: &str) -> bool {
        let known = self.entry.login_uid.or_else(|| self.host.surroundings().owner(self.entry));
        known.is_some_and(|login_uid| self.host.user_id(name) == Some(login_uid))
    }

    fn may_be(&self, program: &Program) -> bool {
        program::may_be(program, self.entry, self.host.surroundings())
    }

    /// Whether root's process is by now the very command that its line names.
    fn became(&self, row: &Program, event: &Event<'_>) -> bool {
        self.is_root() && program::has_become_command(row, self.entry, event.command)
    }

    /// Whose word it is that the event may count on: root's, or the user's own.
    fn tells(&self, event: &Event<'_>) -> Option<u32> {
        let row = programs::by_name(event.program);
        let Some(row) = row else { return self.is_root().then_some(ROOT) };
        let writer = writer(row, event);
        if writer != Writer::Target && !self.may_be(row) && !self.became(row, event) {
            return None;
        }
        if self.is_root() {
            return Some(ROOT);
        }
        let himself = self.uid;
        match writer {
            Writer::Root => None,
            // It is log daemons who say so, and they are root.
            _ if self.entry.message.trim_ascii_start().starts_with(b"message repeated ") => None,
            Writer::Account(name) => self.is(name).then_some(ROOT),
            // Nobody comes from elsewhere to be told of by a user.
            _ if event.source.is_some() => None,
            Writer::Anyone => Some(himself),
            Writer::Target => self.ran_by_who_logged_in(event).then_some(himself),
            Writer::Owner => event.user.is_some_and(|u| self.is(u)).then_some(himself),
            Writer::Invoker => self.speaks_of_himself(event).then_some(himself),
        }
    }

    /// Whether the line of a program that this user started names this user as who started it.
    fn speaks_of_himself(&self, event: &Event<'_>) -> bool {
        let by = event.by.unwrap_or_default();
        let invoked = by.uid == Some(self.uid);
        let user = event.user.filter(|name| !name.is_empty());
        match event.kind {
            EventKind::SudoCommand | EventKind::SudoFailure => {
                user.map_or(invoked, |name| self.is(name))
            }
            EventKind::SuSuccess | EventKind::SuFailure => {
                user.map_or(invoked, |name| self.is(name) || self.logged_in_as(name))
            }
            EventKind::SessionOpened if event.program == "su" => {
                invoked && (by.name.is_empty() || self.is(by.name) || self.logged_in_as(by.name))
            }
            // The account that a session is for, or that someone tried, may be another one.
            EventKind::LoginSuccess
            | EventKind::LoginFailure
            | EventKind::LoginRejected
            | EventKind::SessionOpened
            | EventKind::SessionClosed
            | EventKind::AccountChange
            | EventKind::AwsSuccess
            | EventKind::AwsFailure => match by.uid {
                Some(_) => invoked,
                None => user.is_some_and(|name| self.is(name)),
            },
        }
    }

    /// Whether the command of doas ran as this user, for the one who logged in to the session that
    /// it runs in. (The line comes from a child of the process that PAM speaks in: no pid joins
    /// the two.)
    fn ran_by_who_logged_in(&self, event: &Event<'_>) -> bool {
        let target = event.target_user.is_some_and(|name| self.is(name));
        target && event.user.is_some_and(|name| self.logged_in_as(name))
    }

    /// What sshd's process of a session says, as the user who is logged in, when his client goes:
    /// `Connection closed by 192.0.2.1 port 22`. The same words of a connection that nobody logged
    /// in to are root's. It is the last that the process says: journald may find it gone.
    fn is_over(&self, event: &Event<'_>) -> bool {
        let of_sshd = programs::by_name(event.program).filter(|row| row.rules == Rules::Sshd);
        let is_last_word = self.entry.message.starts_with(b"Connection closed by ");
        event.kind == EventKind::LoginRejected
            && !self.is_root()
            && (is_last_word || self.entry.comm.is_some() || self.entry.exe.is_some())
            && !self.entry.message.trim_ascii_end().ends_with(b"[preauth]")
            && of_sshd.is_some_and(|row| self.may_be(row))
    }

    fn hints(&self, hint: &Hint<'_>) -> bool {
        let row = programs::by_name(hint.program);
        if row.is_some_and(|row| !self.may_be(row)) {
            return false;
        }
        let writers = row.map(|row| row.writers);
        match &hint.kind {
            _ if self.is_root() => true,
            HintKind::KeyProvided { .. } | HintKind::Suppressed { .. } => {
                matches!(writers, Some(w) if matches!(w.own, Writer::Account(name) if self.is(name)))
            }
            HintKind::AuthenticationSucceeded { user, by, .. } => {
                let by_user = writers.is_some_and(|writers| writers.pam == Writer::Invoker);
                let own = by.and_then(|by| by.uid).or_else(|| self.host.user_id(user));
                by_user && own == Some(self.uid)
            }
            HintKind::Connection { .. }
            | HintKind::ThrottlingBegan
            | HintKind::Repeated { .. }
            | HintKind::HostStarted => false,
        }
    }

    /// Whether a line that no rule knows can be one that should be known. What sshd's process says
    /// after the login, as the user, adds nothing; a user's program may say something new.
    fn may_be_new(&self) -> bool {
        let row = programs::by_tag(self.entry.identifier.as_bytes());
        let by_users = |row: &Program| {
            matches!(row.writers.own, Writer::Invoker | Writer::Owner | Writer::Target)
        };
        self.is_root() || row.is_some_and(|row| by_users(row) && self.may_be(row))
    }
}

/// As whom the program writes lines like this.
fn writer(row: &Program, event: &Event<'_>) -> Writer {
    match (event.service, event.kind) {
        (None, EventKind::SudoCommand) => row.writers.own,
        (None, _) if row.writers.own == Writer::Target => Writer::Invoker,
        (None, _) => row.writers.own,
        // Who may start a program that only checks or changes a password starts no session in it.
        (Some(_), EventKind::SessionOpened | EventKind::SessionClosed)
            if row.refusals == Refusals::NoLogin && row.writers.pam == Writer::Invoker =>
        {
            Writer::Root
        }
        (Some(_), EventKind::SessionClosed) => row.writers.closing,
        (Some(_), _) => row.writers.pam,
    }
}
