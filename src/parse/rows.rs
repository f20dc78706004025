//! The form of every table of lines: what a line begins with, and what it tells.
//!
//! A program's parser is one [`Table`] of [`Row`]s, its noise among them. A row says which line it
//! is, since which version, how its fields stand ([`Shape`]), what it tells ([`Tells`]), what part
//! it has in what happened ([`Part`]), and gives a sample with the event that is read from it. So
//! adding a line is adding a row: its sample is its test, whatever stands in `‹…›` is given every
//! hostile name, and README's list of what is read is made of the rows.
//!
//! [`Index`] finds the row by the first bytes of a line. Rows that begin with nothing are of lines
//! whose first words someone else chose (a function's name, a file's): they are asked last, in
//! their order.

mod index;
mod list;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub(super) use index::Index;
pub use list::markdown;

use super::{Envelope, Parsed, words};
use crate::event::{Change, Event, EventKind, HintKind, Reason, Role};
use crate::programs::Program;

/// The lines that one program writes.
#[derive(Debug)]
pub struct Table {
    /// Of whose unknown lines is told under this name.
    pub program: &'static str,
    /// The tag of the rows' samples, where they name no other.
    pub tag: &'static str,
    pub rows: &'static [&'static [Row]],
    index: LazyLock<Index>,
}

/// One line that a program writes.
#[derive(Debug)]
pub struct Row {
    /// What the line begins with; nothing where someone else chose its first words.
    pub begins: &'static str,
    pub versions: Versions,
    shape: Shape,
    pub tells: Tells,
    pub part: Part,
    /// A whole message. `‹…›` stands around what a stranger may choose.
    pub sample: &'static str,
    /// What is read from the sample, as the tests write events.
    pub gives: &'static str,
    tag: Option<&'static str>,
    without_pid: bool,
}

/// How the fields stand behind the words that a line begins with, and what of them goes into what
/// the line tells: nothing does where it is of no interest.
// An event is some hundred bytes: it is made where it stays, and never moved.
pub(super) type Shape = for<'e, 'a> fn(&Line<'e, 'a>, &'a [u8], &mut Parsed<'a>) -> Known;

/// Whether a line is of the form that was looked for: `None` where it is another.
pub(super) type Known = Option<()>;

pub(super) const KNOWN: Known = Some(());

/// Which versions write a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// All that are read.
    All,
    Since(&'static str),
    Until(&'static str),
    /// The first and the last.
    Between(&'static str, &'static str),
    /// In this one; older ones were not looked at.
    In(&'static str),
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// Nothing that counts: it is known, so that what is not known stands out.
    Nothing,
    /// What another line needs to be understood.
    Hint,
    Event(EventKind),
    Rejected(Reason),
    Refused(Reason),
    Changed(Change),
}

/// The part of a line in what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Always(Role),
    /// A proof from the child that serves a connection before its login (` [preauth]`); versions
    /// of old write the same words after a login, where it is but an end.
    ProofBeforeLogin,
}

pub(super) const PROOF: Part = Part::Always(Role::Proof);
pub(super) const END: Part = Part::Always(Role::End);
pub(super) const SUM: Part = Part::Always(Role::Sum);
pub(super) const ECHO: Part = Part::Always(Role::Echo);

/// A row of a line that tells something.
pub(super) const fn row(
    begins: &'static str,
    versions: Versions,
    shape: Shape,
    tells: Tells,
    part: Part,
    sample: &'static str,
    gives: &'static str,
) -> Row {
    Row { begins, versions, shape, tells, part, sample, gives, tag: None, without_pid: false }
}

/// A row of a line that is known and counts nothing.
pub(super) const fn noise(begins: &'static str, versions: Versions, sample: &'static str) -> Row {
    row(begins, versions, nothing, Tells::Nothing, PROOF, sample, "ignored")
}

impl Row {
    /// The same of a program that writes under another tag than the table's.
    pub(super) const fn under(self, tag: &'static str) -> Row {
        Row { tag: Some(tag), ..self }
    }

    /// The same of a program that writes no pid.
    pub(super) const fn without_pid(self) -> Row {
        Row { without_pid: true, ..self }
    }
}

/// No field, or none that is read.
pub(super) fn nothing<'a>(line: &Line<'_, 'a>, _: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if line.row.tells != Tells::Nothing {
        line.event(into);
    } else if line.died_before_login() {
        // Whatever ends a connection before its login counts, by the row that knows all such.
        return None;
    }
    KNOWN
}

/// `NAME`, to the end.
pub(super) fn named<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    line.event(into).user = Some(line.text(rest));
    KNOWN
}

/// The whole line.
pub(super) fn empty<'a>(_: &Line<'_, 'a>, rest: &'a [u8], _: &mut Parsed<'a>) -> Known {
    rest.is_empty().then_some(())
}

/// `error: ` and the like, which sshd's `log.c` puts in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Plain,
    Error,
    Fatal,
    Debug,
}

/// A message on its way through the rows of its program.
#[derive(Clone, Debug)]
pub(super) struct Line<'e, 'a> {
    pub(super) envelope: &'e Envelope<'a>,
    /// The label of its events.
    pub(super) program: &'a str,
    /// The message without what the program puts around every one.
    pub(super) text: &'a [u8],
    pub(super) level: Level,
    /// sshd's monitor relayed it for the child that serves a connection before its login.
    pub(super) preauth: bool,
    /// Its end may be missing.
    pub(super) cut: bool,
    /// The PAM module that speaks (`pam_unix`; `PAM` where it is libpam), and for which service.
    pub(super) module: &'a [u8],
    pub(super) service: Option<&'a [u8]>,
    /// The program of that service, where it is a known one.
    pub(super) served: Option<&'static Program>,
    pub(super) row: &'static Row,
}

impl<'e, 'a> Line<'e, 'a> {
    pub(super) fn new(envelope: &'e Envelope<'a>, program: &'a str, text: &'a [u8]) -> Self {
        let (level, row) = (Level::Plain, &UNKNOWN);
        Line {
            envelope,
            program,
            text,
            level,
            preauth: false,
            cut: false,
            module: b"",
            service: None,
            served: None,
            row,
        }
    }

    /// Reads what stands behind the words of a row.
    #[inline(always)]
    fn is_of(&mut self, row: &'static Row, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
        self.row = row;
        let known = (row.shape)(self, rest, into);
        if known.is_none() {
            // A shape that gave up may have left something.
            *into = Parsed::Ignored;
        }
        known
    }

    pub(super) fn died_before_login(&self) -> bool {
        self.preauth && self.level == Level::Fatal
    }

    /// Makes it the event that the row tells, with what the frame says, to be filled in.
    pub(super) fn event<'s>(&self, into: &'s mut Parsed<'a>) -> &'s mut Event<'a> {
        let event = into.begin(words::event(self.envelope, EventKind::LoginRejected, self.program));
        match self.row.tells {
            Tells::Event(kind) => event.kind = kind,
            Tells::Rejected(reason) => {
                event.reason = Some(reason);
                event.invalid_user = reason == Reason::InvalidUser;
            }
            Tells::Refused(reason) => {
                (event.kind, event.reason) = (EventKind::SudoFailure, Some(reason));
            }
            Tells::Changed(change) => {
                (event.kind, event.change) = (EventKind::AccountChange, Some(change));
            }
            Tells::Nothing | Tells::Hint => {}
        }
        event.service = self.service();
        event.role = match self.row.part {
            Part::Always(role) => role,
            Part::ProofBeforeLogin if self.preauth => Role::Proof,
            Part::ProofBeforeLogin => Role::End,
        };
        event
    }

    /// PAM's service, which says who may write the line.
    #[inline]
    pub(super) fn service(&self) -> Option<&'a str> {
        self.envelope.texts.as_it_is(self.service?)
    }

    /// A part of the record as text, with U+FFFD for what is not UTF-8.
    #[inline]
    pub(super) fn text(&self, part: &'a [u8]) -> &'a str {
        self.envelope.text(part)
    }

    pub(super) fn hint(&self, into: &mut Parsed<'a>, kind: HintKind<'a>) -> Known {
        *into = Parsed::Hint(words::hint(self.envelope, self.program, kind));
        KNOWN
    }
}

/// Stands in a line that no row was found for yet.
static UNKNOWN: Row = noise("", Versions::All, "");

impl Table {
    pub(super) const fn new(
        program: &'static str,
        tag: &'static str,
        rows: &'static [&'static [Row]],
        index: fn() -> Index,
    ) -> Table {
        Table { program, tag, rows, index: LazyLock::new(index) }
    }

    /// What the line says. One that no row knows is told of under the name of `unknown`, where it
    /// is told of.
    #[inline(always)]
    pub(super) fn read<'a>(
        &self,
        line: &mut Line<'_, 'a>,
        unknown: Option<&'static str>,
        into: &mut Parsed<'a>,
    ) {
        let text = line.text;
        for row in self.index.begun_by(text) {
            if line.is_of(row, &text[row.begins.len()..], into).is_some() {
                return;
            }
        }
        self.read_otherwise(line, unknown, into);
    }

    /// A line that begins as no row does, or that is of another form.
    #[inline(never)]
    fn read_otherwise<'a>(
        &self,
        line: &mut Line<'_, 'a>,
        unknown: Option<&'static str>,
        into: &mut Parsed<'a>,
    ) {
        let text = line.text;
        let other = self.index.others.iter().find_map(|row| line.is_of(row, text, into));
        let mut cut = self.index.without_name(text);
        if other.or_else(|| cut.find_map(|row| line.is_of(row, b"", into))).is_none() {
            *into = unknown.map_or(Parsed::Ignored, |program| Parsed::Unrecognized { program });
        }
    }

    /// Every sample as the message of its program: tag, pid, message, and its row.
    pub fn samples(&self) -> impl Iterator<Item = Sample> {
        let tag = self.tag;
        self.rows.iter().copied().flatten().filter(|row| !row.sample.is_empty()).map(move |row| {
            Sample { tag: row.tag.unwrap_or(tag), pid: (!row.without_pid).then_some(7), row }
        })
    }
}

/// A row's sample, with the frame's fields that it is written under.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub tag: &'static str,
    pub pid: Option<u32>,
    pub row: &'static Row,
}

impl Sample {
    /// What stands before, in and behind the `‹…›`; without any, all of it stands before.
    pub fn parts(&self) -> (&'static str, &'static str, &'static str) {
        let sample = self.row.sample;
        let parts = sample.split_once('‹').and_then(|(before, rest)| {
            rest.split_once('›').map(|(chosen, after)| (before, chosen, after))
        });
        parts.unwrap_or((sample, "", ""))
    }

    /// The message as the program writes it, with this name in place of the one that stands there.
    pub fn message(&self, name: Option<&[u8]>) -> Vec<u8> {
        let (before, chosen, after) = self.parts();
        [before.as_bytes(), name.unwrap_or(chosen.as_bytes()), after.as_bytes()].concat()
    }
}
