use super::*;
use crate::parse::words::{framed, read, told};

fn check(message: &str, expected: &str) {
    let envelope = framed("dropbear", Some(9), message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn addresses_of_every_version() {
    // 2026.94 cuts the port of an address in brackets.
    check(
        "Bad password attempt for 'root' from [::ffff:127.0.0.1]:532",
        "login_failure dropbear user=root method=password source=127.0.0.1",
    );
    check(
        "Bad password attempt for 'root' from [2001:db8::1]:",
        "login_failure dropbear user=root method=password source=2001:db8::1",
    );
    check(
        "Bad password attempt for 'root' from 2001:db8::1:51234",
        "login_failure dropbear user=root method=password source=2001:db8::1 port=51234",
    );
    check(
        "Child connection from [::ffff:127.0.0.1]:53254",
        "hint Connection { source: \"127.0.0.1\", port: None }",
    );
}

#[test]
fn a_first_factor_is_no_login() {
    check("Password auth succeeded for 'bob' from 192.0.2.1:5, extra auth required", "ignored");
    check(
        "Pubkey auth succeeded for 'bob' with ssh-rsa key SHA256:ab from 192.0.2.1:5, extra auth required",
        "ignored",
    );
}

#[test]
fn ends_of_every_version() {
    check(
        "Exit before auth from <192.0.2.1:5>: Max auth tries reached - user 'is invalid'",
        "login_rejected dropbear reason=too_many_attempts source=192.0.2.1 port=5 role=end",
    );
    check(
        "Exit before auth (user 'bob', 0 fails): Exited normally",
        "login_rejected dropbear reason=closed_before_login user=bob role=end",
    );
    check(
        "Exit before auth: Timeout before auth",
        "login_rejected dropbear reason=timeout role=end",
    );
    check(
        "[825] Jul 10 23:57:29 Exit before auth from <192.0.2.1:5>: Exited normally",
        "login_rejected dropbear reason=closed_before_login source=192.0.2.1 port=5 role=end",
    );
}

#[test]
fn what_no_row_knows_is_said() {
    check("something new", "unrecognized dropbear");
}
