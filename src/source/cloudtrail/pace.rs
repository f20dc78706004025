//! When the next request may go out: under CloudTrail's rate, and this reader's share of it.
//!
//! The rate is the account's: whoever else asks uses it up too. So a refusal takes a third of this
//! reader's rate away and each answer adds a little, the same to a rare reader as to a frequent one.
//! What is taken is a part and what is given is not, so readers that share an account come to about
//! equal shares, whatever they began with: of twenty, one request in ten is refused.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

/// The longest wait after failures.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// The longest time between two requests: a hundred readers of one account have that much.
const RAREST: u32 = 100;

/// How much longer the time between two requests is after a refusal.
const SLOWER: f64 = 1.5;

/// The part of the highest rate that an answer adds.
const ADDED: f64 = 0.003;

/// One for each account and Region, as CloudTrail counts.
#[derive(Debug)]
pub(super) struct Pace {
    share: Share,
    next: Instant,
}

/// What refusals and answers have come to; knows no clock.
#[derive(Debug)]
struct Share {
    least: Duration,
    interval: Duration,
    first_back_off: Duration,
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
        let share = Share::new(least, interval, first_back_off);
        let next = Instant::now() + share.interval.mul_f64(jitter());
        Pace { share, next }
    }

    /// Waits until a request may go out, and takes the turn.
    pub(super) async fn turn(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now() + self.share.interval;
    }

    /// When the next request may go out.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    pub(super) fn interval(&self) -> Duration {
        self.share.interval
    }

    pub(super) fn succeeded(&mut self) {
        self.share.succeeded();
    }

    /// Another reader uses the rate: this one asks less often from now on.
    pub(super) fn throttled(&mut self) {
        self.share.throttled();
    }

    /// Puts off the next turn, longer each time; returns how many failed in a row, and how long.
    pub(super) fn failed(&mut self) -> (u32, Duration) {
        let wait = self.share.failed(jitter());
        self.next = self.next.max(Instant::now() + wait);
        (self.share.failures, wait)
    }
}

impl Share {
    fn new(least: Duration, interval: Option<Duration>, first_back_off: Duration) -> Self {
        let interval = interval.unwrap_or(least).clamp(least, least.saturating_mul(RAREST));
        Share { least, interval, first_back_off, failures: 0 }
    }

    fn succeeded(&mut self) {
        self.failures = 0;
        let least = self.least.as_secs_f64();
        if least > 0.0 {
            let rate = least / self.interval.as_secs_f64() + ADDED;
            self.interval = Duration::from_secs_f64(least / rate.min(1.0));
        }
    }

    fn throttled(&mut self) {
        let rarest = self.least.saturating_mul(RAREST);
        self.interval = self.interval.mul_f64(SLOWER).min(rarest);
    }

    /// How long to wait; `jitter` is a part of it.
    fn failed(&mut self, jitter: f64) -> Duration {
        self.failures = self.failures.saturating_add(1);
        back_off(self.first_back_off, self.failures).mul_f64(jitter)
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
        let mut share = Share::new(SECOND, None, SECOND);
        (0..100).for_each(|_| share.throttled());
        assert_eq!(share.interval, 100 * SECOND);
        (0..1_000).for_each(|_| share.succeeded());
        assert_eq!(share.interval, SECOND);
    }

    #[test]
    fn a_restart_keeps_the_pace() {
        let before = Instant::now();
        let pace = Pace::new(SECOND, Some(30 * SECOND), SECOND);
        assert_eq!(pace.interval(), 30 * SECOND);
        assert!(pace.next() >= before + 15 * SECOND, "the first request waits too");
    }

    /// CloudTrail's limit: a bucket of two requests that fills by two a second.
    struct Bucket {
        level: f64,
        at: f64,
    }

    impl Bucket {
        fn answers(&mut self, at: f64) -> bool {
            self.level = (self.level + (at - self.at) * 2.0).min(2.0);
            self.at = at;
            let answers = self.level >= 1.0;
            self.level -= f64::from(u8::from(answers));
            answers
        }
    }

    /// What became of one reader's requests.
    #[derive(Clone, Copy, Default)]
    struct Asked {
        answered: u32,
        refused: u32,
    }

    /// Readers of one account who would all ask without a pause, over two hours of a clock that is a
    /// number; what is told is of the second hour. The first reader is there for ten minutes before
    /// the others come.
    fn readers(count: usize) -> Vec<Asked> {
        const HOUR: f64 = 3_600.0;
        let mut random = Random(count as u64);
        let share = || Share::new(Duration::from_millis(600), None, 2 * SECOND);
        let mut shares: Vec<Share> = (0..count).map(|_| share()).collect();
        let begins = |at: usize, random: &mut Random| {
            f64::from(u8::from(at > 0)) * 600.0 + 0.6 * random.jitter()
        };
        let mut next: Vec<f64> = (0..count).map(|at| begins(at, &mut random)).collect();
        let mut bucket = Bucket { level: 2.0, at: 0.0 };
        let mut asked = vec![Asked::default(); count];
        loop {
            let at = (0..count).min_by(|a, b| next[*a].total_cmp(&next[*b])).unwrap();
            let now = next[at];
            if now > 2.0 * HOUR {
                return asked;
            }
            let counts = u32::from(now > HOUR);
            // As the source does: the turn is taken before the answer is known.
            next[at] = now + shares[at].interval.as_secs_f64();
            if bucket.answers(now) {
                shares[at].succeeded();
                asked[at].answered += counts;
            } else {
                let wait = shares[at].failed(random.jitter());
                shares[at].throttled();
                next[at] = next[at].max(now + wait.as_secs_f64());
                asked[at].refused += counts;
            }
        }
    }

    /// Numbers that are the same in every run (splitmix64).
    struct Random(u64);

    impl Random {
        fn jitter(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            0.5 + 0.5 * ((mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64)
        }
    }

    #[test]
    fn readers_of_one_account_come_to_a_share_each() {
        for (count, refused_at_most) in [(1, 0.0), (2, 0.03), (5, 0.06), (20, 0.15), (50, 0.25)] {
            let asked = readers(count);
            let answered: u32 = asked.iter().map(|a| a.answered).sum();
            let refused: u32 = asked.iter().map(|a| a.refused).sum();
            let part = f64::from(refused) / f64::from(answered + refused);
            assert!(part <= refused_at_most, "{count} readers: {part:.3} refused");
            let used = f64::from(answered) / 7_200.0;
            assert!(used >= 0.4, "{count} readers use {used:.2} of the rate");
            let mean = f64::from(answered) / count as f64;
            for reader in &asked {
                let share = f64::from(reader.answered) / mean;
                assert!((0.33..=2.5).contains(&share), "{count} readers: one has {share:.2}");
            }
        }
    }
}
