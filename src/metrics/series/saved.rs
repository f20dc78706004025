//! The store as it stands in a snapshot.
//!
//! Families and labels are saved by name, so that a snapshot outlives a change of the catalog: a
//! label that is new is empty, one that is gone is left out, a family that is gone is dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Store;
use super::accesses::Saved as SavedAccess;
use super::durations::SavedRow as SavedDuration;
use super::labels::{join, values};
use super::table::{Row, Table};
use super::views::{Beginning, Saved as SavedViews};
use crate::event::Time;
use crate::metrics::catalog::EventFamily;

/// All of a store, or of each part what changed.
#[derive(Debug, Serialize)]
pub struct Out<'s> {
    run: Run,
    families: BTreeMap<&'static str, FamilyOut<'s>>,
    durations: (Vec<SavedDuration>, u64),
    accesses: Vec<SavedAccess>,
}

#[derive(Debug, Serialize)]
struct FamilyOut<'s> {
    labels: Vec<&'static str>,
    folds: u64,
    series: Vec<(Vec<&'s str>, SavedCounts)>,
}

#[derive(Deserialize)]
struct In<'s> {
    run: Run,
    #[serde(borrow)]
    families: BTreeMap<String, FamilyIn<'s>>,
    durations: (Vec<SavedDuration>, u64),
    accesses: Vec<SavedAccess>,
}

#[derive(Deserialize)]
struct FamilyIn<'s> {
    labels: Vec<String>,
    folds: u64,
    #[serde(borrow)]
    series: Vec<(Vec<Text<'s>>, SavedCounts)>,
}

/// What is known of this run and of those who look, beside the series.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    /// Seconds that the exporter has run.
    lived: u64,
    views: SavedViews,
    /// Where this run began, if it went on from a snapshot.
    start: Option<(u64, u64)>,
    /// Where the accesses' series began.
    accesses_born: Option<(u64, u64)>,
}

/// Borrowed from the snapshot where JSON has no escape in it.
#[derive(Deserialize)]
struct Text<'s>(#[serde(borrow)] Cow<'s, str>);

/// The numbers of one series.
///
/// In this order: count, last seen, created (both Unix nanoseconds), touched (seconds that the
/// exporter had run), counted (Unix nanoseconds), where it began (the look before, and seconds that the
/// exporter had run), what it stood at when the exporter started where that is another count, and whether a user
/// told it of himself.
#[derive(Debug, Serialize, Deserialize)]
struct SavedCounts(
    u64,
    i64,
    i64,
    u64,
    Option<i64>,
    Option<(u64, u64)>,
    Option<u64>,
    #[serde(default)] u32,
);

/// What changed in a store, to be applied to it as it was before.
#[derive(Debug)]
pub struct Changes(Store);

impl Store {
    /// What changed since the last call of this or of [`Store::forget_changes`]; families without a
    /// change are left out. Nothing where only a whole store tells it: series are gone.
    pub fn take_changes(&mut self) -> Option<Out<'_>> {
        if self.dropped {
            return None;
        }
        let run = self.run();
        let families = self.tables.iter_mut().filter_map(|table| {
            let (family, folds) = (table.family(), table.folds());
            let series: Vec<_> = table.take_changed().map(row_out).collect();
            let out = FamilyOut { labels: labels(family), folds, series };
            (!out.series.is_empty()).then_some((family.counter.name, out))
        });
        Some(Out {
            run,
            families: families.collect(),
            durations: self.durations.take_changed(),
            accesses: self.accesses.save(),
        })
    }

    /// Everything is saved, with all that changed until now.
    pub fn forget_changes(&mut self) {
        self.dropped = false;
        self.tables.iter_mut().for_each(|table| drop(table.take_changed()));
        self.durations.take_changed();
    }

    /// Applies what had changed to a store as it was saved before.
    pub fn apply(&mut self, Changes(changes): Changes) {
        (self.lived, self.now, self.start) = (changes.lived, changes.now, changes.start);
        self.views = changes.views;
        self.accesses = changes.accesses;
        self.durations.apply(changes.durations);
        for (table, changed) in self.tables.iter_mut().zip(changes.tables) {
            if !changed.is_untouched() {
                let folds = changed.folds();
                table.apply(changed.into_rows(), folds);
            }
        }
    }

    fn run(&self) -> Run {
        Run {
            lived: self.now.as_secs(),
            views: self.views.save(self.now),
            start: self.start.map(Into::into),
            accesses_born: self.accesses.born().map(Into::into),
        }
    }
}

impl Serialize for Store {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let families = self.tables.iter().map(|table| {
            let (family, folds) = (table.family(), table.folds());
            let series = table.rows().map(row_out).collect();
            (family.counter.name, FamilyOut { labels: labels(family), folds, series })
        });
        let store = Out {
            run: self.run(),
            families: families.collect(),
            durations: self.durations.save(),
            accesses: self.accesses.save(),
        };
        store.serialize(serializer)
    }
}

fn labels(family: &EventFamily) -> Vec<&'static str> {
    family.labels().iter().map(|label| label.name()).collect()
}

fn row_out(row: &Row) -> (Vec<&str>, SavedCounts) {
    let counts = SavedCounts(
        row.count,
        row.last.nanoseconds(),
        row.created.nanoseconds(),
        row.touched.as_secs(),
        row.counted.map(Time::nanoseconds),
        row.born.map(Into::into),
        row.base.filter(|base| *base != row.count),
        row.told_by,
    );
    (values(&row.key).collect(), counts)
}

/// After this [`Store::resume`] must be called: the cap is not in the snapshot.
impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = In::deserialize(deserializer)?;
        let now = Duration::from_secs(saved.run.lived);
        let mut store = Store::default();
        (store.lived, store.now) = (now, now);
        store.start = saved.run.start.map(Beginning::from);
        store.views.restore(saved.run.views, now);
        for table in &mut store.tables {
            if let Some(family) = saved.families.get(table.family().counter.name) {
                restore(table, family);
            }
        }
        store.durations.restore(saved.durations.0, saved.durations.1);
        store.accesses.restore(&saved.accesses, saved.run.accesses_born.map(Beginning::from));
        Ok(store)
    }
}

/// They have the form of a store that holds nothing else.
impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Store::deserialize(deserializer).map(Changes)
    }
}

fn restore(table: &mut Table, saved: &FamilyIn<'_>) {
    let places: Vec<Option<usize>> = table
        .family()
        .labels()
        .iter()
        .map(|label| saved.labels.iter().position(|name| name == label.name()))
        .collect();
    let rows = saved.series.iter().map(|(texts, counts)| {
        let text = |place: &Option<usize>| place.and_then(|p| texts.get(p)).map_or("", |t| &t.0);
        row_in(join(&places.iter().map(text).collect::<Vec<_>>()), counts)
    });
    table.restore(rows.collect::<Vec<_>>(), saved.folds);
}

fn row_in(key: String, saved: &SavedCounts) -> Row {
    Row {
        key: key.into(),
        count: saved.0,
        last: Time::from_nanoseconds(saved.1),
        created: Time::from_nanoseconds(saved.2),
        touched: Duration::from_secs(saved.3),
        counted: saved.4.map(Time::from_nanoseconds),
        born: saved.5.map(Beginning::from),
        base: saved.6,
        told_by: saved.7,
        changed: false,
    }
}
