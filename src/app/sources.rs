//! Which sources the settings mean, opened at their saved positions.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::task::JoinSet;
use tracing::info;

use crate::config::{AuthLog, Settings, SourceChoice, Start};
use crate::history::{self, Each, Input, Reader};
use crate::parse::cloudtrail::EVENT_NAMES;
use crate::pipeline::{Ledger, Pipeline};
use crate::record::SourceId;
use crate::session::Limits;
#[cfg(feature = "cloudtrail")]
use crate::source::cloudtrail::{self, Aws, CloudTrailSource};
use crate::source::file::{self, FileSettings, FileSource, rotated::rotated};
use crate::source::trail_files::TrailSource;

/// Where the authentication log stands: RHEL and Amazon Linux, then Debian and Ubuntu.
const USUAL_LOGS: [&str; 2] = ["/var/log/secure", "/var/log/auth.log"];

/// How often folders of CloudTrail's files are looked at.
const TRAIL_TICK: Duration = Duration::from_secs(2);

/// A source that is open, ready to be followed.
pub(super) enum Followed {
    File(Box<FileSource>, TimeZone),
    Trail(Box<TrailSource>),
    #[cfg(feature = "cloudtrail")]
    CloudTrail(Box<CloudTrailSource>),
}

impl Followed {
    /// Follows it in a task of its own.
    pub(super) fn follow(self, pipeline: Arc<Pipeline>, tasks: &mut JoinSet<()>) {
        match self {
            Followed::File(source, zone) => {
                tasks.spawn(async move { pipeline.follow(*source, zone).await })
            }
            Followed::Trail(source) => {
                tasks.spawn(async move { pipeline.follow(*source, TimeZone::UTC).await })
            }
            #[cfg(feature = "cloudtrail")]
            Followed::CloudTrail(source) => {
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

/// Opens every source that the settings mean.
pub(super) async fn open(
    settings: &Settings,
    ledger: &mut Ledger,
) -> Result<Vec<Followed>, String> {
    let mut followed = Vec::new();
    for log in host_logs(settings)? {
        followed.push(open_log(log, ledger)?);
    }
    for path in &settings.cloudtrail.paths {
        check_readable(path, "--cloudtrail.path", true)?;
        let id = SourceId(format!("trail:{}", path.display()));
        let source = TrailSource::open(path.clone(), TRAIL_TICK, ledger.expect(&id).as_ref());
        followed.push(Followed::Trail(Box::new(source)));
    }
    open_cloudtrail(settings, ledger, &mut followed).await?;
    Ok(followed)
}

fn open_log(log: AuthLog, ledger: &mut Ledger) -> Result<Followed, String> {
    let start = match log.start {
        Start::Beginning => file::Start::Beginning,
        Start::End => file::Start::End,
    };
    let id = SourceId(format!("file:{}", log.path.display()));
    let position = ledger.expect(&id);
    // A log that was read before may be away just now: between two steps of a rotation, say.
    if position.is_none() {
        check_readable(&log.path, "--auth-log.path", false)?;
    }
    info!(path = %log.path.display(), "following the authentication log");
    let settings = FileSettings { start, ..FileSettings::new(log.path) };
    Ok(Followed::File(Box::new(FileSource::new(settings, position.as_ref())), log.time_zone))
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

/// The logs of this host that are to be followed.
fn host_logs(settings: &Settings) -> Result<Vec<AuthLog>, String> {
    if !settings.auth_logs.is_empty() {
        return Ok(settings.auth_logs.clone());
    }
    let usual = USUAL_LOGS.iter().map(PathBuf::from).find(|path| path.exists());
    match (settings.source, usual) {
        (SourceChoice::Auto | SourceChoice::File, Some(path)) => Ok(vec![AuthLog {
            path,
            start: settings.auth_log.start,
            time_zone: settings.auth_log.time_zone.clone(),
        }]),
        (SourceChoice::Auto | SourceChoice::File, None) => Err(format!(
            "this host has neither {} nor {}: name its log with --auth-log.path",
            USUAL_LOGS[0], USUAL_LOGS[1]
        )),
        (SourceChoice::Journal, _) => Err("the journal cannot be read yet".to_owned()),
    }
}

#[cfg(feature = "cloudtrail")]
async fn open_cloudtrail(
    settings: &Settings,
    ledger: &mut Ledger,
    followed: &mut Vec<Followed>,
) -> Result<(), String> {
    for source in cloudtrail_settings(settings) {
        let aws = Aws::from_environment(&source.region).await;
        let position = ledger.expect(&source.id());
        let source = CloudTrailSource::open(&aws, source, position.as_ref()).await;
        followed.push(Followed::CloudTrail(Box::new(source)));
    }
    Ok(())
}

#[cfg(not(feature = "cloudtrail"))]
async fn open_cloudtrail(
    settings: &Settings,
    _ledger: &mut Ledger,
    _followed: &mut [Followed],
) -> Result<(), String> {
    match settings.cloudtrail.regions.is_empty() {
        true => Ok(()),
        false => Err(
            "--cloudtrail.region: this build has no AWS client; build with the default features"
                .to_owned(),
        ),
    }
}

/// Every Region in every account; without accounts, in that of the credentials.
#[cfg(feature = "cloudtrail")]
fn cloudtrail_settings(settings: &Settings) -> Vec<cloudtrail::Settings> {
    let asked = &settings.cloudtrail;
    let own = [None];
    let roles: Vec<_> = asked.accounts.iter().map(Some).collect();
    let accounts = if roles.is_empty() { &own[..] } else { &roles };
    let pairs = asked
        .regions
        .iter()
        .flat_map(|region| accounts.iter().map(move |account| (region, account)));
    pairs
        .map(|(region, account)| cloudtrail::Settings {
            account: account.map(|account| cloudtrail::Account {
                role_arn: account.role_arn.clone(),
                external_id: account.external_id.clone(),
            }),
            poll_interval: asked.poll_interval,
            lookback: asked.lookback,
            ..cloudtrail::Settings::new(region, &EVENT_NAMES)
        })
        .collect()
}

/// Reads what `serve` would read, with the rotated files of each log.
pub(super) fn read_all(
    settings: &Settings,
    reader: &mut Reader,
    each: Each<'_>,
) -> Result<(), history::Error> {
    let mut inputs = Vec::new();
    for log in host_logs(settings).map_err(history::Error::Settings)? {
        inputs.extend(rotated(&log.path).unwrap_or_default().into_iter().map(Input::Path));
        inputs.push(Input::Path(log.path));
    }
    inputs.extend(settings.cloudtrail.paths.iter().cloned().map(Input::Path));
    reader.inputs(inputs, each)
}
