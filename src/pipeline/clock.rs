//! Whether the wall clock can be relied on: one that jumps ahead must not take the history away.
//!
//! Owns when it was last set, over restarts.

use crate::event::Time;
use crate::metrics::series::Moment;

/// A clock that goes by more than this while no such time passed was set, in seconds. So is one of
/// a host that was off for longer: nobody can tell the two apart.
const STEP: f64 = 2.0 * 86_400.0;

/// So long it has to go on then, in seconds, before what it says makes a file too old.
const STEADY: f64 = 86_400.0;

#[derive(Debug)]
pub(super) struct WallClock {
    /// When it was last looked at; `None` where nothing is known of before.
    seen: Option<Moment>,
    /// When it was set, by itself.
    set: Option<Time>,
}

impl WallClock {
    /// Goes on from a snapshot of then.
    pub(super) fn resume(taken: Option<Time>, set: Option<Time>) -> WallClock {
        WallClock { seen: taken.map(Moment::from), set }
    }

    pub(super) fn was_set(&self) -> Option<Time> {
        self.set
    }

    /// The time, where it can be relied on.
    pub(super) fn relied_on(&mut self, now: Moment) -> Option<Time> {
        let passed = |seen: Moment| now.up.saturating_sub(seen.up).as_secs_f64();
        let is_step =
            |seen: Moment| (now.wall.seconds_since(seen.wall) - passed(seen)).abs() > STEP;
        if self.seen.is_none_or(is_step) {
            self.set = Some(now.wall);
        }
        self.seen = Some(now);
        let steady = self.set.is_none_or(|set| now.wall.seconds_since(set) >= STEADY);
        steady.then_some(now.wall)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const DAY: u64 = 86_400;

    fn at(wall: u64, up: u64) -> Moment {
        let days = 20_000 + wall;
        Moment { wall: Time::new((days * DAY).cast_signed(), 0), up: Duration::from_secs(up * DAY) }
    }

    fn is_steady(clock: &mut WallClock, now: Moment) -> bool {
        clock.relied_on(now).is_some()
    }

    #[test]
    fn a_clock_that_jumps_makes_nothing_old_for_a_day() {
        let mut clock = WallClock::resume(Some(at(0, 0).wall), None);
        assert!(is_steady(&mut clock, at(1, 0)));
        assert!(is_steady(&mut clock, at(2, 1)));
        assert!(!is_steady(&mut clock, at(402, 1)), "it was set");
        assert!(!is_steady(&mut clock, at(2, 1)), "and set back");
        assert!(is_steady(&mut clock, at(3, 2)));
    }

    #[test]
    fn a_start_long_after_the_last_snapshot_or_without_one_waits_a_day_over_restarts() {
        for taken in [None, Some(at(0, 0).wall)] {
            let mut clock = WallClock::resume(taken, None);
            assert!(!is_steady(&mut clock, at(400, 0)));
            let mut clock = WallClock::resume(Some(at(400, 0).wall), clock.was_set());
            assert!(!is_steady(&mut clock, at(400, 0)));
            assert!(is_steady(&mut clock, at(401, 1)));
        }
    }
}
