//! People on the page: before automation, each on a page of their own, on every screen.

use std::path::Path;

use login_exporter::metrics::recent::{Access, Session};
use login_exporter::web::{Options, Overview};
use tempfile::TempDir;

use super::fake::{Fake, Running};
use super::page::{chromium, login, now, overview};
use super::tools::run;

fn with(identity: &str, access: Access) -> Access {
    Access { identity: identity.into(), ..access }
}

/// A session of Session Manager's, with all that can be told of one.
fn session(user: &str, open: bool, late: Option<i64>) -> Access {
    let begun = 3_000;
    let session = Session {
        id: format!("{user}-0123456789abcdef0"),
        by_host: true,
        by_aws: late.is_some(),
        late,
        ended: (!open).then(|| now() - begun + 745),
        lasted: (!open).then_some(745),
    };
    Access {
        program: "ssm-agent".into(),
        method: "session-manager".into(),
        identity: format!("Ops/{user}"),
        detail: "i-0123456789abcdef0".into(),
        session: Some(Box::new(session)),
        ..login("ssm-user", "true", begun)
    }
}

/// A day with people, a stranger, three jobs, and another host's lines.
fn day() -> Overview {
    let from = |source: &str, network: &str, access: Access| Access {
        source: source.into(),
        network: network.into(),
        ..access
    };
    let sudo = |seconds| Access {
        event: "sudo_command",
        program: "sudo".into(),
        method: String::new(),
        detail: "/usr/bin/systemctl".into(),
        ..from("", "unknown", login("ec2-user", "true", seconds))
    };
    let key = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    let mut recent = vec![
        with("alice", login("ec2-user", "true", 12)),
        with("alice", sudo(10)),
        with(key, from("198.51.100.23", "public", login("ec2-user", "false", 75))),
        with(
            "alice",
            from(
                "2001:db8:3f1c:9a00:1c2d:3e4f:5a6b:7c8d",
                "home",
                login("ec2-user", "true", 9_000),
            ),
        ),
        Access { host: "db-1".into(), ..with("alice", login("postgres", "true", 20_000)) },
        Access { method: "password".into(), ..login("backup", "unset", 90_000) },
        session("alice", true, None),
        session("bob", false, Some(431)),
    ];
    for n in 0..37 {
        recent.push(with(key, from("10.0.4.9", "vpc", login("deploy", "true", 60 + n * 300))));
        recent.push(Access {
            detail: "/usr/bin/rsync".into(),
            user: "ci".into(),
            ..sudo(61 + n * 300)
        });
    }
    recent.sort_by_key(|access| std::cmp::Reverse(access.time));
    overview(recent)
}

fn get(running: &Running, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let response = agent.get(running.url(path)).call().unwrap();
    let policy = response.headers().get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    (response.status().as_u16(), response.into_body().read_to_string().unwrap())
}

fn serve(overview: Overview) -> Running {
    Running::start(Fake::showing(overview))
}

fn rows(html: &str) -> usize {
    html.matches("<tr class=").count()
}

#[test]
fn a_job_that_comes_again_and_again_is_one_row_behind_people() {
    let running = serve(day());
    let (_, html) = get(&running, "/");
    assert_eq!(rows(&html), 8 + 2, "{html}");
    assert_eq!(html.matches("<b>37 times</b> since <time").count(), 2, "{html}");
    let (people, automation) = html.split_once("Again and again").unwrap();
    assert!(people.contains("<bdi>backup</bdi>") && !people.contains("<bdi>deploy</bdi>"));
    assert!(automation.contains("<bdi>deploy</bdi>") && !automation.contains("<bdi>backup</bdi>"));
    let (_, html) = get(&running, "/?each");
    assert_eq!(rows(&html), 8 + 2 * 37);
}

#[test]
fn only_what_was_unexpected_is_a_link_away() {
    let running = serve(day());
    let (_, html) = get(&running, "/");
    assert!(html.contains("<a href=\"?unexpected\">Unexpected only</a>"), "{html}");
    let (_, html) = get(&running, "/?unexpected");
    assert_eq!((rows(&html), html.matches("<tr class=\"unexpected\"").count()), (1, 1), "{html}");
    assert!(html.contains("<a href=\"?unexpected\" aria-current=\"page\">"), "{html}");
    let quiet = serve(overview(vec![login("alice", "true", 5)]));
    let (_, html) = get(&quiet, "/?unexpected");
    assert!(html.contains("None of them was unexpected.") && rows(&html) == 0, "{html}");
}

#[test]
fn a_person_has_a_page_with_all_that_this_exporter_knows() {
    let running = serve(day());
    let (status, html) = get(&running, "/person/alice");
    assert_eq!((status, rows(&html)), (200, 4), "{html}");
    for told in [
        "<title>alice · web-1 · logins</title>",
        "<h1><bdi>alice</bdi></h1>",
        "<a href=\"../\">All of <bdi>web-1</bdi></a>",
        "<dt>From</dt><dd><b><bdi>203.0.113.7</bdi></b> <small><bdi>office</bdi></small> <span class=\"times\">×\u{a0}2</span></dd>",
        "<dt>How</dt><dd>login <small><bdi>publickey</bdi></small> <span class=\"times\">×\u{a0}3</span></dd><dd>sudo ",
        "<dt>On</dt><dd><bdi>web-1</bdi> <span class=\"times\">×\u{a0}3</span></dd><dd><bdi>db-1</bdi> ",
        "<dt>Also as</dt><dd><a href=\"../person/ec2-user\"><bdi>ec2-user</bdi></a> ",
        "As far as this exporter reads",
    ] {
        assert!(html.contains(told), "{told} is missing from {html}");
    }
    let (_, account) = get(&running, "/person/ec2-user");
    assert_eq!(rows(&account), 4, "{account}");
    let (_, unexpected) = get(&running, "/person/ec2-user?unexpected");
    assert_eq!(rows(&unexpected), 1, "{unexpected}");
    let (status, nobody) = get(&running, "/person/mallory");
    assert_eq!(status, 404);
    assert!(nobody.contains("Nobody of this name"), "{nobody}");
}

#[test]
fn a_session_of_session_manager_tells_its_end_and_how_late_cloudtrail_was() {
    let running = serve(day());
    let (_, ended) = get(&running, "/person/Ops/bob");
    assert!(ended.contains("after 12 min · CloudTrail told it 7 min later"), "{ended}");
    assert!(ended.contains("<a href=\"../../\">All of"), "two parts deep: {ended}");
    let (_, open) = get(&running, "/person/Ops%2Falice");
    assert!(open.contains("<b>open</b> for 50 min · not told by CloudTrail"), "{open}");
    assert!(open.contains("<a href=\"../\">All of"), "one part deep: {open}");
}

#[test]
fn without_recent_nobody_has_a_page() {
    let options = Options { recent: false, ..Options::default() };
    let running = Running::with(Fake::showing(day()), options);
    let (status, text) = get(&running, "/person/alice");
    assert_eq!(status, 404);
    assert!(!text.contains("203.0.113.7"), "{text}");
}

const HOSTILE: [&str; 12] = [
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "</title></bdi></h1></main><h1 class=owned>owned</h1>",
    "' onmouseover='document.title=`owned`",
    "\u{202e}toor\u{2066}\u{200b}",
    "nul\0esc\u{1b}[2J\r\nSet-Cookie: owned=1",
    "%3Cscript%3E",
    "../../-/healthy",
    "?unexpected#top",
    "javascript:alert(1)",
    "//evil.example/x",
    "..",
];

/// Each name's link leads to that name's page, and nothing of the name is markup there.
#[test]
fn a_hostile_name_has_a_page_like_any_other() {
    let accesses = HOSTILE.map(|name| with("", login(name, "true", 5)));
    let running = serve(overview(accesses.into()));
    let (_, front) = get(&running, "/");
    let links: Vec<&str> = front
        .match_indices("<b><a href=\"./person/")
        .filter_map(|(at, begin)| front[at + begin.len()..].split('"').next())
        .collect();
    // The last three and the way up are no names that a path can hold.
    assert_eq!(links.len(), HOSTILE.len() - 3, "{links:?}");
    for path in links {
        assert!(
            path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_~./%".contains(&b)),
            "{path}"
        );
        let (status, html) = get(&running, &format!("/person/{path}"));
        assert_eq!((status, rows(&html)), (200, 1), "{path}: {html}");
        markup_is_ours(&html);
    }
}

fn markup_is_ours(html: &str) {
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert_eq!(html.matches("<h1").count(), 1, "{html}");
    assert_eq!(html.matches("<title").count(), 1, "{html}");
    for bad in ["<img", "<h1 class=owned", "onmouseover='", "\u{202e}", "\u{200b}", "\u{1b}", "\0"]
    {
        assert!(!html.contains(bad), "{} in {html}", bad.escape_unicode());
    }
}

#[test]
fn a_path_that_names_nobody_is_answered_plainly() {
    let running = serve(day());
    for path in [
        "/person/%00",
        "/person/%ff%fe",
        "/person/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/person/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/person/..%2fmetrics",
        "/person/%25%32%65",
        &format!("/person/{}", "a".repeat(5_000)),
    ] {
        let (status, html) = get(&running, path);
        assert_eq!(status, 404, "{path}");
        assert!(html.len() < 20_000 && !html.contains("<script>alert"), "{path}: {html}");
    }
}

fn dom(running: &Running, path: &str, zone: &str) -> Option<String> {
    let profile = TempDir::new().unwrap();
    let mut chromium = chromium(&profile, &["--virtual-time-budget=6000", "--dump-dom"])?;
    Some(run(chromium.env("TZ", zone).arg(running.url(path))))
}

#[test]
fn in_chromium_the_readers_own_time_stands_beside_utc() {
    let access = Access { time: 1_790_000_000, ..with("alice", login("ec2-user", "true", 0)) };
    let running = serve(overview(vec![access]));
    let Some(html) = dom(&running, "/person/alice", "Asia/Kolkata") else { return };
    assert!(html.contains(">2026-09-21 14:13:20</time>"), "UTC stays: {html}");
    assert!(html.contains("<small class=\"local\">") && html.contains("19:43:20"), "{html}");
    let Some(html) = dom(&running, "/", "UTC") else { return };
    assert!(!html.contains("class=\"local\""), "nothing to add in UTC: {html}");
}

/// Without its policy, which allows no script but its own, the page is measured: at each width
/// nothing is wider than the screen, and no cell is cut.
#[test]
fn in_chromium_no_row_is_cut_on_any_screen() {
    let long = "x".repeat(200);
    let mut crowded = day();
    crowded.recent.insert(
        0,
        Access {
            host: long.clone(),
            source: long.clone(),
            network: long.clone(),
            detail: long.clone(),
            ..with(&long, login(&"Ü".repeat(100), "false", 4))
        },
    );
    let running = serve(crowded);
    for path in ["/".to_owned(), "/person/alice".to_owned(), format!("/person/{long}")] {
        for width in [320, 400, 700, 1_200] {
            let Some(cut) = measured(&running, &path, width) else { return };
            assert_eq!(cut, "", "{path} at {width}");
        }
    }
}

/// What is wider than its place, as a list of elements.
fn measured(running: &Running, path: &str, width: u32) -> Option<String> {
    let probe = "<!doctype html><meta charset=utf-8><iframe id=f width=WIDTH height=4000 \
        style='border:0'></iframe><pre id=out>not measured</pre><script>\
        f.srcdoc = new TextDecoder().decode(Uint8Array.from(atob('PAGE'), c => c.charCodeAt(0)));\
        f.onload = () => { const d = f.contentDocument; const wide = []; \
        if (d.documentElement.scrollWidth > WIDTH) wide.push('page ' + d.documentElement.scrollWidth); \
        for (const e of d.querySelectorAll('main *, header *')) \
          if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline') \
            wide.push(e.tagName + '.' + e.className + ' ' + e.scrollWidth + '>' + e.clientWidth); \
        out.textContent = '[' + wide.join(', ') + ']'; }</script>";
    use base64ct::{Base64, Encoding};
    let (_, html) = get(running, path);
    let html = html.replace(include_str!("../../../src/web/page/update.js"), "");
    let probe = probe
        .replace("WIDTH", &width.to_string())
        .replace("PAGE", &Base64::encode_string(html.as_bytes()));
    let profile = TempDir::new().unwrap();
    let file = profile.path().join("probe.html");
    std::fs::write(&file, probe).unwrap();
    let arguments = ["--virtual-time-budget=3000", "--window-size=1300,1000", "--dump-dom"];
    let dom = run(chromium(&profile, &arguments)?.arg(format!("file://{}", file.display())));
    let out = dom.rsplit_once("<pre id=\"out\">[").map(|(_, rest)| rest.split("]</pre>").next());
    Some(out.flatten().unwrap_or_else(|| panic!("not measured: {dom}")).to_owned())
}

/// Draws the pages into `PAGE_PICTURES`, for a person to look at; without it the pictures are only
/// made.
#[test]
fn chromium_draws_the_pages_for_a_desk_and_for_a_phone() {
    let folder = std::env::var_os("PAGE_PICTURES");
    let kept = TempDir::new().unwrap();
    let folder = folder.as_deref().map_or(kept.path(), Path::new);
    let running = serve(day());
    let dark = "--blink-settings=preferredColorScheme=0";
    let light = "--blink-settings=preferredColorScheme=1";
    for (name, path, size, scheme) in [
        ("desk-light", "/", "1200,1250", light),
        ("desk-dark", "/", "1200,1250", dark),
        ("phone-light", "/", "390,2000", light),
        ("person-desk-light", "/person/alice", "1200,800", light),
        ("person-phone-dark", "/person/alice", "390,1300", dark),
    ] {
        let profile = TempDir::new().unwrap();
        let picture = folder.join(format!("page-{name}.png"));
        let screenshot = format!("--screenshot={}", picture.display());
        let size = format!("--window-size={size}");
        let Some(mut chromium) = chromium(&profile, &[&size, scheme, &screenshot]) else { return };
        run(chromium.env("TZ", "Europe/Berlin").arg(running.url(path)));
        assert!(std::fs::metadata(&picture).unwrap().len() > 5_000, "{name} is blank");
    }
}
