//! Which certificates clients show: `client_auth_type`, `client_ca` and `client_allowed_sans`.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use serde_saphyr::Spanned;

use super::Wrong;
use super::client_names::alternative_names;
use super::document::Tls;
use super::pem::{certificates, wrong};

const KEY: &str = "client_auth_type";

type Verifier = Arc<dyn ClientCertVerifier>;

/// Go's `tls.ClientAuthType`, by its names, the weaker ones first.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Policy {
    None,
    Request,
    VerifyIfGiven,
    RequireAny,
    RequireAndVerify,
}

/// What clients have to show, so that two readings of a file can be told apart by which asks for
/// less.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Asked {
    policy: Policy,
    /// Only certain names come in.
    by_name: bool,
}

impl Default for Asked {
    fn default() -> Self {
        Asked { policy: Policy::None, by_name: false }
    }
}

impl Asked {
    pub(super) fn by(tls: &Tls) -> Result<Asked, Wrong> {
        let policy = policy(tls.client_auth_type.as_ref())?;
        Ok(Asked { policy, by_name: tls.client_allowed_sans.is_some() })
    }

    /// Whether someone comes in whom `other` turns away for what he is asked.
    pub(super) fn is_less_than(self, other: Asked) -> bool {
        self.policy < other.policy || other.by_name && !self.by_name
    }
}

pub(super) fn verifier(
    tls: &Tls,
    provider: &Arc<CryptoProvider>,
    line: u64,
) -> Result<Verifier, Wrong> {
    let policy = policy(tls.client_auth_type.as_ref())?;
    let line = tls.client_auth_type.as_ref().map_or(line, |given| given.referenced.line());
    let file_line = tls.client_ca_file.as_ref().map(|path| path.referenced.line());
    let text_line = tls.client_ca.as_ref().map(|text| text.referenced.line());
    if policy == Policy::None
        && let Some(line) = file_line.or(text_line)
    {
        let cause = "client_ca_file is given, but no certificate is asked for; set \
                     RequireAndVerifyClientCert";
        return Err(wrong(line, KEY, cause));
    }
    let any = |mandatory| -> Verifier {
        Arc::new(AnyClient { mandatory, algorithms: provider.signature_verification_algorithms })
    };
    let verifier = match policy {
        Policy::None => Arc::new(NoClientAuth),
        Policy::Request => any(false),
        Policy::RequireAny => any(true),
        Policy::VerifyIfGiven | Policy::RequireAndVerify => {
            let mandatory = policy == Policy::RequireAndVerify;
            verified(tls, provider, line, mandatory)?
        }
    };
    with_names(verifier, tls.client_allowed_sans.as_ref(), policy)
}

fn policy(given: Option<&Spanned<String>>) -> Result<Policy, Wrong> {
    let Some(given) = given else {
        return Ok(Policy::None);
    };
    match given.value.as_str() {
        "" | "NoClientCert" => Ok(Policy::None),
        "RequestClientCert" => Ok(Policy::Request),
        // The second is the toolkit's own older name.
        "RequireAnyClientCert" | "RequireClientCert" => Ok(Policy::RequireAny),
        "VerifyClientCertIfGiven" => Ok(Policy::VerifyIfGiven),
        "RequireAndVerifyClientCert" => Ok(Policy::RequireAndVerify),
        other => {
            let cause = format!(
                "{other:?} is none of NoClientCert, RequestClientCert, RequireAnyClientCert, \
                 VerifyClientCertIfGiven, RequireAndVerifyClientCert"
            );
            Err(wrong(given.referenced.line(), KEY, cause))
        }
    }
}

/// The toolkit falls back to the system's authorities, which would let in everyone who can buy a
/// certificate; here the authority has to be named.
fn verified(
    tls: &Tls,
    provider: &Arc<CryptoProvider>,
    line: u64,
    mandatory: bool,
) -> Result<Verifier, Wrong> {
    if tls.client_ca.is_none() && tls.client_ca_file.is_none() {
        let cause = "certificates cannot be verified without client_ca_file; name the authority \
                     that signs them";
        return Err(wrong(line, KEY, cause));
    }
    let names = ("client_ca_file", "client_ca");
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&tls.client_ca_file, &tls.client_ca, names, line)? {
        roots.add(certificate).map_err(|error| wrong(line, "client_ca_file", error))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let builder = if mandatory { builder } else { builder.allow_unauthenticated() };
    let verifier = builder.build().map_err(|error| wrong(line, "client_ca_file", error))?;
    Ok(verifier)
}

fn with_names(
    inner: Verifier,
    names: Option<&Spanned<Vec<String>>>,
    policy: Policy,
) -> Result<Verifier, Wrong> {
    let Some(names) = names else {
        return Ok(inner);
    };
    if !matches!(policy, Policy::RequireAny | Policy::RequireAndVerify) {
        let cause = "names are only compared where a certificate is required; set \
                     client_auth_type to RequireAndVerifyClientCert";
        return Err(wrong(names.referenced.line(), "client_allowed_sans", cause));
    }
    Ok(Arc::new(NamedClient { inner, names: names.value.clone() }))
}

/// Takes every certificate whose key the client holds, whoever signed it.
#[derive(Debug)]
struct AnyClient {
    mandatory: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Asks for one of the allowed alternative names beside what the inner one asks for.
#[derive(Debug)]
struct NamedClient {
    inner: Verifier,
    names: Vec<String>,
}

impl ClientCertVerifier for NamedClient {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        let names = alternative_names(end_entity);
        if names.iter().any(|name| self.names.contains(name)) {
            return Ok(verified);
        }
        Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
