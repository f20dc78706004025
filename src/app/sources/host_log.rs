//! Where this host's logins stand: the files that are named, the usual ones, or the journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::config::{AuthLog, Settings, SourceChoice};
use crate::event::Time;
use crate::pipeline::{Pipeline, now, time_of};
use crate::source::ProblemReason;
use crate::source::journal::Journalctl;

/// RHEL and Amazon Linux, then Debian and Ubuntu.
const USUAL_LOGS: [&str; 2] = ["/var/log/secure", "/var/log/auth.log"];

/// It is there where a journald runs.
const JOURNALD: &str = "/run/systemd/journal/socket";

/// The kernel's clock for files runs behind the one that journald reads, by a tick at most.
const FILE_CLOCK_BEHIND: Duration = Duration::from_millis(10);

/// A file is stale whose last write is so much older than the journal's newest entry. A log
/// daemon writes within seconds.
const STALE: Duration = Duration::from_secs(600);

/// How often the file is held against the journal.
const LOOK: Duration = Duration::from_secs(300);

/// What is followed for this host.
#[derive(Clone, Debug)]
pub(in crate::app) enum HostLog {
    Files(Vec<AuthLog>),
    Journal,
}

impl HostLog {
    /// Named files first; else the usual one, unless it is stale beside the journal; else the
    /// journal.
    pub(in crate::app) async fn of(settings: &Settings) -> Result<HostLog, String> {
        if settings.source == SourceChoice::Journal {
            return Ok(HostLog::Journal);
        }
        if !settings.auth_logs.is_empty() {
            return Ok(HostLog::Files(settings.auth_logs.clone()));
        }
        let usual = USUAL_LOGS.iter().map(PathBuf::from).find(|path| path.exists());
        match (settings.source, usual) {
            (SourceChoice::File, Some(path)) => Ok(HostLog::Files(vec![usual_log(path, settings)])),
            (SourceChoice::File, None) => Err(nothing_found()),
            (_, Some(path)) => Ok(HostLog::unless_stale(path, settings).await),
            // The journal of a host that was just started may hold no login yet.
            (_, None)
                if Path::new(JOURNALD).exists() && Journalctl::system().is_readable().await =>
            {
                Ok(HostLog::Journal)
            }
            (_, None) => match Journalctl::system().newest_time().await {
                Some(_) => Ok(HostLog::Journal),
                None => Err(no_journal_either()),
            },
        }
    }

    async fn unless_stale(path: PathBuf, settings: &Settings) -> HostLog {
        let newest = Journalctl::system().newest_time().await;
        if newest.is_some_and(|newest| is_stale(&path, newest)) {
            info!(path = %path.display(), "the log is stale and the journal has newer entries: the journal is followed");
            return HostLog::Journal;
        }
        HostLog::Files(vec![usual_log(path, settings)])
    }
}

fn usual_log(path: PathBuf, settings: &Settings) -> AuthLog {
    let defaults = settings.auth_log.clone();
    AuthLog { path, start: defaults.start, time_zone: defaults.time_zone }
}

fn nothing_found() -> String {
    let [secure, auth] = USUAL_LOGS;
    format!("this host has neither {secure} nor {auth}: name its log with --auth-log.path")
}

fn no_journal_either() -> String {
    let [secure, auth] = USUAL_LOGS;
    format!(
        "this host has neither {secure} nor {auth}, and no journal with a login that may be read: \
         name its log with --auth-log.path, or run as root or in the group systemd-journal"
    )
}

/// Up to when the journal's entries were read from the usual file before: until the exporter
/// stopped or the log daemon did, whichever came first.
pub(in crate::app) fn told_until(saved: Option<Time>) -> Time {
    let usual =
        USUAL_LOGS.iter().find_map(|path| fs::metadata(path).and_then(|m| m.modified()).ok());
    let written = usual.map(|modified| time_of(modified + FILE_CLOCK_BEHIND));
    [written, saved].into_iter().flatten().min().unwrap_or_else(now)
}

fn is_stale(path: &Path, newest: Time) -> bool {
    let written = fs::metadata(path).and_then(|metadata| metadata.modified()).map(time_of);
    written.is_ok_and(|written| newest.seconds_since(written) > STALE.as_secs_f64())
}

/// Tells when a file that is followed goes stale while the journal does not: the log daemon may
/// have been stopped or told to write elsewhere.
#[derive(Clone, Debug)]
pub(in crate::app) struct Staleness(Vec<PathBuf>);

impl Staleness {
    pub(in crate::app) fn of(host_log: &HostLog) -> Staleness {
        match host_log {
            HostLog::Journal => Staleness(Vec::new()),
            HostLog::Files(logs) => Staleness(logs.iter().map(|log| log.path.clone()).collect()),
        }
    }

    /// Only the usual files are the host's own; another's log has nothing to do with its journal.
    pub(in crate::app) async fn watch(self, pipeline: Arc<Pipeline>) {
        let own: Vec<_> = self
            .0
            .into_iter()
            .filter(|path| USUAL_LOGS.iter().any(|usual| path == Path::new(usual)))
            .collect();
        while !own.is_empty() {
            tokio::time::sleep(LOOK).await;
            let Some(newest) = Journalctl::system().newest_time().await else { continue };
            for path in own.iter().filter(|path| is_stale(path, newest)) {
                warn!(path = %path.display(), "the log is stale while the journal has newer entries: start the log daemon, or follow the journal (--source=journal)");
                let reason = ProblemReason::Stale.as_str();
                pipeline
                    .own
                    .source(&format!("file:{}", path.display()), &[reason])
                    .errors(reason, 1);
            }
        }
    }
}
