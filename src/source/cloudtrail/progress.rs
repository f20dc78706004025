//! What of CloudTrail was read: the time behind which nothing is missing, and what is looked at
//! again.
//!
//! CloudTrail shows an event minutes after it happened, sometimes hours, and newest first. So
//! every poll asks again for the hour before the last one, as far as that takes no further request
//! than the last quarter of it, and in the gaps between polls sweeps look further back, the further
//! the less often ([`SWEEPS`]). That a record comes up
//! again is for `memory` to know, which counts each once by its ID; what this remembers of IDs only
//! saves it the work.
//!
//! A page counts as soon as it is read; the time moves on only when every page of the window was.
//! So a poll that breaks off, or a restart in its midst, loses nothing.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::record::Position;

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// How far each poll reaches back behind the last one, seconds.
const OVERLAP: i64 = HOUR;

/// How much of that is read whatever it takes, seconds: CloudTrail delivers within about a quarter
/// of an hour.
const FRESH: i64 = HOUR / 4;

/// What the first start leaves out and yet looks at, seconds: what comes up there later is new.
const BEFORE_THE_FLOOR: i64 = HOUR;

/// LookupEvents knows no older events, seconds.
pub(super) const KEPT_BY_CLOUDTRAIL: i64 = 90 * DAY;

/// How far back is looked again, and how often, seconds.
pub(super) const SWEEPS: [(i64, i64); 3] =
    [(HOUR, 10 * MINUTE), (DAY, HOUR), (KEPT_BY_CLOUDTRAIL, DAY)];

/// Events of which it is known that they were handed on. Past that, or older than a day, they are
/// handed on again, and `memory` knows them.
const HANDED_ON: usize = 20_000;

/// Times are whole seconds since the epoch, as LookupEvents takes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Up to here every page was read; `None` before the first poll is through.
    read_until: Option<i64>,
    /// What is older happened before the lookback, and is left out where the first poll showed it.
    floor: i64,
    /// Such events by a number of their IDs.
    #[serde(default)]
    before: HashSet<u64>,
    /// When each of [`SWEEPS`] was last read to its end.
    #[serde(default)]
    swept: [i64; 3],
    /// Milliseconds between two requests that this reader's share had come to.
    #[serde(default)]
    pub(super) interval: Option<u64>,
    /// The account's number, once it was asked for.
    #[serde(default)]
    pub(super) account: Option<String>,
    /// Since when polls follow each other, as far as this run knows.
    #[serde(skip)]
    steady_since: i64,
    /// Events that were handed on in this run, and their times.
    #[serde(skip)]
    handed_on: HashMap<u64, i64>,
}

/// The events to ask for, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub start: i64,
    pub end: i64,
    /// Which of [`SWEEPS`] it is; `None` for a poll.
    pub sweep: Option<usize>,
    /// Seconds that CloudTrail has forgotten since the last poll.
    pub lost: i64,
}

impl Progress {
    /// Nothing was read; what is older than `lookback` seconds is left out.
    pub(super) fn new(now: i64, lookback: i64) -> Self {
        let floor = now.saturating_sub(lookback.clamp(0, KEPT_BY_CLOUDTRAIL));
        Progress {
            read_until: None,
            floor,
            before: HashSet::new(),
            swept: [now; 3],
            interval: None,
            account: None,
            steady_since: now,
            handed_on: HashMap::new(),
        }
    }

    /// What was saved, unless it is damaged.
    pub(super) fn restore(position: &Position) -> Option<Self> {
        serde_json::from_value(position.to_json()).ok()
    }

    pub(super) fn position(&self) -> Position {
        Position::json(serde_json::to_value(self).unwrap_or_default())
    }

    /// The window of the next poll.
    pub(super) fn window(&self, now: i64) -> Window {
        // A clock that was ahead and was set right must not leave an empty window.
        let read_until =
            self.read_until.unwrap_or(self.floor - BEFORE_THE_FLOOR + OVERLAP).min(now);
        let oldest = now - KEPT_BY_CLOUDTRAIL;
        let start = (read_until - OVERLAP).max(self.bottom()).max(oldest).min(now);
        Window { start, end: now, sweep: None, lost: (oldest - read_until).max(0) }
    }

    /// A poll that has read down to here leaves the rest of its window to the sweeps. `None` before
    /// the first poll is through.
    pub(super) fn fresh_since(&self) -> Option<i64> {
        Some(self.read_until? - FRESH)
    }

    /// The window of the sweep that is due: the shortest first, since what is late by little is
    /// more.
    pub(super) fn sweep(&self, now: i64) -> Option<Window> {
        let read_until = self.read_until?.min(now);
        let due = |at: &usize| now - self.swept[*at] >= SWEEPS[*at].1 || self.swept[*at] > now;
        let at = (0..SWEEPS.len()).find(due)?;
        let start = (now - SWEEPS[at].0).max(self.bottom()).min(read_until);
        Some(Window { start, end: read_until, sweep: Some(at), lost: 0 })
    }

    /// Nothing older is ever asked for.
    fn bottom(&self) -> i64 {
        self.floor - BEFORE_THE_FLOOR
    }

    /// How late a record may come up and still be found: how far the last long sweep looked,
    /// seconds.
    pub(super) fn reach(&self, now: i64) -> i64 {
        KEPT_BY_CLOUDTRAIL.min(now - self.bottom())
    }

    /// Seconds that the sweep of a day is overdue, although polls followed each other: what was not
    /// asked for while the exporter was down, or CloudTrail out of reach, is no overload.
    pub(super) fn behind(&self, now: i64) -> i64 {
        now - self.swept[1].max(self.steady_since) - SWEEPS[1].1
    }

    /// Whether the event was handed on.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.handed_on.contains_key(&short(id))
    }

    /// Whether the event is to be handed on; it is remembered. What the first poll shows from
    /// before the floor happened before anyone watched.
    pub(super) fn admit(&mut self, id: &str, time: i64) -> bool {
        let id = short(id);
        if time < self.floor {
            if self.read_until.is_none() && self.before.len() < HANDED_ON {
                self.before.insert(id);
            }
            if self.read_until.is_none() || self.before.contains(&id) || time < self.bottom() {
                return false;
            }
        }
        self.handed_on.insert(id, time).is_none()
    }

    /// Every page of the window was read. A longer sweep does for the shorter ones.
    pub(super) fn complete(&mut self, window: Window, now: i64) {
        match window.sweep {
            Some(longest) => self.swept[..=longest].fill(now),
            None => {
                let since = self.read_until.replace(window.end);
                if since.is_none_or(|since| window.end - since > HOUR) {
                    self.steady_since = now;
                }
            }
        }
        self.handed_on.retain(|_, time| *time >= now - DAY);
        if self.handed_on.len() > HANDED_ON {
            self.handed_on.clear();
        }
    }
}

/// FNV-1a, the same in every run and version, since some of it is saved.
fn short(id: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    id.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    /// A progress whose first poll was read to its end at [`NOW`].
    fn polled(lookback: i64) -> Progress {
        let mut progress = Progress::new(NOW, lookback);
        progress.complete(progress.window(NOW), NOW);
        progress
    }

    #[test]
    fn the_first_poll_asks_for_the_lookback_and_looks_at_the_hour_before() {
        let window = Progress::new(NOW, DAY).window(NOW + 5);
        assert_eq!((window.start, window.end), (NOW - DAY - HOUR, NOW + 5));
        // One that fails for hours still begins where it began.
        let window = Progress::new(NOW, DAY).window(NOW + 5 * HOUR);
        assert_eq!((window.start, window.end), (NOW - DAY - HOUR, NOW + 5 * HOUR));
    }

    #[test]
    fn every_poll_asks_again_for_the_hour_before_the_last() {
        let window = polled(DAY).window(NOW + 60);
        assert_eq!((window.start, window.end), (NOW - OVERLAP, NOW + 60));
    }

    #[test]
    fn sweeps_look_further_back_the_further_the_less_often() {
        let mut progress = polled(7 * DAY);
        assert_eq!(progress.sweep(NOW + 60), None);
        let mut seen = Vec::new();
        for minute in 0..(26 * 60) {
            let now = NOW + minute * MINUTE;
            progress.complete(progress.window(now), now);
            while let Some(window) = progress.sweep(now) {
                seen.push(window.sweep.unwrap());
                progress.complete(window, now);
            }
        }
        let count = |sweep| seen.iter().filter(|s| **s == sweep).count();
        assert_eq!(count(2), 1);
        assert_eq!(count(1), 25);
        assert!((125..=156).contains(&count(0)), "{}", count(0));
        let mut progress = polled(7 * DAY);
        progress.swept = [NOW, NOW, NOW - DAY];
        let window = progress.sweep(NOW).unwrap();
        assert_eq!(window.start, NOW - 7 * DAY - HOUR, "no further than the first start looked");
    }

    /// Until then each start after some hours told of more events than LookupEvents can carry.
    #[test]
    fn only_a_reader_that_had_its_turns_is_overloaded() {
        let mut progress = polled(DAY);
        let polls_until = |progress: &mut Progress, from: i64, until: i64| {
            for now in (from..=until).step_by(60) {
                progress.complete(progress.window(now), now);
            }
            progress.behind(until)
        };
        assert_eq!(polls_until(&mut progress, NOW, NOW + 4 * HOUR), 3 * HOUR, "no sweep in time");
        let mut restarted = Progress::restore(&progress.position()).unwrap();
        let soon = NOW + 4 * HOUR + 60;
        assert_eq!(polls_until(&mut restarted, soon, soon), 3 * HOUR + 60, "nor by a restart");
        let mut late = Progress::restore(&progress.position()).unwrap();
        let later = NOW + 14 * HOUR;
        assert!(polls_until(&mut late, later, later + MINUTE) < 0, "it was down");
        assert!(polls_until(&mut progress, later, later + MINUTE) < 0, "CloudTrail was");
    }

    #[test]
    fn a_session_from_before_the_start_that_is_told_after_it_counts() {
        let mut progress = Progress::new(NOW, 0);
        assert!(!progress.admit("there before", NOW - 60));
        progress.complete(progress.window(NOW), NOW);
        assert!(!progress.admit("there before", NOW - 60));
        assert!(progress.admit("told late", NOW - 60));
        assert!(!progress.admit("told late", NOW - 60));
        let mut restarted = Progress::restore(&progress.position()).unwrap();
        assert!(!restarted.admit("there before", NOW - 60));
        assert!(restarted.admit("told later", NOW - 120));
    }

    #[test]
    fn a_clock_that_was_ahead_leaves_no_empty_window() {
        let mut progress = Progress::new(NOW, DAY);
        progress.complete(progress.window(NOW + DAY), NOW + DAY);
        let window = progress.window(NOW);
        assert_eq!((window.start, window.end), (NOW - OVERLAP, NOW));
    }

    #[test]
    fn what_cloudtrail_has_forgotten_is_told() {
        let progress = polled(DAY);
        assert_eq!(progress.window(NOW + 60).lost, 0);
        let window = progress.window(NOW + 100 * DAY);
        assert_eq!(window.start, NOW + 10 * DAY);
        assert_eq!(window.lost, 10 * DAY);
    }

    #[test]
    fn a_position_of_the_first_version_is_read() {
        let saved = serde_json::json!({
            "read_until": NOW, "floor": NOW - DAY, "looked_far_back": NOW, "seen": {"a": NOW},
        });
        let restored = Progress::restore(&Position::json(saved)).unwrap();
        assert_eq!(restored.window(NOW).start, NOW - OVERLAP);
    }

    #[test]
    fn a_damaged_position_is_told_from_a_good_one() {
        assert_eq!(Progress::restore(&Position::json(serde_json::json!({"floor": "x"}))), None);
        assert_eq!(Progress::restore(&Position::default()), None);
    }
}
