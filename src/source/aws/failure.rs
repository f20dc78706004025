//! Why a call to AWS failed, and whose part it is to mend that.

use std::error::Error;

use aws_sdk_cloudtrail::config::http::HttpResponse;
use aws_sdk_cloudtrail::error::{ProvideErrorMetadata, SdkError};

use crate::source::CallFailure;

/// Regions that every account of the partition `aws` has without enabling them.
const ALWAYS_ENABLED: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// Regions that every account has without enabling them, where `region` is.
pub(in crate::source) fn always_enabled(region: &str) -> &'static [&'static str] {
    match region.split('-').next() {
        Some("cn") => &["cn-north-1", "cn-northwest-1"],
        Some("us") if region.starts_with("us-gov-") => &["us-gov-east-1", "us-gov-west-1"],
        _ => &ALWAYS_ENABLED,
    }
}

/// A call that failed.
#[derive(Debug)]
pub(in crate::source) struct Failure {
    pub(in crate::source) reason: CallFailure,
    /// The service's code; empty where no answer of a service came.
    pub(in crate::source) code: String,
    pub(in crate::source) cause: String,
}

impl Failure {
    pub(in crate::source) fn of_reason(
        reason: CallFailure,
        cause: impl std::fmt::Display,
    ) -> Failure {
        Failure { reason, code: String::new(), cause: cause.to_string() }
    }

    pub(in crate::source) fn other(cause: impl std::fmt::Display) -> Failure {
        Failure::of_reason(CallFailure::Other, cause)
    }

    pub(super) fn network(cause: impl std::fmt::Display) -> Failure {
        Failure::of_reason(CallFailure::Network, cause)
    }

    pub(super) fn credentials(cause: impl std::fmt::Display) -> Failure {
        Failure::of_reason(CallFailure::Credentials, cause)
    }

    /// Credentials that could not be had.
    pub(super) fn of_provider(error: &(dyn Error + 'static)) -> Failure {
        let chain = chain(error);
        Failure::of_reason(of_credentials(&chain), chain)
    }

    /// By what the service said.
    pub(in crate::source) fn of_code(code: &str, message: &str, region: &str) -> Failure {
        let cause = match message {
            "" => code.to_owned(),
            message => format!("{code}: {message}"),
        };
        Failure { reason: by_code(code, message, region), code: code.to_owned(), cause }
    }

    /// `region` is where the call went; empty where that says nothing.
    pub(in crate::source) fn of_call<E>(error: &SdkError<E, HttpResponse>, region: &str) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (code, message) = (error.code().unwrap_or(""), error.message().unwrap_or(""));
        let chain = chain(error);
        let reason = match error {
            SdkError::TimeoutError(_) => CallFailure::Network,
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => {
                without_answer(error, &chain)
            }
            _ if code.is_empty() && is_a_proxys(error) => CallFailure::Proxy,
            _ => by_code(code, message, region),
        };
        let cause = match (code, message) {
            ("", _) if reason == CallFailure::Proxy => of_proxy(error),
            ("", _) => chain,
            (code, "") => code.to_owned(),
            (code, message) => format!("{code}: {message}"),
        };
        Failure { reason, code: code.to_owned(), cause }
    }
}

/// A request that never left, or that nobody answered. One that cannot be signed bears none of the
/// marks of a broken connection; but its credentials may have been asked of STS.
fn without_answer<E>(error: &SdkError<E, HttpResponse>, chain: &str) -> CallFailure {
    if let SdkError::DispatchFailure(broken) = error
        && let Some(link) = broken.as_connector_error()
        && (!link.is_other() || link.as_other().is_some())
    {
        return CallFailure::Network;
    }
    of_credentials(chain)
}

/// Why there are none.
fn of_credentials(chain: &str) -> CallFailure {
    let lower = chain.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "expiredtoken",
        "token has expired",
        "token is expired",
        "have expired",
        "session has expired",
    ]) {
        return CallFailure::Expired;
    }
    if says(&["signature expired", "not yet current", "requesttimetooskewed"]) {
        return CallFailure::Clock;
    }
    // Who answers, if only to refuse, can be reached; and a host without a metadata service is no
    // broken network.
    let unreachable = says(&["timed out", "timeout", "connection refused", "io error", "dns"]);
    if unreachable && !says(&["service error", "imds"]) {
        return CallFailure::Sts;
    }
    CallFailure::Credentials
}

/// The codes of "Common error types" in the CloudTrail API Reference and of its siblings, and
/// those that the signing proxies before them return.
fn by_code(code: &str, message: &str, region: &str) -> CallFailure {
    let skewed = ["Signature expired", "Signature not yet current"];
    if skewed.iter().any(|words| message.contains(words)) {
        return CallFailure::Clock;
    }
    let opted_in = !region.is_empty() && !always_enabled(region).contains(&region);
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown" => CallFailure::Throttled,
        "RequestTimeTooSkewed" | "RequestExpired" => CallFailure::Clock,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => CallFailure::Expired,
        // What a Region says that does not know the account, however good the keys are.
        "OptInRequired" => CallFailure::Region,
        "UnrecognizedClientException" | "InvalidClientTokenId" | "AuthFailure" if opted_in => {
            CallFailure::Region
        }
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OperationNotPermittedException" => CallFailure::Denied,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => CallFailure::Credentials,
        _ => CallFailure::Other,
    }
}

/// A page in HTML that refuses is no answer of AWS: it stands between.
fn is_a_proxys<E>(error: &SdkError<E, HttpResponse>) -> bool {
    error.raw_response().is_some_and(|response| {
        let html = response.headers().get("content-type").is_some_and(|kind| kind.contains("html"));
        let status = response.status().as_u16();
        html && (matches!(status, 401 | 403 | 407 | 451) || status < 400)
    })
}

fn of_proxy<E>(error: &SdkError<E, HttpResponse>) -> String {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    format!("HTTP {status} with a page of HTML")
}

/// Every link of the chain: the last one says what broke.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(link) = source {
        let link_text = link.to_string();
        if !text.ends_with(&link_text) {
            text = format!("{text}: {link_text}");
        }
        source = link.source();
    }
    text
}
