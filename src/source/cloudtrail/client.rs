//! The AWS client: credentials by the standard chain, one request, and why it failed.

use std::error::Error;
use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudtrail::config::retry::RetryConfig;
use aws_sdk_cloudtrail::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudtrail::operation::lookup_events::{LookupEventsError, LookupEventsOutput};
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use super::progress::Window;
use crate::source::CallFailure;

/// How the exporter calls itself in the roles that it assumes.
const SESSION_NAME: &str = "login_exporter";

/// A request that has no answer by then has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Access to AWS, shared by all accounts and Regions: one pool of connections.
#[derive(Clone, Debug)]
pub struct Aws(SdkConfig);

impl Aws {
    /// Takes credentials and endpoints from where every AWS tool does: the environment
    /// (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_CLOUDTRAIL`, …), the shared files,
    /// the container's or the instance's role. `region` is where roles are assumed.
    ///
    /// Nothing is asked yet: what is missing shows in the first poll.
    pub async fn from_environment(region: &str) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let http = HttpClientBuilder::new().tls_provider(tls).build_https();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWER_WITHIN).build();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .region(Region::new(region.to_owned()));
        Aws(loader.load().await)
    }

    /// The same with an endpoint for every service, and credentials that only a test server
    /// takes.
    #[doc(hidden)]
    pub async fn for_test_server(endpoint: &str) -> Self {
        use aws_sdk_cloudtrail::config::{Credentials, SharedCredentialsProvider};
        let keys = Credentials::new("AKIATEST", "secret", None, None, "test");
        let Aws(config) = Aws::from_environment("eu-west-1").await;
        let builder = config.into_builder().endpoint_url(endpoint);
        Aws(builder.credentials_provider(SharedCredentialsProvider::new(keys)).build())
    }
}

/// An account that is read through a role of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub role_arn: String,
    pub external_id: Option<String>,
}

impl Account {
    /// The account's number, from the ARN; the ARN where it has none.
    pub(super) fn number(&self) -> &str {
        self.role_arn.split(':').nth(4).filter(|n| !n.is_empty()).unwrap_or(&self.role_arn)
    }
}

/// LookupEvents of one account in one Region.
#[derive(Clone, Debug)]
pub(super) struct Client(aws_sdk_cloudtrail::Client);

/// One page: at most 50 events, newest first.
pub(super) struct Page {
    pub events: Vec<Found>,
    pub next: Option<String>,
}

/// One event as LookupEvents shows it.
#[derive(Debug)]
pub(super) struct Found {
    pub id: String,
    /// Seconds since the epoch.
    pub time: i64,
    /// The record, as JSON.
    pub record: String,
}

/// Why a request failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub reason: CallFailure,
    /// The token of the page is no longer good: the window is to be read anew.
    pub token_refused: bool,
    pub cause: String,
}

impl Client {
    pub(super) async fn new(aws: &Aws, region: &str, account: Option<&Account>) -> Self {
        let config = aws.0.to_builder().region(Region::new(region.to_owned())).build();
        // Every attempt counts against the account's rate, so none is made that is not paced.
        let mut builder = aws_sdk_cloudtrail::config::Builder::from(&config)
            .retry_config(RetryConfig::disabled());
        if let Some(account) = account {
            builder = builder.credentials_provider(assumed(&config, account).await);
        }
        Client(aws_sdk_cloudtrail::Client::from_conf(builder.build()))
    }

    pub(super) async fn lookup(
        &self,
        name: &str,
        window: Window,
        token: Option<String>,
    ) -> Result<Page, Failure> {
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::EventName)
            .attribute_value(name)
            .build()
            .map_err(|error| other(&error))?;
        let request = self.0.lookup_events().lookup_attributes(attribute);
        let request = request.start_time(DateTime::from_secs(window.start));
        let request = request.end_time(DateTime::from_secs(window.end)).max_results(50);
        request.set_next_token(token).send().await.map(page).map_err(|error| failure(&error))
    }
}

async fn assumed(config: &SdkConfig, account: &Account) -> AssumeRoleProvider {
    let mut builder =
        AssumeRoleProvider::builder(&account.role_arn).session_name(SESSION_NAME).configure(config);
    if let Some(id) = &account.external_id {
        builder = builder.external_id(id);
    }
    builder.build().await
}

fn page(output: LookupEventsOutput) -> Page {
    let events = output.events.unwrap_or_default().into_iter().filter_map(found).collect();
    Page { events, next: output.next_token.filter(|token| !token.is_empty()) }
}

/// Every event has its ID, time and record; one without cannot be counted once.
fn found(event: Event) -> Option<Found> {
    let time = event.event_time?.secs();
    Some(Found { id: event.event_id?, time, record: event.cloud_trail_event? })
}

fn failure(error: &SdkError<LookupEventsError>) -> Failure {
    let reason = match error {
        SdkError::ServiceError(_) => by_code(error.code().unwrap_or_default()),
        SdkError::TimeoutError(_) => CallFailure::Network,
        // A request that cannot be signed bears none of the marks of a broken connection.
        SdkError::DispatchFailure(broken) => match broken.as_connector_error() {
            Some(error) if !error.is_other() || error.as_other().is_some() => CallFailure::Network,
            _ => CallFailure::Credentials,
        },
        SdkError::ConstructionFailure(_) => CallFailure::Credentials,
        _ => CallFailure::Other,
    };
    let token_refused = matches!(error.code(), Some("InvalidNextTokenException"));
    Failure { reason, token_refused, cause: cause(error) }
}

/// The codes of "Common error types" in the CloudTrail API Reference, and those that the signing
/// proxies before it return.
fn by_code(code: &str) -> CallFailure {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "TooManyRequestsException"
        | "SlowDown" => CallFailure::Throttled,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "OperationNotPermittedException"
        | "OptInRequired" => CallFailure::Denied,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired" => CallFailure::Credentials,
        _ => CallFailure::Other,
    }
}

/// The service's own words, else every link of the chain: the last one says what broke.
fn cause(error: &SdkError<LookupEventsError>) -> String {
    if let Some(code) = error.code() {
        return match error.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        };
    }
    chain(error)
}

fn chain(error: &dyn Error) -> String {
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

fn other(error: &dyn Error) -> Failure {
    Failure { reason: CallFailure::Other, token_refused: false, cause: chain(error) }
}
