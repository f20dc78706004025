//! The party of a connection as sshd names it since 7.5 (`sshpkt_fmt_connection_id` of
//! `packet.c`): the user so far as known, then address and port.

use memchr::memmem;

use super::fields::{Peer, at_end, at_start};
use crate::parse::words::rfind;

/// What sshd knows of a user when it names a connection (`log_preamble` of `packet.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No user yet; before OpenSSH 7.5 always.
    Nameless,
    Invalid,
    Authenticating,
    /// Let in.
    LoggedIn,
}

/// `[invalid user |authenticating user |user ]NAME A port N`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Party<'a> {
    pub(super) stage: Stage,
    pub(super) user: Option<&'a [u8]>,
    /// `None` where the line was cut before it.
    pub(super) peer: Option<Peer<'a>>,
}

/// Reads all of `text` as a party. `cut` says that its end may be missing, so that nothing that
/// stands there is sshd's for certain.
pub(super) fn party(text: &[u8], cut: bool) -> Option<Party<'_>> {
    let (stage, rest) = stage(text);
    if stage == Stage::Nameless {
        let (peer, rest) = at_start(text)?;
        return rest.is_empty().then_some(Party { stage, user: None, peer: Some(peer) });
    }
    // Without a port only a real address is one: else it is the last word of a name.
    let end = at_end(rest, b" ").filter(|(_, peer)| !cut && (peer.port.is_some() || peer.is_ip()));
    let (user, peer) = end.map_or((rest, None), |(user, peer)| (user, Some(peer)));
    Some(Party { stage, user: Some(user), peer })
}

pub(super) fn stage(text: &[u8]) -> (Stage, &[u8]) {
    const STAGES: [(&[u8], Stage); 3] = [
        (b"invalid user ", Stage::Invalid),
        (b"authenticating user ", Stage::Authenticating),
        (b"user ", Stage::LoggedIn),
    ];
    let strip = |(word, stage): &(&[u8], Stage)| Some((*stage, text.strip_prefix(*word)?));
    STAGES.iter().find_map(strip).unwrap_or((Stage::Nameless, text))
}

/// `PARTY: TEXT`, where `is_text` knows how sshd's own TEXT begins, and whether both are certain.
///
/// Without a name the address stands first. With one, the colon that ends the party is the last
/// that an address and port stand before and sshd's own words behind: those hold no such thing,
/// but for what the client chose of them. Where `is_open` says that it chose some, nobody can tell
/// the two apart, and the address is left to the connection's other lines.
pub(super) fn split(
    rest: &[u8],
    is_text: fn(&[u8]) -> bool,
    is_open: fn(&[u8]) -> bool,
) -> Option<(Party<'_>, &[u8])> {
    let (stage, _) = stage(rest);
    if stage == Stage::Nameless {
        let (peer, text) = at_start(rest)?;
        let party = Party { stage, user: None, peer: Some(peer) };
        return Some((party, text.strip_prefix(b": ")?));
    }
    let ends = || memmem::find_iter(rest, b": ").filter(|end| has_port(&rest[..*end]));
    let mut known = ends().filter(|end| is_text(&rest[*end + 2..]));
    let (first, last) = match known.next() {
        Some(first) => (first, known.last().unwrap_or(first)),
        // Words of a version that this does not know.
        None => ends().last().map(|end| (end, end))?,
    };
    let mut party = party(&rest[..last], false)?;
    if last != first && is_open(&rest[first + 2..]) {
        party.peer = None;
    }
    Some((party, &rest[last + 2..]))
}

/// Whether this ends in `port N`. Looks at its last few bytes only.
fn has_port(text: &[u8]) -> bool {
    let tail = &text[text.len().saturating_sub(b" port 65535".len())..];
    let Some(at) = rfind(tail, b" port ") else { return false };
    let digits = &tail[at + b" port ".len()..];
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}
