//! The tag: the first word behind the host, and the pid in its brackets.

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
    // Nearly every one has up to nine digits: they are read while the bracket is looked for.
    let (mut pid, mut at) = (0, 1);
    while let Some(byte @ b'0'..=b'9') = rest.get(at)
        && at < 10
    {
        pid = pid * 10 + u32::from(byte - b'0');
        at += 1;
    }
    if at > 1 && rest.get(at) == Some(&b']') {
        return Some((Some(pid), &rest[at + 1..]));
    }
    let (pid, after) = in_brackets(rest)?;
    Some((super::number(pid), after))
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
