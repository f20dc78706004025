//! Bytes to [`Event`]: what a login program's line or a CloudTrail record says.
//!
//! Pure: no I/O, clock or environment; the reference time and zone come in as a [`Clock`]. Never
//! fails and never panics: what is no event is [`Parsed::Ignored`] (known and of no interest) or
//! [`Parsed::Unrecognized`] (a login program said something that no rule knows).

pub mod accounts;
pub mod cloudtrail;
pub mod instance_connect;
pub mod login;
pub mod logind;
pub mod pam;
pub mod polkit;
pub mod sshd;
pub mod su;
pub mod sudo;
pub mod syslog;
mod words;

use jiff::tz::TimeZone;

use crate::event::{Event, Hint, Time};

/// What one record turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed<'a> {
    Event(Event<'a>),
    /// No event, but another record's event needs it.
    Hint(Hint<'a>),
    Ignored,
    /// A line of a login program that no rule knows. `program` is one of a closed set, so it can
    /// be a label.
    Unrecognized {
        program: &'static str,
    },
}

/// What a time stamp leaves out: the year (RFC 3164), and the zone where it names none.
#[derive(Clone, Debug)]
pub struct Clock {
    /// No record is newer than this, but for a day of clock skew.
    pub reference: Time,
    pub zone: TimeZone,
}

/// A record's frame, taken off: who said it, when, where. The rest is the message.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    pub time: Time,
    pub host: &'a [u8],
    /// The tag as logged, without pid and colon: `sshd-session`, `CRON`, `sshd(pam_unix)`.
    pub tag: &'a [u8],
    pub pid: Option<u32>,
    pub message: &'a [u8],
}

/// Reads one line of an authentication log in any of the formats that [`syslog`] knows.
pub fn line<'a>(line: &'a [u8], clock: &Clock) -> Parsed<'a> {
    match syslog::envelope(line, clock) {
        Some(envelope) => message(&envelope),
        None => Parsed::Ignored,
    }
}

/// Reads a message whose frame is known, from a line or from the journal's fields.
pub fn message<'a>(_envelope: &Envelope<'a>) -> Parsed<'a> {
    Parsed::Ignored
}
