//! The histogram of how long sessions lasted, a series a program.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Happening;
use super::held::{Audience, Hold};
use super::labels::{OTHER, push_value};
use crate::event::Time;
use crate::metrics::catalog::SESSION_DURATION;

#[derive(Debug)]
pub(crate) struct Durations {
    cap: usize,
    rows: BTreeMap<String, Row>,
    folds: u64,
    /// The program that is looked for, kept so that it costs no allocation where it stands.
    name: String,
}

#[derive(Debug)]
struct Row {
    spread: Spread,
    created: Time,
    touched: Time,
    /// What is shown while it is held.
    held: Option<(Hold, Spread)>,
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
    touched: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_at: Option<Spread>,
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
        Durations { cap, rows: BTreeMap::new(), folds: 0, name: String::new() }
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
        self.name.clear();
        push_value(&mut self.name, program);
        if !self.rows.contains_key(&self.name) {
            self.bear(happening);
        }
        if let Some(row) = self.rows.get_mut(&self.name) {
            let seconds = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
            row.spread.add(seconds, happening.count);
            row.touched = row.touched.max(happening.now);
        }
    }

    /// Makes a row for the name, which becomes `(other)` where there is no room.
    fn bear(&mut self, happening: &Happening) {
        if self.rows.len() + 1 >= self.cap {
            self.folds = self.folds.saturating_add(happening.count);
            OTHER.clone_into(&mut self.name);
        }
        self.rows.entry(self.name.clone()).or_insert_with(|| Row::newborn(happening));
    }

    pub(super) fn resume(&mut self, cap: usize, answered: u64, now: Time) {
        self.cap = cap;
        for row in self.rows.values_mut() {
            let at = row.held.take().map_or_else(|| row.spread.clone(), |(_, at)| at);
            row.held = Some((Hold::restored(answered, now), at));
        }
    }

    /// Drops what was not touched since `oldest`, and says how many.
    pub(super) fn forget(&mut self, oldest: Time) -> usize {
        let before = self.rows.len();
        self.rows.retain(|_, row| row.touched >= oldest);
        before - self.rows.len()
    }

    /// Whether a program is not shown at its values yet.
    pub(super) fn holds_any(&self) -> bool {
        self.rows.values().any(|row| row.held.is_some())
    }

    /// What this audience sees, in the order of the page.
    pub(crate) fn show(&mut self, audience: &Audience) -> impl Iterator<Item = Shown<'_>> {
        for row in self.rows.values_mut() {
            row.held.take_if(|(hold, _)| hold.is_over(audience));
            if let Some((hold, _)) = &mut row.held {
                hold.tell(audience);
            }
        }
        self.rows.iter().map(move |(program, row)| Shown {
            program,
            spread: row.shown(audience),
            created: row.created,
        })
    }

    pub(super) fn save(&self) -> (Vec<SavedRow>, u64) {
        let rows = self.rows.iter().map(|(program, row)| SavedRow {
            program: program.clone(),
            spread: row.spread.clone(),
            created: row.created.nanoseconds(),
            touched: row.touched.nanoseconds(),
            held_at: row
                .held
                .as_ref()
                .filter(|(hold, _)| hold.is_secret())
                .map(|(_, at)| at.clone()),
        });
        (rows.collect(), self.folds)
    }

    /// Takes back what a snapshot held. Rows with other buckets than today's are left out.
    pub(super) fn restore(&mut self, rows: Vec<SavedRow>, folds: u64) {
        self.folds = folds;
        let buckets = SESSION_DURATION.buckets.len() + 1;
        for saved in rows.into_iter().filter(|saved| saved.spread.buckets.len() == buckets) {
            let held_at = saved.held_at.filter(|at| at.buckets.len() == buckets);
            let row = Row {
                spread: saved.spread,
                created: Time::from_nanoseconds(saved.created),
                touched: Time::from_nanoseconds(saved.touched),
                held: held_at.map(|at| (Hold::restored(0, Time::default()), at)),
            };
            self.rows.insert(saved.program, row);
        }
    }
}

impl Row {
    fn newborn(happening: &Happening) -> Self {
        let hold = Hold::newborn(happening.answered, happening.now);
        Row {
            spread: Spread::empty(),
            created: if happening.live { happening.now } else { happening.time },
            touched: happening.now,
            held: happening.live.then(|| (hold, Spread::empty())),
        }
    }

    fn shown(&self, audience: &Audience) -> &Spread {
        match &self.held {
            Some((hold, at)) if !hold.is_told_to(audience) => at,
            _ => &self.spread,
        }
    }
}
