//! Which login is expected, and which name a network or key has.
//!
//! Owns the rules in force and the verdict on one event. Pure: files of keys are read elsewhere
//! and come in as names of fingerprints.

pub mod expected;
pub mod identities;
pub mod networks;
pub mod origin;
pub mod privacy;

use std::borrow::Cow;

use crate::event::{Event, EventKind, Expected};
use crate::memory::Counted;

use expected::{Expectations, Facts, Kind};
use identities::{Identities, Identity, Principal};
use networks::{AWS, Networks};
use origin::Origins;
use privacy::Privacy;

/// A judged event: what is counted.
#[derive(Debug)]
pub struct Observation<'e> {
    pub event: &'e Event<'e>,
    /// The person behind the account, by the order of `identities`; empty for a password.
    pub identity: Cow<'e, str>,
    /// The configured network's name, else `loopback`, `private`, `public`, `aws` or `unknown`.
    pub network: Cow<'e, str>,
    pub expected: Expected,
    /// The rule that fitted, by its place in the file: `expected.logins[1]`.
    pub rule: Option<&'e str>,
    pub duration: Option<f64>,
    pub after_failures: bool,
}

/// What the rules are made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    pub networks: Networks,
    pub identities: Identities,
    pub expected: Expectations,
}

/// The rules in force. Cheap to replace whole when a file changes.
#[derive(Debug, Default)]
pub struct Policy {
    rules: Rules,
    /// What of a person is shown where.
    pub privacy: Privacy,
    /// Where an address is from.
    pub origins: Origins,
    /// The place of each rule in the file, by list.
    places: [Vec<String>; 3],
}

impl From<Rules> for Policy {
    fn from(rules: Rules) -> Policy {
        let places = Kind::ALL.map(|kind| {
            let count = rules.expected.list(kind).len();
            (0..count).map(|n| format!("expected.{}[{n}]", kind.as_str())).collect()
        });
        Policy { rules, places, privacy: Privacy::default(), origins: Origins::default() }
    }
}

impl Policy {
    /// How many rules say what is expected of this kind.
    pub fn rules_of(&self, kind: Kind) -> usize {
        self.places[kind as usize].len()
    }

    /// Judges one event.
    #[inline(always)]
    pub fn observe<'e>(&'e self, counted: &'e Counted<'e>) -> Observation<'e> {
        let identity = self.identity(counted);
        let network = self.network(counted.event);
        let facts = Facts { event: counted.event, identity: &identity.trusted, network };
        let (expected, rule) = match Kind::of(counted.event.kind) {
            Some(kind) if self.rules_of(kind) > 0 => self.judge(kind, &facts),
            _ => (Expected::Unset, None),
        };
        Observation {
            event: counted.event,
            identity: identity.shown,
            network: Cow::Borrowed(network),
            expected,
            rule,
            duration: counted.duration,
            after_failures: counted.after_failures,
        }
    }

    /// Why an event is not expected: the rule that comes nearest, and what of it does not fit.
    /// `None` for an event that is expected, or of a kind without rules.
    pub fn explain(&self, counted: &Counted<'_>) -> Option<String> {
        let identity = self.identity(counted);
        let network = self.network(counted.event);
        let facts = Facts { event: counted.event, identity: &identity.trusted, network };
        let kind = Kind::of(counted.event.kind)?;
        let misfits = self.rules.expected.list(kind).iter().map(|rule| rule.misfits(&facts));
        let (place, nearest) = misfits
            .zip(&self.places[kind as usize])
            .map(|(m, p)| (p, m))
            .min_by_key(|(_, m)| m.len())?;
        if nearest.is_empty() {
            return None;
        }
        let rested_on = kind != Kind::Logins || identity.shown == identity.trusted;
        let untrusted = match rested_on {
            true => String::new(),
            false => format!(
                " (no rule rests on identity {:?}: a local user could have written it)",
                identity.shown
            ),
        };
        Some(format!("{place} comes nearest, but {}{untrusted}", nearest.join(", ")))
    }

    fn judge(&self, kind: Kind, facts: &Facts<'_>) -> (Expected, Option<&str>) {
        if could_be_two_commands(facts.event) {
            return (Expected::False, None);
        }
        match self.rules.expected.list(kind).iter().position(|rule| rule.fits(facts)) {
            Some(n) => (Expected::True, self.places[kind as usize].get(n).map(String::as_str)),
            None => (Expected::False, None),
        }
    }

    #[inline]
    fn identity<'e>(&'e self, counted: &'e Counted<'e>) -> Identity<'e> {
        let principal = counted
            .principal
            .as_deref()
            .map(|name| Principal { name, trusted: counted.principal_trusted });
        self.rules.identities.of(counted.event, principal)
    }

    #[inline(always)]
    fn network(&self, event: &Event<'_>) -> &str {
        let source = event.source;
        if matches!(event.kind, EventKind::AwsSuccess | EventKind::AwsFailure) {
            return self.rules.networks.of_aws_event(source);
        }
        // Who comes through Session Manager comes through AWS: the host sees no address.
        if event.aws.is_some() && source.is_none() {
            return AWS;
        }
        self.rules.networks.of_host_event(source)
    }
}

/// sudo writes the folder in front of the command, and escapes neither: a folder that a user named
/// `x ; USER=root ; COMMAND=/bin/harmless` puts that command in front of the one that ran. Such a
/// line is never expected.
fn could_be_two_commands(event: &Event<'_>) -> bool {
    event.command.is_some_and(|command| command.contains(" ; COMMAND="))
}
