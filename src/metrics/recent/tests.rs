use super::*;
use crate::event::{AwsCall, Event, Texts};
use crate::metrics::testing::{at, login, seen, start_session};

fn times(recent: &Recent) -> Vec<i64> {
    recent.newest_first().map(|access| access.time - at(0).seconds()).collect()
}

fn login_at(seconds: i64) -> Event<'static> {
    Event { time: at(seconds), ..login("bob", "203.0.113.7") }
}

#[test]
fn a_login_shows_who_whence_and_how() {
    let mut recent = Recent::default();
    let event = Event { host: "web-1", ..login("ec2-user", "203.0.113.7") };
    let judged = Observation {
        identity: "alice".into(),
        network: "office".into(),
        expected: Expected::True,
        ..seen(&event)
    };
    recent.push(&judged, None);
    let expected = Access {
        time: 1_700_000_000,
        host: "web-1".into(),
        event: "login_success",
        program: "sshd".into(),
        user: "ec2-user".into(),
        identity: "alice".into(),
        method: "publickey".into(),
        source: "203.0.113.7".into(),
        network: "office".into(),
        detail: String::new(),
        expected: "true",
        session: None,
    };
    assert_eq!(recent.newest_first().collect::<Vec<_>>(), [&expected]);
}

#[test]
fn each_kind_of_access_shows_what_it_was_about() {
    let base = Event {
        target_user: Some("root"),
        command: Some("/bin/less /var/log/secure"),
        change: Some(crate::event::Change::UserAdded),
        ..login("bob", "")
    };
    let cases = [
        (EventKind::SudoCommand, "/bin/less"),
        (EventKind::SuSuccess, "root"),
        (EventKind::AccountChange, "user_added"),
        (EventKind::LoginSuccess, ""),
    ];
    for (kind, detail) in cases {
        let mut recent = Recent::default();
        recent.push(&seen(&Event { kind, ..base }), None);
        assert_eq!(recent.newest_first().next().unwrap().detail, detail, "{kind}");
    }
    let mut recent = Recent::default();
    recent.push(&seen(&start_session("i-0123456789abcdef0")), None);
    let call = recent.newest_first().next().unwrap();
    assert_eq!((&*call.program, &*call.detail), ("StartSession", "i-0123456789abcdef0"));
}

#[test]
fn what_was_refused_cannot_drive_an_access_out() {
    let mut recent = Recent::new(2);
    recent.push(&seen(&login_at(0)), None);
    for kind in [EventKind::LoginFailure, EventKind::LoginRejected, EventKind::SudoFailure] {
        for _ in 0..10 {
            recent.push(&seen(&Event { kind, ..login_at(1) }), None);
        }
    }
    assert_eq!(times(&recent), [0]);
}

#[test]
fn the_newest_stand_first_however_late_they_were_read() {
    let mut recent = Recent::new(3);
    for seconds in [10, 30, 20, 5, 40] {
        recent.push(&seen(&login_at(seconds)), None);
    }
    assert_eq!(times(&recent), [40, 30, 20]);
}

#[test]
fn of_one_second_the_last_read_stands_first() {
    let mut recent = Recent::default();
    for user in ["first", "second"] {
        recent.push(&seen(&login(user, "")), None);
    }
    let users: Vec<_> = recent.newest_first().map(|access| access.user.as_str()).collect();
    assert_eq!(users, ["second", "first"]);
}

#[test]
fn nothing_of_a_dropped_access_stays_behind() {
    let mut recent = Recent::new(1);
    recent.push(&seen(&Event { host: "old", ..login_at(0) }), None);
    recent.push(&seen(&Event { source: None, user: None, ..login_at(1) }), None);
    let access = recent.newest_first().next().unwrap();
    assert_eq!((&*access.host, &*access.source, &*access.user), ("", "", ""));
}

#[test]
fn a_list_without_room_stays_empty() {
    let mut recent = Recent::new(0);
    recent.push(&seen(&login_at(0)), None);
    assert!(recent.is_empty());
}

#[test]
fn a_name_of_a_megabyte_is_cut() {
    let mut recent = Recent::default();
    recent.push(&seen(&login(&"x".repeat(1 << 20), "")), None);
    assert_eq!(recent.newest_first().next().unwrap().user.len(), MAX_VALUE_BYTES);
}

#[test]
fn a_restart_brings_the_list_back() {
    let mut recent = Recent::default();
    for seconds in 0..5 {
        recent.push(&seen(&login_at(seconds)), None);
    }
    let saved = serde_json::to_string(&recent).unwrap();
    let restored: Recent = serde_json::from_str(&saved).unwrap();
    assert!(restored.newest_first().eq(recent.newest_first()));
}

#[test]
fn a_longer_list_of_a_snapshot_keeps_its_newest() {
    let mut long = Recent::new(500);
    for seconds in 0..500 {
        long.push(&seen(&login_at(seconds)), None);
    }
    let restored: Recent = serde_json::from_str(&serde_json::to_string(&long).unwrap()).unwrap();
    assert_eq!(restored.len(), DEFAULT_CAPACITY);
    assert_eq!(times(&restored)[0], 499);
}

#[test]
fn a_job_that_logs_in_each_minute_drives_nobody_out() {
    let mut recent = Recent::new(20);
    recent.push(&seen(&login("alice", "203.0.113.9")), None);
    for minute in 1..1_000 {
        let job = Event { time: at(60 * minute), ..login("deploy", "10.0.0.5") };
        recent.push(&seen(&job), None);
    }
    let job = times(&recent)[0];
    for n in 0..15 {
        recent.push(&seen(&login_at(60_000 + n)), None);
        recent.push(&seen(&Event { time: at(job), ..login("deploy", "10.0.0.5") }), None);
    }
    let users: Vec<_> = recent.newest_first().map(|access| access.user.as_str()).collect();
    assert_eq!(users.len(), 20);
    assert_eq!(users.last(), Some(&"alice"), "{users:?}");
    assert_eq!(users.iter().filter(|user| **user == "deploy").count(), 4, "{users:?}");
}

/// The number of each kind stays right, whatever comes and goes.
#[test]
fn which_are_repeated_is_known_after_thousands_of_changes() {
    let mut recent = Recent::new(30);
    for n in 0..5_000_i64 {
        let user = format!("u{}", (n * n) % 37 / 3);
        recent.push(&seen(&Event { time: at(n % 301), ..login(&user, "") }), None);
        let alike = |access: &Access| recent.newest_first().filter(|o| o.is_alike(access)).count();
        let oldest = recent.newest_first().filter(|access| alike(access) >= MANY).last();
        let place = recent.repeats.oldest_repeated();
        let found = place.map(|place| &recent.accesses[place].access);
        assert_eq!(found.map(|access| access.time), oldest.map(|access| access.time), "{n}");
    }
}

fn of_session(event: Event<'static>, id: &str) -> Event<'static> {
    let call = AwsCall {
        target: Some("i-0123456789abcdef0"),
        session_id: Some(id.to_owned().leak()),
        ..event.aws.copied().unwrap_or_default()
    };
    Event { aws: Some(Texts::for_ever().call(call)), ..event }
}

fn agent(kind: EventKind, id: &str, seconds: i64) -> Event<'static> {
    let method = Some(crate::event::Method::SessionManager);
    let event = Event { host: "web-1", method, ..login("ssm-user", "") };
    of_session(Event { kind, time: at(seconds), program: crate::event::SSM_AGENT, ..event }, id)
}

fn cloudtrail(id: &str) -> Event<'static> {
    of_session(Event { source: Some("198.51.100.4"), ..start_session("") }, id)
}

/// What each tells of a session of alice's, in this order.
fn told(recent: &mut Recent, tellers: &[&str]) {
    for teller in tellers {
        let event = match *teller {
            "host" => agent(EventKind::LoginSuccess, "alice-1", 1),
            "end" => agent(EventKind::SessionClosed, "alice-1", 61),
            _ => cloudtrail("alice-1"),
        };
        let identity = "Ops/alice".into();
        let expected = if *teller == "aws" { Expected::False } else { Expected::True };
        let duration = (*teller == "end").then_some(60.4);
        let judged = Observation { identity, expected, duration, ..seen(&event) };
        recent.push(&judged, Some(at(420).seconds()));
    }
}

#[test]
fn one_session_is_one_access_whoever_tells_it_first() {
    for order in [["host", "aws", "end"], ["host", "end", "aws"], ["aws", "host", "end"]] {
        let mut recent = Recent::default();
        told(&mut recent, &order);
        assert_eq!(recent.len(), 1, "{order:?}");
        let access = recent.newest_first().next().unwrap();
        let session = access.session.as_deref().unwrap();
        assert_eq!((session.by_host, session.by_aws), (true, true), "{order:?}");
        assert_eq!((session.late, session.lasted), (Some(420), Some(60)), "{order:?}");
        assert_eq!(session.ended, Some(at(61).seconds()), "{order:?}");
        assert_eq!((access.event, &*access.program), ("login_success", "ssm-agent"), "{order:?}");
        assert_eq!((&*access.user, &*access.host), ("ssm-user", "web-1"), "{order:?}");
        assert_eq!((&*access.source, &*access.identity), ("198.51.100.4", "Ops/alice"));
        assert_eq!(access.expected, "false", "AWS's rules did not expect it: {order:?}");
    }
}

#[test]
fn a_session_is_open_until_the_host_tells_its_end() {
    let mut recent = Recent::default();
    told(&mut recent, &["host", "aws"]);
    recent.push(&seen(&agent(EventKind::SessionClosed, "other", 5)), None);
    assert!(recent.newest_first().next().unwrap().session.as_ref().unwrap().is_open());
    told(&mut recent, &["end"]);
    assert!(!recent.newest_first().next().unwrap().session.as_ref().unwrap().is_open());
}

#[test]
fn what_became_of_a_saved_session_is_saved_too() {
    let mut recent = Recent::default();
    told(&mut recent, &["host"]);
    recent.take_changes();
    let mut restored: Recent =
        serde_json::from_str(&serde_json::to_string(&recent).unwrap()).unwrap();
    told(&mut recent, &["aws", "end"]);
    restored.apply(recent.take_changes());
    assert!(restored.newest_first().eq(recent.newest_first()));
    assert!(recent.take_changes().is_empty());
}
