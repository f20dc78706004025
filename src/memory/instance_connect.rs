//! Whom EC2 Instance Connect named for a key, for the login that follows within a minute.

use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::held::shortened;
use super::limits::{KEY_FOR, KEYS};
use super::line::Line;
use crate::event::{Event, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Keys {
    pub(super) named: Brief<Named, KEYS>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Named {
    principal: String,
    trusted: bool,
    time: i64,
}

impl Keys {
    /// Instance Connect says it twice for each login; the later one stands. With the principal
    /// comes whether a rule may rest on it.
    pub(super) fn provided(&mut self, line: &Line<'_>, key: &str, principal: (&str, bool)) {
        let (principal, trusted) = (shortened(principal.0), principal.1);
        let named = Named { principal, trusted, time: line.time.nanoseconds() };
        self.named.put(line, line.key(&[key]), KEY_FOR + 1, named);
    }

    pub(super) fn principal(&self, line: &Line<'_>, login: &Event<'_>) -> Option<(String, bool)> {
        if self.named.is_empty() {
            return None;
        }
        let named = self.named.get(line, line.key(&[login.fingerprint?]))?;
        let age = login.time.seconds_since(Time::from_nanoseconds(named.time));
        (age.abs() <= KEY_FOR as f64).then(|| (named.principal.clone(), named.trusted))
    }
}
