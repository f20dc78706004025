//! Where an address is from, by databases that the user has: in the archive and in `history`, off
//! where none is named, read again when the file changes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Exporter, wait_for};

fn database(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/following/addresses").join(name)
}

struct Host {
    dir: TempDir,
    lines: u32,
}

impl Host {
    fn new() -> Host {
        let host = Host { dir: TempDir::new().unwrap(), lines: 0 };
        fs::write(host.path("secure"), "").unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn login(&mut self, from: &str) {
        self.lines += 1;
        let n = self.lines;
        let mut log = fs::File::options().append(true).open(self.path("secure")).unwrap();
        writeln!(
            log,
            "2026-11-26T01:00:{n:02}+00:00 web-1 sshd[{n}]: Accepted password for alice from {from} port 22 ssh2"
        )
        .unwrap();
    }

    fn settings(&self, text: &str) -> String {
        let path = self.path("settings.yml");
        fs::write(&path, text).unwrap();
        format!("--config.file={}", path.display())
    }

    fn history(&self, settings: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        command.args(["history", settings, "--auth-log.time-zone=UTC"]).args(more);
        command.output().unwrap()
    }

    fn origins(&self, settings: &str) -> Vec<(Value, Value)> {
        let log = self.path("secure").display().to_string();
        let output = self.history(settings, &["--format=json", &log]);
        assert!(output.status.success(), "{output:?}");
        of_lines(&String::from_utf8(output.stdout).unwrap())
    }
}

fn of_lines(text: &str) -> Vec<(Value, Value)> {
    let event = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let rows = text.lines().map(event);
    rows.map(|row| (row["country"].clone(), row["operator"].clone())).collect()
}

fn known(country: &str, operator: &str) -> (Value, Value) {
    let value = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    (value(country), value(operator))
}

#[test]
fn history_tells_country_and_operator_of_each_address_that_a_database_has() {
    let mut host = Host::new();
    let from = ["203.0.113.9", "198.51.100.7", "2001:db8::9", "192.0.2.1", "mail.example.com"];
    from.iter().for_each(|from| host.login(from));
    let nothing = known("", "");
    assert!(host.origins(&host.settings("{}")).iter().all(|origin| *origin == nothing));
    let (country, asn) = (database("country.mmdb"), database("asn.mmdb"));
    let both = format!("geoip: {{country: {}, asn: {}}}", country.display(), asn.display());
    let both = host.settings(&both);
    let found = host.origins(&both);
    let expected = [
        known("JP", "AS64500 Example Net"),
        known("SE", "AS64501"),
        known("DE", ""),
        nothing.clone(),
        nothing.clone(),
    ];
    assert_eq!(found, expected);
    let log = host.path("secure").display().to_string();
    let csv = String::from_utf8(host.history(&both, &["--format=csv", &log]).stdout).unwrap();
    assert!(csv.lines().next().unwrap().contains("network,country,operator,"), "{csv}");
    assert!(csv.contains("public,JP,AS64500 Example Net,"), "{csv}");
    // IPinfo's records are flat.
    let flat = database("flat.mmdb");
    let flat = format!("geoip: {{country: {0}, asn: {0}}}", flat.display());
    assert_eq!(host.origins(&host.settings(&flat))[0], known("JP", "AS64500 Example Net"));
}

#[test]
fn a_database_that_is_none_is_told_with_its_remedy() {
    let host = Host::new();
    fs::write(host.path("bad.mmdb"), "no database").unwrap();
    for (name, cause) in [("bad.mmdb", "cannot read the database"), ("gone", "No such file")] {
        let bad = host.path(name);
        let settings = host.settings(&format!("geoip: {{asn: {}}}", bad.display()));
        let output = host.history(&settings, &["-"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(&bad.display().to_string()), "{said}");
        assert!(said.contains(cause) && said.contains("take geoip.asn out"), "{said}");
    }
}

#[test]
fn the_archive_keeps_the_origin_and_a_database_that_changes_is_read_again() {
    let mut host = Host::new();
    let mmdb = host.path("country.mmdb");
    fs::copy(database("country.mmdb"), &mmdb).unwrap();
    let settings = host.settings(&format!("geoip: {{country: {}}}", mmdb.display()));
    let log = format!("--auth-log.path={}", host.path("secure").display());
    let exporter = Exporter::start(host.dir.path(), &[&log, &settings]).ready();
    let archived = |host: &Host| {
        let mut text = String::new();
        for entry in fs::read_dir(host.path("state/archive")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ext| ext == "jsonl") {
                text += &fs::read_to_string(path).unwrap();
            }
        }
        of_lines(&text)
    };
    let wait = |host: &Host, expected: &[(Value, Value)]| {
        exporter.wait_total("login_successes_total", &[], f64::from(host.lines));
        wait_for("the archive", || (archived(host) == expected).then_some(()));
    };
    host.login("203.0.113.9");
    wait(&host, &[known("JP", "")]);
    // A copy that is half done changes nothing; the whole one does.
    fs::write(&mmdb, "half").unwrap();
    wait_for("the half one to be refused", || {
        exporter.log().contains("the rules stay as they were").then_some(())
    });
    host.login("203.0.113.9");
    wait(&host, &[known("JP", ""), known("JP", "")]);
    fs::copy(database("country-later.mmdb"), host.path("new")).unwrap();
    fs::rename(host.path("new"), &mmdb).unwrap();
    wait_for("the new one to be read", || {
        exporter.log().contains("the rules were read again").then_some(())
    });
    host.login("203.0.113.9");
    wait(&host, &[known("JP", ""), known("JP", ""), known("NZ", "")]);
}

#[test]
fn who_hides_addresses_hides_where_they_are_from() {
    for (source, expected) in [("network", "JP"), ("hash", ""), ("drop", "")] {
        let mut host = Host::new();
        fs::write(host.path("key"), "0123456789abcdef0123456789abcdef").unwrap();
        let settings = host.settings(&format!(
            "geoip: {{country: {}}}\nprivacy: {{source: {source}, key_file: {}}}",
            database("country.mmdb").display(),
            host.path("key").display()
        ));
        let log = format!("--auth-log.path={}", host.path("secure").display());
        let exporter = Exporter::start(host.dir.path(), &[&log, &settings]).ready();
        host.login("203.0.113.9");
        exporter.wait_total("login_successes_total", &[], 1.0);
        let state = format!("--state.dir={}", host.path("state").display());
        let found = wait_for("the archive", || {
            let output = host.history("--log.level=info", &[&state, "--format=json"]);
            Some(output.stdout).filter(|out| !out.is_empty())
        });
        assert_eq!(of_lines(&String::from_utf8(found).unwrap()), [known(expected, "")], "{source}");
    }
}
