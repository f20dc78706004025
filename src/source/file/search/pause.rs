//! Whether a file of the log is missing between two others that nobody saw being rotated.
//!
//! Owns the judging where no file was found that fits between. Three witnesses are heard, in this
//! order:
//! - The names: logrotate's numbers have no hole, so that they tell neighbours, and what is gone.
//! - The file system: who renames a log has the next one born at once. And a host that was started
//!   meanwhile wrote nothing before.
//! - The lines: a log that is silent for much longer than it was before lacks what was written.

use std::io;
use std::time::Duration;

use jiff::SignedDuration;

use super::Search;
use super::locate::Found;
use crate::source::Problem;
use crate::source::file::identity::Mark;
use crate::source::file::log_name::LogName;
use crate::source::file::problems::{left_out, silent};
use crate::source::file::reading::Reading;
use crate::source::file::rotated::Rank;
use crate::source::file::stamp::{self, Moment};
use crate::source::file::years::year_of;

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A shorter pause tells nothing, in seconds.
const SHORTEST: i64 = 5;

/// How long a rotation may take from one rename to the next: till then a hole may be none.
const RENAMES: Duration = Duration::from_secs(2);

/// How far back a log tells how long it is silent: so many times the pause, but no further than to
/// the weekend before.
const BACK: i64 = 24;
const FURTHEST: i64 = 6 * DAY;

/// Times a file and its last line may be apart, and a rename and a birth of one rotation, in seconds.
const AT_ONCE: i64 = 2;

/// Zones differ by such steps, in seconds.
const ZONE_STEP: i64 = 15 * MINUTE;

/// How much of a file is looked at in one place, in bytes, and in how many places.
const PLACE: u64 = 8 * 1024;
const PLACES: usize = 8192;

/// How much of the end of a `.gz` is looked through, in bytes.
const TAIL: u64 = 1024 * 1024;

impl Search<'_> {
    /// Tells of what is missing between each two of these files, of which the first was left at
    /// `left`, if it is still there. `booted` is when the host started, in seconds. `None` if it
    /// cannot be told yet: `waited` is for how long.
    pub(in crate::source::file) fn lacking(
        &self,
        left: &Mark,
        behind: &[&Reading],
        booted: Option<i64>,
        waited: Duration,
    ) -> Option<Vec<Problem>> {
        let left = match self.by_inode(left) {
            Some(Found::Beside { reading, .. }) => Some(reading),
            _ => None,
        };
        let files: Vec<&Reading> = left.iter().chain(behind.iter().copied()).collect();
        let has_hole =
            |pair: &[&Reading]| matches!(self.first_hole(pair[0], pair[1]), Some(Some(_)));
        if waited < RENAMES && files.windows(2).any(has_hole) {
            return None;
        }
        let between = |pair: &[&Reading]| self.lacking_between(pair[0], pair[1], booted);
        self.if_settled(files.windows(2).filter_map(between).collect())
    }

    fn lacking_between(
        &self,
        older: &Reading,
        newer: &Reading,
        booted: Option<i64>,
    ) -> Option<Problem> {
        match self.first_hole(older, newer) {
            Some(hole) => Some(left_out(&older.path, &newer.path, hole?)),
            None => {
                let pause = silence(older, newer, booted)?;
                Some(silent(&older.path, &newer.path, pause))
            }
        }
    }

    /// The first of logrotate's numbers that no file between has; `None` where these files have no
    /// numbers.
    fn first_hole(&self, older: &Reading, newer: &Reading) -> Option<Option<u64>> {
        let (from, to) = (self.number(newer)?, self.number(older)?);
        let is_there = |n: u64| self.files.iter().any(|file| file.rank == Rank::Number(n));
        (from < to).then(|| (from + 1..to).find(|n| !is_there(*n)))
    }

    /// As logrotate counts; the log is 0.
    fn number(&self, file: &Reading) -> Option<u64> {
        if LogName::of(self.log).is(file.id) {
            return Some(0);
        }
        match self.files.iter().find(|listed| listed.id == file.id)?.rank {
            Rank::Number(n) => Some(n),
            Rank::Date(_) => None,
        }
    }
}

/// How long nothing was written between two files, where that is unlike the lines of the first.
fn silence(older: &Reading, newer: &Reading, booted: Option<i64>) -> Option<SignedDuration> {
    let (_, modified) = older.as_it_is()?;
    let facts = Facts { modified, changed: older.changed()?, next_born: newer.id.born, booted };
    let (_, written) = newer.as_it_is()?;
    let mut content = newer.share();
    let size = content.size().ok()?;
    let begin = Lines::new(|into, at| content.read_at(into, at), size, written).first()?;
    let mut content = older.share();
    let size = content.size().ok()?;
    if !content.is_gzip() {
        let lines = Lines::new(|into, at| content.read_at(into, at), size, written);
        return lines.silence_before(begin, &facts);
    }
    let from = size.saturating_sub(TAIL);
    let mut tail = vec![0; (size - from) as usize];
    let length = content.read_at(&mut tail, from).ok()?;
    Lines::new(out_of(&tail[..length]), length as u64, written).silence_before(begin, &facts)
}

/// Reads out of what is held.
fn out_of(text: &[u8]) -> impl FnMut(&mut [u8], u64) -> io::Result<usize> {
    move |into, at| {
        let rest = usize::try_from(at).ok().and_then(|at| text.get(at..)).unwrap_or_default();
        let length = rest.len().min(into.len());
        into[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }
}

/// A line that says when it was written, and where it begins.
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: u64,
    moment: Moment,
}

/// The lines of a file, looked at here and there.
struct Lines<R> {
    read_at: R,
    size: u64,
    /// When the newer of the two files was last written, in nanoseconds: that tells the year.
    written: i64,
    places: usize,
}

impl<R: FnMut(&mut [u8], u64) -> io::Result<usize>> Lines<R> {
    fn new(read_at: R, size: u64, written: i64) -> Self {
        Lines { read_at, size, written, places: 0 }
    }

    fn silence_before(mut self, begin: Moment, facts: &Facts) -> Option<SignedDuration> {
        let last = self.last()?;
        let pause = begin.seconds - last.moment.seconds;
        // A clock that spring sets on skips an hour.
        let may_skip = pause >= HOUR && !(begin.has_zone && last.moment.has_zone);
        let judged = if may_skip { pause - HOUR } else { pause };
        if judged < SHORTEST || facts.explain(last.moment.seconds, pause) {
            return None;
        }
        let first = self.seen_in(0, self.size)?;
        let longest = self.longest_pause(first, last, judged)?;
        let covered = last.moment.seconds - first.moment.seconds;
        is_unlike(judged, longest, covered).then(|| SignedDuration::from_secs(pause))
    }

    fn first(mut self) -> Option<Moment> {
        self.seen_in(0, self.size).map(|seen| seen.moment)
    }

    /// The last line that says when it was written.
    fn last(&mut self) -> Option<Seen> {
        let from = self.size.saturating_sub(PLACE);
        self.look(from, self.size)?.pop()
    }

    /// The longest pause of those before `last` that count for one of `judged` seconds, or one that
    /// makes it a common one; `None` if that cannot be told. As long as lines are in the order of
    /// time, there is no need to look between two that are near each other.
    fn longest_pause(&mut self, first: Seen, last: Seen, judged: i64) -> Option<i64> {
        let from = last.moment.seconds - reach(judged);
        let (worth, enough) = (judged / LONG_DAY + 1, judged / LONG + 1);
        let mut longest = 0;
        let mut parts = vec![(first, last)];
        while let Some((a, b)) = parts.pop() {
            let apart = b.moment.seconds - a.moment.seconds;
            if b.moment.seconds <= from || apart < worth.max(longest + 1) || longest >= enough {
                continue;
            }
            let middle = a.at + (b.at - a.at) / 2;
            if b.at - a.at <= PLACE {
                let seen = self.look(a.at, b.at)?.into_iter().chain([b]).map(|seen| seen.moment);
                let times: Vec<i64> = seen.map(|moment| moment.seconds).collect();
                let pauses = times.windows(2).filter(|pair| pair[1] > from);
                longest = pauses.map(|pair| pair[1] - pair[0]).fold(longest, i64::max);
            } else if let Some(found) = self.seen_in(middle, b.at) {
                parts.extend([(a, found), (found, b)]);
            } else if self.places < PLACES {
                parts.push((a, Seen { at: middle, ..b }));
            } else {
                return None;
            }
        }
        Some(longest)
    }

    /// The first line that begins between two places and says when it was written.
    fn seen_in(&mut self, mut at: u64, end: u64) -> Option<Seen> {
        while at < end {
            let seen = self.look(at, end.min(at + PLACE))?;
            if let Some(first) = seen.first() {
                return Some(*first);
            }
            at += PLACE;
        }
        None
    }

    /// The lines that begin between two places, no more than [`PLACE`] apart, and say when they were
    /// written. What the first place is within is none. `None` if it cannot be read.
    fn look(&mut self, from: u64, end: u64) -> Option<Vec<Seen>> {
        self.places += 1;
        if self.places > PLACES {
            return None;
        }
        let length = (end - from) as usize;
        let mut text = vec![0; length + stamp::LONGEST];
        let held = (self.read_at)(&mut text, from).ok()?;
        let text = &text[..held];
        let begins = [0].into_iter().chain(memchr::memchr_iter(b'\n', text).map(|end| end + 1));
        let year_of = |month| year_of(month, self.written / SECOND);
        let seen = begins.take_while(|begin| *begin < length).filter_map(|begin| {
            let line = &text[begin..];
            let moment = stamp::moment(line, year_of)?;
            Some(Seen { at: from + begin as u64, moment })
        });
        Some(seen.collect())
    }
}

/// How far back a log is asked about a pause of so many seconds.
fn reach(pause: i64) -> i64 {
    (BACK * pause).min(FURTHEST)
}

/// What else is known of two files and of the time between them.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// When the older was last written, and last written or renamed, in nanoseconds.
    modified: i64,
    changed: i64,
    /// When the newer was born, in nanoseconds; 0 where the file system does not tell.
    next_born: i64,
    /// When the host was started, in seconds.
    booted: Option<i64>,
}

impl Facts {
    /// Whether they tell why nothing was written from `last` on for so many seconds: both files are
    /// of one rotation, or the host was off.
    fn explain(&self, last: i64, pause: i64) -> bool {
        let written = self.modified / SECOND;
        let off = (written - last).rem_euclid(ZONE_STEP);
        if off.min(ZONE_STEP - off) > AT_ONCE {
            // Of a copy, or touched: these times are not those of the log.
            return false;
        }
        let at_once = (self.next_born - self.changed).abs() <= AT_ONCE * SECOND;
        let meanwhile = written..=written + pause;
        at_once || self.booted.is_some_and(|booted| meanwhile.contains(&booted))
    }
}

/// So many times as long as any before a pause must be; behind a few minutes of lines; and after a day
/// that does not reach as far back as [`reach`].
const LONG: i64 = 3;
const LONG_BRIEF: i64 = 10;
const LONG_DAY: i64 = 12;

/// Whether a pause is longer than can be expected behind lines over `covered` seconds, among which
/// `longest` is the longest one. Nights and weekends are expected where none was seen.
fn is_unlike(pause: i64, longest: i64, covered: i64) -> bool {
    let times = if covered >= reach(pause) {
        LONG
    } else if covered >= 20 * HOUR {
        LONG_DAY
    } else if pause <= 10 * MINUTE && covered >= 8 * pause {
        LONG
    } else if pause <= 10 * MINUTE && covered >= pause {
        LONG_BRIEF
    } else {
        return false;
    };
    pause >= times * longest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01T00:00:00Z
    const NOVEMBER: i64 = 1_793_491_200;
    const TOUCHED: Facts =
        Facts { modified: 400 * SECOND, changed: 0, next_born: 100 * SECOND, booted: None };

    fn line(second: i64) -> String {
        let (day, hour) = (1 + second / DAY, second / HOUR % 24);
        let (minute, second) = (second / MINUTE % 60, second % 60);
        format!("Nov {day:2} {hour:02}:{minute:02}:{second:02} h sshd[7]: Connection closed\n")
    }

    /// That behind a log of such seconds, where the next begins with `next`, and in how many places
    /// it was looked at.
    fn pause_behind(text: &str, next: i64, facts: &Facts) -> (Option<i64>, usize) {
        let mut places = 0;
        let mut read_at = out_of(text.as_bytes());
        let counted = |into: &mut [u8], at: u64| {
            places += 1;
            read_at(into, at)
        };
        let lines = Lines::new(counted, text.len() as u64, (NOVEMBER + 20 * DAY) * SECOND);
        let begin = Moment { seconds: NOVEMBER + next, has_zone: false };
        let pause = lines.silence_before(begin, facts).map(|pause| pause.as_secs());
        (pause, places)
    }

    fn judge(seconds: impl IntoIterator<Item = i64>, next: i64) -> Option<i64> {
        let text: String = seconds.into_iter().map(line).collect();
        pause_behind(&text, next, &TOUCHED).0
    }

    #[test]
    fn what_a_pause_of_so_long_behind_so_many_lines_says() {
        let table = [
            // Shorter than anything can be said of.
            (0..100, 1, 103, false),
            (0..100, 1, 104, true),
            // Three times its own.
            (0..1000, 10, 1019, false),
            (0..1000, 10, 1020, true),
            // Eight times as long must be known, or a day, or 24 times.
            (0..480, 10, 529, false),
            (0..500, 10, 549, true),
            // Of lines over a shorter time ten times its own.
            (0..100, 5, 144, false),
            (0..100, 5, 145, true),
            (0..50, 1, 98, true),
            (0..50, 1, 99, false),
            (0..6000, 10, 5990 + 601, false),
            (0..15_000, 10, 14_990 + 601, true),
            // An hour may be spring's.
            (0..DAY + 1, 60, DAY + HOUR + 4, false),
            (0..DAY + 1, 60, DAY + HOUR + 600, true),
            // Of a day twelve times its own, of six days three times.
            (0..DAY + 1, HOUR, DAY + 12 * HOUR, false),
            (0..DAY + 1, HOUR, DAY + 13 * HOUR, true),
            (0..6 * DAY + 1, 3 * HOUR, 6 * DAY + 9 * HOUR, false),
            (0..6 * DAY + 1, 3 * HOUR, 6 * DAY + 10 * HOUR, true),
        ];
        for (range, step, next, is_unlike) in table {
            let last = range.clone().step_by(step as usize).last().unwrap();
            let said = judge(range.clone().step_by(step as usize), next);
            assert_eq!(said, is_unlike.then_some(next - last), "{range:?}, {step}, {next}");
        }
    }

    #[test]
    fn a_silence_counts_as_far_back_as_24_times_the_pause() {
        let with_hole = |hole: i64| (0..20_000).filter(move |s| !(hole..hole + 30).contains(s));
        for (hole, is_unlike) in [(19_900, false), (18_600, false), (18_000, true), (0, true)] {
            let said = judge(with_hole(hole), 20_059);
            assert_eq!(said.is_some(), is_unlike, "{hole}");
        }
        // One that has begun before and ended since counts whole.
        assert_eq!(judge((0..20_000).filter(|s| !(18_500..18_600).contains(s)), 20_059), None);
    }

    #[test]
    fn a_busy_log_is_looked_at_in_few_places() {
        let busy: String = (0..4 * HOUR).flat_map(|s| std::iter::repeat_n(line(s), 20)).collect();
        let (said, places) = pause_behind(&busy, 4 * HOUR + 299, &TOUCHED);
        assert_eq!(said, Some(300));
        assert!(busy.len() > 10_000_000 && places < 600, "{places} in {} bytes", busy.len());
        // A silence that is hidden in it is found.
        let mut hidden = String::new();
        (0..4 * HOUR).filter(|s| !(9_000..9_150).contains(s)).for_each(|s| {
            (0..20).for_each(|_| hidden += &line(s));
        });
        assert_eq!(pause_behind(&hidden, 4 * HOUR + 299, &TOUCHED).0, None);
    }

    #[test]
    fn lines_without_a_stamp_and_out_of_order_are_none() {
        let stamped: String =
            (0..2000).map(|s| line(s) + "\tat some.place(of a trace)\n").collect();
        assert_eq!(pause_behind(&stamped, 2059, &TOUCHED).0, Some(60));
        let long: String = (0..200).map(|s| line(s * 10) + &"x".repeat(20_000) + "\n").collect();
        let (said, _) = pause_behind(&(long + &line(2000)), 2060, &TOUCHED);
        assert_eq!(said, Some(60));
        let back = (0..2000).map(|s| if s % 2 == 0 { s } else { s - 5 });
        assert_eq!(judge(back, 2059), Some(65), "behind the last line, not the newest");
        // Two hosts whose clocks differ by half a minute.
        let two = (0..4000).flat_map(|s| [s, s + 30]);
        assert_eq!(judge(two, 4029 + 60), None);
        assert_eq!(judge([], 60), None);
        assert_eq!(judge([0], 60), None);
        assert_eq!(judge(0..2000, 1000), None);
        assert_eq!(pause_behind("no stamp\n", 60, &TOUCHED).0, None);
    }

    #[test]
    fn what_the_times_of_the_files_and_the_start_of_the_host_explain() {
        let last = NOVEMBER + 1999;
        let true_to = Facts {
            modified: last * SECOND + 500_000_000,
            changed: (last + 30) * SECOND,
            next_born: (last + 31) * SECOND,
            booted: None,
        };
        let later = Facts { next_born: (last + 50) * SECOND, ..true_to };
        let zone = |facts: Facts, quarters: i64| Facts {
            modified: facts.modified + quarters * ZONE_STEP * SECOND,
            booted: facts.booted.map(|booted| booted + quarters * ZONE_STEP),
            ..facts
        };
        let booted = |seconds| Facts { booted: Some(last + seconds), ..later };
        let table = [
            ("renamed, and born a second later", true_to, false),
            ("the same in another zone", zone(true_to, -37), false),
            ("born before", Facts { next_born: (last - 50) * SECOND, ..true_to }, true),
            ("born later", later, true),
            ("no birth times", Facts { next_born: 0, ..true_to }, true),
            ("touched", Facts { modified: (last + 5) * SECOND, ..true_to }, true),
            ("booted meanwhile", booted(30), false),
            ("booted meanwhile, in another zone", zone(booted(30), 22), false),
            ("booted before", booted(-1), true),
            ("booted since", booted(62), true),
            ("touched and booted", Facts { modified: (last + 5) * SECOND, ..booted(30) }, true),
        ];
        let text: String = (0..2000).map(line).collect();
        for (what, facts, is_gap) in table {
            assert_eq!(pause_behind(&text, 2059, &facts).0.is_some(), is_gap, "{what}");
        }
    }
}
