//! What was read last of a log, line by line, so that it is known again under any name and after
//! any edit.
//!
//! Owns three things, all bounded: the checksums of the last lines, each with that of its stamp
//! and host; those of some older lines, the fewer the older; and those of the first lines of the
//! file at hand. They are the log's, not a file's: they go on over rotations.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

use memchr::{memchr, memrchr};

use super::lines::MAX_LINE;
use super::stamp;

/// How many of the last lines are known without a hole.
const DENSE: usize = 1024;

/// Of a long block so many last lines are taken in, and one line of each [`SAMPLE`] bytes before.
const OF_BLOCK: usize = 256;
const SAMPLE: usize = 4096;

/// Older lines that are kept; past this the older half loses every second one.
const OLDER: usize = 512;

/// Of the lines that leave the last ones each so manieth is kept among the older.
const KEPT: usize = 8;

/// The first lines of a file that are known.
const FIRST: usize = 8;

/// What is saved of the last and of the older lines.
const SAVED_DENSE: usize = 128;
const SAVED_OLDER: usize = 192;

/// Checksums are 48 bits wide: twelve digits in the snapshot, and no two of a million lines alike.
const WIDTH: u64 = (1 << 48) - 1;

/// A line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trace {
    pub(super) print: u64,
    /// Checksum of its stamp and host; 0 where it has none.
    pub(super) place: u32,
}

impl Trace {
    /// Of a line without its end. The NULs that a crash or a punched hole leaves before it are no
    /// part of it.
    pub(super) fn of(line: &[u8]) -> Trace {
        let begin = line.iter().position(|&b| b != 0).unwrap_or(line.len());
        // Of a line too long its beginning is handed on.
        let line = &line[begin..line.len().min(begin + MAX_LINE)];
        let place = stamp::place(line).map_or(0, |place| checksum(place) as u32 | 1);
        Trace { print: checksum(line), place }
    }
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish() & WIDTH
}

#[derive(Clone, Debug, Default)]
pub(super) struct Footprint {
    /// Oldest first; the last is the line that was read last.
    dense: VecDeque<Trace>,
    /// Oldest first, with holes.
    older: VecDeque<u64>,
    /// Lines that left `dense` and were not kept.
    left: usize,
    first: Vec<u64>,
    /// Stamp and host of the last line that has them.
    last_place: Vec<u8>,
}

impl Footprint {
    pub(super) fn is_empty(&self) -> bool {
        self.dense.is_empty()
    }

    pub(super) fn dense(&self) -> &VecDeque<Trace> {
        &self.dense
    }

    /// Lines that are known besides the last ones.
    pub(super) fn others(&self) -> impl Iterator<Item = u64> {
        self.older.iter().chain(&self.first).copied()
    }

    /// Whether this line was read, as far as is known.
    pub(super) fn knows(&self, trace: Trace) -> bool {
        self.dense.iter().any(|known| known.print == trace.print)
            || self.others().any(|print| print == trace.print)
    }

    pub(super) fn last_place(&self) -> &[u8] {
        &self.last_place
    }

    /// Notes lines that were handed on. `at_beginning` says that they begin a file.
    pub(super) fn note(&mut self, lines: &[u8], at_beginning: bool) {
        let body = lines.strip_suffix(b"\n").unwrap_or(lines);
        if at_beginning {
            // The beginning of each file stays known, however small it was.
            let before = std::mem::take(&mut self.first);
            before.into_iter().for_each(|print| self.keep(print));
            self.first =
                body.split(|&b| b == b'\n').take(FIRST).map(|l| Trace::of(l).print).collect();
        }
        let begin = beginning_of_last(body, OF_BLOCK);
        self.sample(&body[..begin]);
        for line in body[begin..].split(|&b| b == b'\n') {
            self.push(Trace::of(line));
        }
        self.note_place(body);
    }

    /// Notes lines that a late writer added to a file that was left: known, but not the last.
    pub(super) fn note_late(&mut self, lines: &[u8]) {
        let body = lines.strip_suffix(b"\n").unwrap_or(lines);
        let begin = beginning_of_last(body, OF_BLOCK);
        body[begin..].split(|&b| b == b'\n').for_each(|line| self.keep(Trace::of(line).print));
    }

    fn note_place(&mut self, body: &[u8]) {
        let begin = memrchr(b'\n', body).map_or(0, |at| at + 1);
        if let Some(place) = stamp::place(&body[begin..]) {
            self.last_place.clear();
            self.last_place.extend_from_slice(place);
        }
    }

    /// Lines that are too many to be known without a hole: what stands before them is among the
    /// older ones.
    fn sample(&mut self, body: &[u8]) {
        if body.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.dense);
        before.iter().for_each(|trace| self.leave(trace.print));
        let mut from = 0;
        while let Some(end) = body.get(from..).and_then(|rest| memchr(b'\n', rest)) {
            self.keep(Trace::of(&body[from..from + end]).print);
            let next = (from + end).max(from + SAMPLE);
            from = body
                .get(next..)
                .and_then(|r| memchr(b'\n', r))
                .map_or(body.len(), |at| next + at + 1);
        }
    }

    fn push(&mut self, trace: Trace) {
        self.dense.push_back(trace);
        if self.dense.len() > DENSE
            && let Some(oldest) = self.dense.pop_front()
        {
            self.leave(oldest.print);
        }
    }

    fn leave(&mut self, print: u64) {
        self.left += 1;
        if self.left.is_multiple_of(KEPT) {
            self.keep(print);
        }
    }

    fn keep(&mut self, print: u64) {
        self.older.push_back(print);
        if self.older.len() > OLDER {
            thin(&mut self.older);
        }
    }

    /// As text: `PRINT:PLACE PRINT:PLACE … | PRINT … | PRINT … | PLACE`, numbers in hex.
    pub(super) fn to_text(&self) -> String {
        use std::fmt::Write as _;
        let from = self.dense.len().saturating_sub(SAVED_DENSE);
        let mut older = self.older.clone();
        older.extend(self.dense.range(..from).step_by(KEPT).map(|trace| trace.print));
        while older.len() > SAVED_OLDER {
            thin(&mut older);
        }
        let mut text = String::new();
        for trace in self.dense.range(from..) {
            let _ = write!(text, "{:x}:{:x} ", trace.print, trace.place);
        }
        for list in [older.make_contiguous(), self.first.as_slice()] {
            text.push('|');
            for print in list {
                let _ = write!(text, " {print:x}");
            }
        }
        text + "|" + &String::from_utf8_lossy(&self.last_place)
    }

    /// What [`Footprint::to_text`] wrote; what cannot be read of it is not known.
    pub(super) fn read(text: &str) -> Footprint {
        let mut parts = text.splitn(4, '|');
        let mut next = || parts.next().unwrap_or_default();
        let hex = |number: &str| u64::from_str_radix(number, 16).ok();
        let trace = |pair: &str| {
            let (print, place) = pair.split_once(':')?;
            Some(Trace { print: hex(print)?, place: u32::from_str_radix(place, 16).ok()? })
        };
        Footprint {
            dense: next().split_ascii_whitespace().filter_map(trace).collect(),
            older: next().split_ascii_whitespace().filter_map(hex).collect(),
            first: next().split_ascii_whitespace().filter_map(hex).collect(),
            left: 0,
            last_place: next().as_bytes().to_vec(),
        }
    }
}

/// Where the last `count` lines of `body` begin.
fn beginning_of_last(body: &[u8], count: usize) -> usize {
    let mut begin = body.len();
    for _ in 0..count {
        match memrchr(b'\n', &body[..begin]) {
            Some(at) => begin = at,
            None => return 0,
        }
    }
    begin + 1
}

/// Drops every second of the older half.
fn thin(prints: &mut VecDeque<u64>) {
    let half = prints.len() / 2;
    let mut at = 0;
    prints.retain(|_| {
        at += 1;
        at > half || at % 2 == 0
    });
}
