//! How connections end: closed, reset, disconnected by either side, timed out, and the protocol
//! errors of `packet.c`, `kex.c` and the banner exchange.
//!
//! What ends after a login is no rejection. Since 7.5 such lines name the `user`; those of older
//! versions without ` [preauth]` can be either, so they count only where nothing tells of a login.

use crate::event::{HintKind, Reason, Role};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line};
use crate::parse::words::{find, rfind};

use super::fields::{self, Peer};
use super::party::{self, Stage, party};
use super::shape::{at, by, ended, peer};

/// `Disconnected from PARTY`: the other side said goodbye. Before a login the child wrote it, so
/// one that names no user and has no ` [preauth]` came after a login.
pub(super) fn disconnected<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let party = party(rest, line.cut)?;
    if party.stage == Stage::Nameless && !line.preauth {
        return KNOWN;
    }
    ended(line, party, None, into)
}

/// `Received disconnect from A port N:11: TEXT`, where the client chose TEXT. A `Disconnected`
/// line tells it better.
pub(super) fn received<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (peer, rest) = fields::at_start(rest)?;
    let text = rest.strip_prefix(b":")?.trim_ascii_start();
    if !line.preauth && !is_of_authentication(text) {
        return KNOWN;
    }
    at(line, line.event(into), peer)
}

/// Whether the client gave up authenticating, which needs no ` [preauth]` to be before a login:
/// RFC 4253's reasons 13 (cancelled) and 14 (no more methods), and what JSch says as 3.
fn is_of_authentication(text: &[u8]) -> bool {
    let jsch = text.ends_with(b"Auth fail") || text.ends_with(b"Auth cancel");
    text.starts_with(b"13: ") || text.starts_with(b"14: ") || jsch
}

/// `SSH: Server;Ltype: Version;Remote: A-N;…` of the High Performance patches: whose connection
/// it is. What the client chose stands behind.
pub(super) fn remote<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let start = find(rest, b";Remote: ")? + b";Remote: ".len();
    let remote = &rest[start..];
    let remote = &remote[..memchr::memchr(b';', remote).unwrap_or(remote.len())];
    let dash = memchr::memrchr(b'-', remote)?;
    connection_of(line, fields::of_parts(&remote[..dash], &remote[dash + 1..])?, into)
}

/// `Connection from A port N[ on B port M]`, and the two ways that such a line goes on.
pub(super) fn connection<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if let Some(rest) = rest.strip_suffix(b" timed out") {
        return ended(line, party(rest, line.cut)?, Some(Reason::Timeout), into);
    }
    if rest.ends_with(b": refusing non-sftp session") {
        return KNOWN;
    }
    let (peer, rest) = fields::at_start(rest)?;
    if rest.starts_with(b" with IP opts") {
        let event = line.event(into);
        (event.reason, event.role) = (Some(Reason::BadProtocol), Role::Proof);
        return at(line, event, peer);
    }
    let known = rest.is_empty() || rest.starts_with(b" on ");
    connection_of(line, Some(peer).filter(|_| known)?, into)
}

fn connection_of<'a>(line: &Line<'_, 'a>, peer: Peer<'a>, into: &mut Parsed<'a>) -> Known {
    let Some(source) = peer.source(line) else { return KNOWN };
    line.hint(into, HintKind::Connection { source, port: peer.known_port() })
}

/// `FUNCTION: Connection from PARTY: ERROR` of `sshpkt_vfatal`, ERROR being one of `ssherr.c`.
pub(super) fn failed_in<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const WORDS: &[u8] = b": Connection from ";
    let start = find(text, WORDS).filter(|at| is_function(&text[..*at]))?;
    failed(line, &text[start + WORDS.len()..], into)
}

/// `PARTY: ERROR`, behind a function's name.
pub(super) fn failed<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let end = rfind(rest, b": ")?;
    let party = party(&rest[..end], line.cut)?;
    ended(line, party, Some(reason_of(&rest[end + 2..])), into)
}

/// The same of the banner exchange, which comes before any child and so has no ` [preauth]`.
pub(super) fn failed_in_banner<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let end = rfind(rest, b": ")?;
    let party = party(&rest[..end], line.cut)?;
    let event = line.event(into);
    event.reason = Some(reason_of(&rest[end + 2..]));
    by(line, event, party)
}

/// The name of a function, or what it was about: `send DEBUG`.
fn is_function(name: &[u8]) -> bool {
    if let Some(what) = name.strip_prefix(b"send ") {
        return what.len() <= 32 && what.iter().all(|b| b.is_ascii_alphanumeric() || *b == b' ');
    }
    let letters = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    (1..=64).contains(&name.len()) && name.iter().all(letters)
}

fn reason_of(error: &[u8]) -> Reason {
    match error {
        b"Broken pipe" | b"Connection reset by peer" => Reason::ClosedBeforeLogin,
        b"Connection timed out" => Reason::Timeout,
        _ => Reason::BadProtocol,
    }
}

/// `Unable to negotiate with PARTY: no matching … found. Their offer: …`, where the client chose
/// the offer.
pub(super) fn no_common<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (party, _) = party::split(rest, |text| text.starts_with(b"no matching "), |_| true)?;
    if party.stage == Stage::LoggedIn && !line.preauth {
        return KNOWN;
    }
    by(line, line.event(into), party)
}

/// `Bad protocol version identification 'TEXT' from A[ port N]`: the client chose TEXT.
pub(super) fn bad_identification<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let event = line.event(into);
    match fields::at_end(rest, b"' from ").filter(|_| !line.cut) {
        Some((_, peer)) => at(line, event, peer),
        None => KNOWN,
    }
}

/// `SSH-1.5-… scanned from A port N with …` of versions before 7.6, where the client chose the
/// first words: the last `scanned from` is sshd's.
pub(super) fn scanned<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const WORDS: [&[u8]; 2] = [b" scanned from ", b" probed from "];
    if !text.ends_with(b"Don't panic.") {
        return None;
    }
    let starts = WORDS.iter().filter_map(|word| Some(rfind(text, word)? + word.len()));
    peer(line, &text[starts.max()?..], into)
}

/// Any other fatal error of the child that serves a connection before its login: the connection
/// ended, and at its end the error may say that the other side was gone.
pub(super) fn died_before_login<'a>(
    line: &Line<'_, 'a>,
    text: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    if !line.died_before_login() {
        return None;
    }
    let error = rfind(text, b": ").map_or(text, |at| &text[at + 2..]);
    let reason = match reason_of(error) {
        Reason::BadProtocol => Reason::Other,
        gone => gone,
    };
    line.event(into).reason = Some(reason);
    KNOWN
}

/// `Read error from remote host A[ port N]: …`, as a rule after a login.
pub(super) fn read_error<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if !line.preauth {
        return KNOWN;
    }
    let (peer, _) = fields::at_start(rest)?;
    at(line, line.event(into), peer)
}

/// `Timeout before authentication for A[ port N]`, or of the listener since 9.8 `… for connection
/// from A to B, pid = N`: the process that served the connection is the one named.
pub(super) fn timeout<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let Some(rest) = rest.strip_prefix(b"connection from ") else {
        return peer(line, rest, into);
    };
    let (peer, rest) = fields::at_start(rest)?;
    let pid = find(rest, b", pid = ").and_then(|at| {
        let digits = &rest[at + b", pid = ".len()..];
        let end = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
    });
    let event = line.event(into);
    event.pid = pid;
    at(line, event, peer)
}
