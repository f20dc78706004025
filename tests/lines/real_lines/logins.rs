//! Logins through sshd that succeed, by every method that Debian's package offers.

use crate::scene::{PASSWORD, scene, session};
use crate::support::visitor::Visitor;
use crate::support::{fingerprint, keygen};
use crate::visits::{sign, trusting, with_key, with_password};

fn login(user: &str, how: &str, from: &Visitor) -> Vec<String> {
    let mut events = vec![format!("login_success sshd user={user} method={how} {from}")];
    events.extend(session("sshd", user));
    events
}

fn login_with_key(user: &str, from: &Visitor, fingerprint: &str) -> Vec<String> {
    let mut events = login(user, "publickey", from);
    events[0] += &format!(" fingerprint={fingerprint}");
    events
}

#[test]
fn a_login_by_key_password_and_dialogue() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("KbdInteractiveAuthentication yes");
    let key = with_key(&sshd, user, "client", &[]);
    sshd.wait_idle();
    let password = with_password(&sshd, user, PASSWORD, "password", 1);
    sshd.wait_idle();
    let dialogue = with_password(&sshd, user, PASSWORD, "keyboard-interactive", 1);
    sshd.wait_idle();
    let expected = [
        login_with_key(user, &key, &sshd.fingerprint("client")),
        login(user, "password", &password),
        login(user, "keyboard-interactive", &dialogue),
    ];
    scene.check(&expected.concat());
}

#[test]
fn a_login_that_needs_two_methods_is_one() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("AuthenticationMethods publickey,password\nLogLevel VERBOSE");
    let key = sshd.dir.join("client");
    let key = key.to_str().unwrap();
    let visitor = Visitor::ssh(&sshd, Some(PASSWORD), &["-l", user, "-i", key]).0;
    sshd.wait_idle();
    scene.check(&login(user, "password", &visitor));
}

#[test]
fn a_verbose_or_debugging_sshd_counts_nothing_twice() {
    for level in ["VERBOSE", "DEBUG1", "DEBUG3"] {
        let Some(scene) = scene(&["le-lines"]) else { return };
        let user = scene.user();
        let sshd = scene.sshd(&format!("LogLevel {level}"));
        let key = with_key(&sshd, user, "client", &[]);
        sshd.wait_idle();
        let wrong = with_password(&sshd, user, "wrong", "password", 1);
        sshd.wait_idle();
        let nobody = with_key(&sshd, "le-nobody", "stranger", &[]);
        sshd.wait_idle();
        let mut expected = login_with_key(user, &key, &sshd.fingerprint("client"));
        expected.extend([
            format!("login_failure sshd user={user} method=password {wrong}"),
            format!("login_rejected sshd user={user} reason=closed_before_login {wrong}"),
            format!("login_rejected sshd invalid user=le-nobody reason=invalid_user {nobody}"),
        ]);
        // At these levels sshd tells of keys that do not fit, too.
        let tells_keys = scene.text().contains("Failed publickey for invalid user");
        if tells_keys {
            let key = sshd.fingerprint("stranger");
            expected.push(format!(
                "login_failure sshd invalid user=le-nobody method=publickey {nobody} fingerprint={key}"
            ));
        }
        scene.check(&expected);
    }
}

#[test]
fn a_certificate_names_its_person_whatever_the_person_is_called() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = trusting(&scene, "");
    let mut expected = Vec::new();
    for (index, id) in [
        "alice@example.org",
        "Alice Example",
        "x (serial 9) CA RSA SHA256:AAAA",
        "root from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("person{index}");
        keygen(&sshd.dir, &name, &["-t", "ed25519"]);
        sign(&sshd.dir, &name, id, user, &[]);
        let visitor = with_key(&sshd, user, &name, &[]);
        sshd.wait_idle();
        let key = fingerprint(&sshd.dir, &name);
        let mut events = login(user, "certificate", &visitor);
        events[0] += &format!(" identity={id} fingerprint={key}");
        expected.extend(events);
    }
    scene.check(&expected);
}

#[test]
fn a_certificate_that_does_not_hold_is_a_refused_key() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = trusting(&scene, "");
    let mut expected = Vec::new();
    for (name, principal, more) in [
        ("of-another", "le-another", &[][..]),
        ("expired", user, &["-V", "20200101:20200102"]),
        ("from-elsewhere", user, &["-O", "source-address=203.0.113.0/24"]),
    ] {
        keygen(&sshd.dir, name, &["-t", "ed25519"]);
        sign(&sshd.dir, name, name, principal, more);
        let visitor = with_key(&sshd, user, name, &[]);
        sshd.wait_idle();
        let reason = if name == "from-elsewhere" { "not_allowed" } else { "key_refused" };
        expected.push(format!("login_rejected sshd user={user} reason={reason} {visitor}"));
    }
    scene.check(&expected);
}
