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
            ("daemon", 1),
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
    Parsed::Event(Event { user, ..Event::new(kind, program) })
}

fn hint(program: &'static str, kind: HintKind<'static>) -> Parsed<'static> {
    Parsed::Hint(Hint { time: Time::default(), host: "", program, pid: None, kind })
}

/// Whether the event counts where the entry says it, with the invoker that its message names.
fn trusted(entry: &JournalEntry<'_>, parsed: &Parsed<'_>) -> bool {
    let mut parsed = *parsed;
    let by = invoker(std::str::from_utf8(entry.message).unwrap());
    if let Parsed::Event(event) = &mut parsed {
        event.by = by.or(event.by);
        event.service = entry.message.starts_with(b"pam_").then_some("x");
    }
    believed(entry, parsed, &Accounts).is_some()
}

/// As PAM's modules print it: `… by alice(uid=1000)`, `…; logname= uid=1000 …`.
fn invoker(message: &str) -> Option<Invoker<'_>> {
    let (_, said) = message.strip_prefix("pam_").and_then(|rest| rest.split_once("): "))?;
    let (name, id) = match said.rsplit_once(" by ") {
        Some((_, by)) => by.strip_suffix(')')?.split_once("(uid=")?,
        None => ("", said.split_once(" uid=")?.1.split(' ').next()?),
    };
    Some(Invoker { name, uid: id.parse().ok() })
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
        user: Some("root"),
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
    let said = "pam_unix(sudo:session): session opened for user x(uid=1001) by y(uid=1000)";
    let opened = event(EventKind::SessionOpened, "sudo", Some("x"));
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

/// gpasswd lets the administrator of a group add others to it, but so might a forger say.
#[test]
fn a_user_changes_no_account_but_his_own() {
    let added = event(EventKind::AccountChange, "gpasswd", Some("bob"));
    let said = "user bob added by alice to group staff";
    assert!(trusted(&by(0, said), &added));
    assert!(trusted(&by(BOB, said), &added));
    assert!(!trusted(&by(ALICE, said), &added));
}

#[test]
fn tools_that_only_root_runs_are_not_forged() {
    for tool in ["adduser", "deluser", "addgroup", "delgroup", "useradd", "chage", "vipw"] {
        let change = event(EventKind::AccountChange, tool, Some("alice"));
        assert!(trusted(&by(0, "x"), &change), "{tool}");
        assert!(!trusted(&by(ALICE, "x"), &change), "{tool}");
        assert!(!trusted(&by(65534, "x"), &change), "{tool}");
        let logger = JournalEntry { comm: Some("logger"), ..by(0, "x") };
        assert!(!trusted(&logger, &change), "{tool}");
    }
}

#[test]
fn a_service_that_nobody_knows_is_roots() {
    let failed = event(EventKind::LoginFailure, "x", Some("root"));
    let said = "pam_unix(x:auth): authentication failure; logname= uid=1000 euid=0 tty=x ruser= \
                rhost=198.51.100.9  user=root";
    assert!(trusted(&by(0, said), &failed));
    assert!(!trusted(&by(ALICE, said), &failed));
    let opened = event(EventKind::SessionOpened, "evil", Some("root"));
    let said = "pam_unix(evil:session): session opened for user root(uid=0) by alice(uid=1000)";
    assert!(!trusted(&by(ALICE, said), &opened));
}

#[test]
fn a_users_program_names_no_address() {
    let failed = |source: Option<&'static str>| {
        Parsed::Event(Event {
            user: Some("root"),
            source,
            ..Event::new(EventKind::LoginFailure, "polkit")
        })
    };
    let said = "pam_unix(polkit-1:auth): authentication failure; logname=alice uid=1000 euid=0 \
                tty= ruser=alice rhost=  user=root";
    assert!(trusted(&by(ALICE, said), &failed(None)));
    assert!(!trusted(&by(BOB, said), &failed(None)));
    assert!(!trusted(&by(ALICE, said), &failed(Some("198.51.100.9"))));
}

#[test]
fn pkexec_runs_for_whom_it_names() {
    let ran = event(EventKind::SudoCommand, "pkexec", Some("alice"));
    let said = "alice: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]";
    assert!(trusted(&by(ALICE, said), &ran));
    assert!(!trusted(&by(BOB, said), &ran));
    assert!(!trusted(&JournalEntry { comm: Some("logger"), ..by(ALICE, said) }, &ran));
}

#[test]
fn a_process_that_became_what_it_lets_run_is_still_believed() {
    let entry = |comm, exe| JournalEntry { comm, exe, ..by(0, "…") };
    let ran = event(EventKind::SudoCommand, "pkexec", Some("alice"));
    let root = event(EventKind::LoginSuccess, "login", Some("root"));
    let sshd = event(EventKind::LoginSuccess, "sshd", Some("root"));
    for (comm, exe, by_pkexec, by_login) in [
        ("true", "/usr/bin/pkexec", true, false),
        ("pkexec", "/usr/bin/true", true, false),
        ("pkexec", "/home/alice/bin/x", true, false),
        ("true", "/opt/x/pkexec", false, false),
        ("pkexec", "/opt/x/pkexec", false, false),
        ("login", "/usr/bin/bash", false, true),
        ("bash", "/usr/bin/login", false, true),
        ("bash", "/usr/bin/bash", false, true),
        ("bash", "/tmp/bash", false, false),
        ("logger", "/usr/bin/logger", false, false),
        ("login", "/tmp/login", false, false),
    ] {
        let said = entry(Some(comm), Some(exe));
        assert_eq!(trusted(&said, &ran), by_pkexec, "pkexec by {comm} {exe}");
        assert_eq!(trusted(&said, &root), by_login, "login by {comm} {exe}");
        assert!(!trusted(&said, &sshd), "sshd by {comm} {exe}");
        // A user chooses `_COMM`, and what he runs.
        let said = JournalEntry { uid: Some(ALICE), ..said };
        assert!(!trusted(&said, &ran) && !trusted(&said, &root), "alice, by {comm} {exe}");
    }
    assert!(!trusted(&entry(Some("logger"), None), &ran));
    // The line names what the process is now.
    let ran_it = |command: &'static str| {
        let mut ran = ran;
        if let Parsed::Event(event) = &mut ran {
            event.command = Some(command);
        }
        ran
    };
    let is_true = entry(Some("true"), Some("/usr/bin/true"));
    assert!(trusted(&is_true, &ran_it("/usr/bin/true --now")));
    assert!(!trusted(&is_true, &ran_it("/usr/bin/false")));
    assert!(!trusted(&JournalEntry { uid: Some(ALICE), ..is_true }, &ran_it("/usr/bin/true")));
    let script = entry(Some("a-script-of-min"), Some("/usr/bin/dash"));
    assert!(trusted(&script, &ran_it("/srv/a-script-of-mine x")));
    assert!(!trusted(&entry(Some("logger"), None), &root));
}

#[test]
fn a_client_that_goes_is_no_forgery_of_the_user_who_was_logged_in() {
    let gone = "Connection closed by 192.0.2.1 port 22";
    let read = |entry: &JournalEntry<'_>| {
        let rejected = Event::new(EventKind::LoginRejected, "sshd");
        believed(entry, Parsed::Event(rejected), &Accounts)
    };
    let session = JournalEntry { comm: Some("sshd-session"), ..by(ALICE, gone) };
    assert_eq!(read(&session), Some(Parsed::Ignored));
    // The process was gone when journald looked at it.
    assert_eq!(read(&by(ALICE, gone)), Some(Parsed::Ignored));
    assert_eq!(read(&by(ALICE, "Unable to negotiate with 192.0.2.1 port 22: x")), None);
    let logger = JournalEntry { comm: Some("logger"), ..session };
    assert_eq!(read(&logger), None);
    let before =
        JournalEntry { message: b"Connection closed by 192.0.2.1 port 22 [preauth]", ..session };
    assert_eq!(read(&before), None);
}

/// `session opened for user bob by alice`, of a program that alice may start and that opens none.
#[test]
fn who_may_start_a_program_without_sessions_opens_none_in_it() {
    let said = "pam_unix(x:session): session opened for user bob by alice(uid=1000)";
    for program in ["passwd", "chfn", "chsh", "gpasswd", "newgrp", "unix_chkpwd"] {
        for kind in [EventKind::SessionOpened, EventKind::SessionClosed] {
            let session = event(kind, program, Some("bob"));
            assert!(!trusted(&by(ALICE, said), &session), "{program} {kind}");
            assert!(trusted(&by(0, said), &session), "{program} {kind}");
        }
    }
    assert!(trusted(&by(ALICE, said), &event(EventKind::SessionOpened, "sudo", Some("bob"))));
}

/// doas has become the target, and its process bears the command's name.
#[test]
fn a_command_of_doas_is_the_targets_word_on_who_logged_in() {
    let ran = |target: &'static str| {
        Parsed::Event(Event {
            user: Some("alice"),
            target_user: Some(target),
            ..Event::new(EventKind::SudoCommand, "doas")
        })
    };
    let comm = Some("sh");
    let by_bob = |login_uid| JournalEntry { comm, login_uid, ..by(BOB, "alice ran command …") };
    assert!(trusted(&by_bob(Some(ALICE)), &ran("bob")));
    assert!(!trusted(&by_bob(Some(BOB)), &ran("bob")), "bob logged in and speaks of alice");
    assert!(!trusted(&by_bob(None), &ran("bob")));
    // Where the kernel's audit is off, the session's control group tells (Debian 13 in nspawn).
    let session = |owner| {
        let control_group = Some(owner);
        JournalEntry { control_group, ..by_bob(None) }
    };
    assert!(trusted(&session("/user.slice/user-1000.slice/session-3.scope"), &ran("bob")));
    assert!(!trusted(&session("/user.slice/user-1001.slice/session-3.scope"), &ran("bob")));
    assert!(!trusted(&by_bob(Some(ALICE)), &ran("root")), "only root becomes root");
    assert!(trusted(&JournalEntry { comm, ..by(0, "x") }, &ran("root")));
    let refused = event(EventKind::SudoFailure, "doas", Some("alice"));
    assert!(trusted(&by(ALICE, "failed auth for alice"), &refused));
    assert!(!trusted(&by(BOB, "failed auth for alice"), &refused));
}

#[test]
fn each_service_has_its_own_writers() {
    // Measured on Debian 13 and unstable.
    const DAEMON: u32 = 1;
    let closed = |program, user| event(EventKind::SessionClosed, program, Some(user));
    let opened = |program, user| event(EventKind::SessionOpened, program, Some(user));
    let pam = "pam_unix(x:session): session closed for user alice";
    assert!(trusted(&by(ALICE, pam), &closed("systemd-run0", "alice")));
    assert!(!trusted(&by(ALICE, pam), &closed("systemd-run0", "root")));
    // `(sd-pam)` of a unit with login's PAM service, on Debian 13.
    assert!(trusted(&by(ALICE, pam), &closed("login", "alice")));
    assert!(!trusted(&by(ALICE, pam), &closed("login", "root")));
    assert!(!trusted(&by(ALICE, pam), &opened("login", "alice")), "login is root's");
    assert!(!trusted(&by(ALICE, pam), &closed("cron", "alice")));
    assert!(!trusted(&by(ALICE, pam), &opened("systemd-user", "alice")), "systemd is root then");
    assert!(trusted(&by(DAEMON, pam), &closed("atd", "alice")));
    assert!(!trusted(&by(ALICE, pam), &closed("atd", "alice")));
    let locker = |user| event(EventKind::LoginFailure, "swaylock", Some(user));
    let said = "pam_unix(swaylock:auth): authentication failure; logname= uid=1000 euid=1000 \
                tty= ruser= rhost=  user=root";
    assert!(trusted(&by(ALICE, said), &locker("alice")));
    assert!(!trusted(&by(ALICE, said), &locker("root")), "it unlocks its own user's screen");
}

#[test]
fn what_a_user_tells_of_himself_is_marked() {
    let sudo = || event(EventKind::SudoCommand, "sudo", Some("alice"));
    let marked = |uid| match believed(&by(uid, "x"), sudo(), &Accounts) {
        Some(Parsed::Event(event)) => event.told_by,
        other => panic!("{other:?}"),
    };
    assert_eq!((marked(ALICE), marked(0)), (ALICE, 0));
}

/// Root's own copy of logger, called sshd, in a folder where no distribution has it.
#[test]
fn a_program_is_where_a_distribution_puts_it() {
    let login = event(EventKind::LoginSuccess, "sshd", Some("root"));
    for (exe, expected) in [
        ("/usr/sbin/sshd", true),
        ("/usr/bin/sshd", true),
        ("/usr/sbin/sshd (deleted)", true),
        ("/usr/lib/openssh/sshd-session", true),
        ("/usr/libexec/openssh/sshd-session", true),
        ("/usr/lib/ssh/sshd-session.pam", true),
        ("/nix/store/0a1b-openssh-10.0p2/bin/.sshd-wrapped", true),
        ("/usr/local/sbin/sshd", true),
        ("/root/sshd", false),
        ("/tmp/sbin/sshd", false),
        ("/usr/sbin/x/sshd", false),
        ("/opt/openssh/sbin/sshd", false),
        ("sshd", false),
        ("/usr/bin/logger", false),
    ] {
        let entry = JournalEntry { exe: Some(exe), ..by(0, "x") };
        assert_eq!(trusted(&entry, &login), expected, "{exe}");
    }
    let exe = Some("/usr/lib/cargo/bin/sudo");
    let sudo = event(EventKind::SudoCommand, "sudo", Some("alice"));
    assert!(trusted(&JournalEntry { exe, ..by(ALICE, "x") }, &sudo));
}

#[test]
fn a_container_does_not_speak_for_its_host() {
    let login = event(EventKind::LoginSuccess, "sshd", Some("root"));
    let within = |path| JournalEntry { control_group: Some(path), ..by(0, "x") };
    assert!(trusted(&within("/user.slice/user-0.slice/session-3.scope"), &login));
    assert!(!trusted(&within("/system.slice/docker-0a1b.scope"), &login));
    assert!(!trusted(
        &within("/system.slice/docker-0a1b.scope"),
        &Parsed::Unrecognized { program: "sshd" }
    ));
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
fn a_line_that_no_rule_knows_counts_where_its_writer_may_say_something_new() {
    let unknown = |program| Parsed::Unrecognized { program };
    let tagged = |identifier, entry| JournalEntry { identifier, ..entry };
    let read = |entry, program| believed(&entry, unknown(program), &Accounts);
    assert_eq!(read(tagged("sshd", by(0, "x")), "sshd"), Some(unknown("sshd")));
    assert_eq!(read(tagged("sshd", by(ALICE, "after the login")), "sshd"), Some(Parsed::Ignored));
    assert_eq!(read(tagged("sudo", by(ALICE, "x")), "sudo"), Some(unknown("sudo")));
    assert_eq!(read(tagged("sudo", by(ALICE, "pam_unix(sudo:x): y")), "pam"), Some(unknown("pam")));
    assert_eq!(
        read(tagged("evil", by(ALICE, "pam_unix(sudo:x): y")), "pam"),
        Some(Parsed::Ignored)
    );
    let forged = JournalEntry { comm: Some("logger"), ..by(ALICE, "x") };
    assert_eq!(read(tagged("sshd", forged), "sshd"), None);
}

#[test]
fn hints_come_from_those_who_give_them() {
    let key =
        || HintKind::KeyProvided { fingerprint: "SHA256:x", principal: "alice", trusted: false };
    assert!(trusted(&by(998, "x"), &hint("ec2-instance-connect", key())));
    assert!(trusted(&by(0, "x"), &hint("ec2-instance-connect", key())));
    assert!(!trusted(&by(ALICE, "x"), &hint("ec2-instance-connect", key())));
    let lost = || HintKind::Suppressed { messages: 1 };
    assert!(trusted(&by(104, "x"), &hint("rsyslogd", lost())));
    let nobody = JournalEntry { uid: None, ..by(0, "x") };
    assert!(!trusted(&nobody, &hint("rsyslogd", lost())));
    let connection = || HintKind::Connection { source: "192.0.2.1", port: None };
    assert!(trusted(&by(0, "x"), &hint("sshd", connection())));
    assert!(!trusted(&by(ALICE, "x"), &hint("sshd", connection())));
    let success = || HintKind::AuthenticationSucceeded { user: "alice", by: None, service: None };
    assert!(trusted(&by(0, "x"), &hint("sshd", success())));
    assert!(!trusted(&by(ALICE, "x"), &hint("sshd", success())));
    assert!(trusted(&by(ALICE, "x"), &hint("sudo", success())));
    assert!(!trusted(&by(BOB, "x"), &hint("sudo", success())));
}
