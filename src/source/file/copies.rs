//! Files that are being read, and their copies.
//!
//! Owns the question whether another file is a copy of one of them: then it holds nothing new.

use std::io;

use super::content::Content;
use super::identity::{FileId, TAIL};
use super::reading::Reading;

/// A file that is being read: neither it nor a copy of it is to be read from its beginning.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) id: FileId,
    content: Content,
}

impl Known {
    pub(super) fn of(reading: &Reading) -> Known {
        Known { id: reading.id, content: reading.share() }
    }

    /// Whether `file` is a copy of the whole of it or, while copytruncate is at work, of its
    /// beginning: then it was born later. Both are compared as they are now: a file that was cut
    /// in the meantime is no longer what its copy is.
    pub(super) fn is_copied_by(&mut self, file: &mut Reading) -> io::Result<bool> {
        let size = self.content.size()?;
        let of_beginning = file.size < size && file.id.born > self.id.born;
        if file.size == 0 || !(file.size == size || of_beginning) {
            return Ok(false);
        }
        Ok(file.head().begins(&mut self.content)? && self.ends_alike(file)?)
    }

    /// A copy that was edited or written to since ends otherwise.
    fn ends_alike(&mut self, file: &mut Reading) -> io::Result<bool> {
        let end = file.content().size()?;
        let from = end.saturating_sub(TAIL as u64);
        let (mut own, mut other) = ([0; TAIL], [0; TAIL]);
        let length = (end - from) as usize;
        let read = self.content.read_at(&mut own[..length], from)?;
        let found = file.content().read_at(&mut other[..length], from)?;
        Ok(own[..read] == other[..found])
    }
}
