//! What is counted and not yet in the day's file.

use serde::{Deserialize, Serialize};

use super::keeps;
use super::resume::Standing;
use crate::event::EventKind;
use crate::row::Row;

/// From here on it is time to save, so that the lines can go to their file.
const ENOUGH: usize = 1 << 20;

/// No more waits while nothing can be written.
const MOST: usize = 8 << 20;

/// Lines that wait, and where they go.
#[derive(Debug, Default)]
pub struct Pending {
    /// The file that the lines go to, without its ending; empty before the first.
    stem: String,
    /// Bytes of that file without these lines.
    length: u64,
    lines: String,
    /// How many of these bytes a snapshot may hold: they go to that file and no other.
    planned: usize,
    kept: Kept,
    scratch: Vec<u8>,
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

/// What one snapshot says is to be appended. It is saved with what the lines were counted into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// The file that the lines go to, without its ending; empty before the first.
    pub stem: String,
    /// Bytes of that file without these lines.
    pub length: u64,
    pub lines: String,
}

/// What a start finds: all of its lines are a snapshot's.
impl From<Plan> for Pending {
    fn from(plan: Plan) -> Pending {
        let Plan { stem, length, lines } = plan;
        Pending { planned: lines.len(), stem, length, lines, ..Pending::default() }
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

    /// Takes a counted event, where it is of a kind that is kept.
    pub fn push(&mut self, row: &Row<'_>) {
        if !row.kind().is_some_and(|kind| self.keeps(kind)) {
            return;
        }
        self.scratch.clear();
        let line = row.write_json(&mut self.scratch).ok();
        if self.standing.take(&self.scratch) {
            return;
        }
        match line.and_then(|()| std::str::from_utf8(&self.scratch).ok()) {
            Some(line) if self.lines.len() + line.len() <= MOST => self.lines.push_str(line),
            _ => self.lost += 1,
        }
    }

    /// So much waits that it should be saved now.
    pub fn is_full(&self) -> bool {
        self.lines.len() >= ENOUGH
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What a snapshot that is taken now says; from then on the lines belong to that file.
    pub fn plan(&mut self) -> Plan {
        self.planned = self.lines.len();
        Plan { stem: self.stem.clone(), length: self.length, lines: self.lines.clone() }
    }

    /// The first bytes of the lines are in the file, which is so long now.
    pub fn appended(&mut self, bytes: usize, length: u64) {
        self.lines.drain(..bytes.min(self.lines.len()));
        self.planned = self.planned.saturating_sub(bytes);
        self.length = length;
    }

    /// Goes on in another file, unless a snapshot holds lines for the one before.
    pub fn turn(&mut self, stem: &str, length: u64) -> bool {
        let free = self.planned == 0;
        if free {
            (self.stem, self.length) = (stem.to_owned(), length);
        }
        free
    }

    /// Goes on in this file, whose length that is, and leaves out what stands in the archive.
    pub(super) fn resume(&mut self, stem: String, length: u64, mut standing: Standing) {
        let lines = std::mem::take(&mut self.lines);
        let missing = lines.split_inclusive('\n').filter(|line| !standing.take(line.as_bytes()));
        self.lines = missing.collect();
        (self.stem, self.length, self.planned) = (stem, length, self.lines.len());
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
