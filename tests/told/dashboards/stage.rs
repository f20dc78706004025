//! Where the play runs: three hosts, each with its log and a real exporter, CloudTrail's wire
//! server, and a real Prometheus with the recording rules that scrapes them every second.
use std::cell::RefCell;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::log::{Log, Stamp};
use super::play::{self, Set};
use crate::support::agent::Agent;
use crate::support::cloudtrail_server::Server;
use crate::support::{Exporter, Prometheus};

/// Who is expected on a host that has rules.
const RULES: &str = "\
expected:
  logins:
    - {identity: [alice, bob], network: [office, vpc]}
    - {user: deploy, network: vpc, method: publickey}
  sudo:
    - {command: /usr/bin/systemctl}
    - {user: [alice, ssm-user]}
  aws:
    - {identity: [\"Ops/*\", alice]}
";

pub struct Stage {
    pub logs: Vec<Log>,
    /// Of each host.
    agents: RefCell<Vec<Agent>>,
    pub exporters: Vec<Exporter>,
    pub cloudtrail: Server,
    pub prometheus: Prometheus,
    _dir: TempDir,
}

impl Stage {
    /// Below this folder, after which the sources are named.
    pub fn build(dir: TempDir) -> Stage {
        let cloudtrail = Server::start();
        let hosts =
            [("app-1", Stamp::Traditional), ("app-2", Stamp::Precise), ("db-1", Stamp::Precise)];
        let logs: Vec<Log> = hosts
            .into_iter()
            .map(|(host, stamp)| {
                fs::create_dir(dir.path().join(host)).unwrap();
                Log::create(&dir.path().join(host), host, stamp)
            })
            .collect();
        let agent = |log: &Log| {
            Agent::start_for(&dir.path().join(log.host).join("ssm"), play::instance(log.host))
        };
        let agents = RefCell::new(logs.iter().map(agent).collect());
        play::past(&logs.iter().collect::<Vec<_>>());
        let exporters: Vec<_> =
            logs.iter().map(|log| exporter(dir.path(), log, &cloudtrail)).collect();
        let prometheus = prometheus(dir.path(), &logs, &exporters);
        Stage { logs, agents, exporters, cloudtrail, prometheus, _dir: dir }
    }

    pub fn scene(&self, number: usize) {
        let logs: Vec<_> = self.logs.iter().collect();
        let agents = &mut self.agents.borrow_mut();
        play::scene(number, &mut Set { logs: &logs, agents, cloudtrail: &self.cloudtrail });
    }
}

/// The exporter of one host. That of app-1 asks CloudTrail, that of db-1 has no rules and reads a
/// trail's files.
fn exporter(dir: &Path, log: &Log, cloudtrail: &Server) -> Exporter {
    let dir = dir.join(log.host);
    let keys: Vec<_> = play::KEYS.iter().map(|(name, key)| format!("\"{key}\": {name}")).collect();
    let more = match log.host {
        "app-1" => {
            "cloudtrail:\n  regions: [eu-west-1]\n  poll_interval: 1s\n  lookback: 1h\n  accounts:\n  \
             - {role_arn: \"arn:aws:iam::210987654321:role/login-exporter-read\", external_id: right, name: prod}\n"
                .to_owned()
                + RULES
        }
        "db-1" => {
            fs::write(dir.join("trail.json"), play::in_the_trail()).unwrap();
            format!("cloudtrail: {{paths: [{}]}}\n", dir.join("trail.json").display())
        }
        _ => RULES.to_owned(),
    };
    let settings = dir.join("login_exporter.yml");
    let text = format!(
        "auth_logs: [{{path: {}, time_zone: UTC}}]\nssm_agent: {{dir: {}}}\nidentities: {{keys: {{{}}}}}\n\
         networks: {{office: [203.0.113.0/24], vpc: [10.0.0.0/8]}}\n{more}",
        log.path.display(),
        dir.join("ssm").display(),
        keys.join(", ")
    );
    fs::write(&settings, text).unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL_CLOUDTRAIL", cloudtrail.endpoint.as_str()),
        ("AWS_ENDPOINT_URL_STS", cloudtrail.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    Exporter::start_with(&dir, &[&format!("--config.file={}", settings.display())], &environment)
        .ready()
}

/// Each target by its host's name, and with the instance ID that it would have on EC2.
fn prometheus(dir: &Path, logs: &[Log], exporters: &[Exporter]) -> Prometheus {
    let address = |exporter: &Exporter| exporter.url.trim_start_matches("http://").to_owned();
    let targets: Vec<_> = exporters.iter().map(address).collect();
    let mut more = String::from("  relabel_configs:\n");
    for (log, target) in logs.iter().zip(&targets) {
        more += &format!(
            "  - {{source_labels: [__address__], regex: '{target}', target_label: instance, replacement: '{}:10922'}}\n",
            log.host
        );
    }
    more += "  metric_relabel_configs:\n";
    for log in logs {
        for (label, value) in [("hostname", log.host), ("instance_id", play::instance(log.host))] {
            more += &format!(
                "  - {{source_labels: [__name__, instance], regex: 'login_exporter_host_info;{}:10922', \
                 target_label: {label}, replacement: '{value}'}}\n",
                log.host
            );
        }
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
    more += &format!("rule_files: ['{0}/recording.yml', '{0}/alerts.yml']\n", rules.display());
    Prometheus::start(dir, &targets, "1s", &more)
}
