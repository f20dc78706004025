//! The command line: what is to be done, and the settings that flags give.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::documents;
use super::error::{Problem, Problems};
use super::flags::{CONFIG_FILE, FLAGS, Flag, Shape};
use super::moment::Moment;
use super::settings::{Environment, Settings};
use super::tree::{Node, Origin, Value};
use super::values::choice;
use crate::event::{EventKind, Expected};
use crate::version;

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub enum Command {
    /// Follow, poll, serve.
    Serve,
    /// Print who came in.
    History(History),
    /// Say what is wrong with the settings, or print those in force.
    CheckConfig,
}

/// What `history` reads and how it prints. An empty list asks for everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The files named, `-` for standard input; empty for what `serve` would read.
    pub files: Vec<PathBuf>,
    pub since: Option<Moment>,
    pub until: Option<Moment>,
    /// Globs of accounts, or of the persons behind them.
    pub users: Vec<String>,
    /// Globs of events.
    pub events: Vec<String>,
    /// Addresses, networks or globs of host names.
    pub from: Vec<String>,
    /// Globs of hosts, with or without their domain.
    pub hosts: Vec<String>,
    /// `true`, `false` or `unset`.
    pub expected: Option<String>,
    /// Only so many, the newest.
    pub last: Option<usize>,
    pub format: HistoryFormat,
    /// Tell which rule fitted, or why none did.
    pub explain: bool,
    /// Print the kinds of lines that no rule knows, and no event.
    pub unrecognized: bool,
    /// Tell by user, address and day.
    pub summary: bool,
    /// Go on with what is archived from now on.
    pub follow: bool,
    /// Times in UTC on a terminal too.
    pub utc: bool,
    pub colour: Colour,
}

/// When the table is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    const ALL: [(&'static str, Colour); 3] =
        [("auto", Colour::Auto), ("always", Colour::Always), ("never", Colour::Never)];
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryFormat {
    #[default]
    Table,
    Json,
    Csv,
    /// The text of /metrics.
    Prometheus,
}

impl HistoryFormat {
    const ALL: [(&'static str, HistoryFormat); 4] = [
        ("table", HistoryFormat::Table),
        ("json", HistoryFormat::Json),
        ("csv", HistoryFormat::Csv),
        ("prometheus", HistoryFormat::Prometheus),
    ];
}

/// Why no command came out of the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// `--help` or `--version`: print it to standard output, exit code 0.
    Text(String),
    /// Print it to standard error, exit code 1.
    Wrong(Problems),
}

/// A command line that was understood. Settings can be read from it again and again, so that a
/// changed file takes effect.
#[derive(Clone, Debug)]
pub struct CommandLine {
    pub command: Command,
    config_file: Option<PathBuf>,
    flags: Vec<(&'static Flag, Node)>,
}

impl CommandLine {
    /// Reads the arguments, the program's own name first.
    pub fn parse<I, T>(arguments: I) -> Result<CommandLine, Exit>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let matches =
            documents::with_documents(parser()).try_get_matches_from(arguments).map_err(exit)?;
        if let Some(text) = documents::asked(&matches, parser) {
            return Err(Exit::Text(text));
        }
        let (command, named) = match matches.subcommand() {
            Some(("history", sub)) => (history(sub).map_err(Exit::Wrong)?, sub),
            Some(("check-config", sub)) => (Command::CheckConfig, sub),
            Some((_, sub)) => (Command::Serve, sub),
            None => (Command::Serve, &matches),
        };
        let flags = FLAGS.iter().filter_map(|flag| Some((flag, flag_value(flag, named)?)));
        let checked = match command {
            Command::CheckConfig => named.get_one::<PathBuf>("FILE").cloned(),
            _ => None,
        };
        let config_file =
            checked.or_else(|| named.get_one::<String>(CONFIG_FILE).map(PathBuf::from));
        Ok(CommandLine { command, config_file, flags: flags.collect() })
    }

    /// The file of settings that is named.
    pub fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref()
    }

    /// Reads the file, if one is named, and puts the flags over it.
    pub fn settings(&self, environment: &Environment) -> Result<Settings, Problems> {
        let mut tree = match &self.config_file {
            Some(path) => read_file(path)?,
            None => Node::empty(),
        };
        for (flag, node) in &self.flags {
            tree.set(flag.key, node.clone());
        }
        Settings::from_tree(&tree, self.config_file.clone(), environment)
    }

    /// What `check-config` prints: the settings in force as YAML, with comments that tell what is
    /// odd about them and the files they name, `more` of which comes from elsewhere. The error is
    /// what is wrong with them.
    pub fn check(&self, environment: &Environment, more: Vec<String>) -> Result<String, Problems> {
        let settings = self.settings(environment)?;
        let loaded = settings.rules()?;
        let doubts = settings.doubts(&loaded.rules);
        let warnings = loaded.warnings.into_iter().chain(doubts).chain(more);
        let comments: String = warnings.map(|w| format!("# warning: {w}\n")).collect();
        Ok(comments + &settings.to_yaml())
    }
}

fn read_file(path: &Path) -> Result<Node, Problems> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Problems::one(&name, format!("cannot read the settings: {error}; give a file that can be read, or leave out --config.file"))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|b| **b == b'\n').count() + 1;
        Problems::one(format!("{name}:{line}"), "is not UTF-8: save the file as UTF-8")
    })?;
    Node::from_yaml(&text).map_err(|(line, message)| {
        let place = line.map_or(name.clone(), |line| format!("{name}:{line}"));
        Problems::one(place, format!("is not YAML: {message}"))
    })
}

/// The value of a flag that was given, as the file would hold it.
fn flag_value(flag: &'static Flag, matches: &ArgMatches) -> Option<Node> {
    if flag.key.is_empty() {
        return None;
    }
    let node = |value| Node { value, origin: Origin::Flag(flag.name) };
    let text = |text: &String| node(Value::Text(text.clone()));
    match flag.shape {
        Shape::One => matches.get_one::<String>(flag.name).map(text),
        Shape::Many => {
            let values = matches.get_many::<String>(flag.name)?;
            Some(node(Value::List(values.map(text).collect())))
        }
        Shape::Switch => matches.get_flag(flag.name).then(|| text(&"true".to_owned())),
    }
}

fn history(matches: &ArgMatches) -> Result<Command, Problems> {
    let text = |name| matches.get_one::<String>(name).map(String::as_str);
    let moment = |name: &'static str| {
        text(name)
            .map(|t| Moment::parse(t).map_err(|m| Problems::one(format!("--{name}"), m)))
            .transpose()
    };
    let texts = |name| -> Vec<String> {
        matches.get_many(name).map(|values| values.cloned().collect()).unwrap_or_default()
    };
    let format = choice("format", &HistoryFormat::ALL)(text("format").unwrap_or("table"));
    let colour = choice("choice", &Colour::ALL)(text("color").unwrap_or("auto"));
    let expected = text("expected").map(|text| {
        let all: Vec<_> = Expected::ALL.iter().map(|e| (e.as_str(), e.as_str())).collect();
        let one = choice("verdict", &all)(text).map(str::to_owned);
        one.map_err(|message| Problems::one("--expected", message))
    });
    let last = text("last").map(|text| {
        let number = text.parse().map_err(|_| format!("{text:?} is not a whole number"));
        number.map_err(|message| Problems::one("-n", message))
    });
    let events = texts("event");
    if let Some(unknown) = events.iter().find(|event| !names_an_event(event)) {
        let names: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let message =
            format!("{unknown:?} is no event: {} is allowed, or a glob", names.join(", "));
        return Err(Problems::one("--event", message));
    }
    Ok(Command::History(History {
        files: matches.get_many("FILE").map(|v| v.cloned().collect()).unwrap_or_default(),
        since: moment("since")?,
        until: moment("until")?,
        users: texts("user"),
        events,
        from: texts("from"),
        hosts: texts("host"),
        expected: expected.transpose()?,
        last: last.transpose()?,
        format: format.map_err(|message| Problems::one("--format", message))?,
        explain: matches.get_flag("explain"),
        unrecognized: matches.get_flag("unrecognized"),
        summary: matches.get_flag("summary"),
        follow: matches.get_flag("follow"),
        utc: matches.get_flag("utc"),
        colour: colour.map_err(|message| Problems::one("--color", message))?,
    }))
}

fn names_an_event(glob: &str) -> bool {
    let glob = wildmatch::WildMatch::new(glob);
    EventKind::ALL.iter().any(|kind| glob.matches(kind.as_str()))
}

fn parser() -> clap::Command {
    let program = clap::Command::new("login_exporter")
        .version(version::TOLD)
        .about("Prometheus exporter of who logged in to this host, over SSH and through AWS Session Manager, and whether that was expected")
        .subcommand(clap::Command::new("serve").about("Follow, poll, serve [the default]"))
        .subcommand(history_parser())
        .subcommand(check_parser());
    FLAGS.iter().fold(program, |program, flag| program.arg(argument(flag)))
}

fn argument(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.name)
        .long(flag.name)
        .help(flag.help)
        .help_heading(flag.group.heading())
        .global(true);
    match flag.shape {
        Shape::Switch => arg.action(ArgAction::SetTrue),
        Shape::One => arg.value_name(flag.value).action(ArgAction::Set),
        Shape::Many => arg.value_name(flag.value).action(ArgAction::Append),
    }
}

fn history_parser() -> clap::Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("History")
    };
    let many = |name, value, help| option(name, value, help).action(ArgAction::Append);
    let switch = |name: &'static str, help: &'static str| {
        let arg = Arg::new(name).long(name).help(help).help_heading("History");
        arg.action(ArgAction::SetTrue)
    };
    clap::Command::new("history")
        .about("Print who came in: from files, from standard input, from the archive that serve keeps, or from what serve would read")
        .arg(
            Arg::new("FILE")
                .value_parser(value_parser!(PathBuf))
                .num_args(0..)
                .help("Logs, plain or .gz, CloudTrail JSON, days of an archive; - is standard input [default: the archive, else what serve would read]"),
        )
        .arg(option("since", "TIME", "From this time on: yesterday, today, 7d, 14:30, 2026-01-02, 2026-01-02T08:00, 2026-01-02T08:00:00Z"))
        .arg(option("until", "TIME", "Before this time"))
        .arg(many("user", "GLOB", "Only these accounts, or the persons behind them; may be repeated"))
        .arg(many("event", "GLOB", "Only these events, such as login_success or sudo_*; may be repeated"))
        .arg(many("from", "ADDRESS", "Only from this address, network (203.0.113.0/24) or name; may be repeated"))
        .arg(many("host", "GLOB", "Only on these hosts; may be repeated"))
        .arg(option("expected", "VERDICT", "Only what the rules say true or false of, or unset where there are none"))
        .arg(option("last", "NUMBER", "Only so many, the newest").short('n'))
        .arg(switch("follow", "Go on with what comes, from the archive").short('f'))
        .arg(switch("summary", "By user, by address and by day: how often, first and last, from how many places"))
        .arg(option("format", "FORMAT", "table, json, csv or prometheus [default: table]"))
        .arg(switch("explain", "Tell which rule expected it, or why none did"))
        .arg(switch("utc", "Times in UTC on a terminal too"))
        .arg(option("color", "WHEN", "auto, always or never [default: auto]"))
        .arg(switch("unrecognized", "Print instead what no rule knows: each kind of line once, with its count, without names and numbers"))
}

fn check_parser() -> clap::Command {
    clap::Command::new("check-config")
        .about("Say what is wrong with the settings, with line and key, or print those in force")
        .arg(
            Arg::new("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The file to check [default: that of --config.file]"),
        )
}

/// clap's errors in one line that names the argument and the remedy.
fn exit(error: clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Text(error.to_string()),
        _ => Exit::Wrong(Problems(vec![usage_problem(&error)])),
    }
}

fn usage_problem(error: &clap::Error) -> Problem {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let argument = context(ContextKind::InvalidArg);
    let name = argument.split([' ', '=']).next().unwrap_or_default().to_owned();
    let hint = match context(ContextKind::SuggestedArg) {
        meant if meant.is_empty() => String::new(),
        meant => format!("did you mean {meant}? "),
    };
    let message = match error.kind() {
        ErrorKind::UnknownArgument => {
            format!("unknown argument: {hint}--help lists what is allowed")
        }
        ErrorKind::InvalidSubcommand => {
            return Problem {
                place: context(ContextKind::InvalidSubcommand),
                message: "unknown command: serve, history or check-config is allowed".to_owned(),
            };
        }
        ErrorKind::ArgumentConflict => "stands more than once: keep one".to_owned(),
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_empty() => {
            "needs a value behind it".to_owned()
        }
        ErrorKind::TooManyValues => "takes no value".to_owned(),
        ErrorKind::InvalidUtf8 => {
            return Problem {
                place: "arguments".to_owned(),
                message: "are not UTF-8: write flags in UTF-8".to_owned(),
            };
        }
        _ => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    Problem { place: name, message }
}
