//! The first looks after a start.
//!
//! Owns the difference between a first start and a later one, and the waiting where the place of
//! the last one may still turn up.

use std::path::PathBuf;
use std::time::Duration;

use super::Start;
use super::follow::{Beginning, Follower};
use super::identity::Mark;
use super::lingering::Lingering;
use super::log_name::LogName;
use super::mounts;
use super::reading::Reading;
use super::search::{Plan, Search};

impl Follower {
    pub(super) fn begin(&mut self, name: &LogName, clock: Duration) {
        if matches!(self.beginning, Beginning::Done) {
            return;
        }
        let Some(live) = self.open_live(name) else { return };
        if live.is_some() {
            self.report.problems.extend(mounts::warning(&self.settings.path));
        }
        match std::mem::replace(&mut self.beginning, Beginning::Done) {
            Beginning::First => self.begin_first(live),
            Beginning::Saved(marks) => self.begin_again(marks, live, clock),
            Beginning::Done => {}
        }
    }

    /// `None` where the log is there but cannot be read: then a start waits.
    pub(super) fn open_live(&mut self, name: &LogName) -> Option<Option<Reading>> {
        match name {
            LogName::File { .. } => match Reading::open_live(&self.settings.path) {
                Ok(reading) => Some(Some(reading)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(None),
                Err(error) => {
                    self.trouble.cannot_read(&error);
                    None
                }
            },
            LogName::Missing => Some(None),
            LogName::Unreadable(_) => None,
        }
    }

    fn begin_first(&mut self, live: Option<Reading>) {
        let search = Search::new(&self.settings.path, None, &self.done);
        let history = search.and_then(|search| {
            search.must_be_log(live.as_ref());
            search.history()
        });
        let Some(history) = history else {
            self.beginning = Beginning::First;
            return;
        };
        history.into_iter().for_each(|done| self.done.push(done));
        let Some(mut live) = live else { return };
        if self.settings.start == Start::End {
            // Should it fail, the read that follows fails too and says so.
            let _ = live.go_to_end();
        }
        self.current = Some(live);
    }

    fn begin_again(&mut self, marks: Vec<Mark>, live: Option<Reading>, clock: Duration) {
        self.left = marks.last().cloned();
        self.marked = marks.iter().map(|mark| mark.id).collect();
        let resolved: Option<PathBuf> = marks.last().map(|m| m.path.clone());
        let search = Search::new(&self.settings.path, resolved.as_deref(), &self.done);
        let knows_lines = !self.footprint.is_empty();
        let log = live.as_ref().map(|live| live.id);
        let plan = search.and_then(|search| search.resume(&marks, live, knows_lines));
        match plan {
            Some(plan) => {
                let rotated = plan.queue.iter().map(|reading| reading.id);
                self.unwatched = rotated.filter(|id| Some(*id) != log).collect();
                self.take(plan, clock);
            }
            None => self.beginning = Beginning::Saved(marks),
        }
    }

    fn take(&mut self, plan: Plan, clock: Duration) {
        self.report.problems.extend(plan.problems);
        self.missing = plan.missing;
        let linger = |reading| Lingering { reading, quiet_since: clock };
        self.lingering.extend(plan.lingering.into_iter().map(linger));
        self.queue = plan.queue;
        self.current = self.queue.pop_front();
    }
}
