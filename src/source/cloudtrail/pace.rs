//! When the next request may go out: under CloudTrail's rate, and this reader's share of it.
//!
//! The rate is the account's: whoever else asks uses it up too. So a refusal makes the requests
//! rarer by a half and each answer makes them a little more frequent again, and readers that share
//! an account come to about equal shares, with one refusal among twenty requests or so.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// The longest wait after failures.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// The longest time between two requests: a hundred readers of one account have that much.
const RAREST: u32 = 100;

/// What a refusal and an answer do to the time between two requests.
const SLOWER: f64 = 1.5;
const FASTER: f64 = 0.98;

/// One for each account and Region, as CloudTrail counts.
#[derive(Debug)]
pub(super) struct Pace {
    least: Duration,
    interval: Duration,
    first_back_off: Duration,
    next: Instant,
    failures: u32,
}

impl Pace {
    /// Requests are at least `least` apart, the first one too: whoever restarts again and again
    /// asks no more often. `interval` is what an earlier run had come to.
    pub(super) fn new(
        least: Duration,
        interval: Option<Duration>,
        first_back_off: Duration,
    ) -> Self {
        let interval = interval.unwrap_or(least).clamp(least, least.saturating_mul(RAREST));
        let next = Instant::now() + interval.mul_f64(jitter());
        Pace { least, interval, first_back_off, next, failures: 0 }
    }

    /// Waits until a request may go out, and takes the turn.
    pub(super) async fn turn(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now() + self.interval;
    }

    /// When the next request may go out.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.interval = self.interval.mul_f64(FASTER).max(self.least);
    }

    /// Another reader uses the rate: this one asks less often from now on.
    pub(super) fn throttled(&mut self) {
        let rarest = self.least.saturating_mul(RAREST);
        self.interval = self.interval.mul_f64(SLOWER).min(rarest);
    }

    /// Puts off the next turn, longer each time; returns how many failed in a row, and how long.
    pub(super) fn failed(&mut self) -> (u32, Duration) {
        self.failures = self.failures.saturating_add(1);
        let wait = back_off(self.first_back_off, self.failures).mul_f64(jitter());
        self.next = self.next.max(Instant::now() + wait);
        (self.failures, wait)
    }
}

/// Doubles with each failure.
fn back_off(first: Duration, failures: u32) -> Duration {
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(LONGEST_BACK_OFF)
}

/// Between a half and one, so that the readers of an account do not come back all at once.
fn jitter() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    0.5 + 0.5 * (random as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<u64> = (1..=10).map(|n| back_off(SECOND, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(back_off(SECOND, u32::MAX), LONGEST_BACK_OFF);
    }

    #[test]
    fn a_wait_is_shortened_by_up_to_a_half() {
        for _ in 0..100 {
            assert!((0.5..=1.0).contains(&jitter()));
        }
    }

    #[test]
    fn the_share_shrinks_with_refusals_and_grows_with_answers() {
        let mut pace = Pace::new(SECOND, None, SECOND);
        (0..100).for_each(|_| pace.throttled());
        assert_eq!(pace.interval(), 100 * SECOND);
        (0..1_000).for_each(|_| pace.succeeded());
        assert_eq!(pace.interval(), SECOND);
    }

    #[test]
    fn a_restart_keeps_the_pace() {
        let before = Instant::now();
        let pace = Pace::new(SECOND, Some(30 * SECOND), SECOND);
        assert_eq!(pace.interval(), 30 * SECOND);
        assert!(pace.next() >= before + 15 * SECOND, "the first request waits too");
    }
}
