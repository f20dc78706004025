//! A trail's files, put there in every way that tools put files.
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};
use login_exporter::record::{Position, Record};
use login_exporter::source::trail_files::TrailSource;
use login_exporter::source::{ProblemReason, Source};
use tempfile::TempDir;

fn record(id: &str) -> String {
    format!(r#"{{"eventVersion":"1.08","eventName":"StartSession","eventID":"{id}"}}"#)
}

fn wrapped(ids: &[&str]) -> String {
    let records: Vec<String> = ids.iter().map(|id| record(id)).collect();
    format!("{{\"Records\":[{}]}}", records.join(","))
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Puts a file there under its name all at once, as a download that is renamed.
fn put(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path.with_extension("part"), content).unwrap();
    fs::rename(path.with_extension("part"), path).unwrap();
}

struct Following {
    source: TrailSource,
    position: Position,
    problems: Vec<(ProblemReason, String)>,
    up: bool,
}

impl Following {
    fn open(root: &Path, position: Option<&Position>) -> Self {
        let source = TrailSource::open(root.to_owned(), Duration::from_millis(1), position);
        Following { source, position: Position::default(), problems: Vec::new(), up: false }
    }

    /// The IDs that come until nothing waits.
    async fn ids(&mut self) -> Vec<String> {
        let mut ids = Vec::new();
        loop {
            let delivery = self.source.next().await;
            delivery.records.for_each(|record| ids.push(id(record)));
            let problems = delivery.report.problems.into_iter().map(|p| (p.reason, p.message));
            self.problems.extend(problems);
            self.position = delivery.position;
            self.up = delivery.report.up;
            if delivery.report.caught_up {
                return ids;
            }
        }
    }
}

fn id(record: Record<'_>) -> String {
    let Record::CloudTrail(json) = record else { panic!("{record:?}") };
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    value["eventID"].as_str().unwrap().to_owned()
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn a_tree_as_a_trail_delivers_it_is_read_once() {
    let root = TempDir::new().unwrap();
    let day = "AWSLogs/123456789012/CloudTrail/eu-west-1/2026/02/28";
    put(root.path(), &format!("{day}/a_20260228T1200Z_x.json.gz"), gzipped(&wrapped(&["a", "b"])));
    put(root.path(), &format!("{day}/b_20260228T1205Z_y.json"), wrapped(&["c"]));
    put(root.path(), "AWSLogs/123456789012/CloudTrail-Digest/d.json", "{\"digest\":1}");
    put(root.path(), "AWSLogs/readme.txt", "no JSON");
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, ["a", "b", "c"]);
    assert_eq!(following.ids().await, NONE);
    assert_eq!(following.problems, []);
}

#[tokio::test]
async fn files_that_come_later_are_found() {
    let root = TempDir::new().unwrap();
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, NONE);
    put(root.path(), "2026/03/01/new.json", wrapped(&["new"]));
    assert_eq!(following.ids().await, ["new"]);
}

#[tokio::test]
async fn an_old_file_that_is_copied_in_late_is_read() {
    let root = TempDir::new().unwrap();
    put(root.path(), "b.json", wrapped(&["b"]));
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, ["b"]);
    put(root.path(), "a.json", wrapped(&["a"]));
    let old = std::time::SystemTime::now() - Duration::from_secs(90 * 86_400);
    fs::File::options()
        .write(true)
        .open(root.path().join("a.json"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    assert_eq!(following.ids().await, ["a"]);
}

#[tokio::test]
async fn a_restart_reads_what_came_meanwhile() {
    let root = TempDir::new().unwrap();
    put(root.path(), "a.json", wrapped(&["a"]));
    let mut before = Following::open(root.path(), None);
    assert_eq!(before.ids().await, ["a"]);
    put(root.path(), "b.json", wrapped(&["b"]));
    let mut after = Following::open(root.path(), Some(&before.position));
    assert_eq!(after.ids().await, ["b"]);
}

#[tokio::test]
async fn a_file_that_is_still_being_copied_waits_for_its_end() {
    let root = TempDir::new().unwrap();
    let whole = gzipped(&wrapped(&["a", "b"]));
    let path = root.path().join("a.json.gz");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, NONE);
    fs::write(&path, &whole).unwrap();
    assert_eq!(following.ids().await, ["a", "b"]);
    assert_eq!(following.problems, []);
}

#[tokio::test]
async fn lines_that_are_added_come_once() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("a.json");
    fs::write(&path, format!("{}\n", record("a"))).unwrap();
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, ["a"]);
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    let (beginning, end) = (&record("c")[..20], &record("c")[20..]);
    write!(file, "{}\n{beginning}", record("b")).unwrap();
    assert_eq!(following.ids().await, ["b"]);
    writeln!(file, "{end}").unwrap();
    assert_eq!(following.ids().await, ["c"]);
}

#[tokio::test]
async fn a_change_of_mode_hands_nothing_on_again() {
    use std::os::unix::fs::PermissionsExt;
    let root = TempDir::new().unwrap();
    put(root.path(), "a.json", wrapped(&["a"]));
    let mut following = Following::open(root.path(), None);
    assert_eq!(following.ids().await, ["a"]);
    let mode = fs::Permissions::from_mode(0o600);
    fs::set_permissions(root.path().join("a.json"), mode).unwrap();
    assert_eq!(following.ids().await, NONE);
}

#[tokio::test]
async fn a_single_file_of_any_name_is_followed() {
    let root = TempDir::new().unwrap();
    put(root.path(), "events", wrapped(&["a"]));
    let mut following = Following::open(&root.path().join("events"), None);
    assert_eq!(following.ids().await, ["a"]);
    assert_eq!(following.ids().await, NONE);
}

#[tokio::test]
async fn a_path_that_is_not_there_yet_is_told_once_and_read_later() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("trail");
    let mut following = Following::open(&path, None);
    assert_eq!(following.ids().await, NONE);
    assert!(!following.up);
    assert_eq!(following.ids().await, NONE);
    let [(reason, message)] = &following.problems[..] else { panic!("{:?}", following.problems) };
    assert_eq!(*reason, ProblemReason::Missing);
    let expected = format!("{}: No such file or directory (os error 2); look at", path.display());
    assert!(message.starts_with(&expected), "{message}");
    put(&path, "a.json", wrapped(&["a"]));
    assert_eq!(following.ids().await, ["a"]);
    assert!(following.up);
}

#[tokio::test]
async fn many_files_come_in_several_deliveries_and_lose_nothing_in_between() {
    let root = TempDir::new().unwrap();
    let names: Vec<String> = (0..200).map(|n| format!("{n:03}")).collect();
    for name in &names {
        put(root.path(), &format!("{name}.json"), wrapped(&[name]));
    }
    let mut before = TrailSource::open(root.path().to_owned(), Duration::from_millis(1), None);
    let delivery = before.next().await;
    assert!(!delivery.report.caught_up && delivery.report.lag_bytes > 0);
    let mut ids = Vec::new();
    delivery.records.for_each(|record| ids.push(id(record)));
    let mut after = Following::open(root.path(), Some(&delivery.position));
    ids.extend(after.ids().await);
    ids.sort();
    assert_eq!(ids, names);
}
