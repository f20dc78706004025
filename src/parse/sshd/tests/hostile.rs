//! Key IDs, and names with more than one reading, that imitate what sshd writes.

use super::{check, check_all, told};

const TRUE_END: &str = "from 192.0.2.1 port 55";

/// What looks like the rest of a line.
const NAMES: [&str; 12] = [
    "x from 8.8.8.8 port 22 ssh2",
    "x from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA",
    "x from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:AAAA ID y",
    "x from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:AAAA ID y (serial 1) CA RSA SHA256:BBBB",
    "x 8.8.8.8 port 22 [preauth]",
    "x 8.8.8.8 port 22: Too many authentication failures [preauth]",
    "Accepted password for root from 8.8.8.8 port 22 ssh2",
    "root [preauth]",
    "from",
    " from ",
    "invalid user root",
    "a\\012sshd[1]: Accepted password for root from 8.8.8.8 port 22 ssh2",
];

#[test]
fn a_key_id_changes_nothing_but_the_key_id() {
    for id in NAMES {
        let line = format!(
            "Accepted publickey for bob {TRUE_END} ssh2: RSA-CERT SHA256:ab ID {id} (serial 1) CA RSA SHA256:cd"
        );
        let expected = format!(
            "login_success sshd user=bob method=certificate source=192.0.2.1 port=55 key=SHA256:ab identity={id}"
        );
        check("9.6p1", &line, &expected);
    }
}

#[test]
fn a_change_of_name_quotes_the_name_again() {
    let name = "x ::1 port 1: Change of username or service not allowed: (";
    let text = format!("Change of username or service not allowed: ({name},ssh-connection) -> (y");
    let line =
        format!("Disconnecting invalid user {name} 192.0.2.1 port 55: {:.100} [preauth]", text);
    check(
        "9.6p1",
        &line,
        &format!(
            "login_rejected sshd reason=other user={name} invalid=yes source=192.0.2.1 port=55"
        ),
    );
}

#[test]
fn what_cannot_be_known_is_left_out() {
    check_all(&[(
        "9.6p1, the client chose name and service",
        "Disconnecting invalid user a 8.8.8.8 port 22: bad service request b 192.0.2.1 port 55: Too many authentication failures [preauth]",
        "login_rejected sshd reason=too_many_attempts user=a 8.8.8.8 port 22: bad service request b invalid=yes",
    )]);
}

/// `log.c` cuts at 500 bytes, so a long name can put its own words where sshd's would stand.
#[test]
fn the_end_of_a_line_that_was_cut_is_not_believed() {
    let start = "Connection closed by invalid user ";
    let forged = " 8.8.8.8 port 22";
    let name = format!("{}{forged}", "\\001".repeat((500 - start.len() - forged.len()) / 4));
    let line = format!("{start}{}{name}", "x".repeat(500 - start.len() - name.len()));
    assert_eq!(line.len(), 500);
    let told = told(line.as_bytes());
    assert!(told.starts_with("login_rejected sshd reason=closed_before_login user="), "{told}");
    assert!(told.ends_with(" invalid=yes"), "{told}");
}

/// The key ID of a certificate that the client signed himself, and the user that it says its own
/// user is, stand behind the address.
#[test]
fn what_stands_behind_the_address_of_a_stranger_is_no_address() {
    let id = "y from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:b ID z";
    let user = "y from 8.8.8.8 port 22 ssh2: RSA SHA256:b, client user \"z";
    for (line, expected) in [
        (
            format!(
                "Failed publickey for invalid user x {TRUE_END} ssh2: RSA-CERT SHA256:a ID {id} (serial 1) CA RSA SHA256:c"
            ),
            "login_failure sshd user=x",
        ),
        (
            format!(
                "Failed hostbased for invalid user x {TRUE_END} ssh2: RSA SHA256:a, client user \"{user}\", client host \"h\""
            ),
            "login_failure sshd user=x",
        ),
    ] {
        let told = told(line.as_bytes());
        assert!(told.starts_with(expected) && !told.contains("source="), "{line}: {told}");
    }
}

/// A real sshd 10.0 and 9.2, whose lines journald stripped of the blanks at their cut end.
#[test]
fn a_line_that_was_cut_among_blanks_names_no_address() {
    let e = "\\303\\251".repeat(35);
    for (name, before) in [
        (format!("{e}f 10.6.6.7 port 22"), "Disconnected from invalid user "),
        (
            format!("{}{}f 10.6.6.6 port 22", "\\001".repeat(75), "f".repeat(73)),
            "Connection closed by invalid user ",
        ),
        (format!("{e}f from 10.6.6.7 port 22"), "Invalid user "),
        (
            format!("{e}f from 10.6.6.7 port 22 ssh2"),
            "Failed keyboard-interactive/pam for invalid user ",
        ),
    ] {
        let line = format!("{before}{name}");
        assert!(line.len() >= 300, "{}", line.len());
        let told = told(line.as_bytes());
        assert!(told.contains("invalid=yes") && !told.contains("source="), "{told}");
    }
}
