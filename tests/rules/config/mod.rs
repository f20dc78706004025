//! Settings as a user writes them: flags, the file, and what is said of mistakes.

mod bad;
mod doubts;
mod good;
mod keys;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use login_exporter::config::{CommandLine, Environment, Exit, Problems, Settings};

fn environment() -> Environment {
    Environment {
        state_directory: None,
        xdg_state_home: None,
        home: Some("/home/me".into()),
        time_zone: TimeZone::UTC,
    }
}

fn command_line(arguments: &[&str]) -> Result<CommandLine, Exit> {
    CommandLine::parse(["login_exporter"].iter().chain(arguments))
}

fn flags(arguments: &[&str]) -> Result<Settings, Problems> {
    match command_line(arguments) {
        Ok(line) => line.settings(&environment()),
        Err(Exit::Wrong(problems)) => Err(problems),
        Err(Exit::Text(text)) => panic!("{text}"),
    }
}

/// A file of settings in a folder of its own.
struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new(text: &str) -> File {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("settings.yml"), text).unwrap();
        File { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("settings.yml")
    }

    fn settings(&self, more: &[&str]) -> Result<Settings, Problems> {
        let flag = format!("--config.file={}", self.path().display());
        flags(&[&[flag.as_str()], more].concat())
    }

    /// What is wrong, with the file's name shortened.
    fn problems(&self) -> String {
        let problems = self.settings(&[]).unwrap_err().to_string();
        problems.replace(&*self.path().to_string_lossy(), "x.yml")
    }
}

fn yaml(text: &str) -> Settings {
    File::new(text).settings(&[]).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
