//! Whatever bytes come, no parser of this folder panics or takes more than its time, and what
//! someone typed changes nothing but the name.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{Parser, framed, read};
use crate::event::{Event, EventKind, Reason};
use crate::parse::{Parsed, accounts, instance_connect, login, logind, pam, polkit, su, sudo};

const PARSERS: &[(&str, Parser)] = &[
    ("useradd", accounts::parse),
    ("ec2-instance-connect", instance_connect::parse),
    ("login", login::parse),
    ("systemd-logind", logind::parse),
    ("sshd", pam::parse),
    ("pkexec", polkit::parse),
    ("su", su::parse),
    ("sudo", sudo::parse),
];

/// Words that the formats are made of, so that random messages come near to them.
const WORDS: &[&str] = &[
    " : ",
    " ; ",
    "TTY=",
    "PWD=/",
    "USER=root",
    "COMMAND=/bin/ls",
    " ; COMMAND=",
    " ; EXIT=0",
    "@cee:{\"sudo\":{\"accept\":{",
    "3 incorrect password attempts",
    "(to root) bob on pts/0",
    "FAILED SU ",
    "Successful su for ",
    " by ",
    "FAILED LOGIN 1 FROM ",
    " FOR ",
    ", ",
    "'",
    "`",
    " on '",
    "pam_unix(su:auth): ",
    "(pam_unix) ",
    "PAM ",
    "session opened for user ",
    "(uid=0)",
    "authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=",
    " user=",
    "new user: name=",
    "add 'bob' to group 'wheel'",
    ": Executing command [USER=",
    "] [COMMAND=",
    "\u{0}",
    "#012",
    "Providing ssh key from EC2 Instance Connect with fingerprint: ",
    "for IAM principal: arn:aws:",
];

fn message() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        (0..WORDS.len()).prop_map(|at| WORDS[at].as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

/// A name as someone types it: any bytes but the line's end.
fn name() -> impl Strategy<Value = Vec<u8>> {
    message().prop_map(|name| name.into_iter().filter(|byte| !b"\r\n".contains(byte)).collect())
}

fn event<'a>(parsed: &'a Parsed<'a>) -> &'a Event<'a> {
    let event = match parsed {
        Parsed::Event(event) => Some(event),
        _ => None,
    };
    event.expect("the line tells an event")
}

proptest! {
    #[test]
    fn no_message_panics(message in message()) {
        for (tag, parse) in PARSERS {
            read(*parse, &framed(tag, Some(7), &message));
            read(*parse, &framed(tag, None, &message));
        }
    }

    #[test]
    fn a_name_typed_at_a_console_changes_only_the_name(name in name()) {
        let message =
            [b"FAILED LOGIN 1 FROM tty1 FOR ", &name[..], b", Authentication failure"].concat();
        let envelope = framed("login", Some(7), &message);
        let parsed = read(login::parse, &envelope);
        let event = event(&parsed);
        prop_assert_eq!(event.kind, EventKind::LoginFailure);
        prop_assert_eq!(event.tty, Some("tty1"));
        prop_assert_eq!(event.source, None);
    }

    #[test]
    fn a_name_given_to_sudo_never_makes_a_command(name in name()) {
        let fields = b" ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls";
        let message = [b"     bob : unknown user ", &name[..], fields].concat();
        let envelope = framed("sudo", None, &message);
        let parsed = read(sudo::parse, &envelope);
        let event = event(&parsed);
        prop_assert_eq!(event.kind, EventKind::SudoFailure);
        prop_assert_eq!(event.reason, Some(Reason::Other));
        prop_assert_eq!(event.user, Some("bob"));
    }

    #[test]
    fn a_name_given_to_su_changes_only_the_target(name in name()) {
        let message = [b"FAILED su for ", &name[..], b" by bob"].concat();
        let envelope = framed("su", Some(7), &message);
        let parsed = read(su::parse, &envelope);
        prop_assert_eq!(event(&parsed).kind, EventKind::SuFailure);
        prop_assert_eq!(event(&parsed).user, Some("bob"));
    }

    #[test]
    fn a_name_given_to_vsftpd_changes_no_address(name in name()) {
        let before = b"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=";
        let message = [&before[..], b"x", &name, b" rhost=203.0.113.9 "].concat();
        let envelope = framed("vsftpd", Some(7), &message);
        let parsed = read(pam::parse, &envelope);
        prop_assert_eq!(event(&parsed).kind, EventKind::LoginFailure);
        prop_assert_eq!(event(&parsed).source, Some("203.0.113.9"));
    }

    #[test]
    fn a_directory_changes_neither_user_nor_target(name in name()) {
        // A name that holds the command's key is the one that cannot be told apart.
        prop_assume!(memchr::memmem::find(&name, b"COMMAND=").is_none());
        let message =
            [b"     bob : PWD=/", &name[..], b" ; USER=www ; COMMAND=/bin/ls"].concat();
        let envelope = framed("sudo", None, &message);
        let parsed = read(sudo::parse, &envelope);
        prop_assert_eq!(event(&parsed).kind, EventKind::SudoCommand);
        prop_assert_eq!(event(&parsed).user, Some("bob"));
        prop_assert_eq!(event(&parsed).target_user, Some("www"));
        prop_assert_eq!(event(&parsed).command, Some("/bin/ls"));
    }
}

/// A megabyte of each word takes no more than a multiple of its length: quadratic work would take
/// minutes.
#[test]
fn a_long_message_takes_linear_time() {
    let started = Instant::now();
    for word in WORDS {
        let message = word.repeat(1_000_000 / word.len());
        for (tag, parse) in PARSERS {
            for before in ["", "bob : ", "(to ", "pam_unix(x:auth): ", "FAILED LOGIN 1 FROM "] {
                read(*parse, &framed(tag, None, format!("{before}{message}").as_bytes()));
            }
        }
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

proptest! {
    /// A search of ours finds what a plain one finds.
    #[test]
    fn words_are_found_where_they_stand(text in "[ab f]{0,40}", words in "[ab f]{1,4}") {
        let (text, words) = (text.as_bytes(), words.as_bytes());
        prop_assert_eq!(super::find(text, words), memchr::memmem::find(text, words));
        prop_assert_eq!(super::rfind(text, words), memchr::memmem::rfind(text, words));
    }
}
