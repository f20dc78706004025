//! Whether a process can be the program that it says it is, by what the kernel tells of it.

use super::Surroundings;
use crate::programs::{ANY, FOLDERS, Program};
use crate::record::JournalEntry;

/// Whether neither `_COMM` nor `_EXE` contradicts. Missing ones do not: programs that end soon
/// often lack them.
pub(super) fn may_be(
    program: &Program,
    entry: &JournalEntry<'_>,
    surroundings: &Surroundings,
) -> bool {
    program.processes == ANY
        || entry.comm.is_none_or(|comm| has_name(program, comm, cut, surroundings))
            && entry.exe.is_none_or(|exe| may_be_file(program, exe, surroundings))
}

fn may_be_file(program: &Program, exe: &str, surroundings: &Surroundings) -> bool {
    // An update replaces the file under a program that runs.
    let exe = exe.strip_suffix(" (deleted)").unwrap_or(exe);
    let Some((folder, name)) = exe.rsplit_once('/') else { return false };
    let by_distribution = FOLDERS.iter().chain(program.folders).any(|known| is_in(folder, known));
    let added = |known: &String| {
        folder.strip_prefix(&**known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    has_name(program, unwrapped(name), |name| name, surroundings)
        && (by_distribution || surroundings.folders.iter().any(added))
}

/// A known folder with a slash at its end holds versions of what it holds.
fn is_in(folder: &str, known: &str) -> bool {
    folder == known || known.ends_with('/') && folder.starts_with(known)
}

/// `.sshd-wrapped` is what NixOS calls a program that it starts from a script of its name.
fn unwrapped(name: &str) -> &str {
    name.strip_prefix('.').and_then(|name| name.strip_suffix("-wrapped")).unwrap_or(name)
}

/// `sshd-session.pam` is a build of sshd-session.
fn has_name(
    program: &Program,
    name: &str,
    shown: impl Fn(&str) -> &str,
    surroundings: &Surroundings,
) -> bool {
    let is = |known: &str| match known {
        // systemd's children before they run what they are for.
        "(" => name.starts_with('('),
        known => {
            shown(known) == name
                || name.split_once('.').is_some_and(|(build_of, _)| build_of == known)
        }
    };
    program.tags.iter().chain(program.processes).any(|known| is(known))
        || surroundings.names.has(program, is)
}

/// The kernel keeps the first 15 bytes of a name.
fn cut(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}
