//! What of a person is shown where: labels, page and archive apart, with the real exporter.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Exporter, get, wait_for};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const FINGERPRINT: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Host {
    dir: TempDir,
    exporter: Exporter,
    settings: String,
}

impl Host {
    /// One login of alice, counted under these settings.
    fn with(settings: &str) -> Host {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("key"), KEY).unwrap();
        fs::write(path("secure"), "").unwrap();
        let text =
            format!("{settings}\nidentities: {{keys: {{\"{FINGERPRINT}\": alice.the.person}}}}\n");
        fs::write(path("settings.yml"), text.replace("KEY", &path("key").display().to_string()))
            .unwrap();
        let settings = format!("--config.file={}", path("settings.yml").display());
        let log = format!("--auth-log.path={}", path("secure").display());
        let exporter = Exporter::start(dir.path(), &[&log, &settings]).ready();
        let mut file = fs::File::options().append(true).open(path("secure")).unwrap();
        writeln!(file, "2026-11-26T01:00:00+00:00 web-1 sshd[7]: Accepted publickey for alice from 203.0.113.9 port 22 ssh2: ED25519 {FINGERPRINT}").unwrap();
        exporter.wait_total("login_successes_total", &[], 1.0);
        Host { dir, exporter, settings }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn history(&self, more: &[&str]) -> String {
        let state = format!("--state.dir={}", self.path("state").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        command.args(["history", "--format=json", &state, &self.settings]).args(more);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    fn archived(&self) -> Value {
        let line =
            wait_for("the archive", || Some(self.history(&[])).filter(|text| !text.is_empty()));
        serde_json::from_str(&line).unwrap()
    }

    fn series(&self) -> String {
        let metrics = self.exporter.metrics();
        let line = metrics.lines().find(|line| line.starts_with("login_successes_total{"));
        line.unwrap().to_owned()
    }
}

#[test]
fn labels_page_and_archive_hide_apart_and_rules_are_judged_before() {
    let host = Host::with(
        "privacy: {key_file: KEY, labels: {user: hash, source: network, identity: drop}, \
         page: {user: drop, source: drop, identity: hash}, \
         archive: {user: hash, source: hash, identity: drop}}\n\
         expected: {logins: [{user: alice, source: 203.0.113.9, identity: alice.the.person}]}",
    );
    let names = ["alice", "203.0.113.9", FINGERPRINT];
    let series = host.series();
    assert!(series.contains("expected=\"true\"") && series.contains("user=\"~"), "{series}");
    assert!(series.contains("source=\"public\"") && series.contains("identity=\"\""), "{series}");
    let metrics = host.exporter.metrics();
    let page = get(&format!("{}/", host.exporter.url)).unwrap();
    let archived = host.archived();
    for name in names {
        assert!(!metrics.contains(name), "{name} is a label");
        assert!(!page.contains(name), "{name} is on the page");
        assert!(!archived.to_string().contains(name), "{name} is archived: {archived}");
    }
    assert!(page.contains("sshd"), "the access itself is on the page");
    let user = archived["user"].as_str().unwrap();
    assert!(user.starts_with('~') && series.contains(user), "one name, one hash: {archived}");
    assert_eq!(archived["expected"], "true");
    // Who has the key asks by the name.
    assert_eq!(host.history(&["--user=alice"]).lines().count(), 1);
    assert_eq!(host.history(&["--from=203.0.113.9"]).lines().count(), 1);
    assert_eq!(host.history(&["--user=bob"]).lines().count(), 0);
    // README says that the snapshot holds them all the same.
    let snapshot = wait_for("the snapshot", || fs::read(host.path("state/snapshot")).ok());
    assert!(String::from_utf8_lossy(&snapshot).contains("203.0.113.9"));
}

#[test]
fn every_word_of_each_key_does_what_it_says() {
    let hash = |value: &Value| value.as_str().is_some_and(|text| text.starts_with('~'));
    for (key, field, word) in [
        ("user", "user", "keep"),
        ("user", "user", "hash"),
        ("user", "user", "drop"),
        ("source", "source", "keep"),
        ("source", "source", "network"),
        ("source", "source", "hash"),
        ("source", "source", "drop"),
        ("identity", "identity", "keep"),
        ("identity", "identity", "hash"),
        ("identity", "identity", "drop"),
        ("identity", "fingerprint", "hash"),
        ("identity", "fingerprint", "drop"),
    ] {
        let host = Host::with(&format!("privacy: {{key_file: KEY, {key}: {word}}}"));
        let archived = host.archived();
        let value = &archived[field];
        let kept = match field {
            "user" => "alice",
            "source" => "203.0.113.9",
            "identity" => "alice.the.person",
            _ => FINGERPRINT,
        };
        let fits = match word {
            "keep" => value == kept,
            "network" => value == "public",
            "hash" => hash(value),
            _ => value.is_null(),
        };
        assert!(fits, "{key}: {word}: {archived}");
        // The other fields stay.
        let others = [("user", "alice"), ("source", "203.0.113.9")];
        for (other, kept) in others.into_iter().filter(|(other, _)| *other != key) {
            assert_eq!(archived[other], kept, "{key}: {word}: {archived}");
        }
        let series = host.series();
        let is_label = series.contains(&format!("=\"{kept}\""));
        assert_eq!(is_label, word == "keep", "{series}");
    }
}
