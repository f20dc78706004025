//! The same deeds in rsyslog's other forms: RFC 3339 stamps, and lines folded into one.

use crate::scene::{ISO, TRADITIONAL, configured, session};
use crate::visits::{with_key, with_password};

#[test]
fn lines_with_full_time_stamps() {
    let Some(scene) = configured(&["le-lines"], ISO, "") else { return };
    let user = scene.user();
    let sshd = scene.sshd("");
    let key = with_key(&sshd, user, "client", &[]);
    sshd.wait_idle();
    let wrong = with_password(&sshd, user, "wrong", "password", 1);
    sshd.wait_idle();
    let print = sshd.fingerprint("client");
    let mut expected =
        vec![format!("login_success sshd user={user} method=publickey {key} fingerprint={print}")];
    expected.extend(session("sshd", user));
    expected.extend([
        format!("login_failure sshd user={user} method=password {wrong}"),
        format!("login_rejected sshd user={user} reason=closed_before_login {wrong}"),
    ]);
    scene.check(&expected);
}

#[test]
fn failures_that_rsyslog_folds_into_one_line_all_count() {
    let reduction = "$RepeatedMsgReduction on";
    let Some(scene) = configured(&["le-lines"], TRADITIONAL, reduction) else { return };
    let user = scene.user();
    let sshd = scene.sshd("MaxAuthTries 4");
    let wrong = with_password(&sshd, user, "wrong", "password", 4);
    sshd.wait_idle();
    scene.settle();
    assert!(scene.text().contains("message repeated"), "{}", scene.text());
    let failure = format!("login_failure sshd user={user} method=password {wrong}");
    scene.check(&[
        failure.clone(),
        format!("{failure} count=3"),
        format!("login_rejected sshd user={user} reason=too_many_attempts {wrong}"),
    ]);
}
