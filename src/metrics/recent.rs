//! The last accesses, for the exporter's own page: a bounded list, newest first.
//!
//! An access is what let someone in or was done with rights: logins, su, sudo's commands, calls to
//! AWS, changes of accounts. What was refused is left out: anyone can make it, and it would drive
//! the accesses out of the list. Sessions are left out too, for each login has one; but one of
//! Session Manager stands in the list with its end, and once, though the host and AWS both tell it.
//!
//! What comes again and again in the same way makes room for the rest: a job that logs in each
//! minute drives nobody else out.

mod repeats;
mod session;

use std::collections::VecDeque;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::{EventKind, Expected};
use crate::metrics::catalog::AccessKind;
use crate::metrics::series::{MAX_VALUE_BYTES, program_of};
use crate::policy::Observation;

pub use repeats::MANY;
use repeats::Repeats;
pub use session::Session;

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
    /// Of Session Manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Box<Session>>,
}

impl Access {
    /// What happened, for people.
    pub fn words(&self) -> &'static str {
        EventKind::from_name(self.event).map_or("other", EventKind::words)
    }
}

/// The last accesses by the time of their records, however late they were read.
#[derive(Debug)]
pub struct Recent {
    /// Oldest first. Boxed, so that making room in the middle moves no texts.
    accesses: VecDeque<Box<Kept>>,
    /// For each of them, in the same order, which are alike.
    repeats: Repeats,
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
        Recent { accesses: VecDeque::new(), repeats: Repeats::default(), capacity }
    }

    /// Takes an event that is an access, or the end of one; others change nothing. `counted` is
    /// when the exporter counted it, in Unix seconds, where it watched.
    pub fn push(&mut self, seen: &Observation<'_>, counted: Option<i64>) {
        let session = Session::of(seen, counted);
        if session.as_ref().is_some_and(|session| self.joined(session, seen)) {
            return;
        }
        let time = seen.event.time.seconds();
        if AccessKind::of(seen.event.kind).is_none() || self.is_too_old(time) {
            return;
        }
        // The dropped one's text is written over, so that a backlog of logins costs no allocation.
        let mut kept = self.make_room().unwrap_or_default();
        fill(&mut kept.access, seen);
        kept.access.session = session.map(Box::new);
        kept.is_new = true;
        self.insert(kept);
    }

    /// Whether the list has the session that this tells of already, or it is one's end.
    fn joined(&mut self, session: &Session, seen: &Observation<'_>) -> bool {
        let Some(place) = self.place_of(session) else { return session.ended.is_some() };
        let kept = &mut self.accesses[place];
        session::join(&mut kept.access, session, seen);
        kept.is_new = true;
        self.repeats.replace(place, &kept.access);
        true
    }

    fn place_of(&self, session: &Session) -> Option<usize> {
        self.accesses.iter().rposition(|kept| {
            kept.access.session.as_deref().is_some_and(|own| own.id == session.id)
        })
    }

    /// Where the list is full: the oldest of those that came many times alike, else the oldest.
    fn make_room(&mut self) -> Option<Box<Kept>> {
        if self.accesses.len() < self.capacity {
            return None;
        }
        let place = self.repeats.oldest_repeated().unwrap_or(0);
        self.repeats.remove(place);
        self.accesses.remove(place)
    }

    fn insert(&mut self, kept: Box<Kept>) {
        let time = kept.access.time;
        let is_newest = self.accesses.back().is_none_or(|newest| newest.access.time <= time);
        let place = match is_newest {
            true => self.accesses.len(),
            false => self.accesses.partition_point(|other| other.access.time <= time),
        };
        self.repeats.insert(place, &kept.access);
        self.accesses.insert(place, kept);
    }

    /// The accesses that came or changed since the last call, or since everything was saved.
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
            match access.session.as_deref().and_then(|session| self.place_of(session)) {
                Some(place) => {
                    self.repeats.replace(place, &access);
                    self.accesses[place].access = access;
                }
                None => {
                    self.make_room();
                    self.insert(Box::new(Kept { access, is_new: false }));
                }
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
        let mut accesses = Vec::<Access>::deserialize(deserializer)?;
        let mut recent = Recent::default();
        let surplus = accesses.len().saturating_sub(recent.capacity);
        for access in accesses.drain(surplus..) {
            recent.insert(Box::new(Kept { access, is_new: false }));
        }
        Ok(recent)
    }
}

fn fill(access: &mut Access, seen: &Observation<'_>) {
    let event = seen.event;
    let aws = event.aws;
    let detail = match event.kind {
        EventKind::SudoCommand => event.command.map(program_of),
        EventKind::SuSuccess => event.target_user,
        EventKind::AccountChange => event.change.map(|change| change.as_str()),
        EventKind::LoginSuccess
        | EventKind::LoginFailure
        | EventKind::LoginRejected
        | EventKind::SessionOpened
        | EventKind::SessionClosed
        | EventKind::SudoFailure
        | EventKind::SuFailure
        | EventKind::AwsSuccess
        | EventKind::AwsFailure => aws.and_then(|call| call.target),
    };
    access.time = event.time.seconds();
    access.event = event.kind.as_str();
    access.expected = seen.expected.as_str();
    set(&mut access.host, event.host);
    let call = aws.map(|call| call.event_name).filter(|name| !name.is_empty());
    set(&mut access.program, call.unwrap_or(event.program));
    set(&mut access.user, event.user.unwrap_or_default());
    set(&mut access.identity, &seen.identity);
    set(&mut access.method, event.method.map_or("", |method| method.as_str()));
    set(&mut access.source, event.source.unwrap_or_default());
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
