//! The bounded series of one family.
//!
//! Past the cap a newcomer folds: its least certain label becomes `(other)`, then the next one
//! too, until a series with these labels stands or there is room for it. The last fifth of the cap
//! is kept for such series, a part for each label that folds, so that one label that someone
//! floods costs only that label. Folded whole there are at most three series, one a verdict, and
//! they always find room. Of the accounts of AWS none can fill what the others need: a quarter of the
//! cap is for those that have little, of which what folds in the others takes a part at most.

use std::collections::HashMap;
use std::time::Duration;

use hashbrown::HashTable;

use super::Happening;
use super::labels::{OTHER, ROOM, ShownValues, join_logged, values};
use super::views::{Audience, Beginning};
use crate::event::Time;
use crate::keyed::{Words, same};
use crate::metrics::catalog::{EventFamily, Label};
use crate::policy::Observation;

#[derive(Debug)]
pub(crate) struct Table {
    family: &'static EventFamily,
    cap: usize,
    /// The place of each row, by the hash of its key.
    index: HashTable<u32>,
    words: Words,
    rows: Vec<Row>,
    /// The rows, sorted by their keys: the order of the page.
    order: Vec<u32>,
    /// Which value of a key is an account of AWS; and how many rows each has.
    account: Option<usize>,
    of_account: HashMap<Box<str>, usize>,
    folds: u64,
    /// Where the values of an event are joined.
    logged: Box<[u8; ROOM]>,
    /// The row of the event that was counted last.
    last: u32,
    /// The places of the rows that changed since they were saved.
    changed: Vec<u32>,
}

/// One series: the counter and its gauges in one.
#[derive(Debug)]
pub(super) struct Row {
    /// Its joined label values.
    pub(super) key: Box<str>,
    pub(super) count: u64,
    /// When the newest event happened.
    pub(super) last: Time,
    /// When something was last counted into it while the exporter watched.
    pub(super) counted: Option<Time>,
    /// Since when it is counted.
    pub(super) created: Time,
    /// How long the exporter had run when something was last counted into it.
    pub(super) touched: Duration,
    /// Where it was born while the exporter watched.
    pub(super) born: Option<Beginning>,
    /// What it stood at when the exporter started.
    pub(super) base: Option<u64>,
    /// It changed since it was saved.
    pub(super) changed: bool,
    /// The user who told the first event of himself; 0 for root's word.
    pub(super) told_by: u32,
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
            index: HashTable::new(),
            words: Words::default(),
            rows: Vec::new(),
            order: Vec::new(),
            account: family.labels().iter().position(|label| *label == Label::AwsAccount),
            of_account: HashMap::new(),
            folds: 0,
            logged: Box::new([0; ROOM]),
            last: 0,
            changed: Vec::new(),
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

    #[inline(always)]
    pub(super) fn add(&mut self, seen: &Observation<'_>, happening: &Happening) {
        let place = self.place_of(seen, happening);
        let row = &mut self.rows[place as usize];
        row.count = row.count.saturating_add(happening.count);
        row.last = row.last.max(happening.time);
        row.touched = happening.lived;
        if !row.changed {
            row.changed = true;
            self.changed.push(place);
        }
        if happening.live.is_some() {
            row.counted = row.counted.max(Some(happening.now));
        }
    }

    /// The row of an event: the one that stands, a new one, or the one it folds to.
    #[inline]
    fn place_of(&mut self, seen: &Observation<'_>, happening: &Happening) -> u32 {
        let length = join_logged(&mut self.logged, seen, self.family.labels());
        let found = length.and_then(|length| self.find(&self.logged[..length]));
        self.last = found.unwrap_or_else(|| self.place_shown(seen, happening));
        self.last
    }

    /// The same by the values as they are shown, of a series that may not stand yet.
    #[inline(never)]
    fn place_shown(&mut self, seen: &Observation<'_>, happening: &Happening) -> u32 {
        let shown = ShownValues::of(seen, self.family.labels());
        let mut key = shown.folded(&[]);
        if let Some(place) = self.find(key.as_bytes()) {
            return place;
        }
        let told_by = seen.event.told_by;
        let has_share = self.has_share(told_by);
        if has_share && self.has_room(0, &key) {
            return self.bear(key, told_by, happening);
        }
        self.folds = self.folds.saturating_add(happening.count);
        let steps = self.family.folds;
        for step in 1..=steps.len() {
            key = shown.folded(&steps[..step]);
            if let Some(place) = self.find(key.as_bytes()) {
                return place;
            }
            if has_share && self.has_room(step, &key) {
                break;
            }
        }
        self.bear(key, told_by, happening)
    }

    /// The row of a key, compared in full. Of a flood it is mostly that of the event before.
    fn find(&self, key: &[u8]) -> Option<u32> {
        let is_its = |place: &u32| same(self.rows[*place as usize].key.as_bytes(), key);
        if (self.last as usize) < self.rows.len() && is_its(&self.last) {
            return Some(self.last);
        }
        self.index.find(self.words.number([key]), is_its).copied()
    }

    /// Whether there is room for a series of which `step` labels are folded.
    fn has_room(&self, step: usize, key: &str) -> bool {
        let (whole, room) = (self.room(0), self.room(step));
        let room = match self.has_much(key) {
            true => whole.saturating_sub(self.cap / 4) + (room - whole) / 2,
            false => room,
        };
        self.rows.len() < room
    }

    /// Whether it is of an account of AWS that has a tenth of the cap. What had to fold its account
    /// is of one that has.
    fn has_much(&self, key: &str) -> bool {
        let Some(account) = self.account.and_then(|at| values(key).nth(at)) else { return false };
        let rows = self.of_account.get(account);
        account == OTHER || rows.is_some_and(|rows| *rows >= self.cap / 10)
    }

    /// Of what users tell of themselves, none gets more than a tenth of the cap, and all together no
    /// more than a quarter: whoever makes entries about himself takes no room from what the host tells.
    fn has_share(&self, teller: u32) -> bool {
        if teller == 0 {
            return true;
        }
        let told = || self.rows.iter().filter(|row| row.told_by != 0);
        told().count() < self.cap / 4
            && told().filter(|row| row.told_by == teller).count() < self.cap / 10
    }

    /// How many rows there may be before one with `step` folded labels is refused.
    fn room(&self, step: usize) -> usize {
        let steps = self.family.folds.len();
        let spare = steps.max(self.cap / 5);
        self.cap - self.family.folded_whole() - spare + spare * step / steps
    }

    fn bear(&mut self, key: String, told_by: u32, happening: &Happening) -> u32 {
        self.insert(Row {
            key: key.into(),
            count: 0,
            last: happening.time,
            counted: None,
            created: happening.created(),
            touched: happening.lived,
            born: happening.live,
            base: None,
            changed: false,
            told_by,
        })
    }

    /// Adds a row whose key does not stand yet.
    fn insert(&mut self, row: Row) -> u32 {
        let place = self.rows.len() as u32;
        let (rows, words) = (&self.rows, self.words);
        let hash = |key: &str| words.number([key]);
        let rank = self.order.partition_point(|&other| rows[other as usize].key < row.key);
        self.order.insert(rank, place);
        self.index.insert_unique(hash(&row.key), place, |&other| hash(&rows[other as usize].key));
        if let Some(account) = self.account.and_then(|at| values(&row.key).nth(at)) {
            *self.of_account.entry(account.into()).or_default() += 1;
        }
        self.rows.push(row);
        place
    }

    /// Takes back what a snapshot held. Rows that have become one, for a label that told them apart
    /// is gone, are added up.
    pub(super) fn restore(&mut self, rows: impl IntoIterator<Item = Row>, folds: u64) {
        self.folds = folds;
        for row in rows {
            match self.find(row.key.as_bytes()) {
                Some(place) => self.rows[place as usize].merge(&row),
                None => {
                    self.insert(row);
                }
            }
        }
    }

    /// The rows that changed since the last call, or since everything was saved.
    pub(super) fn take_changed(&mut self) -> impl Iterator<Item = &Row> {
        let changed = std::mem::take(&mut self.changed);
        for place in &changed {
            self.rows[*place as usize].changed = false;
        }
        changed.into_iter().map(|place| &self.rows[place as usize])
    }

    /// Nothing was counted in this family.
    pub(super) fn is_untouched(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows
    }

    /// Takes back rows as they were saved later than what stands.
    pub(super) fn apply(&mut self, rows: impl IntoIterator<Item = Row>, folds: u64) {
        self.folds = folds;
        for row in rows {
            match self.find(row.key.as_bytes()) {
                Some(place) => self.rows[place as usize] = row,
                None => {
                    self.insert(row);
                }
            }
        }
    }

    /// From now on each series is first shown at what it stands at; `seen` where what was held back
    /// before has been shown to someone.
    pub(super) fn hold(&mut self, seen: bool) {
        for row in self.rows.iter_mut().filter(|row| seen || row.base.is_none()) {
            row.base = Some(row.count);
        }
    }

    /// Drops what was not touched since `oldest`, and says how many.
    pub(super) fn forget(&mut self, oldest: Duration) -> usize {
        let before = self.rows.len();
        if self.rows.iter().all(|row| row.touched >= oldest) {
            return 0;
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.retain(|row| row.touched >= oldest);
        self.index.clear();
        self.of_account.clear();
        self.order.clear();
        self.changed.clear();
        rows.into_iter().for_each(|row| {
            self.insert(row);
        });
        before - self.rows.len()
    }

    /// What this audience sees, in the order of the page.
    pub(crate) fn show(&self, audience: &Audience) -> impl Iterator<Item = Shown<'_>> {
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
        self.born = None;
        self.base = None;
    }

    fn shown(&self, audience: &Audience) -> Shown<'_> {
        let count = match (self.born, self.base) {
            (Some(born), _) if born.is_ahead_of(audience) => 0,
            (_, Some(base)) if audience.before_start => base,
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
}
