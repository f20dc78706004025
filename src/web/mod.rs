//! The listener, its routes, TLS, authentication and limits.
//!
//! [`Server::bind`] takes everything that can be wrong at start (addresses, the web
//! configuration file, certificates); [`Server::serve`] answers until it is told to stop. What is
//! answered comes from an [`Exporter`]. hyper is named here and nowhere else.

mod answer;
mod auth;
mod body;
mod config_file;
mod crowd;
mod error;
mod heard;
mod limits;
mod listen;
mod page;
mod rate;
mod routes;
mod scrape;
mod server;

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;

use crate::metrics::series::Receipt;

pub use config_file::ConfigFileError;
pub use error::Error;
pub use limits::Limits;
pub use server::{Reloader, Server};

/// What the web pages show. The application implements it.
pub trait Exporter: Send + Sync + 'static {
    /// The body of /metrics for one scrape. Saves what is unsaved first. It is run to its end
    /// even where the client leaves meanwhile.
    fn metrics(&self, scrape: Scrape) -> impl Future<Output = Exposition> + Send;
    /// The answer with this receipt was handed to the system to its last byte.
    fn sent(&self, receipt: Receipt);
    /// Every source has caught up with what was there at the start.
    fn ready(&self) -> bool;
    /// The data of the page at `/`, as it is now.
    fn overview(&self) -> Overview;
}

/// Who asks for /metrics, and in which format.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// The address of a scraper: one that sends `X-Prometheus-Scrape-Timeout-Seconds`.
    pub scraper: Option<IpAddr>,
    /// The `Accept` header.
    pub accept: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Exposition {
    pub content_type: &'static str,
    pub body: Vec<u8>,
    /// Comes back by [`Exporter::sent`], where the client stays to the end.
    pub receipt: Option<Receipt>,
}

/// What the page shows: the sources with their state, and the last accesses, newest first.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// The host's name, for the page's title; empty where it is not known.
    pub host: String,
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
