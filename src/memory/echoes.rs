//! Lines that tell again what counted a moment ago: the exit of a sudo command, PAM's word on a
//! changed password.

use serde::{Deserialize, Serialize};

use super::limits::{CHANGE_WAIT, CHANGES, COMMAND_FOR, COMMANDS};
use super::table::{Table, fingerprint};
use crate::event::{Event, Role, Time};

/// sudo's commands by all that both of its lines tell, and how often each runs.
///
/// A command's start takes away one exit record and no more, so a user who ends a command with
/// `; EXIT=0` hides at most the second of two uses of the same command.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Commands {
    running: Table<(u64, Option<u32>), u32, COMMANDS>,
}

impl Commands {
    /// Whether this line counts.
    pub(super) fn counts(&mut self, event: &Event<'_>) -> bool {
        let key = (command(event), event.pid);
        let running = self.running.remove(&key).unwrap_or(0);
        let exit = event.role == Role::Exit;
        let left = if exit { running.saturating_sub(1) } else { running.saturating_add(1) };
        if left > 0 {
            self.running.insert(key, event.time.saturating_add_seconds(COMMAND_FOR), left);
        }
        !exit || running == 0
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.running.forget_due(now);
    }
}

fn command(event: &Event<'_>) -> u64 {
    let fields = [&event.user, &event.target_user, &event.tty, &event.directory, &event.command];
    let [user, target, tty, directory, command] = fields.map(|f| f.as_deref().unwrap_or_default());
    fingerprint(&[&event.host, user, target, tty, directory, command])
}

/// Account changes by host, pid, account and change: passwd's own line and PAM's are one change.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Changes {
    recent: Table<(u64, Option<u32>), bool, CHANGES>,
}

impl Changes {
    /// Whether this line counts: it does unless the other side told the same before.
    pub(super) fn counts(&mut self, event: &Event<'_>) -> bool {
        let user = event.user.as_deref().unwrap_or_default();
        let change = event.change.map_or("", |change| change.as_str());
        let key = (fingerprint(&[&event.host, user, change]), event.pid);
        let by_pam = event.role == Role::Echo;
        if self.recent.remove(&key) == Some(!by_pam) {
            return false;
        }
        self.recent.insert(key, event.time.saturating_add_seconds(CHANGE_WAIT), by_pam);
        true
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.recent.forget_due(now);
    }
}
