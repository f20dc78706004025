//! What can go wrong with the state directory, and what to do about it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A failure of the state directory. Each names the thing, the cause and the remedy.
#[derive(Debug)]
pub enum StateError {
    Directory {
        what: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    Snapshot {
        what: &'static str,
        path: PathBuf,
        error: io::Error,
    },
    /// The lock is a symbolic link, which might lead to anything.
    Link {
        path: PathBuf,
    },
    InUse {
        path: PathBuf,
        by: String,
    },
    Content(serde_json::Error),
}

impl StateError {
    pub(super) fn directory(what: &'static str, path: &Path, error: io::Error) -> Self {
        StateError::Directory { what, path: path.to_owned(), error }
    }

    pub(super) fn snapshot(what: &'static str, path: &Path, error: io::Error) -> Self {
        StateError::Snapshot { what, path: path.to_owned(), error }
    }

    pub(super) fn lock(path: &Path, directory: &Path, error: io::Error) -> Self {
        match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => StateError::Link { path: path.to_owned() },
            _ => StateError::directory("written to", directory, error),
        }
    }

    pub(super) fn in_use(path: &Path, lock: &mut File) -> Self {
        let mut by = String::new();
        // Without its number the message is still right.
        let _ = lock.read_to_string(&mut by);
        StateError::InUse { path: path.to_owned(), by: by.trim().to_owned() }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Directory { what, path, error } => write!(
                f,
                "state directory {}: it cannot be {what}: {error}; make it, owned by the user \
                 that the exporter runs as with mode 0700, or name another with --state.dir",
                path.display()
            ),
            StateError::Snapshot { what, path, error } => {
                let remedy = remedy(error);
                write!(f, "snapshot {}: it cannot be {what}: {error}; {remedy}", path.display())
            }
            StateError::Link { path } => write!(
                f,
                "state directory: {} is a symbolic link, and writing to it might destroy what it \
                 leads to; remove it",
                path.display()
            ),
            StateError::InUse { path, by } => write!(
                f,
                "state directory {}: another login_exporter uses it (process {by}); stop that \
                 one, or give this one its own with --state.dir",
                path.display()
            ),
            StateError::Content(error) => {
                write!(f, "snapshot: what was counted has no form in JSON: {error}; report this")
            }
        }
    }
}

impl std::error::Error for StateError {}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on its disk; the last snapshot is still there, and saving is tried again"
        }
        io::ErrorKind::ReadOnlyFilesystem => "mount its file system writable, or use --state.dir",
        _ => "it and its directory must belong to the user that the exporter runs as",
    }
}
