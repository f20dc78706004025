//! A log file beside the journal: which of its lines the journal does not tell.
//!
//! Owns the seam between the two. The journal knows who wrote what, so it has the first word; the
//! file gives what is older than the journal's first entry, or newer than its last one where it was
//! left, and always the lines of other hosts. A log daemon stamps a line up to a second later than
//! journald, or cuts its fraction off: within these seconds lines and entries are matched one by
//! one, by tag, process and message.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::event::{Texts, Time};
use crate::parse::{Clock, syslog};
use crate::record::JournalEntry;
use crate::source::Records;

/// How far the stamps of a line and of its entry may lie apart, in seconds.
pub const SEAM: i64 = 2;

/// Entries of the journal by what they have in common with their lines.
#[derive(Clone, Debug, Default)]
pub struct Told(HashMap<u64, u32>);

impl Told {
    pub fn add(&mut self, entry: &JournalEntry<'_>) {
        *self.0.entry(key(entry.identifier.as_bytes(), entry.pid, entry.message)).or_default() += 1;
    }

    /// True once for each entry.
    fn take(&mut self, key: u64) -> bool {
        match self.0.get_mut(&key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}

/// What a line and its entry have in common. A log daemon escapes control characters and keeps the
/// blanks at the end.
fn key(tag: &[u8], pid: Option<u32>, message: &[u8]) -> u64 {
    let plain = |b: &u8| *b >= b' ' && *b < 0x7f && *b != b'#' && *b != b'\\';
    let length = message.iter().position(|b| !plain(b)).unwrap_or(message.len());
    let mut hasher = DefaultHasher::new();
    (tag, pid, message[..length].trim_ascii_end()).hash(&mut hasher);
    hasher.finish()
}

/// The lines of this host that the journal does not tell: those between two moments.
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// Up to here the journal told them; `None`: it told none.
    pub after: Option<Time>,
    /// From here on it tells them; `None`: it is not read any more.
    pub before: Option<Time>,
    /// What it told in the seconds before the one, where that is known, and tells in those behind
    /// the other.
    pub told_last: Option<Told>,
    pub told_first: Told,
}

/// The names of this host.
pub type OwnNames = Box<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// Leaves out of a file what the journal tells.
pub struct Beside {
    is_own: OwnNames,
    /// `None`: the journal tells all of this host.
    span: Option<Span>,
    /// The journal is followed: that there is no file is no trouble.
    is_second: bool,
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside").field("span", &self.span).finish_non_exhaustive()
    }
}

impl Beside {
    pub fn new(is_own: OwnNames, span: Option<Span>, is_second: bool) -> Beside {
        Beside { is_own, span, is_second }
    }

    pub(super) fn is_second(&self) -> bool {
        self.is_second
    }

    /// The lines that count, each with its end.
    pub(super) fn keep(&mut self, records: &Records<'_>, clock: &Clock) -> Vec<u8> {
        let Records::Lines(lines) = records else { return Vec::new() };
        let mut kept = Vec::new();
        for line in lines.split_inclusive(|b| *b == b'\n') {
            if self.counts(line, clock) {
                kept.extend_from_slice(line);
            }
        }
        kept
    }

    /// What was there when it was first read is read: what follows the journal tells, or the file
    /// alone.
    pub(super) fn caught_up(&mut self) {
        self.span = self.span.take().filter(|_| !self.is_second).map(|_| Span::default());
    }

    /// A line without a frame is kept: it may be anyone's, and is counted as unknown.
    fn counts(&mut self, line: &[u8], clock: &Clock) -> bool {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let texts = Texts::default();
        let Some(frame) = syslog::envelope(body, clock, &texts) else { return true };
        if !(self.is_own)(frame.host.as_bytes()) {
            return true;
        }
        let Some(span) = &mut self.span else { return false };
        let second = frame.time.seconds();
        let is_near =
            |seam: Option<Time>| seam.is_some_and(|seam| (second - seam.seconds()).abs() <= SEAM);
        let key = key(frame.tag, frame.pid, frame.message);
        if is_near(span.before) {
            return !span.told_first.take(key);
        }
        if let Some(told) = span.told_last.as_mut().filter(|_| is_near(span.after)) {
            return !told.take(key);
        }
        // A stamp of whole seconds leaves out what came later in the seam's own second.
        let is_after = span.after.is_none_or(|after| frame.time > after);
        is_after && span.before.is_none_or(|before| second < before.seconds())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    const FIRST: i64 = 1_790_000_000;

    fn line(second: i64, host: &str, message: &str) -> String {
        let time = jiff::Timestamp::from_second(second).unwrap();
        format!("{time} {host} sshd[7]: {message}\n")
    }

    fn kept(beside: &mut Beside, lines: &[String]) -> Vec<String> {
        let clock = Clock { reference: Time::new(FIRST, 0), zone: TimeZone::UTC, year: None };
        let text = lines.concat();
        let kept = beside.keep(&Records::Lines(text.as_bytes()), &clock);
        let words = |line: &str| line.split("]: ").nth(1).map(str::to_owned);
        String::from_utf8(kept).unwrap().lines().filter_map(words).collect()
    }

    fn told(messages: &[&str]) -> Told {
        let mut told = Told::default();
        for message in messages {
            told.add(&JournalEntry {
                identifier: "sshd",
                pid: Some(7),
                message: message.as_bytes(),
                ..JournalEntry::default()
            });
        }
        told
    }

    fn beside(span: Option<Span>, is_second: bool) -> Beside {
        Beside::new(Box::new(|host| host == b"web1"), span, is_second)
    }

    #[test]
    fn what_is_older_than_the_journal_counts_and_the_seam_is_matched_one_by_one() {
        let span = Span {
            before: Some(Time::new(FIRST, 0)),
            told_first: told(&["b", "c"]),
            ..Span::default()
        };
        let mut beside = beside(Some(span), true);
        let lines = [
            line(FIRST - 100, "web1", "old"),
            line(FIRST, "web1", "a"),
            line(FIRST, "web1", "b"),
            line(FIRST + 1, "web1", "c  "),
            line(FIRST + 1, "web1", "c"),
            line(FIRST + 50, "web1", "new"),
            line(FIRST + 50, "db1", "of another host"),
        ];
        assert_eq!(kept(&mut beside, &lines), ["old", "a", "c", "of another host"]);
        beside.caught_up();
        let later = [line(FIRST - 100, "web1", "old again"), line(FIRST, "db1", "other")];
        assert_eq!(kept(&mut beside, &later), ["other"]);
    }

    #[test]
    fn what_came_after_the_journal_was_left_counts() {
        let told_last = Some(told(&["a"]));
        let span = Span { after: Some(Time::new(FIRST, 0)), told_last, ..Span::default() };
        let mut beside = beside(Some(span), false);
        let lines = [
            line(FIRST - 10, "web1", "before"),
            line(FIRST, "web1", "a"),
            line(FIRST + 1, "web1", "b"),
            line(FIRST + 60, "web1", "later"),
        ];
        assert_eq!(kept(&mut beside, &lines), ["b", "later"]);
        beside.caught_up();
        assert_eq!(kept(&mut beside, &[line(FIRST + 61, "web1", "still")]), ["still"]);
    }

    #[test]
    fn a_line_that_a_log_daemon_escaped_is_known_again() {
        assert_eq!(
            key(b"sshd", Some(1), b"user a\x1b[2J"),
            key(b"sshd", Some(1), b"user a#033[2J")
        );
        assert_ne!(key(b"sshd", Some(1), b"a"), key(b"sshd", Some(2), b"a"));
    }
}
