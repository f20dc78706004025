//! The man page and the completions of shells: `--help` in other forms.
//!
//! Owns the flags that print them, by the names that Prometheus's own programs give them. They are
//! hidden from `--help`: packages ask for them, people read what packages install.

use clap::{Arg, ArgAction, ArgMatches, Command};
use clap_complete::Shell;

/// A flag, and what it prints.
const DOCUMENTS: [(&str, Document); 4] = [
    ("help-man", Document::Man),
    ("completion-script-bash", Document::Completion(Shell::Bash)),
    ("completion-script-zsh", Document::Completion(Shell::Zsh)),
    ("completion-script-fish", Document::Completion(Shell::Fish)),
];

#[derive(Clone, Copy)]
enum Document {
    /// roff, section 1; the subcommands' flags stand in the same page.
    Man,
    Completion(Shell),
}

/// The same program, which takes these flags too.
pub(super) fn with_documents(program: Command) -> Command {
    DOCUMENTS.iter().fold(program, |program, (name, _)| {
        program.arg(Arg::new(*name).long(*name).action(ArgAction::SetTrue).hide(true))
    })
}

/// What the flag among these arguments asks for, if one does.
pub(super) fn asked(matches: &ArgMatches, program: fn() -> Command) -> Option<String> {
    let (_, document) = DOCUMENTS.iter().find(|(name, _)| matches.get_flag(name))?;
    let mut program = program();
    program.build();
    Some(match document {
        Document::Man => man(program),
        Document::Completion(shell) => completion(*shell, &mut program),
    })
}

/// One page for all: the program's, then a section for each command with flags of its own.
fn man(program: Command) -> String {
    let mut page = Vec::new();
    // A vector takes whatever is written to it.
    let _ = render(program, &mut page);
    String::from_utf8_lossy(&page).into_owned()
}

fn render(program: Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    let commands: Vec<Command> = program.get_subcommands().cloned().collect();
    let man = clap_mangen::Man::new(program);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    for command in commands.into_iter().filter(|command| command.get_name() != "help") {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let heading = format!(".SH COMMAND {}\n{about}.\n", command.get_name().to_uppercase());
        page.extend_from_slice(heading.as_bytes());
        clap_mangen::Man::new(without_globals(command)).render_options_section(page)?;
    }
    man.render_options_section(page)?;
    man.render_version_section(page)
}

/// The flags that every subcommand takes stand once in the page, in the program's own part.
fn without_globals(subcommand: Command) -> Command {
    subcommand.mut_args(|arg| {
        let hidden = arg.is_global_set() || matches!(arg.get_action(), ArgAction::Help);
        arg.hide(hidden)
    })
}

fn completion(shell: Shell, program: &mut Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, program, "login_exporter", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
