//! The histogram of how long sessions lasted, a series a program.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Happening;
use super::labels::{OTHER, join};
use super::views::{Audience, Beginning};
use crate::event::Time;
use crate::metrics::catalog::SESSION_DURATION;

#[derive(Debug)]
pub(crate) struct Durations {
    cap: usize,
    rows: BTreeMap<String, Row>,
    folds: u64,
    /// What a program is shown at before its values.
    nothing: Spread,
}

#[derive(Debug)]
struct Row {
    spread: Spread,
    created: Time,
    /// How long the exporter had run when something was last counted into it.
    touched: Duration,
    born: Option<Beginning>,
    /// What it stood at when the exporter started.
    base: Option<Spread>,
    /// It changed since it was saved.
    changed: bool,
}

/// How many values fell into each bucket (not summed up), and their sum in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    /// One more than the catalog has bounds: the last is `+Inf`.
    pub(crate) buckets: Vec<u64>,
    pub(crate) sum: f64,
}

/// What one response shows of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown<'s> {
    pub(crate) program: &'s str,
    pub(crate) spread: &'s Spread,
    pub(crate) created: Time,
}

/// One program in a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedRow {
    program: String,
    spread: Spread,
    created: i64,
    touched: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    born: Option<(u64, u64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base: Option<Spread>,
}

impl Spread {
    fn empty() -> Self {
        Spread { buckets: vec![0; SESSION_DURATION.buckets.len() + 1], sum: 0.0 }
    }

    fn add(&mut self, seconds: f64, count: u64) {
        let bucket = SESSION_DURATION.buckets.partition_point(|bound| *bound < seconds);
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            *bucket = bucket.saturating_add(count);
            self.sum += seconds * count as f64;
        }
    }
}

impl Durations {
    pub(super) fn new(cap: usize) -> Self {
        Durations { cap, rows: BTreeMap::new(), folds: 0, nothing: Spread::empty() }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn cap(&self) -> usize {
        self.cap
    }

    pub(super) fn set_cap(&mut self, cap: usize) {
        self.cap = cap;
    }

    pub(super) fn folds(&self) -> (&'static str, u64) {
        (SESSION_DURATION.name, self.folds)
    }

    /// A duration that is no number or negative, as a clock set back leaves it, counts as 0.
    pub(super) fn add(&mut self, program: &str, seconds: f64, happening: &Happening) {
        match self.rows.get_mut(program) {
            Some(row) => row.add(seconds, happening),
            None => self.add_by_name(join(&[program]), seconds, happening),
        }
    }

    /// Makes a row for the name, which becomes `(other)` where there is no room.
    fn add_by_name(&mut self, mut name: String, seconds: f64, happening: &Happening) {
        if !self.rows.contains_key(&name) && self.rows.len() + 1 >= self.cap {
            self.folds = self.folds.saturating_add(happening.count);
            OTHER.clone_into(&mut name);
        }
        let row = self.rows.entry(name).or_insert_with(|| Row::newborn(happening));
        row.add(seconds, happening);
    }

    /// Takes back rows as they were saved later than what stands.
    pub(super) fn apply(&mut self, changed: Durations) {
        self.folds = changed.folds;
        self.rows.extend(changed.rows);
    }

    /// As [`super::table::Table::hold`].
    pub(super) fn hold(&mut self, seen: bool) {
        for row in self.rows.values_mut().filter(|row| seen || row.base.is_none()) {
            row.base = Some(row.spread.clone());
        }
    }

    /// Drops what was not touched since `oldest`, and says how many.
    pub(super) fn forget(&mut self, oldest: Duration) -> usize {
        let before = self.rows.len();
        self.rows.retain(|_, row| row.touched >= oldest);
        before - self.rows.len()
    }

    /// What this audience sees, in the order of the page.
    pub(crate) fn show(&self, audience: &Audience) -> impl Iterator<Item = Shown<'_>> {
        let nothing = &self.nothing;
        self.rows.iter().map(move |(program, row)| Shown {
            program,
            spread: row.shown(audience, nothing),
            created: row.created,
        })
    }

    pub(super) fn save(&self) -> (Vec<SavedRow>, u64) {
        (self.rows.iter().map(saved).collect(), self.folds)
    }

    /// The rows that changed since the last call, or since everything was saved.
    pub(super) fn take_changed(&mut self) -> (Vec<SavedRow>, u64) {
        let changed = self.rows.iter_mut().filter_map(|(program, row)| {
            std::mem::take(&mut row.changed).then(|| saved((program, row)))
        });
        (changed.collect(), self.folds)
    }

    /// Takes back what a snapshot held. Rows with other buckets than today's are left out.
    pub(super) fn restore(&mut self, rows: Vec<SavedRow>, folds: u64) {
        self.folds = folds;
        let buckets = SESSION_DURATION.buckets.len() + 1;
        for saved in rows.into_iter().filter(|saved| saved.spread.buckets.len() == buckets) {
            let row = Row {
                spread: saved.spread,
                created: Time::from_nanoseconds(saved.created),
                touched: Duration::from_secs(saved.touched),
                born: saved.born.map(Beginning::from),
                base: saved.base.filter(|base| base.buckets.len() == buckets),
                changed: false,
            };
            self.rows.insert(saved.program, row);
        }
    }
}

fn saved((program, row): (&String, &Row)) -> SavedRow {
    SavedRow {
        program: program.clone(),
        spread: row.spread.clone(),
        created: row.created.nanoseconds(),
        touched: row.touched.as_secs(),
        born: row.born.map(Into::into),
        base: row.base.clone().filter(|base| *base != row.spread),
    }
}

impl Row {
    fn newborn(happening: &Happening) -> Self {
        Row {
            spread: Spread::empty(),
            created: happening.created(),
            touched: happening.lived,
            born: happening.live,
            base: None,
            changed: false,
        }
    }

    fn add(&mut self, seconds: f64, happening: &Happening) {
        let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
        self.spread.add(seconds, happening.count);
        self.touched = self.touched.max(happening.lived);
        self.changed = true;
    }

    fn shown<'s>(&'s self, audience: &Audience, nothing: &'s Spread) -> &'s Spread {
        match (self.born, &self.base) {
            (Some(born), _) if born.is_ahead_of(audience) => nothing,
            (_, Some(base)) if audience.before_start => base,
            _ => &self.spread,
        }
    }
}
