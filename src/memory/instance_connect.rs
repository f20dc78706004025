//! Whom EC2 Instance Connect named for a key, for the login that follows within a minute.

use serde::{Deserialize, Serialize};

use super::held::shortened;
use super::limits::{KEY_FOR, KEYS};
use super::table::{Table, fingerprint};
use crate::event::{Event, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Keys {
    named: Table<u64, Named, KEYS>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Named {
    principal: String,
    trusted: bool,
    time: i64,
}

impl Keys {
    /// Instance Connect says it twice for each login; the later one stands. With the principal
    /// comes whether a rule may rest on it.
    pub(super) fn provided(&mut self, host: &str, key: &str, principal: (&str, bool), time: Time) {
        let (principal, trusted) = (shortened(principal.0), principal.1);
        let named = Named { principal, trusted, time: time.nanoseconds() };
        self.named.insert(
            fingerprint(&[host, key]),
            time.saturating_add_seconds(KEY_FOR + 1),
            named,
        );
    }

    pub(super) fn principal(&self, login: &Event<'_>) -> Option<(String, bool)> {
        let key = fingerprint(&[&login.host, login.fingerprint.as_deref()?]);
        let named = self.named.get(&key)?;
        let age = login.time.seconds_since(Time::from_nanoseconds(named.time));
        (age.abs() <= KEY_FOR as f64).then(|| (named.principal.clone(), named.trusted))
    }

    pub(super) fn expire(&mut self, now: Time) {
        self.named.forget_due(now);
    }
}
