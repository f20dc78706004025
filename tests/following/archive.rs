//! The history that is kept, with a real exporter: exact with the counters over kill -9, whole again
//! after a disk that was full, and answered from by `history`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Exporter, is_root, missing, run, skip, total, wait_for};

struct Host {
    dir: TempDir,
    lines: u32,
}

impl Host {
    fn new() -> Host {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("secure"), "").unwrap();
        Host { dir, lines: 0 }
    }

    /// One visit in four lines: a login, its session, sudo, and its end.
    fn visit(&mut self) {
        let n = self.lines;
        self.lines += 1;
        let stamp = format!("2026-11-26T01:{:02}:{:02}+00:00 web-1", n / 60 % 60, n % 60);
        let user = format!("user-{}", n % 7);
        let key = format!("{:043}", n % 7);
        let mut log = fs::File::options().append(true).open(self.path("secure")).unwrap();
        let text = format!(
            "{stamp} sshd[{n}]: Accepted publickey for {user} from 198.51.100.7 port 22 ssh2: ED25519 SHA256:{key}\n\
             {stamp} sshd[{n}]: pam_unix(sshd:session): session opened for user {user}(uid=1000) by (uid=0)\n\
             {stamp} sudo[{n}]: {user} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id {n}\n\
             {stamp} sshd[{n}]: Failed password for root from 203.0.113.9 port 22 ssh2\n\
             {stamp} sshd[{n}]: pam_unix(sshd:session): session closed for user {user}\n"
        );
        log.write_all(text.as_bytes()).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn exporter(&self, more: &[&str]) -> Exporter {
        let log = format!("--auth-log.path={}", self.path("secure").display());
        let mut arguments = vec![log.as_str(), "--auth-log.time-zone=UTC"];
        arguments.extend(more);
        Exporter::start(self.dir.path(), &arguments).ready()
    }
}

/// How many of each kind stand in the archive; a command is told by one line alone.
fn archived(dir: &Path) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    let mut commands = Vec::new();
    for line in text(dir).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let kind = event["event"].as_str().unwrap().to_owned();
        *kinds.entry(kind).or_default() += event["count"].as_u64().unwrap_or(1);
        commands.extend(event["command"].as_str().map(str::to_owned));
    }
    let all = commands.len();
    commands.sort();
    commands.dedup();
    assert_eq!(commands.len(), all, "a line stands twice");
    kinds
}

fn text(dir: &Path) -> String {
    let mut text = String::new();
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names {
        let file = fs::File::open(&path).unwrap();
        match path.extension().and_then(|ext| ext.to_str()) {
            Some("gz") => {
                flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap()
            }
            Some("jsonl") => { file }.read_to_string(&mut text).unwrap(),
            _ => 0,
        };
    }
    text
}

const FAMILIES: [(&str, &str); 3] = [
    ("login_success", "login_successes_total"),
    ("session_closed", "login_sessions_closed_total"),
    ("sudo_command", "login_sudo_commands_total"),
];

/// Waits until the archive says what the counters say, and both say this.
#[track_caller]
fn check(host: &Host, exporter: &Exporter, dir: &Path) {
    let visits = u64::from(host.lines);
    for (_, family) in FAMILIES {
        exporter.wait_total(family, &[], visits as f64);
    }
    let expected: BTreeMap<String, u64> =
        FAMILIES.iter().map(|(kind, _)| ((*kind).to_owned(), visits)).collect();
    let expected = if visits == 0 { BTreeMap::new() } else { expected };
    wait_for("the archive to have what was counted", || (archived(dir) == expected).then_some(()));
}

#[test]
fn the_archive_equals_the_counters_over_kill_9() {
    let mut host = Host::new();
    let dir = host.path("state/archive");
    let mut exporter = host.exporter(&[]);
    for round in 0..12_u32 {
        for _ in 0..round * 7 % 40 + 1 {
            host.visit();
        }
        // Killed while it reads, while it saves, or right after it was asked.
        if round % 3 != 0 {
            let _ = exporter.metrics();
        }
        if round % 2 == 0 {
            exporter.process.kill();
            host.visit();
            exporter = host.exporter(&[]);
        }
    }
    check(&host, &exporter, &dir);
    exporter.process.kill();
    exporter = host.exporter(&[]);
    check(&host, &exporter, &dir);
}

/// The newest snapshot is damaged, and the one before knows nothing of the last visits: they are
/// counted again, and stand in the archive already.
#[test]
fn a_damaged_snapshot_leaves_no_line_of_the_archive_twice() {
    let mut host = Host::new();
    let dir = host.path("state/archive");
    for damage in [None, Some(100), None, Some(0)] {
        let exporter = host.exporter(&[]);
        check(&host, &exporter, &dir);
        for _ in 0..10 {
            host.visit();
        }
        check(&host, &exporter, &dir);
        let _ = exporter.metrics();
        exporter.process.kill();
        let snapshot = host.path("state/snapshot");
        let mut bytes = fs::read(&snapshot).unwrap();
        if let Some(at) = damage {
            bytes[at] ^= 1;
            fs::write(&snapshot, bytes).unwrap();
        }
    }
    let exporter = host.exporter(&[]);
    check(&host, &exporter, &dir);
    let metrics = exporter.metrics();
    assert!(total(&metrics, "login_exporter_state_last_set_aside_timestamp_seconds", &[]) > 0.0);
    // Without any snapshot the log is read from its beginning: the same lines once more.
    exporter.process.kill();
    for name in ["snapshot", "snapshot.before"] {
        fs::remove_file(host.path("state").join(name)).unwrap();
    }
    let exporter = host.exporter(&[]);
    check(&host, &exporter, &dir);
}

#[test]
fn a_full_disk_loses_nothing_once_there_is_room() {
    if !is_root() || missing(&["mount"]).is_some() {
        skip("needs root, to mount a small disk");
        return;
    }
    let mut host = Host::new();
    let disk = host.path("disk");
    fs::create_dir(&disk).unwrap();
    run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&disk));
    let archive = disk.join("archive");
    let flag = format!("--archive.dir={}", archive.display());
    let exporter = host.exporter(&[&flag]);
    for _ in 0..400 {
        host.visit();
    }
    exporter.wait_total("login_sudo_commands_total", &[], 400.0);
    wait_for("the failure to be told", || {
        (total(&exporter.metrics(), "login_exporter_archive_failures_total", &[]) > 0.0)
            .then_some(())
    });
    assert!(exporter.log().contains("make room on its disk"), "{}", exporter.log());
    run(Command::new("mount").args(["-o", "remount,size=16m"]).arg(&disk));
    host.visit();
    check(&host, &exporter, &archive);
    assert_eq!(total(&exporter.metrics(), "login_exporter_archive_lines_lost_total", &[]), 0.0);
    exporter.process.kill();
    run(Command::new("umount").arg(&disk));
}

#[test]
fn history_answers_from_the_archive_when_no_file_is_named() {
    let mut host = Host::new();
    let exporter = host.exporter(&[]);
    for _ in 0..20 {
        host.visit();
    }
    check(&host, &exporter, &host.path("state/archive"));
    let state = format!("--state.dir={}", host.path("state").display());
    let history = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        command.args(["history", &state, "--format=json"]).args(arguments);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(history(&[]).lines().count(), 60);
    assert_eq!(history(&["--user=user-3"]).lines().count(), 9);
    assert_eq!(history(&["--event=sudo_*", "-n", "2"]).lines().count(), 2);
    assert!(history(&["--event=sudo_*", "-n", "1"]).contains("/usr/bin/id 19"));
    assert_eq!(history(&["--from=198.51.100.0/24"]).lines().count(), 20);
    assert_eq!(history(&["--since=2026-11-26T01:00:19Z"]).lines().count(), 3);
    // The same rows, to the byte, but for the rule.
    assert_eq!(history(&[]), text(&host.path("state/archive")));
}

#[test]
fn a_read_only_disk_is_told_at_the_start_with_its_remedy() {
    if !is_root() || missing(&["mount"]).is_some() {
        skip("needs root, to mount a small disk");
        return;
    }
    let host = Host::new();
    let disk = host.path("disk");
    fs::create_dir(&disk).unwrap();
    run(Command::new("mount").args(["-t", "tmpfs", "-o", "ro", "tmpfs"]).arg(&disk));
    let output = refused(&host, &disk.join("archive"), "state");
    run(Command::new("umount").arg(&disk));
    assert!(output.contains("Read-only file system"), "{output}");
    assert!(output.contains("mount its file system writable, or name another folder"), "{output}");
}

#[test]
fn two_exporters_never_write_to_one_archive() {
    let mut host = Host::new();
    let archive = host.path("archive");
    let flag = format!("--archive.dir={}", archive.display());
    let exporter = host.exporter(&[&flag]);
    let output = refused(&host, &archive, "other-state");
    assert!(output.contains("another login_exporter writes to it"), "{output}");
    host.visit();
    check(&host, &exporter, &archive);
}

/// What an exporter says that does not start.
fn refused(host: &Host, archive: &Path, state: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
        .arg(format!("--auth-log.path={}", host.path("secure").display()))
        .arg(format!("--archive.dir={}", archive.display()))
        .arg(format!("--state.dir={}", host.path(state).display()))
        .arg("--web.listen-address=127.0.0.1:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}
