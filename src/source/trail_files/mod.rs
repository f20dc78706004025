//! CloudTrail's records from files, as a trail delivers them and as tools print them.
//!
//! Looks below a path at every tick. A file is streamed, never held: each delivery takes its next
//! records, and a restart in its midst goes on behind them. One that ends in the midst of a record
//! may still be being written, and is looked at again. A file is known by its name and the time of
//! its last change (see [`known`]). One that changes is read again; where it only grew, what was
//! there before is not handed on twice. That another file, or LookupEvents, shows the same
//! event is for `memory::Memory` to know.

mod known;
mod reading;
mod scan;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use self::known::Known;
use self::reading::{Ended, Reading};
use self::scan::Found;
use super::{Delivery, Problem, ProblemReason, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId, SourceKind};

/// A file that did not change for this long is complete, nanoseconds.
const SETTLED_AFTER: i64 = 60 * 1_000_000_000;

/// Bytes that one delivery unpacks, about: so many are read before a scrape has its turn.
const BYTES_AT_ONCE: usize = 4 << 20;

/// Files that one delivery reads to their end at most.
const FILES_AT_ONCE: usize = 64;

/// Follows one file, or every `.json` and `.json.gz` below a directory.
#[derive(Debug)]
pub struct TrailSource {
    id: SourceId,
    root: PathBuf,
    tick: Duration,
    next_scan: Instant,
    known: Known,
    /// Found and not yet read, in the order of their change.
    waiting: VecDeque<Found>,
    /// The one that is being read, with what of it was handed on.
    reading: Option<Box<Reading>>,
    /// Told of and not read, with the change at which that was.
    told: BTreeMap<PathBuf, i64>,
    /// When the last scan began, nanoseconds.
    scanned: i64,
    up: bool,
    caught_up: bool,
    batch: Vec<Vec<u8>>,
    problems: Vec<Problem>,
}

/// What a scan or reading brings back from the blocking thread.
type Looked = (io::Result<Vec<Found>>, Vec<(PathBuf, io::Error)>);

impl TrailSource {
    /// Goes on behind `position`. Reads nothing yet.
    pub fn open(root: PathBuf, tick: Duration, position: Option<&Position>) -> Self {
        TrailSource {
            id: SourceId::new(SourceKind::Trail, root.display()),
            root,
            tick,
            next_scan: Instant::now(),
            known: position.and_then(Known::restore).unwrap_or_default(),
            waiting: VecDeque::new(),
            reading: None,
            told: BTreeMap::new(),
            scanned: 0,
            up: true,
            caught_up: false,
            batch: Vec::new(),
            problems: Vec::new(),
        }
    }

    async fn scan(&mut self) {
        tokio::time::sleep_until(self.next_scan).await;
        let started = now().nanoseconds();
        let root = self.root.clone();
        let (found, troubles) = blocking(move || -> Looked {
            let mut troubles = Vec::new();
            (scan::files(&root, &mut troubles), troubles)
        })
        .await;
        self.next_scan = Instant::now() + self.tick;
        self.scanned = started;
        for (path, error) in troubles {
            self.tell(path, 0, ProblemReason::Unreadable, &error.to_string(), PERMIT);
        }
        match found {
            Ok(found) => self.choose(found),
            Err(error) => self.root_gone(&error),
        }
    }

    /// What is new or changed, but what was told of as unreadable and is still the same.
    fn choose(&mut self, found: Vec<Found>) {
        self.up = true;
        let (known, told) = (&self.known, &self.told);
        let fresh = |f: &Found| {
            !known.holds(&f.name, f.changed, f.size) && told.get(&f.path) != Some(&f.changed)
        };
        self.waiting = found.into_iter().filter(fresh).collect();
    }

    fn root_gone(&mut self, error: &io::Error) {
        self.waiting.clear();
        if !std::mem::replace(&mut self.up, false) && self.caught_up {
            return;
        }
        let (reason, remedy) = match error.kind() {
            io::ErrorKind::NotFound => (
                ProblemReason::Missing,
                "look at --cloudtrail.path; it is read as soon as it is there",
            ),
            _ => (ProblemReason::Unreadable, PERMIT),
        };
        let message = format!("{}: {error}; {remedy}", self.root.display());
        self.problems.push(Problem { reason, count: 1, message });
    }

    /// Reads on in the file at hand, then in those that wait, as much as goes into one delivery.
    async fn read(&mut self) {
        let mut bytes = 0;
        for _ in 0..FILES_AT_ONCE {
            let reading = match self.reading.take() {
                Some(reading) => reading,
                None => match self.waiting.pop_front() {
                    Some(found) => Box::new(self.begin(found)),
                    None => break,
                },
            };
            let (reading, records, ended) =
                blocking(move || reading.read_on(BYTES_AT_ONCE.saturating_sub(bytes))).await;
            bytes +=
                records.iter().map(Vec::len).sum::<usize>() + reading.found.path.as_os_str().len();
            self.batch.extend(records);
            match ended {
                None => {
                    self.known.is_at(reading.found.clone().name, reading.mark());
                    self.reading = Some(reading);
                    break;
                }
                Some(ended) => self.end(*reading, ended),
            }
        }
        self.known.forget(self.scanned - SETTLED_AFTER);
    }

    fn begin(&self, found: Found) -> Reading {
        let before = self.known.mark(&found.name).cloned();
        Reading::new(found, before)
    }

    fn end(&mut self, reading: Reading, ended: Ended) {
        let mark = reading.mark();
        let found = reading.found;
        match ended {
            Ended::Whole => {
                self.told.remove(&found.path);
                self.known.remember(found.name, mark);
            }
            Ended::Io(error) if error.kind() == io::ErrorKind::NotFound => {}
            Ended::Io(error) => {
                let reason = ProblemReason::Unreadable;
                self.tell(found.path, found.changed, reason, &error.to_string(), PERMIT);
            }
            Ended::Content(error) => {
                let settled = found.changed <= now().nanoseconds() - SETTLED_AFTER;
                if mark.records > 0 {
                    self.known.is_at(found.name, mark);
                }
                // It may still be being written: the next tick looks again.
                if settled {
                    let reason = ProblemReason::Malformed;
                    self.tell(found.path, found.changed, reason, &error.to_string(), RENEW);
                }
            }
        }
    }

    /// Tells of a file once, until it changes.
    fn tell(&mut self, path: PathBuf, at: i64, reason: ProblemReason, cause: &str, remedy: &str) {
        if self.told.get(&path) == Some(&at) {
            return;
        }
        let message = format!("{}: {cause}; {remedy}", path.display());
        self.problems.push(Problem { reason, count: 1, message });
        self.told.insert(path, at);
    }

    fn deliver(&mut self) -> Delivery<'_> {
        self.caught_up = self.waiting.is_empty() && self.reading.is_none();
        let report = Report {
            up: self.up,
            caught_up: self.caught_up,
            bytes: self.batch.iter().map(|record| record.len() as u64).sum(),
            lag_bytes: self.waiting.iter().map(|found| found.size).sum::<u64>()
                + self.reading.as_ref().map_or(0, |reading| reading.left()),
            problems: std::mem::take(&mut self.problems),
            ..Report::default()
        };
        Delivery {
            records: Records::CloudTrail(&self.batch),
            position: self.known.position(),
            reference: now(),
            year: None,
            report,
        }
    }

    /// The path that is followed.
    pub fn path(&self) -> &Path {
        &self.root
    }
}

const PERMIT: &str = "let the exporter's user read it";
const RENEW: &str = "put a whole file in its place; it is read when it changes";

impl Source for TrailSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.batch.clear();
        if self.waiting.is_empty() && self.reading.is_none() {
            self.scan().await;
        }
        if !self.waiting.is_empty() || self.reading.is_some() {
            self.read().await;
        }
        self.deliver()
    }
}

/// Runs what waits for a disk away from the tasks that answer.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down: nobody waits for the answer.
            Err(_) => std::future::pending().await,
        },
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use super::*;

    fn damaged(changed: i64) -> Vec<Problem> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json");
        std::fs::write(&path, "{\"Records\":[").unwrap();
        let found = Found { changed, name: "a.json".to_owned(), path, size: 12 };
        let mut source = TrailSource::open(directory.path().to_owned(), Duration::ZERO, None);
        for _ in 0..2 {
            let (reading, _, ended) = Box::new(Reading::new(found.clone(), None)).read_on(1 << 20);
            source.end(*reading, ended.unwrap());
        }
        source.problems
    }

    #[test]
    fn a_damaged_file_is_told_of_once_when_nobody_writes_it_any_more() {
        assert!(damaged(now().nanoseconds()).is_empty());
        let problems = damaged(now().nanoseconds() - 2 * SETTLED_AFTER);
        let [problem] = &problems[..] else { panic!("{problems:?}") };
        assert_eq!(problem.reason, ProblemReason::Malformed);
        assert!(
            problem.message.contains("a.json: it ends in the midst of a record; "),
            "{}",
            problem.message
        );
        assert!(
            problem
                .message
                .ends_with("; put a whole file in its place; it is read when it changes")
        );
    }
}
