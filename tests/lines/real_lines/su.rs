//! su of util-linux, whose own line and PAM's both reach Debian's log.

use crate::scene::{PASSWORD, scene, session};
use crate::support::pty::Pty;

fn su(user: &str, arguments: &str, answer: Option<&str>) -> String {
    let command =
        format!("exec setpriv --reuid {user} --regid {user} --clear-groups su {arguments}");
    let mut terminal = Pty::run(&command);
    if let Some(answer) = answer {
        terminal.answer("Password:", answer);
    }
    let tty = terminal.tty.clone();
    terminal.end();
    tty
}

#[test]
fn a_switch_to_another_account_is_one_and_so_is_a_refused_one() {
    let Some(scene) = scene(&["le-su", "le-target"]) else { return };
    let user = scene.user();
    let mut expected = Vec::new();
    let tty = su(user, "le-target -c true", Some(PASSWORD));
    expected.push(format!("su_success su user={user} target_user=le-target tty={tty}"));
    expected.extend(session("su", "le-target"));
    let tty = su(user, "le-target -c true", Some("wrong"));
    expected.push(format!("su_failure su user={user} target_user=le-target tty={tty}"));
    let tty = su(user, "- le-target -c true", Some(PASSWORD));
    expected.push(format!("su_success su user={user} target_user=le-target tty={tty}"));
    expected.extend(session("su", "le-target"));
    // root is not asked.
    let tty = su("root", "le-target -c true", None);
    expected.push(format!("su_success su user=root target_user=le-target tty={tty}"));
    expected.extend(session("su", "le-target"));
    scene.check(&expected);
}
