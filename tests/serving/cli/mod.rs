//! The program as someone at a terminal meets it: what it says when something is wrong, and what
//! `history` prints.
mod asked;
mod documents;
mod history;
mod wrong;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

/// The program without the environment that could name other settings, in UTC.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
    command.args(arguments).env_clear().env("TZ", "UTC").env("PATH", "/usr/bin:/bin");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// What it prints when all is well.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(0), ""), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The article's lines and event, as the files were on the day after.
struct Seed {
    dir: TempDir,
}

impl Seed {
    fn new() -> Seed {
        let seed = Seed { dir: tempfile::tempdir().unwrap() };
        for name in ["secure", "start_session.json"] {
            std::fs::copy(golden(name), seed.path(name)).unwrap();
            seed.date(name);
        }
        seed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// RFC 3164 names no year: it is that of the file's last change, 2022-10-05.
    fn date(&self, name: &str) {
        let day = UNIX_EPOCH + Duration::from_secs(1_664_928_000);
        File::options().append(true).open(self.path(name)).unwrap().set_modified(day).unwrap();
    }

    /// `history` of both files.
    fn history(&self, arguments: &[&str]) -> String {
        let files = [self.text("secure"), self.text("start_session.json")];
        let mut all = vec!["history", "--auth-log.time-zone=UTC"];
        all.extend(arguments);
        all.extend(files.iter().map(String::as_str));
        printed(&all)
    }
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed").join(name)
}
