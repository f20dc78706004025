//! Commands through sudo, allowed and refused.

use std::process::Command;

use crate::scene::{PASSWORD, scene, session};
use crate::support::pty::Pty;

/// sudo as this user would run it, without a terminal.
fn sudo(user: &str, arguments: &[&str]) {
    let command = Command::new("setpriv")
        .args(["--reuid", user, "--regid", user, "--clear-groups", "sudo"])
        .args(arguments)
        .current_dir("/")
        .stdin(std::process::Stdio::null())
        .env("SUDO_EDITOR", "/bin/true")
        .output();
    command.unwrap();
}

/// The same on a terminal, where each question gets the next answer.
fn sudo_on_terminal(user: &str, arguments: &str, answers: &[&str]) -> String {
    let command =
        format!("cd /; exec setpriv --reuid {user} --regid {user} --clear-groups sudo {arguments}");
    let mut terminal = Pty::run(&command);
    let tty = terminal.tty.clone();
    for answer in answers {
        terminal.answer("password for", answer);
    }
    terminal.end();
    tty
}

fn ran(user: &str, target: &str, command: &str, more: &str) -> String {
    format!("sudo_command sudo user={user} target_user={target} command={command}{more}")
}

fn refused(user: &str, reason: &str, command: &str, more: &str) -> String {
    format!(
        "sudo_failure sudo user={user} target_user=root reason={reason} command={command}{more}"
    )
}

fn as_root(events: &mut Vec<String>, command: String) {
    events.push(command);
    events.extend(session("sudo", "root"));
}

#[test]
fn commands_that_are_allowed() {
    let Some(scene) = scene(&["le-sudo", "le-other"]) else { return };
    let user = scene.user();
    scene.may_sudo(&format!("{user} ALL=(ALL:ALL) NOPASSWD:SETENV: ALL\n"));
    let mut expected = Vec::new();
    sudo(user, &["true"]);
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", " directory=/"));
    sudo(user, &["echo", "USER=x ;", "COMMAND=/bin/false", "; TTY=pts/9"]);
    let echo = "/usr/bin/echo 'USER=x ;' COMMAND=/bin/false '; TTY=pts/9'";
    as_root(&mut expected, ran(user, "root", echo, " directory=/"));
    sudo(user, &["A=b", "LANG=C", "true"]);
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", " directory=/"));
    sudo(user, &["-D", "/tmp", "true"]);
    expected.push(refused(user, "command_not_allowed", "/usr/bin/true", " directory=/"));
    sudo(user, &["-u", "le-other", "true"]);
    expected.push(ran(user, "le-other", "/usr/bin/true", " directory=/"));
    expected.extend(session("sudo", "le-other"));
    sudo(user, &["-u", "#0", "-g", "adm", "true"]);
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", " directory=/"));
    let tty = sudo_on_terminal(user, "true", &[]);
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", &format!(" tty={tty} directory=/")));
    scene.check(&expected);
}

#[test]
fn a_command_longer_than_one_line_is_one() {
    let Some(scene) = scene(&["le-sudo"]) else { return };
    let user = scene.user();
    scene.may_sudo(&format!("{user} ALL=(ALL:ALL) NOPASSWD: ALL\n"));
    let long = vec!["0123456789"; 300].join(" ");
    sudo(user, &["echo", &long]);
    scene.settle();
    assert!(scene.text().contains("(command continued)"), "{}", scene.text());
    let shown = scene.text();
    let first = shown.lines().find(|line| line.contains("COMMAND=")).unwrap();
    let command = first.split("COMMAND=").nth(1).unwrap();
    let mut expected = Vec::new();
    as_root(&mut expected, ran(user, "root", command, " directory=/"));
    scene.check(&expected);
}

#[test]
fn a_password_that_is_right_wrong_or_missing() {
    let Some(scene) = scene(&["le-sudo"]) else { return };
    let user = scene.user();
    scene.may_sudo(&format!("{user} ALL=(ALL:ALL) ALL\nDefaults:{user} timestamp_timeout=0\n"));
    let mut expected = Vec::new();
    let tty = sudo_on_terminal(user, "true", &[PASSWORD]);
    let at = |tty: &str| format!(" tty={tty} directory=/");
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", &at(&tty)));
    let tty = sudo_on_terminal(user, "true", &["wrong", "wrong", "wrong"]);
    let count = " count=3";
    let wrong = refused(user, "incorrect_password", "/usr/bin/true", &at(&tty));
    expected.push(wrong + count);
    let tty = sudo_on_terminal(user, "true", &["wrong", PASSWORD]);
    // sudo says nothing of a wrong password where the right one came after it.
    as_root(&mut expected, ran(user, "root", "/usr/bin/true", &at(&tty)));
    scene.check(&expected);
}

#[test]
fn commands_that_are_refused() {
    let Some(scene) = scene(&["le-sudo", "le-other"]) else { return };
    let user = scene.user();
    let no_password = "Defaults:le-sudo,le-other !authenticate";
    scene.may_sudo(&format!("{no_password}\n{user} ALL=(root) /usr/bin/true\n"));
    sudo(user, &["id"]);
    sudo("le-other", &["id"]);
    sudo(user, &["-u", "le-other", "true"]);
    sudo("le-other", &["-l"]);
    sudo(user, &["-e", "/etc/hostname"]);
    scene.check(&[
        refused(user, "command_not_allowed", "/usr/bin/id", " directory=/"),
        refused("le-other", "not_in_sudoers", "/usr/bin/id", " directory=/"),
        refused(user, "command_not_allowed", "/usr/bin/true", " directory=/")
            .replace("target_user=root", "target_user=le-other"),
        refused("le-other", "command_not_allowed", "list", " directory=/"),
        refused(user, "command_not_allowed", "sudoedit /etc/hostname", " directory=/"),
    ]);
}

#[test]
fn a_file_that_is_edited() {
    let Some(scene) = scene(&["le-sudo"]) else { return };
    let user = scene.user();
    scene.may_sudo(&format!("{user} ALL=(root) NOPASSWD: sudoedit /etc/hostname\n"));
    sudo(user, &["-e", "/etc/hostname"]);
    let mut expected = Vec::new();
    // sudo names the editor that it starts, on a copy of the file.
    as_root(&mut expected, ran(user, "root", "/bin/true -- /etc/hostname", " directory=/"));
    scene.check(&expected);
}
