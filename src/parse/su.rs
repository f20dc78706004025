//! su and runuser of util-linux, shadow, the BSDs, IRIX and BusyBox.
//!
//! What adds nothing, and why: shadow's `+` and `-` lines (with pid) follow its own line; `No passwd
//! entry for user`, `pam_authenticate: …` and the like come before its `FAILED su`. Shadow's lines
//! of a build that writes sulog to a file only (`Authentication failed for`, `SU by … to
//! restricted account`, `DENIED su from`) are echoes. su-rs says nothing itself: PAM's lines tell.

use super::rows::Tells::Event;
use super::rows::Versions::{All, Since};
use super::rows::{ECHO, Index, KNOWN, Known, Line, PROOF, Row, Table, empty, noise, row};
use super::words::{quoted, rsplit_once, speaker, split_once, terminal, trim};
use super::{Envelope, Parsed, duo};
use crate::event::EventKind::{SuFailure, SuSuccess};

pub(super) static TABLE: Table = Table::new("su", "su", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS, duo::ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let message = trim(envelope.message);
    let mut line = Line::new(envelope, speaker(envelope), message);
    TABLE.read(&mut line, Some("su"), into);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // util-linux, login-utils/su-common.c (log_syslog): with a pid since 2.38
    row("(to ", Since("util-linux 2.23"), util_linux, Event(SuSuccess), PROOF,
        "(to root) bob on pts/0",
        "su_success su user=bob target=root tty=pts/0"),
    row("FAILED SU (to ", Since("util-linux 2.23"), util_linux, Event(SuFailure), PROOF,
        "FAILED SU (to root) bob on pts/0",
        "su_failure su user=bob target=root tty=pts/0"),
    row("FAILED RUNUSER (to ", Since("util-linux 2.23"), util_linux, Event(SuFailure), PROOF,
        "FAILED RUNUSER (to bob) root on none",
        "su_failure runuser user=root target=bob tty=none").under("runuser"),

    // shadow, lib/sulog.c and src/su.c, src/suauth.c
    row("Successful su for ", Since("shadow 4.0"), shadow, Event(SuSuccess), PROOF,
        "Successful su for root by bob",
        "su_success su user=bob target=root"),
    row("FAILED su for ", Since("shadow 4.0"), shadow, Event(SuFailure), PROOF,
        "FAILED su for ‹root› by bob",
        "su_failure su user=bob target=root"),
    row("Authentication failed for ", Since("shadow 4.0"), target, Event(SuFailure), ECHO,
        "Authentication failed for ‹root›",
        "su_failure su target=root role=echo"),
    row("SU by ", Since("shadow 4.0"), restricted, Event(SuFailure), ECHO,
        "SU by bob to restricted account ann",
        "su_failure su user=bob target=ann role=echo"),
    row("DENIED su from ", Since("shadow 4.0"), denied, Event(SuFailure), ECHO,
        "DENIED su from 'bob' to 'root' (/etc/suauth)",
        "su_failure su user=bob target=root role=echo"),

    // BusyBox, loginutils/su.c, without a pid; shadow's with one follow its own line
    row("+ ", Since("BusyBox 1.0"), busybox, Event(SuSuccess), ECHO,
        "+ /dev/pts/0 bob:root",
        "su_success su user=bob target=root tty=pts/0 role=echo").without_pid(),
    row("- ", Since("BusyBox 1.0"), busybox, Event(SuFailure), ECHO,
        "- /dev/pts/0 bob:root",
        "su_failure su user=bob target=root tty=pts/0 role=echo").without_pid(),

    // FreeBSD and OpenBSD, usr.bin/su/su.c; IRIX
    row("BAD SU ", Since("FreeBSD 4"), bsd, Event(SuFailure), PROOF,
        "BAD SU bob to root on /dev/pts/0",
        "su_failure su user=bob target=root tty=pts/0"),
    row("", Since("FreeBSD 4"), bsd, Event(SuSuccess), PROOF,
        "bob to root on /dev/pts/0",
        "su_success su user=bob target=root tty=pts/0"),
    row("succeeded: ", Since("IRIX 6.5"), irix, Event(SuSuccess), PROOF,
        "succeeded: ttyq4 changing from bob to root",
        "su_success su user=bob target=root tty=ttyq4"),
    row("failed: ", Since("IRIX 6.5"), irix, Event(SuFailure), PROOF,
        "failed: ttyq4 changing from bob to root",
        "su_failure su user=bob target=root tty=ttyq4"),

    // What adds nothing
    noise("/etc/suauth", Since("shadow 4.0"), "/etc/suauth, line 3: line too long or missing newline"),
    noise("Cannot determine the user name", Since("shadow 4.0"), "Cannot determine the user name of the caller (UID 1000)"),
    noise("Cannot execute ", Since("shadow 4.0"), "Cannot execute /bin/zsh"),
    noise("Change user from ", Since("shadow 4.1"), "Change user from 'a' to 'b' as requested by PAM"),
    noise("NO password asked for su", Since("shadow 4.0"), "NO password asked for su from 'bob' to 'root' (/etc/suauth)"),
    noise("No passwd entry", Since("shadow 4.0"), "No passwd entry for user '‹x›'"),
    noise("Overlong user", Since("shadow 4.1"), "Overlong user name 'x'"),
    noise("There is no UID 0", Since("shadow 4.0"), "There is no UID 0 user."),
    noise("Will not execute ", Since("shadow 4.0"), "Will not execute /bin/zsh"),
    noise("su from '", Since("shadow 4.0"), "su from 'bob' to 'root': asking for user's own password (/etc/suauth)"),
    noise("conversation failed", All, "conversation failed"),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    noise("pam_", All, "pam_authenticate: Authentication failure"),
    noise("su: ", All, "su: x"),
    noise("...", All, "..."),
    row("", All, empty, super::rows::Tells::Nothing, PROOF, " ", "ignored"),
];

/// Who became whom, as far as a line tells.
fn switched<'a>(
    line: &Line<'_, 'a>,
    user: Option<&'a [u8]>,
    target: &'a [u8],
    tty: Option<&'a [u8]>,
    into: &mut Parsed<'a>,
) -> Known {
    let event = line.event(into);
    (event.user, event.target_user) = (user.map(|part| line.text(part)), Some(line.text(target)));
    event.tty = tty.and_then(|tty| terminal(line.envelope, tty));
    KNOWN
}

/// `T) U on TTY`. The names are of accounts that exist; only the terminal's place is counted from
/// the end.
fn util_linux<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (target, rest) = split_once(rest, b") ")?;
    let (user, tty) =
        rsplit_once(rest, b" on ").or_else(|| Some((b"", rest.strip_prefix(b"on ")?)))?;
    switched(line, Some(user), target, Some(tty), into)
}

/// `T by U`. The name that was typed may hold anything, the caller's does not: the last ` by `
/// parts them.
fn shadow<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (target, user) = rsplit_once(rest, b" by ")?;
    switched(line, Some(user), target, None, into)
}

fn target<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    switched(line, None, rest, None, into)
}

/// `U to restricted account T`
fn restricted<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, target) = split_once(rest, b" to restricted account ")?;
    switched(line, Some(user), target, None, into)
}

/// `'U' to 'T' (FILE)`
fn denied<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = quoted(rest, b"' to '")?;
    let (target, _file) = rsplit_once(rest, b"' (")?;
    switched(line, Some(user), target, None, into)
}

/// `TTY U:T`
fn busybox<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let users =
        || split_once(rest, b" ").and_then(|(tty, users)| Some((tty, split_once(users, b":")?)));
    match users().filter(|_| line.envelope.pid.is_none()) {
        Some((tty, (user, target))) => switched(line, Some(user), target, Some(tty), into),
        None => KNOWN,
    }
}

/// `U to T on TTY`: five words and no more, so that no other line is taken for it.
fn bsd<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let mut words = rest.split(|byte| *byte == b' ');
    let mut word = || words.next();
    let (user, to, target, on, tty) = (word()?, word()?, word()?, word()?, word()?);
    let shaped = to == b"to" && on == b"on" && words.next().is_none();
    if shaped { switched(line, Some(user), target, Some(tty), into) } else { None }
}

/// `TTY changing from U to T`
fn irix<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (tty, users) = split_once(rest, b" changing from ")?;
    let (user, target) = rsplit_once(users, b" to ")?;
    switched(line, Some(user), target, Some(tty), into)
}

#[cfg(test)]
mod tests;
