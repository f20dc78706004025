//! One object of S3, by a signed GET: all that a notice of a trail's file needs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::failure::Failure;
use super::signed::{Body, Request, Signed};

/// Objects of any bucket that the credentials may read.
#[derive(Debug)]
pub(in crate::source) struct S3 {
    signed: Signed,
    /// Where buckets are that S3 said are elsewhere.
    regions: Mutex<HashMap<String, String>>,
}

impl S3 {
    pub(in crate::source) fn new(config: &SdkConfig) -> Self {
        S3 { signed: Signed::new(config), regions: Mutex::default() }
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
        self.signed.body(answer, "").await
    }

    async fn ask(&self, bucket: &str, key: &str) -> Result<HttpResponse, Failure> {
        let region = self.region(bucket);
        let uri = self.uri(&region, bucket, key);
        let request =
            Request { service: "s3", region: &region, uri: &uri, body: None, headers: &[] };
        self.signed.send(request).await
    }

    fn region(&self, bucket: &str) -> String {
        let known = self.regions().get(bucket).cloned();
        known.unwrap_or_else(|| self.signed.region().to_owned())
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uri(&self, region: &str, bucket: &str, key: &str) -> String {
        let suffix = super::suffix(region);
        let endpoint = self.signed.endpoint(|| format!("https://s3.{region}.{suffix}"));
        format!("{endpoint}/{bucket}/{}", encoded(key))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_encoded_as_s3_signs_it() {
        assert_eq!(encoded("AWSLogs/o-1/a=b/x y_é~.gz"), "AWSLogs/o-1/a%3Db/x%20y_%C3%A9~.gz");
    }
}
