//! Passwords that PAM refused, in programs that write no line of their own.
//!
//! One attempt passes several modules: pam_unix refuses a user of the domain, whom pam_sss then
//! lets in or refuses too. So pam_unix's failure waits a moment: `authentication success` of the
//! same process and user takes it back, and another module's failure ([`Role::Echo`]) is the same
//! attempt.

use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::held::HeldEvent;
use super::limits::{HELD, MODULE_WAIT};
use super::line::Line;
use super::waiting::{Holder, Place, Waiting};
use crate::event::{Event, Role};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Attempts {
    /// By program, user and pid: where the refused attempt waits, and whether it is an echo.
    pub(super) waiting: Brief<(Place, bool), HELD>,
}

impl Attempts {
    /// Whether an attempt counts now.
    pub(super) fn failed(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let key = key(line, event.program, event.pid, event.user);
        let echo = event.role == Role::Echo;
        let before = self.take(line, key);
        if echo && before.is_none() && self.was_nameless(line, event) {
            return true;
        }
        match before {
            // The other module of the same attempt, refused by both: it counts once.
            Some((held, false)) if echo => {
                line.let_go(held);
                return false;
            }
            Some((_, true)) if !echo => return true,
            // The same module again: another attempt.
            Some((held, _)) => line.let_go(held),
            None => {}
        }
        let held = HeldEvent::from(event);
        let place = line.hold(held, event.time, MODULE_WAIT, 0, Holder::Attempt(key));
        self.waiting.put(line, key, MODULE_WAIT, (place, echo));
        false
    }

    /// pam_unix names no account that the host has not, another module whatever was typed: takes
    /// the nameless one's word on the same attempt.
    fn was_nameless(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let nameless = key(line, event.program, event.pid, None);
        event.pid.is_some() && self.take(line, nameless).is_some()
    }

    fn take(&mut self, line: &mut Line<'_>, key: u64) -> Option<(HeldEvent, bool)> {
        let (place, echo) = self.waiting.take(line, key)?;
        Some((line.take(place)?, echo))
    }

    pub(super) fn let_in(
        &mut self,
        line: &mut Line<'_>,
        program: &str,
        pid: Option<u32>,
        user: &str,
    ) {
        let key = key(line, program, pid, Some(user));
        self.take(line, key);
    }

    /// An attempt does not wait any more.
    pub(super) fn released(&mut self, place: Place, waiting: &Waiting) {
        if let Holder::Attempt(key) = waiting.holder {
            self.waiting.forget_where((place.0, key), |(of, _)| *of == place);
        }
    }
}

fn key(line: &Line<'_>, program: &str, pid: Option<u32>, user: Option<&str>) -> u64 {
    let process = pid.map_or(0, |pid| u64::from(pid) + 1);
    let key = line.key(&[program, user.unwrap_or_default()]);
    key ^ process.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
