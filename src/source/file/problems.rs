//! What can go wrong with a log and its rotated files, in words.

use std::io;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use crate::source::{Problem, ProblemReason};

use super::identity::Mark;
use super::lines::MAX_LINE;
use super::reading::Reading;

pub(super) fn damaged(file: &Reading, error: &io::Error) -> Problem {
    let message = format!(
        "{}: damaged at byte {} of its content: {error}; what stands behind is not counted; look \
         at it with gzip -t or cat",
        file.path.display(),
        file.offset
    );
    Problem { reason: ProblemReason::Malformed, count: 1, message }
}

pub(super) fn foreign(path: &Path, why: &str) -> Problem {
    let message = format!(
        "{}: the saved position cannot be understood: {why}; this counts as a first start",
        path.display()
    );
    Problem { reason: ProblemReason::Gap, count: 1, message }
}

pub(super) fn too_long(path: &Path) -> Problem {
    let message = format!(
        "{}: a line is longer than {} KiB; its beginning was read and its rest left out",
        path.display(),
        MAX_LINE / 1024
    );
    Problem { reason: ProblemReason::LineTooLong, count: 1, message }
}

pub(super) fn gap(message: String) -> Problem {
    Problem { reason: ProblemReason::Gap, count: 1, message }
}

pub(super) fn not_found(mark: &Mark, log: &Path) -> Problem {
    gap(format!(
        "{}: it was read up to byte {}, but that file, its rotated copy and its .gz are gone; \
         what stood behind is not counted; keep rotated files longer than the exporter is stopped \
         (logrotate: rotate, maxage)",
        log.display(),
        mark.offset
    ))
}

pub(super) fn doubtful(path: &Path, offset: u64) -> Problem {
    gap(format!(
        "{}: what was read stands in it again, but changed where it ends: going on at byte \
         {offset}, so that nothing counts twice; lines that came just before it was changed may be \
         missing; edit a copy of a log, not the log",
        path.display()
    ))
}

pub(super) fn may_be_part(log: &Path, files: &[PathBuf]) -> Problem {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    let names = names.join(", ");
    gap(format!(
        "{}: lines may be missing before its first one: {names} may have been the log, which cannot \
         be told for certain, and is not counted; look into it with login_exporter history FILE",
        log.display()
    ))
}

pub(super) fn left_out(older: &Path, newer: &Path, number: u64) -> Problem {
    gap(format!(
        "{}: lines are missing behind it: its name tells that a rotated file with the number {number} \
         came between it and {}, and none is there; what stood in it is not counted; keep rotated \
         files longer than the exporter is stopped (logrotate: rotate, maxage), and ask who removed it",
        older.display(),
        newer.display()
    ))
}

pub(super) fn silent(older: &Path, newer: &Path, pause: SignedDuration) -> Problem {
    gap(format!(
        "{}: lines may be missing behind it: {} begins {pause:#} later, and its last lines are never a \
         third of that apart; while the exporter was stopped the log may have been rotated once more \
         in between, and that file been removed or moved to another folder; look for it, and read \
         it with login_exporter history FILE",
        older.display(),
        newer.display()
    ))
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    gap(format!("{}: this rotated file cannot be read: {error}; it is not counted", path.display()))
}
