//! Addresses, ports and names, read from the end of the text at which sshd puts them.

use crate::address;
use crate::parse::rows::Line;
use crate::parse::words::folded;

/// The other end of a connection, as `ssh_remote_ipaddr` and `ssh_remote_port` give it. Versions
/// before 7 often leave the port out; with UseDNS some lines hold a host name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peer<'a> {
    address: &'a [u8],
    /// Those of the address's bytes.
    kinds: u8,
    pub(super) port: Option<u16>,
}

impl<'a> Peer<'a> {
    fn new(address: &'a [u8], kinds: u8, port: Option<u16>) -> Option<Self> {
        let is_address = (1..=255).contains(&address.len()) && kinds & OTHER == 0;
        is_address.then_some(Peer { address, kinds, port })
    }

    /// The address as events carry it. `None` where sshd knew none and wrote `UNKNOWN`.
    #[inline]
    pub(super) fn source(self, line: &Line<'_, 'a>) -> Option<&'a str> {
        let address = line.text(self.address);
        match self.address {
            _ if self.kinds == NUMBER => Some(address),
            b"UNKNOWN" | b"UNDETERMINED" => None,
            _ if self.kinds & LONGER != 0 => Some(folded(line.envelope, address)),
            _ => Some(address),
        }
    }

    /// The port; the 65535 that stands for an unknown one is none.
    pub(super) fn known_port(self) -> Option<u16> {
        self.port.filter(|_| !self.address.starts_with(b"UN"))
    }

    pub(super) fn is_ip(self) -> bool {
        std::str::from_utf8(self.address).is_ok_and(|text| address::parse(text).is_some())
    }
}

/// A byte of an IPv4 address.
const NUMBER: u8 = 0;
/// One of a host's name.
const NAME: u8 = 1;
/// One that is in no host's name, nor in an IPv4 address.
const LONGER: u8 = 2;
/// One that neither has: those that a forged one would need most are among them.
const OTHER: u8 = 4;

static KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        match byte as u8 {
            b':' | b'%' => kinds[byte] = LONGER,
            b'.' | b'0'..=b'9' => kinds[byte] = NUMBER,
            b'-' | b'_' => kinds[byte] = NAME,
            other if other.is_ascii_alphabetic() => kinds[byte] = NAME,
            _ => {}
        }
        byte += 1;
    }
    kinds
};

/// `… from A port N` or, of old versions, `… from A`: what stands before, and the peer at the end.
/// `word` is what stands before the address (`" from "`).
// Inlined, the word is known.
#[inline(always)]
pub(super) fn at_end<'a>(text: &'a [u8], word: &[u8]) -> Option<(&'a [u8], Peer<'a>)> {
    let (before, peer) = last_word(text)?;
    Some((before.strip_suffix(word)?, peer))
}

/// The peer at the end, and what stands before it, with the blank.
#[inline(never)]
fn last_word(text: &[u8]) -> Option<(&[u8], Peer<'_>)> {
    let (text, port) = match port_at_end(text) {
        Some((text, port)) => (text, Some(port)),
        None => (text, None),
    };
    let (mut before, mut kinds) = (text, NUMBER);
    while let [rest @ .., byte] = before
        && *byte != b' '
    {
        kinds |= KINDS[usize::from(*byte)];
        before = rest;
    }
    Some((before, Peer::new(&text[before.len()..], kinds, port)?))
}

fn port_at_end(text: &[u8]) -> Option<(&[u8], u16)> {
    let (mut before, mut port, mut unit) = (text, 0, 1);
    while let [rest @ .., digit @ b'0'..=b'9'] = before
        && unit <= 10_000
    {
        port += unit * u32::from(digit - b'0');
        unit *= 10;
        before = rest;
    }
    let before = before.strip_suffix(b" port ").filter(|_| unit > 1)?;
    Some((before, port.try_into().ok()?))
}

fn port_at_start(text: &[u8]) -> Option<(u16, &[u8])> {
    let (mut rest, mut port) = (text, 0);
    while let [digit @ b'0'..=b'9', after @ ..] = rest
        && port <= u32::from(u16::MAX)
    {
        port = port * 10 + u32::from(digit - b'0');
        rest = after;
    }
    let digits = text.len() - rest.len();
    Some((port.try_into().ok()?, rest)).filter(|_| (1..=5).contains(&digits))
}

/// `A port N…` or, of old versions, `A…`: the peer at the start, and what follows.
pub(super) fn at_start(text: &[u8]) -> Option<(Peer<'_>, &[u8])> {
    let (address, kinds, rest) = first_word(text);
    if let Some(digits) = rest.strip_prefix(b" port ") {
        let (port, rest) = port_at_start(digits)?;
        return Some((Peer::new(address, kinds, Some(port))?, rest));
    }
    // `Received disconnect from 192.0.2.1: 11: Bye`
    let bare = address.strip_suffix(b":").unwrap_or(address);
    Some((Peer::new(bare, kinds, None)?, &text[bare.len()..]))
}

/// The first word, the kinds of its bytes, and what follows.
fn first_word(text: &[u8]) -> (&[u8], u8, &[u8]) {
    let (mut end, mut kinds) = (text.len(), NUMBER);
    for (at, byte) in text.iter().enumerate() {
        if *byte == b' ' {
            end = at;
            break;
        }
        kinds |= KINDS[usize::from(*byte)];
    }
    let (word, rest) = text.split_at(end);
    (word, kinds, rest)
}

/// An address and a port that stand apart.
pub(super) fn of_parts<'a>(address: &'a [u8], digits: &[u8]) -> Option<Peer<'a>> {
    let (word, kinds, rest) = first_word(address);
    let port = port_at_start(digits).filter(|(_, rest)| rest.is_empty());
    Peer::new(word, kinds, port.map(|(port, _)| port)).filter(|_| rest.is_empty())
}

/// A name as `invalid user NAME` or, before 3.9 and in PAM's lines, `illegal user NAME`; else an
/// account's.
pub(super) fn name(text: &[u8]) -> (bool, &[u8]) {
    let invalid =
        text.strip_prefix(b"invalid user ").or_else(|| text.strip_prefix(b"illegal user "));
    invalid.map_or((false, text), |name| (true, name))
}
