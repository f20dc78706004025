//! Credentials that are provided once and remembered until shortly before they end, so that a role
//! is assumed once an hour, whoever of this program needs it.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

/// Credentials are asked for anew so long before they end.
const BEFORE_EXPIRY: Duration = Duration::from_secs(300);

/// Those without an end may be others in their file by then.
const WITHOUT_EXPIRY: Duration = Duration::from_secs(900);

#[derive(Debug)]
pub(super) struct Remembered {
    from: SharedCredentialsProvider,
    /// With the time until which they are good.
    kept: Mutex<Option<(Credentials, SystemTime)>>,
}

impl Remembered {
    pub(super) fn new(from: SharedCredentialsProvider) -> Self {
        Remembered { from, kept: Mutex::new(None) }
    }

    /// Who asks meanwhile waits, and nobody asks a second time.
    async fn get(&self) -> provider::Result {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        if let Some((keys, until)) = &*kept
            && *until > now
        {
            return Ok(keys.clone());
        }
        let keys = self.from.provide_credentials().await?;
        let until = keys.expiry().and_then(|end| end.checked_sub(BEFORE_EXPIRY));
        *kept = Some((keys.clone(), until.unwrap_or(now + WITHOUT_EXPIRY)));
        Ok(keys)
    }
}

impl ProvideCredentials for Remembered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}
