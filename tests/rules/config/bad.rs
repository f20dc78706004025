//! Each mistake with its exact words: where it stands, what is wrong, what is allowed.

use super::{File, command_line, flags};
use login_exporter::config::Exit;

const FILES: &[(&str, &str)] = &[
    (
        "networks:\n  office:\n    - 203.0.113.0/24\n    - 10.0.0.0/33\n",
        r#"x.yml:4: networks.office[1]: "10.0.0.0/33" is not a CIDR: write one such as 203.0.113.0/24 or 2001:db8::/32"#,
    ),
    (
        "networks: {office: 10.0.0.1/8}",
        r#"x.yml:1: networks.office: "10.0.0.1/8" is not a CIDR: its address has bits behind the prefix; 10.0.0.0/8 is the network"#,
    ),
    (
        "networks: {office: [10.0.0.0/8], vpc: ['::ffff:10.0.0.0/104']}",
        "x.yml:1: networks.vpc[0]: 10.0.0.0/8 already belongs to office: keep one",
    ),
    (
        "networks: {(other): [10.0.0.0/8]}",
        r#"x.yml:1: networks.(other): "(other)" is not a name: give one without brackets"#,
    ),
    ("networks: [10.0.0.0/8]", "x.yml:1: networks: is no section: write its keys below it"),
    (
        "\nweb:\n  listen_address: [':1']\n",
        "x.yml:3: web.listen_address: unknown key: did you mean listen_addresses? Allowed here: listen_addresses, telemetry_path, config_file, max_requests, disable_recent, openmetrics_created",
    ),
    (
        "network: {}",
        "x.yml:1: network: unknown key: did you mean networks? Allowed here: source, auth_log, auth_logs, cloudtrail, ssm_agent, state, archive, privacy, geoip, web, log, limits, failures, programs, trust, networks, identities, expected",
    ),
    (
        "web: {listen_addresses: ['127.0.0.1']}",
        r#"x.yml:1: web.listen_addresses[0]: "127.0.0.1" is not an address: write an IP address and a port, such as 127.0.0.1:10922 or [::1]:10922, or :10922 for every interface"#,
    ),
    (
        "web: {telemetry_path: metrics}",
        r#"x.yml:1: web.telemetry_path: "metrics" is not a path: write one such as /metrics"#,
    ),
    (
        "web: {telemetry_path: /-/ready}",
        r#"x.yml:1: web.telemetry_path: "/-/ready" is taken: paths below /-/ tell the exporter's health"#,
    ),
    (
        "web: {max_requests: 0}",
        r#"x.yml:1: web.max_requests: "0" is out of range: 1 to 10000 is allowed"#,
    ),
    (
        "web: {max_requests: many}",
        r#"x.yml:1: web.max_requests: "many" is not a whole number: 1 to 10000 is allowed"#,
    ),
    (
        "web: {disable_recent: yes}",
        r#"x.yml:1: web.disable_recent: "yes" is not a truth value: true, false is allowed"#,
    ),
    ("web: 5", "x.yml:1: web: is no section: write its keys below it"),
    ("web: {max_requests: [1]}", "x.yml:1: web.max_requests: is a list where one value stands"),
    ("log: {level: {a: b}}", "x.yml:1: log.level: is a section where one value stands"),
    (
        "log: {level: verbose}",
        r#"x.yml:1: log.level: "verbose" is not a level: error, warn, info, debug, trace is allowed"#,
    ),
    (
        "source: syslog",
        r#"x.yml:1: source: "syslog" is not a source: auto, file, journal, none is allowed"#,
    ),
    (
        "source: journal\nauth_logs: [/var/log/secure]",
        "x.yml:2: auth_logs: source is journal, so no file is read: leave out one of the two",
    ),
    ("auth_logs:\n  - {start: end}", "x.yml:2: auth_logs[0]: path is missing: give one"),
    (
        "auth_logs:\n  - {path: /a, start: middle}",
        r#"x.yml:2: auth_logs[0].start: "middle" is not a start: beginning, end is allowed"#,
    ),
    (
        "auth_logs:\n  - {path: /a, time_zone: Asia/Tokio}",
        r#"x.yml:2: auth_logs[0].time_zone: "Asia/Tokio" is not a time zone: write a name such as Asia/Tokyo or UTC"#,
    ),
    (
        "auth_logs: [/a, /b, {path: /a, start: end}]",
        "x.yml:1: auth_logs[2]: stands in the list already: keep one",
    ),
    (
        "cloudtrail: {regions: [eu-west-1, eu-west-1]}",
        "x.yml:1: cloudtrail.regions[1]: stands in the list already: keep one",
    ),
    ("auth_logs: ['']", "x.yml:1: auth_logs[0]: is empty: name a file or folder"),
    ("auth_logs: [~]", "x.yml:1: auth_logs[0]: path is missing: give one"),
    (
        "cloudtrail: {regions: [tokyo]}",
        r#"x.yml:1: cloudtrail.regions[0]: "tokyo" is not a Region: write one such as ap-northeast-1, or all"#,
    ),
    (
        "cloudtrail: {poll_interval: 60}",
        r#"x.yml:1: cloudtrail.poll_interval: "60" is not a duration: write numbers with ms, s, m, h, d or w, such as 60s, 24h or 1h30m"#,
    ),
    (
        "cloudtrail: {lookback: 91d}",
        r#"x.yml:1: cloudtrail.lookback: "91d" is out of range: 0s to 90d is allowed"#,
    ),
    (
        "cloudtrail:\n  regions: [eu-west-1]\n  accounts:\n    - {role_arn: admin}",
        r#"x.yml:4: cloudtrail.accounts[0].role_arn: "admin" is not a role: write its ARN, such as arn:aws:iam::123456789012:role/login-exporter-read"#,
    ),
    (
        "cloudtrail: {regions: [eu-west-1], organization: {role: \"arn:aws:iam::1:role/x\"}}",
        r#"x.yml:1: cloudtrail.organization.role: "arn:aws:iam::1:role/x" is not the name of a role: write it without the rest of its ARN, such as login-exporter-read"#,
    ),
    (
        "cloudtrail: {organization: {role: x}}",
        "x.yml:1: cloudtrail.organization: no Region to ask these accounts in: name one in cloudtrail.regions",
    ),
    (
        "cloudtrail: {regions: [eu-west-1], organization: {role: x, exclude: [prod]}}",
        r#"x.yml:1: cloudtrail.organization.exclude[0]: "prod" is not the number of an account: write its twelve digits"#,
    ),
    (
        "cloudtrail:\n  accounts: [{role_arn: 'arn:aws:iam::123456789012:role/x'}]",
        "x.yml:2: cloudtrail.accounts: no Region to ask these accounts in: name one in cloudtrail.regions",
    ),
    (
        "limits: {forget_after: 5m}",
        r#"x.yml:1: limits.forget_after: "5m" is out of range: 1h to 36500d is allowed"#,
    ),
    (
        "failures: {threshold: -1}",
        r#"x.yml:1: failures.threshold: "-1" is not a whole number: 1 to 1000 is allowed"#,
    ),
    (
        "programs: {ssh: [sshd-bastion]}",
        r#"x.yml:1: programs.ssh: "ssh" is no program that is known: name it as the label `program` does, such as sshd, sudo or login"#,
    ),
    (
        "programs: {sshd: [bastion, su]}",
        "x.yml:1: programs.sshd[1]: su is known already, as su: leave it out",
    ),
    (
        "programs:\n  sshd: [bastion]\n  sudo: [bastion]\n",
        "x.yml:3: programs.sudo[0]: bastion is given twice: keep one",
    ),
    (
        "programs: {sshd: [/opt/sshd]}",
        r#"x.yml:1: programs.sshd[0]: "/opt/sshd" is no name that a log shows: give the program's file name, without its folder and without a colon or brackets"#,
    ),
    (
        "trust: {folder: [/opt/openssh]}",
        "x.yml:1: trust.folder: unknown key: did you mean folders? Allowed here: folders, containers, other_machines",
    ),
    (
        "identities: {keys: {alice: 'SHA256:x'}}",
        "x.yml:1: identities.keys.alice: the key is not a fingerprint: write SHA256:… or MD5:… as ssh-keygen -lf prints it",
    ),
    (
        "identities:\n  authorized_keys:\n    - {path: /a, name: b, name_by: file}",
        "x.yml:3: identities.authorized_keys[0]: name and name_by exclude each other: keep one",
    ),
    (
        "identities: {authorized_keys: [{path: /a, name_by: key}]}",
        r#"x.yml:1: identities.authorized_keys[0].name_by: "key" is not a way to name keys: comment, file is allowed"#,
    ),
    (
        "expected:\n  logins:\n    - {user: a}\n    - {user: b, netwrok: office}\n",
        "x.yml:4: expected.logins[1].netwrok: unknown key: did you mean network? Allowed here: user, identity, network, source, method, program, hours",
    ),
    (
        "networks: {office: 10.0.0.0/8}\nexpected: {logins: [{network: ofice}]}",
        r#"x.yml:2: expected.logins[0].network: "ofice" is not a network: did you mean office? Allowed here: office, loopback, private, public, aws, unknown"#,
    ),
    (
        "expected: {logins: [{method: pubkey}]}",
        r#"x.yml:1: expected.logins[0].method: "pubkey" is not a method: did you mean publickey? Allowed here: publickey, certificate, password, keyboard-interactive, hostbased, gssapi, none, session-manager, other"#,
    ),
    (
        "expected: {logins: [{user: [a, {not: b}]}]}",
        "x.yml:1: expected.logins[0].user[1]: is a section where one value stands",
    ),
    (
        "expected: {logins: [{user: {no: b}}]}",
        "x.yml:1: expected.logins[0].user: is a section without not: write a glob, a list of globs, or {not: …}\nx.yml:1: expected.logins[0].user.no: unknown key: did you mean not? Allowed here: not",
    ),
    (
        "expected: {logins: [{hours: 'Mo-Fri'}]}",
        r#"x.yml:1: expected.logins[0].hours: "Mo" is not a day: Mon, Tue, Wed, Thu, Fri, Sat or Sun is allowed"#,
    ),
    (
        "expected: {logins: [{hours: '08:00-20:00 Mars'}]}",
        r#"x.yml:1: expected.logins[0].hours: "Mars" is not a time zone: write a name such as Asia/Tokyo or UTC"#,
    ),
    (
        "expected: {sudo: [{network: office}]}",
        "x.yml:1: expected.sudo[0].network: unknown key: allowed here: user, target_user, command, hours",
    ),
    (
        "expected: {aws: [{account: 12345}]}",
        r#"x.yml:1: expected.aws[0].account: "12345" is not an account: write its twelve digits"#,
    ),
    (
        "expected: {login: [{user: a}]}",
        "x.yml:1: expected.login: unknown key: did you mean logins? Allowed here: logins, sudo, aws",
    ),
    ("web: {}\na: [1", "x.yml:2: is not YAML: unclosed bracket '['"),
    ("web: {}\nweb: {}", "x.yml:2: is not YAML: duplicate key web: keep one"),
    (
        "web: {}\n---\nweb: {}",
        "x.yml:3: is not YAML: a second document begins: the settings are one document",
    ),
    ("- a", "x.yml:1: is no section: write its keys below it"),
];

#[test]
fn each_mistake_in_the_file_is_told_with_its_place() {
    for (text, message) in FILES {
        assert_eq!(File::new(text).problems(), *message, "{text}");
    }
}

#[test]
fn a_condition_left_empty_is_an_error_and_never_one_condition_less() {
    let cases = [
        ("{user: deploy, network: }", "network: is empty: give a glob"),
        ("{user: deploy, network: []}", "network: is empty: give a glob"),
        ("{user: deploy, network: {not: []}}", "network.not: is empty: give a glob"),
        (
            "{user: deploy, hours: []}",
            "hours: is empty: give hours such as Mon-Fri 08:00-20:00 Asia/Tokyo",
        ),
    ];
    for (rule, message) in cases {
        let problems = File::new(&format!("expected: {{logins: [{rule}]}}")).problems();
        assert_eq!(problems, format!("x.yml:1: expected.logins[0].{message}"));
    }
    assert_eq!(
        File::new("expected: {logins: [{}]}").problems(),
        "x.yml:1: expected.logins[0]: names nothing, so it would expect everything: give it a condition"
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let problems = File::new("source: x\nlog: {level: y}\nz: 1\n").problems();
    let places: Vec<&str> = problems.lines().map(|l| l.split(": ").next().unwrap()).collect();
    assert_eq!(places, ["x.yml:1", "x.yml:2", "x.yml:3"]);
}

#[test]
fn a_bad_flag_is_one_line_that_names_it() {
    let cases: &[(&[&str], &str)] = &[
        (
            &["--web.listen-adress=:1"],
            "--web.listen-adress: unknown argument: did you mean --web.listen-address? --help lists what is allowed",
        ),
        (&["--nothing"], "--nothing: unknown argument: --help lists what is allowed"),
        (
            &["--web.listen-address=here"],
            r#"--web.listen-address: "here" is not an address: write an IP address and a port, such as 127.0.0.1:10922 or [::1]:10922, or :10922 for every interface"#,
        ),
        (
            &["--web.max-requests=x"],
            r#"--web.max-requests: "x" is not a whole number: 1 to 10000 is allowed"#,
        ),
        (
            &["--cloudtrail.region=eu-west-1", "--cloudtrail.region=x"],
            r#"--cloudtrail.region: "x" is not a Region: write one such as ap-northeast-1, or all"#,
        ),
        (&["--source=file", "--source=journal"], "--source: stands more than once: keep one"),
        (
            &["--auth-log.path=/a", "--auth-log.path=/a"],
            "--auth-log.path: stands in the list already: keep one",
        ),
        (&["--source"], "--source: needs a value behind it"),
        (&["--web.disable-recent=yes"], "--web.disable-recent: takes no value"),
        (&["server"], "server: unknown command: serve, history or check-config is allowed"),
        (&["serve", "x"], "x: unknown argument: --help lists what is allowed"),
        (
            &["history", "--format=xml"],
            r#"--format: "xml" is not a format: table, json, csv, prometheus is allowed"#,
        ),
        (
            &["history", "--since=someday"],
            r#"--since: "someday" is not a time: write yesterday, today, 14:30, 2026-01-02, 2026-01-02T08:00, 2026-01-02T08:00:00Z, or 24h for a day ago"#,
        ),
        (
            &["--config.file=/nonexistent/x.yml"],
            "/nonexistent/x.yml: cannot read the settings: No such file or directory (os error 2); give a file that can be read, or leave out --config.file",
        ),
    ];
    for (arguments, message) in cases {
        assert_eq!(flags(arguments).unwrap_err().to_string(), *message, "{arguments:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error_with_their_line() {
    let file = File::new("");
    std::fs::write(file.path(), b"web: {}\nlog: \xff\n").unwrap();
    assert_eq!(file.problems(), "x.yml:2: is not UTF-8: save the file as UTF-8");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let bad = std::ffi::OsStr::from_bytes(b"--source=\xff").to_owned();
    let line = login_exporter::config::CommandLine::parse(["login_exporter".into(), bad]);
    let Err(Exit::Wrong(problems)) = line else { panic!("it was taken") };
    assert_eq!(problems.to_string(), "arguments: are not UTF-8: write flags in UTF-8");
}

#[test]
fn help_and_version_are_no_mistakes() {
    let text = |arguments: &[&str]| match command_line(arguments) {
        Err(Exit::Text(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(text(&["--version"]), format!("login_exporter {}\n", env!("CARGO_PKG_VERSION")));
    let help = text(&["--help"]);
    for word in ["General:", "The host's log:", "CloudTrail:", "Web:", "history", "check-config"] {
        assert!(help.contains(word), "{word} in {help}");
    }
    assert!(text(&["help"]).contains("check-config"));
    assert!(text(&["history", "--help"]).contains("--since <TIME>"));
}

proptest::proptest! {
    /// Keys that exist with values that do not fit, in any nesting.
    #[test]
    fn no_file_breaks_the_reader(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "networks", "expected", "logins", "not", "hours", "web", "auth_logs", "keys",
                "user", ": ", ": ", ":\n  ", "\n", "\n    ", "- ", "{", "}", "[", "]", ",", "~",
                "10.0.0.0/8", "1", "'", "&a ", "*a", "<<", "\u{e9}", "!!int ", "|\n",
            ]),
            0..24,
        ),
    ) {
        // Whatever it says, it says it without a panic, and never nothing.
        if let Err(problems) = File::new(&words.concat()).settings(&[]) {
            proptest::prop_assert!(!problems.to_string().is_empty());
        }
    }
}
