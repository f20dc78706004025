//! doas of OpenBSD and OpenDoas (`doas.c`, `pam.c`, `shadow.c`): read as sudo, which it stands for.
//!
//! Nothing is escaped: command and directory are the caller's bytes. The caller stands first, and
//! no name of an account holds a blank. Behind it command, target and directory cannot be told
//! apart for certain, since ` as ` and ` from ` may stand in the command and in the directory: the
//! last `as NAME from /` is taken. The command's line is written before it runs, so it says that
//! it was allowed; a `nolog` rule leaves none.

use super::rows::Tells::{Event, Refused};
use super::rows::Versions::{All, Since, Until};
use super::rows::{Index, KNOWN, Known, Line, PROOF, Row, Table, named, noise, row};
use super::words::{rfind, rsplit_once, split_once, trim};
use super::{Envelope, Parsed, duo};
use crate::event::EventKind::SudoCommand;
use crate::event::Reason::{CommandNotAllowed, IncorrectPassword, PasswordRequired};

pub(super) static TABLE: Table = Table::new("doas", "doas", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS, duo::ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "doas", trim(envelope.message));
    TABLE.read(&mut line, Some("doas"), into);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("command not permitted for ", Since("OpenDoas 6.8"), not_permitted, Refused(CommandNotAllowed), PROOF,
        "command not permitted for alice: /bin/sh ‹x›",
        "sudo_failure doas reason=command_not_allowed user=alice command=/bin/sh x"),
    row("failed command for ", Until("OpenDoas 6.6.1"), not_permitted, Refused(CommandNotAllowed), PROOF,
        "failed command for alice: /bin/sh ‹x›",
        "sudo_failure doas reason=command_not_allowed user=alice command=/bin/sh x"),
    row("failed auth for ", Since("OpenBSD 5.9"), named, Refused(IncorrectPassword), PROOF,
        "failed auth for alice",
        "sudo_failure doas reason=incorrect_password user=alice"),
    row("failed password for ", Until("OpenBSD 5.8"), named, Refused(IncorrectPassword), PROOF,
        "failed password for alice",
        "sudo_failure doas reason=incorrect_password user=alice"),
    row("tty required for ", All, named, Refused(PasswordRequired), PROOF,
        "tty required for alice",
        "sudo_failure doas reason=password_required user=alice"),
    noise("pam_", All, "pam_open_session: Permission denied"),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    row("", Until("OpenBSD 5.8"), ran_of_old, Event(SudoCommand), PROOF,
        "alice ran command as root: /bin/ls -l",
        "sudo_command doas user=alice target=root command=/bin/ls -l"),
    row("", Since("OpenBSD 5.9"), ran, Event(SudoCommand), PROOF,
        "harrisl ran command amd-smi reset --gpureset as root from /home/harrisl",
        "sudo_command doas user=harrisl target=root dir=/home/harrisl command=amd-smi reset --gpureset"),
    row("", All, ran_shell, Event(SudoCommand), PROOF,
        "alice ran shell /bin/ksh as root from /home/alice",
        "sudo_command doas user=alice target=root dir=/home/alice command=/bin/ksh"),
];

/// `alice: COMMAND`
fn not_permitted<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, command) = split_once(rest, b": ")?;
    let event = line.event(into);
    (event.user, event.command) = (Some(line.text(user)), Some(line.text(command)));
    KNOWN
}

/// `alice ran command COMMAND as TARGET from DIRECTORY`
fn ran<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = split_once(text, b" ran command ")?;
    used(line, user, rest, into)
}

/// `alice ran shell SHELL as TARGET from DIRECTORY` of ports
fn ran_shell<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = split_once(text, b" ran shell ").or_else(|| {
        let (user, rest) = split_once(text, b" ran a shell ")?;
        rest.starts_with(b"as ").then_some((user, rest))
    })?;
    used(line, user, rest, into)
}

fn used<'a>(line: &Line<'_, 'a>, user: &'a [u8], rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (command, target, directory) = match target(rest) {
        Some((command, target, directory)) => (command, Some(target), Some(directory)),
        // What syslog cut off.
        None => (rest, None, None),
    };
    if !is_account(user) {
        return None;
    }
    let event = line.event(into);
    (event.user, event.target_user) = (Some(line.text(user)), target.map(|part| line.text(part)));
    (event.command, event.directory) =
        (Some(line.text(command)), directory.map(|part| line.text(part)));
    KNOWN
}

/// Command, target and directory, by the last `as NAME from /`. Where the directory could not be
/// read, doas writes `(failed)` in its place.
fn target(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    const FROM: &[u8] = b" from ";
    let mut end = rest.len();
    while let Some(at) = rfind(&rest[..end], FROM) {
        let directory = &rest[at + FROM.len()..];
        let named = rsplit_once(&rest[..at], b" as ").filter(|(_, name)| is_account(name));
        if let Some((command, name)) = named
            && (directory.starts_with(b"/") || directory == b"(failed)")
        {
            return Some((command, name, directory));
        }
        end = at;
    }
    None
}

/// `alice ran command as TARGET: COMMAND`
fn ran_of_old<'a>(line: &Line<'_, 'a>, text_of: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = split_once(text_of, b" ran command as ")?;
    let (target, command) = split_once(rest, b": ").filter(|(target, _)| is_account(target))?;
    if !is_account(user) {
        return None;
    }
    let event = line.event(into);
    (event.user, event.target_user) = (Some(line.text(user)), Some(line.text(target)));
    event.command = Some(line.text(command));
    KNOWN
}

fn is_account(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|byte| byte.is_ascii_whitespace() || *byte == b':')
}

#[cfg(test)]
mod tests;
