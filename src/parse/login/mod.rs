//! login on a console or a serial line: util-linux (`login-utils/login.c`), shadow
//! (`src/login.c`) and BusyBox.
//!
//! The name is what someone typed, so it reaches from the first word that comes before it to the
//! last one that can follow it: PAM's words for an error hold no comma followed by a blank.
//!
//! What adds nothing, and why: `DIALUP AT` comes with `LOGIN ON`; `no shadow password for` and
//! `login 'x' re-enabled` refuse nothing; PAM's own words (`Authentication failure`) and `FATAL: …`
//! name nobody.

mod shape;
#[cfg(test)]
mod tests;

use super::rows::Tells::{Event, Nothing, Rejected};
use super::rows::Versions::{All, In, Since, Until};
use super::rows::{Index, Line, PROOF, Row, Table, empty, noise, row};
use super::words::trim;
use super::{Envelope, Parsed, duo};
use crate::event::EventKind::{LoginFailure, LoginSuccess};
use crate::event::Reason::{AccountLocked, InvalidUser, NotAllowed, RootRefused, TooManyAttempts};
use shape::{
    failed, failed_from, failed_often, invalid_name, logged_in, no_name, place, refused,
    refused_from, root_at, root_on, too_many, user_at, user_on,
};

pub(super) static TABLE: Table = Table::new("login", "login", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS, duo::ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let message = trim(envelope.message);
    let mut line = Line::new(envelope, "login", message);
    TABLE.read(&mut line, Some("login"), into);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // util-linux, login-utils/login.c
    row("LOGIN ON ", Since("util-linux 2.17"), user_on, Event(LoginSuccess), PROOF,
        "LOGIN ON tty1 BY bob FROM ::ffff:192.0.2.1",
        "login_success login user=bob source=192.0.2.1 tty=tty1"),
    row("ROOT LOGIN ON ", Since("util-linux 2.17"), root_on, Event(LoginSuccess), PROOF,
        "ROOT LOGIN ON tty1",
        "login_success login user=root tty=tty1"),
    row("FAILED LOGIN ", Since("util-linux 2.17"), failed, Event(LoginFailure), PROOF,
        "FAILED LOGIN 1 FROM tty1 FOR ‹bob›, Authentication failure",
        "login_failure login user=bob tty=tty1"),
    row("TOO MANY LOGIN TRIES (", Since("util-linux 2.17"), too_many, Rejected(TooManyAttempts), PROOF,
        "TOO MANY LOGIN TRIES (3) FROM tty1 FOR ‹bob›, Maximum number of tries exceeded (5)",
        "login_rejected login reason=too_many_attempts user=bob tty=tty1"),
    row("Invalid user name \"", Since("util-linux 2.30"), invalid_name, Rejected(InvalidUser), PROOF,
        "Invalid user name \"‹-x›\". Abort.",
        "login_rejected login reason=invalid_user user=-x invalid=yes"),
    row("NULL user name. Abort.", Since("util-linux 2.17"), no_name, Rejected(InvalidUser), PROOF,
        "NULL user name. Abort.",
        "login_rejected login reason=invalid_user invalid=yes"),
    row("LOGIN FAILURE FROM ", Until("util-linux 2.18"), failed_from, Event(LoginFailure), PROOF,
        "LOGIN FAILURE FROM 192.0.2.1, ‹bob›",
        "login_failure login user=bob source=192.0.2.1"),
    row("LOGIN ", Until("util-linux 2.18"), refused_from, Rejected(NotAllowed), PROOF,
        "LOGIN ‹bob› REFUSED FROM 192.0.2.1 ON TTY tty1",
        "login_rejected login reason=not_allowed user=bob source=192.0.2.1 tty=tty1"),
    row("", Until("util-linux 2.18"), failed_often, Event(LoginFailure), PROOF,
        "3 LOGIN FAILURES FROM 192.0.2.1, ‹bob›",
        "login_failure login count=3 user=bob source=192.0.2.1"),

    // shadow, src/login.c; BusyBox, loginutils/login.c
    row("ROOT LOGIN ", Since("shadow 4.0"), root_at, Event(LoginSuccess), PROOF,
        "ROOT LOGIN  on '/dev/tty1'",
        "login_success login user=root tty=tty1"),
    row("root login", Since("BusyBox 1.0"), root_at, Event(LoginSuccess), PROOF,
        "root login on 'tty1'",
        "login_success login user=root tty=tty1"),
    row("", Since("shadow 4.0"), logged_in, Event(LoginSuccess), PROOF,
        "'bob' logged in  on '/dev/tty1' from 'a.example.org'",
        "login_success login user=bob source=a.example.org tty=tty1"),
    row("invalid password for ", Since("shadow 4.0"), user_at, Event(LoginFailure), PROOF,
        "invalid password for '‹bob›'  on '/dev/tty1'",
        "login_failure login user=bob tty=tty1"),
    row("ILLEGAL ROOT LOGIN", Since("shadow 4.0"), root_at, Rejected(RootRefused), PROOF,
        "ILLEGAL ROOT LOGIN  on '/dev/tty1'",
        "login_rejected login reason=root_refused user=root tty=tty1"),
    row("REPEATED login failures", Since("shadow 4.0"), place, Rejected(TooManyAttempts), PROOF,
        "REPEATED login failures on '/dev/tty1'",
        "login_rejected login reason=too_many_attempts tty=tty1"),
    row("LOGIN '", Since("shadow 4.0"), refused, Rejected(NotAllowed), PROOF,
        "LOGIN '‹bob›' REFUSED  on '/dev/tty1'",
        "login_rejected login reason=not_allowed user=bob tty=tty1"),
    row("exceeded failure limit for ", Since("shadow 4.0"), user_at, Rejected(AccountLocked), PROOF,
        "exceeded failure limit for '‹bob›'  on '/dev/tty1'",
        "login_rejected login reason=account_locked user=bob tty=tty1"),
    row("invalid login time for ", Since("shadow 4.0"), user_at, Rejected(NotAllowed), PROOF,
        "invalid login time for '‹bob›' on '/dev/tty1'",
        "login_rejected login reason=not_allowed user=bob tty=tty1"),

    // What adds nothing
    noise("DIALUP AT ", Since("util-linux 2.17"), "DIALUP AT ttyS0 BY bob"),
    noise("FATAL: ", Since("util-linux 2.17"), "FATAL: bad tty"),
    noise("TIOC", Since("util-linux 2.17"), "TIOCSCTTY failed: Operation not permitted"),
    noise("Couldn't initialize PAM", All, "Couldn't initialize PAM: Critical error - immediate abort"),
    noise("PAM", All, "PAM_ABORT returned from pam_authenticate()"),
    noise("chmod (", All, "chmod (/dev/tty1, 432) failed: Read-only file system"),
    noise("chown (", All, "chown (/dev/tty1, 0, 5) failed: Read-only file system"),
    noise("failed to ", All, "failed to initialize path context"),
    noise("groups initialization", All, "groups initialization failed: Operation not permitted"),
    noise("setgid() failed", All, "setgid() failed"),
    noise("setuid() failed", All, "setuid() failed"),
    noise("login '", Since("shadow 4.0"), "login 'bob' re-enabled after temporary lockout (3 failures)"),
    noise("no shadow password for ", Since("shadow 4.0"), "no shadow password for 'bob' on '/dev/tty1'"),
    noise("No session entry", Since("shadow 4.0"), "No session entry, error 3. You must exec \"login\" from the lowest level \"sh\""),
    noise("Unable to ", All, "Unable to update utmp entry for bob"),
    noise("unable to ", All, "unable to determine TTY name, got x"),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    noise("pam_", All, "pam_authenticate: x"),
    noise("Cannot ", All, "Cannot make/remove an entry for the specified session"),
    noise("cannot ", All, "cannot determine x"),
    noise("Failed ", All, "Failed to preload x"),
    noise("Error ", All, "Error in service module"),
    // pam_strerror(3)
    noise("Account expired", In("Linux-PAM 1.7"), "Account expired"),
    noise("Authentication ", In("Linux-PAM 1.7"), "Authentication failure"),
    noise("Conversation error", In("Linux-PAM 1.7"), "Conversation error"),
    noise("Critical error", In("Linux-PAM 1.7"), "Critical error - immediate abort"),
    noise("Have exhausted", In("Linux-PAM 1.7"), "Have exhausted maximum number of retries for service"),
    noise("Insufficient credentials", In("Linux-PAM 1.7"), "Insufficient credentials to access authentication data"),
    noise("Memory buffer", In("Linux-PAM 1.7"), "Memory buffer error"),
    noise("Module is unknown", In("Linux-PAM 1.7"), "Module is unknown"),
    noise("Permission denied", In("Linux-PAM 1.7"), "Permission denied"),
    noise("Please ", In("Linux-PAM 1.7"), "Please retry"),
    noise("Symbol not found", In("Linux-PAM 1.7"), "Symbol not found"),
    noise("System error", In("Linux-PAM 1.7"), "System error"),
    noise("The return value", In("Linux-PAM 1.7"), "The return value should be ignored by PAM dispatch"),
    noise("Unknown PAM error", In("Linux-PAM 1.7"), "Unknown PAM error"),
    noise("User account has expired", In("Linux-PAM 1.7"), "User account has expired"),
    noise("User not known", In("Linux-PAM 1.7"), "User not known to the underlying authentication module"),
    noise("access denied", All, "access denied"),
    row("", All, empty, Nothing, PROOF, " ", "ignored"),
];
