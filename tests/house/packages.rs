//! What a package installs: every file is laid out by one script, from the program itself and from
//! `deploy`.

use std::path::Path;
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tree of a package, as it would stand on the host.
fn staged() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    let output = Command::new(root().join("deploy/packages/stage"))
        .args([tree.path(), Path::new(env!("CARGO_BIN_EXE_login_exporter"))])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    tree
}

#[test]
fn a_package_holds_all_that_a_host_needs() {
    let tree = staged();
    for path in [
        "usr/bin/login_exporter",
        "etc/login_exporter/login_exporter.yml",
        "usr/lib/systemd/system/login_exporter.service",
        "usr/share/login_exporter/systemd/read-root-files.conf",
        "usr/share/man/man1/login_exporter.1.gz",
        "usr/share/bash-completion/completions/login_exporter",
        "usr/share/zsh/vendor-completions/_login_exporter",
        "usr/share/fish/vendor_completions.d/login_exporter.fish",
        "usr/share/login_exporter/prometheus/alerts.yml",
        "usr/share/login_exporter/prometheus/recording.yml",
        "usr/share/login_exporter/grafana/host.json",
        "usr/share/login_exporter/alertmanager/alertmanager.yml",
        "usr/share/login_exporter/runbooks/UnexpectedLogin.md",
        "usr/share/doc/login-exporter/copyright",
    ] {
        let length = std::fs::metadata(tree.path().join(path)).map(|m| m.len());
        assert!(length.as_ref().is_ok_and(|length| *length > 0), "{path}: {length:?}");
    }
}

#[test]
fn the_unit_of_a_package_starts_the_program_that_it_installs() {
    let tree = staged();
    let unit = tree.path().join("usr/lib/systemd/system/login_exporter.service");
    let unit = std::fs::read_to_string(unit).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/")).unwrap();
    let mut words = start.split(' ');
    assert!(tree.path().join(words.next().unwrap()).exists(), "{start}");
    let settings = words.next().unwrap().strip_prefix("--config.file=/").unwrap();
    assert!(tree.path().join(settings).exists(), "{start}");
}

/// A day's lines of a host with so many connections.
fn day(connections: &str) -> String {
    let script = root().join("deploy/packages/day.py");
    let output = Command::new("python3").arg("-B").arg(script).arg(connections).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_a_release_learns_from_is_the_same_each_time_and_read_whole() {
    let lines = day("2000");
    assert_eq!(lines, day("2000"));
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    std::fs::write(&log, lines).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
        .args(["history", "--format=json"])
        .arg(&log)
        .output()
        .unwrap();
    // Lines that no rule knows are told there.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let told = String::from_utf8(output.stdout).unwrap();
    for event in [
        "login_success",
        "login_failure",
        "login_rejected",
        "session_opened",
        "session_closed",
        "sudo_command",
    ] {
        assert!(told.contains(&format!("\"event\":\"{event}\"")), "{event}");
    }
}

/// With a program that counts nothing, but does all that it is told.
#[test]
fn a_release_learns_from_a_log_that_is_read_and_an_exporter_that_is_asked() {
    let counts = tempfile::tempdir().unwrap();
    let output = Command::new("python3")
        .arg("-B")
        .arg(root().join("deploy/packages/train.py"))
        .arg(counts.path())
        .arg(env!("CARGO_BIN_EXE_login_exporter"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
