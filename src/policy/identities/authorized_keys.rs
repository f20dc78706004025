//! Reads authorized_keys files (sshd(8)) and public keys: which fingerprint has which comment.
//!
//! The keys are decoded by `ssh_key`; the line is taken apart here, because that crate cuts a
//! comment at `#` and gives up a file at its first bad line, where sshd skips the line.

use md5::{Digest, Md5};
use ssh_key::{Certificate, HashAlg, PublicKey, public::KeyData};

/// The keys of a file, and the lines that hold none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFile {
    pub keys: Vec<Key>,
    pub bad: Vec<BadLine>,
}

/// A key that lets someone in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Counted from 1.
    pub line: usize,
    /// `SHA256:…` as sshd logs it; of a certificate, that of the key within.
    pub sha256: String,
    /// `MD5:…`, with `FingerprintHash md5`.
    pub md5: String,
    /// What stands after the key; often empty, or `user@host`.
    pub comment: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    pub why: String,
}

/// Reads every line. Comments and empty lines are skipped, and so are certificate authorities:
/// nobody comes in with such a key itself.
pub fn parse_authorized_keys(bytes: &[u8]) -> KeyFile {
    let text = String::from_utf8_lossy(bytes);
    let mut file = KeyFile::default();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match key(line, n + 1) {
            Ok(Some(key)) => file.keys.push(key),
            Ok(None) => {}
            Err(why) => file.bad.push(BadLine { line: n + 1, why }),
        }
    }
    file
}

/// The key of a line; `None` for a certificate authority.
fn key(line: &str, number: usize) -> Result<Option<Key>, String> {
    let (options, rest) = match is_key_type(first_word(line)) {
        true => ("", line),
        false => split_options(line),
    };
    let kind = first_word(rest);
    if kind.is_empty() {
        return Err("no key stands in this line".to_owned());
    }
    if !is_key_type(kind) {
        return Err(format!("{kind:?} is not a type of key"));
    }
    let rest = rest[kind.len()..].trim_start();
    let base64 = first_word(rest);
    let data = key_data(kind, base64)?;
    if is_authority(options) {
        return Ok(None);
    }
    Ok(Some(Key {
        line: number,
        sha256: data.fingerprint(HashAlg::Sha256).to_string(),
        md5: md5_fingerprint(&data)?,
        comment: rest[base64.len()..].trim().to_owned(),
    }))
}

fn key_data(kind: &str, base64: &str) -> Result<KeyData, String> {
    let line = format!("{kind} {base64}");
    let data = match kind.contains("-cert-v01@") {
        true => Certificate::from_openssh(&line).map(|cert| cert.public_key().clone()),
        false => PublicKey::from_openssh(&line).map(|key| key.key_data().clone()),
    };
    data.map_err(|error| format!("the {kind} key is damaged: {error}"))
}

fn md5_fingerprint(data: &KeyData) -> Result<String, String> {
    let bytes = PublicKey::from(data.clone()).to_bytes().map_err(|error| error.to_string())?;
    let hex: Vec<String> = Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("MD5:{}", hex.join(":")))
}

/// The names that OpenSSH gives to types of keys (sshkey.c), and those of the same pattern.
fn is_key_type(word: &str) -> bool {
    let prefixes = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-sha2-"];
    prefixes.iter().any(|prefix| word.starts_with(prefix)) && !word.contains(['=', '"', ','])
}

fn first_word(text: &str) -> &str {
    text.split([' ', '\t']).next().unwrap_or("")
}

/// Options end at the first blank outside of quotes; `\"` does not end a quotation.
fn split_options(line: &str) -> (&str, &str) {
    let end = option_ends(line).find(|(_, b)| matches!(b, b' ' | b'\t')).map(|(at, _)| at);
    let (options, rest) = line.split_at(end.unwrap_or(line.len()));
    (options, rest.trim_start())
}

/// Where blanks and commas stand outside of quotes.
fn option_ends(line: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let mut quoted = false;
    let mut before = 0;
    line.bytes().enumerate().filter(move |(_, b)| {
        if *b == b'"' && before != b'\\' {
            quoted = !quoted;
        }
        before = *b;
        !quoted && matches!(b, b' ' | b'\t' | b',')
    })
}

/// Whether one of the options says that the key is an authority's.
fn is_authority(options: &str) -> bool {
    let ends = option_ends(options).map(|(at, _)| at).chain([options.len()]);
    let mut start = 0;
    for end in ends {
        if options[start..end].eq_ignore_ascii_case("cert-authority") {
            return true;
        }
        start = end + 1;
    }
    false
}
