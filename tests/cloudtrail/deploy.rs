//! deploy/aws: the template and the module are whole, and name every call that counts.

use std::path::{Path, PathBuf};
use std::process::Command;

use login_exporter::parse::cloudtrail::Doors;

use crate::support::moto::python;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/aws")
}

fn text(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap()
}

#[test]
fn template_and_module_send_every_call_that_counts() {
    for file in ["cloudformation.yml", "terraform/main.tf"] {
        let text = text(file);
        for door in Doors::default().iter() {
            let source = format!("{}.amazonaws.com", door.service);
            assert!(text.contains(&source), "{file} leaves out {source}");
        }
    }
    for (file, quote) in [("cloudformation.yml", ""), ("terraform/variables.tf", "\"")] {
        let text = text(file);
        for door in Doors::default().iter() {
            let name = format!("{quote}{}{quote}", door.event_name);
            assert!(text.contains(&name), "{file} leaves out {name}");
        }
    }
}

#[test]
fn cloudformation_takes_the_template() {
    let Some(python) = python() else { return };
    let output = Command::new(python.with_file_name("cfn-lint"))
        .args(["--include-checks", "W", "--"])
        .arg(folder().join("cloudformation.yml"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn terraform_s_language_reads_the_module() {
    let Some(python) = python() else { return };
    let script = "import sys, hcl2\nfor path in sys.argv[1:]:\n    hcl2.load(open(path))\n";
    let files = ["main.tf", "variables.tf", "outputs.tf"];
    let files = files.iter().map(|file| folder().join("terraform").join(file));
    let output = Command::new(python).args(["-c", script]).args(files).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_policy_is_json() {
    let files = [
        "policy-api",
        "policy-accounts",
        "policy-organization",
        "policy-regions",
        "policy-queue",
        "trust-accounts",
    ];
    for file in files {
        let policy: serde_json::Value =
            serde_json::from_str(&text(&format!("{file}.json"))).unwrap();
        assert_eq!(policy["Version"], "2012-10-17", "{file}");
    }
}
