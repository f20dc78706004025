use super::*;
use crate::event::{Event, EventKind, Hint, HintKind, Invoker, Time};

const ALICE: u32 = 1000;
const BOB: u32 = 1001;

#[derive(Debug)]
struct Accounts;

impl UserIds for Accounts {
    fn user_id(&self, name: &str) -> Option<u32> {
        let accounts = [
            ("root", 0),
            ("alice", ALICE),
            ("bob", BOB),
            ("syslog", 104),
            ("ec2-instance-connect", 998),
        ];
        accounts.iter().find(|(known, _)| *known == name).map(|(_, uid)| *uid)
    }
}

/// An entry of this writer, `comm` and `exe` missing.
fn by(uid: u32, message: &str) -> JournalEntry<'_> {
    JournalEntry { uid: Some(uid), message: message.as_bytes(), ..JournalEntry::default() }
}

fn event(kind: EventKind, program: &'static str, user: Option<&'static str>) -> Parsed<'static> {
    Parsed::Event(Event { user: user.map(Into::into), ..Event::new(kind, program) })
}

fn hint(program: &'static str, kind: HintKind<'static>) -> Parsed<'static> {
    let program = program.into();
    Parsed::Hint(Hint { time: Time::default(), host: "".into(), program, pid: None, kind })
}

fn trusted(entry: &JournalEntry<'_>, parsed: &Parsed<'_>) -> bool {
    accepts(entry, parsed, &Accounts)
}

#[test]
fn a_login_that_a_user_made_up_is_refused() {
    let login = event(EventKind::LoginSuccess, "sshd", Some("root"));
    let said = "Accepted password for root from 6.6.6.6 port 1 ssh2";
    assert!(trusted(&by(0, said), &login));
    assert!(!trusted(&by(ALICE, said), &login));
    let own = event(EventKind::LoginSuccess, "sshd", Some("alice"));
    assert!(!trusted(&by(ALICE, said), &own), "not about himself either");
    assert!(!trusted(&JournalEntry { uid: None, ..by(0, said) }, &login), "nobody vouches for it");
}

#[test]
fn what_adds_nothing_may_come_from_anyone() {
    assert!(trusted(&by(ALICE, "Disconnected from user alice 192.0.2.1 port 5"), &Parsed::Ignored));
}

#[test]
fn root_alone_adds_accounts_and_logs_in_at_a_terminal() {
    for program in ["useradd", "userdel", "groupmod", "chpasswd", "login", "cron", "gdm"] {
        let parsed = event(EventKind::AccountChange, program, Some("alice"));
        assert!(trusted(&by(0, "x"), &parsed), "{program}");
        assert!(!trusted(&by(ALICE, "x"), &parsed), "{program}");
    }
}

#[test]
fn a_user_speaks_through_sudo_and_su_of_himself_only() {
    for (kind, program) in [
        (EventKind::SudoCommand, "sudo"),
        (EventKind::SudoFailure, "sudo"),
        (EventKind::SuSuccess, "su"),
        (EventKind::SuFailure, "su"),
    ] {
        let parsed = event(kind, program, Some("alice"));
        assert!(trusted(&by(ALICE, "alice : USER=root ; COMMAND=/bin/ls"), &parsed), "{program}");
        assert!(trusted(&by(0, "alice : USER=root ; COMMAND=/bin/ls"), &parsed), "{program}");
        assert!(!trusted(&by(BOB, "alice : USER=root ; COMMAND=/bin/ls"), &parsed), "{program}");
    }
    let unknown = event(EventKind::SudoCommand, "sudo", Some("nobody-here"));
    assert!(!trusted(&by(ALICE, "x"), &unknown));
}

#[test]
fn pams_lines_name_the_invoking_users_id() {
    let said = "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)";
    let opened = event(EventKind::SessionOpened, "sudo", Some("root"));
    assert!(trusted(&by(ALICE, said), &opened));
    assert!(!trusted(&by(BOB, said), &opened));
    let nameless = "pam_unix(sudo:session): session opened for user root(uid=0) by (uid=1000)";
    assert!(trusted(&by(ALICE, nameless), &opened));
    let failed = "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty= \
                  ruser=alice rhost=  user=root";
    let failure = event(EventKind::SuFailure, "su", None);
    assert!(trusted(&by(ALICE, failed), &failure));
    assert!(!trusted(&by(BOB, failed), &failure));
}

/// util-linux's su prints getlogin's name: alice logged in, became bob, and becomes root.
#[test]
fn an_su_within_an_su_names_who_logged_in() {
    let nested = |login_uid| JournalEntry { login_uid, ..by(BOB, "(to root) alice on pts/0") };
    let session =
        by(BOB, "pam_unix(su:session): session opened for user root(uid=0) by alice(uid=1001)");
    let opened = Parsed::Event(Event {
        user: Some("root".into()),
        by: Some(Invoker { name: "alice", uid: Some(ALICE) }),
        ..Event::new(EventKind::SessionOpened, "su")
    });
    for kind in [EventKind::SuSuccess, EventKind::SuFailure] {
        let su = event(kind, "su", Some("alice"));
        assert!(trusted(&nested(Some(ALICE)), &su));
        assert!(!trusted(&nested(Some(BOB)), &su), "bob logged in and speaks of alice");
        assert!(!trusted(&nested(None), &su));
    }
    assert!(trusted(&JournalEntry { login_uid: Some(ALICE), ..session }, &opened));
    assert!(!trusted(&JournalEntry { login_uid: Some(BOB), ..session }, &opened));
    let sudo = event(EventKind::SudoCommand, "sudo", Some("alice"));
    assert!(!trusted(&nested(Some(ALICE)), &sudo), "sudo names whom it is run by");
}

#[test]
fn what_stands_in_a_command_names_nobody() {
    let said = "bob : USER=root ; COMMAND=/bin/echo added by alice";
    assert!(!trusted(&by(ALICE, said), &event(EventKind::SudoCommand, "sudo", Some("bob"))));
    assert!(trusted(&by(BOB, said), &event(EventKind::SudoCommand, "sudo", Some("bob"))));
}

#[test]
fn ones_own_id_beside_anothers_name_is_a_lie_about_the_other() {
    let said = "pam_unix(su:auth): authentication failure; logname= uid=1000 euid=0 tty= \
                ruser=bob rhost=  user=root";
    assert!(!trusted(&by(ALICE, said), &event(EventKind::SuFailure, "su", Some("bob"))));
}

#[test]
fn a_name_that_holds_another_id_does_not_speak_for_it() {
    let said = "pam_unix(su:session): session opened for user x(uid=1001) by y(uid=1000)";
    let opened = event(EventKind::SessionOpened, "su", Some("x"));
    assert!(trusted(&by(ALICE, said), &opened));
    assert!(!trusted(&by(BOB, said), &opened));
}

#[test]
fn the_end_of_a_session_of_sudo_names_nobody_and_is_the_users() {
    let said = "pam_unix(sudo:session): session closed for user root";
    assert!(trusted(&by(ALICE, said), &event(EventKind::SessionClosed, "sudo", Some("root"))));
    let service = event(EventKind::SessionClosed, "systemd-user", Some("alice"));
    let said = "pam_unix(systemd-user:session): session closed for user alice";
    assert!(trusted(&by(ALICE, said), &service));
    assert!(!trusted(&by(BOB, said), &service));
}

#[test]
fn a_user_changes_his_own_password() {
    let changed = event(EventKind::AccountChange, "passwd", Some("alice"));
    let said = "pam_unix(passwd:chauthtok): password changed for alice";
    assert!(trusted(&by(ALICE, said), &changed));
    assert!(!trusted(&by(BOB, said), &changed));
}

#[test]
fn the_administrator_of_a_group_is_named_behind_the_change() {
    let added = event(EventKind::AccountChange, "gpasswd", Some("bob"));
    let said = "user bob added by alice to group staff";
    assert!(trusted(&by(ALICE, said), &added));
    assert!(!trusted(&by(BOB, said), &added));
}

#[test]
fn a_contradicting_name_refuses_and_a_missing_one_does_not() {
    let sudo = event(EventKind::SudoCommand, "sudo", Some("alice"));
    let table = [
        (None, None, true),
        (Some("sudo"), None, true),
        (None, Some("/usr/bin/sudo"), true),
        (Some("sudoedit"), Some("/usr/bin/sudo (deleted)"), true),
        (Some("logger"), None, false),
        (None, Some("/usr/bin/logger"), false),
        (Some("sudo"), Some("/home/alice/sudo2"), false),
    ];
    for (comm, exe, expected) in table {
        let entry = JournalEntry { comm, exe, ..by(ALICE, "x") };
        assert_eq!(trusted(&entry, &sudo), expected, "{comm:?} {exe:?}");
    }
    let by_root = JournalEntry { comm: Some("logger"), ..by(0, "x") };
    assert!(!trusted(&by_root, &event(EventKind::LoginSuccess, "sshd", Some("root"))));
}

#[test]
fn newer_sshd_and_long_names_are_known() {
    let login = event(EventKind::LoginSuccess, "sshd", Some("root"));
    let exe = Some("/usr/lib/openssh/sshd-session");
    assert!(trusted(&JournalEntry { comm: Some("sshd-session"), exe, ..by(0, "x") }, &login));
    let note = hint("systemd-journald", HintKind::Suppressed { messages: 5 });
    let exe = Some("/usr/lib/systemd/systemd-journald");
    assert!(trusted(&JournalEntry { comm: Some("systemd-journal"), exe, ..by(0, "x") }, &note));
    assert!(!trusted(&by(ALICE, "x"), &note));
}

#[test]
fn a_line_that_no_rule_knows_is_told_of_unless_another_program_wrote_it() {
    let unknown = Parsed::Unrecognized { program: "sshd" };
    assert!(trusted(&by(ALICE, "a new line after the login"), &unknown));
    let forged = JournalEntry { comm: Some("logger"), ..by(ALICE, "x") };
    assert!(!trusted(&forged, &unknown));
}

#[test]
fn hints_come_from_those_who_give_them() {
    let key = || HintKind::KeyProvided {
        fingerprint: "SHA256:x".into(),
        principal: "alice".into(),
        trusted: false,
    };
    assert!(trusted(&by(998, "x"), &hint("ec2-instance-connect", key())));
    assert!(trusted(&by(0, "x"), &hint("ec2-instance-connect", key())));
    assert!(!trusted(&by(ALICE, "x"), &hint("ec2-instance-connect", key())));
    let lost = || HintKind::Suppressed { messages: 1 };
    assert!(trusted(&by(104, "x"), &hint("rsyslogd", lost())));
    let nobody = JournalEntry { uid: None, ..by(0, "x") };
    assert!(!trusted(&nobody, &hint("rsyslogd", lost())));
    let connection = || HintKind::Connection { source: "192.0.2.1".into(), port: None };
    assert!(trusted(&by(0, "x"), &hint("sshd", connection())));
    assert!(!trusted(&by(ALICE, "x"), &hint("sshd", connection())));
    let success =
        || HintKind::AuthenticationSucceeded { user: "alice".into(), by: None, service: None };
    assert!(trusted(&by(0, "x"), &hint("sshd", success())));
    assert!(!trusted(&by(ALICE, "x"), &hint("sshd", success())));
    assert!(trusted(&by(ALICE, "x"), &hint("sudo", success())));
    assert!(!trusted(&by(BOB, "x"), &hint("sudo", success())));
}
