//! The frame of the last line, remembered: that of the next line is mostly the same, or the same
//! but for the second, and then a comparison is all that it costs.

use std::ops::Range;

use super::tag::Tags;
use super::{Frame, Said, enclosed, frame, rfc5424, stamp, trim};
use crate::event::Time;
use crate::parse::{Clock, Envelope};
use crate::programs;

/// Takes the frames off lines that are read by one clock. It tells of each line what
/// [`super::envelope`] tells, whatever came before.
#[derive(Debug)]
pub struct Frames<'a> {
    clock: Clock,
    /// Text that the lines stand in, as far as it is known to be UTF-8.
    text: &'a str,
    /// The last line with a time of day, up to its tag, and its time; empty where there was none.
    last: Vec<u8>,
    time: Time,
    /// How much of it stands before its seconds.
    before: usize,
    /// The moment at which they were 0.
    minute: Time,
    /// How much of it stands between seconds (or their fraction) and the tag: zone, host, severity.
    behind: usize,
    /// Where the host stands in that.
    host: Range<usize>,
    /// Tag and pid are RFC 5424's words.
    rfc5424: bool,
    tags: Tags,
    zones_unknown: u64,
}

impl<'a> Frames<'a> {
    /// `text` is what the lines stand in, as far as it is known to be UTF-8; it may be empty.
    pub fn new(clock: Clock, text: &'a str) -> Self {
        Frames {
            clock,
            text,
            last: Vec::new(),
            time: Time::default(),
            before: 0,
            minute: Time::default(),
            behind: 0,
            host: 0..0,
            rfc5424: false,
            tags: Tags::new(),
            zones_unknown: 0,
        }
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// So many lines (or runs of lines within a minute) named a time zone that is not known:
    /// the clock's was taken instead.
    pub fn zones_unknown(&self) -> u64 {
        self.zones_unknown
    }

    /// Takes the frame off one line; `None` where it is no log line at all.
    #[inline]
    pub fn envelope(&mut self, line: &'a [u8]) -> Option<Envelope<'a>> {
        let line = trim(line);
        let envelope = match self.like_the_last(line) {
            Some(envelope) => envelope,
            None => self.unlike_the_last(line)?,
        };
        Some(Envelope { text: self.text, ..envelope })
    }

    /// `None` where the line is not like the last, or where it might be read otherwise.
    #[inline]
    fn like_the_last(&mut self, line: &'a [u8]) -> Option<Envelope<'a>> {
        if self.last.is_empty() {
            return None;
        }
        let rest = match line.strip_prefix(&self.last[..]) {
            Some(rest) => rest,
            None => self.within_the_minute(line)?,
        };
        let behind = &line[self.last.len() - self.behind..];
        let (tag, program) = match self.rfc5424 {
            false => self.tags.read(rest)?,
            true => {
                let tag = rfc5424::tag(rest)?;
                (tag, programs::by_tag(tag.name))
            }
        };
        Some(enclosed(self.time, &behind[self.host.clone()], tag, program))
    }

    /// The tag and the message of a line that is like the last but for its second.
    fn within_the_minute<'l>(&mut self, line: &'l [u8]) -> Option<&'l [u8]> {
        let rest = line.strip_prefix(&self.last[..self.before])?;
        let (since, rest) = seconds(rest)?;
        let rest = rest.strip_prefix(&self.last[self.last.len() - self.behind..])?;
        self.time = Time::from_nanoseconds(self.minute.nanoseconds().checked_add(since)?);
        self.last.clear();
        self.last.extend_from_slice(&line[..line.len() - rest.len()]);
        Some(rest)
    }

    fn unlike_the_last(&mut self, line: &'a [u8]) -> Option<Envelope<'a>> {
        let frame = frame(line, &self.clock)?;
        self.zones_unknown += u64::from(frame.zone_unknown);
        if self.remember(line, &frame).is_none() {
            self.last.clear();
        }
        frame.envelope()
    }

    /// Remembers the frame of a line; `None` where the next one's cannot be told from it.
    fn remember(&mut self, line: &[u8], frame: &Frame<'_>) -> Option<()> {
        let (rest, rfc5424) = match frame.said {
            Said::Tagged(rest) => (rest, false),
            Said::Rfc5424(rest) => (rest, true),
        };
        // The first colon of a line that has a time of day is the one before its minutes.
        let colon = memchr::memchr(b':', line)?;
        let before = colon + 4;
        let (since, after) = seconds(line.get(before..)?)?;
        let behind = after.get(..after.len().checked_sub(rest.len())?)?;
        if line[colon + 3] != b':' {
            return None;
        }
        let host = position(frame.host, behind)?;
        let minute = Time::from_nanoseconds(frame.time.nanoseconds().checked_sub(since)?);
        if !self.is_far_from_the_newest(minute) {
            return None;
        }
        self.last.clear();
        self.last.extend_from_slice(&line[..line.len() - rest.len()]);
        (self.time, self.before, self.minute) = (frame.time, before, minute);
        (self.behind, self.host, self.rfc5424) = (behind.len(), host, rfc5424);
        Some(())
    }

    /// A stamp without a year belongs to the year before where it would be too new: within a
    /// minute that may change.
    fn is_far_from_the_newest(&self, minute: Time) -> bool {
        stamp::newest(&self.clock).seconds_since(minute).abs() > 120.0
    }
}

/// The two digits of the seconds at the start and their fraction, in nanoseconds. A leap second
/// belongs to the next minute.
fn seconds(rest: &[u8]) -> Option<(i64, &[u8])> {
    let [tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] = rest else { return None };
    let seconds = (tens - b'0') * 10 + (ones - b'0');
    let (nanoseconds, rest) = stamp::fraction(rest);
    Some((i64::from(seconds) * 1_000_000_000 + i64::from(nanoseconds), rest))
}

/// Where a slice of `within` stands in it.
fn position(part: &[u8], within: &[u8]) -> Option<Range<usize>> {
    if part.is_empty() {
        return Some(0..0);
    }
    let start = (part.as_ptr() as usize).checked_sub(within.as_ptr() as usize)?;
    (start + part.len() <= within.len()).then(|| start..start + part.len())
}
