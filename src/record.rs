//! What a source hands on: raw records, where they came from, and how far was read.
//!
//! Owns no meaning: the bytes are what the log, the journal or CloudTrail held.

use serde::{Deserialize, Serialize};

use crate::event::Time;

/// One raw record, borrowed from the block that was read.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// A line of a log file, without its line end. Nobody can tell who wrote it.
    Line(&'a [u8]),
    /// An entry of the journal, whose writer the kernel vouches for.
    Journal(JournalEntry<'a>),
    /// One CloudTrail record, as JSON.
    CloudTrail(&'a [u8]),
}

/// The fields of a journal entry that tell what was said and by whom.
/// Names and meaning are those of systemd.journal-fields(7).
#[derive(Clone, Copy, Debug, Default)]
pub struct JournalEntry<'a> {
    /// `__REALTIME_TIMESTAMP`: when journald received the entry.
    pub time: Time,
    /// `_HOSTNAME`
    pub host: &'a str,
    /// `SYSLOG_IDENTIFIER`: the tag, which the writer chose.
    pub identifier: &'a str,
    /// `SYSLOG_PID`, else `_PID`
    pub pid: Option<u32>,
    /// `_UID`, which a user cannot choose.
    pub uid: Option<u32>,
    /// `_AUDIT_LOGINUID`: who logged in to the session that the writer belongs to, whomever he
    /// became since. The kernel keeps it, and a user cannot choose it either.
    pub login_uid: Option<u32>,
    /// `_COMM`, missing on a fifth of short-lived programs.
    pub comm: Option<&'a str>,
    /// `_EXE`, missing on half of them.
    pub exe: Option<&'a str>,
    pub message: &'a [u8],
}

/// Names a source: `file:/var/log/secure`, `journal`, `cloudtrail:ap-northeast-1`,
/// `trail:/var/trail`. It is the label `source` of the exporter's own metrics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub String);

impl std::fmt::Display for SourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a source was read, so that a restart goes on behind it. It is saved with the series it
/// was counted into. Only the source that wrote it looks inside.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub serde_json::Value);
