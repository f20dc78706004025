//! Who is behind an account: the name of a key, a certificate's key ID, an AWS principal.
//!
//! Two answers are kept apart. One is shown. The other is what a rule may rest on: it leaves out
//! every name that a local user could have written, such as a line of EC2 Instance Connect in a
//! file, or the comment of a key in a file of the user's own.

mod authorized_keys;

use std::borrow::Cow;
use std::collections::HashMap;

use wildmatch::WildMatch;

use crate::event::{Event, EventKind, SSM_AGENT};

pub use authorized_keys::{BadLine, Key, KeyFile, parse_authorized_keys};

/// A name for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName {
    /// In the form of [`fingerprint`].
    pub fingerprint: String,
    pub name: String,
    /// No user of the host could have written the name.
    pub trusted: bool,
}

/// The names of all keys that are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identities {
    keys: HashMap<String, Names>,
    /// Rules rest also on what a line of EC2 Instance Connect in a file says.
    pub trust_instance_connect_lines: bool,
    /// Globs of session names that say nothing of a person, beside those that the parser knows.
    made_up: Vec<WildMatch>,
}

/// The names of one key: the first one given, and the first that can be trusted.
#[derive(Clone, Debug, Default, PartialEq)]
struct Names {
    shown: String,
    trusted: Option<String>,
}

/// Who is behind an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Empty where nothing tells it.
    pub shown: Cow<'a, str>,
    /// What a rule may rest on.
    pub trusted: Cow<'a, str>,
}

/// Whom EC2 Instance Connect named for the key.
#[derive(Clone, Copy, Debug)]
pub struct Principal<'a> {
    pub name: &'a str,
    /// The line came from the journal, which knows that no user wrote it.
    pub trusted: bool,
}

impl Identities {
    /// Where two names are given for a key, the first stands.
    pub fn new(keys: impl IntoIterator<Item = KeyName>, trust_lines: bool) -> Identities {
        let mut table: HashMap<String, Names> = HashMap::new();
        for KeyName { fingerprint, name, trusted } in keys {
            let names = table.entry(fingerprint).or_default();
            if trusted && names.trusted.is_none() {
                names.trusted = Some(name.clone());
            }
            if names.shown.is_empty() {
                names.shown = name;
            }
        }
        Identities { keys: table, trust_instance_connect_lines: trust_lines, made_up: Vec::new() }
    }

    /// The same, where session names that match one of these globs are made up too.
    pub fn with_made_up<'g>(self, globs: impl IntoIterator<Item = &'g str>) -> Identities {
        Identities { made_up: globs.into_iter().map(WildMatch::new).collect(), ..self }
    }

    /// The names on which a rule may rest.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.values().filter_map(|names| names.trusted.as_deref())
    }

    /// Who came in. An attempt that was refused proves nothing, so it has no identity.
    #[inline(always)]
    pub fn of<'a>(
        &'a self,
        event: &'a Event<'a>,
        principal: Option<Principal<'a>>,
    ) -> Identity<'a> {
        match event.kind {
            // amazon-ssm-agent names an AWS principal and no key.
            EventKind::LoginSuccess if event.program == SSM_AGENT => self.of_principal(event),
            EventKind::LoginSuccess => self.of_login(event, principal),
            EventKind::AwsSuccess | EventKind::AwsFailure => self.of_principal(event),
            EventKind::SessionOpened | EventKind::SessionClosed if event.aws.is_some() => {
                self.of_principal(event)
            }
            // Whose session it could have been: a guess, on which no rule rests.
            EventKind::SudoCommand | EventKind::SudoFailure => {
                Identity { trusted: Cow::Borrowed(""), ..self.of_principal(event) }
            }
            EventKind::LoginFailure
            | EventKind::LoginRejected
            | EventKind::SessionOpened
            | EventKind::SessionClosed
            | EventKind::SuSuccess
            | EventKind::SuFailure
            | EventKind::AccountChange => Identity::default(),
        }
    }

    /// The caller that CloudTrail or the host's agent names.
    #[inline]
    fn of_principal<'a>(&'a self, event: &'a Event<'a>) -> Identity<'a> {
        let Some(principal) = event.identity else { return Identity::default() };
        let name = self.folded(principal);
        Identity { shown: name.clone(), trusted: name }
    }

    /// The principal with `*` for a session name that the settings call made up.
    fn folded<'a>(&'a self, principal: &'a str) -> Cow<'a, str> {
        let (before, session) = match principal.strip_prefix("federated:") {
            Some(name) => ("federated:", name),
            None => match principal.split_once('/') {
                Some((role, session)) if !role.contains(':') => {
                    (&principal[..role.len() + 1], session)
                }
                _ => return Cow::Borrowed(principal),
            },
        };
        match self.made_up.iter().any(|glob| glob.matches(session)) {
            true => Cow::Owned(format!("{before}*")),
            false => Cow::Borrowed(principal),
        }
    }

    fn of_login<'a>(
        &'a self,
        event: &'a Event<'a>,
        principal: Option<Principal<'a>>,
    ) -> Identity<'a> {
        let Some(logged) = event.fingerprint else {
            return same(event.identity);
        };
        let names = self.names_of(logged);
        let key_id = event.identity.filter(|id| !id.is_empty());
        let is_trusted = |p: &Principal<'_>| p.trusted || self.trust_instance_connect_lines;
        let first = |named: Option<&'a str>, principal: Option<Principal<'a>>| match (
            named.or(key_id),
            principal,
        ) {
            (Some(known), _) => Cow::Borrowed(known),
            (None, Some(principal)) => self.folded(principal.name),
            (None, None) => Cow::Borrowed(logged),
        };
        Identity {
            shown: first(names.map(|n| n.shown.as_str()), principal),
            trusted: first(names.and_then(|n| n.trusted.as_deref()), principal.filter(is_trusted)),
        }
    }

    fn names_of(&self, logged: &str) -> Option<&Names> {
        match self.keys.get(logged) {
            Some(names) => Some(names),
            // OpenSSH before 6.8 logs MD5 without its name.
            None if self.keys.is_empty() || logged.starts_with("SHA256:") => None,
            None => self.keys.get(&fingerprint(logged)?),
        }
    }
}

fn same(name: Option<&str>) -> Identity<'_> {
    let name = Cow::Borrowed(name.unwrap_or(""));
    Identity { shown: name.clone(), trusted: name }
}

/// The one form of a fingerprint, if it is one: `SHA256:` and 43 letters of base64, or `MD5:` and
/// 16 bytes in lower case. Accepts padding, upper case and MD5 without its name.
pub fn fingerprint(text: &str) -> Option<String> {
    if let Some(base64) = text.strip_prefix("SHA256:") {
        let base64 = base64.trim_end_matches('=');
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        return (base64.len() == 43 && base64.bytes().all(letter))
            .then(|| format!("SHA256:{base64}"));
    }
    let hex = text.strip_prefix("MD5:").unwrap_or(text);
    let byte = |pair: &str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    let fits = hex.split(':').count() == 16 && hex.split(':').all(byte);
    fits.then(|| format!("MD5:{}", hex.to_ascii_lowercase()))
}

/// A name that can be a label: not empty, without control characters, and none of the words in
/// brackets that stand for something else, `(other)` and `(invalid)`.
pub fn is_usable_name(name: &str) -> bool {
    let bracketed = name.starts_with('(') && name.ends_with(')');
    !name.trim().is_empty() && !bracketed && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests;
