//! What sets up a fleet: Ansible's role, cloud-init's user data, Prometheus on EC2.

use std::process::Command;

use crate::checkers::{Checkers, read, refused, root, said};
use crate::support::{Exporter, Prometheus, free_port, prometheus3, skip};

#[test]
fn the_role_is_as_ansible_lint_wants_it() {
    let Some(checkers) = Checkers::get() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut lint = checkers.program("ansible-lint");
    lint.args(["--offline", "--profile=production", "-q", "."]);
    lint.current_dir(root().join("deploy/ansible")).env("ANSIBLE_HOME", home.path());
    said(&mut lint, "");
    let mut syntax = checkers.program("ansible-playbook");
    syntax.args(["--syntax-check", "--inventory=localhost,", "deploy/ansible/site.yml"]);
    said(syntax.env("ANSIBLE_HOME", home.path()), "");
}

#[test]
fn the_role_and_the_user_data_name_what_the_package_installs() {
    let present = read("deploy/ansible/roles/login_exporter/tasks/present.yml");
    let stage = read("deploy/packages/stage");
    for text in [present, read("deploy/aws/cloud-init.yml")] {
        for path in [
            "/etc/login_exporter/login_exporter.yml",
            "/usr/share/login_exporter/systemd/read-root-files.conf",
        ] {
            assert!(text.contains(path) && stage.contains(path.trim_start_matches('/')), "{path}");
        }
    }
}

#[test]
fn cloud_init_takes_the_user_data() {
    let Some(checkers) = Checkers::get() else { return };
    let check = || {
        let mut python = checkers.program("python");
        python.arg("tests/house/user_data.py").arg(checkers.folder());
        python
    };
    let user_data = read("deploy/aws/cloud-init.yml");
    said(&mut check(), &user_data);
    refused(&mut check(), &user_data.replace("permissions: \"0644\"", "permissions: [0644]"));

    // What it writes is what the program takes.
    let (_, settings) = user_data.split_once("content: |\n").unwrap();
    let settings = settings.split_once("\n\n").unwrap().0.replace("\n      ", "\n");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("login_exporter.yml");
    std::fs::write(&file, settings.trim_start()).unwrap();
    said(Command::new(env!("CARGO_BIN_EXE_login_exporter")).arg("check-config").arg(&file), "");
}

/// The examples for EC2, beside the rules, with files in the place of EC2's list of instances.
fn ec2_examples(targets: &[(&str, u16)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["prometheus-ec2.yml", "agent.yml", "recording.yml", "alerts.yml"] {
        let from = root().join("deploy/prometheus").join(name);
        std::fs::copy(from, dir.path().join(name)).unwrap();
    }
    let mut jobs = read("deploy/prometheus/ec2.yml");
    for (job, port) in targets {
        let (before, list) = jobs.split_once(&format!("job_name: {job}\n")).unwrap();
        let list = list.replacen("ec2_sd_configs:", "file_sd_configs:", 1);
        let (start, rest) = list.split_once("- {region: ").unwrap();
        let rest = rest.split_once('\n').unwrap().1;
        jobs = format!("{before}job_name: {job}\n{start}- {{files: [{job}.json]}}\n{rest}");
        let labels =
            serde_json::json!({"__meta_ec2_instance_id": INSTANCE, "__meta_ec2_tag_Name": "web-1"});
        let target =
            serde_json::json!([{"targets": [format!("127.0.0.1:{port}")], "labels": labels}]);
        std::fs::write(dir.path().join(format!("{job}.json")), target.to_string()).unwrap();
    }
    std::fs::write(dir.path().join("ec2.yml"), jobs).unwrap();
    dir
}

/// The target of the sample's StartSession.
const INSTANCE: &str = "i-0123456789abcdef0";

#[test]
fn promtool_takes_the_examples_for_ec2_and_for_agents() {
    let Some(prometheus) = prometheus3() else {
        skip("Prometheus 3 is needed: 2.42 has no scrape_config_files");
        return;
    };
    let dir = root().join("deploy/prometheus");
    let promtool = || Command::new(prometheus.join("promtool"));
    said(promtool().args(["check", "config"]).arg(dir.join("prometheus-ec2.yml")), "");
    said(promtool().args(["check", "config", "--agent"]).arg(dir.join("agent.yml")), "");
}

/// A session that CloudTrail told of stands beside what the instance's own node_exporter says.
#[test]
fn a_call_to_aws_joins_the_metrics_of_the_instance_that_it_went_to() {
    let Some(programs) = prometheus3() else {
        skip("Prometheus 3 is needed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let seed = root().join("tests/seed");
    let folder = |name: &str| {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        folder
    };
    let log = format!("--auth-log.path={}", seed.join("secure").display());
    let host = Exporter::start(&folder("host"), &[&log]).ready();
    let trail = format!("--cloudtrail.path={}", seed.join("start_session.json").display());
    let poller = Exporter::start(&folder("poller"), &["--source=none", &trail]).ready();
    // Prometheus itself is a process with metrics of its own, in node_exporter's stead.
    let port = |url: &str| url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let own = free_port();
    let examples = ec2_examples(&[("login", port(&host.url)), ("node", own)]);
    let jobs = examples.path().join("ec2.yml");
    let text = std::fs::read_to_string(&jobs).unwrap();
    std::fs::write(&jobs, text.replace("127.0.0.1:10922", &poller.url["http://".len()..])).unwrap();

    let config = examples.path().join("prometheus-ec2.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(": 15s", ": 1s")).unwrap();
    let prometheus =
        Prometheus::start_with_config(&programs.join("prometheus"), dir.path(), &config, own);
    prometheus.wait_value(r#"count(up{job=~"login|node|login-aws"} == 1)"#, 3.0);
    let join = documented_join();
    prometheus.wait_value(&format!("count({join})"), 1.0);
    let (labels, _) = prometheus.query(&join).remove(0);
    assert_eq!(labels["name"], "web-1");
    assert_eq!(labels["instance"], INSTANCE);
    assert_eq!(labels["event_name"], "StartSession");
    prometheus.wait_value(
        &format!(r#"count(login_successes_total{{instance="{INSTANCE}", name="web-1"}})"#),
        1.0,
    );
}

/// The query that README tells of.
fn documented_join() -> String {
    let readme = read("deploy/prometheus/README.md");
    let (_, query) = readme.split_once("```promql\n").expect("a query");
    query.split_once("```").unwrap().0.to_owned()
}
