//! The file in force, read again when it or a file that it names changes.
//!
//! It is looked at for each connection and each request, so that a renewed certificate or a
//! removed user needs neither a restart nor a signal. What cannot be read leaves what was in
//! force. And since a file that is being written can be empty for a moment, a new reading never
//! turns TLS, the verifying of clients or the asking for names off: that takes a restart.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::{info, warn};

use super::{ConfigFileError, InForce, load};

pub(in crate::web) struct Live {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

/// What is in force holds secrets; nothing of it is shown.
impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("path", &self.path).finish_non_exhaustive()
    }
}

struct State {
    in_force: Arc<InForce>,
    /// The files of the last reading, as they were just before it.
    seen: Vec<Seen>,
}

#[derive(PartialEq)]
struct Seen {
    path: PathBuf,
    stamp: Option<Stamp>,
}

/// Device, inode, size and time of the last change: no write leaves all four as they were.
type Stamp = (u64, u64, u64, i64, i64);

impl Live {
    /// Without a file nothing is asked of anyone.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub(in crate::web) fn open(path: Option<PathBuf>) -> Result<Live, ConfigFileError> {
        let mut state = State { in_force: Arc::default(), seen: Vec::new() };
        if let Some(path) = &path {
            let (seen, loaded) = read(path);
            let in_force = loaded?;
            in_force.warnings.iter().for_each(|warning| warn!("{warning}"));
            state = State { in_force: Arc::new(in_force), seen };
        }
        Ok(Live { path, state: Mutex::new(state) })
    }

    /// What is in force now.
    pub(in crate::web) fn current(&self) -> Arc<InForce> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.path
            && state.seen.iter().any(|seen| seen.stamp != stamp(&seen.path))
        {
            match state.renew(path) {
                Ok(()) => info!(file = %path.display(), "read the web configuration again"),
                Err(error) => warn!(%error, "the web configuration before this one stays in force"),
            }
        }
        state.in_force.clone()
    }

    /// Reads everything again, changed or not.
    ///
    /// # Errors
    /// What is wrong with the file; what was in force before stays so.
    pub(in crate::web) fn reload(&self) -> Result<(), ConfigFileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.path.as_ref().map_or(Ok(()), |path| state.renew(path))
    }
}

impl State {
    fn renew(&mut self, path: &Path) -> Result<(), ConfigFileError> {
        let (seen, loaded) = read(path);
        self.seen = seen;
        let loaded = loaded?;
        let refused = |key, what| ConfigFileError {
            file: path.to_owned(),
            line: None,
            key: Some(key),
            cause: format!("{what} takes a restart"),
        };
        if loaded.tls.is_some() != self.in_force.tls.is_some() {
            return Err(refused("tls_server_config", "turning TLS on or off"));
        }
        if loaded.asked.is_less_than(self.in_force.asked) {
            return Err(refused("client_auth_type", "asking less of clients"));
        }
        if loaded.users.is_none() && self.in_force.users.is_some() {
            return Err(refused("basic_auth_users", "no longer asking for a name"));
        }
        loaded.warnings.iter().for_each(|warning| warn!("{warning}"));
        self.in_force = Arc::new(loaded);
        Ok(())
    }
}

/// The stamps are taken before the reading, so that a change meanwhile is a change later.
fn read(path: &Path) -> (Vec<Seen>, Result<InForce, ConfigFileError>) {
    let mut seen = Vec::new();
    let loaded = load(path, |file| seen.push(Seen { path: file.to_owned(), stamp: stamp(file) }));
    (seen, loaded)
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.size(), found.ctime(), found.ctime_nsec()))
}
