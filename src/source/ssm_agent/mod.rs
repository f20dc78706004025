//! What amazon-ssm-agent has at work on this host: a file of its state for each document.
//!
//! The agent writes `DIR/INSTANCE/document/state/pending/ID` (0600 root, JSON), renames it to
//! `current/ID` when it begins to work on it, writes it again in place, and removes it at the end
//! (agent/docmanager/docmanager.go, `PersistDocumentState` and `MoveDocumentState`;
//! agent/framework/processor/processor.go). Sessions of Session Manager and commands of Run
//! Command lie side by side; which is which is for `parse` to tell.
//!
//! State, not lines: what is there is open, what is gone has ended. So a restart of the agent or
//! of the exporter counts nothing twice. The kernel says when a folder changes ([`watch`]), and a
//! slow tick looks at all of it, whatever the kernel said. A file is read as soon as it is born,
//! while it is pending: one that is gone before it could be read is told of, and is no session.

mod folders;
mod known;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use self::folders::{Folders, Look, Name};
use self::known::Known;
use self::watch::{Changes, Watch};
use super::{Delivery, Problem, ProblemReason, Records, Report, Source};
use crate::event::Time;
use crate::record::{AgentChange, AgentDocument, Position, SourceId, SourceKind};

/// Where every package of the agent keeps its state.
pub const DEFAULT_DIR: &str = "/var/lib/amazon/ssm";

/// How often everything is looked at, whatever the kernel said.
const TICK: Duration = Duration::from_secs(30);

/// The same where the kernel says nothing: the promise of a second rests on it.
const BLIND_TICK: Duration = Duration::from_secs(1);

/// How long a file may stay half written before it is told of, nanoseconds.
const SETTLED_AFTER: i64 = 10_000_000_000;

/// Names that are remembered of files that are gone: changes that name them may still come.
const PAST: usize = 1_024;

/// Documents that are remembered. The agent works on a handful.
const DOCUMENTS: usize = 16_384;

/// What the source is told.
#[derive(Clone, Debug)]
pub struct AgentSettings {
    pub dir: PathBuf,
    /// The name that the events of this host bear.
    pub host: String,
    /// When the kernel started: a file from before then was left behind.
    pub boot: Option<Time>,
    /// How often the whole folder is looked at.
    pub tick: Duration,
}

impl AgentSettings {
    pub fn new(dir: impl Into<PathBuf>, host: &str, boot: Option<Time>) -> Self {
        AgentSettings { dir: dir.into(), host: host.to_owned(), boot, tick: TICK }
    }
}

/// Follows the state of the agent.
#[derive(Debug)]
pub struct AgentSource {
    id: SourceId,
    settings: AgentSettings,
    folders: Folders,
    watch: Watch,
    known: Known,
    /// Files that the agent left behind when the host went down.
    left_behind: BTreeSet<Name>,
    /// Files that were not whole when they were read, by the time of their first sight.
    unfinished: BTreeMap<Name, i64>,
    /// Names of files that are gone, the newer ones and the older ones.
    past: [BTreeSet<Name>; 2],
    /// What was told of by the last look at everything, and since: each is told once while it lasts.
    told: BTreeSet<String>,
    telling: BTreeSet<String>,
    next_scan: Instant,
    scanned_once: bool,
    up: bool,
    bytes: u64,
    batch: Vec<AgentDocument>,
    problems: Vec<Problem>,
}

impl AgentSource {
    /// Goes on behind `position`. Reads nothing yet.
    pub fn open(settings: AgentSettings, position: Option<&Position>) -> Self {
        AgentSource {
            id: AgentSource::id_of_host(),
            folders: Folders::new(&settings.dir),
            settings,
            watch: Watch::new(),
            known: position.and_then(Known::restore).unwrap_or_default(),
            left_behind: BTreeSet::new(),
            unfinished: BTreeMap::new(),
            past: Default::default(),
            told: BTreeSet::new(),
            telling: BTreeSet::new(),
            next_scan: Instant::now(),
            scanned_once: false,
            up: true,
            bytes: 0,
            batch: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The name of the source. A host has one agent.
    pub fn id_of_host() -> SourceId {
        SourceId::new(SourceKind::SsmAgent, "")
    }

    /// A position before everything: what is found is news, and no baseline. For a folder that
    /// was made while the exporter watched for it.
    pub fn beginning() -> Position {
        Known::default().position()
    }

    /// Looks at every file, and at every one that is known.
    fn scan(&mut self) {
        self.next_scan = Instant::now() + self.settings.tick;
        if !self.scanned_once {
            self.end_before_boot();
        }
        self.watch.begin();
        // The watches come first, so that nothing falls between the look and the watch.
        let scan = self.folders.scan(|dir| self.watch.add(dir));
        self.tell_watch();
        let found = match scan {
            Ok(found) => found,
            Err((path, error)) => {
                self.blind(&path.display().to_string(), &error);
                self.told = std::mem::take(&mut self.telling);
                return;
            }
        };
        self.up = true;
        self.left_behind.retain(|name| found.contains(name));
        let known: Vec<Name> =
            self.known.names().filter(|n| !found.contains(*n)).cloned().collect();
        for name in found.iter().chain(&known) {
            self.look(name);
        }
        self.unfinished.retain(|name, _| found.contains(name));
        self.told = std::mem::take(&mut self.telling);
        self.scanned_once = true;
    }

    /// What was open before the host went down ended with it, also where its file is still there.
    fn end_before_boot(&mut self) {
        let Some(boot) = self.settings.boot else { return };
        let over: Vec<Name> = self.known.born_before(boot).cloned().collect();
        for name in over {
            self.known.remove(&name);
            self.ended(&name, boot, false);
        }
    }

    /// Reads one file, or notes that it is gone.
    fn look(&mut self, name: &Name) {
        match self.folders.look(name) {
            Look::Gone => self.gone(name),
            _ if self.known.holds(name) || self.left_behind.contains(name) => {}
            Look::There { born, state } => self.there(name, born, state),
            Look::Unfinished { seen } => self.unfinished(name, seen),
            Look::Foreign => self.tell(
                ProblemReason::Untrusted,
                name,
                "it belongs neither to root nor to the exporter's user, so it proves nothing",
                "look who put it there",
            ),
            Look::Unreadable(error) => {
                self.tell(ProblemReason::Unreadable, name, &error.to_string(), PERMIT);
            }
        }
    }

    fn there(&mut self, name: &Name, born: Time, state: Vec<u8>) {
        self.unfinished.remove(name);
        self.past.iter_mut().for_each(|past| {
            past.remove(name);
        });
        if self.settings.boot.is_some_and(|boot| born < boot) {
            self.left_behind.insert(name.clone());
            return;
        }
        if self.known.len() >= DOCUMENTS {
            let cause = format!("more than {DOCUMENTS} documents are at work");
            return self.tell(ProblemReason::Gap, name, &cause, "look at what the agent does");
        }
        self.bytes += state.len() as u64;
        self.known.insert(name.clone(), born);
        self.push(name, AgentChange::Began { time: born, state });
    }

    /// It is being written: the next change or tick reads it again.
    fn unfinished(&mut self, name: &Name, seen: Time) {
        let first = *self.unfinished.entry(name.clone()).or_insert(seen.nanoseconds());
        if now().nanoseconds() - first > SETTLED_AFTER {
            let remedy = "look at the agent's log; it is read when it changes";
            self.tell(ProblemReason::Malformed, name, "it is no whole JSON", remedy);
        }
    }

    fn gone(&mut self, name: &Name) {
        self.unfinished.remove(name);
        let told_of = self.is_past(name);
        if self.known.remove(name) {
            // What went while nobody looked went before the folder's last change.
            let (time, watched) = match self.scanned_once {
                true => (now(), true),
                false => (self.folders.changed(name).unwrap_or_else(now).min(now()), false),
            };
            self.ended(name, time, watched);
        } else if !self.left_behind.remove(name) && !told_of {
            self.vanished(name);
        }
    }

    /// Whether this file was known to be gone; it is from now on.
    fn is_past(&mut self, name: &Name) -> bool {
        if self.past.iter().any(|past| past.contains(name)) {
            return true;
        }
        if self.past[0].len() >= PAST {
            self.past[1] = std::mem::take(&mut self.past[0]);
        }
        self.past[0].insert(name.clone());
        false
    }

    fn vanished(&mut self, name: &Name) {
        let message = format!(
            "{}: it came and went before it could be read, so whether it was a session is not \
             known; CloudTrail tells (--cloudtrail.region)",
            name.id
        );
        self.problems.push(Problem { reason: ProblemReason::Vanished, count: 1, message });
    }

    fn ended(&mut self, name: &Name, time: Time, watched: bool) {
        self.push(name, AgentChange::Ended { time, watched });
    }

    fn push(&mut self, name: &Name, change: AgentChange) {
        self.batch.push(AgentDocument {
            host: self.settings.host.clone(),
            instance: name.instance.clone(),
            id: name.id.clone(),
            change,
        });
    }

    /// Nothing can be seen: what is open stays open until it can be looked at again.
    fn blind(&mut self, path: &str, error: &std::io::Error) {
        self.up = false;
        let (reason, remedy) = match error.kind() {
            std::io::ErrorKind::NotFound => (
                ProblemReason::Missing,
                "install amazon-ssm-agent, or name its folder with --ssm-agent.dir; it is read as \
                 soon as it is there",
            ),
            _ => (ProblemReason::Unreadable, PERMIT),
        };
        self.tell_once(path.to_owned(), reason, &error.to_string(), remedy);
    }

    fn tell_watch(&mut self) {
        if let Some(error) = self.watch.failed() {
            let cause = format!("the kernel does not watch the agent's folder: {error}");
            self.tell_once(
                "inotify".to_owned(),
                ProblemReason::WatchFailed,
                &cause,
                "raise fs.inotify.max_user_watches and max_user_instances; until then the folder \
                 is looked at each second",
            );
        }
    }

    fn tell(&mut self, reason: ProblemReason, name: &Name, cause: &str, remedy: &str) {
        let path = self.folders.path(name).display().to_string();
        self.tell_once(path, reason, cause, remedy);
    }

    fn tell_once(&mut self, thing: String, reason: ProblemReason, cause: &str, remedy: &str) {
        let message = format!("{thing}: {cause}; {remedy}");
        if self.telling.insert(message.clone()) && !self.told.contains(&message) {
            self.problems.push(Problem { reason, count: 1, message });
        }
    }

    fn take(&mut self, changes: Changes) {
        for name in &changes.files {
            self.look(name);
        }
        if changes.folders {
            self.scan();
        }
    }

    /// Whether there is something to tell before the next tick.
    fn has_news(&self) -> bool {
        !self.batch.is_empty() || !self.problems.is_empty()
    }

    fn deliver(&mut self) -> Delivery<'_> {
        let report = Report {
            up: self.up,
            caught_up: self.up,
            bytes: std::mem::take(&mut self.bytes),
            problems: std::mem::take(&mut self.problems),
            ..Report::default()
        };
        Delivery {
            records: Records::Agent(&self.batch),
            position: self.known.position(),
            reference: now(),
            year: None,
            report,
        }
    }
}

const PERMIT: &str =
    "run as root, or grant CAP_DAC_READ_SEARCH as read-root-files.conf does (README, Permissions)";

impl Source for AgentSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.batch.clear();
        loop {
            let tick = match self.watch.works() {
                true => self.next_scan,
                false => self.next_scan.min(Instant::now() + BLIND_TICK),
            };
            tokio::select! {
                changes = self.watch.changes() => {
                    self.take(changes);
                    if self.has_news() {
                        return self.deliver();
                    }
                }
                () = tokio::time::sleep_until(tick) => {
                    self.scan();
                    return self.deliver();
                }
            }
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

#[cfg(test)]
mod tests;
