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
