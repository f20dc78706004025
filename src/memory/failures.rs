//! Who failed before: a success from an address that failed often is told apart.
//!
//! Addresses that failed often enough stand in a table of their own. A flood from a million
//! addresses pushes out only addresses that failed once or twice; to push out one that failed
//! often takes as many others that did.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::limits::{ADDRESSES, FAILING_ADDRESSES, Limits};
use super::table::{Table, fingerprint};
use crate::event::Time;

/// The times of an address' last failures, oldest first, no more than are needed.
type Times = VecDeque<i64>;

/// By address.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Failures {
    few: Table<u64, Times, ADDRESSES>,
    many: Table<u64, Times, FAILING_ADDRESSES>,
}

impl Failures {
    pub(super) fn note(&mut self, source: &str, time: Time, count: u32, limits: &Limits) {
        let needed = needed(limits);
        let key = fingerprint(&[source]);
        let mut times =
            self.many.remove(&key).or_else(|| self.few.remove(&key)).unwrap_or_default();
        for _ in 0..count.min(needed) {
            times.push_back(time.nanoseconds());
        }
        while times.len() > needed as usize {
            times.pop_front();
        }
        let due = time.saturating_add_seconds(limits.failures_window);
        if times.len() >= needed as usize {
            self.many.insert(key, due, times);
        } else {
            self.few.insert(key, due, times);
        }
    }

    /// Whether an address failed as often as needed within the window before `time`.
    pub(super) fn often(&self, source: &str, time: Time, limits: &Limits) -> bool {
        let since = time.saturating_add_seconds(-limits.failures_window).nanoseconds();
        let times = self.many.get(&fingerprint(&[source]));
        times.is_some_and(|times| {
            times.len() >= needed(limits) as usize
                && times.front().is_some_and(|oldest| *oldest >= since)
        })
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.few.forget_due(now);
        self.many.forget_due(now);
    }
}

fn needed(limits: &Limits) -> u32 {
    limits.failures.clamp(1, Limits::MOST_FAILURES)
}
