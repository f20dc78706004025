//! What is wrong with the settings: one line each, with file, line and key or the flag.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

use super::tree::Origin;

/// One thing that is wrong, and what is allowed in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `/etc/login_exporter.yml:3: networks.office[1]`, `--web.max-requests`, or a file's name.
    pub place: String,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// All that is wrong, in the order of reading. Never empty when returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Problems {
    pub(super) fn one(place: impl Into<String>, message: impl Into<String>) -> Problems {
        Problems(vec![Problem { place: place.into(), message: message.into() }])
    }
}

/// Collects what is wrong while the tree is read, so that one run tells all of it.
#[derive(Debug, Default)]
pub(super) struct Findings {
    file: PathBuf,
    found: RefCell<Vec<Problem>>,
}

impl Findings {
    pub(super) fn of(file: Option<&Path>) -> Findings {
        Findings { file: file.map(Path::to_owned).unwrap_or_default(), ..Findings::default() }
    }

    pub(super) fn add(&self, origin: Origin, key: &str, message: impl Into<String>) {
        let place = match origin {
            Origin::Flag(name) => format!("--{name}"),
            Origin::Line(line) if key.is_empty() => format!("{}:{line}", self.file.display()),
            Origin::Line(line) => format!("{}:{line}: {key}", self.file.display()),
        };
        self.found.borrow_mut().push(Problem { place, message: message.into() });
    }

    /// `value` if nothing is wrong.
    pub(super) fn verdict<T>(self, value: T) -> Result<T, Problems> {
        let found = self.found.into_inner();
        if found.is_empty() { Ok(value) } else { Err(Problems(found)) }
    }
}
