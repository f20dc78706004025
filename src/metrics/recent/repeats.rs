//! Which of the last accesses are alike but for their time.

use std::collections::VecDeque;

use super::Access;
use crate::keyed::{Numbers, Words};

/// Accesses that are alike, from which on they are a habit and no longer news each.
pub const MANY: usize = 4;

impl Access {
    /// All that is told of it but for when it was.
    fn likeness(&self) -> [&str; 10] {
        [
            self.event,
            self.expected,
            &self.program,
            &self.method,
            &self.detail,
            &self.user,
            &self.identity,
            &self.source,
            &self.network,
            &self.host,
        ]
    }

    pub fn is_alike(&self, other: &Access) -> bool {
        self.likeness() == other.likeness()
    }
}

/// For each access a number of what it is like, and how many are like it.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// For each access in its place: which of `kinds` it is.
    places: VecDeque<u16>,
    kinds: Vec<Kind>,
    /// Those of them that no access is of.
    free: Vec<u16>,
    /// By a hash; of two that share one, no more comes than that both make room as one.
    by_hash: Numbers<u16>,
    /// Kinds that have come many times.
    habits: usize,
    words: Words,
}

#[derive(Debug)]
struct Kind {
    hash: u64,
    count: usize,
}

impl Repeats {
    pub(super) fn insert(&mut self, place: usize, access: &Access) {
        let index = self.kind(self.words.number(access.likeness()));
        let kind = &mut self.kinds[usize::from(index)];
        kind.count += 1;
        self.habits += usize::from(kind.count == MANY);
        self.places.insert(place, index);
    }

    fn kind(&mut self, hash: u64) -> u16 {
        *self.by_hash.entry(hash).or_insert_with(|| {
            let kind = Kind { hash, count: 0 };
            if let Some(free) = self.free.pop() {
                self.kinds[usize::from(free)] = kind;
                return free;
            }
            self.kinds.push(kind);
            // There are no more kinds than accesses that are kept.
            (self.kinds.len() - 1) as u16
        })
    }

    pub(super) fn replace(&mut self, place: usize, access: &Access) {
        self.remove(place);
        self.insert(place, access);
    }

    pub(super) fn remove(&mut self, place: usize) {
        let Some(index) = self.places.remove(place) else { return };
        let kind = &mut self.kinds[usize::from(index)];
        self.habits -= usize::from(kind.count == MANY);
        kind.count -= 1;
        if kind.count == 0 {
            self.by_hash.remove(&kind.hash);
            self.free.push(index);
        }
    }

    /// The place of the oldest that was repeated many times.
    pub(super) fn oldest_repeated(&self) -> Option<usize> {
        if self.habits == 0 {
            return None;
        }
        self.places.iter().position(|kind| self.kinds[usize::from(*kind)].count >= MANY)
    }
}
