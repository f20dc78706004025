//! Time stamps: what they say, and the year and zone that they leave out.
//!
//! RFC 3164 names neither year nor zone. The year is the latest in which the date is no more than
//! a day after the reference, so that a December line read in January belongs to last year and
//! 29 February to a leap year. The zone is the [`Clock`]'s. Of an hour that daylight saving repeats
//! a line that was just written, by the reference, is of the one that this was in; any other is of
//! the first. One that it skips moves on by the gap (jiff's "compatible").

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, AmbiguousTimestamp};

use super::{Clock, count_digits, months, split_word, zone};
use crate::event::Time;

const DAY: i64 = 86_400;

/// What a stamp says.
pub(super) struct Stamp<'a> {
    pub time: Time,
    /// It names a zone that is not known: the clock's own was taken.
    pub zone_unknown: bool,
    /// What follows it.
    pub rest: &'a [u8],
}

/// Reads the stamp at the start of a line.
pub(super) fn read<'a>(line: &'a [u8], clock: &Clock) -> Option<Stamp<'a>> {
    let known = |(time, rest)| Stamp { time, zone_unknown: false, rest };
    match line.first()? {
        b'0'..=b'9' => numeric(line, clock).or_else(|| localised(line, clock)).map(known),
        b'A'..=b'Z' => named(line, clock).or_else(|| localised(line, clock).map(known)),
        b'a'..=b'z' | 0x80.. => localised(line, clock).map(known),
        _ => None,
    }
}

/// No stamp without a year is newer.
pub(super) fn newest(clock: &Clock) -> Time {
    clock.reference.saturating_add_seconds(DAY)
}

/// `2026-05-17T17:57:47.009+09:00`, `2026 May  1 02:03:04`, or journalctl's `1779040667.123456`.
fn numeric<'a>(line: &'a [u8], clock: &Clock) -> Option<(Time, &'a [u8])> {
    let digits = count_digits(line);
    match line.get(digits)? {
        b'-' if digits == 4 => iso(line, clock),
        b' ' if digits == 4 => {
            let (date, rest) = month_day(&line[5..])?;
            let (clock_time, rest) = time_of_day(rest)?;
            let year = decimal(&line[..4])?;
            Some((local(year, date, clock_time, clock)?, rest))
        }
        b'.' if digits >= 9 => {
            let (nanoseconds, rest) = fraction(&line[digits..]);
            Some((Time::new(decimal(&line[..digits])?, nanoseconds), rest))
        }
        _ => None,
    }
}

/// `May  1 02:03:04`, with a weekday before, with a year behind day or time, or with a fraction;
/// `Sun 2026-05-17 17:57:47 UTC` of journalctl's short-full.
fn named<'a>(line: &'a [u8], clock: &Clock) -> Option<Stamp<'a>> {
    let known = |(time, rest)| Stamp { time, zone_unknown: false, rest };
    if let Some((date, rest)) = month_day(line) {
        return month_first(date, rest, false, clock).map(known);
    }
    let (_weekday, rest) = split_word(weekday(line)?);
    if rest.first()?.is_ascii_digit() {
        return short_full(rest, clock);
    }
    let (date, rest) = month_day(rest)?;
    month_first(date, rest, true, clock).map(known)
}

/// `окт 26 13:03:32`, `de gen. 01 13:03:32`: the month by its name in another language. Whatever
/// stands before the day is its name.
fn localised<'a>(line: &'a [u8], clock: &Clock) -> Option<(Time, &'a [u8])> {
    let hour =
        memchr::memchr(b':', line.get(..LONGEST_LOCALISED.min(line.len()))?)?.checked_sub(2)?;
    let (time, rest) = time_of_day(&line[hour..])?;
    let date = line[..hour].trim_ascii_end();
    let digits = date.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (name, day) = date.split_at(date.len() - digits.min(2));
    let name = std::str::from_utf8(name.strip_suffix(b" ")?.trim_ascii()).ok()?;
    let date = MonthDay { month: months::month(name)?, day: decimal(day)? };
    Some((without_year(date, time, clock)?, rest))
}

/// The longest name of a month, and day and hour behind it.
const LONGEST_LOCALISED: usize = 64;

fn weekday(line: &[u8]) -> Option<&[u8]> {
    const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    DAYS.contains(&line.get(..3)?).then_some(line)
}

fn month_first<'a>(
    date: MonthDay,
    rest: &'a [u8],
    ctime: bool,
    clock: &Clock,
) -> Option<(Time, &'a [u8])> {
    if let Some((year, rest)) = year(rest) {
        let (clock_time, rest) = time_of_day(rest)?;
        return Some((local(year, date, clock_time, clock)?, rest));
    }
    let (clock_time, rest) = time_of_day(rest)?;
    // Only behind a weekday (ctime(3), as OpenWrt writes it): a host may be called 2026.
    if let Some((year, _)) = rest.strip_prefix(b" ").filter(|_| ctime).and_then(year) {
        return Some((local(year, date, clock_time, clock)?, &rest[5..]));
    }
    Some((without_year(date, clock_time, clock)?, rest))
}

/// Four digits and a blank.
fn year(rest: &[u8]) -> Option<(i64, &[u8])> {
    let (word, after) = split_word(rest);
    (word.len() == 4).then(|| decimal(word)).flatten().map(|year| (year, after))
}

/// journalctl names the zone behind the time.
fn short_full<'a>(rest: &'a [u8], clock: &Clock) -> Option<Stamp<'a>> {
    let (naive, rest) = naive_iso(rest)?;
    let (name, after) = split_word(rest.strip_prefix(b" ")?);
    let rest = &rest[rest.len() - after.len() - 1..];
    let numeric = offset(name).filter(|(_, rest)| rest.is_empty()).map(|(offset, _)| offset);
    let east = numeric.or_else(|| zone::offset(name, naive.date_time()?, &clock.zone));
    let time = match east {
        Some(offset) => naive.at_offset(offset)?,
        None => naive.local(clock)?,
    };
    Some(Stamp { time, zone_unknown: east.is_none(), rest })
}

fn iso<'a>(line: &'a [u8], clock: &Clock) -> Option<(Time, &'a [u8])> {
    let (naive, rest) = naive_iso(line)?;
    match offset(rest) {
        Some((offset, rest)) => Some((naive.at_offset(offset)?, rest)),
        None => Some((naive.local(clock)?, rest)),
    }
}

fn naive_iso(line: &[u8]) -> Option<(Naive, &[u8])> {
    let (date, rest) = (line.get(..10)?, line.get(10..)?);
    let dashes = date[4] == b'-' && date[7] == b'-';
    let rest = rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b" ")).filter(|_| dashes)?;
    let (time, rest) = time_of_day(rest)?;
    let day = MonthDay { month: decimal(&date[5..7])?, day: decimal(&date[8..])? };
    Some((Naive { year: decimal(&date[..4])?, date: day, time }, rest))
}

/// `Z`, `+09:00`, `-0700`, `+09`: seconds east of UTC.
fn offset(rest: &[u8]) -> Option<(i64, &[u8])> {
    let sign = match rest.first()? {
        b'Z' | b'z' => return Some((0, &rest[1..])),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = decimal(rest.get(1..3)?)?;
    let after = &rest[3..];
    let digits = after.strip_prefix(b":").unwrap_or(after);
    match digits.get(..2).and_then(decimal) {
        Some(minutes) => Some((sign * (hours * 3600 + minutes * 60), &digits[2..])),
        None => Some((sign * hours * 3600, after)),
    }
}

#[derive(Clone, Copy)]
struct MonthDay {
    month: i64,
    day: i64,
}

/// `May  1 `, `May 1 `, `May 01 `.
fn month_day(line: &[u8]) -> Option<(MonthDay, &[u8])> {
    let month = month(line.get(..3)?)?;
    let rest = line[3..].strip_prefix(b" ")?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let digits = count_digits(rest);
    let day = decimal(rest.get(..digits).filter(|_| digits <= 2)?)?;
    Some((MonthDay { month, day }, rest[digits..].strip_prefix(b" ")?))
}

fn month(name: &[u8]) -> Option<i64> {
    Some(match name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
struct TimeOfDay {
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
}

/// `02:03:04`, with a fraction behind a dot or comma.
fn time_of_day(rest: &[u8]) -> Option<(TimeOfDay, &[u8])> {
    let text = rest.get(..8)?;
    let colons = text[2] == b':' && text[5] == b':';
    let hour = decimal(&text[..2]).filter(|hour| *hour < 24 && colons)?;
    let minute = decimal(&text[3..5]).filter(|minute| *minute < 60)?;
    // A leap second is the first of the next minute.
    let second = decimal(&text[6..]).filter(|second| *second <= 60)?;
    let (nanoseconds, rest) = fraction(&rest[8..]);
    Some((TimeOfDay { hour, minute, second, nanoseconds }, rest))
}

/// Nanoseconds; digits past the ninth say nothing that a [`Time`] can hold.
pub(super) fn fraction(rest: &[u8]) -> (u32, &[u8]) {
    let Some(digits) = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b",")) else {
        return (0, rest);
    };
    let count = count_digits(digits);
    let nine = digits[..count].iter().map(|digit| u32::from(digit - b'0')).chain([0; 9]).take(9);
    (nine.fold(0, |value, digit| value * 10 + digit), &digits[count..])
}

fn decimal(bytes: &[u8]) -> Option<i64> {
    let digits = (1..=12).contains(&bytes.len()) && count_digits(bytes) == bytes.len();
    digits.then(|| bytes.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// A date and time that no zone belongs to yet.
struct Naive {
    year: i64,
    date: MonthDay,
    time: TimeOfDay,
}

impl Naive {
    fn at_offset(&self, offset: i64) -> Option<Time> {
        self.exists().then(|| Time::new(self.seconds() - offset, self.time.nanoseconds))
    }

    fn local(&self, clock: &Clock) -> Option<Time> {
        let leap = self.time.second / 60;
        let date_time = self.date_time()?;
        let moments = clock.zone.to_ambiguous_timestamp(date_time);
        let moment = match moments.offset() {
            AmbiguousOffset::Fold { .. } if is_of_second(moments, clock) => moments.later(),
            _ => moments.compatible(),
        };
        Some(Time::new(moment.ok()?.as_second() + leap, self.time.nanoseconds))
    }

    /// Without fraction, and a leap second as the one before it.
    fn date_time(&self) -> Option<DateTime> {
        if !self.exists() {
            return None;
        }
        let of_day = |value: i64| i8::try_from(value).ok();
        let date_time = DateTime::new(
            i16::try_from(self.year).ok()?,
            of_day(self.date.month)?,
            of_day(self.date.day)?,
            of_day(self.time.hour)?,
            of_day(self.time.minute)?,
            of_day(self.time.second - self.time.second / 60)?,
            0,
        );
        date_time.ok()
    }

    fn exists(&self) -> bool {
        let day = self.date.day;
        (1..=12).contains(&self.date.month) && day >= 1 && day <= self.days_in_month()
    }

    fn days_in_month(&self) -> i64 {
        match self.date.month {
            2 if is_leap(self.year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Seconds since the epoch, read as UTC.
    fn seconds(&self) -> i64 {
        let days = days_from_civil(self.year, self.date.month, self.date.day);
        days * DAY + self.time.hour * 3600 + self.time.minute * 60 + self.time.second
    }
}

/// How far behind the clock of a file system may be that of who writes, in seconds.
const FILE_CLOCK_BEHIND: i64 = 5;

/// Whether the second of two moments that are called alike is just before the reference.
fn is_of_second(moments: AmbiguousTimestamp, clock: &Clock) -> bool {
    let second = moments.later().map(|moment| moment.as_second());
    second.is_ok_and(|second| {
        (second - FILE_CLOCK_BEHIND..second + 3_600).contains(&clock.reference.seconds())
    })
}

fn local(year: i64, date: MonthDay, time: TimeOfDay, clock: &Clock) -> Option<Time> {
    Naive { year, date, time }.local(clock)
}

/// Between two leap years lie eight years at most, so ten are enough for any date.
fn without_year(date: MonthDay, time: TimeOfDay, clock: &Clock) -> Option<Time> {
    let told = clock.year.and_then(|year| local(year.into(), date, time, clock));
    if told.is_some() {
        return told;
    }
    let latest = newest(clock);
    // No zone is further from UTC than a day, so the year after is the first that can be too late.
    let newest = year_of_day((latest.seconds() + DAY).div_euclid(DAY));
    (0..10)
        .find_map(|back| local(newest - back, date, time, clock).filter(|moment| *moment <= latest))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days since the epoch of a date of the proleptic Gregorian calendar (Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year that a day since the epoch lies in; the inverse of [`days_from_civil`].
fn year_of_day(days: i64) -> i64 {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * years + years / 4 - years / 100);
    // The algorithm's year starts in March.
    years + era * 400 + i64::from(day_of_year >= 306)
}
