//! What every part of the memory needs to know of the line that is read.

use super::held::HeldEvent;
use super::hosts::{HostId, Hosts};
use super::waiting::{Holder, Place, Queue, Waiting};
use super::{Counted, release};
use crate::event::Time;
use crate::keyed::Words;

/// The line that is read now.
#[derive(Debug)]
pub(super) struct Line<'m> {
    pub(super) host: HostId,
    pub(super) time: Time,
    pub(super) words: Words,
    pub(super) hosts: &'m Hosts,
    pub(super) queue: &'m mut Queue,
    /// What had to go because too many wait.
    pub(super) went: Vec<(Place, Waiting)>,
}

impl Line<'_> {
    /// A key for words of this host.
    pub(super) fn key(&self, words: &[&str]) -> u64 {
        self.words.number_of_host(self.host, words)
    }

    /// Lets an event wait some seconds from `from` on, and `late` more while lines come.
    pub(super) fn hold(
        &mut self,
        event: HeldEvent,
        from: Time,
        seconds: i64,
        late: i64,
        holder: Holder,
    ) -> Place {
        let waiting = Waiting { event: Box::new(event), holder, late };
        let due = from.saturating_add_seconds(seconds);
        let (place, went) = self.queue.hold(self.host, due, waiting);
        self.went.extend(went);
        place
    }

    /// Takes a waiting event back, because another line told it.
    pub(super) fn take(&mut self, place: Place) -> Option<HeldEvent> {
        self.queue.take(place).map(|waiting| *waiting.event)
    }

    /// A waiting event counts now.
    pub(super) fn release(&mut self, place: Place, out: &mut Vec<Counted<'_>>) {
        if let Some(event) = self.take(place) {
            release(event, out);
        }
    }

    /// Whether what is due at a time of a host is due, by that host's newest line.
    pub(super) fn is_past(&self, host: HostId, seconds: i64) -> bool {
        if host == self.host {
            return self.time.seconds() >= seconds;
        }
        self.hosts.time(host, None).is_none_or(|now| now.seconds() >= seconds)
    }
}
