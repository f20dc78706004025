//! Names that are meant to be read as something else.

use crate::scene::scene;
use crate::support::visitor::{knock, knock_by_curl};
use crate::visits::with_password;

/// What was typed, and how sshd writes it: `vis(3)` in octal.
const NAMES: &[(&str, &str)] = &[
    ("nobody-here", "nobody-here"),
    ("x from 8.8.8.8 port 22 ssh2", "x from 8.8.8.8 port 22 ssh2"),
    ("x from 8.8.8.8 port 22", "x from 8.8.8.8 port 22"),
    ("root [preauth]", "root [preauth]"),
    (
        "Accepted password for root from 1.2.3.4 port 5 ssh2",
        "Accepted password for root from 1.2.3.4 port 5 ssh2",
    ),
    (
        // What stands behind a colon is a login style, and no part of the name.
        "x from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA",
        "x from 8.8.8.8 port 22 ssh2",
    ),
    ("invalid user root", "invalid user root"),
    ("root 8.8.8.8 port 22", "root 8.8.8.8 port 22"),
    ("a 8.8.8.8 port 22: Too many authentication failures [preauth]", "a 8.8.8.8 port 22"),
    ("root not allowed because account is locked", "root not allowed because account is locked"),
    ("two  blanks ", "two  blanks "),
    ("caf\u{e9}", "caf\\303\\251"),
    ("\u{1b}[31mred", "\\033[31mred"),
    ("tab\there", "tab\\there"),
    ("bell\u{7}", "bell\\a"),
    (
        "a\nMay  1 02.03.04 web sshd[1]. Accepted password for root from 8.8.8.8 port 22 ssh2",
        "a\\nMay  1 02.03.04 web sshd[1]. Accepted password for root from 8.8.8.8 port 22 ssh2",
    ),
    ("", ""),
    ("(unknown)", "(unknown)"),
    ("(invalid)", "(invalid)"),
];

#[test]
fn no_name_changes_the_address_the_port_or_the_outcome() {
    let Some(scene) = scene(&[]) else { return };
    // Without PAM a wrong password is refused without delay.
    let sshd = scene.sshd("KbdInteractiveAuthentication no\nUsePAM no");
    let mut expected = Vec::new();
    for (typed, logged) in NAMES {
        let visitor = knock(&sshd, typed);
        expected.push(format!(
            "login_rejected sshd invalid user={logged} reason=invalid_user {visitor}"
        ));
        expected
            .push(format!("login_failure sshd invalid user={logged} method=password {visitor}"));
    }
    scene.check(&expected);
}

#[test]
fn a_name_in_pam_s_words_changes_nothing_either() {
    let Some(scene) = scene(&[]) else { return };
    let sshd = scene.sshd("KbdInteractiveAuthentication yes");
    let name = "x for root from 8.8.8.8";
    let visitor = with_password(&sshd, name, "wrong", "keyboard-interactive", 1);
    sshd.wait_idle();
    scene.settle();
    assert!(scene.text().contains("error: PAM: "), "{}", scene.text());
    scene.check(&[
        format!("login_rejected sshd invalid user={name} reason=invalid_user {visitor}"),
        format!("login_failure sshd invalid user={name} method=keyboard-interactive {visitor}"),
    ]);
}

#[test]
fn a_name_that_is_longer_than_sshd_writes() {
    let Some(scene) = scene(&[]) else { return };
    let sshd = scene.sshd("KbdInteractiveAuthentication no");
    let name = "x from 8.8.8.8 port 22 ".repeat(1_000);
    let visitor = knock_by_curl(&sshd, &name);
    // sshd writes the first hundred bytes of it.
    let logged = &name[..100];
    scene.check(&[
        format!("login_rejected sshd invalid user={logged} reason=invalid_user {visitor}"),
        format!("login_failure sshd invalid user={logged} method=password {visitor}"),
    ]);
}
