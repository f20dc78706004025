use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::{AwsCall, Change, Event, Expected, Method, Reason};
use crate::metrics::catalog::Label;
use crate::metrics::testing::{
    at, find, login, moment, page, samples, seen, start_session, sum, watch,
};

mod bounds;
mod saved;
mod views;

fn event_of(kind: EventKind) -> Event<'static> {
    event(kind, "sshd", "bob")
}

fn event(kind: EventKind, program: &'static str, user: &'static str) -> Event<'static> {
    Event { time: at(0), user: Some(user), ..Event::new(kind, program) }
}

/// What the page shows of `family` after this one event.
fn counted(event: &Event<'_>, family: &str) -> Vec<String> {
    let mut store = Store::default();
    find(&mut store, event);
    samples(&page(&mut store), family)
}

#[test]
fn a_login_counts_with_its_labels_and_its_time() {
    let event = login("ec2-user", "203.0.113.7");
    let labels = r#"{program="sshd",user="ec2-user",method="publickey",identity="",source="203.0.113.7",network="public",expected="unset"}"#;
    assert_eq!(counted(&event, "login_successes_total"), [format!("{labels} 1")]);
    let last = "login_last_success_timestamp_seconds";
    assert_eq!(counted(&event, last), [format!("{labels} 1700000000")]);
}

#[test]
fn who_is_behind_the_account_where_from_and_whether_expected_come_from_policy() {
    let event = login("ec2-user", "203.0.113.7");
    let mut store = Store::default();
    let judged = Observation {
        identity: "alice".into(),
        network: "office".into(),
        expected: Expected::False,
        ..seen(&event)
    };
    store.observe(&judged, false, at(0));
    let shown = samples(&page(&mut store), "login_successes_total");
    assert!(shown[0].contains(r#"identity="alice""#), "{shown:?}");
    assert!(shown[0].contains(r#"network="office",expected="false""#), "{shown:?}");
}

#[test]
fn a_success_after_failures_counts_in_both_families() {
    let event = login("bob", "203.0.113.7");
    let mut store = Store::default();
    store.observe(&Observation { after_failures: true, ..seen(&event) }, false, at(0));
    find(&mut store, &event);
    let page = page(&mut store);
    assert_eq!(sum(&page, "login_successes_total"), 2);
    assert_eq!(
        samples(&page, "login_successes_after_failures_total"),
        [
            r#"{program="sshd",user="bob",method="publickey",source="203.0.113.7",network="public",expected="unset"} 1"#
        ]
    );
}

#[test]
fn every_access_is_counted_in_series_that_stand_at_0_before() {
    let mut store = Store::default();
    let before = samples(&page(&mut store), "login_accesses_total");
    assert_eq!(before.len(), 11);
    assert!(before.iter().all(|sample| sample.ends_with(" 0")), "{before:?}");
    find(&mut store, &login("bob", "203.0.113.7"));
    assert_eq!(samples(&page(&mut store), "login_accesses_total"), before, "a baseline adds none");
    let event = login("bob", "203.0.113.7");
    let judged = Observation { expected: Expected::False, ..seen(&event) };
    store.observe(&judged, true, at(3));
    store.observe(&judged, true, at(4));
    watch(&mut store, &event_of(EventKind::AccountChange), at(4));
    watch(&mut store, &event_of(EventKind::SessionOpened), at(4));
    let after = samples(&page(&mut store), "login_accesses_total");
    let changed: Vec<_> = after.iter().filter(|sample| !before.contains(sample)).collect();
    assert_eq!(
        changed,
        [r#"{kind="login",expected="false"} 2"#, r#"{kind="account_change",expected="unset"} 1"#]
    );
}

#[test]
fn when_something_was_counted_is_told_by_the_exporters_clock_and_of_no_baseline() {
    let mut store = Store::default();
    let counted = "login_last_success_counted_timestamp_seconds";
    find(&mut store, &login("bob", "203.0.113.7"));
    assert!(samples(&page(&mut store), counted).is_empty());
    let late = Event { time: at(-5000), ..login("bob", "203.0.113.7") };
    watch(&mut store, &late, at(60));
    let shown = samples(&page(&mut store), counted);
    assert!(shown[0].ends_with(&format!(" {}", at(60).seconds())), "{shown:?}");
    let saved = serde_json::to_vec(&store).unwrap();
    let mut restored: Store = serde_json::from_slice(&saved).unwrap();
    assert_eq!(samples(&page(&mut restored), counted), shown);
}

#[test]
fn the_name_that_an_attacker_typed_is_never_a_label() {
    let event = Event {
        invalid_user: true,
        method: Some(Method::Password),
        ..event(EventKind::LoginFailure, "sshd", "x\" 1\nlogin_successes_total 99")
    };
    assert_eq!(
        counted(&event, "login_failures_total"),
        [r#"{program="sshd",user="(invalid)",method="password",network="public"} 1"#]
    );
}

#[test]
fn every_other_kind_counts_in_its_family() {
    let rejected = Event {
        reason: Some(Reason::BadProtocol),
        ..event(EventKind::LoginRejected, "sshd", "nobody")
    };
    let sudo = Event {
        target_user: Some("root"),
        command: Some("/bin/less /var/log/secure"),
        ..event(EventKind::SudoCommand, "sudo", "ec2-user")
    };
    let refused =
        Event { kind: EventKind::SudoFailure, reason: Some(Reason::IncorrectPassword), ..sudo };
    let su = Event { kind: EventKind::SuSuccess, ..sudo };
    let su_failure = Event { kind: EventKind::SuFailure, ..sudo };
    let change = Event {
        change: Some(Change::UserAdded),
        ..event(EventKind::AccountChange, "useradd", "mallory")
    };
    let opened = event(EventKind::SessionOpened, "cron", "root");
    let closed = event(EventKind::SessionClosed, "cron", "root");
    let cases = [
        (rejected, "rejections", r#"{program="sshd",reason="bad_protocol",network="public"} 1"#),
        (
            sudo,
            "sudo_commands",
            r#"{user="ec2-user",target_user="root",command="/bin/less",expected="unset"} 1"#,
        ),
        (
            refused,
            "sudo_failures",
            r#"{user="ec2-user",target_user="root",reason="incorrect_password"} 1"#,
        ),
        (su, "su_switches", r#"{user="ec2-user",target_user="root"} 1"#),
        (su_failure, "su_failures", r#"{user="ec2-user",target_user="root"} 1"#),
        (change, "account_changes", r#"{change="user_added",user="mallory"} 1"#),
        (opened, "sessions_opened", r#"{program="cron",user="root"} 1"#),
        (closed, "sessions_closed", r#"{program="cron",user="root"} 1"#),
    ];
    for (event, family, expected) in cases {
        assert_eq!(counted(&event, &format!("login_{family}_total")), [expected]);
    }
}

#[test]
fn a_session_manager_session_without_a_document_has_the_default_one() {
    let mut store = Store::default();
    let event = start_session("i-0123456789abcdef0");
    let judged =
        Observation { identity: "Ops/alice".into(), network: "aws".into(), ..seen(&event) };
    store.observe(&judged, false, at(0));
    assert_eq!(
        samples(&page(&mut store), "login_aws_successes_total"),
        [concat!(
            r#"{event_name="StartSession",identity="Ops/alice",target="i-0123456789abcdef0","#,
            r#"document="SSM-SessionManagerRunShell",source="AWS Internal",network="aws","#,
            r#"aws_account="123456789012",aws_region="ap-northeast-1",expected="unset"} 1"#
        )]
    );
}

/// SageMaker's StartSession has none: which document is meant is the parser's to say.
#[test]
fn a_call_without_a_document_has_none() {
    let mut event = start_session("i-1");
    let call = AwsCall { document: None, ..*event.aws.unwrap() };
    event.aws = Some(&call);
    assert!(counted(&event, "login_aws_successes_total")[0].contains(r#"document="""#));
}

#[test]
fn a_refused_call_to_aws_counts_with_its_error() {
    let mut event = Event { kind: EventKind::AwsFailure, ..start_session("i-1") };
    let call = AwsCall { error_code: Some("AccessDenied"), ..*event.aws.unwrap() };
    event.aws = Some(&call);
    let shown = counted(&event, "login_aws_failures_total");
    assert!(shown[0].contains(r#"error_code="AccessDenied""#), "{shown:?}");
}

#[test]
fn a_record_that_stands_for_several_counts_them_all() {
    let event = Event { count: 3, ..login("bob", "203.0.113.7") };
    assert!(counted(&event, "login_successes_total")[0].ends_with(" 3"));
}

#[test]
fn a_command_is_the_path_of_its_program() {
    let commands = [
        ("/usr/bin/systemctl restart nginx", "/usr/bin/systemctl"),
        ("/bin/sh", "/bin/sh"),
        ("/opt/my#040tool/run --password=x", "/opt/my#040tool/run"),
        ("list", "list"),
        ("list /usr/bin/id", "list"),
        ("sudoedit /etc/passwd", "sudoedit"),
        ("validate", "validate"),
        ("", ""),
    ];
    for (command, program) in commands {
        assert_eq!(program_of(command), program);
    }
}

#[test]
fn a_last_seen_gauge_never_goes_back() {
    let mut store = Store::default();
    for seconds in [10, 50, 20] {
        find(&mut store, &Event { time: at(seconds), ..login("bob", "203.0.113.7") });
    }
    let shown = samples(&page(&mut store), "login_last_success_timestamp_seconds");
    assert!(shown[0].ends_with(" 1700000050"), "{shown:?}");
}

#[test]
fn a_session_that_lasted_falls_into_its_bucket_and_all_above() {
    let mut store = Store::default();
    let event = event(EventKind::SessionClosed, "sshd", "bob");
    for seconds in [0.5, 60.0, 60.5, 1e9, -3.0] {
        let judged = Observation { duration: Some(seconds), ..seen(&event) };
        store.observe(&judged, false, at(0));
    }
    let page = page(&mut store);
    let buckets = samples(&page, "login_session_duration_seconds_bucket");
    assert_eq!(buckets[0], r#"{program="sshd",le="1"} 2"#);
    assert_eq!(buckets[2], r#"{program="sshd",le="60"} 3"#);
    assert_eq!(buckets[3], r#"{program="sshd",le="300"} 4"#);
    assert_eq!(buckets[9], r#"{program="sshd",le="+Inf"} 5"#);
    assert_eq!(samples(&page, "login_session_duration_seconds_count"), [r#"{program="sshd"} 5"#]);
    assert_eq!(
        samples(&page, "login_session_duration_seconds_sum"),
        [r#"{program="sshd"} 1000000121"#]
    );
}

#[test]
fn a_closed_session_whose_opening_was_not_seen_has_no_duration() {
    let closed = event(EventKind::SessionClosed, "sshd", "bob");
    assert!(counted(&closed, "login_session_duration_seconds_count").is_empty());
    assert_eq!(counted(&closed, "login_sessions_closed_total").len(), 1);
}

#[test]
fn a_label_holds_no_hidden_character_and_no_more_than_its_bound() {
    let mut store = Store::default();
    find(&mut store, &login("a\x1b[2Jb\0\u{85}c\u{202e}d", &"x".repeat(1 << 20)));
    let shown = &samples(&page(&mut store), "login_successes_total")[0];
    assert!(shown.contains("user=\"a\u{fffd}[2Jb\u{fffd}\u{fffd}c\u{fffd}d\""), "{shown}");
    assert!(shown.contains(&format!("source=\"{}\"", "x".repeat(MAX_VALUE_BYTES))), "{shown}");
}

#[test]
fn names_that_look_alike_once_they_are_safe_are_one_series() {
    let mut store = Store::default();
    let long = "x".repeat(MAX_VALUE_BYTES);
    for name in ["a\x1b", "a\x07", "a\u{fffd}"] {
        find(&mut store, &login(name, &format!("{long}{name}")));
    }
    let shown = samples(&page(&mut store), "login_successes_total");
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].ends_with(" 3"));
}

#[test]
fn no_two_ways_to_split_the_same_text_are_one_series() {
    let mut store = Store::default();
    for (user, source) in [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("a\u{1f}b", "c")] {
        find(&mut store, &login(user, source));
        find(&mut store, &login(user, source));
    }
    let shown = samples(&page(&mut store), "login_successes_total");
    assert_eq!(shown.len(), 5, "{shown:?}");
    assert!(shown.iter().all(|sample| sample.ends_with(" 2")), "{shown:?}");
}

#[test]
fn each_kind_feeds_a_family_and_no_other_kind_does() {
    for kind in EventKind::ALL {
        let mut store = Store::default();
        find(&mut store, &event(*kind, "sshd", "bob"));
        let fed: Vec<_> = store.tables.iter().filter(|table| table.len() > 0).collect();
        assert_eq!(fed.len(), 1, "{kind}");
        assert_eq!(fed[0].family().fed_by, *kind);
    }
}

#[test]
fn something_is_unsaved_after_a_count_and_after_nothing_else() {
    let mut store = Store::default();
    let empty = store.generation();
    page(&mut store);
    store.forget(moment(0), Duration::from_secs(1));
    assert_eq!(store.generation(), empty);
    find(&mut store, &login("bob", "203.0.113.7"));
    assert!(store.generation() > empty);
}

#[test]
fn a_series_that_nothing_touched_for_long_goes() {
    let mut store = Store::default();
    watch(&mut store, &login("old", "203.0.113.7"), moment(0));
    watch(&mut store, &login("young", "203.0.113.7"), moment(50));
    let before = store.generation();
    store.forget(moment(100), Duration::from_secs(60));
    assert!(store.generation() > before);
    let shown = samples(&page(&mut store), "login_successes_total");
    assert_eq!(shown.len(), 1);
    assert!(shown[0].contains("young"));
    watch(&mut store, &login("young", "203.0.113.7"), moment(100));
    assert_eq!(store.len(), 1, "the index still finds the one that stayed");
}

#[test]
fn a_clock_that_jumps_by_years_and_a_restart_drop_nothing() {
    let mut store = Store::default();
    watch(&mut store, &login("bob", "203.0.113.7"), moment(10));
    let saved = serde_json::to_vec(&store).unwrap();
    let mut store: Store = serde_json::from_slice(&saved).unwrap();
    store.resume(DEFAULT_CAP);
    let years = Moment { wall: at(800 * 86_400), up: Duration::from_secs(30) };
    store.forget(years, Duration::from_secs(60));
    assert_eq!(store.len(), 1);
    store.forget(moment(70), Duration::from_secs(60));
    assert!(store.is_empty(), "after so much time that the exporter has run it goes");
}
