use super::*;
use crate::metrics::exposition::render;
use crate::metrics::series::Store;
use crate::metrics::testing::{at, samples, scrape};

fn page(own: &Own) -> String {
    let nobody = std::iter::empty::<(&str, &str, u64)>();
    let page = render(&mut Store::default(), Some(own), &scrape(at(0)), nobody);
    String::from_utf8(page).unwrap()
}

#[test]
fn the_build_is_named() {
    let shown = samples(&page(&Own::new().unwrap()), "login_exporter_build_info");
    assert_eq!(shown.len(), 1);
    assert!(shown[0].contains(&format!("version=\"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_source_shows_what_it_did() {
    let own = Own::new().unwrap();
    let source = own.source("journal", &["gap"]);
    source.up(true);
    source.records(3);
    source.records(4);
    source.bytes(500);
    source.lag(u64::MAX);
    source.rotations(1);
    source.errors("gap", 2);
    source.last_read(at(9));
    let page = page(&own);
    let families = [
        ("up", "1"),
        ("records_total", "7"),
        ("bytes_total", "500"),
        ("lag_bytes", "9223372036854776000"),
        ("rotations_total", "1"),
        ("last_read_timestamp_seconds", "1700000009"),
    ];
    for (family, value) in families {
        let shown = samples(&page, &format!("login_exporter_source_{family}"));
        assert_eq!(shown, [format!("{{source=\"journal\"}} {value}")], "{family}");
    }
    assert_eq!(
        samples(&page, "login_exporter_source_errors_total"),
        [r#"{reason="gap",source="journal"} 2"#]
    );
}

#[test]
fn each_way_to_fail_stands_at_0_before_the_first_failure() {
    let own = Own::new().unwrap();
    own.source("journal", &["gap", "missing"]);
    own.cloudtrail("123456789012", "eu-west-1", &["throttled", "denied"]);
    own.programs(&["sshd", "sudo"]);
    let page = page(&own);
    for family in [
        "login_exporter_source_errors_total",
        "login_exporter_cloudtrail_request_failures_total",
        "login_exporter_records_unrecognized_total",
    ] {
        let shown = samples(&page, family);
        assert_eq!(shown.len(), 2, "{family}");
        assert!(shown.iter().all(|s| s.ends_with(" 0")), "{shown:?}");
    }
}

#[test]
fn a_time_is_absent_until_there_is_one() {
    let own = Own::new().unwrap();
    let source = own.source("journal", &[]);
    let trail = own.cloudtrail("123456789012", "eu-west-1", &[]);
    assert!(page(&own).lines().all(|l| l.starts_with('#') || !l.contains("timestamp_seconds")));
    source.last_record(at(1));
    trail.last_poll(at(1));
    own.saved(at(1));
    own.rules_loaded(at(1));
    assert_eq!(page(&own).matches(" 1700000001\n").count(), 4);
}

#[test]
fn the_newest_record_of_a_source_never_goes_back() {
    let own = Own::new().unwrap();
    let source = own.source("journal", &[]);
    source.last_record(at(9));
    source.last_record(at(3));
    let shown = samples(&page(&own), "login_exporter_source_last_record_timestamp_seconds");
    assert_eq!(shown, [r#"{source="journal"} 1700000009"#]);
}

#[test]
fn rules_that_were_refused_show_until_good_ones_come() {
    let own = Own::new().unwrap();
    let success = |own: &Own| samples(&page(own), "login_exporter_rules_reload_success");
    assert_eq!(success(&own), ["1"]);
    own.rules_refused();
    assert_eq!(success(&own), ["0"]);
    own.rules_loaded(at(1));
    assert_eq!(success(&own), ["1"]);
}

#[test]
fn a_save_and_a_failed_save_are_counted() {
    let own = Own::new().unwrap();
    own.saved(at(1));
    own.save_failed();
    own.save_failed();
    let page = page(&own);
    assert_eq!(samples(&page, "login_exporter_state_saves_total"), ["1"]);
    assert_eq!(samples(&page, "login_exporter_state_save_failures_total"), ["2"]);
}

#[test]
fn a_host_that_is_renamed_stands_once() {
    let own = Own::new().unwrap();
    own.host("old", "");
    own.host("new", "i-0123456789abcdef0");
    assert_eq!(
        samples(&page(&own), "login_exporter_host_info"),
        [r#"{hostname="new",instance_id="i-0123456789abcdef0"} 1"#]
    );
}

#[test]
fn programs_of_unknown_records_are_bounded() {
    let own = Own::new().unwrap();
    for i in 0..1000 {
        own.unrecognized(&format!("program{i}"), 1);
    }
    let shown = samples(&page(&own), "login_exporter_records_unrecognized_total");
    assert_eq!(shown.len(), MAX_PROGRAMS + 1);
    assert_eq!(shown[0], r#"{program="(other)"} 950"#);
}

#[test]
fn two_exporters_in_one_process_share_nothing() {
    let (one, other) = (Own::new().unwrap(), Own::new().unwrap());
    one.save_failed();
    assert_eq!(samples(&page(&other), "login_exporter_state_save_failures_total"), ["0"]);
}

#[test]
fn every_family_of_the_catalog_is_on_the_page_once_it_has_a_value() {
    let own = Own::new().unwrap();
    own.host("h", "");
    own.host_log("journal", "first");
    own.snapshot_set_aside(at(1));
    own.baseline(at(1));
    own.rules("logins", 1);
    let source = own.source("journal", &["gap"]);
    source.last_record(at(1));
    source.last_read(at(1));
    let trail = own.cloudtrail("123456789012", "eu-west-1", &["denied"]);
    trail.last_poll(at(1));
    trail.reach(1);
    own.event_ids_forgotten(0);
    own.aws_account("123456789012", "prod");
    own.programs(&["sshd"]);
    own.saved(at(1));
    own.rules_loaded(at(1));
    own.archive();
    own.archive_tidied(0, 0);
    let page = page(&own);
    for family in crate::metrics::catalog::own::OWN_FAMILIES {
        let head = format!("# TYPE {} {}\n", family.name, family.kind.as_str());
        assert_eq!(page.matches(&head).count(), 1, "{}", family.name);
    }
}
