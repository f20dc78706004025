//! Rules that read well and can never fit, as `check-config` tells of them.

use super::{File, command_line, environment};

/// The warnings of these rules, without the words before the place.
fn doubts(text: &str) -> Vec<String> {
    let file = File::new(text);
    let line = command_line(&["check-config", file.path().to_str().unwrap()]).unwrap();
    let printed = line.check(&environment(), Vec::new()).unwrap();
    let warnings = printed.lines().filter_map(|line| line.strip_prefix("# warning: "));
    warnings.map(str::to_owned).collect()
}

/// Named networks and keys, and one rule of this kind.
fn of_rule(kind: &str, rule: &str) -> Vec<String> {
    doubts(&format!(
        "networks: {{office: [203.0.113.0/24]}}\n\
         identities: {{keys: {{\"SHA256:{}\": deploy}}}}\n\
         expected: {{{kind}: [{rule}]}}\n",
        "a".repeat(43)
    ))
}

#[test]
fn a_pattern_that_can_never_fit_is_told_with_what_was_meant() {
    let cases = [
        // A user, a network, a person that nothing names.
        (
            "logins",
            "{user: rooot}",
            "user: \"rooot\" never fits: no account of this host is called so (did you mean root?)",
        ),
        (
            "sudo",
            "{user: root, target_user: nobodi}",
            "target_user: \"nobodi\" never fits: no account of this host is called so (did you mean nobody?)",
        ),
        (
            "logins",
            "{user: root, network: 'ofice*'}",
            "network: \"ofice*\" never fits: no network is called so (did you mean office?)",
        ),
        (
            "logins",
            "{identity: depoly}",
            "identity: \"depoly\" never fits: no key below identities is called so (did you mean deploy?), and only a certificate's key ID could be",
        ),
        (
            "logins",
            "{method: 'publikey*'}",
            "method: \"publikey*\" never fits: no method is called so (did you mean publickey?)",
        ),
        (
            "logins",
            "{program: sshd-session}",
            "program: \"sshd-session\" never fits: the program is called sshd in every version",
        ),
        (
            "logins",
            "{program: su}",
            "program: \"su\" never fits: no program that lets people in is called so",
        ),
        // An address as it is not told.
        (
            "logins",
            "{source: 10.0.0.0/8}",
            "source: \"10.0.0.0/8\" never fits: a source is one address; name the network below networks, and ask for network",
        ),
        (
            "logins",
            "{source: '2001:DB8::0:1'}",
            "source: \"2001:DB8::0:1\" never fits: the address is told as 2001:db8::1",
        ),
        (
            "logins",
            "{source: '::ffff:192.0.2.1'}",
            "source: \"::ffff:192.0.2.1\" never fits: the address is told as 192.0.2.1",
        ),
        // sudo's commands.
        (
            "sudo",
            "{command: 'no-such-tool restart *'}",
            "command: \"no-such-tool restart *\" never fits: sudo logs a command by its path; write */no-such-tool",
        ),
        (
            "sudo",
            "{command: ./deploy.sh}",
            "command: \"./deploy.sh\" never fits: sudo logs a command by its path; write */deploy.sh",
        ),
        (
            "sudo",
            "{command: ALL}",
            "command: \"ALL\" never fits: ALL is sudoers' word; * is any command",
        ),
        // Regular expressions, and blanks.
        (
            "logins",
            "{user: ^deploy$}",
            "user: \"^deploy$\" never fits: a pattern is a glob and no regular expression: * is any text, ? one character, and several stand in a list",
        ),
        (
            "logins",
            "{user: 'root|deploy'}",
            "user: \"root|deploy\" never fits: a pattern is a glob and no regular expression: * is any text, ? one character, and several stand in a list",
        ),
        (
            "aws",
            "{identity: Ops/.*}",
            "identity: \"Ops/.*\" never fits: a pattern is a glob and no regular expression: * is any text, ? one character, and several stand in a list",
        ),
        (
            "logins",
            "{user: 'root '}",
            "user: \"root \" never fits: no value begins or ends with a blank",
        ),
        // Principals of AWS.
        (
            "aws",
            "{identity: alice}",
            "identity: \"alice\" never fits: an IAM user is user:alice, a session has its role before it; write role/session, user:NAME or another form of README's",
        ),
        (
            "aws",
            "{identity: 'arn:aws:iam::123456789012:user/alice'}",
            "identity: \"arn:aws:iam::123456789012:user/alice\" never fits: nobody is told by an ARN; write user:alice",
        ),
        (
            "aws",
            "{identity: 'arn:aws:sts::*:assumed-role/Ops/*'}",
            "identity: \"arn:aws:sts::*:assumed-role/Ops/*\" never fits: nobody is told by an ARN; write role/session, user:NAME or another form of README's",
        ),
        (
            "aws",
            "{identity: AWSReservedSSO_Admin_0123456789abcdef/alice@example.com}",
            "identity: \"AWSReservedSSO_Admin_0123456789abcdef/alice@example.com\" never fits: this session is told as alice@example.com",
        ),
        (
            "aws",
            "{identity: Ops/botocore-session-1700000000}",
            "identity: \"Ops/botocore-session-1700000000\" never fits: this session is told as Ops/*",
        ),
        (
            "aws",
            "{identity: 'iam:alice'}",
            "identity: \"iam:alice\" never fits: iam: begins no identity; write role/session, user:NAME or another form of README's",
        ),
        (
            "aws",
            "{identity: 'root:alice'}",
            "identity: \"root:alice\" never fits: an account is twelve digits",
        ),
        // The other parts of a call.
        (
            "aws",
            "{event_name: StartSesion}",
            "event_name: \"StartSesion\" never fits: no such call is counted (did you mean StartSession?)",
        ),
        (
            "aws",
            "{event_name: SendCommand}",
            "event_name: \"SendCommand\" never fits: SendCommand is not counted; add it to cloudtrail.events",
        ),
        (
            "aws",
            "{document: 'arn:aws:ssm:*:*:document/Mine'}",
            "document: \"arn:aws:ssm:*:*:document/Mine\" never fits: a document is told by its name, without the ARN",
        ),
        ("aws", "{account: prod*}", "account: \"prod*\" never fits: an account is twelve digits"),
        (
            "aws",
            "{region: eu-west-1a}",
            "region: \"eu-west-1a\" never fits: \"eu-west-1a\" is not a Region: write one such as ap-northeast-1, or all",
        ),
        // What excludes all or itself, and a `not` that excludes nobody.
        ("logins", "{user: {not: '*'}}", "user: never fits: other than * leaves nothing"),
        (
            "logins",
            "{user: {not: rooot}}",
            "user: \"rooot\" never fits: no account of this host is called so (did you mean root?)",
        ),
        (
            "logins",
            "{user: [root, rooot]}",
            "user: \"rooot\" never fits: no account of this host is called so (did you mean root?)",
        ),
    ];
    for (kind, rule, doubt) in cases {
        assert_eq!(of_rule(kind, rule), [format!("expected.{kind}[0].{doubt}")], "{rule}");
    }
    let both = of_rule("logins", "{identity: deploy, method: password}");
    let told = "expected.logins[0]: never fits: who comes by a password has no identity; ask for user, or for a key";
    assert_eq!(both, [told]);
}

#[test]
fn a_command_that_this_host_has_is_told_by_its_path() {
    let told = of_rule("sudo", "{command: env}");
    let path = told[0].rsplit(' ').next().unwrap();
    assert!(path.ends_with("/env") && std::path::Path::new(path).exists(), "{told:?}");
}

#[test]
fn what_can_fit_raises_no_doubt() {
    let rules = [
        ("logins", "{user: root, network: [office, private], method: publickey}"),
        ("logins", "{user: 'dep*', network: '*'}"),
        ("logins", "{identity: deploy}"),
        ("logins", "{identity: 'SHA256:*'}"),
        ("logins", "{identity: alice@EXAMPLE.COM, method: gssapi}"),
        ("logins", "{identity: Ops/alice, program: ssm-agent}"),
        ("logins", "{identity: '', method: password}"),
        ("logins", "{source: [192.0.2.1, '2001:db8::1', '192.0.2.*', bastion.example.com]}"),
        (
            "sudo",
            "{user: root, target_user: '#1000', command: [/usr/bin/env, '*/systemctl', sudoedit *, list]}",
        ),
        ("sudo", "{command: {not: ['/bin/sh', '* -c *']}}"),
        (
            "aws",
            "{identity: [Ops/*, Ops/alice, user:alice, 'root:123456789012', alice@example.com, 'sso:alice', '*:alice']}",
        ),
        (
            "aws",
            "{event_name: [StartSession, 'Send*'], account: ['123456789012', '1234*'], region: [eu-west-1, 'eu-*']}",
        ),
        ("aws", "{document: AWS-Start*, target: i-*, network: aws, source_identity: alice}"),
    ];
    for (kind, rule) in rules {
        assert_eq!(of_rule(kind, rule), [""; 0], "{rule}");
    }
    assert_eq!(
        doubts(&std::fs::read_to_string(super::root().join("deploy/login_exporter.yml")).unwrap()),
        [""; 0]
    );
}
