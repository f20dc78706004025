//! What hands do to a log: copies and edits of it under its own name. What was read never counts
//! again, what is new counts, and where that cannot be told it is said.

mod middle;
mod missing;
mod siblings;

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use login_exporter::record::{Position, Record};
use login_exporter::source::ProblemReason;
use login_exporter::source::file::{FileSettings, FileSource};
use tempfile::TempDir;

/// One exporter, its log, and the truth of what must have come.
struct Host {
    dir: TempDir,
    source: Option<FileSource>,
    saved: Option<Position>,
    clock: Duration,
    lines: Vec<String>,
    gaps: Vec<String>,
}

/// Line `n`, two of them in each second.
fn line(n: usize) -> String {
    let (hour, minute, second) = (n / 7200, n / 120 % 60, n / 2 % 60);
    format!(
        "Nov 25 {hour:02}:{minute:02}:{second:02} web1 sshd[{n}]: Accepted password for u{n} from \
         192.0.2.7 port {} ssh2\n",
        1024 + n
    )
}

fn lines(range: std::ops::Range<usize>) -> String {
    range.map(line).collect()
}

impl Host {
    /// A log of so many lines that were all read.
    fn new(count: usize) -> Host {
        Host::with(&lines(0..count))
    }

    fn with(text: &str) -> Host {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("secure"), text).unwrap();
        let mut host = Host::in_folder(dir);
        host.settle();
        assert_eq!(host.lines.len(), text.lines().count());
        host
    }

    fn in_folder(dir: TempDir) -> Host {
        let mut host = Host {
            dir,
            source: None,
            saved: None,
            clock: Duration::ZERO,
            lines: Vec::new(),
            gaps: Vec::new(),
        };
        host.start();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn start(&mut self) {
        let settings = FileSettings::new(self.path("secure"));
        self.source = Some(FileSource::new(settings, self.saved.as_ref()));
    }

    /// Saved, and ended.
    fn stop(&mut self) {
        let json = serde_json::to_string(self.saved.as_ref().unwrap()).unwrap();
        self.saved = Some(serde_json::from_str(&json).unwrap());
        self.source = None;
    }

    /// Hands do this while it runs, or while it is `down`; then it reads what they left.
    fn meanwhile(&mut self, down: bool, hands: impl FnOnce(&mut Host)) {
        if down {
            self.stop();
        }
        hands(self);
        if down {
            self.start();
        }
        self.settle();
    }

    /// Looks until nothing more comes, and a moment later once more. Stopped, it sees nothing.
    fn settle(&mut self) {
        for _ in 0..4 {
            while self.look() {}
            self.clock += Duration::from_secs(2);
        }
    }

    fn look(&mut self) -> bool {
        let Some(source) = &mut self.source else { return false };
        let Some(delivery) = source.look(self.clock) else { return false };
        delivery.records.for_each(|record| {
            let Record::Line(line) = record else { panic!("no line") };
            self.lines.push(String::from_utf8_lossy(line).into_owned());
        });
        self.saved = Some(delivery.position);
        let problems = delivery.report.problems.into_iter();
        let gaps = problems.filter(|p| p.reason == ProblemReason::Gap);
        self.gaps.extend(gaps.map(|gap| gap.message));
        true
    }

    /// Runs a shell in the log's folder.
    fn sh(&self, script: &str) {
        let status =
            Command::new("bash").args(["-ec", script]).current_dir(self.dir.path()).status();
        assert!(status.unwrap().success(), "{script}");
    }

    fn append(&self, name: &str, text: &str) {
        append(&self.path(name), text);
    }

    /// How often each of the lines came that were written first and last.
    fn check(&self, count: usize, gaps: usize) {
        let mut sorted = self.lines.clone();
        sorted.sort_unstable();
        let before = sorted.len();
        sorted.dedup();
        assert_eq!(sorted.len(), before, "some lines came twice: {:?}", self.gaps);
        assert_eq!(before, count, "{:?}", self.gaps);
        assert_eq!(self.gaps.len(), gaps, "{:?}", self.gaps);
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Reads `before` lines, has hands do `script`, and appends one line.
fn tried(before: usize, script: &str, down: bool) -> Host {
    let mut host = Host::new(before);
    host.meanwhile(down, |host| {
        host.sh(script);
        host.settle();
        host.append("secure", &line(before + 100));
    });
    eprintln!("{script}, down: {down}");
    host
}

/// How many lines come, and how many gaps are told, whether it ran meanwhile or not.
fn try_both(before: usize, script: &str, count: usize, gaps: usize) {
    for down in [false, true] {
        tried(before, script, down).check(count, gaps);
    }
}

/// As [`try_both`], where it may be said that something may be missing.
fn try_once(before: usize, script: &str, count: usize) {
    for down in [false, true] {
        let host = tried(before, script, down);
        assert!(host.gaps.len() <= 1, "{:?}", host.gaps);
        host.check(count, host.gaps.len());
    }
}

#[test]
fn an_edit_that_changes_nothing() {
    try_both(3, "sed -i 's/NOTHING//' secure", 4, 0);
}

#[test]
fn a_password_typed_as_a_name_is_removed() {
    try_both(200, "sed -i '/for u77 /d' secure", 201, 0);
}

#[test]
fn lines_are_removed_at_several_places_and_at_the_end() {
    try_both(200, "sed -i '/for u.*[39] /d' secure", 201, 0);
    try_both(5000, "sed -i '/for u.*[05] /d' secure", 5001, 0);
}

#[test]
fn a_copy_takes_the_place_of_the_log() {
    try_both(3, "cp secure x; mv x secure", 4, 0);
}

#[test]
fn a_mirror_by_temporary_file_and_rename() {
    for down in [false, true] {
        let mut host = Host::new(100);
        for round in 1..=5 {
            host.meanwhile(down, |host| {
                fs::write(host.path(".secure.tmp"), lines(0..100 + 40 * round)).unwrap();
                host.sh("mv .secure.tmp secure");
            });
        }
        host.check(300, 0);
    }
}

#[test]
fn an_editor_keeps_the_old_file_with_a_tilde() {
    try_both(200, "mv secure secure~; sed '/for u77 /d' secure~ > secure", 201, 0);
    try_both(400, "cp secure secure~; sed -i 's/u77 /xxx /' secure", 401, 0);
}

#[test]
fn moved_away_and_copied_back() {
    try_both(300, "mv secure secure.bak; cp secure.bak secure", 301, 0);
    try_both(1, "mv secure secure.bak; cp secure.bak secure", 2, 0);
}

#[test]
fn written_anew_in_place_with_a_line_less() {
    try_both(200, "sed '/for u77 /d' secure > x; cat x > secure", 201, 0);
    try_both(200, "sed '/for u199 /d' secure > x; cat x > secure", 201, 0);
}

#[test]
fn only_its_end_is_kept() {
    try_both(300, "tail -n100 secure > x; mv x secure", 301, 0);
    try_both(300, "tail -n100 secure > x; cat x > secure", 301, 0);
    try_both(300, "tail -n1 secure > x; mv x secure", 301, 0);
    try_both(30_000, "tail -n 20000 secure > x; mv x secure", 30_001, 0);
}

#[test]
fn only_its_beginning_is_kept() {
    try_both(300, "head -n280 secure > x; mv x secure", 301, 0);
    try_both(300, "head -n280 secure > x; cat x > secure", 301, 0);
    try_both(300, "head -c -1000 secure > x; cat x > secure; echo >> secure", 301, 1);
}

#[test]
fn its_head_is_punched_out_or_taken_out() {
    try_both(300, "fallocate -p -o 0 -l 8192 secure", 301, 0);
    try_both(
        300,
        "fallocate -c -o 0 -l 4096 secure || { tail -c +4097 secure > x; cat x > secure; }",
        301,
        0,
    );
}

#[test]
fn every_line_is_changed() {
    try_both(200, "sed -i 's/192.0.2.7/X/' secure", 201, 1);
    try_both(200, "sed 's/for u/for user /' secure > x; cat x > secure", 201, 1);
}

#[test]
fn the_last_lines_are_changed() {
    try_both(200, "sed -i '/for u19[89] /s/192.0.2.7/REDACTED/' secure", 201, 1);
}

#[test]
fn the_lines_are_put_into_another_order() {
    try_both(100, "sort -R secure -o secure", 101, 0);
    try_both(100, "tac secure > x; mv x secure", 101, 0);
}

/// 300 lines were rotated away and 10 came since; hands do `script`, and one line comes.
fn try_rotated(script: &str) {
    for down in [false, true] {
        let mut host = Host::new(300);
        host.sh("mv secure secure.1");
        host.append("secure", &lines(300..310));
        host.settle();
        host.meanwhile(down, |host| {
            host.sh(script);
            host.append("secure", &line(310));
        });
        host.check(311, 0);
    }
}

#[test]
fn what_was_rotated_is_put_before_it_again() {
    try_rotated("cat secure.1 secure > x; mv x secure");
}

#[test]
fn a_rotated_file_is_edited() {
    try_rotated("sed -i '/for u77 /d' secure.1");
}

#[test]
fn a_gz_of_an_edited_copy_is_not_read_again() {
    let mut host = Host::new(300);
    host.stop();
    host.sh("sed '/for u77 /d' secure | gzip > secure.1.gz; rm secure");
    host.append("secure", &line(310));
    host.start();
    host.settle();
    host.check(301, 0);
}

#[test]
fn a_flood_of_one_stranger_is_taken_out_from_the_end() {
    for down in [false, true] {
        let mut text = lines(0..2000);
        for n in 0..20_000 {
            text += &line(2000 + n).replace("192.0.2.7", "203.0.113.9");
        }
        let mut host = Host::with(&text);
        host.meanwhile(down, |host| {
            host.sh("sed -i '/203.0.113.9/d' secure");
            host.append("secure", &line(40_000));
        });
        host.check(22_001, 1);
    }
}

#[test]
fn like_lines_of_one_second_count_each() {
    let same = line(7);
    let text = lines(0..5) + &same.repeat(3);
    let dir_lines = |n: usize| lines(0..5) + &same.repeat(n);
    let mut host = Host::with(&text);
    fs::write(host.path("x"), dir_lines(5)).unwrap();
    host.sh("mv x secure");
    host.settle();
    assert_eq!(host.lines.len(), 10, "{:?}", host.gaps);
}

#[test]
fn a_copy_that_takes_its_time_is_waited_for() {
    let mut host = Host::new(2000);
    let text = fs::read(host.path("secure")).unwrap();
    host.sh("mv secure secure.bak");
    let copy = File::create(host.path("secure")).unwrap();
    for (n, piece) in text.chunks(10_000).enumerate() {
        copy.write_at(piece, n as u64 * 10_000).unwrap();
        host.clock += Duration::from_millis(10);
        while host.look() {}
    }
    host.settle();
    host.append("secure", &line(2100));
    host.settle();
    host.check(2001, 0);
}

#[test]
fn what_was_read_long_before_the_cut_is_not_read_again_and_the_doubt_is_said() {
    let mut host = Host::new(300);
    host.stop();
    host.sh("head -n100 secure > x; cat x > secure");
    host.append("secure", &line(400));
    host.start();
    host.settle();
    host.check(301, 1);
}

#[test]
fn lines_that_are_too_many_to_be_known_one_by_one_are_put_into_another_order() {
    try_once(20_000, "tac secure > x; mv x secure", 20_001);
    try_once(20_000, "sort -R secure > x; cat x > secure", 20_001);
}

/// The line that was read last stands behind all others that are known, by chance.
#[test]
fn lines_in_another_order_behind_the_one_that_was_read_last_are_not_read_again() {
    let order = "(head -n -1 secure | tac; tail -n 1 secure; sed -n 5003,5009p secure) > x";
    for write in ["mv x secure", "cat x > secure"] {
        try_once(20_000, &format!("{order}; {write}"), 20_001);
    }
}

#[test]
fn a_dated_link_that_was_switched_twice_while_down_loses_no_day() {
    let dir = TempDir::new().unwrap();
    for n in [25, 26, 27] {
        fs::create_dir_all(dir.path().join(format!("2026/11/{n}"))).unwrap();
    }
    append(&dir.path().join("2026/11/25/secure"), &lines(0..8));
    std::os::unix::fs::symlink("2026/11/25/secure", dir.path().join("secure")).unwrap();
    let mut host = Host::in_folder(dir);
    host.settle();
    assert_eq!(host.lines.len(), 8);
    host.stop();
    host.append("2026/11/25/secure", &lines(8..10));
    host.append("2026/11/26/secure", &lines(10..30));
    host.append("2026/11/27/secure", &lines(30..48));
    host.sh("ln -sfn 2026/11/26/secure secure; ln -sfn 2026/11/27/secure secure");
    host.start();
    host.settle();
    host.check(48, 0);
}

#[test]
fn rotations_under_names_that_logrotate_would_not_give() {
    let mut host = Host::new(61);
    host.stop();
    host.append("secure", &lines(61..66));
    host.sh("mv secure secure.first");
    host.append("secure", &lines(66..76));
    host.sh("mv secure secure-before-upgrade");
    host.append("secure", &lines(76..81));
    host.start();
    host.settle();
    host.check(81, 0);
}

#[test]
fn a_half_line_whose_rest_comes_seconds_after_the_rotation_is_one_line() {
    let mut host = Host::new(3);
    let (whole, next) = (line(3), line(4));
    let (half, rest) = whole.split_at(40);
    host.append("secure", half);
    let mut late = OpenOptions::new().append(true).open(host.path("secure")).unwrap();
    host.sh("mv secure secure.1");
    host.append("secure", &next);
    host.settle();
    host.clock += Duration::from_secs(20);
    host.settle();
    late.write_all(rest.as_bytes()).unwrap();
    host.settle();
    host.check(5, 0);
    assert!(host.lines.contains(&whole.trim_end().to_owned()));
}
