//! A success from an address that failed five times before.

use super::{SHARED, exporter, settings};
use crate::scene::scene;
use crate::support::visitor::Visitor;
use crate::visits::with_key;

const AFTER: &str = "login_successes_after_failures_total";

#[test]
fn a_login_after_five_failures_is_told_over_a_restart() {
    let Some(scene) = scene(&[SHARED]) else { return };
    // Without PAM a wrong password is refused without delay.
    let sshd = scene.sshd("UsePAM no\nMaxAuthTries 10\nLoginGraceTime 60");
    let settings = settings(&scene, "");
    let first = exporter(&scene, &settings);
    let tries = |count: &str| {
        let count = format!("NumberOfPasswordPrompts={count}");
        let passwords = ["-l", SHARED, "-o", "PreferredAuthentications=password", "-o", &count];
        Visitor::ssh(&sshd, Some("wrong"), &passwords).0
    };
    let key = sshd.dir.join("client");
    let by_key = ["-l", SHARED, "-i", key.to_str().unwrap()];

    // Four failures are not enough, and another address's do not count.
    let honest = tries("4");
    honest.again(&sshd, None, &by_key);
    let guesser = tries("5");
    with_key(&sshd, SHARED, "client", &[]);
    sshd.wait_idle();
    first.wait_total("login_failures_total", &[], 9.0);
    first.wait_total("login_successes_total", &[], 2.0);
    first.wait_total(AFTER, &[], 0.0);
    assert_eq!(first.process.terminate(), Some(0));

    // What the address did before is remembered.
    let second = exporter(&scene, &settings);
    guesser.again(&sshd, None, &by_key);
    sshd.wait_idle();
    let source = format!("source=\"{}\"", guesser.source);
    let user = format!("user=\"{SHARED}\"");
    second.wait_total(AFTER, &[&source, &user, "program=\"sshd\"", "network=\"office\""], 1.0);
    second.wait_total(AFTER, &[], 1.0);
    second.process.kill();

    let third = exporter(&scene, &settings);
    third.wait_total(AFTER, &[&source], 1.0);
    third.wait_total("login_successes_total", &[], 3.0);
}
