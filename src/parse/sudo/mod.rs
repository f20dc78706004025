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
mod noise;
mod reason;

use super::rows::{self, Index, Row, Table};
use super::words::{event, split_once, terminal};
use super::{Envelope, Parsed, duo};
use crate::event::{EventKind, Role};
use line::Line;
use reason::Verdict;

/// What is said under sudo's tag without naming a user. Its commands and refusals are no table: one
/// grammar reads them.
pub(super) static TABLE: Table = Table::new("sudo", "sudo", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[noise::ROWS, duo::ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    // Not the shared trim: a newline at the end, escaped, is the command's.
    let message = envelope.message.trim_ascii();
    // What sudo-rs splits off a long record is its user's own text, whatever it looks like.
    // So is a name that Duo quotes.
    if message.starts_with(b"[...]") || message.is_empty() || duo::speaks(message) {
        return;
    }
    if let Some(json) = message.strip_prefix(b"@cee:") {
        *into = json::read(envelope, json);
        return;
    }
    let (user, rest) = frame(message);
    if rest.starts_with(b"(command continued)") {
        return;
    }
    match Line::read(rest) {
        Some(line) => told(envelope, user, &line, is_of_sudo_rs(message, &line), into),
        None => said(envelope, user, rest, into),
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

/// sudo-rs names the terminal by its path, and leaves two blanks where there is none.
fn is_of_sudo_rs(message: &[u8], line: &Line<'_>) -> bool {
    match line.tty {
        Some(tty) => tty.starts_with(b"/dev/"),
        None => split_once(message, b" :  PWD=").is_some_and(|(user, _)| !user.contains(&b' ')),
    }
}

fn told<'a>(
    envelope: &Envelope<'a>,
    user: Option<&'a [u8]>,
    line: &Line<'a>,
    sudo_rs: bool,
    into: &mut Parsed<'a>,
) {
    let refusal = line.reason.map(reason::verdict);
    let (kind, reason, count) = match refusal {
        Some(Verdict::Warning) => return,
        Some(Verdict::Refused { reason, count }) => (EventKind::SudoFailure, Some(reason), count),
        None if line.command.is_none() => {
            *into = Parsed::Unrecognized { program: "sudo" };
            return;
        }
        None => (EventKind::SudoCommand, None, 1),
    };
    let text = |part| envelope.text(part);
    let alone = line.exit && kind == EventKind::SudoCommand;
    let event = into.begin(event(envelope, kind, "sudo"));
    event.role = if alone { Role::Exit } else { Role::Proof };
    (event.reason, event.count, event.sudo_rs) = (reason, count, sudo_rs);
    (event.user, event.target_user) = (user.map(text), line.target.map(text));
    event.tty = line.tty.and_then(|tty| terminal(envelope, tty));
    (event.directory, event.command) = (line.directory.map(text), line.command.map(text));
}

/// A message without any field: a refusal before sudo knew the command, or a warning.
fn said<'a>(
    envelope: &Envelope<'a>,
    user: Option<&'a [u8]>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) {
    match reason::known(rest) {
        Some(Verdict::Refused { reason, count }) if user.is_some() => {
            let event = into.begin(event(envelope, EventKind::SudoFailure, "sudo"));
            (event.reason, event.count, event.user) =
                (Some(reason), count, user.map(|user| envelope.text(user)));
        }
        Some(_) => {}
        None => {
            let mut line = rows::Line::new(envelope, "sudo", rest);
            TABLE.read(&mut line, Some("sudo"), into);
        }
    }
}

#[cfg(test)]
mod tests;
