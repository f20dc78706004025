//! Label values: which part of an event each is, made safe and bounded, and joined to one key.

use std::borrow::Cow;

use crate::keyed::Words;
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
const SEPARATOR_BYTE: u8 = SEPARATOR as u8;

/// No family has more labels.
const MOST_LABELS: usize = 9;

/// The label values of one series before they are joined, so that a series that stands is found
/// without an allocation.
///
/// Values as they were logged find a series as well as those that are shown: what is shown is shown
/// as itself, and a value that holds a separator makes more of them than any key has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts<'p> {
    values: [&'p str; MOST_LABELS],
    count: usize,
}

impl<'p> Parts<'p> {
    /// As they were logged.
    #[inline]
    pub(super) fn of(seen: &'p Observation<'_>, labels: &[Label]) -> Self {
        let mut values = [""; MOST_LABELS];
        for (part, label) in values.iter_mut().zip(labels) {
            *part = value(*label, seen);
        }
        Parts { values, count: labels.len() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'p str> {
        self.values[..self.count].iter().copied()
    }

    #[inline]
    pub(super) fn hash(&self, words: Words) -> u64 {
        words.number(self.iter())
    }

    /// Whether they are the values of this key, compared in full.
    pub(super) fn are(&self, key: &str) -> bool {
        let mut rest = key.as_bytes();
        for (at, part) in self.values[..self.count].iter().enumerate() {
            if at > 0 {
                let Some((&SEPARATOR_BYTE, behind)) = rest.split_first() else { return false };
                rest = behind;
            }
            let Some(behind) = rest.strip_prefix(part.as_bytes()) else { return false };
            rest = behind;
        }
        rest.is_empty()
    }

    /// As they are shown.
    pub(super) fn shown(&self) -> ShownParts<'p> {
        ShownParts(self.iter().map(|part| text::shown(part, MAX_VALUE_BYTES)).collect())
    }

    pub(super) fn join(&self) -> Box<str> {
        join(&self.values[..self.count]).into_boxed_str()
    }
}

/// Label values made safe.
#[derive(Debug)]
pub(super) struct ShownParts<'p>(Vec<Cow<'p, str>>);

impl ShownParts<'_> {
    /// The values, `(other)` in the place of those that fold.
    pub(super) fn folded(&self, labels: &[Label], folded: &[Label]) -> Parts<'_> {
        let mut values = [""; MOST_LABELS];
        for ((part, shown), label) in values.iter_mut().zip(&self.0).zip(labels) {
            *part = if folded.contains(label) { OTHER } else { shown };
        }
        Parts { values, count: labels.len() }
    }
}

/// The values that were joined to `key`.
pub(crate) fn values(key: &str) -> impl Iterator<Item = &str> {
    key.split(SEPARATOR)
}

/// Joins values, each made safe.
pub(crate) fn join<S: AsRef<str>>(parts: &[S]) -> String {
    let mut key = String::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            key.push(SEPARATOR);
        }
        key.push_str(&text::shown(part.as_ref(), MAX_VALUE_BYTES));
    }
    key
}

/// The path of the program that sudo ran, without its arguments; of `list`, `validate` and
/// `sudoedit FILE` the word. A blank in the path is `#040`, as sudo writes it since 1.9.13
/// (plugins/sudoers/logging.c, `sudoers_to_eventlog`), so the first blank ends the path.
pub fn program_of(command: &str) -> &str {
    command.split([' ', '\t']).next().unwrap_or_default()
}

/// The part of an event that a label shows; empty where the event has none.
#[inline]
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
        Label::Target => &call.target,
        Label::Document => &call.document,
        Label::ErrorCode => &call.error_code,
        Label::AwsAccount => &call.account,
        Label::AwsRegion => &call.region,
        _ => &None,
    };
    part.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::metrics::catalog::EVENT_FAMILIES;

    #[test]
    fn the_labels_of_every_family_find_room() {
        assert!(EVENT_FAMILIES.iter().all(|family| family.labels().len() <= super::MOST_LABELS));
    }
}
