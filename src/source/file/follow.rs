//! Following one log through rotation, without waiting: each [`Follower::look`] is one step.
//!
//! Owns the order of files. The file at hand is read until another has taken its place and has
//! something in it: its writer keeps writing to the renamed file until it is told to reopen. Then
//! what was rotated between the two is read, then the new one; the old one stays open for a while,
//! for a writer that was late.

mod again;
mod before;
mod next;
mod retracing;

use std::collections::VecDeque;
use std::path::Path;
use std::time::Duration;

use crate::event::Time;
use crate::record::Position;
use crate::source::{Problem, Report};

use super::FileSettings;
use super::copies::Known;
use super::footprint::Footprint;
use super::identity::{Done, FileId, Mark};
use super::lingering::Lingering;
use super::log_name::{LogName, Trouble};
use super::position::{self, Finished, Saved};
use super::problems::{damaged, foreign, too_long};
use super::reading::{Block, Progress, Reading, Step};
use retracing::Settling;

/// Rotated files that are kept open at once.
const LINGERING: usize = 4;

/// How many files one look may pass without finding a line.
const FILES_PER_LOOK: usize = 64;

/// What a look found: lines in the block, or a change to tell.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) position: Position,
    pub(super) reference: Time,
    pub(super) year: Option<i16>,
    pub(super) report: Report,
}

/// What a start begins with.
#[derive(Debug)]
pub(super) enum Beginning {
    /// Never started before.
    First,
    /// To be found again.
    Saved(Vec<Mark>),
    Done,
}

#[derive(Debug)]
pub(super) struct Follower {
    pub(super) settings: FileSettings,
    block: Block,
    pub(super) beginning: Beginning,
    pub(super) current: Option<Reading>,
    /// When the current file last grew.
    quiet_since: Duration,
    pub(super) queue: VecDeque<Reading>,
    pub(super) lingering: Vec<Lingering>,
    pub(super) done: Finished,
    pub(super) footprint: Footprint,
    /// Where reading stopped in the file before the current one, or in what it held before.
    pub(super) left: Option<Mark>,
    /// The files that were being read before the start.
    pub(super) marked: Vec<FileId>,
    /// Since when it cannot be told what comes before the current file.
    unjoined_since: Option<Duration>,
    /// The files that a start found rotated away: nobody saw what came behind them.
    pub(super) unwatched: Vec<FileId>,
    /// To be told if what was read is not found in the files that come.
    pub(super) missing: Option<Problem>,
    pub(super) settling: Option<Settling>,
    /// Where lines were found that had been read before, behind others.
    pub(super) again: Option<u64>,
    /// The block begins a file.
    begins: bool,
    /// The block is of a file that was left.
    is_late: bool,
    /// The empty log, as it was last written, before which nothing was found to be read.
    searched: Option<(FileId, i64)>,
    pub(super) trouble: Trouble,
    pub(super) report: Report,
    /// What was last told of `up` and `caught_up`.
    told: Option<(bool, bool)>,
}

impl Follower {
    pub(super) fn new(settings: FileSettings, saved: Option<&Position>) -> Self {
        let mut report = Report::default();
        let saved = saved.map(Saved::read).and_then(|saved| {
            let foreign = |why: String| report.problems.push(foreign(&settings.path, &why));
            saved.map_err(foreign).ok()
        });
        let (beginning, done, footprint) = match saved {
            Some(saved) => (Beginning::Saved(saved.marks), saved.done, saved.footprint),
            None => (Beginning::First, Finished::default(), Footprint::default()),
        };
        Follower {
            settings,
            block: Block::new(),
            beginning,
            current: None,
            quiet_since: Duration::ZERO,
            queue: VecDeque::new(),
            lingering: Vec::new(),
            done,
            footprint,
            left: None,
            marked: Vec::new(),
            unjoined_since: None,
            unwatched: Vec::new(),
            missing: None,
            settling: None,
            again: None,
            begins: false,
            is_late: false,
            searched: None,
            trouble: Trouble::default(),
            report,
            told: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.settings.path
    }

    pub(super) fn lines(&self) -> &[u8] {
        self.block.lines()
    }

    /// The open file that lines come from, for watching it under any name.
    pub(super) fn current(&self) -> Option<&Reading> {
        self.current.as_ref()
    }

    /// More is to be read at once, whatever the last look found.
    pub(super) fn has_more(&self) -> bool {
        self.next_has_begun()
    }

    /// Something stands in the files that come next.
    fn next_has_begun(&self) -> bool {
        !self.queue.iter().all(Reading::is_untouched)
    }

    /// Has the next look tell this.
    pub(super) fn tell(&mut self, problem: Problem) {
        self.report.problems.push(problem);
    }

    /// Takes one step. `clock` is the time since any fixed moment. `None` when there is nothing
    /// to tell.
    pub(super) fn look(&mut self, clock: Duration) -> Option<Batch> {
        let name = LogName::of(&self.settings.path);
        self.begin(&name, clock);
        self.report.bytes = 0;
        let reference = self.read_something(&name, clock);
        match reference {
            Some(_) if self.is_late => self.footprint.note_late(self.block.lines()),
            Some(_) => self.footprint.note(self.block.lines(), self.begins),
            None => {}
        }
        self.judge(&name, clock);
        let state = (self.report.up, self.report.caught_up);
        let changed = self.told.replace(state) != Some(state);
        let silent = self.report.problems.is_empty() && self.report.rotations == 0 && !changed;
        if reference.is_none() && silent && self.report.bytes == 0 {
            return None;
        }
        Some(self.batch(reference))
    }

    fn batch(&mut self, reference: Option<i64>) -> Batch {
        if reference.is_none() {
            self.block.clear();
        }
        let modified = self.current.as_ref().map_or(0, |c| c.modified);
        Batch {
            position: self.position(),
            reference: Time::from_nanoseconds(reference.unwrap_or(modified)),
            year: self.block.year(),
            report: Report {
                problems: std::mem::take(&mut self.report.problems),
                rotations: std::mem::take(&mut self.report.rotations),
                lag_bytes: self.lag(),
                calls: Default::default(),
                ..self.report
            },
        }
    }

    fn position(&self) -> Position {
        let marks = match &self.beginning {
            Beginning::Saved(marks) => marks.clone(),
            _ => self.readings().map(Reading::mark).collect(),
        };
        position::save(marks, &self.done, self.footprint.clone())
    }

    fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.lingering.iter().map(|l| &l.reading).chain(&self.current)
    }

    fn known(&self) -> Vec<Known> {
        self.readings().chain(&self.queue).map(Known::of).collect()
    }

    fn lag(&self) -> u64 {
        self.readings().chain(&self.queue).map(|r| r.size.saturating_sub(r.offset)).sum()
    }

    /// Fills the block with lines, from the first file that has some. Returns when that file was
    /// last written; `None` when there are no lines.
    fn read_something(&mut self, name: &LogName, clock: Duration) -> Option<i64> {
        let late = self.read_lingering(clock);
        self.is_late = late.is_some();
        if late.is_some() {
            return late;
        }
        for _ in 0..FILES_PER_LOOK {
            // Asked before the current file is read: it has nothing more once the next has begun.
            let begun = self.next_has_begun();
            if !self.look_before_first_line() {
                return None;
            }
            if self.read_current(name, clock) {
                return self.current.as_ref().map(|c| c.modified);
            }
            if self.settling.is_some() || self.report.bytes > 0 || !self.go_on(name, clock, begun) {
                return None;
            }
        }
        None
    }

    /// Reads on in the current file. False when it has no whole line.
    fn read_current(&mut self, name: &LogName, clock: Duration) -> bool {
        if !self.retrace_current(name, clock) || !self.look_between(clock) {
            return false;
        }
        let Some(current) = self.current.as_mut() else { return false };
        let step = match current.has_news() {
            Ok(false) => {
                let quiet = clock.saturating_sub(self.quiet_since) >= self.settings.half_line;
                let left = current.finished || (quiet && !name.is(current.id));
                if !left || current.offset >= current.size {
                    return false;
                }
                // Nobody will finish this line.
                current.read_rest(&mut self.block)
            }
            Ok(true) => {
                self.quiet_since = clock;
                current.read(&mut self.block)
            }
            Err(error) => Err(error),
        };
        match step {
            Ok(Step::Read(progress)) => {
                self.note(&progress) && self.leave_out_again(progress.bytes)
            }
            Ok(Step::Replaced) => {
                self.start_over();
                false
            }
            Err(error) => {
                self.give_up(&error, name);
                false
            }
        }
    }

    fn note(&mut self, progress: &Progress) -> bool {
        self.report.bytes += progress.bytes;
        self.begins = progress.begins;
        if progress.too_long {
            let path = &self.settings.path;
            self.report.problems.push(too_long(path));
        }
        progress.lines
    }

    /// A rotated file that fails is left for the next. The log itself is tried again at the next
    /// look.
    fn give_up(&mut self, error: &std::io::Error, name: &LogName) {
        let Some(current) = self.current.as_mut().filter(|c| !name.is(c.id)) else {
            self.trouble.cannot_read(error);
            return;
        };
        self.report.problems.push(damaged(current, error));
        current.stop();
    }

    /// How long the next look may wait.
    pub(super) fn due(&self, tick: Duration) -> Duration {
        self.settling.map_or(tick, |_| tick.min(self.settings.settle))
    }

    /// Reads what late writers added to rotated files, and lets go of those that stay quiet.
    fn read_lingering(&mut self, clock: Duration) -> Option<i64> {
        let mut at = 0;
        while at < self.lingering.len() {
            let surplus = self.lingering.len() - at > LINGERING;
            let file = &mut self.lingering[at];
            match file.read(&mut self.block, &self.settings, clock, surplus) {
                // Half a line keeps nobody waiting.
                Some(progress) if progress.bytes == 0 => at += 1,
                Some(progress) => {
                    let modified = file.reading.modified;
                    return self.note(&progress).then_some(modified);
                }
                None if file.is_over(&self.settings, clock, surplus) => {
                    let left = self.lingering.remove(at).reading;
                    self.finish(&left);
                }
                None => at += 1,
            }
        }
        None
    }

    fn finish(&mut self, left: &Reading) {
        self.done.push(Done { id: left.id, size: left.offset, head: left.head() });
    }

    fn judge(&mut self, name: &LogName, clock: Duration) {
        let begun = matches!(self.beginning, Beginning::Done);
        let patience = if self.told.is_none() { Duration::ZERO } else { self.settings.patience };
        let problem = self.trouble.judge(name, clock, patience, &self.settings.path);
        self.report.problems.extend(problem);
        self.report.up = !self.trouble.is_told();
        let more = self.current.as_ref().is_some_and(|c| c.has_news().unwrap_or(false));
        let waiting = self.lingering.iter().any(|l| l.reading.has_news().unwrap_or(false));
        self.report.caught_up =
            begun && !self.next_has_begun() && !more && !waiting && !self.trouble.is_unreadable();
    }
}
