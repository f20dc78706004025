//! README's pictures, drawn from a real run. `make pictures` says what they need.
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::play;
use super::root;
use super::stage::Stage;
use crate::support::run;

/// How long the play lasts: as long as the time that the dashboards show.
const SCENE: Duration = Duration::from_secs(12);

/// The dashboards, each with the variables that it is drawn with.
const DASHBOARDS: [(&str, &[&str]); 7] = [
    ("access-overview", &[]),
    ("fleet", &[]),
    ("host", &["instance=app-1:10922"]),
    ("person", &["identity=alice"]),
    ("sessions", &[]),
    ("accounts", &[]),
    ("exporter-health", &[]),
];

/// No test: it draws. `grafana/draw` calls it and checks first that all it needs is there.
#[test]
#[ignore = "draws README's pictures: make pictures"]
fn draw() {
    let to = std::env::var_os("PICTURES").map_or(root().join("grafana/pictures"), PathBuf::from);
    let preview = std::env::var("DASHBOARD_PREVIEW").expect("DASHBOARD_PREVIEW (make pictures)");
    std::fs::create_dir_all(&to).unwrap();
    let srv = std::env::var_os("PICTURES_STAGE").expect("PICTURES_STAGE (make pictures)");
    let hosts = tempfile::Builder::new().prefix("hosts").rand_bytes(0).tempdir_in(srv).unwrap();
    let stage = Stage::build(hosts);
    let app = &stage.exporters[0].url;
    stage
        .prometheus
        .wait_value("count(rate(login_exporter_source_records_total{source=~'file:.*'}[1m]))", 3.0);
    for number in 0..play::SCENES {
        stage.scene(number);
        std::thread::sleep(SCENE);
    }
    eprintln!("the run is over: {} and {app}", stage.prometheus.url);
    page(app, "1100,900", &to.join("page.png"));
    page(&format!("{app}/person/alice"), "390,900", &to.join("person-phone.png"));
    for (name, variables) in DASHBOARDS {
        dashboard(&preview, &stage.prometheus.url, name, variables, &to);
    }
}

fn page(address: &str, size: &str, picture: &Path) {
    run(Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .arg(format!("--window-size={size}"))
        .arg("--virtual-time-budget=3000")
        .env("TZ", "Europe/Berlin")
        .arg(format!("--screenshot={}", picture.display()))
        .arg(address));
    shrink(picture);
}

/// As it stands, but for the width of its bars: the run is five minutes in place of a day.
fn dashboard(preview: &str, prometheus: &str, name: &str, variables: &[&str], to: &Path) {
    let picture = to.join(format!("{name}.png"));
    let quick = to.join(format!("{name}.json"));
    let text = std::fs::read_to_string(root().join(format!("grafana/{name}.json"))).unwrap();
    std::fs::write(&quick, text.replace("\"interval\": \"5m\"", "\"interval\": \"10s\"")).unwrap();
    let mut command = Command::new(preview);
    command
        .arg(&quick)
        .args(["--prom", prometheus, "--from", "now-6m", "--scrape", "2s", "--width", "1400"])
        .args(variables.iter().flat_map(|variable| ["--var", variable]))
        .arg("--out")
        .arg(&picture);
    run(command.stdout(Stdio::inherit()));
    std::fs::remove_file(&quick).unwrap();
    let _ = std::fs::remove_file(to.join(format!("{name}.report.json")));
    shrink(&picture);
}

/// A page and panels have few colours: a palette does.
fn shrink(picture: &Path) {
    run(Command::new("pngquant")
        .args(["--force", "--ext=.png", "--strip", "--speed=1", "--nofs", "64"])
        .arg(picture));
}
