//! Connections that logged in, open or ended within the last minute, by process and by address.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::limits::{ACCEPTED, ACCEPTED_FOR, AFTER_CLOSE};
use super::peer::{Peer, Process};
use super::table::{Table, fingerprint};
use crate::event::Time;

#[derive(Debug, Default)]
pub(super) struct Logins {
    by_process: Table<Process, Login, ACCEPTED>,
    /// Host, address and pid of the same.
    by_source: BTreeSet<(u64, u64, u32)>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Login {
    peer: Peer,
    /// Its end was logged.
    ended: bool,
}

impl Logins {
    pub(super) fn insert(&mut self, process: Process, peer: Peer, time: Time) {
        self.put(process, Login { peer, ended: false }, time.saturating_add_seconds(ACCEPTED_FOR));
    }

    pub(super) fn peer(&self, process: &Process) -> Option<&Peer> {
        self.by_process.get(process).map(|login| &login.peer)
    }

    pub(super) fn remove(&mut self, process: &Process) -> Option<Peer> {
        let login = self.by_process.remove(process)?;
        self.forget_source(*process, &login);
        Some(login.peer)
    }

    /// The session of this process ended: its last lines come now, then the pid is free.
    pub(super) fn ended(&mut self, process: &Process, time: Time) {
        if let Some(peer) = self.remove(process) {
            let due = time.saturating_add_seconds(AFTER_CLOSE);
            self.put(*process, Login { peer, ended: true }, due);
        }
    }

    /// Whether a line that a login's unknown child may have written is the end of one: of that
    /// address and port, or where no port is logged of one that did not end so before.
    pub(super) fn is_end_of_one(
        &mut self,
        host: u64,
        source: &str,
        port: Option<u16>,
        time: Time,
    ) -> bool {
        let source = fingerprint(&[source]);
        let range = (host, source, 0)..=(host, source, u32::MAX);
        let fits = |login: &Login| port.is_none() || login.peer.port == port;
        let mut found = None;
        for (_, _, pid) in self.by_source.range(range) {
            match self.by_process.get(&(host, *pid)).filter(|login| fits(login)) {
                Some(login) if login.ended => return true,
                Some(_) => found = Some((host, *pid)),
                None => {}
            }
        }
        found.inspect(|process| self.ended(process, time)).is_some()
    }

    pub(super) fn expire(&mut self, now: Time) {
        while let Some((process, login)) = self.by_process.pop_due(now) {
            self.forget_source(process, &login);
        }
    }

    pub(super) fn host_started(&mut self, host: u64) {
        self.by_process.retain(|process, _| process.0 != host);
        self.by_source.retain(|(of, _, _)| *of != host);
    }

    fn put(&mut self, process: Process, login: Login, due: Time) {
        self.remove(&process);
        self.by_source.extend(source_key(process, &login));
        if let Some((process, login)) = self.by_process.insert(process, due, login) {
            self.forget_source(process, &login);
        }
    }

    fn forget_source(&mut self, process: Process, login: &Login) {
        if let Some(key) = source_key(process, login) {
            self.by_source.remove(&key);
        }
    }
}

fn source_key((host, pid): Process, login: &Login) -> Option<(u64, u64, u32)> {
    Some((host, fingerprint(&[login.peer.source.as_deref()?]), pid))
}

impl Serialize for Logins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_process.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Logins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let by_process = Table::<Process, Login, ACCEPTED>::deserialize(deserializer)?;
        let by_source =
            by_process.iter().filter_map(|(process, login)| source_key(*process, login)).collect();
        Ok(Logins { by_process, by_source })
    }
}
