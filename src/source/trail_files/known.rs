//! Which files of a trail were read, without a list of all of them.
//!
//! A file's change time (ctime) cannot be set by whoever puts it there, so a new file always has
//! a new one, also where its modification time is years old. Files are read in that order. So the
//! newest are remembered by name, and everything unknown that changed before them was read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Position;

/// Files remembered by name. A trail delivers about 300 a day for each Region.
const REMEMBERED: usize = 1_024;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Its ctime then, nanoseconds since the epoch.
    pub changed: i64,
    /// The bytes that were read, and their CRC-32: a file that grew is known by its beginning.
    pub size: u64,
    pub crc: u32,
    /// The records that were handed on.
    pub records: u64,
    /// The file was read to its end.
    #[serde(default = "yes")]
    pub whole: bool,
}

/// What the first version saved was read to its end.
fn yes() -> bool {
    true
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    /// Unknown files that changed before this were read and forgotten.
    forgotten_before: i64,
    files: BTreeMap<String, Mark>,
}

impl Known {
    pub(super) fn restore(position: &Position) -> Option<Self> {
        serde_json::from_value(position.to_json()).ok()
    }

    pub(super) fn position(&self) -> Position {
        Position::json(serde_json::to_value(self).unwrap_or_default())
    }

    /// Whether a file of this name was read as it is. The size tells a change within the same
    /// tick of the clock.
    pub(super) fn holds(&self, name: &str, changed: i64, size: u64) -> bool {
        match self.files.get(name) {
            Some(mark) => mark.whole && mark.changed == changed && mark.size == size,
            None => changed < self.forgotten_before,
        }
    }

    /// How far a file of this name was read.
    pub(super) fn mark(&self, name: &str) -> Option<&Mark> {
        self.files.get(name)
    }

    pub(super) fn remember(&mut self, name: String, mark: Mark) {
        self.files.insert(name, mark);
    }

    /// A file is read so far, and not to its end.
    pub(super) fn is_at(&mut self, name: String, mark: Mark) {
        self.files.insert(name, Mark { whole: false, ..mark });
    }

    /// Forgets the oldest past the bound, but none that changed at `settled` or later: a file
    /// beside it may have been overlooked.
    pub(super) fn forget(&mut self, settled: i64) {
        let Some(excess) = self.files.len().checked_sub(REMEMBERED) else { return };
        let mut changes: Vec<i64> = self.files.values().map(|mark| mark.changed).collect();
        changes.sort_unstable();
        let Some(keep_from) = changes.get(excess) else { return };
        let keep_from = (*keep_from).min(settled);
        self.forgotten_before = self.forgotten_before.max(keep_from);
        self.files.retain(|_, mark| mark.changed >= keep_from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(changed: i64) -> Mark {
        Mark { changed, size: 3, crc: crc32fast::hash(b"abc"), records: 2, whole: true }
    }

    #[test]
    fn a_file_is_known_until_it_changes() {
        let mut known = Known::default();
        assert!(!known.holds("a", 5, 3));
        known.remember("a".to_owned(), mark(5));
        assert!(known.holds("a", 5, 3));
        assert!(!known.holds("a", 6, 3));
        assert!(!known.holds("a", 5, 4));
    }

    #[test]
    fn a_file_that_was_read_in_part_is_not_known() {
        let mut known = Known::default();
        known.is_at("a".to_owned(), mark(5));
        assert!(!known.holds("a", 5, 3));
        assert_eq!(known.mark("a").map(|mark| mark.records), Some(2));
    }

    #[test]
    fn what_is_forgotten_counts_as_read_and_newer_files_do_not() {
        let mut known = Known::default();
        let count = REMEMBERED as i64 + 100;
        for changed in 0..count {
            known.remember(changed.to_string(), mark(changed));
        }
        known.forget(count);
        assert_eq!(known.files.len(), REMEMBERED);
        assert!((0..count).all(|changed| known.holds(&changed.to_string(), changed, 3)));
        assert!(known.holds("unknown", 99, 3));
        assert!(!known.holds("unknown", 100, 3));
        assert!(!known.holds("0", count + 1, 3), "put there again");
    }

    #[test]
    fn what_has_not_settled_is_not_forgotten() {
        let mut known = Known::default();
        for changed in 0..(REMEMBERED as i64 + 100) {
            known.remember(changed.to_string(), mark(changed));
        }
        known.forget(50);
        assert!(known.holds("unknown", 49, 3));
        assert!(!known.holds("unknown", 50, 3));
    }

    #[test]
    fn it_survives_a_restart() {
        let mut known = Known::default();
        known.remember("a".to_owned(), mark(5));
        assert_eq!(Known::restore(&known.position()), Some(known));
        assert_eq!(Known::restore(&Position::default()), None);
    }
}
