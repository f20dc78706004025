//! Bytes to [`Event`]: what a login program's line or a CloudTrail record says.
//!
//! Pure: no I/O, clock or environment; the reference time and zone come in as a [`Clock`]. Never
//! fails and never panics: what is no event is [`Parsed::Ignored`] (known and of no interest) or
//! [`Parsed::Unrecognized`] (a login program said something that no rule knows).

pub mod accounts;
pub mod cloudtrail;
pub mod doas;
pub mod dropbear;
mod duo;
pub mod instance_connect;
pub mod login;
pub mod logind;
pub mod pam;
pub mod polkit;
pub mod principal;
mod repeated;
pub mod rows;
pub mod sshd;
pub mod ssm_agent;
pub mod su;
pub mod sudo;
mod suppressed;
pub mod syslog;
pub mod tailscale;
#[cfg(test)]
mod tests;
mod unframed;
mod words;
pub mod xrdp;

use jiff::tz::TimeZone;

use crate::event::{Event, Hint, Texts, Time};
use crate::programs::{OtherNames, Program, Rules};
use rows::Table;

/// Every line that the programs of a host are known to write.
pub fn tables() -> [&'static Table; 14] {
    [
        &sshd::TABLE,
        &dropbear::TABLE,
        &tailscale::TABLE,
        &xrdp::TABLE,
        &login::TABLE,
        &su::TABLE,
        &doas::TABLE,
        &sudo::TABLE,
        &polkit::TABLE,
        &polkit::DAEMON,
        &pam::TABLE,
        &accounts::TABLE,
        &logind::TABLE,
        &instance_connect::TABLE,
    ]
}

/// What one record turned out to be.
#[derive(Clone, Copy, Debug, PartialEq)]
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

impl<'a> Parsed<'a> {
    /// The event that it is.
    fn event_mut(&mut self) -> Option<&mut Event<'a>> {
        match self {
            Parsed::Event(event) => Some(event),
            _ => None,
        }
    }

    /// Makes it this event, to be filled in where it stands.
    #[inline(always)]
    fn begin(&mut self, event: Event<'a>) -> &mut Event<'a> {
        *self = Parsed::Event(event);
        match self {
            Parsed::Event(event) => event,
            _ => unreachable!("it was made one just now"),
        }
    }
}

/// What a time stamp leaves out: the year (RFC 3164), and the zone where it names none.
#[derive(Clone, Debug)]
pub struct Clock {
    /// No record is newer than this, but for a day of clock skew.
    pub reference: Time,
    pub zone: TimeZone,
    /// The year of a stamp without one, where its place in the file tells it.
    pub year: Option<i16>,
}

/// A record's frame, taken off: who said it, when, where. The rest is the message.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<'a> {
    pub time: Time,
    pub host: &'a str,
    /// The tag as logged, without pid and colon: `sshd-session`, `CRON`, `sshd(pam_unix)`.
    pub tag: &'a [u8],
    /// The program of that tag, where it is one of a login.
    pub program: Option<&'static Program>,
    pub pid: Option<u32>,
    pub message: &'a [u8],
    /// Blanks at the end of the message may be missing, as journald strips them. A line that was
    /// cut at a length is then shorter than that.
    pub may_be_stripped: bool,
    /// Where text of the record stands.
    pub texts: &'a Texts<'a>,
}

impl<'a> Envelope<'a> {
    /// One around nothing.
    pub fn empty(texts: &'a Texts<'a>) -> Self {
        Envelope {
            time: Time::default(),
            host: "",
            tag: b"",
            program: None,
            pid: None,
            message: b"",
            may_be_stripped: false,
            texts,
        }
    }

    /// Where the host calls its programs otherwise than the table.
    #[inline]
    pub fn know_by(&mut self, names: &OtherNames) {
        if let Some(row) = names.of(self.tag) {
            (self.tag, self.program) = (row.tags[0].as_bytes(), Some(row));
        }
    }

    /// A part of the record as text, with U+FFFD for what is not UTF-8.
    #[inline]
    pub(super) fn text(&self, part: &'a [u8]) -> &'a str {
        self.texts.read(part)
    }
}

/// Reads one line of an authentication log in any of the formats that [`syslog`] knows.
pub fn line<'a>(line: &'a [u8], clock: &Clock, texts: &'a Texts<'a>) -> Parsed<'a> {
    let mut parsed = Parsed::Ignored;
    of_line(line, syslog::envelope(line, clock, texts).as_ref(), &mut parsed);
    parsed
}

/// Reads a line whose frame was taken off, where it has one, into what was [`Parsed::Ignored`]: an
/// event is some hundred bytes, and stays where it is made.
#[inline(always)]
pub fn of_line<'a>(line: &'a [u8], envelope: Option<&Envelope<'a>>, into: &mut Parsed<'a>) {
    let Some(envelope) = envelope else {
        *into = unframed::line(line);
        return;
    };
    of_message(envelope, into);
    if envelope.tag.is_empty() && matches!(into, Parsed::Ignored) {
        *into = unframed::message(envelope.message);
    }
}

/// Reads a message whose frame is known, from a line or from the journal's fields.
///
/// Who speaks is what the tag says, and for a PAM module what stands in its own prefix; a message
/// that quotes another program's words is not that program's.
pub fn message<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    let mut parsed = Parsed::Ignored;
    of_message(envelope, &mut parsed);
    parsed
}

#[inline(always)]
fn of_message<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    match envelope.message.first() {
        Some(first) if first.is_ascii_whitespace() => {
            let message = envelope.message.trim_ascii_start();
            unindented(&Envelope { message, ..envelope.clone() }, into);
        }
        _ => unindented(envelope, into),
    }
}

#[inline(always)]
fn unindented<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    if repeated::parse(envelope, into).is_none() {
        read(envelope, into);
    }
}

/// A message that is no report of repetition, by the rules of who speaks.
fn read<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    if is_pam(envelope) {
        return pam::parse(envelope, into);
    }
    // What libpam says under the tag of the program that it serves: `PAM 2 more authentication
    // failures; …`. sshd and dropbear have rows of their own for it.
    match envelope.program.map_or(Rules::Pam, |program| program.rules) {
        Rules::Sshd => sshd::parse(envelope, into),
        Rules::Dropbear => dropbear::parse(envelope, into),
        _ if is_libpam(envelope.message) => pam::parse(envelope, into),
        Rules::Tailscale => tailscale::parse(envelope, into),
        Rules::Xrdp => xrdp::parse(envelope, into),
        Rules::Sudo => sudo::parse(envelope, into),
        Rules::Doas => doas::parse(envelope, into),
        Rules::Su => su::parse(envelope, into),
        Rules::Login => login::parse(envelope, into),
        Rules::Logind => logind::parse(envelope, into),
        Rules::Accounts => accounts::parse(envelope, into),
        Rules::InstanceConnect => instance_connect::parse(envelope, into),
        Rules::Polkit => polkit::parse(envelope, into),
        Rules::LogDaemon => suppressed::parse(envelope, into),
        Rules::Pam => {}
    }
}

/// Whether it speaks, and not someone of that name, with whom lines of sudo-rs and doas begin.
fn is_libpam(message: &[u8]) -> bool {
    let words = message.strip_prefix(b"PAM ");
    words.is_some_and(|rest| !rest.starts_with(b": ") && !rest.starts_with(b"ran "))
}

/// Whether a PAM module speaks: `pam_unix(sshd:session): …` of any program, `(pam_unix) …` and
/// the tag `sshd(pam_unix)` of Linux-PAM before 0.99.
fn is_pam(envelope: &Envelope<'_>) -> bool {
    let message = envelope.message;
    message.starts_with(b"pam_")
        || message.starts_with(b"(pam_")
        || envelope.tag.ends_with(b")") && words::find(envelope.tag, b"(pam_").is_some()
}
