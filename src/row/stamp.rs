//! A moment as RFC 3339 spells it.

use crate::event::Time;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// In UTC, with the fraction that was logged.
pub fn rfc3339(time: Time) -> String {
    let mut out = Vec::new();
    put(time, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// The same behind what stands in `out`. A [`Time`] has a year of four digits.
pub(super) fn put(time: Time, out: &mut Vec<u8>) {
    let (day, second) = (time.seconds().div_euclid(DAY), time.seconds().rem_euclid(DAY) as u32);
    let (year, month, date) = civil(day);
    let mut text = *b"0000-00-00T00:00:00";
    for (at, number) in [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, date),
        (11, second / 3600),
        (14, second / 60 % 60),
        (17, second % 60),
    ] {
        text[at] += (number / 10) as u8;
        text[at + 1] += (number % 10) as u8;
    }
    out.extend_from_slice(&text);
    fraction(time.subsecond_nanoseconds(), out);
    out.push(b'Z');
}

/// As many digits as it has.
fn fraction(nanoseconds: u32, out: &mut Vec<u8>) {
    let (mut rest, mut unit) = (nanoseconds, 100_000_000);
    if rest > 0 {
        out.push(b'.');
    }
    while rest > 0 {
        out.push(b'0' + (rest / unit) as u8);
        (rest, unit) = (rest % unit, unit / 10);
    }
}

/// Year, month and date of a day since the epoch, in the proleptic Gregorian calendar (Howard
/// Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(day: i64) -> (u32, u32, u32) {
    // Years begin in March here, so that the day that some have more is their last one. No time is
    // before the year 0.
    let day = (day + 719_468) as u32;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    (years + era * 400 + u32::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

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
