//! The settings, typed and checked: one plain tree.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::rules::Identities;
use crate::parse::cloudtrail::Doors;
use crate::policy::expected::Expectations;
use crate::policy::networks::Networks;
use crate::policy::privacy::{Show, Views};
use crate::programs::OtherNames;

/// Everything that flags and file can say.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The file that was read, if one was named.
    pub config_file: Option<PathBuf>,
    pub source: SourceChoice,
    /// The logs named; empty where the usual places are to be looked at.
    pub auth_logs: Vec<AuthLog>,
    /// For logs that were not named one by one.
    pub auth_log: AuthLogDefaults,
    pub cloudtrail: CloudTrail,
    /// The folder of amazon-ssm-agent's state, where one was named; else the usual one is read
    /// where it is there.
    pub ssm_agent_dir: Option<PathBuf>,
    pub state_dir: PathBuf,
    pub archive: Archive,
    pub privacy: Privacy,
    pub geoip: GeoIp,
    pub web: Web,
    pub log: Log,
    pub limits: Limits,
    pub failures: Failures,
    pub programs: OtherNames,
    pub trust: Trust,
    pub networks: Networks,
    pub identities: Identities,
    pub expected: Expectations,
}

/// Which history of the host is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// The logs named, else the journal, else the usual files.
    #[default]
    Auto,
    File,
    Journal,
    /// Nothing of this host: a poller of AWS in a container, say.
    None,
}

impl SourceChoice {
    pub(super) const ALL: [(&'static str, SourceChoice); 4] = [
        ("auto", SourceChoice::Auto),
        ("file", SourceChoice::File),
        ("journal", SourceChoice::Journal),
        ("none", SourceChoice::None),
    ];
}

/// Where the first start begins to read a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    #[default]
    Beginning,
    End,
}

impl Start {
    pub(super) const ALL: [(&'static str, Start); 2] =
        [("beginning", Start::Beginning), ("end", Start::End)];
}

/// A log file that was named.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthLog {
    pub path: PathBuf,
    pub start: Start,
    /// Zone of time stamps that name none.
    pub time_zone: TimeZone,
}

/// Whose entries of the journal speak for this host, beyond what is known of its programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Where programs may be, each with all below it.
    pub folders: Vec<PathBuf>,
    /// Containers may speak as the host's programs.
    pub containers: bool,
    /// So may other machines whose journals were merged into this one.
    pub other_machines: bool,
}

/// What holds for every log that says nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthLogDefaults {
    pub start: Start,
    /// The host's zone where none was set.
    pub time_zone: TimeZone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloudTrail {
    pub regions: Vec<String>,
    pub poll_interval: Duration,
    /// How far back the first start asks.
    pub lookback: Duration,
    /// Files and folders of records.
    pub paths: Vec<PathBuf>,
    /// SQS queues of records, or of notices of files of records, by their URLs.
    pub queues: Vec<String>,
    /// Roles to ask through, each in every Region or in those of its own.
    pub accounts: Vec<Account>,
    /// The account of the exporter's own credentials is asked beside those.
    pub own_account: bool,
    /// Whose accounts are found out, and asked as well.
    pub organization: Option<Organization>,
    /// Which calls count.
    pub doors: Doors,
}

/// What of a person is shown where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    pub views: Views,
    /// The key of the hashes.
    pub key_file: Option<PathBuf>,
}

/// What can become of an address; of a name, all but `network`.
pub(super) const SHOWN_SOURCE: [(&str, Show); 4] =
    [("keep", Show::Keep), ("network", Show::Network), ("hash", Show::Hash), ("drop", Show::Drop)];

/// The databases that tell where an address is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeoIp {
    pub country: Option<PathBuf>,
    pub asn: Option<PathBuf>,
}

/// The history that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// `None` where nothing is to be kept.
    pub dir: Option<PathBuf>,
    pub retention: Duration,
    /// Bytes of all files.
    pub max_size: u64,
    /// Failures and rejections too.
    pub failures: bool,
}

/// A role of another account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub role_arn: String,
    pub external_id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// Empty for those of `cloudtrail.regions`.
    pub regions: Vec<String>,
}

/// The accounts of an organization, each asked through a role of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The role's name, with its path where it has one.
    pub role: String,
    pub external_id: Option<String>,
    /// Empty for those of `cloudtrail.regions`.
    pub regions: Vec<String>,
    /// The ARN of the role that lists the accounts, where the exporter's own credentials may not.
    pub list_through: Option<String>,
    /// Numbers of accounts that are left out.
    pub exclude: Vec<String>,
    pub refresh: Duration,
}

impl Account {
    /// The account's number.
    pub fn number(&self) -> &str {
        self.role_arn.split(':').nth(4).unwrap_or(&self.role_arn)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// At least one.
    pub listen_addresses: Vec<SocketAddr>,
    pub telemetry_path: String,
    /// TLS and authentication, in the format of exporter-toolkit.
    pub config_file: Option<PathBuf>,
    pub max_requests: usize,
    pub disable_recent: bool,
    pub openmetrics_created: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    pub level: LogLevel,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub(super) const ALL: [(&'static str, LogLevel); 5] = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
}

impl From<LogLevel> for tracing::level_filters::LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
            LogLevel::Trace => Self::TRACE,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Logfmt,
    Json,
}

impl LogFormat {
    pub(super) const ALL: [(&'static str, LogFormat); 2] =
        [("logfmt", LogFormat::Logfmt), ("json", LogFormat::Json)];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most series that one family holds; newcomers past it fold to `(other)`.
    pub series_per_family: usize,
    /// A series unseen for so long goes.
    pub forget_after: Duration,
}

/// When a success counts as one after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    pub threshold: u32,
    pub window: Duration,
}

/// What the settings take from the process: folders and the host's zone.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `$STATE_DIRECTORY`, which systemd sets.
    pub state_directory: Option<OsString>,
    /// `$XDG_STATE_HOME`
    pub xdg_state_home: Option<OsString>,
    /// `$HOME`
    pub home: Option<OsString>,
    pub time_zone: TimeZone,
}

impl Environment {
    pub fn of_process() -> Environment {
        Environment {
            state_directory: std::env::var_os("STATE_DIRECTORY"),
            xdg_state_home: std::env::var_os("XDG_STATE_HOME"),
            home: std::env::var_os("HOME"),
            time_zone: TimeZone::system(),
        }
    }

    /// The folder for state where none is set: systemd's, the user's, else the system's.
    pub(super) fn state_dir(&self) -> PathBuf {
        let set = |v: &Option<OsString>| v.clone().filter(|v| !v.is_empty()).map(PathBuf::from);
        // systemd separates several folders by colons; the first is ours.
        let systemd = set(&self.state_directory).map(|dirs| {
            let text = dirs.to_string_lossy();
            PathBuf::from(text.split(':').next().unwrap_or_default())
        });
        let user = || {
            let xdg = set(&self.xdg_state_home).filter(|dir| dir.is_absolute());
            let state = xdg.or_else(|| set(&self.home).map(|home| home.join(".local/state")));
            state.map(|dir| dir.join("login_exporter"))
        };
        systemd.or_else(user).unwrap_or_else(|| PathBuf::from("/var/lib/login_exporter"))
    }
}
