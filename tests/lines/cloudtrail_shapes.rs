//! Shapes of CloudTrail records, one case a file: what a person reads in each.
//!
//! The collection is no part of this project. `LOGIN_EXPORTER_CORPORA` names its folder.
use std::path::PathBuf;

use login_exporter::event::{Event, EventKind, Texts};
use login_exporter::parse::Parsed;
use login_exporter::parse::cloudtrail::{self, Doors};
use login_exporter::source::wrapping;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LOGIN_EXPORTER_CORPORA")
        .map_or_else(|| PathBuf::from("../shared/corpora"), PathBuf::from)
        .join("cloudtrail-shapes");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}; LOGIN_EXPORTER_CORPORA names another", folder.display());
    None
}

/// The events of the file whose name begins so, and how many of its records nobody knows.
fn read(folder: &std::path::Path, begins: &str) -> (Vec<Event<'static>>, usize) {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let begins = format!("{begins}-");
    let file = files
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&begins))
        .unwrap_or_else(|| panic!("no {begins}"));
    let doors = Doors::default().with("SendCommand", true).unwrap();
    let texts: &'static Texts<'static> = Box::leak(Box::default());
    let (mut events, mut unknown) = (Vec::new(), 0);
    for record in wrapping::records_of(&std::fs::read(file).unwrap()).unwrap() {
        match cloudtrail::record(record.leak(), doors, texts) {
            Parsed::Event(event) => events.push(event),
            Parsed::Unrecognized { .. } => unknown += 1,
            _ => {}
        }
    }
    (events, unknown)
}

#[test]
fn who_called() {
    let Some(folder) = folder() else { return };
    for (file, identity) in [
        ("01", "user:ann.example"),
        ("02", "quang@example.com"),
        ("03", "root:111122223333"),
        ("05", "544894e8-80c1-707f-60e3-3ba6510dfac1"),
        ("06", "saml:frank@example.com"),
        ("07", "web:grace"),
        ("08", "account:444455556666"),
        ("09", "service:cloud9"),
        ("10", "unknown:u"),
        ("11", "Breakglass/session"),
        ("12", "Ops/100234"),
        ("14", "Ops/*"),
        ("15", "Ops/*"),
        ("16", "Ops/*"),
        ("18", "Ops/*"),
        ("20", "Ops/i-0123456789abcdef0"),
        ("21", "Ops/*"),
        ("22", "Ops/a1b2c3d4e5f6@example.com"),
        ("23", "Ops/*"),
        ("24", "Ops/default_session"),
    ] {
        let (events, _) = read(&folder, file);
        assert_eq!(events[0].identity, Some(identity), "{file}");
    }
    let (events, _) = read(&folder, "11");
    let call = events[0].aws.as_ref().unwrap();
    assert_eq!(call.source_identity, Some("alice@example.com"));
}

#[test]
fn where_to_by_what_and_why() {
    let Some(folder) = folder() else { return };
    let part = |file: &str, part: &str| {
        let (events, _) = read(&folder, file);
        let call = events[0].aws.as_ref().unwrap();
        let value = match part {
            "target" => &call.target,
            "document" => &call.document,
            "destination" => &call.destination,
            "reason" => &call.reason,
            "session" => &call.session_id,
            "resource" => &call.resource,
            _ => panic!("{part}"),
        };
        value.as_deref().unwrap_or("").to_owned()
    };
    let task =
        "ecs:prod_0123456789abcdef0123456789abcdef_0123456789abcdef0123456789abcdef-1234567890";
    for (file, name, value) in [
        ("25", "target", "mi-0123456789abcdef0"),
        ("26", "target", "ecs:prod"),
        ("26", "resource", task),
        ("26", "destination", "localhost:5432"),
        ("27", "destination", "db.internal:5432"),
        ("28", "document", "SSM-SessionManagerRunShell"),
        ("29", "reason", "INC-4711"),
        ("31", "target", ""),
        ("31", "reason", ""),
        ("32", "target", "i-0123456789abcdef0"),
        ("34", "document", "Nope"),
        ("37", "session", "alice-0abc"),
        ("38", "session", "alice-0abc"),
        ("44", "target", "space/d-1/s"),
        ("44", "document", ""),
        ("47", "target", "ecs:prod/app"),
        ("47", "session", "ecs-execute-command-0abc"),
        ("49", "target", "i-0123456789abcdef0"),
        ("49", "document", "AWS-RunShellScript"),
        ("50", "target", "i-0123456789abcdef0"),
        ("50", "session", "oi-0123456789ab"),
        ("50", "reason", "INC"),
        ("51", "session", "oi-0123456789ab"),
        ("52", "target", "i-0123456789abcdef0"),
        ("53", "target", "web"),
    ] {
        assert_eq!(part(file, name), value, "{name} of {file}");
    }
}

#[test]
fn what_came_of_it_and_from_where() {
    let Some(folder) = folder() else { return };
    for file in ["01", "30", "31", "39", "40", "46", "54"] {
        assert_eq!(read(&folder, file).0[0].kind, EventKind::AwsSuccess, "{file}");
    }
    for file in ["32", "33", "34", "35", "36"] {
        assert_eq!(read(&folder, file).0[0].kind, EventKind::AwsFailure, "{file}");
    }
    for (file, source) in [
        ("46", Some("ssm-guiconnect.amazonaws.com")),
        ("55", Some("10.0.3.4")),
        ("56", Some("203.0.113.10")),
        ("57", Some("AWS Internal")),
        ("58", None),
    ] {
        assert_eq!(read(&folder, file).0[0].source, source, "{file}");
    }
}

#[test]
fn how_many_records_each_wrapping_has() {
    let Some(folder) = folder() else { return };
    for (file, events, unknown) in [
        ("42", 0, 0),
        ("43", 0, 0),
        ("60", 1, 0),
        ("62", 2, 0),
        ("63", 2, 0),
        ("64", 1, 0),
        ("65", 1, 0),
        ("66", 1, 0),
        ("67", 1, 0),
        ("68", 1, 0),
        ("71", 1, 0),
        ("72", 3, 0),
        ("73", 1, 1),
        ("75", 1, 0),
    ] {
        let (found, unread) = read(&folder, file);
        assert_eq!((found.len(), unread), (events, unknown), "{file}");
    }
}
