//! Why sudo refused, from the words that it logs.
//!
//! `plugins/sudoers/logging.c`, `sudoers.c`, `auth/pam.c`, `auth/sudo_auth.c`.

use crate::event::Reason;
use crate::parse::words::{self, number, starts_with_any};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Refused {
        reason: Reason,
        count: u32,
    },
    /// Something is wrong, but the command runs or its own refusal follows.
    Warning,
}

/// The verdict of a full line's reason. What is not known is a refusal: `authfail_message` and
/// translations put any words here, and a warning taken for a refusal is seen, the other way not.
pub(super) fn verdict(reason: &[u8]) -> Verdict {
    known(reason).unwrap_or(Verdict::Refused { reason: Reason::Other, count: 1 })
}

/// The verdict of words that sudo itself is known to write.
pub(super) fn known(reason: &[u8]) -> Option<Verdict> {
    let refused = |reason| Some(Verdict::Refused { reason, count: 1 });
    if let Some(count) = attempts(reason) {
        return Some(Verdict::Refused { reason: Reason::IncorrectPassword, count });
    }
    for (reason_label, prefixes) in REFUSALS {
        if starts_with_any(reason, prefixes) {
            return refused(*reason_label);
        }
    }
    starts_with_any(reason, WARNINGS).then_some(Verdict::Warning)
}

/// `3 incorrect password attempts`
fn attempts(reason: &[u8]) -> Option<u32> {
    let count = reason
        .strip_suffix(b" incorrect password attempts")
        .or_else(|| reason.strip_suffix(b" incorrect password attempt"))?;
    number(count).map(words::attempts)
}

const REFUSALS: &[(Reason, &[&[u8]])] = &[
    (Reason::NotInSudoers, &[b"user NOT in sudoers"]),
    (Reason::NotOnHost, &[b"user NOT authorized on host"]),
    (
        Reason::CommandNotAllowed,
        &[
            b"command not allowed",
            b"command rejected by",
            b"setid command rejected in intercept mode",
            b"sorry, you are not allowed to",
            b"user not allowed to",
        ],
    ),
    (
        Reason::PasswordRequired,
        &[b"a password is required", b"a terminal is required", b"no password was provided"],
    ),
    (
        Reason::Other,
        &[
            b"Account expired",
            b"Account or password is expired",
            b"PAM account management error",
            b"PAM authentication error",
            b"Password expired",
            b"account validation failure",
            b"approval failed",
            b"authentication failure",
            b"invalid shell for user",
            b"no tty",
            b"sorry, you must have a tty",
            b"unable to change expired password",
            b"unable to initialize PAM",
            b"unknown group ",
            b"unknown user",
        ],
    ),
];

const WARNINGS: &[&[u8]] = &[
    b"/",
    b"error ",
    b"ignoring ",
    b"internal error",
    b"invalid user-specified editor",
    b"pam_",
    b"parse error",
    b"problem with ",
    b"time stamp too far",
    b"timestamp ",
    b"unable to ",
    b"unknown login class",
    b"unknown uid ",
];
