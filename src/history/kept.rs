//! The archive as `history` reads it: only the days that are asked for, a block at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::input::{Each, Item};
use super::stream::Unreadable;
use super::{Error, Query};
use crate::archive::{Segment, segments};
use crate::event::Time;
use crate::source::file::blocks::Blocks;

/// The archive of a folder.
#[derive(Debug)]
pub struct Kept {
    dir: PathBuf,
    segments: Vec<Segment>,
    /// The file that was read last, and up to where: following goes on there.
    reached: Option<(String, u64)>,
}

/// What was looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Searched {
    pub files: usize,
    /// The first and the last day that the archive has.
    pub days: Option<(String, String)>,
}

impl Kept {
    /// The archive of this folder, where there is one with anything in it.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn open(dir: &Path) -> Result<Option<Kept>, Unreadable> {
        match segments(dir) {
            Ok(segments) if segments.is_empty() => Ok(None),
            Ok(segments) => Ok(Some(Kept { dir: dir.to_owned(), segments, reached: None })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unreadable::new(dir.display().to_string(), error)),
        }
    }

    /// Hands on the lines of the days that are asked for, oldest first.
    ///
    /// # Errors
    /// A file cannot be read, or its lines cannot be printed.
    pub fn read(
        &mut self,
        query: &Query,
        progress: &mut dyn FnMut(&str),
        each: Each<'_>,
    ) -> Result<Searched, Error> {
        let asked = self.asked(query);
        for (n, segment) in asked.iter().enumerate() {
            progress(&format!("{} ({} of {})", segment.stem(), n + 1, asked.len()));
            self.segment(segment, each)?;
        }
        let day = |segment: Option<&Segment>| segment.map(|segment| segment.day().to_owned());
        let days = day(self.segments.first()).zip(day(self.segments.last()));
        Ok(Searched { files: asked.len(), days })
    }

    /// A line is written on the day of its event or later: what was closed before holds nothing of
    /// it. Of a day's events some are written after it (CloudTrail's come late), so no day is too
    /// late.
    fn asked(&self, query: &Query) -> Vec<Segment> {
        let since = query.since.map(day);
        let wanted =
            |segment: &&Segment| since.as_ref().is_none_or(|since| segment.day() >= since.as_str());
        self.segments.iter().filter(wanted).cloned().collect()
    }

    fn segment(&mut self, segment: &Segment, each: Each<'_>) -> Result<(), Error> {
        let unreadable = |cause| Unreadable::new(segment.path.display().to_string(), cause);
        let opened = match Blocks::open(&segment.path) {
            // serve packs what is over, and takes away what is too old.
            Err(error) if is_gone(&error) => Blocks::open(&segment.packed_path()),
            opened => opened,
        };
        let mut blocks = match opened {
            Err(error) if is_gone(&error) => return Ok(()),
            opened => opened.map_err(unreadable)?,
        };
        let mut length = 0;
        while let Some(lines) = blocks.next_lines().map_err(unreadable)? {
            length += lines.len() as u64;
            each(Item::Lines(lines))?;
        }
        self.reached = Some((segment.stem(), length));
        Ok(())
    }

    /// Hands on what was written since. Lines that are not whole wait for the next time.
    ///
    /// # Errors
    /// As [`Kept::read`]'s.
    pub fn follow(&mut self, each: Each<'_>) -> Result<(), Error> {
        let unreadable = |cause| Unreadable::new(self.dir.display().to_string(), cause);
        let now = segments(&self.dir).map_err(unreadable)?;
        let begin =
            self.reached.as_ref().and_then(|(stem, _)| now.iter().position(|s| s.stem() == *stem));
        for segment in &now[begin.unwrap_or(0)..] {
            let from = match &self.reached {
                Some((stem, length)) if *stem == segment.stem() => *length,
                _ => 0,
            };
            // A file that was packed meanwhile was read to its end before.
            if segment.packed && from > 0 {
                continue;
            }
            let unreadable = |cause| Unreadable::new(segment.path.display().to_string(), cause);
            let fresh = match fresh(segment, from) {
                // It was packed between the listing and the look: the next look finds it.
                Err(error) if is_gone(&error) => return Ok(()),
                fresh => fresh.map_err(unreadable)?,
            };
            each(Item::Lines(&fresh))?;
            self.reached = Some((segment.stem(), from + fresh.len() as u64));
        }
        Ok(())
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// The whole lines behind a place of a plain file; all of a packed one.
fn fresh(segment: &Segment, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(&segment.path)?;
    if segment.packed {
        flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    bytes.truncate(memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1));
    Ok(bytes)
}

fn day(time: Time) -> String {
    crate::row::rfc3339(time).chars().take(10).collect()
}
