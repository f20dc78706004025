//! The lines that name a key: `NAME from A port N ssh2: EXTRA`, where an attacker may have chosen
//! NAME, and whoever signed a certificate the key ID in EXTRA.
//!
//! EXTRA is what `format_method_key` of `auth2.c` writes: `TYPE FP`, for a certificate
//! `TYPE-CERT FP ID keyid (serial N) CA TYPE FP`, then perhaps `, ` and the method's own
//! words. So ` from A port N ssh2` is sshd's only where such an EXTRA, or nothing, follows to the
//! end of the line.

use std::cell::LazyCell;

use super::fields::{self, Peer};
use crate::parse::words::{find, rfind};

/// What ends the address. Protocol 1 wrote another, or none.
pub(super) const PROTOCOLS: [&[u8]; 3] = [b" ssh2", b" ssh1", b" ssh"];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Key<'a> {
    pub(super) fingerprint: Option<&'a [u8]>,
    pub(super) certificate: bool,
    /// The certificate's key ID, which its authority chose.
    pub(super) id: Option<&'a [u8]>,
}

/// A line taken apart at the place that is sshd's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split<'a> {
    pub(super) name: &'a [u8],
    pub(super) peer: Peer<'a>,
    pub(super) key: Option<Key<'a>>,
    /// What stands behind `ssh2: `, whatever it is.
    pub(super) extra: &'a [u8],
    /// No other place fits as well.
    pub(super) certain: bool,
}

/// How well what follows a place fits sshd's grammar. Better is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Words of a version that this does not know.
    Foreign,
    /// The start of an extra, of a line that was cut.
    Start,
    Whole,
}

/// Finds the place that is sshd's own: the one that fits best.
///
/// Where several fit alike, one imitates the other: the name, or what its owner chose behind it (the
/// key ID of a certificate that he signed himself, the user of his client). An existing account's
/// name holds no such words, so it is the first place. A name that does not exist may be any that
/// is no longer than the 100 bytes that sshd logs: then nobody can tell which address is sshd's,
/// and it is left to the connection's other lines.
pub(super) fn split(text: &[u8]) -> Option<Split<'_>> {
    let invalid = fields::name(text).0;
    let tail = LazyCell::new(|| tail_of_certificate(text));
    let mut best: Option<(Fit, Split<'_>)> = None;
    let mut from = 0;
    while let Some(at) = find(&text[from..], b" from ").map(|at| from + at) {
        // Without the last blank, so that two in a row (a user called `from`) are both found.
        from = at + b" from".len();
        let Some((fit, split)) = candidate(text, at, &tail) else { continue };
        match &mut best {
            Some((known, first)) if *known == fit => {
                if invalid && is_short(split.name) {
                    *first = Split { certain: false, ..split };
                }
            }
            Some((known, _)) if *known > fit => {}
            _ => best = Some((fit, split)),
        }
        // Nothing fits better, and a name of an account holds no such words.
        if fit == Fit::Whole && !invalid {
            break;
        }
    }
    best.map(|(_, split)| split)
}

/// The length of a certificate's words at the end of the line: looked for where one is named, once.
type Tail<F> = LazyCell<Option<usize>, F>;

fn candidate<'a, F: FnOnce() -> Option<usize>>(
    text: &'a [u8],
    at: usize,
    tail: &Tail<F>,
) -> Option<(Fit, Split<'a>)> {
    let (peer, rest) = fields::at_start(&text[at + b" from ".len()..])?;
    let protocol = PROTOCOLS.iter().find_map(|protocol| rest.strip_prefix(*protocol));
    let rest = protocol.filter(|_| peer.port.is_some())?;
    let name = &text[..at];
    if rest.is_empty() {
        return Some((Fit::Whole, Split { name, peer, key: None, extra: rest, certain: true }));
    }
    let extra = rest.strip_prefix(b": ")?;
    let (fit, key) = match parse(extra, tail) {
        Some((fit, key)) => (fit, Some(key)),
        None => (Fit::Foreign, None),
    };
    Some((fit, Split { name, peer, key, extra, certain: true }))
}

/// Whether a name is one that `%.100s` can have written, each control byte of it as `\ooo`.
fn is_short(name: &[u8]) -> bool {
    let name = fields::name(name).1;
    let (mut bytes, mut at) = (0, 0);
    while at < name.len() && bytes <= 100 {
        let octal = name[at] == b'\\'
            && name.len() >= at + 4
            && name[at + 1..at + 4].iter().all(|b| (b'0'..=b'7').contains(b));
        at += if octal { 4 } else { 1 };
        bytes += 1;
    }
    bytes <= 100
}

fn parse<'a, F: FnOnce() -> Option<usize>>(
    text: &'a [u8],
    tail: &Tail<F>,
) -> Option<(Fit, Key<'a>)> {
    let (kind, rest) = word(text, is_type)?;
    let certificate = kind.ends_with(b"-CERT");
    // OpenSSH 6.3 to 6.7 gave a certificate no fingerprint of its own.
    let (fingerprint, rest) = match rest.strip_prefix(b" ").and_then(print) {
        Some((word, rest)) if is_fingerprint(word) => (Some(word), rest),
        _ if certificate => (None, rest),
        _ => return None,
    };
    let plain = Key { fingerprint, certificate, id: None };
    if let Some(rest) = rest.strip_prefix(b" ID ") {
        let (fit, id) = key_id(rest, **tail);
        return Some((fit, Key { id: Some(id), ..plain }));
    }
    Some((words_of_method(rest)?, plain))
}

/// `keyid (serial N) CA TYPE FP[, …]`, read from its end.
fn key_id(text: &[u8], tail: Option<usize>) -> (Fit, &[u8]) {
    match tail.and_then(|tail| text.len().checked_sub(tail)) {
        Some(end) => (Fit::Whole, &text[..end]),
        None => (Fit::Start, text),
    }
}

/// The length of ` (serial N) CA TYPE FP[, …]` at the end of a line, looked for once a line.
fn tail_of_certificate(text: &[u8]) -> Option<usize> {
    let at = rfind(text, b" (serial ")?;
    is_serial(&text[at + b" (serial ".len()..]).then_some(text.len() - at)
}

/// `N) CA TYPE FP`, to the end.
fn is_serial(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let authority = text[digits..].strip_prefix(b") CA ").filter(|_| digits > 0);
    let whole = |rest| {
        let (_, rest) = word(rest, is_type)?;
        let (fingerprint, rest) = print(rest.strip_prefix(b" ")?)?;
        words_of_method(rest).filter(|fit| *fit == Fit::Whole && is_fingerprint(fingerprint))
    };
    authority.and_then(whole).is_some()
}

/// Nothing, `, signature count = N` of a security key, or hostbased's `, client user "…", client
/// host "…"`.
fn words_of_method(rest: &[u8]) -> Option<Fit> {
    if rest.is_empty() {
        return Some(Fit::Whole);
    }
    let rest = rest.strip_prefix(b", ")?;
    let count = rest.strip_prefix(b"signature count = ");
    let counted = count.is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit));
    let client = rest.starts_with(b"client user \"") && rest.ends_with(b"\"");
    Some(if counted || client { Fit::Whole } else { Fit::Start })
}

/// Longer than any type or fingerprint, and short enough that looking at every place of a line stays
/// linear.
const LONGEST_WORD: usize = 160;

/// A word of these bytes, and what follows it.
fn word(text: &[u8], of: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    word_behind(text, 0, of)
}

/// The same where so many bytes are known to be of it.
fn word_behind(text: &[u8], known: usize, of: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let longest = &text[..text.len().min(LONGEST_WORD)];
    let end = longest[known..].iter().position(|byte| !of(*byte));
    let end = end.map_or(longest.len(), |end| known + end);
    (end > 0).then(|| text.split_at(end))
}

/// A word that may be a fingerprint.
fn print(text: &[u8]) -> Option<(&[u8], &[u8])> {
    // It is long: sixteen bytes are looked at in hardly more time than one.
    let longest = &text[..text.len().min(LONGEST_WORD)];
    let of_print = |chunk: &[u8; 16]| chunk.iter().fold(true, |all, byte| all & is_print(*byte));
    let known = longest.as_chunks().0.iter().take_while(|chunk| of_print(chunk)).count() * 16;
    word_behind(text, known, is_print)
}

fn is_type(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_') | (byte == b'@') | (byte == b'.')
}

fn is_print(byte: u8) -> bool {
    byte.is_ascii_graphic() & (byte != b'"') & (byte != b',')
}

/// `SHA256:…`, `MD5:aa:bb:…`, `aa:bb:…`, or `(null)` where sshd could make none.
fn is_fingerprint(word: &[u8]) -> bool {
    word.starts_with(b"SHA256:") || word.contains(&b':') || word == b"(null)"
}
