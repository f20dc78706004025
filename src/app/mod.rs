//! Wiring and shutdown: from arguments to an exit code.

mod history;
mod log;
mod needs;
mod rules;
mod serve;
mod service;
mod sources;
mod users;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::{Command, CommandLine, Environment, Exit};
use crate::web::Server;

/// Does what the arguments (the program's own name first) ask for. 0 on success, 1 with one clear
/// line on standard error otherwise; 2 where `history` could read some of its inputs only.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match dispatch(arguments) {
        Ok(code) => code,
        Err(message) => {
            // A closed standard error changes nothing about the exit code.
            let _ = writeln!(io::stderr(), "login_exporter: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: impl IntoIterator<Item = OsString>) -> Result<ExitCode, String> {
    let environment = Environment::of_process();
    let line = match CommandLine::parse(arguments) {
        Ok(line) => line,
        Err(Exit::Text(text)) => return print(&text).map(|()| ExitCode::SUCCESS),
        Err(Exit::Wrong(problems)) => return Err(problems.to_string()),
    };
    let settings = line.settings(&environment).map_err(|problems| problems.to_string())?;
    match &line.command {
        Command::Serve => serve::serve(&line, settings, &environment).map(|()| ExitCode::SUCCESS),
        Command::History(asked) => history::history(asked, &settings),
        Command::CheckConfig => {
            let web = Server::check(&serve::web_options(&settings));
            let more = web.map_err(|error| error.to_string())?;
            let shown = line.check(&environment, more).map_err(|problems| problems.to_string())?;
            print(&shown).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// A reader that stops reading (`| head`) is no error.
fn print(text: &str) -> Result<(), String> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write to standard output: {error}"))
        }
        _ => Ok(()),
    }
}
