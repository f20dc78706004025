//! `history`: what is read for it, and how it is printed.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use wildmatch::WildMatch;

use super::users::HostUsers;
use super::{rules, sources};
use crate::config::{History, HistoryFormat, Settings};
use crate::history::{self, Each, Error, Format, Input, Query, Reader, Unread};
use crate::memory::Memory;
use crate::pipeline::now;

/// Not all that was named could be read; the rest was printed.
const SOME_UNREADABLE: u8 = 2;

/// Prints what was asked for. What could not be read is told on standard error.
pub(super) fn history(asked: &History, settings: &Settings) -> Result<ExitCode, String> {
    super::log::start(settings.log);
    let policy = rules::policy(settings)?;
    let query = query(asked, settings);
    let zone = settings.auth_log.time_zone.clone();
    let memory = Memory::new(sources::memory_limits(settings));
    let mut reader = Reader::new(memory, zone, Box::new(HostUsers::of_any(settings)));
    if asked.unrecognized {
        reader = reader.by_shape();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start the runtime: {error}"))?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut read = |each: Each<'_>| {
        match asked.files.is_empty() {
            true => runtime.block_on(sources::read_all(settings, &mut reader, each))?,
            false => reader.inputs(asked.files.iter().map(|file| input(file)).collect(), each)?,
        }
        reader.finish(each)?;
        Ok(reader.sessions())
    };
    let printed = match asked.unrecognized {
        true => read(&mut |_| Ok(())).map(drop),
        false => history::print(read, &query, &policy, &mut out),
    };
    let printed = printed.and_then(|()| match asked.unrecognized {
        true => Ok(shapes(reader.unread(), &mut out)?),
        false => Ok(()),
    });
    tell(reader.unread().sentences());
    tell(reader.failed().iter().map(ToString::to_string));
    match printed {
        // A reader that stops reading (`| head`) is no error.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            // Not even the head of a table stands before what is wrong.
            drop(out.into_parts());
            return Err(error.to_string());
        }
        Ok(()) => {}
    }
    let all = reader.failed().is_empty();
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(SOME_UNREADABLE) })
}

/// A closed standard error changes nothing.
fn tell(sentences: impl IntoIterator<Item = String>) {
    for sentence in sentences {
        let _ = writeln!(io::stderr(), "login_exporter: {sentence}");
    }
}

/// Each shape of a line that no rule knew, with how often it was there.
fn shapes(unread: &Unread, out: &mut impl Write) -> io::Result<()> {
    for (count, program, shape) in unread.shapes() {
        writeln!(out, "{count:>8}  {program:<12}  {shape}")?;
    }
    out.flush()
}

fn input(file: &Path) -> Input {
    if file == Path::new("-") { Input::StandardInput } else { Input::Path(file.to_owned()) }
}

fn query(asked: &History, settings: &Settings) -> Query {
    let zone = &settings.auth_log.time_zone;
    Query {
        since: asked.since.map(|since| since.time(now(), zone)),
        until: asked.until.map(|until| until.time(now(), zone)),
        users: asked.users.iter().map(|user| WildMatch::new(user)).collect(),
        format: match asked.format {
            HistoryFormat::Table => Format::Table,
            HistoryFormat::Json => Format::Json,
            HistoryFormat::Csv => Format::Csv,
            HistoryFormat::Prometheus => Format::Prometheus,
        },
        explain: asked.explain,
        by_time: asked.files.len() != 1,
        series_per_family: settings.limits.series_per_family,
    }
}
