//! The frame around a message: RFC 3164, RFC 3339, RFC 5424 and what daemons make of them.
//!
//! Owns time, host, tag and pid of a line. The tag is the first word behind the host and nothing
//! else: what a message quotes, or what a host calls itself, never becomes one. [`Frames`]
//! remembers the last line's frame, for the next one's is mostly the same.
//!
//! rsyslog writes control bytes as `#011`, `#012`, `#033`. They are left as they are: turned back
//! they could make one field into two, and sshd, sudo and PAM escape on their own before. Only at
//! the two ends of a message, where no program writes one on purpose, they are taken off.

mod frames;
mod months;
mod rfc5424;
mod stamp;
mod tag;
#[cfg(test)]
mod tests;
mod words;
mod zone;

pub use self::frames::Frames;

use super::words::number;
use super::{Clock, Envelope};
use crate::event::{Texts, Time};
use crate::programs::{self, OtherNames, Program};
use tag::Tag;

/// Takes the frame off one line; `None` where it is no log line at all. [`Frames`] does the same
/// for many lines in less time.
pub fn envelope<'a>(line: &'a [u8], clock: &Clock, texts: &'a Texts<'a>) -> Option<Envelope<'a>> {
    let frame = frame(trim(line), clock)?;
    let (mut envelope, tag) = (framed(&frame, texts), frame.tag()?);
    envelope.say(tag, programs::by_tag(tag.name), &OtherNames::none());
    Some(envelope)
}

/// When a line was written; `None` where it is no log line at all.
pub fn time(line: &[u8], clock: &Clock) -> Option<Time> {
    let frame = frame(trim(line), clock)?;
    frame.tag().map(|_| frame.time)
}

/// A frame, taken apart.
struct Frame<'a> {
    time: Time,
    /// The line names a zone that this program does not know, and its own was taken instead.
    zone_unknown: bool,
    host: &'a [u8],
    /// The tag and the message.
    said: Said<'a>,
}

/// What stands behind the host.
#[derive(Clone, Copy)]
enum Said<'a> {
    Tagged(&'a [u8]),
    /// RFC 5424 has words for tag and pid.
    Rfc5424(&'a [u8]),
}

impl<'a> Frame<'a> {
    fn tag(&self) -> Option<Tag<'a>> {
        match self.said {
            Said::Tagged(rest) => Some(tag::read(rest)),
            Said::Rfc5424(rest) => rfc5424::tag(rest),
        }
    }
}

/// A frame in which nobody spoke yet.
fn framed<'a>(frame: &Frame<'a>, texts: &'a Texts<'a>) -> Envelope<'a> {
    Envelope {
        time: frame.time,
        host: texts.read(frame.host),
        // Between the program and the file may have been journald.
        may_be_stripped: true,
        ..Envelope::empty(texts)
    }
}

impl<'a> Envelope<'a> {
    /// Takes tag and message of a line in this frame.
    #[inline]
    fn say(&mut self, tag: Tag<'a>, program: Option<&'static Program>, names: &OtherNames) {
        (self.tag, self.pid, self.program) = (tag.name, tag.pid, program);
        self.message = without_message_id(tag.message);
        self.know_by(names);
    }
}

/// Reads a line that was trimmed.
fn frame<'a>(line: &'a [u8], clock: &Clock) -> Option<Frame<'a>> {
    let rest = without_priority(line);
    let frame = match rfc5424::after_version(rest) {
        Some(rest) => rfc5424::frame(rest, clock),
        None => dated(rest, clock),
    };
    frame.or_else(|| dated(without_containers_name(rest)?, clock))
}

fn dated<'a>(line: &'a [u8], clock: &Clock) -> Option<Frame<'a>> {
    let stamp = stamp::read(line, clock)?;
    let (host, rest) = words::host(stamp.rest.strip_prefix(b" ")?);
    let said = Said::Tagged(rest);
    Some(Frame { time: stamp.time, zone_unknown: stamp.zone_unknown, host, said })
}

/// The line without what editors, terminals and C strings leave around it. Blanks at the end
/// stay: they can belong to a name.
fn trim(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|b| !matches!(b, b'\0' | b'\r' | b'\n')).map_or(0, |at| at + 1);
    let line = &line[..end];
    let start = line.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(end);
    &line[start..]
}

/// `<38>`, as it stands on the wire.
fn without_priority(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b"<") else { return line };
    let digits = count_digits(rest);
    match rest.get(digits) {
        Some(b'>') if (1..=3).contains(&digits) => &rest[digits + 1..],
        _ => line,
    }
}

/// `web-1  | `, which docker compose puts before each line of a container.
fn without_containers_name(line: &[u8]) -> Option<&[u8]> {
    let (name, rest) = split_word(line);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(byte);
    let rest = rest.trim_ascii_start().strip_prefix(b"|")?;
    (!name.is_empty() && name.iter().all(plain)).then(|| rest.trim_ascii_start())
}

/// Solaris's `[ID 800047 auth.info] ` before the message.
#[inline]
fn without_message_id(message: &[u8]) -> &[u8] {
    message.strip_prefix(b"[ID ").and_then(behind_message_id).unwrap_or(message)
}

fn behind_message_id(rest: &[u8]) -> Option<&[u8]> {
    let end = memchr::memchr(b']', rest)?;
    let (id, severity) = split_word(&rest[..end]);
    let after = &rest[end + 1..];
    let known = count_digits(id) == id.len() && words::is_severity(severity);
    known.then(|| after.strip_prefix(b" ").unwrap_or(after))
}

/// The first word and what stands behind the blank.
fn split_word(rest: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', rest) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, b""),
    }
}

fn count_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}
