//! polkit: a command that pkexec or run0 ran as another user, or was refused.
//!
//! Both do what sudo does, so their events are sudo's, with `pkexec` or `run0` as program: a
//! dashboard of commands run as root would be blind on one eye without them.
//!
//! pkexec tells a command itself. run0 says nothing; who used it polkitd alone tells, by the command
//! line of the process that asked (the caller's own text) and the account that owns it, in versions
//! to 124 and 126, and a refusal in all but 125. What else polkitd says of a password adds nothing:
//! PAM tells it (`polkit-agent-helper-1: pam_unix(polkit-1:auth)`), and most actions are no login.

use super::rows::Tells::{Event, Nothing, Refused};
use super::rows::Versions::{All, Since};
use super::rows::{Index, KNOWN, Known, Line, PROOF, Row, Table, empty, noise, row};
use super::words::{rsplit_once, speaker, split_once, terminal, trim};
use super::{Envelope, Parsed, duo};
use crate::event::EventKind::SudoCommand;
use crate::event::Reason::{CommandNotAllowed, IncorrectPassword, Other};

pub(super) static TABLE: Table = Table::new("polkit", "pkexec", PKEXEC, || Index::of(PKEXEC));
pub(super) static DAEMON: Table = Table::new("polkitd", "polkitd", POLKITD, || Index::of(POLKITD));
const PKEXEC: &[&[Row]] = &[PKEXECS, duo::ROWS];
const POLKITD: &[&[Row]] = &[POLKITDS];

/// polkitd tells much that concerns no login, so nothing that it says is unknown.
pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let message = trim(envelope.message);
    if speaker(envelope) != "pkexec" {
        return DAEMON.read(&mut Line::new(envelope, "run0", message), None, into);
    }
    let mut line = Line::new(envelope, "pkexec", message);
    TABLE.read(&mut line, Some("pkexec"), into);
}

/// src/programs/pkexec.c: the caller stands first.
#[rustfmt::skip]
const PKEXECS: &[Row] = &[
    row("", All, executed, Event(SudoCommand), PROOF,
        "david: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/david] [COMMAND=/usr/bin/cu -l /dev/ttyS0]",
        "sudo_command pkexec user=david target=root tty=pts/0 dir=/home/david command=/usr/bin/cu -l /dev/ttyS0"),
    row("", All, not_authorized, Refused(CommandNotAllowed), PROOF,
        "bob: Error executing command as another user: Not authorized [USER=root] [TTY=unknown] [CWD=/home/bob] [COMMAND=/bin/sh]",
        "sudo_failure pkexec reason=command_not_allowed user=bob target=root tty=unknown dir=/home/bob command=/bin/sh"),
    row("", All, refused, Refused(Other), PROOF,
        "bob: Error executing command as another user: Request dismissed [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
        "sudo_failure pkexec reason=other user=bob target=root tty=unknown dir=/ command=/bin/sh"),
    noise("pam_", All, "pam_open_session() failed: x"),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    noise("Error ", All, "Error opening current controlling terminal"),
    row("", All, empty, Nothing, PROOF, " ", "ignored"),
];

/// src/polkitbackend/polkitbackendinteractiveauthority.c
#[rustfmt::skip]
const POLKITDS: &[Row] = &[
    row("Operator of ", Since("polkit 0.96"), run0, Event(SudoCommand), PROOF,
        "Operator of unix-process:24907:153432 successfully authenticated as unix-user:root to gain ONE-SHOT authorization for action org.freedesktop.systemd1.manage-units for system-bus-name::1.92 [run0 -u admin id -u] (owned by unix-user:dominik)",
        "sudo_command run0 user=dominik target=admin command=id -u"),
    row("Operator of ", Since("polkit 0.96"), run0_refused, Refused(IncorrectPassword), PROOF,
        "Operator of unix-process:24907:153432 FAILED to authenticate to gain authorization for action org.freedesktop.systemd1.manage-units for system-bus-name::1.92 [run0 ‹id›] (owned by unix-user:dominik)",
        "sudo_failure run0 reason=incorrect_password user=dominik target=root"),
    noise("Operator of ", All, "Operator of unix-session:2 FAILED to authenticate to gain authorization for action org.freedesktop.policykit.exec for unix-process:1:2 [x] (owned by unix-user:u)"),
    noise("Registered Authentication Agent for ", All, "Registered Authentication Agent for unix-process:1:2 (system bus name :1.5 [pkttyagent], object path /org/freedesktop/PolicyKit1/AuthenticationAgent, locale C)"),
    noise("Unregistered Authentication Agent for ", All, "Unregistered Authentication Agent for unix-process:1:2 (system bus name :1.5, object path /org/freedesktop/PolicyKit1/AuthenticationAgent, locale C) (disconnected from bus)"),
    noise("Loading rules from directory ", All, "Loading rules from directory /etc/polkit-1/rules.d"),
    noise("Finished loading, compiling and executing ", All, "Finished loading, compiling and executing 3 rules"),
];

fn executed<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, what, fields) = parts(text)?;
    if what == b"Executing command" { with_fields(line, user, fields, into) } else { None }
}

fn not_authorized<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, what, fields) = parts(text)?;
    let refused = what == b"Error executing command as another user: Not authorized";
    if refused { with_fields(line, user, fields, into) } else { None }
}

/// Dismissed, or an environment that looks like an attack.
fn refused<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, _, fields) = parts(text)?;
    with_fields(line, user, fields, into)
}

/// Caller, words, and what stands behind ` [USER=`.
fn parts(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (user, rest) = split_once(text, b": ")?;
    let (what, fields) = split_once(rest, b" [USER=")?;
    Some((user, what, fields))
}

/// `root] [TTY=unknown] [CWD=/home/bob] [COMMAND=/bin/x --flag]`. The directory's name and the
/// command may hold brackets: the command begins at the first `[COMMAND=`, as sudo's does.
fn with_fields<'a>(
    line: &Line<'_, 'a>,
    user: &'a [u8],
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (target, rest) = split_once(rest, b"] [TTY=")?;
    let (tty, rest) = split_once(rest, b"] [CWD=")?;
    let (directory, rest) = split_once(rest, b"] [COMMAND=")?;
    let command = rsplit_once(rest, b"]").map_or(rest, |(command, _)| command);
    let event = line.event(into);
    (event.user, event.target_user) = (Some(line.text(user)), Some(line.text(target)));
    event.tty = terminal(line.envelope, tty);
    (event.directory, event.command) = (Some(line.text(directory)), Some(line.text(command)));
    KNOWN
}

/// `SUBJECT successfully authenticated as IDENTITY to gain SCOPE authorization for action A for
/// SUBJECT [COMMAND LINE] (owned by unix-user:USER)`
fn run0<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_subject, rest) = split_once(rest, b" successfully authenticated as ")?;
    of_run0(line, split_once(rest, b" authorization for action ")?.1, into)
}

/// `SUBJECT FAILED to authenticate to gain authorization for action A for …`
fn run0_refused<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_subject, rest) = split_once(rest, b" FAILED to authenticate to gain ")?;
    of_run0(line, rest.strip_prefix(b"authorization for action ")?, into)
}

/// `A for SUBJECT [COMMAND LINE] (owned by unix-user:USER)`. The command line is the caller's own
/// text; whose it is stands behind it, at the end.
fn of_run0<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const ACTION: &[u8] = b"org.freedesktop.systemd1.manage-units for ";
    let (rest, user) = rsplit_once(rest.strip_prefix(ACTION)?, b"] (owned by unix-user:")?;
    let (_, command_line) = split_once(rest, b" [")?;
    let (program, arguments) = split_once(command_line, b" ").unwrap_or((command_line, b""));
    if program != b"run0" && !program.ends_with(b"/run0") {
        return None;
    }
    let (target, command) = target_and_command(arguments);
    let user = user.strip_suffix(b")")?;
    let event = line.event(into);
    (event.user, event.target_user) = (Some(line.text(user)), Some(line.text(target)));
    if event.kind == SudoCommand {
        event.command = Some(line.text(command));
    }
    KNOWN
}

/// Whom run0 is to become, and what it is to run: a shell where nothing is named.
fn target_and_command(arguments: &[u8]) -> (&[u8], &[u8]) {
    const WITH_VALUE: [&[u8]; 9] = [
        b"-g",
        b"-D",
        b"-M",
        b"--group",
        b"--chdir",
        b"--machine",
        b"--unit",
        b"--property",
        b"--nice",
    ];
    let (mut target, mut rest) = (&b"root"[..], arguments);
    while rest.starts_with(b"-") {
        let (option, after) = split_once(rest, b" ").unwrap_or((rest, b""));
        let (value, behind) = split_once(after, b" ").unwrap_or((after, b""));
        rest = after;
        if let Some(name) = option.strip_prefix(b"--user=") {
            target = name;
        } else if option == b"-u" || option == b"--user" {
            (target, rest) = (value, behind);
        } else if let Some(name) = option.strip_prefix(b"-u") {
            target = name;
        } else if WITH_VALUE.contains(&option) {
            rest = behind;
        } else if option == b"--" {
            break;
        }
    }
    (target, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, read, told};

    fn check(tag: &str, message: &str, expected: &str) {
        let envelope = framed(tag, Some(12), message.as_bytes());
        assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
    }

    #[test]
    fn pkexec_is_read_as_sudo() {
        // polkit 0.96 to 126
        check(
            "pkexec",
            "david: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/david] [COMMAND=/usr/bin/cu -l /dev/ttyS0]",
            "sudo_command pkexec user=david target=root tty=pts/0 dir=/home/david command=/usr/bin/cu -l /dev/ttyS0",
        );
        check(
            "pkexec",
            "bob: Error executing command as another user: Not authorized [USER=root] [TTY=unknown] [CWD=/home/bob] [COMMAND=/bin/sh]",
            "sudo_failure pkexec reason=command_not_allowed user=bob target=root tty=unknown dir=/home/bob command=/bin/sh",
        );
        check(
            "pkexec",
            "bob: Error executing command as another user: Request dismissed [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
            "sudo_failure pkexec reason=other user=bob target=root tty=unknown dir=/ command=/bin/sh",
        );
        check(
            "pkexec",
            "bob: The value for the SHELL variable was not found the /etc/shells file [USER=root] [TTY=/dev/pts/0] [CWD=/] [COMMAND=/bin/sh]",
            "sudo_failure pkexec reason=other user=bob target=root tty=pts/0 dir=/ command=/bin/sh",
        );
    }

    #[test]
    fn what_no_rule_knows_is_said() {
        check("pkexec", "something new", "unrecognized pkexec");
        check("pkexec", "Error opening current controlling terminal", "ignored");
    }

    #[test]
    fn the_daemon_adds_nothing() {
        check(
            "polkitd(authority=local)",
            "Operator of unix-process:17976:868909 successfully authenticated as unix-user:yce to gain ONE-SHOT authorization for action org.freedesktop.systemd1.manage-units for system-bus-name::1.140 [systemctl restart vsftpd.service] (owned by unix-user:yce)",
            "ignored",
        );
        check(
            "polkitd",
            "Operator of unix-session:2 FAILED to authenticate to gain authorization for action org.freedesktop.policykit.exec for unix-process:1:2 [x] (owned by unix-user:u)",
            "ignored",
        );
        check("polkitd", "Registered Authentication Agent for unix-process:1:2", "ignored");
    }
}
