//! Open sessions: the closing of one finds its opening, by host, program and pid.
//!
//! A program that says no pid (sudo before 1.9 in a file) is paired by user, the latest first,
//! since such sessions nest. systemd's user manager is paired by user too: its child `(sd-pam)`
//! says that it closed, and there is one manager a user. pkexec becomes the program that it runs
//! and says no close, so its sessions count as opened and are never open. A close without an open
//! changes nothing; an open for a pid that has one replaces it, since its close was missed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::held::shortened;
use super::hosts::HostId;
use super::limits::{SESSIONS, SESSIONS_WITHOUT_PID};
use super::line::Line;
use super::table::{Changes, Table};
use crate::event::{Event, Time};

const ONE_A_USER: &str = "systemd-user";
const NEVER_CLOSED: &str = "polkit";

#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: Table<Key, Open>,
    /// Whose sessions they are: a new one costs no text where its user had one before.
    owners: Table<u64, Owner>,
}

/// Host; program; pid, or the user where there is none.
type Key = (HostId, u64, u64);

/// A session, or those of one user that a program opened without saying its pid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    /// When it was opened, nanoseconds since the epoch: the newest.
    since: i64,
    owner: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Owner {
    host: String,
    program: String,
    user: String,
    /// How many are open.
    #[serde(skip)]
    open: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SessionChanges {
    open: Changes<Key, Open>,
    owners: Changes<u64, Owner>,
}

impl SessionChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.owners.is_empty()
    }
}

impl Sessions {
    /// The table is in order of opening, so that the oldest makes room.
    pub(super) fn opened(&mut self, line: &Line<'_>, event: &Event<'_>) {
        if event.program == NEVER_CLOSED {
            return;
        }
        let key = key(line, event);
        let before = self.open.take(&key);
        let nests = event.pid.is_none() && event.program != ONE_A_USER;
        let mut earlier = Vec::new();
        if let Some(before) = before {
            self.count(before.owner, |open| open.saturating_sub(1 + before.earlier.len() as u64));
            if nests {
                earlier = before.earlier;
                earlier.push(before.since);
            }
        }
        if earlier.len() >= SESSIONS_WITHOUT_PID {
            earlier.remove(0);
        }
        if let Some(oldest) = self.open.oldest(0).filter(|_| self.open.len(0) >= SESSIONS) {
            let Open { owner, earlier, .. } = self.open.remove(oldest);
            self.count(owner, |open| open.saturating_sub(1 + earlier.len() as u64));
        }
        let owner = self.owner(line, event);
        self.count(owner, |open| open + 1 + earlier.len() as u64);
        let since = event.time.nanoseconds();
        self.open.insert(key, 0, Open { since, owner, earlier });
    }

    /// Seconds since the session's opening, where that was seen and is not later.
    pub(super) fn closed(&mut self, line: &Line<'_>, event: &Event<'_>) -> Option<f64> {
        let key = key(line, event);
        let mut open = self.open.take(&key)?;
        self.count(open.owner, |open| open.saturating_sub(1));
        let duration = event.time.seconds_since(Time::from_nanoseconds(open.since));
        if let Some(since) = open.earlier.pop() {
            self.open.insert(key, 0, Open { since, ..open });
        }
        (duration >= 0.0).then_some(duration)
    }

    fn owner(&mut self, line: &Line<'_>, event: &Event<'_>) -> u64 {
        let user = event.user.unwrap_or_default();
        let key = line.key(&[event.program, user]);
        if let Some(at) = self.owners.find(&key) {
            self.owners.place(at, 0);
            return key;
        }
        self.make_room_for_owner();
        let owner = Owner {
            host: shortened(event.host),
            program: shortened(event.program),
            user: shortened(user),
            open: 0,
        };
        self.owners.insert(key, 0, owner);
        key
    }

    /// Who has no session open goes; of as many owners as sessions one has none, mostly the one
    /// that had one longest ago.
    fn make_room_for_owner(&mut self) {
        while self.owners.len(0) > SESSIONS {
            let Some(at) = self.owners.oldest(0) else { return };
            if self.owners[at].open == 0 {
                self.owners.remove(at);
            } else {
                self.owners.place(at, 0);
            }
        }
    }

    fn count(&mut self, owner: u64, change: impl FnOnce(u64) -> u64) {
        if let Some(at) = self.owners.find(&owner) {
            self.owners[at].open = change(self.owners[at].open);
        }
    }

    /// Whether any program has a session open for this account on this host.
    pub(super) fn has_any(&self, host: &str, user: &str) -> bool {
        let of_user = |owner: &Owner| owner.open > 0 && owner.user == user;
        self.owners.iter().any(|(_, owner)| of_user(owner) && is_host(&owner.host, host))
    }

    /// Open sessions by program and user.
    pub(super) fn active(&self) -> Vec<(String, String, u64)> {
        let mut counts = BTreeMap::<(&str, &str), u64>::new();
        for (_, owner) in self.owners.iter().filter(|(_, owner)| owner.open > 0) {
            *counts.entry((&owner.program, &owner.user)).or_default() += owner.open;
        }
        let owned = |((program, user), count): ((&str, &str), u64)| {
            (program.to_owned(), user.to_owned(), count)
        };
        counts.into_iter().map(owned).collect()
    }

    /// What was opened before the host started is not open. An empty name is every host's.
    pub(super) fn host_started(&mut self, host: &str, boot: Time) {
        let owners = &self.owners;
        self.open.remove_where(|_, open| {
            let of_host = owners.get(&open.owner).is_some_and(|owner| is_host(&owner.host, host));
            of_host && open.since < boot.nanoseconds()
        });
        self.index();
    }

    /// What follows from the records, after they were loaded.
    pub(super) fn index(&mut self) {
        let mut counts = BTreeMap::<u64, u64>::new();
        for (_, open) in self.open.iter() {
            *counts.entry(open.owner).or_default() += 1 + open.earlier.len() as u64;
        }
        self.owners.each_mut(|key, owner| {
            owner.open = counts.get(key).copied().unwrap_or_default();
        });
    }

    pub(super) fn take_changes(&mut self) -> SessionChanges {
        SessionChanges { open: self.open.take_changes(), owners: self.owners.take_changes() }
    }

    pub(super) fn forget_changes(&mut self) {
        self.open.forget_changes();
        self.owners.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: SessionChanges) {
        self.open.apply(changes.open);
        self.owners.apply(changes.owners);
    }
}

fn key(line: &Line<'_>, event: &Event<'_>) -> Key {
    let program = line.words.number([event.program]);
    match event.pid.filter(|_| event.program != ONE_A_USER) {
        Some(pid) => (line.host, program, pid.into()),
        None => {
            let user = event.user.unwrap_or_default();
            // No pid is as large.
            (line.host, program, line.words.number([user]) | 1 << 63)
        }
    }
}

/// Log daemons write a host's name with or without its domain; no name means this host.
pub(super) fn is_host(logged: &str, host: &str) -> bool {
    let short = |name: &str| name.split('.').next().map(str::to_ascii_lowercase);
    host.is_empty() || logged.is_empty() || short(logged) == short(host)
}

impl Serialize for Sessions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.open, &self.owners).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sessions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (open, owners) = Deserialize::deserialize(deserializer)?;
        let mut sessions = Sessions { open, owners };
        sessions.index();
        Ok(sessions)
    }
}
