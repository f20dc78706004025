//! What is wrong with a web configuration file is said with file, line and key.

use std::path::Path;

use login_exporter::web::{Options, Server};
use tempfile::TempDir;

use super::fake::{Fake, Running};
use super::tools::certificate;

/// Binds with this file, on a port that the system chooses.
fn bind(file: &Path) -> Result<Server, String> {
    let listen = vec!["127.0.0.1:0".to_owned()];
    let options = Options { listen, config_file: Some(file.to_owned()), ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Server::bind(options)).map_err(|error| error.to_string())
}

/// The error for this text, with the folder's name left out.
fn error(directory: &TempDir, text: &str) -> String {
    let file = directory.path().join("web.yml");
    std::fs::write(&file, text).unwrap();
    let error = bind(&file).expect_err("the file is refused");
    error.replace(&format!("{}/", directory.path().display()), "")
}

#[test]
fn a_bad_setting_is_named_with_line_and_key() {
    let directory = TempDir::new().unwrap();
    let cases = [
        (
            "basic_auth_users:\n  alice: secret\n",
            "web.yml:2: basic_auth_users: the password of \"alice\" is no bcrypt hash; make one with `htpasswd -nBC 10 alice`",
        ),
        (
            "tls_server_config:\n  cert_file: a.crt\n",
            "web.yml:2: cert_file: cannot read a.crt: No such file or directory (os error 2); this user has to be able to",
        ),
        (
            "tls_server_config:\n  client_auth_type: NoClientCert\n",
            "web.yml:2: tls_server_config: cert_file is missing; TLS needs a certificate and its key",
        ),
        (
            "http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: allow\n",
            "web.yml:4: http_server_config.headers: X-Frame-Options cannot be \"allow\", only deny or sameorigin",
        ),
        (
            "http_server_config:\n  headers:\n    Server: me\n",
            "web.yml:3: http_server_config.headers: Server is not one of the headers that can be set: content-security-policy, strict-transport-security, x-content-type-options, x-frame-options, x-xss-protection",
        ),
        (
            "rate_limit:\n  interval: often\n",
            "web.yml:2: rate_limit.interval: \"often\" is no duration; write it as 1s or 500ms",
        ),
        (
            "rate_limit:\n  interval: 1s\n",
            "web.yml:2: rate_limit.burst: a burst of 0 lets no request in; give the number of requests that may come at once",
        ),
    ];
    for (text, want) in cases {
        assert_eq!(error(&directory, text), want, "{text}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let directory = TempDir::new().unwrap();
    let error = error(&directory, "tls_server_config:\n  certificate: x\n");
    assert!(error.starts_with("web.yml:2: "), "{error}");
    assert!(error.contains("certificate") && error.contains("cert_file"), "{error}");
}

#[test]
fn a_bad_tls_setting_is_named_with_line_and_key() {
    let directory = TempDir::new().unwrap();
    let Some(()) = certificate(directory.path(), "one", None) else { return };
    let Some(()) = certificate(directory.path(), "two", None) else { return };
    let cases = [
        (
            "min_version: TLS9",
            "web.yml:4: min_version: \"TLS9\" is no version; write TLS12 or TLS13",
        ),
        (
            "max_version: TLS11",
            "web.yml:4: max_version: leaves no version of TLS: TLS12 and TLS13 are there, and the least has to be below the most",
        ),
        (
            "client_auth_type: Perhaps",
            "web.yml:4: client_auth_type: \"Perhaps\" is none of NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert",
        ),
        (
            "client_auth_type: RequireAndVerifyClientCert",
            "web.yml:4: client_auth_type: certificates cannot be verified without client_ca_file; name the authority that signs them",
        ),
        (
            "client_ca_file: one.crt",
            "web.yml:4: client_auth_type: client_ca_file is given, but no certificate is asked for; set RequireAndVerifyClientCert",
        ),
        (
            "client_allowed_sans: [a.example]",
            "web.yml:4: client_allowed_sans: names are only compared where a certificate is required; set client_auth_type to RequireAndVerifyClientCert",
        ),
        (
            "curve_preferences: [CurveP521]",
            "web.yml:4: curve_preferences: \"CurveP521\" is not offered; there are CurveP256, CurveP384, X25519",
        ),
        ("key: inline", "web.yml:4: key: key_file is given too; keep one of them"),
    ];
    for (line, want) in cases {
        let text =
            format!("tls_server_config:\n  cert_file: one.crt\n  key_file: one.key\n  {line}\n");
        assert_eq!(error(&directory, &text), want, "{line}");
    }
    let other = "tls_server_config:\n  cert_file: one.crt\n  key_file: two.key\n";
    let told = error(&directory, other);
    assert!(
        told.starts_with("web.yml:3: tls_server_config.key_file: the key does not fit"),
        "{told}"
    );
    let swapped =
        error(&directory, "tls_server_config:\n  cert_file: one.key\n  key_file: one.crt\n");
    assert_eq!(swapped, "web.yml:2: cert_file: no certificate in it; it has to be in PEM form");
    let suite = "tls_server_config:\n  cert_file: one.crt\n  key_file: one.key\n  cipher_suites:\n  - TLS_RSA_WITH_AES_128_CBC_SHA\n";
    let told = error(&directory, suite);
    assert!(told.starts_with("web.yml:5: cipher_suites: \"TLS_RSA_WITH_AES_128_CBC_SHA\" is not offered; there are TLS_ECDHE_"), "{told}");
}

#[test]
fn a_missing_file_is_named_with_the_flag() {
    let directory = TempDir::new().unwrap();
    let error = bind(&directory.path().join("none.yml")).unwrap_err();
    assert!(error.contains("none.yml: No such file"), "{error}");
    assert!(error.contains("--web.config.file"), "{error}");
}

#[test]
fn a_file_of_comments_asks_for_nothing() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    for text in ["", "# nothing yet\n", "tls_server_config:\nbasic_auth_users: {}\n"] {
        std::fs::write(&file, text).unwrap();
        bind(&file).unwrap();
    }
}

#[test]
fn a_reload_says_what_is_wrong_and_keeps_what_was_in_force() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    std::fs::write(&file, "# nothing yet\n").unwrap();
    let options = Options { config_file: Some(file.clone()), ..Options::default() };
    let running = Running::with(Fake::saying("x 1\n"), options);
    assert_eq!(running.reloader.reload(), Ok(()));
    std::fs::write(&file, "\nbasic_auth_users: {alice: plain}\n").unwrap();
    let error = running.reloader.reload().unwrap_err().to_string();
    assert!(error.contains("web.yml:2: basic_auth_users: "), "{error}");
    assert_eq!(ureq::get(running.url("/metrics")).call().unwrap().status(), 200);
}

/// The file that lets in alice, by a hash of this cost.
fn users(cost: u32) -> String {
    format!("basic_auth_users:\n  alice: $2b${cost:02}${}.{}.\n", "a".repeat(21), "a".repeat(30))
}

#[test]
fn a_file_that_no_longer_asks_for_a_name_takes_a_restart() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    std::fs::write(&file, users(4)).unwrap();
    let options = Options { config_file: Some(file.clone()), ..Options::default() };
    let running = Running::with(Fake::saying("x 1\n"), options);
    for gone in ["", "# to be written\n", "basic_auth_users: {}\n", "basic_auth_users:\n"] {
        std::fs::write(&file, gone).unwrap();
        let error = running.reloader.reload().unwrap_err().to_string();
        let told = "web.yml: basic_auth_users: no longer asking for a name takes a restart";
        assert!(error.ends_with(told), "{gone:?}: {error}");
        let status = ureq::get(running.url("/metrics")).call().unwrap_err().to_string();
        assert!(status.contains("401"), "{gone:?}: {status}");
    }
}

/// One wrong password at cost 20 left everyone else waiting for half a minute, and SIGTERM for
/// four.
#[test]
fn a_hash_that_would_stop_the_exporter_is_refused_and_a_slow_one_told() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    let hash = |cost: u32| {
        std::fs::write(&file, users(cost)).unwrap();
        let options = Options { config_file: Some(file.clone()), ..Options::default() };
        let told = Server::check(&Options { listen: vec![":0".to_owned()], ..options });
        told.map_err(|error| error.to_string())
    };
    for usual in [4, 10, 12] {
        assert_eq!(hash(usual), Ok(Vec::new()), "{usual}");
    }
    for slow in [13, 16] {
        let told = hash(slow).unwrap();
        let place = format!("{}:2: basic_auth_users: ", file.display());
        assert!(told.len() == 1 && told[0].starts_with(&place), "{told:?}");
        assert!(told[0].contains(&format!("cost of {slow}")), "{told:?}");
        assert!(told[0].contains("htpasswd -nBC 10 alice"), "{told:?}");
    }
    for endless in [17, 20, 31] {
        let error = hash(endless).unwrap_err();
        assert!(error.contains("web.yml:2: basic_auth_users: the bcrypt hash"), "{error}");
        assert!(error.contains("make one with `htpasswd -nBC 10 alice`"), "{error}");
    }
}
