//! The last accesses, for the exporter's own page: a bounded list, newest first.
//!
//! An access is what let someone in or was done with rights: logins, su, sudo's commands, calls to
//! AWS, changes of accounts. What was refused is left out: anyone can make it, and it would drive
//! the accesses out of the list. Sessions are left out too, for each login has one.

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::{EventKind, Expected};
use crate::metrics::catalog::AccessKind;
use crate::metrics::series::{MAX_VALUE_BYTES, program_of};
use crate::policy::Observation;

/// Accesses that are kept.
pub const DEFAULT_CAPACITY: usize = 200;

/// A word of a closed set. The name hides the lifetime from serde, which would borrow it.
type Word = &'static str;

/// One access as the page shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Unix seconds.
    pub time: i64,
    pub host: String,
    #[serde(deserialize_with = "event")]
    pub event: Word,
    pub program: String,
    pub user: String,
    pub identity: String,
    pub method: String,
    pub source: String,
    pub network: String,
    /// The AWS target, or the program that sudo ran: never its arguments, which may hold secrets.
    pub detail: String,
    #[serde(deserialize_with = "expected")]
    pub expected: Word,
}

/// The last accesses by the time of their records, however late they were read.
#[derive(Debug)]
pub struct Recent {
    /// Oldest first.
    accesses: VecDeque<Kept>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Kept {
    access: Access,
    /// It is not saved yet.
    is_new: bool,
}

impl Default for Recent {
    fn default() -> Self {
        Recent::new(DEFAULT_CAPACITY)
    }
}

impl Recent {
    pub fn new(capacity: usize) -> Self {
        Recent { accesses: VecDeque::new(), capacity }
    }

    /// Takes an event that is an access; others change nothing.
    pub fn push(&mut self, seen: &Observation<'_>) {
        let time = seen.event.time.seconds();
        if AccessKind::of(seen.event.kind).is_none() || self.is_too_old(time) {
            return;
        }
        // The dropped one's text is written over, so that a backlog of logins costs no allocation.
        let full = self.accesses.len() >= self.capacity;
        let mut kept = if full { self.accesses.pop_front() } else { None }.unwrap_or_default();
        fill(&mut kept.access, seen);
        kept.is_new = true;
        self.insert(kept);
    }

    fn insert(&mut self, kept: Kept) {
        let time = kept.access.time;
        let place = self.accesses.partition_point(|other| other.access.time <= time);
        self.accesses.insert(place, kept);
    }

    /// The accesses that came since the last call, or since everything was saved.
    pub fn take_changes(&mut self) -> Vec<Access> {
        let mut changes = Vec::new();
        for kept in self.accesses.iter_mut().filter(|kept| kept.is_new) {
            kept.is_new = false;
            changes.push(kept.access.clone());
        }
        changes
    }

    /// Applies what came later to a list as it was saved before.
    pub fn apply(&mut self, changes: Vec<Access>) {
        for access in changes {
            self.insert(Kept { access, is_new: false });
            if self.accesses.len() > self.capacity {
                self.accesses.pop_front();
            }
        }
    }

    fn is_too_old(&self, time: i64) -> bool {
        let full = self.accesses.len() >= self.capacity;
        full && self.accesses.front().is_none_or(|oldest| time < oldest.access.time)
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Access> {
        self.accesses.iter().rev().map(|kept| &kept.access)
    }

    pub fn len(&self) -> usize {
        self.accesses.len()
    }

    pub fn is_empty(&self) -> bool {
        self.accesses.is_empty()
    }
}

impl Serialize for Recent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.accesses.iter().map(|kept| &kept.access))
    }
}

/// With the default capacity: of a longer list the newest stay.
impl<'de> Deserialize<'de> for Recent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let accesses = Vec::deserialize(deserializer)?.into_iter();
        let accesses = accesses.map(|access| Kept { access, is_new: false }).collect();
        let mut recent = Recent { accesses, ..Recent::default() };
        let surplus = recent.accesses.len().saturating_sub(recent.capacity);
        recent.accesses.drain(..surplus);
        Ok(recent)
    }
}

fn fill(access: &mut Access, seen: &Observation<'_>) {
    let event = seen.event;
    let aws = event.aws.as_deref();
    let detail = match event.kind {
        EventKind::SudoCommand => event.command.as_deref().map(program_of),
        EventKind::SuSuccess => event.target_user.as_deref(),
        EventKind::AccountChange => event.change.map(|change| change.as_str()),
        EventKind::LoginSuccess
        | EventKind::LoginFailure
        | EventKind::LoginRejected
        | EventKind::SessionOpened
        | EventKind::SessionClosed
        | EventKind::SudoFailure
        | EventKind::SuFailure
        | EventKind::AwsSuccess
        | EventKind::AwsFailure => aws.and_then(|call| call.target.as_deref()),
    };
    access.time = event.time.seconds();
    access.event = event.kind.as_str();
    access.expected = seen.expected.as_str();
    set(&mut access.host, &event.host);
    let call = aws.map(|call| &*call.event_name).filter(|name| !name.is_empty());
    set(&mut access.program, call.unwrap_or(&event.program));
    set(&mut access.user, event.user.as_deref().unwrap_or_default());
    set(&mut access.identity, &seen.identity);
    set(&mut access.method, event.method.map_or("", |method| method.as_str()));
    set(&mut access.source, event.source.as_deref().unwrap_or_default());
    set(&mut access.network, &seen.network);
    set(&mut access.detail, detail.unwrap_or_default());
}

/// Cut like a label's value, so that no name can be a megabyte.
fn set(text: &mut String, value: &str) {
    text.clear();
    text.push_str(&value[..value.floor_char_boundary(MAX_VALUE_BYTES)]);
}

fn event<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(EventKind::from_name(&name).map_or("", |kind| kind.as_str()))
}

fn expected<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    Ok(Expected::from_name(&name).map_or("", |expected| expected.as_str()))
}

#[cfg(test)]
mod tests;
