//! Following this host's log, whichever it is at the time.
//!
//! Owns the seam between journal and file: what the one told before the other was followed is not
//! told again, and nothing between them is left out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tracing::info;

use super::host_log::{self, Choice, HostLog};
use super::{JOURNAL_BACK_OFF, check_readable};
use crate::config::{AuthLog, Settings, Start};
use crate::event::Time;
use crate::host;
use crate::pipeline::{Beside, Ledger, Pipeline, SEAM, Span, Told, now};
use crate::record::{JournalEntry, Position, SourceId, SourceKind};
use crate::source::file::{self, FileSettings, FileSource};
use crate::source::journal::{Beginning, JournalSource, Journalctl};

/// A part of the host's log that is open, ready to be followed.
#[derive(Debug)]
enum Part {
    File(Box<FileSource>, TimeZone),
    Beside(Box<FileSource>, TimeZone, Beside),
    Journal(Box<JournalSource>, TimeZone),
}

/// This host's log, opened at its saved positions.
#[derive(Debug)]
pub(in crate::app) struct HostLogs {
    pub(in crate::app) choice: Choice,
    parts: Vec<Part>,
}

impl HostLogs {
    /// # Errors
    /// There is no log, or one that is named cannot be read.
    pub(in crate::app) async fn open(
        choice: Choice,
        settings: &Settings,
        ledger: &mut Ledger,
    ) -> Result<HostLogs, String> {
        let seam = Seam::find(&choice.log, ledger).await;
        HostLogs::open_at(choice, settings, ledger, seam)
    }

    fn open_at(
        choice: Choice,
        settings: &Settings,
        ledger: &mut Ledger,
        seam: Seam,
    ) -> Result<HostLogs, String> {
        let parts = match &choice.log {
            HostLog::Nothing => Vec::new(),
            HostLog::Journal { beside } => {
                let file = beside.as_ref().map(|log| open_beside(log, ledger, seam));
                let journal = open_journal(settings, ledger, beside.as_ref());
                file.into_iter().chain([journal]).collect()
            }
            HostLog::Files(logs) => {
                let opened = logs.iter().map(|log| open_log(log, ledger, &seam));
                let opened = opened.collect::<Result<_, _>>()?;
                ledger.retire(SourceKind::Journal);
                opened
            }
        };
        Ok(HostLogs { choice, parts })
    }

    /// Follows it for ever, and what another choice would be once that changes.
    pub(in crate::app) async fn follow(self, pipeline: Arc<Pipeline>, settings: Settings) {
        let mut logs = self;
        loop {
            let mut tasks = JoinSet::new();
            info!("{}", logs.choice.sentence());
            tell(&pipeline, &logs.choice);
            logs.spawn(&pipeline, &mut tasks);
            tasks.spawn(host_log::watch_staleness(logs.choice.log.clone(), pipeline.clone()));
            let choice = host_log::other_choice(&settings, &logs.choice).await;
            // What was delivered is counted; a delivery that is given up loses nothing.
            tasks.shutdown().await;
            let position = pipeline.ledger().place_of(&SourceId::journal());
            let last = pipeline.ledger().last_record(&SourceId::journal());
            let seam = Seam::at(&choice.log, position.as_ref(), last).await;
            let opened = HostLogs::open_at(choice, &settings, &mut pipeline.ledger(), seam);
            logs = match opened {
                Ok(opened) => opened,
                Err(why) => {
                    tracing::warn!("{why}");
                    HostLogs { choice: logs.choice, parts: Vec::new() }
                }
            };
        }
    }

    fn spawn(&mut self, pipeline: &Arc<Pipeline>, tasks: &mut JoinSet<()>) {
        let mut first = None;
        for part in self.parts.drain(..) {
            let pipeline = pipeline.clone();
            match part {
                Part::File(source, zone) => {
                    tasks.spawn(async move { pipeline.follow(*source, zone).await });
                }
                Part::Beside(source, zone, beside) => {
                    let (done, is_done) = oneshot::channel();
                    first = Some(is_done);
                    tasks.spawn(async move {
                        pipeline.follow_beside(*source, zone, beside, done).await;
                    });
                }
                Part::Journal(source, zone) => {
                    let first = first.take();
                    tasks.spawn(async move {
                        // What is older than the journal is told before it.
                        if let Some(first) = first {
                            let _ = first.await;
                        }
                        pipeline.follow(*source, zone).await;
                    });
                }
            }
        }
    }
}

fn tell(pipeline: &Pipeline, choice: &Choice) {
    pipeline.own.host_log(choice.log.name(), choice.why.as_str());
    pipeline.ledger().host_log = choice.sentence();
}

/// Which lines of a file the journal does not tell, and by which names it calls this host.
#[derive(Debug, Default)]
struct Seam {
    span: Option<Span>,
    hosts: Vec<String>,
}

impl Seam {
    async fn find(log: &HostLog, ledger: &Ledger) -> Seam {
        let position = ledger.place_of(&SourceId::journal());
        let last = ledger.last_record(&SourceId::journal());
        Seam::at(log, position.as_ref(), last).await
    }

    /// `last` is the newest entry that the journal told before.
    async fn at(log: &HostLog, position: Option<&Position>, last: Option<Time>) -> Seam {
        let mut seam = Seam { span: None, hosts: own_names() };
        match log {
            HostLog::Nothing => {}
            HostLog::Journal { .. } => seam.before_journal(position, last).await,
            HostLog::Files(_) => seam.behind_journal(last).await,
        }
        seam
    }

    /// Where the journal does not go on where it was left, the file tells what is older than its
    /// first entry.
    async fn before_journal(&mut self, position: Option<&Position>, last: Option<Time>) {
        let cursor = cursor_of(position);
        let (mut first, mut told_first) = (None, Told::default());
        let from = cursor.as_deref().map_or(Beginning::Oldest, Beginning::At);
        let each = |cursor: &str, entry: &JournalEntry<'_>| {
            first.get_or_insert_with(|| (cursor.to_owned(), entry.time));
            told_first.add(entry);
            self.name(entry.host);
        };
        Journalctl::system().first(from, SEAM + 1, each).await;
        let goes_on = first.as_ref().is_some_and(|(first, _)| Some(first) == cursor.as_ref());
        let before = Some(first.map_or_else(now, |(_, time)| time));
        let span = Span { after: last, before, told_last: None, told_first };
        self.span = (!goes_on).then_some(span);
    }

    /// Where the journal was read before, the file tells what is newer than its last entry.
    async fn behind_journal(&mut self, last: Option<Time>) {
        let Some(last) = last else { return };
        let (mut told, mut is_known) = (Told::default(), false);
        let from = Beginning::Since(last.saturating_add_seconds(-SEAM));
        let each = |_: &str, entry: &JournalEntry<'_>| {
            if entry.time <= last {
                told.add(entry);
                is_known = true;
            }
            self.name(entry.host);
        };
        Journalctl::system().first(from, SEAM + 1, each).await;
        let told_last = is_known.then_some(told);
        self.span = Some(Span { after: Some(last), told_last, ..Span::default() });
    }

    fn name(&mut self, host: &str) {
        if !self.hosts.iter().any(|known| known == host) {
            self.hosts.push(host.to_owned());
        }
    }
}

fn cursor_of(position: Option<&Position>) -> Option<String> {
    position?.to_json().get("cursor")?.as_str().map(str::to_owned)
}

/// The names under which this host's lines stand in its log.
fn own_names() -> Vec<String> {
    let name = hostname();
    let short = name.split('.').next().unwrap_or_default().to_owned();
    vec![name, short, "localhost".to_owned()]
}

fn hostname() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

fn beside_of(seam: Seam, is_second: bool) -> Beside {
    let hosts = seam.hosts;
    // The host may be renamed while it is followed.
    let is_own = move |host: &[u8]| {
        hosts.iter().any(|own| own.as_bytes() == host) || hostname().as_bytes() == host
    };
    Beside::new(Box::new(is_own), seam.span, is_second)
}

fn file_source(log: &AuthLog, position: Option<&Position>) -> Box<FileSource> {
    let start = match log.start {
        Start::Beginning => file::Start::Beginning,
        Start::End => file::Start::End,
    };
    let boot_time = host::boot_time(Path::new("/"));
    let settings = FileSettings { start, boot_time, ..FileSettings::new(&log.path) };
    Box::new(FileSource::new(settings, position))
}

fn open_log(log: &AuthLog, ledger: &mut Ledger, seam: &Seam) -> Result<Part, String> {
    let id = SourceId::file(&log.path);
    let position = ledger.expect(&id);
    // A log that was read before may be away just now: between two steps of a rotation, say.
    if position.is_none() {
        check_readable(&log.path, "--auth-log.path", false)?;
    }
    let source = file_source(log, position.as_ref());
    // What the journal told before stands in the file too, and would count twice.
    Ok(match &seam.span {
        None => Part::File(source, log.time_zone.clone()),
        Some(span) => {
            let seam = Seam { span: Some(span.clone()), hosts: seam.hosts.clone() };
            Part::Beside(source, log.time_zone.clone(), beside_of(seam, false))
        }
    })
}

fn open_beside(log: &AuthLog, ledger: &mut Ledger, seam: Seam) -> Part {
    let position = ledger.expect(&SourceId::file(&log.path));
    let source = file_source(log, position.as_ref());
    Part::Beside(source, log.time_zone.clone(), beside_of(seam, true))
}

/// The journal goes on where it was left or, where a file was followed alone, where that stopped.
fn open_journal(settings: &Settings, ledger: &mut Ledger, beside: Option<&AuthLog>) -> Part {
    let id = SourceId::journal();
    let told_by_file = ledger.has_read(SourceKind::File) && !ledger.has_place(&id);
    if told_by_file {
        let told = host_log::told_until(ledger.restored_from());
        ledger.place(&id, JournalSource::position_since(told));
    }
    if beside.is_none() {
        ledger.retire(SourceKind::File);
    }
    let position = ledger.expect(&id);
    if position.is_none() && beside.is_some() {
        // A crash while the file is read must not look as if the file alone had been followed.
        ledger.place(&id, Position::json(serde_json::json!({ "cursor": null })));
    }
    let mut source = JournalSource::open(Journalctl::system(), JOURNAL_BACK_OFF, position.as_ref());
    if position.is_none() && settings.auth_log.start == Start::End {
        source = source.since(now());
    }
    Part::Journal(Box::new(source), settings.auth_log.time_zone.clone())
}
