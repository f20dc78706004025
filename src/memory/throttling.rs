//! Connections that sshd dropped because too many came at once, each counted once.
//!
//! OpenSSH 8.5 to 9.7 tell some drops one by one, and of a whole throttling how many there were.
//! Where single drops come without the line that begins a throttling, the log began in its midst.

use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::limits::{HOSTS, THROTTLING_FOR};
use super::line::Line;
use crate::event::{Event, Role};

/// By host: how many drops of the throttling that is on were counted.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Throttling {
    pub(super) told: Brief<u32, HOSTS>,
}

impl Throttling {
    pub(super) fn began(&mut self, line: &Line<'_>) {
        self.told.put(line, 0, THROTTLING_FOR, 0);
    }

    /// Of a drop that was told by itself all counts; of a sum ([`Role::Sum`]) what was not told
    /// before. Whether there is any of it.
    pub(super) fn counts(&mut self, line: &Line<'_>, event: &mut Event<'_>) -> bool {
        let before = self.told.get(line, 0).copied().unwrap_or(0);
        if event.role == Role::Sum {
            event.count = event.count.saturating_sub(before);
        }
        self.told.put(line, 0, THROTTLING_FOR, before.saturating_add(event.count));
        event.count > 0
    }
}
