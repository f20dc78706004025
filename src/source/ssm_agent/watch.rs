//! The kernel's word on what changed: inotify(7), awaited without a thread.
//!
//! A wake-up and no more: what a file says is read from the file, and where the kernel lost words
//! or has no watch to give, everything is looked at.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

use super::folders::{Dir, Name};

/// A few hundred changes at a time.
const BUFFER: usize = 16 << 10;

/// What changed since the last time.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) files: BTreeSet<Name>,
    /// A folder came or went, or the kernel lost count: everything is to be looked at.
    pub(super) folders: bool,
}

#[derive(Debug)]
pub(super) struct Watch {
    /// Made at the first use, for it belongs to a runtime.
    queue: Option<AsyncFd<OwnedFd>>,
    dirs: HashMap<i32, Dir>,
    error: Option<io::Error>,
}

impl Watch {
    pub(super) fn new() -> Watch {
        Watch { queue: None, dirs: HashMap::new(), error: None }
    }

    /// Watches a folder, where it is there.
    pub(super) fn add(&mut self, dir: &Dir) {
        let flags = match dir.documents_of {
            Some(_) => {
                WatchFlags::CREATE
                    | WatchFlags::MOVED_TO
                    | WatchFlags::CLOSE_WRITE
                    | WatchFlags::MODIFY
                    | WatchFlags::MOVED_FROM
                    | WatchFlags::DELETE
            }
            None => WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ATTRIB,
        };
        match self.queue().and_then(|queue| Ok(inotify::add_watch(queue, &dir.path, flags)?)) {
            Ok(watch) => {
                self.dirs.insert(watch, dir.clone());
            }
            Err(error) if is_about_the_folder(&error) => {}
            Err(error) => self.error = Some(error),
        }
    }

    // `new` is deprecated for types whose descriptor may change under it. An `OwnedFd`'s does not,
    // and what took its place asks for unsafe code.
    #[allow(deprecated)]
    fn queue(&mut self) -> io::Result<&AsyncFd<OwnedFd>> {
        if self.queue.is_none() {
            let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
            self.queue = Some(AsyncFd::new(queue)?);
        }
        self.queue.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Forgets what failed before: every folder is about to be added again.
    pub(super) fn begin(&mut self) {
        self.error = None;
    }

    /// Why not every folder is watched.
    pub(super) fn failed(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    pub(super) fn works(&self) -> bool {
        !self.dirs.is_empty() && self.error.is_none()
    }

    /// Waits for a change. Dropping the future loses none: they are taken at once or not at all.
    pub(super) async fn changes(&mut self) -> Changes {
        let Some(queue) = &self.queue else { return std::future::pending().await };
        loop {
            let Ok(mut ready) = queue.readable().await else { return std::future::pending().await };
            let mut changes = Changes::default();
            let taken = take(queue, &mut self.dirs, &mut changes);
            ready.clear_ready();
            if let Err(error) = taken {
                self.error = Some(error);
                return Changes { folders: true, ..changes };
            }
            if changes.folders || !changes.files.is_empty() {
                return changes;
            }
        }
    }
}

/// Empties the queue.
fn take(
    queue: &AsyncFd<OwnedFd>,
    dirs: &mut HashMap<i32, Dir>,
    changes: &mut Changes,
) -> io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut reader = inotify::Reader::new(queue, &mut buffer);
    loop {
        let event = match reader.next() {
            Ok(event) => event,
            Err(Errno::AGAIN) => return Ok(()),
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if event.events().contains(ReadFlags::IGNORED) {
            dirs.remove(&event.wd());
        }
        let file = event.file_name().and_then(|name| name.to_str().ok());
        match (dirs.get(&event.wd()).and_then(|dir| dir.documents_of.as_ref()), file) {
            (Some(instance), Some(id)) if !event.events().contains(ReadFlags::ISDIR) => {
                let name = Name { instance: instance.clone(), id: id.to_owned() };
                changes.files.insert(name);
            }
            // A folder's watch that ended, a folder that came, or an overflow.
            _ => changes.folders = true,
        }
    }
}

/// A folder that is not there or may not be read is told of by whoever reads it.
fn is_about_the_folder(error: &io::Error) -> bool {
    use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    matches!(error.kind(), NotFound | NotADirectory | PermissionDenied)
}
