//! The frame around a message: RFC 3164, RFC 3339, RFC 5424 and what daemons make of them.
//!
//! Owns time, host, tag and pid of a line. The tag is the first word behind the host and nothing
//! else: what a message quotes, or what a host calls itself, never becomes one.
//!
//! rsyslog writes control bytes as `#011`, `#012`, `#033`. They are left as they are: turned back
//! they could make one field into two, and sshd, sudo and PAM escape on their own before. Only at
//! the two ends of a message, where no program writes one on purpose, they are taken off.

mod rfc5424;
mod stamp;
#[cfg(test)]
mod tests;

use super::{Clock, Envelope};

/// Takes the frame off one line; `None` where it is no log line at all.
pub fn envelope<'a>(line: &'a [u8], clock: &Clock) -> Option<Envelope<'a>> {
    let line = trim(line);
    let line = without_priority(line);
    if let Some(rest) = rfc5424::after_version(line) {
        return rfc5424::envelope(rest, clock);
    }
    let (time, rest) = stamp::read(line, clock)?;
    let rest = rest.strip_prefix(b" ")?;
    let (host, rest) = host(rest);
    let tag = tag(rest);
    let message = without_message_id(tag.message);
    Some(Envelope { time, host, tag: tag.name, pid: tag.pid, message })
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

/// The host and what follows it. Empty where the line names none: the tag comes at once, often
/// behind a second blank. (macOS writes two blanks before a host as well.)
fn host(rest: &[u8]) -> (&[u8], &[u8]) {
    let rest = without_verbose_priority(rest.trim_ascii_start());
    let (word, after) = split_word(rest);
    if is_severity(word) {
        return (b"", after);
    }
    if is_tag_of_hostless_line(word) || rest.starts_with(b"last message repeated ") {
        return (b"", rest);
    }
    (word, without_severity(after))
}

/// FreeBSD's `syslogd -v`: `<auth.info>` or `<4.6>` before the host.
fn without_verbose_priority(rest: &[u8]) -> &[u8] {
    let (word, after) = split_word(rest);
    if word.starts_with(b"<") && word.ends_with(b">") { after } else { rest }
}

/// BusyBox and OpenWrt: `auth.info` before the tag.
fn without_severity(rest: &[u8]) -> &[u8] {
    let (word, after) = split_word(rest);
    if is_severity(word) { after } else { rest }
}

/// No host name ends in a colon, but a tag does, and metalog's stands in brackets. (An IPv6
/// address can end in two, or have brackets around its colons.)
fn is_tag_of_hostless_line(word: &[u8]) -> bool {
    let bracketed = word.starts_with(b"[") && word.ends_with(b"]") && !word.contains(&b':');
    bracketed || word.ends_with(b":") && !word.ends_with(b"::")
}

/// `facility.level` by the names of syslog.conf(5).
fn is_severity(word: &[u8]) -> bool {
    const LEVELS: [&[u8]; 11] = [
        b"emerg", b"panic", b"alert", b"crit", b"err", b"error", b"warn", b"warning", b"notice",
        b"info", b"debug",
    ];
    const FACILITIES: [&[u8]; 13] = [
        b"kern",
        b"user",
        b"mail",
        b"daemon",
        b"auth",
        b"authpriv",
        b"security",
        b"syslog",
        b"lpr",
        b"news",
        b"uucp",
        b"cron",
        b"ftp",
    ];
    let Some(dot) = memchr::memchr(b'.', word) else { return false };
    let (facility, level) = (&word[..dot], &word[dot + 1..]);
    let local = facility.len() == 6 && facility.starts_with(b"local");
    LEVELS.contains(&level) && (local || FACILITIES.contains(&facility))
}

struct Tag<'a> {
    name: &'a [u8],
    pid: Option<u32>,
    message: &'a [u8],
}

/// `name[pid]: message`, `name: message`, `[name]: message`. A line whose first word is none of
/// these has no tag (`last message repeated 2 times`).
fn tag(rest: &[u8]) -> Tag<'_> {
    bracketed_tag(rest).or_else(|| plain_tag(rest)).or_else(|| title_tag(rest)).unwrap_or(Tag {
        name: b"",
        pid: None,
        message: rest,
    })
}

fn plain_tag(rest: &[u8]) -> Option<Tag<'_>> {
    let end = rest.iter().position(|b| matches!(b, b':' | b'[' | b' '))?;
    let name = &rest[..end];
    match rest[end] {
        _ if end == 0 => None,
        b':' => Some(Tag { name, pid: None, message: after_colon(&rest[end..])? }),
        b'[' => {
            let (pid, after) = bracketed(&rest[end..])?;
            Some(Tag { name, pid: number(pid), message: after_colon(after)? })
        }
        _ => None,
    }
}

/// ` -- bob[7]: …` of util-linux before 2.18: login had put `login -- bob` where ps(1) looks, over
/// the name that syslog(3) took.
fn title_tag(rest: &[u8]) -> Option<Tag<'_>> {
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"-- ")?;
    plain_tag(rest).map(|tag| Tag { name: b"login", ..tag })
}

/// metalog's `[sshd]`, with or without a colon.
fn bracketed_tag(rest: &[u8]) -> Option<Tag<'_>> {
    let (name, after) = bracketed(rest)?;
    let (pid, after) = bracketed(after).map_or((None, after), |(pid, after)| (number(pid), after));
    let message = after_colon(after).or_else(|| after.strip_prefix(b" "))?;
    (!name.is_empty() && !name.contains(&b' ')).then_some(Tag { name, pid, message })
}

/// What stands in the brackets at the start, and what follows them.
fn bracketed(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = rest.strip_prefix(b"[")?;
    let end = memchr::memchr2(b']', b' ', rest)?;
    (rest[end] == b']').then(|| (&rest[..end], &rest[end + 1..]))
}

/// The message behind the colon and one blank. More blanks are the program's own.
fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b":")?;
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}

/// Solaris's `[ID 800047 auth.info] ` before the message.
fn without_message_id(message: &[u8]) -> &[u8] {
    let Some(rest) = message.strip_prefix(b"[ID ") else { return message };
    let Some(end) = memchr::memchr(b']', rest) else { return message };
    let (id, severity) = split_word(&rest[..end]);
    if count_digits(id) != id.len() || !is_severity(severity) {
        return message;
    }
    let after = &rest[end + 1..];
    after.strip_prefix(b" ").unwrap_or(after)
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

/// A decimal number without sign; `None` where it is none or does not fit.
fn number(bytes: &[u8]) -> Option<u32> {
    let digits = !bytes.is_empty() && count_digits(bytes) == bytes.len();
    std::str::from_utf8(bytes).ok().filter(|_| digits)?.parse().ok()
}
