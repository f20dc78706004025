//! CloudTrail's records out of whatever they come wrapped in, one after the other.
//!
//! A trail delivers `{"Records": […]}`, gzipped; others print, post or queue the same records in
//! forms of their own ([`unwrap`] lists them). A file is never held: [`Records`] reads it in
//! blocks and holds one record at a time, so that a small file that unpacks to a large one costs
//! time and no memory. One bad record does not take the rest with it.

mod lake;
mod scan;
#[cfg(test)]
mod tests;
mod unwrap;

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use self::scan::Scanner;
pub use self::unwrap::unwrap;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How much is read at once.
const BLOCK: usize = 64 << 10;

/// How far into a stream its kind must show.
const BEGINNING: usize = 64 << 10;

/// What tells a wrapping of CloudTrail's records from a log, somewhere in its beginning. All are
/// keys between quotes: no text that an attacker chose can stand so in JSON.
const MARKS: [&str; 15] = [
    "\"Records\"",
    "\"Events\"",
    "\"CloudTrailEvent\"",
    "\"eventSource\"",
    "\"eventsource\"",
    "\"eventVersion\"",
    "\"detail-type\"",
    "\"Messages\"",
    "\"TopicArn\"",
    "\"logEvents\"",
    "\"logStreamName\"",
    "\"ingestionTime\"",
    "\"awslogs\"",
    "\"@message\"",
    "\"QueryResultRows\"",
];

/// Why a stream's records could not be read to its end.
#[derive(Debug)]
pub enum Unreadable {
    /// It cannot be read, or the gzip data is damaged or cut off.
    Read(io::Error),
    /// The JSON ends in the midst of a record or a list.
    CutOff,
    /// There are no CloudTrail records in it.
    NoRecords,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Read(error) => {
                write!(f, "it cannot be read, or its gzip data is damaged ({error})")
            }
            Unreadable::CutOff => f.write_str("it ends in the midst of a record"),
            Unreadable::NoRecords => f.write_str("it holds no CloudTrail records"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// Whether this (unpacked) beginning is CloudTrail's rather than a log's: JSON with the mark of a
/// record or of a wrapping.
pub fn looks_like_cloudtrail(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    let text = behind_time(&text[..text.len().min(BEGINNING)]);
    matches!(text.first(), Some(b'{' | b'['))
        && MARKS.iter().any(|mark| memchr::memmem::find(text, mark.as_bytes()).is_some())
}

/// An export of CloudWatch Logs puts a time before each record.
fn behind_time(text: &[u8]) -> &[u8] {
    const LONGEST_TIME: usize = 40;
    let begin = &text[..text.len().min(LONGEST_TIME)];
    let end = memchr::memchr(b' ', begin).filter(|_| begin[0].is_ascii_digit());
    end.map_or(text, |end| text[end..].trim_ascii_start())
}

/// The records of a stream, gzipped or not.
pub struct Records<R: BufRead> {
    from: Opened<R>,
    scanner: Scanner,
    ended: bool,
}

enum Opened<R: BufRead> {
    Plain(R),
    Gzip(BufReader<MultiGzDecoder<R>>),
}

impl<R: BufRead> fmt::Debug for Records<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl<R: BufRead> Records<R> {
    /// # Errors
    /// The first bytes cannot be read.
    pub fn new(mut from: R) -> io::Result<Self> {
        let from = match from.fill_buf()?.starts_with(&GZIP) {
            true => Opened::Gzip(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(from))),
            false => Opened::Plain(from),
        };
        Ok(Records { from, scanner: Scanner::default(), ended: false })
    }

    /// What is read from.
    pub fn source(&self) -> &R {
        match &self.from {
            Opened::Plain(from) => from,
            Opened::Gzip(from) => from.get_ref().get_ref(),
        }
    }

    /// Adds the records of the next bytes, at most about `most` of them unpacked; returns whether
    /// there is more.
    ///
    /// # Errors
    /// See [`Unreadable`]. What was read before stays good.
    pub fn read(&mut self, most: usize, out: &mut Vec<Vec<u8>>) -> Result<bool, Unreadable> {
        let mut read = 0;
        while read < most && !self.ended {
            let block = self.from.fill_buf().map_err(Unreadable::Read)?;
            let length = block.len();
            self.ended = length == 0;
            self.scanner.feed(block, out);
            self.from.consume(length);
            read += length;
        }
        if self.ended {
            self.scanner.finish(out)?;
        }
        Ok(!self.ended)
    }
}

impl<R: BufRead> Opened<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self {
            Opened::Plain(from) => from.fill_buf(),
            Opened::Gzip(from) => from.fill_buf(),
        }
    }

    fn consume(&mut self, length: usize) {
        match self {
            Opened::Plain(from) => from.consume(length),
            Opened::Gzip(from) => from.consume(length),
        }
    }
}

/// The records of a stream that comes in pieces, gzipped or not.
#[derive(Default)]
pub struct Pushed {
    beginning: Vec<u8>,
    into: Option<Unpacking>,
}

enum Unpacking {
    Plain(Sink),
    Gzip(Box<flate2::write::MultiGzDecoder<Sink>>),
}

/// What was unpacked, as far as it is records.
#[derive(Default)]
struct Sink {
    scanner: Scanner,
    found: Vec<Vec<u8>>,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.scanner.feed(bytes, &mut self.found);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed").finish_non_exhaustive()
    }
}

impl Pushed {
    /// Takes the next bytes in and adds the records that end in them.
    ///
    /// # Errors
    /// The gzip data is damaged.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Vec<u8>>) -> Result<(), Unreadable> {
        if self.into.is_none() {
            self.beginning.extend_from_slice(bytes);
            if self.beginning.len() < GZIP.len() {
                return Ok(());
            }
            let beginning = std::mem::take(&mut self.beginning);
            self.into = Some(match beginning.starts_with(&GZIP) {
                true => {
                    Unpacking::Gzip(Box::new(flate2::write::MultiGzDecoder::new(Sink::default())))
                }
                false => Unpacking::Plain(Sink::default()),
            });
            return self.push(&beginning, out);
        }
        match &mut self.into {
            Some(Unpacking::Plain(sink)) => {
                sink.scanner.feed(bytes, &mut sink.found);
                out.append(&mut sink.found);
            }
            Some(Unpacking::Gzip(decoder)) => {
                io::Write::write_all(decoder, bytes).map_err(Unreadable::Read)?;
                out.append(&mut decoder.get_mut().found);
            }
            None => {}
        }
        Ok(())
    }

    /// The end of the stream.
    ///
    /// # Errors
    /// As [`Records::read`].
    pub fn finish(&mut self, out: &mut Vec<Vec<u8>>) -> Result<(), Unreadable> {
        let mut sink = match self.into.take() {
            None => return Err(Unreadable::NoRecords),
            Some(Unpacking::Plain(sink)) => sink,
            Some(Unpacking::Gzip(decoder)) => decoder.finish().map_err(Unreadable::Read)?,
        };
        let finished = sink.scanner.finish(&mut sink.found);
        out.append(&mut sink.found);
        finished
    }
}

/// The records of a text that is held anyway, such as a message of a queue.
///
/// # Errors
/// As [`Records::read`].
pub fn records_of(text: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut records = Vec::new();
    let mut stream = Records::new(text).map_err(Unreadable::Read)?;
    while stream.read(usize::MAX, &mut records)? {}
    Ok(records)
}

/// Unpacks at most `most` bytes of gzip data.
fn gunzip(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes).take(most).read_to_end(&mut plain)?;
    Ok(plain)
}
