//! The history that is kept: one line of JSON for each access that is counted, in a file a day.
//!
//! `DIR/YYYY-MM-DD.jsonl` (0600) holds the day's lines, closed days are gzipped. A line goes to the
//! day on which it is written, in UTC, so that who asks for what happened since a day need not look
//! into older files.
//!
//! Exact with the counters. The snapshot holds what is counted and not yet in the file, and how long
//! the file is without it ([`Pending`]); then it is appended; the file is synced before the next
//! snapshot; a start appends what is missing ([`Files`]). So a crash leaves no line twice and none
//! out, and the file only grows, as those who follow it expect. A start from an older snapshot leaves
//! out what the files say already ([`Files::resume`]).
//!
//! Bounded by age and by size: the oldest files go first. What waits while nothing can be written is
//! bounded too, and what is lost by that is counted.

mod days;
mod files;
mod pending;
mod resume;
#[cfg(test)]
mod tests;

pub use days::{Segment, segments};
pub use files::{Files, Limits, Tidied, Tidier};
pub use pending::{Pending, Plan};

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::event::EventKind;

/// Whether the archive keeps events of this kind. What was refused is noise that anyone can make:
/// it is kept where that is asked for.
pub fn keeps(kind: EventKind, failures: bool) -> bool {
    match kind {
        EventKind::LoginSuccess
        | EventKind::SessionClosed
        | EventKind::SudoCommand
        | EventKind::SuSuccess
        | EventKind::AccountChange
        | EventKind::AwsSuccess => true,
        EventKind::LoginFailure
        | EventKind::LoginRejected
        | EventKind::SudoFailure
        | EventKind::SuFailure
        | EventKind::AwsFailure => failures,
        EventKind::SessionOpened => false,
    }
}

/// A failure of the archive's folder. It names the thing, the cause and the remedy.
#[derive(Debug)]
pub struct ArchiveError {
    path: PathBuf,
    what: &'static str,
    cause: io::Error,
}

impl ArchiveError {
    fn new(what: &'static str, path: &Path, cause: io::Error) -> ArchiveError {
        ArchiveError { path: path.to_owned(), what, cause }
    }
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let remedy = match self.cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "make room on its disk, or lower --archive.max-size; what waits is kept and tried again"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "mount its file system writable, or name another folder with --archive.dir"
            }
            io::ErrorKind::WouldBlock => {
                "another login_exporter writes to it: give this one its own with --archive.dir"
            }
            _ => {
                "it must belong to the user that the exporter runs as; --archive.dir names another, \
                 and --archive.dir=none does without"
            }
        };
        let (path, what, cause) = (self.path.display(), self.what, &self.cause);
        write!(f, "archive {path}: it cannot be {what}: {cause}; {remedy}")
    }
}

impl std::error::Error for ArchiveError {}
