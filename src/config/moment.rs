//! A time on the command line: a date, a time with or without its zone, or how long ago.

use std::time::Duration;

use jiff::civil::{DateTime, Time as Clock};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

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
    /// A time of day, so many days before today, in the zone that is set for the logs.
    OfDay(u32, Clock),
}

impl Moment {
    /// Reads `yesterday`, `today 08:00`, `14:30`, `now`, `2026-01-02`, `2026-01-02T08:00`,
    /// `2026-01-02T08:00:00+09:00`, `24h` or `2 days ago`.
    pub fn parse(text: &str) -> Result<Moment, String> {
        let text = text.trim();
        if let Some(moment) = in_words(text) {
            return Ok(moment);
        }
        if let Ok(ago) = duration(text) {
            return Ok(Moment::Ago(ago));
        }
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Moment::At(time(timestamp)));
        }
        text.parse::<DateTime>().map(Moment::Local).map_err(|_| {
            format!("{text:?} is not a time: write yesterday, today, 14:30, 2026-01-02, 2026-01-02T08:00, 2026-01-02T08:00:00Z, or 24h for a day ago")
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
            Moment::Local(local) => at_local(local, now, zone),
            Moment::OfDay(before, clock) => {
                let nanoseconds = i128::from(now.nanoseconds());
                let now_there = Timestamp::from_nanosecond(nanoseconds).unwrap_or_default();
                let today = zone.to_datetime(now_there).date();
                let day = today.checked_sub(i64::from(before).days()).unwrap_or(today);
                at_local(day.to_datetime(clock), now, zone)
            }
        }
    }
}

fn at_local(local: DateTime, now: Time, zone: &TimeZone) -> Time {
    match zone.to_timestamp(local) {
        Ok(timestamp) => time(timestamp),
        // Only beyond the years that jiff knows.
        Err(_) => now,
    }
}

/// `now`, `today`, `yesterday`, each with a time of day or without; a time of day of today; `2 days
/// ago`.
fn in_words(text: &str) -> Option<Moment> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let clock = |text: &str| -> Option<Clock> {
        let shape = text.contains(':') && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
        let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
        shape.then(|| padded.parse().ok()).flatten()
    };
    match words[..] {
        ["now"] => Some(Moment::Ago(Duration::ZERO)),
        ["today"] => Some(Moment::OfDay(0, Clock::midnight())),
        ["yesterday"] => Some(Moment::OfDay(1, Clock::midnight())),
        ["today", at] => Some(Moment::OfDay(0, clock(at)?)),
        ["yesterday", at] => Some(Moment::OfDay(1, clock(at)?)),
        [at] => Some(Moment::OfDay(0, clock(at)?)),
        [number, unit, "ago"] => ago(number, unit),
        ["last", "hour"] => ago("1", "hour"),
        ["last", "week"] => ago("1", "week"),
        _ => None,
    }
}

fn ago(number: &str, unit: &str) -> Option<Moment> {
    let short = match unit.trim_end_matches('s') {
        "second" | "sec" => "s",
        "minute" | "min" => "m",
        "hour" => "h",
        "day" => "d",
        "week" => "w",
        _ => return None,
    };
    duration(&format!("{number}{short}")).ok().map(Moment::Ago)
}

fn time(timestamp: Timestamp) -> Time {
    let nanoseconds = i64::try_from(timestamp.as_nanosecond());
    Time::from_nanoseconds(nanoseconds.unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T01:15:00Z, in Tokyo 10:15.
    const NOW: i64 = 1_795_655_700;

    fn told(text: &str) -> String {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let time = Moment::parse(text).unwrap().time(Time::new(NOW, 0), &zone);
        Timestamp::from_second(time.seconds()).unwrap().to_string()
    }

    #[test]
    fn a_time_is_asked_for_as_people_do() {
        assert_eq!(told("now"), "2026-11-26T01:15:00Z");
        assert_eq!(told("today"), "2026-11-25T15:00:00Z");
        assert_eq!(told("Yesterday"), "2026-11-24T15:00:00Z");
        assert_eq!(told("yesterday 8:30"), "2026-11-24T23:30:00Z");
        assert_eq!(told("09:00"), "2026-11-26T00:00:00Z");
        assert_eq!(told("7d"), "2026-11-19T01:15:00Z");
        assert_eq!(told("2 days ago"), "2026-11-24T01:15:00Z");
        assert_eq!(told("1 hour ago"), "2026-11-26T00:15:00Z");
        assert_eq!(told("2026-11-20 08:00"), "2026-11-19T23:00:00Z");
        assert_eq!(told("2026-11-20"), "2026-11-19T15:00:00Z");
        assert_eq!(told("2026-11-20T08:00:00Z"), "2026-11-20T08:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "soon", "yesterday noon", "25:00", "days ago", "tomorrow", "-1d"] {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }
}
