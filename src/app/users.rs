//! Which user ID an account has, asked of the host as `getpwnam` knows it (files, SSSD, LDAP).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Settings;
use crate::host::Host;
use crate::trust::{Surroundings, UserIds};

/// How long an answer holds. An account that was just made is asked for again after it.
const FRESH: Duration = Duration::from_secs(60);

/// Names come from the log, so the cache is emptied when it has grown to this.
const MOST: usize = 1024;

/// The host's accounts, with answers kept for a minute: a directory server can be slow.
#[derive(Debug, Default)]
pub(super) struct HostUsers {
    surroundings: Surroundings,
    known: Mutex<HashMap<String, (Option<u32>, Instant)>>,
}

impl HostUsers {
    /// Of this host, whose journal `serve` reads.
    pub(super) fn of(host: &Host, settings: &Settings) -> Self {
        let machine_id = host.machine_id.clone();
        let control_group = host.control_group.clone();
        let own = Surroundings { machine_id, control_group, ..Surroundings::default() };
        HostUsers { surroundings: allowed(own, settings), ..HostUsers::default() }
    }

    /// Of a host that may be another one: `history` is given its journal or log.
    pub(super) fn of_any(settings: &Settings) -> Self {
        let surroundings = allowed(Surroundings::default(), settings);
        HostUsers { surroundings, ..HostUsers::default() }
    }
}

/// What the settings allow besides.
fn allowed(surroundings: Surroundings, settings: &Settings) -> Surroundings {
    let folders = settings.trust.folders.iter();
    Surroundings {
        folders: folders.map(|folder| folder.display().to_string()).collect(),
        names: settings.programs.clone(),
        containers: settings.trust.containers,
        other_machines: settings.trust.other_machines,
        ..surroundings
    }
}

impl UserIds for HostUsers {
    fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    fn user_id(&self, name: &str) -> Option<u32> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((id, since)) = known.get(name)
            && since.elapsed() < FRESH
        {
            return *id;
        }
        if known.len() >= MOST {
            known.clear();
        }
        let id = nix::unistd::User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
        known.insert(name.to_owned(), (id, Instant::now()));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_user_id_0_and_nobody_knows_a_made_up_name() {
        let users = HostUsers::default();
        assert_eq!(users.user_id("root"), Some(0));
        assert_eq!(users.user_id("no such account"), None);
        assert_eq!(users.user_id("root"), Some(0), "from the cache");
    }
}
