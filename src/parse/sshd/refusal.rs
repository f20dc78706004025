//! Whom sshd refuses, and why: users, keys, certificates, too many attempts (`auth.c`, `auth2.c`,
//! `auth2-pubkey.c`, `auth2-pubkeyfile.c`).

use crate::event::{Reason, Role};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Level, Line, named};
use crate::parse::words::{find, rfind};

use super::fields;
use super::party::{self, Stage};
use super::shape::{at, by, of, of_at};

/// `User NAME[ from HOST] not allowed because WHY`; other lines that begin so are noise.
pub(super) fn user<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const WORDS: &[u8] = b" not allowed because ";
    let Some(end) = rfind(rest, WORDS) else { return KNOWN };
    let (who, why) = (&rest[..end], &rest[end + WORDS.len()..]);
    if why.ends_with(b" exists") && !why.starts_with(b"shell ") {
        // A nologin file, which is looked for after `Accepted`.
        return KNOWN;
    }
    let locked = (why == b"account is locked").then_some(Reason::AccountLocked);
    let event = line.event(into);
    event.reason = locked.or(event.reason);
    match fields::at_end(who, b" from ") {
        Some((name, peer)) => of_at(line, event, name, peer),
        None => of(line, event, who),
    }
}

/// `ROOT LOGIN REFUSED FROM A[ port N]`
pub(super) fn root<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (peer, _) = fields::at_start(rest)?;
    of_at(line, line.event(into), b"root", peer)
}

/// `maximum authentication attempts exceeded for [invalid user ]NAME from A port N ssh2`. Some
/// versions name nobody but the user.
pub(super) fn too_many<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (invalid_user, rest) = fields::name(rest);
    let event = line.event(into);
    (event.reason, event.role) = (Some(Reason::TooManyAttempts), Role::Proof);
    event.invalid_user = invalid_user;
    let end = rest.strip_suffix(b" ssh2").and_then(|rest| fields::at_end(rest, b" from "));
    match end.filter(|_| !line.cut) {
        Some((name, peer)) => of_at(line, event, name, peer),
        None => of(line, event, rest),
    }
}

/// `Disconnecting PARTY: TEXT`
pub(super) fn disconnecting<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (party, text) = party::split(rest, is_disconnect_text, is_service)?;
    if party.stage == Stage::LoggedIn && !line.preauth {
        return KNOWN;
    }
    let event = line.event(into);
    event.reason = Some(reason_of(text));
    if matches!(party.stage, Stage::Invalid | Stage::Authenticating) {
        event.role = Role::Proof;
    }
    by(line, event, party)
}

/// `Disconnecting: TEXT`, of whom nobody is named but in some TEXTs.
pub(super) fn disconnecting_unnamed<'a>(
    line: &Line<'_, 'a>,
    text: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    // 6.8 to 7.0 wrote the address behind the name, older ones the name alone. A name that looks
    // like both is told apart by the `Invalid user` line that comes first and has the address.
    if let Some(rest) = text.strip_prefix(TOO_MANY).and_then(|rest| rest.strip_prefix(b" for ")) {
        return too_many(line, rest, into);
    }
    let event = line.event(into);
    event.reason = Some(reason_of(text));
    if text.starts_with(TOO_MANY) {
        event.role = Role::Proof;
    }
    KNOWN
}

const TOO_MANY: &[u8] = b"Too many authentication failures";
const CHANGE: &[u8] = b"Change of username or service not allowed";
const NO_METHODS: &[u8] = b"no authentication methods enabled";
const SERVICE: &[u8] = b"bad service request ";

/// The client does not speak the protocol.
const PROTOCOL: [&[u8]; 13] = [
    SERVICE,
    b"Packet ",
    b"Corrupted ",
    b"Invalid ssh2 packet type",
    b"strict KEX violation",
    b"multiple KEXINIT received",
    b"incoming sequence number wrapped",
    b"outgoing sequence number wrapped",
    b"Protocol error",
    b"protocol error",
    b"Bad packet",
    b"Your ssh version is too old",
    b"bad client public DH value",
];

/// How the texts begin that `ssh_packet_disconnect` is called with before a login.
fn is_disconnect_text(text: &[u8]) -> bool {
    const OTHERS: [&[u8]; 2] = [TOO_MANY, NO_METHODS];
    // It quotes the name again, but in 100 bytes of text there is no room for all of this and a
    // party before it.
    let change = text.strip_prefix(CHANGE).and_then(|rest| rest.strip_prefix(b": ("));
    let begins = |word: &&[u8]| text.starts_with(word);
    change.is_some_and(|rest| !rest.is_empty())
        || OTHERS.iter().any(begins)
        || PROTOCOL.iter().any(begins)
}

fn is_service(text: &[u8]) -> bool {
    text.starts_with(SERVICE)
}

fn reason_of(text: &[u8]) -> Reason {
    if text.starts_with(TOO_MANY) {
        Reason::TooManyAttempts
    } else if text.starts_with(NO_METHODS) {
        Reason::NotAllowed
    } else if PROTOCOL.iter().any(|word| text.starts_with(word)) {
        Reason::BadProtocol
    } else {
        Reason::Other
    }
}

/// `Access denied for user NAME by PAM account configuration`
pub(super) fn account_refused<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    named(line, rest.strip_suffix(b" by PAM account configuration")?, into)
}

/// `Account NAME has expired`
pub(super) fn account<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, rest.strip_suffix(b" has expired")?, into)
}

/// `refused connect from HOST (A)` of tcp_wrappers. HOST may hold what identd answered; the
/// brackets at the end are libwrap's own.
pub(super) fn connect<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let event = line.event(into);
    let bracketed = rest.strip_suffix(b")").and_then(|rest| {
        let open = memchr::memrchr(b'(', rest)?;
        fields::at_start(&rest[open + 1..])
    });
    match bracketed.or_else(|| fields::at_start(rest)).filter(|(_, rest)| rest.is_empty()) {
        Some((peer, _)) => at(line, event, peer),
        None => KNOWN,
    }
}

/// `LOC: Certificate source-address invalid`, LOC being a line of a file or `cert` (an authority
/// that sshd trusts for everyone).
pub(super) fn at_location<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let refused = text.ends_with(b": Certificate source-address invalid");
    if !refused || line.level != Level::Error {
        return None;
    }
    line.event(into);
    KNOWN
}

/// `cert: TEXT`
pub(super) fn of_authority<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    if elsewhere(line, rest, into).is_none() {
        line.event(into);
    } else {
        into.event_mut()?.reason = Some(Reason::NotAllowed);
    }
    KNOWN
}

/// `Authentication key TYPE FP revoked by file F`
pub(super) fn revoked_key<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let mut words = rest.splitn(3, |b| *b == b' ');
    let (_, print, rest) = (words.next()?, words.next()?, words.next()?);
    if !rest.starts_with(b"revoked by file") {
        return None;
    }
    line.event(into).fingerprint = Some(line.text(print));
    KNOWN
}

/// `Authentication refused for NAME: bad owner or modes for F`, or `Authentication refused: TEXT`.
pub(super) fn bad_modes<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let event = line.event(into);
    let name = rest
        .strip_prefix(b" for ")
        .and_then(|rest| Some(&rest[..find(rest, b": bad owner or modes for ")?]));
    name.map_or(KNOWN, |name| of(line, event, name))
}

/// `[LOC: ]Authentication tried for NAME with correct key but not from a permitted host (host=H,
/// ip=A[, required=R]).`, or `… with valid certificate but not from a permitted source address
/// (A).`
pub(super) fn elsewhere<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const WORDS: &[u8] = b"Authentication tried for ";
    let rest = &text[find(text, WORDS)? + WORDS.len()..];
    tried(line, rest, into)
}

/// The same without what stands before.
pub(super) fn tried<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, rest) = split(rest, b" with correct key but not from a permitted host (host=")
        .or_else(|| {
            split(rest, b" with valid certificate but not from a permitted source address ")
        })?;
    let address =
        split(rest, b", ip=").map(|(_, rest)| rest).or_else(|| rest.strip_prefix(b"("))?;
    let end = address.iter().position(|b| matches!(b, b')' | b','))?;
    let event = line.event(into);
    match fields::at_start(&address[..end]) {
        Some((peer, _)) => of_at(line, event, name, peer),
        None => of(line, event, name),
    }
}

/// `public key FP signature for [invalid user ]NAME from A port N rejected: WHY`
pub(super) fn signature<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_, rest) = split(rest, b" signature for ")?;
    let end = rfind(rest, b" rejected: ")?;
    let (name, peer) = fields::at_end(&rest[..end], b" from ")?;
    let (invalid_user, name) = fields::name(name);
    let event = line.event(into);
    event.invalid_user = invalid_user;
    of_at(line, event, name, peer)
}

fn split<'a>(text: &'a [u8], word: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = find(text, word)?;
    Some((&text[..at], &text[at + word.len()..]))
}
