//! Passwords that PAM refused, in programs that write no line of their own.
//!
//! One attempt passes several modules: pam_unix refuses a user of the domain, whom pam_sss then
//! lets in or refuses too. So pam_unix's failure waits a moment: `authentication success` of the
//! same process and user takes it back, and another module's failure ([`Role::Echo`]) is the
//! same attempt.

use serde::{Deserialize, Serialize};

use super::held::HeldEvent;
use super::limits::{HELD, MODULE_WAIT};
use super::table::{Table, fingerprint};
use super::{Counted, release};
use crate::event::{Event, Role, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Attempts {
    held: Table<Key, HeldEvent, HELD>,
}

/// Host, program and user; pid.
type Key = (u64, Option<u32>);

impl Attempts {
    pub(super) fn failed<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let key = key(&event.host, &event.program, event.pid, event.user.as_deref());
        let alone = event.role == Role::Echo;
        match self.held.remove(&key) {
            // The other module of the same attempt: refused by both.
            Some(held) if held.alone != alone => {
                match alone {
                    true => release(held, out),
                    false => out.push(event.into()),
                }
                return;
            }
            // The same module again: another attempt.
            Some(held) => release(held, out),
            None => {}
        }
        let due = event.time.saturating_add_seconds(MODULE_WAIT);
        if let Some((_, held)) = self.held.insert(key, due, HeldEvent::from(&event)) {
            release(held, out);
        }
    }

    pub(super) fn let_in(&mut self, host: &str, program: &str, pid: Option<u32>, user: &str) {
        self.held.remove(&key(host, program, pid, Some(user)));
    }

    pub(super) fn expire(&mut self, now: Time, out: &mut Vec<Counted<'_>>) {
        while let Some((_, held)) = self.held.pop_due(now) {
            release(held, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Counted<'_>>) {
        while let Some((_, held)) = self.held.pop_first() {
            release(held, out);
        }
    }
}

fn key(host: &str, program: &str, pid: Option<u32>, user: Option<&str>) -> Key {
    (fingerprint(&[host, program, user.unwrap_or_default()]), pid)
}
