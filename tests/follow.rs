//! A log file is followed through what happens to it, with the kernel's real events.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use login_exporter::record::Position;
use login_exporter::source::file::{FileSettings, FileSource, Start};
use login_exporter::source::{ProblemReason, Source};
use tempfile::TempDir;
use tokio::time::timeout;

/// Longer than anything here takes: when it passes, something is broken.
const GUARD: Duration = Duration::from_secs(20);

/// A log in a directory of its own, and someone who follows it.
struct Bench {
    dir: TempDir,
    source: FileSource,
    position: Position,
    lines: Vec<String>,
    problems: Vec<ProblemReason>,
    messages: Vec<String>,
    rotations: u32,
    caught_up: bool,
    up: bool,
}

fn settings(path: PathBuf) -> FileSettings {
    FileSettings {
        tick: Duration::from_millis(50),
        patience: Duration::from_millis(100),
        ..FileSettings::new(path)
    }
}

impl Bench {
    fn new() -> Bench {
        Bench::with(|_| {})
    }

    fn with(prepare: impl FnOnce(&Path)) -> Bench {
        let dir = TempDir::new().unwrap();
        prepare(dir.path());
        let source = FileSource::new(settings(dir.path().join("secure")), None);
        Bench {
            dir,
            source,
            position: Position::default(),
            lines: Vec::new(),
            problems: Vec::new(),
            messages: Vec::new(),
            rotations: 0,
            caught_up: false,
            up: false,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text.as_bytes());
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    async fn step(&mut self) {
        let delivery = timeout(GUARD, self.source.next()).await.expect("nothing comes");
        delivery.records.for_each(|record| {
            let login_exporter::record::Record::Line(line) = record else { panic!() };
            self.lines.push(String::from_utf8_lossy(line).into_owned());
        });
        self.position = delivery.position;
        self.rotations += delivery.report.rotations;
        self.caught_up = delivery.report.caught_up;
        self.up = delivery.report.up;
        for problem in delivery.report.problems {
            self.problems.push(problem.reason);
            self.messages.push(problem.message);
        }
    }

    /// Follows until these lines have come, and no others.
    async fn expect(&mut self, lines: &[&str]) {
        while self.lines.len() < lines.len() {
            self.step().await;
        }
        assert_eq!(self.lines, lines, "problems: {:?}", self.messages);
        self.lines.clear();
    }

    async fn until_caught_up(&mut self) {
        while !self.caught_up {
            self.step().await;
        }
    }

    async fn until_problem(&mut self, reason: ProblemReason) {
        while !self.problems.contains(&reason) {
            self.step().await;
        }
    }

    fn restart(&mut self) {
        let settings = settings(self.path("secure"));
        self.source = FileSource::new(settings, Some(&self.position));
        self.caught_up = false;
    }
}

fn append(path: &Path, text: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text).unwrap();
}

#[tokio::test]
async fn lines_come_as_they_are_written() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\nthree\n");
    b.expect(&["two", "three"]).await;
    assert!(b.up && b.caught_up && b.problems.is_empty());
}

#[tokio::test]
async fn the_old_writer_still_writes_after_a_rotation_by_rename() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    let mut old = OpenOptions::new().append(true).open(b.path("secure")).unwrap();
    b.rename("secure", "secure-20261122");
    old.write_all(b"before create\n").unwrap();
    b.expect(&["before create"]).await;
    File::create(b.path("secure")).unwrap();
    old.write_all(b"before HUP\n").unwrap();
    b.expect(&["before HUP"]).await;
    b.append("secure", "after HUP\n");
    b.expect(&["after HUP"]).await;
    old.write_all(b"late\n").unwrap();
    b.expect(&["late"]).await;
    assert_eq!((b.rotations, b.problems.len()), (1, 0));
}

#[tokio::test]
async fn copytruncate_loses_nothing_that_was_copied() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    fs::copy(b.path("secure"), b.path("secure.1")).unwrap();
    File::options().write(true).truncate(true).open(b.path("secure")).unwrap();
    b.append("secure", "three\n");
    b.expect(&["two", "three"]).await;
    assert_eq!(b.problems, []);
}

/// logrotate's copy is taken, one more line is written and read, and then the log is cut.
async fn read_behind_the_copy() -> Bench {
    let first = format!("{}\n", "x".repeat(2000));
    let mut b = Bench::with(|dir| append(&dir.join("secure"), first.as_bytes()));
    b.expect(&[first.trim_end()]).await;
    fs::copy(b.path("secure"), b.path("secure.1")).unwrap();
    b.append("secure", "behind the copy\n");
    b.expect(&["behind the copy"]).await;
    // As late as the log itself: the system's clock for files is coarse.
    let late = fs::metadata(b.path("secure")).unwrap().modified().unwrap();
    File::options().write(true).open(b.path("secure.1")).unwrap().set_modified(late).unwrap();
    File::options().write(true).truncate(true).open(b.path("secure")).unwrap();
    b.append("secure", "after\n");
    b
}

#[tokio::test]
async fn a_copy_that_ends_before_what_was_read_is_not_read_again() {
    let mut b = read_behind_the_copy().await;
    b.expect(&["after"]).await;
    assert_eq!(b.problems, []);
}

#[tokio::test]
async fn nor_is_it_after_a_restart() {
    let mut b = read_behind_the_copy().await;
    b.restart();
    b.expect(&["after"]).await;
    assert_eq!(b.problems, []);
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_stopped() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    b.restart();
    b.expect(&["two"]).await;
}
