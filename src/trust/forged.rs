//! Whatever a user without rights writes to the journal, he tells of himself only.
#![allow(clippy::unwrap_used)]

use super::{Surroundings, UserIds, believed};
use crate::event::{Event, EventKind, HintKind, Texts, Time};
use crate::parse::{self, Envelope, Parsed};
use crate::programs::{self, PROGRAMS, Writer};
use crate::record::JournalEntry;

const ALICE: u32 = 1000;

#[derive(Debug)]
struct Accounts;

impl UserIds for Accounts {
    fn user_id(&self, name: &str) -> Option<u32> {
        let accounts = [("root", 0), ("alice", ALICE), ("bob", 1001), ("daemon", 1)];
        accounts.iter().find(|(known, _)| *known == name).map(|(_, uid)| *uid)
    }

    fn surroundings(&self) -> &Surroundings {
        Surroundings::UNKNOWN
    }
}

/// What programs say, with `@` for an account and `#` for a user ID.
const MESSAGES: &[&str] = &[
    "Accepted password for @ from 198.51.100.9 port 5 ssh2",
    "Failed password for @ from 198.51.100.9 port 5 ssh2",
    "Invalid user @ from 198.51.100.9 port 5",
    "Connection from 198.51.100.9 port 5 on 192.0.2.1 port 22",
    "beginning MaxStartups throttling",
    "exited MaxStartups throttling after 00:00:10, 4000000000 connections dropped",
    "     @ : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
    "     @ : 4000000000 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
    "(to root) @ on pts/0",
    "FAILED SU (to @) bob on pts/0",
    "Successful su for root by @",
    "LOGIN ON tty1 BY @",
    "FAILED LOGIN 1 FROM tty1 FOR @, Authentication failure",
    "new user: name=@, UID=1001, GID=1001, home=/h, shell=/bin/sh, from=none",
    "delete user '@'",
    "password for '@' changed by 'alice'",
    "changed user '@' shell to '/bin/sh'",
    "user @ added by alice to group staff",
    "@: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
    "@: Error executing command as another user: Not authorized [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]",
    "@ ran command /bin/sh as root from /",
    "@ ran command /bin/sh as alice from /",
    "@ ran command /bin/sh as bob from /",
    "failed auth for @",
    "command not permitted for @: /bin/sh",
    "New session 5 of user @.",
    "New seat seat0.",
    "Suppressed 99 messages from ssh.service",
    "imuxsock[pid: 12]: 45 messages lost due to rate-limiting",
    "last message repeated 9 times",
    "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, for IAM principal: arn:aws:iam::1:user/@",
    "Operator of unix-process:1:2 successfully authenticated as unix-user:@ to gain ONE-SHOT authorization for action org.freedesktop.systemd1.manage-units for system-bus-name::1.1 [run0] (owned by unix-user:@)",
    "access granted to @ as ssh-user \"root\"",
    "Password auth succeeded for '@' from 198.51.100.9:5",
    "Bad password attempt for '@' from 198.51.100.9:5",
    "Successful Duo login for '@' from 198.51.100.9",
    "words of a version to come",
];

/// What PAM says in a service, for `$`.
const PAMS: &[&str] = &[
    "pam_unix($:auth): authentication failure; logname= uid=# euid=0 tty=x ruser= rhost=  user=@",
    "pam_unix($:auth): authentication failure; logname= uid=# euid=0 tty=x ruser=@ rhost=198.51.100.9  user=root",
    "pam_unix($:auth): 4000000000 more authentication failures; logname= uid=# euid=0 tty=x ruser= rhost=198.51.100.9  user=@",
    "pam_sss($:auth): authentication success; logname= uid=# euid=0 tty=x ruser= rhost= user=@",
    "pam_unix($:session): session opened for user @(uid=0) by alice(uid=#)",
    "pam_unix($:session): session opened for user root(uid=0) by @(uid=#)",
    "pam_unix($:session): session closed for user @",
    "pam_unix($:chauthtok): password changed for @",
    "pam_unix($:session): words of a version to come",
    "pam_faillock($:auth): Consecutive login failures for user @ account temporarily locked",
    "pam_access($:account): access denied for user `@' from `198.51.100.9'",
    "message repeated 4000000000 times: [ pam_unix($:auth): authentication failure; logname= uid=# euid=0 tty=x ruser= rhost=  user=@]",
];

fn lines() -> Vec<(String, String)> {
    let names = PROGRAMS.iter().flat_map(|row| row.tags.iter().chain(row.services));
    let names: Vec<&str> =
        names.copied().chain(["evil", "x", "(bash)", "(sd-pam)", "systemd", ""]).collect();
    let mut lines = Vec::new();
    let mut add = |tag: &str, message: String| lines.push((tag.to_owned(), message));
    for tag in &names {
        for (account, uid) in
            [("alice", "1000"), ("bob", "1000"), ("root", "1000"), ("bob", "1001"), ("root", "0")]
        {
            for message in MESSAGES.iter().chain(PAMS) {
                let own = message.replace('@', account).replace('#', uid).replace('$', tag);
                add(tag, own.clone());
                add(tag, format!("message repeated 3 times: [ {own}]"));
            }
            for message in PAMS {
                for service in
                    ["sshd", "login", "su", "sudo", "cron", "polkit-1", "systemd-user", "evil"]
                {
                    add(tag, message.replace('@', account).replace('#', uid).replace('$', service));
                }
            }
        }
    }
    lines
}

/// Whether everything that the event's labels name is Alice's own: herself, or whom a program that
/// she may start made of her, which names her as who started it.
fn is_her_own(event: &Event<'_>) -> bool {
    let row = programs::by_name(event.program).unwrap();
    let names_her = event.user == Some("alice");
    let started_by_her = event.by.is_some_and(|by| by.uid == Some(ALICE));
    let ends_hers = event.kind == EventKind::SessionClosed && row.writers.closing == Writer::Anyone;
    let by_users = [row.writers.own, row.writers.pam, row.writers.closing]
        .iter()
        .any(|writer| matches!(writer, Writer::Invoker | Writer::Owner | Writer::Target));
    let login = matches!(event.kind, EventKind::LoginSuccess);
    let session = matches!(event.kind, EventKind::SessionOpened | EventKind::SessionClosed);
    let has_sessions = matches!(
        event.program,
        "sudo" | "su" | "doas" | "pkexec" | "polkit" | "systemd-user" | "systemd-run0" | "login"
    ) || row.writers.pam == Writer::Owner;
    by_users
        && event.told_by == ALICE
        && event.source.is_none()
        && !login
        && (!session || has_sessions)
        && event.count <= 100
        && (names_her || started_by_her || ends_hers)
}

#[test]
fn no_line_of_a_user_tells_of_anyone_else() {
    let (mut counted, mut refused) = (0, 0);
    for (tag, message) in lines() {
        for comm in [None, Some(tag.as_str())] {
            let entry = JournalEntry {
                identifier: &tag,
                comm,
                uid: Some(ALICE),
                login_uid: Some(ALICE),
                pid: Some(5),
                message: message.as_bytes(),
                ..JournalEntry::default()
            };
            let parsed = parse::message(&Envelope {
                time: Time::new(1, 0),
                host: "h",
                tag: tag.as_bytes(),
                program: programs::by_tag(tag.as_bytes()),
                pid: Some(5),
                message: entry.message,
                may_be_stripped: false,
                texts: Texts::for_ever(),
            });
            match believed(&entry, parsed, &Accounts) {
                Some(Parsed::Event(event)) => {
                    assert!(is_her_own(&event), "{tag}: {message}\n{event:?}");
                    counted += 1;
                }
                Some(Parsed::Hint(hint)) => assert!(
                    matches!(hint.kind, HintKind::AuthenticationSucceeded { .. }),
                    "{tag}: {message}\n{hint:?}"
                ),
                Some(Parsed::Unrecognized { program }) => {
                    let row = programs::by_tag(tag.as_bytes()).unwrap();
                    let hers =
                        matches!(row.writers.own, Writer::Invoker | Writer::Owner | Writer::Target);
                    assert!(hers && (program == row.name || program == "pam"), "{tag}: {message}");
                }
                Some(Parsed::Ignored) => {}
                None => refused += 1,
            }
        }
    }
    assert!(counted > 100 && refused > 10_000, "{counted} counted, {refused} refused");
}
