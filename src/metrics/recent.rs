//! The last accesses, for the exporter's own page: a bounded list, newest first.

/// One access as the page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// Unix seconds.
    pub time: i64,
    pub host: String,
    pub event: &'static str,
    pub program: String,
    pub user: String,
    pub identity: String,
    pub method: String,
    pub source: String,
    pub network: String,
    /// The AWS target, or sudo's command.
    pub detail: String,
    pub expected: &'static str,
}
