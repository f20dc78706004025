//! What a source hands on: raw records, where they came from, and how far was read.
//!
//! Owns no meaning: the bytes are what the log, the journal or CloudTrail held.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

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
    /// What amazon-ssm-agent has at work, began or ended.
    Agent(&'a AgentDocument),
}

/// A document that amazon-ssm-agent works on, as a file of its state tells: a session of Session
/// Manager or a command of Run Command. It begins once and ends once, however often the agent
/// writes its file again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentDocument {
    pub host: String,
    /// The agent's name for its host: an instance's ID, `mi-…`, or that of an ECS task.
    pub instance: String,
    /// The file's name: the session's ID.
    pub id: String,
    pub change: AgentChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentChange {
    /// The file was born, with its JSON.
    Began { time: Time, state: Vec<u8> },
    /// The file is gone. `watched` where it was seen to go; else it went some time before `time`,
    /// while nobody looked.
    Ended { time: Time, watched: bool },
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
    /// `_SYSTEMD_CGROUP`: where the writer runs; a container's tells it from the host.
    pub control_group: Option<&'a str>,
    /// `_MACHINE_ID`: a journal can hold the entries of other machines and of containers.
    pub machine_id: Option<&'a str>,
    /// `MESSAGE`, or as much of it as `SYSLOG_RAW` has more: journald strips the blanks at the end
    /// and keeps the original beside it (systemd 240 on).
    pub message: &'a [u8],
    /// Blanks at the end of `message` may be missing: there is neither `SYSLOG_RAW` nor a sign
    /// (`SYSLOG_TIMESTAMP`) that this journald would have kept it.
    pub may_be_stripped: bool,
}

/// What kind of thing records come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// A log file, by its path.
    File,
    /// The journal of this host.
    Journal,
    /// What amazon-ssm-agent keeps of open sessions.
    SsmAgent,
    /// CloudTrail's LookupEvents, by Region, or by account and Region.
    CloudTrail,
    /// A file or folder of CloudTrail's records, by its path.
    Trail,
    /// An SQS queue, by its URL.
    Queue,
    /// Which accounts and Regions of AWS there are to ask; it brings no records.
    Accounts,
}

impl SourceKind {
    pub const ALL: &'static [SourceKind] = &[
        SourceKind::File,
        SourceKind::Journal,
        SourceKind::SsmAgent,
        SourceKind::CloudTrail,
        SourceKind::Trail,
        SourceKind::Queue,
        SourceKind::Accounts,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SourceKind::File => "file",
            SourceKind::Journal => "journal",
            SourceKind::SsmAgent => "ssm-agent",
            SourceKind::CloudTrail => "cloudtrail",
            SourceKind::Trail => "trail",
            SourceKind::Queue => "queue",
            SourceKind::Accounts => "aws-accounts",
        }
    }

    /// Its records are lines of this host's programs, one of which may be held for another.
    pub fn is_host_log(self) -> bool {
        matches!(self, SourceKind::File | SourceKind::Journal)
    }

    /// Its records tell of this host, and began with it.
    pub fn is_of_this_host(self) -> bool {
        self.is_host_log() || self == SourceKind::SsmAgent
    }
}

/// Names a source: `file:/var/log/secure`, `journal`, `cloudtrail:ap-northeast-1`,
/// `trail:/var/trail`. That text is the label `source` of the exporter's own metrics, and its key
/// in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SourceId {
    pub kind: SourceKind,
    /// Which one of its kind; empty where there is but one.
    pub of: String,
}

impl SourceId {
    pub fn new(kind: SourceKind, of: impl std::fmt::Display) -> SourceId {
        SourceId { kind, of: of.to_string() }
    }

    pub fn file(path: &Path) -> SourceId {
        SourceId::new(SourceKind::File, path.display())
    }

    pub fn journal() -> SourceId {
        SourceId::new(SourceKind::Journal, "")
    }
}

impl std::fmt::Display for SourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.of.as_str() {
            "" => f.write_str(self.kind.as_str()),
            of => write!(f, "{}:{of}", self.kind.as_str()),
        }
    }
}

impl From<SourceId> for String {
    fn from(id: SourceId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for SourceId {
    type Error = String;

    fn try_from(text: String) -> Result<SourceId, String> {
        let (kind, of) = text.split_once(':').unwrap_or((&text, ""));
        let kind = SourceKind::ALL.iter().find(|known| known.as_str() == kind);
        let kind = kind.ok_or_else(|| format!("{text:?} names no kind of source"))?;
        Ok(SourceId::new(*kind, of))
    }
}

/// How far a source was read, so that a restart goes on behind it. It is saved with the series it
/// was counted into. Only the source that wrote it looks inside.
#[derive(Clone, Debug)]
pub struct Position(Form);

/// A place is told with each batch and saved seldom, so it becomes JSON only then.
#[derive(Clone, Debug)]
enum Form {
    Json(Value),
    Typed(Arc<dyn Place>),
}

/// A place in a source, as that source keeps it.
pub trait Place: std::fmt::Debug + Send + Sync {
    /// What is saved of it.
    fn to_json(&self) -> Value;
}

impl Position {
    pub fn json(value: Value) -> Position {
        Position(Form::Json(value))
    }

    pub fn typed(place: Arc<dyn Place>) -> Position {
        Position(Form::Typed(place))
    }

    pub fn to_json(&self) -> Value {
        match &self.0 {
            Form::Json(value) => value.clone(),
            Form::Typed(place) => place.to_json(),
        }
    }

    /// It is no place to go on from.
    pub fn is_none(&self) -> bool {
        matches!(&self.0, Form::Json(Value::Null))
    }
}

impl Default for Position {
    fn default() -> Self {
        Position::json(Value::Null)
    }
}

impl PartialEq for Position {
    fn eq(&self, other: &Position) -> bool {
        match (&self.0, &other.0) {
            (Form::Typed(one), Form::Typed(other)) if Arc::ptr_eq(one, other) => true,
            _ => self.to_json() == other.to_json(),
        }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Json(value) => value.serialize(serializer),
            Form::Typed(place) => place.to_json().serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Position::json)
    }
}
