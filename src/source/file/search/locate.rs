//! The file of a mark, found again: the same inode, a copy of it, its `.gz`, or a file that was
//! moved by hand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Search;
use crate::source::file::content::{Content, HEAD};
use crate::source::file::identity::{Fit, Mark};
use crate::source::file::reading::Reading;
use crate::source::file::rotated::{self, Rank};

/// Files of the directory that are looked into when no rotated one fits.
const STRANGERS: usize = 256;

/// A mark's file, found.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and for a moment")]
pub(in crate::source::file) enum Found {
    /// It is the log.
    Live,
    Beside {
        reading: Reading,
        rank: Option<Rank>,
    },
}

impl Search<'_> {
    pub(in crate::source::file) fn locate(
        &self,
        mark: &Mark,
        live: Option<&mut Reading>,
    ) -> Option<Found> {
        // That the log is the same inode was looked at before: its content is another.
        let inode = live.as_ref().is_none_or(|l| l.id != mark.id).then(|| self.by_inode(mark));
        if let Some(found) = inode.flatten().or_else(|| self.by_content(mark)) {
            return Some(found);
        }
        if let Some(live) = live
            && may_be_restored(mark, live)
            && fits(live.content(), mark)
            && live.resume(mark).is_ok()
        {
            return Some(Found::Live);
        }
        self.among_strangers(mark)
    }

    pub(super) fn by_inode(&self, mark: &Mark) -> Option<Found> {
        let file = self.files.iter().find(|f| f.id == mark.id);
        let opened = file.map_or_else(|| Reading::open_rotated(&mark.path), |f| self.open(f));
        let mut reading = opened.ok().filter(|r| r.id == mark.id)?;
        let same = mark.head.len == 0 || fits(reading.content(), mark);
        let resumed = same && reading.resume(mark).is_ok();
        resumed.then(|| Found::Beside { reading, rank: file.map(|f| f.rank.clone()) })
    }

    /// A copy of the marked file, or its `.gz`; the newest, should there be several.
    pub(in crate::source::file) fn by_content(&self, mark: &Mark) -> Option<Found> {
        self.beside(mark, resume_if_fits).or_else(|| self.beside(mark, end_if_copied_before))
    }

    fn beside(
        &self,
        mark: &Mark,
        take_up: impl Fn(Reading, &Mark) -> Option<Reading>,
    ) -> Option<Found> {
        let others = self.files.iter().rev().filter(|f| f.id != mark.id && !f.foreign);
        others.into_iter().find_map(|file| {
            let mut reading = take_up(self.open(file).ok()?, mark)?;
            reading.finished = true;
            Some(Found::Beside { reading, rank: Some(file.rank.clone()) })
        })
    }

    /// Any other file of the directory: the log may have been moved by hand.
    pub(super) fn among_strangers(&self, mark: &Mark) -> Option<Found> {
        let entries = rotated::entries(self.log).ok()?;
        let known: BTreeSet<&Path> = self.files.iter().map(|f| f.path.as_path()).collect();
        let paths = entries.into_iter().map(|e| e.path());
        let strangers = paths.filter(|p| p != self.log && !known.contains(p.as_path()));
        let found: Option<Reading> = strangers
            .take(STRANGERS)
            .find_map(|path: PathBuf| resume_if_fits(Reading::open_rotated(&path).ok()?, mark));
        found.map(|reading| Found::Beside { reading, rank: None })
    }
}

fn resume_if_fits(mut reading: Reading, mark: &Mark) -> Option<Reading> {
    let fits = reading.size >= mark.offset && fits(reading.content(), mark);
    (fits && reading.resume(mark).is_ok()).then_some(reading)
}

/// A copy that copytruncate took before the last lines were read: it ends before the place, so
/// nothing of it is to be read. A beginning of [`HEAD`] bytes is needed to know it by.
fn end_if_copied_before(mut reading: Reading, mark: &Mark) -> Option<Reading> {
    if (mark.head.len as usize) < HEAD {
        return None;
    }
    let size = reading.size;
    let begins = size < mark.offset && mark.head.begins(reading.content()).ok()?;
    (begins && reading.damage().is_none() && reading.go_to(size).is_ok()).then_some(reading)
}

fn fits(content: &mut Content, mark: &Mark) -> bool {
    mark.fit(content).is_ok_and(|fit| fit == Fit::Here)
}

/// Another inode under the log's name may be a backup put back. But a short beginning that agrees
/// proves little when the file was born after the last read.
fn may_be_restored(mark: &Mark, live: &Reading) -> bool {
    mark.head.len as usize >= HEAD || live.id.born <= mark.modified
}
