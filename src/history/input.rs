//! Reads for `history` what was opened, files in the order of their times, and sources until they
//! have caught up.

use std::io;

use jiff::tz::TimeZone;

use super::journal::{Form, Printed};
use super::reading::{Due, Lines, Reading, Seen, before};
use super::stream::{Input, Stream, Unreadable, open};
use super::{Error, Sessions, Unread};
use crate::event::{Texts, Time};
use crate::memory::{Counted, Memory};
use crate::parse::cloudtrail::Doors;
use crate::parse::{self, Clock};
use crate::pipeline::{Interpreter, now};
use crate::source::file::blocks::Blocks;
use crate::source::journal::export;
use crate::source::{Records, Source, wrapping};
use crate::trust::UserIds;

/// Bytes of CloudTrail's records that are unpacked at once, about.
const CLOUDTRAIL_AT_ONCE: usize = 1 << 20;

/// What reading brings.
#[derive(Debug)]
pub enum Item<'r> {
    /// An event that counts, in the order in which it came to count.
    Counted(&'r Counted<'r>),
    /// Whole lines of the archive: events that were counted before.
    Lines(&'r [u8]),
}

/// Takes what is read.
pub type Each<'e> = &'e mut dyn FnMut(Item<'_>) -> io::Result<()>;

/// Reads all inputs as one history: what one file tells completes what another one told.
#[derive(Debug)]
pub struct Reader {
    memory: Memory,
    zone: TimeZone,
    users: Box<dyn UserIds>,
    doors: Doors,
    ordinal: u64,
    unread: Unread,
    /// Inputs that could not be read beside others that could.
    failed: Vec<Unreadable>,
}

impl Reader {
    pub fn new(memory: Memory, zone: TimeZone, users: Box<dyn UserIds>) -> Reader {
        let (unread, failed) = (Unread::default(), Vec::new());
        Reader { memory, zone, users, doors: Doors::default(), ordinal: 0, unread, failed }
    }

    /// The same, where other calls to AWS count.
    pub fn with_doors(self, doors: Doors) -> Reader {
        Reader { doors, ..self }
    }

    /// Keeps the shapes of what cannot be read as well.
    pub fn by_shape(self) -> Reader {
        Reader { unread: Unread::by_shape(), ..self }
    }

    /// What could not be read of the inputs.
    pub fn unread(&self) -> &Unread {
        &self.unread
    }

    /// The inputs that could not be read, where others could.
    pub fn failed(&self) -> &[Unreadable] {
        &self.failed
    }

    /// Reads files, line by line in the order of their times: no file is held, and hosts whose
    /// logs overlap in time come out as they happened.
    ///
    /// # Errors
    /// No input can be read. Where some can, [`Reader::failed`] tells of the others.
    pub fn inputs(&mut self, inputs: Vec<Input>, each: Each<'_>) -> Result<(), Error> {
        let mut streams = Vec::new();
        for input in inputs {
            let opened = open(input, &mut streams);
            self.failed.extend(opened.err());
        }
        let reading = |stream: Stream| {
            let next = self.began(&stream);
            let (block, read) = (Vec::new(), Seen::default());
            Reading { next, stream: Some(stream), blocks: None, block, at: 0, read }
        };
        let mut readings: Vec<Reading> = streams.into_iter().map(reading).collect();
        let mut read = 0;
        while let Some(first) = (0..readings.len()).min_by_key(|n| readings[*n].next) {
            let others = readings.iter().enumerate().filter(|(n, _)| *n != first);
            let until = others.map(|(_, reading)| reading.next).min();
            match self.advance(&mut readings[first], until, each) {
                Ok(true) => continue,
                Ok(false) => read += 1,
                Err(Error::Input(unreadable)) => self.failed.push(unreadable),
                Err(error) => return Err(error),
            }
            readings.swap_remove(first);
        }
        match self.failed.pop() {
            Some(unreadable) if read == 0 => Err(unreadable.into()),
            last => {
                self.failed.extend(last);
                Ok(())
            }
        }
    }

    /// Reads one file on, up to where another one is due. Whether there is more of it.
    fn advance(
        &mut self,
        reading: &mut Reading,
        until: Option<Due>,
        each: Each<'_>,
    ) -> Result<bool, Error> {
        if let Some(stream) = reading.stream.take() {
            let name = stream.name.clone();
            if stream.is_archive() || stream.is_cloudtrail() || stream.printed().is_some() {
                self.stream(stream, each)?;
                return Ok(false);
            }
            if stream.is_binary() {
                return Err(Unreadable::new(name, io::Error::other("it is no text")).into());
            }
            let clock = self.clock(stream.modified);
            let blocks =
                Blocks::new(stream.from).map_err(|cause| Unreadable::new(name.clone(), cause))?;
            reading.blocks = Some(Lines { name, blocks, clock, years: stream.years, passed: 0 });
        }
        let Some(lines) = &mut reading.blocks else { return Ok(false) };
        if reading.at >= reading.block.len() {
            let next = lines.blocks.next_lines();
            let next = next.map_err(|cause| Unreadable::new(lines.name.clone(), cause))?;
            let Some(next) = next else {
                let name = lines.name.clone();
                return reading.read.ended(name, &self.unread).map(|()| false);
            };
            if until.is_none() && lines.years.is_empty() {
                let clock = lines.clock.clone();
                let before = self.unread.so_far();
                self.records(&Records::Lines(next), clock, each)?;
                reading.read.add(&self.unread, before);
                return Ok(true);
            }
            lines.passed += reading.block.len() as u64;
            reading.block.clear();
            reading.block.extend_from_slice(next);
            reading.at = 0;
        }
        let rest = &reading.block[reading.at..];
        let (clock, most) = lines.clock(reading.at, rest);
        let rest = &rest[..most];
        let (length, next) = before(rest, until.flatten(), &clock);
        let before = self.unread.so_far();
        self.records(&Records::Lines(&rest[..length]), clock, each)?;
        reading.read.add(&self.unread, before);
        reading.at += length;
        reading.next = next.unwrap_or(reading.next);
        Ok(true)
    }

    /// Reads a source until it has caught up.
    pub async fn source(&mut self, mut source: impl Source, each: Each<'_>) -> Result<(), Error> {
        loop {
            let name = source.id().to_string();
            let delivery = source.next().await;
            let (reference, year) = (delivery.reference, delivery.year);
            let clock = Clock { reference, year, zone: self.zone.clone() };
            self.records(&delivery.records, clock, each)?;
            if delivery.report.caught_up {
                return Ok(());
            }
            if let Some(problem) =
                delivery.report.problems.into_iter().find(|_| !delivery.report.up)
            {
                return Err(Unreadable::new(name, io::Error::other(problem.message)).into());
            }
        }
    }

    /// Lets go of what was held for lines that did not come.
    pub fn finish(&mut self, each: Each<'_>) -> Result<(), Error> {
        let mut shown = Ok(());
        self.memory.finish(&mut |counted| {
            if shown.is_ok() {
                shown = each(Item::Counted(counted));
            }
        });
        Ok(shown?)
    }

    /// The sessions that are open after what was read.
    pub fn sessions(&self) -> Sessions {
        self.memory.sessions_active()
    }

    /// The time of the first line, by which files are put in order. Those of CloudTrail, whose
    /// records need no order, come last.
    fn began(&self, stream: &Stream) -> Due {
        let year = stream.years.at(0).map(|(year, _)| year);
        let clock = Clock { year, ..self.clock(stream.modified) };
        if let Some(form) = stream.printed() {
            let mut first = Printed::new(form);
            let entry = first.next(&mut &stream.peeked[..]).ok().flatten();
            return Some((false, entry.and_then(export::record)?.time));
        }
        let first =
            stream.peeked.split(|b| *b == b'\n').find_map(|line| parse::syslog::time(line, &clock));
        first.map(|first| (stream.is_cloudtrail(), first))
    }

    fn clock(&self, modified: Option<Time>) -> Clock {
        let reference = modified.unwrap_or_else(now);
        Clock { reference, zone: self.zone.clone(), year: None }
    }

    /// A file that is read whole when it is due.
    fn stream(&mut self, stream: Stream, each: Each<'_>) -> Result<(), Error> {
        let name = stream.name.clone();
        let unreadable = |cause| Unreadable::new(name.clone(), cause);
        if stream.is_archive() {
            let mut blocks = Blocks::new(stream.from).map_err(unreadable)?;
            while let Some(lines) = blocks.next_lines().map_err(unreadable)? {
                each(Item::Lines(lines))?;
            }
            return Ok(());
        }
        let clock = self.clock(stream.modified);
        match stream.printed() {
            Some(form) => self.journal(form, stream, &clock, each),
            None => self.cloudtrail(stream, &clock, each),
        }
    }

    /// What journalctl printed, with its fields: who wrote an entry is known.
    fn journal(
        &mut self,
        form: Form,
        stream: Stream,
        clock: &Clock,
        each: Each<'_>,
    ) -> Result<(), Error> {
        let name = stream.name.clone();
        let unreadable = |cause| Unreadable::new(name.clone(), cause);
        let mut from = stream.unpacked();
        let mut printed = Printed::new(form);
        let (mut seen, before) = (Seen::default(), self.unread.so_far());
        while let Some(mut rest) = printed.next(&mut from).map_err(unreadable)? {
            let mut records = Vec::new();
            while let Some(length) = export::whole(rest) {
                let (entry, after) = rest.split_at(length);
                match export::record(entry) {
                    Some(record) => records.push(record),
                    // Two empty lines in a row.
                    None if entry.trim_ascii().is_empty() => {}
                    None => self.unread.no_record(entry),
                }
                rest = after;
            }
            self.records(&Records::Journal(records), clock.clone(), each)?;
        }
        seen.add(&self.unread, before);
        seen.ended(name, &self.unread)
    }

    /// Streams CloudTrail's records; a file that is damaged tells what it holds before that.
    fn cloudtrail(&mut self, stream: Stream, clock: &Clock, each: Each<'_>) -> Result<(), Error> {
        let name = stream.name.clone();
        let unreadable = |cause| Unreadable::new(name.clone(), cause);
        let mut stream = wrapping::Records::new(stream.from).map_err(unreadable)?;
        let mut records = Vec::new();
        loop {
            let read = stream.read(CLOUDTRAIL_AT_ONCE, &mut records);
            self.records(&Records::CloudTrail(&records), clock.clone(), each)?;
            records.clear();
            match read {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    return Err(unreadable(io::Error::other(error.to_string())).into());
                }
            }
        }
    }

    fn records(
        &mut self,
        records: &Records<'_>,
        clock: Clock,
        each: Each<'_>,
    ) -> Result<(), Error> {
        let texts = Texts::of(records.text());
        let (memory, users) = (&mut self.memory, &*self.users);
        let mut interpreter =
            Interpreter::new(memory, clock, users, self.ordinal, &texts).telling(&mut self.unread);
        interpreter.doors = self.doors;
        let mut shown = Ok(());
        interpreter.records(records, &mut |counted| {
            if shown.is_ok() {
                shown = each(Item::Counted(counted));
            }
        });
        shown?;
        let tally = interpreter.end();
        self.ordinal += tally.records;
        self.unread.read(&tally);
        Ok(())
    }
}
