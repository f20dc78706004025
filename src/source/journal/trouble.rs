//! What to tell the user when the journal cannot be read, or not in full.

use std::io;
use std::path::Path;

use super::export::LONGEST_ENTRY;
use crate::event::Time;
use crate::source::{Problem, ProblemReason};

/// Why the journal cannot be read.
#[derive(Debug)]
pub(super) enum Failure {
    NotStarted(io::Error),
    /// With its exit status, and what it said.
    Ended(String),
    /// The user may read the entries of his own only.
    Hidden,
}

/// The entries between the last one read and this one, if there were any, cannot be found.
pub(super) fn gap(first: Time) -> Problem {
    let message = format!(
        "the journal no longer holds the entry that was read last: it was vacuumed or \
         removed, or it is volatile and the host was started again; reading goes on at {}; Storage=persistent in \
         journald.conf keeps it",
        jiff::Timestamp::from_second(first.seconds()).unwrap_or_default()
    );
    Problem { reason: ProblemReason::Gap, count: 1, message }
}

/// journalctl does not start, or does not show what it should.
pub(super) fn of_journalctl(program: &Path, failure: &Failure) -> Problem {
    let program = program.display();
    let (reason, message) = match failure {
        Failure::NotStarted(error) => (
            ProblemReason::Missing,
            format!(
                "{program} cannot be started ({error}): install systemd's journalctl, or name a \
                 log file with --auth-log.path"
            ),
        ),
        Failure::Ended(status) => (
            ProblemReason::Unreadable,
            format!(
                "{program} ended ({status}): it is started again; where permissions are missing, \
                 add the exporter's user to the group systemd-journal"
            ),
        ),
        Failure::Hidden => (
            ProblemReason::Unreadable,
            "the journal shows this user no entries but his own: add the exporter's user to the \
             group systemd-journal"
                .to_owned(),
        ),
    };
    Problem { reason, count: 1, message }
}

/// An entry too long to keep.
pub(super) fn too_long() -> Problem {
    let message = format!(
        "the journal holds an entry of more than {} MiB, which was passed over: journalctl \
         SYSLOG_FACILITY=10 shows who wrote it",
        LONGEST_ENTRY >> 20
    );
    Problem { reason: ProblemReason::LineTooLong, count: 1, message }
}

/// What journalctl printed that is no entry.
pub(super) fn no_entry(line: &[u8]) -> Problem {
    let beginning = String::from_utf8_lossy(&line[..line.len().min(80)]);
    let message = format!(
        "journalctl printed what is no entry ({beginning}): journalctl --verify tells \
         whether the journal is damaged"
    );
    Problem { reason: ProblemReason::Malformed, count: 1, message }
}
