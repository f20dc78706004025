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

#[derive(Serialize)]
struct StoreOut<'s> {
    run: Run,
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
#[derive(Serialize, Deserialize)]
struct Run {
    /// Seconds that the exporter has run.
    lived: u64,
    views: SavedViews,
    /// The look before this run began, where it went on from a snapshot.
    start: Option<u64>,
    /// The look before the accesses' series were born, as long as they are young.
    accesses_born: Option<u64>,
}

/// Borrowed from the snapshot where JSON has no escape in it.
#[derive(Deserialize)]
struct Text<'s>(#[serde(borrow)] Cow<'s, str>);

/// The numbers of one series.
///
/// In this order: count, last seen, created (both Unix nanoseconds), touched (seconds that the
/// exporter had run), counted (Unix nanoseconds), the look before it was born as long as it is young,
/// and what it stood at when the exporter started where that is another count.
#[derive(Serialize, Deserialize)]
struct SavedCounts(u64, i64, i64, u64, Option<i64>, Option<u64>, Option<u64>);

impl Serialize for Store {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = Run {
            lived: self.now.as_secs(),
            views: self.views.save(),
            start: self.start.map(|start| start.look),
            accesses_born: self.accesses.born().filter(|b| b.is_young(self.now)).map(|b| b.look),
        };
        let families =
            self.tables.iter().map(|t| (t.family().counter.name, family_out(t, self.now)));
        let store = StoreOut {
            run,
            families: families.collect(),
            durations: self.durations.save(|born| born.is_young(self.now)),
            accesses: self.accesses.save(),
        };
        store.serialize(serializer)
    }
}

fn family_out(table: &Table, now: Duration) -> FamilyOut<'_> {
    let series = table.rows().map(|row| (values(&row.key).collect(), counts_out(row, now)));
    FamilyOut {
        labels: table.family().labels().iter().map(|label| label.name()).collect(),
        folds: table.folds(),
        series: series.collect(),
    }
}

fn counts_out(row: &Row, now: Duration) -> SavedCounts {
    SavedCounts(
        row.count,
        row.last.nanoseconds(),
        row.created.nanoseconds(),
        row.touched.as_secs(),
        row.counted.map(Time::nanoseconds),
        row.born.filter(|born| born.is_young(now)).map(|born| born.look),
        row.base.filter(|base| *base != row.count),
    )
}

/// After this [`Store::resume`] must be called: the cap is not in the snapshot.
impl<'de> Deserialize<'de> for Store {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = StoreIn::deserialize(deserializer)?;
        let now = Duration::from_secs(saved.run.lived);
        let beginning = |look: u64| Beginning { look, at: now };
        let mut store = Store::default();
        (store.lived, store.now) = (now, now);
        store.start = saved.run.start.map(beginning);
        store.views.restore(saved.run.views, now);
        for table in &mut store.tables {
            if let Some(family) = saved.families.get(table.family().counter.name) {
                restore(table, family, now);
            }
        }
        store.durations.restore(saved.durations.0, saved.durations.1, now);
        store.accesses.restore(&saved.accesses, saved.run.accesses_born.map(beginning));
        Ok(store)
    }
}

fn restore(table: &mut Table, saved: &FamilyIn<'_>, now: Duration) {
    let places: Vec<Option<usize>> = table
        .family()
        .labels()
        .iter()
        .map(|label| saved.labels.iter().position(|name| name == label.name()))
        .collect();
    let rows = saved.series.iter().map(|(texts, counts)| {
        let text = |place: &Option<usize>| place.and_then(|p| texts.get(p)).map_or("", |t| &t.0);
        row_in(join(&places.iter().map(text).collect::<Vec<_>>()), counts, now)
    });
    table.restore(rows.collect::<Vec<_>>(), saved.folds);
}

fn row_in(key: String, saved: &SavedCounts, now: Duration) -> Row {
    Row {
        key: key.into(),
        hash: 0,
        count: saved.0,
        last: Time::from_nanoseconds(saved.1),
        created: Time::from_nanoseconds(saved.2),
        touched: Duration::from_secs(saved.3),
        counted: saved.4.map(Time::from_nanoseconds),
        born: saved.5.map(|look| Beginning { look, at: now }),
        base: saved.6,
    }
}
