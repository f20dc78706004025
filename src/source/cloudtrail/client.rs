//! One request of LookupEvents, and its answer.

use aws_sdk_cloudtrail::config::retry::RetryConfig;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};

use super::progress::Window;
use super::{Access, Query};
use crate::source::aws::Failure;

/// LookupEvents of one account in one Region.
#[derive(Clone, Debug)]
pub(super) struct Client {
    client: aws_sdk_cloudtrail::Client,
    region: String,
}

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

impl Client {
    pub(super) fn new(access: &Access, region: &str) -> Self {
        // Every attempt counts against the account's rate, so none is made that is not paced.
        let config = aws_sdk_cloudtrail::config::Builder::from(&access.config(region))
            .retry_config(RetryConfig::disabled());
        let client = aws_sdk_cloudtrail::Client::from_conf(config.build());
        Client { client, region: region.to_owned() }
    }

    pub(super) async fn lookup(
        &self,
        query: &Query,
        window: Window,
        token: Option<String>,
    ) -> Result<Page, Failure> {
        let (key, value) = match query {
            Query::EventName(name) => (LookupAttributeKey::EventName, name),
            Query::EventSource(source) => (LookupAttributeKey::EventSource, source),
        };
        let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value);
        let attribute = attribute.build().map_err(Failure::other)?;
        let request = self.client.lookup_events().lookup_attributes(attribute);
        let request = request.start_time(DateTime::from_secs(window.start));
        let request = request.end_time(DateTime::from_secs(window.end)).max_results(50);
        let answer = request.set_next_token(token).send().await;
        answer.map(page).map_err(|error| Failure::of_call(&error, &self.region))
    }
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
