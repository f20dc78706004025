//! The settings in force as YAML that reads back to the same settings.

use std::fmt::Display;
use std::path::Path;

use jiff::tz::TimeZone;

use super::rules::{Identities, KeyPath, Naming};
use super::settings::{
    AuthLog, GeoIp, LogFormat, LogLevel, Organization, Privacy, SHOWN_SOURCE, Settings,
    SourceChoice, Start,
};
use super::values::{show_duration, show_size};
use crate::parse::cloudtrail::{Door, Doors};
use crate::policy::expected::{Expectations, Kind, Pattern, Rule};
use crate::policy::networks::Networks;
use crate::programs::OtherNames;

impl Settings {
    /// Every key in force, the defaults too.
    pub fn to_yaml(&self) -> String {
        let mut out = Yaml::default();
        out.pair("source", name_of(&SourceChoice::ALL, self.source));
        out.section("auth_log", |out| {
            out.pair("start", name_of(&Start::ALL, self.auth_log.start));
            out.zone(&self.auth_log.time_zone);
        });
        out.list("auth_logs", &self.auth_logs, auth_log);
        out.section("cloudtrail", |out| cloudtrail(self, out));
        if let Some(dir) = &self.ssm_agent_dir {
            out.section("ssm_agent", |out| out.path("dir", dir));
        }
        out.section("state", |out| out.path("dir", &self.state_dir));
        out.section("archive", |out| archive(self, out));
        out.section("privacy", |out| privacy(self, out));
        if self.geoip != GeoIp::default() {
            out.section("geoip", |out| geoip(&self.geoip, out));
        }
        out.section("web", |out| web(self, out));
        out.section("log", |out| {
            out.pair("level", name_of(&LogLevel::ALL, self.log.level));
            out.pair("format", name_of(&LogFormat::ALL, self.log.format));
        });
        out.section("limits", |out| {
            out.pair("series_per_family", self.limits.series_per_family);
            out.pair("forget_after", show_duration(self.limits.forget_after));
        });
        out.section("failures", |out| {
            out.pair("threshold", self.failures.threshold);
            out.pair("window", show_duration(self.failures.window));
        });
        programs(&self.programs, &mut out);
        out.section("trust", |out| {
            out.list("folders", &self.trust.folders, |path| scalar(path.display()));
            out.pair("containers", self.trust.containers);
            out.pair("other_machines", self.trust.other_machines);
        });
        networks(&self.networks, &mut out);
        out.section("identities", |out| identities(&self.identities, out));
        out.section("expected", |out| expected(&self.expected, out));
        out.text
    }
}

pub(super) fn name_of<T: PartialEq>(all: &[(&'static str, T)], value: T) -> &'static str {
    all.iter().find(|(_, v)| *v == value).map_or("", |(name, _)| name)
}

fn auth_log(log: &AuthLog) -> String {
    let mut pairs =
        vec![pair("path", log.path.display()), pair("start", name_of(&Start::ALL, log.start))];
    pairs.extend(log.time_zone.iana_name().map(|name| pair("time_zone", name)));
    braced(&pairs)
}

fn cloudtrail(settings: &Settings, out: &mut Yaml) {
    let cloudtrail = &settings.cloudtrail;
    out.list("regions", &cloudtrail.regions, |region| scalar(region));
    out.pair("poll_interval", show_duration(cloudtrail.poll_interval));
    out.pair("lookback", show_duration(cloudtrail.lookback));
    out.list("paths", &cloudtrail.paths, |path| scalar(path.display()));
    out.list("queues", &cloudtrail.queues, |url| scalar(url));
    out.pair("own_account", cloudtrail.own_account);
    if let Some(organization) = &cloudtrail.organization {
        out.section("organization", |out| self::organization(organization, out));
    }
    out.section("events", |out| doors(cloudtrail.doors, out));
    out.list("accounts", &cloudtrail.accounts, |account| {
        let mut pairs = vec![pair("role_arn", &account.role_arn)];
        pairs.extend(account.external_id.iter().map(|id| pair("external_id", id)));
        pairs.extend(account.name.iter().map(|name| pair("name", name)));
        if !account.regions.is_empty() {
            pairs.push(format!("regions: [{}]", account.regions.join(", ")));
        }
        braced(&pairs)
    });
}

fn archive(settings: &Settings, out: &mut Yaml) {
    let archive = &settings.archive;
    match &archive.dir {
        Some(dir) => out.path("dir", dir),
        None => out.pair("dir", "none"),
    }
    out.pair("retention", show_duration(archive.retention));
    out.pair("max_size", show_size(archive.max_size));
    out.pair("failures", archive.failures);
}

fn privacy(settings: &Settings, out: &mut Yaml) {
    let Privacy { views, key_file } = &settings.privacy;
    for (name, view) in [("labels", views.labels), ("page", views.page), ("archive", views.archive)]
    {
        let pairs = [("user", view.user), ("source", view.source), ("identity", view.identity)];
        let pairs = pairs.map(|(key, show)| pair(key, name_of(&SHOWN_SOURCE, show)));
        out.line(&format!("{name}: {}", braced(&pairs)));
    }
    if let Some(path) = key_file {
        out.path("key_file", path);
    }
}

fn organization(organization: &Organization, out: &mut Yaml) {
    out.pair("role", &organization.role);
    if let Some(id) = &organization.external_id {
        out.pair("external_id", id);
    }
    out.list("regions", &organization.regions, |region| scalar(region));
    if let Some(role_arn) = &organization.list_through {
        out.pair("list_through", role_arn);
    }
    out.list("exclude", &organization.exclude, |number| scalar(number));
    out.pair("refresh", show_duration(organization.refresh));
}

fn geoip(geoip: &GeoIp, out: &mut Yaml) {
    for (key, path) in [("country", &geoip.country), ("asn", &geoip.asn)] {
        if let Some(path) = path {
            out.path(key, path);
        }
    }
}

/// What differs from the usual calls.
fn doors(doors: Doors, out: &mut Yaml) {
    let call = |door: &Door| scalar(format!("{}:{}", door.service, door.event_name));
    let (usual, ours): (Vec<_>, Vec<_>) =
        (Doors::default().iter().collect(), doors.iter().collect());
    let missing = |from: &[&'static Door], of: &[&'static Door]| -> Vec<&'static Door> {
        of.iter().copied().filter(|door| !from.contains(door)).collect()
    };
    out.list("add", &missing(&usual, &ours), |door| call(door));
    out.list("drop", &missing(&ours, &usual), |door| call(door));
}

fn web(settings: &Settings, out: &mut Yaml) {
    let web = &settings.web;
    out.list("listen_addresses", &web.listen_addresses, |address| scalar(address));
    out.pair("telemetry_path", &web.telemetry_path);
    if let Some(path) = &web.config_file {
        out.path("config_file", path);
    }
    out.pair("max_requests", web.max_requests);
    out.pair("disable_recent", web.disable_recent);
    out.pair("openmetrics_created", web.openmetrics_created);
}

fn programs(programs: &OtherNames, out: &mut Yaml) {
    let mut known: Vec<&str> = programs.iter().map(|(_, row)| row.name).collect();
    known.sort_unstable();
    known.dedup();
    out.section("programs", |out| {
        for program in known {
            let names = programs.iter().filter(|(_, row)| row.name == program);
            out.list(program, &names.collect::<Vec<_>>(), |(name, _)| scalar(name));
        }
    });
}

fn networks(networks: &Networks, out: &mut Yaml) {
    let mut names: Vec<&str> = networks.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    names.dedup();
    out.section("networks", |out| {
        for name in names {
            let nets: Vec<_> = networks.iter().filter(|(_, n)| *n == name).collect();
            out.list(name, &nets, |(net, _)| scalar(net));
        }
    });
}

fn identities(identities: &Identities, out: &mut Yaml) {
    out.list("authorized_keys", &identities.authorized_keys, key_path);
    out.section("keys", |out| {
        for (fingerprint, name) in &identities.keys {
            out.pair(fingerprint, name);
        }
    });
    out.pair("trust_instance_connect_lines", identities.trust_instance_connect_lines);
    out.list("made_up", &identities.made_up, |glob| scalar(glob));
}

fn key_path(keys: &KeyPath) -> String {
    let naming = match &keys.naming {
        Naming::Comment => pair("name_by", "comment"),
        Naming::File => pair("name_by", "file"),
        Naming::Fixed(name) => pair("name", name),
    };
    braced(&[pair("path", keys.path.display()), naming, pair("trusted", keys.trusted)])
}

fn expected(expected: &Expectations, out: &mut Yaml) {
    for kind in Kind::ALL {
        out.list(kind.as_str(), expected.list(kind), rule);
    }
}

fn rule(rule: &Rule) -> String {
    let conditions = rule.conditions.iter();
    let mut pairs: Vec<String> = conditions
        .map(|(subject, value)| format!("{}: {}", subject.as_str(), pattern(value)))
        .collect();
    let hours: Vec<String> = rule.hours.iter().map(|hours| scalar(hours.as_str())).collect();
    if !hours.is_empty() {
        pairs.push(format!("hours: [{}]", hours.join(", ")));
    }
    braced(&pairs)
}

fn pattern(pattern: &Pattern) -> String {
    let globs: Vec<String> = pattern.globs().map(scalar).collect();
    let globs = match &globs[..] {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    if pattern.negated() { format!("{{not: {globs}}}") } else { globs }
}

fn braced(pairs: &[String]) -> String {
    format!("{{{}}}", pairs.join(", "))
}

fn pair(key: &str, value: impl Display) -> String {
    format!("{key}: {}", scalar(value))
}

/// Bare where YAML cannot misread it, else in double quotes with JSON's escapes, which are YAML's.
fn scalar(value: impl Display) -> String {
    let text = value.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '-');
    let first = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    if first && text.chars().all(plain) && !text.eq_ignore_ascii_case("null") {
        return text;
    }
    serde_json::Value::String(text).to_string()
}

/// Writes lines at the depth of the section they stand in.
#[derive(Default)]
struct Yaml {
    text: String,
    depth: usize,
}

impl Yaml {
    fn line(&mut self, line: &str) {
        self.text.push_str(&"  ".repeat(self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn pair(&mut self, key: &str, value: impl Display) {
        self.line(&format!("{}: {}", scalar(key), scalar(value)));
    }

    fn path(&mut self, key: &str, path: &Path) {
        self.pair(key, path.display());
    }

    /// A zone without a name is the host's own, which is the default anyway.
    fn zone(&mut self, zone: &TimeZone) {
        match zone.iana_name() {
            Some(name) => self.pair("time_zone", name),
            None => self.line("# time_zone: that of /etc/localtime"),
        }
    }

    /// A key with what `write` puts below it; without anything it is empty.
    fn section(&mut self, key: &str, write: impl FnOnce(&mut Yaml)) {
        self.line(&format!("{}:", scalar(key)));
        let before = self.text.len();
        self.depth += 1;
        write(self);
        self.depth -= 1;
        if self.text.len() == before {
            self.text.truncate(before - 1);
            self.text.push_str(" {}\n");
        }
    }

    /// A key with its items, each on a line of its own.
    fn list<T>(&mut self, key: &str, items: &[T], show: impl Fn(&T) -> String) {
        if items.is_empty() {
            return self.line(&format!("{}: []", scalar(key)));
        }
        self.line(&format!("{}:", scalar(key)));
        for item in items {
            self.line(&format!("  - {}", show(item)));
        }
    }
}
