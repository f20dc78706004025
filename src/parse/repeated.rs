//! `message repeated 3 times: [ … ]` and `last message repeated 3 times`: what log daemons write
//! instead of the same line again.
//!
//! rsyslog's `runtime/ratelimit.c` quotes the message, with tag, host and pid of the original;
//! older ones and sysklogd only say that the line before came again.

use super::rows::{KNOWN, Known};
use super::words::{find, hint, speaker};
use super::{Envelope, Parsed, read};
use crate::event::{EventKind, HintKind};

/// No more repetitions are believed: log daemons report them every few minutes at least, and
/// anyone can write a line that reports four billion.
const MOST_TIMES: u32 = 10_000;

/// `None` where the message is no report of repetition.
#[inline]
pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) -> Known {
    match envelope.message.first()? {
        b'm' => quoted(envelope, into),
        b'l' | b'-' => unquoted(envelope, into),
        _ => None,
    }
}

fn quoted<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) -> Known {
    let rest = envelope.message.strip_prefix(b"message repeated ")?;
    let (times, rest) = times(rest)?;
    let inner = without_bracket(rest.strip_prefix(b": [")?);
    let inner = inner.strip_prefix(b" ").unwrap_or(inner);
    read(&Envelope { message: inner, ..envelope.clone() }, into);
    if let Some(event) = into.event_mut() {
        // One connection is refused once, however often its process says so. The listener speaks
        // of a connection a line, and those events carry no pid.
        if event.kind != EventKind::LoginRejected || event.pid.is_none() {
            event.count = event.count.saturating_mul(times);
        }
    }
    KNOWN
}

/// The closing bracket is the report's, unless the report was cut and it is that of `[preauth]`.
fn without_bracket(quoted: &[u8]) -> &[u8] {
    let quoted = quoted.trim_ascii_end();
    match quoted.strip_suffix(b"]") {
        Some(inner) if inner.ends_with(b" [preauth") => quoted,
        Some(inner) => inner,
        None => quoted,
    }
}

fn unquoted<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) -> Known {
    // macOS puts dashes around.
    let message = envelope.message;
    let message = message.strip_prefix(b"--- ").unwrap_or(message);
    let (times, rest) = times(message.strip_prefix(b"last message repeated ")?)?;
    if !matches!(rest.trim_ascii(), b"" | b"---") {
        return None;
    }
    *into = Parsed::Hint(hint(envelope, speaker(envelope), HintKind::Repeated { times }));
    KNOWN
}

/// `3 times`, and what follows.
fn times(rest: &[u8]) -> Option<(u32, &[u8])> {
    let at = find(rest, b" time")?;
    let times: u32 = std::str::from_utf8(&rest[..at]).ok()?.parse().ok()?;
    let rest = &rest[at + b" time".len()..];
    Some((times.min(MOST_TIMES), rest.strip_prefix(b"s").unwrap_or(rest)))
}
