//! Connections that sshd dropped because too many came at once, each counted once.
//!
//! OpenSSH 8.5 to 9.7 tell some drops one by one, and of a whole throttling how many there were.
//! Where single drops come without the line that begins a throttling, the log began in its midst.

use serde::{Deserialize, Serialize};

use super::Counted;
use super::limits::{HOSTS, THROTTLING_FOR};
use super::table::{Table, fingerprint};
use crate::event::{Event, EventKind, Hint, Reason, Time};

/// By host: how many drops of the throttling that is on were counted.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Throttling {
    counted: Table<u64, u32, HOSTS>,
}

impl Throttling {
    pub(super) fn began(&mut self, host: &str, time: Time) {
        self.remember(host, time, 0);
    }

    /// Notes a drop that was told by itself.
    pub(super) fn dropped(&mut self, event: &Event<'_>) {
        if event.reason == Some(Reason::Throttled) {
            let counted = self.counted(&event.host).saturating_add(event.count);
            self.remember(&event.host, event.time, counted);
        }
    }

    /// sshd says how many it dropped so far: those not told by themselves count now.
    pub(super) fn told(
        &mut self,
        hint: &Hint<'_>,
        connections: u32,
        over: bool,
        out: &mut Vec<Counted<'_>>,
    ) {
        let count = connections.saturating_sub(self.counted(&hint.host));
        if over {
            self.counted.remove(&fingerprint(&[&hint.host]));
        } else {
            self.remember(&hint.host, hint.time, connections);
        }
        if count > 0 {
            let event = Event {
                time: hint.time,
                host: hint.host.clone().into_owned().into(),
                reason: Some(Reason::Throttled),
                count,
                ..Event::new(EventKind::LoginRejected, "sshd")
            };
            out.push(event.into());
        }
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.counted.forget_due(now);
    }

    fn counted(&self, host: &str) -> u32 {
        self.counted.get(&fingerprint(&[host])).copied().unwrap_or(0)
    }

    fn remember(&mut self, host: &str, time: Time, counted: u32) {
        let due = time.saturating_add_seconds(THROTTLING_FOR);
        self.counted.insert(fingerprint(&[host]), due, counted);
    }
}
