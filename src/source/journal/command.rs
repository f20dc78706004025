//! journalctl, as it is called.
//!
//! Three things about it were measured with systemd 252 and shape the calls:
//! - `--follow` shows the current boot only, with a cursor too, unless `--merge` is given. With it
//!   come the journals of other machines, which `_MACHINE_ID=` keeps out.
//! - `--after-cursor` of an entry that is gone skips another one. So the entry of the cursor itself
//!   is asked for; that it comes first shows that nothing is missing.
//! - Without `--no-tail` a follower begins at the last ten entries.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::export::{self, FIELDS};
use super::trouble::{self, Failure};
use crate::event::Time;
use crate::record::JournalEntry;

/// `auth` and `authpriv`.
const FACILITIES: [&str; 2] = ["SYSLOG_FACILITY=4", "SYSLOG_FACILITY=10"];

/// journald's notes that it dropped messages (`SD_MESSAGE_JOURNAL_DROPPED`).
const DROPPED: &str = "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e";

/// So many bytes of the first entries are enough.
const FIRST_ENTRIES: usize = 1 << 20;

/// What journalctl says to a user who sees only the entries of his own.
const HIDDEN: &str = "not seeing messages from other users";

/// Which journal is read, by which program.
#[derive(Clone, Debug)]
pub struct Journalctl {
    pub program: PathBuf,
    /// Further arguments: `--directory=…`, `--namespace=…`.
    pub arguments: Vec<OsString>,
    /// Entries of other machines are left out.
    pub machine_id: Option<String>,
}

impl Journalctl {
    /// The journal of this host.
    pub fn system() -> Self {
        let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        Journalctl {
            program: PathBuf::from("journalctl"),
            arguments: Vec::new(),
            machine_id: Some(id.trim().to_owned()).filter(|id| !id.is_empty()),
        }
    }

    /// When the newest entry that counts was written; `None` where there is none, or none that
    /// this user may read. A log file that is older is stale.
    pub async fn newest_time(&self) -> Option<Time> {
        self.newest(Beginning::Oldest).await.ok().flatten().map(|entry| entry.time)
    }

    /// Whether the entries of others can be read, and when root wrote the newest of them.
    ///
    /// # Errors
    /// Why not, in words: there is no journalctl, or this user sees his own entries only.
    pub async fn newest_of_root(&self) -> Result<Option<Time>, String> {
        let newest = self.newest_of(Beginning::Oldest, &["_UID=0"]).await;
        let told = |failure| trouble::of_journalctl(&self.program, &failure).message;
        newest.map(|newest| newest.map(|newest| newest.time)).map_err(told)
    }

    /// The first entries that reading from `beginning` on comes to: all of the first `seconds`.
    /// `each` gets the cursor of each, and what it says.
    pub async fn first(
        &self,
        beginning: Beginning<'_>,
        seconds: i64,
        mut each: impl FnMut(&str, &JournalEntry<'_>),
    ) {
        let mut command = self.command();
        command.arg(format!("--output-fields={FIELDS}"));
        command.args(["--no-tail"]).args(beginning.argument());
        command.args(self.matches(&[])).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return };
        let Some(mut output) = child.stdout.take() else { return };
        let (mut buffer, mut began, mut at) = (Vec::new(), None, 0);
        while output.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
            while let Some(length) = export::whole(&buffer[at..]) {
                let entry = export::read(&buffer[at..at + length]);
                at += length;
                let Some(entry) = entry else { continue };
                let second = entry.record.time.seconds();
                if second - *began.get_or_insert(second) > seconds || at > FIRST_ENTRIES {
                    return;
                }
                each(entry.cursor, &entry.record);
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--output=export", "--all", "--merge", "--no-pager"]);
        command.args(&self.arguments);
        command.env("LC_ALL", "C").stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// What counts, as matches: alternatives are parted by `+`.
    fn matches(&self, more: &[&str]) -> Vec<String> {
        let machine = self.machine_id.as_ref().map(|id| format!("_MACHINE_ID={id}"));
        let facilities = FACILITIES.iter().map(|one| (*one).to_owned());
        let more = machine.into_iter().chain(more.iter().map(|one| (*one).to_owned()));
        let more: Vec<String> = more.collect();
        let mut matches: Vec<String> = more.iter().cloned().chain(facilities).collect();
        matches.push("+".to_owned());
        matches.extend(more);
        matches.push(DROPPED.to_owned());
        matches
    }

    /// The newest entry that counts; `None` where the journal has none that reading from
    /// `beginning` on would come to.
    pub(super) async fn newest(&self, beginning: Beginning<'_>) -> Result<Option<Newest>, Failure> {
        self.newest_of(beginning, &[]).await
    }

    async fn newest_of(
        &self,
        beginning: Beginning<'_>,
        more: &[&str],
    ) -> Result<Option<Newest>, Failure> {
        let mut command = self.command();
        command.arg(format!("--output-fields={FIELDS}"));
        if let Beginning::Since(_) = beginning {
            command.args(beginning.argument());
        }
        command.args(["--lines=1"]).args(self.matches(more));
        let output = command.output().await.map_err(Failure::NotStarted)?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let said = said.lines().next().unwrap_or_default();
            return Err(Failure::Ended(format!("{}: {said}", output.status)));
        }
        if said.contains(HIDDEN) {
            return Err(Failure::Hidden);
        }
        Ok(export::read(&output.stdout)
            .map(|entry| Newest { cursor: entry.cursor.to_owned(), time: entry.record.time }))
    }

    /// Prints every entry from `beginning` on, and then each new one, with all its fields.
    pub(super) fn follow(&self, beginning: Beginning<'_>) -> Result<Child, Failure> {
        let mut command = self.command();
        command.args(["--follow", "--no-tail"]).args(beginning.argument());
        command.args(self.matches(&[])).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(Failure::NotStarted)
    }
}

/// The newest entry.
#[derive(Clone, Debug)]
pub(super) struct Newest {
    pub(super) cursor: String,
    pub(super) time: Time,
}

/// Where reading begins. journalctl takes one of them only.
#[derive(Clone, Copy, Debug)]
pub enum Beginning<'a> {
    Oldest,
    Since(Time),
    /// At the entry of this cursor, which is shown too.
    At(&'a str),
}

impl Beginning<'_> {
    fn argument(self) -> Option<String> {
        match self {
            Beginning::Oldest => None,
            Beginning::Since(time) => {
                let microseconds = time.nanoseconds().max(0) / 1_000;
                let (seconds, rest) = (microseconds / 1_000_000, microseconds % 1_000_000);
                Some(format!("--since=@{seconds}.{rest:06}"))
            }
            Beginning::At(cursor) => Some(format!("--cursor={cursor}")),
        }
    }
}
