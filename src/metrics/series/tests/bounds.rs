//! No flood makes a family larger than its cap, and nothing is missing from its sum.

use super::*;

const SUCCESSES: &str = "login_successes_total";

/// `count` logins, each from an address of its own.
fn flood_of_addresses(store: &mut Store, count: usize) {
    for i in 0..count {
        find(store, &login("ec2-user", &format!("10.0.{}.{}", i / 256, i % 256)));
    }
}

#[test]
fn past_the_cap_the_source_folds_and_the_rest_stays_true() {
    let mut store = Store::new(20);
    flood_of_addresses(&mut store, 100);
    let shown = samples(&page(&mut store), SUCCESSES);
    let folded: Vec<_> = shown.iter().filter(|s| s.contains(OTHER)).collect();
    assert_eq!(
        folded,
        [
            r#"{program="sshd",user="ec2-user",method="publickey",identity="",source="(other)",network="public",expected="unset"} 89"#
        ]
    );
    assert_eq!(sum(&page(&mut store), SUCCESSES), 100);
}

#[test]
fn a_series_that_stands_is_still_counted_in_its_own_name_after_a_flood() {
    let mut store = Store::new(20);
    find(&mut store, &login("root", "203.0.113.7"));
    flood_of_addresses(&mut store, 100);
    find(&mut store, &login("root", "203.0.113.7"));
    let shown = samples(&page(&mut store), SUCCESSES);
    assert!(shown.iter().any(|s| s.contains("203.0.113.7") && s.ends_with(" 2")), "{shown:?}");
}

#[test]
fn when_the_names_are_many_too_the_users_fold_after_the_sources() {
    let mut store = Store::new(20);
    for i in 0..1000 {
        find(&mut store, &login(&format!("user{i}"), &format!("10.0.0.{i}")));
    }
    let shown = samples(&page(&mut store), SUCCESSES);
    let most = shown.iter().max_by_key(|s| s.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    let most = most.unwrap();
    assert!(most.contains(r#"user="(other)""#), "{most}");
    assert!(most.contains(r#"program="sshd""#), "the program was never in doubt: {most}");
}

#[test]
fn a_flood_of_every_label_ends_in_one_series_a_verdict() {
    let mut store = Store::new(20);
    let programs: Vec<String> = (0..500).map(|i| format!("program{i}")).collect();
    for (i, program) in programs.iter().enumerate() {
        let event = Event {
            program: program.as_str(),
            method: Some(Method::ALL[i % 8]),
            ..login(program, program)
        };
        let expected = Expected::ALL[i % 3];
        let network = format!("net{i}").into();
        store.observe(&Observation { expected, network, ..seen(&event) }, false, at(0));
    }
    let page = page(&mut store);
    let shown = samples(&page, SUCCESSES);
    assert!(shown.len() <= 20, "{shown:#?}");
    for expected in Expected::ALL {
        let whole = format!(
            r#"{{program="(other)",user="(other)",method="(other)",identity="(other)",source="(other)",network="(other)",expected="{expected}"}}"#
        );
        assert!(shown.iter().any(|s| s.starts_with(&whole)), "{whole} in {shown:#?}");
    }
    assert_eq!(sum(&page, SUCCESSES), 500);
}

#[test]
fn what_was_folded_is_counted_by_its_family() {
    let mut store = Store::new(20);
    flood_of_addresses(&mut store, 100);
    let page = page(&mut store);
    let limited = samples(&page, "login_exporter_series_limited_total");
    assert!(limited.contains(&format!(r#"{{family="{SUCCESSES}"}} 89"#)), "{limited:?}");
    assert!(limited.contains(&r#"{family="login_failures_total"} 0"#.to_owned()), "{limited:?}");
}

#[test]
fn programs_of_the_histogram_fold_too() {
    let mut store = Store::new(20);
    for i in 0..100 {
        let event = Event::new(EventKind::SessionClosed, format!("program{i}").leak());
        store.observe(&Observation { duration: Some(1.0), ..seen(&event) }, false, at(0));
    }
    let page = page(&mut store);
    let counts = samples(&page, "login_session_duration_seconds_count");
    assert_eq!(counts.len(), 20);
    assert_eq!(counts[0], r#"{program="(other)"} 81"#);
}

#[test]
fn a_cap_that_was_lowered_drops_nothing_and_takes_nothing_more() {
    let mut store = Store::new(1000);
    flood_of_addresses(&mut store, 100);
    store.set_cap(20);
    let new = login("new", "203.0.113.9");
    find(&mut store, &new);
    find(&mut store, &new);
    let page = page(&mut store);
    assert_eq!(samples(&page, SUCCESSES).len(), 101);
    assert_eq!(sum(&page, SUCCESSES), 102);
}

#[test]
fn what_was_forgotten_makes_room_again() {
    let mut store = Store::new(20);
    flood_of_addresses(&mut store, 100);
    store.forget(moment(1000), Duration::from_secs(10));
    assert!(store.is_empty());
    find(&mut store, &login("new", "203.0.113.9"));
    assert!(samples(&page(&mut store), SUCCESSES)[0].contains("203.0.113.9"));
}

#[test]
fn every_family_obeys_the_cap_under_a_flood_of_names() {
    let mut store = Store::new(20);
    for kind in EventKind::ALL {
        for i in 0..200 {
            let name = format!("name{i}");
            let event = Event {
                kind: *kind,
                program: &name,
                target_user: Some(&name),
                command: Some(&name),
                ..login(&name, &name)
            };
            let network = name.clone().into();
            let judged = Observation { after_failures: true, network, ..seen(&event) };
            store.observe(&judged, false, at(0));
        }
    }
    let page = page(&mut store);
    for family in EVENT_FAMILIES {
        let shown = samples(&page, family.counter.name).len();
        assert!((1..=20).contains(&shown), "{}: {shown}", family.counter.name);
        assert_eq!(samples(&page, family.last.name).len(), shown);
    }
}

/// 1,300 lines of one user of each kind, each with other labels, whomever a program that she may
/// start made of her: every family that such lines reach stays open to what the host tells.
#[test]
fn what_a_user_tells_of_herself_takes_no_room_from_the_rest() {
    use EventKind::{AccountChange, SudoCommand, SudoFailure};
    use EventKind::{LoginFailure, SessionClosed, SessionOpened, SuFailure, SuSuccess};
    let kinds = [
        (LoginFailure, "login_failures_total"),
        (SessionOpened, "login_sessions_opened_total"),
        (SessionClosed, "login_sessions_closed_total"),
        (SuSuccess, "login_su_switches_total"),
        (SuFailure, "login_su_failures_total"),
        (SudoCommand, "login_sudo_commands_total"),
        (SudoFailure, "login_sudo_failures_total"),
        (AccountChange, "login_account_changes_total"),
    ];
    let named = |told_by: u32, kind: EventKind, user: String, i: usize| Event {
        told_by,
        target_user: Some(format!("target{i}").leak()),
        command: Some(format!("/usr/bin/{i}").leak()),
        user: Some(user.leak()),
        ..event(kind, "sudo", "")
    };
    for whoever in [false, true] {
        let mut store = Store::new(1000);
        for (kind, _) in kinds {
            for i in 0..1300 {
                let user = if whoever { format!("made{i}") } else { "alice".to_owned() };
                find(&mut store, &named(1000, kind, user, i));
            }
        }
        let before = page(&mut store);
        for (kind, family) in kinds {
            let hers = samples(&before, family).len();
            assert!(hers <= 250, "{family}: {hers}");
            for i in 0..300 {
                find(&mut store, &named(0, kind, format!("user{i}"), i));
            }
        }
        let page = page(&mut store);
        for (_, family) in kinds {
            let theirs = samples(&page, family).into_iter().filter(|s| s.contains("=\"user"));
            assert_eq!(theirs.filter(|s| !s.contains(OTHER)).count(), 300, "{family}");
            assert_eq!(sum(&page, family), 1600, "{family}");
        }
    }
}

/// A second user has a share of his own.
#[test]
fn what_one_user_tells_takes_no_room_from_another() {
    let mut store = Store::new(1000);
    let sudo = "login_sudo_commands_total";
    for (uid, user) in [(1000, "alice"), (1001, "bob")] {
        for i in 0..1300 {
            let command = Some(&*format!("/home/{user}/{i}").leak());
            let event = event(EventKind::SudoCommand, "sudo", user);
            find(&mut store, &Event { told_by: uid, command, ..event });
        }
    }
    let page = page(&mut store);
    for user in ["alice", "bob"] {
        let own = samples(&page, sudo).into_iter();
        let own = own.filter(|s| s.contains(&format!("user=\"{user}\"")) && !s.contains(OTHER));
        assert!(own.count() >= 99, "{user}");
    }
    assert_eq!(sum(&page, sudo), 2600);
}

/// One session of an account, by a caller of its own on a target of its own.
fn session(store: &mut Store, account: &str, caller: &str, target: &str) {
    let mut event = start_session(target);
    let call = AwsCall { account: Some(account), ..*event.aws.unwrap() };
    event.aws = Some(&call);
    store.observe(
        &Observation { identity: caller.to_owned().into(), ..seen(&event) },
        false,
        at(0),
    );
}

#[test]
fn the_flood_of_one_account_folds_no_other_account() {
    const SESSIONS: &str = "login_aws_successes_total";
    let (flooded, quiet) = ("111122223333", "444455556666");
    for (callers, targets) in [(1, 5_000), (5_000, 1), (5_000, 5_000)] {
        let mut store = Store::new(1_000);
        for i in 0..5_000 {
            let (caller, target) = (format!("Ops/{}", i % callers), format!("i-{}", i % targets));
            session(&mut store, flooded, &caller, &target);
        }
        // Twenty-nine others, three sessions of three people each.
        for n in 0..29 {
            let account = format!("{:012}", 444_455_556_666_u64 + n);
            for i in 0..3 {
                session(&mut store, &account, &format!("Ops/person{i}"), &format!("i-{i}"));
            }
        }
        let page = page(&mut store);
        let shown = samples(&page, SESSIONS);
        assert!(shown.len() <= 1_000, "{}", shown.len());
        let of = |account: &str| -> Vec<&String> {
            let label = format!(r#"aws_account="{account}""#);
            shown.iter().filter(|s| s.contains(&label)).collect()
        };
        let others = shown.iter().filter(|s| s.contains(r#"identity="Ops/person"#));
        assert_eq!(others.filter(|s| !s.contains(OTHER)).count(), 87, "{callers} {targets}");
        assert_eq!(of(quiet).len(), 3);
        assert!(of(flooded).len() >= 500, "{} of {callers} {targets}", of(flooded).len());
        assert_eq!(sum(&page, SESSIONS), 5_087);
    }
}

#[test]
fn an_accounts_targets_fold_before_its_people() {
    let mut store = Store::new(1_000);
    for i in 0..5_000 {
        session(&mut store, "111122223333", "Ops/alice", &format!("i-{i}"));
    }
    session(&mut store, "111122223333", "Ops/mallory", "i-0");
    let shown = samples(&page(&mut store), "login_aws_successes_total");
    let mallory: Vec<_> = shown.iter().filter(|s| s.contains("Ops/mallory")).collect();
    let [mallory] = &mallory[..] else { panic!("{mallory:?}") };
    assert!(mallory.contains(r#"target="(other)""#), "{mallory}");
    assert!(mallory.contains(r#"aws_account="111122223333""#), "{mallory}");
}

#[test]
fn a_cap_out_of_bounds_is_its_bound() {
    for (cap, bound) in [(0, MINIMUM_CAP), (usize::MAX, MAXIMUM_CAP)] {
        let mut store = Store::new(cap);
        flood_of_addresses(&mut store, 1);
        assert_eq!((store.cap(), store.len()), (bound, 1));
    }
}

proptest! {
    /// Whatever the cap and whoever comes: the sum of a family is the number of its events, the
    /// series are within the cap, and no verdict is lost.
    #[test]
    fn nothing_is_missing_from_a_sum(
        cap in 20usize..60,
        logins in prop::collection::vec((0u8..9, 0u8..30, 0u8..4, 0usize..3, 1u32..4), 0..300),
    ) {
        let mut store = Store::new(cap);
        let mut truth = [0u64; 3];
        for (user, source, network, verdict, count) in logins {
            let event =
                Event { count, ..login(&format!("user{user}"), &format!("10.0.0.{source}")) };
            let network = format!("net{network}").into();
            let expected = Expected::ALL[verdict];
            store.observe(&Observation { network, expected, ..seen(&event) }, false, at(0));
            truth[verdict] += u64::from(count);
        }
        let page = page(&mut store);
        let shown = samples(&page, SUCCESSES);
        prop_assert!(shown.len() <= cap);
        for (expected, truth) in Expected::ALL.iter().zip(truth) {
            let label = format!(r#"{}="{expected}""#, Label::Expected.name());
            let counted = shown.iter().filter(|s| s.contains(&label));
            let counted = counted.map(|s| s.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
            prop_assert_eq!(counted.sum::<u64>(), truth);
        }
    }
}
