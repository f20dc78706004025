//! The words between stamp and tag: the host, and what some daemons write of facility and level.

use super::split_word;

/// The host and what follows it. Empty where the line names none: the tag comes at once, often
/// behind a second blank. (macOS writes two blanks before a host as well, others behind it.)
pub(super) fn host(rest: &[u8]) -> (&[u8], &[u8]) {
    let rest = without_verbose_priority(rest.trim_ascii_start());
    let (word, after) = split_word(rest);
    if is_severity(without_brackets(word)) {
        return (b"", after.trim_ascii_start());
    }
    if is_tag_of_hostless_line(word) || rest.starts_with(b"last message repeated ") {
        return (b"", rest);
    }
    // ` -- bob[7]:` is a tag that begins with a blank.
    let after = if after.starts_with(b" -- ") { after } else { after.trim_ascii_start() };
    (word, without_severity(after))
}

/// FreeBSD's `syslogd -v`: `<auth.info>` or `<4.6>` before the host.
fn without_verbose_priority(rest: &[u8]) -> &[u8] {
    let (word, after) = split_word(rest);
    if word.starts_with(b"<") && word.ends_with(b">") { after } else { rest }
}

/// What follows facility and level behind the host: `auth.info` (BusyBox, OpenWrt),
/// `auth|security:info` (AIX), `authpriv info`, or one of the two alone, each with any blanks
/// behind it. No tag is such a word, for a tag ends in a colon or in brackets.
fn without_severity(rest: &[u8]) -> &[u8] {
    let (word, after) = split_word(rest);
    let after = after.trim_ascii_start();
    if is_severity(without_brackets(word)) || is_level(word) {
        return after;
    }
    if !is_facility(word) {
        return rest;
    }
    let (level, behind) = split_word(after);
    if is_level(level) { behind.trim_ascii_start() } else { after }
}

/// `[auth.info]`, `<auth.info>`, `(auth.info)`; a bracket alone is none.
fn without_brackets(word: &[u8]) -> &[u8] {
    match word {
        [b'[', inner @ .., b']'] | [b'<', inner @ .., b'>'] | [b'(', inner @ .., b')'] => inner,
        _ => word,
    }
}

/// No host name ends in a colon, but a tag does, and metalog's stands in brackets. (An IPv6
/// address can end in two, or have brackets around its colons.)
fn is_tag_of_hostless_line(word: &[u8]) -> bool {
    let bracketed = word.starts_with(b"[") && word.ends_with(b"]") && !word.contains(&b':');
    bracketed || word.ends_with(b":") && !word.ends_with(b"::")
}

/// Facility and level, parted by a dot, a colon or a slash.
pub(super) fn is_severity(word: &[u8]) -> bool {
    let Some(parting) = word.iter().rposition(|byte| matches!(byte, b'.' | b':' | b'/')) else {
        return false;
    };
    is_level(&word[parting + 1..]) && word[..parting].split(|byte| *byte == b'|').all(is_facility)
}

/// The names of syslog.conf(5).
fn is_level(word: &[u8]) -> bool {
    const LEVELS: [&str; 11] = [
        "emerg", "panic", "alert", "crit", "err", "error", "warn", "warning", "notice", "info",
        "debug",
    ];
    LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level.as_bytes()))
}

fn is_facility(word: &[u8]) -> bool {
    const FACILITIES: [&str; 13] = [
        "kern", "user", "mail", "daemon", "auth", "authpriv", "security", "syslog", "lpr", "news",
        "uucp", "cron", "ftp",
    ];
    let local = word.len() == 6 && word[..5].eq_ignore_ascii_case(b"local");
    local || FACILITIES.iter().any(|facility| word.eq_ignore_ascii_case(facility.as_bytes()))
}
