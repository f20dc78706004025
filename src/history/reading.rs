//! A file on the way through its lines: which of them come before those of other files, by which
//! clock, and whether any could be read.

use std::io;

use super::stream::{Stream, Unreadable};
use super::{Error, Unread};
use crate::event::Time;
use crate::parse::{self, Clock};
use crate::record::Record;
use crate::source::Records;
use crate::source::file::blocks::Blocks;
use crate::source::file::years::Years;

/// When a file is due: CloudTrail's last, by the time of the next line; before all where none has a
/// time that can be read.
pub(super) type Due = Option<(bool, Time)>;

/// A file on the way through its lines.
pub(super) struct Reading {
    pub(super) next: Due,
    /// Until it is begun.
    pub(super) stream: Option<Stream>,
    pub(super) blocks: Option<Lines>,
    /// Lines that were read, and how many bytes of them were handed on.
    pub(super) block: Vec<u8>,
    pub(super) at: usize,
    pub(super) read: Seen,
}

/// What was read of a file.
#[derive(Default)]
pub(super) struct Seen {
    lines: u64,
    without_frame: u64,
}

impl Seen {
    /// Adds what was read since there were so many records, and so many of them without a frame.
    pub(super) fn add(&mut self, unread: &Unread, (records, without_frame): (u64, u64)) {
        let (records_now, without_frame_now) = unread.so_far();
        self.lines += records_now - records;
        self.without_frame += without_frame_now - without_frame;
    }

    /// A file without a line that can be read is told of.
    pub(super) fn ended(&self, name: String, unread: &Unread) -> Result<(), Error> {
        let Seen { lines, without_frame } = *self;
        let why = match lines {
            0 => "it is empty".to_owned(),
            _ if without_frame == lines => {
                let first = unread.first().filter(|_| unread.records() == lines);
                let first = first.map_or(String::new(), |first| format!(" (the first: {first})"));
                format!("none of its {lines} lines has a time, host and tag that are known{first}")
            }
            _ => return Ok(()),
        };
        Err(Unreadable::new(name, io::Error::other(why)).into())
    }
}

pub(super) struct Lines {
    pub(super) name: String,
    pub(super) blocks: Blocks,
    pub(super) clock: Clock,
    pub(super) years: Years,
    /// Bytes before the block at hand.
    pub(super) passed: u64,
}

impl Lines {
    /// The clock of the lines that stand `at` so many bytes within the block, and how many of them
    /// are of the same year.
    pub(super) fn clock(&self, at: usize, rest: &[u8]) -> (Clock, usize) {
        let place = self.passed + at as u64;
        let Some((year, end)) = self.years.at(place) else {
            return (self.clock.clone(), rest.len());
        };
        let most = usize::try_from(end - place).unwrap_or(usize::MAX).min(rest.len());
        // Never within a line, should something have been left out before.
        let last = most.saturating_sub(1);
        let whole = memchr::memchr(b'\n', &rest[last..]).map_or(rest.len(), |at| last + at + 1);
        (Clock { year: Some(year), ..self.clock.clone() }, whole)
    }
}

/// How many bytes of these lines come before `until`, and when what follows is due. At least one
/// line does, and a line without a time goes with the one before it.
pub(super) fn before(lines: &[u8], until: Due, clock: &Clock) -> (usize, Option<Due>) {
    let time = |line: &[u8]| parse::syslog::time(line, clock).map(|time| Some((false, time)));
    let block = Records::Lines(lines);
    let last = match block.last() {
        Some(Record::Line(line)) => time(line),
        _ => None,
    };
    let Some(until) = until.filter(|until| last.is_none_or(|last| last > Some(*until))) else {
        return (lines.len(), last);
    };
    let mut length = 0;
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        match time(line).filter(|time| *time > Some(until)) {
            Some(later) if length > 0 => return (length, Some(later)),
            _ => length += line.len(),
        }
    }
    (length, last)
}
