//! Label values: which part of an event each is, made safe and bounded, and joined to one key.

use crate::metrics::catalog::Label;
use crate::policy::Observation;

/// What a label that folded is called. Brackets cannot stand in an account's name.
pub const OTHER: &str = "(other)";

/// An account that the host does not have: the name that was typed is never a label.
const INVALID: &str = "(invalid)";

/// What Session Manager runs where no document is named.
const DEFAULT_DOCUMENT: &str = "SSM-SessionManagerRunShell";

/// Longer values are cut to this many bytes, at a character's end, so that no name can be a
/// megabyte. Linux cuts account names at 32, DNS host names at 253.
pub const MAX_VALUE_BYTES: usize = 200;

/// Between the values of a key. It sorts before all that a value holds, so that keys sort as the
/// tuples of their values do.
const SEPARATOR: char = '\u{1f}';

/// The joined label values of one series, in the order of the family's labels.
#[derive(Debug, Default)]
pub(super) struct Key(String);

impl Key {
    /// Becomes the key that `seen` has in a family with these labels.
    pub(super) fn of(&mut self, labels: &[Label], seen: &Observation<'_>) {
        self.0.clear();
        for (i, label) in labels.iter().enumerate() {
            if i > 0 {
                self.0.push(SEPARATOR);
            }
            push_value(&mut self.0, value(*label, seen));
        }
    }

    /// Becomes `key` with the labels of `fold` as `(other)`.
    pub(super) fn fold(&mut self, key: &str, labels: &[Label], fold: &[Label]) {
        self.0.clear();
        for (i, (label, value)) in labels.iter().zip(values(key)).enumerate() {
            if i > 0 {
                self.0.push(SEPARATOR);
            }
            self.0.push_str(if fold.contains(label) { OTHER } else { value });
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The values that were joined to `key`.
pub(crate) fn values(key: &str) -> impl Iterator<Item = &str> {
    key.split(SEPARATOR)
}

/// Joins values that are already safe, as those of a snapshot.
pub(crate) fn join<S: AsRef<str>>(parts: &[S]) -> String {
    let mut key = String::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            key.push(SEPARATOR);
        }
        push_value(&mut key, part.as_ref());
    }
    key
}

/// Appends one value: cut at [`MAX_VALUE_BYTES`], and each control character as U+FFFD, so that no
/// name that was logged can move a terminal's cursor or end a line.
pub(crate) fn push_value(key: &mut String, value: &str) {
    let value = &value[..value.floor_char_boundary(MAX_VALUE_BYTES)];
    if value.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        key.push_str(value);
    } else {
        push_without_controls(key, value);
    }
}

/// U+FFFD takes three bytes where an ASCII control took one, so the bound is held here once more.
fn push_without_controls(key: &mut String, value: &str) {
    let end = key.len() + MAX_VALUE_BYTES;
    for c in value.chars() {
        let c = if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        if key.len() + c.len_utf8() > end {
            break;
        }
        key.push(c);
    }
}

/// The path of the program that sudo ran, without its arguments; of `list`, `validate` and
/// `sudoedit FILE` the word. A blank in the path is `#040`, as sudo writes it since 1.9.13
/// (plugins/sudoers/logging.c, `sudoers_to_eventlog`), so the first blank ends the path.
pub fn program_of(command: &str) -> &str {
    command.split([' ', '\t']).next().unwrap_or_default()
}

/// The part of an event that a label shows; empty where the event has none.
fn value<'o>(label: Label, seen: &'o Observation<'_>) -> &'o str {
    let event = seen.event;
    match label {
        Label::Program => &event.program,
        Label::User if event.invalid_user => INVALID,
        Label::User => event.user.as_deref().unwrap_or_default(),
        Label::TargetUser => event.target_user.as_deref().unwrap_or_default(),
        Label::Method => event.method.map_or("", |m| m.as_str()),
        Label::Identity => &seen.identity,
        Label::Source => event.source.as_deref().unwrap_or_default(),
        Label::Network => &seen.network,
        Label::Expected => seen.expected.as_str(),
        Label::Reason => event.reason.map_or("", |r| r.as_str()),
        Label::Command => program_of(event.command.as_deref().unwrap_or_default()),
        Label::Change => event.change.map_or("", |c| c.as_str()),
        _ => aws_value(label, seen),
    }
}

fn aws_value<'o>(label: Label, seen: &'o Observation<'_>) -> &'o str {
    let Some(call) = seen.event.aws.as_deref() else { return "" };
    let part = match label {
        Label::EventName => return &call.event_name,
        Label::Document if call.document.is_none() && call.event_name == "StartSession" => {
            return DEFAULT_DOCUMENT;
        }
        Label::Target => &call.target,
        Label::Document => &call.document,
        Label::ErrorCode => &call.error_code,
        Label::AwsAccount => &call.account,
        Label::AwsRegion => &call.region,
        _ => &None,
    };
    part.as_deref().unwrap_or_default()
}
