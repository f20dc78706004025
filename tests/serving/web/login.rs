//! Basic authentication, and the headers of the web configuration file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use login_exporter::web::Options;
use tempfile::TempDir;
use ureq::Agent;

use super::fake::{Fake, Running};

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

fn status(running: &Running, path: &str, credentials: Option<&str>) -> u16 {
    let mut request = agent().get(running.url(path));
    if let Some(credentials) = credentials {
        let encoded = base64(credentials);
        request = request.header("Authorization", format!("Basic {encoded}"));
    }
    request.call().unwrap().status().as_u16()
}

fn base64(text: &str) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(text.as_bytes())
}

fn users(directory: &Path, users: &[(&str, &str)], cost: u32) -> PathBuf {
    let file = directory.join("web.yml");
    let mut text = "basic_auth_users:\n".to_owned();
    for (name, password) in users {
        text += &format!("  {name}: {}\n", bcrypt::hash(password, cost).unwrap());
    }
    std::fs::write(&file, text).unwrap();
    file
}

fn serve(file: &Path) -> Running {
    let options = Options { config_file: Some(file.to_owned()), ..Options::default() };
    Running::with(Fake::saying("x 1\n"), options)
}

#[test]
fn every_page_asks_for_the_name_and_password() {
    let directory = TempDir::new().unwrap();
    let running = serve(&users(directory.path(), &[("alice", "right"), ("bob", "other")], 4));
    for path in ["/metrics", "/", "/-/healthy", "/nothing", "/person/alice", "/person/%00"] {
        assert_eq!(status(&running, path, None), 401, "{path}");
    }
    assert_eq!(status(&running, "/metrics", Some("alice:right")), 200);
    assert_eq!(status(&running, "/metrics", Some("alice:right")), 200);
    assert_eq!(status(&running, "/-/healthy", Some("bob:other")), 200);
    for wrong in ["alice:wrong", "alice:", "bob:right", "carol:right", ":", "alice"] {
        assert_eq!(status(&running, "/metrics", Some(wrong)), 401, "{wrong}");
    }
    let asked = agent().get(running.url("/")).call().unwrap();
    let realm = asked.headers().get("www-authenticate").unwrap().to_str().unwrap();
    assert!(realm.starts_with("Basic realm="), "{realm}");
}

#[test]
fn a_removed_user_is_out_at_once() {
    let directory = TempDir::new().unwrap();
    let running = serve(&users(directory.path(), &[("alice", "right"), ("bob", "other")], 4));
    assert_eq!(status(&running, "/metrics", Some("bob:other")), 200);
    users(directory.path(), &[("alice", "right")], 4);
    assert_eq!(status(&running, "/metrics", Some("bob:other")), 401);
    assert_eq!(status(&running, "/metrics", Some("alice:right")), 200);
}

#[test]
fn a_changed_password_replaces_a_remembered_one() {
    let directory = TempDir::new().unwrap();
    let running = serve(&users(directory.path(), &[("alice", "old")], 4));
    assert_eq!(status(&running, "/metrics", Some("alice:old")), 200);
    users(directory.path(), &[("alice", "new")], 4);
    assert_eq!(status(&running, "/metrics", Some("alice:old")), 401);
    assert_eq!(status(&running, "/metrics", Some("alice:new")), 200);
}

#[test]
fn an_emptied_file_does_not_let_everyone_in() {
    let directory = TempDir::new().unwrap();
    let file = users(directory.path(), &[("alice", "right")], 4);
    let running = serve(&file);
    std::fs::write(&file, "").unwrap();
    assert_eq!(status(&running, "/metrics", None), 401);
    assert_eq!(status(&running, "/metrics", Some("alice:right")), 200);
}

#[test]
fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let directory = TempDir::new().unwrap();
    let running = serve(&users(directory.path(), &[("alice", "right")], 9));
    let time = |credentials| {
        let begun = Instant::now();
        assert_eq!(status(&running, "/metrics", Some(credentials)), 401);
        begun.elapsed()
    };
    // The shortest of a few is what the check itself takes.
    let least = |credentials| (0..3).map(|_| time(credentials)).min().unwrap();
    let (known, unknown) = (least("alice:wrong"), least("mallory:wrong"));
    assert!(unknown > known / 2, "known {known:?}, unknown {unknown:?}");
}

#[test]
fn a_flood_of_wrong_passwords_does_not_hold_up_a_scraper() {
    let directory = TempDir::new().unwrap();
    let running = serve(&users(directory.path(), &[("prometheus", "right")], 10));
    let begun = Instant::now();
    assert_eq!(status(&running, "/metrics", Some("prometheus:right")), 200);
    // What a comparison takes on this machine, beside its other work.
    let one = begun.elapsed();
    let answers = std::thread::scope(|scope| {
        let guess = |n: usize| status(&running, "/", Some(&format!("prometheus:{n}")));
        let guesses: Vec<_> = (0..20).map(|n| scope.spawn(move || guess(n))).collect();
        let begun = Instant::now();
        assert_eq!(status(&running, "/metrics", Some("prometheus:right")), 200);
        assert!(begun.elapsed() < Duration::from_secs(2).max(5 * one), "{:?}", begun.elapsed());
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(answers.contains(&429), "{answers:?}");
    assert!(answers.iter().all(|status| [401, 429].contains(status)), "{answers:?}");
}

#[test]
fn headers_of_the_file_replace_the_exporters_own() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    let text = "http_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n    \
                Strict-Transport-Security: max-age=31536000\n    Content-Security-Policy: ''\n";
    std::fs::write(&file, text).unwrap();
    let running = serve(&file);
    let response = agent().get(running.url("/metrics")).call().unwrap();
    let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("x-frame-options"), Some("sameorigin"));
    assert_eq!(header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(
        header("content-security-policy"),
        Some("default-src 'none'; frame-ancestors 'none'")
    );
}

#[test]
fn more_requests_than_the_rate_limit_are_told_to_wait() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    std::fs::write(&file, "rate_limit: {interval: 1h, burst: 2}\n").unwrap();
    let running = serve(&file);
    let answers = [(); 3].map(|()| status(&running, "/metrics", None));
    assert_eq!(answers, [200, 200, 429]);
}
