//! The page at `/`, as a person's browser shows it.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use login_exporter::metrics::recent::Access;
use login_exporter::web::{Options, Overview, SourceStatus};
use tempfile::TempDir;

use super::fake::{Fake, Running};
use super::tools::{run, tool};

pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

pub(super) fn login(user: &str, expected: &'static str, seconds_ago: i64) -> Access {
    Access {
        time: now() - seconds_ago,
        host: "web-1".into(),
        event: "login_success",
        program: "sshd".into(),
        user: user.into(),
        method: "publickey".into(),
        source: "203.0.113.7".into(),
        network: "office".into(),
        expected,
        ..Access::default()
    }
}

pub(super) fn overview(recent: Vec<Access>) -> Overview {
    let source = |name: &str, up, caught_up, lag_bytes, problem: Option<&str>| SourceStatus {
        name: name.into(),
        up,
        caught_up,
        lag_bytes,
        last_record: Some(now() - 40),
        problem: problem.map(str::to_owned),
    };
    let sources = vec![
        source("/var/log/auth.log", true, true, 0, None),
        source("journal", true, false, 3_400_000, None),
        source(
            "cloudtrail ap-northeast-1",
            false,
            false,
            0,
            Some("AccessDenied: allow cloudtrail:LookupEvents to this role"),
        ),
    ];
    let host_log = "reads the journal: it knows who wrote a line".into();
    Overview { host: "web-1".into(), host_log, sources, recent }
}

/// What a day on a host looks like.
fn day() -> Overview {
    let identity = |access: Access, identity: &str| Access { identity: identity.into(), ..access };
    let sudo = Access {
        event: "sudo_command",
        program: "sudo".into(),
        method: String::new(),
        source: String::new(),
        network: "unknown".into(),
        detail: "/usr/bin/systemctl".into(),
        ..login("deploy", "true", 190)
    };
    let session = Access {
        event: "aws_success",
        program: String::new(),
        user: String::new(),
        identity: "Ops/alice".into(),
        method: "StartSession".into(),
        source: "AWS Internal".into(),
        network: "aws".into(),
        detail: "i-0123456789abcdef0".into(),
        ..login("", "true", 3_000)
    };
    let stranger = Access {
        source: "198.51.100.23".into(),
        network: "public".into(),
        identity: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU".into(),
        ..login("ec2-user", "false", 75)
    };
    let recent = vec![
        identity(login("ec2-user", "true", 12), "alice"),
        stranger,
        sudo,
        session,
        Access { method: "password".into(), ..login("backup", "unset", 90_000) },
    ];
    overview(recent)
}

/// A browser with a profile of its own, which talks to nobody else.
pub(super) fn chromium(profile: &TempDir, arguments: &[&str]) -> Option<Command> {
    tool("chromium")?;
    // A browser that hangs fails its test, and not the whole run.
    let mut chromium = Command::new("timeout");
    chromium.args(["120", "chromium"]);
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
    chromium.args(["--no-first-run", "--disable-background-networking", "--disable-sync"]);
    chromium.args(["--disable-component-update", "--hide-scrollbars"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    chromium.args(arguments);
    Some(chromium)
}

/// The document after that much of the page's own time.
fn document(running: &Running, milliseconds: u32) -> Option<String> {
    let profile = TempDir::new().unwrap();
    let budget = format!("--virtual-time-budget={milliseconds}");
    let mut chromium = chromium(&profile, &[&budget, "--dump-dom"])?;
    Some(run(chromium.arg(running.url("/"))))
}

fn page(options: Options, overview: Overview) -> String {
    let running = Running::with(Fake::showing(overview), options);
    let response = ureq::get(running.url("/")).call().unwrap();
    response.into_body().read_to_string().unwrap()
}

#[test]
fn the_page_tells_sources_and_accesses() {
    let html = page(Options::default(), day());
    for told in [
        "<title>web-1 · logins</title>",
        "● Up to date",
        "◔ Catching up",
        "3.4 MB behind",
        "✕ Not readable",
        "AccessDenied: allow cloudtrail:LookupEvents to this role",
        "▲ 1 of the last 5 was not expected.",
        "<b><a href=\"./person/alice\"><bdi>alice</bdi></a></b> \
         <small>as <a href=\"./person/ec2-user\"><bdi>ec2-user</bdi></a></small>",
        "A source cannot be read",
        "<b><bdi>198.51.100.23</bdi></b> <small><bdi>public</bdi></small>",
        "<code><bdi>/usr/bin/systemctl</bdi></code>",
        "<tr class=\"unexpected\">",
        "▲ unexpected",
        "href=\"./metrics\"",
    ] {
        assert!(html.contains(told), "{told} is missing from {html}");
    }
}

#[test]
fn nothing_comes_from_elsewhere() {
    let html = page(Options::default(), day());
    for outside in ["src=", "http:", "https:", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn without_recent_the_page_tells_sources_only() {
    let html = page(Options { recent: false, ..Options::default() }, day());
    assert!(html.contains("● Up to date"));
    for told in ["Last accesses", "alice", "ec2-user", "198.51.100.23", "<table"] {
        assert!(!html.contains(told), "{told}");
    }
}

#[test]
fn an_exporter_that_has_seen_nothing_says_so() {
    let html = page(Options::default(), Overview::default());
    assert!(html.contains("No source is being read.") && html.contains("Nobody has come in yet."));
}

#[test]
fn chromium_shows_the_page_and_brings_it_up_to_date() {
    let fake = Fake::showing(overview(vec![login("early", "true", 60)]));
    let late = vec![login("late", "false", 5), login("early", "true", 60)];
    *fake.later.lock().unwrap() = Some(overview(late));
    let running = Running::start(fake);
    let Some(html) = document(&running, 6_000) else { return };
    assert!(html.contains("<bdi>late</bdi>"), "{html}");
    assert!(html.contains("▲ 1 of the last 2 was not expected."), "{html}");
    assert!(html.contains("role=\"status\" hidden"), "{html}");
}

#[test]
fn chromium_says_when_the_exporter_no_longer_answers() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("web.yml");
    // The first look is allowed, none after it.
    std::fs::write(&file, "rate_limit: {interval: 1h, burst: 1}\n").unwrap();
    let options = Options { config_file: Some(file), ..Options::default() };
    let running = Running::with(Fake::showing(day()), options);
    let Some(html) = document(&running, 6_000) else { return };
    assert!(html.contains("No answer since"), "{html}");
    assert!(html.contains("<bdi>alice</bdi>"), "what was known stays: {html}");
}

#[test]
fn in_chromium_a_hostile_name_stays_text() {
    let names = [
        "<script>document.title='owned'</script>",
        "\"><img src=x onerror=\"document.title='owned'\">",
        "</bdi></td></table></main><h1 class=owned>owned</h1>",
        "' onmouseover='document.title=`owned`",
        "\u{202e}toor\u{2066}\u{200b}\u{0}\u{1b}[2J",
        "&lt;b class=owned&gt;",
        &"<b class=owned>".repeat(7_000),
    ];
    let accesses = names.map(|name| Access {
        identity: name.into(),
        source: name.into(),
        network: name.into(),
        detail: name.into(),
        host: name.into(),
        ..login(name, "false", 5)
    });
    let mut overview = overview(accesses.into());
    overview.host = names[0].into();
    overview.sources[0].name = names[1].into();
    overview.sources[0].problem = Some(names[2].into());
    let running = Running::start(Fake::showing(overview));
    let Some(html) = document(&running, 6_000) else { return };
    assert!(html.contains("<title>&lt;script&gt;document.title='owned'&lt;/script&gt; · logins"));
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert_eq!(html.matches("<h1").count(), 1, "{html}");
    for element in ["<img", "<b class", "class=\"owned"] {
        assert!(!html.contains(element), "{element} in {html}");
    }
    for hidden in ["\u{202e}", "\u{2066}", "\u{200b}", "\u{1b}"] {
        assert!(!html.contains(hidden), "{}", hidden.escape_unicode());
    }
    assert!(html.contains("\\u{202e}toor\\u{2066}\\u{200b}\\u{0}\\u{1b}[2J"), "{html}");
    assert!(html.len() < 100_000, "{} bytes", html.len());
}
