//! What the source makes of the agent's files, without a parser: births and ends.
#![allow(clippy::panic)]

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const INSTANCE: &str = "i-0abcdef1234567890";
const SESSION: &str = r#"{"DocumentType":"StartSession"}"#;

/// A folder as the agent keeps it, and what is open in it.
struct Agent {
    dir: TempDir,
}

impl Agent {
    fn new() -> Agent {
        let agent = Agent { dir: TempDir::new().unwrap() };
        agent.instance(INSTANCE);
        agent
    }

    fn instance(&self, instance: &str) {
        for place in ["pending", "current"] {
            fs::create_dir_all(self.state(instance).join(place)).unwrap();
        }
    }

    fn state(&self, instance: &str) -> PathBuf {
        self.dir.path().join(instance).join("document/state")
    }

    fn path(&self, place: &str, id: &str) -> PathBuf {
        self.state(INSTANCE).join(place).join(id)
    }

    fn write(&self, place: &str, id: &str, text: &str) {
        fs::write(self.path(place, id), text).unwrap();
    }

    fn begins(&self, id: &str) {
        self.write("pending", id, SESSION);
        self.moves(id);
    }

    fn moves(&self, id: &str) {
        fs::rename(self.path("pending", id), self.path("current", id)).unwrap();
    }

    fn ends(&self, id: &str) {
        fs::remove_file(self.path("current", id)).unwrap();
    }

    fn settings(&self) -> AgentSettings {
        AgentSettings::new(self.dir.path(), "web-1", None)
    }

    fn source(&self) -> AgentSource {
        AgentSource::open(self.settings(), None)
    }
}

/// The documents of one delivery (`+id`, `-id`, and `~id` for an end that nobody saw) and the
/// reasons of its problems; its position.
fn told(delivery: &Delivery<'_>) -> (Vec<String>, Position) {
    let Records::Agent(documents) = &delivery.records else { panic!("{delivery:?}") };
    let mut told: Vec<String> = documents
        .iter()
        .map(|document| match document.change {
            AgentChange::Began { .. } => format!("+{}", document.id),
            AgentChange::Ended { watched: true, .. } => format!("-{}", document.id),
            AgentChange::Ended { watched: false, .. } => format!("~{}", document.id),
        })
        .collect();
    told.extend(delivery.report.problems.iter().map(|p| p.reason.as_str().to_owned()));
    (told, delivery.position.clone())
}

async fn next(source: &mut AgentSource) -> Vec<String> {
    told(&source.next().await).0
}

#[tokio::test]
async fn a_session_begins_once_however_often_its_file_is_written_and_moved() {
    let agent = Agent::new();
    let mut source = agent.source();
    assert!(next(&mut source).await.is_empty());
    agent.write("pending", "a", SESSION);
    assert_eq!(next(&mut source).await, ["+a"]);
    agent.moves("a");
    agent.write("current", "a", SESSION);
    agent.begins("b");
    assert_eq!(next(&mut source).await, ["+b"]);
    agent.ends("a");
    assert_eq!(next(&mut source).await, ["-a"]);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let agent = Agent::new();
    for id in ["a", "b"] {
        agent.begins(id);
    }
    let mut source = agent.source();
    let (first, position) = told(&source.next().await);
    assert_eq!(first, ["+a", "+b"]);
    drop(source);
    agent.ends("a");
    agent.begins("c");
    let mut source = AgentSource::open(agent.settings(), Some(&position));
    assert_eq!(next(&mut source).await, ["+c", "~a"]);
}

#[tokio::test]
async fn a_file_cut_in_the_middle_of_a_write_is_read_when_it_is_whole() {
    let agent = Agent::new();
    let mut source = agent.source();
    next(&mut source).await;
    for end in 0..SESSION.len() {
        agent.write("pending", "a", &SESSION[..end]);
    }
    agent.write("pending", "b", SESSION);
    assert_eq!(next(&mut source).await, ["+b"], "nothing of a is whole yet");
    agent.write("pending", "a", SESSION);
    assert_eq!(next(&mut source).await, ["+a"]);
}

#[tokio::test]
async fn what_vanished_unread_is_told_once_and_is_no_session() {
    let agent = Agent::new();
    let mut source = agent.source();
    next(&mut source).await;
    agent.begins("a");
    agent.ends("a");
    assert_eq!(next(&mut source).await, ["vanished"]);
    agent.begins("b");
    assert_eq!(next(&mut source).await, ["+b"], "and no more of a");
}

#[tokio::test]
async fn what_was_left_behind_by_an_earlier_boot_is_not_open() {
    let agent = Agent::new();
    agent.begins("a");
    let boot = now().saturating_add_seconds(1);
    let settings = AgentSettings { boot: Some(boot), ..agent.settings() };
    let mut source = AgentSource::open(settings, None);
    assert!(next(&mut source).await.is_empty());
    // The agent finds it, writes it again, and gives it up.
    agent.write("current", "a", SESSION);
    agent.ends("a");
    fs::create_dir(agent.dir.path().join("i-1")).unwrap();
    agent.instance("mi-0123456789abcdef0");
    source.scan();
    assert!(source.batch.is_empty() && source.problems.is_empty(), "{:?}", source.problems);
}

#[tokio::test]
async fn a_reboot_ends_what_was_open_at_the_boot() {
    let agent = Agent::new();
    agent.begins("a");
    let (_, position) = told(&agent.source().next().await);
    let boot = now().saturating_add_seconds(1);
    let settings = AgentSettings { boot: Some(boot), ..agent.settings() };
    let mut source = AgentSource::open(settings, Some(&position));
    let delivery = source.next().await;
    let Records::Agent([document]) = delivery.records else { panic!("{delivery:?}") };
    assert_eq!(document.change, AgentChange::Ended { time: boot, watched: false });
}

#[tokio::test]
async fn an_instances_folder_that_comes_later_is_watched() {
    let agent = Agent { dir: TempDir::new().unwrap() };
    let mut source = agent.source();
    assert!(next(&mut source).await.is_empty());
    agent.instance(INSTANCE);
    agent.begins("a");
    assert_eq!(next(&mut source).await, ["+a"]);
    agent.instance("mi-0123456789abcdef0");
    let hybrid = agent.state("mi-0123456789abcdef0").join("pending/b");
    fs::write(hybrid, SESSION).unwrap();
    assert_eq!(next(&mut source).await, ["+b"]);
}

#[tokio::test]
async fn a_folder_that_is_missing_is_told_once_and_read_when_it_comes() {
    let agent = Agent { dir: TempDir::new().unwrap() };
    let dir = agent.dir.path().join("later");
    let mut source = AgentSource::open(AgentSettings::new(&dir, "h", None), None);
    let delivery = source.next().await;
    assert!(!delivery.report.up && !delivery.report.caught_up);
    assert_eq!(told(&delivery).0, ["missing"]);
    assert!(next(&mut source).await.is_empty(), "a second later");
    fs::create_dir_all(dir.join(INSTANCE).join("document/state/pending")).unwrap();
    fs::write(dir.join(INSTANCE).join("document/state/pending/a"), SESSION).unwrap();
    assert_eq!(next(&mut source).await, ["+a"]);
}

#[tokio::test]
async fn a_folder_that_goes_away_ends_nothing() {
    let agent = Agent::new();
    agent.begins("a");
    let mut source = agent.source();
    assert_eq!(next(&mut source).await, ["+a"]);
    let moved = agent.dir.path().with_extension("moved");
    fs::rename(agent.dir.path(), &moved).unwrap();
    source.batch.clear();
    source.scan();
    assert!(source.batch.is_empty(), "{:?}", source.batch);
    assert!(!source.up);
    fs::rename(&moved, agent.dir.path()).unwrap();
    source.batch.clear();
    source.scan();
    assert!(source.up && source.batch.is_empty(), "{:?}", source.batch);
}

#[tokio::test]
async fn a_link_and_a_folder_are_no_documents() {
    let agent = Agent::new();
    let other = agent.dir.path().join("secret");
    fs::write(&other, SESSION).unwrap();
    symlink(&other, agent.path("current", "link")).unwrap();
    fs::create_dir(agent.path("current", "folder")).unwrap();
    let mut source = agent.source();
    assert_eq!(next(&mut source).await, ["unreadable", "unreadable"]);
    source.scan();
    assert!(source.batch.is_empty());
    assert_eq!(source.problems.len(), 0, "each is told once: {:?}", source.problems);
}

#[tokio::test]
async fn a_file_of_another_user_proves_nothing() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let agent = Agent::new();
    agent.begins("a");
    std::os::unix::fs::chown(agent.path("current", "a"), Some(4_242), None).unwrap();
    assert_eq!(next(&mut agent.source()).await, ["untrusted"]);
}
