//! Real keys: ssh-keygen makes one of every type, and its fingerprints are ours.

use std::path::Path;
use std::process::Command;

use login_exporter::policy::identities::{Key, fingerprint, parse_authorized_keys};

/// Whether ssh-keygen is there. Without it the test says so; under `CI=true` it fails.
fn has_ssh_keygen() -> bool {
    let there = Command::new("ssh-keygen").arg("-?").output().is_ok();
    if !there {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "ssh-keygen is missing: install openssh-client");
        println!("skipped: ssh-keygen is missing, install openssh-client");
    }
    there
}

fn ssh_keygen(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("ssh-keygen").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a key and returns the name of its public file.
fn generate(folder: &Path, kind: &str, bits: &str) -> String {
    let name = format!("{kind}{bits}");
    let mut arguments = vec!["-q", "-N", "", "-C", &name, "-f", &name, "-t", kind];
    if !bits.is_empty() {
        arguments.extend(["-b", bits]);
    }
    ssh_keygen(folder, &arguments);
    format!("{name}.pub")
}

/// What `ssh-keygen -l` says of the key: `256 SHA256:… comment (ED25519)`.
fn listed(folder: &Path, file: &str, hash: &str) -> String {
    let line = ssh_keygen(folder, &["-l", "-E", hash, "-f", file]);
    line.split_whitespace().nth(1).unwrap().to_owned()
}

fn only_key(folder: &Path, file: &str) -> Key {
    let mut parsed = parse_authorized_keys(&std::fs::read(folder.join(file)).unwrap());
    assert_eq!(parsed.bad, [], "{file}");
    assert_eq!(parsed.keys.len(), 1, "{file}");
    parsed.keys.remove(0)
}

fn check(folder: &Path, file: &str) {
    let key = only_key(folder, file);
    assert_eq!(key.sha256, listed(folder, file, "sha256"), "{file}");
    assert_eq!(key.md5, listed(folder, file, "md5"), "{file}");
    assert_eq!(fingerprint(&key.sha256).as_ref(), Some(&key.sha256));
    assert_eq!(fingerprint(&key.md5).as_ref(), Some(&key.md5));
}

const KINDS: [(&str, &str); 7] = [
    ("rsa", "2048"),
    ("rsa", "3072"),
    ("rsa", "1024"),
    ("ecdsa", "256"),
    ("ecdsa", "384"),
    ("ecdsa", "521"),
    ("ed25519", ""),
];

#[test]
fn a_key_of_every_type_has_ssh_keygen_s_fingerprint() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (kind, bits) in KINDS {
        let file = generate(folder.path(), kind, bits);
        check(folder.path(), &file);
        assert_eq!(format!("{}.pub", only_key(folder.path(), &file).comment), file);
    }
}

#[test]
fn a_certificate_has_the_fingerprint_of_the_key_within() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = generate(folder.path(), "ed25519", "");
    certify(folder.path(), &authority);
    for (kind, bits) in [("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")] {
        let file = generate(folder.path(), kind, bits);
        certify(folder.path(), &file);
    }
}

/// Has the CA, whose key is `ed25519`, sign the key with real restrictions.
fn certify(folder: &Path, file: &str) {
    let options = ["-O", "source-address=10.0.0.0/8", "-O", "force-command=/bin/true"];
    let sign = ["-q", "-s", "ed25519", "-I", "alice@laptop", "-n", "ec2-user,root", "-V", "+1h"];
    ssh_keygen(folder, &[&sign[..], &options[..], &[file]].concat());
    let certificate = file.replace(".pub", "-cert.pub");
    check(folder, &certificate);
    assert_eq!(only_key(folder, &certificate).sha256, only_key(folder, file).sha256);
}

/// Security keys need hardware to make, but their public halves are other keys' with the name of
/// an application behind (PROTOCOL.u2f of OpenSSH).
#[test]
fn a_security_key_has_ssh_keygen_s_fingerprint() {
    if !has_ssh_keygen() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("ed25519", "", "ssh-ed25519", "sk-ssh-ed25519@openssh.com"),
        ("ecdsa", "256", "ecdsa-sha2-nistp256", "sk-ecdsa-sha2-nistp256@openssh.com"),
    ];
    for (kind, bits, plain, secure) in cases {
        let file = generate(folder.path(), kind, bits);
        let text = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        let blob = ssh_key::PublicKey::from_openssh(&text).unwrap().to_bytes().unwrap();
        let rest = &blob[4 + plain.len()..];
        let sk = [&field(secure), rest, &field("ssh:")].concat();
        let line = ssh_key::PublicKey::from_bytes(&sk).unwrap().to_openssh().unwrap();
        assert!(line.starts_with(secure), "{line}");
        std::fs::write(folder.path().join("sk.pub"), format!("{line} yubikey\n")).unwrap();
        check(folder.path(), "sk.pub");
    }
}

/// A string of the wire format (RFC 4251, section 5).
fn field(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&length, text.as_bytes()].concat()
}
