//! Records to events that count: parse, check the writer's trust, join with what was remembered.

use tracing::debug;

use crate::event::{Event, EventKind, Hint, HintKind, Role, Texts, Time};
use crate::memory::{Ended, Memory, Show};
use crate::parse::cloudtrail::Doors;
use crate::parse::syslog::Frames;
use crate::parse::{self, Clock, Envelope, Parsed};
use crate::programs::{self, OtherNames};
use crate::record::{AgentChange, AgentDocument, JournalEntry, Record};
use crate::source::{self, Records};
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
    /// Runs of lines whose time is in a zone that is not known: the source's own was taken.
    pub zones_unknown: u64,
    /// For each call to AWS that counted while the exporter watched: seconds from its time until
    /// then.
    pub delays: Vec<f64>,
    /// IDs of CloudTrail's records that were let go of for want of room.
    pub forgotten_ids: u64,
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
pub struct Interpreter<'m, 'r> {
    pub memory: &'m mut Memory,
    /// Where text of the records stands.
    texts: &'r Texts<'r>,
    frames: Frames<'r>,
    users: &'m dyn UserIds,
    /// Those that the host calls its programs by.
    names: &'m OtherNames,
    pub tally: Tally,
    /// Which calls to AWS count.
    pub doors: Doors,
    ordinal: u64,
    /// The last line, where it is one that a log daemon may fold.
    last: Last<'r>,
    unknown: Option<&'m mut dyn Unknown>,
}

/// Who wants to know which records could not be read.
pub trait Unknown: std::fmt::Debug {
    /// `program` is whose record it is.
    fn note(&mut self, program: &'static str, record: &[u8]);
}

/// What `last message repeated N times` speaks of.
#[derive(Clone, Copy, Debug)]
enum Last<'r> {
    /// The line that the batch before ended with.
    BeforeBatch,
    Line(&'r [u8]),
    /// One that daemons do not fold.
    Other,
}

impl<'m, 'r> Interpreter<'m, 'r> {
    /// `ordinal` is the number of records that came before, by which `history` keeps their order.
    pub fn new(
        memory: &'m mut Memory,
        clock: Clock,
        users: &'m dyn UserIds,
        ordinal: u64,
        texts: &'r Texts<'r>,
    ) -> Self {
        Interpreter {
            memory,
            texts,
            frames: Frames::new(clock, texts),
            users,
            names: &users.surroundings().names,
            tally: Tally::default(),
            doors: Doors::default(),
            ordinal,
            last: Last::BeforeBatch,
            unknown: None,
        }
    }

    /// Tells of each record that could not be read.
    pub fn telling(self, unknown: &'m mut dyn Unknown) -> Self {
        Interpreter { unknown: Some(unknown), ..self }
    }

    /// Reads the records of a batch and shows what now counts.
    pub fn records(&mut self, records: &'r Records<'r>, show: &mut Show<'_>) {
        match records {
            // A record of any kind is as large as a journal's entry: a line is not handed on as one.
            Records::Lines(block) => {
                source::lines(block).for_each(|line| self.record(Record::Line(line), show));
            }
            others => others.iter().for_each(|record| self.record(record, show)),
        }
    }

    /// Reads one record and shows what now counts.
    #[inline(always)]
    pub fn record(&mut self, record: Record<'r>, show: &mut Show<'_>) {
        self.tally.records += 1;
        match record {
            Record::Line(line) => self.line(line, show),
            Record::Journal(entry) => self.journal(&entry, show),
            Record::Agent(document) => self.agent(document, show),
            Record::CloudTrail(json) => {
                self.parsed(&mut parse::cloudtrail::record(json, self.doors, self.texts), show)
            }
        }
    }

    /// The end of the batch: what it told besides events.
    pub fn end(mut self) -> Tally {
        self.tally.zones_unknown = self.frames.zones_unknown();
        match self.last {
            Last::BeforeBatch => {}
            Last::Line(line) => self.memory.set_last_line(line),
            Last::Other => self.memory.set_last_line(b""),
        }
        self.tally
    }

    fn line(&mut self, line: &'r [u8], show: &mut Show<'_>) {
        let envelope = self.frames.envelope(line, self.names);
        let mut parsed = Parsed::Ignored;
        parse::of_line(line, envelope, &mut parsed);
        self.last = match &parsed {
            Parsed::Event(event) if is_folded(event) => Last::Line(line),
            Parsed::Hint(hint) if matches!(hint.kind, HintKind::Repeated { .. }) => {
                self.repeat(hint, show);
                self.last
            }
            Parsed::Unrecognized { program } => {
                self.tell_unknown(program, line);
                Last::Other
            }
            Parsed::Event(_) | Parsed::Hint(_) | Parsed::Ignored => Last::Other,
        };
        self.parsed(&mut parsed, show);
    }

    /// `last message repeated N times` is the last line, N times more: it is read again.
    fn repeat(&mut self, hint: &Hint<'_>, show: &mut Show<'_>) {
        let HintKind::Repeated { times } = hint.kind else { return };
        let parsed = match self.last {
            Last::Other => return,
            Last::Line(line) => parse::line(line, self.frames.clock(), self.texts),
            Last::BeforeBatch => {
                let line = self.texts.copy(self.memory.last_line()).as_bytes();
                parse::line(line, self.frames.clock(), self.texts)
            }
        };
        let Parsed::Event(mut event) = parsed else { return };
        let same_process = hint.pid.is_none() || hint.pid == event.pid;
        let same_host = hint.host.is_empty() || hint.host == event.host;
        if same_process && same_host {
            event.count = event.count.saturating_mul(times);
            event.time = hint.time;
            self.event(&mut event, show);
        }
    }

    /// When a record was written, whatever it says. CloudTrail's come late and in any order: only
    /// its events tell how fresh it is.
    pub fn stamp(&self, record: Record<'_>) -> Option<Time> {
        match record {
            Record::Line(line) => parse::syslog::time(line, self.frames.clock()),
            Record::Journal(entry) => Some(entry.time),
            Record::CloudTrail(_) | Record::Agent(_) => None,
        }
    }

    /// The agent's files stand beside the log: no line of it speaks of them.
    fn agent(&mut self, document: &'r AgentDocument, show: &mut Show<'_>) {
        let AgentDocument { host, instance, id, change } = document;
        match change {
            AgentChange::Began { time, state } => {
                let place = parse::ssm_agent::Place { host, instance, id, time: *time };
                self.parsed(&mut parse::ssm_agent::document(place, state, self.texts), show);
            }
            AgentChange::Ended { time, watched } => {
                let ordinal = self.ordinal + self.tally.records;
                let (time, watched) = (*time, *watched);
                self.memory.agent_ended(Ended { instance, id, time, watched, ordinal }, show);
            }
        }
    }

    fn journal(&mut self, entry: &JournalEntry<'r>, show: &mut Show<'_>) {
        let tag = entry.identifier.as_bytes();
        let mut envelope = Envelope {
            time: entry.time,
            host: entry.host,
            tag,
            program: programs::by_tag(tag),
            pid: entry.pid,
            message: entry.message,
            may_be_stripped: entry.may_be_stripped,
            texts: self.texts,
        };
        envelope.know_by(self.names);
        let parsed = parse::message(&envelope);
        match trust::believed(entry, parsed, self.users) {
            Some(parsed) => {
                if let Parsed::Unrecognized { program } = parsed {
                    self.tell_unknown(program, entry.message);
                }
                self.parsed(&mut behind_session(parsed), show);
            }
            None => self.tally.untrusted += 1,
        }
    }

    /// Logged only at level debug: a password that was typed as a name may stand in it.
    fn tell_unknown(&mut self, program: &'static str, record: &[u8]) {
        debug!(program, record = %String::from_utf8_lossy(record), "no rule knows this record");
        if let Some(unknown) = &mut self.unknown {
            unknown.note(program, record);
        }
    }

    // An event is some hundred bytes: it stays where the parser made it.
    #[inline(always)]
    fn parsed(&mut self, parsed: &mut Parsed<'r>, show: &mut Show<'_>) {
        match parsed {
            Parsed::Event(event) => self.event(event, show),
            Parsed::Hint(hint) => {
                self.tally.last_record = self.tally.last_record.max(Some(hint.time));
                if let HintKind::Suppressed { messages } = hint.kind {
                    self.tally.suppressed += messages.max(1);
                }
                self.memory.hint(hint, show);
            }
            Parsed::Ignored => {}
            Parsed::Unrecognized { program } => self.tally.unrecognized(program),
        }
    }

    fn event(&mut self, event: &mut Event<'r>, show: &mut Show<'_>) {
        event.ordinal = self.ordinal + self.tally.records;
        self.tally.last_record = self.tally.last_record.max(Some(event.time));
        self.memory.event(event, self.texts, show);
    }
}

/// doas writes its line as the target's user, so in the journal, where that can be told, it counts
/// only behind the session that root opened for it.
fn behind_session(mut parsed: Parsed<'_>) -> Parsed<'_> {
    if let Parsed::Event(event) = &mut parsed
        && event.program == "doas"
        && event.kind == EventKind::SudoCommand
    {
        event.role = Role::Echo;
    }
    parsed
}

/// Log daemons fold lines that are the same to the letter: refusals, since others name a pid, a
/// port or a time of their own.
fn is_folded(event: &Event<'_>) -> bool {
    matches!(event.kind, EventKind::LoginFailure | EventKind::SudoFailure | EventKind::SuFailure)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::memory::Counted;

    #[derive(Debug)]
    struct Nobody;

    impl UserIds for Nobody {
        fn user_id(&self, _: &str) -> Option<u32> {
            None
        }
    }

    /// What counts of the lines, each batch read after a restart.
    fn counted(batches: &[&[&str]]) -> Vec<String> {
        let clock =
            Clock { reference: Time::new(1_790_000_000, 0), zone: TimeZone::UTC, year: None };
        let (mut memory, mut told) = (Memory::default(), Vec::new());
        for batch in batches {
            let saved = serde_json::to_string(&memory).unwrap();
            memory = serde_json::from_str(&saved).unwrap();
            let lines: Vec<String> =
                batch.iter().map(|line| format!("May  1 10:00:{line}")).collect();
            let texts = Texts::default();
            let mut interpreter = Interpreter::new(&mut memory, clock.clone(), &Nobody, 0, &texts);
            let mut show = |counted: &Counted<'_>| {
                let event = counted.event;
                let user = event.user.unwrap_or_default();
                let second = event.time.seconds() % 60;
                told.push(format!("{second} {} {user} x{}", event.kind, event.count));
            };
            for line in &lines {
                interpreter.record(Record::Line(line.as_bytes()), &mut show);
            }
            interpreter.end();
        }
        told
    }

    /// The same in one batch, and with a restart between any two lines.
    fn check(lines: &[&str], expected: &[&str]) {
        for at in 0..lines.len() {
            let (before, after) = lines.split_at(at);
            assert_eq!(counted(&[before, &[], after]), expected, "a restart before line {at}");
        }
    }

    const REFUSED: &str = "01 web sshd[7]: Failed password for root from 192.0.2.1 port 4 ssh2";

    #[test]
    fn last_message_repeated_is_the_last_refusal_again() {
        check(
            &[
                REFUSED,
                "09 web last message repeated 3 times",
                "20 web last message repeated 2 times",
            ],
            &["1 login_failure root x1", "9 login_failure root x3", "20 login_failure root x2"],
        );
    }

    #[test]
    fn last_message_repeated_behind_another_line_adds_nothing() {
        let accepted = "02 web sshd[7]: Accepted password for ann from 192.0.2.1 port 4 ssh2";
        let noise = "02 web sshd[7]: pam_unix(sshd:auth): check pass; user unknown";
        let repeated = "09 web last message repeated 3 times";
        let counted = ["1 login_failure root x1", "2 login_success ann x1"];
        check(&[REFUSED, accepted, repeated], &counted);
        check(&[REFUSED, noise, repeated], &counted[..1]);
        check(&[REFUSED, "09 web sshd[8]: last message repeated 3 times"], &counted[..1]);
        check(&[REFUSED, "09 db last message repeated 3 times"], &counted[..1]);
    }
}
