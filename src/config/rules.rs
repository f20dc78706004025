//! The sections that only the file has: networks, identities, and what is expected.

use std::path::PathBuf;

use ipnet::IpNet;
use jiff::tz::TimeZone;

use super::read::Field;
use super::read::{Section, instead};
use super::values::{is_account, path, truth, zone};
use crate::event::Method;
use crate::policy::expected::{Expectations, Hours, Kind, Pattern, Rule, Subject};
use crate::policy::identities::{fingerprint, is_usable_name};
use crate::policy::networks::{BUILT_IN, Networks, fold_network};

/// Where the names of keys come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities {
    pub authorized_keys: Vec<KeyPath>,
    /// Fingerprints and names, in the order of the file.
    pub keys: Vec<(String, String)>,
    /// Rules rest also on what a line of EC2 Instance Connect in a file says, though a local user
    /// can write such a line.
    pub trust_instance_connect_lines: bool,
    /// Globs of session names that a tool made up.
    pub made_up: Vec<String>,
}

/// A file of public keys, or a folder of such files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath {
    pub path: PathBuf,
    pub naming: Naming,
    /// Rules rest on the names, even if users other than root can write the file.
    pub trusted: bool,
}

/// What the keys of a file are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Each key as its comment says; a key without one has no name.
    Comment,
    /// As the file is called, without `.pub` or `.keys`.
    File,
    /// All by one name.
    Fixed(String),
}

pub(super) fn networks(field: Option<Field<'_>>) -> Networks {
    let mut seen: Vec<(IpNet, String)> = Vec::new();
    for (name, field) in field.iter().flat_map(Field::entries) {
        if !is_usable_name(name) {
            field.wrong(format!("{name:?} is not a name: give one without brackets"));
        }
        for item in field.items() {
            if let Some(net) = item.parse(|text| cidr(text, &seen)) {
                seen.push((net, name.to_owned()));
            }
        }
    }
    Networks::new(seen)
}

/// A network that no other name has yet.
fn cidr(text: &str, seen: &[(IpNet, String)]) -> Result<IpNet, String> {
    let single = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
    let net: IpNet = text.parse().ok().or_else(single).ok_or_else(|| {
        format!("{text:?} is not a CIDR: write one such as 203.0.113.0/24 or 2001:db8::/32")
    })?;
    if net.trunc() != net {
        return Err(format!(
            "{text:?} is not a CIDR: its address has bits behind the prefix; {} is the network",
            net.trunc()
        ));
    }
    let net = fold_network(net);
    match seen.iter().find(|(other, _)| *other == net) {
        Some((_, name)) => Err(format!("{net} already belongs to {name}: keep one")),
        None => Ok(net),
    }
}

pub(super) fn identities(mut section: Section<'_>) -> Identities {
    let paths = section.take("authorized_keys").map(|field| field.items()).unwrap_or_default();
    let keys = section.take("keys").map(|field| field.entries()).unwrap_or_default();
    let identities = Identities {
        authorized_keys: paths.iter().filter_map(key_path).collect(),
        keys: keys.iter().filter_map(|(print, field)| key_name(print, field)).collect(),
        trust_instance_connect_lines: section
            .optional("trust_instance_connect_lines", truth)
            .unwrap_or(false),
        made_up: section.list("made_up", made_up),
    };
    section.finish();
    identities
}

/// A glob that leaves names their meaning: `*` would make one of all sessions of a role.
fn made_up(text: &str) -> Result<String, String> {
    match text.trim_matches(['*', '?']).is_empty() {
        true => {
            Err(format!("{text:?} fits every name: write the part that they share, such as ci-*"))
        }
        false => Ok(text.to_owned()),
    }
}

/// A path alone, or a section that says how its keys are named.
fn key_path(item: &Field<'_>) -> Option<KeyPath> {
    if item.is_text() {
        return Some(KeyPath { path: item.parse(path)?, naming: Naming::Comment, trusted: false });
    }
    let mut section = item.section();
    let path = section.required("path", path);
    let fixed = section.optional("name", name).map(Naming::Fixed);
    let by = section.optional("name_by", super::values::choice("way to name keys", &Naming::WAYS));
    if fixed.is_some() && by.is_some() {
        section.wrong("name and name_by exclude each other: keep one");
    }
    let trusted = section.optional("trusted", truth).unwrap_or(false);
    section.finish();
    let by = by.map(|file| if file { Naming::File } else { Naming::Comment });
    Some(KeyPath { path: path?, naming: fixed.or(by).unwrap_or(Naming::Comment), trusted })
}

impl Naming {
    /// The values of `name_by`: whether it is by the file.
    const WAYS: [(&'static str, bool); 2] = [("comment", false), ("file", true)];
}

fn key_name(print: &str, field: &Field<'_>) -> Option<(String, String)> {
    let Some(print) = fingerprint(print) else {
        field.wrong(
            "the key is not a fingerprint: write SHA256:… or MD5:… as ssh-keygen -lf prints it",
        );
        return None;
    };
    Some((print, field.parse(name)?))
}

fn name(text: &str) -> Result<String, String> {
    match is_usable_name(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not a name: give one without brackets")),
    }
}

pub(super) fn expected(
    mut section: Section<'_>,
    networks: &Networks,
    host_zone: &TimeZone,
) -> Expectations {
    let context = Context { networks, host_zone };
    let mut expectations = Expectations::default();
    for kind in Kind::ALL {
        let items = section.take(kind.as_str()).map(|field| field.items()).unwrap_or_default();
        *expectations.list_mut(kind) = items.iter().map(|item| context.rule(kind, item)).collect();
    }
    section.finish();
    expectations
}

/// What the values of a rule are checked against.
struct Context<'a> {
    networks: &'a Networks,
    host_zone: &'a TimeZone,
}

impl Context<'_> {
    fn rule(&self, kind: Kind, item: &Field<'_>) -> Rule {
        let mut section = item.section();
        let mut rule = Rule::default();
        for subject in kind.subjects() {
            if let Some(field) = section.take_even_empty(subject.as_str()) {
                rule.conditions.push((*subject, self.pattern(*subject, &field)));
            }
        }
        if let Some(field) = section.take_even_empty("hours") {
            rule.hours = self.all_hours(&field);
        }
        if item.is_map() && section.is_empty() {
            section.wrong("names nothing, so it would expect everything: give it a condition");
        }
        section.finish();
        rule
    }

    fn all_hours(&self, field: &Field<'_>) -> Vec<Hours> {
        if field.items().is_empty() {
            field.wrong("is empty: give hours such as Mon-Fri 08:00-20:00 Asia/Tokyo");
        }
        field.parse_all(|text| self.hours(text))
    }

    fn hours(&self, text: &str) -> Result<Hours, String> {
        Hours::parse(text, |name| name.map_or_else(|| Ok(self.host_zone.clone()), zone))
    }

    /// A glob, a list of globs, or `{not: …}`.
    fn pattern(&self, subject: Subject, field: &Field<'_>) -> Pattern {
        if !field.is_map() {
            return Pattern::new(self.globs(subject, field), false);
        }
        let mut section = field.section();
        let globs = match section.take_even_empty("not") {
            Some(field) => self.globs(subject, &field),
            None => {
                section
                    .wrong("is a section without not: write a glob, a list of globs, or {not: …}");
                Vec::new()
            }
        };
        section.finish();
        Pattern::new(globs, true)
    }

    fn globs(&self, subject: Subject, field: &Field<'_>) -> Vec<String> {
        let items = field.items();
        if items.is_empty() {
            field.wrong("is empty: give a glob");
        }
        items.iter().filter_map(|item| item.parse(|text| self.glob(subject, text))).collect()
    }

    /// A glob that can match: a plain word must be one that the subject can have.
    fn glob(&self, subject: Subject, text: &str) -> Result<String, String> {
        let plain = !text.contains(['*', '?']);
        match subject {
            Subject::Method if plain => {
                let names: Vec<&str> = Method::ALL.iter().map(|method| method.as_str()).collect();
                known("method", text, &names)
            }
            Subject::Network if plain => {
                let mut names: Vec<&str> = self.networks.iter().map(|(_, name)| name).collect();
                names.sort_unstable();
                names.dedup();
                names.extend(
                    BUILT_IN.iter().filter(|name| !names.contains(name)).collect::<Vec<_>>(),
                );
                known("network", text, &names)
            }
            Subject::Account if plain && !is_account(text) => {
                Err(format!("{text:?} is not an account: write its twelve digits"))
            }
            _ => Ok(text.to_owned()),
        }
    }
}

fn known(what: &str, text: &str, names: &[&str]) -> Result<String, String> {
    if names.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is not a {what}: {}", instead(text, names)))
}
