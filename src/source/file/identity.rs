//! Which file is which, after it was renamed, copied, compressed or cut.
//!
//! Owns two kinds of evidence. A [`FileId`] tells one inode from another while it lives. A
//! [`Print`] is a checksum of some of the content: it knows a file again when the inode is gone.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::content::{Content, HEAD};

/// The bytes before the position that tell whether it still fits: the last line and a bit.
pub(super) const TAIL: usize = 256;

/// An inode. Its birth time is part of it where the file system keeps one: ext4 gives the number
/// of a deleted file to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileId {
    pub(super) dev: u64,
    pub(super) ino: u64,
    pub(super) born: i64,
}

impl FileId {
    pub(super) fn of(meta: &Metadata) -> Self {
        let born = meta.created().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        let born = born.and_then(|t| i64::try_from(t.as_nanos()).ok()).unwrap_or(0);
        FileId { dev: meta.dev(), ino: meta.ino(), born }
    }
}

/// When the file was last written: nanoseconds since the epoch, UTC.
pub(super) fn modified(meta: &Metadata) -> i64 {
    meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec())
}

/// Length and CRC-32 of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Print {
    pub(super) len: u32,
    pub(super) crc: u32,
}

impl Print {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Print { len: bytes.len() as u32, crc: crc32fast::hash(bytes) }
    }

    /// That of the content from `offset` on; `None` where it is shorter than `len`.
    fn read(content: &mut Content, offset: u64, len: u32) -> io::Result<Option<Print>> {
        let mut bytes = [0; HEAD];
        let Some(bytes) = bytes.get_mut(..len as usize) else { return Ok(None) };
        let n = content.read_at(bytes, offset)?;
        Ok((n == bytes.len()).then(|| Print::of(bytes)))
    }

    /// Whether the content begins with these bytes.
    pub(super) fn begins(self, content: &mut Content) -> io::Result<bool> {
        Ok(Print::read(content, 0, self.len)? == Some(self))
    }
}

/// A place in a file, and what is needed to find it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) id: FileId,
    /// Where the file was, symbolic links resolved.
    pub(super) path: PathBuf,
    pub(super) offset: u64,
    /// The place is within a line too long, whose rest is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) skipping: bool,
    pub(super) head: Print,
    /// Of the bytes before `offset`.
    pub(super) tail: Print,
    /// How many bytes it held and when it was last written, when it was last looked at.
    pub(super) size: u64,
    pub(super) modified: i64,
}

/// How a file relates to a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The place is in this file.
    Here,
    /// It begins with the same bytes, but what stands before the place is another.
    SameBeginning,
    Other,
}

impl Mark {
    /// Whether `content` is what the mark was set in, judged by what it holds. The mark of an empty
    /// file fits nothing.
    pub(super) fn fit(&self, content: &mut Content) -> io::Result<Fit> {
        // Half a first line may be the beginning of any other.
        let is_telling = self.offset > 0 || self.head.len as usize >= TAIL;
        if !is_telling && content.size()? != self.size {
            return Ok(Fit::Other);
        }
        if self.head.len == 0 {
            return Ok(Fit::Other);
        }
        let before = self.offset.saturating_sub(u64::from(self.tail.len));
        let tail = Print::read(content, before, self.tail.len)?;
        // So many bytes at the same place tell enough: the beginning may have been punched out.
        let is_telling = self.tail.len as usize == TAIL;
        Ok(match (tail == Some(self.tail), self.head.begins(content)?) {
            (true, begins) if begins || is_telling => Fit::Here,
            (_, true) => Fit::SameBeginning,
            _ => Fit::Other,
        })
    }
}

/// A file that was read to its end, so that no copy of it is read again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) id: FileId,
    pub(super) size: u64,
    pub(super) head: Print,
}

impl Done {
    /// How far `content` has been read already: it is this file, maybe grown since, or a copy.
    pub(super) fn covers(&self, id: FileId, content: &mut Content) -> io::Result<Option<u64>> {
        let size = content.size()?;
        let candidate = if id == self.id { size >= self.size } else { size == self.size };
        Ok((candidate && self.head.begins(content)?).then_some(self.size))
    }
}
