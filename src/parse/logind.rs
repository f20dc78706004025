//! systemd-logind: sessions again, which PAM already told, and the start of the host.
//!
//! Its lines count nothing: `New session 3 of user bob.` (to systemd 256), `New session '3' of
//! user 'bob' with class …` (after), `Session 3 logged out.`, `Removed session 3.` tell again what
//! PAM's session lines told, and background sessions (cron's) are not told at all. Nothing that it
//! says is unrecognized, since nothing that it says could count.

use super::words::{hint, trim};
use super::{Envelope, Parsed};
use crate::event::HintKind;

/// `New seat seat0.` is the first thing logind says after a boot (`src/login/logind-seat.c`). It
/// says so too when it is restarted by hand, which is rare and only closes sessions early.
pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    match trim(envelope.message) {
        b"New seat seat0." => Parsed::Hint(hint(envelope, "systemd-logind", HintKind::HostStarted)),
        _ => Parsed::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, told};

    fn check(message: &str, expected: &str) {
        let envelope = framed("systemd-logind", Some(807), message.as_bytes());
        assert_eq!(told(&parse(&envelope)), expected, "{message}");
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
