//! CloudTrail's records: each once by its ID, and the target of a session by the session's ID.
//!
//! A record comes up late, out of order, and by several ways: LookupEvents shows it for 90 days, a
//! queue redelivers it, and a trail's file may be copied at any time. So its ID is remembered as
//! long as there is room, as 8 bytes under the hour of its event; past the bound the oldest hours
//! make room, and that is told.

use std::collections::{BTreeMap, HashSet};

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::held::shortened;
use super::limits::{EVENT_IDS, TARGETS};
use super::table::{Changes, Table};
use crate::event::{AwsCall, Event, EventKind, Texts, Time};
use crate::keyed::Words;

const HOUR: i64 = 3_600;

#[derive(Debug, Default)]
pub(super) struct CloudTrailIds {
    seen: Seen,
    /// By the session's ID as a number.
    targets: Table<u64, String>,
}

/// As it is saved.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CloudTrailChanges {
    seen: Hours,
    targets: Changes<u64, String>,
}

impl CloudTrailChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.seen.0.is_empty() && self.targets.is_empty()
    }
}

impl CloudTrailIds {
    /// Whether the record counts. It is given the target that TerminateSession and ResumeSession leave
    /// out. One that corrects another adds nothing to it.
    pub(super) fn counts<'e>(
        &mut self,
        words: Words,
        event: &mut Event<'e>,
        texts: &'e Texts<'e>,
    ) -> bool {
        let (time, succeeded) = (event.time, event.kind == EventKind::AwsSuccess);
        if let Some(call) = event.aws {
            let id = |text: &str| (!text.is_empty()).then(|| words.number(["id", text]));
            let original = call.original_event_id.and_then(id);
            let corrects = original.is_some_and(|original| self.seen.holds_at_any_time(original));
            // A record without an ID is always new.
            let is_new = id(call.event_id).is_none_or(|id| self.seen.insert(id, time));
            if let Some(original) = original {
                self.seen.insert(original, time);
            }
            if corrects || !is_new {
                return false;
            }
            if let Some(target) = self.join(words, call, succeeded) {
                let target = Some(texts.copy(target));
                event.aws = Some(texts.call(AwsCall { target, ..*call }));
            }
        }
        true
    }

    /// How many IDs were let go of since this was last asked, for want of room: should one of
    /// their records come again, it counts again.
    pub(super) fn take_forgotten(&mut self) -> u64 {
        std::mem::take(&mut self.seen.forgotten)
    }

    /// What begins a session, or asks for access, names its target; what comes later names the
    /// session alone, and is given its target.
    fn join(&mut self, words: Words, call: &AwsCall<'_>, succeeded: bool) -> Option<&str> {
        let key = words.number([call.session_id?]);
        match call.target {
            Some(target) if succeeded => {
                let oldest = self.targets.oldest(0).filter(|_| self.targets.len(0) >= TARGETS);
                oldest.map(|at| self.targets.remove(at));
                self.targets.insert(key, 0, shortened(target));
                None
            }
            Some(_) => None,
            None => self.targets.get(&key).map(String::as_str),
        }
    }

    pub(super) fn take_changes(&mut self) -> CloudTrailChanges {
        let seen = std::mem::take(&mut self.seen.unsaved);
        CloudTrailChanges { seen: Hours(seen), targets: self.targets.take_changes() }
    }

    pub(super) fn forget_changes(&mut self) {
        self.seen.unsaved.clear();
        self.targets.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: CloudTrailChanges) {
        for (hour, ids) in changes.seen.0 {
            ids.into_iter().for_each(|id| {
                self.seen.insert_at(hour, id);
            });
        }
        self.seen.unsaved.clear();
        self.targets.apply(changes.targets);
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
        Ok(CloudTrailIds { seen, targets })
    }
}

/// The IDs of records as numbers, by the hour of their events. Among half a million the next one
/// meets another by chance once in thirty million million times.
#[derive(Debug, Default)]
struct Seen {
    hours: BTreeMap<i64, HashSet<u64>>,
    count: usize,
    forgotten: u64,
    unsaved: BTreeMap<i64, Vec<u64>>,
}

impl Seen {
    /// Whether the ID is new; it is remembered.
    fn insert(&mut self, id: u64, time: Time) -> bool {
        self.insert_at(time.seconds().div_euclid(HOUR), id)
    }

    fn insert_at(&mut self, hour: i64, id: u64) -> bool {
        let is_new = self.hours.entry(hour).or_default().insert(id);
        if is_new {
            self.count += 1;
            self.unsaved.entry(hour).or_default().push(id);
        }
        if self.count > EVENT_IDS {
            self.make_room();
        }
        is_new
    }

    fn holds_at_any_time(&self, id: u64) -> bool {
        self.hours.values().any(|ids| ids.contains(&id))
    }

    /// Lets go of the oldest hour, or of a part of it where it holds very many.
    fn make_room(&mut self) {
        const PART: usize = EVENT_IDS / 8;
        let Some(mut oldest) = self.hours.first_entry() else { return };
        let before = oldest.get().len();
        let left = before.saturating_sub(PART);
        if left == 0 {
            oldest.remove();
        } else {
            let mut kept = 0;
            oldest.get_mut().retain(|_| {
                kept += 1;
                kept <= left
            });
        }
        self.count -= before - left;
        self.forgotten += (before - left) as u64;
    }
}

/// Hours with their IDs, each hour's as base64.
#[derive(Debug, Default)]
struct Hours(BTreeMap<i64, Vec<u64>>);

fn encoded(ids: impl Iterator<Item = u64>) -> String {
    let bytes: Vec<u8> = ids.flat_map(u64::to_le_bytes).collect();
    Base64::encode_string(&bytes)
}

impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hours = self.0.iter();
        serializer.collect_map(hours.map(|(hour, ids)| (hour, encoded(ids.iter().copied()))))
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hours = BTreeMap::<i64, String>::deserialize(deserializer)?;
        let decoded = hours.into_iter().map(|(hour, ids)| {
            let bytes = Base64::decode_vec(&ids).map_err(serde::de::Error::custom)?;
            let ids = bytes.as_chunks::<8>().0.iter().map(|id| u64::from_le_bytes(*id));
            Ok((hour, ids.collect()))
        });
        decoded.collect::<Result<_, D::Error>>().map(Hours)
    }
}

/// Sorted, so that the same memory is the same snapshot.
impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.hours.iter().map(|(hour, ids)| {
            let mut sorted: Vec<u64> = ids.iter().copied().collect();
            sorted.sort_unstable();
            (hour, encoded(sorted.into_iter()))
        }))
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hours = Hours::deserialize(deserializer)?.0.into_iter();
        let hours: BTreeMap<i64, HashSet<u64>> =
            hours.map(|(hour, ids)| (hour, ids.into_iter().collect())).collect();
        let count = hours.values().map(HashSet::len).sum();
        Ok(Seen { hours, count, ..Seen::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::new(seconds as i64, 0)
    }

    #[test]
    fn a_file_copied_after_many_newer_records_counts_nothing_again() {
        let mut seen = Seen::default();
        assert!((0..100).all(|n| seen.insert(n, at(n))));
        assert!((0..100_000).all(|n| seen.insert(1_000 + n, at(7_200 + n))));
        assert!((0..100).all(|n| !seen.insert(n, at(n))));
        assert_eq!(seen.forgotten, 0);
    }

    #[test]
    fn past_the_bound_the_oldest_go_and_are_told() {
        let most = EVENT_IDS as u64;
        let mut seen = Seen::default();
        (0..most + 10).for_each(|n| assert!(seen.insert(n, at(n))));
        assert!(seen.count <= EVENT_IDS);
        assert_eq!(seen.count as u64 + seen.forgotten, most + 10);
        assert!(!seen.insert(most, at(most)), "the newest stay");
        // All in one hour.
        let mut seen = Seen::default();
        (0..most + 10).for_each(|n| assert!(seen.insert(n, at(0))));
        assert!(seen.count <= EVENT_IDS && seen.count >= EVENT_IDS / 2);
    }

    #[test]
    fn what_is_saved_is_the_same_and_takes_eleven_bytes_an_id() {
        let mut seen = Seen::default();
        (0..10_000).for_each(|n| assert!(seen.insert(n << 40, at(n * 60))));
        let saved = serde_json::to_string(&seen).unwrap();
        assert!(saved.len() < 120_000, "{}", saved.len());
        let mut restored: Seen = serde_json::from_str(&saved).unwrap();
        assert_eq!(serde_json::to_string(&restored).unwrap(), saved);
        assert!((0..10_000).all(|n| !restored.insert(n << 40, at(n * 60))));
    }

    #[test]
    fn what_changed_since_the_last_save_makes_the_whole() {
        let mut ids = CloudTrailIds::default();
        assert!(ids.seen.insert(1, at(0)));
        let whole = serde_json::to_string(&ids).unwrap();
        ids.forget_changes();
        assert!(ids.seen.insert(2, at(0)) && ids.seen.insert(3, at(7_200)));
        let changes = serde_json::to_string(&ids.take_changes()).unwrap();
        assert!(ids.take_changes().is_empty());
        let mut restored: CloudTrailIds = serde_json::from_str(&whole).unwrap();
        restored.apply(serde_json::from_str(&changes).unwrap());
        assert!(restored.seen.unsaved.is_empty());
        assert_eq!(serde_json::to_string(&restored).unwrap(), serde_json::to_string(&ids).unwrap());
    }
}
