//! `history`: what is read for it, and how it is printed.

use std::io::{self, BufWriter};
use std::path::Path;

use wildmatch::WildMatch;

use super::users::HostUsers;
use super::{rules, sources};
use crate::config::{History, HistoryFormat, Settings};
use crate::history::{self, Each, Error, Format, Input, Query, Reader};
use crate::memory::Memory;
use crate::pipeline::now;

pub(super) fn history(asked: &History, settings: &Settings) -> Result<(), String> {
    super::log::start(settings.log);
    let policy = rules::policy(settings)?;
    let query = query(asked, settings);
    let zone = settings.auth_log.time_zone.clone();
    let memory = Memory::new(sources::memory_limits(settings));
    let mut reader = Reader::new(memory, zone, Box::<HostUsers>::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start the runtime: {error}"))?;
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let read = |each: Each<'_>| {
        match asked.files.is_empty() {
            true => runtime.block_on(sources::read_all(settings, &mut reader, each))?,
            false => reader.inputs(asked.files.iter().map(|file| input(file)).collect(), each)?,
        }
        reader.finish(each)?;
        Ok(reader.sessions())
    };
    match history::print(read, &query, &policy, &mut out) {
        // A reader that stops reading (`| head`) is no error.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|error| error.to_string()),
    }
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
