//! A host on which things happen: accounts, a log, and the events that the exporter reads in it.
#![allow(dead_code)]

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{
    Account, Exporter, Rsyslog, Sshd, dev_log, is_root, missing, run, skip, total, wait_for,
};

const PARTS: &[&str] = &[
    "sshd",
    "ssh",
    "ssh-keygen",
    "rsyslogd",
    "sudo",
    "su",
    "login",
    "useradd",
    "gpasswd",
    "chage",
    "passwd",
    "chpasswd",
    "script",
    "setpriv",
    "logger",
    "pgrep",
    "curl",
];

/// rsyslog's two formats of files: RFC 3164, and RFC 3339 with the fraction.
pub(crate) const TRADITIONAL: &str = "RSYSLOG_TraditionalFileFormat";
pub(crate) const ISO: &str = "RSYSLOG_FileFormat";

/// The password of every account that has one.
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    pub(crate) log: PathBuf,
    began: Timestamp,
    _rsyslog: Rsyslog,
    accounts: Vec<Account>,
    _dev_log: File,
}

/// A scene with these accounts, each with [`PASSWORD`]; `None` where it cannot be set.
pub(crate) fn scene(accounts: &[&str]) -> Option<Scene> {
    configured(accounts, TRADITIONAL, "")
}

/// One whose rsyslogd writes this format, with `more` in its configuration.
pub(crate) fn configured(accounts: &[&str], template: &str, more: &str) -> Option<Scene> {
    if !is_root() {
        skip("sshd, rsyslogd and useradd need root");
        return None;
    }
    if let Some(reason) = missing(PARTS) {
        skip(&reason);
        return None;
    }
    let dev_log = dev_log();
    // Made before the log daemon starts, so that the log holds only what the test does.
    let _ = std::fs::remove_file("/dev/log");
    let accounts = accounts.iter().map(|name| Account::with_password(name, PASSWORD)).collect();
    let dir = tempfile::tempdir().unwrap();
    run(Command::new("chmod").arg("755").arg(dir.path()));
    let log = dir.path().join("auth.log");
    std::fs::write(&log, "").unwrap();
    let rsyslog = Rsyslog::start_configured(dir.path(), &log, template, more);
    let began = Timestamp::now();
    Some(Scene { dir, log, began, _rsyslog: rsyslog, accounts, _dev_log: dev_log })
}

impl Scene {
    pub(crate) fn sshd(&self, settings: &str) -> Sshd {
        let number = std::fs::read_dir(self.dir.path()).unwrap().count();
        let dir = self.dir.path().join(format!("sshd{number}"));
        std::fs::create_dir(&dir).unwrap();
        let probes = || self.text().matches("Connection closed by 127.0.0.1 port").count();
        let before = probes();
        let sshd = Sshd::start_configured(&dir, settings);
        // What asked whether it is up has left its line, and nothing is left of it.
        wait_for("the probe's end", || (probes() > before).then_some(()));
        sshd.wait_idle();
        sshd
    }

    /// Rules of sudo for the first account.
    pub(crate) fn may_sudo(&self, rules: &str) {
        self.accounts[0].may_sudo(rules);
    }

    /// The first account's name.
    pub(crate) fn user(&self) -> &str {
        &self.accounts[0].0
    }

    /// Waits until everything that was logged so far stands in the file.
    pub(crate) fn settle(&self) {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mark = format!("end of what was done {number}");
        run(Command::new("logger").args(["-p", "auth.info", "-t", "test", &mark]));
        wait_for("the mark in the log", || self.text().contains(&mark).then_some(()));
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    /// Every event that `history` shows, but those of this machine's own housekeeping and of
    /// whoever asked whether sshd is up: visitors come from other addresses.
    fn events(&self) -> Vec<Value> {
        let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
            .args(["history", "--format=json"])
            .arg(&self.log)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let events = String::from_utf8(output.stdout).unwrap();
        let events = events.lines().map(|line| serde_json::from_str(line).unwrap());
        events.filter(|event: &Value| !is_housekeeping(event)).collect()
    }

    /// Compares all events, each as its fields in the order of the format, and holds that every
    /// line is known.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[String]) {
        self.settle();
        let events = self.events();
        let found: Vec<String> = events.iter().map(line).collect();
        let difference = found.iter().map(|line| match expected.contains(line) {
            true => format!("  {line}\n"),
            false => format!("+ {line}\n"),
        });
        let absent = expected.iter().filter(|line| !found.contains(line));
        let absent = absent.map(|line| format!("- {line}\n"));
        assert!(
            found == expected,
            "not what was done:\n{}{}\n{}",
            difference.collect::<String>(),
            absent.collect::<String>(),
            self.text()
        );
        for event in &events {
            self.check_time(event);
        }
        self.check_known(expected);
    }

    /// Each event happened between the beginning and now, to the second at least.
    fn check_time(&self, event: &Value) {
        let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
        assert!(time.as_second() >= self.began.as_second(), "{event}");
        assert!(time <= Timestamp::now(), "{event}");
    }

    /// The exporter that follows the log knows every line, and counts what `history` shows.
    fn check_known(&self, expected: &[String]) {
        let state = self.dir.path().join("exporter");
        std::fs::create_dir_all(&state).unwrap();
        let log = format!("--auth-log.path={}", self.log.display());
        let exporter = Exporter::start(&state, &[&log, "--log.level=debug"]).ready();
        let metrics = exporter.metrics();
        let unknown = total(&metrics, "login_exporter_records_unrecognized_total", &[]);
        assert!(unknown == 0.0, "{unknown} unknown lines:\n{}\n{}", exporter.log(), self.text());
        let successes = expected.iter().filter(|line| line.starts_with("login_success ")).count();
        assert_eq!(total(&metrics, "login_successes_total", &[]), successes as f64, "{metrics}");
    }
}

fn is_housekeeping(event: &Value) -> bool {
    matches!(event["program"].as_str(), Some("cron" | "systemd-user"))
        || event["source"] == "127.0.0.1"
}

/// The event's fields without time and host. The identity is left out where it only repeats the
/// fingerprint.
fn line(event: &Value) -> String {
    const FIELDS: [&str; 13] = [
        "user",
        "target_user",
        "method",
        "reason",
        "source",
        "port",
        "identity",
        "fingerprint",
        "command",
        "tty",
        "directory",
        "change",
        "count",
    ];
    let mut line = event["event"].as_str().unwrap().to_owned();
    line += &format!(" {}", event["program"].as_str().unwrap());
    if event["invalid_user"] == true {
        line += " invalid";
    }
    for field in FIELDS {
        let value = &event[field];
        let repeats = field == "identity" && *value == event["fingerprint"];
        match value {
            Value::Null => {}
            _ if repeats => {}
            Value::String(text) => line += &format!(" {field}={text}"),
            other => line += &format!(" {field}={other}"),
        }
    }
    line
}

/// A session that sshd, sudo or su opened through PAM, and its end.
pub(crate) fn session(program: &str, user: &str) -> [String; 2] {
    ["opened", "closed"].map(|what| format!("session_{what} {program} user={user}"))
}
