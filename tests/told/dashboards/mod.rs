//! The alert rules, the recording rules and the dashboards hold what they promise: each alert is
//! tested and documented, every name is in the catalog, and every panel of a real run has data.

mod log;
mod pictures;
mod play;
mod stage;

use std::path::Path;
use std::process::{Command, Stdio};

use login_exporter::event::{Change, Method, Reason};
use login_exporter::metrics::catalog;
use login_exporter::parse::cloudtrail::DOORS;
use login_exporter::source::{CallFailure, ProblemReason};
use serde_json::{Value, json};

use crate::support::{get, missing, prometheus3, skip, wait_for};
use stage::Stage;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs one of the checks beside this file and shows what it says.
#[track_caller]
pub(crate) fn check(program: &str, arguments: &[&str]) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}:\n{said}");
    eprintln!("{}", said.trim_end());
}

fn cannot_run(programs: &[&str]) -> bool {
    missing(programs).is_some_and(|reason| skip(&reason))
}

/// The closed sets of label values, where a rule or a panel may name one.
fn values() -> Value {
    let reasons: Vec<_> = ProblemReason::ALL.iter().map(|r| r.as_str()).collect();
    let failures: Vec<_> = CallFailure::ALL.iter().map(|r| r.as_str()).collect();
    let refused: Vec<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    let methods: Vec<_> = Method::ALL.iter().map(|m| m.as_str()).collect();
    let changes: Vec<_> = Change::ALL.iter().map(|c| c.as_str()).collect();
    json!({
        "login_exporter_source_errors_total": {"reason": reasons},
        "login_exporter_cloudtrail_request_failures_total": {"reason": failures},
        "login_(sudo_)?(failures|rejections)_total": {"reason": refused},
        "login_exporter_rules": {"kind": ["logins", "sudo", "aws"]},
        "login_.*": {"method": methods, "change": changes, "event_name": DOORS.map(|door| door.event_name),
                     "expected": ["true", "false", "unset"]},
    })
}

#[test]
fn every_alert_is_valid_tested_routed_and_documented() {
    if !cannot_run(&["promtool", "amtool"]) {
        check("tests/alerts/check", &[]);
    }
}

#[test]
fn alertmanager_tells_each_story_once_to_the_right_people() {
    if cannot_run(&["python3", "prometheus-alertmanager"]) {
        return;
    }
    let newer = prometheus3().map(|dir| dir.join("prometheus-alertmanager"));
    let newer = newer.iter().map(|program| program.to_str().unwrap());
    let programs = std::iter::once("prometheus-alertmanager").chain(newer);
    let arguments: Vec<_> =
        std::iter::once("tests/alerts/alertmanager.py").chain(programs).collect();
    check("python3", &arguments);
}

#[test]
fn a_day_of_a_fleet_tells_every_stranger_and_two_messages_besides_at_most() {
    if !cannot_run(&["python3", "promtool", "prometheus"]) {
        let exporter = env!("CARGO_BIN_EXE_login_exporter");
        check("python3", &["tests/alerts/noise.py", exporter, "prometheus", "promtool"]);
    }
}

#[test]
fn dashboards_keep_the_linters_rules_and_every_name_is_in_the_catalog() {
    if cannot_run(&["python3", "promtool"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (families, known) = (dir.path().join("catalog.md"), dir.path().join("values.json"));
    std::fs::write(&families, catalog::markdown()).unwrap();
    std::fs::write(&known, values().to_string()).unwrap();
    let (families, known) = (families.to_str().unwrap(), known.to_str().unwrap());
    check("python3", &["tests/told/dashboards/lint.py", families, known]);
}

#[test]
fn panels_tell_the_truth_over_resets_two_prometheus_and_a_silent_host() {
    if cannot_run(&["python3", "prometheus", "promtool"]) {
        return;
    }
    let values = "tests/told/dashboards/values.py";
    check("python3", &[values, "prometheus", "promtool"]);
    if let Some(newer) = prometheus3() {
        let program = |name: &str| newer.join(name).display().to_string();
        check("python3", &[values, &program("prometheus"), &program("promtool")]);
    }
}

#[test]
fn every_query_of_every_panel_answers_with_data_in_a_real_run() {
    if cannot_run(&["python3", "prometheus"]) {
        return;
    }
    let stage = Stage::build(tempfile::tempdir().unwrap());
    // Each series that is born from now on has a 0 before it, and each that stands a first sample.
    stage
        .prometheus
        .wait_value("count(rate(login_exporter_source_records_total{source=~'file:.*'}[1m]))", 3.0);
    (0..play::A_SESSION_ENDS).for_each(|number| stage.scene(number));
    let open = "login_sessions_active{program='ssm-agent',instance='app-2:10922'} > 0";
    wait_for(open, || stage.prometheus.value(open));
    (play::A_SESSION_ENDS..play::SCENES).for_each(|number| stage.scene(number));
    for last in [
        "increase(login_aws_successes_total{event_name='TerminateSession'}[1m]) > 0",
        "login_aws_failures_total",
        "increase(login_successes_after_failures_total[1m]) > 0",
        "increase(login_exporter_cloudtrail_delivery_delay_seconds_count[1m]) > 0",
        "increase(login_session_duration_seconds_count{program='sshd'}[1m]) > 0",
        "login_sessions_closed_total{program='ssm-agent'} > 0",
        "login_sessions_active{program='ssm-agent'} > 1",
        "login_exporter_aws_account_info{account_name='prod'}",
        "ALERTS{alertstate='firing',alertname='UnexpectedLogin'}",
        "instance_identity:login_ssm_last_command_timestamp_seconds:latest{identity='user:dave'}",
    ] {
        wait_for(last, || stage.prometheus.value(last));
    }
    let alice = get(&format!("{}/person/user:alice", stage.exporters[0].url)).unwrap();
    assert_eq!(alice.matches("session-manager</bdi> ·").count(), 1, "{alice}");
    assert!(alice.contains("CloudTrail told it") && !alice.contains("StartSession"), "{alice}");
    let queries = "tests/told/dashboards/queries.py";
    check(
        "python3",
        &[queries, &stage.prometheus.url, "--require-data", "--step", "1", "--range", "600"],
    );
}
