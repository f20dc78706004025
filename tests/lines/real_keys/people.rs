//! Which person a key, a certificate or a principal names, and what the rules say of them.

use std::process::Command;

use super::{SHARED, exporter, person, public, settings, wait_logins};
use crate::scene::{PASSWORD, scene};
use crate::support::{keygen, run};
use crate::visits::{sign, trusting, with_key, with_password};

/// What ssh-keygen of Debian 12 makes without a security key at hand.
const TYPES: &[(&str, &[&str])] = &[
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa4096", &["-t", "rsa", "-b", "4096"]),
    ("ecdsa256", &["-t", "ecdsa", "-b", "256"]),
    ("ecdsa384", &["-t", "ecdsa", "-b", "384"]),
    ("ecdsa521", &["-t", "ecdsa", "-b", "521"]),
    ("ed25519", &["-t", "ed25519"]),
    ("dsa", &["-t", "dsa"]),
];

#[test]
fn a_key_of_every_type_names_its_person_by_the_file_of_keys() {
    let Some(scene) = scene(&[SHARED]) else { return };
    let sshd = scene.sshd("PubkeyAcceptedAlgorithms +ssh-dss");
    let mut people = String::from("# everyone\n\n");
    for (name, kind) in TYPES {
        person(&sshd, name, kind);
        let options = r#"no-pty,command="echo, \"quoted\" # hash",from="127.0.0.0/8""#;
        people += &format!("{options} {}", public(&sshd, name));
    }
    let file = scene.dir.path().join("people");
    std::fs::write(&file, people).unwrap();
    let settings = settings(
        &scene,
        &format!(
            "identities: {{authorized_keys: [{}]}}\nexpected:\n  logins:\n  \
             - {{user: {SHARED}, identity: [rsa*, ed25519@example.org], network: office}}\n",
            file.display()
        ),
    );
    let exporter = exporter(&scene, &settings);
    for (name, _) in TYPES {
        with_key(&sshd, SHARED, name, &["-o", "PubkeyAcceptedAlgorithms=+ssh-dss"]);
    }
    for (name, _) in TYPES {
        let expected = name.starts_with("rsa") || *name == "ed25519";
        wait_logins(&exporter, &format!("{name}@example.org"), &expected.to_string(), 1.0);
    }
    exporter.wait_total("login_successes_total", &["network=\"office\""], TYPES.len() as f64);
}

#[test]
fn a_configured_name_wins_over_the_file_and_a_stranger_is_his_fingerprint() {
    let Some(scene) = scene(&[SHARED]) else { return };
    let sshd = scene.sshd("");
    person(&sshd, "carol", &["-t", "ed25519"]);
    let file = scene.dir.path().join("people");
    std::fs::write(&file, public(&sshd, "carol")).unwrap();
    let settings = settings(
        &scene,
        &format!(
            "identities: {{authorized_keys: [{}], keys: {{\"{}\": Carol}}}}\n\
             expected: {{logins: [{{identity: Carol}}]}}\n",
            file.display(),
            sshd.fingerprint("carol")
        ),
    );
    let exporter = exporter(&scene, &settings);
    with_key(&sshd, SHARED, "carol", &[]);
    with_key(&sshd, SHARED, "client", &[]);
    with_password(&sshd, SHARED, PASSWORD, "password", 1);
    wait_logins(&exporter, "Carol", "true", 1.0);
    wait_logins(&exporter, &sshd.fingerprint("client"), "false", 1.0);
    wait_logins(&exporter, "", "false", 1.0);
}

#[test]
fn a_certificate_names_its_key_id_and_a_configured_key_within_it_its_person() {
    let Some(scene) = scene(&[SHARED]) else { return };
    let sshd = trusting(&scene, "");
    for name in ["dave", "erin", "mallory"] {
        keygen(&sshd.dir, name, &["-t", "ed25519"]);
        sign(&sshd.dir, name, &format!("{name}@corp"), SHARED, &[]);
    }
    let settings = settings(
        &scene,
        &format!(
            "identities: {{keys: {{\"{}\": Erin}}}}\nexpected:\n  logins:\n  \
             - {{identity: dave@corp, method: certificate}}\n  - {{identity: Erin}}\n",
            sshd.fingerprint("erin")
        ),
    );
    let exporter = exporter(&scene, &settings);
    for name in ["dave", "erin", "mallory"] {
        with_key(&sshd, SHARED, name, &[]);
    }
    wait_logins(&exporter, "dave@corp", "true", 1.0);
    wait_logins(&exporter, "Erin", "true", 1.0);
    wait_logins(&exporter, "mallory@corp", "false", 1.0);
    exporter.wait_total("login_successes_total", &["method=\"certificate\""], 3.0);
}

/// The line that EC2 Instance Connect's AuthorizedKeysCommand writes; here a local user does.
fn provided(fingerprint: &str) {
    let line = format!(
        "Providing ssh key from EC2 Instance Connect with fingerprint: {fingerprint}, request-id: \
         8a4b3c2d-0000-4000-8000-0123456789ab, for IAM principal: \
         arn:aws:sts::123456789012:assumed-role/Ops/carol"
    );
    let who = ["--reuid", SHARED, "--regid", SHARED, "--clear-groups"];
    run(Command::new("setpriv").args(who).args([
        "logger",
        "-p",
        "authpriv.info",
        "-t",
        "ec2-instance-connect",
        &line,
    ]));
}

#[test]
fn a_principal_in_a_file_names_and_satisfies_no_rule_unless_a_setting_says_so() {
    for (trusted, verdict) in [(false, "false"), (true, "true")] {
        let Some(scene) = scene(&[SHARED]) else { return };
        let sshd = scene.sshd("");
        let settings = settings(
            &scene,
            &format!(
                "identities: {{trust_instance_connect_lines: {trusted}}}\n\
                 expected: {{logins: [{{identity: Ops/*, network: office}}]}}\n"
            ),
        );
        let exporter = exporter(&scene, &settings);
        provided(&sshd.fingerprint("client"));
        with_key(&sshd, SHARED, "client", &[]);
        wait_logins(&exporter, "Ops/carol", verdict, 1.0);
        exporter.wait_total("login_successes_total", &[], 1.0);
    }
}
