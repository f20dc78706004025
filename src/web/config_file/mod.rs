//! The file of `--web.config.file`: TLS, headers, users and a rate limit, in the format of the
//! Prometheus exporter-toolkit (`docs/web-configuration.md` there), so that one file can serve
//! every exporter of a host.

mod client_names;
mod clients;
mod document;
mod live;
mod pem;
mod tls;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use rustls::ServerConfig;

use super::auth::Users;
use document::Document;
pub(super) use live::Live;

/// What one reading of the file and of the files that it names says.
#[derive(Default)]
pub(super) struct InForce {
    /// Without it, connections are plain HTTP.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// What certificate clients must show.
    asked: clients::Asked,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// Without it, nobody is asked for a name.
    pub(super) users: Option<Arc<Users>>,
    pub(super) rate: Option<Rate>,
    /// What is odd about the file, one line each.
    pub(super) warnings: Vec<String>,
}

/// One request in each interval, and `burst` of them at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) interval: Duration,
    pub(super) burst: u32,
}

/// What is wrong with the file, in which line and key.
#[derive(Debug, PartialEq)]
pub struct ConfigFileError {
    file: PathBuf,
    /// Where the error is in the file; `None` where the file cannot be read at all.
    line: Option<u64>,
    key: Option<&'static str>,
    /// What is wrong and what to do.
    cause: String,
}

impl std::error::Error for ConfigFileError {}

impl fmt::Display for ConfigFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.cause)
    }
}

/// A value that cannot stand, before it is known which file it is in.
struct Wrong {
    line: u64,
    key: &'static str,
    cause: String,
}

impl Wrong {
    fn in_file(self, file: &Path) -> ConfigFileError {
        let line = (self.line > 0).then_some(self.line);
        ConfigFileError { file: file.to_owned(), line, key: Some(self.key), cause: self.cause }
    }
}

/// Reads the file and those that it names, each after `look` was shown where it is.
fn load(path: &Path, mut look: impl FnMut(&Path)) -> Result<InForce, ConfigFileError> {
    look(path);
    let mut document = Document::read(path)?;
    document.resolve_paths(path.parent().unwrap_or(Path::new("")));
    document.files().for_each(|file| look(file));
    let mut in_force = in_force(&document).map_err(|wrong| wrong.in_file(path))?;
    for warning in &mut in_force.warnings {
        *warning = format!("{}:{warning}", path.display());
    }
    Ok(in_force)
}

fn in_force(document: &Document) -> Result<InForce, Wrong> {
    Ok(InForce {
        tls: document.tls().map(tls::server_config).transpose()?.map(Arc::new),
        asked: document
            .tls()
            .map(|tls| clients::Asked::by(&tls.value))
            .transpose()?
            .unwrap_or_default(),
        headers: document.headers()?,
        users: document.users()?.map(Arc::new),
        rate: document.rate()?,
        warnings: document.warnings(),
    })
}
