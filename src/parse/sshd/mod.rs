//! sshd: who was let in, who was refused, and which connections ended before a login.
//!
//! Reads the lines of OpenSSH 4.3 to 10.5 (`sshd`, `sshd-session`, `sshd-auth`): [`rows`] and
//! [`noise`] are the table of them, the other modules read what a row cannot say.
//!
//! A user name stands in the middle of a line and may hold anything, other lines' words included.
//! What sshd itself wrote stands at fixed ends: each form is read from its start up to the name
//! and from its end back to the name, and what is between is the name ([`shape`], [`party`],
//! [`key`], [`fields`]).
//!
//! A line that can only be written before a login and ends (or dooms) the connection is a proof.
//! One after which a login may still come, or that old versions also write after a login, is an
//! [end](crate::event::Role::End): it counts unless that process let someone in, and lends its
//! reason to the line that proves the end.

mod attempt;
mod closing;
mod fields;
mod key;
mod listener;
mod noise;
mod party;
mod refusal;
mod rows;
mod shape;
#[cfg(test)]
mod tests;

use super::rows::{Index, Level, Line, Row, Table};
use super::{Envelope, Parsed, duo};

pub(super) static TABLE: Table = Table::new("sshd", "sshd", ROWS, || Index::of(ROWS));
const ROWS: &[&[Row]] = &[rows::ROWS, noise::ROWS, duo::ROWS];

/// `log.c` writes through `syslog(pri, "%.500s", …)`: what is exactly this long may have lost its
/// end, and then a name can stand where sshd's own fields would.
const CUT: usize = 500;

/// journald, and what reads from it, takes blanks off a message's end, and a name of blanks is cut
/// to at most 200 bytes: so what is at least this long may have been [`CUT`] before. Then the mark
/// that the monitor puts at the end of lines from before a login is missing. (An entry of systemd
/// 240 on has its blanks back, from `SYSLOG_RAW`, and is as long as it was.)
const MAY_BE_CUT: usize = CUT - 200;

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = line(envelope);
    if line.level == Level::Debug {
        return;
    }
    TABLE.read(&mut line, Some("sshd"), into);
}

/// The message without what `log.c` and `monitor.c` put around it.
fn line<'e, 'a>(envelope: &'e Envelope<'a>) -> Line<'e, 'a> {
    let (level, text) = level(trim(envelope.message));
    // FreeBSD builds libssh with this prefix on every function's name.
    let text = text.strip_prefix(b"Fssh_").unwrap_or(text);
    let (text, preauth) = unmarked(text);
    let mut line = Line::new(envelope, "sshd", text);
    (line.level, line.preauth) = (level, preauth);
    let length = envelope.message.len();
    let may_be_cut = envelope.may_be_stripped && (MAY_BE_CUT..CUT).contains(&length);
    line.cut = length == CUT || may_be_cut && !preauth;
    line
}

/// Without the monitor's mark at the end, and whether that is the one of before a login.
fn unmarked(text: &[u8]) -> (&[u8], bool) {
    if !text.ends_with(b"auth]") {
        return (text, false);
    }
    match text.strip_suffix(b" [preauth]") {
        Some(text) => (text, true),
        None => (text.strip_suffix(b" [postauth]").unwrap_or(text), false),
    }
}

fn level(message: &[u8]) -> (Level, &[u8]) {
    const LEVELS: [(&[u8], Level); 5] = [
        (b"error: ", Level::Error),
        (b"fatal: ", Level::Fatal),
        (b"debug1: ", Level::Debug),
        (b"debug2: ", Level::Debug),
        (b"debug3: ", Level::Debug),
    ];
    if !matches!(message.first(), Some(b'e' | b'f' | b'd')) {
        return (Level::Plain, message);
    }
    let strip = |(word, level): &(&[u8], Level)| Some((*level, message.strip_prefix(*word)?));
    LEVELS.iter().find_map(strip).unwrap_or((Level::Plain, message))
}

/// Without the blanks around a message, and without the line end that rsyslog shows as an octal
/// escape.
fn trim(message: &[u8]) -> &[u8] {
    let mut message = message.trim_ascii();
    while let Some(rest) = strip_escape(message) {
        message = rest.trim_ascii_end();
    }
    message
}

fn strip_escape(message: &[u8]) -> Option<&[u8]> {
    let (start, [b'#', b'0', digits @ ..]) = message.split_last_chunk::<4>()? else { return None };
    matches!(digits, b"12" | b"15" | b"00" | b"11" | b"40").then_some(start)
}
