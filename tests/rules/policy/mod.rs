//! What is expected of which login, and who came in with which key.

mod keys;
mod properties;
mod verdicts;

use jiff::tz::TimeZone;
use login_exporter::config::{CommandLine, Environment};
use login_exporter::event::{AwsCall, Event, EventKind, Method, Time};
use login_exporter::memory::Counted;
use login_exporter::policy::Policy;

/// The rules as the exporter reads them from this file.
fn policy(yaml: &str) -> Policy {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.yml");
    std::fs::write(&path, yaml).unwrap();
    let flag = format!("--config.file={}", path.display());
    let environment = Environment {
        state_directory: None,
        xdg_state_home: None,
        home: None,
        time_zone: TimeZone::UTC,
    };
    let line = CommandLine::parse(["login_exporter", &flag]).unwrap();
    let settings = line.settings(&environment).unwrap_or_else(|problems| panic!("{problems}"));
    Policy::from(settings.rules().unwrap())
}

/// The verdict and, where one fitted, the rule's place.
fn verdict(policy: &Policy, event: Event<'static>) -> String {
    let counted = Counted::from(&event);
    let observation = policy.observe(&counted);
    match observation.rule {
        Some(rule) => format!("{} {rule}", observation.expected),
        None => observation.expected.to_string(),
    }
}

/// Monday, 2026-01-05 12:00 UTC.
fn noon() -> Time {
    Time::new(1_767_614_400, 0)
}

fn login(user: &'static str, source: &'static str, method: Method) -> Event<'static> {
    let mut event = Event::new(EventKind::LoginSuccess, "sshd");
    event.time = noon();
    event.user = Some(user);
    event.source = Some(source);
    event.method = Some(method);
    event
}

fn sudo(user: &'static str, target: &'static str, command: &'static str) -> Event<'static> {
    let mut event = Event::new(EventKind::SudoCommand, "sudo");
    event.time = noon();
    event.user = Some(user);
    event.target_user = Some(target);
    event.command = Some(command);
    event
}

fn aws(identity: &'static str, source: &'static str) -> Event<'static> {
    let mut event = Event::new(EventKind::AwsSuccess, "");
    event.time = noon();
    event.identity = Some(identity);
    event.source = Some(source);
    event.aws = Some(Box::leak(Box::new(AwsCall {
        event_name: "StartSession",
        target: Some("i-0123456789abcdef0"),
        document: Some("SSM-SessionManagerRunShell"),
        account: Some("123456789012"),
        region: Some("ap-northeast-1"),
        ..AwsCall::default()
    })));
    event
}
