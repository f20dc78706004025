//! Finding the place again among the log and its rotated files.
//!
//! Owns the decision which files are read, from where and in which order: after a start, after a
//! rotation and after the log was cut. The rules, in this order:
//! 1. A file is the one of a mark if it is the same inode and the bytes around the place agree,
//!    or else if the bytes agree (a copy, or a `.gz` of it).
//! 2. Behind it come the rotated files that are newer, oldest first, from their beginning: newer
//!    by name where names can be compared, else by time. A file that was read to its end before
//!    is left out, under whatever name and compression it is found.
//! 3. The log comes last.
//! 4. Where the file of a mark is not found, that is a gap: it is reported, and the files that
//!    were written after the last read and are not known to be read are read from the beginning.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};

use crate::source::{Problem, ProblemReason};

use super::content::Content;
use super::identity::{Done, FileId, Fit, HEAD, Mark, Print};
use super::position::Finished;
use super::reading::Reading;
use super::rotated::{self, Rank, Rotated};

/// Files of the directory that are looked into when no rotated one fits.
const STRANGERS: usize = 256;

/// What is to be read: rotated files that may still grow, then these, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) lingering: Vec<Reading>,
    pub(super) queue: VecDeque<Reading>,
    pub(super) problems: Vec<Problem>,
}

/// The surroundings of a log at one moment.
#[derive(Debug)]
pub(super) struct Search<'a> {
    log: &'a Path,
    done: &'a Finished,
    files: Vec<Rotated>,
}

/// A mark's file, found.
enum Found {
    /// It is the log.
    Live,
    Beside {
        reading: Reading,
        rank: Option<Rank>,
    },
}

/// A file that is being read: neither it nor a copy of it is to be read from its beginning.
#[derive(Debug)]
pub(super) struct Known {
    id: FileId,
    size: u64,
    beginning: Vec<u8>,
}

impl Known {
    pub(super) fn of(reading: &mut Reading) -> Known {
        let content = reading.content();
        let size = content.size().unwrap_or(0);
        let mut beginning = vec![0; size.min(HEAD as u64) as usize];
        let n = content.read_at(&mut beginning, 0).unwrap_or(0);
        beginning.truncate(n);
        Known { id: reading.id, size, beginning }
    }

    /// Whether `file` is a copy of the whole of it or, while copytruncate is at work, of its
    /// beginning.
    fn is_copied_by(&self, file: &mut Reading) -> io::Result<bool> {
        let copied = file.size == self.size || (HEAD as u64..self.size).contains(&file.size);
        if !copied || self.beginning.is_empty() {
            return Ok(false);
        }
        Print::of(&self.beginning).begins(file.content())
    }
}

impl<'a> Search<'a> {
    /// `log` as it is configured; `resolved` as it was when it was last read.
    pub(super) fn new(
        log: &'a Path,
        resolved: Option<&Path>,
        done: &'a Finished,
    ) -> io::Result<Self> {
        let target = log.canonicalize().ok();
        let mut logs = vec![log];
        logs.extend(target.as_deref().filter(|p| *p != log));
        let mut files = rotated::list(&logs)?;
        // The log may have been moved, or a symbolic link be switched, while nobody looked.
        if let Some(old) = resolved.filter(|old| *old != log && Some(*old) != target.as_deref()) {
            logs.push(old);
            files = rotated::list(&logs).unwrap_or(files);
        }
        Ok(Search { log, done, files })
    }

    /// The rotated files that stand there at a first start: they are history.
    pub(super) fn history(&self) -> Vec<Done> {
        let known = |file: &Rotated| {
            let mut content = Content::open_rotated(&file.path).ok()?;
            let size = content.size().ok()?;
            Some(Done { id: file.id, size, head: Print::head(&mut content, size).ok()? })
        };
        self.files.iter().filter(|f| !f.foreign).filter_map(known).collect()
    }

    /// Where to go on after a start. `None` while the place may still turn up: there is no log,
    /// and no other file is it.
    pub(super) fn resume(&self, marks: &[Mark], live: Option<Reading>) -> Option<Plan> {
        let mut plan = Plan::default();
        let Some((last, earlier)) = marks.split_last() else {
            let mut live = self.adopt(live?, &mut Vec::new());
            let known = [Known::of(&mut live)];
            plan.queue = self.unread(None, i64::MIN, &known, &mut plan.problems).into();
            plan.queue.push_back(live);
            return Some(plan);
        };
        for mark in earlier {
            if let Some(Found::Beside { reading, .. }) = self.locate(mark, None) {
                plan.lingering.push(reading);
            }
        }
        let live = live.map(|live| self.adopt(live, &mut plan.lingering));
        self.resume_last(last, live, plan)
    }

    fn resume_last(&self, mark: &Mark, mut live: Option<Reading>, mut plan: Plan) -> Option<Plan> {
        if mark.head.len == 0 {
            return self.resume_nowhere(mark, live, plan);
        }
        if let Some(reading) = live.as_mut().filter(|l| l.id == mark.id)
            && let Some(problem) = resume_same(reading, mark)
        {
            plan.problems.extend(problem);
            plan.queue.extend(live);
            return Some(plan);
        }
        let found = self.locate(mark, live.as_mut());
        if found.is_none() {
            live.as_ref()?;
            plan.problems.push(not_found(mark, self.log));
        }
        let mut known: Vec<Known> =
            plan.lingering.iter_mut().chain(&mut live).map(Known::of).collect();
        let files = match found {
            Some(Found::Live) => Vec::new(),
            Some(Found::Beside { reading, rank }) => {
                self.from(reading, rank.as_ref(), mark, &mut known, &mut plan.problems)
            }
            None => self.unread(None, mark.modified, &known, &mut plan.problems),
        };
        plan.queue.extend(files.into_iter().chain(live));
        Some(plan)
    }

    /// Nothing had been read of the marked file: it is only one of those that were not read.
    fn resume_nowhere(
        &self,
        mark: &Mark,
        mut live: Option<Reading>,
        mut plan: Plan,
    ) -> Option<Plan> {
        let mut ids = self.files.iter().map(|f| f.id).chain(live.as_ref().map(|l| l.id));
        let there = ids.any(|id| id == mark.id);
        if !there {
            live.as_ref()?;
            plan.problems.extend((mark.size > 0).then(|| not_found(mark, self.log)));
        }
        let known: Vec<Known> = plan.lingering.iter_mut().chain(&mut live).map(Known::of).collect();
        let files = self.unread(None, mark.modified, &known, &mut plan.problems);
        plan.queue.extend(files.into_iter().chain(live));
        Some(plan)
    }

    /// The file of a mark and the rotated ones behind it.
    fn from(
        &self,
        mut found: Reading,
        rank: Option<&Rank>,
        mark: &Mark,
        known: &mut Vec<Known>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        known.push(Known::of(&mut found));
        let mut files = vec![found];
        files.extend(self.unread(rank, mark.modified, known, problems));
        files
    }

    /// What is to be read before the log, which was empty at the last look and is no longer:
    /// copytruncate may have emptied it once more in between.
    pub(super) fn before_first_line(
        &self,
        since: i64,
        known: &[Known],
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        self.unread(None, since, known, problems)
    }

    /// What comes between `current`, which was rotated away or never was, and the log.
    pub(super) fn between(
        &self,
        current: Option<&Mark>,
        known: &[Known],
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        let Some(current) = current else {
            return self.unread(None, i64::MIN, known, problems);
        };
        let named = self.files.iter().find(|f| f.id == current.id && current.head.len > 0);
        let rank = named.map(|f| &f.rank);
        self.unread(rank, current.modified, known, problems)
    }

    /// What is to be read before the log, which was cut after it had been read up to `mark`: the
    /// rest of the copy that was taken of it, and what was rotated behind that.
    pub(super) fn before_cut(
        &self,
        mark: &Mark,
        mut known: Vec<Known>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        if let Some(Found::Beside { reading, rank }) = self.by_content(mark) {
            return self.from(reading, rank.as_ref(), mark, &mut known, problems);
        }
        if mark.size > mark.offset {
            problems.push(not_found(mark, self.log));
        }
        self.unread(None, mark.modified, &known, problems)
    }

    /// The log may be a file that was read before: a symbolic link can be switched back. Then it
    /// is read from where it was left.
    pub(super) fn adopt(&self, mut live: Reading, lingering: &mut Vec<Reading>) -> Reading {
        if let Some(at) = lingering.iter().position(|l| l.id == live.id) {
            return lingering.remove(at);
        }
        let id = live.id;
        for done in self.done.iter().filter(|d| d.id == id) {
            if let Ok(Some(size)) = done.covers(id, live.content()) {
                // Should it fail, the read that follows fails too and says so.
                let _ = live.go_to(size);
            }
        }
        live
    }

    /// The rotated files behind the place that were not read, from where they were not.
    fn unread(
        &self,
        rank: Option<&Rank>,
        since: i64,
        known: &[Known],
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        problems.extend(rank.and_then(|rank| self.hole(rank)));
        let newest = self.files.last().map(|f| f.id);
        let newer = self.files.iter().filter(|file| {
            let older = rank.and_then(|rank| file.is_older_than(rank));
            // The newest may be empty and yet have a writer, who was not told to reopen.
            let counts = file.size > 0 || Some(file.id) == newest;
            counts && !older.unwrap_or(file.modified < since)
        });
        let mut readings = Vec::new();
        for file in newer.filter(|file| known.iter().all(|k| k.id != file.id)) {
            match self.open_unread(file, known) {
                Ok(reading) => readings.extend(reading),
                Err(error) => problems.push(unreadable(&file.path, &error)),
            }
        }
        readings
    }

    fn open_unread(&self, file: &Rotated, known: &[Known]) -> io::Result<Option<Reading>> {
        if file.foreign {
            return Err(io::Error::other("only gzip can be read"));
        }
        let mut reading = Reading::open_rotated(&file.path)?;
        for read in known {
            if read.is_copied_by(&mut reading)? {
                return Ok(None);
            }
        }
        let Some(read) = self.covered(&mut reading)? else { return Ok(Some(reading)) };
        if read >= reading.size {
            return Ok(None);
        }
        reading.go_to(read)?;
        Ok(Some(reading))
    }

    /// How far a file that was finished before has been read.
    fn covered(&self, reading: &mut Reading) -> io::Result<Option<u64>> {
        let id = reading.id;
        for done in self.done.iter() {
            if let Some(size) = done.covers(id, reading.content())? {
                return Ok(Some(size));
            }
        }
        Ok(None)
    }

    /// A number that is missing between the place and the log.
    fn hole(&self, rank: &Rank) -> Option<Problem> {
        let Rank::Number(last) = rank else { return None };
        let number = |file: &Rotated| match file.rank {
            Rank::Number(n) => Some(n),
            Rank::Date(_) => None,
        };
        let present: BTreeSet<u64> = self.files.iter().filter_map(number).collect();
        let hole = (1..*last).find(|n| !present.contains(n))?;
        Some(gap(format!(
            "{}: the rotated file number {hole} is not there; what it held is not counted; \
             look whether something else than logrotate moves these files",
            self.log.display()
        )))
    }

    fn locate(&self, mark: &Mark, live: Option<&mut Reading>) -> Option<Found> {
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

    fn by_inode(&self, mark: &Mark) -> Option<Found> {
        let file = self.files.iter().find(|f| f.id == mark.id);
        let path = file.map_or(&mark.path, |f| &f.path);
        let mut reading = Reading::open_rotated(path).ok().filter(|r| r.id == mark.id)?;
        let same = mark.head.len == 0 || fits(reading.content(), mark);
        let resumed = same && reading.resume(mark).is_ok();
        resumed.then(|| Found::Beside { reading, rank: file.map(|f| f.rank.clone()) })
    }

    /// A copy of the marked file, or its `.gz`; the newest, should there be several.
    fn by_content(&self, mark: &Mark) -> Option<Found> {
        let others = self.files.iter().rev().filter(|f| f.id != mark.id && !f.foreign);
        others.into_iter().find_map(|file| {
            let mut reading = open_fitting(&file.path, mark)?;
            reading.finished = true;
            Some(Found::Beside { reading, rank: Some(file.rank.clone()) })
        })
    }

    /// Any other file of the directory: the log may have been moved by hand.
    fn among_strangers(&self, mark: &Mark) -> Option<Found> {
        let entries = rotated::entries(self.log).ok()?;
        let known: BTreeSet<&Path> = self.files.iter().map(|f| f.path.as_path()).collect();
        let paths = entries.into_iter().map(|e| e.path());
        let strangers = paths.filter(|p| p != self.log && !known.contains(p.as_path()));
        let found: Option<Reading> =
            strangers.take(STRANGERS).find_map(|path: PathBuf| open_fitting(&path, mark));
        found.map(|reading| Found::Beside { reading, rank: None })
    }
}

/// Goes on in the same inode. `None` where its content is another, else what is to be reported.
fn resume_same(live: &mut Reading, mark: &Mark) -> Option<Option<Problem>> {
    match mark.fit(live.content()).ok()? {
        Fit::Here => live.resume(mark).ok().map(|()| None),
        Fit::SameBeginning => {
            live.resume(mark).ok()?;
            Some(Some(go_past_cut(live).ok()?))
        }
        Fit::Other => None,
    }
}

/// Goes on in a log whose end was cut off, or lost in a crash, but not its beginning.
pub(super) fn go_past_cut(live: &mut Reading) -> io::Result<Problem> {
    let was = live.offset;
    let offset = live.go_past_cut()?;
    Ok(gap(format!(
        "{}: it was read up to byte {was}, and was cut since within what was read; going on at \
         byte {offset}; lines written before this was noticed may be missing",
        live.path.display()
    )))
}

fn open_fitting(path: &Path, mark: &Mark) -> Option<Reading> {
    let mut reading = Reading::open_rotated(path).ok()?;
    let fits = reading.size >= mark.offset && fits(reading.content(), mark);
    (fits && reading.resume(mark).is_ok()).then_some(reading)
}

fn fits(content: &mut Content, mark: &Mark) -> bool {
    mark.fit(content).is_ok_and(|fit| fit == Fit::Here)
}

/// Another inode under the log's name may be a backup put back. But a short beginning that agrees
/// proves little when the file was born after the last read.
fn may_be_restored(mark: &Mark, live: &Reading) -> bool {
    mark.head.len as usize >= HEAD || live.id.born <= mark.modified
}

fn gap(message: String) -> Problem {
    Problem { reason: ProblemReason::Gap, count: 1, message }
}

fn not_found(mark: &Mark, log: &Path) -> Problem {
    gap(format!(
        "{}: it was read up to byte {}, but that file, its rotated copy and its .gz are gone; \
         what stood behind is not counted; keep rotated files longer than the exporter is stopped \
         (logrotate: rotate, maxage)",
        log.display(),
        mark.offset
    ))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    gap(format!("{}: this rotated file cannot be read: {error}; it is not counted", path.display()))
}
