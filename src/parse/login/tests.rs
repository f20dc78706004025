use super::*;
use crate::parse::words::{framed, read, told};

fn check(message: &str, expected: &str) {
    let envelope = framed("login", Some(9), message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn logins() {
    // util-linux 2.17 to 2.42
    check("LOGIN ON tty1 BY bob", "login_success login user=bob tty=tty1");
    check(
        "LOGIN ON pts/2 BY bob FROM 203.0.113.9",
        "login_success login user=bob source=203.0.113.9 tty=pts/2",
    );
    check("ROOT LOGIN ON ttyS0", "login_success login user=root tty=ttyS0");
    check(
        "ROOT LOGIN ON tty1 FROM h.example.org",
        "login_success login user=root source=h.example.org tty=tty1",
    );
    // shadow 4.1 to 4.20
    check("'bob' logged in on '/dev/tty1'", "login_success login user=bob tty=tty1");
    check(
        "'bob' logged in  on '/dev/pts/0' from '203.0.113.9'",
        "login_success login user=bob source=203.0.113.9 tty=pts/0",
    );
    check("ROOT LOGIN  on '/dev/tty1'", "login_success login user=root tty=tty1");
    // BusyBox
    check("root login on 'tty1'", "login_success login user=root tty=tty1");
}

#[test]
fn failures() {
    // util-linux
    check(
        "FAILED LOGIN 1 FROM tty1 FOR bob, Authentication failure",
        "login_failure login user=bob tty=tty1",
    );
    check(
        "FAILED LOGIN 2 FROM tty1 FOR (unknown), User not known to the underlying authentication module",
        "login_failure login user=(unknown) invalid=yes tty=tty1",
    );
    check(
        "FAILED LOGIN 1 FROM 203.0.113.9 FOR bob, Authentication failure",
        "login_failure login user=bob source=203.0.113.9",
    );
    check(
        "FAILED LOGIN 1 FROM (null) FOR root, Authentication failure",
        "login_failure login user=root",
    );
    check(
        "FAILED LOGIN SESSION FROM tty1 FOR bob, Error in service module",
        "login_failure login user=bob tty=tty1",
    );
    check(
        "FAILED LOGIN 1 FROM tty1 FOR x FROM 8.8.8.8 FOR root, Success, Authentication failure",
        "login_failure login user=x FROM 8.8.8.8 FOR root, Success tty=tty1",
    );
    // shadow
    check(
        "FAILED LOGIN (1) on '/dev/tty1' FOR 'bob', Authentication failure",
        "login_failure login user=bob tty=tty1",
    );
    check(
        "FAILED LOGIN (2) on '/dev/pts/1' from '203.0.113.9' FOR 'UNKNOWN', User not known to the underlying authentication module",
        "login_failure login user=UNKNOWN invalid=yes source=203.0.113.9 tty=pts/1",
    );
    check("invalid password for 'bob'  on '/dev/tty1'", "login_failure login user=bob tty=tty1");
    check(
        "invalid password for 'UNKNOWN' on 'tty1'",
        "login_failure login user=UNKNOWN invalid=yes tty=tty1",
    );
    // util-linux 2.17
    check("LOGIN FAILURE FROM 203.0.113.9, bob", "login_failure login user=bob source=203.0.113.9");
    check("3 LOGIN FAILURES FROM tty1, bob", "login_failure login count=3 user=bob tty=tty1");
}

#[test]
fn rejections() {
    check(
        "TOO MANY LOGIN TRIES (3) FROM tty1 FOR bob, Have exhausted maximum number of retries for service",
        "login_rejected login reason=too_many_attempts user=bob tty=tty1",
    );
    check(
        "TOO MANY LOGIN TRIES (3) on '/dev/tty1' FOR 'bob'",
        "login_rejected login reason=too_many_attempts user=bob tty=tty1",
    );
    check(
        "ILLEGAL ROOT LOGIN  on '/dev/tty9'",
        "login_rejected login reason=root_refused user=root tty=tty9",
    );
    check(
        "LOGIN 'bob' REFUSED  on '/dev/tty1' from 'h'",
        "login_rejected login reason=not_allowed user=bob source=h tty=tty1",
    );
    check(
        "exceeded failure limit for 'bob'  on '/dev/tty1'",
        "login_rejected login reason=account_locked user=bob tty=tty1",
    );
    check(
        "REPEATED login failures on '/dev/tty1'",
        "login_rejected login reason=too_many_attempts tty=tty1",
    );
    check(
        "invalid login time for 'bob' on '/dev/tty1'",
        "login_rejected login reason=not_allowed user=bob tty=tty1",
    );
    check(
        "LOGIN bob REFUSED FROM 203.0.113.9 ON TTY pts/0",
        "login_rejected login reason=not_allowed user=bob source=203.0.113.9 tty=pts/0",
    );
    check(
        "Invalid user name \"-x\". Abort.",
        "login_rejected login reason=invalid_user user=-x invalid=yes",
    );
    check("NULL user name. Abort.", "login_rejected login reason=invalid_user invalid=yes");
}

#[test]
fn what_adds_nothing() {
    for message in [
        "DIALUP AT ttyS0 BY bob",
        "FATAL: bad tty",
        "TIOCSCTTY failed: Operation not permitted",
        "Authentication failure",
        "no shadow password for 'bob' on '/dev/tty1'",
        "login 'bob' re-enabled after temporary lockout (3 failures)",
        "",
    ] {
        check(message, "ignored");
    }
    check("something new", "unrecognized login");
}
