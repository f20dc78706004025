//! CloudTrail's records: each once by its ID, and the target of a session by the session's ID.
//!
//! CloudTrail shows a record several times, late and out of order, so no time bounds the memory:
//! the oldest record's ID makes room.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::held::shortened;
use super::limits::{EVENT_IDS, TARGETS};
use super::table::{Changes, Table};
use super::words::Words;
use crate::event::{AwsCall, Event, EventKind, Time};

/// Two numbers of the ID: 128 bits, which two records never share.
type Id = (u64, u64);

#[derive(Debug, Default)]
pub(super) struct CloudTrailIds {
    /// By ID, the record's time in nanoseconds since the epoch.
    seen: Table<Id, i64>,
    order: BTreeSet<(i64, Id)>,
    /// By the session's ID as a number.
    targets: Table<u64, String>,
}

/// As it is saved.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CloudTrailChanges {
    seen: Changes<Id, i64>,
    targets: Changes<u64, String>,
}

impl CloudTrailChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.targets.is_empty()
    }
}

impl CloudTrailIds {
    /// The record where it counts, with the target that TerminateSession and ResumeSession leave
    /// out.
    pub(super) fn counted<'a>(&mut self, words: Words, mut event: Event<'a>) -> Option<Event<'a>> {
        let (time, succeeded) = (event.time, event.kind == EventKind::AwsSuccess);
        if let Some(call) = event.aws.as_deref_mut() {
            if self.is_known(words, &call.event_id, time) {
                return None;
            }
            self.join(words, call, succeeded);
        }
        Some(event)
    }

    fn is_known(&mut self, words: Words, event_id: &str, time: Time) -> bool {
        let id = (words.number(&[event_id]), words.number(&["id", event_id]));
        let known = !event_id.is_empty() && self.seen.find(&id).is_some();
        if !known && !event_id.is_empty() {
            if self.order.len() >= EVENT_IDS
                && let Some((_, oldest)) = self.order.pop_first()
            {
                self.seen.take(&oldest);
            }
            self.seen.insert(id, 0, time.nanoseconds());
            self.order.insert((time.nanoseconds(), id));
        }
        known
    }

    fn join(&mut self, words: Words, call: &mut AwsCall<'_>, succeeded: bool) {
        let Some(session) = call.session_id.as_deref() else { return };
        let key = words.number(&[session]);
        match &call.target {
            Some(target) if succeeded && call.event_name == "StartSession" => {
                let oldest = self.targets.oldest(0).filter(|_| self.targets.len(0) >= TARGETS);
                oldest.map(|at| self.targets.remove(at));
                self.targets.insert(key, 0, shortened(target));
            }
            Some(_) => {}
            None => call.target = self.targets.get(&key).map(|target| target.clone().into()),
        }
    }

    pub(super) fn take_changes(&mut self) -> CloudTrailChanges {
        CloudTrailChanges { seen: self.seen.take_changes(), targets: self.targets.take_changes() }
    }

    pub(super) fn forget_changes(&mut self) {
        self.seen.forget_changes();
        self.targets.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: CloudTrailChanges) {
        self.seen.apply(changes.seen);
        self.targets.apply(changes.targets);
    }

    /// What follows from the records, after they were loaded.
    pub(super) fn index(&mut self) {
        self.order = self.seen.iter().map(|(id, time)| (*time, *id)).collect();
    }
}

impl Serialize for CloudTrailIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.seen, &self.targets).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CloudTrailIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seen, targets) = Deserialize::deserialize(deserializer)?;
        Ok(CloudTrailIds { seen, targets, ..CloudTrailIds::default() })
    }
}
