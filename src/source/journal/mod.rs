//! The systemd journal, followed through journalctl.
//!
//! The cursor of the last entry is the position. A journal that no longer holds that entry (a
//! volatile one after a reboot, one that was vacuumed) has a gap, which is said and counted; what
//! is there is read from the nearest entry on. Until there is a cursor, the position is the time
//! behind which reading began.

mod command;
mod entry;
mod trouble;

use std::time::{Duration, SystemTime};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout};
use tokio::time::Instant;

pub use self::command::Journalctl;
use self::command::{Beginning, Failure};
use self::entry::Entry;
use super::{Delivery, Problem, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId};

/// The longest line of journalctl that is kept. A byte of a message that is no UTF-8 takes up to
/// five bytes of JSON.
const LONGEST_LINE: usize = 8 << 20;

/// What is read at once.
const BLOCK: usize = 64 << 10;

const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// Follows the journal; starts journalctl again when it ends.
#[derive(Debug)]
pub struct JournalSource {
    id: SourceId,
    journalctl: Journalctl,
    first_back_off: Duration,
    cursor: Option<String>,
    /// As long as there is no cursor: older entries are left out.
    since: Option<Time>,
    follower: Option<Follower>,
    /// Entries of the last delivery.
    entries: Vec<Entry>,
    /// journalctl ended so many times in a row without an entry.
    failures: u32,
    start_at: Instant,
    /// The newest entry when journalctl was started, as long as it did not come.
    newest: Option<Entry>,
    up: bool,
    caught_up: bool,
    bytes: u64,
    problems: Vec<Problem>,
}

/// A journalctl that runs, and what of its output is no whole line yet.
#[derive(Debug)]
struct Follower {
    /// Killed when it is dropped.
    child: Child,
    output: ChildStdout,
    buffer: Vec<u8>,
    /// A line longer than [`LONGEST_LINE`] is being passed over.
    passing_over: bool,
    /// The entry of the cursor, which comes first if the journal still holds it.
    expected: Option<String>,
}

impl JournalSource {
    /// Goes on behind `position`, or begins with the oldest entry. Reads nothing yet.
    /// `first_back_off` is the wait before journalctl is started again; it doubles up to a minute.
    pub fn open(
        journalctl: Journalctl,
        first_back_off: Duration,
        position: Option<&Position>,
    ) -> Self {
        let saved = position.map(Position::to_json).unwrap_or_default();
        let saved = |key| saved.get(key);
        let since = saved("since").and_then(|nanoseconds| nanoseconds.as_i64());
        JournalSource {
            id: SourceId::journal(),
            journalctl,
            first_back_off,
            cursor: saved("cursor").and_then(|cursor| cursor.as_str()).map(str::to_owned),
            since: since.map(Time::from_nanoseconds),
            follower: None,
            entries: Vec::new(),
            failures: 0,
            start_at: Instant::now(),
            newest: None,
            up: true,
            caught_up: false,
            bytes: 0,
            problems: Vec::new(),
        }
    }

    /// The position of one who read all that is older.
    pub fn position_since(time: Time) -> Position {
        Position::json(serde_json::json!({ "since": time.nanoseconds() }))
    }

    /// Leaves out what is older, where there is no position to go on from.
    pub fn since(mut self, time: Time) -> Self {
        self.since = Some(time);
        self
    }

    /// Where journalctl is to begin.
    fn beginning(&self) -> Beginning<'_> {
        match (&self.cursor, self.since) {
            (Some(cursor), _) => Beginning::At(cursor),
            (None, Some(time)) => Beginning::Since(time),
            (None, None) => Beginning::Oldest,
        }
    }

    /// Starts journalctl, after the wait that earlier failures ask for.
    async fn start(&mut self) {
        tokio::time::sleep_until(self.start_at).await;
        let newest = match self.journalctl.newest(self.beginning()).await {
            Ok(newest) => newest,
            Err(failure) => return self.failed(&failure),
        };
        match self.journalctl.follow(self.beginning()).map(Follower::new) {
            Ok(Some(mut follower)) => {
                follower.expected.clone_from(&self.cursor);
                self.follower = Some(follower);
                self.started(newest);
            }
            Ok(None) => self.failed(&Failure::Ended("it has no output".to_owned())),
            Err(failure) => self.failed(&failure),
        }
    }

    fn started(&mut self, newest: Option<Entry>) {
        self.up = true;
        self.newest = newest.filter(|newest| Some(&newest.cursor) != self.cursor.as_ref());
        self.caught_up = self.newest.is_none();
    }

    fn failed(&mut self, failure: &Failure) {
        self.follower = None;
        self.up = false;
        self.failures = self.failures.saturating_add(1);
        let factor = 1u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
        let wait = self.first_back_off.saturating_mul(factor).min(LONGEST_BACK_OFF);
        self.start_at = Instant::now() + wait;
        self.problems.push(trouble::of_journalctl(&self.journalctl, failure));
    }

    /// Reads what journalctl printed; returns whether there is something to tell.
    async fn read(&mut self) -> bool {
        let Some(follower) = &mut self.follower else { return false };
        follower.buffer.reserve(BLOCK);
        match follower.output.read_buf(&mut follower.buffer).await {
            Ok(read) if read > 0 => self.take(),
            _ => {
                self.ended().await;
                true
            }
        }
    }

    async fn ended(&mut self) {
        let Some(follower) = &mut self.follower else { return };
        let status = match follower.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.failed(&Failure::Ended(status));
    }

    /// Takes the whole lines in; returns whether there is something to tell.
    fn take(&mut self) -> bool {
        let Some(follower) = &mut self.follower else { return false };
        let Some(end) = memchr::memrchr(b'\n', &follower.buffer) else {
            return self.too_long();
        };
        let lines: Vec<u8> = follower.buffer.drain(..=end).collect();
        let passed_over = std::mem::take(&mut follower.passing_over);
        self.bytes += lines.len() as u64;
        for line in lines.split(|byte| *byte == b'\n').skip(usize::from(passed_over)) {
            if !line.is_empty() {
                self.line(line);
            }
        }
        !self.entries.is_empty() || !self.problems.is_empty()
    }

    fn line(&mut self, line: &[u8]) {
        match Entry::read(line) {
            Some(entry) => self.entry(entry),
            None => self.problems.push(trouble::no_entry(line)),
        }
    }

    fn entry(&mut self, entry: Entry) {
        self.failures = 0;
        self.notice_newest(&entry);
        let expected = self.follower.as_mut().and_then(|follower| follower.expected.take());
        match expected {
            // It was delivered before.
            Some(expected) if expected == entry.cursor => return,
            Some(_) => self.problems.push(trouble::gap(&entry)),
            None => {}
        }
        self.cursor = Some(entry.cursor.clone());
        self.entries.push(entry);
    }

    fn notice_newest(&mut self, entry: &Entry) {
        let reached = |newest: &Entry| newest.cursor == entry.cursor || newest.time < entry.time;
        if self.newest.as_ref().is_some_and(reached) {
            self.newest = None;
            self.caught_up = true;
        }
    }

    /// A line past the bound is passed over; returns whether that is to be told now.
    fn too_long(&mut self) -> bool {
        let Some(follower) = &mut self.follower else { return false };
        if follower.buffer.len() < LONGEST_LINE {
            return false;
        }
        follower.buffer = Vec::new();
        if std::mem::replace(&mut follower.passing_over, true) {
            return false;
        }
        self.problems.push(trouble::too_long());
        true
    }

    fn position(&self) -> Position {
        match (&self.cursor, self.since) {
            (None, Some(since)) => JournalSource::position_since(since),
            (cursor, _) => Position::json(serde_json::json!({ "cursor": cursor })),
        }
    }

    fn deliver(&mut self) -> Delivery<'_> {
        let report = Report {
            up: self.up,
            caught_up: self.caught_up,
            bytes: std::mem::take(&mut self.bytes),
            problems: std::mem::take(&mut self.problems),
            ..Report::default()
        };
        Delivery {
            records: Records::Journal(self.entries.iter().map(Entry::lend).collect()),
            position: self.position(),
            reference: now(),
            report,
        }
    }
}

impl Follower {
    fn new(mut child: Child) -> Option<Self> {
        let output = child.stdout.take()?;
        let (buffer, expected) = (Vec::new(), None);
        Some(Follower { child, output, buffer, passing_over: false, expected })
    }
}

impl Source for JournalSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.entries.clear();
        loop {
            if self.follower.is_none() {
                self.start().await;
                return self.deliver();
            }
            if self.read().await {
                return self.deliver();
            }
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
