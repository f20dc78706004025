//! The archive on the disk: appended to, synced, turned over, packed, and kept within its bounds.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{FlockOperation, flock};

use super::days::{PACKED, PLAIN, day_of, segments, stem};
use super::{ArchiveError, Plan};
use crate::event::Time;

const DAY: i64 = 86_400;

/// How far ahead of today the file in use may be before the clock counts as set right: a clock that
/// steps back by a little goes on in the later day's file.
const AHEAD: i64 = 2 * DAY;

/// What is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds.
    pub retention: i64,
    /// Bytes of all files together.
    pub size: u64,
}

/// What went to keep within the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    pub removed: u64,
    /// Bytes of what is left.
    pub size: u64,
}

/// A folder of the archive that is ours alone while this lives.
#[derive(Debug)]
pub struct Files {
    dir: PathBuf,
    limits: Limits,
    open: Option<(String, File)>,
    /// Lines were appended that may not be on the disk yet.
    unsynced: bool,
    _lock: File,
}

impl Files {
    /// Makes the folder where it is missing (0700) and locks it.
    ///
    /// # Errors
    /// It cannot be made or written to, or another exporter uses it.
    pub fn open(dir: &Path, limits: Limits) -> Result<Files, ArchiveError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| ArchiveError::new("made", dir, error))?;
        let path = dir.join("lock");
        let flags = rustix::fs::OFlags::NOFOLLOW.bits();
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(flags.cast_signed())
            .open(&path)
            .map_err(|error| ArchiveError::new("written to", dir, error))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| ArchiveError::new("locked", dir, error.into()))?;
        Ok(Files { dir: dir.to_owned(), limits, open: None, unsynced: false, _lock: lock })
    }

    /// Appends what a snapshot says, as far as it is not there; gives the file's length then. What
    /// was begun of it before a crash is gone on with.
    ///
    /// # Errors
    /// The disk is full or read-only. Nothing is lost: the same plan can be tried again.
    pub fn append(&mut self, plan: &Plan) -> Result<u64, ArchiveError> {
        if plan.lines.is_empty() {
            return Ok(plan.length);
        }
        let path = self.plain(&plan.stem);
        let appended = self.file(&plan.stem).and_then(|file| append(file, plan));
        if appended.is_err() {
            self.open = None;
        }
        self.unsynced |= appended.is_ok();
        appended.map_err(|error| ArchiveError::new("written to", &path, error))
    }

    /// Returns when what was appended would survive a loss of power.
    ///
    /// # Errors
    /// The disk fails.
    pub fn sync(&mut self) -> Result<(), ArchiveError> {
        if let Some((_, file)) = self.open.as_ref().filter(|_| self.unsynced) {
            let synced = file.sync_data();
            synced.map_err(|error| ArchiveError::new("synced", &self.dir, error))?;
            self.unsynced = false;
        }
        Ok(())
    }

    /// The file to go on in, with its length, where it is not the one in use.
    pub fn turn(&self, in_use: &str, now: Time) -> Option<(String, u64)> {
        let today = day_of(now);
        let ahead = day_of(now.saturating_add_seconds(AHEAD));
        let day = in_use.get(..10).unwrap_or_default();
        let length = |stem: &str| fs::metadata(self.plain(stem)).map_or(0, |m| m.len());
        let goes_on = (today.as_str()..=ahead.as_str()).contains(&day);
        if goes_on && length(in_use) <= self.limits.size / 4 {
            return None;
        }
        self.free_stem(if goes_on { day } else { &today }, in_use)
    }

    /// The first part of a day that can be gone on with: it is whole, or not there.
    pub(super) fn free_stem(&self, day: &str, in_use: &str) -> Option<(String, u64)> {
        let usable = |stem: &String| {
            if stem == in_use || self.dir.join(format!("{stem}{PACKED}")).exists() {
                return None;
            }
            let length = whole_length(&self.plain(stem))?;
            (length <= self.limits.size / 4).then_some(length)
        };
        (1..1_000)
            .map(|part| stem(day, part))
            .find_map(|stem| Some((usable(&stem)?, stem)))
            .map(|(length, stem)| (stem, length))
    }

    /// What keeps the folder within its bounds, apart from the writing.
    pub fn tidier(&self) -> Tidier {
        Tidier { dir: self.dir.clone(), limits: self.limits }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    fn plain(&self, stem: &str) -> PathBuf {
        self.dir.join(format!("{stem}{PLAIN}"))
    }

    fn file(&mut self, stem: &str) -> io::Result<&mut File> {
        if self.open.as_ref().is_none_or(|(open, _)| open != stem) {
            // What was appended to the one before is to be safe first.
            if let Some((_, before)) = self.open.as_ref().filter(|_| self.unsynced) {
                before.sync_data()?;
            }
            let path = self.plain(stem);
            let new = !path.exists();
            let flags = rustix::fs::OFlags::NOFOLLOW.bits();
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(flags.cast_signed())
                .open(path)?;
            if new {
                File::open(&self.dir)?.sync_all()?;
            }
            self.open = Some((stem.to_owned(), file));
        }
        let open = self.open.as_mut().map(|(_, file)| file);
        open.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// Packs and removes. It touches no file that is in use, so that nobody waits for it.
#[derive(Clone, Debug)]
pub struct Tidier {
    dir: PathBuf,
    limits: Limits,
}

impl Tidier {
    /// Packs every file but the one in use, and removes what is too old or too much. Another one is
    /// in use only once the snapshot says so. Without a `now` that can be relied on nothing is too
    /// old.
    ///
    /// # Errors
    /// A file cannot be packed or removed; the others are.
    pub fn tidy(&self, in_use: &str, now: Option<Time>) -> Result<Tidied, ArchiveError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| ArchiveError::new("tidied", &path, error)
        };
        let all = || segments(&self.dir).map_err(failed(&self.dir));
        let mut problem = Ok(());
        for segment in all()?.iter().filter(|segment| !segment.packed) {
            if segment.stem() != in_use {
                let packed = pack(&segment.path).map_err(failed(&segment.path));
                problem = problem.and(packed);
            }
        }
        let oldest = now.map(|now| day_of(now.saturating_add_seconds(-self.limits.retention)));
        let left = all()?;
        let mut tidied = Tidied { removed: 0, size: left.iter().map(|s| s.size).sum() };
        for segment in left.iter().filter(|segment| segment.stem() != in_use) {
            let is_old = oldest.as_ref().is_some_and(|oldest| segment.day() < oldest.as_str());
            if is_old || tidied.size > self.limits.size {
                fs::remove_file(&segment.path).map_err(failed(&segment.path))?;
                tidied.removed += 1;
                tidied.size = tidied.size.saturating_sub(segment.size);
            }
        }
        problem.map(|()| tidied)
    }
}

fn append(file: &mut File, plan: &Plan) -> io::Result<u64> {
    let lines = plan.lines.as_slice();
    let have = file.metadata()?.len();
    let mut there = Vec::new();
    if have > plan.length {
        file.seek(SeekFrom::Start(plan.length))?;
        Read::by_ref(file).take(lines.len() as u64).read_to_end(&mut there)?;
    }
    if there.len() == lines.len() && there == lines {
        return Ok(have);
    }
    let begun = lines.starts_with(&there);
    if !begun {
        // A loss of power may leave room without the bytes. Nothing else is behind the length.
        file.set_len(plan.length)?;
    }
    let missing = if begun { &lines[there.len()..] } else { lines };
    file.seek(SeekFrom::End(0))?;
    file.write_all(missing)?;
    Ok(file.metadata()?.len())
}

/// The length of a file whose last line is whole; 0 where there is none.
pub(super) fn whole_length(path: &Path) -> Option<u64> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(0),
        opened => opened.ok()?,
    };
    let length = file.metadata().ok()?.len();
    if length == 0 {
        return Some(0);
    }
    let mut last = [0];
    file.seek(SeekFrom::Start(length - 1)).ok()?;
    file.read_exact(&mut last).ok()?;
    (last == *b"\n").then_some(length)
}

/// Puts the file's gzipped form in its place. A crash leaves both, and the plain one is packed
/// again.
fn pack(path: &Path) -> io::Result<()> {
    let packed = path.with_extension("jsonl.gz");
    let new = path.with_extension("jsonl.gz.new");
    let mut plain = File::open(path)?;
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(&mut plain, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&new, &packed)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    fs::remove_file(path)
}
