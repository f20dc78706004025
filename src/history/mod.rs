//! `login_exporter history`: the same events as a table, JSON, CSV or the metrics text.
//!
//! Reads the archive that `serve` keeps ([`kept`]), or logs and CloudTrail's files, which
//! [`stream`] opens and [`input`] reads. Whatever is read goes through one filter ([`query`])
//! before anything of it is kept, and comes out in the order of its time ([`order`]), so that no
//! more than a window of rows is held.

mod input;
mod journal;
mod kept;
mod order;
mod print;
mod query;
mod reading;
mod stream;
mod summary;
mod table;
mod unread;

use std::io::{self, Write};

use crate::config::HistoryFormat;
use crate::event::{Texts, Time};
use crate::memory::Counted;
use crate::metrics::exposition::{self, Scrape};
use crate::metrics::series::Store;
use crate::policy::{Observation, Policy};
use crate::row::Row;

pub use input::{Each, Item, Reader};
pub use kept::{Kept, Searched};
pub use query::{From, Look, Query};
pub use stream::{Input, Unreadable};
pub use unread::Unread;

use order::Ordered;
use query::Filter;
use summary::Summary;

/// Open sessions by program and user.
pub type Sessions = Vec<(String, String, u64)>;

/// Prints the events that `read` brings and that fit, and says how many did. `read` says which
/// sessions are open after the last of them.
///
/// # Errors
/// An input that cannot be read, or an output that cannot be written.
pub fn print(
    read: impl FnOnce(Each<'_>) -> Result<Sessions, Error>,
    query: &Query,
    policy: &Policy,
    out: &mut impl Write,
) -> Result<Outcome, Error> {
    let mut printer = Printer::new(query, policy, out);
    printer.header()?;
    let sessions = read(&mut |item| printer.take(item))?;
    printer.finish(sessions)
}

/// What came of a question.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Events that fit.
    pub events: u64,
    /// Lines of an archive that are damaged, or of a version that writes otherwise.
    pub unreadable: u64,
}

impl Outcome {
    /// What a person should know of it: for standard error.
    pub fn sentence(&self) -> Option<String> {
        let lines = match self.unreadable {
            0 => return None,
            1 => "1 line".to_owned(),
            many => format!("{many} lines"),
        };
        Some(format!(
            "{lines} of the archive cannot be read, and what it told is missing here: a newer \
             version wrote it, or the file is damaged (restore it from a backup)"
        ))
    }
}

/// Takes what is read and prints what fits.
struct Printer<'q, W> {
    query: &'q Query,
    filter: Filter<'q>,
    policy: &'q Policy,
    ordered: Ordered,
    summary: Option<Summary>,
    store: Option<Store>,
    /// Where everything is wanted and only counted, nothing reads a row.
    reads_rows: bool,
    newest: Time,
    found: Outcome,
    lines: u64,
    out: W,
}

impl<'q, W: Write> Printer<'q, W> {
    fn new(query: &'q Query, policy: &'q Policy, out: W) -> Self {
        let metrics = query.asked.format == HistoryFormat::Prometheus;
        let filter = Filter::new(query);
        Printer {
            reads_rows: !(metrics && filter.wants_all()),
            filter,
            policy,
            ordered: Ordered::new(query.by_time(), query.asked.last),
            summary: query.asked.summary.then(Summary::default),
            store: metrics.then(|| Store::new(query.series_per_family)),
            newest: Time::default(),
            found: Outcome::default(),
            lines: 0,
            query,
            out,
        }
    }

    fn header(&mut self) -> io::Result<()> {
        match self.query.asked.format {
            _ if self.query.asked.summary || self.query.headless => Ok(()),
            HistoryFormat::Table => table::header(&self.query.look, &mut self.out),
            HistoryFormat::Csv => print::csv_header(&mut self.out),
            HistoryFormat::Json | HistoryFormat::Prometheus => Ok(()),
        }
    }

    fn take(&mut self, item: Item<'_>) -> io::Result<()> {
        match item {
            Item::Counted(counted) => self.counted(counted),
            Item::Lines(block) => {
                let mut candidates = Vec::new();
                // Lines that hold no event are of another program: they are passed over.
                self.filter.candidates(block, |line| -> io::Result<()> {
                    candidates.push(line);
                    Ok(())
                })?;
                candidates.into_iter().try_for_each(|line| self.line(line))
            }
        }
    }

    fn counted(&mut self, counted: &Counted<'_>) -> io::Result<()> {
        let observation = self.policy.observe(counted);
        if !self.reads_rows {
            self.count(&observation);
            return Ok(());
        }
        let mut row = Row::new(&observation);
        if !self.filter.wants(&row) || self.count(&observation) {
            return Ok(());
        }
        row.tell_origin(self.policy.origins.of(counted.event.source));
        match self.query.asked.explain {
            true => row.why = self.policy.explain(counted).map(Into::into),
            false => row.rule = None,
        }
        self.row(&row, counted.event.ordinal)
    }

    /// Whether events are only counted, and this one is now.
    #[inline(always)]
    fn count(&mut self, seen: &Observation<'_>) -> bool {
        let Some(store) = &mut self.store else { return false };
        self.newest = self.newest.max(seen.event.time);
        self.found.events += 1;
        store.observe(seen, false, self.newest);
        true
    }

    /// A line of the archive, as it was judged when it was counted.
    fn line(&mut self, line: &[u8]) -> io::Result<()> {
        let Ok(mut row) = Row::from_json(line) else {
            self.found.unreadable += 1;
            return Ok(());
        };
        if !self.filter.wants(&row) {
            return Ok(());
        }
        self.lines += 1;
        let texts = Texts::default();
        if row.to_event(&texts).is_some_and(|event| self.count(&row.observation(&event))) {
            return Ok(());
        }
        row.tell_origin(self.policy.origins.of(row.source.as_deref()));
        if !self.query.asked.explain {
            row.rule = None;
        }
        self.row(&row, self.lines)
    }

    fn row(&mut self, row: &Row<'_>, ordinal: u64) -> io::Result<()> {
        self.found.events += 1;
        if let Some(summary) = &mut self.summary {
            summary.add(row, &self.query.look);
            return Ok(());
        }
        let mut text = Vec::new();
        match self.query.asked.format {
            HistoryFormat::Table => table::row(row, &self.query.look, &mut text)?,
            HistoryFormat::Csv => print::csv(row, &mut text)?,
            HistoryFormat::Json | HistoryFormat::Prometheus => row.write_json(&mut text),
        }
        match self.ordered.after(row.time, ordinal, text) {
            Some(next) => self.out.write_all(&next),
            None => Ok(()),
        }
    }

    fn finish(mut self, sessions: Sessions) -> Result<Outcome, Error> {
        if let Some(store) = &mut self.store {
            let users: Vec<_> =
                self.query.asked.users.iter().map(|u| wildmatch::WildMatch::new(u)).collect();
            let now = self.newest;
            let scrape = Scrape {
                viewer: None,
                format: Default::default(),
                now: now.into(),
                created: false,
                saved: true,
            };
            let active = sessions
                .into_iter()
                .filter(|(_, user, _)| users.is_empty() || users.iter().any(|u| u.matches(user)));
            self.out.write_all(&exposition::render(store, None, &scrape, active))?;
            self.out.flush()?;
            return Ok(self.found);
        }
        for row in self.ordered.rest() {
            self.out.write_all(&row)?;
        }
        if let Some(summary) = &self.summary {
            summary.print(&self.query.look, &mut self.out)?;
        }
        if self.query.asked.format == HistoryFormat::Table && self.query.look.width.is_some() {
            still_in(&sessions, &mut self.out)?;
        }
        self.out.flush()?;
        Ok(self.found)
    }
}

/// Who is still in after what was read, as `last` says it.
fn still_in(sessions: &Sessions, out: &mut impl Write) -> io::Result<()> {
    for (program, user, count) in sessions {
        let times = if *count > 1 { format!(" ×{count}") } else { String::new() };
        let user = if user.is_empty() { "a tunnel" } else { user };
        writeln!(out, "still in: {} ({}){times}", print::visible(user), print::visible(program))?;
    }
    Ok(())
}

/// Why nothing (more) was printed.
#[derive(Debug)]
pub enum Error {
    /// What `serve` would read is not clear.
    Settings(String),
    Input(Unreadable),
    Output(io::Error),
}

impl std::convert::From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        Error::Input(error)
    }
}

impl std::convert::From<io::Error> for Error {
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
