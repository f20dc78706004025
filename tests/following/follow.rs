//! A log file is followed through what happens to it, with the kernel's real events.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use login_exporter::record::Position;
use login_exporter::source::file::lines::MAX_LINE;
use login_exporter::source::file::rotated::rotated;
use login_exporter::source::file::{FileSettings, FileSource, Start};
use login_exporter::source::{ProblemReason, Source};
use tempfile::TempDir;
use tokio::time::timeout;

/// Longer than anything here takes: when it passes, something is broken.
const GUARD: Duration = Duration::from_secs(60);

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
        half_line: Duration::from_millis(100),
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

    fn switch(&self, target: &str) {
        symlink(target, self.path("new link")).unwrap();
        self.rename("new link", "secure");
    }

    fn gzip(&self, from: &str, to: &str) {
        let mut gz = GzEncoder::new(File::create(self.path(to)).unwrap(), Compression::fast());
        gz.write_all(&fs::read(self.path(from)).unwrap()).unwrap();
        gz.finish().unwrap();
        fs::remove_file(self.path(from)).unwrap();
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
async fn a_truncated_file_that_has_grown_past_the_old_place_is_read_from_its_beginning() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    fs::write(b.path("secure"), "much longer than what was there\nand more\n").unwrap();
    b.expect(&["much longer than what was there", "and more"]).await;
    assert_eq!(b.rotations, 1);
}

#[tokio::test]
async fn delete_and_recreate_loses_nothing_that_was_written_before() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    fs::remove_file(b.path("secure")).unwrap();
    b.append("secure", "three\n");
    b.expect(&["two", "three"]).await;
}

#[tokio::test]
async fn a_deleted_file_is_missed_and_taken_up_when_it_is_back() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    fs::remove_file(b.path("secure")).unwrap();
    b.until_problem(ProblemReason::Missing).await;
    assert!(!b.up);
    b.append("secure", "two\n");
    b.expect(&["two"]).await;
    assert!(b.up);
}

#[tokio::test]
async fn a_switched_symbolic_link_is_followed_and_switched_back_without_doubling() {
    let mut b = Bench::with(|dir| {
        append(&dir.join("a"), b"a1\n");
        symlink("a", dir.join("secure")).unwrap();
    });
    b.expect(&["a1"]).await;
    b.append("a", "a2\n");
    b.append("b", "b1\n");
    b.switch("b");
    b.expect(&["a2", "b1"]).await;
    b.append("a", "a3\n");
    b.switch("a");
    b.expect(&["a3"]).await;
    b.append("a", "a4\n");
    b.expect(&["a4"]).await;
    assert_eq!(b.problems, []);
}

#[tokio::test]
async fn a_file_that_appears_later_is_read_from_its_beginning() {
    let mut b = Bench::new();
    b.until_problem(ProblemReason::Missing).await;
    assert!(!b.up && b.messages[0].contains("secure: there is no such file"));
    b.append("secure", "one\n");
    b.expect(&["one"]).await;
    assert!(b.up);
}

#[tokio::test]
async fn a_directory_that_appears_later_is_found() {
    let mut b = Bench::new();
    b.source = FileSource::new(settings(b.path("log/deep/secure")), None);
    b.until_problem(ProblemReason::Missing).await;
    fs::create_dir_all(b.path("log/deep")).unwrap();
    b.append("log/deep/secure", "one\n");
    b.expect(&["one"]).await;
    b.append("log/deep/secure", "two\n");
    b.expect(&["two"]).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_told_once_and_read_when_it_can() {
    // A loop of links is as unreadable as a missing right, and for root too.
    let mut b = Bench::with(|dir| symlink("secure", dir.join("secure")).unwrap());
    b.until_problem(ProblemReason::Unreadable).await;
    assert!(!b.up && !b.caught_up);
    assert!(b.messages[0].contains("Too many levels of symbolic links"), "{:?}", b.messages);
    fs::remove_file(b.path("secure")).unwrap();
    b.append("secure", "one\n");
    b.expect(&["one"]).await;
    assert!(b.up && b.caught_up);
    let unreadable = b.problems.iter().filter(|p| **p == ProblemReason::Unreadable);
    assert_eq!(unreadable.count(), 1);
}

#[tokio::test]
async fn a_missing_right_is_told_and_waited_for() {
    let mut b = Bench::with(|dir| {
        append(&dir.join("secure"), b"one\n");
        fs::set_permissions(dir.join("secure"), Permissions::from_mode(0o000)).unwrap();
    });
    if File::open(b.path("secure")).is_ok() {
        println!("skipped: root reads a file of mode 0000");
        return;
    }
    b.until_problem(ProblemReason::Unreadable).await;
    fs::set_permissions(b.path("secure"), Permissions::from_mode(0o600)).unwrap();
    b.expect(&["one"]).await;
}

#[tokio::test]
async fn a_directory_under_the_name_of_the_log_is_no_log() {
    let mut b = Bench::with(|dir| fs::create_dir(dir.join("secure")).unwrap());
    b.until_problem(ProblemReason::Unreadable).await;
    assert!(b.messages[0].contains("it is a directory"), "{:?}", b.messages);
}

#[tokio::test]
async fn a_half_written_line_waits_for_its_end() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\nhalf"));
    b.expect(&["one"]).await;
    b.until_caught_up().await;
    b.append("secure", " and half\n");
    b.expect(&["half and half"]).await;
}

#[tokio::test]
async fn a_last_line_without_end_counts_once_its_file_was_rotated() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\nlast"));
    b.expect(&["one"]).await;
    b.rename("secure", "secure.1");
    b.append("secure", "two\n");
    b.expect(&["two", "last"]).await;
}

#[tokio::test]
async fn a_line_of_100_megabytes_is_shortened_and_the_next_is_whole() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    let mut file = OpenOptions::new().append(true).open(b.path("secure")).unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    file.write_all(b"\ntwo\n").unwrap();
    b.expect(&["x".repeat(MAX_LINE).as_str(), "two"]).await;
    assert_eq!(b.problems, [ProblemReason::LineTooLong]);
}

#[tokio::test]
async fn nuls_of_a_crash_hide_no_line() {
    let mut b = Bench::with(|dir| {
        let nuls = vec![0; 300_000];
        let text = [b"half of a li", nuls.as_slice(), b"one\n", nuls.as_slice(), b"two\n"];
        append(&dir.join("secure"), &text.concat());
    });
    b.expect(&["half of a li", "one", "two"]).await;
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_come_as_they_are() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"\xff\xfe\x80\none\n"));
    b.expect(&["\u{fffd}\u{fffd}\u{fffd}", "one"]).await;
}

#[tokio::test]
async fn a_start_at_the_end_leaves_out_what_is_there() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"old\nhalf"));
    let settings = FileSettings { start: Start::End, ..settings(b.path("secure")) };
    b.source = FileSource::new(settings, None);
    b.until_caught_up().await;
    b.append("secure", " of it\nnew\n");
    b.expect(&["half of it", "new"]).await;
}

#[tokio::test]
async fn what_was_rotated_before_a_first_start_is_history() {
    let mut b = Bench::with(|dir| {
        append(&dir.join("secure.2"), b"older\n");
        append(&dir.join("secure.1"), b"old\n");
        append(&dir.join("secure"), b"one\n");
    });
    b.expect(&["one"]).await;
    b.rename("secure.2", "secure.3");
    b.rename("secure.1", "secure.2");
    b.rename("secure", "secure.1");
    b.append("secure", "two\n");
    b.expect(&["two"]).await;
}

#[tokio::test]
async fn a_restart_goes_on_where_the_last_stopped() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    b.restart();
    b.expect(&["two"]).await;
}

#[tokio::test]
async fn after_several_rotations_all_files_are_read_in_order() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    b.gzip("secure", "secure.3.gz");
    b.append("secure.2", "three\n");
    b.gzip("secure.2", "secure.2.gz");
    b.append("secure.1", "four\n");
    b.append("secure", "five\n");
    b.restart();
    b.expect(&["two", "three", "four", "five"]).await;
    assert_eq!(b.problems, []);
}

#[tokio::test]
async fn a_log_moved_by_hand_is_found_under_its_new_name() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "two\n");
    b.rename("secure", "put-aside-by-me");
    b.append("secure", "three\n");
    b.restart();
    b.expect(&["two", "three"]).await;
}

#[tokio::test]
async fn what_was_deleted_while_nobody_looked_is_a_gap() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.append("secure", "lost\n");
    fs::rename(b.path("secure"), b.path("secure.2")).unwrap();
    b.append("secure.1", "two\n");
    b.append("secure", "three\n");
    fs::remove_file(b.path("secure.2")).unwrap();
    b.restart();
    b.expect(&["two", "three"]).await;
    assert_eq!(b.problems, [ProblemReason::Gap]);
    assert!(b.messages[0].contains("it was read up to byte 4, but"), "{:?}", b.messages);
}

#[tokio::test]
async fn a_rotated_file_that_cannot_be_decompressed_is_a_gap() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    b.rename("secure", "secure-20261101");
    b.append("secure-20261108.xz", "\u{fd}7zXZ");
    b.append("secure", "three\n");
    b.restart();
    b.expect(&["three"]).await;
    assert_eq!(b.problems, [ProblemReason::Gap]);
    assert!(b.messages[0].contains("secure-20261108.xz"), "{:?}", b.messages);
}

#[tokio::test]
async fn a_gz_that_is_damaged_gives_what_it_holds_and_is_told() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    let lines: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    b.rename("secure", "secure.2");
    b.append("secure.1", &lines);
    b.gzip("secure.1", "secure.1.gz");
    let gz = fs::read(b.path("secure.1.gz")).unwrap();
    fs::write(b.path("secure.1.gz"), &gz[..gz.len() / 2]).unwrap();
    b.append("secure", "three\n");
    b.restart();
    while b.lines.last().is_none_or(|line| line != "three") {
        b.step().await;
    }
    assert!(b.lines.len() > 5_000 && b.lines[0] == "line 0", "{}", b.lines.len());
    assert_eq!(b.problems, [ProblemReason::Malformed]);
}

#[tokio::test]
async fn a_crash_that_took_the_end_of_the_log_doubles_nothing() {
    let lines: String = (0..200).map(|n| format!("line {n}\n")).collect();
    let mut b = Bench::with(|dir| append(&dir.join("secure"), lines.as_bytes()));
    b.until_caught_up().await;
    b.lines.clear();
    fs::write(b.path("secure"), &lines[..lines.len() - 50]).unwrap();
    b.restart();
    b.until_caught_up().await;
    b.append("secure", "\nafter the crash\n");
    // The half line was read whole before.
    b.expect(&["after the crash"]).await;
    assert_eq!(b.problems, [ProblemReason::Gap]);
}

#[tokio::test]
async fn nuls_in_place_of_the_end_of_the_log_double_nothing() {
    let lines: String = (0..200).map(|n| format!("line {n}\n")).collect();
    let mut b = Bench::with(|dir| append(&dir.join("secure"), lines.as_bytes()));
    b.until_caught_up().await;
    b.lines.clear();
    let mut bytes = lines.into_bytes();
    let from = bytes.len() - 100;
    bytes[from..].fill(0);
    fs::write(b.path("secure"), bytes).unwrap();
    b.append("secure", "after the crash\n");
    b.restart();
    b.expect(&["after the crash"]).await;
}

#[tokio::test]
async fn a_position_that_nobody_wrote_is_told_and_counts_as_none() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.position = Position::json(serde_json::json!({"cursor": "s=1"}));
    b.restart();
    b.expect(&["one"]).await;
    assert_eq!(b.problems, [ProblemReason::Gap]);
}

#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    let path = b.path("secure");
    let writer = tokio::spawn(async move {
        for n in 0..500 {
            append(&path, format!("{n}\n").as_bytes());
            tokio::task::yield_now().await;
        }
    });
    while b.lines.len() < 500 {
        tokio::select! {
            biased;
            () = b.step() => {}
            () = tokio::task::yield_now() => {}
        }
    }
    writer.await.unwrap();
    let expected: Vec<String> = (0..500).map(|n| n.to_string()).collect();
    assert_eq!(b.lines, expected);
}

/// Of a busy log lines are gathered for a moment before each look, and a wait that was given up began
/// that moment anew: a reader that was asked for something else often enough never looked.
#[tokio::test]
async fn a_busy_log_is_read_though_every_wait_is_given_up() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    b.expect(&["one"]).await;
    for _ in 0..10 {
        b.append("secure", "busy\n");
        b.expect(&["busy"]).await;
    }
    b.append("secure", "last\n");
    let given_up = tokio::time::Instant::now() + GUARD;
    while b.lines.is_empty() {
        assert!(tokio::time::Instant::now() < given_up, "it never looks");
        tokio::select! {
            biased;
            () = b.step() => {}
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(b.lines, ["last"]);
}

#[tokio::test]
async fn a_line_wakes_the_reader_long_before_the_tick() {
    let mut b = Bench::with(|dir| append(&dir.join("secure"), b"one\n"));
    let never = Duration::from_secs(3600);
    let settings = FileSettings { tick: never, ..settings(b.path("secure")) };
    b.source = FileSource::new(settings, None);
    b.expect(&["one"]).await;
    for _ in 0..3 {
        b.append("secure", "more\n");
        b.expect(&["more"]).await;
    }
    let mut old = OpenOptions::new().append(true).open(b.path("secure")).unwrap();
    b.rename("secure", "secure.1");
    old.write_all(b"before HUP\n").unwrap();
    b.expect(&["before HUP"]).await;
    File::create(b.path("secure")).unwrap();
    old.write_all(b"still before HUP\n").unwrap();
    b.expect(&["still before HUP"]).await;
    b.append("secure", "after HUP\n");
    b.expect(&["after HUP"]).await;
}

#[tokio::test]
async fn rotated_files_are_named_oldest_first() {
    let b = Bench::new();
    for name in ["secure.10.gz", "secure.2", "secure.2.gz", "secure.1", "secure", "secure.bak"] {
        b.append(name, "x\n");
    }
    b.append("other.3", "x\n");
    let names: Vec<_> = rotated(&b.path("secure")).unwrap();
    let expected = ["secure.10.gz", "secure.2", "secure.1"].map(|name| b.path(name));
    assert_eq!(names, expected);
}
