//! The agent's folders: which there are, and what a file in them says.
//!
//! `DIR/INSTANCE/document/state/{pending,current}/ID`. INSTANCE is `i-…`, `mi-…` on a hybrid
//! node, the task's name in ECS; a disk that moved holds those of other instances beside it.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};
use serde::de::IgnoredAny;

use crate::event::Time;

/// Where the files lie, in the order in which the agent moves them: who looks in this order
/// misses none that is moved meanwhile.
const PLACES: [&str; 2] = ["pending", "current"];

/// A document of the service is 64 KB at most, and quoted twice at worst.
const LARGEST: u64 = 4 << 20;

/// Which document: the agent's name for its host, and the file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub(super) instance: String,
    pub(super) id: String,
}

/// What a look at a document found.
#[derive(Debug)]
pub(super) enum Look {
    There {
        born: Time,
        state: Vec<u8>,
    },
    /// The agent is writing it.
    Unfinished {
        seen: Time,
    },
    Gone,
    /// Neither root nor the exporter's own user wrote it.
    Foreign,
    Unreadable(io::Error),
}

/// A folder to be watched, and whose files it holds.
#[derive(Clone, Debug)]
pub(super) struct Dir {
    pub(super) path: PathBuf,
    /// The instance, of a folder of documents; others hold folders.
    pub(super) documents_of: Option<String>,
}

#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
}

impl Folders {
    pub(super) fn new(root: &Path) -> Folders {
        Folders { root: root.to_owned() }
    }

    /// Every document that has a file. Each folder on the way goes to `watch` before it is read.
    ///
    /// # Errors
    /// The folder that cannot be read, where something of it is there.
    pub(super) fn scan(
        &self,
        mut watch: impl FnMut(&Dir),
    ) -> Result<BTreeSet<Name>, (PathBuf, io::Error)> {
        let mut found = BTreeSet::new();
        let folder = |path: &Path| Dir { path: path.to_owned(), documents_of: None };
        watch(&folder(&self.root));
        for instance in entries(&self.root).map_err(|error| (self.root.clone(), error))? {
            let top = self.root.join(&instance);
            if !top.is_dir() {
                continue;
            }
            // What stands on the way may be made later: each step is watched.
            for step in [top.clone(), top.join("document"), top.join("document/state")] {
                watch(&folder(&step));
            }
            for place in PLACES {
                let path = self.state(&instance).join(place);
                watch(&Dir { path: path.clone(), documents_of: Some(instance.clone()) });
                let ids = match entries(&path) {
                    Err(error) if is_absent(&error) => continue,
                    Err(error) => return Err((path, error)),
                    Ok(ids) => ids,
                };
                let named = |id| Name { instance: instance.clone(), id };
                found.extend(ids.into_iter().map(named));
            }
        }
        Ok(found)
    }

    /// Reads a document's file, wherever it is just now.
    pub(super) fn look(&self, name: &Name) -> Look {
        // Once more where it began, for one that is moved back.
        for place in PLACES.iter().chain(&PLACES[..1]) {
            match read(&self.state(&name.instance).join(place).join(&name.id)) {
                Err(error) if is_absent(&error) => {}
                Err(error) => return Look::Unreadable(error),
                Ok(look) => return look,
            }
        }
        Look::Gone
    }

    /// Where the document's file is, or would be.
    pub(super) fn path(&self, name: &Name) -> PathBuf {
        let state = self.state(&name.instance);
        let paths = PLACES.map(|place| state.join(place).join(&name.id));
        paths.iter().find(|path| path.exists()).unwrap_or(&paths[1]).clone()
    }

    /// When a file last came to or went from the folders that this one lay in.
    pub(super) fn changed(&self, name: &Name) -> Option<Time> {
        let state = self.state(&name.instance);
        let changed = |place: &&str| fs::metadata(state.join(place)).ok().map(|m| modified(&m));
        PLACES.iter().filter_map(changed).max()
    }

    fn state(&self, instance: &str) -> PathBuf {
        self.root.join(instance).join("document/state")
    }
}

fn read(path: &Path) -> io::Result<Look> {
    // A pipe would block, and a link may lead anywhere.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut file = File::from(open(path, flags, Mode::empty())?);
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if before.uid() != 0 && before.uid() != rustix::process::geteuid().as_raw() {
        return Ok(Look::Foreign);
    }
    let mut state = Vec::new();
    Read::by_ref(&mut file).take(LARGEST + 1).read_to_end(&mut state)?;
    if state.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    match serde_json::from_slice::<IgnoredAny>(&state) {
        Ok(_) => Ok(Look::There { born: born(&before), state }),
        Err(_) => Ok(Look::Unfinished { seen: modified(&before) }),
    }
}

/// When the file was made. The agent writes it again in place, which moves its time of change, so
/// the time of birth tells where the file system keeps one; a copy may have an older time of
/// change than birth.
fn born(metadata: &Metadata) -> Time {
    let modified = modified(metadata);
    let created = metadata.created().ok().and_then(|created| {
        let since = created.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Time::new(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos()))
    });
    created.map_or(modified, |created| created.min(modified))
}

fn modified(metadata: &Metadata) -> Time {
    Time::new(metadata.mtime(), u32::try_from(metadata.mtime_nsec()).unwrap_or(0))
}

/// The names in a folder that are UTF-8: the agent's all are.
fn entries(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
