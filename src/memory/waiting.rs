//! Events that wait for a better line, in one queue, in order of the time at which each is due.
//!
//! An event waits by its own host's time ([`super::hosts`]). While lines come, a rejection may wait
//! longer than by the clock: what is read tells the time of the log only, and nobody waits for it.
//! Where too many wait, the first of the same host goes: a flood of one host shortens the memory of
//! that host.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::held::HeldEvent;
use super::hosts::HostId;
use super::limits::HELD;
use super::table::{Changes, Table};
use crate::event::Time;

/// Host, time at which it is due while lines come (nanoseconds), and a number of its own.
pub(super) type Place = (HostId, i64, u64);

/// An event that waits, and who knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub(super) event: Box<HeldEvent>,
    pub(super) holder: Holder,
    /// Seconds that it goes earlier by the clock than while lines come.
    pub(super) late: i64,
}

/// Whose record names the place of the event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Holder {
    /// A process' rejection.
    Rejection(u32),
    /// A process' refused attempt.
    Failure(u32),
    /// PAM's attempts in programs that write no line of their own.
    Attempt(u64),
    /// A use of su, by its target.
    Use(u64),
    /// PAM's word on a refusal of sudo, doas or pkexec, by program and user.
    Refusal(u64),
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Table<Place, Waiting>,
    order: BTreeSet<Place>,
    next: u64,
    /// What counts now, by what the line that is read says.
    pub(super) released: Vec<HeldEvent>,
    /// What counts because too many wait: who knows of it is not told yet.
    pub(super) went: Vec<(Place, Waiting)>,
    /// The host of the last line, and nothing of it is due before this.
    soonest: (HostId, i64),
}

impl Queue {
    /// Lets an event wait until `due`.
    pub(super) fn hold(&mut self, host: HostId, due: Time, waiting: Waiting) -> Place {
        let first = (self.order.len() >= HELD).then(|| self.first_of(host)).flatten();
        let went = first.and_then(|place| Some((place, self.take(place)?)));
        self.went.extend(went);
        let place = (host, due.saturating_add_seconds(waiting.late).nanoseconds(), self.next);
        self.next += 1;
        self.order.insert(place);
        self.waiting.insert(place, 0, waiting);
        if self.soonest.0 == host {
            self.soonest.1 = self.soonest.1.min(place.1);
        }
        place
    }

    fn first_of(&self, host: HostId) -> Option<Place> {
        let own = self.order.range((host, i64::MIN, 0)..).next();
        own.filter(|place| place.0 == host).or_else(|| self.order.first()).copied()
    }

    pub(super) fn get(&self, place: Place) -> Option<&HeldEvent> {
        self.waiting.get(&place).map(|waiting| &*waiting.event)
    }

    /// Takes an event back: another line told it, or it goes.
    pub(super) fn take(&mut self, place: Place) -> Option<Waiting> {
        self.order.remove(&place);
        self.waiting.take(&place)
    }

    /// Whether anything of a host may be due at its time `now`: mostly nothing is.
    #[inline]
    pub(super) fn may_be_due(&self, host: HostId, now: Time) -> bool {
        self.soonest.0 != host || self.soonest.1 <= now.nanoseconds()
    }

    /// Whether the line that is read lets go of anything.
    #[inline]
    pub(super) fn lets_go(&self) -> bool {
        !self.released.is_empty() || !self.went.is_empty()
    }

    /// The first event of a host that is due at its time `now`.
    pub(super) fn pop_due(&mut self, host: HostId, now: Time) -> Option<(Place, Waiting)> {
        if !self.may_be_due(host, now) {
            return None;
        }
        let first = self.order.range((host, i64::MIN, 0)..).next().copied();
        let first = first.filter(|place| place.0 == host);
        self.soonest = (host, first.map_or(i64::MAX, |place| place.1));
        let place = first.filter(|place| place.1 <= now.nanoseconds())?;
        Some((place, self.take(place)?))
    }

    /// Every event that is due by the clock, which `now` tells for each host, in order of time.
    pub(super) fn due_by_clock(&self, now: impl Fn(HostId) -> Option<Time>) -> Vec<Place> {
        let is_due = |place: &Place| {
            let late = self.waiting.get(place).map_or(0, |waiting| waiting.late);
            let due = Time::from_nanoseconds(place.1).saturating_add_seconds(-late);
            now(place.0).is_none_or(|now| due <= now)
        };
        self.in_order(is_due)
    }

    /// Every event of a host, or of all of them, in order of time.
    pub(super) fn of(&self, host: Option<HostId>) -> Vec<Place> {
        self.in_order(|place| host.is_none_or(|host| host == place.0))
    }

    fn in_order(&self, is_wanted: impl Fn(&Place) -> bool) -> Vec<Place> {
        let mut places: Vec<Place> = self.order.iter().copied().filter(is_wanted).collect();
        places.sort_by_key(|(_, due, number)| (*due, *number));
        places
    }

    pub(super) fn take_changes(&mut self) -> Changes<Place, Waiting> {
        self.waiting.take_changes()
    }

    pub(super) fn forget_changes(&mut self) {
        self.waiting.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: Changes<Place, Waiting>) {
        self.waiting.apply(changes);
    }

    /// What follows from the records, after they were loaded.
    pub(super) fn index(&mut self) {
        self.order = self.waiting.iter().map(|(place, _)| *place).collect();
        let next = self.order.iter().map(|place| place.2 + 1).max().unwrap_or(0);
        self.next = self.next.max(next);
        self.soonest = (0, i64::MIN);
    }
}

impl Serialize for Queue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.waiting.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Queue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let waiting = Table::deserialize(deserializer)?;
        let mut queue = Queue { waiting, ..Queue::default() };
        queue.index();
        Ok(queue)
    }
}
