//! The bytes of one file, plain or gzip, by offset.
//!
//! Owns the open file. Offsets in a `.gz` count the bytes it holds, not those it takes, so that
//! a position outlives the compression of its file.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use rustix::fs::OFlags;

/// The beginning of a file that tells it from others, in bytes.
pub(super) const HEAD: usize = 1024;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// How much of a `.gz` is kept for reading it again: more than one block of the reader.
const WINDOW: usize = 320 * 1024;

/// One open file.
#[derive(Debug)]
pub(super) struct Content {
    file: Arc<File>,
    gzip: Option<Box<Inflated>>,
}

impl Content {
    /// Opens a file that is being written: never taken for a `.gz`, symbolic links followed.
    pub(super) fn open_live(path: &Path) -> io::Result<Content> {
        Ok(Content { file: Arc::new(open_regular(path, OFlags::empty())?), gzip: None })
    }

    /// Opens a file beside the log, plain or gzip by its first bytes. A symbolic link is refused:
    /// what it names need not be a log.
    pub(super) fn open_rotated(path: &Path) -> io::Result<Content> {
        let file = Arc::new(open_regular(path, OFlags::NOFOLLOW)?);
        let gzip = is_gzip(&file)?.then(|| Box::new(Inflated::new(&file)));
        Ok(Content { file, gzip })
    }

    /// The same open file, read from its beginning.
    pub(super) fn share(&self) -> Content {
        let gzip = self.gzip.as_ref().map(|_| Box::new(Inflated::new(&self.file)));
        Content { file: Arc::clone(&self.file), gzip }
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn is_gzip(&self) -> bool {
        self.gzip.is_some()
    }

    /// How many bytes it holds. Of a `.gz` this is what its last four bytes say (RFC 1952,
    /// ISIZE): modulo 2^32, and right where it has one member, as logrotate's have.
    pub(super) fn size(&self) -> io::Result<u64> {
        let taken = self.metadata()?.size();
        if self.gzip.is_none() || taken < 4 {
            return Ok(taken);
        }
        let mut held = [0; 4];
        self.file.read_exact_at(&mut held, taken - 4)?;
        Ok(u64::from(u32::from_le_bytes(held)))
    }

    /// Fills `buffer` from `offset` on, as far as there is something. A plain file is asked once:
    /// between two questions it could be cut and grow again, and the answers would not match.
    pub(super) fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &mut self.gzip {
            None => read_once(&self.file, buffer, offset),
            Some(inflated) => Ok(inflated.read_at(&self.file, buffer, offset)),
        }
    }

    /// The first [`HEAD`] bytes, or as many as there are.
    pub(super) fn beginning(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; HEAD];
        let n = self.read_at(&mut bytes, 0)?;
        bytes.truncate(n);
        Ok(bytes)
    }

    /// Why a `.gz` ended before its end.
    pub(super) fn damage(&self) -> Option<&io::Error> {
        self.gzip.as_ref().and_then(|inflated| inflated.damage.as_ref())
    }
}

/// Opens only what can be read without waiting: a pipe of that name would hang the reader.
fn open_regular(path: &Path, more: OFlags) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | more).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let what = if kind.is_dir() { "it is a directory" } else { "it is no regular file" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

fn read_once(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

fn is_gzip(file: &File) -> io::Result<bool> {
    let mut magic = [0; 2];
    Ok(fill(&mut At { file, offset: 0 }, &mut magic).all()? == 2 && magic == GZIP_MAGIC)
}

/// How much was read, and what ended it early.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) bytes: usize,
    pub(super) error: Option<io::Error>,
}

impl Filled {
    fn all(self) -> io::Result<usize> {
        self.error.map_or(Ok(self.bytes), Err)
    }
}

/// Reads until `buffer` is full or nothing more comes.
pub(super) fn fill(from: &mut impl Read, buffer: &mut [u8]) -> Filled {
    let mut filled = Filled::default();
    while filled.bytes < buffer.len() {
        match from.read(&mut buffer[filled.bytes..]) {
            Ok(0) => break,
            Ok(n) => filled.bytes += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                filled.error = Some(error);
                break;
            }
        }
    }
    filled
}

/// A reader with a place of its own in a shared file.
#[derive(Debug)]
struct At<F> {
    file: F,
    offset: u64,
}

impl<F: std::borrow::Borrow<File>> Read for At<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.borrow().read_at(buffer, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

/// [`At`] that shares the file's ownership, for the decoder that keeps it.
#[derive(Debug)]
struct Shared(Arc<File>);

impl std::borrow::Borrow<File> for Shared {
    fn borrow(&self) -> &File {
        &self.0
    }
}

/// A `.gz` read from front to back, of which the last part is kept.
#[derive(Debug)]
struct Inflated {
    decoder: MultiGzDecoder<io::BufReader<At<Shared>>>,
    window: Vec<u8>,
    /// Where in the content `window` begins.
    begins: u64,
    damage: Option<io::Error>,
}

impl Inflated {
    fn new(file: &Arc<File>) -> Self {
        let at = At { file: Shared(Arc::clone(file)), offset: 0 };
        let decoder = MultiGzDecoder::new(io::BufReader::with_capacity(32 * 1024, at));
        Inflated { decoder, window: Vec::new(), begins: 0, damage: None }
    }

    fn read_at(&mut self, file: &Arc<File>, out: &mut [u8], offset: u64) -> usize {
        if offset < self.begins {
            *self = Inflated::new(file);
        }
        while self.ends() < offset + out.len() as u64 && self.inflate(offset) {}
        let from = usize::try_from(offset - self.begins).unwrap_or(usize::MAX);
        let held = self.window.get(from..).unwrap_or_default();
        let n = held.len().min(out.len());
        out[..n].copy_from_slice(&held[..n]);
        n
    }

    fn ends(&self) -> u64 {
        self.begins + self.window.len() as u64
    }

    /// Adds a piece to the window and drops what stands before `wanted`. False at the end.
    fn inflate(&mut self, wanted: u64) -> bool {
        if self.damage.is_some() {
            return false;
        }
        if self.window.len() >= WINDOW {
            let before = wanted.saturating_sub(self.begins).min(self.window.len() as u64);
            self.window.drain(..before as usize);
            self.begins += before;
        }
        let len = self.window.len();
        self.window.resize(len + 32 * 1024, 0);
        let filled = fill(&mut self.decoder, &mut self.window[len..]);
        self.window.truncate(len + filled.bytes);
        self.damage = filled.error;
        filled.bytes > 0
    }
}
