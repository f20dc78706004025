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
//! 5. Before the first line of each file comes what fits between it and the last line that was
//!    read, under whatever name: [`middle`]. Where nothing is found after a start, [`pause`] judges
//!    whether something is missing.

mod locate;
mod middle;
mod pause;

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::path::Path;

use crate::source::Problem;

use super::copies::Known;
use super::identity::{Done, Fit, Mark};
use super::log_name::LogName;
use super::position::Finished;
use super::problems::{gap, not_found, unreadable};
use super::reading::Reading;
use super::rotated::{self, Rank, Rotated};
use locate::Found;
pub(super) use middle::Seam;

/// What is to be read: rotated files that may still grow, then these, in order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) lingering: Vec<Reading>,
    pub(super) queue: VecDeque<Reading>,
    pub(super) problems: Vec<Problem>,
    /// To be told unless what was read is found in the files of the queue.
    pub(super) missing: Option<Problem>,
    /// What else is to be read cannot be put in order before the current file, which is gone from
    /// the directory: it comes behind it.
    pub(super) is_postponed: bool,
}

/// The surroundings of a log at one moment.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) log: &'a Path,
    done: &'a Finished,
    pub(super) files: Vec<Rotated>,
    /// False once a file was found to be another than the one that was listed.
    settled: Cell<bool>,
}

impl<'a> Search<'a> {
    /// `log` as it is configured; `resolved` as it was when it was last read. `None` while the
    /// files are being renamed: then nothing can be decided. A directory that cannot be listed
    /// has no rotated files.
    pub(super) fn new(log: &'a Path, resolved: Option<&Path>, done: &'a Finished) -> Option<Self> {
        let target = log.canonicalize().ok();
        let mut logs = vec![log];
        logs.extend(target.as_deref().filter(|p| *p != log));
        // The log may have been moved, or a symbolic link be switched, while nobody looked.
        logs.extend(
            resolved.filter(|old| !logs.contains(old) && old.parent().is_some_and(Path::is_dir)),
        );
        let mut files = rotated::list(&logs).unwrap_or_else(|_| Some(Vec::new()))?;
        if let (Some(old), Some(new)) = (resolved, target.as_deref()) {
            let known: Vec<_> = files.iter().map(|f| f.id).collect();
            let dated = rotated::dated_between(old, new).into_iter();
            files.extend(dated.filter(|file| !known.contains(&file.id)));
        }
        Some(Search { log, done, files, settled: Cell::new(true) })
    }

    /// Opens a listed file. While files are renamed another may stand under its name: then what
    /// was decided so far is void.
    pub(super) fn open(&self, file: &Rotated) -> io::Result<Reading> {
        let opened = Reading::open_rotated(&file.path);
        let moved = match &opened {
            Ok(reading) => reading.id != file.id,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if moved {
            self.settled.set(false);
            return Err(io::ErrorKind::NotFound.into());
        }
        opened
    }

    /// Voids the search if `live` is no longer the log: it was rotated after it was opened, and
    /// may be missing among the files or be there under another name.
    pub(super) fn must_be_log(&self, live: Option<&Reading>) {
        if live.is_some_and(|live| !LogName::of(self.log).is(live.id)) {
            self.settled.set(false);
        }
    }

    fn if_settled<T>(&self, found: T) -> Option<T> {
        self.settled.get().then_some(found)
    }

    /// The rotated files that stand there at a first start: they are history.
    pub(super) fn history(&self) -> Option<Vec<Done>> {
        let known = |file: &Rotated| {
            let reading = self.open(file).ok()?;
            Some(Done { id: file.id, size: reading.size, head: reading.head() })
        };
        let files = self.files.iter().filter(|f| !f.foreign).filter_map(known).collect();
        self.if_settled(files)
    }

    /// Where to go on after a start. `None` while the place may still turn up: there is no log,
    /// and no other file is it.
    pub(super) fn resume(
        &self,
        marks: &[Mark],
        live: Option<Reading>,
        knows_lines: bool,
    ) -> Option<Plan> {
        self.must_be_log(live.as_ref());
        self.resume_at(marks, live, knows_lines).and_then(|plan| self.if_settled(plan))
    }

    fn resume_at(&self, marks: &[Mark], live: Option<Reading>, knows_lines: bool) -> Option<Plan> {
        let mut plan = Plan::default();
        let Some((last, earlier)) = marks.split_last() else {
            let live = self.adopt(live?);
            let mut known = vec![Known::of(&live)];
            plan.queue = self.unread(None, i64::MIN, &mut known, &mut plan.problems).into();
            plan.queue.push_back(live);
            return Some(plan);
        };
        for (at, mark) in earlier.iter().enumerate() {
            if let Some(Found::Beside { mut reading, .. }) = self.locate(mark, None)
                && !self.was_read_further(&mut reading, at, marks)
            {
                plan.lingering.push(reading);
            }
        }
        let held = plan.lingering.iter().position(|l| live.as_ref().is_some_and(|x| x.id == l.id));
        let live = match held {
            Some(at) => Some(plan.lingering.remove(at)),
            None => live.map(|live| self.adopt(live)),
        };
        self.resume_last(last, live, plan, knows_lines)
    }

    /// A copy of a file that was read on in another copy of it has nothing more to tell.
    /// Of marks of one place the last is the one that is gone on from.
    fn was_read_further(&self, copy: &mut Reading, own: usize, marks: &[Mark]) -> bool {
        let (id, offset) = (copy.id, marks[own].offset);
        let by_mark = marks.iter().enumerate().any(|(at, other)| {
            other.id != marks[own].id
                && (other.id == id || (other.offset, at) > (offset, own))
                && other.fit(copy.content()).is_ok_and(|fit| fit == Fit::Here)
        });
        by_mark || self.covered(copy).is_ok_and(|read| read.is_some_and(|read| read > offset))
    }

    fn resume_last(
        &self,
        mark: &Mark,
        mut live: Option<Reading>,
        mut plan: Plan,
        knows_lines: bool,
    ) -> Option<Plan> {
        if mark.offset == 0 {
            return self.resume_nowhere(mark, live, plan);
        }
        if let Some(reading) = live.as_mut().filter(|l| l.id == mark.id)
            && let Some(problem) = resume_same(reading, mark, knows_lines)
        {
            plan.problems.extend(problem);
            plan.queue.extend(live);
            return Some(plan);
        }
        let found = self.locate(mark, live.as_mut());
        if found.is_none() {
            live.as_ref()?;
            plan.missing = Some(not_found(mark, self.log));
        }
        let mut known: Vec<Known> = plan.lingering.iter().chain(&live).map(Known::of).collect();
        let strays = match &found {
            Some(Found::Beside { rank: None, .. }) | None => rotated::strays(self.log),
            Some(_) => Vec::new(),
        };
        let files = match found {
            Some(Found::Live) => Vec::new(),
            Some(Found::Beside { reading, rank }) => {
                self.from(reading, rank.as_ref(), mark, &mut known, &mut plan.problems)
            }
            None => self.unread(None, mark.modified, &mut known, &mut plan.problems),
        };
        // Moved away by hand more than once: what else bears the log's name is looked through.
        let since = strays.iter().filter(|file| file.size > 0 && file.modified >= mark.modified);
        let queued: Vec<_> = files.iter().map(|reading| reading.id).collect();
        let others = since.filter(|file| !queued.contains(&file.id));
        let strays = self.open_all(others, &mut known, &mut plan.problems);
        plan.queue.extend(files.into_iter().chain(strays).chain(live));
        Some(plan)
    }

    /// Nothing had been read of the marked file: it is only one of those that were not read.
    fn resume_nowhere(&self, mark: &Mark, live: Option<Reading>, mut plan: Plan) -> Option<Plan> {
        let there = self.files.iter().any(|f| f.id == mark.id);
        let any_newer = self.files.iter().any(|f| f.modified >= mark.modified);
        if !there && !any_newer && live.is_none() {
            return None;
        }
        let is_log = live.as_ref().is_some_and(|live| live.id == mark.id);
        let mut known: Vec<Known> = plan.lingering.iter().chain(&live).map(Known::of).collect();
        let files = self.unread(None, mark.modified, &mut known, &mut plan.problems);
        // What stood in it may be in any of these, under another inode.
        if mark.size > 0 && !there && !is_log && files.is_empty() {
            plan.missing = Some(not_found(mark, self.log));
        }
        plan.queue.extend(files.into_iter().chain(live));
        Some(plan)
    }

    /// The file of a mark and the rotated ones behind it.
    fn from(
        &self,
        found: Reading,
        rank: Option<&Rank>,
        mark: &Mark,
        known: &mut Vec<Known>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        known.push(Known::of(&found));
        let mut files = vec![found];
        files.extend(self.unread(rank, mark.modified, known, problems));
        files
    }

    /// What is to be read before `current`, which was empty at the last look and is no longer:
    /// copytruncate may have emptied it once more in between.
    pub(super) fn before_first_line(&self, current: &Mark, known: &mut Vec<Known>) -> Option<Plan> {
        let own = self.files.iter().find(|f| f.id == current.id).map(|f| &f.rank);
        // Asked after the files were listed: what is the log now was it then.
        let is_log = LogName::of(self.log).is(current.id);
        let earlier = |file: &Rotated| match own {
            Some(own) => file.is_older_than(own) == Some(true),
            None => is_log,
        };
        let mut plan = self.plan(|problems| {
            let newer = self.newer(None, current.modified).filter(|file| earlier(file));
            self.open_all(newer, known, problems)
        })?;
        plan.is_postponed = own.is_none() && !is_log;
        Some(plan)
    }

    /// What comes between `current`, which was rotated away or never was, and the log.
    pub(super) fn between(&self, current: Option<&Mark>, known: &mut Vec<Known>) -> Option<Plan> {
        let Some(current) = current else {
            return self.plan(|problems| self.unread(None, i64::MIN, known, problems));
        };
        let named = self.files.iter().find(|f| f.id == current.id && current.head.len > 0);
        let rank = named.map(|f| &f.rank);
        self.plan(|problems| self.unread(rank, current.modified, known, problems))
    }

    /// What is to be read before the log, which was cut after it had been read up to `mark`: the
    /// rest of the copy that was taken of it, and what was rotated behind that.
    pub(super) fn before_cut(&self, mark: &Mark, mut known: Vec<Known>) -> Option<Plan> {
        let copy = self.by_content(mark).or_else(|| self.among_strangers(mark));
        let is_lost = copy.is_none() && mark.size > mark.offset;
        let plan = self.plan(|problems| match copy {
            Some(Found::Beside { reading, rank }) => {
                self.from(reading, rank.as_ref(), mark, &mut known, problems)
            }
            _ => self.unread(None, mark.modified, &mut known, problems),
        });
        let missing = is_lost.then(|| not_found(mark, self.log));
        plan.map(|plan| Plan { missing, ..plan })
    }

    fn plan(&self, find: impl FnOnce(&mut Vec<Problem>) -> Vec<Reading>) -> Option<Plan> {
        let mut plan = Plan::default();
        plan.queue = find(&mut plan.problems).into();
        self.if_settled(plan)
    }

    /// The log may be a file that was read before: a symbolic link can be switched back. Then it
    /// is read from where it was left.
    pub(super) fn adopt(&self, mut live: Reading) -> Reading {
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
        known: &mut Vec<Known>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        self.open_all(self.newer(rank, since), known, problems)
    }

    /// The rotated files that are newer than the one of `rank` or, where the names do not tell,
    /// that were written after `since`.
    fn newer<'s>(
        &'s self,
        rank: Option<&'s Rank>,
        since: i64,
    ) -> impl Iterator<Item = &'s Rotated> {
        // The newest may be empty and yet have a writer, who was not told to reopen. But one that
        // was born after the log is a copy that has just begun.
        let log = LogName::of(self.log).born();
        let renamed = self.files.last().filter(|f| log.is_none_or(|log| f.id.born <= log));
        let newest = renamed.map(|f| f.id);
        self.files.iter().filter(move |file| {
            let older = rank.and_then(|rank| file.is_older_than(rank));
            let counts = file.size > 0 || Some(file.id) == newest;
            counts && !older.unwrap_or(file.modified < since)
        })
    }

    fn open_all<'f>(
        &self,
        files: impl Iterator<Item = &'f Rotated>,
        known: &mut Vec<Known>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Reading> {
        let mut readings = Vec::new();
        for file in files {
            if known.iter().any(|k| k.id == file.id) {
                continue;
            }
            match self.open_unread(file, known) {
                Ok(Some(reading)) => {
                    known.push(Known::of(&reading));
                    readings.push(reading);
                }
                Ok(None) => {}
                Err(error) => problems.push(unreadable(&file.path, &error)),
            }
        }
        readings
    }

    fn open_unread(&self, file: &Rotated, known: &mut [Known]) -> io::Result<Option<Reading>> {
        if file.foreign {
            return Err(io::Error::other("only gzip can be read"));
        }
        let mut reading = self.open(file)?;
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
}

/// Goes on in the same inode. `None` where its content is another, else what is to be reported.
/// One that begins the same is looked through where the lines that were read are known.
fn resume_same(live: &mut Reading, mark: &Mark, knows_lines: bool) -> Option<Option<Problem>> {
    match mark.fit(live.content()).ok()? {
        Fit::Here => live.resume(mark).ok().map(|()| None),
        Fit::SameBeginning if knows_lines => Some(None),
        Fit::SameBeginning => go_past_cut(live, mark.offset).ok().map(Some),
        Fit::Other => None,
    }
}

/// Goes on in a log whose end was cut off, or lost in a crash, but not its beginning.
pub(super) fn go_past_cut(live: &mut Reading, was: u64) -> io::Result<Problem> {
    let offset = live.go_past_cut(was)?;
    Ok(gap(format!(
        "{}: it was read up to byte {was}, and was cut since within what was read; going on at \
         byte {offset}; lines written before this was noticed may be missing",
        live.path.display()
    )))
}
