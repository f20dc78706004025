//! A finished file, or standard input, read once from its beginning to its end.
//!
//! Owns nothing that is saved: this is what `history` reads with, under the same rules for lines
//! as the follower's.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::event::Time;

use super::content::fill;
use super::lines::{self, MAX_LINE};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// How much is held at once.
const BLOCK: usize = 4 * MAX_LINE;

/// Blocks of whole lines, plain or out of a `.gz`, which its first bytes tell.
pub struct Blocks {
    from: Box<dyn Read + Send>,
    bytes: Box<[u8]>,
    /// What was handed on last ends here, and what was read there.
    begin: usize,
    end: usize,
    skipping: bool,
    at_end: bool,
    /// What ended the reading early, until it is told.
    error: Option<io::Error>,
    too_long: u64,
    modified: Option<Time>,
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("too_long", &self.too_long).finish_non_exhaustive()
    }
}

impl Blocks {
    /// # Errors
    /// The file cannot be opened or is a directory.
    pub fn open(path: &Path) -> io::Result<Blocks> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
        }
        let mut blocks = Blocks::new(file)?;
        blocks.modified = Some(Time::new(meta.mtime(), meta.mtime_nsec() as u32));
        Ok(blocks)
    }

    /// # Errors
    /// The first bytes cannot be read.
    pub fn new(from: impl Read + Send + 'static) -> io::Result<Blocks> {
        let mut from = BufReader::new(from);
        let is_gzip = from.fill_buf()?.starts_with(GZIP_MAGIC);
        let from: Box<dyn Read + Send> =
            if is_gzip { Box::new(MultiGzDecoder::new(from)) } else { Box::new(from) };
        Ok(Blocks {
            from,
            bytes: vec![0; BLOCK].into_boxed_slice(),
            begin: 0,
            end: 0,
            skipping: false,
            at_end: false,
            error: None,
            too_long: 0,
            modified: None,
        })
    }

    /// When the file was last written: no line of it is newer. `None` of a stream.
    pub fn modified(&self) -> Option<Time> {
        self.modified
    }

    /// How many lines were longer than [`MAX_LINE`] so far; of each the beginning was handed on.
    pub fn too_long(&self) -> u64 {
        self.too_long
    }

    /// The next lines, each with its line end but for a last one that has none, and for those too
    /// long. `None` at the end.
    ///
    /// # Errors
    /// Reading fails, or a `.gz` is damaged. What was read before was handed on.
    pub fn next_lines(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.fill();
            let rest = &self.bytes[self.begin..self.end];
            if rest.is_empty() {
                return self.error.take().map_or(Ok(None), Err);
            }
            let found =
                if self.at_end { lines::and_rest } else { lines::whole }(rest, self.skipping);
            let from = self.begin;
            self.begin += found.consumed;
            self.skipping = found.skipping;
            self.too_long += u64::from(found.too_long);
            let lines = &mut self.bytes[from + found.lines.start..from + found.lines.end];
            let len = lines::without_nuls(lines);
            if len > 0 {
                let begin = from + found.lines.start;
                return Ok(Some(&self.bytes[begin..begin + len]));
            }
        }
    }

    fn fill(&mut self) {
        self.bytes.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        if !self.at_end {
            let filled = fill(&mut self.from, &mut self.bytes[self.end..]);
            self.end += filled.bytes;
            self.at_end = self.end < self.bytes.len();
            self.error = filled.error;
        }
    }
}
