//! Where this host's logins stand: the files that are named, the journal, or the usual file.
//!
//! Owns the choice and its reason. The journal is taken where root's entries in it can be read,
//! because it knows who wrote a line; the usual file stands beside it, for what the journal does
//! not tell. The choice is made again from time to time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::config::{AuthLog, Settings, SourceChoice};
use crate::event::Time;
use crate::pipeline::{Pipeline, now, time_of};
use crate::record::SourceId;
use crate::source::ProblemReason;
use crate::source::journal::Journalctl;

/// RHEL and Amazon Linux, then Debian and Ubuntu.
const USUAL_LOGS: [&str; 2] = ["/var/log/secure", "/var/log/auth.log"];

/// It is there where a journald runs.
const JOURNALD: &str = "/run/systemd/journal/socket";

/// The kernel's clock for files runs behind the one that journald reads, by a tick at most.
const FILE_CLOCK_BEHIND: Duration = Duration::from_millis(10);

/// One of file and journal is stale whose newest line is so much older than the other's. A log
/// daemon writes within seconds.
const STALE: Duration = Duration::from_secs(600);

/// How often the choice is looked at again.
const LOOK: Duration = Duration::from_secs(60);

/// What is followed for this host.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) enum HostLog {
    Files(Vec<AuthLog>),
    /// The journal, and the usual file where there is one that can be read.
    Journal {
        beside: Option<AuthLog>,
    },
    Nothing,
}

impl HostLog {
    pub(in crate::app) fn name(&self) -> &'static str {
        match self {
            HostLog::Files(_) => "file",
            HostLog::Journal { .. } => "journal",
            HostLog::Nothing => "none",
        }
    }
}

/// What is followed, and why.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Choice {
    pub(in crate::app) log: HostLog,
    pub(in crate::app) why: Why,
    /// The reason in words.
    pub(in crate::app) told: String,
}

/// The closed set of `login_exporter_host_log_info{reason}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Why {
    Setting,
    JournalReadable,
    JournalUnreadable,
    JournalStale,
    JournalEmpty,
}

impl Why {
    pub(in crate::app) fn as_str(self) -> &'static str {
        match self {
            Why::Setting => "setting",
            Why::JournalReadable => "journal_readable",
            Why::JournalUnreadable => "journal_unreadable",
            Why::JournalStale => "journal_stale",
            Why::JournalEmpty => "journal_empty",
        }
    }
}

impl Choice {
    pub(in crate::app) async fn of(settings: &Settings) -> Result<Choice, String> {
        let usual = USUAL_LOGS.iter().map(PathBuf::from).find(|path| path.exists());
        let set = |log| Ok(Choice { log, why: Why::Setting, told: "by a setting".to_owned() });
        match settings.source {
            SourceChoice::None => set(HostLog::Nothing),
            SourceChoice::Journal => set(HostLog::Journal { beside: None }),
            _ if !settings.auth_logs.is_empty() => {
                set(HostLog::Files(distinct(&settings.auth_logs)))
            }
            SourceChoice::File => match usual {
                Some(path) => set(HostLog::Files(vec![usual_log(path, settings)])),
                None => Err(nothing_found()),
            },
            SourceChoice::Auto => auto(usual, settings).await,
        }
    }

    /// As the page and the log tell it.
    pub(in crate::app) fn sentence(&self) -> String {
        let what = match &self.log {
            HostLog::Files(logs) => {
                let paths = logs.iter().map(|log| log.path.display().to_string());
                paths.collect::<Vec<_>>().join(", ")
            }
            HostLog::Journal { beside: Some(log) } => {
                format!("the journal, with {} for what it does not tell", log.path.display())
            }
            HostLog::Journal { beside: None } => "the journal".to_owned(),
            HostLog::Nothing => "nothing of this host".to_owned(),
        };
        format!("reads {what}: {}", self.told)
    }
}

async fn auto(usual: Option<PathBuf>, settings: &Settings) -> Result<Choice, String> {
    let written = usual.as_deref().and_then(written);
    let journal = Journalctl::system().newest_of_root().await;
    let files = |why, told: String| {
        let path = usual.clone().ok_or_else(|| no_journal_either(&told))?;
        Ok(Choice { log: HostLog::Files(vec![usual_log(path, settings)]), why, told })
    };
    let newest = match journal {
        Err(told) => return files(Why::JournalUnreadable, told),
        Ok(newest) => newest,
    };
    match (newest, written) {
        (Some(newest), Some(written)) if is_older(newest, written) => files(
            Why::JournalStale,
            "the journal's newest entry of a login program is older".to_owned(),
        ),
        (None, Some(_)) => files(
            Why::JournalEmpty,
            "root's login programs wrote nothing to the journal".to_owned(),
        ),
        // The journal of a host that was just started may hold no login yet.
        (None, None) if !Path::new(JOURNALD).exists() => Err(no_journal_either("it is empty")),
        _ => Ok(Choice {
            log: HostLog::Journal { beside: usual.and_then(|path| readable_log(path, settings)) },
            why: Why::JournalReadable,
            told: "it knows who wrote a line".to_owned(),
        }),
    }
}

/// When a log with something in it was last written.
fn written(path: &Path) -> Option<Time> {
    let meta = fs::metadata(path).ok().filter(|meta| meta.len() > 0)?;
    meta.modified().ok().map(time_of)
}

fn is_older(one: Time, other: Time) -> bool {
    other.seconds_since(one) > STALE.as_secs_f64()
}

fn usual_log(path: PathBuf, settings: &Settings) -> AuthLog {
    let defaults = settings.auth_log.clone();
    AuthLog { path, start: defaults.start, time_zone: defaults.time_zone }
}

fn readable_log(path: PathBuf, settings: &Settings) -> Option<AuthLog> {
    match fs::File::open(&path) {
        Ok(_) => Some(usual_log(path, settings)),
        Err(error) => {
            info!(path = %path.display(), %error, "the log beside the journal cannot be read: what is older than the journal, and other hosts' lines in it, do not count");
            None
        }
    }
}

/// The same log under two names counts once.
fn distinct(logs: &[AuthLog]) -> Vec<AuthLog> {
    use std::os::unix::fs::MetadataExt;
    let mut seen = Vec::new();
    let mut distinct: Vec<AuthLog> = Vec::new();
    for log in logs {
        let id = fs::metadata(&log.path).ok().map(|meta| (meta.dev(), meta.ino()));
        let same = seen.iter().position(|other| id.is_some() && *other == id);
        if let Some(same) = same {
            warn!(path = %log.path.display(), same = %distinct[same].path.display(), "these two are one file, which is read once: name it once with --auth-log.path");
            continue;
        }
        seen.push(id);
        distinct.push(log.clone());
    }
    distinct
}

fn nothing_found() -> String {
    let [secure, auth] = USUAL_LOGS;
    format!("this host has neither {secure} nor {auth}: name its log with --auth-log.path")
}

fn no_journal_either(why: &str) -> String {
    let [secure, auth] = USUAL_LOGS;
    format!(
        "this host has neither {secure} nor {auth}, and no journal with a login that may be read \
         ({why}): name its log with --auth-log.path, run as root or in the group systemd-journal, \
         or read nothing of this host with --source=none"
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

/// Waits until another choice would be made, twice in a row: a journald that is being started again
/// is no reason.
pub(in crate::app) async fn other_choice(settings: &Settings, current: &Choice) -> Choice {
    let mut again = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let choice = match settings.source {
            SourceChoice::Auto if settings.auth_logs.is_empty() => Choice::of(settings).await,
            _ => Ok(current.clone()),
        };
        match choice {
            Ok(choice) if choice.log != current.log => {
                if std::mem::replace(&mut again, true) {
                    return choice;
                }
            }
            _ => again = false,
        }
    }
}

/// Tells when a usual file that is followed by a setting goes stale while the journal does not: the
/// log daemon may have been stopped or told to write elsewhere.
pub(in crate::app) async fn watch_staleness(log: HostLog, pipeline: Arc<Pipeline>) {
    let HostLog::Files(logs) = log else { return std::future::pending().await };
    let paths = logs.into_iter().map(|log| log.path);
    let own: Vec<_> =
        paths.filter(|path| USUAL_LOGS.iter().any(|usual| path == Path::new(usual))).collect();
    loop {
        tokio::time::sleep(5 * LOOK).await;
        if own.is_empty() {
            continue;
        }
        let Some(newest) = Journalctl::system().newest_time().await else { continue };
        let stale =
            |path: &&PathBuf| written(path).is_some_and(|written| is_older(written, newest));
        for path in own.iter().filter(stale) {
            warn!(path = %path.display(), "the log is stale while the journal has newer entries: start the log daemon, or follow the journal (--source=journal)");
            let reason = ProblemReason::Stale.as_str();
            let source = pipeline.own.source(&SourceId::file(path).to_string(), &[reason]);
            source.errors(reason, 1);
        }
    }
}
