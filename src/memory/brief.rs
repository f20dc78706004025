//! What is remembered for some seconds, by host and a number: bounded, and by its own host's time.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hosts::{HostId, Hosts};
use super::line::Line;
use super::table::{At, Changes, Table};
use crate::event::Time;

type Key = (HostId, u64);

/// At most `N` entries; the one that was put in longest ago makes room.
#[derive(Debug)]
pub(super) struct Brief<V, const N: usize> {
    table: Table<Key, Until<V>>,
}

/// A value, and the nanoseconds since the epoch up to which it stands.
pub(super) type Until<V> = (i64, V);

pub(super) type BriefChanges<V> = Changes<Key, Until<V>>;

impl<V, const N: usize> Default for Brief<V, N> {
    fn default() -> Self {
        Brief { table: Table::default() }
    }
}

impl<V: Clone, const N: usize> Brief<V, N> {
    /// Puts in a value that stands for some seconds, in place of what the key had.
    pub(super) fn put(&mut self, line: &Line<'_>, key: u64, seconds: i64, value: V) {
        for _ in 0..2 {
            let Some(oldest) = self.table.oldest(0) else { break };
            if self.table.len(0) < N && !self.is_over(oldest, line.hosts, None) {
                break;
            }
            self.table.remove(oldest);
        }
        let until = line.time.saturating_add_seconds(seconds).nanoseconds();
        self.table.insert((line.host, key), 0, (until, value));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.len(0) == 0
    }

    pub(super) fn get(&self, line: &Line<'_>, key: u64) -> Option<&V> {
        let (until, value) = self.table.get(&(line.host, key))?;
        (*until > line.time.nanoseconds()).then_some(value)
    }

    pub(super) fn take(&mut self, line: &Line<'_>, key: u64) -> Option<V> {
        let (until, value) = self.table.take(&(line.host, key))?;
        (until > line.time.nanoseconds()).then_some(value)
    }

    /// Changes the value of a key, also of one whose time is over.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut V)) {
        if let Some(at) = self.table.find(&key) {
            change(&mut self.table.place(at, 0).1);
        }
    }

    pub(super) fn forget_where(&mut self, key: Key, gone: impl FnOnce(&V) -> bool) {
        if let Some(at) = self.table.find(&key).filter(|at| gone(&self.table[*at].1)) {
            self.table.remove(at);
        }
    }

    /// Forgets what is over, each by its own host's time at `wall`.
    pub(super) fn expire(&mut self, hosts: &Hosts, wall: Time) {
        while let Some(oldest) = self.table.oldest(0) {
            if !self.is_over(oldest, hosts, Some(wall)) {
                return;
            }
            self.table.remove(oldest);
        }
    }

    fn is_over(&self, at: At, hosts: &Hosts, wall: Option<Time>) -> bool {
        let now = hosts.time(self.table.key(at).0, wall);
        now.is_none_or(|now| self.table[at].0 <= now.nanoseconds())
    }

    pub(super) fn take_changes(&mut self) -> BriefChanges<V> {
        self.table.take_changes()
    }

    pub(super) fn forget_changes(&mut self) {
        self.table.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: BriefChanges<V>) {
        self.table.apply(changes);
    }
}

impl<V: Serialize, const N: usize> Serialize for Brief<V, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.table.serialize(serializer)
    }
}

impl<'de, V: Deserialize<'de> + Clone, const N: usize> Deserialize<'de> for Brief<V, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Brief { table: Table::deserialize(deserializer)? })
    }
}
