//! The listener, its routes, TLS, authentication and limits.

use std::future::Future;
use std::net::IpAddr;

/// What the web pages show. The application implements it.
pub trait Exporter: Send + Sync + 'static {
    /// The body of /metrics for one scrape. Saves what is unsaved first.
    fn metrics(&self, scrape: Scrape) -> impl Future<Output = Exposition> + Send;
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
}

/// What the page shows: the sources with their state, and the last accesses, newest first.
#[derive(Clone, Debug, Default)]
pub struct Overview {
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
