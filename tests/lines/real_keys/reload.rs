//! Rules and names that change while the exporter runs.

use super::{SHARED, exporter, person, public, settings, wait_logins};
use crate::scene::{Scene, scene};
use crate::support::{Exporter, Sshd, wait_for};
use crate::visits::with_key;

fn expecting(scene: &Scene, who: &str) -> std::path::PathBuf {
    let people = scene.dir.path().join("people");
    settings(
        scene,
        &format!(
            "identities: {{authorized_keys: [{}]}}\nexpected: {{logins: [{{identity: {who}}}]}}\n",
            people.display()
        ),
    )
}

/// Waits until the rules were read again once more than `before`.
fn wait_reload(exporter: &Exporter, before: usize) {
    wait_for("the rules to be read again", || (reloads(exporter) > before).then_some(()));
}

fn reloads(exporter: &Exporter) -> usize {
    exporter.log().matches("the rules were read again").count()
}

fn people(scene: &Scene, sshd: &Sshd, names: &[&str]) {
    let keys: String = names.iter().map(|name| public(sshd, name)).collect();
    let path = scene.dir.path().join("people");
    let new = path.with_extension("new");
    std::fs::write(&new, keys).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[test]
fn a_changed_file_of_rules_or_keys_is_read_again_and_a_bad_one_keeps_the_old_rules() {
    let Some(scene) = scene(&[SHARED]) else { return };
    let sshd = scene.sshd("");
    for name in ["ann", "bob"] {
        person(&sshd, name, &["-t", "ed25519"]);
    }
    people(&scene, &sshd, &["ann"]);
    let exporter = exporter(&scene, &expecting(&scene, "ann@*"));
    let login = |name| {
        with_key(&sshd, SHARED, name, &[]);
    };
    login("ann");
    login("bob");
    wait_logins(&exporter, "ann@example.org", "true", 1.0);
    wait_logins(&exporter, &sshd.fingerprint("bob"), "false", 1.0);

    // A person more in the file of keys.
    let before = reloads(&exporter);
    people(&scene, &sshd, &["ann", "bob"]);
    wait_reload(&exporter, before);
    login("bob");
    wait_logins(&exporter, "bob@example.org", "false", 1.0);

    // Another rule in the settings.
    let before = reloads(&exporter);
    expecting(&scene, "bob@*");
    wait_reload(&exporter, before);
    login("ann");
    login("bob");
    wait_logins(&exporter, "ann@example.org", "false", 1.0);
    wait_logins(&exporter, "bob@example.org", "true", 1.0);

    // A mistake: the old rules stay, a metric and one line say so.
    exporter.wait_total("login_exporter_rules_reload_success", &[], 1.0);
    let path = settings(&scene, "expected: {logins: [{usr: bob}]}\n");
    exporter.wait_total("login_exporter_rules_reload_success", &[], 0.0);
    let place = format!("{}:2: expected.logins[0].usr: unknown key", path.display());
    assert!(exporter.log().contains(&place), "{}", exporter.log());
    login("bob");
    wait_logins(&exporter, "bob@example.org", "true", 2.0);

    // Nor does a file that is empty for a moment, while an editor or a copy writes it.
    settings(&scene, "");
    wait_for("the refusal", || {
        exporter.log().contains("expected.logins: its 1 rules are gone altogether").then_some(())
    });
    exporter.wait_total("login_exporter_rules_reload_success", &[], 0.0);
    exporter.wait_total("login_exporter_rules", &["kind=\"logins\""], 1.0);
    login("bob");
    wait_logins(&exporter, "bob@example.org", "true", 3.0);

    let before = reloads(&exporter);
    expecting(&scene, "ann@*");
    wait_reload(&exporter, before);
    exporter.wait_total("login_exporter_rules_reload_success", &[], 1.0);
    login("ann");
    wait_logins(&exporter, "ann@example.org", "true", 2.0);
    exporter.wait_total("login_successes_total", &[], 8.0);
}

#[test]
fn sighup_reads_the_rules_again_and_loses_no_login() {
    let Some(scene) = scene(&[SHARED]) else { return };
    let sshd = scene.sshd("");
    person(&sshd, "ann", &["-t", "ed25519"]);
    people(&scene, &sshd, &["ann"]);
    let exporter = exporter(&scene, &expecting(&scene, "ann@*"));
    for _ in 0..3 {
        let before = reloads(&exporter);
        exporter.process.signal("-HUP");
        with_key(&sshd, SHARED, "ann", &[]);
        wait_reload(&exporter, before);
    }
    wait_logins(&exporter, "ann@example.org", "true", 3.0);
    exporter.wait_total("login_exporter_rules_reload_success", &[], 1.0);
}
