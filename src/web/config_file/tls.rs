//! From `tls_server_config` to rustls.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::{NamedGroup, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version};
use serde_saphyr::Spanned;

use super::document::Tls;
use super::pem::{certificates, private_key, wrong};
use super::{Wrong, clients};

pub(super) fn server_config(tls: &Spanned<Tls>) -> Result<ServerConfig, Wrong> {
    let (line, tls) = (tls.referenced.line(), &tls.value);
    let chain = certificates(&tls.cert_file, &tls.cert, ("cert_file", "cert"), line)?;
    let key = private_key(tls, line)?;
    let provider = Arc::new(provider(tls)?);
    let versions = versions(tls)?;
    let clients = clients::verifier(tls, &provider, line)?;
    let key_line = tls.key_file.as_ref().map_or(line, |path| path.referenced.line());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .map_err(|error| wrong(line, "tls_server_config", error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|error| {
            let cause = format!("the key does not fit the certificate ({error}); give the pair");
            wrong(key_line, "tls_server_config.key_file", cause)
        })?;
    config.ignore_client_order = tls.prefer_server_cipher_suites.unwrap_or(true);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// TLS 1.0 and 1.1 are given up by every library that is still looked after; asking for them as
/// the least is a wish for everything above.
fn versions(tls: &Tls) -> Result<Vec<&'static SupportedProtocolVersion>, Wrong> {
    let number = |given: &Option<Spanned<String>>, key, otherwise| match given {
        None => Ok(otherwise),
        Some(given) => match given.value.as_str() {
            "TLS10" => Ok(10),
            "TLS11" => Ok(11),
            "TLS12" => Ok(12),
            "TLS13" => Ok(13),
            other => Err(wrong(
                given.referenced.line(),
                key,
                format!("{other:?} is no version; write TLS12 or TLS13"),
            )),
        },
    };
    let least = number(&tls.min_version, "min_version", 12)?;
    let most = number(&tls.max_version, "max_version", 13)?;
    let known = [(13, &version::TLS13), (12, &version::TLS12)];
    let versions: Vec<_> = known
        .into_iter()
        .filter(|(number, _)| (least..=most).contains(number))
        .map(|(_, version)| version)
        .collect();
    if versions.is_empty() {
        let line = tls.max_version.as_ref().map_or(0, |given| given.referenced.line());
        let cause = "leaves no version of TLS: TLS12 and TLS13 are there, and the least has to \
                     be below the most";
        return Err(wrong(line, "max_version", cause));
    }
    Ok(versions)
}

fn provider(tls: &Tls) -> Result<CryptoProvider, Wrong> {
    let mut provider = ring::default_provider();
    if let Some(names) = tls.cipher_suites.as_ref().filter(|names| !names.is_empty()) {
        provider.cipher_suites = cipher_suites(names, &provider.cipher_suites)?;
    }
    if let Some(names) = tls.curve_preferences.as_ref().filter(|names| !names.is_empty()) {
        provider.kx_groups = names.iter().map(curve).collect::<Result<_, _>>()?;
    }
    Ok(provider)
}

/// The list is for TLS 1.2, in the order of preference; those of TLS 1.3 cannot be chosen, as in
/// the exporter-toolkit.
fn cipher_suites(
    names: &[Spanned<String>],
    known: &[SupportedCipherSuite],
) -> Result<Vec<SupportedCipherSuite>, Wrong> {
    let (mut suites, choice): (Vec<_>, Vec<_>) =
        known.iter().copied().partition(|suite| suite.tls13().is_some());
    for name in names {
        let found = choice.iter().find(|suite| {
            let rustls_name = format!("{:?}", suite.suite());
            rustls_name == name.value || rustls_name.strip_suffix("_SHA256") == Some(&name.value)
        });
        suites.push(*found.ok_or_else(|| {
            let known: Vec<String> =
                choice.iter().map(|suite| format!("{:?}", suite.suite())).collect();
            let cause = format!("{:?} is not offered; there are {}", name.value, known.join(", "));
            wrong(name.referenced.line(), "cipher_suites", cause)
        })?);
    }
    Ok(suites)
}

fn curve(name: &Spanned<String>) -> Result<&'static dyn SupportedKxGroup, Wrong> {
    let group = match name.value.as_str() {
        "CurveP256" => NamedGroup::secp256r1,
        "CurveP384" => NamedGroup::secp384r1,
        "X25519" => NamedGroup::X25519,
        other => {
            let cause = format!("{other:?} is not offered; there are CurveP256, CurveP384, X25519");
            return Err(wrong(name.referenced.line(), "curve_preferences", cause));
        }
    };
    ring::ALL_KX_GROUPS
        .iter()
        .copied()
        .find(|known| known.name() == group)
        .ok_or_else(|| wrong(name.referenced.line(), "curve_preferences", "is not offered"))
}
