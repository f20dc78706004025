//! Connections that sshd dropped because too many came at once, each counted once.
//!
//! OpenSSH 8.5 to 9.7 tell some drops one by one, and of a whole throttling how many there were.
//! Where single drops come without the line that begins a throttling, the log began in its midst.

use serde::{Deserialize, Serialize};

use super::limits::{HOSTS, THROTTLING_FOR};
use super::table::{Table, fingerprint};
use crate::event::{Event, Role, Time};

/// By host: how many drops of the throttling that is on were counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Throttling {
    counted: Table<u64, u32, HOSTS>,
}

impl Throttling {
    pub(super) fn began(&mut self, host: &str, time: Time) {
        self.remember(fingerprint(&[host]), time, 0);
    }

    /// What counts of a drop that was told by itself: all of it; of a sum ([`Role::Sum`]):
    /// what was not told before.
    pub(super) fn counted<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        let host = fingerprint(&[&event.host]);
        let before = self.counted.get(&host).copied().unwrap_or(0);
        let count = match event.role {
            Role::Proof => event.count,
            _ => event.count.saturating_sub(before),
        };
        self.remember(host, event.time, before.saturating_add(count));
        (count > 0).then_some(Event { count, ..event })
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.counted.forget_due(now);
    }

    fn remember(&mut self, host: u64, time: Time, counted: u32) {
        self.counted.insert(host, time.saturating_add_seconds(THROTTLING_FOR), counted);
    }
}
