//! Before the first line of a file: what of it was read.
//!
//! Owns the one way past which every file goes that is read from its beginning, whatever brought it
//! there: so that nothing counts twice that hands copied, edited or put back. Where the line that
//! was read last is not there, the file may still be being written: then it is waited for.

use std::time::Duration;

use super::Follower;
use crate::source::file::identity::Fit;
use crate::source::file::log_name::LogName;
use crate::source::file::problems::doubtful;
use crate::source::file::reading::Reading;
use crate::source::file::retrace::{Retraced, retrace, retrace_behind};

/// A file that is waited for, as it was when it last changed.
#[derive(Clone, Copy, Debug)]
pub(in crate::source::file) struct Settling {
    began: Duration,
    since: Duration,
    size: u64,
    modified: i64,
}

impl Follower {
    /// Goes behind what was read in the current file. False while that cannot be told.
    pub(in crate::source::file) fn retrace_current(
        &mut self,
        name: &LogName,
        clock: Duration,
    ) -> bool {
        let Some(mut current) = self.current.take_if(|c| !c.is_retraced()) else { return true };
        let ready = self.retrace_in(&mut current, name, clock);
        self.current = Some(current);
        ready
    }

    fn retrace_in(&mut self, current: &mut Reading, name: &LogName, clock: Duration) -> bool {
        if current.content().size().is_ok_and(|size| size == 0) {
            self.tell_missing(name, current);
            return true;
        }
        if self.is_settling(current, clock) {
            return false;
        }
        match self.find_read(current, name) {
            Ok(Retraced::Here(end)) => {
                self.missing = None;
                // Should it fail, the read that follows fails too and says so.
                let _ = current.go_to(end);
            }
            Ok(Retraced::Behind(_) | Retraced::Doubtful(_))
                if !self.has_settled(current, clock) =>
            {
                return false;
            }
            Ok(Retraced::Behind(end)) => self.go_behind(current, end, true),
            Ok(Retraced::Doubtful(end)) => self.go_behind(current, end, false),
            Ok(Retraced::New) | Err(_) => {
                self.tell_missing(name, current);
                current.take_as_new();
            }
        }
        self.settling = None;
        true
    }

    fn find_read(&self, current: &mut Reading, name: &LogName) -> std::io::Result<Retraced> {
        if let Some(least) = current.doubted_from() {
            return retrace_behind(&self.footprint, current.content(), least);
        }
        let left = self.left.as_ref();
        if let Some(left) = left.filter(|left| left.offset > 0)
            && left.fit(current.content())? == Fit::Here
        {
            return Ok(Retraced::Here(left.offset));
        }
        let id = current.id;
        let was_read = self.marked.contains(&id) || self.done.iter().any(|done| done.id == id);
        let is_left = |reading: &Reading| left.is_some_and(|left| left.id == reading.id);
        let mut rotated = self.lingering.iter().map(|l| &l.reading).filter(|r| is_left(r));
        let moved = name.is(id) && !was_read && rotated.any(Reading::is_linked);
        retrace(&self.footprint, current.content(), left.map(|left| left.offset), moved)
    }

    fn go_behind(&mut self, current: &mut Reading, end: u64, certain: bool) {
        self.missing = None;
        let Ok(skips) = current.go_behind(end, self.footprint.last_place()) else { return };
        if !certain || skips {
            self.report.problems.push(doubtful(&current.path, end));
        }
    }

    /// What could not be found is not in this file either.
    fn tell_missing(&mut self, name: &LogName, current: &Reading) {
        if name.is(current.id) || self.queue.is_empty() {
            self.report.problems.extend(self.missing.take());
        }
    }

    /// It is waited for, and no answer is due yet.
    fn is_settling(&self, current: &Reading, clock: Duration) -> bool {
        let Some(settling) = &self.settling else { return false };
        let still = current.is_as(settling.size, settling.modified);
        let waited = clock.saturating_sub(settling.began) >= self.settings.patience;
        still && !waited && clock.saturating_sub(settling.since) < self.settings.settle
    }

    /// Nobody has written to it for a moment, or it was waited for long enough.
    fn has_settled(&mut self, current: &Reading, clock: Duration) -> bool {
        let Some((size, modified)) = current.as_it_is() else { return true };
        let waited = self.settling.filter(|s| (s.size, s.modified) == (size, modified));
        let began = self.settling.map_or(clock, |s| s.began);
        let is_over = waited.is_some_and(|s| clock.saturating_sub(s.since) >= self.settings.settle)
            || clock.saturating_sub(began) >= self.settings.patience;
        if !is_over && waited.is_none() {
            self.settling = Some(Settling { began, since: clock, size, modified });
        }
        is_over
    }
}
