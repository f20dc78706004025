//! `rate_limit` of the web configuration file: a bucket of tokens, one more each interval.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::config_file::Rate;

#[derive(Default)]
pub(super) struct Bucket {
    /// The tokens that were left, and when. A new bucket is full.
    left: Mutex<Option<(f64, Instant)>>,
}

impl Bucket {
    /// Whether one more request may pass at this moment.
    pub(super) fn take(&self, rate: Rate, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let burst = f64::from(rate.burst);
        let tokens = left.map_or(burst, |(tokens, then)| {
            let passed = now.saturating_duration_since(then);
            burst.min(tokens + passed.as_secs_f64() / rate.interval.as_secs_f64())
        });
        let passes = tokens >= 1.0;
        *left = Some((if passes { tokens - 1.0 } else { tokens }, now));
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bucket, Rate};

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let rate = Rate { interval: Duration::from_secs(2), burst: 3 };
        let (bucket, start) = (Bucket::default(), Instant::now());
        let at = |seconds| bucket.take(rate, start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(0), at(0), at(0)], [true, true, true, false]);
        assert_eq!([at(1), at(2), at(3), at(4)], [false, true, false, true]);
        assert_eq!([at(100), at(100), at(100), at(100)], [true, true, true, false]);
    }
}
