//! `login_exporter history`: the same events as a table, JSON, CSV or the metrics text.

mod input;
mod order;
mod print;
mod row;
mod unread;

use std::io::{self, Write};

use wildmatch::WildMatch;

use crate::event::Time;
use crate::memory::Counted;
use crate::metrics::exposition::{self, Scrape};
use crate::metrics::series::Store;
use crate::policy::{Observation, Policy};

pub use input::{Each, Input, Reader, Unreadable};
pub use unread::Unread;

use order::Ordered;
use row::Row;

/// How the events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Csv,
    Prometheus,
}

/// What is asked for.
#[derive(Debug)]
pub struct Query {
    pub since: Option<Time>,
    pub until: Option<Time>,
    /// Globs of accounts, or of the persons behind them; empty for everyone.
    pub users: Vec<WildMatch>,
    pub format: Format,
    /// Name the rule that expected each login.
    pub explain: bool,
    /// Put the events of several inputs in the order of their times. One input keeps the order of
    /// its records.
    pub by_time: bool,
    pub series_per_family: usize,
}

/// Open sessions by program and user.
pub type Sessions = Vec<(String, String, u64)>;

/// Prints the events that `read` brings and that fit. `read` says which sessions are open after
/// the last of them.
///
/// # Errors
/// An input that cannot be read, or an output that cannot be written.
pub fn print(
    read: impl FnOnce(Each<'_>) -> Result<Sessions, Error>,
    query: &Query,
    policy: &Policy,
    out: &mut impl Write,
) -> Result<(), Error> {
    match query.format {
        Format::Prometheus => return metrics(read, query, policy, out),
        Format::Table => print::table_header(out)?,
        Format::Csv => print::csv_header(out)?,
        Format::Json => {}
    }
    let mut ordered = Ordered::new(query.by_time);
    read(&mut |counted| match ordered.after(counted) {
        Some(next) => row(&next, query, policy, out),
        None => Ok(()),
    })?;
    for counted in ordered.rest() {
        row(&counted, query, policy, out)?;
    }
    Ok(out.flush()?)
}

fn row(
    counted: &Counted<'_>,
    query: &Query,
    policy: &Policy,
    out: &mut impl Write,
) -> io::Result<()> {
    let observation = policy.observe(counted);
    if !query.wants(&observation) {
        return Ok(());
    }
    let why = query.explain.then(|| explanation(&observation, counted, policy)).flatten();
    let row = Row::new(&observation, why.as_deref());
    match query.format {
        Format::Table => print::table(&row, out),
        Format::Csv => print::csv(&row, out),
        Format::Json | Format::Prometheus => print::json(&row, out),
    }
}

/// The rule that fitted, or why none did.
fn explanation(
    observation: &Observation<'_>,
    counted: &Counted<'_>,
    policy: &Policy,
) -> Option<String> {
    observation.rule.map(str::to_owned).or_else(|| policy.explain(counted))
}

fn metrics(
    read: impl FnOnce(Each<'_>) -> Result<Sessions, Error>,
    query: &Query,
    policy: &Policy,
    out: &mut impl Write,
) -> Result<(), Error> {
    let mut store = Store::new(query.series_per_family);
    let mut now = Time::default();
    let sessions = read(&mut |counted| {
        now = now.max(counted.event.time);
        let observation = policy.observe(&counted);
        if query.wants(&observation) {
            store.observe(&observation, false, now);
        }
        Ok(())
    })?;
    let scrape = Scrape {
        viewer: None,
        format: Default::default(),
        now: now.into(),
        created: false,
        saved: true,
    };
    let users = &query.users;
    let active = sessions
        .into_iter()
        .filter(|(_, user, _)| users.is_empty() || users.iter().any(|wanted| wanted.matches(user)));
    out.write_all(&exposition::render(&mut store, None, &scrape, active))?;
    Ok(out.flush()?)
}

impl Query {
    fn wants(&self, observation: &Observation<'_>) -> bool {
        let time = observation.event.time;
        self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && (self.users.is_empty()
                || self.users.iter().any(|user| row::concerns(observation, user)))
    }
}

/// Why nothing (more) was printed.
#[derive(Debug)]
pub enum Error {
    /// What `serve` would read is not clear.
    Settings(String),
    Input(Unreadable),
    Output(io::Error),
}

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        Error::Input(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Error::Output(error)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Settings(message) => message.fmt(f),
            Error::Input(error) => error.fmt(f),
            Error::Output(error) => write!(f, "cannot write the history: {error}"),
        }
    }
}
