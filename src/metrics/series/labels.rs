//! Label values: which part of an event each is, made safe and bounded, and joined to one key.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use crate::metrics::catalog::Label;
use crate::metrics::text;
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

/// The label values of one series before they are joined, so that a series that stands is found
/// without an allocation.
#[derive(Clone, Copy)]
pub(super) struct Parts<'p, 'o> {
    pub(super) seen: &'p Observation<'o>,
    pub(super) labels: &'static [Label],
    /// The labels that are `(other)`.
    pub(super) folded: &'static [Label],
}

impl<'p> Parts<'p, '_> {
    /// The values as they are shown.
    fn iter(&self) -> impl Iterator<Item = Cow<'p, str>> {
        self.labels.iter().map(|label| {
            if self.folded.contains(label) {
                return Cow::Borrowed(OTHER);
            }
            text::shown(value(*label, self.seen), MAX_VALUE_BYTES)
        })
    }

    pub(super) fn hash(&self, hasher: &impl BuildHasher) -> u64 {
        hash(hasher, self.iter())
    }

    /// Whether they are the values of this key, compared in full.
    pub(super) fn are(&self, key: &str) -> bool {
        let mut rest = Some(key);
        self.iter().all(|part| {
            rest.take().and_then(|key| key.strip_prefix(&*part)).is_some_and(|behind| {
                rest = behind.strip_prefix(SEPARATOR);
                rest.is_some() || behind.is_empty()
            })
        }) && rest.is_none()
    }

    pub(super) fn join(&self) -> Box<str> {
        join(&self.iter().collect::<Vec<_>>()).into_boxed_str()
    }
}

/// The same for raw parts as for those of a key. Keyed, so that nobody can choose names that
/// collide.
pub(super) fn hash<S: AsRef<str>>(
    hasher: &impl BuildHasher,
    parts: impl Iterator<Item = S>,
) -> u64 {
    let mut state = hasher.build_hasher();
    for part in parts {
        state.write(part.as_ref().as_bytes());
        state.write_u8(SEPARATOR as u8);
    }
    state.finish()
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
