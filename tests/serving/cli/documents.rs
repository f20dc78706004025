//! Man page and completions, as a package installs them.

use std::io::Write;
use std::process::{Command, Stdio};

use super::printed;

/// Every long flag that a text names.
fn flags(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| word.len() > 2)
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_man_page_names_every_flag_of_help() {
    let page = printed(&["--help-man"]).replace("\\-", "-");
    let missing: Vec<String> = ["--help", "history --help", "check-config --help"]
        .into_iter()
        .flat_map(|help| flags(&printed(&help.split(' ').collect::<Vec<_>>())))
        .filter(|flag| !page.contains(flag.as_str()))
        .collect();
    assert!(missing.is_empty(), "the man page lacks {missing:?}");
    assert!(page.starts_with(".ie"), "roff begins with its preamble: {:?}", &page[..40]);
}

#[test]
fn the_flags_that_print_documents_are_not_in_the_way_of_people() {
    let help = printed(&["--help"]);
    assert!(!help.contains("completion-script") && !help.contains("help-man"), "{help}");
}

#[test]
fn bash_completes_commands_and_flags() {
    let script = printed(&["--completion-script-bash"]);
    let asked = "
        COMP_WORDS=(login_exporter history --unt); COMP_CWORD=2
        _login_exporter login_exporter --unt history; printf '%s\\n' \"${COMPREPLY[@]}\"
        COMP_WORDS=(login_exporter che); COMP_CWORD=1
        _login_exporter login_exporter che login_exporter; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash")
        .args(["--norc", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    write!(bash.stdin.take().unwrap(), "{script}\n{asked}\n").unwrap();
    let output = bash.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["--until", "check-config"]);
}

#[test]
fn zsh_and_fish_have_completions_of_the_same_flags() {
    for shell in ["zsh", "fish"] {
        let script = printed(&[&*format!("--completion-script-{shell}")]);
        for word in ["history", "check-config", "auth-log.path", "until"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
}
