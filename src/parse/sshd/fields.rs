//! Addresses, ports and names, read from the end of the text at which sshd puts them.

use std::borrow::Cow;

use memchr::memrchr;

use crate::address;
use crate::parse::words::{number, remote};

/// The other end of a connection, as `ssh_remote_ipaddr` and `ssh_remote_port` give it. Versions
/// before 7 often leave the port out; with UseDNS some lines hold a host name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peer<'a> {
    address: &'a [u8],
    pub(super) port: Option<u16>,
}

impl<'a> Peer<'a> {
    fn new(address: &'a [u8], port: Option<u16>) -> Option<Self> {
        is_address(address).then_some(Peer { address, port })
    }

    /// The address as events carry it. `None` where sshd knew none and wrote `UNKNOWN`.
    pub(super) fn source(self) -> Option<Cow<'a, str>> {
        match self.address {
            b"UNKNOWN" | b"UNDETERMINED" => None,
            address => remote(address),
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

/// An address or host name has none of the bytes that a forged one would need most.
fn is_address(word: &[u8]) -> bool {
    (1..=255).contains(&word.len()) && word.iter().all(|byte| OF_ADDRESS[usize::from(*byte)])
}

/// Which bytes an address or host name may have.
static OF_ADDRESS: [bool; 256] = {
    let mut of_address = [false; 256];
    let mut byte = 0;
    while byte < of_address.len() {
        let known = matches!(byte as u8, b'.' | b':' | b'-' | b'_' | b'%');
        of_address[byte] = (byte as u8).is_ascii_alphanumeric() || known;
        byte += 1;
    }
    of_address
};

fn port(digits: &[u8]) -> Option<u16> {
    number(digits).filter(|_| digits.len() <= 5)?.try_into().ok()
}

/// `… from A port N` or, of old versions, `… from A`: what stands before, and the peer at the end.
/// `word` is what stands before the address (`" from "`).
pub(super) fn at_end<'a>(text: &'a [u8], word: &[u8]) -> Option<(&'a [u8], Peer<'a>)> {
    let (text, port) = match port_at_end(text) {
        Some((text, port)) => (text, Some(port)),
        None => (text, None),
    };
    let address = memrchr(b' ', text).map_or(0, |blank| blank + 1);
    let before = text[..address].strip_suffix(word)?;
    Some((before, Peer::new(&text[address..], port)?))
}

fn port_at_end(text: &[u8]) -> Option<(&[u8], u16)> {
    let blank = memrchr(b' ', text)?;
    Some((text[..blank].strip_suffix(b" port")?, port(&text[blank + 1..])?))
}

/// `A port N…` or, of old versions, `A…`: the peer at the start, and what follows.
pub(super) fn at_start(text: &[u8]) -> Option<(Peer<'_>, &[u8])> {
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
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
