//! Records that others collected: which of them are events, and whose.
//!
//! The collection is no part of this project. `LOGIN_EXPORTER_CORPORA` names its folder.
use std::collections::BTreeMap;
use std::path::PathBuf;

use login_exporter::event::{Event, EventKind, Texts};
use login_exporter::parse::Parsed;
use login_exporter::parse::cloudtrail::{self, Doors};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LOGIN_EXPORTER_CORPORA")
        .map_or_else(|| PathBuf::from("../shared/corpora"), PathBuf::from)
        .join("cloudtrail");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}; LOGIN_EXPORTER_CORPORA names another", folder.display());
    None
}

/// The records of a file, each as its own JSON text.
fn records(path: &std::path::Path) -> Vec<String> {
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let list = file.get("Records").unwrap_or(&file);
    list.as_array().unwrap().iter().map(Value::to_string).collect()
}

fn events(name: &str) -> Option<Vec<Event<'static>>> {
    let texts: &'static Texts<'static> = Box::leak(Box::default());
    let parsed = records(&folder()?.join(name)).into_iter().map(|text| {
        let text = text.leak();
        match cloudtrail::record(text.as_bytes(), Doors::default(), texts) {
            Parsed::Event(event) => Some(event),
            Parsed::Ignored => None,
            other => panic!("{other:?} in {name}: {text}"),
        }
    });
    Some(parsed.flatten().collect())
}

fn counts(events: &[Event<'_>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event.aws.as_ref().unwrap().event_name.to_string()).or_default() += 1;
    }
    counts
}

fn expect(name: &str, expected: &[(&str, usize)]) -> Option<Vec<Event<'static>>> {
    let events = events(name)?;
    let expected = expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
    assert_eq!(counts(&events), expected, "{name}");
    Some(events)
}

#[test]
fn reading_a_password_of_windows_is_a_way_in() {
    expect("aws.credential-access.ec2-get-password-data.json", &[("GetPasswordData", 30)]);
}

#[test]
fn files_without_a_session_hold_no_event() {
    for name in [
        "218007301253_CloudTrail_us-east-1_20230710T1225Z_4iD2boYSOwmb6sWd.json",
        "aws.execution.ssm-send-command.json",
        "aws.initial-access.console-login-without-mfa.json",
    ] {
        expect(name, &[]);
    }
}

#[test]
fn three_sessions_are_opened_and_ended() {
    let name = "aws.execution.ssm-start-session.json";
    let Some(events) = expect(name, &[("StartSession", 3), ("TerminateSession", 3)]) else {
        return;
    };
    for event in &events {
        assert_eq!(event.kind, EventKind::AwsSuccess);
        assert_eq!(event.identity, Some("user:christophe"));
        assert_eq!(event.source, Some("254.222.242.236"));
        let call = event.aws.as_ref().unwrap();
        assert_eq!(call.target.is_some(), call.event_name == "StartSession");
        assert!(call.session_id.unwrap().starts_with("christophe-"));
        assert_eq!(call.account, Some("294599468799"));
        assert_eq!(call.region, Some("me-northwest-3r"));
    }
}

#[test]
fn keys_are_pushed_to_instances_and_their_serial_consoles() {
    expect("aws.lateral-movement.ec2-instance-connect.json", &[("SendSSHPublicKey", 3)]);
    let name = "aws.lateral-movement.ec2-serial-console-send-ssh-public-key.json";
    let Some(events) = expect(name, &[("SendSerialConsoleSSHPublicKey", 3)]) else { return };
    for event in &events {
        assert_eq!(event.identity, Some("randomca0L529zwNAY@gmail.com"));
        let key = event.fingerprint;
        assert_eq!(key, Some("SHA256:xq6092IJhV+0W2wifL9mSmJHQoMb2h2KFNrpk4YEAW8"));
        assert_eq!(event.aws.as_ref().unwrap().mfa, Some(false));
    }
}
