//! What of CloudTrail was read: the time behind which nothing is missing, and the events seen.
//!
//! CloudTrail shows an event minutes after it happened, sometimes hours, and newest first. So
//! every poll asks again for the hour before the last one, and once an hour for the whole day
//! before it. An event that was seen is known by its ID and not handed on again: this is the one
//! place where overlapping polls are told apart. (That a record also lies in a trail's file is
//! for `memory::Memory` to know.)
//!
//! A page counts as soon as it is read, since its events are remembered here; the time moves on
//! only when every page of the window was read. So a poll that breaks off, or a restart in its
//! midst, loses nothing and doubles nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Position;

const HOUR: i64 = 3_600;

/// How far each poll reaches back behind the last one, seconds. CloudTrail delivers within about
/// a quarter of an hour.
const OVERLAP: i64 = HOUR;

/// How far one poll an hour reaches back, seconds: for deliveries that are late beyond measure.
const LONG_OVERLAP: i64 = 24 * HOUR;

/// How often the long overlap is asked for, seconds.
const LONG_OVERLAP_EVERY: i64 = HOUR;

/// LookupEvents knows no older events, seconds.
const KEPT_BY_CLOUDTRAIL: i64 = 90 * 24 * HOUR;

/// Events remembered between polls. Past that the oldest are forgotten and no longer asked for.
pub(super) const SEEN_BETWEEN_POLLS: usize = 20_000;

/// Events of one poll that is not finished: the bound of memory. One event takes about 100 bytes.
pub(super) const SEEN_IN_ALL: usize = 100_000;

/// Times are whole seconds since the epoch, as LookupEvents takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Up to here every page was read; `None` before the first poll is through.
    read_until: Option<i64>,
    /// Nothing older is asked for: where the first start began, or what had to be forgotten.
    floor: i64,
    /// When the long overlap was last read.
    looked_far_back: i64,
    /// Event ID to event time, of all that the next polls can show again.
    seen: BTreeMap<String, i64>,
}

/// The events to ask for in one poll, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub start: i64,
    pub end: i64,
    far_back: bool,
    /// Seconds that CloudTrail has forgotten since the last poll.
    pub lost: i64,
}

impl Progress {
    /// Nothing was read; what is older than `lookback` seconds is not asked for.
    pub(super) fn new(now: i64, lookback: i64) -> Self {
        let floor = now.saturating_sub(lookback.clamp(0, KEPT_BY_CLOUDTRAIL));
        Progress { read_until: None, floor, looked_far_back: now, seen: BTreeMap::new() }
    }

    /// What was saved, unless it is damaged.
    pub(super) fn restore(position: &Position) -> Option<Self> {
        serde_json::from_value(position.to_json()).ok()
    }

    pub(super) fn position(&self) -> Position {
        Position::json(serde_json::to_value(self).unwrap_or_default())
    }

    pub(super) fn window(&self, now: i64) -> Window {
        let far_back = now - self.looked_far_back >= LONG_OVERLAP_EVERY;
        let overlap = if far_back { LONG_OVERLAP } else { OVERLAP };
        // A clock that was ahead and was set right must not leave an empty window.
        let read_until = self.read_until.unwrap_or(self.floor).min(now);
        let oldest = now - KEPT_BY_CLOUDTRAIL;
        let start = (read_until - overlap).max(self.floor).max(oldest).min(now);
        Window { start, end: now, far_back, lost: (oldest - read_until).max(0) }
    }

    /// Whether the event was remembered.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.seen.contains_key(id)
    }

    /// Whether the event is new; it is remembered. `None` where memory is at its bound.
    pub(super) fn admit(&mut self, id: &str, time: i64) -> Option<bool> {
        if self.seen.contains_key(id) || time < self.floor {
            return Some(false);
        }
        if self.seen.len() >= SEEN_IN_ALL {
            return None;
        }
        self.seen.insert(id.to_owned(), time);
        Some(true)
    }

    /// Every page of the window was read.
    pub(super) fn complete(&mut self, window: Window) {
        self.read_until = Some(window.end);
        if window.far_back {
            self.looked_far_back = window.end;
        }
        let oldest = window.end - LONG_OVERLAP;
        self.seen.retain(|_, time| *time >= oldest);
        if self.seen.len() > SEEN_BETWEEN_POLLS {
            self.forget_oldest();
        }
    }

    /// What is forgotten could count twice, so it is no longer asked for.
    fn forget_oldest(&mut self) {
        let mut times: Vec<i64> = self.seen.values().copied().collect();
        times.sort_unstable();
        let last_forgotten = times[times.len() - SEEN_BETWEEN_POLLS - 1];
        self.floor = self.floor.max(last_forgotten + 1);
        self.seen.retain(|_, time| *time > last_forgotten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * HOUR;
    const NOW: i64 = 1_700_000_000;

    /// A progress whose first poll was read to its end at [`NOW`].
    fn polled() -> Progress {
        let mut progress = Progress::new(NOW, DAY);
        progress.complete(progress.window(NOW));
        progress
    }

    #[test]
    fn the_first_poll_asks_for_the_lookback() {
        let window = Progress::new(NOW, DAY).window(NOW + 5);
        assert_eq!((window.start, window.end), (NOW - DAY, NOW + 5));
    }

    #[test]
    fn a_first_poll_that_fails_for_hours_still_begins_where_it_began() {
        let window = Progress::new(NOW, DAY).window(NOW + 5 * HOUR);
        assert_eq!((window.start, window.end), (NOW - DAY, NOW + 5 * HOUR));
    }

    #[test]
    fn every_poll_asks_again_for_the_hour_before_the_last() {
        let window = polled().window(NOW + 60);
        assert_eq!((window.start, window.end), (NOW - HOUR, NOW + 60));
    }

    #[test]
    fn once_an_hour_the_day_before_is_asked_for_again() {
        let mut progress = polled();
        let window = progress.window(NOW + HOUR);
        assert_eq!(window.start, NOW - DAY);
        progress.complete(window);
        assert_eq!(progress.window(NOW + HOUR + 60).start, NOW);
    }

    #[test]
    fn no_poll_reaches_behind_the_lookback() {
        let mut progress = Progress::new(NOW, 600);
        progress.complete(progress.window(NOW));
        assert_eq!(progress.window(NOW + 60).start, NOW - 600);
        assert_eq!(progress.admit("late", NOW - 601), Some(false));
    }

    #[test]
    fn an_event_is_new_once_also_after_a_restart() {
        let mut progress = polled();
        assert_eq!(progress.admit("a", NOW), Some(true));
        assert_eq!(progress.admit("a", NOW), Some(false));
        let mut restarted = Progress::restore(&progress.position()).unwrap();
        assert_eq!(restarted, progress);
        assert_eq!(restarted.admit("a", NOW), Some(false));
    }

    #[test]
    fn what_no_poll_can_show_again_is_forgotten() {
        let mut progress = polled();
        progress.admit("old", NOW);
        let later = NOW + DAY + 1;
        progress.complete(progress.window(later));
        assert!(progress.seen.is_empty());
        assert!(progress.window(later + HOUR).start > NOW);
    }

    #[test]
    fn what_is_forgotten_for_want_of_room_is_not_asked_for_again() {
        let mut progress = polled();
        let count = SEEN_BETWEEN_POLLS as i64 + 10;
        for n in 0..count {
            assert_eq!(progress.admit(&n.to_string(), NOW + n / 4), Some(true));
        }
        let end = NOW + count;
        progress.complete(progress.window(end));
        assert!(progress.seen.len() <= SEEN_BETWEEN_POLLS);
        assert_eq!(progress.admit("0", NOW), Some(false));
        assert!(progress.window(end + 1).start > NOW);
    }

    #[test]
    fn memory_is_bounded_within_a_poll_too() {
        let mut progress = polled();
        for n in 0..SEEN_IN_ALL {
            progress.admit(&n.to_string(), NOW);
        }
        assert_eq!(progress.admit("one more", NOW), None);
        assert_eq!(progress.admit("0", NOW), Some(false));
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_no_empty_window() {
        let mut progress = Progress::new(NOW, DAY);
        progress.complete(progress.window(NOW + DAY));
        let window = progress.window(NOW);
        assert_eq!((window.start, window.end), (NOW - HOUR, NOW));
    }

    #[test]
    fn what_cloudtrail_has_forgotten_is_told() {
        let progress = polled();
        assert_eq!(progress.window(NOW + 60).lost, 0);
        let window = progress.window(NOW + 100 * DAY);
        assert_eq!(window.start, NOW + 10 * DAY);
        assert_eq!(window.lost, 10 * DAY);
    }

    #[test]
    fn a_damaged_position_is_told_from_a_good_one() {
        assert_eq!(Progress::restore(&Position::json(serde_json::json!({"seen": 7}))), None);
        assert_eq!(Progress::restore(&Position::default()), None);
    }
}
