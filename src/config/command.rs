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

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Follow, poll, serve.
    Serve,
    /// Print who came in.
    History(History),
    /// Say what is wrong with the settings, or print those in force.
    CheckConfig,
}

/// What `history` reads and how it prints.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The files named, `-` for standard input; empty for what `serve` would read.
    pub files: Vec<PathBuf>,
    pub since: Option<Moment>,
    pub until: Option<Moment>,
    /// Globs of accounts; empty for all.
    pub users: Vec<String>,
    pub format: HistoryFormat,
    /// Tell which rule fitted, or why none did.
    pub explain: bool,
    /// Print the kinds of lines that no rule knows, and no event.
    pub unrecognized: bool,
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
    /// odd about the files they name. The error is what is wrong with them.
    pub fn check(&self, environment: &Environment) -> Result<String, Problems> {
        let settings = self.settings(environment)?;
        let warnings = settings.rules()?.warnings;
        let comments: String = warnings.iter().map(|w| format!("# warning: {w}\n")).collect();
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
    let format = choice("format", &HistoryFormat::ALL)(text("format").unwrap_or("table"));
    Ok(Command::History(History {
        files: matches.get_many("FILE").map(|v| v.cloned().collect()).unwrap_or_default(),
        since: moment("since")?,
        until: moment("until")?,
        users: matches.get_many("user").map(|v| v.cloned().collect()).unwrap_or_default(),
        format: format.map_err(|message| Problems::one("--format", message))?,
        explain: matches.get_flag("explain"),
        unrecognized: matches.get_flag("unrecognized"),
    }))
}

fn parser() -> clap::Command {
    let program = clap::Command::new("login_exporter")
        .version(env!("CARGO_PKG_VERSION"))
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
    clap::Command::new("history")
        .about("Print who came in: from files, from standard input, or from what serve would read")
        .arg(
            Arg::new("FILE")
                .value_parser(value_parser!(PathBuf))
                .num_args(0..)
                .help("Logs, plain or .gz, and CloudTrail JSON; - is standard input [default: what serve would read]"),
        )
        .arg(option("since", "TIME", "From this time on: 2026-01-02, 2026-01-02T08:00, 2026-01-02T08:00:00Z, or 24h for a day ago"))
        .arg(option("until", "TIME", "Before this time"))
        .arg(option("user", "GLOB", "Only these accounts; may be repeated").action(ArgAction::Append))
        .arg(option("format", "FORMAT", "table, json, csv or prometheus [default: table]"))
        .arg(
            Arg::new("explain")
                .long("explain")
                .help("Tell which rule expected it, or why none did")
                .help_heading("History")
                .action(ArgAction::SetTrue),
        )
        .arg(
            Arg::new("unrecognized")
                .long("unrecognized")
                .help("Print instead what no rule knows: each kind of line once, with its count, without names and numbers")
                .help_heading("History")
                .action(ArgAction::SetTrue),
        )
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
