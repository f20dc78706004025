//! The way to AWS: credentials by the standard chain, one provider an account, and why a call
//! failed. What is asked is each source's own.

mod failure;
mod remembered;
mod s3;
mod signed;

use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudtrail::config::SharedCredentialsProvider;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::sync::OnceCell;

pub(super) use self::failure::{Failure, always_enabled};
use self::remembered::Remembered;
pub(super) use self::s3::S3;
pub(super) use self::signed::{Body, Request, Signed};

/// How the exporter calls itself in the roles that it assumes.
const SESSION_NAME: &str = "login_exporter";

/// A request that has no answer by then has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Where roles are assumed if neither settings nor environment name a Region.
const SOME_REGION: &str = "us-east-1";

/// Access to AWS, shared by all accounts and Regions: one pool of connections.
#[derive(Clone, Debug)]
pub struct Aws(SdkConfig);

impl Aws {
    /// Takes credentials and endpoints from where every AWS tool does: the environment
    /// (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_CLOUDTRAIL`, …), the shared files,
    /// the container's or the instance's role. `region` is where roles are assumed; without one it
    /// is the environment's.
    ///
    /// Nothing is asked yet: what is missing shows in the first poll.
    pub async fn from_environment(region: Option<&str>) -> Self {
        let tls = Provider::Rustls(CryptoMode::Ring);
        let http = HttpClientBuilder::new().tls_provider(tls).build_https();
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ANSWER_WITHIN).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts);
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        let mut builder = config.to_builder();
        if let Some(provider) = config.credentials_provider() {
            builder = builder.credentials_provider(remembered(provider));
        }
        if config.region().is_none() {
            builder = builder.region(Region::new(SOME_REGION));
        }
        Aws(builder.build())
    }

    /// The same with an endpoint for every service, and credentials that only a test server
    /// takes.
    #[doc(hidden)]
    pub async fn for_test_server(endpoint: &str) -> Self {
        use aws_sdk_cloudtrail::config::Credentials;
        let keys = Credentials::new("AKIATEST", "secret", None, None, "test");
        let Aws(config) = Aws::from_environment(Some("eu-west-1")).await;
        let builder = config.into_builder().endpoint_url(endpoint);
        Aws(builder.credentials_provider(SharedCredentialsProvider::new(keys)).build())
    }

    pub(super) fn config(&self) -> &SdkConfig {
        &self.0
    }

    /// Access to one account in all its Regions: one provider of credentials, and one memory of
    /// what it provided, so that a role is assumed once an hour, however many Regions are asked.
    /// (The SDK's own memory is one for the whole process, and holds 64.)
    pub async fn access(&self, account: Option<&Account>) -> Access {
        let memory = IdentityCache::lazy().build();
        let mut builder = self.0.to_builder().identity_cache(memory);
        if let Some(account) = account {
            let provider = SharedCredentialsProvider::new(assumed(&self.0, account).await);
            builder = builder.credentials_provider(remembered(provider));
        }
        let number = account.map(|account| account.number().to_owned());
        Access {
            config: builder.build(),
            role_arn: account.map(|account| account.role_arn.clone()),
            number: Arc::new(OnceCell::new_with(number)),
        }
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
    pub fn number(&self) -> &str {
        self.role_arn.split(':').nth(4).filter(|n| !n.is_empty()).unwrap_or(&self.role_arn)
    }
}

/// One account, through its role or by the exporter's own credentials.
#[derive(Clone, Debug)]
pub struct Access {
    config: SdkConfig,
    pub(super) role_arn: Option<String>,
    /// Known once it was asked for, by whichever Region.
    number: Arc<OnceCell<String>>,
}

impl Access {
    pub(super) fn config(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// It is not read by the exporter's own credentials.
    pub fn is_through_a_role(&self) -> bool {
        self.role_arn.is_some()
    }

    /// For requests that no client of the SDK makes.
    pub(in crate::source) fn signed(&self) -> Signed {
        Signed::new(&self.config)
    }

    /// The role that it is read through; `None` for the exporter's own credentials.
    pub(in crate::source) fn role_arn(&self) -> Option<&str> {
        self.role_arn.as_deref()
    }

    /// The number of the account, where it is known.
    pub fn known_number(&self) -> Option<&str> {
        self.number.get().map(String::as_str)
    }

    /// The number of the account was told otherwise.
    pub(super) fn learnt(&self, number: &str) {
        let _ = self.number.set(number.to_owned());
    }

    /// The number of the account. Nobody needs a permission to ask whose credentials he has.
    pub(super) async fn number(&self) -> Result<&str, Failure> {
        let asked = self.number.get_or_try_init(|| async {
            let config = aws_sdk_sts::config::Builder::from(&self.config)
                .retry_config(RetryConfig::disabled())
                .build();
            let request = aws_sdk_sts::Client::from_conf(config).get_caller_identity();
            let answer = request.send().await.map_err(|error| Failure::of_call(&error, ""))?;
            answer.account.ok_or_else(|| Failure::other("STS named no account"))
        });
        asked.await.map(String::as_str)
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

fn remembered(provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Remembered::new(provider))
}

/// How the names of services end where this Region is.
pub(in crate::source) fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}
