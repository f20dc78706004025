//! Who is behind a shared account: ssh-keygen's keys of every type, a certificate of a real
//! authority, EC2 Instance Connect's line, real logins, and the labels `identity` and `expected`
//! that /metrics shows for them.
mod failures;
mod people;
mod reload;

use std::path::PathBuf;

use crate::scene::Scene;
use crate::support::{Exporter, Sshd};

/// Everyone logs in to this account.
const SHARED: &str = "le-shared";

/// Writes the settings of the exporter, whose network `office` is where visitors come from.
fn settings(scene: &Scene, more: &str) -> PathBuf {
    let path = scene.dir.path().join("login_exporter.yml");
    // In place at once, so that no half of it is read.
    let new = path.with_extension("new");
    std::fs::write(&new, format!("networks: {{office: 127.9.0.0/16}}\n{more}")).unwrap();
    std::fs::rename(new, &path).unwrap();
    path
}

/// Follows the scene's log with these settings.
fn exporter(scene: &Scene, settings: &std::path::Path) -> Exporter {
    let log = format!("--auth-log.path={}", scene.log.display());
    let settings = format!("--config.file={}", settings.display());
    Exporter::start(scene.dir.path(), &[&log, &settings]).ready()
}

/// Makes a key of this type called `name`, with the comment `name@example.org`, and lets it in.
fn person(sshd: &Sshd, name: &str, kind: &[&str]) {
    let comment = format!("{name}@example.org");
    let mut arguments = vec!["-C", &comment];
    arguments.extend(kind);
    crate::support::keygen(&sshd.dir, name, &arguments);
    let key = std::fs::read_to_string(sshd.dir.join(format!("{name}.pub"))).unwrap();
    let keys = sshd.dir.join("authorized_keys");
    let all = std::fs::read_to_string(&keys).unwrap() + &key;
    std::fs::write(keys, all).unwrap();
}

/// The public key of a person, as a line of an authorized_keys file.
fn public(sshd: &Sshd, name: &str) -> String {
    std::fs::read_to_string(sshd.dir.join(format!("{name}.pub"))).unwrap()
}

/// Waits until /metrics shows so many logins of this person with this verdict.
#[track_caller]
fn wait_logins(exporter: &Exporter, identity: &str, expected: &str, count: f64) {
    let identity = format!("identity=\"{identity}\"");
    let expected = format!("expected=\"{expected}\"");
    exporter.wait_total("login_successes_total", &[&identity, &expected], count);
}
