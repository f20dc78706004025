//! Raw records and their positions.
//!
//! A source finds its place, waits for more, and hands on batches. It knows nothing of what the
//! records mean and counts nothing: what went wrong it reports with the batch.

#[cfg(feature = "cloudtrail")]
pub mod accounts;
#[cfg(feature = "cloudtrail")]
pub mod aws;
#[cfg(feature = "cloudtrail")]
pub mod cloudtrail;
pub mod file;
pub mod journal;
#[cfg(feature = "cloudtrail")]
pub mod queue;
pub mod ssm_agent;
pub mod trail_files;
pub mod wrapping;

use std::future::Future;

use simdutf8::compat::from_utf8;

use crate::event::Time;
use crate::record::{AgentDocument, JournalEntry, Position, Record, SourceId};

/// Something that records come from.
pub trait Source: Send {
    fn id(&self) -> &SourceId;

    /// Waits until there is something to tell: records, or a change of state. Dropping the future
    /// loses nothing. Who says that he has caught up waits or yields before the next.
    fn next(&mut self) -> impl Future<Output = Delivery<'_>> + Send;
}

/// One batch, with the position behind it and what happened on the way.
#[derive(Debug)]
pub struct Delivery<'s> {
    pub records: Records<'s>,
    /// Behind the last of `records`. It is saved together with what they counted.
    pub position: Position,
    /// No record of the batch is newer, but for clock skew: for the year that RFC 3164 leaves out.
    pub reference: Time,
    /// That year, where the lines around them tell it.
    pub year: Option<i16>,
    pub report: Report,
}

/// The records of a batch, borrowed from the source's buffer.
#[derive(Debug)]
pub enum Records<'s> {
    /// Whole lines, each with its line end.
    Lines(&'s [u8]),
    Journal(Vec<JournalEntry<'s>>),
    /// One JSON record each.
    CloudTrail(&'s [Vec<u8>]),
    Agent(&'s [AgentDocument]),
}

impl Records<'_> {
    pub const NONE: Records<'static> = Records::Lines(b"");

    /// The text that its lines stand in, up to what is not UTF-8. To look through a block costs less
    /// than to look at what is read of each of its lines.
    pub fn text(&self) -> &str {
        let Records::Lines(block) = self else { return "" };
        let known = from_utf8(block);
        known.or_else(|error| from_utf8(&block[..error.valid_up_to()])).unwrap_or("")
    }

    /// Calls `each` with every record, in order.
    pub fn for_each(&self, each: impl FnMut(Record<'_>)) {
        self.iter().for_each(each);
    }

    /// The last record of the batch.
    pub fn last(&self) -> Option<Record<'_>> {
        match self {
            Records::Lines(block) => {
                let body = block.strip_suffix(b"\n").unwrap_or(block);
                let begin = memchr::memrchr(b'\n', body).map_or(0, |end| end + 1);
                (!block.is_empty()).then(|| Record::Line(&body[begin..]))
            }
            Records::Journal(entries) => entries.last().map(|entry| Record::Journal(*entry)),
            Records::CloudTrail(records) => records.last().map(|json| Record::CloudTrail(json)),
            Records::Agent(documents) => documents.last().map(Record::Agent),
        }
    }

    /// Every record, in order.
    pub fn iter(&self) -> Iter<'_> {
        match self {
            Records::Lines(block) => Iter::Lines(lines(block)),
            Records::Journal(entries) => Iter::Journal(entries.iter()),
            Records::CloudTrail(records) => Iter::CloudTrail(records.iter()),
            Records::Agent(documents) => Iter::Agent(documents.iter()),
        }
    }
}

/// The lines of a block, without their line ends.
pub fn lines(block: &[u8]) -> Lines<'_> {
    Lines(block)
}

/// Walks the lines of a block.
#[derive(Debug)]
pub struct Lines<'s>(&'s [u8]);

impl<'s> Iterator for Lines<'s> {
    type Item = &'s [u8];

    #[inline]
    fn next(&mut self) -> Option<&'s [u8]> {
        let Lines(rest) = self;
        let (line, after) = match memchr::memchr(b'\n', rest) {
            Some(end) => (&rest[..end], &rest[end + 1..]),
            None if rest.is_empty() => return None,
            None => rest.split_at(rest.len()),
        };
        *rest = after;
        Some(line)
    }
}

/// Walks the records of a batch.
#[derive(Debug)]
pub enum Iter<'s> {
    Lines(Lines<'s>),
    Journal(std::slice::Iter<'s, JournalEntry<'s>>),
    CloudTrail(std::slice::Iter<'s, Vec<u8>>),
    Agent(std::slice::Iter<'s, AgentDocument>),
}

impl<'s> Iterator for Iter<'s> {
    type Item = Record<'s>;

    fn next(&mut self) -> Option<Record<'s>> {
        match self {
            Iter::Lines(lines) => lines.next().map(Record::Line),
            Iter::Journal(entries) => entries.next().map(|entry| Record::Journal(*entry)),
            Iter::CloudTrail(records) => records.next().map(|json| Record::CloudTrail(json)),
            Iter::Agent(documents) => documents.next().map(Record::Agent),
        }
    }
}

/// The state of a source and what happened since its last delivery.
#[derive(Debug, Default)]
pub struct Report {
    /// The source can be read.
    pub up: bool,
    /// All that was there when it last looked has been delivered.
    pub caught_up: bool,
    /// Bytes that were read for this batch, and bytes known to be still unread.
    pub bytes: u64,
    pub lag_bytes: u64,
    pub rotations: u32,
    pub problems: Vec<Problem>,
    /// What was asked of an API; all zero for a source that asks none.
    pub calls: Calls,
}

/// The calls of an API since the last delivery.
#[derive(Debug, Default, PartialEq)]
pub struct Calls {
    pub requests: u64,
    /// One for each of `requests` that failed.
    pub failures: Vec<CallFailure>,
    /// When a poll was last read to its end.
    pub polled: Option<Time>,
    /// The account and the Region that are asked; the former is empty until it is known, the
    /// latter for a source that asks none.
    pub account: String,
    pub region: String,
    /// How late a record may come up and still be found, seconds.
    pub reach: Option<i64>,
}

/// The closed set of `login_exporter_cloudtrail_request_failures_total{reason}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallFailure {
    /// Too many requests in this account and Region, by whomever.
    Throttled,
    /// The principal may not make the call.
    Denied,
    /// There are no credentials, or they are unknown.
    Credentials,
    /// The credentials have expired.
    Expired,
    /// This host's clock is wrong.
    Clock,
    /// STS, which gives the credentials, is out of reach.
    Sts,
    /// The account has not enabled the Region.
    Region,
    /// A proxy refused the request.
    Proxy,
    /// No answer came.
    Network,
    Other,
}

impl CallFailure {
    pub const ALL: &'static [CallFailure] = &[
        CallFailure::Throttled,
        CallFailure::Denied,
        CallFailure::Credentials,
        CallFailure::Expired,
        CallFailure::Clock,
        CallFailure::Sts,
        CallFailure::Region,
        CallFailure::Proxy,
        CallFailure::Network,
        CallFailure::Other,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            CallFailure::Throttled => "throttled",
            CallFailure::Denied => "denied",
            CallFailure::Credentials => "credentials",
            CallFailure::Expired => "expired",
            CallFailure::Clock => "clock",
            CallFailure::Sts => "sts",
            CallFailure::Region => "region",
            CallFailure::Proxy => "proxy",
            CallFailure::Network => "network",
            CallFailure::Other => "other",
        }
    }
}

/// Something that went wrong and that the user must know of.
#[derive(Debug)]
pub struct Problem {
    /// The label of `login_exporter_source_errors_total`.
    pub reason: ProblemReason,
    pub count: u64,
    /// Names the thing, the cause and the remedy.
    pub message: String,
}

/// The closed set of `login_exporter_source_errors_total{reason}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemReason {
    /// The file, directory or journal is not there.
    Missing,
    Unreadable,
    /// Records that were not read and cannot be found any more.
    Gap,
    /// A line too long to keep; its beginning was read.
    LineTooLong,
    /// A writer that may not say what it said.
    Untrusted,
    /// Messages that the log daemon or journald dropped.
    Suppressed,
    /// A record that is damaged.
    Malformed,
    /// The kernel's watches ran out: the slow tick reads instead.
    WatchFailed,
    /// The log is stale: the journal has newer entries.
    Stale,
    /// The log is mounted by itself: its rotation will not be seen.
    BindMount,
    /// A file that came and went before it could be read: a session, or a command of Run Command.
    Vanished,
    /// There is more than the source can carry in time.
    Overloaded,
}

impl ProblemReason {
    pub const ALL: &'static [ProblemReason] = &[
        ProblemReason::Missing,
        ProblemReason::Unreadable,
        ProblemReason::Gap,
        ProblemReason::LineTooLong,
        ProblemReason::Untrusted,
        ProblemReason::Suppressed,
        ProblemReason::Malformed,
        ProblemReason::WatchFailed,
        ProblemReason::Stale,
        ProblemReason::BindMount,
        ProblemReason::Vanished,
        ProblemReason::Overloaded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ProblemReason::Missing => "missing",
            ProblemReason::Unreadable => "unreadable",
            ProblemReason::Gap => "gap",
            ProblemReason::LineTooLong => "line_too_long",
            ProblemReason::Untrusted => "untrusted",
            ProblemReason::Suppressed => "suppressed",
            ProblemReason::Malformed => "malformed",
            ProblemReason::WatchFailed => "watch_failed",
            ProblemReason::Stale => "stale",
            ProblemReason::BindMount => "bind_mount",
            ProblemReason::Vanished => "vanished",
            ProblemReason::Overloaded => "overloaded",
        }
    }
}
