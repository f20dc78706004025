//! What every part of the memory needs to know of the line that is read.

use super::held::HeldEvent;
use super::hosts::{HostId, Hosts};
use super::waiting::{Holder, Place, Queue, Waiting};
use crate::event::Time;
use crate::keyed::Words;

/// The line that is read now.
#[derive(Debug)]
pub(super) struct Line<'m> {
    pub(super) host: HostId,
    pub(super) time: Time,
    /// The same in whole seconds since the epoch.
    pub(super) seconds: i64,
    pub(super) words: Words,
    pub(super) hosts: &'m Hosts,
    pub(super) queue: &'m mut Queue,
}

impl<'m> Line<'m> {
    pub(super) fn new(
        host: HostId,
        time: Time,
        words: Words,
        hosts: &'m Hosts,
        queue: &'m mut Queue,
    ) -> Self {
        Line { host, time, seconds: time.seconds(), words, hosts, queue }
    }

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
        self.queue.hold(self.host, from.saturating_add_seconds(seconds), waiting)
    }

    /// Takes a waiting event back, because another line told it.
    pub(super) fn take(&mut self, place: Place) -> Option<HeldEvent> {
        self.queue.take(place).map(|waiting| *waiting.event)
    }

    /// A waiting event counts now.
    pub(super) fn release(&mut self, place: Place) {
        let event = self.take(place);
        self.queue.released.extend(event);
    }

    /// An event that waited counts now.
    pub(super) fn let_go(&mut self, event: HeldEvent) {
        self.queue.released.push(event);
    }

    /// Whether what is due at a time of a host is due, by that host's newest line.
    pub(super) fn is_past(&self, host: HostId, seconds: i64) -> bool {
        if host == self.host {
            return self.seconds >= seconds;
        }
        self.hosts.time(host, None).is_none_or(|now| now.seconds() >= seconds)
    }
}
