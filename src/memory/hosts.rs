//! What time it is on each host.
//!
//! Several hosts may write into one file, each with a clock of its own. What waits for a line waits
//! by its own host's time: that of the host's newest line, and where no line comes, the wall clock
//! less what the host was behind it when it last spoke.

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::HOSTS;
use super::table::{At, Changes, Table};
use crate::event::Time;
use crate::keyed::{Words, same};

/// A host, by a number of ours: names are long.
pub(super) type HostId = u32;

#[derive(Debug, Default)]
pub(super) struct Hosts {
    known: Table<HostId, Host>,
    ids: HashMap<u64, HostId>,
    /// Numbers are given once.
    next: HostId,
    /// The host of the last line: the next one's is mostly the same.
    speaking: Speaking,
}

#[derive(Debug, Default)]
struct Speaking {
    name: String,
    id: HostId,
    /// `None` before the first line.
    at: Option<At>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Host {
    name: u64,
    /// Of its newest line, nanoseconds since the epoch.
    time: i64,
    /// How far its clock was behind the wall clock when that line was written, nanoseconds.
    behind: i64,
}

impl Hosts {
    /// Notes that a host wrote a line at `time`. `wall` is the wall clock where the line was
    /// written just now. Gives the number of a host that is forgotten for it.
    #[inline(always)]
    pub(super) fn spoke(
        &mut self,
        name: &str,
        time: Time,
        wall: Option<Time>,
        words: Words,
    ) -> Option<HostId> {
        let same = same(self.speaking.name.as_bytes(), name.as_bytes());
        let (at, forgotten) = match self.speaking.at {
            Some(at) if same => (at, None),
            _ => self.look_up(name, words),
        };
        let host = self.known.place(at, 0);
        host.time = time.nanoseconds();
        if let Some(wall) = wall {
            host.behind = wall.nanoseconds().saturating_sub(host.time);
        }
        forgotten
    }

    /// The host that spoke last.
    pub(super) fn speaking(&self) -> HostId {
        self.speaking.id
    }

    #[inline(never)]
    fn look_up(&mut self, name: &str, words: Words) -> (At, Option<HostId>) {
        let number = words.number([name]);
        let known = self.ids.get(&number).and_then(|id| Some((*id, self.known.find(id)?)));
        let mut forgotten = None;
        let (id, at) = known.unwrap_or_else(|| {
            forgotten = self.make_room();
            let id = self.next;
            self.next = self.next.wrapping_add(1);
            self.ids.insert(number, id);
            (id, self.known.insert(id, 0, Host { name: number, time: 0, behind: 0 }))
        });
        self.speaking.name.clear();
        self.speaking.name.push_str(name);
        (self.speaking.id, self.speaking.at) = (id, Some(at));
        (at, forgotten)
    }

    fn make_room(&mut self) -> Option<HostId> {
        let oldest = self.known.oldest(0).filter(|_| self.known.len(0) >= HOSTS)?;
        let id = self.known.key(oldest);
        let host = self.known.remove(oldest);
        self.ids.remove(&host.name);
        Some(id)
    }

    /// The host's own time at `wall`; its newest line's where that is `None`. `None` for a host
    /// that is forgotten: all that it left is due.
    #[inline]
    pub(super) fn time(&self, id: HostId, wall: Option<Time>) -> Option<Time> {
        let host = self.known.get(&id)?;
        let now = wall.map_or(host.time, |wall| wall.nanoseconds().saturating_sub(host.behind));
        Some(Time::from_nanoseconds(now))
    }

    pub(super) fn take_changes(&mut self) -> Changes<HostId, Host> {
        self.known.take_changes()
    }

    pub(super) fn forget_changes(&mut self) {
        self.known.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: Changes<HostId, Host>) {
        self.known.apply(changes);
    }

    /// What follows from the records, after they were loaded.
    pub(super) fn index(&mut self) {
        self.speaking.at = None;
        self.ids = self.known.iter().map(|(id, host)| (host.name, *id)).collect();
        let next = self.ids.values().max().map_or(0, |id| id.wrapping_add(1));
        self.next = self.next.max(next);
    }
}

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let known = Table::deserialize(deserializer)?;
        let mut hosts = Hosts { known, ..Hosts::default() };
        hosts.index();
        Ok(hosts)
    }
}
