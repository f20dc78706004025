//! Open sessions: the closing of one finds its opening, by host, program and pid.
//!
//! A program that says no pid (sudo before 1.9 in a file) is paired by user, the latest first,
//! since such sessions nest. systemd's user manager is paired by user too: its child `(sd-pam)`
//! says that it closed, and there is one manager a user. pkexec becomes the program that it runs
//! and says no close, so its sessions count as opened and are never open. A close without an open changes nothing; an open for a pid that has
//! one replaces it, since its close was missed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::held::shortened;
use super::limits::{SESSIONS, SESSIONS_WITHOUT_PID};
use super::table::{Table, fingerprint};
use crate::event::{Event, Time};

const ONE_A_USER: &str = "systemd-user";
const NEVER_CLOSED: &str = "polkit";

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Sessions {
    open: Table<Key, Open, SESSIONS>,
}

/// Host and program; pid, or the user where there is none.
type Key = (u64, Option<u32>, u64);

#[derive(Debug, Serialize, Deserialize)]
struct Open {
    host: String,
    program: String,
    user: String,
    /// When it was opened; several only where there is no pid.
    since: Vec<i64>,
}

impl Sessions {
    /// The table is in order of opening, so that the oldest makes room.
    pub(super) fn opened(&mut self, event: &Event<'_>) {
        if event.program == NEVER_CLOSED {
            return;
        }
        let key = key(event);
        let mut since = match event.pid {
            None if event.program != ONE_A_USER => {
                self.open.remove(&key).map(|open| open.since).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        if since.len() >= SESSIONS_WITHOUT_PID {
            since.remove(0);
        }
        since.push(event.time.nanoseconds());
        let open = Open {
            host: shortened(&event.host),
            program: shortened(&event.program),
            user: shortened(event.user.as_deref().unwrap_or_default()),
            since,
        };
        self.open.insert(key, event.time, open);
    }

    /// Seconds since the session's opening, where that was seen and is not later.
    pub(super) fn closed(&mut self, event: &Event<'_>) -> Option<f64> {
        let key = key(event);
        let mut open = self.open.remove(&key)?;
        let since = open.since.pop().map(Time::from_nanoseconds)?;
        if let Some(oldest) = open.since.first() {
            let oldest = Time::from_nanoseconds(*oldest);
            self.open.insert(key, oldest, open);
        }
        let duration = event.time.seconds_since(since);
        (duration >= 0.0).then_some(duration)
    }

    /// Open sessions by program and user.
    pub(super) fn active(&self) -> Vec<(String, String, u64)> {
        let mut counts = BTreeMap::<(&str, &str), u64>::new();
        for open in self.open.values() {
            *counts.entry((&open.program, &open.user)).or_default() += open.since.len() as u64;
        }
        let owned = |((program, user), count): ((&str, &str), u64)| {
            (program.to_owned(), user.to_owned(), count)
        };
        counts.into_iter().map(owned).collect()
    }

    /// What was opened before the host started is not open.
    pub(super) fn host_started(&mut self, host: &str, boot: Time) {
        self.open.retain(|_, open| {
            let newest = open.since.last().copied().unwrap_or_default();
            !is_host(&open.host, host) || newest >= boot.nanoseconds()
        });
    }
}

fn key(event: &Event<'_>) -> Key {
    let pid = event.pid.filter(|_| event.program != ONE_A_USER);
    let who = match pid {
        Some(_) => "",
        None => event.user.as_deref().unwrap_or_default(),
    };
    (fingerprint(&[&event.host, &event.program]), pid, fingerprint(&[who]))
}

/// Log daemons write a host's name with or without its domain; no name means this host.
fn is_host(logged: &str, host: &str) -> bool {
    let short = |name: &str| name.split('.').next().map(str::to_ascii_lowercase);
    host.is_empty() || logged.is_empty() || short(logged) == short(host)
}
