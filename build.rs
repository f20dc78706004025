//! Tells the program from which revision it is built: the one that the builder names
//! (`LOGIN_EXPORTER_REVISION`), else the one that cargo wrote into the archive of a published
//! version, else git's. It asks no network, and where none of them knows, there is none.
use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LOGIN_EXPORTER_REVISION");
    let revision = named().or_else(packed).or_else(of_git).unwrap_or_default();
    println!("cargo::rustc-env=LOGIN_EXPORTER_REVISION={revision}");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let told =
        if revision.is_empty() { version } else { format!("{version} (revision {revision})") };
    println!("cargo::rustc-env=LOGIN_EXPORTER_TOLD={told}");
}

fn named() -> Option<String> {
    env::var("LOGIN_EXPORTER_REVISION").ok().filter(|name| !name.is_empty())
}

/// `{"git": {"sha1": "…"}}`, as `cargo package` writes it.
fn packed() -> Option<String> {
    let told = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, rest) = told.split_once("\"sha1\"")?;
    rest.split('"').nth(1).map(str::to_owned)
}

/// The commit, with `-dirty` where the files are not its own. A development build has none: a commit
/// would compile the whole crate anew. Of a git folder around this one nothing is told.
fn of_git() -> Option<String> {
    let root = env::current_dir().ok()?;
    let is_own = || Some(Path::new(&git(&["rev-parse", "--show-toplevel"])?) == root.as_path());
    if env::var("PROFILE").as_deref() == Ok("debug") || !is_own()? {
        return None;
    }
    // Git appends to this file whenever another commit is looked at, whatever it is called.
    let history = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    for path in [&history, "Cargo.toml", "Cargo.lock", "src"] {
        println!("cargo::rerun-if-changed={path}");
    }
    git(&["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned()).filter(|said| !said.is_empty())
}
