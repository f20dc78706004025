//! What a first reading counts as news, on a host that is new and on one that is not.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::*;
use crate::metrics::testing::{page, samples};
use crate::record::{AgentChange, AgentDocument};

/// What amazon-ssm-agent keeps of a shell.
const SESSION: &str = r#"{"DocumentType": "StartSession", "DocumentInformation": {
    "DocumentName": "SSM-SessionManagerRunShell", "SessionOwner": "arn:aws:iam::123456789012:user/mallory"},
    "InstancePluginsInformation": [{"Name": "Standard_Stream", "Configuration": {"PluginName": "Standard_Stream"}}]}"#;

/// The first start of the exporter.
const START: i64 = 1_779_040_000;

#[derive(Debug)]
struct Nobody;

impl UserIds for Nobody {
    fn user_id(&self, _: &str) -> Option<u32> {
        None
    }
}

fn moment() -> Moment {
    Moment { wall: Time::new(START, 0), up: Duration::ZERO }
}

/// Seconds before the first start.
fn before(seconds: i64) -> Time {
    Time::new(START - seconds, 0)
}

/// A ledger at the first start, on a host that has been up for so many seconds.
fn up_for(seconds: i64) -> Ledger {
    let mut ledger = Ledger::new(Saved::default().into());
    ledger.booted("boot-1", "web-1", before(seconds), moment().wall);
    ledger
}

/// Reads all that a source holds, for the first time.
fn read(ledger: &mut Ledger, id: &SourceId, records: &Records<'_>) {
    let clock = Clock { reference: moment().wall, zone: TimeZone::UTC, year: None };
    ledger.expect(id);
    let tally = ledger.count(id, records, clock, &Policy::default(), &Nobody, moment());
    let report = Report { up: true, caught_up: true, ..Report::default() };
    ledger.reached(id, Position::default(), &report, &tally);
}

/// A log with a login for each of these users, so many seconds before the start.
fn read_logins(ledger: &mut Ledger, logins: &[(&str, i64)]) {
    let lines: String = logins
        .iter()
        .map(|(user, ago)| {
            let at = jiff::Timestamp::from_second(before(*ago).seconds()).unwrap();
            format!(
                "{at} web-1 sshd[{ago}]: Accepted password for {user} from 192.0.2.1 port 4 ssh2\n"
            )
        })
        .collect();
    let id = SourceId::file("/var/log/secure".as_ref());
    read(ledger, &id, &Records::Lines(lines.as_bytes()));
}

/// Whose login is news: it was counted while the exporter watched.
fn news(ledger: &mut Ledger) -> Vec<String> {
    let page = page(&mut ledger.series);
    let user = |sample: String| Some(sample.split_once("user=\"")?.1.split_once('"')?.0.to_owned());
    let news = samples(&page, "login_last_success_counted_timestamp_seconds");
    let accesses = samples(&page, "login_accesses_total");
    let logins = format!("{{kind=\"login\",expected=\"unset\"}} {}", news.len());
    assert!(accesses.contains(&logins), "not {logins}: {accesses:?}");
    news.into_iter().filter_map(user).collect()
}

#[test]
fn what_the_log_of_a_newborn_host_tells_since_its_boot_is_news() {
    let mut ledger = up_for(3000);
    read_logins(&mut ledger, &[("of-the-image", 90_000), ("at-boot", 3000), ("mallory", 600)]);
    assert_eq!(news(&mut ledger), ["at-boot", "mallory"]);
    assert_eq!(ledger.baseline_of(), None);
    let all = samples(&page(&mut ledger.series), "login_successes_total");
    assert_eq!(all.len(), 3, "what is no news is counted too: {all:?}");
}

#[test]
fn what_the_log_of_a_host_that_was_up_for_an_hour_tells_is_a_baseline() {
    let mut ledger = up_for(3600);
    read_logins(&mut ledger, &[("alice", 90_000), ("bob", 600)]);
    assert_eq!(news(&mut ledger), Vec::<String>::new());
    assert_eq!(ledger.baseline_of(), Some(moment().wall), "which is told");
}

#[test]
fn a_host_that_was_newborn_at_the_first_start_stays_so_until_its_log_is_read() {
    let mut ledger = up_for(3000);
    // Killed before it had read a line, and started again half an hour later.
    let saved = serde_json::to_vec(&ledger.whole(Plan::default()).0).unwrap();
    ledger = Ledger::new(serde_json::from_slice::<Saved>(&saved).unwrap().into());
    ledger.booted("boot-1", "web-1", before(4800), moment().wall);
    read_logins(&mut ledger, &[("of-the-image", 90_000), ("mallory", 600)]);
    assert_eq!(news(&mut ledger), ["mallory"]);
}

#[test]
fn a_session_that_the_agent_of_a_newborn_host_has_open_is_news() {
    let began = AgentDocument {
        host: "web-1".to_owned(),
        instance: "i-0abcdef1234567890".to_owned(),
        id: "mallory-0a1b2c3d4e5f60718".to_owned(),
        change: AgentChange::Began { time: before(600), state: SESSION.into() },
    };
    let agent = SourceId::new(SourceKind::SsmAgent, "");
    let told = |up: i64| {
        let mut ledger = up_for(up);
        read(&mut ledger, &agent, &Records::Agent(std::slice::from_ref(&began)));
        news(&mut ledger)
    };
    assert_eq!(told(3000), ["ssm-user"]);
    assert_eq!(told(90_000), Vec::<String>::new());
}
