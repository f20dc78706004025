//! Builds the settings from the tree, section by section: keys, defaults and bounds.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{Findings, Problems};
use super::read::{Field, Section};
use super::rules;
use super::settings::{
    Account, Archive, AuthLog, AuthLogDefaults, CloudTrail, Environment, Failures, GeoIp, Limits,
    Log, LogFormat, LogLevel, Organization, Privacy, SHOWN_SOURCE, Settings, SourceChoice, Start,
    Trust, Web,
};
use super::tree::Node;
use super::values::{
    account_name, account_number, choice, door, duration_within, listen_address, number_within,
    path, queue_url, region, role_arn, role_name, size, telemetry_path, truth, zone,
};
use crate::parse::cloudtrail::Doors;
use crate::policy::expected::Expectations;
use crate::policy::privacy::{Show, View, Views};
use crate::programs::{self, OtherNames, Program};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

impl Settings {
    /// Reads the tree of flags and file. All that is wrong is told at once.
    pub(super) fn from_tree(
        tree: &Node,
        config_file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Settings, Problems> {
        let findings = Findings::of(config_file.as_deref());
        let mut top = Field::top(tree, &findings).section();
        // The keys are asked for in the order in which an error lists them.
        let source = top.optional("source", choice("source", &SourceChoice::ALL));
        let auth_log = auth_log_defaults(top.section("auth_log"), environment);
        let mut settings = Settings {
            config_file,
            source: source.unwrap_or_default(),
            auth_logs: auth_logs(top.take("auth_logs"), &auth_log),
            auth_log,
            cloudtrail: cloudtrail(top.section("cloudtrail")),
            ssm_agent_dir: ssm_agent_dir(top.section("ssm_agent")),
            state_dir: state_dir(top.section("state"), environment),
            archive: archive(top.section("archive")),
            privacy: privacy(top.take("privacy")),
            geoip: geoip(top.section("geoip")),
            web: web(top.section("web")),
            log: log(top.section("log")),
            limits: limits(top.section("limits")),
            failures: failures(top.section("failures")),
            programs: programs(top.take("programs")),
            trust: trust(top.section("trust")),
            networks: rules::networks(top.take("networks")),
            identities: rules::identities(top.section("identities")),
            expected: Expectations::default(),
        };
        // Beside the snapshot, where nothing else is said.
        if settings.archive.dir.as_deref() == Some(Path::new("")) {
            settings.archive.dir = Some(settings.state_dir.join("archive"));
        }
        let expected = top.section("expected");
        settings.expected = rules::expected(expected, &settings.networks, &environment.time_zone);
        if matches!(settings.source, SourceChoice::Journal | SourceChoice::None)
            && let Some(logs) = top.take("auth_logs").filter(|_| !settings.auth_logs.is_empty())
        {
            let source = super::print::name_of(&SourceChoice::ALL, settings.source);
            logs.wrong(format!("source is {source}, so no file is read: leave out one of the two"));
        }
        top.finish();
        findings.verdict(settings)
    }
}

fn auth_log_defaults(mut section: Section<'_>, environment: &Environment) -> AuthLogDefaults {
    let defaults = AuthLogDefaults {
        start: section.optional("start", choice("start", &Start::ALL)).unwrap_or_default(),
        time_zone: section
            .optional("time_zone", zone)
            .unwrap_or_else(|| environment.time_zone.clone()),
    };
    section.finish();
    defaults
}

fn auth_logs(field: Option<Field<'_>>, defaults: &AuthLogDefaults) -> Vec<AuthLog> {
    let read = |item: &Field<'_>| auth_log(item, defaults);
    field.map(|field| field.read_distinct(read, |log| &log.path)).unwrap_or_default()
}

/// A path alone, or a section with the path and what differs for this log.
fn auth_log(item: &Field<'_>, defaults: &AuthLogDefaults) -> Option<AuthLog> {
    if item.is_text() {
        let AuthLogDefaults { start, time_zone } = defaults.clone();
        return Some(AuthLog { path: item.parse(path)?, start, time_zone });
    }
    let mut section = item.section();
    let path = section.required("path", path);
    let start = section.optional("start", choice("start", &Start::ALL)).unwrap_or(defaults.start);
    let time_zone =
        section.optional("time_zone", zone).unwrap_or_else(|| defaults.time_zone.clone());
    section.finish();
    Some(AuthLog { path: path?, start, time_zone })
}

fn cloudtrail(mut section: Section<'_>) -> CloudTrail {
    let regions = section.list("regions", region);
    let no_region = regions.is_empty();
    let doors = section.section("events");
    let cloudtrail = CloudTrail {
        regions,
        poll_interval: section
            .optional("poll_interval", duration_within(SECOND, DAY))
            .unwrap_or(60 * SECOND),
        // CloudTrail keeps its event history for 90 days.
        lookback: section
            .optional("lookback", duration_within(Duration::ZERO, 90 * DAY))
            .unwrap_or(DAY),
        paths: section.list("paths", path),
        queues: section.list("queues", queue_url),
        accounts: section.take("accounts").map(|f| accounts(&f, no_region)).unwrap_or_default(),
        own_account: section.optional("own_account", truth).unwrap_or(true),
        organization: section.take("organization").and_then(|f| organization(&f, no_region)),
        doors: doors_of(doors),
    };
    section.finish();
    cloudtrail
}

/// What counts beside the usual calls, and what of those does not.
fn doors_of(mut section: Section<'_>) -> Doors {
    let mut doors = Doors::default();
    for (key, open) in [("add", true), ("drop", false)] {
        for name in section.list(key, door) {
            doors = doors.with(&name, open).unwrap_or(doors);
        }
    }
    section.finish();
    doors
}

fn accounts(field: &Field<'_>, no_region: bool) -> Vec<Account> {
    let accounts = field.read_distinct(account, |account| account.number());
    if no_region && accounts.iter().any(|account| account.regions.is_empty()) {
        field.wrong("no Region to ask these accounts in: name one in cloudtrail.regions");
    }
    accounts
}

fn organization(field: &Field<'_>, no_region: bool) -> Option<Organization> {
    let mut section = field.section();
    let role = section.required("role", role_name);
    let external_id = section.optional("external_id", |text| Ok(text.to_owned()));
    let regions = section.list("regions", region);
    let list_through = section.optional("list_through", role_arn);
    let exclude = section.list("exclude", account_number);
    let refresh = section.optional("refresh", duration_within(SECOND, DAY)).unwrap_or(HOUR);
    section.finish();
    if no_region && regions.is_empty() {
        field.wrong("no Region to ask these accounts in: name one in cloudtrail.regions");
    }
    Some(Organization { role: role?, external_id, regions, list_through, exclude, refresh })
}

fn account(item: &Field<'_>) -> Option<Account> {
    let mut section = item.section();
    let role_arn = section.required("role_arn", role_arn);
    let external_id = section.optional("external_id", |text| Ok(text.to_owned()));
    let name = section.optional("name", account_name);
    let regions = section.list("regions", region);
    section.finish();
    Some(Account { role_arn: role_arn?, external_id, name, regions })
}

fn ssm_agent_dir(mut section: Section<'_>) -> Option<PathBuf> {
    let dir = section.optional("dir", path);
    section.finish();
    dir
}

fn state_dir(mut section: Section<'_>, environment: &Environment) -> PathBuf {
    let dir = section.optional("dir", path).unwrap_or_else(|| environment.state_dir());
    section.finish();
    dir
}

/// An empty folder stands for the one in the state folder.
fn archive(mut section: Section<'_>) -> Archive {
    let dir = section.optional("dir", path).unwrap_or_default();
    let archive = Archive {
        dir: (dir != Path::new("none")).then_some(dir),
        retention: section
            .optional("retention", duration_within(DAY, 36_500 * DAY))
            .unwrap_or(400 * DAY),
        max_size: section.optional("max_size", size).unwrap_or(512_000_000),
        failures: section.optional("failures", truth).unwrap_or(false),
    };
    section.finish();
    archive
}

fn geoip(mut section: Section<'_>) -> GeoIp {
    let geoip =
        GeoIp { country: section.optional("country", path), asn: section.optional("asn", path) };
    section.finish();
    geoip
}

const SHOWN: [(&str, Show); 3] = [("keep", Show::Keep), ("hash", Show::Hash), ("drop", Show::Drop)];

/// What holds everywhere, and what differs for labels, page or archive.
fn privacy(field: Option<Field<'_>>) -> Privacy {
    let Some(field) = field else { return Privacy::default() };
    let mut section = field.section();
    let all = view(&mut section, View::default());
    let mut own = |key: &'static str| {
        let mut section = section.section(key);
        let view = view(&mut section, all);
        section.finish();
        view
    };
    let views = Views { labels: own("labels"), page: own("page"), archive: own("archive") };
    let key_file = section.optional("key_file", path);
    section.finish();
    if views.hash() && key_file.is_none() {
        field.wrong("hash needs a key: name the file that holds it with key_file, such as one made by `openssl rand -hex 32`");
    }
    Privacy { views, key_file }
}

fn view(section: &mut Section<'_>, or: View) -> View {
    let word = |section: &mut Section<'_>, key, or| {
        section.optional(key, choice("way to show it", &SHOWN)).unwrap_or(or)
    };
    View {
        user: word(section, "user", or.user),
        source: section
            .optional("source", choice("way to show it", &SHOWN_SOURCE))
            .unwrap_or(or.source),
        identity: word(section, "identity", or.identity),
    }
}

fn web(mut section: Section<'_>) -> Web {
    let mut listen_addresses = section.list("listen_addresses", listen_address);
    if listen_addresses.is_empty() {
        listen_addresses.push(SocketAddr::from(([127, 0, 0, 1], 10922)));
    }
    let web = Web {
        listen_addresses,
        telemetry_path: section
            .optional("telemetry_path", telemetry_path)
            .unwrap_or_else(|| "/metrics".to_owned()),
        config_file: section.optional("config_file", path),
        max_requests: section.optional("max_requests", number_within(1, 10_000)).unwrap_or(40)
            as usize,
        disable_recent: section.optional("disable_recent", truth).unwrap_or(false),
        openmetrics_created: section.optional("openmetrics_created", truth).unwrap_or(false),
    };
    section.finish();
    web
}

fn log(mut section: Section<'_>) -> Log {
    let log = Log {
        level: section.optional("level", choice("level", &LogLevel::ALL)).unwrap_or_default(),
        format: section.optional("format", choice("format", &LogFormat::ALL)).unwrap_or_default(),
    };
    section.finish();
    log
}

fn limits(mut section: Section<'_>) -> Limits {
    let series = section.optional("series_per_family", number_within(10, 100_000)).unwrap_or(1_000);
    let limits = Limits {
        series_per_family: series as usize,
        forget_after: section
            .optional("forget_after", duration_within(HOUR, 36_500 * DAY))
            .unwrap_or(400 * DAY),
    };
    section.finish();
    limits
}

fn failures(mut section: Section<'_>) -> Failures {
    let threshold = section.optional("threshold", number_within(1, 1_000)).unwrap_or(5);
    let failures = Failures {
        threshold: threshold as u32,
        window: section.optional("window", duration_within(SECOND, 7 * DAY)).unwrap_or(HOUR),
    };
    section.finish();
    failures
}

/// Names of programs by the names that they have in the metrics.
fn programs(field: Option<Field<'_>>) -> OtherNames {
    let mut names: Vec<(String, &'static Program)> = Vec::new();
    for (program, field) in field.iter().flat_map(Field::entries) {
        let Some(row) = programs::by_name(program) else {
            field.wrong(format!(
                "{program:?} is no program that is known: name it as the label `program` does, \
                 such as sshd, sudo or login"
            ));
            continue;
        };
        for item in field.items() {
            let taken = |name: &str| names.iter().any(|(known, _)| known == name);
            names.extend(item.parse(|name| other_name(name, taken)).map(|name| (name, row)));
        }
    }
    OtherNames::new(names)
}

/// The name of a file, which no program of the table has and no other of the settings.
fn other_name(name: &str, taken: impl Fn(&str) -> bool) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_graphic() && !"/:[]()".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!(
            "{name:?} is no name that a log shows: give the program's file name, without its \
             folder and without a colon or brackets"
        ));
    }
    if let Some(row) = programs::by_tag(name.as_bytes()) {
        return Err(format!("{name} is known already, as {}: leave it out", row.name));
    }
    if taken(name) {
        return Err(format!("{name} is given twice: keep one"));
    }
    Ok(name.to_owned())
}

fn trust(mut section: Section<'_>) -> Trust {
    let trust = Trust {
        folders: section.list("folders", path),
        containers: section.optional("containers", truth).unwrap_or(false),
        other_machines: section.optional("other_machines", truth).unwrap_or(false),
    };
    section.finish();
    trust
}
