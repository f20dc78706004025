//! Events back in the order of their records: some are held until a later line completes them.

use std::collections::BTreeMap;

use crate::event::Time;
use crate::memory::Counted;

/// An event is out of order by fewer events than this, or it is printed late.
const WINDOW: usize = 10_000;

/// Events that wait for an earlier one.
pub(super) struct Ordered {
    by_time: bool,
    /// By the record's time and place, or by its place alone; then by arrival.
    waiting: BTreeMap<(Time, u64, u64), Counted<'static>>,
    arrivals: u64,
}

impl Ordered {
    /// By time all events wait; by place no more than the window.
    pub(super) fn new(by_time: bool) -> Ordered {
        Ordered { by_time, waiting: BTreeMap::new(), arrivals: 0 }
    }

    /// Takes one event; the next one in order, once enough wait behind it.
    pub(super) fn after(&mut self, counted: Counted<'_>) -> Option<Counted<'static>> {
        self.arrivals += 1;
        let time = if self.by_time { counted.event.time } else { Time::default() };
        self.waiting.insert((time, counted.event.ordinal, self.arrivals), counted.into_owned());
        if self.by_time || self.waiting.len() <= WINDOW {
            return None;
        }
        self.waiting.pop_first().map(|(_, first)| first)
    }

    pub(super) fn rest(self) -> impl Iterator<Item = Counted<'static>> {
        self.waiting.into_values()
    }
}
