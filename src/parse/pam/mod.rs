//! What PAM modules log, in whatever program they run.
//!
//! Linux-PAM's frame (`libpam/pam_syslog.c`) is `module(service:type): message`; before 0.99 it
//! was `(module) message` or `module: message` under the program's tag, or the tag itself was
//! `service(module)`; without a module it is `PAM message`. The program of an event is the *service*, by one name across
//! versions ([`program`]).
//!
//! What adds nothing, and why:
//! - failures of sshd, sudo, login: they write a line of their own for each (`Failed …`, `N
//!   incorrect password attempts`, `FAILED LOGIN …`); only pam_faillock and pam_tally say more;
//! - failures of passwd, chfn, chsh, cron and the like: nobody tried to log in;
//! - pam_limits, pam_loginuid: they refuse after the login was accepted and counted;
//! - pam_securetty: only login uses it, which writes `FAILED LOGIN` then;
//! - pam_succeed_if: tells why another module's refusal happened;
//! - pam_nologin, pam_time, pam_rootok, pam_deny: log nothing when they refuse;
//! - modules of others that are not named here (pam_systemd, gkr-pam, …).

mod failure;
mod refusal;
mod session;

use std::borrow::Cow;

use super::words::{event, hint, number, split_once, starts_with_any, text, trim};
use super::{Envelope, Parsed};
use crate::event::{Change, Event, EventKind, HintKind, Invoker, Role};
use crate::programs::{self, Refusals, Rules};

/// One message with its frame read.
struct Message<'a> {
    /// `pam_unix`, `pam_sss`, …; `PAM` where libpam itself speaks.
    module: &'a [u8],
    service: &'a [u8],
    text: &'a [u8],
}

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    match frame(envelope) {
        Some(message) if spoken_by_its_program(envelope.tag, message.service) => {
            of_service(read(envelope, &message), message.service)
        }
        _ => Parsed::Ignored,
    }
}

/// The same with PAM's service, which says who may write it.
fn of_service<'a>(mut parsed: Parsed<'a>, service: &'a [u8]) -> Parsed<'a> {
    let name = std::str::from_utf8(service).ok();
    match &mut parsed {
        Parsed::Event(event) => event.service = name,
        Parsed::Hint(hint) => {
            if let HintKind::AuthenticationSucceeded { service, .. } = &mut hint.kind {
                *service = name;
            }
        }
        Parsed::Ignored | Parsed::Unrecognized { .. } => {}
    }
    parsed
}

/// Asks each kind of line in turn; the first that knows the message answers.
fn read<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Parsed<'a> {
    session::read(envelope, message)
        .or_else(|| failure::read(envelope, message))
        .or_else(|| refusal::read(envelope, message))
        .or_else(|| success(envelope, message))
        .or_else(|| password_changed(envelope, message))
        .unwrap_or_else(|| unknown(message))
}

fn frame<'a>(envelope: &Envelope<'a>) -> Option<Message<'a>> {
    let message = trim(envelope.message);
    let (service, module_of_tag) = split_tag(envelope.tag);
    if let Some(rest) = message.strip_prefix(b"(") {
        let (module, text) = split_once(rest, b")")?;
        return module.starts_with(b"pam_").then_some(Message {
            module,
            service,
            text: text.trim_ascii(),
        });
    }
    if let Some(framed) = modern_frame(message) {
        return Some(framed);
    }
    if let Some(text) = message.strip_prefix(b"PAM ") {
        return Some(Message { module: b"PAM", service, text });
    }
    if let Some(text) = message.strip_prefix(b"pam_unix: ") {
        return Some(Message { module: b"pam_unix", service, text });
    }
    module_of_tag.map(|module| Message { module, service, text: message })
}

/// `module(service:type): message`; the type may be missing, and very old ones lack the second
/// colon.
fn modern_frame(message: &[u8]) -> Option<Message<'_>> {
    let (module, rest) = split_once(message, b"(")?;
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    if module.is_empty() || !module.iter().all(name) {
        return None;
    }
    let (call, text) = split_once(rest, b"):").or_else(|| split_once(rest, b") "))?;
    let (service, _type) = split_once(call, b":").unwrap_or((call, b""));
    Some(Message { module, service, text: text.trim_ascii() })
}

/// `sshd(pam_unix)` is service and module; anything else is a service.
fn split_tag(tag: &[u8]) -> (&[u8], Option<&[u8]>) {
    match split_once(tag, b"(") {
        Some((service, module)) if module.starts_with(b"pam_") => {
            (service, Some(module.strip_suffix(b")").unwrap_or(module)))
        }
        _ => (tag, None),
    }
}

/// The label `program` for a tag or a PAM service: one name for what versions call differently.
pub(super) fn program(name: &[u8]) -> Cow<'_, str> {
    match programs::by_service(name) {
        Some(known) => Cow::Borrowed(known.name),
        None => text(name.strip_suffix(b"]").unwrap_or(name)),
    }
}

/// Whether a line of this tag may speak for this service. The programs that let people in are
/// known by tag; that another program's line quotes their frame makes it not theirs.
fn spoken_by_its_program(tag: &[u8], service: &[u8]) -> bool {
    let Some(program) = programs::by_service(service) else { return true };
    let guarded = matches!(program.rules, Rules::Sshd | Rules::Sudo | Rules::Su | Rules::Login);
    let own = || programs::by_service(split_tag(tag).0).is_some_and(|row| row.name == program.name);
    !guarded || own() || program.speakers.contains(&"(") && tag.starts_with(b"(")
}

/// Services whose program writes a line of its own for each refusal.
fn writes_its_own(program: &str) -> bool {
    refusals(program) == Refusals::ToldByItself
}

/// Services that ask for a password, but let nobody in.
fn is_no_login(program: &str) -> bool {
    refusals(program) == Refusals::NoLogin
}

/// A service that is not known lets people in, and only PAM tells.
fn refusals(program: &str) -> Refusals {
    programs::by_name(program).map_or(Refusals::ToldByPam, |row| row.refusals)
}

/// Another module let in whom an earlier one may have refused: `authentication success; …
/// user=bob` (pam_sss), `user 'bob' granted access` (pam_winbind, pam_userdb), `authentication
/// succeeds for 'bob' (…)` and `user bob authenticated as …` (pam_krb5).
fn success<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Option<Parsed<'a>> {
    let said = message.text;
    let mut by = None;
    let user = if let Some(rest) = said.strip_prefix(b"authentication success;") {
        let (ids, user) = split_once(rest, b" user=")?;
        let uid = split_once(ids, b" uid=").and_then(|(_, rest)| number(split_once(rest, b" ")?.0));
        by = uid.map(|uid| Invoker { name: "", uid: Some(uid) });
        split_once(user, b" seq=").map_or(user, |(user, _)| user)
    } else if let Some(rest) = said.strip_prefix(b"authentication succeeds for '") {
        split_once(rest, b"' (")?.0
    } else if let Some(rest) = said.strip_prefix(b"user '") {
        rest.strip_suffix(b"' granted access")?
    } else {
        split_once(said.strip_prefix(b"user ")?, b" authenticated as ")?.0
    };
    let kind = HintKind::AuthenticationSucceeded { user: text(user), by, service: None };
    Some(Parsed::Hint(hint(envelope, program(message.service), kind)))
}

/// `password changed for bob` (pam_unix, passverify.c), on behalf of passwd, chpasswd or a login
/// with an expired password. The tool's own line may tell it again, so this one is an echo.
fn password_changed<'a>(envelope: &Envelope<'a>, message: &Message<'a>) -> Option<Parsed<'a>> {
    let user = message.text.strip_prefix(b"password changed for ")?;
    let user = split_once(user, b" on ").map_or(user, |(user, _master)| user);
    Some(Parsed::Event(Event {
        role: Role::Echo,
        user: Some(text(user)),
        change: Some(Change::PasswordChanged),
        ..event(envelope, EventKind::AccountChange, program(message.service))
    }))
}

/// pam_unix and libpam are known whole, so that what no rule knows is a sign of blindness; any
/// other module may say what it likes.
fn unknown(message: &Message<'_>) -> Parsed<'static> {
    if !matches!(message.module, b"pam_unix" | b"PAM") || is_noise(message.text) {
        return Parsed::Ignored;
    }
    Parsed::Unrecognized { program: "pam" }
}

/// How the rest begins of what pam_unix and libpam say (Linux-PAM 1.1 to 1.7). Each is as long as it
/// takes to leave out what tells of a session, a failure or a refusal in words that are not known.
const NOISE: &[&[u8]] = &[
    b"adding faulty module",
    b"audit_",
    b"auth could not identify",
    b"bad username",
    b"Can not get username",
    b"can't ",
    b"Cannot ",
    b"cannot ",
    b"check pass; ",
    b"close_session",
    b"conversation failed",
    b"could not ",
    b"Could not ",
    b"Critical",
    b"dup2 ",
    b"expired password",
    b"Failed ",
    b"failed ",
    b"Fork ",
    b"fork ",
    b"getpwnam",
    b"helper binary",
    b"illegal module type",
    b"Algo ",
    b"missing ",
    b"new password not",
    b"no control flag",
    b"no memory",
    b"no module name",
    b"No such",
    b"open_session",
    b"option ",
    b"pam_",
    b"password - ",
    b"password check failed",
    b"password not changed",
    b"password received unknown",
    b"Password ",
    b"password-",
    b"passwd_",
    b"read ",
    b"rpcb_",
    b"service(",
    b"The password hash",
    b"The support for",
    b"unable to ",
    b"unix_",
    b"unknown option",
    b"unrecognized ",
    b"Unable to ",
    b"user password changed",
    b"user not authenticated",
    b"user shadow entry",
    b"username [",
    b"yppasswd",
    b"[dlerror",
    b"unexpected response",
];

fn is_noise(said: &[u8]) -> bool {
    starts_with_any(said, NOISE)
        || said.ends_with(b"more authentication failure")
        || said.starts_with(b"account ") && split_once(said, b" has expired (").is_some()
}

#[cfg(test)]
mod tests;
