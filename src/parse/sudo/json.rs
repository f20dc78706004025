//! sudo's JSON lines (`Defaults log_format=json`, since 1.9.4): `@cee:{"sudo":{"accept":{…}}}`.
//!
//! `format_json` and `eventlog_store_json` of `lib/eventlog/eventlog.c`. Exit records name their
//! command by UUID alone and count nothing.

use serde_json::Value;

use super::reason::{Verdict, verdict};
use crate::event::{Event, EventKind};
use crate::parse::words::event;
use crate::parse::{Envelope, Parsed};

pub(super) fn read<'a>(envelope: &Envelope<'a>, json: &[u8]) -> Parsed<'a> {
    let Ok(value) = serde_json::from_str::<Value>(&String::from_utf8_lossy(json)) else {
        return Parsed::Unrecognized { program: "sudo" };
    };
    let record = &value["sudo"];
    if record["accept"].is_object() {
        return Parsed::Event(told(envelope, EventKind::SudoCommand, &record["accept"]));
    }
    match ["reject", "alert"].map(|kind| &record[kind]).into_iter().find(|r| r.is_object()) {
        Some(refusal) => refused(envelope, refusal),
        None if record["exit"].is_object() => Parsed::Ignored,
        None => Parsed::Unrecognized { program: "sudo" },
    }
}

fn refused<'a>(envelope: &Envelope<'a>, record: &Value) -> Parsed<'a> {
    let words = record["reason"].as_str().unwrap_or_default();
    match verdict(words.as_bytes()) {
        Verdict::Warning => Parsed::Ignored,
        Verdict::Refused { reason, count } => Parsed::Event(Event {
            reason: Some(reason),
            count,
            ..told(envelope, EventKind::SudoFailure, record)
        }),
    }
}

fn told<'a>(envelope: &Envelope<'a>, kind: EventKind, record: &Value) -> Event<'a> {
    let kept = |text: &str| envelope.texts.copy(text);
    let word = |name: &str| record[name].as_str().map(kept);
    let tty = record["ttyname"].as_str().map(|tty| tty.strip_prefix("/dev/").unwrap_or(tty));
    Event {
        user: word("submituser"),
        target_user: word("runuser"),
        directory: word("runcwd").or_else(|| word("submitcwd")),
        tty: tty.map(kept),
        command: command(record).as_deref().map(kept),
        ..event(envelope, kind, "sudo")
    }
}

/// The path of the program, and its arguments as the line format has them: after a blank each.
fn command(record: &Value) -> Option<String> {
    let mut line = record["command"].as_str()?.to_owned();
    let arguments = record["runargv"].as_array().map_or(&[][..], Vec::as_slice);
    for argument in arguments.iter().skip(1).filter_map(Value::as_str) {
        line.push(' ');
        line.push_str(argument);
    }
    Some(line)
}
