//! Which login is expected, and which name a network or key has.

pub mod expected;
pub mod identities;
pub mod networks;

use std::borrow::Cow;

use crate::event::{Event, Expected};
use crate::session::Counted;

/// A judged event: what is counted.
#[derive(Debug)]
pub struct Observation<'e> {
    pub event: &'e Event<'e>,
    /// The person behind the account, by the contract's order; empty for a password.
    pub identity: Cow<'e, str>,
    /// The configured network's name, else `loopback`, `private`, `public`, `aws` or `unknown`.
    pub network: Cow<'e, str>,
    pub expected: Expected,
    /// The rule that fitted, by its place in the file: `expected.logins[1]`.
    pub rule: Option<&'e str>,
    pub duration: Option<f64>,
    pub after_failures: bool,
}

/// The rules in force. Cheap to replace whole when a file changes.
#[derive(Debug, Default)]
pub struct Policy {}

impl Policy {
    /// Judges one event.
    pub fn observe<'e>(&'e self, counted: &'e Counted<'e>) -> Observation<'e> {
        Observation {
            event: &counted.event,
            identity: Cow::Borrowed(""),
            network: Cow::Borrowed("unknown"),
            expected: Expected::Unset,
            rule: None,
            duration: counted.duration,
            after_failures: counted.after_failures,
        }
    }
}
