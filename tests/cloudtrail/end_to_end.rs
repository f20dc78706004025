//! CloudTrail from the wire to Prometheus: the exporter asks a server that speaks LookupEvents, by
//! the real AWS client, and each session counts once, whenever it comes and however often the
//! exporter is killed.

use std::path::Path;

use crate::support::cloudtrail_server::{Fault, Server, now, record};
use crate::support::{Exporter, Prometheus, missing, skip, total, wait_for};
use serde_json::{Value, json};

const SUCCESSES: &str = "login_aws_successes_total";
const FAILURES: &str = "login_aws_failures_total";
const REQUEST_FAILURES: &str = "login_exporter_cloudtrail_request_failures_total";
const SOURCE: &str = "source=\"cloudtrail:eu-west-1\"";

const KEYS: &[(&str, &str)] =
    &[("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// An exporter that follows an empty log and asks the server every second.
fn exporter(dir: &Path, server: &Server, keys: &[(&str, &str)], more: &[&str]) -> Exporter {
    let log = dir.join("secure");
    std::fs::write(&log, "").unwrap();
    let log = format!("--auth-log.path={}", log.display());
    let region = "--cloudtrail.region=eu-west-1";
    let arguments = [&[&*log, region, "--cloudtrail.poll-interval=1s"], more].concat();
    // Whoever runs the test may have keys of his own.
    let mut environment = vec![
        ("AWS_ENDPOINT_URL_CLOUDTRAIL", &*server.endpoint),
        ("AWS_ENDPOINT_URL_STS", &*server.endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_PROFILE", "default"),
    ];
    environment.extend(keys);
    Exporter::start_with(dir, &arguments, &environment)
}

/// A StartSession on an instance, so many seconds ago.
fn session(id: &str, seconds_ago: i64) -> Value {
    let mut session = record(id, "StartSession", now() - seconds_ago);
    session["requestParameters"] = json!({"target": format!("i-{id}")});
    session
}

fn on(target: &str) -> String {
    format!("target=\"i-{target}\"")
}

#[test]
fn sessions_there_before_later_and_late_are_seen_in_prometheus() {
    if missing(&["prometheus"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.enforce_rate();
    server.add_record(session("before", 300));
    let exporter = exporter(dir.path(), &server, KEYS, &[]).ready();
    let target = exporter.url.trim_start_matches("http://").to_owned();
    let prometheus = Prometheus::start(dir.path(), &[target], "500ms", "");
    prometheus.wait_value(&format!("{SUCCESSES}{{target='i-before'}}"), 1.0);

    server.add_record(session("later", 5));
    server.add_record(session("late", 25 * 60));
    let mut athena = session("athena", 5);
    athena["eventSource"] = json!("athena.amazonaws.com");
    server.add_record(athena);
    let mut refused = session("refused", 5);
    refused["errorCode"] = json!("AccessDenied");
    refused["responseElements"] = Value::Null;
    server.add_record(refused);
    let mut end = record("end", "TerminateSession", now());
    end["requestParameters"] = json!({"sessionId": "alice-later"});
    end["responseElements"] = json!({"sessionId": "alice-later"});
    server.add_record(end);

    let risen = |family: &str, labels: &str| {
        let increase = format!("increase({family}{{{labels}}}[1m])");
        let what = format!("{increase} to be 1");
        wait_for(&what, || prometheus.value(&increase).filter(|risen| *risen > 0.9));
        prometheus.wait_value(&format!("{family}{{{labels}}}"), 1.0);
    };
    let labels = "event_name='StartSession',identity='user:alice',source='198.51.100.7',\
                  network='public',aws_account='123456789012',aws_region='eu-west-1',\
                  document='SSM-SessionManagerRunShell',expected='unset'";
    risen(SUCCESSES, &format!("target='i-later',{labels}"));
    risen(SUCCESSES, &format!("target='i-late',{labels}"));
    risen(SUCCESSES, "event_name='TerminateSession',target='i-later'");
    risen(FAILURES, "target='i-refused',error_code='AccessDenied'");
    prometheus.wait_value(&format!("sum({SUCCESSES})"), 4.0);
    prometheus.wait_value(&format!("sum(increase({SUCCESSES}{{target='i-before'}}[1m]))"), 0.0);
    let delay = "login_exporter_cloudtrail_delivery_delay_seconds";
    let longest = prometheus.value(&format!("{delay}_sum")).unwrap();
    assert!((1_500.0..1_700.0).contains(&longest), "{longest}");
    exporter.wait_total(REQUEST_FAILURES, &[], 0.0);
    assert!(server.asked().iter().all(|asked| asked.access_key == "AKIATEST" && !asked.too_fast));
}

#[test]
fn every_session_counts_once_over_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start();
    let mut sessions = 130;
    for n in 0..sessions {
        server.add_record(session(&format!("{n}"), 60 + n));
    }
    let mut shown = 0.0;
    for kill in 0..10 {
        let asked = server.asked().len();
        let exporter = exporter(dir.path(), &server, KEYS, &[]);
        let first = total(&exporter.metrics(), SUCCESSES, &[]);
        assert!(first >= shown, "fell from {shown} to {first} after kill {kill}");
        server.add_record(session(&format!("{sessions}"), kill * 120));
        sessions += 1;
        // Killed after another request of its poll each time: before the first, between pages.
        wait_for("requests", || (server.asked().len() >= asked + kill as usize % 5).then_some(()));
        shown = total(&exporter.metrics(), SUCCESSES, &[]);
        exporter.process.kill();
    }
    let exporter = exporter(dir.path(), &server, KEYS, &[]).ready();
    exporter.wait_total(SUCCESSES, &[], sessions as f64);
    let asked = server.asked().len();
    wait_for("one more poll", || (server.asked().len() > asked + 12).then_some(()));
    exporter.wait_total(SUCCESSES, &[], sessions as f64);
}

#[test]
fn a_session_in_a_trails_file_and_in_the_api_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let trail = dir.path().join("trail");
    std::fs::create_dir(&trail).unwrap();
    let write = |name: &str, session: &Value| {
        let new = trail.join(format!("{name}.new"));
        std::fs::write(&new, json!({"Records": [session]}).to_string()).unwrap();
        std::fs::rename(new, trail.join(format!("{name}.json"))).unwrap();
    };
    let server = Server::start();
    let both = session("both", 300);
    server.add_record(both.clone());
    write("1", &both);
    let path = format!("--cloudtrail.path={}", trail.display());
    let exporter = exporter(dir.path(), &server, KEYS, &[&path]).ready();
    exporter.wait_total(SUCCESSES, &[], 1.0);
    // One comes from the API first, the other from the trail.
    let (asked_first, filed_first) = (session("asked", 5), session("filed", 5));
    server.add_record(asked_first.clone());
    write("2", &filed_first);
    exporter.wait_total(SUCCESSES, &[&on("asked")], 1.0);
    exporter.wait_total(SUCCESSES, &[&on("filed")], 1.0);
    server.add_record(filed_first);
    write("3", &asked_first);
    let last = session("last", 1);
    write("4", &last);
    exporter.wait_total(SUCCESSES, &[&on("last")], 1.0);
    let asked = server.asked().len();
    wait_for("one more poll", || (server.asked().len() > asked + 12).then_some(()));
    exporter.wait_total(SUCCESSES, &[], 4.0);
}

#[test]
fn lasting_throttling_and_its_end_show_in_metrics_and_log() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.add_record(session("one", 60));
    server.fail_next((0..3).map(|_| Some(Fault::Refused("ThrottlingException"))));
    let exporter = exporter(dir.path(), &server, KEYS, &[]);
    exporter.wait_total(REQUEST_FAILURES, &["reason=\"throttled\""], 3.0);
    exporter.wait_total("login_exporter_source_up", &[SOURCE], 0.0);
    assert!(exporter.log().contains("throttles LookupEvents"), "{}", exporter.log());
    exporter.wait_total(SUCCESSES, &[&on("one")], 1.0);
    exporter.wait_total("login_exporter_source_up", &[SOURCE], 1.0);
    exporter.wait_total(REQUEST_FAILURES, &[], 3.0);
}

#[test]
fn a_denied_call_shows_in_metrics_and_log_with_its_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.add_record(session("one", 60));
    server.fail_next([Some(Fault::Refused("AccessDeniedException"))]);
    let exporter = exporter(dir.path(), &server, KEYS, &[]);
    exporter.wait_total(REQUEST_FAILURES, &["reason=\"denied\"", "region=\"eu-west-1\""], 1.0);
    exporter.wait_total("login_exporter_source_errors_total", &[SOURCE, "unreadable"], 1.0);
    let log = exporter.log();
    assert!(log.contains("allow this principal cloudtrail:LookupEvents"), "{log}");
    exporter.wait_total(SUCCESSES, &[&on("one")], 1.0);
    exporter.wait_total("login_exporter_source_up", &[SOURCE], 1.0);
}

/// The host's log is followed all the same, and held back by nothing.
#[test]
fn without_credentials_the_exporter_starts_warns_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start();
    let exporter = exporter(dir.path(), &server, &[], &[]).ready();
    exporter.wait_total(REQUEST_FAILURES, &["reason=\"credentials\""], 1.0);
    exporter.wait_total("login_exporter_source_up", &[SOURCE], 0.0);
    let log = exporter.log();
    assert!(log.contains("no credentials for CloudTrail in eu-west-1"), "{log}");
    assert!(log.contains("set AWS_PROFILE or AWS_ACCESS_KEY_ID"), "{log}");
    assert!(server.asked().is_empty());
    // A connection of which nothing better is told counts when time has passed.
    let time = jiff::Timestamp::now();
    let line = "Received disconnect from 192.0.2.1 port 5:11: Bye Bye [preauth]";
    let line = format!("{time} web1 sshd[70]: {line}\n");
    let mut secure = std::fs::File::options().append(true).open(dir.path().join("secure")).unwrap();
    std::io::Write::write_all(&mut secure, line.as_bytes()).unwrap();
    exporter.wait_total("login_rejections_total", &["closed_before_login"], 1.0);
}

/// The most memory that the process ever had, MiB.
fn most_memory(exporter: &Exporter) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", exporter.process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

/// 160 MB of JSON in some hundred kilobytes, and a session at its end.
#[test]
fn a_small_file_that_unpacks_to_a_large_one_takes_no_memory() {
    use std::io::Write;
    let dir = tempfile::tempdir().unwrap();
    let trail = dir.path().join("trail");
    std::fs::create_dir(&trail).unwrap();
    let new = trail.join("large.new");
    let compression = flate2::Compression::fast();
    let mut file = flate2::write::GzEncoder::new(std::fs::File::create(&new).unwrap(), compression);
    let mut other = record("x", "DescribeInstances", now() - 600);
    other["requestParameters"] = json!("x".repeat(200_000));
    let other = other.to_string();
    file.write_all(b"{\"Records\":[").unwrap();
    for _ in 0..800 {
        file.write_all(format!("{other},").as_bytes()).unwrap();
    }
    file.write_all(format!("{}]}}", session("last", 60)).as_bytes()).unwrap();
    file.finish().unwrap();
    std::fs::rename(new, trail.join("large.json.gz")).unwrap();
    let log = dir.path().join("secure");
    std::fs::write(&log, "").unwrap();
    let log = format!("--auth-log.path={}", log.display());
    let path = format!("--cloudtrail.path={}", trail.display());
    let exporter = Exporter::start(dir.path(), &[&log, &path]);
    exporter.wait_total(SUCCESSES, &[&on("last")], 1.0);
    assert!(most_memory(&exporter) < 64, "{} MiB", most_memory(&exporter));
}

/// 12,000 sessions, each shown by LookupEvents and in a trail's file, and a file that is copied
/// after them all.
#[test]
fn a_day_of_many_sessions_read_by_two_ways_counts_each_once() {
    let dir = tempfile::tempdir().unwrap();
    let trail = dir.path().join("trail");
    std::fs::create_dir(&trail).unwrap();
    let sessions: Vec<Value> = (0..12_000)
        .map(|n| {
            let mut one = session(&format!("{n}"), 60 + n * 7);
            one["requestParameters"] = json!({"target": format!("i-{}", n % 10)});
            one
        })
        .collect();
    let server = Server::start();
    // The pages of an hour are enough by the API; all of them stand in files.
    for one in &sessions[..400] {
        server.add_record(one.clone());
    }
    let write = |name: &str, sessions: &[Value]| {
        let new = trail.join(format!("{name}.new"));
        std::fs::write(&new, json!({ "Records": sessions }).to_string()).unwrap();
        std::fs::rename(new, trail.join(format!("{name}.json"))).unwrap();
    };
    for (n, some) in sessions.chunks(1_000).enumerate() {
        write(&format!("{n}"), some);
    }
    let path = format!("--cloudtrail.path={}", trail.display());
    let exporter = exporter(dir.path(), &server, KEYS, &[&path]).ready();
    exporter.wait_total(SUCCESSES, &[], 12_000.0);
    write("copied", &sessions[11_900..]);
    write("last", &[session("last", 1)]);
    exporter.wait_total(SUCCESSES, &[&on("last")], 1.0);
    exporter.wait_total(SUCCESSES, &[], 12_001.0);
}
