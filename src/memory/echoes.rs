//! Lines that tell again what counted a moment ago: the exit of a sudo command, PAM's word on a
//! changed password.

use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::limits::{CHANGE_WAIT, CHANGES, COMMAND_FOR, COMMANDS};
use super::line::Line;
use crate::event::{Event, Role};

/// sudo's commands by all that both of its lines tell, and how often each runs.
///
/// A command's start takes away one exit record and no more, so a user who ends a command with
/// `; EXIT=0` hides at most the second of two uses of the same command.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Commands {
    pub(super) running: Brief<u32, COMMANDS>,
}

impl Commands {
    /// Whether this line counts.
    pub(super) fn counts(&mut self, line: &Line<'_>, event: &Event<'_>) -> bool {
        let fields = [event.user, event.target_user, event.tty, event.directory, event.command];
        let key = key(line, event.pid, &fields.map(Option::unwrap_or_default));
        let running = self.running.get(line, key).copied().unwrap_or(0);
        let exit = event.role == Role::Exit;
        let left = if exit { running.saturating_sub(1) } else { running.saturating_add(1) };
        match left {
            0 => drop(self.running.take(line, key)),
            _ => self.running.put(line, key, COMMAND_FOR, left),
        }
        !exit || running == 0
    }
}

/// Account changes by host, pid, account and change: passwd's own line and PAM's are one change.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct AccountChanges {
    pub(super) recent: Brief<bool, CHANGES>,
}

impl AccountChanges {
    /// Whether this line counts: it does unless the other side told the same before.
    pub(super) fn counts(&mut self, line: &Line<'_>, event: &Event<'_>) -> bool {
        let user = event.user.unwrap_or_default();
        let change = event.change.map_or("", |change| change.as_str());
        let key = key(line, event.pid, &[user, change]);
        let by_pam = event.role == Role::Echo;
        if self.recent.take(line, key) == Some(!by_pam) {
            return false;
        }
        self.recent.put(line, key, CHANGE_WAIT, by_pam);
        true
    }
}

/// Lines of one process that tell the same.
fn key(line: &Line<'_>, pid: Option<u32>, words: &[&str]) -> u64 {
    let process = pid.map_or(0, |pid| u64::from(pid) + 1);
    line.key(words) ^ process.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
