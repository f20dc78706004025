//! The journal followed through the real journalctl: files written by systemd-journal-remote, where
//! every field can be chosen, and a real systemd-journald in a namespace of its own.

use std::path::Path;
use std::time::Duration;

use crate::support::journals::{Journal, Said, journald, remote};
use crate::support::write_script;
use login_exporter::record::{JournalEntry, Position, Record};
use login_exporter::source::journal::{JournalSource, Journalctl};
use login_exporter::source::{ProblemReason, Report, Source};

const QUICK: Duration = Duration::from_millis(1);

/// What deliveries brought, added up.
struct Following {
    source: JournalSource,
    messages: Vec<String>,
    position: Position,
    problems: Vec<(ProblemReason, String)>,
    caught_up: bool,
    up: bool,
}

impl Following {
    fn open(journalctl: Journalctl, position: Option<&Position>) -> Self {
        Following {
            source: JournalSource::open(journalctl, QUICK, position),
            messages: Vec::new(),
            position: Position::default(),
            problems: Vec::new(),
            caught_up: false,
            up: false,
        }
    }

    fn of(journal: &Journal, position: Option<&Position>) -> Self {
        Following::open(journal.journalctl(), position)
    }

    async fn delivery(&mut self) {
        self.each_of_delivery(|_| {}).await;
    }

    async fn each_of_delivery(&mut self, mut each: impl FnMut(JournalEntry<'_>)) {
        let delivery = within(self.source.next()).await;
        delivery.records.for_each(|record| {
            let Record::Journal(entry) = record else { panic!("{record:?}") };
            self.messages.push(String::from_utf8_lossy(entry.message).into_owned());
            each(entry);
        });
        self.position = delivery.position;
        let Report { up, caught_up, problems, .. } = delivery.report;
        (self.up, self.caught_up) = (up, caught_up);
        self.problems.extend(problems.into_iter().map(|p| (p.reason, p.message)));
    }

    /// Deliveries until all that was there is read.
    async fn catch_up(&mut self) -> Vec<String> {
        self.delivery().await;
        while !self.caught_up {
            self.delivery().await;
        }
        std::mem::take(&mut self.messages)
    }

    /// Deliveries until so many messages are there.
    async fn messages(&mut self, count: usize) -> Vec<String> {
        while self.messages.len() < count {
            self.delivery().await;
        }
        std::mem::take(&mut self.messages)
    }

    async fn problem(&mut self) -> (ProblemReason, String) {
        while self.problems.is_empty() {
            self.delivery().await;
        }
        self.problems.remove(0)
    }
}

/// What does not come within a minute never comes.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("nothing came for a minute")
}

fn read(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.message.as_str()).collect()
}

#[tokio::test]
async fn what_login_programs_said_is_read_in_order_and_nothing_else() {
    let Some(journal) = remote() else { return };
    journal.write(&[
        Said::new(1, "first"),
        Said { facility: 3, ..Said::new(2, "of a daemon") },
        Said { facility: 4, ..Said::new(3, "second") },
    ]);
    let mut following = Following::of(&journal, None);
    assert_eq!(following.catch_up().await, ["first", "second"]);
    assert!(following.up && following.problems.is_empty());
}

#[tokio::test]
async fn more_than_ten_entries_and_long_ones_are_there() {
    let Some(journal) = remote() else { return };
    let long = "x".repeat(100_000);
    let mut said: Vec<Said> = (0..300).map(|n| Said::new(n, &format!("message {n}"))).collect();
    said.push(Said::new(300, &long));
    journal.write(&said);
    assert_eq!(Following::of(&journal, None).catch_up().await, read(&said));
}

#[tokio::test]
async fn an_entry_that_is_written_later_is_read() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "before")]);
    let mut following = Following::of(&journal, None);
    assert_eq!(following.catch_up().await, ["before"]);
    journal.write(&[Said::new(2, "after")]);
    assert_eq!(following.messages(1).await, ["after"]);
}

#[tokio::test]
async fn an_empty_journal_is_followed_until_it_has_an_entry() {
    let Some(journal) = remote() else { return };
    let mut following = Following::of(&journal, None);
    assert!(following.catch_up().await.is_empty());
    journal.write(&[Said::new(1, "first")]);
    assert_eq!(following.messages(1).await, ["first"]);
}

#[tokio::test]
async fn a_restart_goes_on_behind_its_position() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "one"), Said::new(2, "two")]);
    let mut before = Following::of(&journal, None);
    before.catch_up().await;
    let mut idle = Following::of(&journal, Some(&before.position));
    assert!(idle.catch_up().await.is_empty());
    assert_eq!(idle.position, before.position);
    journal.write(&[Said::new(3, "three")]);
    let mut after = Following::of(&journal, Some(&before.position));
    assert_eq!(after.catch_up().await, ["three"]);
    assert!(after.problems.is_empty(), "{:?}", after.problems);
}

/// `journalctl --follow` by itself shows the current boot only.
#[tokio::test]
async fn what_was_said_before_a_reboot_is_read_after_it() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "one"), Said::new(2, "two")]);
    let mut before = Following::of(&journal, None);
    before.catch_up().await;
    journal.write(&[
        Said::new(3, "last words"),
        Said { boot: 2, ..Said::new(4, "rebooted") },
        Said { boot: 3, ..Said::new(5, "rebooted again") },
    ]);
    let mut after = Following::of(&journal, Some(&before.position));
    assert_eq!(after.catch_up().await, ["last words", "rebooted", "rebooted again"]);
    let mut fresh = Following::of(&journal, None);
    assert_eq!(fresh.catch_up().await.len(), 5);
}

/// `journalctl --after-cursor` of an entry that is gone skips another one.
#[tokio::test]
async fn a_journal_that_was_lost_is_a_gap_and_the_new_one_is_read_whole() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "lost")]);
    let mut before = Following::of(&journal, None);
    before.catch_up().await;
    journal.clear();
    journal.write(&[
        Said { boot: 2, ..Said::new(100, "one") },
        Said { boot: 2, ..Said::new(101, "two") },
    ]);
    let mut after = Following::of(&journal, Some(&before.position));
    assert_eq!(after.catch_up().await, ["one", "two"]);
    let [(reason, message)] = &after.problems[..] else { panic!("{:?}", after.problems) };
    assert_eq!(*reason, ProblemReason::Gap);
    assert!(message.starts_with("the journal no longer holds the entry"), "{message}");
}

#[tokio::test]
async fn bytes_that_are_no_text_come_through() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "plain")]);
    journal.write_bytes(2, b"Invalid user \xff\x00\x1b[2J\nx from 192.0.2.1");
    let mut following = Following::of(&journal, None);
    let mut last = Vec::new();
    while !following.caught_up {
        following.each_of_delivery(|entry| last = entry.message.to_vec()).await;
    }
    assert_eq!(last, b"Invalid user \xff\x00\x1b[2J\nx from 192.0.2.1");
}

#[tokio::test]
async fn who_wrote_an_entry_comes_with_it() {
    let Some(journal) = remote() else { return };
    let comm = Some("logger".to_owned());
    journal.write(&[Said { uid: 1000, comm, ..Said::new(1, "Accepted password for root") }]);
    let mut following = Following::of(&journal, None);
    let mut seen = None;
    while seen.is_none() {
        following
            .each_of_delivery(|entry| {
                seen = Some((entry.uid, entry.comm.map(str::to_owned), entry.exe.is_some()));
            })
            .await;
    }
    assert_eq!(seen, Some((Some(1000), Some("logger".to_owned()), false)));
}

#[tokio::test]
async fn journalds_note_of_dropped_messages_is_read() {
    let Some(journal) = remote() else { return };
    let note = "Suppressed 1234 messages from ssh.service";
    let message_id = Some("a596d6fe7bfa4994828e72309e95d61e".to_owned());
    journal.write(&[
        Said { facility: 5, message_id, ..Said::new(1, note) },
        Said { facility: 5, ..Said::new(2, "another note") },
    ]);
    assert_eq!(Following::of(&journal, None).catch_up().await, [note]);
}

#[tokio::test]
async fn the_newest_entry_that_counts_has_a_time() {
    let Some(journal) = remote() else { return };
    assert_eq!(journal.journalctl().newest_time().await, None);
    journal.write(&[
        Said::new(1, "one"),
        Said::new(7, "newest"),
        Said { facility: 3, ..Said::new(9, "of a daemon") },
    ]);
    let newest = journal.journalctl().newest_time().await;
    assert_eq!(newest.map(|time| time.seconds()), Some(1_700_000_007));
}

fn fake(folder: &Path, script: &str) -> Journalctl {
    let program = folder.join("journalctl");
    write_script(&program, &format!("#!/bin/sh\ncd {}\n{script}", folder.display()));
    Journalctl { program, arguments: Vec::new(), machine_id: None }
}

/// A journalctl that ends after each entry, as when it is killed for want of memory.
const DYING: &str = r#"case "$*" in *--lines=1*) exit 0;; esac
echo "$@" >> calls
n=$(wc -l < calls)
case "$*" in *--cursor=*) printf '__CURSOR=c%s\n__REALTIME_TIMESTAMP=1\n\n' $((n - 1));; esac
printf '__CURSOR=c%s\n__REALTIME_TIMESTAMP=1\nMESSAGE=%s\n\n' $n $n
exit 3
"#;

#[tokio::test]
async fn journalctl_is_started_again_behind_the_last_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut following = Following::open(fake(folder.path(), DYING), None);
    assert_eq!(following.messages(3).await, ["1", "2", "3"]);
    let (reason, message) = following.problem().await;
    assert_eq!(reason, ProblemReason::Unreadable);
    assert!(message.contains("ended (exit status: 3): it is started again"), "{message}");
    let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
    let cursors: Vec<bool> = calls.lines().take(3).map(|call| call.contains("--cursor=")).collect();
    assert_eq!(cursors, [false, true, true]);
    assert!(following.problems.iter().all(|(reason, _)| *reason != ProblemReason::Gap));
}

#[tokio::test]
async fn an_entry_past_the_bound_is_passed_over_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"case "$*" in *--lines=1*) exit 0;; esac
printf '__CURSOR=a\n__REALTIME_TIMESTAMP=1\nMESSAGE=before\n\n'
printf '__CURSOR=x\nMESSAGE='; head -c 20000000 /dev/zero | tr '\0' x; printf '\n\n'
printf '__CURSOR=b\n__REALTIME_TIMESTAMP=2\nMESSAGE=after\n\n'
exec sleep 60
"#;
    let mut following = Following::open(fake(folder.path(), script), None);
    assert_eq!(following.messages(2).await, ["before", "after"]);
    let [(reason, _)] = &following.problems[..] else { panic!("{:?}", following.problems) };
    assert_eq!(*reason, ProblemReason::LineTooLong);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_told_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Journalctl {
        program: folder.path().join("nowhere"),
        arguments: Vec::new(),
        machine_id: None,
    };
    let (reason, message) = Following::open(missing, None).problem().await;
    assert_eq!(reason, ProblemReason::Missing);
    assert!(message.contains("nowhere cannot be started (No such file"), "{message}");

    let refused =
        "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1";
    let mut following = Following::open(fake(folder.path(), refused), None);
    let (reason, message) = following.problem().await;
    assert_eq!((reason, following.up), (ProblemReason::Unreadable, false));
    assert!(message.contains("insufficient permissions."), "{message}");
    assert!(message.contains("the group systemd-journal"), "{message}");

    let own = "echo 'Hint: You are currently not seeing messages from other users.' >&2; exit 0";
    let (reason, message) = Following::open(fake(folder.path(), own), None).problem().await;
    assert_eq!(reason, ProblemReason::Unreadable);
    assert!(message.contains("no entries but his own"), "{message}");
}

#[tokio::test]
async fn waiting_that_is_given_up_loses_nothing() {
    let Some(journal) = remote() else { return };
    let said: Vec<Said> = (0..2_000).map(|n| Said::new(n, &format!("message {n}"))).collect();
    journal.write(&said);
    let mut following = Following::of(&journal, None);
    following.delivery().await;
    while following.messages.len() < said.len() {
        let _ = tokio::time::timeout(Duration::from_micros(100), following.delivery()).await;
    }
    assert_eq!(following.messages, read(&said));
}

#[tokio::test]
async fn a_real_journald_is_followed_over_rotation_and_vacuum() {
    let Some(journald) = journald() else { return };
    let mut following = Following::open(journald.journalctl(), None);
    following.catch_up().await;
    for round in 0..5 {
        let expected: Vec<String> =
            (0..200).map(|n| format!("round {round} message {n}")).collect();
        journald.log(&expected);
        assert_eq!(following.messages(200).await, expected);
        journald.ask(&["--rotate"]);
        journald.ask(&["--vacuum-files=1"]);
    }
    let position = following.position.clone();
    journald.log(&["while away".to_owned()]);
    let mut after = Following::open(journald.journalctl(), Some(&position));
    assert_eq!(after.messages(1).await, ["while away"]);
    assert!(following.problems.is_empty(), "{:?}", following.problems);
}

#[tokio::test]
async fn a_real_journald_vouches_for_who_wrote() {
    let Some(journald) = journald() else { return };
    journald.log_as(65_534, "Accepted password for root from 203.0.113.9 port 1 ssh2");
    let mut following = Following::open(journald.journalctl(), None);
    let mut uid = None;
    while uid.is_none() {
        following.each_of_delivery(|entry| uid = entry.uid).await;
    }
    assert_eq!(uid, Some(65_534));
}

#[tokio::test]
async fn no_field_beside_an_entry_hides_it_or_another_however_long() {
    let Some(journald) = journald() else { return };
    let printed = |journalctl: &Journalctl| {
        let mut command = std::process::Command::new(&journalctl.program);
        command.args(&journalctl.arguments).args(["--output=export", "--all", "--no-pager"]);
        command.output().unwrap().stdout.len()
    };
    journald.log(&["before".to_owned()]);
    let mut following = Following::open(journald.journalctl(), None);
    assert_eq!(following.messages(1).await, ["before"]);
    let before = printed(&journald.journalctl());
    let _writer = journald.log_with_command_line(65_534, 700_000, "of a user");
    assert_eq!(following.messages(1).await, ["of a user"]);
    let forged = b"\n\n__CURSOR=x\n__REALTIME_TIMESTAMP=1\nMESSAGE=forged\n\n\xff\0".repeat(2_000);
    journald.log_with_field("CUSTOM", &forged, "of another");
    journald.log(&["after".to_owned()]);
    assert_eq!(following.messages(2).await, ["of another", "after"]);
    assert!(following.problems.is_empty(), "{:?}", following.problems);
    let length = printed(&journald.journalctl()) - before;
    assert!(length > 700_000 + forged.len(), "journald kept {length} bytes only");
}

/// journalctl follows files that are gone for ever: an intruder removes the journal's folder and
/// has journald begin a new one.
#[tokio::test]
async fn a_journal_that_was_removed_and_begun_anew_is_noticed() {
    let Some(journal) = remote() else { return };
    journal.write(&[Said::new(1, "one")]);
    let source = JournalSource::open(journal.journalctl(), QUICK, None);
    let mut following = Following::open(journal.journalctl(), None);
    following.source = source.ask_after(Duration::from_millis(500));
    assert_eq!(following.catch_up().await, ["one"]);
    journal.remove();
    let said: Vec<Said> = (2..11).map(|n| Said::new(n, &format!("message {n}"))).collect();
    journal.write(&said);
    assert_eq!(following.messages(9).await, read(&said));
    let [(reason, _)] = &following.problems[..] else { panic!("{:?}", following.problems) };
    assert_eq!(*reason, ProblemReason::Gap);
}
