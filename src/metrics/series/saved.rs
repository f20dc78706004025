//! The store as it stands in a snapshot.
//!
//! Families and labels are saved by name, so that a snapshot outlives a change of the catalog: a
//! label that is new is empty, one that is gone is left out, a family that is gone is dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Store;
use super::accesses::Saved as SavedAccess;
use super::durations::SavedRow as SavedDuration;
use super::held::{Hold, Scrapers};
use super::labels::{join, values};
use super::table::{Held, Row, Table};
use crate::event::Time;

#[derive(Serialize)]
struct StoreOut<'s> {
    scrapers: &'s Scrapers,
    families: BTreeMap<&'static str, FamilyOut<'s>>,
    durations: (Vec<SavedDuration>, u64),
    accesses: Vec<SavedAccess>,
}

#[derive(Serialize)]
struct FamilyOut<'s> {
    labels: Vec<&'static str>,
    folds: u64,
    series: Vec<(Vec<&'s str>, SavedCounts)>,
}

#[derive(Deserialize)]
struct StoreIn<'s> {
    scrapers: Scrapers,
    #[serde(borrow)]
    families: BTreeMap<String, FamilyIn<'s>>,
    durations: (Vec<SavedDuration>, u64),
    #[serde(default)]
    accesses: Vec<SavedAccess>,
}

#[derive(Deserialize)]
struct FamilyIn<'s> {
    labels: Vec<String>,
    folds: u64,
    #[serde(borrow)]
    series: Vec<(Vec<Text<'s>>, SavedCounts)>,
}

/// Borrowed from the snapshot where JSON has no escape in it.
#[derive(Deserialize)]
struct Text<'s>(#[serde(borrow)] Cow<'s, str>);

/// Count, last seen, created, touched, held at, counted.
#[derive(Serialize, Deserialize)]
struct SavedCounts(u64, i64, i64, i64, Option<u64>, #[serde(default)] Option<i64>);

impl Serialize for Store {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let families =
            self.tables.iter().map(|t| (t.family().counter.name, family_out(t))).collect();
        let durations = self.durations.save();
        let accesses = self.accesses.save();
        StoreOut { scrapers: &self.scrapers, families, durations, accesses }.serialize(serializer)
    }
}

fn family_out(table: &Table) -> FamilyOut<'_> {
    let series = table.rows().map(|row| (values(&row.key).collect(), counts_out(row)));
    FamilyOut {
        labels: table.family().labels().iter().map(|label| label.name()).collect(),
        folds: table.folds(),
        series: series.collect(),
    }
}

fn counts_out(row: &Row) -> SavedCounts {
    SavedCounts(
        row.count,
        row.last.nanoseconds(),
        row.created.nanoseconds(),
        row.touched.nanoseconds(),
        row.held_at(),
        row.counted.map(Time::nanoseconds),
    )
}

/// After this [`Store::resume`] must be called: the cap and the moment of the restart are not in
/// the snapshot.
impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = StoreIn::deserialize(deserializer)?;
        let mut store = Store { scrapers: saved.scrapers, ..Store::default() };
        for table in &mut store.tables {
            if let Some(family) = saved.families.get(table.family().counter.name) {
                restore(table, family);
            }
        }
        store.durations.restore(saved.durations.0, saved.durations.1);
        store.accesses.restore(&saved.accesses);
        Ok(store)
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
    let held = saved.4.map(|at| Held { hold: Hold::restored(0, Time::default()), at });
    Row {
        key: key.into(),
        count: saved.0,
        last: Time::from_nanoseconds(saved.1),
        created: Time::from_nanoseconds(saved.2),
        touched: Time::from_nanoseconds(saved.3),
        counted: saved.5.map(Time::from_nanoseconds),
        held,
    }
}
