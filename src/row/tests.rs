use serde_json::Value;

use super::*;
use crate::memory::Counted;
use crate::policy::Policy;

const SCHEMA: &str = include_str!("../../deploy/history.schema.json");

/// An event with every field set to something.
fn full() -> Event<'static> {
    let call = AwsCall {
        event_name: "StartSession",
        target: Some("i-1"),
        resource: Some("task/1"),
        tags: Some("team=ops"),
        document: Some("AWS-StartSSHSession"),
        account: Some("123456789012"),
        region: Some("eu-west-1"),
        session_id: Some("alice-1"),
        source_identity: Some("alice"),
        destination: Some("db:3306"),
        error_code: Some("AccessDenied"),
        event_id: "e-1",
        user_agent: Some("aws-cli"),
        mfa: Some(true),
        ..AwsCall::default()
    };
    Event {
        time: Time::new(1_700_000_000, 5_000_000),
        host: "web-1",
        user: Some("a\u{9b}b\u{202e}c\\ \""),
        invalid_user: true,
        target_user: Some("root"),
        method: Some(Method::Certificate),
        reason: Some(Reason::Timeout),
        source: Some("203.0.113.9"),
        port: Some(22),
        fingerprint: Some("SHA256:x"),
        identity: Some("Ops/alice"),
        command: Some("/usr/bin/id"),
        tty: Some("pts/0"),
        directory: Some("/"),
        change: Some(Change::UserAdded),
        count: 3,
        aws: Some(Texts::for_ever().call(call)),
        ..Event::new(EventKind::SessionClosed, "sshd")
    }
}

fn line(event: &Event<'static>) -> String {
    let policy = Policy::default();
    let counted = Counted { duration: Some(1.5), ..event.into() };
    let observation = policy.observe(&counted);
    let (country, operator) = (Some("JP".into()), Some("AS64500 Example Net".into()));
    let row = Row { country, operator, ..Row::new(&observation) };
    let row = Row { why: Some("none".into()), rule: Some("r".into()), ..row };
    let mut out = Vec::new();
    Row { expected: Some("false".into()), ..row }.write_json(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_field_stands_in_the_order_of_the_list() {
    let line = line(&full());
    let mut at = 0;
    for field in FIELDS {
        let found = line[at..].find(&format!("\"{field}\":"));
        at += found.unwrap_or_else(|| panic!("{field} is missing or out of order: {line}"));
    }
    let object: serde_json::Map<String, Value> = serde_json::from_str(&line).unwrap();
    assert_eq!(object.len(), FIELDS.len());
}

#[test]
fn the_schema_names_every_field_and_every_word_of_a_closed_set() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    let mut named: Vec<&str> = properties.keys().map(String::as_str).collect();
    let mut fields = FIELDS.to_vec();
    named.sort_unstable();
    fields.sort_unstable();
    assert_eq!(named, fields);
    let words = |field: &str| -> Vec<String> {
        serde_json::from_value(properties[field]["enum"].clone()).unwrap()
    };
    let all = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words("event"), all(EventKind::ALL.iter().map(|k| k.as_str()).collect()));
    assert_eq!(words("method"), all(Method::ALL.iter().map(|k| k.as_str()).collect()));
    let of_hosts = &schema["else"]["properties"]["reason"]["enum"];
    let reasons: Vec<&str> = Reason::ALL.iter().map(|k| k.as_str()).collect();
    assert_eq!(*of_hosts, serde_json::json!(reasons), "of a call to AWS it is anything");
    assert_eq!(words("change"), all(Change::ALL.iter().map(|k| k.as_str()).collect()));
    assert_eq!(words("expected"), ["true", "false"]);
    assert_eq!(schema["required"], serde_json::json!(["time", "event"]));
    let object: Value = serde_json::from_str(&line(&full())).unwrap();
    for (field, value) in object.as_object().unwrap() {
        let kind = match value {
            Value::String(_) => "string",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_u64() => "integer",
            _ => "number",
        };
        assert_eq!(properties[field]["type"], kind, "{field}");
    }
}

#[test]
fn what_no_reader_sees_is_an_escape_and_reads_back() {
    let line = line(&full());
    assert!(line.contains(r#""user":"a\u009bb\u202ec\\ \"""#), "{line}");
    let row = Row::from_json(line.as_bytes()).unwrap();
    assert_eq!(row.user.as_deref(), full().user);
}

#[test]
fn a_row_reads_back_to_the_same_row_and_event() {
    let line = line(&full());
    let row = Row::from_json(line.as_bytes()).unwrap();
    let mut again = Vec::new();
    row.write_json(&mut again);
    assert_eq!(String::from_utf8(again).unwrap(), line);
    assert_eq!(row.to_event(&Texts::default()), Some(full()));
}
