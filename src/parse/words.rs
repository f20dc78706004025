//! Small words over bytes that several parsers share.
//!
//! Log text is hostile and need not be UTF-8, so parsers cut bytes and turn only the fields they
//! keep into text. Owns no format.

use std::borrow::Cow;

use super::Envelope;
use crate::address;
use crate::event::{Event, EventKind, Hint, HintKind};

/// Where these words first stand. `memmem` makes ready for texts that are longer than a line, which
/// costs more than looking at one. Inlined, this and the next ones know the words that they look for.
#[inline(always)]
pub(super) fn find(text: &[u8], words: &[u8]) -> Option<usize> {
    let mark = mark(words);
    let mut from = mark;
    while let Some(at) = text.get(from..).and_then(|rest| memchr::memchr(words[mark], rest)) {
        let begin = from + at - mark;
        if text[begin..].starts_with(words) {
            return Some(begin);
        }
        from += at + 1;
    }
    None
}

/// Where these words last stand.
#[inline(always)]
pub(super) fn rfind(text: &[u8], words: &[u8]) -> Option<usize> {
    let mark = mark(words);
    let mut end = text.len();
    while let Some(at) = memchr::memrchr(words[mark], &text[..end]) {
        if at >= mark && text[at - mark..].starts_with(words) {
            return Some(at - mark);
        }
        end = at;
    }
    None
}

/// The place in some words of a byte that is rare in a line: a capital, else what they begin with
/// besides the blank. (Of words that are known to the compiler it is known too.)
#[inline(always)]
fn mark(words: &[u8]) -> usize {
    let capital = words.iter().position(u8::is_ascii_uppercase);
    capital.or(words.iter().position(|byte| *byte != b' ')).unwrap_or_default()
}

/// What stands before and after the first `separator`.
#[inline(always)]
pub(super) fn split_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = match separator {
        [byte] => memchr::memchr(*byte, bytes)?,
        _ => find(bytes, separator)?,
    };
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

/// What stands before and after the last `separator`.
#[inline(always)]
pub(super) fn rsplit_once<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = rfind(bytes, separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

/// A decimal number without sign; `None` where it is none or does not fit.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    let mut value: u64 = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || value > u64::from(u32::MAX) {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    u32::try_from(value).ok().filter(|_| !bytes.is_empty())
}

/// A decimal number without sign, the largest there is where it does not fit.
pub(super) fn saturating(digits: &[u8]) -> Option<u32> {
    let decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    decimal.then(|| number(digits).unwrap_or(u32::MAX))
}

/// So many attempts as one line can tell of: no program asks for a password more often before it says
/// so, but a line can say that it asked four billion times.
pub(super) fn attempts(count: u32) -> u32 {
    count.min(100)
}

pub(super) fn starts_with_any(bytes: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes.iter().any(|prefix| bytes.starts_with(prefix))
}

/// The message without blanks around it and without the newline that some programs log at its end
/// (raw, or as rsyslog's `#012`).
pub(super) fn trim(message: &[u8]) -> &[u8] {
    let message = message.trim_ascii();
    message.strip_suffix(b"#012").map_or(message, <[u8]>::trim_ascii_end)
}

/// A name in `'…'` or, as older shadow wrote it, `` `…' ``: the name and what follows the closing
/// quote. `close` is what must follow the name, quote included, so that a quote inside a name does
/// not end it early.
pub(super) fn quoted<'a>(bytes: &'a [u8], close: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = bytes.strip_prefix(b"'").or_else(|| bytes.strip_prefix(b"`"))?;
    split_once(rest, close)
}

/// A terminal as the events carry it: without `/dev/`; `None` where the field was empty.
pub(super) fn terminal<'a>(envelope: &Envelope<'a>, bytes: &'a [u8]) -> Option<&'a str> {
    let name = bytes.strip_prefix(b"/dev/").unwrap_or(bytes);
    (!name.is_empty()).then(|| envelope.text(name))
}

/// An address or host name as the events carry it; `None` where it was empty.
pub(super) fn remote<'a>(envelope: &Envelope<'a>, bytes: &'a [u8]) -> Option<&'a str> {
    (!bytes.is_empty()).then(|| folded(envelope, envelope.text(bytes)))
}

/// A source by its one spelling.
#[inline]
pub(super) fn folded<'a>(envelope: &Envelope<'a>, source: &'a str) -> &'a str {
    envelope.texts.keep(address::folded(Cow::Borrowed(source)))
}

/// The label of the program whose tag this is; empty for no program of a login.
pub(super) fn speaker(envelope: &Envelope<'_>) -> &'static str {
    envelope.program.map_or("", |row| row.name)
}

/// An event with what the frame tells.
#[inline(always)]
pub(super) fn event<'a>(envelope: &Envelope<'a>, kind: EventKind, program: &'a str) -> Event<'a> {
    Event {
        time: envelope.time,
        host: envelope.host,
        pid: envelope.pid,
        ..Event::new(kind, program)
    }
}

/// A hint with what the frame tells.
pub(super) fn hint<'a>(envelope: &Envelope<'a>, program: &'a str, kind: HintKind<'a>) -> Hint<'a> {
    Hint { time: envelope.time, host: envelope.host, program, pid: envelope.pid, kind }
}

/// A frame around a message, for the tables of the parsers' tests.
#[cfg(test)]
pub(super) fn framed<'a>(tag: &'a str, pid: Option<u32>, message: &'a [u8]) -> Envelope<'a> {
    Envelope {
        time: crate::event::Time::new(1_700_000_000, 0),
        host: "host",
        tag: tag.as_bytes(),
        program: crate::programs::by_tag(tag.as_bytes()),
        pid,
        message,
        may_be_stripped: true,
        texts: crate::event::Texts::for_ever(),
    }
}

#[cfg(test)]
pub(super) type Parser = for<'a> fn(&Envelope<'a>, &mut super::Parsed<'a>);

/// What a parser reads.
#[cfg(test)]
pub(super) fn read<'a>(parse: Parser, envelope: &Envelope<'a>) -> super::Parsed<'a> {
    let mut parsed = super::Parsed::Ignored;
    parse(envelope, &mut parsed);
    parsed
}

/// Everything an event says, on one line, so that a row of a test table is one string.
#[cfg(test)]
pub(super) fn told(parsed: &super::Parsed<'_>) -> String {
    use super::Parsed;
    match parsed {
        Parsed::Ignored => "ignored".into(),
        Parsed::Unrecognized { program } => format!("unrecognized {program}"),
        Parsed::Hint(Hint { kind: HintKind::AuthenticationSucceeded { user, .. }, .. }) => {
            format!("hint {user} was let in")
        }
        Parsed::Hint(hint) => format!("hint {:?}", hint.kind),
        Parsed::Event(event) => told_event(event),
    }
}

#[cfg(test)]
fn told_event(event: &Event<'_>) -> String {
    let mut line = format!("{} {}", event.kind, event.program);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    };
    let word = |field: &Option<&str>| field.map(ToString::to_string);
    add("change", event.change.map(|c| c.to_string()));
    add("reason", event.reason.map(|r| r.to_string()));
    add("count", (event.count != 1).then(|| event.count.to_string()));
    add("user", word(&event.user));
    add("invalid", event.invalid_user.then(|| "yes".to_string()));
    add("target", word(&event.target_user));
    add("method", event.method.map(|m| m.to_string()));
    add("source", word(&event.source));
    add("port", event.port.map(|port| port.to_string()));
    add("key", word(&event.fingerprint));
    add("identity", word(&event.identity));
    add("tty", word(&event.tty));
    add("dir", word(&event.directory));
    add("command", word(&event.command));
    add("role", (event.role != crate::event::Role::Proof).then(|| event.role.to_string()));
    line
}

#[cfg(test)]
mod tests;
