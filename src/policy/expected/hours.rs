//! When a login is expected: days and times of day in a zone, `Mon-Fri 08:00-20:00 Asia/Tokyo`.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::event::Time;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES: u16 = 24 * 60;

/// Windows of the days that are named. A window that ends before it begins goes on past midnight
/// and belongs to the day on which it begins. The end itself is outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    text: String,
    /// From Monday.
    days: [bool; 7],
    /// Minutes of the day: from, and up to.
    windows: Vec<(u16, u16)>,
    zone: TimeZone,
}

impl Hours {
    /// Reads `[DAYS] [TIMES] [ZONE]`: days such as `Mon-Fri` or `Mon,Wed,Sat-Sun` (every day where
    /// none is named), times such as `08:00-12:00,13:00-17:00` (all day), and a zone. `zone` is
    /// asked for the zone of the name given, or of none. The error says what is allowed.
    pub fn parse(
        text: &str,
        zone: impl FnOnce(Option<&str>) -> Result<TimeZone, String>,
    ) -> Result<Hours, String> {
        let mut words = text.split_ascii_whitespace().peekable();
        let is_time = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
        let days = match words.next_if(|word| !is_time(word)) {
            Some(word) => days(word)?,
            None => [true; 7],
        };
        let windows = match words.next_if(is_time) {
            Some(word) => word.split(',').map(window).collect::<Result<_, _>>()?,
            None => vec![(0, DAY_MINUTES)],
        };
        let zone = zone(words.next())?;
        match words.next() {
            _ if text.trim().is_empty() => Err(format!("{text:?} names no hours: {FORM}")),
            Some(word) => Err(format!("{word:?} is too much: {FORM}")),
            None => Ok(Hours { text: text.to_owned(), days, windows, zone }),
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the moment is within.
    pub fn cover(&self, time: Time) -> bool {
        let nanoseconds = i32::try_from(time.subsecond_nanoseconds()).unwrap_or(0);
        let Ok(timestamp) = Timestamp::new(time.seconds(), nanoseconds) else { return false };
        let local = self.zone.to_datetime(timestamp);
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let today = day_number(local.weekday());
        self.windows.iter().any(|window| self.window_covers(*window, today, minute))
    }

    fn window_covers(&self, (from, to): (u16, u16), today: usize, minute: u16) -> bool {
        let (today, yesterday) = (self.days[today], self.days[(today + 6) % 7]);
        if from < to {
            today && (from..to).contains(&minute)
        } else {
            (today && minute >= from) || (yesterday && minute < to)
        }
    }
}

const FORM: &str = "write days, times and a zone, such as Mon-Fri 08:00-20:00 Asia/Tokyo";

fn day_number(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

fn days(word: &str) -> Result<[bool; 7], String> {
    let mut days = [false; 7];
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // Fri-Mon goes round the end of the week.
        for step in 0..=(last + 7 - first) % 7 {
            days[(first + step) % 7] = true;
        }
    }
    Ok(days)
}

fn day(word: &str) -> Result<usize, String> {
    let lower = word.to_ascii_lowercase();
    DAYS.iter().position(|name| *name == lower).ok_or_else(|| {
        format!("{word:?} is not a day: Mon, Tue, Wed, Thu, Fri, Sat or Sun is allowed")
    })
}

fn window(word: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("{word:?} is not a span of time: write one such as 08:00-20:00");
    let (from, to) = word.split_once('-').ok_or_else(wrong)?;
    let (from, to) = (minute(from).ok_or_else(wrong)?, minute(to).ok_or_else(wrong)?);
    match from == to || from == DAY_MINUTES {
        true => Err(format!("{word:?} is empty: the whole day is 00:00-24:00")),
        false => Ok((from, to)),
    }
}

/// The minutes of `08:00`; `24:00` is the day's end.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !matches!(hour.len(), 1 | 2) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
}

#[cfg(test)]
mod tests;
