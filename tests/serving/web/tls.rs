//! TLS as curl meets it.

use std::path::Path;
use std::process::Command;

use login_exporter::web::Options;
use tempfile::TempDir;

use super::fake::{Fake, Running};
use super::tools::{certificate, output, run, tool};

/// A server with this `tls_server_config`, beside the certificates that the lines name.
fn serve(directory: &Path, lines: &[&str]) -> Running {
    let file = directory.join("web.yml");
    std::fs::write(&file, config(lines)).unwrap();
    let options = Options { config_file: Some(file), ..Options::default() };
    Running::with(Fake::saying("x 1\n"), options)
}

fn config(lines: &[&str]) -> String {
    let mut text =
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n".to_owned();
    lines.iter().for_each(|line| text += &format!("  {line}\n"));
    text
}

/// curl that trusts the server's certificate.
fn curl(running: &Running, directory: &Path, arguments: &[&str]) -> Command {
    let mut curl = Command::new("curl");
    curl.current_dir(directory).args(["-sS", "--max-time", "20", "--cacert", "server.crt"]);
    curl.args(arguments).arg(format!("https://{}/metrics", running.address));
    curl
}

/// A folder with certificates of these names, each signed by the authority `ca`.
fn folder(clients: &[&str]) -> Option<TempDir> {
    tool("curl")?;
    let directory = TempDir::new().unwrap();
    certificate(directory.path(), "server", None)?;
    certificate(directory.path(), "ca", None)?;
    for client in clients {
        certificate(directory.path(), client, Some("ca"))?;
    }
    Some(directory)
}

const ALICE: [&str; 4] = ["--cert", "alice.crt", "--key", "alice.key"];
const STRANGER: [&str; 4] = ["--cert", "server.crt", "--key", "server.key"];

#[test]
fn metrics_are_answered_over_tls_and_not_without() {
    let Some(directory) = folder(&[]) else { return };
    let running = serve(directory.path(), &[]);
    assert_eq!(run(&mut curl(&running, directory.path(), &[])), "x 1\n");
    let mut plain = Command::new("curl");
    plain.args(["-sS", "--max-time", "20", &running.url("/metrics")]);
    assert!(!output(&mut plain).status.success());
}

#[test]
fn versions_outside_the_bounds_are_refused() {
    let Some(directory) = folder(&[]) else { return };
    let running = serve(directory.path(), &["min_version: TLS13"]);
    let older = output(&mut curl(&running, directory.path(), &["--tls-max", "1.2"]));
    assert!(!older.status.success());
    assert_eq!(run(&mut curl(&running, directory.path(), &["--tlsv1.3"])), "x 1\n");
}

#[test]
fn a_chosen_cipher_suite_and_curve_are_used() {
    let Some(directory) = folder(&[]) else { return };
    let lines = [
        "max_version: TLS12",
        "cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305]",
        "curve_preferences: [CurveP384]",
    ];
    let running = serve(directory.path(), &lines);
    let verbose = output(&mut curl(&running, directory.path(), &["-v"]));
    let told = String::from_utf8_lossy(&verbose.stderr).into_owned();
    assert!(told.contains("ECDHE-ECDSA-CHACHA20-POLY1305"), "{told}");
    let other = output(&mut curl(&running, directory.path(), &["--curves", "X25519"]));
    assert!(!other.status.success());
}

#[test]
fn a_required_certificate_is_one_that_the_authority_signed() {
    let Some(directory) = folder(&["alice"]) else { return };
    let lines = ["client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.crt"];
    let running = serve(directory.path(), &lines);
    let ask = |arguments: &[&str]| output(&mut curl(&running, directory.path(), arguments));
    assert!(ask(&ALICE).status.success());
    assert!(!ask(&STRANGER).status.success());
    assert!(!ask(&[]).status.success());
}

#[test]
fn a_certificate_if_given_is_verified() {
    let Some(directory) = folder(&["alice"]) else { return };
    let lines = ["client_auth_type: VerifyClientCertIfGiven", "client_ca_file: ca.crt"];
    let running = serve(directory.path(), &lines);
    let ask = |arguments: &[&str]| output(&mut curl(&running, directory.path(), arguments));
    assert!(ask(&ALICE).status.success());
    assert!(!ask(&STRANGER).status.success());
    assert!(ask(&[]).status.success());
}

#[test]
fn any_certificate_will_do_where_only_that_is_required() {
    let Some(directory) = folder(&["alice"]) else { return };
    let running = serve(directory.path(), &["client_auth_type: RequireAnyClientCert"]);
    let ask = |arguments: &[&str]| output(&mut curl(&running, directory.path(), arguments));
    assert!(ask(&ALICE).status.success());
    assert!(ask(&STRANGER).status.success());
    assert!(
        ask(&["--tls-max", "1.2", "--cert", "alice.crt", "--key", "alice.key"]).status.success()
    );
    assert!(!ask(&[]).status.success());
    let running = serve(directory.path(), &["client_auth_type: RequestClientCert"]);
    assert!(output(&mut curl(&running, directory.path(), &[])).status.success());
    assert!(output(&mut curl(&running, directory.path(), &STRANGER)).status.success());
}

#[test]
fn only_the_allowed_alternative_names_come_in() {
    let Some(directory) = folder(&["alice", "bob"]) else { return };
    let allowed = ["alice.example", "alice@example.org", "spiffe://example.org/alice"];
    for name in allowed {
        let names = format!("client_allowed_sans: [nobody.example, \"{name}\"]");
        let lines =
            ["client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.crt", &names];
        let running = serve(directory.path(), &lines);
        let bob = ["--cert", "bob.crt", "--key", "bob.key"];
        assert_eq!(run(&mut curl(&running, directory.path(), &ALICE)), "x 1\n", "{name}");
        assert!(!output(&mut curl(&running, directory.path(), &bob)).status.success(), "{name}");
    }
    let lines = ["client_auth_type: RequireAnyClientCert", "client_allowed_sans: [127.0.0.1]"];
    let running = serve(directory.path(), &lines);
    assert_eq!(run(&mut curl(&running, directory.path(), &ALICE)), "x 1\n");
}

#[test]
fn a_renewed_certificate_is_used_without_a_restart() {
    let Some(directory) = folder(&[]) else { return };
    let path = directory.path();
    let running = serve(path, &[]);
    run(&mut curl(&running, path, &[]));
    std::fs::copy(path.join("server.crt"), path.join("old.crt")).unwrap();
    certificate(path, "server", None).unwrap();
    assert_eq!(run(&mut curl(&running, path, &[])), "x 1\n");
    assert!(!output(&mut curl(&running, path, &["--cacert", "old.crt"])).status.success());
}

#[test]
fn a_certificate_that_breaks_leaves_the_one_before() {
    let Some(directory) = folder(&[]) else { return };
    let path = directory.path();
    let running = serve(path, &[]);
    let (good, key) = (path.join("good.crt"), path.join("server.crt"));
    std::fs::copy(&key, &good).unwrap();
    std::fs::write(&key, "half a certif").unwrap();
    let trust = ["--cacert", "good.crt"];
    assert_eq!(run(&mut curl(&running, path, &trust)), "x 1\n");
}

#[test]
fn an_emptied_file_does_not_turn_tls_off() {
    let Some(directory) = folder(&[]) else { return };
    let path = directory.path();
    let running = serve(path, &[]);
    std::fs::write(path.join("web.yml"), "").unwrap();
    assert_eq!(run(&mut curl(&running, path, &[])), "x 1\n");
}

/// Such a file opened TLS to everyone.
#[test]
fn a_file_that_asks_less_of_clients_takes_a_restart() {
    let Some(directory) = folder(&["alice"]) else { return };
    let path = directory.path();
    let verified = ["client_auth_type: RequireAndVerifyClientCert", "client_ca_file: ca.crt"];
    let named = [verified[0], verified[1], "client_allowed_sans: [alice.example]"];
    let any = ["client_auth_type: RequireAnyClientCert"];
    let if_given = ["client_auth_type: VerifyClientCertIfGiven", "client_ca_file: ca.crt"];
    let cases: [(&[&str], &[&[&str]]); 4] = [
        (&verified, &[&[], &if_given, &any, &["client_auth_type: RequestClientCert"]]),
        (&named, &[&[], &verified]),
        (&any, &[&[], &if_given]),
        (&if_given, &[&[], &["client_auth_type: RequestClientCert"]]),
    ];
    for (before, weaker) in cases {
        let running = serve(path, before);
        for after in weaker {
            std::fs::write(path.join("web.yml"), config(after)).unwrap();
            let error = running.reloader.reload().unwrap_err().to_string();
            let told = "web.yml: client_auth_type: asking less of clients takes a restart";
            assert!(error.ends_with(told), "{before:?} to {after:?}: {error}");
        }
        let stranger = output(&mut curl(&running, path, &[])).status.success();
        assert_eq!(stranger, before == if_given, "{before:?} stays in force");
        assert_eq!(run(&mut curl(&running, path, &ALICE)), "x 1\n");
        std::fs::write(path.join("web.yml"), config(before)).unwrap();
        assert_eq!(running.reloader.reload(), Ok(()));
    }
}

#[test]
fn a_handshake_that_hangs_is_ended() {
    let Some(directory) = folder(&[]) else { return };
    let file = directory.path().join("web.yml");
    std::fs::write(&file, config(&[])).unwrap();
    let mut options = Options { config_file: Some(file), ..Options::default() };
    options.limits.head_time = std::time::Duration::from_millis(100);
    let running = Running::with(Fake::saying("x 1\n"), options);
    let mut hanging = std::net::TcpStream::connect(running.address).unwrap();
    // Returns once the server has closed the connection, without a byte.
    let read = std::io::Read::read(&mut hanging, &mut [0; 16]);
    assert_eq!(read.unwrap(), 0);
}
