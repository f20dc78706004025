//! Every access of any kind, in series that always stand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::labels::join;
use crate::event::Expected;
use crate::metrics::catalog::AccessKind;
use crate::policy::Observation;

/// How many accesses of each kind and verdict were counted while the exporter watched.
#[derive(Debug, Default)]
pub(super) struct Accesses {
    counts: [[u64; Expected::ALL.len()]; AccessKind::ALL.len()],
}

/// One series in a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    kind: String,
    expected: String,
    count: u64,
}

impl Accesses {
    pub(super) fn add(&mut self, seen: &Observation<'_>) {
        if let Some(kind) = AccessKind::of(seen.event.kind) {
            let count = &mut self.counts[kind as usize][seen.expected as usize];
            *count = count.saturating_add(u64::from(seen.event.count));
        }
    }

    /// By joined labels: each kind with each verdict that it can have, at 0 too.
    pub(super) fn by_labels(&self) -> BTreeMap<String, u64> {
        each()
            .map(|(kind, expected)| (join(&names(kind, expected)), self.of(kind, expected)))
            .collect()
    }

    pub(super) fn save(&self) -> Vec<Saved> {
        let saved = each().map(|(kind, expected)| Saved {
            kind: kind.as_str().to_owned(),
            expected: expected.as_str().to_owned(),
            count: self.of(kind, expected),
        });
        saved.collect()
    }

    /// Takes back what a snapshot held; what today's catalog does not know is left out.
    pub(super) fn restore(&mut self, saved: &[Saved]) {
        for (kind, expected) in each() {
            let [kind_name, expected_name] = names(kind, expected);
            let same = |saved: &&Saved| saved.kind == kind_name && saved.expected == expected_name;
            let count = saved.iter().find(same).map_or(0, |saved| saved.count);
            self.counts[kind as usize][expected as usize] = count;
        }
    }

    fn of(&self, kind: AccessKind, expected: Expected) -> u64 {
        self.counts[kind as usize][expected as usize]
    }
}

fn each() -> impl Iterator<Item = (AccessKind, Expected)> {
    let verdicts = |kind: AccessKind| {
        Expected::ALL.iter().filter(move |e| kind.has_rules() || **e == Expected::Unset)
    };
    AccessKind::ALL.into_iter().flat_map(move |kind| verdicts(kind).map(move |e| (kind, *e)))
}

fn names(kind: AccessKind, expected: Expected) -> [&'static str; 2] {
    [kind.as_str(), expected.as_str()]
}
