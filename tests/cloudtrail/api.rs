//! CloudTrail asked by the real AWS client, over the wire protocol, from a server of our own.

use std::time::Duration;

use crate::support::cloudtrail_server::{Fault, Server};
use login_exporter::parse::{self, Parsed};
use login_exporter::record::{Position, Record};
use login_exporter::source::cloudtrail::{Account, Aws, CloudTrailSource, Settings};
use login_exporter::source::{CallFailure, ProblemReason, Source};

const NAMES: [&str; 6] = parse::cloudtrail::EVENT_NAMES;

/// What deliveries brought, added up.
#[derive(Default)]
struct Seen {
    ids: Vec<String>,
    failures: Vec<CallFailure>,
    problems: Vec<(ProblemReason, String)>,
    delays: Vec<f64>,
    requests: u64,
    position: Position,
    up: bool,
    polls: u32,
}

/// As quick as a test may be; only one test looks at the true pace.
fn quick(region: &str) -> Settings {
    Settings {
        poll_interval: Duration::from_millis(1),
        request_interval: Duration::ZERO,
        first_back_off: Duration::from_millis(1),
        ..Settings::new(region, &NAMES)
    }
}

async fn open(server: &Server, position: Option<&Position>) -> CloudTrailSource {
    let aws = Aws::for_test_server(&server.endpoint).await;
    CloudTrailSource::open(&aws, quick("eu-west-1"), position).await
}

/// Takes one delivery in.
async fn delivery(source: &mut CloudTrailSource, seen: &mut Seen) {
    let delivery = source.next().await;
    delivery.records.for_each(|record| seen.ids.push(event_id(record)));
    seen.requests += delivery.report.calls.requests;
    seen.polls += u32::from(delivery.report.calls.polled.is_some());
    seen.failures.extend(&delivery.report.calls.failures);
    seen.delays.extend(&delivery.report.calls.delays);
    let problems = delivery.report.problems.into_iter().map(|p| (p.reason, p.message));
    seen.problems.extend(problems);
    seen.position = delivery.position;
    seen.up = delivery.report.up;
}

fn event_id(record: Record<'_>) -> String {
    let Record::CloudTrail(json) = record else { panic!("{record:?}") };
    match parse::cloudtrail::record(json) {
        Parsed::Event(event) => event.aws.unwrap().event_id.into_owned(),
        other => panic!("{other:?}"),
    }
}

/// Takes deliveries in until `polls` more polls were read to their end.
async fn polls(source: &mut CloudTrailSource, seen: &mut Seen, polls: u32) {
    let until = seen.polls + polls;
    while seen.polls < until {
        delivery(source, seen).await;
    }
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("event-{n:04}")).collect()
}

/// Events a minute apart, so that they fill pages.
fn add_numbered(server: &Server, count: usize) {
    for (n, id) in numbered(count).iter().enumerate() {
        server.add(id, "StartSession", 60 + n as i64);
    }
}

#[tokio::test]
async fn every_page_of_every_name_is_read_once() {
    let server = Server::start();
    add_numbered(&server, 120);
    for name in NAMES {
        server.add(&format!("one-{name}"), name, 30);
    }
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    let expected = numbered(120).into_iter().chain(NAMES.map(|name| format!("one-{name}")));
    assert_eq!(sorted(seen.ids), sorted(expected.collect()));
    assert_eq!(seen.requests, 3 + 5);
    assert!(seen.up && seen.problems.is_empty());
}

#[tokio::test]
async fn a_session_is_told_before_its_end_oldest_first() {
    let server = Server::start();
    server.add("end", "TerminateSession", 500);
    server.add("second", "StartSession", 100);
    server.add("first", "StartSession", 200);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.ids, ["first", "second", "end"]);
}

/// CloudTrail shows both at once, just after StartSession was asked for.
#[tokio::test]
async fn a_session_that_comes_up_with_its_end_in_the_midst_of_a_poll_is_told_first() {
    let server = Server::start();
    let names = NAMES.len() as u32;
    for requests in 1..names {
        let (mut source, mut seen) = (open(&server, None).await, Seen::default());
        polls(&mut source, &mut seen, 1).await;
        let asked = server.asked().len();
        let (start, end) = (format!("start-{requests}"), format!("end-{requests}"));
        let adding = async {
            while server.asked().len() < asked + requests as usize {
                tokio::task::yield_now().await;
            }
            server.add(&start, "StartSession", 20);
            server.add(&end, "TerminateSession", 10);
        };
        seen.ids.clear();
        tokio::join!(adding, polls(&mut source, &mut seen, 2));
        assert_eq!(seen.ids, [start, end], "after {requests} requests");
    }
}

#[tokio::test]
async fn overlapping_polls_tell_nothing_twice() {
    let server = Server::start();
    add_numbered(&server, 60);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 3).await;
    assert_eq!(sorted(seen.ids), numbered(60));
}

#[tokio::test]
async fn an_event_that_is_delivered_late_counts_once_and_shows_its_delay() {
    let server = Server::start();
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    server.add("late", "StartSession", 50 * 60);
    polls(&mut source, &mut seen, 3).await;
    assert_eq!(seen.ids, ["late"]);
    assert!((3_000.0..3_060.0).contains(&seen.delays[0]), "{:?}", seen.delays);
}

#[tokio::test]
async fn what_was_there_before_the_first_poll_shows_no_delay() {
    let server = Server::start();
    server.add("old", "StartSession", 20 * 3_600);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.ids, ["old"]);
    assert!(seen.delays.is_empty(), "{:?}", seen.delays);
}

#[tokio::test]
async fn the_first_start_reaches_back_a_day() {
    let server = Server::start();
    server.add("yesterday", "StartSession", 23 * 3_600);
    server.add("before", "StartSession", 25 * 3_600);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.ids, ["yesterday"]);
}

#[tokio::test]
async fn a_restart_goes_on_behind_its_position() {
    let server = Server::start();
    add_numbered(&server, 60);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    drop(source);
    server.add("while-away", "StartSession", 10);
    let mut source = open(&server, Some(&seen.position)).await;
    seen.ids.clear();
    polls(&mut source, &mut seen, 2).await;
    assert_eq!(seen.ids, ["while-away"]);
}

#[tokio::test]
async fn a_poll_that_breaks_off_at_its_third_page_loses_nothing() {
    let server = Server::start();
    add_numbered(&server, 180);
    server.fail_next([None, None, None, None, Some(Fault::HungUp)]);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 2).await;
    assert_eq!(sorted(seen.ids), numbered(180));
    assert_eq!(seen.failures, [CallFailure::Network]);
}

#[tokio::test]
async fn a_restart_in_the_midst_of_a_poll_loses_and_doubles_nothing() {
    let server = Server::start();
    add_numbered(&server, 180);
    server.fail_next([None, None, None, None, Some(Fault::Broken)]);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    while seen.failures.is_empty() {
        delivery(&mut source, &mut seen).await;
    }
    assert_eq!(seen.ids.len(), 100);
    let mut source = open(&server, Some(&seen.position)).await;
    polls(&mut source, &mut seen, 2).await;
    assert_eq!(sorted(seen.ids), numbered(180));
}

#[tokio::test]
async fn a_token_that_is_refused_begins_the_window_anew() {
    let server = Server::start();
    add_numbered(&server, 120);
    let refused = Fault::Refused("InvalidNextTokenException");
    server.fail_next([None, None, None, Some(refused)]);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(sorted(seen.ids), numbered(120));
    let tokens: Vec<bool> =
        server.asked().iter().skip(2).take(3).map(|a| a.token.is_some()).collect();
    assert_eq!(tokens, [false, true, false]);
}

#[tokio::test]
async fn single_throttles_are_counted_and_told_only_when_they_last() {
    let server = Server::start();
    server.add("one", "StartSession", 10);
    let throttled = Some(Fault::Refused("ThrottlingException"));
    server.fail_next([throttled.clone(), throttled.clone(), None, throttled.clone()]);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.failures, [CallFailure::Throttled; 3]);
    assert_eq!(seen.problems, []);
    server.fail_next([throttled.clone(), throttled.clone(), throttled]);
    polls(&mut source, &mut seen, 1).await;
    let [(reason, message)] = &seen.problems[..] else { panic!("{:?}", seen.problems) };
    assert_eq!(*reason, ProblemReason::Unreadable);
    assert!(message.starts_with("CloudTrail in eu-west-1 throttles LookupEvents ("), "{message}");
    assert_eq!(seen.ids, ["one"]);
}

#[tokio::test]
async fn each_refusal_has_its_reason_and_remedy_and_is_asked_again() {
    let table = [
        (Fault::Refused("AccessDeniedException"), CallFailure::Denied, "allow this principal"),
        (Fault::Refused("UnrecognizedClientException"), CallFailure::Credentials, "AWS_PROFILE"),
        (Fault::Refused("ExpiredTokenException"), CallFailure::Credentials, "give the instance"),
        (Fault::HungUp, CallFailure::Network, "check the network"),
        (Fault::Broken, CallFailure::Other, "Health Dashboard"),
        (Fault::Refused("InternalFailure"), CallFailure::Other, "InternalFailure: refused"),
    ];
    for (fault, reason, remedy) in table {
        let server = Server::start();
        server.add("one", "StartSession", 10);
        server.fail_next([Some(fault.clone())]);
        let (mut source, mut seen) = (open(&server, None).await, Seen::default());
        delivery(&mut source, &mut seen).await;
        assert_eq!(seen.failures, [reason], "{fault:?}");
        assert!(!seen.up);
        assert!(seen.problems[0].1.contains(remedy), "{}", seen.problems[0].1);
        polls(&mut source, &mut seen, 1).await;
        assert_eq!((seen.ids, seen.up), (vec!["one".to_owned()], true), "{fault:?}");
    }
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_a_network_failure() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let aws = Aws::for_test_server(&format!("http://{port}")).await;
    let mut source = CloudTrailSource::open(&aws, quick("eu-west-1"), None).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Network]);
    assert!(seen.problems[0].1.contains("cannot be reached"), "{}", seen.problems[0].1);
}

#[tokio::test]
async fn another_account_is_read_through_its_role() {
    let server = Server::start();
    server.add("theirs", "StartSession", 10);
    let aws = Aws::for_test_server(&server.endpoint).await;
    let role_arn = "arn:aws:iam::123456789012:role/login-exporter-read".to_owned();
    let account = Account { role_arn: role_arn.clone(), external_id: Some("right".to_owned()) };
    let settings = Settings { account: Some(account), ..quick("eu-west-1") };
    assert_eq!(settings.id().to_string(), "cloudtrail:123456789012:eu-west-1");
    let mut source = CloudTrailSource::open(&aws, settings, None).await;
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.ids, ["theirs"]);
    assert!(server.asked().iter().all(|asked| asked.access_key == "ASIAASSUMED"));
    let [assumed] = &server.assumed()[..] else { panic!("{:?}", server.assumed()) };
    assert_eq!(assumed["RoleArn"], role_arn);
    assert_eq!(assumed["RoleSessionName"], "login_exporter");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named() {
    let server = Server::start();
    let aws = Aws::for_test_server(&server.endpoint).await;
    let role_arn = "arn:aws:iam::123456789012:role/read".to_owned();
    let account = Account { role_arn, external_id: Some("wrong".to_owned()) };
    let settings = Settings { account: Some(account), ..quick("eu-west-1") };
    let mut source = CloudTrailSource::open(&aws, settings, None).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Credentials]);
    let message = &seen.problems[0].1;
    assert!(message.contains("assume arn:aws:iam::123456789012:role/read"), "{message}");
    assert!(message.contains("sts:AssumeRole"), "{message}");
}

#[tokio::test]
async fn the_service_is_never_asked_more_than_twice_a_second() {
    let server = Server::start();
    server.enforce_rate();
    add_numbered(&server, 120);
    let aws = Aws::for_test_server(&server.endpoint).await;
    let paced = Settings {
        request_interval: Settings::new("", &[]).request_interval,
        ..quick("eu-west-1")
    };
    let mut source = CloudTrailSource::open(&aws, paced, None).await;
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(sorted(seen.ids), numbered(120));
    assert!(server.asked().iter().all(|asked| !asked.too_fast));
    assert_eq!(seen.failures, []);
}

#[tokio::test]
async fn waiting_that_is_given_up_loses_nothing() {
    let server = Server::start();
    add_numbered(&server, 120);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    while seen.polls == 0 {
        let _ = tokio::time::timeout(Duration::from_millis(2), async {
            delivery(&mut source, &mut seen).await;
        })
        .await;
    }
    assert_eq!(sorted(seen.ids), numbered(120));
}

/// The part of the next test that runs in a process with an environment of its own.
#[tokio::test]
async fn in_the_environment_of_the_caller() {
    if std::env::var_os("AWS_ENDPOINT_URL_CLOUDTRAIL").is_none() {
        return;
    }
    let aws = Aws::from_environment("eu-west-1").await;
    let mut source = CloudTrailSource::open(&aws, quick("eu-west-1"), None).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    println!("told: {:?} {:?} {:?}", seen.ids, seen.failures, seen.problems);
}

fn in_child(server: &Server, variables: &[(&str, &str)]) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "in_the_environment_of_the_caller", "--nocapture"]);
    command.env("AWS_ENDPOINT_URL_CLOUDTRAIL", &server.endpoint);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
    command.env_remove("AWS_PROFILE").envs(variables.iter().copied());
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn endpoint_and_keys_of_the_environment_are_used() {
    let server = Server::start();
    server.add("one", "StartSession", 10);
    let told =
        in_child(&server, &[("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "secret")]);
    assert!(told.contains(r#"told: ["one"] [] []"#), "{told}");
    assert_eq!(server.asked()[0].access_key, "AKIAENV");
}

#[test]
fn without_credentials_nothing_is_sent_and_the_remedy_is_named() {
    let server = Server::start();
    let told = in_child(&server, &[]);
    assert!(told.contains("told: [] [Credentials]"), "{told}");
    assert!(told.contains("give the instance a role, or set AWS_PROFILE"), "{told}");
    assert_eq!(server.asked().len(), 0);
}
