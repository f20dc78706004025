//! A table of rules and events with their verdicts.

use login_exporter::event::{Event, EventKind, Method, Time};
use login_exporter::memory::Counted;

use super::{aws, login, noon, policy, sudo, verdict};

const NETWORKS: &str = "networks: {office: 203.0.113.0/24, vpc: 10.0.0.0/8}\n";

fn check(list: &str, rules: &str, event: Event<'static>) -> String {
    verdict(&policy(&format!("{NETWORKS}expected: {{{list}: [{rules}]}}")), event)
}

#[test]
fn a_folder_that_is_named_like_a_command_makes_no_command_expected() {
    let restart = "/usr/bin/systemctl restart nginx ; USER=root ; COMMAND=/tmp/evil";
    let rules = "{command: [/usr/bin/systemctl, '*']}";
    assert_eq!(check("sudo", rules, sudo("deploy", "root", restart)), "false");
}

#[test]
fn a_login_is_expected_when_one_rule_fits_whole() {
    let deploy = || login("deploy", "10.1.2.3", Method::Publickey);
    let cases = [
        ("{user: deploy}", "true expected.logins[0]"),
        ("{user: root}", "false"),
        ("{user: deploy, network: vpc, method: publickey}", "true expected.logins[0]"),
        ("{user: deploy, network: office}", "false"),
        ("{user: root}, {user: deploy}, {user: '*'}", "true expected.logins[1]"),
        ("{user: dep*}", "true expected.logins[0]"),
        ("{user: Deploy}", "false"),
        ("{user: dep}", "false"),
        ("{user: [root, deploy]}", "true expected.logins[0]"),
        ("{user: {not: root}}", "true expected.logins[0]"),
        ("{user: {not: [root, deploy]}}", "false"),
        ("{user: {not: 'd*'}}", "false"),
        ("{source: 10.1.*}", "true expected.logins[0]"),
        ("{program: sshd}", "true expected.logins[0]"),
        ("{program: login}", "false"),
        ("{method: {not: password}}", "true expected.logins[0]"),
        ("{network: [office, vpc]}", "true expected.logins[0]"),
        ("{network: {not: public}}", "true expected.logins[0]"),
        ("{hours: 'Mon 11:00-13:00'}", "true expected.logins[0]"),
        ("{hours: ['Tue', 'Mon 12:00-12:01']}", "true expected.logins[0]"),
        ("{hours: 'Tue-Sun'}", "false"),
        ("{user: root, hours: Mon}", "false"),
        ("{hours: 'Mon 08:00-20:00 Asia/Tokyo'}", "false"),
        ("{hours: 'Mon 20:00-22:00 Asia/Tokyo'}", "true expected.logins[0]"),
        // Whoever logs in with a password leaves no name.
        ("{identity: '?*'}", "false"),
        ("{identity: ''}", "true expected.logins[0]"),
    ];
    for (rules, expected) in cases {
        assert_eq!(check("logins", rules, deploy()), expected, "{rules}");
    }
}

#[test]
fn a_command_is_its_path_and_a_glob_with_a_blank_the_whole_line() {
    let restart = || sudo("deploy", "root", "/usr/bin/systemctl restart nginx");
    let cases = [
        ("{user: deploy, target_user: root, command: /usr/bin/systemctl}", "true expected.sudo[0]"),
        ("{command: /usr/bin/*}", "true expected.sudo[0]"),
        ("{command: systemctl}", "false"),
        ("{command: '/usr/bin/systemctl restart *'}", "true expected.sudo[0]"),
        ("{command: '/usr/bin/systemctl stop *'}", "false"),
        ("{command: {not: [/bin/bash, /bin/sh]}}", "true expected.sudo[0]"),
        ("{target_user: {not: root}}", "false"),
    ];
    for (rules, expected) in cases {
        assert_eq!(check("sudo", rules, restart()), expected, "{rules}");
    }
}

#[test]
fn an_aws_call_is_judged_by_caller_target_and_place() {
    let start = || aws("Ops/alice", "203.0.113.7");
    let cases = [
        ("{identity: 'Ops/*', event_name: StartSession, network: office}", "true expected.aws[0]"),
        ("{identity: 'Dev/*'}", "false"),
        ("{target: i-0123456789abcdef0}", "true expected.aws[0]"),
        ("{document: AWS-StartSSHSession}", "false"),
        ("{account: 123456789012, region: ap-northeast-1}", "true expected.aws[0]"),
        ("{account: {not: 123456789012}}", "false"),
        ("{source: 203.0.113.7}", "true expected.aws[0]"),
        ("{network: aws}", "false"),
    ];
    for (rules, expected) in cases {
        assert_eq!(check("aws", rules, start()), expected, "{rules}");
    }
    assert_eq!(check("aws", "{network: aws}", aws("x", "AWS Internal")), "true expected.aws[0]");
}

#[test]
fn a_kind_without_rules_is_unset() {
    let policy = policy("expected: {logins: [{user: deploy}], sudo: []}");
    assert_eq!(verdict(&policy, login("eve", "10.0.0.1", Method::Password)), "false");
    assert_eq!(verdict(&policy, sudo("eve", "root", "/bin/sh")), "unset");
    assert_eq!(verdict(&policy, aws("eve", "10.0.0.1")), "unset");
}

#[test]
fn only_successes_are_judged() {
    let policy = policy("expected: {logins: [{user: x}], sudo: [{user: x}], aws: [{identity: x}]}");
    for kind in EventKind::ALL.iter().copied() {
        let judged = matches!(
            kind,
            EventKind::LoginSuccess | EventKind::SudoCommand | EventKind::AwsSuccess
        );
        let wanted = if judged { "false" } else { "unset" };
        assert_eq!(verdict(&policy, Event::new(kind, "sshd")), wanted, "{kind}");
    }
}

#[test]
fn hostile_names_match_only_themselves() {
    for name in ["*", "?", "deploy\u{0}", "dep\u{fffd}loy", " deploy", "deploy ", "Ｄeploy", ""] {
        let event = login(name, "10.0.0.1", Method::Publickey);
        assert_eq!(check("logins", "{user: deploy}", event), "false", "{name:?}");
    }
    let long: &'static str = Box::leak("a".repeat(1 << 20).into_boxed_str());
    let event = login(long, "10.0.0.1", Method::Publickey);
    assert_eq!(check("logins", "{user: 'a*b*c*d'}", event), "false");
}

const PRINT: &str = "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og";

/// A key login of ec2-user for which EC2 Instance Connect named a principal.
fn connected(principal: &str, trusted: bool) -> Counted<'static> {
    let mut event = login("ec2-user", "203.0.113.7", Method::Publickey);
    event.fingerprint = Some(PRINT);
    let mut counted = Counted::from(&*Box::leak(Box::new(event)));
    counted.principal = Some(principal.to_owned());
    counted.principal_trusted = trusted;
    counted
}

#[test]
fn a_line_that_a_local_user_can_write_names_but_expects_nothing() {
    let rules = "expected: {logins: [{user: ec2-user, identity: Ops/alice}]}\n";
    let seen = |yaml: &str, trusted| {
        let policy = policy(yaml);
        let counted = connected("Ops/alice", trusted);
        let observation = policy.observe(&counted);
        format!("{} {}", observation.identity, observation.expected)
    };
    assert_eq!(seen(rules, true), "Ops/alice true", "the journal knows who wrote it");
    assert_eq!(seen(rules, false), "Ops/alice false", "a file does not");
    let allowed = format!("{rules}identities: {{trust_instance_connect_lines: true}}\n");
    assert_eq!(seen(&allowed, false), "Ops/alice true");
}

#[test]
fn a_forged_line_can_neither_help_nor_hide_behind_not() {
    let policy = policy(&format!(
        "expected: {{logins: [{{identity: {{not: ['SHA256:*', mallory]}}}}, {{identity: '{PRINT}'}}]}}"
    ));
    let counted = connected("Ops/alice", false);
    assert_eq!(policy.observe(&counted).rule, Some("expected.logins[1]"), "the key itself stands");
}

#[test]
fn a_configured_key_names_its_person_and_network() {
    let policy = policy(&format!(
        "{NETWORKS}identities: {{keys: {{'{PRINT}': alice}}}}\n\
         expected: {{logins: [{{identity: alice, network: office}}]}}"
    ));
    let counted = connected("Ops/bob", false);
    let observation = policy.observe(&counted);
    assert_eq!((&*observation.identity, &*observation.network), ("alice", "office"));
    assert_eq!(observation.rule, Some("expected.logins[0]"));
}

#[test]
fn what_is_unexpected_can_be_explained() {
    let policy = policy(&format!(
        "{NETWORKS}expected:\n  logins:\n    - {{user: root, network: vpc, method: password}}\n\
         {}    - {{user: deploy, network: [vpc, office], hours: 'Mon 08:00-20:00'}}\n",
        ""
    ));
    let explain = |event: Event<'static>| policy.explain(&Counted::from(&event));
    assert_eq!(
        explain(login("deploy", "192.0.2.7", Method::Publickey)).as_deref(),
        Some("expected.logins[1] comes nearest, but network is \"public\", not vpc or office")
    );
    let mut late = login("deploy", "10.0.0.1", Method::Publickey);
    late.time = Time::new(noon().seconds() + 9 * 3600, 0);
    assert_eq!(
        explain(late).as_deref(),
        Some("expected.logins[1] comes nearest, but the time is not within Mon 08:00-20:00")
    );
    assert_eq!(explain(login("deploy", "10.0.0.1", Method::Publickey)), None, "it is expected");
    assert_eq!(explain(sudo("deploy", "root", "/bin/sh")), None, "nothing judges it");
}

#[test]
fn an_explanation_says_why_a_name_does_not_count() {
    let policy = policy("expected: {logins: [{identity: Ops/alice}]}");
    assert_eq!(
        policy.explain(&connected("Ops/alice", false)).unwrap(),
        format!(
            "expected.logins[0] comes nearest, but identity is \"{PRINT}\", not Ops/alice (no rule \
             rests on identity \"Ops/alice\": a local user could have written it)"
        )
    );
}
