//! Ways to come to sshd.
#![allow(dead_code)]

use std::path::Path;
use std::process::Command;

use crate::scene::Scene;
use crate::support::visitor::Visitor;
use crate::support::{Sshd, keygen, run};

/// A login with a key of sshd's folder.
pub(crate) fn with_key(sshd: &Sshd, user: &str, key: &str, more: &[&str]) -> Visitor {
    let path = sshd.dir.join(key);
    let mut arguments = vec!["-l", user, "-i", path.to_str().unwrap()];
    arguments.extend(more);
    Visitor::ssh(sshd, None, &arguments).0
}

/// A try to log in with a password, asked for `tries` times.
pub(crate) fn with_password(
    sshd: &Sshd,
    user: &str,
    password: &str,
    method: &str,
    tries: u32,
) -> Visitor {
    let method = format!("PreferredAuthentications={method}");
    let tries = format!("NumberOfPasswordPrompts={tries}");
    let arguments = ["-l", user, "-o", "PubkeyAuthentication=no", "-o", &method, "-o", &tries];
    Visitor::ssh(sshd, Some(password), &arguments).0
}

/// Signs the key `name` of this folder for the account, with the authority's key `ca`.
pub(crate) fn sign(dir: &Path, name: &str, id: &str, user: &str, more: &[&str]) {
    run(Command::new("ssh-keygen")
        .current_dir(dir)
        .args(["-q", "-s", "ca", "-I", id, "-n", user, "-z", "7"])
        .args(more)
        .arg(format!("{name}.pub")));
}

/// An sshd that trusts an authority, `setting` among its settings; the authority's key is `ca`.
pub(crate) fn trusting(scene: &Scene, setting: &str) -> Sshd {
    keygen(scene.dir.path(), "ca", &["-t", "ed25519"]);
    let ca = scene.dir.path().join("ca");
    let sshd = scene.sshd(&format!("TrustedUserCAKeys {}.pub\n{setting}", ca.display()));
    for name in ["ca", "ca.pub"] {
        std::fs::copy(scene.dir.path().join(name), sshd.dir.join(name)).unwrap();
    }
    sshd
}
