//! systemd-logind: sessions again, which PAM already told, and the start of the host.
//!
//! Its lines count nothing: `New session …`, `Session 3 logged out.`, `Removed session 3.` tell
//! again what PAM's session lines told, one login opens two of its sessions since 256, and
//! background sessions (cron's) are not told at all. Nothing that it says is unknown, since
//! nothing that it says could count.

use super::rows::Tells::Hint;
use super::rows::Versions::{All, Since, Until};
use super::rows::{Index, Known, Line, PROOF, Row, Table, noise, row};
use super::words::trim;
use super::{Envelope, Parsed};
use crate::event::HintKind;

pub(super) static TABLE: Table =
    Table::new("systemd-logind", "systemd-logind", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "systemd-logind", trim(envelope.message));
    TABLE.read(&mut line, None, into);
}

/// `src/login/logind-seat.c`, `logind-session.c`
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("New seat seat0.", All, host_started, Hint, PROOF,
        "New seat seat0.",
        "hint HostStarted"),
    noise("New session ", Until("systemd 257"), "New session 136 of user testuser."),
    noise("New session '", Since("systemd 258"), "New session '3' of user 'bob' with class 'user' and type 'tty'."),
    noise("Session ", All, "Session 3 logged out. Waiting for processes to exit."),
    noise("Removed session ", All, "Removed session 136."),
];

/// The first thing that logind says after a boot. It says so too when it is restarted by hand,
/// which is rare and only closes sessions early.
fn host_started<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if rest.is_empty() { line.hint(into, HintKind::HostStarted) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, read, told};

    fn check(message: &str, expected: &str) {
        let envelope = framed("systemd-logind", Some(807), message.as_bytes());
        assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
    }

    #[test]
    fn only_the_start_of_the_host_helps() {
        check("New seat seat0.", "hint HostStarted"); // systemd 219 to 257
        check("New session 136 of user testuser.", "ignored"); // systemd 219 to 256
        check("New session c1 of user gdm.", "ignored");
        check(
            "New session '3' of user 'bob' with class 'user' and type 'tty'.", // systemd 257
            "ignored",
        );
        check("Session 3 logged out. Waiting for processes to exit.", "ignored");
        check("Removed session 136.", "ignored");
        check("System is rebooting.", "ignored");
        check("Watching system buttons on /dev/input/event0 (Power Button)", "ignored");
    }
}
