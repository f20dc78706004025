//! The tag: the first word behind the host, and the pid in its brackets.

use crate::programs::{self, Program};

#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    pub name: &'a [u8],
    pub pid: Option<u32>,
    pub message: &'a [u8],
}

/// `name[pid]: message`, `name: message`, `[name]: message`. A line whose first word is none of
/// these has no tag (`last message repeated 2 times`).
pub(super) fn read(rest: &[u8]) -> Tag<'_> {
    let tag = bracketed(rest)
        .or_else(|| by_connection(rest))
        .or_else(|| plain(rest))
        .or_else(|| titled(rest));
    let Some(tag) = tag else { return Tag { name: b"", pid: None, message: rest } };
    by_title(by_unit(tag))
}

/// What nearly every line has: `name[pid]: message` or `name: message`, a blank behind the colon.
#[inline]
pub(super) fn usual(rest: &[u8]) -> Option<Tag<'_>> {
    let tag = plain(rest)?;
    // A blank before the message, so that this is no `facility:level` of AIX.
    let blank = rest.len() - tag.message.len();
    (rest.get(blank.checked_sub(1)?) == Some(&b' ')).then(|| by_title(by_unit(tag)))
}

/// The tags of the last lines and whose they are: a log has few that it is full of. It tells of
/// each line what [`usual`] tells, whatever came before.
#[derive(Debug)]
pub(super) struct Tags {
    known: [Known; 4],
    /// Which of them a new one replaces.
    next: usize,
}

/// A tag as the line has it, with the bracket before the pid, as a number.
#[derive(Clone, Copy, Debug)]
struct Known {
    word: u128,
    mask: u128,
    length: usize,
    program: Option<&'static Program>,
}

impl Tags {
    pub(super) fn new() -> Tags {
        // No line begins so: the mask leaves nothing of it.
        Tags { known: [Known { word: 1, mask: 0, length: 0, program: None }; 4], next: 0 }
    }

    #[inline]
    pub(super) fn read<'a>(
        &mut self,
        rest: &'a [u8],
    ) -> Option<(Tag<'a>, Option<&'static Program>)> {
        if let Some(known) = self.known(rest) {
            return Some(known);
        }
        let tag = usual(rest)?;
        let program = programs::by_tag(tag.name);
        self.note(rest, tag.name, program);
        Some((tag, program))
    }

    #[inline]
    fn known<'a>(&self, rest: &'a [u8]) -> Option<(Tag<'a>, Option<&'static Program>)> {
        let begin = u128::from_le_bytes(*rest.first_chunk()?);
        let known = self.known.iter().find(|known| begin & known.mask == known.word)?;
        let (pid, after) = short_pid(rest.get(known.length..)?)?;
        let (name, message) = (&rest[..known.length - 1], after.strip_prefix(b": ")?);
        Some((Tag { name, pid: Some(pid), message }, known.program))
    }

    /// Keeps a tag that stands in the line as it is told, and that is short enough.
    fn note(&mut self, rest: &[u8], name: &[u8], program: Option<&'static Program>) {
        let length = name.len() + 1;
        let Some(bytes) = rest.first_chunk().filter(|_| length <= 16) else { return };
        if rest.starts_with(name) && rest[name.len()] == b'[' {
            let mask = u128::MAX >> (128 - 8 * length);
            let word = u128::from_le_bytes(*bytes) & mask;
            self.known[self.next] = Known { word, mask, length, program };
            self.next = (self.next + 1) % self.known.len();
        }
    }
}

#[inline]
fn plain(rest: &[u8]) -> Option<Tag<'_>> {
    let end = rest.iter().position(|b| matches!(b, b':' | b'[' | b' '))?;
    let name = &rest[..end];
    match rest[end] {
        _ if end == 0 => None,
        b':' => Some(Tag { name, pid: None, message: after_colon(&rest[end..])? }),
        b'[' => {
            let (pid, after) = pid_in_brackets(&rest[end..])?;
            Some(Tag { name, pid, message: after_colon(after)? })
        }
        _ => None,
    }
}

/// The pid in the brackets at the start, and what follows them; `None` in place of a pid that is no
/// number.
#[inline]
fn pid_in_brackets(rest: &[u8]) -> Option<(Option<u32>, &[u8])> {
    if let Some((pid, after)) = short_pid(&rest[1..]) {
        return Some((Some(pid), after));
    }
    let (pid, after) = in_brackets(rest)?;
    Some((super::number(pid), after))
}

/// The pid behind the bracket, where it has up to nine digits, as nearly every one has: they are
/// read while the other bracket is looked for.
#[inline]
fn short_pid(rest: &[u8]) -> Option<(u32, &[u8])> {
    let (mut pid, mut at) = (0, 0);
    while let Some(byte @ b'0'..=b'9') = rest.get(at)
        && at < 9
    {
        pid = pid * 10 + u32::from(byte - b'0');
        at += 1;
    }
    (at > 0 && rest.get(at) == Some(&b']')).then(|| (pid, &rest[at + 1..]))
}

/// ` -- bob[7]: …` of util-linux before 2.18: login had put `login -- bob` where ps(1) looks, over
/// the name that syslog(3) took.
fn titled(rest: &[u8]) -> Option<Tag<'_>> {
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"-- ")?;
    plain(rest).map(|tag| Tag { name: b"login", ..tag })
}

/// metalog's `[sshd]`, with or without a colon.
fn bracketed(rest: &[u8]) -> Option<Tag<'_>> {
    let (name, after) = in_brackets(rest)?;
    let (pid, after) =
        in_brackets(after).map_or((None, after), |(pid, after)| (super::number(pid), after));
    let message = after_colon(after).or_else(|| after.strip_prefix(b" "))?;
    (!name.is_empty() && !name.contains(&b' ')).then_some(Tag { name, pid, message })
}

/// `journalctl -o with-unit` writes the unit where the tag stands. All that sshd's unit says is
/// sshd's; of a session's scope nobody can tell who speaks, so it has no tag.
#[inline]
fn by_unit(tag: Tag<'_>) -> Tag<'_> {
    if !matches!(tag.name.last(), Some(b'e')) {
        return tag;
    }
    let service = tag.name.strip_suffix(b".service");
    let scope = tag.name.strip_suffix(b".scope");
    let unit = match service.or(scope) {
        Some(unit) => unit.split(|byte| *byte == b'@').next().unwrap_or(unit),
        None => return tag,
    };
    let name: &[u8] = if matches!(unit, b"ssh" | b"sshd") { b"sshd" } else { b"" };
    Tag { name, ..tag }
}

/// `sshd: bob [priv][12]: …`: the tag is the title that sshd gave its process, which can stand
/// where syslog(3) looks for the name.
#[inline]
fn by_title(tag: Tag<'_>) -> Tag<'_> {
    if tag.pid.is_some() || !tag.name.starts_with(b"sshd") {
        return tag;
    }
    title_and_pid(tag.message).map_or(tag, |(pid, message)| Tag { pid: Some(pid), message, ..tag })
}

/// The pid and the message behind a title, which is one word, or one and a part of sshd's.
fn title_and_pid(message: &[u8]) -> Option<(u32, &[u8])> {
    const PARTS: &[&[u8]] = &[b" [priv]", b" [net]", b" [accepted]", b" [pam]", b" [listener]"];
    let end = message.iter().position(|byte| matches!(byte, b' ' | b'['))?;
    let rest = &message[end..];
    let rest = PARTS.iter().find_map(|part| rest.strip_prefix(*part)).unwrap_or(rest);
    let (pid, rest) = in_brackets(rest)?;
    Some((super::number(pid)?, rest.strip_prefix(b": ")?))
}

/// `ssh@3-192.0.2.1:22-192.0.2.9:5000.service[12]: …` of journalctl's with-unit: one unit for each
/// connection, with colons in its name.
fn by_connection(rest: &[u8]) -> Option<Tag<'_>> {
    let unit = rest.strip_prefix(b"ssh@").or_else(|| rest.strip_prefix(b"sshd@"))?;
    let end = unit.iter().position(|byte| matches!(byte, b'[' | b' '))?;
    let (pid, after) = in_brackets(unit[..end].ends_with(b".service").then_some(&unit[end..])?)?;
    Some(Tag { name: b"sshd", pid: super::number(pid), message: after_colon(after)? })
}

/// What stands in the brackets at the start, and what follows them.
#[inline]
fn in_brackets(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = rest.strip_prefix(b"[")?;
    let end = rest.iter().position(|byte| matches!(byte, b']' | b' '))?;
    (rest[end] == b']').then(|| (&rest[..end], &rest[end + 1..]))
}

/// The message behind the colon and one blank. More blanks are the program's own.
fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b":")?;
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}
