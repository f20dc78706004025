//! The alternative names of a certificate (RFC 5280, 4.2.1.6), which rustls does not list.

use std::net::{Ipv4Addr, Ipv6Addr};

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
/// `extensions [3]` of a TBSCertificate.
const EXTENSIONS: u8 = 0xa3;
/// 2.5.29.17, id-ce-subjectAltName.
const ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// DNS names, e-mail addresses, IP addresses and URIs, as text. What cannot be read has none.
pub(super) fn alternative_names(certificate: &[u8]) -> Vec<String> {
    extension(certificate)
        .and_then(|value| inside(value, SEQUENCE))
        .map(|names| elements(names).filter_map(|(tag, value)| name(tag, value)).collect())
        .unwrap_or_default()
}

/// The value of the extension with the alternative names.
fn extension(certificate: &[u8]) -> Option<&[u8]> {
    let to_be_signed = inside(inside(certificate, SEQUENCE)?, SEQUENCE)?;
    let (_, extensions) = elements(to_be_signed).find(|(tag, _)| *tag == EXTENSIONS)?;
    let mut extensions = elements(inside(extensions, SEQUENCE)?);
    let (_, extension) = extensions
        .find(|(_, value)| elements(value).next() == Some((OBJECT_IDENTIFIER, ALTERNATIVE_NAME)))?;
    // Between the identifier and the value a flag can stand that says whether it is critical.
    elements(extension).find(|(tag, _)| *tag == OCTET_STRING).map(|(_, value)| value)
}

fn name(tag: u8, value: &[u8]) -> Option<String> {
    match tag {
        // rfc822Name, dNSName, uniformResourceIdentifier: ASCII all three.
        0x81 | 0x82 | 0x86 => std::str::from_utf8(value).ok().map(str::to_owned),
        0x87 => match value.len() {
            4 => <[u8; 4]>::try_from(value).ok().map(|ip| Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(value).ok().map(|ip| Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn inside(input: &[u8], tag: u8) -> Option<&[u8]> {
    elements(input).next().filter(|(found, _)| *found == tag).map(|(_, value)| value)
}

/// The DER elements one after the other, up to the first that is none.
fn elements(mut input: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (tag, value, rest) = element(input)?;
        input = rest;
        Some((tag, value))
    })
}

fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, input) = input.split_first()?;
    let (&first, input) = input.split_first()?;
    // Up to 127 the length itself; above, how many bytes the length takes.
    let (length, input) = match usize::from(first) {
        short @ 0..=0x7f => (short, input),
        long => {
            let (bytes, input) = input.split_at_checked(long & 0x7f)?;
            let bytes = if bytes.len() > 4 { return None } else { bytes };
            let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, input)
        }
    };
    let (value, rest) = input.split_at_checked(length)?;
    Some((tag, value, rest))
}
