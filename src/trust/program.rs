//! Whether a process can be the program that it says it is, by what the kernel tells of it.

use super::Surroundings;
use crate::programs::{ANY, FOLDERS, Program};
use crate::record::JournalEntry;

/// Whether neither `_COMM` nor `_EXE` contradicts. Missing ones do not: programs that end soon
/// often lack them. The process of root may have become what it lets people run meanwhile.
pub(super) fn may_be(
    program: &Program,
    entry: &JournalEntry<'_>,
    surroundings: &Surroundings,
) -> bool {
    let named = entry.comm.is_none_or(|comm| has_name(program, comm, cut, surroundings));
    let file = entry.exe.map_or(File::Right, |exe| file(program, exe, surroundings));
    program.processes == ANY
        || named && file == File::Right
        || entry.uid == Some(0) && has_become(program, entry, named, file)
}

/// What the file that runs says of a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum File {
    Right,
    /// It has the program's name and lies where no distribution has it.
    Elsewhere,
    Another,
}

fn file(program: &Program, exe: &str, surroundings: &Surroundings) -> File {
    // An update replaces the file under a program that runs.
    let exe = exe.strip_suffix(" (deleted)").unwrap_or(exe);
    let Some((folder, name)) = exe.rsplit_once('/') else { return File::Another };
    let by_distribution = FOLDERS.iter().chain(program.folders).any(|known| is_in(folder, known));
    let added = |known: &String| {
        folder.strip_prefix(&**known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match has_name(program, unwrapped(name), |name| name, surroundings) {
        false => File::Another,
        true if by_distribution || surroundings.folders.iter().any(added) => File::Right,
        true => File::Elsewhere,
    }
}

/// journald looks at the process when it reads what that wrote. pkexec and login run what they are
/// for in the same process: `_COMM=true` beside `_EXE=/usr/bin/pkexec`, `_COMM=login` beside
/// `_EXE=/usr/bin/bash` (Debian 12, 13 and unstable under load). Both at once are believed of a
/// shell only, which writes no log.
fn has_become(program: &Program, entry: &JournalEntry<'_>, named: bool, file: File) -> bool {
    let is_shell = |name: &str| program.becomes.contains(&name);
    let runs_shell = entry.exe.or(entry.comm).is_some_and(|exe| match exe.rsplit_once('/') {
        Some((folder, name)) => is_shell(name) && FOLDERS.iter().any(|known| is_in(folder, known)),
        None => is_shell(exe),
    });
    !program.becomes.is_empty()
        && match (named, file) {
            (_, File::Elsewhere) => false,
            (true, _) => true,
            (false, File::Right) => entry.exe.is_some() || runs_shell,
            (false, File::Another) => runs_shell,
        }
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

/// The kernel names a process after the file that was asked for, also where that is a link or a
/// script.
pub(super) fn has_become_command(
    program: &Program,
    entry: &JournalEntry<'_>,
    command: Option<&str>,
) -> bool {
    let path = command.map(|command| command.split(' ').next().unwrap_or_default());
    let name = path.map(|path| path.rsplit_once('/').map_or(path, |(_, name)| name));
    program.becomes == ANY && entry.comm.is_some() && entry.comm == name.map(cut)
}

/// The kernel keeps the first 15 bytes of a name.
fn cut(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}
