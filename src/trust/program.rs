//! What is known of a program that writes to the log: as whom it runs, and under which names.

use crate::record::JournalEntry;

/// As whom a program runs when it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// root starts it.
    AsRoot,
    /// A user starts it, and it has root's rights: its real user ID is that user's. So does what
    /// writes as the user himself: a screen locker, a user's service manager.
    ForUser,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Program<'a> {
    pub runs: Runs,
    /// The names that `_COMM` and `_EXE` may bear; none where any may.
    names: Names<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Names<'a> {
    Any,
    Own(&'a str),
    Of(&'static [&'static str]),
}

/// shadow's and util-linux's tools for accounts, each writing under its own name.
const ROOTS_TOOLS: &[&str] = &[
    "useradd",
    "userdel",
    "usermod",
    "groupadd",
    "groupdel",
    "groupmod",
    "groupmems",
    "newusers",
    "chpasswd",
    "chgpasswd",
    "vipw",
    "pwck",
    "grpck",
];

/// Those of them that every user may run.
const USERS_TOOLS: &[&str] = &["passwd", "gpasswd", "chage", "chfn", "chsh", "newgrp", "sg"];

impl<'a> Program<'a> {
    /// By the name that is the label `program`.
    pub(super) fn named(name: &'a str) -> Self {
        let (runs, names) = match name {
            "sshd" => (Runs::AsRoot, Names::Of(&["sshd", "sshd-session", "sshd-auth"])),
            "login" => (Runs::AsRoot, Names::Of(&["login", "busybox"])),
            "cron" => (Runs::AsRoot, Names::Of(&["cron", "crond", "CRON", "busybox"])),
            "logind" | "systemd-logind" => (Runs::AsRoot, Names::Of(&["systemd-logind"])),
            "systemd-journald" => (Runs::AsRoot, Names::Of(&["systemd-journald"])),
            "rsyslogd" => (Runs::AsRoot, Names::Of(&["rsyslogd", "rs:main Q:Reg", "in:imjournal"])),
            "gdm" | "lightdm" | "sddm" | "cockpit" => (Runs::AsRoot, Names::Any),
            "sudo" => (Runs::ForUser, Names::Of(&["sudo", "sudoedit", "sudo-rs"])),
            "su" => (Runs::ForUser, Names::Of(&["su", "busybox"])),
            _ if ROOTS_TOOLS.contains(&name) => (Runs::AsRoot, Names::Own(name)),
            _ if USERS_TOOLS.contains(&name) => (Runs::ForUser, Names::Own(name)),
            _ => (Runs::ForUser, Names::Any),
        };
        Program { runs, names }
    }

    /// Whether neither `_COMM` nor `_EXE` contradicts. Missing ones do not.
    pub(super) fn may_be(self, entry: &JournalEntry<'_>) -> bool {
        entry.comm.is_none_or(|comm| self.has_name(comm, cut))
            && entry.exe.is_none_or(|exe| self.has_name(file_name(exe), |name| name))
    }

    fn has_name(self, name: &str, shown: impl Fn(&str) -> &str) -> bool {
        match self.names {
            Names::Any => true,
            Names::Own(own) => shown(own) == name,
            Names::Of(names) => names.iter().any(|known| shown(known) == name),
        }
    }
}

/// The kernel keeps the first 15 bytes of a name.
fn cut(name: &str) -> &str {
    name.get(..15).unwrap_or(name)
}

/// An update replaces the file under a program that runs.
fn file_name(exe: &str) -> &str {
    let exe = exe.strip_suffix(" (deleted)").unwrap_or(exe);
    exe.rsplit('/').next().unwrap_or(exe)
}
