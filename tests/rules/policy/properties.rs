//! What holds for any rules and any events.

use login_exporter::event::{AwsCall, Event, EventKind, Expected, Method, Time};
use login_exporter::memory::Counted;
use login_exporter::policy::expected::{Expectations, Hours, Kind, Pattern, Rule};
use login_exporter::policy::identities::parse_authorized_keys;
use login_exporter::policy::{Policy, Rules};
use proptest::prelude::*;

/// Few words, so that rules and events meet often.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{0,2}", Just("public".to_owned()), Just("sshd".to_owned()), "\\PC{0,6}"]
}

fn pattern(with_not: bool) -> impl Strategy<Value = Pattern> {
    let glob = prop_oneof![word(), "[ab*?]{1,3}"];
    (prop::collection::vec(glob, 1..3), any::<bool>())
        .prop_map(move |(globs, not)| Pattern::new(globs, not && with_not))
}

fn hours() -> impl Strategy<Value = Vec<Hours>> {
    let window = prop::sample::select(vec!["Mon-Fri 08:00-20:00", "Sat,Sun", "22:00-06:00"]);
    let parse = |text: &str| Hours::parse(text, |_| Ok(jiff::tz::TimeZone::UTC)).unwrap();
    prop::collection::vec(window.prop_map(parse), 0..2)
}

fn rule(kind: Kind, with_not: bool) -> impl Strategy<Value = Rule> {
    let condition = (prop::sample::select(kind.subjects()), pattern(with_not));
    (prop::collection::vec(condition, 0..3), hours())
        .prop_map(|(conditions, hours)| Rule { conditions, hours })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.as_slice())
}

fn expectations() -> impl Strategy<Value = Expectations> {
    let rules = |kind| prop::collection::vec(rule(kind, true), 0..3);
    (rules(Kind::Logins), rules(Kind::Sudo), rules(Kind::Aws))
        .prop_map(|(logins, sudo, aws)| Expectations { logins, sudo, aws })
}

fn event() -> impl Strategy<Value = Counted<'static>> {
    let kinds = prop::sample::select(EventKind::ALL);
    let words = prop::array::uniform7(prop::option::of(word()));
    let method = prop::option::of(prop::sample::select(Method::ALL));
    (kinds, words, method, 0_i64..2_000_000_000, any::<bool>()).prop_map(
        |(
            kind,
            [user, source, identity, print, target, command, principal],
            method,
            time,
            trusted,
        )| {
            let mut event = Event::new(kind, "sshd");
            event.time = Time::new(time, 0);
            let text = |text: Option<String>| text.map(|text| &*text.leak());
            event.user = text(user);
            event.source = text(source);
            event.identity = text(identity);
            event.fingerprint = text(print);
            event.target_user = text(target);
            event.command = text(command);
            event.method = method;
            let call = |event_name| AwsCall { event_name, ..AwsCall::default() };
            event.aws = event.user.map(|name| &*Box::leak(Box::new(call(name))));
            let mut counted = Counted::from(&*Box::leak(Box::new(event)));
            counted.principal = principal;
            counted.principal_trusted = trusted;
            counted
        },
    )
}

fn policy(expected: &Expectations) -> Policy {
    Policy::from(Rules { expected: expected.clone(), ..Rules::default() })
}

fn verdict(expected: &Expectations, event: &Counted<'_>) -> Expected {
    policy(expected).observe(event).expected
}

proptest! {
    #[test]
    fn one_more_rule_never_makes_an_expected_event_unexpected(
        before in expectations(),
        (kind, more) in kind().prop_flat_map(|kind| (Just(kind), rule(kind, false))),
        place in any::<prop::sample::Index>(),
        event in event(),
    ) {
        let mut after = before.clone();
        let list = after.list_mut(kind);
        list.insert(place.index(list.len() + 1), more);
        if verdict(&before, &event) == Expected::True {
            prop_assert_eq!(verdict(&after, &event), Expected::True);
        }
    }

    #[test]
    fn the_rules_of_one_list_never_change_another_s_verdicts(
        before in expectations(),
        other in expectations(),
        kind in kind(),
        event in event(),
    ) {
        prop_assume!(Kind::of(event.event.kind) != Some(kind));
        let mut after = before.clone();
        *after.list_mut(kind) = other.list(kind).to_vec();
        prop_assert_eq!(verdict(&before, &event), verdict(&after, &event));
    }

    #[test]
    fn verdict_rule_and_explanation_agree(expected in expectations(), event in event()) {
        let policy = policy(&expected);
        let observation = policy.observe(&event);
        prop_assert_eq!(observation.rule.is_some(), observation.expected == Expected::True);
        prop_assert_eq!(
            policy.explain(&event).is_some(),
            observation.expected == Expected::False
        );
        let judged = Kind::of(event.event.kind).is_some_and(|kind| !expected.list(kind).is_empty());
        prop_assert_eq!(observation.expected != Expected::Unset, judged);
    }

    #[test]
    fn a_principal_from_a_file_changes_no_verdict(expected in expectations(), event in event()) {
        let mut forged = event.clone();
        forged.principal_trusted = false;
        let mut without = event;
        without.principal = None;
        prop_assert_eq!(verdict(&expected, &forged), verdict(&expected, &without));
    }

    #[test]
    fn no_file_of_keys_breaks_the_reader(
        parts in prop::collection::vec(
            prop_oneof![
                Just("ssh-ed25519 ".to_owned()),
                Just("ssh-rsa-cert-v01@openssh.com AAAA".to_owned()),
                Just("cert-authority,".to_owned()),
                "[\"\\\\ ,=#\n\t]{0,4}",
                "[A-Za-z0-9+/=]{0,80}",
                "\\PC{0,4}",
            ],
            0..12,
        ),
        tail in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let bytes = [parts.concat().into_bytes(), tail].concat();
        let lines = bytes.split(|b| *b == b'\n').count();
        let file = parse_authorized_keys(&bytes);
        prop_assert!(file.keys.len() + file.bad.len() <= lines);
    }

    #[test]
    fn no_hours_break_the_reader(text in "[MonTuesFri0-9:, \\-a-zA-Z/]{0,20}|\\PC{0,8}", time in any::<i64>()) {
        if let Ok(hours) = Hours::parse(&text, |_| Ok(jiff::tz::TimeZone::UTC)) {
            hours.cover(Time::from_nanoseconds(time));
        }
    }
}
