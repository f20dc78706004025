//! Label values: which part of an event each is, made safe and bounded, and joined to one key.

use std::borrow::Cow;

use crate::keyed::padded;
use crate::metrics::catalog::Label;
use crate::metrics::text;
use crate::policy::Observation;

/// What a label that folded is called. Brackets cannot stand in an account's name.
pub const OTHER: &str = "(other)";

/// An account that the host does not have: the name that was typed is never a label.
const INVALID: &str = "(invalid)";

/// Longer values are cut to this many bytes, at a character's end, so that no name can be a
/// megabyte. Linux cuts account names at 32, DNS host names at 253.
pub const MAX_VALUE_BYTES: usize = 200;

/// Between the values of a key. It sorts before all that a value holds, so that keys sort as the
/// tuples of their values do.
const SEPARATOR: char = '\u{1f}';

/// Room for the joined values of an event: ten of them, each as long as one that is shown. Those of
/// an event that needs more are those of no series.
pub(super) const ROOM: usize = 10 * (MAX_VALUE_BYTES + 1) + 16;

/// Writes the joined values of an event to `key`, as they were logged, and gives their length;
/// `None` where there is no room.
///
/// They find a series as well as those that are shown: what is shown is shown as itself, and a
/// value that holds a separator makes more of them than any key has.
#[inline]
pub(super) fn join_logged(
    key: &mut [u8; ROOM],
    seen: &Observation<'_>,
    labels: &[Label],
) -> Option<usize> {
    let mut end = 0;
    for label in labels {
        let value = value(*label, seen).as_bytes();
        // Nearly all are short: sixteen bytes cost less than a call for fewer.
        match padded(value) {
            Some(bytes) => key.get_mut(end..end + 16)?.copy_from_slice(&bytes),
            None => key.get_mut(end..end + value.len())?.copy_from_slice(value),
        }
        *key.get_mut(end + value.len())? = SEPARATOR as u8;
        end += value.len() + 1;
    }
    Some(end.saturating_sub(1))
}

/// The values of an event as they are shown.
#[derive(Debug)]
pub(super) struct ShownValues<'p>(Vec<(Label, Cow<'p, str>)>);

impl<'p> ShownValues<'p> {
    pub(super) fn of(seen: &'p Observation<'_>, labels: &[Label]) -> Self {
        let shown = |label: &Label| (*label, text::shown(value(*label, seen), MAX_VALUE_BYTES));
        ShownValues(labels.iter().map(shown).collect())
    }

    /// The values joined, `(other)` in the place of those that fold.
    pub(super) fn folded(&self, folded: &[Label]) -> String {
        let mut key = String::new();
        let shown = self.0.iter();
        append(
            &mut key,
            shown.map(|(label, value)| if folded.contains(label) { OTHER } else { value }),
        );
        key
    }
}

fn append<S: AsRef<str>>(key: &mut String, values: impl Iterator<Item = S>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            key.push(SEPARATOR);
        }
        key.push_str(value.as_ref());
    }
}

/// The values that were joined to `key`.
pub(crate) fn values(key: &str) -> impl Iterator<Item = &str> {
    key.split(SEPARATOR)
}

/// Joins values, each made safe.
pub(crate) fn join<S: AsRef<str>>(parts: &[S]) -> String {
    let mut key = String::new();
    append(&mut key, parts.iter().map(|part| text::shown(part.as_ref(), MAX_VALUE_BYTES)));
    key
}

/// The path of the program that sudo ran, without its arguments; of `list`, `validate` and
/// `sudoedit FILE` the word. A blank in the path is `#040`, as sudo writes it since 1.9.13
/// (plugins/sudoers/logging.c, `sudoers_to_eventlog`), so the first blank ends the path.
pub fn program_of(command: &str) -> &str {
    let blank = memchr::memchr2(b' ', b'\t', command.as_bytes());
    &command[..blank.unwrap_or(command.len())]
}

/// The part of an event that a label shows; empty where the event has none.
#[inline(always)]
fn value<'o>(label: Label, seen: &'o Observation<'_>) -> &'o str {
    let event = seen.event;
    match label {
        Label::Program => event.program,
        Label::User if event.invalid_user => INVALID,
        Label::User => event.user.unwrap_or_default(),
        Label::TargetUser => event.target_user.unwrap_or_default(),
        Label::Method => event.method.map_or("", |m| m.as_str()),
        Label::Identity => &seen.identity,
        Label::Source => event.source.unwrap_or_default(),
        Label::Network => &seen.network,
        Label::Expected => seen.expected.as_str(),
        Label::Reason => event.reason.map_or("", |r| r.as_str()),
        Label::Command => program_of(event.command.unwrap_or_default()),
        Label::Change => event.change.map_or("", |c| c.as_str()),
        _ => aws_value(label, seen),
    }
}

#[inline(never)]
fn aws_value<'o>(label: Label, seen: &'o Observation<'_>) -> &'o str {
    let Some(call) = seen.event.aws else { return "" };
    let part = match label {
        Label::EventName => return call.event_name,
        Label::Target => &call.target,
        Label::Document => &call.document,
        Label::ErrorCode => &call.error_code,
        Label::AwsAccount => &call.account,
        Label::AwsRegion => &call.region,
        // What the host tells, and what the exporter tells of itself. Each is named, so that the
        // compiler asks of a new label what it shows.
        Label::Program
        | Label::User
        | Label::TargetUser
        | Label::Method
        | Label::Identity
        | Label::Source
        | Label::Network
        | Label::Expected
        | Label::Reason
        | Label::Command
        | Label::Change
        | Label::AccountName
        | Label::Kind
        | Label::Family
        | Label::Hostname
        | Label::Choice
        | Label::InstanceId
        | Label::Version
        | Label::Revision => &None,
    };
    part.as_deref().unwrap_or_default()
}
