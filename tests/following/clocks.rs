//! Clocks that are wrong, with the real exporter under faketime (Debian's package): set back, set on,
//! years ahead. And a file that holds two years.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use crate::support::{Exporter, scraper, skip, total, wait_for};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

struct Host {
    dir: TempDir,
    lines: u32,
}

/// Whether the clock can be set here.
fn has_faketime() -> bool {
    Path::new(LIBRARY).exists() || !skip("faketime is not installed (tests/install test)")
}

impl Host {
    fn new() -> Host {
        let host = Host { dir: TempDir::new().unwrap(), lines: 0 };
        File::create(host.path("secure")).unwrap();
        host.set_clock("+0");
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Sets the exporter's clock by so much, at once.
    fn set_clock(&self, by: &str) {
        fs::write(self.path("new"), by).unwrap();
        fs::rename(self.path("new"), self.path("clock")).unwrap();
    }

    fn exporter(&self, more: &[&str]) -> Exporter {
        let log = format!("--auth-log.path={}", self.path("secure").display());
        let mut arguments = vec![log.as_str(), "--auth-log.time-zone=UTC"];
        arguments.extend(more);
        let clock = self.path("clock").display().to_string();
        let environment = [
            ("LD_PRELOAD", LIBRARY),
            ("FAKETIME_TIMESTAMP_FILE", clock.as_str()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
        ];
        Exporter::start_with(self.dir.path(), &arguments, &environment).ready()
    }

    fn login(&mut self, user: &str) {
        self.lines += 1;
        let n = self.lines;
        let mut log = File::options().append(true).open(self.path("secure")).unwrap();
        writeln!(
            log,
            "2026-11-26T01:00:{:02}+00:00 web-1 sshd[{n}]: Accepted password for {user} from 198.51.100.7 port 22 ssh2",
            n % 60
        )
        .unwrap();
    }
}

fn of(page: &str, user: &str) -> Option<f64> {
    let label = format!("user=\"{user}\"");
    let there = page.lines().any(|l| l.starts_with("login_successes_total{") && l.contains(&label));
    there.then(|| total(page, "login_successes_total", &[&label]))
}

/// `increase()` needs the 0 before the 1, whatever the clock does between the two.
#[test]
fn a_clock_that_is_set_between_a_birth_and_the_next_scrape_hides_no_birth() {
    if !has_faketime() {
        return;
    }
    for step in ["-1h", "+1d", "-400d", "+400d"] {
        let mut host = Host::new();
        let exporter = host.exporter(&[]);
        let url = format!("{}/metrics", exporter.url);
        let prometheus = scraper("Prometheus/clock");
        let scrape = || prometheus(&url).unwrap();
        scrape();
        host.login("alice");
        wait_for("the login", || of(&exporter.metrics(), "alice"));
        host.set_clock(step);
        assert_eq!(of(&scrape(), "alice"), Some(0.0), "{step}");
        assert_eq!(of(&scrape(), "alice"), Some(1.0), "{step}");
        // And between the 0 and the 1.
        host.login("bob");
        wait_for("the login", || of(&exporter.metrics(), "bob"));
        assert_eq!(of(&scrape(), "bob"), Some(0.0), "{step}");
        host.set_clock("+0");
        assert_eq!(of(&scrape(), "bob"), Some(1.0), "{step}");
        assert_eq!(of(&scrape(), "alice"), Some(1.0), "{step}");
    }
}

#[test]
fn four_hundred_days_and_a_restart_drop_nothing_by_that_alone() {
    if !has_faketime() {
        return;
    }
    let mut host = Host::new();
    let exporter = host.exporter(&[]);
    host.login("alice");
    exporter.wait_total("login_successes_total", &[], 1.0);
    exporter.process.terminate();
    let archive = host.path("state/archive");
    fs::write(
        archive.join("2026-01-02.jsonl"),
        "{\"time\":\"2026-01-02T00:00:00Z\",\"event\":\"login_success\",\"user\":\"old\"}\n",
    )
    .unwrap();
    for step in ["+401d", "+401d", "-1d", "+0"] {
        host.set_clock(step);
        let exporter = host.exporter(&[]);
        host.login("alice");
        exporter.wait_total("login_successes_total", &[], f64::from(host.lines));
        // Packed, so it was looked at.
        wait_for("the old day to be packed", || {
            archive.join("2026-01-02.jsonl.gz").exists().then_some(())
        });
        exporter.process.terminate();
    }
    let mut history = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
    history.args(["history", "--format=json"]);
    history.arg(format!("--state.dir={}", host.path("state").display()));
    let printed = String::from_utf8(history.output().unwrap().stdout).unwrap();
    assert_eq!(printed.lines().count(), 1 + host.lines as usize, "{printed}");
    // What is too old by a clock that goes on as it did goes.
    let exporter = host.exporter(&["--archive.retention=30d"]);
    wait_for("the old day to go", || (!archive.join("2026-01-02.jsonl.gz").exists()).then_some(()));
    drop(exporter);
}

/// A day that changes under it and a clock that steps back: the archive holds each line once.
#[test]
fn the_archive_holds_each_line_once_while_days_come_and_go() {
    if !has_faketime() {
        return;
    }
    let mut host = Host::new();
    let mut exporter = host.exporter(&[]);
    for (n, step) in ["+0", "+1d", "+1d", "-2h", "+2d", "+1d", "-3d", "+0"].into_iter().enumerate()
    {
        host.set_clock(step);
        for _ in 0..=n {
            host.login(&format!("user-{n}"));
        }
        exporter.wait_total("login_successes_total", &[], f64::from(host.lines));
        if n % 3 == 2 {
            exporter.process.kill();
            exporter = host.exporter(&[]);
        }
    }
    let archive = host.path("state/archive");
    let count = || {
        let script = format!(
            "zcat -f {}/*.jsonl* | sort | uniq -c | awk '{{print $1}}' | sort -u; zcat -f {0}/*.jsonl* | wc -l",
            archive.display()
        );
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // Only lines of the same second are alike: none is, but for its place in the minute.
    wait_for("every line", || count().ends_with(&format!("\n{}\n", host.lines)).then_some(()));
    let days = fs::read_dir(&archive).unwrap().count();
    assert!(days >= 3, "{days}");
}

/// A log that nobody rotates, in the traditional format, which names no year: `history` and the
/// exporter tell the year of each line by its place.
#[test]
fn two_years_in_one_file_that_was_never_rotated() {
    let dir = TempDir::new().unwrap();
    let lines = [
        ("Nov 20 10:00:00", "a", "2024-11-20T10:00:00Z"),
        ("Dec 31 23:59:59", "b", "2024-12-31T23:59:59Z"),
        ("Jan  1 00:00:01", "c", "2025-01-01T00:00:01Z"),
        ("Jun 15 12:00:00", "d", "2025-06-15T12:00:00Z"),
        ("Dec 30 12:00:00", "e", "2025-12-30T12:00:00Z"),
        ("Feb  2 12:00:00", "f", "2026-02-02T12:00:00Z"),
        ("Nov 25 12:00:00", "g", "2026-11-25T12:00:00Z"),
    ];
    let text: String = lines
        .iter()
        .map(|(at, user, _)| {
            format!("{at} h sshd[7]: Accepted password for {user} from 192.0.2.1 port 1 ssh2\n")
        })
        .collect();
    let path = dir.path().join("secure");
    fs::write(&path, text).unwrap();
    // 2026-11-26T00:00:00Z
    let written = UNIX_EPOCH + Duration::from_secs(1_795_651_200);
    File::options().append(true).open(&path).unwrap().set_modified(written).unwrap();
    let mut history = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
    history.args(["history", "--format=csv", "--auth-log.time-zone=UTC"]).arg(&path);
    let printed = String::from_utf8(history.output().unwrap().stdout).unwrap();
    let log = format!("--auth-log.path={}", path.display());
    let exporter = Exporter::start(dir.path(), &[&log, "--auth-log.time-zone=UTC"]).ready();
    exporter.wait_total("login_successes_total", &[], lines.len() as f64);
    let metrics = exporter.metrics();
    for (_, user, time) in lines {
        let row = printed.lines().find(|row| row.contains(&format!(",{user},"))).unwrap();
        assert!(row.starts_with(time), "{row}, not {time}");
        let seconds = time.parse::<jiff::Timestamp>().unwrap().as_second() as f64;
        let label = format!("user=\"{user}\"");
        let last = total(&metrics, "login_last_success_timestamp_seconds", &[&label]);
        assert_eq!(last, seconds, "{user}");
    }
}
