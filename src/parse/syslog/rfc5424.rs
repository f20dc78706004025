//! RFC 5424: `1 TIME HOST APP PROCID MSGID [structured data] message`, each `-` where absent.

use super::tag::Tag;
use super::{Clock, Frame, Said, number, split_word, stamp};

/// What follows the version, where the line has one. A year in front of RFC 3164 is none.
pub(super) fn after_version(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"1 ")?;
    (rest.starts_with(b"- ") || rest.first().is_some_and(u8::is_ascii_digit)).then_some(rest)
}

pub(super) fn frame<'a>(rest: &'a [u8], clock: &Clock) -> Option<Frame<'a>> {
    let (time, rest) = match rest.strip_prefix(b"-") {
        // A line without a time is as old as the moment it is read.
        Some(rest) => (clock.reference, rest),
        None => stamp::read(rest, clock).map(|stamp| (stamp.time, stamp.rest))?,
    };
    let (host, rest) = split_word(rest.strip_prefix(b" ")?);
    Some(Frame { time, zone_unknown: false, host: value(host), said: Said::Rfc5424(rest) })
}

/// Tag, pid and message of what stands behind the host; `None` where its structured data does not
/// end.
pub(super) fn tag(rest: &[u8]) -> Option<Tag<'_>> {
    let (name, rest) = split_word(rest);
    let (pid, rest) = split_word(rest);
    let (_message_id, rest) = split_word(rest);
    Some(Tag { name: value(name), pid: number(pid), message: after_structured_data(rest)? })
}

fn value(field: &[u8]) -> &[u8] {
    if field == b"-" { b"" } else { field }
}

/// The message behind `-` or any number of `[id name="value" …]`, and behind the BOM that marks
/// UTF-8.
fn after_structured_data(rest: &[u8]) -> Option<&[u8]> {
    let rest = match rest.strip_prefix(b"-") {
        Some(rest) => rest,
        None => after_elements(rest)?,
    };
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    Some(rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest))
}

/// A bracket inside a quoted value ends nothing, nor does a quote behind a backslash.
fn after_elements(rest: &[u8]) -> Option<&[u8]> {
    let (mut quoted, mut open, mut at) = (false, false, 0);
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' if quoted => at += 1,
            b'"' if open => quoted = !quoted,
            b'[' if !quoted => open = true,
            b']' if !quoted => open = false,
            _ if !open => break,
            _ => {}
        }
        at += 1;
    }
    (at > 0 && !open).then(|| rest.get(at..).unwrap_or(b""))
}
