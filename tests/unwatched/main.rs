//! A log is followed by the slow tick alone where the kernel has no watch left. Alone in its file:
//! what it uses up other tests need.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use login_exporter::source::file::{FileSettings, FileSource};
use login_exporter::source::{Delivery, ProblemReason, Records, Source};
use rustix::fs::inotify;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::time::timeout;

const GUARD: Duration = Duration::from_secs(60);

async fn next(source: &mut FileSource) -> Delivery<'_> {
    timeout(GUARD, source.next()).await.expect("nothing comes")
}

async fn read(source: &mut FileSource, line: &str) {
    loop {
        if let Records::Lines(lines) = next(source).await.records
            && !lines.is_empty()
        {
            return assert_eq!(lines, line.as_bytes());
        }
    }
}

/// Takes every inotify instance that this user may have.
fn exhaust() -> Vec<impl Sized> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    std::iter::from_fn(|| inotify::init(inotify::CreateFlags::CLOEXEC).ok()).collect()
}

#[tokio::test]
async fn out_of_watches_the_tick_reads_and_it_is_told_once() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("secure");
    std::fs::write(&path, "one\n").unwrap();
    let tick = Duration::from_millis(20);
    let settings = FileSettings { tick, ..FileSettings::new(&path) };
    let mut source = FileSource::new(settings, None);
    let all = exhaust();
    read(&mut source, "one\n").await;
    let problems = next(&mut source).await.report.problems;
    drop(all);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].reason, ProblemReason::WatchFailed);
    assert!(problems[0].message.contains("it is looked at every 20 ms instead"));
    std::fs::write(&path, "one\ntwo\n").unwrap();
    read(&mut source, "two\n").await;
    std::fs::rename(&path, dir.path().join("secure.1")).unwrap();
    std::fs::write(&path, "three\n").unwrap();
    read(&mut source, "three\n").await;
}
