//! Log files that others collected, line by line against the events that a person reads in them.
//!
//! The collection is no part of this project. `LOGIN_EXPORTER_CORPORA` names its folder; what is
//! expected of each file stands in `tests/corpora`, one event a line.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// The day after the newest line of the files, 23 November 2026, from which the years of RFC 3164
/// follow: `history` takes a file's own age for the time at which it was read.
const READ_AT: Duration = Duration::from_secs(1_795_392_000);

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LOGIN_EXPORTER_CORPORA")
        .map_or_else(|| PathBuf::from("../shared/corpora"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}; LOGIN_EXPORTER_CORPORA names another", folder.display());
    None
}

/// The events that `history` reads in a file, in the order of its lines.
fn events(file: &Path) -> Vec<Value> {
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(file, copy.path()).unwrap();
    let copy = copy.into_temp_path();
    let mut permissions = std::fs::metadata(&copy).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&copy, permissions).unwrap();
    let opened = std::fs::File::options().write(true).open(&copy).unwrap();
    opened.set_modified(SystemTime::UNIX_EPOCH + READ_AT).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
        .args(["history", "--format=json", "--auth-log.time-zone=UTC"])
        .arg(&copy)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    from_lines(&String::from_utf8(output.stdout).unwrap())
}

fn from_lines(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn expected(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/corpora/{name}.json", env!("CARGO_MANIFEST_DIR"));
    from_lines(&std::fs::read_to_string(path).unwrap())
}

/// Every file of a folder, so that one that is added has to be read by someone.
fn check_folder(name: &str, ending: &str) {
    let Some(folder) = folder() else { return };
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} holds no file");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        check(&file, name.strip_suffix(ending).unwrap_or(name));
    }
}

fn check(file: &Path, name: &str) {
    let (events, expected) = (events(file), expected(name));
    for (event, expected) in events.iter().zip(&expected) {
        assert_eq!(event, expected, "{name}");
    }
    assert_eq!(events.len(), expected.len(), "{name}");
}

#[test]
fn sshds_lines_of_many_versions() {
    check_folder("sshd", ".log");
}

/// These hold what stands behind sudo's `user :` only: no line has a frame, and that is said.
#[test]
fn sudos_words_without_their_frame() {
    let Some(folder) = folder() else { return };
    for n in 1..=4 {
        let file = folder.join(format!("sudo/test{n}.sudo.out.ok"));
        let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
            .args(["history", "--format=json"])
            .arg(&file)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{said}");
        assert!(said.contains("has a time, host and tag that are known"), "{said}");
    }
}
