//! Being woken when a file changes.
//!
//! Owns the one use of linemux: its `MuxedEvents` says that something happened, never what. All
//! reading is done elsewhere, and a slow tick covers what the kernel does not tell: a watch that
//! could not be had, a symbolic link that was switched, a directory that was made.

use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use linemux::MuxedEvents;

use crate::source::{Problem, ProblemReason};

use super::identity::FileId;
use super::log_name::LogName;
use super::reading::Reading;

/// How long a failed watch is left before it is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// What the watches must cover; when it changes they are set anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// What stands under the log's name; `None` while nothing does.
    named: Option<FileId>,
    /// The file that is being read, under whatever name.
    read: Option<FileId>,
}

#[derive(Debug, Default)]
pub(super) struct Watch {
    events: Option<MuxedEvents>,
    target: Option<Target>,
    /// When to try again after a failure.
    retry: Option<Duration>,
}

impl Watch {
    /// Sets the watches that fit what was found. Says whether they are new, for then another look
    /// is due: something may have happened before they stood.
    pub(super) async fn arm(
        &mut self,
        path: &Path,
        current: Option<&Reading>,
        tick: Duration,
        clock: Duration,
    ) -> (bool, Option<Problem>) {
        let Some(target) = target(path, current) else {
            (self.events, self.target) = (None, None);
            return (false, None);
        };
        let waits = self.retry.is_some_and(|at| clock < at);
        if waits || (self.target.as_ref() == Some(&target) && self.retry.is_none()) {
            return (false, None);
        }
        self.events = None;
        match watch(path, &target, current).await {
            Ok(events) => {
                (self.events, self.target, self.retry) = (Some(events), Some(target), None);
                (true, None)
            }
            // It was renamed in this moment: the next look finds what has come of it. That it may
            // not be read is told by who reads it.
            Err(error) if is_told_elsewhere(&error) => (false, None),
            Err(error) => {
                let told = self.retry.replace(clock + RETRY).is_some();
                (false, (!told).then(|| failed(path, &error, tick)))
            }
        }
    }

    /// Watches nothing until it is armed again.
    pub(super) fn rest(&mut self) {
        (self.events, self.target) = (None, None);
    }

    /// Waits until something happened that may concern the log; for ever where nothing is watched.
    pub(super) async fn changed(&mut self) {
        loop {
            let Some(events) = &mut self.events else { return std::future::pending().await };
            match events.next_event().await {
                Ok(Some(event)) if !concerns(&event.paths, event.kind.is_remove()) => {}
                Ok(Some(_)) => return,
                // The watcher is broken or empty: the tick goes on, and the next rotation or
                // change of file sets it anew.
                Ok(None) | Err(_) => (self.events, self.target) = (None, None),
            }
        }
    }
}

fn is_told_elsewhere(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied)
}

/// linemux leaves only the paths it was asked for. While the log is missing it watches the whole
/// directory, where other logs are written all the time.
fn concerns(paths: &[PathBuf], removed: bool) -> bool {
    removed || !paths.is_empty()
}

/// `None` where nothing can be watched: the directory is missing, or the file may not be read.
fn target(path: &Path, current: Option<&Reading>) -> Option<Target> {
    let read = current.map(|c| c.id);
    match LogName::of(path) {
        LogName::File { id, .. } => Some(Target { named: Some(id), read }),
        LogName::Missing if path.parent().is_some_and(Path::is_dir) => {
            Some(Target { named: None, read })
        }
        LogName::Missing | LogName::Unreadable(_) => None,
    }
}

async fn watch(path: &Path, target: &Target, current: Option<&Reading>) -> io::Result<MuxedEvents> {
    // linemux panics where its thread cannot be started.
    std::thread::Builder::new().spawn(|| ())?;
    let mut events = MuxedEvents::new()?;
    events.add_file(real(path)).await?;
    if let Some(current) = current.filter(|_| target.read != target.named) {
        // The kernel knows the open file under this name, whatever it was renamed to.
        let fd = current.descriptor().as_raw_fd();
        events.add_file(format!("/proc/self/fd/{fd}")).await?;
    }
    Ok(events)
}

/// linemux resolves a directory that is a symbolic link from the wrong place: it gets none.
fn real(path: &Path) -> PathBuf {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new(".")).canonicalize();
    match (directory, path.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => path.to_owned(),
    }
}

fn failed(path: &Path, error: &io::Error, tick: Duration) -> Problem {
    let message = format!(
        "{}: the kernel will not watch it: {error}; it is looked at every {} ms instead; raise \
         fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl",
        path.display(),
        tick.as_millis()
    );
    Problem { reason: ProblemReason::WatchFailed, count: 1, message }
}
