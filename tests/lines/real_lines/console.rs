//! login of Debian 12 (shadow's) on a terminal.

use crate::scene::{PASSWORD, scene, session};
use crate::support::pty::Pty;

#[test]
fn a_login_on_a_terminal_a_wrong_password_and_an_unknown_name() {
    let Some(scene) = scene(&["le-console"]) else { return };
    let user = scene.user();
    let mut terminal = Pty::run("login");
    let tty = terminal.tty.clone();
    terminal.answer("login:", "le-nobody");
    terminal.answer("Password:", "whatever");
    terminal.answer("login:", user);
    terminal.answer("Password:", "wrong");
    terminal.answer("login:", user);
    terminal.answer("Password:", PASSWORD);
    terminal.answer("$", "exit");
    terminal.end();
    let mut expected = vec![
        format!("login_failure login invalid user=UNKNOWN tty={tty}"),
        format!("login_failure login user={user} tty={tty}"),
    ];
    // Debian's login tells a login that worked only to PAM (LOG_OK_LOGINS no).
    expected.extend(session("login", user));
    scene.check(&expected);
}

#[test]
fn root_on_a_terminal() {
    let Some(scene) = scene(&[]) else { return };
    let mut terminal = Pty::run("login -f root");
    let tty = terminal.tty.clone();
    terminal.answer("#", "exit");
    terminal.end();
    let [opened, closed] = session("login", "root");
    scene.check(&[opened, format!("login_success login user=root tty={tty}"), closed]);
}

#[test]
fn so_many_wrong_passwords_that_login_gives_up() {
    let Some(scene) = scene(&["le-console"]) else { return };
    let user = scene.user();
    let mut terminal = Pty::run("login");
    let tty = terminal.tty.clone();
    for _ in 0..5 {
        terminal.answer("login:", user);
        terminal.answer("Password:", "wrong");
    }
    terminal.end();
    let mut expected = vec![format!("login_failure login user={user} tty={tty}"); 5];
    expected.push(format!("login_rejected login user={user} reason=too_many_attempts tty={tty}"));
    // login closes the session that it never opened, and PAM says so.
    expected.push(format!("session_closed login user={user}"));
    scene.check(&expected);
}
