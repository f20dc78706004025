//! What has taken the place of the current file, and when it is left for that.
//!
//! Owns the leaving: a writer keeps writing to a renamed file until it is told to reopen, so the
//! current one stays until something stands in the next.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Beginning, Follower};
use crate::source::file::copies::Known;
use crate::source::file::lingering::Lingering;
use crate::source::file::log_name::LogName;
use crate::source::file::problems::damaged;
use crate::source::file::reading::Reading;
use crate::source::file::search::Search;

impl Follower {
    /// Leaves the current file for the next, if there is one. True if there is more to read.
    pub(super) fn go_on(&mut self, name: &LogName, clock: Duration, begun: bool) -> bool {
        if self.current.as_ref().is_some_and(|c| c.has_news().unwrap_or(false)) {
            return !self.trouble.is_stuck();
        }
        if self.queue.is_empty() {
            self.find_next(name);
        } else if !begun && !self.has_left(name) {
            return false;
        }
        let Some(next) = self.queue.pop_front() else { return false };
        if let Some(left) = self.current.replace(next) {
            self.report.rotations += 1;
            (self.left, self.settling) = (Some(left.mark()), None);
            if let Some(error) = left.damage() {
                self.report.problems.push(damaged(&left, error));
            }
            self.lingering.push(Lingering { reading: left, quiet_since: clock });
        }
        self.searched = None;
        true
    }

    /// The writer has left the current file, though nothing stands in the next: it is a copy, or
    /// the log has moved on from the next too.
    fn has_left(&self, name: &LogName) -> bool {
        let finished = self.current.as_ref().is_none_or(|c| c.finished);
        let next = self.queue.back().map(|r| r.id);
        finished || matches!(name, LogName::File { id, .. } if Some(*id) != next)
    }

    /// Looks for what has taken the place of the current file.
    fn find_next(&mut self, name: &LogName) {
        let LogName::File { id, size, modified } = *name else { return };
        let current = self.current.as_ref().map(|c| c.id);
        // Until something is in the new file its writer may not have left the old one.
        if current == Some(id) || (size == 0 && self.searched == Some((id, modified))) {
            return;
        }
        if !matches!(self.beginning, Beginning::Done) {
            return;
        }
        let Some(Some(live)) = self.open_live(name) else { return };
        if let Some(queue) = self.search_between(live, size == 0) {
            self.queue = queue;
            self.searched = Some((id, modified));
        }
    }

    /// `None` if it cannot be told yet.
    fn search_between(&mut self, live: Reading, is_empty: bool) -> Option<VecDeque<Reading>> {
        let mark = self.current.as_ref().map(Reading::mark);
        let mut known = self.known();
        known.push(Known::of(&live));
        let resolved = mark.as_ref().map(|m| m.path.as_path());
        let search = Search::new(&self.settings.path, resolved, &self.done)?;
        search.must_be_log(Some(&live));
        let mut plan = search.between(mark.as_ref(), &mut known)?;
        if mark.is_none() || !plan.queue.is_empty() || !is_empty {
            let held = self.lingering.iter().position(|l| l.reading.id == live.id);
            let held = held.map(|at| self.lingering.remove(at).reading);
            plan.queue.push_back(held.unwrap_or_else(|| search.adopt(live)));
        }
        self.report.problems.extend(plan.problems);
        self.missing = plan.missing.or(self.missing.take());
        Some(plan.queue)
    }
}
