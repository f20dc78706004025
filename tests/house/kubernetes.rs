//! The chart and what is made from it: rendered by helm and kustomize, held against the schemas of
//! Kubernetes and of the Prometheus operator.

use std::process::Command;

use crate::checkers::{Checkers, read, refused, root, said};
use serde_json::Value;

const CHART: &str = "deploy/kubernetes/chart";
const EXAMPLE: &str = "deploy/kubernetes/example.yaml";
const KUSTOMIZE: &str = "deploy/kubernetes/kustomize";

fn template(checkers: &Checkers, arguments: &[&str]) -> Command {
    let mut helm = checkers.program("helm");
    helm.args(["template", "login-exporter", CHART, "--namespace=login-exporter"]).args(arguments);
    helm
}

/// The objects of a YAML stream, each of which fits its schema.
fn objects(checkers: &Checkers, yaml: &str) -> Vec<Value> {
    let mut check = checkers.program("python");
    check.arg("tests/house/objects.py").arg(checkers.folder());
    serde_json::from_str(&said(&mut check, yaml)).unwrap()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn is_confined(container: &Value) -> bool {
    let context = &container["securityContext"];
    context["readOnlyRootFilesystem"] == true
        && context["allowPrivilegeEscalation"] == false
        && context["capabilities"]["drop"] == serde_json::json!(["ALL"])
}

#[test]
fn the_chart_renders_objects_that_fit_their_schemas() {
    let Some(checkers) = Checkers::get() else { return };
    said(checkers.program("helm").args(["lint", "--strict", CHART, "--values", EXAMPLE]), "");
    let all = objects(&checkers, &said(&mut template(&checkers, &["--values", EXAMPLE]), ""));
    let kinds = [
        ("DaemonSet", 1),
        ("Deployment", 1),
        ("Service", 1),
        ("ServiceAccount", 1),
        ("ServiceMonitor", 1),
        ("PrometheusRule", 2),
    ];
    for (kind, count) in kinds {
        assert_eq!(of_kind(&all, kind).len(), count, "{kind}");
    }
    let pods = all.iter().map(|object| &object["spec"]["template"]["spec"]);
    let containers = pods.flat_map(|pod| ["containers", "initContainers"].map(|kind| &pod[kind]));
    let containers: Vec<_> = containers.filter_map(Value::as_array).flatten().collect();
    assert_eq!(containers.len(), 3);
    assert!(containers.into_iter().all(is_confined));
}

#[test]
fn the_charts_values_are_taken() {
    let Some(checkers) = Checkers::get() else { return };
    let values = "poller.enabled=false,nodes.asRoot=true,nodes.seLinuxType=spc_t,\
                  image.registry=registry.example.org,monitoring.labels.release=ours";
    let all = objects(&checkers, &said(&mut template(&checkers, &["--set", values]), ""));
    assert!(of_kind(&all, "Deployment").is_empty());
    let pod = &of_kind(&all, "DaemonSet")[0]["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["seLinuxOptions"]["type"], "spc_t");
    let container = &pod["containers"][0];
    let image = container["image"].as_str().unwrap();
    assert_eq!(
        image,
        concat!("registry.example.org/login_exporter:journal-", env!("CARGO_PKG_VERSION"))
    );
    let added = &container["securityContext"]["capabilities"]["add"];
    assert_eq!(*added, serde_json::json!(["DAC_READ_SEARCH"]));
    assert_eq!(of_kind(&all, "ServiceMonitor")[0]["metadata"]["labels"]["release"], "ours");

    let refusal = refused(&mut template(&checkers, &[]), "");
    assert!(refusal.contains("poller.roleArn"), "{refusal}");
}

#[test]
fn an_object_that_fits_no_schema_is_seen() {
    let Some(checkers) = Checkers::get() else { return };
    let wrong =
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {replicas: one}}";
    let mut check = checkers.program("python");
    check.arg("tests/house/objects.py").arg(checkers.folder());
    let refusal = refused(&mut check, wrong);
    assert!(refusal.contains("Deployment x"), "{refusal}");
}

/// The program takes what the pods give it: each flag, and the settings in each ConfigMap.
#[test]
fn the_program_takes_the_arguments_and_settings_of_the_pods() {
    let Some(checkers) = Checkers::get() else { return };
    let all = objects(&checkers, &said(&mut template(&checkers, &["--values", EXAMPLE]), ""));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("login_exporter.yml");
    for kind in ["DaemonSet", "Deployment"] {
        let workload = of_kind(&all, kind)[0];
        let settings = of_kind(&all, "ConfigMap")
            .into_iter()
            .find(|map| map["metadata"]["name"] == workload["metadata"]["name"])
            .unwrap();
        std::fs::write(&file, settings["data"]["login_exporter.yml"].as_str().unwrap()).unwrap();
        let arguments =
            workload["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
        let arguments = arguments.iter().map(|argument| {
            let argument = argument.as_str().unwrap().replace("$(NODE_ADDRESS)", "192.0.2.1");
            argument.replace("/etc/login_exporter", &dir.path().display().to_string())
        });
        let mut program = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        let shown = said(program.arg("check-config").args(arguments), "");
        let expected = match kind {
            "DaemonSet" => "192.0.2.1:10922",
            _ => "https://sqs.ap-northeast-1.amazonaws.com/123456789012/login-exporter",
        };
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn the_files_for_kustomize_are_what_the_chart_makes() {
    let Some(checkers) = Checkers::get() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut make = Command::new(root().join("deploy/kubernetes/make"));
    said(make.arg(checkers.folder().join("bin/helm")).arg(dir.path()), "");
    let made: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap()).collect();
    assert_eq!(made.len(), 3);
    for file in made {
        let name = file.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let stale = "run deploy/kubernetes/make \"$(tests/checkers)/bin/helm\"";
        assert!(text == read(&format!("{KUSTOMIZE}/{name}")), "{name}: {stale}");
    }
}

#[test]
fn kustomize_builds_what_helm_renders() {
    let Some(checkers) = Checkers::get() else { return };
    let built = said(checkers.program("kubectl").args(["kustomize", KUSTOMIZE]), "");
    let built = objects(&checkers, &built);
    let rendered = objects(&checkers, &said(&mut template(&checkers, &["--values", EXAMPLE]), ""));
    for object in &rendered {
        let same = |other: &&Value| {
            other["kind"] == object["kind"]
                && other["metadata"]["name"] == object["metadata"]["name"]
        };
        let other = built.iter().find(same).unwrap_or_else(|| panic!("{}", object["metadata"]));
        assert_eq!(other["metadata"]["namespace"], "login-exporter");
        // The rules are made from the mixin for both; the rest is the same file.
        assert!(object["kind"] != "PrometheusRule" || other["spec"] == object["spec"]);
    }
    assert_eq!(built.len(), rendered.len() + 1, "the namespace, and nothing else");
}

#[test]
fn the_chart_repeats_what_the_program_says_of_itself() {
    let version = login_exporter::version::VERSION;
    let chart = read("deploy/kubernetes/chart/Chart.yaml");
    for line in [format!("version: {version}"), format!("appVersion: {version}")] {
        assert!(chart.lines().any(|own| own == line), "Chart.yaml lacks {line}");
    }
    let settings = read("deploy/login_exporter.yml");
    let port = read("deploy/kubernetes/chart/values.yaml");
    let port = port.lines().find_map(|line| line.strip_prefix("port: ")).unwrap();
    assert!(settings.contains(&format!("127.0.0.1:{port}")), "{port}");
}
