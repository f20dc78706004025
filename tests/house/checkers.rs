//! The programs that check what stands in `deploy`, as `tests/checkers` fetches them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::skip;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folder that they were fetched into.
pub struct Checkers(PathBuf);

impl Checkers {
    /// None where they cannot be had, which is said; with `CI=true` that fails.
    pub fn get() -> Option<Checkers> {
        let script = root().join("tests/checkers");
        let output = Command::new(script).stdin(Stdio::null()).output().unwrap();
        if !output.status.success() {
            skip(String::from_utf8_lossy(&output.stderr).trim_end());
            return None;
        }
        Some(Checkers(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end())))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// One of the programs, in the repository's folder.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.0.join("bin").join(name));
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}/bin:{path}", self.0.display())).current_dir(root());
        command
    }
}

/// What a command says that must succeed, given `input`.
#[track_caller]
pub fn said(command: &mut Command, input: &str) -> String {
    let output = output(command, input);
    let error = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?} says:\n{said}{error}");
    said
}

/// What a command says that must refuse, given `input`.
#[track_caller]
pub fn refused(command: &mut Command, input: &str) -> String {
    let output = output(command, input);
    assert!(!output.status.success(), "{command:?} takes it");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[track_caller]
fn output(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    // A command that does not read to the end closes the pipe.
    let writing = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}
