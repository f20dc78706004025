//! A moment as RFC 3339 spells it.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;

use crate::event::Time;

static PRINTER: DateTimePrinter = DateTimePrinter::new();

/// In UTC, with the fraction that was logged.
pub fn rfc3339(time: Time) -> String {
    let mut out = Vec::new();
    put(time, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The same behind what stands in `out`.
pub(super) fn put(time: Time, out: &mut Vec<u8>) {
    // Every time of ours is one of the library's, and memory takes all that is written to it.
    let nanoseconds = i128::from(time.nanoseconds());
    let stamp = Timestamp::from_nanosecond(nanoseconds).unwrap_or_default();
    let _ = PRINTER.print_timestamp(&stamp, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn by_jiff(time: Time) -> String {
        jiff::Timestamp::from_nanosecond(i128::from(time.nanoseconds())).unwrap().to_string()
    }

    #[test]
    fn every_day_is_called_as_the_calendar_calls_it() {
        let (first, last) = (i64::MIN / 1_000_000_000 / DAY, i64::MAX / 1_000_000_000 / DAY);
        for day in first..=last {
            let time = Time::new(day * DAY + day.rem_euclid(DAY), 0);
            assert_eq!(rfc3339(time), by_jiff(time));
        }
    }

    #[test]
    fn a_fraction_has_no_more_digits_than_it_needs() {
        for nanoseconds in [1, 10, 500_000_000, 5_000_000, 123_456_789, 999_999_999, 120_000] {
            for second in [-1, 0, 1_790_000_000] {
                let time = Time::new(second, nanoseconds);
                assert_eq!(rfc3339(time), by_jiff(time));
            }
        }
        for time in [i64::MIN, i64::MAX].map(Time::from_nanoseconds) {
            assert_eq!(rfc3339(time), by_jiff(time));
        }
    }
}
