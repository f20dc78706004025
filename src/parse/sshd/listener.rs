//! What the listener says of connections that it drops (`sshd.c`, `drop_connection`).
//!
//! Each line is about another connection and carries the listener's pid, which joins nothing: so
//! these events have none.
//!
//! From 8.5 to 9.7 sshd logs the first drop of a throttling and one every five minutes, at LogLevel
//! VERBOSE all of them, and says now and then and at the end how many it dropped in all. The memory
//! takes off those that were told one by one. Since 9.8 `logging rate-limited: additional N
//! connections dropped` names only those that no line told of.

use crate::event::{Event, HintKind, Reason};
use crate::parse::rows::{KNOWN, Known, Line};
use crate::parse::words::find;
use crate::parse::{Parsed, words};

use super::fields;
use super::shape::at;

/// `drop connection #N from [A]:p on [B]:p WHY`
pub(super) fn dropped<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let rest = &rest[find(rest, b" from [")? + b" from [".len()..];
    let (address, rest) = rest.split_at(memchr::memchr(b']', rest)?);
    let port_end = find(rest, b" on [")?;
    let peer = fields::of_parts(address, rest[..port_end].strip_prefix(b"]:")?)?;
    let why = &rest[port_end..];
    let why = &why[memchr::memchr(b' ', &why[b" on [".len()..]).map_or(0, |at| at + 5)..];
    at(line, of_listener(line, reason_of(why), 1, into), peer)
}

/// `WHY logging rate-limited: additional N connections dropped`
pub(super) fn dropped_unlogged<'a>(
    line: &Line<'_, 'a>,
    text: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    const WORDS: &[u8] = b" logging rate-limited: additional ";
    let end = find(text, WORDS)?;
    let count = text[end + WORDS.len()..].strip_suffix(b" connections dropped")?;
    let count = words::number(count)?;
    if count == 0 {
        return KNOWN;
    }
    of_listener(line, reason_of(&text[..end]), count, into);
    KNOWN
}

/// `beginning MaxStartups throttling`
pub(super) fn throttling_began<'a>(
    line: &Line<'_, 'a>,
    _: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    line.hint(into, HintKind::ThrottlingBegan)
}

/// `exited MaxStartups throttling after 00:01:02, N connections dropped`: the sum, of which the
/// memory knows what was told before.
pub(super) fn dropped_in_all<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    sum(line, connections(rest)?, into)
}

/// `in MaxStartups throttling for 00:05:01, N connections dropped`, where the last of them is told
/// by the next line.
pub(super) fn dropped_so_far<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    sum(line, connections(rest)?.saturating_sub(1), into)
}

fn sum<'a>(line: &Line<'_, 'a>, count: u32, into: &mut Parsed<'a>) -> Known {
    if count == 0 {
        return KNOWN;
    }
    of_listener(line, Reason::Throttled, count, into);
    KNOWN
}

fn of_listener<'s, 'a>(
    line: &Line<'_, 'a>,
    reason: Reason,
    count: u32,
    into: &'s mut Parsed<'a>,
) -> &'s mut Event<'a> {
    let event = line.event(into);
    (event.pid, event.count, event.reason) = (None, count, Some(reason));
    event
}

fn connections(rest: &[u8]) -> Option<u32> {
    let (_, count) = words::rsplit_once(rest.strip_suffix(b" connections dropped")?, b", ")?;
    words::number(count)
}

/// A penalty is for what the address did before; the rest is for how many come at once.
fn reason_of(why: &[u8]) -> Reason {
    let penalty = find(why, b"enalt").is_some();
    if penalty { Reason::Penalty } else { Reason::Throttled }
}

/// `Session process N unpriv child crash for connection from A to B` (10.0 on): the child that
/// serves a connection before its login died.
pub(super) fn crashed<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let end = find(rest, b" unpriv child crash for ")?;
    let pid = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let from = find(rest, b" for connection from ")?;
    let (peer, _) = fields::at_start(&rest[from + b" for connection from ".len()..])?;
    let event = line.event(into);
    event.pid = Some(pid);
    at(line, event, peer)
}
