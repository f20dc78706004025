//! What cannot be mended is said, with the real exporter: a file that is mounted alone, a right that
//! is lost. And a log that is named twice counts once.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{
    Exporter, copy_program, free_port, get, is_root, missing, run, skip, total, wait_for,
};

fn login(path: &Path, n: usize) {
    let mut log = File::options().append(true).create(true).open(path).unwrap();
    writeln!(log, "2026-11-26T01:00:{n:02}+00:00 web-1 sshd[{n}]: Accepted password for alice from 198.51.100.7 port {n} ssh2").unwrap();
}

#[test]
fn a_log_that_is_named_twice_counts_once() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    login(&path("secure"), 1);
    symlink("secure", path("auth.log")).unwrap();
    fs::hard_link(path("secure"), path("hard.log")).unwrap();
    fs::create_dir(path("sub")).unwrap();
    let names = ["secure", "auth.log", "hard.log", "sub/../secure"];
    let flags: Vec<String> =
        names.iter().map(|name| format!("--auth-log.path={}", path(name).display())).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let exporter = Exporter::start(dir.path(), &flags).ready();
    exporter.wait_total("login_successes_total", &[], 1.0);
    login(&path("secure"), 2);
    exporter.wait_total("login_successes_total", &[], 2.0);
    // Nobody counts it a moment later either: a save has passed.
    login(&path("auth.log"), 3);
    exporter.wait_total("login_successes_total", &[], 3.0);
    let state = format!("--state.dir={}", path("state").display());
    let history = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        command.args(["history", "--format=json", &state]).args(more);
        String::from_utf8(command.output().unwrap().stdout).unwrap().lines().count()
    };
    assert_eq!(history(&flags), 3);
    let files: Vec<String> = names.iter().map(|n| path(n).display().to_string()).collect();
    assert_eq!(history(&files.iter().map(String::as_str).collect::<Vec<_>>()), 3);
}

#[test]
fn a_file_that_is_mounted_alone_is_warned_of() {
    if !is_root() || missing(&["mount", "umount"]).is_some() {
        skip("a file is mounted, which needs root");
        return;
    }
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    login(&path("outside"), 1);
    login(&path("secure"), 1);
    run(Command::new("mount").arg("--bind").arg(path("outside")).arg(path("secure")));
    let log = format!("--auth-log.path={}", path("secure").display());
    let exporter = Exporter::start(dir.path(), &[&log]).ready();
    let told = wait_for("the warning", || {
        let metrics = exporter.metrics();
        let count = total(&metrics, "login_exporter_source_errors_total", &["bind_mount"]);
        (count == 1.0).then(|| exporter.log())
    });
    exporter.process.kill();
    run(Command::new("umount").arg(path("secure")));
    assert!(told.contains("mount its folder instead (-v /var/log:/var/log:ro)"), "{told}");
}

/// As the user that packages make: what is lost is the right to read, and no limit of the kernel.
#[test]
fn a_right_that_is_lost_is_told_as_such_and_nothing_of_watches() {
    if !is_root() || missing(&["setpriv"]).is_some() {
        skip("an exporter of another user is started, which needs root");
        return;
    }
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name);
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    open(dir.path(), 0o755);
    fs::create_dir(path("log")).unwrap();
    fs::create_dir(path("state")).unwrap();
    open(&path("state"), 0o777);
    login(&path("log/secure"), 1);
    open(&path("log/secure"), 0o644);
    let program = path("login_exporter");
    copy_program(env!("CARGO_BIN_EXE_login_exporter"), &program);
    let port = free_port();
    let said = path("said");
    let mut exporter = Command::new("setpriv")
        .args(["--reuid=4321", "--regid=4321", "--clear-groups"])
        .arg(&program)
        .arg(format!("--auth-log.path={}", path("log/secure").display()))
        .arg(format!("--state.dir={}", path("state").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/metrics");
    let logins = |expected: f64| {
        wait_for("the logins", || {
            let metrics = get(&url).ok()?;
            (total(&metrics, "login_successes_total", &[]) == expected).then_some(metrics)
        })
    };
    logins(1.0);
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    // The log is rotated, and the new one is root's alone; then the folder is closed too.
    for (closed, opened) in [("log/secure", 0o644), ("log", 0o755)] {
        if closed == "log/secure" {
            fs::rename(path("log/secure"), path("log/secure.1")).unwrap();
            login(&path("log/secure"), 2);
        }
        open(&path(closed), 0o600);
        let count = |said: &str| said.matches("it cannot be read").count();
        let before = count(&read(&said));
        wait_for("the lost right to be told", || (count(&read(&said)) > before).then_some(()));
        login(&path("log/secure"), if closed == "log" { 4 } else { 3 });
        open(&path(closed), opened);
        logins(if closed == "log" { 4.0 } else { 3.0 });
    }
    let said = read(&said);
    let _ = exporter.kill();
    let _ = exporter.wait();
    assert!(!said.contains("the kernel will not watch"), "{said}");
    assert!(said.contains("the right to read the log"), "{said}");
}
