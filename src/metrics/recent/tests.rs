use super::*;
use crate::event::Event;
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
    let event = Event { host: "web-1".into(), ..login("ec2-user", "203.0.113.7") };
    let judged = Observation {
        identity: "alice".into(),
        network: "office".into(),
        expected: Expected::True,
        ..seen(&event)
    };
    recent.push(&judged);
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
    };
    assert_eq!(recent.newest_first().collect::<Vec<_>>(), [&expected]);
}

#[test]
fn each_kind_of_access_shows_what_it_was_about() {
    let base = Event {
        target_user: Some("root".into()),
        command: Some("/bin/less /var/log/secure".into()),
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
        recent.push(&seen(&Event { kind, ..base.clone() }));
        assert_eq!(recent.newest_first().next().unwrap().detail, detail, "{kind}");
    }
    let mut recent = Recent::default();
    recent.push(&seen(&start_session("i-0123456789abcdef0")));
    let call = recent.newest_first().next().unwrap();
    assert_eq!((&*call.program, &*call.detail), ("StartSession", "i-0123456789abcdef0"));
}

#[test]
fn what_was_refused_cannot_drive_an_access_out() {
    let mut recent = Recent::new(2);
    recent.push(&seen(&login_at(0)));
    for kind in [EventKind::LoginFailure, EventKind::LoginRejected, EventKind::SudoFailure] {
        for _ in 0..10 {
            recent.push(&seen(&Event { kind, ..login_at(1) }));
        }
    }
    assert_eq!(times(&recent), [0]);
}

#[test]
fn the_newest_stand_first_however_late_they_were_read() {
    let mut recent = Recent::new(3);
    for seconds in [10, 30, 20, 5, 40] {
        recent.push(&seen(&login_at(seconds)));
    }
    assert_eq!(times(&recent), [40, 30, 20]);
}

#[test]
fn of_one_second_the_last_read_stands_first() {
    let mut recent = Recent::default();
    for user in ["first", "second"] {
        recent.push(&seen(&login(user, "")));
    }
    let users: Vec<_> = recent.newest_first().map(|access| access.user.as_str()).collect();
    assert_eq!(users, ["second", "first"]);
}

#[test]
fn nothing_of_a_dropped_access_stays_behind() {
    let mut recent = Recent::new(1);
    recent.push(&seen(&Event { host: "old".into(), ..login_at(0) }));
    recent.push(&seen(&Event { source: None, user: None, ..login_at(1) }));
    let access = recent.newest_first().next().unwrap();
    assert_eq!((&*access.host, &*access.source, &*access.user), ("", "", ""));
}

#[test]
fn a_list_without_room_stays_empty() {
    let mut recent = Recent::new(0);
    recent.push(&seen(&login_at(0)));
    assert!(recent.is_empty());
}

#[test]
fn a_name_of_a_megabyte_is_cut() {
    let mut recent = Recent::default();
    recent.push(&seen(&login(&"x".repeat(1 << 20), "")));
    assert_eq!(recent.newest_first().next().unwrap().user.len(), MAX_VALUE_BYTES);
}

#[test]
fn a_restart_brings_the_list_back() {
    let mut recent = Recent::default();
    for seconds in 0..5 {
        recent.push(&seen(&login_at(seconds)));
    }
    let saved = serde_json::to_string(&recent).unwrap();
    let restored: Recent = serde_json::from_str(&saved).unwrap();
    assert!(restored.newest_first().eq(recent.newest_first()));
}

#[test]
fn a_longer_list_of_a_snapshot_keeps_its_newest() {
    let mut long = Recent::new(500);
    for seconds in 0..500 {
        long.push(&seen(&login_at(seconds)));
    }
    let restored: Recent = serde_json::from_str(&serde_json::to_string(&long).unwrap()).unwrap();
    assert_eq!(restored.len(), DEFAULT_CAPACITY);
    assert_eq!(times(&restored)[0], 499);
}
