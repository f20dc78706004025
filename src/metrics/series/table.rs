//! The bounded series of one family.
//!
//! Past the cap a newcomer folds: its least certain label becomes `(other)`, then the next one
//! too, until a series with these labels stands or there is room for it. The last fifth of the cap
//! is kept for such series, a part for each label that folds, so that one label that someone
//! floods costs only that label. Folded whole there are at most three series, one a verdict, and
//! they always find room.

use std::collections::HashMap;
use std::sync::Arc;

use super::Happening;
use super::held::{Audience, Hold};
use super::labels::Key;
use crate::event::Time;
use crate::metrics::catalog::EventFamily;

#[derive(Debug)]
pub(crate) struct Table {
    family: &'static EventFamily,
    cap: usize,
    /// By joined label values. Its hash is keyed, so that nobody can choose names that collide.
    index: HashMap<Arc<str>, u32>,
    rows: Vec<Row>,
    /// The rows, sorted by their keys: the order of the page.
    order: Vec<u32>,
    folds: u64,
    folded: Key,
}

/// One series: counter and last-seen gauge in one.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: Arc<str>,
    pub(super) count: u64,
    /// When the newest event happened.
    pub(super) last: Time,
    /// Since when it is counted.
    pub(super) created: Time,
    /// When something was last counted into it.
    pub(super) touched: Time,
    /// When something was last counted into it while the exporter watched.
    pub(super) counted: Option<Time>,
    pub(super) held: Option<Held>,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) hold: Hold,
    /// The value that is shown while it is held.
    pub(super) at: u64,
}

/// What one response shows of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shown<'s> {
    pub(crate) key: &'s str,
    pub(crate) count: u64,
    pub(crate) last: Time,
    pub(crate) counted: Option<Time>,
    pub(crate) created: Time,
}

impl Table {
    pub(super) fn new(family: &'static EventFamily, cap: usize) -> Self {
        Table {
            family,
            cap,
            index: HashMap::new(),
            rows: Vec::new(),
            order: Vec::new(),
            folds: 0,
            folded: Key::default(),
        }
    }

    pub(crate) fn family(&self) -> &'static EventFamily {
        self.family
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn folds(&self) -> u64 {
        self.folds
    }

    pub(super) fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| &*row.key)
    }

    /// Every row, in the order of the page.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.order.iter().map(|&place| &self.rows[place as usize])
    }

    pub(super) fn add(&mut self, key: &Key, happening: &Happening) {
        let place = self.place_of(key.as_str(), happening);
        let row = &mut self.rows[place as usize];
        row.count = row.count.saturating_add(happening.count);
        row.last = row.last.max(happening.time);
        row.touched = row.touched.max(happening.now);
        if happening.live {
            row.counted = row.counted.max(Some(happening.now));
        }
    }

    /// The row for these labels: the one that stands, a new one, or the one it folds to.
    fn place_of(&mut self, key: &str, happening: &Happening) -> u32 {
        if let Some(&place) = self.index.get(key) {
            return place;
        }
        if self.rows.len() < self.room(0) {
            return self.bear(key, happening);
        }
        self.folds = self.folds.saturating_add(happening.count);
        let mut folded = std::mem::take(&mut self.folded);
        let place = self.place_folded(key, &mut folded, happening);
        self.folded = folded;
        place
    }

    fn place_folded(&mut self, key: &str, folded: &mut Key, happening: &Happening) -> u32 {
        let steps = self.family.folds;
        for step in 1..=steps.len() {
            folded.fold(key, self.family.labels(), &steps[..step]);
            if let Some(&place) = self.index.get(folded.as_str()) {
                return place;
            }
            if self.rows.len() < self.room(step) {
                break;
            }
        }
        self.bear(folded.as_str(), happening)
    }

    /// How many rows there may be before one with `step` folded labels is refused.
    fn room(&self, step: usize) -> usize {
        let steps = self.family.folds.len();
        let spare = steps.max(self.cap / 5);
        self.cap - self.family.folded_whole() - spare + spare * step / steps
    }

    fn bear(&mut self, key: &str, happening: &Happening) -> u32 {
        let held = happening
            .live
            .then(|| Held { hold: Hold::newborn(happening.answered, happening.now), at: 0 });
        // The baseline counts from its first event: it was not counted from 0 today.
        let created = if happening.live { happening.now } else { happening.time };
        self.insert(Row {
            key: key.into(),
            count: 0,
            last: happening.time,
            created,
            touched: happening.now,
            counted: None,
            held,
        })
    }

    /// Adds a row whose key does not stand yet.
    pub(super) fn insert(&mut self, row: Row) -> u32 {
        let place = self.rows.len() as u32;
        let rows = &self.rows;
        let rank = self.order.partition_point(|&other| rows[other as usize].key < row.key);
        self.order.insert(rank, place);
        self.index.insert(Arc::clone(&row.key), place);
        self.rows.push(row);
        place
    }

    /// Takes back what a snapshot held. Rows that have become one, for a label that told them apart
    /// is gone, are added up.
    pub(super) fn restore(&mut self, rows: impl IntoIterator<Item = Row>, folds: u64) {
        self.folds = folds;
        for row in rows {
            match self.index.get(&row.key) {
                Some(&place) => self.rows[place as usize].merge(&row),
                None => {
                    self.insert(row);
                }
            }
        }
    }

    pub(super) fn resume(&mut self, cap: usize, answered: u64, now: Time) {
        self.cap = cap;
        for row in &mut self.rows {
            let at = row.held.as_ref().map_or(row.count, |held| held.at);
            row.held = Some(Held { hold: Hold::restored(answered, now), at });
        }
    }

    /// Drops what was not touched since `oldest`, and says how many.
    pub(super) fn forget(&mut self, oldest: Time) -> usize {
        let before = self.rows.len();
        if self.rows.iter().all(|row| row.touched >= oldest) {
            return 0;
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|row| row.touched >= oldest);
        self.index.clear();
        self.order.clear();
        rows.into_iter().for_each(|row| {
            self.insert(row);
        });
        before - self.rows.len()
    }

    /// Whether a row is not shown at its value yet.
    pub(super) fn holds_any(&self) -> bool {
        self.rows.iter().any(|row| row.held.is_some())
    }

    /// What this audience sees, in the order of the page.
    pub(crate) fn show(&mut self, audience: &Audience) -> impl Iterator<Item = Shown<'_>> {
        for row in self.rows.iter_mut().filter(|row| row.held.is_some()) {
            row.held.take_if(|held| held.hold.is_over(audience));
            if let Some(held) = &mut row.held {
                held.hold.tell(audience);
            }
        }
        self.rows().map(move |row| row.shown(audience))
    }
}

impl Row {
    fn merge(&mut self, other: &Row) {
        self.count = self.count.saturating_add(other.count);
        self.last = self.last.max(other.last);
        self.created = self.created.min(other.created);
        self.touched = self.touched.max(other.touched);
        self.counted = self.counted.max(other.counted);
        self.held = None;
    }

    fn shown(&self, audience: &Audience) -> Shown<'_> {
        let count = match &self.held {
            Some(held) if !held.hold.is_told_to(audience) => held.at,
            _ => self.count,
        };
        Shown {
            key: &self.key,
            count,
            last: self.last,
            counted: self.counted,
            created: self.created,
        }
    }

    /// The value to hold after a restart, where it is less than the count.
    pub(super) fn held_at(&self) -> Option<u64> {
        self.held.as_ref().filter(|held| held.hold.is_secret()).map(|held| held.at)
    }
}
