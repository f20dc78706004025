//! Which year the lines of a file are of, where their stamps name none and it holds more than one:
//! a log that nobody rotates.
//!
//! Owns the looking ahead: only the end of a file tells its year, by when it was written, and each
//! New Year before it one less. Of a long file some lines are looked at, as many whatever its size.

use std::io;

use super::stamp;

/// Places of a long file that are looked at.
const SAMPLES: u64 = 64;

/// A file up to this long is looked at line by line, in bytes.
const SHORT: u64 = 64 * 1024;

/// Enough for a whole line in most logs, in bytes.
const LINES: usize = 4096;

/// A year in seconds, and a day.
const YEAR: i64 = 31_556_952;
const DAY: i64 = 86_400;

/// Where years begin in a file; empty where it has one only, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Years {
    /// In the order of the file.
    begins: Vec<(u64, i16)>,
    /// What follows was not looked at.
    end: u64,
}

/// A line that begins with the name of a month, 0 for January.
type Seen = (u64, usize);

impl Years {
    /// Of a file of `size` bytes that was last written at `modified`, in seconds since the epoch.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(
        mut read_at: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
        size: u64,
        modified: i64,
    ) -> io::Result<Years> {
        let mut seen: Vec<Seen> = Vec::new();
        if size <= SHORT {
            let mut text = vec![0; size as usize];
            let length = read_at(&mut text, 0)?;
            seen.extend(months(&text[..length], 0));
        } else {
            let mut text = [0; LINES];
            for at in (0..SAMPLES).map(|n| n * (size / SAMPLES)) {
                seen.extend(months_behind(&mut read_at, at, &mut text)?.next());
            }
            // Of the last lines the very last tells, as near as can be had.
            let tail = size.saturating_sub(LINES as u64);
            seen.extend(months_behind(&mut read_at, tail, &mut text)?.last());
        }
        let mut turns: Vec<(u64, i16)> = Vec::new();
        for pair in seen.windows(2) {
            match turn(pair[0].1, pair[1].1) {
                0 => {}
                by => turns.push((refine(&mut read_at, pair[0], pair[1])?, by)),
            }
        }
        let total: i16 = turns.iter().map(|(_, by)| by).sum();
        let Some(last) = seen.last().filter(|_| total > 0) else { return Ok(Years::default()) };
        let mut year = year_of(last.1, modified) - total;
        let mut begins = vec![(0, year)];
        for (at, by) in turns {
            year += by;
            begins.push((at, year));
        }
        Ok(Years { begins, end: size })
    }

    /// The time of the file tells it all.
    pub fn is_empty(&self) -> bool {
        self.begins.is_empty()
    }

    /// The year of the line that begins at `offset`, and where that year ends, as far as is known;
    /// `None` where the time of the file tells it.
    pub fn at(&self, offset: u64) -> Option<(i16, u64)> {
        if self.is_empty() || offset >= self.end {
            return None;
        }
        let next = self.begins.partition_point(|(begin, _)| *begin <= offset);
        let (_, year) = self.begins.get(next.checked_sub(1)?)?;
        Some((*year, self.begins.get(next).map_or(u64::MAX, |(begin, _)| *begin)))
    }
}

/// By how many years the second of two lines is later, as far as their months tell: half a year back
/// is across New Year, less is a line that came late or a file put together by hand. From January
/// to December it came late over New Year.
fn turn(before: usize, after: usize) -> i16 {
    if after + 6 < before {
        1
    } else if after >= before + 10 {
        -1
    } else {
        0
    }
}

/// The latest year in which that month is not behind what was last written.
pub(super) fn year_of(month: usize, modified: i64) -> i16 {
    // The days of a month do not matter: a year that is off by half a day is no other month.
    let latest = modified + DAY;
    let year = 1970 + latest.div_euclid(YEAR);
    let begun = latest.rem_euclid(YEAR);
    let reached = (begun * 12 / YEAR) as usize;
    let year = i16::try_from(year).unwrap_or(i16::MAX);
    if month > reached + usize::from(begun * 12 % YEAR > YEAR - 12 * DAY) { year - 1 } else { year }
}

/// The lines of `text` that begin with a month, where it begins at `from`.
fn months(text: &[u8], from: u64) -> impl Iterator<Item = Seen> {
    let mut begin = from;
    text.split_inclusive(|&b| b == b'\n').filter_map(move |line| {
        let at = begin;
        begin += line.len() as u64;
        // With a day behind it, as every stamp of that kind has.
        let stamped = line.len() > 16 && line[3] == b' ' && line[6] == b' ';
        stamp::month(line).filter(|_| stamped).map(|month| (at, month))
    })
}

/// The whole lines behind `at` that begin with a month. They are read into `text`.
fn months_behind(
    read_at: &mut impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    at: u64,
    text: &mut [u8; LINES],
) -> io::Result<impl Iterator<Item = Seen>> {
    let length = read_at(text, at)?;
    let text = &text[..length];
    let begin = if at == 0 { 0 } else { memchr::memchr(b'\n', text).map_or(length, |end| end + 1) };
    Ok(months(&text[begin..], at + begin as u64))
}

/// The first line of the other year between two lines.
fn refine(
    read_at: &mut impl FnMut(&mut [u8], u64) -> io::Result<usize>,
    before: Seen,
    after: Seen,
) -> io::Result<u64> {
    let (mut low, mut high, mut text) = (before.0, after, [0; LINES]);
    while high.0 - low > LINES as u64 {
        let middle = low + (high.0 - low) / 2;
        match months_behind(read_at, middle, &mut text)?.next() {
            Some(found) if found.0 < high.0 => match turn(before.1, found.1) {
                0 => low = found.0,
                _ => high = found,
            },
            // A long line, or none of ours: nearer it cannot be told.
            _ => break,
        }
    }
    let is_first = |(at, month): &Seen| *at >= low && turn(before.1, *month) != 0;
    let first = months_behind(read_at, low.saturating_sub(1), &mut text)?.find(is_first);
    Ok(first.map_or(high.0, |(at, _)| at.min(high.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T00:00:00Z
    const MODIFIED: i64 = 1_795_651_200;

    fn line(stamp: &str) -> String {
        format!("{stamp} h sshd[7]: Accepted password for u from 192.0.2.1 port 1 ssh2\n")
    }

    fn years(text: &str, modified: i64) -> Years {
        let read_at = |into: &mut [u8], at: u64| {
            let rest = &text.as_bytes()[(at as usize).min(text.len())..];
            let length = rest.len().min(into.len());
            into[..length].copy_from_slice(&rest[..length]);
            Ok(length)
        };
        Years::of(read_at, text.len() as u64, modified).unwrap()
    }

    fn of_lines(stamps: &[&str], modified: i64) -> Vec<Option<i16>> {
        let text: String = stamps.iter().map(|stamp| line(stamp)).collect();
        let years = years(&text, modified);
        let mut at = 0;
        let place = |stamp: &&str| {
            at += line(stamp).len() as u64;
            at - line(stamp).len() as u64
        };
        stamps.iter().map(place).map(|at| years.at(at).map(|(year, _)| year)).collect()
    }

    #[test]
    fn each_new_year_before_the_end_is_one_less() {
        let stamps = [
            "Nov 20 10:00:00",
            "Dec 31 23:59:59",
            "Jan  1 00:00:01",
            "Jun 15 12:00:00",
            "Dec 30 12:00:00",
            "Feb  2 12:00:00",
            "Nov 25 12:00:00",
        ];
        let expected = [2024, 2024, 2025, 2025, 2025, 2026, 2026].map(Some);
        assert_eq!(of_lines(&stamps, MODIFIED), expected);
    }

    #[test]
    fn a_file_of_one_year_is_told_by_its_time() {
        assert_eq!(of_lines(&["Jan  1 00:00:01", "Nov 25 12:00:00"], MODIFIED), [None, None]);
        assert_eq!(of_lines(&["no stamp", ""], MODIFIED), [None, None]);
    }

    #[test]
    fn lines_that_come_late_over_a_month_or_new_year_are_no_year() {
        let late = ["Oct 31 23:59:59", "Nov  1 00:00:00", "Oct 31 23:59:58", "Nov  1 00:00:02"];
        assert_eq!(of_lines(&late, MODIFIED), [None; 4]);
        let over = [
            "Dec 31 23:59:59",
            "Jan  1 00:00:00",
            "Dec 31 23:59:58",
            "Jan  1 00:00:02",
            "Jan  2 00:00:00",
        ];
        // 2026-01-02T12:00:00Z
        let expected = [2025, 2026, 2025, 2026, 2026].map(Some);
        assert_eq!(of_lines(&over, 1_767_355_200), expected);
    }

    #[test]
    fn what_was_written_around_new_year_is_of_the_year_that_it_says() {
        let stamps = ["Nov  1 00:00:00", "Jan  1 00:00:00", "Jun  5 00:00:00", "Dec 31 20:00:00"];
        // 2026-01-01T01:00:00Z, where it is still the old year.
        let expected = [2024, 2025, 2025, 2025].map(Some);
        assert_eq!(of_lines(&stamps, 1_767_229_200), expected);
        let stamps = ["Dec 31 20:00:00", "Jan  1 08:00:00"];
        // 2025-12-31T23:00:00Z, where it is the new year already.
        assert_eq!(of_lines(&stamps, 1_767_222_000), [2025, 2026].map(Some));
    }

    #[test]
    fn the_turn_is_found_to_the_line_in_a_long_file() {
        let mut text = String::new();
        let mut turns = Vec::new();
        for year in 0..3 {
            turns.push(text.len() as u64);
            for month in ["Jan", "Feb", "Mar", "Jul", "Aug", "Nov", "Dec"] {
                for n in 0..500 + 300 * year {
                    text +=
                        &line(&format!("{month} {:02} {:02}:00:{:02}", 1 + n % 28, n % 24, n % 60));
                }
            }
        }
        let years = years(&text, MODIFIED + 40 * DAY);
        let expected: Vec<_> = turns.into_iter().zip([2024, 2025, 2026]).collect();
        assert_eq!(years.begins, expected);
        assert_eq!(years.at(text.len() as u64), None, "what comes later is told by its time");
    }
}
