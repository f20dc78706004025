//! One object of S3, by a signed GET: all that a notice of a trail's file needs.
//!
//! S3's own crate would take longer to build than the rest of the program, and has nothing else
//! that is used here. Signing, credentials, TLS and proxies are the other AWS clients'.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::byte_stream::ByteStream;

use super::failure::Failure;
use crate::source::CallFailure;

/// A request that has no answer by then has failed, and a body that stands still for so long.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Credentials are asked for anew so long before they end.
const BEFORE_EXPIRY: Duration = Duration::from_secs(300);

/// Of an answer that refuses no more is read.
const LONGEST_REFUSAL: usize = 16 << 10;

/// Objects of any bucket that the credentials may read.
#[derive(Debug)]
pub(in crate::source) struct S3 {
    config: SdkConfig,
    connector: Connector,
    credentials: Mutex<Option<Credentials>>,
    /// Where buckets are that S3 said are elsewhere.
    regions: Mutex<HashMap<String, String>>,
}

impl S3 {
    pub(in crate::source) fn new(config: &SdkConfig) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        S3 {
            config: config.clone(),
            connector: connector.tls_provider(tls).build(),
            credentials: Mutex::new(None),
            regions: Mutex::new(HashMap::new()),
        }
    }

    /// The bytes of an object. A bucket of another Region is asked there.
    pub(in crate::source) async fn get(&self, bucket: &str, key: &str) -> Result<Body, Failure> {
        let mut answer = self.ask(bucket, key).await?;
        let elsewhere = answer.headers().get("x-amz-bucket-region").map(str::to_owned);
        if let Some(region) = elsewhere.filter(|region| *region != self.region(bucket))
            && !answer.status().is_success()
        {
            self.regions().insert(bucket.to_owned(), region);
            answer = self.ask(bucket, key).await?;
        }
        let status = answer.status();
        let html = answer.headers().get("content-type").is_some_and(|kind| kind.contains("html"));
        let mut body = Body(ByteStream::new(answer.into_body()));
        if status.is_success() {
            return Ok(body);
        }
        let text = body.beginning(LONGEST_REFUSAL).await;
        Err(refusal(status.as_u16(), html, &text))
    }

    async fn ask(&self, bucket: &str, key: &str) -> Result<HttpResponse, Failure> {
        let region = self.region(bucket);
        let uri = self.uri(&region, bucket, key);
        let request = self.signed(&uri, &region).await?;
        match tokio::time::timeout(ANSWER_WITHIN, self.connector.call(request)).await {
            Ok(answer) => answer.map_err(|error| Failure::network(chain(&error))),
            Err(_) => Err(Failure::network(format!("no answer in {} s", ANSWER_WITHIN.as_secs()))),
        }
    }

    fn region(&self, bucket: &str) -> String {
        let own = || self.config.region().map_or("us-east-1", |region| region.as_ref()).to_owned();
        self.regions().get(bucket).cloned().unwrap_or_else(own)
    }

    fn regions(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uri(&self, region: &str, bucket: &str, key: &str) -> String {
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let usual = || format!("https://s3.{region}.amazonaws.com{suffix}");
        let endpoint = self.config.endpoint_url().map_or_else(usual, str::to_owned);
        format!("{}/{bucket}/{}", endpoint.trim_end_matches('/'), encoded(key))
    }

    async fn signed(&self, uri: &str, region: &str) -> Result<HttpRequest, Failure> {
        let identity = self.credentials().await?.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(Failure::other)?
            .into();
        let none = std::iter::empty::<(&str, &str)>();
        let signable = SignableRequest::new("GET", uri, none, SignableBody::Bytes(&[]));
        let signed =
            sign(signable.map_err(Failure::other)?, &parameters).map_err(Failure::other)?;
        let mut request = HttpRequest::get(uri).map_err(Failure::other)?;
        let (instructions, _) = signed.into_parts();
        for (name, value) in instructions.headers() {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        let kept = || self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = SystemTime::now() + BEFORE_EXPIRY;
        let good = |keys: &Credentials| keys.expiry().is_none_or(|end| end > soon);
        if let Some(keys) = kept().clone().filter(good) {
            return Ok(keys);
        }
        let Some(provider) = self.config.credentials_provider() else {
            return Err(Failure::credentials("there is no source of credentials"));
        };
        let keys = provider.provide_credentials().await;
        let keys = keys.map_err(|error| Failure::credentials(chain(&error)))?;
        *kept() = Some(keys.clone());
        Ok(keys)
    }
}

/// The bytes of an object, as they come.
#[derive(Debug)]
pub(in crate::source) struct Body(ByteStream);

impl Body {
    /// The next bytes; `None` at the end.
    pub(in crate::source) async fn next(&mut self) -> Option<Result<Vec<u8>, Failure>> {
        match tokio::time::timeout(ANSWER_WITHIN, self.0.next()).await {
            Ok(next) => Some(match next? {
                Ok(bytes) => Ok(bytes.to_vec()),
                Err(error) => Err(Failure::network(chain(&error))),
            }),
            Err(_) => Some(Err(Failure::network("the body stands still"))),
        }
    }

    async fn beginning(&mut self, most: usize) -> String {
        let mut bytes = Vec::new();
        while bytes.len() < most
            && let Some(Ok(more)) = self.next().await
        {
            bytes.extend(more);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// S3 says why in XML: `<Error><Code>AccessDenied</Code><Message>…`.
fn refusal(status: u16, html: bool, text: &str) -> Failure {
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(part, _)| part.to_owned())
    };
    match (part("Code"), part("Message")) {
        (Some(code), message) => Failure::of_code(&code, &message.unwrap_or_default(), ""),
        _ if html => {
            Failure::of_reason(CallFailure::Proxy, format!("HTTP {status} with a page of HTML"))
        }
        _ => Failure::other(format!("HTTP {status}")),
    }
}

/// Every byte but the unreserved ones and the slash.
fn encoded(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(char::from(byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

fn chain(error: &dyn std::error::Error) -> String {
    super::failure::chain(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_encoded_as_s3_signs_it() {
        assert_eq!(encoded("AWSLogs/o-1/a=b/x y_é~.gz"), "AWSLogs/o-1/a%3Db/x%20y_%C3%A9~.gz");
    }

    #[test]
    fn a_refusal_has_its_reason() {
        let denied = refusal(403, false, "<Error><Code>AccessDenied</Code><Message>no</Message>");
        assert_eq!((denied.reason, &*denied.cause), (CallFailure::Denied, "AccessDenied: no"));
        let gone = refusal(404, false, "<Error><Code>NoSuchKey</Code></Error>");
        assert_eq!((gone.reason, &*gone.code), (CallFailure::Other, "NoSuchKey"));
        assert_eq!(refusal(403, true, "<html>").reason, CallFailure::Proxy);
        assert_eq!(refusal(503, false, "").cause, "HTTP 503");
    }
}
