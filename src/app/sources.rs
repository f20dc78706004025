//! Which sources the settings mean, opened at their saved positions.

#[cfg(feature = "cloudtrail")]
mod cloudtrail;
mod host;
mod host_log;
mod ssm_agent;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use tracing::info;

pub(super) use host::HostLogs;
pub(super) use host_log::Choice;
use host_log::HostLog;

use crate::config::{Settings, SourceChoice};
use crate::history::{self, Each, Input, Reader};
use crate::host::Host;
use crate::memory::Limits;
use crate::pipeline::{Ledger, Pipeline};
use crate::record::{SourceId, SourceKind};
use crate::source::Source;
use crate::source::file::rotated::rotated;
use crate::source::journal::{JournalSource, Journalctl};
use crate::source::trail_files::TrailSource;

/// How often folders of CloudTrail's files are looked at.
const TRAIL_TICK: Duration = Duration::from_secs(2);

/// How soon a journalctl that ended is started again, at first.
const JOURNAL_BACK_OFF: Duration = Duration::from_secs(1);

/// A source that is open, ready to be followed.
pub(super) enum Followed {
    Trail(Box<TrailSource>),
    Agent(ssm_agent::Agent),
    #[cfg(feature = "cloudtrail")]
    CloudTrail(Box<crate::source::cloudtrail::CloudTrailSource>),
    #[cfg(feature = "cloudtrail")]
    Queue(Box<crate::source::queue::QueueSource>),
    /// Accounts and Regions that are found out while the exporter runs.
    #[cfg(feature = "cloudtrail")]
    Fleet(Box<cloudtrail::Fleet>),
}

impl Followed {
    fn id(&self) -> &SourceId {
        match self {
            #[cfg(feature = "cloudtrail")]
            Followed::Fleet(fleet) => fleet.id(),
            Followed::Trail(source) => source.id(),
            Followed::Agent(agent) => agent.id(),
            #[cfg(feature = "cloudtrail")]
            Followed::CloudTrail(source) => source.id(),
            #[cfg(feature = "cloudtrail")]
            Followed::Queue(source) => source.id(),
        }
    }

    /// Follows it in a task of its own.
    pub(super) fn follow(self, pipeline: Arc<Pipeline>, tasks: &mut JoinSet<()>) {
        if !matches!(self, Followed::Agent(_)) {
            info!(source = %self.id(), "following");
        }
        match self {
            Followed::Trail(source) => {
                tasks.spawn(async move { pipeline.follow(*source, TimeZone::UTC).await })
            }
            Followed::Agent(agent) => tasks.spawn(agent.follow(pipeline)),
            #[cfg(feature = "cloudtrail")]
            Followed::Fleet(fleet) => tasks.spawn(fleet.follow(pipeline)),
            #[cfg(feature = "cloudtrail")]
            Followed::CloudTrail(source) => {
                tasks.spawn(async move { pipeline.follow(*source, TimeZone::UTC).await })
            }
            #[cfg(feature = "cloudtrail")]
            Followed::Queue(source) => {
                tasks.spawn(async move { pipeline.follow(*source, TimeZone::UTC).await })
            }
        };
    }
}

/// The settings of the memory across records.
pub(super) fn memory_limits(settings: &Settings) -> Limits {
    let failures = settings.failures;
    Limits {
        failures: failures.threshold,
        failures_window: i64::try_from(failures.window.as_secs()).unwrap_or(i64::MAX),
    }
}

/// Opens every source that the settings mean, but for the host's log.
pub(super) async fn open(
    settings: &Settings,
    host: &Host,
    ledger: &mut Ledger,
) -> Result<Vec<Followed>, String> {
    let mut followed = Vec::new();
    if settings.source != SourceChoice::None {
        followed.push(Followed::Agent(ssm_agent::Agent::open(settings, host, ledger)));
    }
    for path in &settings.cloudtrail.paths {
        check_readable(path, "--cloudtrail.path", true)?;
        let id = SourceId::new(SourceKind::Trail, path.display());
        let source = TrailSource::open(path.clone(), TRAIL_TICK, ledger.expect(&id).as_ref());
        followed.push(Followed::Trail(Box::new(source)));
    }
    open_cloudtrail(settings, ledger, &mut followed).await?;
    Ok(followed)
}

/// A log that cannot be read at the start is an error; later on it is a metric and a retry.
fn check_readable(path: &Path, flag: &str, or_folder: bool) -> Result<(), String> {
    let told = |cause: String, remedy: &str| {
        Err(format!("cannot read {}: {cause}; {remedy}", path.display()))
    };
    match File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() && !or_folder => {
            told("it is a directory".to_owned(), &format!("name the log file in it with {flag}"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => told(
            error.to_string(),
            "run as root, or grant the right to read it (README, Permissions)",
        ),
        Err(error) => told(error.to_string(), &format!("name one that exists with {flag}")),
    }
}

#[cfg(feature = "cloudtrail")]
async fn open_cloudtrail(
    settings: &Settings,
    ledger: &mut Ledger,
    followed: &mut Vec<Followed>,
) -> Result<(), String> {
    let sources = cloudtrail::open(settings, |id| ledger.expect(id)).await;
    followed.extend(sources.into_iter().map(|source| Followed::CloudTrail(Box::new(source))));
    let fleet = cloudtrail::Fleet::open(settings, |id| ledger.expect(id)).await;
    followed.extend(fleet.map(|fleet| Followed::Fleet(Box::new(fleet))));
    for source in cloudtrail::open_queues(settings).await {
        let id = source.id().clone();
        let position = ledger.expect(&id);
        let source = source.resume(position.as_ref(), ledger.acknowledge(&id));
        followed.push(Followed::Queue(Box::new(source)));
    }
    Ok(())
}

#[cfg(not(feature = "cloudtrail"))]
async fn open_cloudtrail(
    settings: &Settings,
    _ledger: &mut Ledger,
    _followed: &mut [Followed],
) -> Result<(), String> {
    let asked = &settings.cloudtrail;
    let none = asked.accounts.is_empty() && asked.organization.is_none();
    match none && asked.regions.is_empty() && asked.queues.is_empty() {
        true => Ok(()),
        false => Err(NO_CLIENT.to_owned()),
    }
}

#[cfg(not(feature = "cloudtrail"))]
const NO_CLIENT: &str = "--cloudtrail.region, --cloudtrail.queue: this build has no AWS client; build it with the default features";

/// Reads what `serve` would read, with the rotated files of each log, for `history`.
pub(super) async fn read_all(
    settings: &Settings,
    reader: &mut Reader,
    each: Each<'_>,
) -> Result<(), history::Error> {
    let mut inputs = Vec::new();
    match Choice::of(settings).await.map_err(history::Error::Settings)?.log {
        HostLog::Nothing => {}
        HostLog::Journal { .. } => {
            let source = JournalSource::open(Journalctl::system(), JOURNAL_BACK_OFF, None);
            reader.source(source, each).await?;
        }
        HostLog::Files(logs) => {
            for log in logs {
                let older = rotated(&log.path).unwrap_or_default();
                inputs.extend(older.into_iter().map(Input::Path));
                inputs.push(Input::Path(log.path));
            }
        }
    }
    if let Some(source) = ssm_agent::now_open(settings, &Host::read(Path::new("/"))) {
        reader.source(source, each).await?;
    }
    inputs.extend(settings.cloudtrail.paths.iter().cloned().map(Input::Path));
    reader.inputs(inputs, each)?;
    #[cfg(feature = "cloudtrail")]
    for source in cloudtrail::open(settings, |_| None).await {
        reader.source(source, each).await?;
    }
    #[cfg(feature = "cloudtrail")]
    if let Some(fleet) = cloudtrail::Fleet::open(settings, |_| None).await {
        let (accounts, open) = fleet.parts();
        reader.source(accounts, each).await?;
        for source in open() {
            reader.source(source, each).await?;
        }
    }
    Ok(())
}
