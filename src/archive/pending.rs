//! What is counted and not yet in the day's file.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::keeps;
use super::resume::Standing;
use crate::event::EventKind;
use crate::row::Row;

/// From here on it is time to save, so that the lines can go to their file.
const ENOUGH: usize = 3 << 20;

/// No more waits while nothing can be written.
const MOST: usize = 8 << 20;

/// Lines that wait, and where they go.
#[derive(Debug, Default)]
pub struct Pending {
    /// The file that the lines go to, without its ending; empty before the first.
    stem: String,
    /// Bytes of that file without these lines.
    length: u64,
    /// What a snapshot may hold: it goes to that file and no other.
    planned: Arc<Vec<u8>>,
    /// What came since.
    lines: Vec<u8>,
    kept: Kept,
    /// Lines that found no room, since this was last asked.
    lost: u64,
    /// Lines that the files have, though no snapshot knows of it.
    standing: Standing,
}

/// What is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kept {
    #[default]
    Nothing,
    Accesses,
    FailuresToo,
}

/// What one snapshot says is to be appended. It is saved with what the lines were counted into: they
/// stand behind it as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The file that the lines go to, without its ending; empty before the first.
    pub stem: String,
    /// Bytes of that file without these lines.
    pub length: u64,
    #[serde(skip)]
    pub lines: Arc<Vec<u8>>,
}

/// What a start finds: all of its lines are a snapshot's.
impl From<Plan> for Pending {
    fn from(plan: Plan) -> Pending {
        let Plan { stem, length, lines: planned } = plan;
        Pending { stem, length, planned, ..Pending::default() }
    }
}

impl Pending {
    /// Keeps lines from now on, those of failures too where that is asked for.
    pub fn keep(&mut self, failures: bool) {
        self.kept = if failures { Kept::FailuresToo } else { Kept::Accesses };
    }

    /// Whether events of this kind are kept: of others nobody needs to make a row.
    pub fn keeps(&self, kind: EventKind) -> bool {
        self.kept != Kept::Nothing && keeps(kind, self.kept == Kept::FailuresToo)
    }

    /// Takes a counted event of a kind that is kept.
    pub fn push(&mut self, row: &Row<'_>) {
        let start = self.lines.len();
        row.write_json(&mut self.lines);
        let stands = self.standing.take(&self.lines[start..]);
        let fits = self.waiting() <= MOST;
        if stands || !fits {
            self.lines.truncate(start);
            self.lost += u64::from(!stands);
        }
    }

    /// So much waits that it should be saved now.
    pub fn is_full(&self) -> bool {
        self.waiting() >= ENOUGH
    }

    pub fn is_empty(&self) -> bool {
        self.waiting() == 0
    }

    /// Bytes.
    fn waiting(&self) -> usize {
        self.planned.len() + self.lines.len()
    }

    /// What a snapshot that is taken now says; from then on the lines belong to that file.
    pub fn plan(&mut self) -> Plan {
        let lines = std::mem::take(&mut self.lines);
        match self.planned.is_empty() {
            true => self.planned = Arc::new(lines),
            // What an earlier one said could not be written.
            false => Arc::make_mut(&mut self.planned).extend(lines),
        }
        Plan { stem: self.stem.clone(), length: self.length, lines: self.planned.clone() }
    }

    /// What the last plan said is in the file, which is so long now.
    pub fn appended(&mut self, length: u64) {
        let written = std::mem::take(&mut self.planned);
        self.length = length;
        // While a backlog is read its room is used again.
        if written.len() >= ENOUGH && self.lines.is_empty() {
            self.lines = Arc::into_inner(written).unwrap_or_default();
            self.lines.clear();
        }
    }

    /// Goes on in another file, unless a snapshot holds lines for the one before.
    pub fn turn(&mut self, stem: &str, length: u64) -> bool {
        let free = self.planned.is_empty();
        if free {
            (self.stem, self.length) = (stem.to_owned(), length);
        }
        free
    }

    /// Goes on in this file, whose length that is, and leaves out what stands in the archive.
    pub(super) fn resume(&mut self, stem: String, length: u64, mut standing: Standing) {
        let all = self.plan().lines;
        let missing =
            all.split_inclusive(|byte| *byte == b'\n').filter(|line| !standing.take(line));
        self.planned = Arc::new(missing.flatten().copied().collect());
        (self.stem, self.length) = (stem, length);
        self.standing = standing;
    }

    /// Leaves out what stands in the archive when it is counted again.
    pub(super) fn leave_out(&mut self, standing: Standing) {
        self.standing = standing;
    }

    pub fn stem(&self) -> &str {
        &self.stem
    }

    /// Lines that found no room since this was last asked.
    pub fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }
}
