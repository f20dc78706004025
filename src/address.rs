//! Addresses as logs write them, by one spelling each: who comes twice is one source.
//!
//! OpenSSH, PAM, login and CloudTrail write the same address as `192.0.2.1`, `::ffff:192.0.2.1`,
//! `::FFFF:c000:201`, `[2001:DB8::1]:5000`, `fe80::1%eth0`.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// The source as the events carry it: an address in its shortest form, IPv4 within IPv6 as IPv4,
/// without the interface (which means something on that host only), brackets and port. What is no
/// address (a host name, a terminal) stays as it is.
pub fn folded(text: Cow<'_, str>) -> Cow<'_, str> {
    // Nearly every source is one of these two already: an IPv4 address, or a host's name.
    if !text.bytes().any(|byte| MAY_BE_LONGER[usize::from(byte)]) {
        return text;
    }
    match parse(&text) {
        Some(address) => {
            let short = address.to_string();
            if short == text { text } else { Cow::Owned(short) }
        }
        None => text,
    }
}

/// Which bytes stand in an address that has a shorter spelling, in no other and in no host's name.
/// A table costs half of what three comparisons a byte do.
static MAY_BE_LONGER: [bool; 256] = {
    let mut table = [false; 256];
    table[b':' as usize] = true;
    table[b'%' as usize] = true;
    table[b'[' as usize] = true;
    table
};

/// The address of a source, in any of its spellings; `None` for a name.
pub fn parse(text: &str) -> Option<IpAddr> {
    // Nearly every one is this, and needs no looking for ports and interfaces.
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(IpAddr::V4(address));
    }
    let bare = without_port(text);
    let bare = bare.split_once('%').map_or(bare, |(bare, _interface)| bare);
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// `192.0.2.1:5000` and `[2001:db8::1]:5000`; an IPv6 address without brackets has no port that
/// could be told from it.
fn without_port(text: &str) -> &str {
    if let Some((inside, behind)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return if is_port(behind) { inside } else { text };
    }
    match text.split_once(':') {
        Some((address, port)) if !port.contains(':') && is_number(port) => address,
        _ => text,
    }
}

/// Nothing, or a colon and a number; dropbear 2026.94 can lose all digits of it.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (spelling, folded_to) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:192.0.2.1", "192.0.2.1"),
            ("::ffff:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:FFFF:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:5000", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:5000", "192.0.2.1"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%eth0]:22", "fe80::1"),
        ] {
            assert_eq!(folded(Cow::Borrowed(spelling)), folded_to, "{spelling}");
        }
        for name in
            ["localhost", "host.example.com", "host:0", ":0", "tty1", "", "[x]:5", "UNKNOWN"]
        {
            assert_eq!(folded(Cow::Borrowed(name)), name);
        }
    }

    #[test]
    fn an_address_that_is_short_already_is_not_copied() {
        for text in ["192.0.2.1", "2001:db8::1", "host.example.com"] {
            assert!(matches!(folded(Cow::Borrowed(text)), Cow::Borrowed(_)), "{text}");
        }
    }
}
