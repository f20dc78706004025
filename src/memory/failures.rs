//! Who failed before: a success from an address that failed often is told apart.
//!
//! Addresses that failed often enough stand in a list of their own. A flood from a million
//! addresses pushes out only addresses that failed once or twice; to push out one that failed
//! often takes as many others that did.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::hosts::{HostId, Hosts};
use super::limits::{ADDRESSES, FAILING_ADDRESSES, Limits};
use super::line::Line;
use super::table::{At, Changes, List, Table};
use crate::event::Time;

const FEW: List = 0;
const MANY: List = 1;

/// By address, whichever host it failed at.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Failures {
    addresses: Table<u64, Failing>,
}

/// The host at which an address failed last, by whose time it is forgotten, and the seconds since
/// the epoch of its last failures, oldest first, no more than are needed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failing(HostId, Times);

/// As many as are needed where the settings name no other number stand in the record itself.
type Times = SmallVec<[i64; Limits::FAILURES as usize]>;

pub(super) type FailuresChanges = Changes<u64, Failing>;

impl Failures {
    pub(super) fn note(
        &mut self,
        line: &Line<'_>,
        source: &str,
        (time, count): (Time, u32),
        limits: &Limits,
    ) {
        let needed = needed(limits) as usize;
        let key = line.words.number([source]);
        let at = self.addresses.find(&key).unwrap_or_else(|| {
            self.sweep(line.hosts, FEW, limits);
            self.addresses.insert(key, FEW, Failing(line.host, Times::new()))
        });
        let Failing(host, times) = &mut self.addresses[at];
        *host = line.host;
        for _ in 0..needed.min(count as usize) {
            if times.len() >= needed {
                times.remove(0);
            }
            times.push(time.seconds());
        }
        let list = if times.len() >= needed { MANY } else { FEW };
        if list != self.addresses.list(at) {
            self.sweep(line.hosts, list, limits);
        }
        self.addresses.place(at, list);
    }

    /// Whether an address failed as often as needed within the window before `time`.
    pub(super) fn often(&self, line: &Line<'_>, source: &str, time: Time, limits: &Limits) -> bool {
        let since = time.saturating_add_seconds(-limits.failures_window).seconds();
        let failing = self.addresses.get(&line.words.number([source]));
        failing.is_some_and(|Failing(_, times)| {
            times.len() >= needed(limits) as usize
                && times.first().is_some_and(|oldest| *oldest >= since)
        })
    }

    /// Forgets up to two that are over, and one where its list is full.
    fn sweep(&mut self, hosts: &Hosts, list: List, limits: &Limits) {
        let quota = if list == MANY { FAILING_ADDRESSES } else { ADDRESSES };
        for _ in 0..2 {
            let Some(oldest) = self.addresses.oldest(list) else { return };
            let full = self.addresses.len(list) >= quota;
            if !full && !self.is_over(oldest, hosts, None, limits) {
                return;
            }
            self.addresses.remove(oldest);
        }
    }

    /// Forgets what is over, each by the time of the host where it failed last.
    pub(super) fn expire(&mut self, hosts: &Hosts, wall: Time, limits: &Limits) {
        for list in [FEW, MANY] {
            while let Some(oldest) = self.addresses.oldest(list) {
                if !self.is_over(oldest, hosts, Some(wall), limits) {
                    break;
                }
                self.addresses.remove(oldest);
            }
        }
    }

    fn is_over(&self, at: At, hosts: &Hosts, wall: Option<Time>, limits: &Limits) -> bool {
        let Failing(host, times) = &self.addresses[at];
        let newest = times.last().copied().unwrap_or(i64::MIN);
        let until = newest.saturating_add(limits.failures_window);
        hosts.time(*host, wall).is_none_or(|now| until < now.seconds())
    }

    pub(super) fn take_changes(&mut self) -> FailuresChanges {
        self.addresses.take_changes()
    }

    pub(super) fn forget_changes(&mut self) {
        self.addresses.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: FailuresChanges) {
        self.addresses.apply(changes);
    }
}

fn needed(limits: &Limits) -> u32 {
    limits.failures.clamp(1, Limits::MOST_FAILURES)
}
