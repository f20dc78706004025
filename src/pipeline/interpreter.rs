//! Records to events that count: parse, check the writer's trust, join with what was remembered.

use tracing::debug;

use crate::event::{HintKind, Time};
use crate::memory::{Counted, Memory};
use crate::parse::{self, Clock, Envelope, Parsed};
use crate::record::{JournalEntry, Record};
use crate::trust::{self, UserIds};

/// What one batch held besides events.
#[derive(Debug, Default, PartialEq)]
pub struct Tally {
    pub records: u64,
    /// Lines of a login program that no rule knew, by program.
    pub unrecognized: Vec<(&'static str, u64)>,
    /// Entries whose writer may not say what they say.
    pub untrusted: u64,
    /// Messages that the log daemon or journald dropped.
    pub suppressed: u64,
    /// The newest event's time.
    pub last_record: Option<Time>,
}

impl Tally {
    fn unrecognized(&mut self, program: &'static str) {
        match self.unrecognized.iter_mut().find(|(known, _)| *known == program) {
            Some((_, count)) => *count += 1,
            None => self.unrecognized.push((program, 1)),
        }
    }
}

/// Reads the records of one source with what the host's other records told before.
#[derive(Debug)]
pub struct Interpreter<'m> {
    pub memory: &'m mut Memory,
    pub clock: Clock,
    pub users: &'m dyn UserIds,
    pub tally: Tally,
    ordinal: u64,
}

impl<'m> Interpreter<'m> {
    /// `ordinal` is the number of records that came before, by which `history` keeps their order.
    pub fn new(memory: &'m mut Memory, clock: Clock, users: &'m dyn UserIds, ordinal: u64) -> Self {
        Interpreter { memory, clock, users, tally: Tally::default(), ordinal }
    }

    /// Reads one record and appends to `out` what now counts.
    pub fn record<'r>(&mut self, record: Record<'r>, out: &mut Vec<Counted<'r>>) {
        self.tally.records += 1;
        match record {
            Record::Line(line) => {
                let parsed = parse::line(line, &self.clock);
                tell_unknown(&parsed, line);
                self.parsed(parsed, out);
            }
            Record::Journal(entry) => self.journal(&entry, out),
            Record::CloudTrail(json) => self.parsed(parse::cloudtrail::record(json), out),
        }
    }

    /// When a record was written, whatever it says. CloudTrail's come late and in any order: only
    /// its events tell how fresh it is.
    pub fn stamp(&self, record: Record<'_>) -> Option<Time> {
        match record {
            Record::Line(line) => {
                parse::syslog::envelope(line, &self.clock).map(|frame| frame.time)
            }
            Record::Journal(entry) => Some(entry.time),
            Record::CloudTrail(_) => None,
        }
    }

    fn journal<'r>(&mut self, entry: &JournalEntry<'r>, out: &mut Vec<Counted<'r>>) {
        let parsed = parse::message(&Envelope {
            time: entry.time,
            host: entry.host.as_bytes(),
            tag: entry.identifier.as_bytes(),
            pid: entry.pid,
            message: entry.message,
        });
        if trust::accepts(entry, &parsed, self.users) {
            tell_unknown(&parsed, entry.message);
            self.parsed(vouched(parsed), out);
        } else {
            self.tally.untrusted += 1;
        }
    }

    fn parsed<'r>(&mut self, parsed: Parsed<'r>, out: &mut Vec<Counted<'r>>) {
        match parsed {
            Parsed::Event(mut event) => {
                event.ordinal = self.ordinal + self.tally.records;
                self.tally.last_record = self.tally.last_record.max(Some(event.time));
                self.memory.event(event, out);
            }
            Parsed::Hint(hint) => {
                self.tally.last_record = self.tally.last_record.max(Some(hint.time));
                if let HintKind::Suppressed { messages } = hint.kind {
                    self.tally.suppressed += messages.max(1);
                }
                self.memory.hint(hint, out);
            }
            Parsed::Ignored => self.memory.other(),
            Parsed::Unrecognized { program } => {
                self.memory.other();
                self.tally.unrecognized(program);
            }
        }
    }
}

/// Only at level debug: a password that was typed as a name may stand in it.
fn tell_unknown(parsed: &Parsed<'_>, record: &[u8]) {
    if let Parsed::Unrecognized { program } = parsed {
        debug!(program, record = %String::from_utf8_lossy(record), "no rule knows this record");
    }
}

/// The journal vouches for the writer of a hint.
fn vouched(mut parsed: Parsed<'_>) -> Parsed<'_> {
    if let Parsed::Hint(hint) = &mut parsed
        && let HintKind::KeyProvided { trusted, .. } = &mut hint.kind
    {
        *trusted = true;
    }
    parsed
}
