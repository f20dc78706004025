//! What is saved of the ledger: all of it as it stands, or what changed since the moment before.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::archive::Plan;
use crate::memory::{self, Memory};
use crate::metrics::recent::{Access, Recent};
use crate::metrics::series::{self, Store};
use crate::record::{Position, SourceId};

/// What is saved: the ledger as it stands at one moment, or of its large parts what changed since the
/// moment before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Snapshot<S, M, R> {
    /// The kernel's boot ID: another one means that no session of before is open.
    pub boot_id: String,
    /// When it was taken, nanoseconds since the epoch; 0 where that is not known.
    #[serde(default)]
    pub taken: i64,
    /// When the wall clock was last set, likewise.
    #[serde(default)]
    pub clock_set: i64,
    /// Of a change: those that moved.
    pub positions: BTreeMap<SourceId, Position>,
    /// The time of each source's newest record, in nanoseconds since the epoch.
    #[serde(default)]
    pub last_records: BTreeMap<SourceId, i64>,
    /// Sources whose first reading is not finished: what it still brings is baseline.
    pub baseline: BTreeSet<SourceId>,
    /// How many records were read so far, and how many of them when the host's log had been read
    /// for the first time: an event that is held from before then is baseline too.
    #[serde(default)]
    pub ordinal: u64,
    #[serde(default)]
    pub baseline_end: u64,
    #[serde(default)]
    pub watched: Watched,
    /// What of the archive is not in its file yet; its lines stand behind the snapshot.
    #[serde(default)]
    pub archive: Plan,
    pub series: S,
    pub memory: M,
    pub recent: R,
}

/// Since when nothing is a baseline, whatever a first reading finds. In nanoseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// In what the host itself tells: the boot of a host that was young at the first start.
    pub(super) host: Option<i64>,
    /// In every source: when a snapshot was last saved that cannot be used.
    pub(super) all: Option<i64>,
    /// Where neither holds: when the first start made a baseline of what the sources held.
    #[serde(default)]
    pub(super) baseline: Option<i64>,
}

/// What a snapshot holds when it is loaded.
pub type Saved = Snapshot<Store, Memory, Recent>;

/// What changed, as it is loaded.
pub type SavedChange = Change<series::Changes>;

/// What changed since the last snapshot.
pub(super) type Change<Series> = Snapshot<Series, memory::Changes, Vec<Access>>;

impl<S, M, R> Snapshot<S, M, R> {
    /// The same with these large parts.
    pub(super) fn with<S2, M2, R2>(
        self,
        series: S2,
        memory: M2,
        recent: R2,
    ) -> Snapshot<S2, M2, R2> {
        Snapshot {
            boot_id: self.boot_id,
            taken: self.taken,
            clock_set: self.clock_set,
            positions: self.positions,
            last_records: self.last_records,
            baseline: self.baseline,
            ordinal: self.ordinal,
            baseline_end: self.baseline_end,
            watched: self.watched,
            archive: self.archive,
            series,
            memory,
            recent,
        }
    }
}

impl Saved {
    pub(super) fn apply(&mut self, change: SavedChange) {
        self.series.apply(change.series);
        self.memory.apply(change.memory);
        self.recent.apply(change.recent);
        self.positions.extend(change.positions);
        self.last_records.extend(change.last_records);
        (self.boot_id, self.taken) = (change.boot_id, change.taken);
        self.clock_set = change.clock_set;
        (self.baseline, self.watched) = (change.baseline, change.watched);
        (self.ordinal, self.baseline_end) = (change.ordinal, change.baseline_end);
        self.archive = change.archive;
    }
}
