//! A log file, followed through whatever happens to it.
//!
//! Owns the promise that each line of it is handed on once: over rotation by rename or by copy,
//! restarts of any length, and files that come, go and come back. In reading order:
//!
//! - [`lines`]: where lines begin and end in a block
//! - `content`: the bytes of a file, plain or `.gz`
//! - `identity`: which file is which
//! - `reading`: one file, and how far it was read
//! - [`rotated`]: the files beside the log
//! - `copies`: which file is a copy of one that is being read
//! - `search`: which files to read, from where
//! - `stamp`, `footprint`: what was read last, line by line
//! - `retrace`: finding it in a file; `retracing`: before the first line of each
//! - `position`: what is saved
//! - `log_name`: what stands under the log's name; `mounts`: whether that can be another file
//! - `lingering`: rotated files that may still grow
//! - `follow`: one step after another, without waiting; `start`: the first of them; `next`: which
//!   file comes when one is over
//! - `watch`: being woken; `pace`: how often to look
//! - `problems`: what can go wrong, in words
//! - [`blocks`]: a finished file, from its beginning to its end
//!
//! What is lost, and said (`reason="gap"`): what a rotated file held that was deleted, or
//! compressed by something else than gzip, while the exporter was stopped. Where the one before it is
//! still there, a hole in logrotate's numbers tells it, or a silence that is unlike the log.
//! What is lost and cannot be known: a rotated file that was removed before anybody saw it, where
//! neither does; lines written between the last look and a truncation of which no
//! copy was made, and those that logrotate's copytruncate loses between its copy and its
//! truncation.

pub mod blocks;
mod content;
mod copies;
mod follow;
mod footprint;
mod identity;
pub mod lines;
mod lingering;
mod log_name;
mod mounts;
mod pace;
mod position;
mod problems;
mod reading;
mod retrace;
pub mod rotated;
mod search;
mod stamp;
mod start;
#[cfg(test)]
mod tests;
mod watch;
pub mod years;

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::event::Time;
use crate::record::{Position, SourceId};
use crate::source::{Delivery, Records, Source};

use follow::{Batch, Follower};
use pace::Pace;
use watch::Watch;

/// Where a first start begins. Later ones go on where the last one stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Beginning,
    End,
}

/// Which log to follow, and how.
#[derive(Clone, Debug)]
pub struct FileSettings {
    pub path: PathBuf,
    pub start: Start,
    /// How often the file is looked at when the kernel says nothing.
    pub tick: Duration,
    /// How long a missing file is waited for.
    pub patience: Duration,
    /// How long the end of the last line of a rotated file is waited for: a writer may be slow.
    pub half_line: Duration,
    /// How long a rotated file is kept open after its last line, for a writer that is late.
    pub linger: Duration,
    /// How long a file that is being written anew must be left alone before it is read.
    pub settle: Duration,
    /// When this host was started, if that is known: before that nothing was written to the log.
    pub boot_time: Option<Time>,
}

impl FileSettings {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        FileSettings {
            path: path.into(),
            start: Start::Beginning,
            tick: Duration::from_secs(1),
            patience: Duration::from_secs(5),
            half_line: Duration::from_secs(60),
            linger: Duration::from_secs(600),
            settle: Duration::from_millis(200),
            boot_time: None,
        }
    }
}

/// Follows one log file.
#[derive(Debug)]
pub struct FileSource {
    id: SourceId,
    tick: Duration,
    follower: Follower,
    watch: Watch,
    pace: Pace,
    started: Option<Instant>,
    behind: bool,
    /// When a busy log is looked at next: a wait that is given up must not begin anew.
    look_at: Option<Instant>,
}

impl FileSource {
    /// Nothing is opened yet. `saved` is the position of the last snapshot; without one this is a
    /// first start.
    pub fn new(settings: FileSettings, saved: Option<&Position>) -> Self {
        FileSource {
            id: SourceId::file(&settings.path),
            tick: settings.tick,
            follower: Follower::new(settings, saved),
            watch: Watch::default(),
            pace: Pace::default(),
            started: None,
            behind: false,
            look_at: None,
        }
    }

    /// Looks once, without waiting: what [`Source::next`] does when it is woken. `clock` is the
    /// time since any fixed moment. `None` when there is nothing to tell.
    pub fn look(&mut self, clock: Duration) -> Option<Delivery<'_>> {
        let batch = self.follower.look(clock)?;
        Some(self.deliver(batch))
    }

    fn deliver(&mut self, batch: Batch) -> Delivery<'_> {
        self.behind = !batch.report.caught_up;
        Delivery {
            records: Records::Lines(self.follower.lines()),
            position: batch.position,
            reference: batch.reference,
            year: batch.year,
            report: batch.report,
        }
    }

    /// Waits for the next batch. Whatever is awaited here may be given up at any time: only a
    /// look moves the position, and what it found is returned without another wait.
    async fn batch(&mut self) -> Batch {
        let started = *self.started.get_or_insert_with(Instant::now);
        if self.behind {
            tokio::task::yield_now().await;
        } else if self.pace.is_busy() {
            self.watch.rest();
            sleep_until(*self.look_at.get_or_insert_with(|| Instant::now() + pace::LOOK)).await;
        }
        self.look_at = None;
        let mut at_once = true;
        loop {
            let clock = started.elapsed();
            if let Some(batch) = self.follower.look(clock) {
                self.pace.found(clock);
                return batch;
            }
            // Once: what is there and cannot be read must not be asked for without end.
            if at_once && self.follower.has_more() {
                at_once = false;
                tokio::task::yield_now().await;
            } else if self.pace.is_still_busy() {
                sleep(pace::LOOK).await;
            } else if !self.arm(clock).await {
                // Waking up by the tick is as good a reason to look.
                let woken = timeout(self.follower.due(self.tick), self.watch.changed()).await;
                if woken.is_ok() {
                    sleep(pace::GATHER).await;
                }
            }
        }
    }

    /// True if another look is due.
    async fn arm(&mut self, clock: Duration) -> bool {
        let (path, current) = (self.follower.path(), self.follower.current());
        let (armed, problem) = self.watch.arm(path, current, self.tick, clock).await;
        armed || problem.map(|problem| self.follower.tell(problem)).is_some()
    }
}

impl Source for FileSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        let batch = self.batch().await;
        self.deliver(batch)
    }
}
