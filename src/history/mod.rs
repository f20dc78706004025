//! `login_exporter history`: the same events as a table, JSON, CSV or the metrics text.

mod input;
mod print;
mod row;

use std::io::{self, Write};

use jiff::tz::TimeZone;

use crate::event::Time;
use crate::metrics::exposition::{self, Format as TextFormat};
use crate::metrics::series::Store;
use crate::policy::Policy;
use crate::session::{Counted, Memory};

pub use input::{Input, Unreadable};

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
    /// An account, or the person behind one.
    pub user: Option<String>,
    pub format: Format,
    /// Name the rule that expected each login.
    pub explain: bool,
    /// The zone of time stamps that name none.
    pub zone: TimeZone,
    pub series_per_family: usize,
}

/// Reads every input and prints what fits, in the order of the records.
pub fn print(inputs: Vec<Input>, query: &Query, policy: &Policy, memory: Memory, out: &mut impl Write) -> Result<(), Error> {
    let events = input::events(inputs, &query.zone, memory)?;
    match query.format {
        Format::Prometheus => metrics(&events, query, policy, out)?,
        _ => rows(&events, query, policy, out)?,
    }
    out.flush()?;
    Ok(())
}

fn rows(events: &[Counted<'_>], query: &Query, policy: &Policy, out: &mut impl Write) -> io::Result<()> {
    match query.format {
        Format::Table => print::table_header(out)?,
        Format::Csv => print::csv_header(out)?,
        Format::Json | Format::Prometheus => {}
    }
    for event in events {
        let observation = policy.observe(event);
        if !query.wants(&observation) {
            continue;
        }
        let row = row::Row::new(&observation, query.explain);
        match query.format {
            Format::Table => print::table(&row, out)?,
            Format::Csv => print::csv(&row, out)?,
            Format::Json | Format::Prometheus => print::json(&row, out)?,
        }
    }
    Ok(())
}

fn metrics(events: &[Counted<'_>], query: &Query, policy: &Policy, out: &mut impl Write) -> io::Result<()> {
    let mut store = Store::new(query.series_per_family);
    let now = events.iter().map(|counted| counted.event.time).max().unwrap_or_default();
    for event in events {
        let observation = policy.observe(event);
        if query.wants(&observation) {
            store.observe(&observation, false, now);
        }
    }
    out.write_all(&exposition::render(&mut store, None, TextFormat::Text, false, &[], now))
}

impl Query {
    fn wants(&self, observation: &crate::policy::Observation<'_>) -> bool {
        let time = observation.event.time;
        self.since.is_none_or(|since| time >= since)
            && self.until.is_none_or(|until| time < until)
            && self.user.as_deref().is_none_or(|name| row::concerns(observation, name))
    }
}

/// Why nothing (more) was printed.
#[derive(Debug)]
pub enum Error {
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
            Error::Input(error) => error.fmt(f),
            Error::Output(error) => write!(f, "cannot write the history: {error}"),
        }
    }
}
