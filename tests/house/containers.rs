//! The images and the composition: checked by hadolint and by docker compose itself.

use crate::checkers::{Checkers, read, refused, said};

const FILES: [&str; 2] =
    ["deploy/container/file.Dockerfile", "deploy/container/journal.Dockerfile"];
const COMPOSE: &str = "deploy/container/compose.yml";

#[test]
fn the_dockerfiles_are_as_hadolint_wants_them() {
    let Some(checkers) = Checkers::get() else { return };
    said(checkers.program("hadolint").args(FILES), "");
    let careless = "FROM debian:latest\nRUN cd /tmp && apt-get install curl\n";
    assert!(refused(checkers.program("hadolint").arg("-"), careless).contains("DL3007"));
}

#[test]
fn both_images_are_built_alike_and_run_as_nobody() {
    let build = |file: &str| {
        let text = read(file);
        let (_, stage) = text.split_once("\nARG RUST=").unwrap();
        let stage = stage.split_once("\nFROM ${BASE}").unwrap().0;
        stage.lines().filter(|line| !line.starts_with("ARG BASE=")).map(str::to_owned).collect()
    };
    let [file, journal]: [Vec<String>; 2] = FILES.map(build);
    assert_eq!(file, journal);
    for path in FILES {
        let text = read(path);
        let last = text.rsplit("\nFROM ").next().unwrap();
        assert!(last.contains("\nUSER 65532:65532\n"), "{path}");
        assert!(last.contains("\nENV STATE_DIRECTORY=/var/lib/login_exporter\n"), "{path}");
        assert!(!text.contains(":latest"), "{path}");
    }
}

#[test]
fn docker_compose_takes_the_composition() {
    let Some(checkers) = Checkers::get() else { return };
    let config = || {
        let mut compose = checkers.program("docker-compose");
        compose.args(["--file", COMPOSE, "config", "--format=json"]);
        compose
    };
    let shown = said(config().env("GRAFANA_PASSWORD", "x"), "");
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let services = shown["services"].as_object().unwrap();
    let names: Vec<&String> = services.keys().collect();
    assert_eq!(names, ["alertmanager", "grafana", "login_exporter", "prometheus"]);
    for (name, service) in services {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        for volume in service["volumes"].as_array().unwrap() {
            let source = volume["source"].as_str().unwrap();
            let is_ours = source.starts_with(env!("CARGO_MANIFEST_DIR"));
            assert!(!is_ours || std::path::Path::new(source).exists(), "{name}: {source}");
            assert!(volume["type"] == "volume" || volume["read_only"] == true, "{name}: {source}");
        }
    }
    let refusal = refused(config().env_remove("GRAFANA_PASSWORD"), "");
    assert!(refusal.contains("GRAFANA_PASSWORD"), "{refusal}");
}

/// All of it shares the host's network, so that the files mounted say where each of them answers.
#[test]
fn the_composition_answers_where_the_mounted_settings_say() {
    let compose = read(COMPOSE);
    let prometheus = read("deploy/prometheus/prometheus.yml");
    let grafana = read("grafana/provisioning/datasources/prometheus.yaml");
    for (file, address) in [(&prometheus, "127.0.0.1:9093"), (&grafana, "127.0.0.1:9090")] {
        assert!(file.contains(address) && compose.contains(&format!("listen-address={address}")));
    }
    let boards = read("grafana/provisioning/dashboards/login_exporter.yaml");
    let path = boards.lines().find_map(|line| line.trim().strip_prefix("path: ")).unwrap();
    assert!(compose.contains(&format!("target: {path}")), "{path}");
}
