//! Every access of any kind, in series that always stand.

use serde::{Deserialize, Serialize};

use super::Happening;
use super::labels::join;
use super::views::{Audience, Beginning};
use crate::event::Expected;
use crate::metrics::catalog::AccessKind;
use crate::policy::Observation;

/// How many accesses of each kind and verdict were counted while the exporter watched.
#[derive(Debug)]
pub(crate) struct Accesses {
    cells: Vec<Cell>,
    /// Since the exporter's first start.
    born: Option<Beginning>,
}

#[derive(Debug)]
struct Cell {
    kind: AccessKind,
    expected: Expected,
    key: Box<str>,
    count: u64,
    /// At the last start.
    base: Option<u64>,
}

/// One series in a snapshot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    kind: String,
    expected: String,
    count: u64,
}

impl Accesses {
    pub(super) fn new(born: Beginning) -> Self {
        let verdicts = |kind: AccessKind| {
            Expected::ALL.iter().filter(move |e| kind.has_rules() || **e == Expected::Unset)
        };
        let cells = AccessKind::ALL.into_iter().flat_map(|kind| {
            verdicts(kind).map(move |&expected| {
                let key = join(&[kind.as_str(), expected.as_str()]).into_boxed_str();
                Cell { kind, expected, key, count: 0, base: None }
            })
        });
        Accesses { cells: cells.collect(), born: Some(born) }
    }

    /// A baseline adds nothing.
    pub(super) fn add(&mut self, seen: &Observation<'_>, happening: &Happening) {
        if happening.live.is_none() {
            return;
        }
        let Some(kind) = AccessKind::of(seen.event.kind) else { return };
        let wanted = |cell: &&mut Cell| cell.kind == kind && cell.expected == seen.expected;
        if let Some(cell) = self.cells.iter_mut().find(wanted) {
            cell.count = cell.count.saturating_add(happening.count);
        }
    }

    pub(super) fn hold(&mut self, seen: bool) {
        for cell in self.cells.iter_mut().filter(|cell| seen || cell.base.is_none()) {
            cell.base = Some(cell.count);
        }
    }

    /// What this audience sees, by joined labels.
    pub(crate) fn show(&self, audience: &Audience) -> impl Iterator<Item = (&str, u64)> {
        let unborn = self.born.is_some_and(|born| born.is_ahead_of(audience));
        self.cells.iter().map(move |cell| {
            let count = match cell.base {
                _ if unborn => 0,
                Some(base) if audience.before_start => base,
                _ => cell.count,
            };
            (&*cell.key, count)
        })
    }

    pub(super) fn save(&self) -> Vec<Saved> {
        let saved = self.cells.iter().map(|cell| Saved {
            kind: cell.kind.as_str().to_owned(),
            expected: cell.expected.as_str().to_owned(),
            count: cell.count,
        });
        saved.collect()
    }

    /// Takes back what a snapshot held; what today's catalog does not know is left out.
    pub(super) fn restore(&mut self, saved: &[Saved], born: Option<Beginning>) {
        self.born = born;
        for cell in &mut self.cells {
            let same = |saved: &&Saved| {
                saved.kind == cell.kind.as_str() && saved.expected == cell.expected.as_str()
            };
            cell.count = saved.iter().find(same).map_or(0, |saved| saved.count);
        }
    }

    pub(super) fn born(&self) -> Option<Beginning> {
        self.born
    }
}
