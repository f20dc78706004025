//! su of every system, more than one line a row.

use super::*;
use crate::parse::words::{framed, read, told};

fn check(tag: &str, pid: Option<u32>, message: &str, expected: &str) {
    let envelope = framed(tag, pid, message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn switches_of_every_su() {
    let pid = Some(7);
    // util-linux 2.23 (CentOS 7) without pid, 2.38 with
    check("su", None, "(to root) bob on pts/0", "su_success su user=bob target=root tty=pts/0");
    check("su", pid, "(to root) bob on none", "su_success su user=bob target=root tty=none");
    check("su", pid, "(to root)  on none", "su_success su user= target=root tty=none");
    check("su-l", pid, "(to root) bob on pts/0", "su_success su user=bob target=root tty=pts/0");
    check(
        "runuser",
        pid,
        "(to bob) root on none",
        "su_success runuser user=root target=bob tty=none",
    );
    check(
        "su",
        pid,
        "FAILED SU (to root) bob on pts/0",
        "su_failure su user=bob target=root tty=pts/0",
    );
    check(
        "runuser",
        pid,
        "FAILED RUNUSER (to bob) root on none",
        "su_failure runuser user=root target=bob tty=none",
    );
    // shadow 4.1 to 4.8
    check("su", pid, "Successful su for root by bob", "su_success su user=bob target=root");
    check("su", pid, "FAILED su for root by bob", "su_failure su user=bob target=root");
    check("su", pid, "FAILED su for x by root by bob", "su_failure su user=bob target=x by root");
    // FreeBSD, BusyBox 1.x
    check("su", pid, "bob to root on /dev/pts/0", "su_success su user=bob target=root tty=pts/0");
    check(
        "su",
        pid,
        "BAD SU bob to root on /dev/pts/0",
        "su_failure su user=bob target=root tty=pts/0",
    );
    check(
        "su",
        pid,
        "failed: ttyq4 changing from bob to root",
        "su_failure su user=bob target=root tty=ttyq4",
    );
    check(
        "su",
        pid,
        "succeeded: ttyq4 changing from bob to root",
        "su_success su user=bob target=root tty=ttyq4",
    );
    check(
        "su",
        None,
        "+ /dev/pts/0 bob:root",
        "su_success su user=bob target=root tty=pts/0 role=echo",
    );
    check(
        "su",
        None,
        "- /dev/pts/0 bob:root",
        "su_failure su user=bob target=root tty=pts/0 role=echo",
    );
}

#[test]
fn refusals_of_shadow_that_its_own_line_may_tell_again() {
    let alone = "role=echo";
    check(
        "su",
        Some(7),
        "Authentication failed for root",
        &format!("su_failure su target=root {alone}"),
    );
    check(
        "su",
        Some(7),
        "SU by bob to restricted account ann",
        &format!("su_failure su user=bob target=ann {alone}"),
    );
    check(
        "su",
        Some(7),
        "DENIED su from 'bob' to 'root' (/etc/suauth)",
        &format!("su_failure su user=bob target=root {alone}"),
    );
}

#[test]
fn what_adds_nothing() {
    for message in [
        "+ /dev/pts/0 root:root",
        "- pts/4 dcid-root",
        "pam_authenticate: Authentication failure",
        "No passwd entry for user 'x'",
        "NO password asked for su from 'bob' to 'root' (/etc/suauth)",
        "su from 'bob' to 'root': asking for user's own password (/etc/suauth)",
    ] {
        check("su", Some(7), message, "ignored");
    }
    check("su", Some(7), "something new", "unrecognized su");
}
