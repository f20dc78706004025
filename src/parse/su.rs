//! su and runuser.
//!
//! - util-linux (`login-utils/su-common.c`, log_syslog): `(to root) bob on pts/0`, `FAILED SU (to
//!   root) bob on pts/0`, `FAILED RUNUSER …`; the tty is `none` where there is none.
//! - shadow (`lib/sulog.c`): `Successful su for root by bob`, `FAILED su for root by bob`.
//! - FreeBSD: `bob to root on /dev/pts/0`, `BAD SU bob to root on /dev/pts/0`.
//! - IRIX: `succeeded: ttyq4 changing from bob to root`, `failed: ttyq4 changing from bob to root`.
//! - BusyBox: `+ /dev/pts/0 bob:root`, `- /dev/pts/0 bob:root`, without a pid.
//!
//! What adds nothing, and why: shadow's `+` and `-` lines (with pid) follow its own line; `No passwd
//! entry for user`, `pam_authenticate: …` and the like come before its `FAILED su`. Shadow's lines
//! of a build that writes sulog to a file only (`Authentication failed for`, `SU by … to
//! restricted account`, `DENIED su from`) are echoes.

use super::words::{
    event, quoted, rsplit_once, speaker, split_once, starts_with_any, terminal, text, trim,
};
use super::{Envelope, Parsed};
use crate::event::{Event, EventKind, Role};

/// Who became whom, as far as a line tells.
#[derive(Default)]
struct Switch<'a> {
    failed: bool,
    alone: bool,
    user: Option<&'a [u8]>,
    target: &'a [u8],
    tty: Option<&'a [u8]>,
}

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    let message = trim(envelope.message);
    if message.starts_with(b"PAM ") {
        return super::pam::parse(envelope);
    }
    let switch = util_linux(message)
        .or_else(|| shadow(message))
        .or_else(|| sulog_in_a_file(message))
        .or_else(|| busybox(envelope, message))
        .or_else(|| bsd(message))
        .or_else(|| irix(message));
    match switch {
        Some(switch) => Parsed::Event(told(envelope, &switch)),
        None if is_noise(message) => Parsed::Ignored,
        None => Parsed::Unrecognized { program: "su" },
    }
}

fn told<'a>(envelope: &Envelope<'a>, switch: &Switch<'a>) -> Event<'a> {
    let kind = if switch.failed { EventKind::SuFailure } else { EventKind::SuSuccess };
    Event {
        role: if switch.alone { Role::Echo } else { Role::Proof },
        user: switch.user.map(text),
        target_user: Some(text(switch.target)),
        tty: switch.tty.and_then(terminal),
        ..event(envelope, kind, speaker(envelope))
    }
}

/// The names are of accounts that exist; only the terminal's place is counted from the end.
fn util_linux(message: &[u8]) -> Option<Switch<'_>> {
    let failed = starts_with_any(message, &[b"FAILED SU (", b"FAILED RUNUSER ("]);
    let from = if failed { memchr::memchr(b'(', message)? } else { 0 };
    let (target, rest) = split_once(message[from..].strip_prefix(b"(to ")?, b") ")?;
    let (user, tty) =
        rsplit_once(rest, b" on ").or_else(|| Some((b"", rest.strip_prefix(b"on ")?)))?;
    Some(Switch { failed, user: Some(user), target, tty: Some(tty), ..Switch::default() })
}

/// The name that was typed may hold anything, the caller's does not: the last ` by ` parts them.
fn shadow(message: &[u8]) -> Option<Switch<'_>> {
    let (failed, rest) = match message.strip_prefix(b"Successful su for ") {
        Some(rest) => (false, rest),
        None => (true, message.strip_prefix(b"FAILED su for ")?),
    };
    let (target, user) = rsplit_once(rest, b" by ")?;
    Some(Switch { failed, user: Some(user), target, ..Switch::default() })
}

fn sulog_in_a_file(message: &[u8]) -> Option<Switch<'_>> {
    let failed = Switch { failed: true, alone: true, ..Switch::default() };
    if let Some(target) = message.strip_prefix(b"Authentication failed for ") {
        return Some(Switch { target, ..failed });
    }
    if let Some(rest) = message.strip_prefix(b"SU by ") {
        let (user, target) = split_once(rest, b" to restricted account ")?;
        return Some(Switch { user: Some(user), target, ..failed });
    }
    let (user, rest) = quoted(message.strip_prefix(b"DENIED su from ")?, b"' to '")?;
    let (target, _file) = rsplit_once(rest, b"' (")?;
    Some(Switch { user: Some(user), target, ..failed })
}

/// `+ /dev/pts/0 bob:root`. Shadow writes the same with a pid, after its own line.
fn busybox<'a>(envelope: &Envelope<'a>, message: &'a [u8]) -> Option<Switch<'a>> {
    let (sign, rest) = split_once(message, b" ").filter(|_| envelope.pid.is_none())?;
    let failed = match sign {
        b"+" => false,
        b"-" => true,
        _ => return None,
    };
    let (tty, users) = split_once(rest, b" ")?;
    let (user, target) = split_once(users, b":")?;
    Some(Switch { failed, alone: true, user: Some(user), target, tty: Some(tty) })
}

/// `bob to root on /dev/pts/0`: five words and no more, so that no other line is taken for it.
fn bsd(message: &[u8]) -> Option<Switch<'_>> {
    let (failed, rest) = match message.strip_prefix(b"BAD SU ") {
        Some(rest) => (true, rest),
        None => (false, message),
    };
    let mut words = rest.split(|byte| *byte == b' ');
    let mut word = || words.next();
    let (user, to, target, on, tty) = (word()?, word()?, word()?, word()?, word()?);
    let shaped = to == b"to" && on == b"on" && words.next().is_none();
    shaped.then_some(Switch { failed, alone: false, user: Some(user), target, tty: Some(tty) })
}

/// `failed: ttyq4 changing from bob to root`
fn irix(message: &[u8]) -> Option<Switch<'_>> {
    let (failed, rest) = match message.strip_prefix(b"failed: ") {
        Some(rest) => (true, rest),
        None => (false, message.strip_prefix(b"succeeded: ")?),
    };
    let (tty, users) = split_once(rest, b" changing from ")?;
    let (user, target) = rsplit_once(users, b" to ")?;
    Some(Switch { failed, alone: false, user: Some(user), target, tty: Some(tty) })
}

fn is_noise(message: &[u8]) -> bool {
    const PREFIXES: &[&[u8]] = &[
        b"+ ",
        b"- ",
        b"/etc/suauth",
        b"Cannot determine the user name",
        b"Cannot execute ",
        b"Change user from ",
        b"NO password asked for su",
        b"No passwd entry",
        b"Overlong user",
        b"There is no UID 0",
        b"Will not execute ",
        b"conversation failed",
        b"gkr-pam: ",
        b"pam_",
        b"su from '",
        b"su: ",
        b"PAM ",
        b"...",
    ];
    message.is_empty() || starts_with_any(message, PREFIXES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, told};

    fn check(tag: &str, pid: Option<u32>, message: &str, expected: &str) {
        let envelope = framed(tag, pid, message.as_bytes());
        assert_eq!(told(&parse(&envelope)), expected, "{message}");
    }

    #[test]
    fn switches_of_every_su() {
        let pid = Some(7);
        // util-linux 2.23 (CentOS 7) without pid, 2.38 with
        check("su", None, "(to root) bob on pts/0", "su_success su user=bob target=root tty=pts/0");
        check("su", pid, "(to root) bob on none", "su_success su user=bob target=root tty=none");
        check("su", pid, "(to root)  on none", "su_success su user= target=root tty=none");
        check(
            "su-l",
            pid,
            "(to root) bob on pts/0",
            "su_success su user=bob target=root tty=pts/0",
        );
        check(
            "runuser",
            pid,
            "(to bob) root on none",
            "su_success runuser user=root target=bob tty=none",
        );
        check(
            "su",
            pid,
            "FAILED SU (to root) bob on pts/0",
            "su_failure su user=bob target=root tty=pts/0",
        );
        check(
            "runuser",
            pid,
            "FAILED RUNUSER (to bob) root on none",
            "su_failure runuser user=root target=bob tty=none",
        );
        // shadow 4.1 to 4.8
        check("su", pid, "Successful su for root by bob", "su_success su user=bob target=root");
        check("su", pid, "FAILED su for root by bob", "su_failure su user=bob target=root");
        check(
            "su",
            pid,
            "FAILED su for x by root by bob",
            "su_failure su user=bob target=x by root",
        );
        // FreeBSD, BusyBox 1.x
        check(
            "su",
            pid,
            "bob to root on /dev/pts/0",
            "su_success su user=bob target=root tty=pts/0",
        );
        check(
            "su",
            pid,
            "BAD SU bob to root on /dev/pts/0",
            "su_failure su user=bob target=root tty=pts/0",
        );
        check(
            "su",
            pid,
            "failed: ttyq4 changing from bob to root",
            "su_failure su user=bob target=root tty=ttyq4",
        );
        check(
            "su",
            pid,
            "succeeded: ttyq4 changing from bob to root",
            "su_success su user=bob target=root tty=ttyq4",
        );
        check(
            "su",
            None,
            "+ /dev/pts/0 bob:root",
            "su_success su user=bob target=root tty=pts/0 role=echo",
        );
        check(
            "su",
            None,
            "- /dev/pts/0 bob:root",
            "su_failure su user=bob target=root tty=pts/0 role=echo",
        );
    }

    #[test]
    fn refusals_of_shadow_that_its_own_line_may_tell_again() {
        let alone = "role=echo";
        check(
            "su",
            Some(7),
            "Authentication failed for root",
            &format!("su_failure su target=root {alone}"),
        );
        check(
            "su",
            Some(7),
            "SU by bob to restricted account ann",
            &format!("su_failure su user=bob target=ann {alone}"),
        );
        check(
            "su",
            Some(7),
            "DENIED su from 'bob' to 'root' (/etc/suauth)",
            &format!("su_failure su user=bob target=root {alone}"),
        );
    }

    #[test]
    fn what_adds_nothing() {
        for message in [
            "+ /dev/pts/0 root:root",
            "- pts/4 dcid-root",
            "pam_authenticate: Authentication failure",
            "No passwd entry for user 'x'",
            "NO password asked for su from 'bob' to 'root' (/etc/suauth)",
            "su from 'bob' to 'root': asking for user's own password (/etc/suauth)",
        ] {
            check("su", Some(7), message, "ignored");
        }
        check("su", Some(7), "something new", "unrecognized su");
    }
}
