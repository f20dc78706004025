//! `Accepted …` and `Failed …`: the one line that `auth_log` of `auth.c` writes for each attempt,
//! and PAM's error for a refused dialogue (`auth-pam.c`).

use crate::event::{Event, Method};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line};
use crate::parse::words::{find, rfind};

use super::fields::{self, Peer};
use super::key::{self, Key};
use super::shape::{at, of, of_at};

/// `METHOD for [invalid user ]NAME from A port N ssh2[: EXTRA]`.
pub(super) fn attempt<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (method, rest) = method_and_rest(rest)?;
    // Only these have an extra: in a password's line the last address is sshd's own.
    let with_key = matches!(method, Method::Publickey | Method::Hostbased | Method::Gssapi);
    let found = if with_key { key::split(rest) } else { plain(rest) };
    let Some(found) = found.or_else(|| foreign(rest).filter(|_| !line.cut)) else {
        return nameless(line, method, rest, into);
    };
    let (invalid_user, user) = name(found.name);
    let event = line.event(into);
    (event.invalid_user, event.method) = (invalid_user, Some(method));
    of(line, event, user);
    // Of a stranger's line neither an end that may be cut nor one of two readings is believed.
    let uncertain = invalid_user && (line.cut || !found.certain);
    if !uncertain {
        at(line, event, found.peer);
    }
    match found.key {
        _ if method == Method::Gssapi => event.identity = principal(line, found.extra),
        Some(key) => of_key(line, event, key),
        None => {}
    }
    KNOWN
}

/// `NAME from A port N ssh2`, read from its end. Protocol 1 wrote `ssh1`, `ssh` or nothing.
fn plain(text: &[u8]) -> Option<key::Split<'_>> {
    without_key(text).filter(|split| split.peer.port.is_some())
}

/// What no version of `auth_log` wrote, but others did who took a line apart: words of a key in a
/// password's line, or no port.
fn foreign(text: &[u8]) -> Option<key::Split<'_>> {
    key::split(text).or_else(|| without_key(text))
}

fn without_key(text: &[u8]) -> Option<key::Split<'_>> {
    let bare = key::PROTOCOLS.iter().find_map(|protocol| text.strip_suffix(*protocol));
    let (name, peer) = fields::at_end(bare.unwrap_or(text), b" from ")?;
    Some(key::Split { name, peer, key: None, extra: b"", certain: true })
}

/// A line that was cut before its address.
fn nameless<'a>(
    line: &Line<'_, 'a>,
    method: Method,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    if !line.cut {
        return None;
    }
    let (invalid_user, user) = name(rest);
    let event = line.event(into);
    (event.invalid_user, event.method) = (invalid_user, Some(method));
    of(line, event, user)
}

/// The principal that Kerberos vouched for.
fn principal<'a>(line: &Line<'_, 'a>, extra: &'a [u8]) -> Option<&'a str> {
    (!extra.is_empty()).then(|| line.text(extra))
}

/// Solaris hides a name that does not exist.
fn name(text: &[u8]) -> (bool, &[u8]) {
    let (invalid, name) = fields::name(text);
    (invalid || name == b"<invalid username>", name)
}

fn of_key<'a>(line: &Line<'_, 'a>, event: &mut Event<'a>, key: Key<'a>) {
    event.fingerprint = key.fingerprint.map(|key| line.text(key));
    // Hostbased, key and key ID are those of a host and name no person.
    if event.method == Some(Method::Publickey) {
        let method = if key.certificate { Method::Certificate } else { Method::Publickey };
        (event.method, event.identity) = (Some(method), key.id.map(|id| line.text(id)));
    }
}

/// The method stands between two blanks; `Accepted key …` and `Accepted certificate ID …` are
/// sshd's notes on keys, not attempts. The submethod (`keyboard-interactive/pam`) says how the
/// dialogue was led.
fn method_and_rest(rest: &[u8]) -> Option<(Method, &[u8])> {
    let end = rest.iter().position(|byte| matches!(byte, b' ' | b'/'))?;
    let blank = rest[end..].iter().position(|byte| *byte == b' ')?;
    Some((method_of(&rest[..end]), rest[end + blank..].strip_prefix(b" for ")?))
}

/// sshd's names of methods in the closed set.
fn method_of(name: &[u8]) -> Method {
    match name {
        b"publickey" | b"rsa" | b"dsa" => Method::Publickey,
        b"password" => Method::Password,
        b"keyboard-interactive" | b"challenge-response" => Method::KeyboardInteractive,
        b"hostbased" | b"rhosts-rsa" | b"rhosts" => Method::Hostbased,
        b"gssapi" | b"gssapi-with-mic" | b"gssapi-keyex" | b"external-keyx" => Method::Gssapi,
        b"none" => Method::None,
        _ => Method::Other,
    }
}

/// `PAM: MESSAGE for [illegal user ]NAME from HOST`, a failure where no `Failed` line tells it.
/// Other words of sshd's PAM part are noise.
pub(super) fn pam_error<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let Some((user, peer)) = pam_party(rest) else { return KNOWN };
    let (invalid_user, user) = fields::name(user);
    let event = line.event(into);
    (event.invalid_user, event.method) = (invalid_user, Some(Method::KeyboardInteractive));
    of_at(line, event, user, peer)
}

fn pam_party(rest: &[u8]) -> Option<(&[u8], Peer<'_>)> {
    // macOS names the address that was connected to: ` via A`.
    let own = rfind(rest, b" via ");
    let own = own.filter(|at| !rest[at + b" via ".len()..].contains(&b' '));
    let rest = own.map_or(rest, |at| &rest[..at]);
    // The one message of pam_strerror(3) that holds the word itself.
    const RETRIES: &[u8] = b"Have exhausted maximum number of retries for service";
    let message = if rest.starts_with(RETRIES) { RETRIES.len() } else { 0 };
    let end = message + find(&rest[message..], b" for ")?;
    fields::at_end(&rest[end + b" for ".len()..], b" from ")
}
