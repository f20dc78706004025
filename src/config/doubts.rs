//! What reads well and can hardly be meant: rules that no event can ever fit. Each is a warning
//! of `check-config`, since only whoever wrote it knows; a rule that never fits tells of
//! everyone's expected logins as unexpected, and a `not` that names nothing lets everyone through.

use std::path::Path;

use wildmatch::WildMatch;

use super::read::nearest;
use super::values::{is_account, region};
use crate::address;
use crate::event::{Method, SSM_AGENT};
use crate::parse::cloudtrail::{DOORS, Doors};
use crate::parse::principal;
use crate::policy::Rules;
use crate::policy::expected::{Kind, Pattern, Rule, Subject};
use crate::policy::identities::fingerprint;
use crate::policy::networks::BUILT_IN;
use crate::programs::{self, FOLDERS, PROGRAMS};

/// What the patterns are held against.
pub(super) struct Doubts<'a> {
    pub(super) rules: &'a Rules,
    pub(super) doors: Doors,
    /// The host's accounts, as far as a list of them is to be had.
    pub(super) accounts: &'a [String],
    /// Whether the host knows an account, a directory server's too.
    pub(super) has_account: &'a dyn Fn(&str) -> bool,
}

impl Doubts<'_> {
    /// One line each, by the rule's place: `expected.logins[0].user: …`.
    pub(super) fn lines(&self) -> Vec<String> {
        let rules = Kind::ALL.into_iter().flat_map(|kind| {
            self.rules.expected.list(kind).iter().enumerate().map(move |rule| (kind, rule))
        });
        rules
            .flat_map(|(kind, (number, rule))| {
                let place = format!("expected.{}[{number}]", kind.as_str());
                let conditions = rule.conditions.iter().flat_map(move |(subject, pattern)| {
                    let doubts = self.pattern(kind, *subject, pattern);
                    doubts.into_iter().map(move |doubt| format!(".{}: {doubt}", subject.as_str()))
                });
                let whole = nobody(rule).map(|doubt| format!(": {doubt}"));
                conditions.chain(whole).map(|doubt| format!("{place}{doubt}")).collect::<Vec<_>>()
            })
            .collect()
    }

    fn pattern(&self, kind: Kind, subject: Subject, pattern: &Pattern) -> Vec<String> {
        if pattern.negated() && pattern.globs().any(|glob| glob == "*") {
            return vec!["never fits: other than * leaves nothing".to_owned()];
        }
        let doubt = |glob: &str| {
            // What has no such value: a password's identity, a tunnel's user.
            if glob.is_empty() {
                return None;
            }
            let why = shape(subject, glob).or_else(|| self.meaning(kind, subject, glob))?;
            Some(format!("{glob:?} never fits: {why}"))
        };
        pattern.globs().filter_map(doubt).collect()
    }

    /// Why no event can have such a value; `None` where one could.
    fn meaning(&self, kind: Kind, subject: Subject, glob: &str) -> Option<String> {
        let plain = is_plain(glob);
        match subject {
            Subject::User | Subject::TargetUser if plain => self.account(glob),
            Subject::Identity if kind == Kind::Aws => principal_of(glob),
            Subject::Identity if plain => self.person(glob),
            Subject::Network => {
                let own = self.rules.networks.iter().map(|(_, name)| name);
                one_of("network", glob, own.chain(BUILT_IN))
            }
            Subject::Method => {
                one_of("method", glob, Method::ALL.iter().map(|method| method.as_str()))
            }
            Subject::Program => program(glob),
            Subject::Source => source(glob),
            Subject::Command => command(glob),
            Subject::EventName => self.event_name(glob),
            Subject::Document if glob.starts_with("arn:") => {
                Some("a document is told by its name, without the ARN".to_owned())
            }
            Subject::Account => {
                let could_be = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b'?');
                (!glob.bytes().all(could_be)).then(|| "an account is twelve digits".to_owned())
            }
            Subject::Region if plain => region(glob).err(),
            Subject::User
            | Subject::Identity
            | Subject::TargetUser
            | Subject::SourceIdentity
            | Subject::Target
            | Subject::Document
            | Subject::Region => None,
        }
    }

    fn account(&self, name: &str) -> Option<String> {
        // sudo's way to name an ID that has no account.
        if name.starts_with('#') || (self.has_account)(name) {
            return None;
        }
        let accounts: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
        Some(format!("no account of this host is called so{}", did_you_mean(name, &accounts)))
    }

    /// The identity of a login: a key's name, a certificate's key ID, a principal.
    fn person(&self, name: &str) -> Option<String> {
        if let Some(logged) = fingerprint(name) {
            return (logged != name).then(|| format!("the key is told as {logged}"));
        }
        // What has these is a principal of AWS or of Kerberos; so are its doubts.
        if name.contains(['/', ':']) {
            return principal_of(name);
        }
        let names: Vec<&str> = self.rules.identities.names().collect();
        if name.contains('@') || names.contains(&name) {
            return None;
        }
        Some(format!(
            "no key below identities is called so{}, and only a certificate's key ID could be",
            did_you_mean(name, &names)
        ))
    }

    fn event_name(&self, glob: &str) -> Option<String> {
        let called = |doors: Doors| -> Vec<&str> { doors.iter().map(|d| d.event_name).collect() };
        let counted = called(self.doors);
        let fits = |name: &&str| WildMatch::new(glob).matches(name);
        if counted.iter().any(fits) {
            return None;
        }
        match DOORS.iter().map(|door| door.event_name).find(fits) {
            Some(name) => Some(format!("{name} is not counted; add it to cloudtrail.events")),
            None => Some(format!("no such call is counted{}", did_you_mean(glob, &counted))),
        }
    }
}

fn is_plain(glob: &str) -> bool {
    !glob.contains(['*', '?'])
}

fn did_you_mean(word: &str, names: &[&str]) -> String {
    nearest(word, names).map(|name| format!(" (did you mean {name}?)")).unwrap_or_default()
}

/// What is wrong with the form of any pattern but a command's, where all of this can stand.
fn shape(subject: Subject, glob: &str) -> Option<String> {
    if subject == Subject::Command {
        return None;
    }
    if glob.trim() != glob {
        return Some("no value begins or ends with a blank".to_owned());
    }
    let ends = glob.starts_with('^') || glob.ends_with('$') && subject != Subject::User;
    // Behind a word, as in `alice@example.*`, the dot can be one.
    let dots = glob.starts_with(".*") || glob.contains("/.*");
    if ends || dots || glob.contains(['|', '\\']) {
        return Some(
            "a pattern is a glob and no regular expression: * is any text, ? one character, and \
             several stand in a list"
                .to_owned(),
        );
    }
    None
}

fn one_of<'n>(what: &str, glob: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    let matcher = WildMatch::new(glob);
    let fits = names.iter().any(|name| matcher.matches(name));
    (!fits).then(|| format!("no {what} is called so{}", did_you_mean(glob, &names)))
}

fn program(glob: &str) -> Option<String> {
    use programs::Rules::{Dropbear, Login, Sshd, Tailscale, Xrdp};
    let lets_in =
        |row: &&programs::Program| matches!(row.rules, Sshd | Dropbear | Tailscale | Xrdp | Login);
    if let Some(row) = programs::by_tag(glob.as_bytes()).filter(|row| row.name != glob) {
        return Some(format!("the program is called {} in every version", row.name));
    }
    let names = PROGRAMS.iter().filter(lets_in).map(|row| row.name).chain([SSM_AGENT]);
    one_of("program that lets people in", glob, names)
}

fn source(glob: &str) -> Option<String> {
    if glob.contains('/') {
        return Some(
            "a source is one address; name the network below networks, and ask for network"
                .to_owned(),
        );
    }
    let address = address::parse(glob)?.to_string();
    (address != glob).then(|| format!("the address is told as {address}"))
}

/// sudo looks the program up, and logs where it found it.
fn command(glob: &str) -> Option<String> {
    let name = glob.split(' ').next().unwrap_or("");
    if name.starts_with(['/', '*', '?']) || matches!(name, "list" | "sudoedit") {
        return None;
    }
    if name == "ALL" {
        return Some("ALL is sudoers' word; * is any command".to_owned());
    }
    let places = FOLDERS.iter().map(|folder| format!("{}/{name}", folder.trim_end_matches('/')));
    let found = places.into_iter().find(|path| is_plain(name) && Path::new(path).exists());
    Some(format!(
        "sudo logs a command by its path; write {}",
        found.unwrap_or_else(|| format!("*/{}", name.trim_start_matches("./")))
    ))
}

/// The forms of [`principal`].
fn principal_of(glob: &str) -> Option<String> {
    const FORMS: &str = "write role/session, user:NAME or another form of README's";
    const PREFIXES: [&str; 10] = [
        "user",
        "root",
        "role",
        "federated",
        "saml",
        "web",
        "account",
        "service",
        "sso",
        "unknown",
    ];
    if glob.starts_with("arn:") {
        let short = principal::of_arn(glob).map(|name| format!("write {name}"));
        return Some(format!("nobody is told by an ARN; {}", short.unwrap_or(FORMS.to_owned())));
    }
    if let Some((prefix, name)) = glob.split_once(':') {
        let is_known = !is_plain(prefix) || PREFIXES.contains(&prefix);
        let is_number = matches!(prefix, "root" | "account") && is_plain(name) && !is_account(name);
        return match (is_known, is_number) {
            (false, _) => Some(format!("{prefix}: begins no identity; {FORMS}")),
            (true, true) => Some("an account is twelve digits".to_owned()),
            (true, false) => None,
        };
    }
    if !is_plain(glob) || glob.contains('@') && !glob.contains('/') {
        return None;
    }
    let Some((role, session)) = glob.split_once('/') else {
        return Some(format!(
            "an IAM user is user:{glob}, a session has its role before it; {FORMS}"
        ));
    };
    let arn = format!("arn:aws:sts::000000000000:assumed-role/{role}/{session}");
    match principal::of_arn(&arn) {
        Some(told) if told == glob => None,
        Some(told) => Some(format!("this session is told as {told}")),
        None => Some(FORMS.to_owned()),
    }
}

/// A rule whose conditions exclude each other.
fn nobody(rule: &Rule) -> Option<String> {
    let pattern = |asked: Subject| {
        rule.conditions.iter().find(|(subject, _)| *subject == asked).map(|(_, pattern)| pattern)
    };
    let (identity, method) = (pattern(Subject::Identity)?, pattern(Subject::Method)?);
    let by_secret = [Method::Password, Method::KeyboardInteractive, Method::None];
    let others = Method::ALL.iter().filter(|method| !by_secret.contains(method));
    let only_by_secret = by_secret.iter().any(|m| method.fits(m.as_str()))
        && !others.into_iter().any(|m| method.fits(m.as_str()));
    (only_by_secret && !identity.fits("")).then(|| {
        "never fits: who comes by a password has no identity; ask for user, or for a key".to_owned()
    })
}
