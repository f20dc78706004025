//! Accounts that exist, and logins to them that sshd refuses.

use std::process::Command;

use crate::scene::{PASSWORD, scene};
use crate::support::visitor::Visitor;
use crate::support::{Sshd, keygen, run};
use crate::visits::{with_key, with_password};

fn failure(user: &str, method: &str, from: &Visitor) -> String {
    format!("login_failure sshd user={user} method={method} {from}")
}

fn rejected(user: &str, reason: &str, from: &Visitor) -> String {
    format!("login_rejected sshd user={user} reason={reason} {from}")
}

/// The line names the address and no port.
fn refused_at_once(user: &str, reason: &str, from: &Visitor) -> String {
    format!("login_rejected sshd user={user} reason={reason} source={}", from.source)
}

#[test]
fn a_wrong_password_is_a_failure_and_the_connection_a_rejection() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("");
    let once = with_password(&sshd, user, "wrong", "password", 1);
    sshd.wait_idle();
    let twice = with_password(&sshd, user, "wrong", "password", 2);
    sshd.wait_idle();
    scene.check(&[
        failure(user, "password", &once),
        rejected(user, "closed_before_login", &once),
        failure(user, "password", &twice),
        failure(user, "password", &twice),
        rejected(user, "closed_before_login", &twice),
    ]);
}

#[test]
fn too_many_tries_end_the_connection_once() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("MaxAuthTries 2");
    let password = with_password(&sshd, user, "wrong", "password", 3);
    sshd.wait_idle();
    scene.check(&[
        failure(user, "password", &password),
        failure(user, "password", &password),
        rejected(user, "too_many_attempts", &password),
    ]);
}

#[test]
fn a_refused_dialogue_is_a_failure_where_sshd_says_only_so_in_pam_s_words() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("KbdInteractiveAuthentication yes");
    let dialogue = with_password(&sshd, user, "wrong", "keyboard-interactive", 1);
    sshd.wait_idle();
    scene.check(&[
        // PAM's words name the address, no port.
        format!(
            "login_failure sshd user={user} method=keyboard-interactive source={}",
            dialogue.source
        ),
        rejected(user, "closed_before_login", &dialogue),
    ]);
}

#[test]
fn a_dialogue_that_is_refused_three_times_is_three_failures() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("KbdInteractiveAuthentication yes");
    let dialogue = with_password(&sshd, user, "wrong", "keyboard-interactive", 3);
    sshd.wait_idle();
    let failure = format!(
        "login_failure sshd user={user} method=keyboard-interactive source={}",
        dialogue.source
    );
    scene.check(&[
        failure.clone(),
        failure.clone(),
        failure,
        rejected(user, "closed_before_login", &dialogue),
    ]);
}

#[test]
fn a_key_that_does_not_fit_before_one_that_does_is_no_failure() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("");
    // A key that nobody knows is offered first, then the right one.
    let stranger = sshd.dir.join("stranger");
    let visitor = with_key(&sshd, user, "client", &["-i", stranger.to_str().unwrap()]);
    sshd.wait_idle();
    let key = sshd.fingerprint("client");
    scene.check(&[
        format!("login_success sshd user={user} method=publickey {visitor} fingerprint={key}"),
        format!("session_opened sshd user={user}"),
        format!("session_closed sshd user={user}"),
    ]);
}

#[test]
fn an_account_that_the_lists_of_sshd_refuse() {
    for (settings, user) in [
        ("AllowUsers somebody", "le-lines"),
        ("DenyUsers le-*", "le-lines"),
        ("AllowGroups adm", "le-lines"),
        ("DenyGroups le-lines", "le-lines"),
    ] {
        let Some(scene) = scene(&[user]) else { return };
        let sshd = scene.sshd(&format!("{settings}\nUsePAM no"));
        let key = with_key(&sshd, user, "client", &[]);
        sshd.wait_idle();
        let password = with_password(&sshd, user, PASSWORD, "password", 1);
        sshd.wait_idle();
        scene.check(&[
            refused_at_once(user, "not_allowed", &key),
            refused_at_once(user, "not_allowed", &password),
            // sshd calls an account that it refuses invalid from here on.
            format!("login_failure sshd invalid user={user} method=password {password}"),
        ]);
    }
}

#[test]
fn an_account_whose_shell_is_missing_or_no_program() {
    let Some(scene) = scene(&["le-lines", "le-noexec"]) else { return };
    run(Command::new("usermod").args(["-s", "/nonexistent", "le-lines"]));
    run(Command::new("usermod").args(["-s", "/etc/passwd", "le-noexec"]));
    let sshd = scene.sshd("");
    let missing = with_key(&sshd, "le-lines", "client", &[]);
    sshd.wait_idle();
    let no_program = with_key(&sshd, "le-noexec", "client", &[]);
    sshd.wait_idle();
    scene.check(&[
        "account_change usermod user=le-lines change=user_changed".to_owned(),
        "account_change usermod user=le-noexec change=user_changed".to_owned(),
        rejected("le-lines", "not_allowed", &missing),
        rejected("le-noexec", "not_allowed", &no_program),
    ]);
}

#[test]
fn a_locked_account_without_pam() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    run(Command::new("usermod").args(["-L", user]));
    let sshd = scene.sshd("UsePAM no");
    let key = with_key(&sshd, user, "client", &[]);
    sshd.wait_idle();
    scene.check(&[
        format!("account_change usermod user={user} change=user_changed"),
        rejected(user, "account_locked", &key),
    ]);
}

#[test]
fn an_expired_account() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    run(Command::new("chage").args(["-E", "2020-01-01", user]));
    let sshd = scene.sshd("");
    with_key(&sshd, user, "client", &[]);
    sshd.wait_idle();
    let verbose = scene.sshd("LogLevel VERBOSE");
    let seen = with_key(&verbose, user, "client", &[]);
    verbose.wait_idle();
    scene.check(&[
        format!("account_change chage user={user} change=user_changed"),
        // No line of this connection names the address, unless sshd is asked to say more.
        format!("login_rejected sshd user={user} reason=not_allowed"),
        // Then it tells of the key that fitted, too.
        failure(user, "publickey", &seen) + " fingerprint=" + &verbose.fingerprint("client"),
        rejected(user, "not_allowed", &seen),
    ]);
}

#[test]
fn root_where_root_may_not_log_in() {
    let Some(scene) = scene(&[]) else { return };
    let sshd = scene.sshd("PermitRootLogin no");
    let key = with_key(&sshd, "root", "client", &[]);
    sshd.wait_idle();
    let password = with_password(&sshd, "root", "wrong", "password", 1);
    sshd.wait_idle();
    scene.check(&[
        rejected("root", "root_refused", &key),
        failure("root", "password", &password),
        rejected("root", "closed_before_login", &password),
    ]);
}

/// What sshd refuses about a key that would fit otherwise.
fn with_refused_key(sshd: &Sshd, user: &str, options: &str) -> Visitor {
    let keys = sshd.dir.join("authorized_keys");
    let key = std::fs::read_to_string(sshd.dir.join("client.pub")).unwrap();
    std::fs::write(keys, format!("{options} {key}")).unwrap();
    let visitor = with_key(sshd, user, "client", &[]);
    sshd.wait_idle();
    visitor
}

#[test]
fn a_key_that_is_revoked_or_for_another_host_or_has_expired() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let revoked = scene.dir.path().join("revoked");
    keygen(scene.dir.path(), "lost", &["-t", "ed25519"]);
    std::fs::copy(scene.dir.path().join("lost.pub"), &revoked).unwrap();
    let sshd = scene.sshd(&format!("RevokedKeys {}", revoked.display()));
    for name in ["lost", "lost.pub"] {
        std::fs::copy(scene.dir.path().join(name), sshd.dir.join(name)).unwrap();
    }
    run(Command::new("chmod").arg("600").arg(sshd.dir.join("lost")));
    let lost = with_key(&sshd, user, "lost", &[]);
    sshd.wait_idle();
    let elsewhere = with_refused_key(&sshd, user, r#"from="203.0.113.9""#);
    let expired = with_refused_key(&sshd, user, r#"expiry-time="20200101""#);
    let key = sshd.fingerprint("lost");
    scene.check(&[
        rejected(user, "key_refused", &lost) + " fingerprint=" + &key,
        rejected(user, "not_allowed", &elsewhere),
        rejected(user, "key_refused", &expired),
    ]);
}
