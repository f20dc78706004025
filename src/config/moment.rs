//! A time on the command line: a date, a time with or without its zone, or how long ago.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::values::duration;
use crate::event::Time;

/// What `--since` and `--until` say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    At(Time),
    /// In the zone that is set for the logs.
    Local(DateTime),
    /// Before now.
    Ago(Duration),
}

impl Moment {
    /// Reads `2026-01-02`, `2026-01-02T08:00`, `2026-01-02T08:00:00+09:00` or `24h`.
    pub fn parse(text: &str) -> Result<Moment, String> {
        if let Ok(ago) = duration(text) {
            return Ok(Moment::Ago(ago));
        }
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Moment::At(time(timestamp)));
        }
        text.parse::<DateTime>().map(Moment::Local).map_err(|_| {
            format!("{text:?} is not a time: write 2026-01-02, 2026-01-02T08:00, 2026-01-02T08:00:00Z, or 24h for a day ago")
        })
    }

    /// The time meant. A local time that a change of clocks skips is the one after it.
    pub fn time(self, now: Time, zone: &TimeZone) -> Time {
        match self {
            Moment::At(at) => at,
            Moment::Ago(ago) => {
                let nanoseconds = i64::try_from(ago.as_nanos()).unwrap_or(i64::MAX);
                Time::from_nanoseconds(now.nanoseconds().saturating_sub(nanoseconds))
            }
            Moment::Local(local) => match zone.to_timestamp(local) {
                Ok(timestamp) => time(timestamp),
                // Only beyond the years that jiff knows.
                Err(_) => now,
            },
        }
    }
}

fn time(timestamp: Timestamp) -> Time {
    let nanoseconds = i64::try_from(timestamp.as_nanosecond());
    Time::from_nanoseconds(nanoseconds.unwrap_or(i64::MAX))
}
