//! What README says of the program is what the program says of itself.

use std::process::Command;

use login_exporter::memory::limits::TABLES;
use login_exporter::metrics::catalog;

use crate::checkers::said;

const README: &str = include_str!("../../README.md");

/// What stands between `<!-- NAME` and `<!-- /NAME -->`.
fn section(name: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("<!-- {name}:")).expect("the section's beginning");
    let (_, rest) = rest.split_once("-->\n").expect("the end of its comment");
    rest.split_once(&format!("<!-- /{name} -->")).expect("the section's end").0
}

#[test]
fn the_metrics_table_equals_the_catalog() {
    let expected = catalog::markdown();
    let found = section("metrics");
    assert_eq!(found.trim(), expected.trim(), "put this between the markers:\n{expected}");
}

#[test]
fn the_bounds_of_the_memory_equal_the_code() {
    let found = section("bounds");
    for (what, most) in TABLES {
        let row = format!("| {what} | {most} |");
        assert!(found.contains(&row), "README lacks the row {row}");
    }
}

#[test]
fn every_runbook_that_readme_or_an_alert_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let alerts =
        std::fs::read_to_string(root.join("deploy/prometheus/alerts.yml")).expect("alerts");
    let named = alerts.lines().filter_map(|line| line.trim().strip_prefix("runbook_url:"));
    let mut count = 0;
    for url in named {
        let file = url.trim().trim_matches(['"', '\'']).rsplit('/').next().expect("a name");
        assert!(root.join("deploy/runbooks").join(file).exists(), "deploy/runbooks/{file}");
        count += 1;
    }
    assert!(count > 20, "{count} alerts with a runbook");
}

#[test]
fn every_local_link_leads_to_a_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (_, rest) in README.match_indices("](").map(|(at, _)| README.split_at(at + 2)) {
        let target = rest.split(')').next().expect("a link");
        let local = !target.contains("://") && !target.starts_with('#');
        assert!(
            !local || root.join(target.split('#').next().expect("a path")).exists(),
            "{target}"
        );
    }
}

const KEYS: [(&str, &str); 2] = [
    ("alice", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDDK07K1Ioz4HvYdFgwbmK16D+hfjDdgK+KQVLzwXDyp\n"),
    ("bob", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDDK07K1Ioz4HvYdFgwbmK16D+hfjDdgK+KQVLzwXDyq\n"),
];

/// Pasted as they stand; only the folder of keys is another.
#[test]
fn check_config_takes_every_example_of_the_settings_and_doubts_none() {
    let settings = README.split_once("\n## Settings\n").expect("the section").1;
    let settings = settings.split_once("\n## ").expect("the next section").0;
    let dir = tempfile::tempdir().expect("a folder");
    let (people, file) = (dir.path().join("people"), dir.path().join("login_exporter.yml"));
    std::fs::create_dir(&people).expect("a folder of keys");
    for (person, key) in KEYS {
        std::fs::write(people.join(person), key).expect("a key");
    }
    let mut count = 0;
    for example in settings.split("\n```yaml\n").skip(1) {
        let example = example.split("```").next().expect("an example");
        let example = example.replace("/etc/login_exporter/people", &people.display().to_string());
        std::fs::write(&file, &example).expect("an example");
        let mut program = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        let shown = said(program.arg("check-config").arg(&file), "");
        // This host has no such accounts, and anyone may write where the keys stand.
        let of_host = ["no account of this host", &people.display().to_string()];
        let mut doubts = shown.lines().filter(|line| line.starts_with("# warning"));
        let left = doubts.find(|line| !of_host.iter().any(|why| line.contains(why)));
        assert_eq!(left, None, "{example}");
        count += 1;
    }
    assert_eq!(count, settings.matches("```yaml").count());
    assert!(count > 5, "{count} examples");
}
