//! Limits that leave too little to run with: one clear line, and no panic.

use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::support::{PATIENCE, missing, skip};

/// Starts an exporter under a limit of util-linux's prlimit, and waits until it ends or answers.
fn start(limit: &str) -> (Output, bool) {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("secure"), "").unwrap();
    let port = crate::support::free_port();
    let stderr = fs::File::create(dir.path().join("said")).unwrap();
    let mut child = Command::new("prlimit")
        .arg(limit)
        .arg(env!("CARGO_BIN_EXE_login_exporter"))
        .arg(format!("--auth-log.path={}", dir.path().join("secure").display()))
        .arg(format!("--state.dir={}", dir.path().join("state").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(stderr)
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let (status, answered) = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break (status, false);
        }
        if crate::support::get(&format!("http://127.0.0.1:{port}/metrics")).is_ok() {
            child.kill().unwrap();
            break (child.wait().unwrap(), true);
        }
        assert!(Instant::now() < deadline, "{limit}: it neither ended nor answered");
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    let stderr = fs::read(dir.path().join("said")).unwrap();
    (Output { status, stdout: Vec::new(), stderr }, answered)
}

#[test]
fn a_limit_of_files_that_leaves_no_socket_is_told_in_one_line() {
    if missing(&["prlimit"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let mut refused = 0;
    for files in 3..=24 {
        let (output, answered) = start(&format!("--nofile={files}:{files}"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{files}: {said}");
        if answered {
            continue;
        }
        refused += 1;
        // Of the smallest the loader says that the program's libraries cannot be opened.
        if said.contains("error while loading shared libraries") {
            continue;
        }
        assert_eq!(said.trim_end().lines().count(), 1, "{files}: {said}");
        assert!(said.contains("raise it (ulimit -n"), "{files}: {said}");
        assert_eq!(output.status.code(), Some(1), "{files}: {said}");
    }
    assert!(refused > 3, "{refused} limits were too small");
}

#[test]
fn a_limit_of_memory_or_threads_that_leaves_none_is_told_in_one_line() {
    if missing(&["prlimit"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let mut refused = 0;
    for megabytes in [1, 2, 4, 8, 12, 16, 20] {
        let (output, answered) = start(&format!("--data={}", megabytes << 20));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{megabytes} MB: {said}");
        // Of the smallest the kernel itself does not let it begin.
        if !answered && output.status.code().is_some() {
            refused += 1;
            assert_eq!(said.trim_end().lines().count(), 1, "{megabytes} MB: {said}");
            let told = said.contains("raise the limit of processes or of memory")
                || said.contains("error while loading shared libraries")
                || said.contains("memory allocation of");
            assert!(told, "{megabytes} MB: {said}");
        }
    }
    assert!(refused > 0, "no limit was too small");
}
