//! CloudTrail asked by the real AWS client, over the wire protocol, from a server of our own.

use std::time::Duration;

use crate::support::cloudtrail_server::{self, Fault, Server};
use login_exporter::event::Texts;
use login_exporter::parse::cloudtrail::Doors;
use login_exporter::parse::{self, Parsed};
use login_exporter::record::{Position, Record};
use login_exporter::source::aws::{Account, Aws};
use login_exporter::source::cloudtrail::{CloudTrailSource, Query, Settings};
use login_exporter::source::{CallFailure, ProblemReason, Source};

/// What the tests ask for: one request for the calls of EC2 Instance Connect.
const NAMES: [&str; 3] = ["StartSession", "ResumeSession", "TerminateSession"];

fn queries() -> Vec<Query> {
    let names = NAMES.iter().map(|name| Query::EventName((*name).to_owned()));
    let source = Query::EventSource("ec2-instance-connect.amazonaws.com".to_owned());
    names.chain([source]).collect()
}

/// What deliveries brought, added up.
#[derive(Default)]
struct Seen {
    ids: Vec<String>,
    failures: Vec<CallFailure>,
    problems: Vec<(ProblemReason, String)>,
    requests: u64,
    position: Position,
    up: bool,
    polls: u32,
    reach: Option<i64>,
    account: String,
}

/// As quick as a test may be; only one test looks at the true pace.
pub fn quick(region: &str) -> Settings {
    Settings {
        poll_interval: Duration::from_millis(1),
        request_interval: Duration::ZERO,
        first_back_off: Duration::from_millis(1),
        ..Settings::new(region, queries())
    }
}

async fn open(server: &Server, position: Option<&Position>) -> CloudTrailSource {
    open_with(&server.endpoint, quick("eu-west-1"), None, position).await
}

async fn open_with(
    endpoint: &str,
    settings: Settings,
    account: Option<&Account>,
    position: Option<&Position>,
) -> CloudTrailSource {
    let access = Aws::for_test_server(endpoint).await.access(account).await;
    CloudTrailSource::open(&access, settings, position)
}

/// Takes one delivery in.
async fn delivery(source: &mut CloudTrailSource, seen: &mut Seen) {
    let delivery = source.next().await;
    delivery.records.for_each(|record| seen.ids.push(event_id(record)));
    seen.requests += delivery.report.calls.requests;
    seen.polls += u32::from(delivery.report.calls.polled.is_some());
    seen.failures.extend(&delivery.report.calls.failures);
    seen.reach = delivery.report.calls.reach.or(seen.reach);
    seen.account = delivery.report.calls.account;
    let problems = delivery.report.problems.into_iter().map(|p| (p.reason, p.message));
    seen.problems.extend(problems);
    seen.position = delivery.position;
    seen.up = delivery.report.up;
}

fn event_id(record: Record<'_>) -> String {
    let Record::CloudTrail(json) = record else { panic!("{record:?}") };
    match parse::cloudtrail::record(json, Doors::default(), &Texts::default()) {
        Parsed::Event(event) => event.aws.unwrap().event_id.to_owned(),
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
    let all =
        ["StartSession", "ResumeSession", "TerminateSession", "SendSSHPublicKey", "OpenTunnel"];
    for name in all {
        server.add(&format!("one-{name}"), name, 30);
    }
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    let expected = numbered(120).into_iter().chain(all.map(|name| format!("one-{name}")));
    assert_eq!(sorted(seen.ids), sorted(expected.collect()));
    assert_eq!(seen.requests, 3 + 3);
    assert!(seen.up && seen.problems.is_empty());
    assert_eq!(seen.account, cloudtrail_server::OWN_ACCOUNT);
    assert_eq!(server.identities(), 1);
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
    let names = queries().len() as u32;
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

/// The position of a source whose sweeps are all due.
fn long_ago_swept(position: &Position) -> Position {
    let mut place = position.to_json();
    place["swept"] = serde_json::json!([0, 0, 0]);
    Position::json(place)
}

#[tokio::test]
async fn what_is_delivered_late_is_found_by_a_sweep_between_polls() {
    let server = Server::start();
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    server.add("late", "StartSession", 50 * 60);
    server.add("very-late", "StartSession", 20 * 3_600);
    polls(&mut source, &mut seen, 3).await;
    assert_eq!(seen.ids, ["late"], "a poll looks back an hour");
    let mut source = open(&server, Some(&long_ago_swept(&seen.position))).await;
    while seen.ids.len() < 3 {
        delivery(&mut source, &mut seen).await;
    }
    assert_eq!(sorted(seen.ids), ["late", "late", "very-late"], "a restart hands on again");
    assert!(seen.reach.unwrap() >= 24 * 3_600);
}

/// The sweep of a day has 40 pages to read; what is fresh is told within one poll.
#[tokio::test]
async fn what_is_fresh_does_not_wait_for_a_sweep() {
    let server = Server::start();
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    for n in 0..2_000 {
        server.add(&format!("{n}"), "StartSession", 3_600 + n * 30);
    }
    let settings = Settings {
        poll_interval: Duration::from_millis(200),
        request_interval: Duration::from_millis(20),
        ..quick("eu-west-1")
    };
    let position = long_ago_swept(&seen.position);
    let mut source = open_with(&server.endpoint, settings, None, Some(&position)).await;
    while seen.ids.len() < 200 {
        delivery(&mut source, &mut seen).await;
    }
    server.add("fresh", "StartSession", 1);
    let before = seen.requests;
    while !seen.ids.contains(&"fresh".to_owned()) {
        delivery(&mut source, &mut seen).await;
    }
    assert!(seen.requests - before <= 20, "{} requests later", seen.requests - before);
    assert!(seen.ids.len() < 1_900, "the sweep goes on: {}", seen.ids.len());
}

#[tokio::test]
async fn a_session_from_before_a_start_without_lookback_counts_where_it_is_told_after_it() {
    let server = Server::start();
    server.add("before", "StartSession", 60);
    let settings = || Settings { lookback: Duration::ZERO, ..quick("eu-west-1") };
    let mut source = open_with(&server.endpoint, settings(), None, None).await;
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    server.add("told-late", "StartSession", 60);
    polls(&mut source, &mut seen, 2).await;
    let mut source = open_with(&server.endpoint, settings(), None, Some(&seen.position)).await;
    polls(&mut source, &mut seen, 2).await;
    seen.ids.dedup();
    assert_eq!(seen.ids, ["told-late"]);
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

/// It asks for the quarter of an hour before again; that a record came up then is for `memory` to
/// know, which is saved with the position.
#[tokio::test]
async fn a_restart_goes_on_behind_its_position() {
    let server = Server::start();
    server.add("long-before", "StartSession", 2 * 3_600);
    server.add("just-before", "StartSession", 60);
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    drop(source);
    server.add("while-away", "StartSession", 10);
    let mut source = open(&server, Some(&seen.position)).await;
    seen.ids.clear();
    polls(&mut source, &mut seen, 2).await;
    assert_eq!(seen.ids, ["just-before", "while-away"]);
    assert_eq!(server.identities(), 1, "the account's number is remembered");
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
async fn a_restart_in_the_midst_of_a_poll_loses_nothing() {
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
    let mut ids = sorted(seen.ids);
    ids.dedup();
    assert_eq!(ids, numbered(180));
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
        (
            Fault::Told(
                "InvalidSignatureException",
                "Signature expired: 20261125T120000Z is now earlier than",
            ),
            CallFailure::Clock,
            "set its clock",
        ),
        (Fault::Page, CallFailure::Proxy, "NO_PROXY"),
        (Fault::Refused("UnrecognizedClientException"), CallFailure::Credentials, "AWS_PROFILE"),
        (Fault::Refused("ExpiredTokenException"), CallFailure::Expired, "renew"),
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

/// Good keys that a Region does not know: it has to be enabled first, unlike those of old.
#[tokio::test]
async fn a_region_that_the_account_has_not_enabled_is_told_as_such() {
    let cases = [
        ("me-central-1", Fault::Refused("UnrecognizedClientException")),
        ("ap-east-1", Fault::Refused("InvalidClientTokenId")),
        ("eu-west-1", Fault::Refused("OptInRequired")),
    ];
    for (region, fault) in cases {
        let server = Server::start();
        server.fail_next([Some(fault.clone())]);
        let mut source = open_with(&server.endpoint, quick(region), None, None).await;
        let mut seen = Seen::default();
        delivery(&mut source, &mut seen).await;
        assert_eq!(seen.failures, [CallFailure::Region], "{region} {fault:?}");
        let message = &seen.problems[0].1;
        let told = format!("the Region {region} is not enabled in this account");
        assert!(message.contains(&told) && message.contains("enable it"), "{message}");
    }
}

/// Down for ten hours, and as far as that from any sweep: no word of more events than can be read.
#[tokio::test]
async fn a_start_after_hours_is_no_overload() {
    let server = Server::start();
    server.add("one", "StartSession", 1_800);
    let then = cloudtrail_server::now() - 36_000;
    let position = Position::json(serde_json::json!({
        "read_until": then, "floor": then - 86_400, "swept": [then, then, then],
        "account": "123456789012",
    }));
    let (mut source, mut seen) = (open(&server, Some(&position)).await, Seen::default());
    polls(&mut source, &mut seen, 2).await;
    assert_eq!((seen.ids, seen.problems), (vec!["one".to_owned()], Vec::new()));
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_told_of_by_who_was_asked() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{port}");
    let account = account("123456789012", "right");
    let role = open_with(&endpoint, quick("eu-west-1"), Some(&account), None).await;
    let own = open_with(&endpoint, quick("eu-west-1"), None, None).await;
    let mut told = Seen::default();
    delivery(&mut { role }, &mut told).await;
    assert_eq!(told.failures, [CallFailure::Sts], "{:?}", told.problems);
    assert!(told.problems[0].1.contains("STS cannot be reached"), "{}", told.problems[0].1);
    let mut source = own;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Sts]);
    let message = &seen.problems[0].1;
    assert!(message.contains("give the VPC an endpoint for STS"), "{message}");
    assert!(message.contains("CloudTrail in eu-west-1 is asked all the same"), "{message}");
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Sts, CallFailure::Network]);
    let known = serde_json::json!({"read_until": null, "floor": 0, "account": "123456789012"});
    let known = Position::json(known);
    let mut source = open_with(&endpoint, quick("eu-west-1"), None, Some(&known)).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Network]);
    assert!(
        seen.problems[0].1.contains("CloudTrail in eu-west-1 cannot be reached"),
        "{:?}",
        seen.problems
    );
}

/// A network with an endpoint for CloudTrail alone.
#[tokio::test]
async fn without_sts_cloudtrail_is_asked_and_a_record_tells_the_account() {
    let server = Server::start();
    server.without_sts();
    let (mut source, mut seen) = (open(&server, None).await, Seen::default());
    polls(&mut source, &mut seen, 1).await;
    assert!(seen.up && seen.account.is_empty());
    assert_eq!(seen.failures, [CallFailure::Sts], "{:?}", seen.problems);
    server.add("one", "StartSession", 10);
    polls(&mut source, &mut seen, 2).await;
    assert_eq!((seen.ids, seen.account.as_str()), (vec!["one".to_owned()], "123456789012"));
    assert_eq!(seen.failures, [CallFailure::Sts], "STS is asked seldom: {:?}", seen.problems);
    let mut source = open(&server, Some(&seen.position)).await;
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    assert_eq!((seen.failures, seen.account.as_str()), (vec![], "123456789012"));
}

fn account(number: &str, external_id: &str) -> Account {
    let role_arn = format!("arn:aws:iam::{number}:role/login-exporter-read");
    Account { role_arn, external_id: Some(external_id.to_owned()) }
}

#[tokio::test]
async fn another_account_is_read_through_its_role() {
    let server = Server::start();
    server.add("theirs", "StartSession", 10);
    let account = account("123456789012", "right");
    let mut source = open_with(&server.endpoint, quick("eu-west-1"), Some(&account), None).await;
    assert_eq!(source.id().to_string(), "cloudtrail:123456789012:eu-west-1");
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(seen.ids, ["theirs"]);
    assert_eq!((seen.account.as_str(), server.identities()), ("123456789012", 0));
    assert!(server.asked().iter().all(|asked| asked.access_key == "ASIA123456789012"));
    let [assumed] = &server.assumed()[..] else { panic!("{:?}", server.assumed()) };
    assert_eq!(assumed["RoleArn"], account.role_arn);
    assert_eq!(assumed["RoleSessionName"], "login_exporter");
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named() {
    let server = Server::start();
    let account = account("123456789012", "wrong");
    let mut source = open_with(&server.endpoint, quick("eu-west-1"), Some(&account), None).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert_eq!(seen.failures, [CallFailure::Credentials]);
    let message = &seen.problems[0].1;
    assert!(message.contains("assume arn:aws:iam::123456789012:role/"), "{message}");
    assert!(message.contains("sts:AssumeRole"), "{message}");
}

/// The SDK's memory of credentials holds 64; here are 120 readers of 30 accounts.
#[tokio::test]
async fn thirty_accounts_by_four_regions_assume_each_role_once() {
    let server = Server::start();
    let aws = Aws::for_test_server(&server.endpoint).await;
    let mut sources = Vec::new();
    for n in 0..30 {
        let account = account(&format!("{:012}", 100 + n), "right");
        let access = aws.access(Some(&account)).await;
        for region in ["eu-west-1", "eu-central-1", "us-east-1", "ap-northeast-1"] {
            sources.push(CloudTrailSource::open(&access, quick(region), None));
        }
    }
    for _ in 0..2 {
        for source in &mut sources {
            let mut seen = Seen::default();
            polls(source, &mut seen, 1).await;
            assert!(seen.up && seen.failures.is_empty());
        }
    }
    assert_eq!((server.asked().len(), server.assumed().len()), (120 * 2 * 4, 30));
}

#[tokio::test]
async fn the_own_account_that_is_read_through_a_role_too_is_asked_once() {
    let server = Server::start();
    server.add("one", "StartSession", 10);
    let elsewhere = [cloudtrail_server::OWN_ACCOUNT.to_owned()].into();
    let settings = Settings { elsewhere, ..quick("eu-west-1") };
    let mut source = open_with(&server.endpoint, settings, None, None).await;
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    assert!(seen.up && seen.ids.is_empty());
    assert_eq!(server.asked().len(), 0);
}

/// How shares come out in the long run is for the pace's own tests, on a clock of theirs.
#[tokio::test]
async fn a_reader_that_is_refused_now_and_then_reads_all_and_asks_less_often() {
    let server = Server::start();
    add_numbered(&server, 120);
    let throttled = Some(Fault::Refused("ThrottlingException"));
    server.fail_next((0..6).flat_map(|_| [throttled.clone(), None]));
    let settings = Settings {
        poll_interval: Duration::from_secs(3_600),
        request_interval: Duration::from_millis(2),
        ..quick("eu-west-1")
    };
    let mut source = open_with(&server.endpoint, settings, None, None).await;
    let mut seen = Seen::default();
    polls(&mut source, &mut seen, 1).await;
    assert_eq!(sorted(seen.ids), numbered(120));
    assert_eq!(seen.failures, [CallFailure::Throttled; 6]);
    assert_eq!(seen.problems, [], "a refusal now and then is no trouble");
    let interval = seen.position.to_json()["interval"].as_u64().unwrap();
    assert!(interval >= 10, "{interval} ms");
}

/// Each first request waits for at least half an interval, so however fast or slow this machine is,
/// there are no more requests than that.
#[tokio::test]
async fn restarts_keep_the_pace() {
    let server = Server::start();
    let request_interval = Settings::new("", Vec::new()).request_interval;
    let paced = || Settings { request_interval, ..quick("eu-west-1") };
    let mut seen = Seen::default();
    let started = std::time::Instant::now();
    for _ in 0..6 {
        let mut source = open_with(&server.endpoint, paced(), None, None).await;
        let third = Duration::from_millis(170);
        let _ = tokio::time::timeout(third, delivery(&mut source, &mut seen)).await;
    }
    let asked = server.asked().len() as u128 + u128::from(server.identities());
    let most = started.elapsed().as_millis() / (request_interval.as_millis() / 2);
    assert!(asked <= most, "{asked} requests where {most} were due");
}

#[tokio::test]
async fn the_service_is_never_asked_more_than_twice_a_second() {
    let server = Server::start();
    server.enforce_rate();
    add_numbered(&server, 120);
    let request_interval = Settings::new("", Vec::new()).request_interval;
    let paced = Settings { request_interval, ..quick("eu-west-1") };
    let mut source = open_with(&server.endpoint, paced, None, None).await;
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
        let _ = tokio::time::timeout(Duration::from_millis(10), async {
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
    let access = Aws::from_environment(Some("eu-west-1")).await.access(None).await;
    let mut source = CloudTrailSource::open(&access, quick("eu-west-1"), None);
    let mut seen = Seen::default();
    delivery(&mut source, &mut seen).await;
    println!("told: {:?} {:?} {:?}", seen.ids, seen.failures, seen.problems);
}

fn in_child(server: &Server, variables: &[(&str, &str)]) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "api::in_the_environment_of_the_caller", "--nocapture"]);
    command.env("AWS_ENDPOINT_URL_CLOUDTRAIL", &server.endpoint);
    command.env("AWS_ENDPOINT_URL_STS", &server.endpoint);
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
