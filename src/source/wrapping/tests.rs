#![allow(clippy::panic)]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::*;

const A: &str = r#"{"eventVersion":"1.08","eventName":"StartSession","eventID":"a"}"#;
const B: &str = r#"{"eventVersion":"1.08","eventName":"StartSession","eventID":"b"}"#;

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What comes out, whichever way the bytes come in.
fn read(text: &str) -> Vec<String> {
    let whole = records_of(text.as_bytes()).unwrap();
    let mut pieces = Scanner::default();
    let mut in_pieces = Vec::new();
    for byte in text.as_bytes() {
        pieces.feed(&[*byte], &mut in_pieces);
    }
    pieces.finish(&mut in_pieces).unwrap();
    assert_eq!(in_pieces, whole, "byte by byte: {text}");
    whole.into_iter().map(|record| String::from_utf8(record).unwrap()).collect()
}

fn quoted(record: &str) -> String {
    json!({ "EventId": "x", "CloudTrailEvent": record }).to_string()
}

fn event(record: &str) -> String {
    format!(
        "{{\"version\":\"0\",\"detail-type\":\"AWS API Call via CloudTrail\",\"resources\":[],\"detail\":{record}}}"
    )
}

fn notification(message: &str) -> String {
    json!({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": message})
        .to_string()
}

#[test]
fn every_wrapping_gives_the_same_records() {
    let logs = |key: &str| {
        json!({"owner": "1", key: [{"id": "1", "logStreamName": "s", "message": A},
                                   {"id": "2", "message": B}]})
        .to_string()
    };
    let packed = |data: &[u8]| {
        let data = <base64ct::Base64 as base64ct::Encoding>::encode_string(data);
        json!({ "awslogs": { "data": data } }).to_string()
    };
    let wrappings = [
        format!("{{\"Records\":[{A},{B}]}}"),
        format!("\u{feff}{{ \"Records\" : [ {A} ,\n {B} ] }}\n"),
        format!("{{\"a\":{{\"Records\":[7]}},\"Records\":[{A},{B}],\"more\":[{{}}]}}"),
        format!("{{\"Records\":[{A}]}}\n{{\"Records\":[{B}]}}\n"),
        format!("[{A},{B}]"),
        format!("{A}\n{B}\n"),
        format!("{A}\r\n\r\n{B}"),
        format!("{A}{B}"),
        format!("{{\"Events\":[{},{}],\"NextToken\":\"t\"}}", quoted(A), quoted(B)),
        format!("[{},{}]", quoted(A), quoted(B)),
        format!("{}\n{}\n", quoted(A), quoted(B)),
        format!("{}\n{}", event(A), event(B)),
        json!({"Messages": [{"MessageId": "1", "Body": event(A)}, {"Body": notification(&event(B))}]})
            .to_string(),
        json!({"Records": [{"messageId": "1", "body": event(A)}, {"Sns": {"Message": event(B)}}]})
            .to_string(),
        format!("{}\n{}", notification(&event(A)), notification(B)),
        logs("logEvents"),
        logs("events"),
        packed(&gzipped(&logs("logEvents"))),
        json!({"results": [[{"field": "@timestamp", "value": "x"}, {"field": "@message", "value": A}],
                           [{"field": "@message", "value": B}, {"field": "@ptr", "value": "y"}]]})
        .to_string(),
        json!({"QueryStatus": "FINISHED", "QueryResultRows": [[{"eventID": "a"}, {"eventJson": A}],
                                                              [{"eventJson": B}, {"eventID": "b"}]]})
        .to_string(),
        json!({"QueryResultRows": [[{"eventJson": A}], [{"eventjson": B}]]}).to_string(),
        format!("2026-10-08T10:00:05.000Z {A}\n2026-10-08T10:00:06.000Z {B}\n"),
    ];
    for text in wrappings {
        assert_eq!(read(&text), [A, B], "{text}");
        assert!(looks_like_cloudtrail(text.as_bytes()), "{text}");
    }
    assert_eq!(read(A), [A]);
}

#[test]
fn a_record_over_several_lines_is_one() {
    let record = include_str!("../../../tests/seed/start_session.json");
    assert_eq!(read(record), [record.trim()]);
    assert!(looks_like_cloudtrail(record.as_bytes()));
}

#[test]
fn a_row_of_lake_is_a_record_again() {
    let row = json!({"QueryResultRows": [[
        {"eventID": "a"}, {"eventTime": "2026-11-25 12:00:00.000"}, {"eventName": "StartSession"},
        {"eventSource": "ssm.amazonaws.com"}, {"errorCode": "null"}, {"useragent": "x"},
        {"userIdentity": "{type=AssumedRole, principalid=AROA:alice, arn=arn:aws:sts::1:assumed-role/Ops/alice, \
          username=null, sessioncontext={attributes={mfaauthenticated=true}, sessionissuer={type=Role, username=Ops}}, invokedby=null}"},
        {"requestParameters": "{target=i-1, reason=a, b}"},
    ]]});
    let records = read(&row.to_string());
    let record: serde_json::Value = serde_json::from_str(&records[0]).unwrap();
    assert_eq!(
        record,
        json!({
            "eventID": "a", "eventTime": "2026-11-25 12:00:00.000", "eventName": "StartSession",
            "eventSource": "ssm.amazonaws.com", "userAgent": "x",
            "userIdentity": {"type": "AssumedRole", "principalid": "AROA:alice",
                "arn": "arn:aws:sts::1:assumed-role/Ops/alice",
                "sessioncontext": {"attributes": {"mfaauthenticated": "true"},
                                   "sessionissuer": {"type": "Role", "username": "Ops"}}},
            "requestParameters": {"target": "i-1", "reason": "a, b"},
        })
    );
}

#[test]
fn one_bad_record_takes_no_other_with_it() {
    let bad = [
        "{\"eventVersion\":\"1.08\",\"eventID\":\"x",
        "{\"eventVersion\":\"1.08\",\"eventID\":\"x}",
        "{\"eventVersion\":\"1.08\",\"a\":{\"eventID\":\"x\"}",
        "{\"eventVersion\":\"1.08\",,}",
        "{\"EventId\":\"x\"}",
        "null",
        "7",
    ];
    for bad in bad {
        for text in [
            format!("{{\"Records\":[{A},{bad},{B}]}}"),
            format!("{{\"Records\":[\n{A},\n{bad},\n{B}\n]}}\n"),
            format!("{A}\n{bad}\n{B}\n"),
        ] {
            let mut records = Vec::new();
            let mut stream = Records::new(text.as_bytes()).unwrap();
            while matches!(stream.read(7, &mut records), Ok(true)) {}
            let good = |record: &&str| records.iter().any(|found| found == record.as_bytes());
            assert!([A, B].iter().all(good), "{text}: {records:?}");
        }
    }
}

#[test]
fn a_list_without_records_is_no_mistake() {
    assert!(read("{\"Records\":[]}").is_empty());
    assert!(read("[]").is_empty());
}

#[test]
fn a_last_line_that_is_cut_off_waits() {
    assert_eq!(records_of(format!("{A}\n{}", &B[..10]).as_bytes()).unwrap(), [A.as_bytes()]);
}

#[test]
fn a_trail_file_that_is_cut_off_is_told() {
    let text = format!("{{\"Records\":[{A},{B}]}}");
    for end in 1..text.len() {
        let error = records_of(&text.as_bytes()[..end]).unwrap_err();
        assert!(matches!(error, Unreadable::CutOff), "cut at {end}");
    }
    let packed = gzipped(&text);
    let error = records_of(&packed[..packed.len() - 4]).unwrap_err();
    assert!(matches!(error, Unreadable::Read(_)), "{error}");
}

#[test]
fn what_holds_no_records_is_told() {
    for text in ["", " \n", "7", "null", "Oct  4 00:49:14 host sshd[1]: x"] {
        let error = records_of(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "it holds no CloudTrail records", "{text}");
    }
}

/// A user name with quotes cannot make a log pass for CloudTrail's: JSON escapes them.
#[test]
fn a_log_does_not_look_like_cloudtrail() {
    let journal = json!({"MESSAGE": "Invalid user \"eventVersion\"{\"Records\" from 1.2.3.4"});
    for text in
        ["", "{", "{\"MESSAGE\":\"x\"}", "Oct  4 \"eventSource\"", "[1]", &journal.to_string()]
    {
        assert!(!looks_like_cloudtrail(text.as_bytes()), "{text}");
    }
}

#[test]
fn gzip_is_known_by_its_bytes_and_may_come_in_pieces() {
    let bytes = [gzipped(A), gzipped(B)].concat();
    assert_eq!(records_of(&bytes).unwrap(), [A.as_bytes(), B.as_bytes()]);
}

/// What is held is one record and a block, whatever the stream holds.
#[test]
fn a_value_without_end_is_given_up() {
    let mut scanner = Scanner::default();
    let mut records = Vec::new();
    scanner.feed(b"{\"Records\":[{\"eventVersion\":\"", &mut records);
    for _ in 0..200 {
        scanner.feed(&vec![b'x'; 64 << 10], &mut records);
    }
    assert!(scanner.held() <= 4 << 20, "{}", scanner.held());
    scanner.feed(format!("\"}},\n{B}]}}").as_bytes(), &mut records);
    assert!(records.iter().any(|record| record == B.as_bytes()));
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[\\[\\]{}\":,\\\\ \nrA-Ze]{0,64}") {
        let _ = records_of(&bytes);
        let _ = records_of(text.as_bytes());
        let _ = records_of(format!("{{\"Records\":[{text}]}}").as_bytes());
    }
}
