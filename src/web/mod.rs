//! The listener, its routes, TLS, authentication and limits.
//!
//! [`Server::bind`] takes everything that can be wrong at start (addresses, the web
//! configuration file, certificates); [`Server::serve`] answers until it is told to stop. What is
//! answered comes from an [`Exporter`]. hyper is named here and nowhere else.

mod answer;
mod auth;
mod body;
mod config_file;
mod connection_limits;
mod error;
mod limits;
mod listen;
mod page;
mod rate;
mod reply;
mod routes;
mod scrape;
mod server;
mod socket;
mod visit;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::metrics::series::{Connections, Viewer};

pub use config_file::ConfigFileError;
pub use error::Error;
pub use limits::Limits;
pub use server::{Reloader, Server};

/// What the web pages show. The application implements it.
pub trait Exporter: Send + Sync + 'static {
    /// The body of /metrics for one scrape. Saves what is unsaved first. It is run to its end
    /// even where the client leaves meanwhile.
    fn metrics(&self, scrape: Scrape) -> impl Future<Output = Exposition> + Send;
    /// A connection on which scrapers asked has ended, whether or not a scrape of it is being
    /// prepared; `in_order` where the client closed it after it had the whole of its last answer.
    fn closed(&self, connection: u64, in_order: bool);
    /// Every source has caught up with what was there at the start.
    fn ready(&self) -> bool;
    /// The data of the page at `/`, as it is now.
    fn overview(&self) -> Overview;
}

/// Who asks for /metrics, and in which format.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// A scraper: one that says how long it waits (`X-Prometheus-Scrape-Timeout-Seconds`), or which
    /// version of a format it reads. Everyone else is a person.
    pub viewer: Option<Viewer>,
    /// That of the viewer, and all others.
    pub connections: Arc<dyn Connections>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// How long the scraper waits for its answer.
    pub patience: Duration,
}

#[derive(Clone, Debug)]
pub struct Exposition {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// What the page shows: the sources with their state, and the last accesses, newest first.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The host's name, for the page's title; empty where it is not known.
    pub host: String,
    /// Which history of the host is read, and why; empty where that is not known.
    pub host_log: String,
    pub sources: Vec<SourceStatus>,
    pub recent: Vec<crate::metrics::recent::Access>,
}

#[derive(Clone, Debug)]
pub struct SourceStatus {
    pub name: String,
    pub up: bool,
    pub caught_up: bool,
    pub lag_bytes: u64,
    /// Unix seconds of the newest record, where one was read.
    pub last_record: Option<i64>,
    /// What is wrong, where something is.
    pub problem: Option<String>,
}

/// The settings of the listener; each field is a flag.
#[derive(Clone, Debug)]
pub struct Options {
    /// `--web.listen-address`: `127.0.0.1:10922`, `[::1]:10922`, `localhost:10922`, or `:10922`
    /// for every address of the host.
    pub listen: Vec<String>,
    /// `--web.telemetry-path`.
    pub telemetry_path: String,
    /// `--web.config.file`: TLS, headers and users, in the format of the Prometheus
    /// exporter-toolkit.
    pub config_file: Option<PathBuf>,
    /// Whether the page at `/` shows the last accesses; `--web.disable-recent` turns it off.
    pub recent: bool,
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            listen: vec!["127.0.0.1:10922".to_owned()],
            telemetry_path: "/metrics".to_owned(),
            config_file: None,
            recent: true,
            limits: Limits::default(),
        }
    }
}
