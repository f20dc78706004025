//! When the next request may go out: under CloudTrail's rate, and later after failures.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// The longest wait after failures.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// One for each account and Region, as CloudTrail counts.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    first_back_off: Duration,
    next: Instant,
    failures: u32,
}

impl Pace {
    /// Requests are at least `interval` apart; after the first failure about `first_back_off`.
    pub(super) fn new(interval: Duration, first_back_off: Duration) -> Self {
        Pace { interval, first_back_off, next: Instant::now(), failures: 0 }
    }

    /// Waits until a request may go out, and takes the turn.
    pub(super) async fn turn(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now() + self.interval;
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
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

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let second = Duration::from_secs(1);
        let waits: Vec<u64> = (1..=10).map(|n| back_off(second, n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(back_off(second, u32::MAX), LONGEST_BACK_OFF);
    }

    #[test]
    fn a_wait_is_shortened_by_up_to_a_half() {
        for _ in 0..100 {
            assert!((0.5..=1.0).contains(&jitter()));
        }
    }
}
