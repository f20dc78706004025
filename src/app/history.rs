//! `history`: what is read for it, and how it is printed.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use super::users::HostUsers;
use super::{rules, sources};
use crate::config::{Colour, History, HistoryFormat, Settings};
use crate::history::{
    self, Each, Error, Input, Item, Kept, Look, Outcome, Query, Reader, Searched, Unread,
};
use crate::host::Host;
use crate::memory::Memory;
use crate::pipeline::now;
use crate::policy::Policy;
use crate::policy::privacy::Show;
use crate::row::rfc3339;

/// Where the shipped unit keeps it.
const SERVICE_ARCHIVE: &str = "/var/lib/login_exporter/archive";

/// Not all that was named could be read; the rest was printed.
const SOME_UNREADABLE: u8 = 2;

/// After so long a person wonders what is going on.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often the archive is looked at for more.
const LOOK: Duration = Duration::from_millis(500);

/// Prints what was asked for. What could not be read is told on standard error.
pub(super) fn history(asked: &History, settings: &Settings) -> Result<ExitCode, String> {
    super::log::start(settings.log);
    if asked.follow && (!asked.files.is_empty() || asked.summary) {
        return Err(
            "--follow: it follows the archive: leave out the files and --summary".to_owned()
        );
    }
    match printed(asked, settings) {
        // A reader that stops reading (`| head`) is no error.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        done => done.map_err(|error| error.to_string()),
    }
}

fn printed(asked: &History, settings: &Settings) -> Result<ExitCode, Error> {
    let progress = Progress::new();
    let lines = Clearing { out: io::stdout().lock(), progress: &progress };
    let mut out = BufWriter::with_capacity(1 << 16, lines);
    let done = answered(asked, settings, &progress, &mut out);
    if done.is_err() {
        // Not even the head of a table stands before what is wrong.
        drop(out.into_parts());
    }
    done
}

fn answered(
    asked: &History,
    settings: &Settings,
    progress: &Progress,
    out: &mut impl Write,
) -> Result<ExitCode, Error> {
    let policy = rules::policy(settings).map_err(Error::Settings)?;
    let mut query = query(asked, settings);
    ask_by_hash(&mut query, &policy);
    let mut searched = String::new();
    let mut all_read = true;
    let found = match archive(asked, settings)? {
        Some((dir, mut kept)) => {
            let mut seen = None;
            let read = |each: Each<'_>| {
                let looked = kept.read(&query, &mut |what| progress.tell(what), each)?;
                seen = Some(looked);
                Ok(Vec::new())
            };
            let found = history::print(read, &query, &policy, out)?;
            progress.end();
            if asked.follow {
                tell(found.sentence());
                return follow(&mut kept, query, &policy, out);
            }
            searched = seen.map(|looked| archive_words(&dir, &looked)).unwrap_or_default();
            found
        }
        None if asked.follow => {
            return Err(Error::Settings(
                "--follow: there is no archive yet: run serve, or name its folder with --archive.dir"
                    .to_owned(),
            ));
        }
        None => {
            let asked = Asked { asked, settings, progress };
            let (found, whole) = logs(&asked, &query, &policy, &mut searched, out)?;
            all_read = whole;
            found
        }
    };
    tell(found.sentence());
    if found.events == 0 && query.asked.format == HistoryFormat::Table {
        tell_nothing(&query, &searched);
    }
    let all_read = all_read && found.unreadable == 0;
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::from(SOME_UNREADABLE) })
}

/// The archive, where no file is named and there is one.
fn archive(asked: &History, settings: &Settings) -> Result<Option<(PathBuf, Kept)>, Error> {
    let named = asked.unrecognized || !asked.files.is_empty() || !settings.auth_logs.is_empty();
    let elsewhere = named || !settings.cloudtrail.paths.is_empty();
    let Some(dir) = settings.archive.dir.clone().filter(|_| !elsewhere) else { return Ok(None) };
    // A person who asks has another state folder than the service, whose is the usual one.
    let usual = (dir == settings.state_dir.join("archive")).then(|| PathBuf::from(SERVICE_ARCHIVE));
    for dir in std::iter::once(dir).chain(usual) {
        if let Some(kept) = Kept::open(&dir)? {
            return Ok(Some((dir, kept)));
        }
    }
    Ok(None)
}

fn archive_words(dir: &Path, looked: &Searched) -> String {
    let days = match &looked.days {
        Some((first, last)) => format!(", which has {first} to {last}"),
        None => String::new(),
    };
    format!("the archive {}{days} ({} files looked at)", dir.display(), looked.files)
}

/// What is asked for, of what, and how a person is told of it meanwhile.
struct Asked<'a> {
    asked: &'a History,
    settings: &'a Settings,
    progress: &'a Progress,
}

fn logs(
    &Asked { asked, settings, progress }: &Asked<'_>,
    query: &Query,
    policy: &Policy,
    searched: &mut String,
    out: &mut impl Write,
) -> Result<(Outcome, bool), Error> {
    let zone = settings.auth_log.time_zone.clone();
    let memory = Memory::new(sources::memory_limits(settings));
    let users = Box::new(HostUsers::of_any(settings));
    let mut reader = Reader::new(memory, zone, users).with_doors(settings.cloudtrail.doors);
    if asked.unrecognized {
        reader = reader.by_shape();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Error::Settings(format!("cannot start the runtime: {error}")))?;
    *searched = match asked.files.is_empty() {
        true => "what serve would read".to_owned(),
        false => asked.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", "),
    };
    let what = searched.clone();
    let mut read = |each: Each<'_>| {
        let mut telling = |item: Item<'_>| {
            progress.tell_of(&what, &item);
            each(item)
        };
        let each: Each<'_> = if progress.is_seen() { &mut telling } else { each };
        match asked.files.is_empty() {
            true => runtime.block_on(sources::read_all(settings, &mut reader, each))?,
            false => {
                reader.inputs(distinct(&asked.files).map(|file| input(file)).collect(), each)?
            }
        }
        reader.finish(each)?;
        progress.end();
        Ok(reader.sessions())
    };
    let printed = match asked.unrecognized {
        true => read(&mut |_| Ok(())).map(|_| Outcome { events: 1, unreadable: 0 }),
        false => history::print(read, query, policy, out),
    };
    let printed = printed.and_then(|found| {
        if asked.unrecognized {
            shapes(reader.unread(), out)?;
        }
        Ok(found)
    });
    // An input that cannot be read says so itself.
    if printed.is_ok() {
        tell(reader.unread().sentences());
    }
    tell(reader.failed().iter().map(ToString::to_string));
    Ok((printed?, reader.failed().is_empty()))
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

/// Prints what is archived from now on, for ever.
fn follow(
    kept: &mut Kept,
    query: Query,
    policy: &Policy,
    out: &mut impl Write,
) -> Result<ExitCode, Error> {
    // The header stands above already, and all that comes is wanted.
    let asked = History { last: None, ..query.asked };
    let query = Query { asked, headless: true, ..query };
    loop {
        std::thread::sleep(LOOK);
        let read = |each: Each<'_>| kept.follow(each).map(|()| Vec::new());
        tell(history::print(read, &query, policy, out)?.sentence());
    }
}

/// On standard error, where a person looks and no program.
fn tell_nothing(query: &Query, searched: &str) {
    let words = query.words();
    let words =
        if words.is_empty() { String::new() } else { format!(" of what is asked for ({words})") };
    let _ = writeln!(io::stderr(), "nothing found{words} in {searched}");
}

/// Tells a person what is being read, once it takes long, until rows come on the same terminal.
struct Progress {
    began: Instant,
    /// When it is to be told next; `None` where nobody sees it.
    next: Cell<Option<Instant>>,
    told: Cell<bool>,
    /// Rows go to a terminal too.
    rows_shown: bool,
}

impl Progress {
    fn new() -> Progress {
        let began = Instant::now();
        Progress {
            began,
            next: Cell::new(io::stderr().is_terminal().then(|| began + PATIENCE)),
            told: Cell::new(false),
            rows_shown: io::stdout().is_terminal(),
        }
    }

    fn is_seen(&self) -> bool {
        self.next.get().is_some()
    }

    fn tell(&self, what: &str) {
        let now = Instant::now();
        if self.next.get().is_some_and(|next| now >= next) {
            self.next.set(Some(now + LOOK));
            self.told.set(true);
            let seconds = (now - self.began).as_secs();
            let _ = write!(io::stderr(), "\r\u{1b}[Kreading {what}, {seconds} s");
        }
    }

    /// How far it is, by the newest event.
    fn tell_of(&self, what: &str, item: &Item<'_>) {
        let Item::Counted(counted) = item else { return };
        if self.next.get().is_some_and(|next| Instant::now() >= next) {
            self.tell(&format!("{what}: up to {}", rfc3339(counted.event.time)));
        }
    }

    fn end(&self) {
        if self.told.replace(false) {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }

    fn rows_come(&self) {
        self.end();
        if self.rows_shown {
            self.next.set(None);
        }
    }
}

/// Standard output, which takes the progress away before the first row.
struct Clearing<'p, W> {
    out: W,
    progress: &'p Progress,
}

impl<W: Write> Write for Clearing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.rows_come();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A file that is named twice, by a link too, is read once.
fn distinct(files: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    let mut seen = HashSet::new();
    files.iter().filter(move |file| match std::fs::metadata(file) {
        Ok(file) if file.is_file() => seen.insert((file.dev(), file.ino())),
        _ => true,
    })
}

fn input(file: &Path) -> Input {
    if file == Path::new("-") { Input::StandardInput } else { Input::Path(file.to_owned()) }
}

fn query(asked: &History, settings: &Settings) -> Query {
    let zone = &settings.auth_log.time_zone;
    Query {
        since: asked.since.map(|since| since.time(now(), zone)),
        until: asked.until.map(|until| until.time(now(), zone)),
        headless: false,
        series_per_family: settings.limits.series_per_family,
        look: look(asked),
        asked: asked.clone(),
    }
}

/// An archive that holds hashes is asked by them; a glob cannot be.
fn ask_by_hash(query: &mut Query, policy: &Policy) {
    let archive = policy.privacy.views.archive;
    let by_hash = |show| show == Show::Hash;
    let ask = |names: &mut Vec<String>| {
        let hashes: Vec<_> = names.iter().filter_map(|name| policy.privacy.hash(name)).collect();
        names.extend(hashes);
    };
    if by_hash(archive.user) || by_hash(archive.identity) {
        ask(&mut query.asked.users);
    }
    if by_hash(archive.source) {
        ask(&mut query.asked.from);
    }
}

fn look(asked: &History) -> Look {
    let terminal = io::stdout().is_terminal();
    let columns = rustix::termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col.into());
    // Colour that is asked for goes to a person, by way of a pager.
    let for_person = terminal || asked.colour == Colour::Always;
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    Look {
        zone: if asked.utc || !for_person { TimeZone::UTC } else { TimeZone::system() },
        width: for_person.then(|| columns.filter(|columns| *columns > 0).unwrap_or(80)),
        colour: match asked.colour {
            Colour::Auto => terminal && !no_colour,
            Colour::Always => true,
            Colour::Never => false,
        },
        now: now(),
        host: Host::read(Path::new("/")).hostname,
    }
}
