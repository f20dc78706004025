//! One JSON value to the records in it.
//!
//! | who wraps | how |
//! |---|---|
//! | a trail | `{"Records": […]}` (the list itself is [`super::scan`]'s) |
//! | LookupEvents | `{"Events": [{"CloudTrailEvent": "RECORD"}]}` |
//! | EventBridge | `{"detail-type": …, "detail": RECORD}` |
//! | SQS | `{"Messages": [{"Body": "…"}]}`, Lambda's `{"Records": [{"body": "…"}]}` |
//! | SNS | `{"Type": "Notification", "Message": "…"}`, Lambda's `{"Sns": {"Message": "…"}}` |
//! | CloudWatch Logs | a subscription's `{"logEvents": [{"message": "RECORD"}]}`, also as `{"awslogs": {"data": "BASE64 of gzip"}}`; what its API prints (`{"events": [{"message": …}]}`); an export's lines, each behind its time; Insights' `{"results": [[{"field": "@message", "value": "RECORD"}]]}` |
//! | CloudTrail Lake | `{"QueryResultRows": [[{"eventID": "…"}, …]]}` ([`super::lake`]) |

use std::borrow::Cow;

use base64ct::{Base64, Encoding};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{gunzip, lake};

/// Wrappings within wrappings: SQS of SNS of EventBridge are three.
const DEEPEST: u32 = 6;

/// The most that packed data may hold, unpacked: CloudWatch Logs packs a megabyte.
const LARGEST: u64 = 8 << 20;

/// The keys that tell a wrapping.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Keys<'a> {
    #[serde(borrow, rename = "eventName")]
    event_name: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventType")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "Records")]
    records: Option<&'a RawValue>,
    #[serde(borrow, rename = "Events")]
    events: Option<&'a RawValue>,
    #[serde(borrow, rename = "logEvents")]
    log_events: Option<&'a RawValue>,
    #[serde(borrow, rename = "CloudTrailEvent")]
    quoted: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow, rename = "Body")]
    body: Option<&'a RawValue>,
    #[serde(borrow, rename = "body")]
    lambda_body: Option<&'a RawValue>,
    #[serde(borrow, rename = "Message")]
    notification: Option<&'a RawValue>,
    #[serde(borrow, rename = "Sns")]
    sns: Option<&'a RawValue>,
    #[serde(borrow, rename = "message")]
    log_message: Option<&'a RawValue>,
    #[serde(borrow)]
    awslogs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
}

/// Adds the records in one JSON value. What holds none is handed on as it is: the parser knows
/// what is of no interest, and counts what nobody knows.
pub fn unwrap(value: &[u8], records: &mut Vec<Vec<u8>>) {
    value_into(value, records, 0);
}

fn value_into(value: &[u8], records: &mut Vec<Vec<u8>>, depth: u32) {
    let value = value.trim_ascii();
    let done = depth <= DEEPEST
        && match value.first() {
            Some(b'{') => object(value, records, depth),
            Some(b'[') => list(value, records, depth),
            Some(b'"') => text(value, records, depth),
            _ => false,
        };
    if !done {
        records.push(value.to_vec());
    }
}

/// Whether the object was a wrapping that held something.
fn object(value: &[u8], records: &mut Vec<Vec<u8>>, depth: u32) -> bool {
    let Ok(keys) = serde_json::from_slice::<Keys<'_>>(value) else { return false };
    if keys.event_name.is_some() || keys.event_type.is_some() {
        return false;
    }
    let wrapped = [
        keys.records,
        keys.events,
        keys.log_events,
        keys.quoted,
        keys.detail,
        keys.body,
        keys.lambda_body,
        keys.notification,
        keys.sns,
        keys.log_message,
    ];
    if let Some(inner) = wrapped.into_iter().flatten().next() {
        value_into(inner.get().as_bytes(), records, depth + 1);
        return true;
    }
    keys.awslogs.is_some_and(|packed| unpack(packed.get(), records, depth))
}

fn unpack(packed: &str, records: &mut Vec<Vec<u8>>, depth: u32) -> bool {
    let Ok(Packed { data }) = serde_json::from_str::<Packed<'_>>(packed) else { return false };
    let Ok(bytes) = Base64::decode_vec(&data) else { return false };
    let Ok(plain) = gunzip(&bytes, LARGEST) else { return false };
    value_into(&plain, records, depth + 1);
    true
}

/// A text that holds JSON, quoted as LookupEvents and queues do.
fn text(value: &[u8], records: &mut Vec<Vec<u8>>, depth: u32) -> bool {
    let Ok(text) = serde_json::from_slice::<Cow<'_, str>>(value) else { return false };
    let inner = text.trim_start();
    let is_json = inner.starts_with(['{', '[', '"']);
    if is_json {
        value_into(inner.as_bytes(), records, depth + 1);
    }
    is_json
}

/// A list of values; a row of Lake or of Insights is a list too.
fn list(value: &[u8], records: &mut Vec<Vec<u8>>, depth: u32) -> bool {
    if let Some(record) = lake::record_of_row(value) {
        records.push(record);
        return true;
    }
    let Ok(values) = serde_json::from_slice::<Vec<&RawValue>>(value) else { return false };
    for value in values {
        value_into(value.get().as_bytes(), records, depth + 1);
    }
    true
}
