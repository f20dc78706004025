//! Position and series in one snapshot, saved atomically.
//!
//! Owns the state directory: the snapshot in it, the lock on it, and the names under which a
//! damaged snapshot is kept. What stands in the snapshot is the pipeline's: [`Store::serialize`]
//! takes it to bytes (in memory, quick, under whatever lock guards it) and [`Store::write`] takes
//! the bytes to the disk (slow, under none).
//!
//! The file is one header line, then JSON:
//! `login_exporter snapshot 1 crc32 89abcdef length 0000000000001234`. A snapshot is whole or it
//! is not used: it is written beside the old one, synced and renamed over it.

mod error;
mod header;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::StateError;

const SNAPSHOT: &str = "snapshot";
const NEW: &str = "snapshot.new";
const LOCK: &str = "lock";

/// How many damaged snapshots are kept for someone to look at.
const DAMAGED: usize = 3;

/// What was found at a start.
#[derive(Debug)]
pub enum Loaded<T> {
    /// There is no snapshot: a first start.
    Fresh,
    Restored(T),
    /// There was one that cannot be used. It was renamed, and this is a first start.
    SetAside {
        to: PathBuf,
        why: String,
    },
}

/// A snapshot that is safely on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    pub bytes: usize,
    pub took: Duration,
}

/// A state directory that is ours alone while this lives.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    /// Holds the lock; the kernel lets go of it however the process ends.
    _lock: File,
}

impl Store {
    /// Makes the directory where it is missing (mode 0700) and locks it.
    ///
    /// # Errors
    /// It cannot be made or written to, or another exporter uses it.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Store, StateError> {
        let directory = directory.into();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| StateError::directory("made", &directory, error))?;
        let lock = lock(&directory)?;
        Ok(Store { directory, _lock: lock })
    }

    /// Where the snapshot is.
    pub fn path(&self) -> PathBuf {
        self.directory.join(SNAPSHOT)
    }

    /// Reads the snapshot. One that is damaged, cut off, of another program or of a later version
    /// is set aside, never an error: the exporter must not fail on it at every start.
    ///
    /// # Errors
    /// The file is there but cannot be read, or cannot be renamed.
    pub fn load<T: DeserializeOwned>(&self) -> Result<Loaded<T>, StateError> {
        let path = self.path();
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::Fresh),
            Err(error) => return Err(StateError::snapshot("read", &path, error)),
        };
        match header::check(&bytes).and_then(parse) {
            Ok(snapshot) => Ok(Loaded::Restored(snapshot)),
            Err(why) => self.set_aside(why),
        }
    }

    /// The snapshot as it will stand in the file. No I/O.
    ///
    /// # Errors
    /// The content has no form in JSON, such as a map whose keys are no strings.
    pub fn serialize<T: Serialize>(content: &T) -> Result<Vec<u8>, StateError> {
        let mut bytes = vec![0; header::LENGTH];
        serde_json::to_writer(&mut bytes, content).map_err(StateError::Content)?;
        header::fill(&mut bytes);
        Ok(bytes)
    }

    /// Puts a serialized snapshot in the place of the last one, and returns when it would survive
    /// a loss of power. On any failure the last one stays as it is.
    ///
    /// # Errors
    /// The disk is full, or the directory cannot be written to any more.
    pub fn write(&self, bytes: &[u8]) -> Result<Written, StateError> {
        let began = Instant::now();
        let (new, path) = (self.directory.join(NEW), self.path());
        let result = write_synced(&new, bytes)
            .and_then(|()| fs::rename(&new, &path))
            .and_then(|()| File::open(&self.directory)?.sync_all());
        if let Err(error) = result {
            // What was written of it takes room on a disk that may be full.
            let _ = fs::remove_file(&new);
            return Err(StateError::snapshot("saved", &path, error));
        }
        Ok(Written { bytes: bytes.len(), took: began.elapsed() })
    }

    fn set_aside<T>(&self, why: String) -> Result<Loaded<T>, StateError> {
        let (path, to) = (self.path(), self.free_name());
        fs::rename(&path, &to).map_err(|error| StateError::snapshot("set aside", &path, error))?;
        Ok(Loaded::SetAside { to, why })
    }

    /// The first name that is free, else that of the oldest one kept.
    fn free_name(&self) -> PathBuf {
        let name = |n| self.directory.join(format!("{SNAPSHOT}.damaged-{n}"));
        let modified = |path: &PathBuf| fs::metadata(path).and_then(|m| m.modified()).ok();
        // A name that is free has no time, and none comes before any.
        (1..=DAMAGED).map(name).min_by_key(modified).unwrap_or_else(|| name(1))
    }
}

fn lock(directory: &Path) -> Result<File, StateError> {
    let path = directory.join(LOCK);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|error| StateError::directory("written to", directory, error))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            return Err(StateError::in_use(directory, &mut file));
        }
        Err(error) => return Err(StateError::directory("locked", directory, error.into())),
    }
    // The number helps whoever finds the directory locked; the lock holds without it.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("its content is not as expected: {error}"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What an earlier failure left behind may have other rights.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
