//! sudo's commands and refusals.
//!
//! sudo's `lib/eventlog/eventlog.c` writes `%8s : %s` of the invoking user and a log line whose
//! parts stand in one order, each only if set, parted by ` ; `: reason, HOST, TTY, CHROOT, PWD,
//! USER, GROUP, TSID, ENV, COMMAND, and for exit records SIGNAL and EXIT. With `log_format=json` it
//! writes `@cee:{"sudo":{…}}`. sudo-rs writes `user : TTY=… ; PWD=… ; USER=… ; COMMAND=…` for a
//! command and nothing of its own for a refusal.
//!
//! What users choose, and which reading is taken:
//! - A user's name holds no `:`, so the first ` : ` ends the frame.
//! - A line with a reason is a refusal whatever the reason quotes (`sudo -u 'x ; COMMAND=…'`).
//! - The command is everything after the first `COMMAND=`: arguments may hold ` ; COMMAND=` too.
//!   A user who works in a directory whose name holds ` ; COMMAND=…` writes the same bytes as one
//!   who gives such arguments; no reader can tell them apart, and the second needs no directory.
//! - Before it, PWD reaches to the last ` ; USER=`, so that a directory's name forges no target.
//!
//! A command whose exit is logged (`log_exit_status`) leaves a second line that ends in ` ; EXIT=0`.
//! Its event is a [`Role::Exit`]: it counts only where the first line is not known. (A command longer than
//! `syslog_maxlen` has its EXIT in a continuation, where no rule sees it, and counts twice then.)
//!
//! What adds nothing: `(command continued)` lines, warnings that let the command run (time stamps,
//! I/O logs, unresolved host names), errors in sudoers.

mod json;
mod line;
mod reason;

use super::words::{event, split_once, starts_with_any, terminal, text};
use super::{Envelope, Parsed};
use crate::event::{Event, EventKind, Role};
use line::Line;
use reason::Verdict;

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    // Not the shared trim: a newline at the end, escaped, is the command's.
    let message = envelope.message.trim_ascii();
    if message.starts_with(b"PAM ") {
        return super::pam::parse(envelope);
    }
    if let Some(json) = message.strip_prefix(b"@cee:") {
        return json::read(envelope, json);
    }
    let (user, rest) = frame(message);
    if starts_with_any(rest, &[b"(command continued)", b"[...]"]) || message.is_empty() {
        return Parsed::Ignored;
    }
    match Line::read(rest) {
        Some(line) => told(envelope, user, &line),
        None => said(envelope, user, rest),
    }
}

/// The invoking user and the rest. Lines that sudo wrote to no syslog (sudoreplay's) lack the user.
fn frame(message: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match split_once(message, b" : ") {
        _ if line::starts_with_key(message) => (None, message),
        Some((user, rest)) => (Some(user.trim_ascii()), rest.trim_ascii_start()),
        None => (None, message),
    }
}

fn told<'a>(envelope: &Envelope<'a>, user: Option<&'a [u8]>, line: &Line<'a>) -> Parsed<'a> {
    let refusal = line.reason.map(reason::verdict);
    let (kind, reason, count) = match refusal {
        Some(Verdict::Warning) => return Parsed::Ignored,
        Some(Verdict::Refused { reason, count }) => (EventKind::SudoFailure, Some(reason), count),
        None if line.command.is_none() => return Parsed::Unrecognized { program: "sudo" },
        None => (EventKind::SudoCommand, None, 1),
    };
    let alone = line.exit && kind == EventKind::SudoCommand;
    Parsed::Event(Event {
        role: if alone { Role::Exit } else { Role::Proof },
        reason,
        count,
        user: user.map(text),
        target_user: line.target.map(text),
        tty: line.tty.and_then(terminal),
        directory: line.directory.map(text),
        command: line.command.map(text),
        ..event(envelope, kind, "sudo")
    })
}

/// A message without any field: a refusal before sudo knew the command, or a warning.
fn said<'a>(envelope: &Envelope<'a>, user: Option<&'a [u8]>, rest: &'a [u8]) -> Parsed<'a> {
    match reason::known(rest) {
        Some(Verdict::Refused { reason, count }) if user.is_some() => Parsed::Event(Event {
            reason: Some(reason),
            count,
            user: user.map(text),
            ..event(envelope, EventKind::SudoFailure, "sudo")
        }),
        Some(_) => Parsed::Ignored,
        None if reason::is_front_end(rest) => Parsed::Ignored,
        None => Parsed::Unrecognized { program: "sudo" },
    }
}

#[cfg(test)]
mod tests;
