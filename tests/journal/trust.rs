//! Who may say what, from the journal to what counts: lines as systemd 252 recorded them, beside
//! forged ones.

use std::time::Duration;

use crate::support::journals::{Said, remote};
use jiff::tz::TimeZone;
use login_exporter::event::{Texts, Time};
use login_exporter::memory::{Counted, Memory};
use login_exporter::parse::Clock;
use login_exporter::pipeline::Interpreter;
use login_exporter::record::Record;
use login_exporter::source::Source;
use login_exporter::source::journal::JournalSource;
use login_exporter::trust::UserIds;

const ALICE: u32 = 1000;

#[derive(Debug)]
struct Accounts;

impl UserIds for Accounts {
    fn user_id(&self, name: &str) -> Option<u32> {
        match name {
            "root" => Some(0),
            "alice" => Some(ALICE),
            "bob" => Some(1001),
            _ => None,
        }
    }
}

/// What counts of the entries, and how many were untrusted.
async fn counted(said: &[Said]) -> Option<(Vec<String>, u64, u64)> {
    let journal = remote()?;
    journal.write(said);
    let mut source = JournalSource::open(journal.journalctl(), Duration::from_millis(1), None);
    let mut memory = Memory::default();
    let (mut events, mut untrusted, mut suppressed) = (Vec::new(), 0, 0);
    let mut caught_up = false;
    while !caught_up {
        let delivery = source.next().await;
        caught_up = delivery.report.caught_up;
        let clock = Clock { reference: Time::default(), zone: TimeZone::UTC, year: None };
        let texts = Texts::default();
        let mut interpreter = Interpreter::new(&mut memory, clock, &Accounts, 0, &texts);
        for record in delivery.records.iter() {
            let Record::Journal(entry) = record else { panic!("{record:?}") };
            interpreter.record(Record::Journal(entry), &mut |counted| events.push(shown(counted)));
        }
        untrusted += interpreter.tally.untrusted;
        suppressed += interpreter.tally.suppressed;
    }
    memory.finish(&mut |counted| events.push(shown(counted)));
    Some((events, untrusted, suppressed))
}

fn shown(counted: &Counted<'_>) -> String {
    let event = counted.event;
    format!("{} {} {}", event.kind, event.program, event.user.unwrap_or_default())
}

fn by(uid: u32, identifier: &str, comm: &str, message: &str) -> Said {
    let comm = (!comm.is_empty()).then(|| comm.to_owned());
    Said { uid, identifier: identifier.to_owned(), comm, ..Said::new(1, message) }
}

#[tokio::test]
async fn what_programs_really_write_counts() {
    let said = [
        by(
            0,
            "sshd",
            "sshd",
            "Accepted publickey for alice from 192.0.2.1 port 5 ssh2: ED25519 SHA256:x",
        ),
        by(
            0,
            "sshd",
            "sshd",
            "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)",
        ),
        by(
            ALICE,
            "sudo",
            "sudo",
            "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls",
        ),
        by(
            ALICE,
            "sudo",
            "sudo",
            "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
        ),
        by(ALICE, "sudo", "", "pam_unix(sudo:session): session closed for user root"),
        by(
            ALICE,
            "su",
            "su",
            "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser=alice rhost=  user=root",
        ),
        by(ALICE, "su", "su", "FAILED SU (to root) alice on none"),
        by(
            ALICE,
            "sshd",
            "sshd",
            "Received disconnect from 192.0.2.1 port 5:11: disconnected by user",
        ),
        by(ALICE, "sshd", "sshd", "Disconnected from user alice 192.0.2.1 port 5"),
        by(0, "sshd", "sshd", "pam_unix(sshd:session): session closed for user alice"),
        by(
            0,
            "useradd",
            "useradd",
            "new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/sh, from=/dev/pts/0",
        ),
        by(ALICE, "passwd", "passwd", "pam_unix(passwd:chauthtok): password changed for alice"),
    ];
    let Some((mut events, untrusted, _)) = counted(&said).await else { return };
    events.sort();
    assert_eq!(
        events,
        [
            "account_change passwd alice",
            "account_change useradd bob",
            "login_success sshd alice",
            "session_closed sshd alice",
            "session_closed sudo root",
            "session_opened sshd alice",
            "session_opened sudo root",
            "su_failure su alice",
            "sudo_command sudo alice",
        ]
    );
    assert_eq!(untrusted, 0);
}

#[tokio::test]
async fn what_a_user_forges_counts_as_untrusted_and_nowhere_else() {
    let said = [
        by(ALICE, "sshd", "logger", "Accepted password for root from 6.6.6.6 port 1 ssh2"),
        by(ALICE, "sshd", "", "Accepted password for alice from 6.6.6.6 port 1 ssh2"),
        by(ALICE, "sshd", "sshd", "Failed password for root from 6.6.6.6 port 1 ssh2"),
        by(ALICE, "sudo", "sudo", "     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls"),
        by(ALICE, "sudo", "logger", "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls"),
        by(ALICE, "su", "su", "FAILED SU (to root) bob on none"),
        by(ALICE, "login", "", "LOGIN ON tty1 BY alice"),
        by(
            ALICE,
            "useradd",
            "",
            "new user: name=evil, UID=0, GID=0, home=/, shell=/bin/sh, from=none",
        ),
        by(ALICE, "systemd-journald", "", "Suppressed 9 messages from ssh.service"),
        by(0, "sshd", "logger", "Accepted password for root from 6.6.6.6 port 1 ssh2"),
    ];
    let Some((events, untrusted, suppressed)) = counted(&said).await else { return };
    assert!(events.is_empty(), "{events:?}");
    assert_eq!((untrusted, suppressed), (said.len() as u64, 0));
}

/// By root, in this folder, control group or machine.
fn by_root(field: &'static str, value: &str) -> Said {
    let said = "Accepted password for alice from 192.0.2.9 port 5 ssh2";
    Said { more: vec![(field, value.to_owned())], ..by(0, "sshd", "", said) }
}

#[tokio::test]
async fn what_got_through_counts_nowhere() {
    const NOBODY: u32 = 65534;
    let pam = |rest: &str| by(ALICE, "evil", "", rest);
    let tool = |name: &str, said: &str| by(NOBODY, name, "logger", said);
    let new_user = "new user: name=evil, UID=0, GID=0, home=/, shell=/bin/sh, from=none";
    let said = [
        pam("pam_unix(x:auth): 4000000000 more authentication failures; logname= uid=1000 euid=0 \
             tty=x ruser= rhost=198.51.100.9  user=root"),
        pam("pam_unix(evil:session): session opened for user root(uid=0) by alice(uid=1000)"),
        pam("pam_unix(sshd-backup:session): session opened for user root(uid=0) by (uid=1000)"),
        tool("adduser", new_user),
        tool("deluser", "delete user 'alice'"),
        tool("addgroup", "new group: name=evil, GID=0"),
        by(NOBODY, "adduser", "", new_user),
        by(0, "adduser", "logger", new_user),
        by(
            ALICE,
            "pkexec",
            "logger",
            "alice: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
        ),
        by(
            ALICE,
            "pkexec",
            "",
            "bob: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
        ),
        by(ALICE, "gpasswd", "", "user root added by alice to group wheel"),
        by(ALICE, "cron", "", "pam_unix(cron:session): session closed for user alice"),
        by_root("_EXE", "/root/sshd"),
        by_root("_EXE", "/tmp/x/sshd"),
        by_root("_SYSTEMD_CGROUP", "/system.slice/docker-0a1b.scope"),
        by_root("_SYSTEMD_CGROUP", "/machine.slice/libpod-0a1b.scope/container"),
    ];
    let Some((events, untrusted, _)) = counted(&said).await else { return };
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(untrusted, said.len() as u64);
}

#[tokio::test]
async fn what_services_write_as_others_than_root_counts() {
    let run0 = "pam_unix(systemd-run0:session): session closed for user alice";
    let said = [
        by_root("_EXE", "/usr/sbin/sshd (deleted)"),
        by_root("_EXE", "/usr/lib/openssh/sshd-session"),
        by_root("_SYSTEMD_CGROUP", "/user.slice/user-1000.slice/session-3.scope"),
        by(ALICE, "(sd-pam)", "(sd-pam)", run0),
        by(
            ALICE,
            "pkexec",
            "pkexec",
            "alice: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
        ),
        by(
            0,
            "(bash)",
            "(bash)",
            "pam_unix(login:session): session opened for user alice(uid=1000) by alice(uid=0)",
        ),
        by(
            ALICE,
            "sudoedit",
            "sudoedit",
            "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
        ),
    ];
    let Some((mut events, untrusted, _)) = counted(&said).await else { return };
    events.sort();
    assert_eq!(
        events,
        [
            "login_success sshd alice",
            "login_success sshd alice",
            "login_success sshd alice",
            "session_closed systemd-run0 alice",
            "session_opened login alice",
            "session_opened sudo root",
            "sudo_command pkexec alice",
        ]
    );
    assert_eq!(untrusted, 0);
}

/// alice logged in, became bob, and as bob becomes root: util-linux's su names alice.
#[tokio::test]
async fn an_su_within_an_su_counts_for_who_logged_in() {
    const BOB: u32 = 1001;
    let said = by(BOB, "su", "su", "(to root) alice on pts/0");
    let nested = Said { login_uid: Some(ALICE), ..said.clone() };
    let Some((events, untrusted, _)) = counted(&[nested, said]).await else { return };
    assert_eq!((&events[..], untrusted), (&["su_success su alice".to_owned()][..], 1));
}

#[tokio::test]
async fn journalds_own_note_counts_as_suppressed() {
    let message_id = Some("a596d6fe7bfa4994828e72309e95d61e".to_owned());
    let note =
        by(0, "systemd-journald", "systemd-journal", "Suppressed 1234 messages from ssh.service");
    let Some((_, untrusted, suppressed)) =
        counted(&[Said { facility: 5, message_id, ..note }]).await
    else {
        return;
    };
    assert_eq!((untrusted, suppressed), (0, 1234));
}

/// What journalctl prints is read with who wrote it, in both of its forms.
#[test]
fn history_reads_what_journalctl_printed_with_its_trust() {
    let Some(journal) = remote() else { return };
    let login = "Accepted password for root from 192.0.2.9 port 5 ssh2";
    journal.write(&[by(0, "sshd", "sshd", login), by(ALICE, "sshd", "logger", login)]);
    for form in ["json", "export"] {
        let journalctl = journal.journalctl();
        let printed = std::process::Command::new(&journalctl.program)
            .args(&journalctl.arguments)
            .arg(format!("--output={form}"))
            .output()
            .unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &printed.stdout).unwrap();
        let history = std::process::Command::new(env!("CARGO_BIN_EXE_login_exporter"))
            .args(["history", "--format=json"])
            .arg(file.path())
            .output()
            .unwrap();
        let (events, said) = (history.stdout, String::from_utf8(history.stderr).unwrap());
        let events = String::from_utf8(events).unwrap();
        assert_eq!(events.lines().count(), 1, "{form}: {events}{said}");
        assert!(events.contains(r#""host":"web1""#), "{form}: {events}");
        assert!(said.contains("1 entries of the journal do not count"), "{form}: {said}");
    }
}
