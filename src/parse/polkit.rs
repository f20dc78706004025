//! polkit: a command that pkexec ran as another user, or refused.
//!
//! pkexec's `src/programs/pkexec.c` logs `USER: Executing command [USER=%s] [TTY=%s] [CWD=%s]
//! [COMMAND=%s]` and `USER: Error executing command as another user: REASON [USER=…]…`. It does
//! what sudo does, so its events are sudo's, with `pkexec` as program: a dashboard of commands run
//! as root would be blind on one eye without them.
//!
//! polkitd's `Operator of … successfully authenticated as unix-user:… to gain …` and `FAILED to
//! authenticate …` add nothing: the command is told by pkexec, the password by PAM
//! (`polkit-agent-helper-1: pam_unix(polkit-1:auth)`), and most actions are no login at all.

use super::words::{event, rsplit_once, split_once, starts_with_any, terminal, text, trim};
use super::{Envelope, Parsed};
use crate::event::{Event, EventKind, Reason};

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    if envelope.tag != b"pkexec" {
        return Parsed::Ignored;
    }
    let message = trim(envelope.message);
    let known = message.is_empty() || starts_with_any(message, &[b"pam_", b"Error "]);
    match told(envelope, message) {
        Some(event) => Parsed::Event(event),
        None if known => Parsed::Ignored,
        None => Parsed::Unrecognized { program: "pkexec" },
    }
}

fn told<'a>(envelope: &Envelope<'a>, message: &'a [u8]) -> Option<Event<'a>> {
    let (user, rest) = split_once(message, b": ")?;
    let (what, fields) = split_once(rest, b" [USER=")?;
    let (kind, reason) = match what {
        b"Executing command" => (EventKind::SudoCommand, None),
        b"Error executing command as another user: Not authorized" => {
            (EventKind::SudoFailure, Some(Reason::CommandNotAllowed))
        }
        _ => (EventKind::SudoFailure, Some(Reason::Other)),
    };
    let event = Event { user: Some(text(user)), reason, ..event(envelope, kind, "pkexec") };
    with_fields(event, fields)
}

/// `root] [TTY=unknown] [CWD=/home/bob] [COMMAND=/bin/x --flag]`. The directory's name and the
/// command may hold brackets: the command begins at the first `[COMMAND=`, as sudo's does.
fn with_fields<'a>(event: Event<'a>, rest: &'a [u8]) -> Option<Event<'a>> {
    let (target, rest) = split_once(rest, b"] [TTY=")?;
    let (tty, rest) = split_once(rest, b"] [CWD=")?;
    let (directory, rest) = split_once(rest, b"] [COMMAND=")?;
    let command = rsplit_once(rest, b"]").map_or(rest, |(command, _)| command);
    Some(Event {
        target_user: Some(text(target)),
        tty: terminal(tty),
        directory: Some(text(directory)),
        command: Some(text(command)),
        ..event
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, told};

    fn check(tag: &str, message: &str, expected: &str) {
        let envelope = framed(tag, Some(12), message.as_bytes());
        assert_eq!(told(&parse(&envelope)), expected, "{message}");
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
