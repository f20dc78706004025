//! What comes before the first line of a file.
//!
//! Owns the going back: before a file that is new comes what was rotated between it and the one that
//! was left, and before one that was cut comes what was copied from it.

use std::time::Duration;

use super::Follower;
use crate::event::Time;
use crate::source::file::copies::Known;
use crate::source::file::identity::Mark;
use crate::source::file::problems::may_be_part;
use crate::source::file::reading::Reading;
use crate::source::file::retrace::{Retraced, retrace};
use crate::source::file::search::{self, Plan, Seam, Search};

impl Follower {
    /// Before the first line of a log that has changed since it was opened comes what was copied
    /// from it and cut in between. False if that cannot be told yet.
    pub(super) fn look_before_first_line(&mut self) -> bool {
        let Some(mut current) = self.current.take_if(|c| c.is_unproven()) else { return true };
        let mark = current.mark();
        // Taken as it is now: should it be cut while the search goes on, it is unproven again.
        let accepted = current.seen().map(|seen| current.accept(seen));
        let mut known = self.known();
        known.push(Known::of(&current));
        let search = Search::new(&self.settings.path, None, &self.done);
        let before = search.and_then(|search| search.before_first_line(&mark, &mut known));
        let (Some(before), Ok(())) = (before, accepted) else {
            (current.size, current.modified) = (mark.size, mark.modified);
            self.current = Some(current);
            return false;
        };
        if before.is_postponed {
            current.searched_until(mark.modified);
        }
        self.go_back_to(before, current);
        true
    }

    /// Before the first line of a file that is new comes what was rotated away under a name that
    /// tells nothing. False if there is some, or that cannot be told yet.
    pub(super) fn look_between(&mut self, clock: Duration) -> bool {
        let Some(mut current) = self.current.take_if(|c| c.is_unjoined()) else { return true };
        let since = *self.unjoined_since.get_or_insert(clock);
        let Some(before) = self.find_between(&current, clock.saturating_sub(since)) else {
            self.current = Some(current);
            return false;
        };
        self.unjoined_since = None;
        current.join();
        let is_next = before.queue.is_empty();
        self.go_back_to(before, current);
        is_next
    }

    /// `waited` is how long that could not be told.
    fn find_between(&self, current: &Reading, waited: Duration) -> Option<Plan> {
        let (Some(left), Some(owner)) = (&self.left, current.owner()) else {
            return Some(Plan::default());
        };
        let before = self.lingering.iter().map(|l| &l.reading).filter(|r| r.id == left.id);
        let sides = before.chain([current]).map(Reading::share).collect();
        let mut seam = Seam { left, footprint: &self.footprint, sides, owner };
        let search = Search::new(&self.settings.path, Some(&left.path), &self.done)?;
        let mut known = self.known();
        known.push(Known::of(current));
        let middle = search.middle(&mut seam, &mut known)?;
        let problems = if !middle.doubtful.is_empty() {
            vec![may_be_part(&self.settings.path, &middle.doubtful)]
        } else if self.unwatched.contains(&left.id) {
            let behind: Vec<&Reading> = middle.files.iter().chain([current]).collect();
            let booted = self.settings.boot_time.map(Time::seconds);
            search.lacking(left, &behind, booted, waited)?
        } else {
            Vec::new()
        };
        Some(Plan { queue: middle.files.into(), problems, ..Plan::default() })
    }

    /// Reads `before`, then `current`.
    fn go_back_to(&mut self, before: Plan, current: Reading) {
        self.report.problems.extend(before.problems);
        self.missing = before.missing.or(self.missing.take());
        for reading in before.queue.into_iter().chain([current]).rev() {
            self.queue.push_front(reading);
        }
        self.current = self.queue.pop_front();
    }

    /// The current file was cut: by copytruncate, or by hand.
    pub(super) fn start_over(&mut self) {
        let Some(mut current) = self.current.take() else { return };
        let mark = current.mark();
        self.left = Some(mark.clone());
        if self.is_written_anew(&mark, &mut current) {
            self.current = Some(current);
            return;
        }
        if mark.head.len > 0 && mark.head.begins(current.content()).unwrap_or(false) {
            self.report.problems.extend(search::go_past_cut(&mut current, mark.offset).ok());
            self.current = Some(current);
            return;
        }
        let mut known = self.known();
        known.push(Known::of(&current));
        let seen = current.seen();
        let search = Search::new(&self.settings.path, Some(&mark.path), &self.done);
        let before = search.and_then(|search| search.before_cut(&mark, known));
        let (Some(before), Ok(seen)) = (before, seen) else {
            // It is found to be cut again at the next look.
            self.current = Some(current);
            return;
        };
        // Going on from the last of these to the log is counted when it is done.
        self.report.rotations += u32::from(before.queue.is_empty());
        current.start_over(seen);
        self.go_back_to(before, current);
    }

    /// What was read stands in it elsewhere: it was edited. Then it is looked through again.
    fn is_written_anew(&self, mark: &Mark, current: &mut Reading) -> bool {
        let again = retrace(&self.footprint, current.content(), Some(mark.offset), false);
        let stands_there = again.is_ok_and(|again| again != Retraced::New);
        let seen = current.seen().ok().filter(|_| stands_there);
        seen.map(|seen| current.start_over(seen)).is_some()
    }
}
