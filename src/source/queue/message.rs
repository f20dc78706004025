//! What a message of a queue holds: records, or notices of files of records.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::source::wrapping;

/// A file in S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub bucket: String,
    pub key: String,
}

/// A message, its wrappings taken off.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// Each as its own JSON text.
    Records(Vec<Vec<u8>>),
    Files(Vec<Object>),
    /// Known and of no interest: a test of a notice, a file of digests.
    Nothing,
    /// It stays in the queue, for the dead-letter queue.
    Unknown,
}

/// SNS's wrapping, unless the subscription delivers raw.
#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow, rename = "Type")]
    kind: Cow<'a, str>,
    #[serde(borrow, rename = "Message")]
    message: Cow<'a, str>,
}

/// What S3 and CloudTrail send to a topic so that it can be seen to arrive.
const VALIDATION: &str = "CloudTrail validation message.";

/// The folders beside a trail's own that hold no records.
const OTHER_FOLDERS: [&str; 3] =
    ["/CloudTrail-Digest/", "/CloudTrail-Insight/", "/CloudTrail-NetworkActivity/"];

pub(super) fn read(body: &str) -> Message {
    if let Ok(notification) = serde_json::from_str::<Notification<'_>>(body) {
        return match &*notification.kind {
            "Notification" => read_bare(&notification.message),
            _ => Message::Unknown,
        };
    }
    read_bare(body)
}

fn read_bare(text: &str) -> Message {
    if text.trim_start().starts_with(VALIDATION) {
        return Message::Nothing;
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Message::Unknown };
    if value["Event"] == "s3:TestEvent" {
        return Message::Nothing;
    }
    match files(&value) {
        Some(files) => of_files(files),
        None => of_records(text),
    }
}

/// The files that a notice names; `None` where it is none.
fn files(value: &Value) -> Option<Vec<Object>> {
    if let (Some(bucket), Some(keys)) =
        (value["s3Bucket"].as_str(), value["s3ObjectKey"].as_array())
    {
        let keys = keys.iter().filter_map(Value::as_str);
        return Some(keys.map(|key| object(bucket, key.to_owned())).collect());
    }
    if value["source"] == "aws.s3" {
        let (bucket, key) = (&value["detail"]["bucket"]["name"], &value["detail"]["object"]["key"]);
        let created = value["detail-type"] == "Object Created";
        return Some(created.then(|| Some(object(bucket.as_str()?, key.as_str()?.to_owned())))??)
            .map(|object| vec![object]);
    }
    let notices = value["Records"].as_array().filter(|list| !list.is_empty())?;
    notices.iter().map(of_notice).collect()
}

/// S3's own notice, whose key is encoded as in a form.
fn of_notice(notice: &Value) -> Option<Object> {
    let created = notice["eventSource"] == "aws:s3"
        && notice["eventName"].as_str().is_some_and(|name| name.contains("ObjectCreated"));
    let (bucket, key) = (&notice["s3"]["bucket"]["name"], &notice["s3"]["object"]["key"]);
    created.then(|| Some(object(bucket.as_str()?, decoded(key.as_str()?)?)))?
}

fn object(bucket: &str, key: String) -> Object {
    Object { bucket: bucket.to_owned(), key }
}

/// `+` is a blank and `%3D` a byte.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn of_files(files: Vec<Object>) -> Message {
    let other = |file: &Object| OTHER_FOLDERS.iter().any(|folder| file.key.contains(folder));
    let (others, trail): (Vec<_>, Vec<_>) = files.into_iter().partition(other);
    let is_json = |file: &Object| file.key.ends_with(".json.gz") || file.key.ends_with(".json");
    match (others.is_empty(), trail.is_empty()) {
        (false, true) => Message::Nothing,
        (_, false) if trail.iter().all(is_json) => Message::Files(trail),
        _ => Message::Unknown,
    }
}

fn of_records(text: &str) -> Message {
    match wrapping::records_of(text.as_bytes()) {
        Ok(records) if !records.is_empty() && records.iter().all(|r| is_record(r)) => {
            Message::Records(records)
        }
        _ => Message::Unknown,
    }
}

/// An object with the marks of CloudTrail's records: S3's notices have a version and a source too,
/// but theirs is no service's name.
fn is_record(json: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Marks<'a> {
        #[serde(borrow)]
        event_source: Option<Cow<'a, str>>,
        event_type: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Marks<'_>>(json).is_ok_and(|marks| {
        marks.event_type.is_some()
            || marks.event_source.is_some_and(|source| source.contains(".amazonaws.com"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RECORD: &str =
        r#"{"eventVersion":"1.08","eventSource":"ssm.amazonaws.com","eventID":"a"}"#;
    const KEY: &str = "AWSLogs/o-1/111122223333/CloudTrail/eu-west-1/2026/11/25/a.json.gz";

    fn notification(message: &str) -> String {
        json!({"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Message": message})
            .to_string()
    }

    /// What a message is, raw and wrapped by SNS.
    fn check(body: &str, expected: &Message) {
        assert_eq!(read(body), *expected, "{body}");
        assert_eq!(read(&notification(body)), *expected, "wrapped: {body}");
    }

    fn file(key: &str) -> Message {
        Message::Files(vec![object("logs", key.to_owned())])
    }

    fn notice(name: &str, key: &str) -> String {
        json!({"Records": [{"eventSource": "aws:s3", "eventName": name,
                            "s3": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 7}}}]})
        .to_string()
    }

    #[test]
    fn events_of_eventbridge_are_records() {
        let event = format!(
            "{{\"version\":\"0\",\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{RECORD}}}"
        );
        let records = Message::Records(vec![RECORD.as_bytes().to_vec()]);
        check(&event, &records);
        check(RECORD, &records);
        check(&format!("{{\"Records\":[{RECORD}]}}"), &records);
    }

    #[test]
    fn notices_of_files_are_files_whoever_sends_them() {
        check(&notice("ObjectCreated:Put", KEY), &file(KEY));
        check(
            &notice("ObjectCreated:CompleteMultipartUpload", "a%3Db/x+y.json"),
            &file("a=b/x y.json"),
        );
        check(&json!({"s3Bucket": "logs", "s3ObjectKey": [KEY]}).to_string(), &file(KEY));
        let event = json!({"source": "aws.s3", "detail-type": "Object Created",
                           "detail": {"bucket": {"name": "logs"}, "object": {"key": KEY}}});
        check(&event.to_string(), &file(KEY));
    }

    #[test]
    fn tests_and_digests_are_nothing() {
        check("CloudTrail validation message.", &Message::Nothing);
        check(
            &json!({"Service": "Amazon S3", "Event": "s3:TestEvent"}).to_string(),
            &Message::Nothing,
        );
        let digest = "AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/11/25/d.json.gz";
        check(&notice("ObjectCreated:Put", digest), &Message::Nothing);
    }

    #[test]
    fn another_shape_is_unknown() {
        for body in [
            "",
            "hello",
            "{}",
            "[]",
            "7",
            "{\"Records\":[]}",
            "{\"Records\":[7]}",
            "{\"detail-type\":\"Scheduled Event\",\"detail\":{}}",
            "{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{\"eventVersion\"",
        ] {
            check(body, &Message::Unknown);
        }
        check(&notice("ObjectRemoved:Delete", KEY), &Message::Unknown);
        check(&notice("ObjectCreated:Put", "report.csv"), &Message::Unknown);
        assert_eq!(
            read(&json!({"Type": "SubscriptionConfirmation", "Message": "x"}).to_string()),
            Message::Unknown
        );
    }
}
