//! Position and series in one snapshot, saved atomically.
//!
//! Owns the state directory: the snapshot in it, the one before, the lock on it, and the names under
//! which a damaged snapshot is kept. What stands in the snapshot is the pipeline's: [`Store::whole`]
//! and [`Store::change`] take it to bytes (in memory, quick, under whatever lock guards it),
//! [`Store::write`] and [`Store::append`] take the bytes to the disk (slow, under none).
//!
//! The file is a part that holds everything and parts with what changed since, each one header line
//! (`login_exporter snapshot 3 crc32 89abcdef length 0000000000001234 …`), one of JSON, and lines
//! that stand behind it as they are. A part is whole or it is not used. A whole snapshot is written beside the old one, synced and renamed over
//! it, which stays as the one before; what changed is appended and synced. So each step happens or
//! does not, wherever it is cut.

mod error;
mod header;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::StateError;
use header::{Found, Kind};

const SNAPSHOT: &str = "snapshot";
const BEFORE: &str = "snapshot.before";
const NEW: &str = "snapshot.new";
const LINK: &str = "snapshot.link";
const LOCK: &str = "lock";

/// How many damaged snapshots are kept for someone to look at.
const DAMAGED: usize = 3;

/// Changes are appended until they are this much, and half of what the whole was: the file stays
/// small under a flood, and what is written in a day is no more than a few times what changed.
const MOST_CHANGES: u64 = 1 << 20;
const SHARE_OF_WHOLE: u64 = 2;

/// What was found at a start.
#[derive(Debug)]
pub struct Loaded<T, C> {
    /// `None` at a first start.
    pub state: Option<Restored<T, C>>,
    /// A snapshot that cannot be used; `state` is then of what was saved before it.
    pub set_aside: Option<SetAside>,
}

/// What a snapshot says.
#[derive(Debug, PartialEq)]
pub struct Restored<T, C> {
    pub whole: T,
    /// What changed since, oldest first.
    pub changes: Vec<C>,
    /// The lines behind the last of them.
    pub lines: Vec<u8>,
}

/// Nothing changed since.
impl<T, C> From<T> for Restored<T, C> {
    fn from(whole: T) -> Self {
        Restored { whole, changes: Vec::new(), lines: Vec::new() }
    }
}

/// A part of a snapshot, as it will stand in the file.
#[derive(Debug)]
pub struct Part {
    /// The header and the JSON.
    head: Vec<u8>,
    lines: Arc<Vec<u8>>,
}

impl Part {
    fn new(content: &impl Serialize, lines: Arc<Vec<u8>>, kind: Kind) -> Result<Part, StateError> {
        let mut head = vec![0; header::LENGTH];
        serde_json::to_writer(&mut head, content).map_err(StateError::Content)?;
        // JSON has no line end in it.
        head.push(b'\n');
        header::fill(&mut head, &lines, kind);
        Ok(Part { head, lines })
    }

    /// Bytes.
    pub fn size(&self) -> usize {
        self.head.len() + self.lines.len()
    }

    fn write(&self, file: &mut File) -> io::Result<()> {
        file.write_all(&self.head)?;
        file.write_all(&self.lines)
    }
}

/// A snapshot that cannot be used, and was renamed or copied.
#[derive(Debug)]
pub struct SetAside {
    pub to: PathBuf,
    pub why: String,
    /// When it was last written.
    pub written: Option<SystemTime>,
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
    /// The snapshot that changes are appended to, once one was written.
    open: Mutex<Option<Open>>,
    /// Holds the lock; the kernel lets go of it however the process ends.
    _lock: File,
}

#[derive(Debug)]
struct Open {
    file: File,
    whole: u64,
    changes: u64,
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
        Ok(Store { directory, open: Mutex::default(), _lock: lock })
    }

    /// Where the snapshot is.
    pub fn path(&self) -> PathBuf {
        self.directory.join(SNAPSHOT)
    }

    /// Reads the snapshot. One that is damaged, cut off, of another program or of another version is
    /// set aside, never an error: the exporter must not fail on it at every start. Then the one before
    /// it is used, if that is whole: what came since is read again from the logs.
    ///
    /// # Errors
    /// A file is there but cannot be read, or cannot be renamed.
    pub fn load<T, C>(&self) -> Result<Loaded<T, C>, StateError>
    where
        T: DeserializeOwned,
        C: DeserializeOwned,
    {
        let path = self.path();
        let before = self.directory.join(BEFORE);
        let Some(bytes) = read(&path)? else {
            // No step of ours leaves only the one before: someone took the newer away.
            return match read(&before)?.map(|bytes| parse(&bytes)) {
                Some(Ok((state, _))) => {
                    let why = "it is gone".to_owned();
                    let set_aside = SetAside { to: path, why, written: modified(&before) };
                    Ok(Loaded { state: Some(state), set_aside: Some(set_aside) })
                }
                _ => Ok(Loaded { state: None, set_aside: None }),
            };
        };
        match parse(&bytes) {
            Ok((state, None)) => Ok(Loaded { state: Some(state), set_aside: None }),
            // What stands before the damage is newer than the snapshot before.
            Ok((state, Some(why))) => {
                let set_aside = Some(self.set_aside(why)?);
                Ok(Loaded { state: Some(state), set_aside })
            }
            Err(why) => {
                let set_aside = Some(self.set_aside(why)?);
                let state = read(&before)?.and_then(|bytes| parse(&bytes).ok());
                Ok(Loaded { state: state.map(|(state, _)| state), set_aside })
            }
        }
    }

    /// Everything, as it will stand in the file, and lines that stand behind it. No I/O.
    ///
    /// # Errors
    /// The content has no form in JSON, such as a map whose keys are no strings.
    pub fn whole<T: Serialize>(content: &T, lines: Arc<Vec<u8>>) -> Result<Part, StateError> {
        Part::new(content, lines, Kind::Whole)
    }

    /// What changed, likewise. No I/O.
    ///
    /// # Errors
    /// As [`Store::whole`].
    pub fn change<T: Serialize>(content: &T, lines: Arc<Vec<u8>>) -> Result<Part, StateError> {
        Part::new(content, lines, Kind::Change)
    }

    /// Whether nothing can be appended: the next one has to be written whole.
    pub fn needs_whole(&self) -> bool {
        self.lock().is_none()
    }

    /// Whether so much was appended that a whole one is shorter, to write now and to read at a start.
    pub fn wants_whole(&self) -> bool {
        self.lock()
            .as_ref()
            .is_none_or(|open| open.changes > MOST_CHANGES.max(open.whole / SHARE_OF_WHOLE))
    }

    /// What changed was not saved: the next one has to be written whole.
    pub fn end_changes(&self) {
        *self.lock() = None;
    }

    /// Puts a whole snapshot in the place of the last one, and returns when it would survive a loss of
    /// power. On any failure the last one stays as it is.
    ///
    /// # Errors
    /// The disk is full, or the directory cannot be written to any more.
    pub fn write(&self, part: &Part) -> Result<Written, StateError> {
        let began = Instant::now();
        let (new, path) = (self.directory.join(NEW), self.path());
        let result = write_synced(&new, part).and_then(|file| {
            self.keep_before(&path)?;
            fs::rename(&new, &path)?;
            File::open(&self.directory)?.sync_all()?;
            Ok(file)
        });
        match result {
            Ok(file) => {
                let whole = part.size() as u64;
                *self.lock() = Some(Open { file, whole, changes: 0 });
                Ok(Written { bytes: part.size(), took: began.elapsed() })
            }
            Err(error) => {
                // What was written of it takes room on a disk that may be full.
                let _ = fs::remove_file(&new);
                Err(StateError::snapshot("saved", &path, error))
            }
        }
    }

    /// Appends what changed to the snapshot, and returns when it would survive a loss of power. After a
    /// failure the next one has to be written whole.
    ///
    /// # Errors
    /// As [`Store::write`]; and where none was written yet.
    pub fn append(&self, part: &Part) -> Result<Written, StateError> {
        let began = Instant::now();
        let mut guard = self.lock();
        let appended = match guard.take() {
            None => Err(io::Error::other("no whole one was written before")),
            Some(mut open) => {
                let end = open.whole + open.changes;
                match part.write(&mut open.file).and_then(|()| open.file.sync_data()) {
                    Ok(()) => {
                        open.changes += part.size() as u64;
                        *guard = Some(open);
                        Ok(Written { bytes: part.size(), took: began.elapsed() })
                    }
                    Err(error) => {
                        // A part that is cut off is ignored at a start, so this is only for the room.
                        let _ = open.file.set_len(end);
                        Err(error)
                    }
                }
            }
        };
        appended.map_err(|error| StateError::snapshot("saved", &self.path(), error))
    }

    /// The snapshot that is about to be replaced stays under another name, and never is there none.
    fn keep_before(&self, path: &Path) -> io::Result<()> {
        let link = self.directory.join(LINK);
        let _ = fs::remove_file(&link);
        match fs::hard_link(path, &link) {
            Ok(()) => fs::rename(&link, self.directory.join(BEFORE)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            // A file system without links keeps none before; saving goes on.
            Err(_) => Ok(()),
        }
    }

    fn set_aside(&self, why: String) -> Result<SetAside, StateError> {
        let (path, to) = (self.path(), self.free_name());
        let written = modified(&path);
        fs::rename(&path, &to).map_err(|error| StateError::snapshot("set aside", &path, error))?;
        Ok(SetAside { to, why, written })
    }

    /// The first name that is free, else that of the oldest one kept.
    fn free_name(&self) -> PathBuf {
        let name = |n| self.directory.join(format!("{SNAPSHOT}.damaged-{n}"));
        // A name that is free has no time, and none comes before any.
        (1..=DAMAGED).map(name).min_by_key(|path| modified(path)).unwrap_or_else(|| name(1))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Nobody's link leads us to another file.
fn no_link() -> i32 {
    OFlags::NOFOLLOW.bits() as i32
}

fn lock(directory: &Path) -> Result<File, StateError> {
    let path = directory.join(LOCK);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_link())
        .open(&path)
        .map_err(|error| StateError::lock(&path, directory, error))?;
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

/// The bytes of a file, where there is one.
fn read(path: &Path) -> Result<Option<Vec<u8>>, StateError> {
    let mut bytes = Vec::new();
    let file = OpenOptions::new().read(true).custom_flags(no_link()).open(path);
    match file.and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateError::snapshot("read", path, error)),
    }
}

/// What a file says, and why the rest of it cannot be used if there is any.
type Parsed<T, C> = (Restored<T, C>, Option<String>);

fn parse<T: DeserializeOwned, C: DeserializeOwned>(bytes: &[u8]) -> Result<Parsed<T, C>, String> {
    let ((whole, mut lines), mut rest) = match header::read(bytes, Kind::Whole) {
        Found::Part(body, rest) => (content(body)?, rest),
        Found::CutOff => return Err("it is cut off".to_owned()),
        Found::Damaged(why) => return Err(why),
    };
    let (mut changes, mut broken) = (Vec::new(), None);
    while !rest.is_empty() && broken.is_none() {
        match header::read(rest, Kind::Change) {
            Found::Part(body, behind) => {
                match content(body) {
                    Ok((change, behind)) => {
                        changes.push(change);
                        lines = behind;
                    }
                    Err(why) => broken = Some(why),
                }
                rest = behind;
            }
            Found::CutOff => break,
            Found::Damaged(why) => broken = Some(why),
        }
    }
    Ok((Restored { whole, changes, lines: lines.to_vec() }, broken))
}

/// What the JSON of a part says, and the lines behind it.
fn content<T: DeserializeOwned>(body: &[u8]) -> Result<(T, &[u8]), String> {
    let end = memchr::memchr(b'\n', body).unwrap_or(body.len());
    let (text, lines) = body.split_at(end);
    Ok((json(text)?, lines.get(1..).unwrap_or_default()))
}

fn json<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    serde_json::from_slice(json).map_err(|error| format!("its content is not as expected: {error}"))
}

fn write_synced(path: &Path, part: &Part) -> io::Result<File> {
    // What an earlier failure left behind may have other rights.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    part.write(&mut file)?;
    file.sync_all()?;
    Ok(file)
}
