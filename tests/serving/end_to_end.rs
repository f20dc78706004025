//! The main job with real parts: sshd, rsyslog, sudo and Prometheus from Debian's packages, and
//! CloudTrail's wire protocol. A login and a StartSession are seen in Prometheus.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{
    Account, Exporter, Prometheus, Rsyslog, Sshd, dev_log, missing, skip, wait_for,
};

const PARTS: &[&str] = &["sshd", "ssh", "rsyslogd", "sudo", "prometheus", "useradd"];

fn cannot_run() -> bool {
    if !crate::support::is_root() {
        return skip("sshd, rsyslogd and useradd need root");
    }
    missing(PARTS).is_some_and(|reason| skip(&reason))
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn a_real_login_a_failed_one_and_a_sudo_command_are_seen_in_prometheus() {
    if cannot_run() {
        return;
    }
    let _one = dev_log();
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    std::fs::write(&log, "").unwrap();
    let _rsyslog = Rsyslog::start(dir.path(), &log);
    let account = Account::create("le-end-to-end");
    account.may_sudo_true();
    let sshd = Sshd::start(dir.path(), &account.0, "");
    let exporter =
        Exporter::start(dir.path(), &[&format!("--auth-log.path={}", log.display())]).ready();
    let target = exporter.url.trim_start_matches("http://").to_owned();
    let prometheus = Prometheus::start(dir.path(), &[target], "500ms", "");
    prometheus.wait_value("up{job='login'}", 1.0);

    let before = now();
    assert!(sshd.ssh(&account.0, "client", "true"), "the login with the right key");
    assert!(!sshd.ssh(&account.0, "stranger", "true"), "the login with a wrong key");
    assert!(!sshd.ssh("no-such-account", "client", "true"), "the login of nobody");
    assert!(account.runs(&["sudo", "-n", "true"]), "the allowed command");
    assert!(!account.runs(&["sudo", "-n", "id"]), "the refused command");

    let user = format!("user='{}'", account.0);
    let login = format!(
        "{user},program='sshd',method='publickey',source='127.0.0.1',network='loopback',expected='unset'"
    );
    prometheus.wait_value(
        &format!("login_successes_total{{{login},identity='{}'}}", sshd.fingerprint("client")),
        1.0,
    );
    prometheus.wait_value(
        &format!("login_sudo_commands_total{{{user},target_user='root',command='/usr/bin/true'}}"),
        1.0,
    );
    prometheus.wait_value(&format!("sum(login_sudo_failures_total{{{user}}})"), 1.0);
    prometheus.wait_value(
        "login_rejections_total{program='sshd',reason='invalid_user',network='loopback'}",
        1.0,
    );
    prometheus.wait_value(&format!("login_sessions_opened_total{{{user},program='sshd'}}"), 1.0);
    prometheus.wait_value(&format!("login_sessions_closed_total{{{user},program='sshd'}}"), 1.0);
    prometheus.wait_value(&format!("login_sessions_active{{{user},program='sshd'}}"), 0.0);

    // rsyslog's traditional format has no fraction: the time is that of the second.
    let last =
        prometheus.value(&format!("login_last_success_timestamp_seconds{{{user}}}")).unwrap();
    assert!((before.floor()..=now()).contains(&last), "{before} <= {last}");
    // The first login of a new label set is seen by increase(), on a stock Prometheus.
    wait_for("the increase of a series that was born live", || {
        prometheus
            .value(&format!("increase(login_successes_total{{{user}}}[1m])"))
            .filter(|v| *v > 0.9)
    });
    assert_eq!(exporter.process.terminate(), Some(0), "SIGTERM ends it cleanly");
}

#[test]
fn the_seed_in_a_file_and_a_trail_file_is_a_baseline_shown_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed");
    let exporter = Exporter::start(
        dir.path(),
        &[
            &format!("--auth-log.path={}", seed.join("secure").display()),
            &format!("--cloudtrail.path={}", seed.join("start_session.json").display()),
            "--auth-log.time-zone=UTC",
        ],
    )
    .ready();
    exporter.wait_total(
        "login_successes_total",
        &["user=\"ec2-user\"", "source=\"123.123.123.123\""],
        1.0,
    );
    exporter.wait_total(
        "login_sudo_commands_total",
        &["user=\"ec2-user\"", "command=\"/bin/less\""],
        1.0,
    );
    exporter.wait_total(
        "login_aws_successes_total",
        &["event_name=\"StartSession\"", "identity=\"user-name/role-name\""],
        1.0,
    );
    exporter.wait_total(
        "login_aws_last_success_timestamp_seconds",
        &["i-0123456789abcdef0"],
        1_664_844_466.0,
    );
}

#[test]
fn a_rejection_held_at_the_end_of_the_first_reading_is_baseline_too() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    // From before this host's boot, where that was within the hour: what came since would be news.
    let date = ["--date=2 hours ago", "+%Y-%m-%dT%H:%M:%S%:z"];
    let then = Command::new("date").args(date).output().unwrap();
    let then = String::from_utf8(then.stdout).unwrap();
    // It counts only when no other line of the connection does, which takes seconds to know.
    let line = "host sshd[7]: Received disconnect from 192.0.2.7 port 7:11: Bye Bye [preauth]";
    std::fs::write(&log, format!("{} {line}\n", then.trim())).unwrap();
    let exporter = Exporter::start(dir.path(), &[&format!("--auth-log.path={}", log.display())]);
    let shown = wait_for("the rejection", || {
        let metrics = crate::support::scrape(&format!("{}/metrics", exporter.url)).ok()?;
        let series = metrics.lines().find(|line| line.starts_with("login_rejections_total{"))?;
        Some(series.to_owned())
    });
    assert!(shown.ends_with("} 1"), "shown as it is, with no 0 first: {shown}");
}
