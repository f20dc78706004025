//! What is opened for `history`, and what its beginning tells of it: a log or lines of the archive,
//! packed or plain, what journalctl printed, or CloudTrail's records.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::journal::Form;
use crate::event::Time;
use crate::pipeline::time_of;
use crate::row::Row;
use crate::source::file::years::Years;
use crate::source::wrapping;

/// How much is looked at to tell what a stream is.
const PEEK: usize = 64 * 1024;

/// One byte in so many can be one that no text has: a crash leaves NULs in a log.
const MOST_BINARY: usize = 10;

/// One thing to read.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file, or a folder of CloudTrail's files.
    Path(PathBuf),
    StandardInput,
}

/// An input that cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    name: String,
    cause: io::Error,
}

impl Unreadable {
    pub(super) fn new(name: String, cause: io::Error) -> Unreadable {
        Unreadable { name, cause }
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let remedy = match self.cause.kind() {
            io::ErrorKind::PermissionDenied => "read it as root, or be given the right to read it",
            io::ErrorKind::NotFound => "name a file that exists, or `-` for standard input",
            _ => "name a log, a .gz of one, a file of CloudTrail, or `-` for standard input",
        };
        write!(f, "cannot read {}: {}; {remedy}", self.name, self.cause)
    }
}

/// A stream with its beginning looked at.
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) from: Box<dyn BufRead + Send>,
    /// The unpacked beginning.
    pub(super) peeked: Vec<u8>,
    pub(super) modified: Option<Time>,
    is_packed: bool,
    /// Of a plain file that can be looked through.
    pub(super) years: Years,
}

impl Stream {
    /// Lines that the archive or `--format=json` wrote.
    pub(super) fn is_archive(&self) -> bool {
        let first = self.peeked.split(|byte| *byte == b'\n').next().unwrap_or_default();
        Row::from_json(first).is_ok()
    }

    /// The form of journalctl's entries, where it printed them.
    pub(super) fn printed(&self) -> Option<Form> {
        Form::of(&self.peeked)
    }

    /// The stream without its packing.
    pub(super) fn unpacked(self) -> Box<dyn BufRead + Send> {
        match self.is_packed {
            true => Box::new(BufReader::new(MultiGzDecoder::new(self.from))),
            false => self.from,
        }
    }

    pub(super) fn is_cloudtrail(&self) -> bool {
        wrapping::looks_like_cloudtrail(&self.peeked)
    }

    pub(super) fn is_binary(&self) -> bool {
        let text = |byte: &&u8| matches!(byte, b'\t'..=b'\r' | 0x1b | b' '..);
        let binary = self.peeked.len() - self.peeked.iter().filter(text).count();
        binary * MOST_BINARY > self.peeked.len() && !self.is_cloudtrail()
    }
}

pub(super) fn open(input: Input, streams: &mut Vec<Stream>) -> Result<(), Unreadable> {
    match input {
        Input::StandardInput => streams.push(peek("standard input".to_owned(), io::stdin(), None)?),
        Input::Path(path) => open_path(&path, streams)?,
    }
    Ok(())
}

fn open_path(path: &Path, streams: &mut Vec<Stream>) -> Result<(), Unreadable> {
    let name = path.display().to_string();
    let unreadable = |cause| Unreadable { name: name.clone(), cause };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_dir() {
        let modified = time_of(metadata.modified().map_err(unreadable)?);
        let years = years(&file, &metadata, modified).map_err(unreadable)?;
        streams.push(Stream { years, ..peek(name, file, Some(modified))? });
        return Ok(());
    }
    let entries =
        std::fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    let mut paths: Vec<_> =
        entries.map_err(unreadable)?.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| path.is_dir() || is_trail_file(path));
    paths.sort();
    if paths.is_empty() {
        return Err(unreadable(io::Error::other("it is a folder without files of CloudTrail")));
    }
    paths.iter().try_for_each(|path| open_path(path, streams))
}

/// A pipe cannot be looked through.
fn years(file: &File, metadata: &Metadata, modified: Time) -> io::Result<Years> {
    match metadata.is_file() {
        true => Years::of(|into, at| file.read_at(into, at), metadata.len(), modified.seconds()),
        false => Ok(Years::default()),
    }
}

fn is_trail_file(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.ends_with(".json") || name.ends_with(".json.gz")
}

fn peek(
    name: String,
    from: impl Read + Send + 'static,
    modified: Option<Time>,
) -> Result<Stream, Unreadable> {
    let mut from = BufReader::with_capacity(PEEK, from);
    let begin = match from.fill_buf() {
        Ok(begin) => begin.to_vec(),
        Err(cause) => return Err(Unreadable { name, cause }),
    };
    let is_packed = begin.starts_with(&[0x1f, 0x8b]);
    let peeked = match is_packed {
        true => unpacked_beginning(&begin),
        false => begin,
    };
    let years = Years::default();
    Ok(Stream { name, from: Box::new(from), peeked, modified, is_packed, years })
}

/// As much as the beginning of a .gz unpacks to.
fn unpacked_beginning(packed: &[u8]) -> Vec<u8> {
    let mut plain = vec![0; PEEK];
    let mut decoder = MultiGzDecoder::new(Cursor::new(packed));
    let mut length = 0;
    while let Ok(read @ 1..) = decoder.read(&mut plain[length..]) {
        length += read;
    }
    plain.truncate(length);
    plain
}
