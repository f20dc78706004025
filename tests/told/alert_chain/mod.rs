//! The whole chain with real parts: sshd, rsyslog, the exporter, Prometheus with the rules of
//! `deploy/prometheus`, Alertmanager with the example's routes, and a webhook as the person told.

mod alertmanager;

use std::path::Path;
use std::time::{Duration, Instant};

use login_exporter::parse::cloudtrail::DOORS;

use crate::support::agent::{Agent, SHELL, Session};
use crate::support::cloudtrail_server::Server;
use crate::support::{
    Account, Exporter, Prometheus, Rsyslog, Sshd, dev_log, missing, prometheus3, skip, wait_for,
};
use alertmanager::{Alertmanager, Message};

const PARTS: &[&str] =
    &["sshd", "ssh", "rsyslogd", "useradd", "prometheus", "prometheus-alertmanager"];

/// How often Prometheus scrapes, and how often it evaluates the rules.
const INTERVAL: Duration = Duration::from_secs(1);

/// From the access until somebody is told: two scrapes, since a new series is shown at 0 first,
/// two evaluations, and five seconds for all the rest, Alertmanager's `group_wait` among them.
const TOLD_WITHIN: Duration = Duration::from_secs(2 + 2 + 5);

/// CloudTrail's share: the pause between two polls, then a request for each door, 0.6 seconds apart.
/// Fewer where one request asks for all doors of a service.
fn asked_within() -> Duration {
    let doors = DOORS.iter().filter(|door| door.by_default).count();
    Duration::from_secs(1) + Duration::from_millis(600) * u32::try_from(doors).unwrap()
}

/// Who opens a session of which the host's agent tells, long before CloudTrail.
const EVE: &str = "arn:aws:iam::123456789012:user/eve";

/// The target as Prometheus calls it; the host's own name stands in the messages.
const HOST: &str = "web-1";

fn cannot_run() -> bool {
    if !crate::support::is_root() {
        return skip("sshd, rsyslogd and useradd need root");
    }
    missing(PARTS).is_some_and(|reason| skip(&reason))
}

/// Who is expected: alice by her key, and Session Manager's sessions of the operators.
fn settings(dir: &Path, alice: &str) -> String {
    let path = dir.join("login_exporter.yml");
    let text = format!(
        "auth_logs: [{}]\n\
         cloudtrail: {{regions: [eu-west-1], poll_interval: 1s, lookback: 1h}}\n\
         identities: {{keys: {{\"{alice}\": alice}}}}\n\
         expected:\n  logins: [{{identity: alice, network: loopback}}]\n  aws: [{{identity: \"user:alice\"}}]\n",
        dir.join("secure").display()
    );
    std::fs::write(&path, text).unwrap();
    format!("--config.file={}", path.display())
}

/// Prometheus with the rules as they are deployed, and an Alertmanager to send to.
fn prometheus(
    program: &Path,
    dir: &Path,
    exporter: &Exporter,
    alertmanager: &Alertmanager,
) -> Prometheus {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
    let more = format!(
        "  relabel_configs: [{{target_label: instance, replacement: '{HOST}:10922'}}]\n\
         rule_files: ['{0}/recording.yml', '{0}/alerts.yml']\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{1}']}}]}}]}}\n",
        rules.display(),
        alertmanager.address
    );
    let target = exporter.url.trim_start_matches("http://").to_owned();
    Prometheus::start_as(program, dir, &[target], &format!("{}s", INTERVAL.as_secs()), &more)
}

/// A StartSession of `identity`, as CloudTrail tells of it from now on.
fn start_session(server: &Server, identity: &str) {
    let id = format!("start-{identity}");
    let mut record = crate::support::cloudtrail_server::record(
        &id,
        "StartSession",
        crate::support::cloudtrail_server::now() - 60,
    );
    record["userIdentity"]["userName"] = identity.into();
    record["userIdentity"]["arn"] = format!("arn:aws:iam::123456789012:user/{identity}").into();
    record["requestParameters"] = serde_json::json!({"target": "i-0123456789abcdef0"});
    server.add_record(record);
}

/// Until the rules have seen the access: its counter's increase is there.
fn seen(prometheus: &Prometheus, counter: &str) {
    wait_for(counter, || prometheus.value(&format!("increase({counter}[10m]) > 0")));
}

#[track_caller]
fn told(message: &Message, since: Instant, bound: Duration, parts: &[&str]) {
    let took = message.at - since;
    eprintln!(
        "told after {:.1} s of {:.1} s: {}",
        took.as_secs_f32(),
        bound.as_secs_f32(),
        message.text
    );
    assert_eq!(message.receiver, "on-call", "{message:?}");
    for part in parts {
        assert!(message.text.contains(part), "{part} is missing in {message:?}");
    }
    assert!(took <= bound, "told after {took:?}, the bound is {bound:?}");
}

#[test]
fn the_first_unexpected_login_and_session_are_told_in_time_and_the_expected_ones_never() {
    if !cannot_run() {
        chain(Path::new("prometheus"), Path::new("prometheus-alertmanager"));
    }
}

#[test]
fn so_they_are_by_prometheus_3() {
    if cannot_run() {
        return;
    }
    if let Some(dir) = prometheus3() {
        chain(&dir.join("prometheus"), &dir.join("prometheus-alertmanager"));
    }
}

fn chain(prometheus_program: &Path, alertmanager_program: &Path) {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let name = name.trim();
    let _one = dev_log();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let log = dir.join("secure");
    std::fs::write(&log, "").unwrap();
    // Before anything is logged: on a host that was born within the hour the change would be news.
    let account = Account::create("le-alert-chain");
    let _rsyslog = Rsyslog::start(dir, &log);
    let sshd = Sshd::start(dir, &account.0, "");
    let strangers = std::fs::read_to_string(dir.join("stranger.pub")).unwrap();
    let keys = dir.join("authorized_keys");
    std::fs::write(&keys, std::fs::read_to_string(&keys).unwrap() + &strangers).unwrap();
    let cloudtrail = Server::start();
    let mut agent = Agent::start(&dir.join("ssm"));
    let exporter = Exporter::start_with(
        dir,
        &[
            &settings(dir, &sshd.fingerprint("client")),
            &format!("--ssm-agent.dir={}", dir.join("ssm").display()),
        ],
        &[
            ("AWS_ENDPOINT_URL_CLOUDTRAIL", &cloudtrail.endpoint),
            ("AWS_ENDPOINT_URL_STS", &cloudtrail.endpoint),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ],
    )
    .ready();
    let alertmanager = Alertmanager::start(alertmanager_program, dir);
    let prometheus = prometheus(prometheus_program, dir, &exporter, &alertmanager);
    prometheus.wait_value("up{job='login'}", 1.0);

    assert!(sshd.ssh(&account.0, "client", "true"), "the login with alice's key");
    start_session(&cloudtrail, "alice");
    seen(&prometheus, "login_successes_total{identity='alice',expected='true'}");
    seen(&prometheus, "login_aws_successes_total{identity='user:alice',expected='true'}");

    let since = Instant::now();
    assert!(sshd.ssh(&account.0, "stranger", "true"), "the login with a key that no rule expects");
    let key = sshd.fingerprint("stranger");
    told(
        &alertmanager.message(),
        since,
        TOLD_WITHIN,
        &[
            &format!("Unexpected login of {} on {name}\n", account.0),
            &format!(
                "{} ({key}) logged in by publickey from 127.0.0.1 (network loopback)",
                account.0
            ),
            &format!("on {name} ({HOST}:10922) through sshd"),
        ],
    );

    let since = Instant::now();
    start_session(&cloudtrail, "mallory");
    told(
        &alertmanager.message(),
        since,
        asked_within() + TOLD_WITHIN,
        &[
            "Unexpected Session Manager session of user:mallory on i-0123456789abcdef0\n",
            "from 198.51.100.7 (network public) to i-0123456789abcdef0",
        ],
    );

    let since = Instant::now();
    agent.opens("eve-0a1b2c3d4e5f60718", Session { owner: EVE, ..SHELL });
    told(
        &alertmanager.message(),
        since,
        TOLD_WITHIN,
        &[
            &format!("Unexpected login of ssm-user on {name}\n"),
            "ssm-user (user:eve) logged in by session-manager from no address (network aws)",
            &format!("on {name} ({HOST}:10922) through ssm-agent"),
        ],
    );

    // Not even one that is inhibited or waits for its group: nothing speaks of alice, and the
    // exporter has nothing to complain of.
    for alert in alertmanager.alerts() {
        let of = alert["identity"].as_str().unwrap_or_else(|| panic!("of whom is {alert}"));
        assert!(!of.ends_with("alice"), "{alert}");
    }
    alertmanager.silent();
}
