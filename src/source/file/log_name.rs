//! What stands under the log's name, and what is wrong with it.
//!
//! Owns when trouble is told: once, when it begins; a missing file only after some patience,
//! since logrotate leaves a moment between renaming the old file and creating the new.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use crate::source::{Problem, ProblemReason};

use super::identity::{FileId, modified};

/// One look at the log's name.
#[derive(Debug)]
pub(super) enum LogName {
    File { id: FileId, size: u64, modified: i64 },
    Missing,
    Unreadable(String),
}

impl LogName {
    pub(super) fn of(path: &Path) -> LogName {
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => LogName::File {
                id: FileId::of(&meta),
                size: meta.size(),
                modified: modified(&meta),
            },
            Ok(meta) if meta.is_dir() => LogName::Unreadable("it is a directory".to_owned()),
            Ok(_) => LogName::Unreadable("it is no regular file".to_owned()),
            Err(error) if is_absence(&error) => LogName::Missing,
            Err(error) => LogName::Unreadable(error.to_string()),
        }
    }

    /// When the log was born; `None` while there is none.
    pub(super) fn born(&self) -> Option<i64> {
        match self {
            LogName::File { id, .. } => Some(id.born),
            LogName::Missing | LogName::Unreadable(_) => None,
        }
    }

    pub(super) fn is(&self, file: FileId) -> bool {
        matches!(self, LogName::File { id, .. } if *id == file)
    }
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Why the log cannot be read at present.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// What failed in this look, though the file is there.
    failed: Option<String>,
    since: Option<Duration>,
    told: Option<ProblemReason>,
}

impl Trouble {
    pub(super) fn cannot_read(&mut self, error: &io::Error) {
        self.failed = Some(error.to_string());
    }

    /// Reading failed in this look.
    pub(super) fn is_stuck(&self) -> bool {
        self.failed.is_some()
    }

    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    pub(super) fn is_unreadable(&self) -> bool {
        self.told == Some(ProblemReason::Unreadable)
    }

    /// Ends a look: what is to be told now, if anything.
    pub(super) fn judge(
        &mut self,
        name: &LogName,
        clock: Duration,
        patience: Duration,
        path: &Path,
    ) -> Option<Problem> {
        let failed = self.failed.take();
        let (reason, message) = match name {
            LogName::Missing => (ProblemReason::Missing, missing(path)),
            LogName::Unreadable(why) => (ProblemReason::Unreadable, unreadable(path, why)),
            LogName::File { .. } => match failed {
                Some(why) => (ProblemReason::Unreadable, unreadable(path, &why)),
                None => {
                    *self = Trouble::default();
                    return None;
                }
            },
        };
        let since = *self.since.get_or_insert(clock);
        let waits = reason == ProblemReason::Missing && clock.saturating_sub(since) < patience;
        if waits || self.told == Some(reason) {
            return None;
        }
        self.told = Some(reason);
        Some(Problem { reason, count: 1, message })
    }
}

fn missing(path: &Path) -> String {
    format!(
        "{}: there is no such file; it is read as soon as it is there; if the log has another \
         name, say so with --auth-log.path, and if this host has only the journal, with \
         --source=journal",
        path.display()
    )
}

fn unreadable(path: &Path, why: &str) -> String {
    format!(
        "{}: it cannot be read: {why}; give the exporter's user the right to read the log (its \
         group, often adm, or setfacl -m u:USER:r); it is tried again all the time",
        path.display()
    )
}
