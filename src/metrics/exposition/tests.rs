use super::*;
use crate::event::{Event, EventKind, Time};
use crate::metrics::own::Own;
use crate::metrics::testing::{at, find, login, page, samples, scrape, seen, start_session, watch};
use crate::policy::Observation;

mod negotiation;
mod strict;

const NOBODY: [(&str, &str, u64); 0] = [];

fn open_metrics(created: bool) -> Scrape {
    Scrape { format: Format::OpenMetrics, created, ..scrape(at(0)) }
}

/// A store with something in most families, hostile names among it.
fn store() -> Store {
    let mut store = Store::default();
    find(&mut store, &login("ec2-user", "203.0.113.7"));
    find(&mut store, &login("quote\"back\\slash\nline", "evil\0\u{1b}[2J.example"));
    find(&mut store, &Event { kind: EventKind::LoginFailure, ..login("bob", "2001:db8::1") });
    find(&mut store, &start_session("i-0123456789abcdef0"));
    let closed = Event { kind: EventKind::SessionClosed, ..login("bob", "") };
    store.observe(&Observation { duration: Some(90.0), ..seen(&closed) }, false, at(0));
    store
}

fn own() -> Own {
    let own = Own::new().unwrap();
    own.host("host\"1", "");
    let source = own.source("file:/var/log/secure", &["missing", "gap"]);
    source.up(true);
    source.bytes(100);
    source.last_record(at(5));
    own.cloudtrail("1", "ap-northeast-1", &["throttled"]).delivery_delay(45.0);
    own.unrecognized("sshd", 2);
    own
}

fn whole(scrape: &Scrape) -> String {
    let bytes = render(&mut store(), Some(&own()), scrape, [("sshd", "bob", 2)]);
    String::from_utf8(bytes).unwrap()
}

/// The lines from one mark until before the next.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let start = page.find(from).unwrap();
    let end = page[start..].find(to).unwrap();
    &page[start..start + end]
}

#[test]
fn a_pair_in_the_text_format() {
    let mut store = Store::default();
    let fraction = Event {
        kind: EventKind::SuSuccess,
        time: Time::new(1_664_844_554, 123_450_000),
        target_user: Some("root"),
        ..login("ec2-user", "")
    };
    find(&mut store, &fraction);
    find(&mut store, &Event { user: Some("alice"), time: at(0), ..fraction });
    assert_eq!(
        between(&page(&mut store), "# HELP login_su_switches_total", "# HELP login_su_failures"),
        r#"# HELP login_su_switches_total Changes to another user by su.
# TYPE login_su_switches_total counter
login_su_switches_total{user="alice",target_user="root"} 1
login_su_switches_total{user="ec2-user",target_user="root"} 1
# HELP login_su_last_switch_timestamp_seconds When su last let in.
# TYPE login_su_last_switch_timestamp_seconds gauge
login_su_last_switch_timestamp_seconds{user="alice",target_user="root"} 1700000000
login_su_last_switch_timestamp_seconds{user="ec2-user",target_user="root"} 1664844554.12345
"#
    );
}

#[test]
fn a_pair_in_open_metrics_with_created() {
    let mut store = Store::default();
    let su = Event { kind: EventKind::SuSuccess, ..login("alice", "") };
    watch(&mut store, &Event { target_user: Some("root"), ..su }, at(7));
    let page = String::from_utf8(render(&mut store, None, &open_metrics(true), NOBODY)).unwrap();
    assert_eq!(
        between(&page, "# HELP login_su_switches", "# HELP login_su_failures"),
        r#"# HELP login_su_switches Changes to another user by su.
# TYPE login_su_switches counter
login_su_switches_total{user="alice",target_user="root"} 1
login_su_switches_created{user="alice",target_user="root"} 1700000007
# HELP login_su_last_switch_timestamp_seconds When su last let in.
# TYPE login_su_last_switch_timestamp_seconds gauge
# UNIT login_su_last_switch_timestamp_seconds seconds
login_su_last_switch_timestamp_seconds{user="alice",target_user="root"} 1700000000
"#
    );
    assert!(page.ends_with("# EOF\n"));
}

#[test]
fn the_histogram_in_open_metrics() {
    assert_eq!(
        between(
            &whole(&open_metrics(false)),
            "# HELP login_session_duration_seconds",
            "# HELP login_exporter_series_limited"
        ),
        r#"# HELP login_session_duration_seconds How long a closed session had been open.
# TYPE login_session_duration_seconds histogram
# UNIT login_session_duration_seconds seconds
login_session_duration_seconds_bucket{program="sshd",le="1.0"} 0
login_session_duration_seconds_bucket{program="sshd",le="10.0"} 0
login_session_duration_seconds_bucket{program="sshd",le="60.0"} 0
login_session_duration_seconds_bucket{program="sshd",le="300.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="1800.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="3600.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="14400.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="28800.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="86400.0"} 1
login_session_duration_seconds_bucket{program="sshd",le="+Inf"} 1
login_session_duration_seconds_sum{program="sshd"} 90
login_session_duration_seconds_count{program="sshd"} 1
"#
    );
}

#[test]
fn a_hostile_name_stays_inside_its_quotes() {
    let shown = samples(&whole(&scrape(at(0))), "login_successes_total");
    assert!(shown[1].contains("user=\"quote\\\"back\\\\slash\u{fffd}line\""), "{shown:?}");
    assert!(shown[1].contains("source=\"evil\u{fffd}\u{fffd}[2J.example\""), "{shown:?}");
}

#[test]
fn created_is_in_open_metrics_only_and_only_where_it_is_wanted() {
    let wanted = Scrape { created: true, ..scrape(at(0)) };
    assert!(!whole(&wanted).contains("_created"));
    assert!(!whole(&open_metrics(false)).contains("_created"));
    assert!(whole(&open_metrics(true)).contains("login_session_duration_seconds_created{"));
}

#[test]
fn a_baseline_series_counts_since_its_first_event_and_not_since_the_exporter_started() {
    let mut store = Store::default();
    find(&mut store, &Event { time: at(-5000), ..login("bob", "203.0.113.7") });
    find(&mut store, &Event { time: at(-4000), ..login("bob", "203.0.113.7") });
    let page = String::from_utf8(render(&mut store, None, &open_metrics(true), NOBODY)).unwrap();
    assert!(samples(&page, "login_successes_created")[0].ends_with(" 1699995000"));
}

#[test]
fn the_page_is_the_same_whatever_came_first() {
    let names = ["bob", "alice", "bo", "bob b", "Bob"];
    let mut forward = Store::default();
    let mut backward = Store::default();
    names.iter().for_each(|name| find(&mut forward, &login(name, "203.0.113.7")));
    names.iter().rev().for_each(|name| find(&mut backward, &login(name, "203.0.113.7")));
    assert_eq!(page(&mut forward), page(&mut backward));
}

#[test]
fn an_empty_store_tells_what_it_would_show() {
    let page = page(&mut Store::default());
    for family in crate::metrics::catalog::all().into_iter().flatten() {
        let exporter =
            family.name.starts_with("login_exporter_") && family.name != SERIES_LIMITED.name;
        let shown = page.contains(&format!("# TYPE {} ", family.name));
        assert!(exporter || shown, "{}", family.name);
    }
}

#[test]
fn who_has_left_stands_at_0_sessions() {
    let mut store = Store::default();
    let opened = Event { kind: EventKind::SessionOpened, ..login("bob", "") };
    find(&mut store, &opened);
    find(&mut store, &Event { user: Some("alice"), ..opened });
    let page = render(&mut store, None, &scrape(at(0)), [("sshd", "bob", 2)]);
    assert_eq!(
        samples(&String::from_utf8(page).unwrap(), "login_sessions_active"),
        [r#"{program="sshd",user="alice"} 0"#, r#"{program="sshd",user="bob"} 2"#]
    );
}

#[test]
fn open_sessions_are_bounded_and_none_is_missing() {
    let actives = (0..500).map(|i| (format!("program{}", i % 100), format!("user{i}"), 3));
    let page = render(&mut Store::new(20), None, &scrape(at(0)), actives);
    let shown = samples(&String::from_utf8(page).unwrap(), "login_sessions_active");
    let counts = shown.iter().map(|s| s.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 1500);
    assert_eq!(shown.len(), 20);
}

#[test]
fn the_exporters_own_metrics_have_one_place_with_the_others() {
    let page = whole(&scrape(at(0)));
    let expected = [
        (r#"login_exporter_host_info{hostname="host\"1",instance_id=""} 1"#),
        (r#"login_exporter_source_up{source="file:/var/log/secure"} 1"#),
        (r#"login_exporter_source_bytes_total{source="file:/var/log/secure"} 100"#),
        (r#"login_exporter_source_errors_total{reason="gap",source="file:/var/log/secure"} 0"#),
        (r#"login_exporter_records_unrecognized_total{program="sshd"} 2"#),
        (r#"login_exporter_cloudtrail_delivery_delay_seconds_bucket{aws_account="1",aws_region="ap-northeast-1",le="60"} 1"#),
        (r#"login_exporter_series_limited_total{family="login_successes_total"} 0"#),
        ("login_exporter_state_save_failures_total 0"),
    ];
    for line in expected {
        assert!(page.lines().any(|l| l == line), "{line} in {page}");
    }
    assert!(page.contains("\nprocess_resident_memory_bytes "), "{page}");
}

#[test]
fn ten_thousand_series_are_written_whole() {
    let mut store = Store::new(13_000);
    for i in 0..10_000 {
        find(&mut store, &login("bob", &format!("10.1.{}.{}", i / 256, i % 256)));
    }
    let page = page(&mut store);
    assert_eq!(samples(&page, "login_successes_total").len(), 10_000);
    assert_eq!(samples(&page, "login_last_success_timestamp_seconds").len(), 10_000);
}
