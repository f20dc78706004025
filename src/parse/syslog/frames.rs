//! The frame of the last line, remembered: that of the next line is mostly the same, or the same
//! but for the second, and then a comparison is all that it costs.

use super::tag::{Tag, Tags};
use super::{Frame, Said, frame, framed, rfc5424, stamp, trim, without_message_id};
use crate::event::{Texts, Time};
use crate::parse::{Clock, Envelope};
use crate::programs::{self, OtherNames};

/// Takes the frames off lines that are read by one clock. It tells of each line what
/// [`super::envelope`] tells, whatever came before.
#[derive(Debug)]
pub struct Frames<'a> {
    clock: Clock,
    /// The frame of the last line.
    envelope: Envelope<'a>,
    /// The last line, where the next one's frame can be told from it.
    last: Option<Last<'a>>,
    tags: Tags,
    zones_unknown: u64,
}

/// A line with a time of day, by where its parts end.
#[derive(Clone, Copy, Debug)]
struct Last<'a> {
    line: &'a [u8],
    /// What stands before its seconds.
    before: usize,
    /// The moment at which they were 0.
    minute: Time,
    /// What stands between seconds (or their fraction) and the tag: zone, host, severity.
    behind: usize,
    /// What stands before its tag.
    frame: usize,
    /// What stands before its message, where the tag says all of what is there.
    head: Option<usize>,
    /// Tag and pid are RFC 5424's words.
    rfc5424: bool,
}

impl<'a> Frames<'a> {
    pub fn new(clock: Clock, texts: &'a Texts<'a>) -> Self {
        Frames {
            clock,
            envelope: Envelope::empty(texts),
            last: None,
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

    /// Takes the frame off one line; `None` where it is no log line at all. `names` are those that
    /// the host calls its programs by.
    #[inline]
    pub fn envelope(&mut self, line: &'a [u8], names: &OtherNames) -> Option<&Envelope<'a>> {
        let line = trim(line);
        if self.like_the_last(line, names).is_none() {
            self.unlike_the_last(line, names)?;
        }
        Some(&self.envelope)
    }

    /// `None` where the line is not like the last, or where it might be read otherwise.
    #[inline]
    fn like_the_last(&mut self, line: &'a [u8], names: &OtherNames) -> Option<()> {
        let last = self.last.as_mut()?;
        let same = alike(last.line, line);
        if let Some(head) = last.head.filter(|head| *head <= same) {
            self.envelope.message = without_message_id(&line[head..]);
            last.line = line;
            return Some(());
        }
        if same < last.frame {
            self.envelope.time = last.goes_on_with(line, same)?;
        }
        let rest = line.get(last.frame..)?;
        let (tag, program) = match last.rfc5424 {
            false => self.tags.read(rest)?,
            true => {
                let tag = rfc5424::tag(rest)?;
                (tag, programs::by_tag(tag.name))
            }
        };
        (last.line, last.head) = (line, last.head_of(line, tag));
        self.envelope.say(tag, program, names);
        Some(())
    }

    #[inline(never)]
    fn unlike_the_last(&mut self, line: &'a [u8], names: &OtherNames) -> Option<()> {
        self.last = None;
        let frame = frame(line, &self.clock)?;
        self.zones_unknown += u64::from(frame.zone_unknown);
        self.last = self.to_be_followed(line, &frame);
        self.envelope = framed(&frame, self.envelope.texts);
        let tag = frame.tag()?;
        self.envelope.say(tag, programs::by_tag(tag.name), names);
        Some(())
    }

    /// A line from which the next one's frame can be told; `None` where it cannot.
    fn to_be_followed(&self, line: &'a [u8], frame: &Frame<'_>) -> Option<Last<'a>> {
        let (rest, rfc5424) = match frame.said {
            Said::Tagged(rest) => (rest, false),
            Said::Rfc5424(rest) => (rest, true),
        };
        // The first colon of a line that has a time of day is the one before its minutes.
        let colon = memchr::memchr(b':', line)?;
        let before = colon + 4;
        let (since, after) = seconds(line.get(before..)?)?;
        let behind = after.len().checked_sub(rest.len())?;
        if line[colon + 3] != b':' {
            return None;
        }
        if !frame.host.is_empty() {
            let host = (frame.host.as_ptr() as usize).checked_sub(after.as_ptr() as usize)?;
            if host + frame.host.len() > behind {
                return None;
            }
        }
        let minute = Time::from_nanoseconds(frame.time.nanoseconds().checked_sub(since)?);
        if !self.is_far_from_the_newest(minute) {
            return None;
        }
        let frame = line.len() - rest.len();
        Some(Last { line, before, minute, behind, frame, head: None, rfc5424 })
    }

    /// A stamp without a year belongs to the year before where it would be too new: within a
    /// minute that may change.
    fn is_far_from_the_newest(&self, minute: Time) -> bool {
        stamp::newest(&self.clock).seconds_since(minute).abs() > 120.0
    }
}

impl Last<'_> {
    /// The time of a line that is like this one but for its second, where `same` bytes of it are the
    /// same.
    fn goes_on_with(&mut self, line: &[u8], same: usize) -> Option<Time> {
        let rest = line.get(self.before..).filter(|_| self.before <= same)?;
        let (since, rest) = seconds(rest)?;
        if !rest.starts_with(&self.line[self.frame - self.behind..self.frame]) {
            return None;
        }
        self.frame = line.len() - rest.len() + self.behind;
        Some(Time::from_nanoseconds(self.minute.nanoseconds().checked_add(since)?))
    }

    /// Where the message begins of a line whose tag tells the same wherever it stands: with a pid in
    /// brackets. Without one, sshd's may be a title that goes on in the message.
    fn head_of(&self, line: &[u8], tag: Tag<'_>) -> Option<usize> {
        let told = tag.pid.is_some() && !self.rfc5424;
        told.then(|| line.len() - tag.message.len())
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

/// How many of their first bytes are the same, sixteen at a time.
#[inline]
pub(super) fn alike(a: &[u8], b: &[u8]) -> usize {
    let mut at = 0;
    while let (Some(x), Some(y)) = (a[at..].first_chunk(), b[at..].first_chunk()) {
        let different = u128::from_le_bytes(*x) ^ u128::from_le_bytes(*y);
        if different != 0 {
            return at + different.trailing_zeros() as usize / 8;
        }
        at += 16;
    }
    at + a[at..].iter().zip(&b[at..]).take_while(|(a, b)| a == b).count()
}
