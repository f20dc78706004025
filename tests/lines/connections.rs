//! What counts of a connection's lines, as sshd of each version writes them: whole logs, and the
//! events that a person reads in them.
use jiff::tz::TimeZone;
use login_exporter::event::{Texts, Time};
use login_exporter::memory::{Counted, Memory};
use login_exporter::parse::{self, Clock, Parsed};

/// Reads the lines, each `HH:MM:SS message` or `HH:MM:SS [pid] message` of sshd, to their end.
/// The second word is the pid where it is a number in brackets.
fn counted(lines: &[&str]) -> Vec<String> {
    let clock = Clock { reference: Time::new(1_790_000_000, 0), zone: TimeZone::UTC, year: None };
    let (mut memory, mut told) = (Memory::default(), Vec::new());
    for line in lines {
        let (time, message) = line.split_once(' ').unwrap();
        let line = format!("May  1 {time} web sshd{message}");
        let mut show = |counted: &Counted<'_>| told.push(tell(counted));
        let texts = Texts::default();
        match parse::line(line.as_bytes(), &clock, &texts) {
            Parsed::Event(mut event) => memory.event(&mut event, &texts, &mut show),
            Parsed::Hint(hint) => memory.hint(&hint, &mut show),
            Parsed::Ignored => {}
            Parsed::Unrecognized { .. } => panic!("no rule knows {line}"),
        }
    }
    memory.finish(&mut |counted| told.push(tell(counted)));
    told
}

fn tell(counted: &Counted<'_>) -> String {
    let event = counted.event;
    let seconds = event.time.seconds().rem_euclid(86_400);
    let words = [
        Some(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)),
        Some(event.kind.as_str().trim_start_matches("login_").to_owned()),
        event.reason.map(|reason| reason.to_string()),
        event.user.as_ref().map(ToString::to_string),
        event.source.as_ref().map(|source| format!("from {source}")),
        event.port.map(|port| port.to_string()),
        (event.count != 1).then(|| format!("x{}", event.count)),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn check(lines: &[&str], expected: &[&str]) {
    assert_eq!(counted(lines), expected, "{lines:#?}");
}

#[test]
fn a_refused_keys_reason_is_that_of_the_closed_connection() {
    // OpenSSH 8.0 to 10
    check(
        &[
            "10:00:00 [7]: error: Authentication key RSA SHA256:k1 revoked by file /etc/ssh/revoked",
            "10:00:05 [7]: Connection closed by authenticating user ann 192.0.2.1 port 4001 [preauth]",
        ],
        &["10:00:05 rejected key_refused ann from 192.0.2.1 4001"],
    );
    // A proof that says why the connection ended says more than one key of many.
    check(
        &[
            "10:00:00 [7]: error: Authentication key RSA SHA256:k1 revoked by file /etc/ssh/revoked",
            "10:00:05 [7]: error: maximum authentication attempts exceeded for ann from 192.0.2.1 port 4001 ssh2 [preauth]",
        ],
        &["10:00:05 rejected too_many_attempts ann from 192.0.2.1 4001"],
    );
}

#[test]
fn a_refused_key_waits_as_long_as_a_login_may_follow() {
    let revoked = "10:00:00 [7]: error: Authentication key RSA SHA256:k1 revoked by file /etc/r";
    check(
        &[revoked, "10:01:50 [7]: Accepted password for ann from 192.0.2.1 port 4001 ssh2"],
        &["10:01:50 success ann from 192.0.2.1 4001"],
    );
    check(
        &[revoked, "10:03:00 [9]: Accepted password for bob from 192.0.2.2 port 4002 ssh2"],
        &["10:00:00 rejected key_refused", "10:03:00 success bob from 192.0.2.2 4002"],
    );
}

#[test]
fn a_refused_key_of_a_connection_that_logs_in_through_another_process_is_no_rejection() {
    check(
        &[
            "10:00:00 [8]: public key ED25519 SHA256:k1 signature for ann from 192.0.2.1 port 4001 rejected: reset",
            "10:00:30 [7]: Accepted publickey for ann from 192.0.2.1 port 4001 ssh2: ED25519 SHA256:k2",
        ],
        &["10:00:30 success ann from 192.0.2.1 4001"],
    );
    check(
        &[
            "10:00:00 [8]: public key ED25519 SHA256:k1 signature for ann from 192.0.2.1 port 4001 rejected: reset",
            "10:00:30 [7]: Accepted publickey for ann from 192.0.2.1 port 4002 ssh2: ED25519 SHA256:k2",
        ],
        &[
            "10:00:30 success ann from 192.0.2.1 4002",
            "10:00:00 rejected key_refused ann from 192.0.2.1 4001",
        ],
    );
}

#[test]
fn the_end_of_a_login_that_an_unknown_child_tells_is_no_rejection() {
    // OpenSSH 5.3 (CentOS 6): the child of the session has a pid of its own.
    check(
        &[
            "10:00:00 [7]: Accepted password for ann from 192.0.2.1 port 4001 ssh2",
            "10:00:00 [7]: pam_unix(sshd:session): session opened for user ann by (uid=0)",
            "10:20:00 [9]: Connection closed by 192.0.2.1",
            "10:20:00 [7]: pam_unix(sshd:session): session closed for user ann",
        ],
        &[
            "10:00:00 success ann from 192.0.2.1 4001",
            "10:00:00 session_opened ann",
            "10:20:00 session_closed ann",
        ],
    );
    // OpenSSH 7.4 names the port, and may come after the session's end.
    check(
        &[
            "10:00:00 [7]: Accepted password for ann from 192.0.2.1 port 4001 ssh2",
            "10:20:00 [7]: pam_unix(sshd:session): session closed for user ann",
            "10:20:01 [9]: Connection closed by 192.0.2.1 port 4001",
        ],
        &["10:00:00 success ann from 192.0.2.1 4001", "10:20:00 session_closed ann"],
    );
}

#[test]
fn a_login_ends_once_and_another_connection_of_its_address_is_another() {
    // Two connections of one address, of which one logged in and ended long ago.
    check(
        &[
            "10:00:00 [7]: Accepted password for ann from 192.0.2.1 port 4001 ssh2",
            "10:20:00 [9]: Connection closed by 192.0.2.1",
            "10:30:00 [11]: Connection closed by 192.0.2.1",
        ],
        &[
            "10:00:00 success ann from 192.0.2.1 4001",
            "10:30:00 rejected closed_before_login from 192.0.2.1",
        ],
    );
    // Another port is another connection, and so is another address.
    check(
        &[
            "10:00:00 [7]: Accepted password for ann from 192.0.2.1 port 4001 ssh2",
            "10:20:00 [9]: Connection closed by 192.0.2.1 port 4002",
            "10:20:00 [11]: Connection closed by 192.0.2.2",
        ],
        &[
            "10:00:00 success ann from 192.0.2.1 4001",
            "10:20:00 rejected closed_before_login from 192.0.2.1 4002",
            "10:20:00 rejected closed_before_login from 192.0.2.2",
        ],
    );
}

#[test]
fn a_goodbye_after_a_refused_password_adds_nothing() {
    // OpenSSH 6.6 to 7.4
    check(
        &[
            "10:00:00 [7]: Failed password for root from 192.0.2.1 port 4001 ssh2",
            "10:00:01 [7]: Received disconnect from 192.0.2.1 port 4001:11: Bye Bye [preauth]",
        ],
        &["10:00:00 failure root from 192.0.2.1 4001"],
    );
    // Alone it is all that is known of the connection.
    check(
        &["10:00:01 [7]: Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]"],
        &["10:00:01 rejected closed_before_login from 192.0.2.1"],
    );
    // A refused dialogue is a failure too.
    check(
        &[
            "10:00:00 [7]: error: PAM: Authentication failure for root from 192.0.2.1",
            "10:00:01 [7]: Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]",
        ],
        &["10:00:00 failure root from 192.0.2.1"],
    );
}

#[test]
fn the_end_of_a_connection_after_a_refused_password_is_a_rejection() {
    // OpenSSH 7.5 on
    for end in ["Disconnected from", "Connection closed by", "Connection reset by"] {
        check(
            &[
                "10:00:00 [7]: Failed password for root from 192.0.2.1 port 4001 ssh2",
                "10:00:01 [7]: Received disconnect from 192.0.2.1 port 4001:11: Bye Bye [preauth]",
                &format!(
                    "10:00:01 [7]: {end} authenticating user root 192.0.2.1 port 4001 [preauth]"
                ),
            ],
            &[
                "10:00:00 failure root from 192.0.2.1 4001",
                "10:00:01 rejected closed_before_login root from 192.0.2.1 4001",
            ],
        );
    }
}

#[test]
fn an_unknown_user_whom_two_processes_name_is_one_rejection() {
    // OpenSSH 5.3 (CentOS 6): the monitor's pid, then its child's
    check(
        &[
            "10:00:00 [7]: Invalid user guest from 192.0.2.1",
            "10:00:00 [8]: input_userauth_request: invalid user guest",
            "10:00:02 [7]: Failed password for invalid user guest from 192.0.2.1 port 4001 ssh2",
            "10:00:02 [8]: Received disconnect from 192.0.2.1: 11: Bye Bye",
            "10:00:02 [8]: Connection closed by 192.0.2.1",
        ],
        &[
            "10:00:00 rejected invalid_user guest from 192.0.2.1",
            "10:00:02 failure guest from 192.0.2.1 4001",
        ],
    );
    // The child alone, where the log begins with it.
    check(
        &["10:00:00 [8]: input_userauth_request: invalid user guest"],
        &["10:00:00 rejected invalid_user guest"],
    );
}

#[test]
fn each_connection_that_the_listener_drops_counts_once() {
    const DROP: &str =
        "drop connection #10 from [192.0.2.1]:4001 on [192.0.2.9]:22 past MaxStartups";
    let one = "rejected throttled from 192.0.2.1 4001";
    // OpenSSH 8.5 to 9.7
    check(
        &[
            "10:00:00 [7]: error: beginning MaxStartups throttling",
            &format!("10:00:00 [7]: {DROP}"),
            "10:05:01 [7]: error: in MaxStartups throttling for 00:05:01, 31 connections dropped",
            &format!("10:05:01 [7]: {DROP}"),
            "10:06:00 [7]: exited MaxStartups throttling after 00:06:00, 40 connections dropped",
        ],
        &[
            &format!("10:00:00 {one}"),
            "10:05:01 rejected throttled x29",
            &format!("10:05:01 {one}"),
            "10:06:00 rejected throttled x9",
        ],
    );
    // At LogLevel VERBOSE all are told one by one.
    check(
        &[
            "10:00:00 [7]: error: beginning MaxStartups throttling",
            &format!("10:00:00 [7]: {DROP}"),
            &format!("10:00:01 [7]: {DROP}"),
            "10:00:02 [7]: exited MaxStartups throttling after 00:00:02, 2 connections dropped",
        ],
        &[&format!("10:00:00 {one}"), &format!("10:00:01 {one}")],
    );
    // The next throttling starts anew.
    check(
        &[
            &format!("10:00:00 [7]: {DROP}"),
            "10:00:01 [7]: error: beginning MaxStartups throttling",
            &format!("10:00:01 [7]: {DROP}"),
            "10:00:02 [7]: exited MaxStartups throttling after 00:00:01, 3 connections dropped",
            "10:10:00 [7]: error: beginning MaxStartups throttling",
            &format!("10:10:00 [7]: {DROP}"),
            "10:10:02 [7]: exited MaxStartups throttling after 00:00:02, 2 connections dropped",
        ],
        &[
            &format!("10:00:00 {one}"),
            &format!("10:00:01 {one}"),
            "10:00:02 rejected throttled x2",
            &format!("10:10:00 {one}"),
            "10:10:02 rejected throttled",
        ],
    );
}

#[test]
fn the_address_of_an_account_that_pam_refuses_is_pam_access_s() {
    check(
        &[
            "10:00:00 [7]: pam_access(sshd:account): access denied for user `ann' from `192.0.2.1'",
            "10:00:00 [7]: Failed password for ann from 192.0.2.1 port 4001 ssh2",
            "10:00:00 [7]: fatal: Access denied for user ann by PAM account configuration [preauth]",
        ],
        &[
            "10:00:00 failure ann from 192.0.2.1 4001",
            "10:00:00 rejected not_allowed ann from 192.0.2.1 4001",
        ],
    );
    check(
        &[
            "10:00:00 [7]: pam_access(sshd:account): access denied for user `ann' from `192.0.2.1'",
            "10:00:00 [7]: fatal: Access denied for user ann by PAM account configuration [preauth]",
        ],
        &["10:00:00 rejected not_allowed ann from 192.0.2.1"],
    );
}

#[test]
fn an_address_that_comes_late_in_a_log_is_found() {
    // OpenSSH 6.6 named nobody but the user; the client stayed for eighteen seconds.
    check(
        &[
            "10:00:00 [7]: Disconnecting: Too many authentication failures for root [preauth]",
            "10:00:09 [9]: Invalid user guest from 192.0.2.2",
            "10:00:18 [7]: Connection closed by 192.0.2.1 [preauth]",
        ],
        &[
            "10:00:09 rejected invalid_user guest from 192.0.2.2",
            "10:00:00 rejected too_many_attempts root from 192.0.2.1",
        ],
    );
}
