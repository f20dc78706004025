//! Those who reach the port and get no further: scanners, floods, clients of another age.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::scene::{scene, session};
use crate::support::visitor::Visitor;
use crate::support::wait_for;
use crate::visits::{with_key, with_password};

fn rejected(reason: &str, from: &Visitor) -> String {
    format!("login_rejected sshd reason={reason} {from}")
}

/// Reads what sshd says until it hangs up.
fn read_to_end(mut stream: TcpStream) {
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
}

#[test]
fn a_port_scan_and_a_client_of_another_protocol() {
    let Some(scene) = scene(&[]) else { return };
    let sshd = scene.sshd("");
    let (scan, stream) = Visitor::connect(&sshd);
    drop(stream);
    // sshd may be asked for its connections before it has taken this one on.
    let named = format!("{} port {}", scan.source, scan.port);
    wait_for("sshd's word on the scan", || scene.text().contains(&named).then_some(()));
    sshd.wait_idle();
    let mut expected = vec![rejected("bad_protocol", &scan)];
    let said: [&[u8]; 5] = [
        b"GET / HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
        b"Accepted password for root from 8.8.8.8 port 22 ssh2\r\n",
        b"SSH-1.5-old\r\n",
        b"SSH-2.0-x\r\nthis is no packet at all, is it? 0123456789 0123456789\r\n",
    ];
    for bytes in said {
        let (visitor, mut stream) = Visitor::connect(&sshd);
        stream.write_all(bytes).unwrap();
        read_to_end(stream);
        sshd.wait_idle();
        expected.push(rejected("bad_protocol", &visitor));
    }
    scene.check(&expected);
}

#[test]
fn a_connection_that_ends_after_the_banner() {
    let Some(scene) = scene(&[]) else { return };
    let sshd = scene.sshd("");
    // ssh-keyscan and its like: the greeting, then nothing more.
    let (polite, mut stream) = Visitor::connect(&sshd);
    stream.write_all(b"SSH-2.0-scanner\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    read_to_end(stream);
    sshd.wait_idle();
    scene.check(&[rejected("closed_before_login", &polite)]);
}

#[test]
fn a_client_without_a_common_algorithm() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd(
        "Ciphers aes256-gcm@openssh.com\nMACs hmac-sha2-512\nKexAlgorithms curve25519-sha256",
    );
    let mut expected = Vec::new();
    for option in [
        "KexAlgorithms=diffie-hellman-group14-sha1",
        "Ciphers=aes128-ctr",
        "HostKeyAlgorithms=rsa-sha2-512",
    ] {
        let visitor = with_key(&sshd, user, "client", &["-o", option]);
        sshd.wait_idle();
        expected.push(rejected("no_common_algorithm", &visitor));
    }
    scene.check(&expected);
}

#[test]
fn more_connections_than_sshd_starts_at_once() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("MaxStartups 1\nLogLevel VERBOSE\nLoginGraceTime 30");
    let (first, mut held) = Visitor::connect(&sshd);
    // Its banner says that sshd has taken it on.
    held.read_exact(&mut [0; 4]).unwrap();
    let (second, stream) = Visitor::connect(&sshd);
    read_to_end(stream);
    let (third, stream) = Visitor::connect(&sshd);
    read_to_end(stream);
    drop(held);
    sshd.wait_idle();
    let login = with_key(&sshd, user, "client", &[]);
    sshd.wait_idle();
    let key = sshd.fingerprint("client");
    let mut expected = vec![
        rejected("throttled", &second),
        rejected("throttled", &third),
        rejected("bad_protocol", &first),
        format!("login_success sshd user={user} method=publickey {login} fingerprint={key}"),
    ];
    expected.extend(session("sshd", user));
    scene.check(&expected);
}

#[test]
fn a_client_that_has_no_key_that_fits_and_one_without_an_account() {
    let Some(scene) = scene(&["le-lines"]) else { return };
    let user = scene.user();
    let sshd = scene.sshd("");
    // A key that does not fit, and no other way to go on.
    let visitor = with_key(&sshd, user, "stranger", &[]);
    sshd.wait_idle();
    let nobody = with_password(&sshd, "le-nobody", "wrong", "password", 1);
    sshd.wait_idle();
    scene.check(&[
        format!("login_rejected sshd user={user} reason=closed_before_login {visitor}"),
        format!("login_rejected sshd invalid user=le-nobody reason=invalid_user {nobody}"),
        format!("login_failure sshd invalid user=le-nobody method=password {nobody}"),
    ]);
}
