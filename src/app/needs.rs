//! What a run needs of the system, asked before it begins: later a missing thread or descriptor
//! would end it in the middle of something, with words that help nobody.

use std::sync::mpsc;
use std::thread;

use rustix::process::{Resource, getrlimit};

/// Open files: 40 requests, and what the sources and the runtime hold.
const FILES: u64 = 64;

/// Threads: two that work, and those that write, pack and look up at the same time.
const THREADS: usize = 8;

/// Checks that what `serve` needs is there.
///
/// # Errors
/// A limit that is too low, with how to raise it.
pub(super) fn check() -> Result<(), String> {
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|files| *files < FILES) {
        return Err(format!(
            "the limit of open files is {files}, and {FILES} are needed: raise it (ulimit -n, \
             LimitNOFILE= of the unit, --ulimit nofile=1024 of a container)"
        ));
    }
    threads().map_err(|error| {
        format!(
            "cannot start {THREADS} threads: {error}; raise the limit of processes or of memory \
             (ulimit -u and -v, TasksMax= and MemoryMax= of the unit, pids and memory of a container)"
        )
    })
}

/// Starts them all before the first may end.
fn threads() -> std::io::Result<()> {
    let mut started = Vec::new();
    for _ in 0..THREADS {
        let (hold, held) = mpsc::channel::<()>();
        let thread = thread::Builder::new().spawn(move || {
            // Ends when the other side is let go of.
            let _ = held.recv();
        })?;
        started.push((hold, thread));
    }
    for (hold, thread) in started {
        drop(hold);
        // It does nothing that could fail.
        let _ = thread.join();
    }
    Ok(())
}
