//! The systemd journal, followed through journalctl.
//!
//! The cursor of the last entry is the position. A journal that no longer holds that entry (a
//! volatile one after a reboot, one that was vacuumed) has a gap, which is said and counted; what
//! is there is read from the nearest entry on. Until there is a cursor, the position is the time
//! behind which reading began.
//!
//! A journalctl that follows does not see that the journal's folder was removed and made anew: it
//! waits for ever. So when nothing came for a minute the newest entry is asked for, and where that
//! is one that should have come, journalctl is started again.

mod command;
pub mod export;
mod trouble;

use std::ops::Range;
use std::time::{Duration, SystemTime};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdout};
use tokio::time::{Instant, timeout};

use self::command::Newest;
pub use self::command::{Beginning, Journalctl};
use self::export::{Entry, Sieve};
use self::trouble::Failure;
use super::{Delivery, Problem, Records, Report, Source};
use crate::event::Time;
use crate::record::{JournalEntry, Position, SourceId};

/// What is read at once.
const BLOCK: usize = 64 << 10;

const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// How long entries are gathered.
const GATHER: Duration = Duration::from_millis(10);

/// After so much silence the newest entry is asked for.
const SILENCE: Duration = Duration::from_secs(60);

/// How long journalctl may take to print an entry that is there.
const LATE: Duration = Duration::from_secs(1);

/// Follows the journal; starts journalctl again when it ends.
#[derive(Debug)]
pub struct JournalSource {
    id: SourceId,
    journalctl: Journalctl,
    first_back_off: Duration,
    silence: Duration,
    cursor: Option<String>,
    /// As long as there is no cursor: older entries are left out.
    since: Option<Time>,
    follower: Option<Follower>,
    /// What journalctl printed of the last delivery, and where its entries stand in it.
    block: Vec<u8>,
    entries: Vec<Range<usize>>,
    /// journalctl ended so many times in a row without an entry.
    failures: u32,
    start_at: Instant,
    /// The newest entry when journalctl was started, as long as it did not come.
    newest: Option<Newest>,
    up: bool,
    caught_up: bool,
    bytes: u64,
    problems: Vec<Problem>,
}

/// A journalctl that runs, and what of its output is no whole entry yet.
#[derive(Debug)]
struct Follower {
    /// Killed when it is dropped.
    child: Child,
    output: ChildStdout,
    sieve: Sieve,
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
            silence: SILENCE,
            cursor: saved("cursor").and_then(|cursor| cursor.as_str()).map(str::to_owned),
            since: since.map(Time::from_nanoseconds),
            follower: None,
            block: Vec::new(),
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

    /// Asks for the newest entry after so much silence.
    pub fn ask_after(mut self, silence: Duration) -> Self {
        self.silence = silence;
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

    fn started(&mut self, newest: Option<Newest>) {
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
        self.problems.push(trouble::of_journalctl(&self.journalctl.program, failure));
    }

    /// Reads what journalctl printed; returns whether there is something to tell.
    async fn read(&mut self) -> bool {
        let Some(follower) = &mut self.follower else { return false };
        match follower.read().await {
            Ok(read) if read > 0 => {
                self.gather(read).await;
                self.take()
            }
            _ => {
                self.ended().await;
                true
            }
        }
    }

    /// journalctl prints entry by entry: what comes within a moment is taken together.
    async fn gather(&mut self, read: usize) {
        if read >= BLOCK / 2 || !self.caught_up {
            return tokio::task::yield_now().await;
        }
        tokio::time::sleep(GATHER).await;
        let Some(follower) = &mut self.follower else { return };
        // Only what is there: that it has ended is found by the next read.
        let _ = timeout(Duration::ZERO, follower.read()).await;
    }

    async fn ended(&mut self) {
        let Some(follower) = &mut self.follower else { return };
        let status = match follower.child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        self.failed(&Failure::Ended(status));
    }

    /// Takes the whole entries in; returns whether there is something to tell.
    fn take(&mut self) -> bool {
        let Some(follower) = &mut self.follower else { return false };
        self.block.clear();
        let too_long = follower.sieve.take(&mut self.block, &mut self.entries);
        self.problems.extend((0..too_long).map(|_| trouble::too_long()));
        self.bytes += self.block.len() as u64;
        self.take_entries();
        !self.entries.is_empty() || !self.problems.is_empty()
    }

    fn take_entries(&mut self) {
        let block = std::mem::take(&mut self.block);
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|range| match export::read(&block[range.clone()]) {
            Some(entry) => self.is_new(&entry),
            None => {
                self.problems.push(trouble::no_entry(&block[range.clone()]));
                false
            }
        });
        (self.block, self.entries) = (block, entries);
    }

    /// False of the entry that was delivered before.
    fn is_new(&mut self, entry: &Entry<'_>) -> bool {
        self.failures = 0;
        self.notice_newest(entry);
        let expected = self.follower.as_mut().and_then(|follower| follower.expected.take());
        match expected {
            Some(expected) if expected == entry.cursor => return false,
            Some(_) => self.problems.push(trouble::gap(entry.record.time)),
            None => {}
        }
        let cursor = self.cursor.get_or_insert_default();
        cursor.clear();
        cursor.push_str(entry.cursor);
        true
    }

    fn notice_newest(&mut self, entry: &Entry<'_>) {
        let reached =
            |newest: &Newest| newest.cursor == entry.cursor || newest.time < entry.record.time;
        if self.newest.as_ref().is_some_and(reached) {
            self.newest = None;
            self.caught_up = true;
        }
    }

    /// Nothing came for long. Starts journalctl again where the newest entry should have come, or
    /// where there is none any more.
    async fn make_sure(&mut self) {
        let newest = match self.journalctl.newest(self.beginning()).await {
            Ok(newest) => newest,
            Err(failure) => return self.failed(&failure),
        };
        let newest = newest.map(|newest| newest.cursor);
        if newest == self.cursor || timeout(LATE, self.readable()).await.is_ok() {
            return;
        }
        self.follower = None;
    }

    /// Waits until journalctl has printed something.
    async fn readable(&mut self) {
        let Some(follower) = &mut self.follower else { return };
        // What was read stays in the buffer for the next look.
        let _ = follower.read().await;
    }

    fn position(&self) -> Position {
        match (&self.cursor, self.since) {
            (None, Some(since)) => JournalSource::position_since(since),
            (cursor, _) => Position::json(serde_json::json!({ "cursor": cursor })),
        }
    }

    fn lend(&self) -> Vec<JournalEntry<'_>> {
        let read = |range: &Range<usize>| export::read(&self.block[range.clone()]);
        self.entries.iter().filter_map(read).map(|entry| entry.record).collect()
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
            records: Records::Journal(self.lend()),
            position: self.position(),
            reference: now(),
            year: None,
            report,
        }
    }
}

impl Follower {
    fn new(mut child: Child) -> Option<Self> {
        let output = child.stdout.take()?;
        Some(Follower { child, output, sieve: Sieve::default(), expected: None })
    }

    /// Takes in what was printed; how many bytes, none at the end.
    async fn read(&mut self) -> std::io::Result<usize> {
        let buffer = self.sieve.buffer();
        buffer.reserve(BLOCK);
        self.output.read_buf(buffer).await
    }
}

impl Source for JournalSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.entries.clear();
        // What came while it was made sure that journalctl sees.
        if self.take() {
            return self.deliver();
        }
        loop {
            if self.follower.is_none() {
                self.start().await;
                return self.deliver();
            }
            match timeout(self.silence, self.read()).await {
                Ok(true) => return self.deliver(),
                Ok(false) => {}
                Err(_) => self.make_sure().await,
            }
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
