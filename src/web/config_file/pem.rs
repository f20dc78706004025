//! Certificates and keys, each from a file or from the text itself.

use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_saphyr::Spanned;

use super::Wrong;
use super::document::Tls;

pub(super) fn wrong(line: u64, key: &'static str, cause: impl ToString) -> Wrong {
    Wrong { line, key, cause: cause.to_string() }
}

/// PEM from a file, or from the text itself; the names are those of the two keys.
pub(super) fn certificates(
    file: &Option<Spanned<std::path::PathBuf>>,
    text: &Option<Spanned<String>>,
    (file_key, text_key): (&'static str, &'static str),
    line: u64,
) -> Result<Vec<CertificateDer<'static>>, Wrong> {
    let (line, key, pem) = pem(file, text, (file_key, text_key), line)?;
    let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|error| wrong(line, key, error))?;
    match certificates.is_empty() {
        true => Err(wrong(line, key, "no certificate in it; it has to be in PEM form")),
        false => Ok(certificates),
    }
}

pub(super) fn private_key(tls: &Tls, line: u64) -> Result<PrivateKeyDer<'static>, Wrong> {
    let (line, key, pem) = pem(&tls.key_file, &tls.key, ("key_file", "key"), line)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            wrong(line, key, "no private key in it; it has to be in PEM form and not encrypted")
        }
        error => wrong(line, key, error),
    })
}

/// Where the PEM text stands, and the text.
fn pem(
    file: &Option<Spanned<std::path::PathBuf>>,
    text: &Option<Spanned<String>>,
    (file_key, text_key): (&'static str, &'static str),
    line: u64,
) -> Result<(u64, &'static str, Vec<u8>), Wrong> {
    match (file, text) {
        (Some(path), None) => {
            let line = path.referenced.line();
            read(&path.value).map(|pem| (line, file_key, pem)).map_err(|e| wrong(line, file_key, e))
        }
        (None, Some(text)) => {
            Ok((text.referenced.line(), text_key, text.value.clone().into_bytes()))
        }
        (None, None) => Err(wrong(
            line,
            "tls_server_config",
            format!("{file_key} is missing; TLS needs a certificate and its key"),
        )),
        (Some(_), Some(text)) => Err(wrong(
            text.referenced.line(),
            text_key,
            format!("{file_key} is given too; keep one of them"),
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| {
        format!("cannot read {}: {error}; this user has to be able to", path.display())
    })
}
