//! Single requests to services whose own clients would take longer to build than the rest of the
//! program. Signing, credentials, TLS and proxies are the other AWS clients'.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
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
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::failure::{Failure, chain};
use crate::source::CallFailure;

/// A request that has no answer by then has failed, and a body that stands still for so long.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Of an answer that refuses no more is read.
const LONGEST_REFUSAL: usize = 16 << 10;

/// Of any other answer that is read whole: some thousand accounts or Regions.
const LONGEST_ANSWER: usize = 4 << 20;

/// One request.
#[derive(Clone, Copy, Debug)]
pub(in crate::source) struct Request<'a> {
    /// What the signature calls the service.
    pub(in crate::source) service: &'a str,
    pub(in crate::source) region: &'a str,
    pub(in crate::source) uri: &'a str,
    /// A GET where it is `None`.
    pub(in crate::source) body: Option<&'a str>,
    pub(in crate::source) headers: &'a [(&'a str, &'a str)],
}

/// Sends signed requests with one set of credentials.
#[derive(Debug)]
pub(in crate::source) struct Signed {
    config: SdkConfig,
    connector: Connector,
}

impl Signed {
    pub(in crate::source) fn new(config: &SdkConfig) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        Signed { config: config.clone(), connector: connector.tls_provider(tls).build() }
    }

    /// The Region of the settings or the environment.
    pub(in crate::source) fn region(&self) -> &str {
        self.config.region().map_or("us-east-1", AsRef::as_ref)
    }

    /// Where a service is: an endpoint of one's own (`AWS_ENDPOINT_URL`), else `usual`.
    pub(in crate::source) fn endpoint(&self, usual: impl FnOnce() -> String) -> String {
        let own = self.config.endpoint_url().map(|url| url.trim_end_matches('/').to_owned());
        own.unwrap_or_else(usual)
    }

    /// The whole answer.
    ///
    /// # Errors
    /// No answer, or one that refuses.
    pub(in crate::source) async fn text(&self, request: Request<'_>) -> Result<String, Failure> {
        let mut body = self.body(self.send(request).await?, request.region).await?;
        Ok(body.beginning(LONGEST_ANSWER).await)
    }

    /// The body of an answer, unless it refuses.
    pub(in crate::source) async fn body(
        &self,
        answer: HttpResponse,
        region: &str,
    ) -> Result<Body, Failure> {
        let status = answer.status();
        let header = |name| answer.headers().get(name).unwrap_or("").to_owned();
        let (kind, code) = (header("content-type"), header("x-amzn-errortype"));
        let mut body = Body(ByteStream::new(answer.into_body()));
        if status.is_success() {
            return Ok(body);
        }
        let text = body.beginning(LONGEST_REFUSAL).await;
        Err(refusal(status.as_u16(), &kind, &code, &text, region))
    }

    pub(in crate::source) async fn send(
        &self,
        request: Request<'_>,
    ) -> Result<HttpResponse, Failure> {
        let signed = self.signed(request).await?;
        match tokio::time::timeout(ANSWER_WITHIN, self.connector.call(signed)).await {
            Ok(answer) => answer.map_err(|error| Failure::network(chain(&error))),
            Err(_) => Err(Failure::network(format!("no answer in {} s", ANSWER_WITHIN.as_secs()))),
        }
    }

    async fn signed(&self, request: Request<'_>) -> Result<HttpRequest, Failure> {
        let Some(provider) = self.config.credentials_provider() else {
            return Err(Failure::credentials("there is no source of credentials"));
        };
        let keys = provider.provide_credentials().await;
        let identity = keys.map_err(|error| Failure::of_provider(&error))?.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(request.region)
            .name(request.service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(Failure::other)?
            .into();
        let Request { uri, body, headers, .. } = request;
        let method = if body.is_some() { "POST" } else { "GET" };
        let bytes = SignableBody::Bytes(body.unwrap_or("").as_bytes());
        let signable = SignableRequest::new(method, uri, headers.iter().copied(), bytes);
        let signed =
            sign(signable.map_err(Failure::other)?, &parameters).map_err(Failure::other)?;
        let mut unsigned = HttpRequest::new(SdkBody::from(body.unwrap_or("")));
        unsigned.set_method(method).map_err(Failure::other)?;
        unsigned.set_uri(uri).map_err(Failure::other)?;
        for (name, value) in headers {
            unsigned.headers_mut().insert((*name).to_owned(), (*value).to_owned());
        }
        let (instructions, _) = signed.into_parts();
        for (name, value) in instructions.headers() {
            unsigned.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(unsigned)
    }
}

/// The bytes of an answer, as they come.
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

/// Why a service refused: S3 and EC2 say so in XML (`<Error><Code>AccessDenied</Code><Message>…`),
/// others in JSON or in a header.
fn refusal(status: u16, kind: &str, code: &str, text: &str, region: &str) -> Failure {
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(part, _)| part.to_owned())
    };
    if let Some(code) = part("Code") {
        return Failure::of_code(&code, &part("Message").unwrap_or_default(), region);
    }
    let json: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let word = |names: [&str; 2]| names.iter().find_map(|name| json[*name].as_str()).unwrap_or("");
    let code = if code.is_empty() { word(["__type", "code"]) } else { code };
    // `com.amazonaws.organizations#AccessDeniedException`, `AccessDeniedException:http://…`
    let code = code.split(':').next().and_then(|code| code.rsplit('#').next()).unwrap_or("");
    match code {
        "" if kind.contains("html") => {
            Failure::of_reason(CallFailure::Proxy, format!("HTTP {status} with a page of HTML"))
        }
        "" => Failure::other(format!("HTTP {status}")),
        code => Failure::of_code(code, word(["message", "Message"]), region),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_its_reason() {
        let xml = |status, text| refusal(status, "application/xml", "", text, "");
        let denied = xml(403, "<Error><Code>AccessDenied</Code><Message>no</Message>");
        assert_eq!((denied.reason, &*denied.cause), (CallFailure::Denied, "AccessDenied: no"));
        let gone = xml(404, "<Error><Code>NoSuchKey</Code></Error>");
        assert_eq!((gone.reason, &*gone.code), (CallFailure::Other, "NoSuchKey"));
        let page = refusal(403, "text/html", "", "<html>", "");
        assert_eq!(page.reason, CallFailure::Proxy);
        assert_eq!(xml(503, "").cause, "HTTP 503");
        let said = r#"{"__type":"com.x#AccessDeniedException","Message":"no rights"}"#;
        let json = refusal(400, "application/x-amz-json-1.1", "", said, "");
        assert_eq!(
            (json.reason, &*json.cause),
            (CallFailure::Denied, "AccessDeniedException: no rights")
        );
        let header = refusal(400, "", "ThrottlingException:http://x/", "", "");
        assert_eq!(header.reason, CallFailure::Throttled);
    }
}
