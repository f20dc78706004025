//! The frame of the last line, remembered: that of the next line is mostly the same but for the
//! second, and then a comparison is all that it costs.

use super::{Frame, Said, enclosed, frame, rfc5424, stamp, tag, trim};
use crate::event::Time;
use crate::parse::{Clock, Envelope};

/// Takes the frames off lines that are read by one clock. It tells of each line what
/// [`super::envelope`] tells, whatever came before.
#[derive(Debug)]
pub struct Frames {
    clock: Clock,
    /// What the last line with a time of day had before its seconds; empty where there was none.
    before: Vec<u8>,
    /// The moment at which its seconds were 0.
    minute: Time,
    /// What stood between seconds (or their fraction) and the tag: zone, host, severity.
    behind: Vec<u8>,
    /// Where in `behind` the host stands.
    host: std::ops::Range<usize>,
    /// Tag and pid are RFC 5424's words.
    rfc5424: bool,
    zones_unknown: u64,
}

impl Frames {
    pub fn new(clock: Clock) -> Self {
        Frames {
            clock,
            before: Vec::new(),
            minute: Time::default(),
            behind: Vec::new(),
            host: 0..0,
            rfc5424: false,
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
    pub fn envelope<'a>(&mut self, line: &'a [u8]) -> Option<Envelope<'a>> {
        let line = trim(line);
        if let Some(envelope) = self.like_the_last(line) {
            return Some(envelope);
        }
        let frame = frame(line, &self.clock)?;
        self.zones_unknown += u64::from(frame.zone_unknown);
        if self.remember(line, &frame).is_none() {
            self.before.clear();
        }
        frame.envelope()
    }

    /// `None` where the line is not like the last, or where it might be read otherwise.
    fn like_the_last<'a>(&self, line: &'a [u8]) -> Option<Envelope<'a>> {
        let rest = line.strip_prefix(&self.before[..]).filter(|_| !self.before.is_empty())?;
        let (seconds, rest) = seconds(rest)?;
        let (nanoseconds, rest) = stamp::fraction(rest);
        let behind = rest.get(..self.behind.len())?;
        if behind != self.behind {
            return None;
        }
        let rest = &rest[behind.len()..];
        let tag = if self.rfc5424 { rfc5424::tag(rest)? } else { tag::usual(rest)? };
        let since = i64::from(seconds) * 1_000_000_000 + i64::from(nanoseconds);
        let time = Time::from_nanoseconds(self.minute.nanoseconds().checked_add(since)?);
        Some(enclosed(time, &behind[self.host.clone()], tag))
    }

    /// Remembers the frame of a line; `None` where the next one's cannot be told from it.
    fn remember(&mut self, line: &[u8], frame: &Frame<'_>) -> Option<()> {
        let (rest, rfc5424) = match frame.said {
            Said::Tagged(rest) => (rest, false),
            Said::Rfc5424(rest) => (rest, true),
        };
        // The first colon of a line that has a time of day is the one before its minutes.
        let colon = memchr::memchr(b':', line)?;
        let seconds_at = colon + 4;
        let (seconds, after) = seconds(line.get(seconds_at..)?)?;
        let (nanoseconds, after) = stamp::fraction(after);
        let behind = after.get(..after.len().checked_sub(rest.len())?)?;
        if line[colon + 3] != b':' {
            return None;
        }
        let host = position(frame.host, behind)?;
        let since = i64::from(seconds) * 1_000_000_000 + i64::from(nanoseconds);
        self.minute = Time::from_nanoseconds(frame.time.nanoseconds().checked_sub(since)?);
        if !self.is_far_from_the_newest(self.minute) {
            return None;
        }
        self.before.clear();
        self.before.extend_from_slice(&line[..seconds_at]);
        self.behind.clear();
        self.behind.extend_from_slice(behind);
        self.host = host;
        self.rfc5424 = rfc5424;
        Some(())
    }

    /// A stamp without a year belongs to the year before where it would be too new: within a
    /// minute that may change.
    fn is_far_from_the_newest(&self, minute: Time) -> bool {
        stamp::newest(&self.clock).seconds_since(minute).abs() > 120.0
    }
}

/// The two digits of the seconds at the start. A leap second belongs to the next minute.
fn seconds(rest: &[u8]) -> Option<(u8, &[u8])> {
    match rest {
        [tens @ b'0'..=b'5', ones @ b'0'..=b'9', rest @ ..] => {
            Some(((tens - b'0') * 10 + (ones - b'0'), rest))
        }
        _ => None,
    }
}

/// Where a slice of `within` stands in it.
fn position(part: &[u8], within: &[u8]) -> Option<std::ops::Range<usize>> {
    if part.is_empty() {
        return Some(0..0);
    }
    let start = (part.as_ptr() as usize).checked_sub(within.as_ptr() as usize)?;
    (start + part.len() <= within.len()).then(|| start..start + part.len())
}
