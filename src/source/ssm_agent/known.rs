//! Which documents were handed on, and are at work still: the source's position.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::folders::Name;
use crate::event::Time;
use crate::record::Position;

/// Each document with its birth, nanoseconds since the epoch.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<Name, i64>);

/// As it is saved: JSON has no keys of two parts.
#[derive(Serialize, Deserialize)]
struct Saved {
    documents: Vec<(String, String, i64)>,
}

impl Known {
    pub(super) fn restore(position: &Position) -> Option<Self> {
        let saved: Saved = serde_json::from_value(position.to_json()).ok()?;
        let named = |(instance, id, born)| (Name { instance, id }, born);
        Some(Known(saved.documents.into_iter().map(named).collect()))
    }

    pub(super) fn position(&self) -> Position {
        let row = |(name, born): (&Name, &i64)| (name.instance.clone(), name.id.clone(), *born);
        let saved = Saved { documents: self.0.iter().map(row).collect() };
        Position::json(serde_json::to_value(saved).unwrap_or_default())
    }

    pub(super) fn holds(&self, name: &Name) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn insert(&mut self, name: Name, born: Time) {
        self.0.insert(name, born.nanoseconds());
    }

    /// Whether it was known.
    pub(super) fn remove(&mut self, name: &Name) -> bool {
        self.0.remove(name).is_some()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }

    pub(super) fn born_before(&self, time: Time) -> impl Iterator<Item = &Name> {
        self.0.iter().filter(move |(_, born)| **born < time.nanoseconds()).map(|(name, _)| name)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
