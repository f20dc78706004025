//! Who a line belongs to, and what the log daemon says about lines.
#![allow(clippy::panic)]

use super::*;
use crate::event::{EventKind, HintKind, Texts};

fn clock() -> Clock {
    Clock { reference: Time::new(1_800_000_000, 0), zone: TimeZone::UTC, year: None }
}

fn read(rest: &str, check: impl FnOnce(Parsed<'_>)) {
    let text = format!("May  1 02:03:04 {rest}");
    check(line(text.as_bytes(), &clock(), &Texts::default()));
}

/// The kind and count of the event, or the hint.
fn told(parsed: &Parsed<'_>) -> String {
    match parsed {
        Parsed::Event(event) => format!("{} {} x{}", event.program, event.kind, event.count),
        Parsed::Hint(hint) => format!("{:?} {:?} {:?}", hint.program, hint.pid, hint.kind),
        Parsed::Ignored => "ignored".into(),
        Parsed::Unrecognized { program } => format!("unrecognized {program}"),
    }
}

fn check(rest: &str, expected: &str) {
    read(rest, |parsed| assert_eq!(told(&parsed), expected, "{rest}"));
}

const ACCEPTED: &str = "Accepted password for root from 192.0.2.1 port 22 ssh2";

#[test]
fn sshd_speaks_under_every_tag_it_has() {
    for tag in ["sshd[1]", "sshd", "sshd-session[1]", "sshd-auth[1]", "/usr/sbin/sshd[1]", "[sshd]"]
    {
        check(&format!("web {tag}: {ACCEPTED}"), "sshd login_success x1");
    }
    read(&format!("web sshd-session[12]: {ACCEPTED}"), |parsed| {
        let Parsed::Event(event) = parsed else { panic!("{parsed:?}") };
        assert_eq!(event.kind, EventKind::LoginSuccess);
        assert_eq!(event.time, Time::new(1_777_600_984, 0));
        assert_eq!((event.host, event.pid), ("web", Some(12)));
    });
}

#[test]
fn another_program_that_quotes_sshd_is_not_sshd() {
    for rest in [
        format!("web logger: {ACCEPTED}"),
        format!("web logger: sshd[1]: {ACCEPTED}"),
        format!("web bash[1]: HISTORY: sshd[1]: {ACCEPTED}"),
        format!("web ssh[1]: {ACCEPTED}"),
        format!("web notsshd[1]: {ACCEPTED}"),
        format!("web sshd-x[1]: {ACCEPTED}"),
        format!("sshd[1]: kernel: {ACCEPTED}").replacen("sshd[1]:", "sshd[1]", 1),
    ] {
        check(&rest, "ignored");
    }
}

#[test]
fn a_repeated_message_counts_as_often() {
    let failed = "Failed password for root from 192.0.2.1 port 22 ssh2";
    // rsyslog 5 to 8
    check(&format!("web sshd[1]: message repeated 3 times: [ {failed}]"), "sshd login_failure x3");
    // cut before the closing bracket
    check(&format!("web sshd[1]: message repeated 3 times: [ {failed}"), "sshd login_failure x3");
    check(&format!("web sshd[1]:  message repeated 3 times: [{failed}]"), "sshd login_failure x3");
    check(&format!("web sshd[1]: message repeated x times: [ {failed}]"), "unrecognized sshd");
    check(&format!("web cat[1]: message repeated 3 times: [ {failed}]"), "ignored");
}

#[test]
fn no_line_counts_for_billions() {
    let failed = "Failed password for root from 192.0.2.1 port 22 ssh2";
    let repeated = format!("web sshd[1]: message repeated 4000000000 times: [ {failed}]");
    check(&repeated, "sshd login_failure x10000");
    check(
        "web evil: pam_unix(x:auth): 4000000000 more authentication failures; logname= uid=1001 \
         euid=0 tty=x ruser= rhost=198.51.100.9  user=root",
        "x login_failure x100",
    );
    check(
        "web sudo: alice : 4000000000 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; \
         USER=root ; COMMAND=/bin/ls",
        "sudo sudo_failure x100",
    );
}

#[test]
fn pam_speaks_of_a_service_under_other_tags() {
    let opened = "session opened for user root by jani(uid=0)";
    for (tag, service, expected) in [
        ("sudoedit", "sudo", "sudo session_opened x1"),
        ("(bash)", "login", "login session_opened x1"),
        ("(systemd-stdio-bridge)", "login", "login session_opened x1"),
        ("(sd-pam)[7]", "login", "login session_opened x1"),
        ("(sd-", "login", "login session_opened x1"),
        ("(sd-pam)", "systemd-user", "systemd-user session_opened x1"),
        ("(bash)", "systemd-run0", "systemd-run0 session_opened x1"),
        ("sshd-session.pam[7]", "sshd", "sshd session_opened x1"),
        // Another program that quotes it.
        ("bash", "login", "ignored"),
        ("logger", "sudo", "ignored"),
        ("(bash)", "sshd", "ignored"),
        ("(sudo)", "sudo", "ignored"),
    ] {
        check(&format!("web {tag}: pam_unix({service}:session): {opened}"), expected);
    }
}

#[test]
fn a_repeated_refusal_is_still_one_connection() {
    let closed = "Connection closed by 192.0.2.1 port 22 [preauth]";
    for end in ["]", ""] {
        let rest = format!("web sshd[1]: message repeated 3 times: [ {closed}{end}");
        read(&rest, |parsed| {
            assert_eq!(told(&parsed), "sshd login_rejected x1", "{rest}");
            let Parsed::Event(event) = parsed else { panic!("{parsed:?}") };
            assert_eq!(event.role, crate::event::Role::Proof, "{rest}");
        });
    }
    let dropped = "drop connection #1 from [192.0.2.1]:5 on [10.0.0.1]:22 past MaxStartups";
    check(
        &format!("web sshd[1]: message repeated 3 times: [ {dropped}]"),
        "sshd login_rejected x3",
    );
}

#[test]
fn the_last_message_repeated_is_a_hint() {
    let repeated = HintKind::Repeated { times: 2 };
    check("web last message repeated 2 times", &format!("\"\" None {repeated:?}"));
    check(
        " sshd[1332]: last message repeated 2 times",
        &format!("\"sshd\" Some(1332) {repeated:?}"),
    );
    check("web --- last message repeated 2 times ---", &format!("\"\" None {repeated:?}"));
    check("web last message repeated 2 times over", "ignored");
}

#[test]
fn messages_that_a_log_daemon_dropped_are_told() {
    for (rest, messages) in [
        ("web systemd-journald[1]: Suppressed 1234 messages from sshd.service", 1234),
        ("web journal: Suppressed 7 messages from /system.slice/sshd.service", 7),
        ("web systemd-journald[1]: Forwarding to syslog missed 12 messages.", 12),
        ("web rsyslogd: imjournal: 5000 messages lost due to rate-limiting (20000 allowed)", 5000),
        ("web rsyslogd-2177: imuxsock lost 45 messages from pid 12 due to rate-limiting", 45),
        ("web rsyslogd: imuxsock[pid: 12]: 46 messages lost due to rate-limiting", 46),
        ("web rsyslogd-2177: imuxsock begins to drop messages from pid 12 due to rate-limiting", 0),
        ("web rsyslogd: imjournal: begin to drop messages due to rate-limiting", 0),
    ] {
        read(rest, |parsed| match parsed {
            Parsed::Hint(hint) => {
                assert_eq!(hint.kind, HintKind::Suppressed { messages }, "{rest}")
            }
            other => panic!("{other:?}: {rest}"),
        });
    }
    check("web rsyslogd: [origin software=\"rsyslogd\"] start", "ignored");
    check("web sshd-x[1]: Suppressed 9 messages from x", "ignored");
}

#[test]
fn every_program_that_can_be_unknown_is_listed() {
    let mut unknown = 0;
    for row in crate::programs::PROGRAMS {
        for tag in row.tags {
            read(&format!("web {tag}[1]: words of a version to come"), |parsed| {
                if let Parsed::Unrecognized { program } = parsed {
                    assert!(crate::programs::may_be_unknown().any(|known| known == program));
                    unknown += 1;
                }
            });
        }
    }
    assert!(unknown > 5, "{unknown}");
}

#[test]
fn a_line_that_nobody_can_read_is_said() {
    for text in [
        "hello",
        ACCEPTED,
        "sshd[1]: x",
        "[   12.345678] web sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
        r#"{"MESSAGE": "Accepted password for root from 192.0.2.1 port 22 ssh2"}"#,
        "lis 26 13:03:32 h sshd[903]: Accepted password for root from 192.0.2.1 port 1 ssh2",
        "May  1 02:03:04 web sshd [1]: Accepted password for root from 192.0.2.1 port 22 ssh2",
        "May  1 02:03:04 web Accepted password for root from 192.0.2.1 port 22 ssh2",
        "Fri 2026-05-01 02:03:04 UTC web session-3.scope[1]: (to root) bob on pts/0",
        "web-1  | Accepted password for root from 192.0.2.1 port 22 ssh2",
    ] {
        let unframed = Parsed::Unrecognized { program: "unframed" };
        assert_eq!(line(text.as_bytes(), &clock(), &Texts::default()), unframed, "{text}");
    }
    for text in ["", " ", "\u{0}", "-- Boot 0a1b --", "May  1 02:03:04 h -- MARK --"] {
        assert_eq!(line(text.as_bytes(), &clock(), &Texts::default()), Parsed::Ignored, "{text}");
    }
}

/// How daemons and tools write a line of tag and pid (`@`) and message (`~`).
const FRAMES: &[&str] = &[
    "May  1 02:03:04 web @: ~",
    "May  1 02:03:04.123456 web @: ~",
    "<86>May  1 02:03:04 web @: ~",
    "May  1 02:03:04 web  @: ~",
    "May  1 02:03:04 @: ~",
    "May  1 02:03:04 web auth.info @: ~",
    "May  1 02:03:04 <auth.info> web @: ~",
    "May  1 02:03:04 web auth|security:info @: ~",
    "May  1 02:03:04 web  authpriv info  @: ~",
    "May  1 02:03:04 web @: [ID 800047 auth.info] ~",
    "Fri May  1 02:03:04 2026 authpriv.info @: ~",
    "2026 May  1 02:03:04 web @: ~",
    "мая 01 02:03:04 web @: ~",
    "2026-05-01T02:03:04+00:00 web @: ~",
    "2026-05-01T02:03:04.000001Z web @: ~",
    "2026-05-01 02:03:04 web @: ~",
    "Fri 2026-05-01 02:03:04 UTC web @: ~",
    "1777600984.000000 web @: ~",
    "web-1  | May  1 02:03:04 web @: ~",
    "<38>1 2026-05-01T02:03:04Z web % - - ~",
    "<38>1 2026-05-01T02:03:04Z web % ID1 [meta sequenceId=\"1\"] ~",
];

/// Every line that the rules know, under every frame that is known: the frame changes no word.
#[test]
fn every_known_line_is_read_under_every_known_frame() {
    let told = words::told;
    let mut lines = 0;
    for sample in tables().iter().flat_map(|table| table.samples()) {
        let message = sample.message(None);
        let bare = message_of(&sample, &message);
        let pid = sample.pid.map(|pid| pid.to_string());
        let tag =
            pid.as_ref().map_or(sample.tag.to_owned(), |pid| format!("{}[{pid}]", sample.tag));
        let words = format!("{} {}", sample.tag, pid.as_deref().unwrap_or("-"));
        for frame in FRAMES {
            let frame = frame.replace('@', &tag).replace('%', &words);
            let line = frame.replace('~', &String::from_utf8_lossy(&message));
            let texts = &Texts::default();
            let parsed = super::line(line.as_bytes(), &clock(), texts);
            assert_eq!(told(&parsed), bare, "{line}");
            lines += 1;
        }
    }
    assert!(lines > 1_000, "{lines}");
}

fn message_of(sample: &rows::Sample, message: &[u8]) -> String {
    words::told(&super::message(&words::framed(sample.tag, sample.pid, message)))
}
