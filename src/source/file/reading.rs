//! One file that is being read, and how far.
//!
//! Owns the position in it. Nothing is carried over from one read to the next: each begins a
//! little before the position and looks whether those bytes are still the ones that were read,
//! so that a file cut and written anew is noticed however far it has grown since.

use std::cmp::Ordering;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::content::{Content, HEAD};
use super::identity::{FileId, Mark, Print, TAIL, modified};
use super::lines::{self, Found, MAX_LINE};
use super::stamp;
use super::years::Years;

/// How much is read at once: several times the longest line.
const BLOCK: usize = 4 * MAX_LINE;

/// What was read last: the only buffer of a source.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Box<[u8]>,
    lines: std::ops::Range<usize>,
    /// The year of the lines, where their place in the file tells it.
    year: Option<i16>,
}

impl Block {
    pub(super) fn new() -> Self {
        Block { bytes: vec![0; TAIL + BLOCK].into_boxed_slice(), lines: 0..0, year: None }
    }

    pub(super) fn lines(&self) -> &[u8] {
        self.bytes.get(self.lines.clone()).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.lines = 0..0;
    }

    pub(super) fn year(&self) -> Option<i16> {
        self.year
    }

    /// Keeps so many bytes of the lines.
    pub(super) fn truncate(&mut self, length: usize) {
        self.lines.end = self.lines.end.min(self.lines.start + length);
    }
}

/// How far one read came.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes behind the old position that are dealt with.
    pub(super) bytes: u64,
    pub(super) lines: bool,
    pub(super) too_long: bool,
    /// They are the first of the file.
    pub(super) begins: bool,
}

/// What a read found.
#[derive(Debug)]
pub(super) enum Step {
    Read(Progress),
    /// The bytes before the position are others than were read: the file was cut.
    Replaced,
}

#[derive(Debug)]
pub(super) struct Reading {
    content: Content,
    pub(super) id: FileId,
    pub(super) path: PathBuf,
    pub(super) offset: u64,
    skipping: bool,
    /// The first bytes, as they were read: read again they might be others.
    beginning: Vec<u8>,
    tail: Vec<u8>,
    /// Size and time when it was last read to its end, or opened.
    pub(super) size: u64,
    pub(super) modified: i64,
    /// What was rotated since then was not searched for yet, though the file was written later.
    owed_since: Option<i64>,
    fresh: bool,
    /// Nobody writes to it any more: it is a `.gz` or a copy.
    pub(super) finished: bool,
    stopped: bool,
    /// It begins with other bytes than it did when it was opened.
    doubted: bool,
    /// It is known how much of it was read.
    retraced: bool,
    /// What follows the place was read before, in part at least.
    again: bool,
    /// What stands between the file before it and this one was looked for.
    joined: bool,
    /// Of what stood there when it was first read.
    years: Option<Years>,
}

/// How a file was at one moment.
#[derive(Debug)]
pub(super) struct Seen {
    size: u64,
    modified: i64,
    beginning: Vec<u8>,
}

impl Reading {
    /// The log itself, from its beginning.
    pub(super) fn open_live(path: &Path) -> io::Result<Reading> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let content = Content::open_live(&path)?;
        Reading::new(content, path)
    }

    /// A file beside it, from its beginning.
    pub(super) fn open_rotated(path: &Path) -> io::Result<Reading> {
        Reading::new(Content::open_rotated(path)?, path.to_owned())
    }

    fn new(mut content: Content, path: PathBuf) -> io::Result<Reading> {
        let meta = content.metadata()?;
        let size = content.size()?;
        Ok(Reading {
            id: FileId::of(&meta),
            path,
            offset: 0,
            skipping: false,
            beginning: content.beginning()?,
            tail: Vec::new(),
            size,
            modified: modified(&meta),
            owed_since: None,
            fresh: true,
            finished: content.is_gzip(),
            stopped: false,
            doubted: false,
            retraced: false,
            again: false,
            joined: false,
            years: None,
            content,
        })
    }

    pub(super) fn content(&mut self) -> &mut Content {
        &mut self.content
    }

    /// Nothing stood in it when it was opened, and nothing was written since.
    pub(super) fn is_untouched(&self) -> bool {
        self.size == 0 && !self.is_unproven()
    }

    /// Its content, to be read from its beginning.
    pub(super) fn share(&self) -> Content {
        self.content.share()
    }

    pub(super) fn damage(&self) -> Option<&io::Error> {
        self.content.damage()
    }

    pub(super) fn descriptor(&self) -> &std::fs::File {
        self.content.file()
    }

    pub(super) fn head(&self) -> Print {
        Print::of(&self.beginning)
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            id: self.id,
            path: self.path.clone(),
            offset: self.offset,
            skipping: self.skipping,
            head: self.head(),
            tail: Print::of(&self.tail),
            size: self.size,
            modified: self.owed_since.unwrap_or(self.modified),
        }
    }

    /// Goes to a place that was marked in this content.
    ///
    /// # Errors
    /// The content is not the marked one, or no longer: it may have been cut since it was looked
    /// at.
    pub(super) fn resume(&mut self, mark: &Mark) -> io::Result<()> {
        self.go_to(mark.offset)?;
        self.skipping = mark.skipping;
        let same = self.offset == mark.offset && Print::of(&self.tail) == mark.tail;
        same.then_some(()).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Goes to `offset`, the beginning of a line, which must not lie behind the end.
    pub(super) fn go_to(&mut self, offset: u64) -> io::Result<()> {
        let before = offset.min(TAIL as u64);
        self.skipping = false;
        (self.retraced, self.again) = (true, false);
        self.beginning = self.content.beginning()?;
        self.tail.resize(before as usize, 0);
        let n = self.content.read_at(&mut self.tail, offset - before)?;
        self.tail.truncate(n);
        self.offset = offset - before + n as u64;
        self.fresh = true;
        Ok(())
    }

    /// Goes behind what is there, but before an unfinished line: it is news when it is whole.
    pub(super) fn go_to_end(&mut self) -> io::Result<()> {
        let from = self.size.saturating_sub(MAX_LINE as u64);
        let mut last = vec![0; (self.size - from) as usize];
        let n = self.content.read_at(&mut last, from)?;
        let nowhere = if from == 0 { 0 } else { n };
        let end = memchr::memrchr(b'\n', &last[..n]).map_or(nowhere, |at| at + 1);
        self.go_to(from + end as u64)
    }

    /// After the file was cut within what had been read: goes on at the end, or behind `offset`,
    /// at the next line. Returns where.
    pub(super) fn go_past_cut(&mut self, offset: u64) -> io::Result<u64> {
        let size = self.content.size()?;
        let mid_line = size > offset;
        self.go_to(offset.min(size))?;
        self.skipping = mid_line && !matches!(self.tail.last(), None | Some(b'\n' | 0));
        Ok(self.offset)
    }

    /// Whether it is known how much of it was read.
    pub(super) fn is_retraced(&self) -> bool {
        !self.again && (self.retraced || self.offset > 0 || self.stopped)
    }

    /// Where lines begin of which some were read before, though what stands before was read too.
    pub(super) fn doubted_from(&self) -> Option<u64> {
        self.again.then_some(self.offset)
    }

    pub(super) fn doubt_what_follows(&mut self) {
        self.again = true;
    }

    /// Nothing of it was read.
    pub(super) fn take_as_new(&mut self) {
        (self.retraced, self.again) = (true, false);
    }

    /// Nothing of it was read, and what stands before it was not looked for yet.
    pub(super) fn is_unjoined(&self) -> bool {
        self.retraced && self.offset == 0 && !self.joined && !self.stopped
    }

    pub(super) fn join(&mut self) {
        self.joined = true;
    }

    /// Whose the file is.
    pub(super) fn owner(&self) -> Option<u32> {
        self.content.metadata().ok().map(|meta| meta.uid())
    }

    /// Goes behind what was read of a file that was edited. The rest of a line that was cut there
    /// is left out, unless it was written later than `last_place`; says whether there is one.
    pub(super) fn go_behind(&mut self, end: u64, last_place: &[u8]) -> io::Result<bool> {
        self.go_to(end)?;
        let mut rest = vec![0; MAX_LINE];
        let n = self.content.read_at(&mut rest, end)?;
        let rest = &rest[..n];
        let is_new = stamp::order(rest, last_place) == Some(Ordering::Greater);
        let is_part = n > 0 && rest[0] != 0 && memchr::memchr(b'\n', rest).is_none();
        let is_cut = is_part && !is_new;
        self.skipping = is_cut;
        Ok(is_cut)
    }

    /// It still stands in some folder.
    pub(super) fn is_linked(&self) -> bool {
        self.content.metadata().is_ok_and(|meta| meta.nlink() > 0)
    }

    /// Its size, and when it was last written.
    pub(super) fn as_it_is(&self) -> Option<(u64, i64)> {
        self.content.metadata().ok().map(|meta| (meta.size(), modified(&meta)))
    }

    /// When it was last written, renamed or linked: nanoseconds since the epoch, UTC.
    pub(super) fn changed(&self) -> Option<i64> {
        let meta = self.content.metadata().ok()?;
        Some(meta.ctime().saturating_mul(1_000_000_000).saturating_add(meta.ctime_nsec()))
    }

    pub(super) fn is_as(&self, size: u64, modified: i64) -> bool {
        self.as_it_is() == Some((size, modified))
    }

    /// It was written to since it was opened or found empty, and nothing of it was read: no bytes
    /// tell whether it is the same still.
    pub(super) fn is_unproven(&self) -> bool {
        let known = (self.size, self.modified);
        let changed = |meta: Metadata| known != (meta.size(), modified(&meta));
        let may_be = self.offset == 0 && !self.finished;
        may_be && (self.doubted || self.content.metadata().is_ok_and(changed))
    }

    /// What the file is now, for [`Reading::start_over`].
    pub(super) fn seen(&mut self) -> io::Result<Seen> {
        let meta = self.content.metadata()?;
        let beginning = self.content.beginning()?;
        Ok(Seen { size: meta.size(), modified: modified(&meta), beginning })
    }

    /// Goes to the beginning of content that was like `seen`. Should it have changed since then,
    /// it is unproven.
    pub(super) fn start_over(&mut self, seen: Seen) {
        self.tail.clear();
        (self.offset, self.skipping, self.retraced) = (0, false, false);
        (self.again, self.joined, self.years) = (false, false, None);
        self.accept(seen);
    }

    /// Takes it as it was seen.
    pub(super) fn accept(&mut self, seen: Seen) {
        (self.size, self.modified) = (seen.size, seen.modified);
        self.beginning = seen.beginning;
        (self.doubted, self.fresh) = (false, true);
    }

    pub(super) fn searched_until(&mut self, modified: i64) {
        self.owed_since.get_or_insert(modified);
    }

    /// Leaves it for good.
    pub(super) fn stop(&mut self) {
        self.finished = true;
        self.stopped = true;
        self.size = self.offset;
    }

    /// Whether the file has changed since it was last read to its end.
    pub(super) fn has_news(&self) -> io::Result<bool> {
        if self.fresh || self.stopped {
            return Ok(!self.stopped);
        }
        let meta = self.content.metadata()?;
        let unchanged = meta.size() == self.size && modified(&meta) == self.modified;
        Ok(!unchanged && !self.content.is_gzip())
    }

    /// Reads the next whole lines.
    pub(super) fn read(&mut self, block: &mut Block) -> io::Result<Step> {
        self.read_with(block, lines::whole)
    }

    /// Reads what is left of a file that will not grow: an unfinished line is one.
    pub(super) fn read_rest(&mut self, block: &mut Block) -> io::Result<Step> {
        self.read_with(block, lines::and_rest)
    }

    fn read_with(
        &mut self,
        block: &mut Block,
        find: impl Fn(&[u8], bool) -> Found,
    ) -> io::Result<Step> {
        block.lines = 0..0;
        let meta = self.content.metadata()?;
        let known = self.tail.len();
        let of_year = self.year(&meta)?;
        block.year = of_year.map(|(year, _)| year);
        let all = self.content.read_at(&mut block.bytes, self.offset - known as u64)?;
        if !self.is_continued_by(&block.bytes[..all])? {
            return Ok(self.doubt());
        }
        // No further than the year goes: a block is of one.
        let most = of_year.map_or(usize::MAX, |(_, end)| (end - self.offset) as usize);
        let n = all.min(known.saturating_add(most));
        let found = find(&block.bytes[known..n], self.skipping);
        if found.consumed == 0 && n < all {
            // Written anew since it was looked through: that place is within a line now.
            self.years = Some(Years::default());
        }
        let rest = &block.bytes[known + found.consumed..n];
        let at_end = n == all && all < block.bytes.len() && !found.too_long && is_unfinished(rest);
        self.note_end(&meta, rest.len(), found.consumed, at_end)?;
        self.learn_beginning(&block.bytes[..all]);
        self.step(&block.bytes[..known + found.consumed], found.consumed);
        self.skipping = found.skipping;
        let lines = known + found.lines.start..known + found.lines.end;
        let len = lines::without_nuls(&mut block.bytes[lines.clone()]);
        block.lines = lines.start..lines.start + len;
        let bytes = found.consumed as u64;
        let (lines, too_long) = (len > 0, found.too_long);
        Ok(Step::Read(Progress { bytes, lines, too_long, begins: self.offset == bytes }))
    }

    /// The year of the lines at the place, and where it ends, if the time of the file does not tell.
    fn year(&mut self, meta: &Metadata) -> io::Result<Option<(i16, u64)>> {
        if self.content.is_gzip() {
            return Ok(None);
        }
        if self.years.is_none() {
            let content = &mut self.content;
            let read_at = |into: &mut [u8], at: u64| content.read_at(into, at);
            self.years = Some(Years::of(read_at, meta.size(), meta.mtime())?);
        }
        Ok(self.years.as_ref().and_then(|years| years.at(self.offset)))
    }

    /// Whether what was read is more of the same content: it begins with the bytes that are known,
    /// and they still stand there after the read, so that it is not a mixture of two.
    fn is_continued_by(&mut self, read: &[u8]) -> io::Result<bool> {
        let known = if self.offset == 0 { &self.beginning } else { &self.tail };
        // Half a first line may be the beginning of any other: dates begin alike.
        let is_telling = known.len() >= HEAD || known.contains(&b'\n') || known.len() == read.len();
        if !read.starts_with(known) || (self.offset == 0 && !is_telling) {
            return Ok(false);
        }
        if self.finished {
            return Ok(true);
        }
        let mut again = [0; HEAD];
        let again = &mut again[..known.len()];
        let from = self.offset - self.tail.len() as u64;
        Ok(self.content.read_at(again, from)? == known.len() && again == known.as_slice())
    }

    /// Of a file of which nothing was read yet only the next look can tell what it is.
    fn doubt(&mut self) -> Step {
        if self.offset > 0 {
            return Step::Replaced;
        }
        (self.doubted, self.fresh) = (true, true);
        Step::Read(Progress::default())
    }

    /// Notes time and size as they were before the read, so that what is written meanwhile is
    /// news.
    fn note_end(
        &mut self,
        meta: &Metadata,
        rest: usize,
        consumed: usize,
        at_end: bool,
    ) -> io::Result<()> {
        let seen = self.offset + (consumed + rest) as u64;
        self.modified = modified(meta);
        self.fresh = !at_end;
        self.size = if at_end { seen } else { self.content.size()?.max(seen) };
        Ok(())
    }

    /// Takes the first bytes from what was read from before the position on.
    fn learn_beginning(&mut self, read: &[u8]) {
        if self.offset > 0 && self.beginning.len() >= HEAD {
            return;
        }
        let from = self.offset as usize - self.tail.len();
        self.beginning.truncate(from);
        let missing = HEAD.saturating_sub(self.beginning.len()).min(read.len());
        if self.beginning.len() == from {
            self.beginning.extend_from_slice(&read[..missing]);
        }
    }

    /// Moves the position behind `consumed` bytes, the last of `read`.
    fn step(&mut self, read: &[u8], consumed: usize) {
        if consumed > 0 {
            self.tail.clear();
            self.tail.extend_from_slice(&read[read.len().saturating_sub(TAIL)..]);
            self.offset += consumed as u64;
        }
    }
}

/// Whether this is at most the beginning of a line.
fn is_unfinished(rest: &[u8]) -> bool {
    rest.len() <= MAX_LINE && memchr::memchr(b'\n', rest).is_none()
}
