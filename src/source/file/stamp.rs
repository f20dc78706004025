//! When a line says it was written, as far as telling old lines from new ones needs it.
//!
//! Owns no meaning: zone and year are the parser's to know. Here a stamp is compared with that of
//! another line of the same log.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// The longest stamp with a host's name that is kept, in bytes.
pub(super) const LONGEST: usize = 64;

/// As far as a stamp of any form is compared, in bytes.
const ORDERED: usize = 19;

/// The stamp and the host's name at the beginning of a line: what an edit seldom changes.
pub(super) fn place(line: &[u8]) -> Option<&[u8]> {
    let stamp = length(line)?;
    let rest = line.get(stamp..)?.strip_prefix(b" ")?;
    let host = memchr::memchr(b' ', rest)?;
    line.get(..stamp + 1 + host).filter(|place| place.len() <= LONGEST)
}

/// The host's name behind the stamp.
pub(super) fn host(line: &[u8]) -> Option<&[u8]> {
    place(line)?.get(length(line)? + 1..)
}

/// Which of two lines of one log was written first, by what they say. The month alone tells the
/// year of a stamp that has none: half a year apart is across New Year.
pub(super) fn order(one: &[u8], other: &[u8]) -> Option<Ordering> {
    match (month(one), month(other)) {
        (Some(a), Some(b)) if length(one).is_some() && length(other).is_some() => {
            let crosses_new_year = a.abs_diff(b) > 6;
            let by_month = a.cmp(&b);
            let by_month = if crosses_new_year { by_month.reverse() } else { by_month };
            Some(by_month.then_with(|| one[3..15].cmp(&other[3..15])))
        }
        (None, None) if is_iso(one) && is_iso(other) => Some(one[..19].cmp(&other[..19])),
        _ => None,
    }
}

/// When a line was written, for telling how far it is from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Since the epoch; a stamp without a zone is read as UTC.
    pub(super) seconds: i64,
    pub(super) has_zone: bool,
}

/// What the stamp of a line says. `year_of` tells the year of one that names only a month, 0 for
/// January.
pub(super) fn moment(line: &[u8], year_of: impl Fn(usize) -> i16) -> Option<Moment> {
    let stamp = std::str::from_utf8(line.get(..length(line)?)?).ok()?;
    let civil = match month(line) {
        Some(month) => without_year(stamp, month, year_of(month))?,
        None => match stamp.parse::<Timestamp>() {
            Ok(time) => return Some(Moment { seconds: time.as_second(), has_zone: true }),
            Err(_) => stamp.parse::<DateTime>().ok()?,
        },
    };
    let seconds = Offset::UTC.to_timestamp(civil).ok()?.as_second();
    Some(Moment { seconds, has_zone: false })
}

/// `Nov 26 01:02:03`, as [`length`] knows it.
fn without_year(stamp: &str, month: usize, year: i16) -> Option<DateTime> {
    let number = |at: usize| stamp.get(at..at + 2)?.trim_start().parse::<i8>().ok();
    let month = i8::try_from(month + 1).ok()?;
    DateTime::new(year, month, number(4)?, number(7)?, number(10)?, number(13)?, 0).ok()
}

/// Whether what [`order`] looks at is the same in both, if it is there: most lines bear the second
/// of the one before.
pub(super) fn begins_alike(one: &[u8], other: &[u8]) -> bool {
    matches!((one.first_chunk::<ORDERED>(), other.first_chunk()), (Some(a), Some(b)) if a == b)
}

/// The month of a stamp that begins with its name, 0 for January.
pub(super) fn month(line: &[u8]) -> Option<usize> {
    let name = line.first_chunk::<3>()?;
    MONTHS.iter().position(|month| *month == name)
}

/// How long the stamp is, in bytes.
fn length(line: &[u8]) -> Option<usize> {
    if is_iso(line) {
        return memchr::memchr(b' ', line.get(11..)?).map(|at| at + 11);
    }
    // RFC 3164: `Nov 26 01:02:03`.
    let parts = line.get(..16)?;
    let shape = parts[3] == b' ' && parts[6] == b' ' && parts[9] == b':' && parts[12] == b':';
    (shape && month(line).is_some()).then_some(15)
}

/// `2026-11-26T01:02:03…`, with a blank instead of the T too.
fn is_iso(line: &[u8]) -> bool {
    let Some(stamp) = line.get(..19) else { return false };
    let digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
    digits.iter().all(|at| stamp[*at].is_ascii_digit())
        && stamp[4] == b'-'
        && stamp[7] == b'-'
        && matches!(stamp[10], b'T' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_each_form_of_a_stamp() {
        let table = [
            ("Mar  1 00:00:01 h p: m", Some((1_772_323_201, false))),
            ("Feb 28 23:59:59 h p: m", Some((1_772_323_199, false))),
            ("Dec 31 23:59:59 h p: m", Some((1_767_225_599, false))),
            ("Feb 29 23:59:59 h p: m", None),
            ("Mar  1 24:00:01 h p: m", None),
            ("2026-03-01T00:00:01 h p: m", Some((1_772_323_201, false))),
            ("2026-03-01 00:00:01 h p: m", Some((1_772_323_201, false))),
            ("2026-03-01T00:00:01.999Z h p: m", Some((1_772_323_201, true))),
            ("2026-03-01T09:00:01.5+09:00 h p: m", Some((1_772_323_201, true))),
            ("2026-02-28T17:00:01-0700 h p: m", Some((1_772_323_201, true))),
            ("2026-13-01T00:00:01Z h p: m", None),
            ("2026-03-01T00:00:01Z", None),
            ("Mar  1 00:00", None),
            ("", None),
        ];
        for (line, expected) in table {
            let found = moment(line.as_bytes(), |month| if month > 2 { 2025 } else { 2026 });
            assert_eq!(found.map(|m| (m.seconds, m.has_zone)), expected, "{line}");
        }
    }
}
