//! Which of the last accesses are alike but for their time.
//!
//! A list of at most some hundred entries is searched from end to end: numbers that lie side by
//! side are faster to look through than any map.

use std::collections::VecDeque;

use super::Access;
use crate::keyed::Words;

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
    /// By a hash; of two that share one, no more comes than that both make room as one.
    kinds: Vec<Kind>,
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
        let kind = self.kind(self.words.number(access.likeness()));
        self.kinds[kind].count += 1;
        self.habits += usize::from(self.kinds[kind].count == MANY);
        // There are no more kinds than accesses that are kept.
        self.places.insert(place, kind as u16);
    }

    fn kind(&mut self, hash: u64) -> usize {
        let known = self.kinds.iter().position(|kind| kind.count > 0 && kind.hash == hash);
        known.unwrap_or_else(|| {
            let new = Kind { hash, count: 0 };
            match self.kinds.iter().position(|kind| kind.count == 0) {
                Some(free) => {
                    self.kinds[free] = new;
                    free
                }
                None => {
                    self.kinds.push(new);
                    self.kinds.len() - 1
                }
            }
        })
    }

    pub(super) fn replace(&mut self, place: usize, access: &Access) {
        self.remove(place);
        self.insert(place, access);
    }

    pub(super) fn remove(&mut self, place: usize) {
        if let Some(kind) = self.places.remove(place) {
            let kind = &mut self.kinds[usize::from(kind)];
            self.habits -= usize::from(kind.count == MANY);
            kind.count -= 1;
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
