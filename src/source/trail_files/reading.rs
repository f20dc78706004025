//! One file that is being read: how far, and what of it was handed on before.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::known::Mark;
use super::scan::Found;
use crate::source::wrapping::{Records, Unreadable};

const BLOCK: usize = 64 << 10;

/// Why nothing more is read of a file.
#[derive(Debug)]
pub(super) enum Ended {
    Whole,
    Io(io::Error),
    Content(Unreadable),
}

/// A file from its first byte on; those of its records that were handed on before are left out.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) found: Found,
    /// How far a file of this name was read before.
    before: Option<Mark>,
    stream: Option<Records<Summed>>,
    /// Records of the file's unchanged beginning, to be left out.
    skip: u64,
    records: u64,
}

impl Reading {
    pub(super) fn new(found: Found, before: Option<Mark>) -> Self {
        Reading { found, before, stream: None, skip: 0, records: 0 }
    }

    /// Reads about so many bytes more. Called where waiting for a disk holds up nobody.
    pub(super) fn read_on(
        mut self: Box<Self>,
        most: usize,
    ) -> (Box<Self>, Vec<Vec<u8>>, Option<Ended>) {
        let mut records = Vec::new();
        let ended = self.read_into(most, &mut records);
        let left_out = (self.skip.saturating_sub(self.records)).min(records.len() as u64);
        self.records += records.len() as u64;
        records.drain(..usize::try_from(left_out).unwrap_or(records.len()));
        (self, records, ended)
    }

    fn read_into(&mut self, most: usize, records: &mut Vec<Vec<u8>>) -> Option<Ended> {
        if self.stream.is_none() {
            match self.open() {
                Ok(stream) => self.stream = Some(stream),
                Err(error) => return Some(Ended::Io(error)),
            }
        }
        let stream = self.stream.as_mut()?;
        match stream.read(most.max(1), records) {
            Ok(true) => None,
            Ok(false) => Some(Ended::Whole),
            Err(error) => Some(Ended::Content(error)),
        }
    }

    /// What was read before is left out where the file still begins with it.
    fn open(&mut self) -> io::Result<Records<Summed>> {
        if let Some(before) = &self.before {
            let mut beginning = File::open(&self.found.path)?.take(before.size);
            self.skip = if crc_of(&mut beginning)? == (before.size, before.crc) {
                before.records
            } else {
                0
            };
        }
        Records::new(Summed::new(File::open(&self.found.path)?))
    }

    /// How far it was read.
    pub(super) fn mark(&self) -> Mark {
        let (size, crc) = self.stream.as_ref().map_or((0, 0), |stream| stream.source().sum());
        Mark { changed: self.found.changed, size, crc, records: self.records, whole: true }
    }

    /// Bytes of the file that are not read yet.
    pub(super) fn left(&self) -> u64 {
        self.found.size.saturating_sub(self.mark().size)
    }
}

fn crc_of(from: &mut impl Read) -> io::Result<(u64, u32)> {
    let mut summed = Summed::new(from);
    loop {
        let length = summed.fill_buf()?.len();
        if length == 0 {
            return Ok(summed.sum());
        }
        summed.consume(length);
    }
}

/// A reader that knows how many bytes were taken from it, and their CRC-32.
#[derive(Debug)]
pub(super) struct Summed<R = File> {
    from: BufReader<R>,
    size: u64,
    hasher: crc32fast::Hasher,
}

impl<R: Read> Summed<R> {
    fn new(from: R) -> Self {
        let from = BufReader::with_capacity(BLOCK, from);
        Summed { from, size: 0, hasher: crc32fast::Hasher::new() }
    }

    fn sum(&self) -> (u64, u32) {
        (self.size, self.hasher.clone().finalize())
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Summed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, length: usize) {
        self.hasher.update(&self.from.buffer()[..length]);
        self.size += length as u64;
        self.from.consume(length);
    }
}
