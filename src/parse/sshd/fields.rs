//! Addresses, ports and names, read from the end of the text at which sshd puts them.

use std::borrow::Cow;

use crate::address;
use crate::parse::rows::Line;
use crate::parse::words::number;

/// The other end of a connection, as `ssh_remote_ipaddr` and `ssh_remote_port` give it. Versions
/// before 7 often leave the port out; with UseDNS some lines hold a host name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peer<'a> {
    address: &'a [u8],
    /// It has bytes of an address that has a shorter spelling.
    may_be_longer: bool,
    pub(super) port: Option<u16>,
}

impl<'a> Peer<'a> {
    fn new(address: &'a [u8], port: Option<u16>) -> Option<Self> {
        let kinds = address.iter().fold(0, |kinds, byte| kinds | KINDS[usize::from(*byte)]);
        let is_address = (1..=255).contains(&address.len()) && kinds & OTHER == 0;
        let may_be_longer = kinds & LONGER != 0;
        is_address.then_some(Peer { address, may_be_longer, port })
    }

    /// The address as events carry it. `None` where sshd knew none and wrote `UNKNOWN`.
    #[inline]
    pub(super) fn source(self, line: &Line<'_, 'a>) -> Option<Cow<'a, str>> {
        match self.address {
            b"UNKNOWN" | b"UNDETERMINED" => None,
            address if self.may_be_longer => Some(address::folded(line.text(address))),
            address => Some(line.text(address)),
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

/// A byte of an address or a host's name.
const PLAIN: u8 = 1;
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
            b'.' | b'-' | b'_' => kinds[byte] = PLAIN,
            other if other.is_ascii_alphanumeric() => kinds[byte] = PLAIN,
            _ => {}
        }
        byte += 1;
    }
    kinds
};

fn port(digits: &[u8]) -> Option<u16> {
    number(digits).filter(|_| digits.len() <= 5)?.try_into().ok()
}

/// `… from A port N` or, of old versions, `… from A`: what stands before, and the peer at the end.
/// `word` is what stands before the address (`" from "`).
#[inline]
pub(super) fn at_end<'a>(text: &'a [u8], word: &[u8]) -> Option<(&'a [u8], Peer<'a>)> {
    let (before, peer) = last_word(text)?;
    Some((before.strip_suffix(word)?, peer))
}

/// The peer at the end, and what stands before it, with the blank.
fn last_word(text: &[u8]) -> Option<(&[u8], Peer<'_>)> {
    let (text, port) = match port_at_end(text) {
        Some((text, port)) => (text, Some(port)),
        None => (text, None),
    };
    // The words are short: to look at each byte costs less than to search.
    let address = text.iter().rposition(|byte| *byte == b' ').map_or(0, |blank| blank + 1);
    Some((&text[..address], Peer::new(&text[address..], port)?))
}

fn port_at_end(text: &[u8]) -> Option<(&[u8], u16)> {
    let blank = text.iter().rposition(|byte| !byte.is_ascii_digit())?;
    Some((text[..=blank].strip_suffix(b" port ")?, port(&text[blank + 1..])?))
}

/// `A port N…` or, of old versions, `A…`: the peer at the start, and what follows.
pub(super) fn at_start(text: &[u8]) -> Option<(Peer<'_>, &[u8])> {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    let rest = &text[end..];
    if let Some(digits) = rest.strip_prefix(b" port ") {
        let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
        let port = port(&digits[..count])?;
        return Some((Peer::new(&text[..end], Some(port))?, &digits[count..]));
    }
    // `Received disconnect from 192.0.2.1: 11: Bye`
    let colon = usize::from(end > 0 && text[end - 1] == b':');
    Some((Peer::new(&text[..end - colon], None)?, &text[end - colon..]))
}

/// An address and a port that stand apart.
pub(super) fn of_parts<'a>(address: &'a [u8], digits: &[u8]) -> Option<Peer<'a>> {
    Peer::new(address, port(digits))
}

/// A name as `invalid user NAME` or, before 3.9 and in PAM's lines, `illegal user NAME`; else an
/// account's.
pub(super) fn name(text: &[u8]) -> (bool, &[u8]) {
    let invalid =
        text.strip_prefix(b"invalid user ").or_else(|| text.strip_prefix(b"illegal user "));
    invalid.map_or((false, text), |name| (true, name))
}
