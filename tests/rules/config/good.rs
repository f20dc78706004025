//! What flags and file mean, and what holds without them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use login_exporter::config::{
    Account, AuthLog, Colour, Command, HistoryFormat, LogFormat, LogLevel, Moment, SourceChoice,
    Start,
};
use login_exporter::event::Time;

use super::{File, command_line, environment, flags, root, yaml};

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn no_flag_is_needed() {
    let settings = flags(&[]).unwrap();
    assert_eq!(command_line(&[]).unwrap().command, Command::Serve);
    assert_eq!(settings.source, SourceChoice::Auto);
    assert_eq!(settings.auth_logs, []);
    assert_eq!(settings.cloudtrail.regions, [""; 0]);
    assert_eq!(settings.cloudtrail.poll_interval, Duration::from_secs(60));
    assert_eq!(settings.cloudtrail.lookback, DAY);
    assert_eq!(settings.web.listen_addresses, ["127.0.0.1:10922".parse().unwrap()]);
    assert_eq!(settings.web.telemetry_path, "/metrics");
    assert_eq!(settings.web.max_requests, 40);
    assert_eq!(settings.state_dir, Path::new("/home/me/.local/state/login_exporter"));
    let archive = Path::new("/home/me/.local/state/login_exporter/archive");
    assert_eq!(settings.archive.dir.as_deref(), Some(archive));
    assert_eq!((settings.archive.retention, settings.archive.max_size), (400 * DAY, 512_000_000));
    assert_eq!(settings.ssm_agent_dir, None);
    assert_eq!(settings.limits.series_per_family, 1_000);
    assert_eq!(settings.limits.forget_after, 400 * DAY);
    assert_eq!((settings.failures.threshold, settings.failures.window), (5, DAY / 24));
}

#[test]
fn an_empty_file_changes_nothing() {
    let without = flags(&[]).unwrap();
    for text in ["", "# nothing\n", "web:\ncloudtrail:\n", "{}"] {
        let mut with = yaml(text);
        with.config_file = None;
        assert_eq!(with, without, "{text:?}");
    }
}

#[test]
fn every_flag_wins_over_the_file() {
    let file = File::new(
        "source: file\nauth_logs: [/a]\nauth_log: {start: beginning, time_zone: UTC}\n\
         cloudtrail: {regions: [us-east-1], poll_interval: 1h, lookback: 1h, paths: [/t]}\n\
         state: {dir: /s}\nlog: {level: warn, format: logfmt}\n\
         web: {listen_addresses: [':1'], telemetry_path: /m, config_file: /w, max_requests: 1}\n",
    );
    let settings = file
        .settings(&[
            "--source=auto",
            "--auth-log.path=/b",
            "--auth-log.path=/c",
            "--auth-log.start=end",
            "--auth-log.time-zone=Asia/Tokyo",
            "--cloudtrail.region=eu-west-1",
            "--cloudtrail.poll-interval=30s",
            "--cloudtrail.lookback=48h",
            "--cloudtrail.path=/u",
            "--state.dir=/v",
            "--log.level=debug",
            "--log.format=json",
            "--web.listen-address=:10922",
            "--web.listen-address=127.0.0.1:2",
            "--web.telemetry-path=/n",
            "--web.config.file=/x",
            "--web.max-requests=2",
            "--web.disable-recent",
            "--web.openmetrics-created",
        ])
        .unwrap();
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let log =
        |path: &str| AuthLog { path: path.into(), start: Start::End, time_zone: tokyo.clone() };
    assert_eq!(settings.source, SourceChoice::Auto);
    assert_eq!(settings.auth_logs, [log("/b"), log("/c")]);
    assert_eq!(settings.cloudtrail.regions, ["eu-west-1"]);
    assert_eq!(settings.cloudtrail.poll_interval, Duration::from_secs(30));
    assert_eq!(settings.cloudtrail.lookback, 2 * DAY);
    assert_eq!(settings.cloudtrail.paths, [PathBuf::from("/u")]);
    assert_eq!(settings.state_dir, Path::new("/v"));
    assert_eq!((settings.log.level, settings.log.format), (LogLevel::Debug, LogFormat::Json));
    let addresses: Vec<String> =
        settings.web.listen_addresses.iter().map(|a| a.to_string()).collect();
    assert_eq!(addresses, ["[::]:10922", "127.0.0.1:2"]);
    assert_eq!(settings.web.telemetry_path, "/n");
    assert_eq!(settings.web.config_file.as_deref(), Some(Path::new("/x")));
    assert_eq!(settings.web.max_requests, 2);
    assert!(settings.web.disable_recent && settings.web.openmetrics_created);
}

#[test]
fn a_flag_helps_over_a_bad_value_of_the_file() {
    let file = File::new("web: {max_requests: many}");
    assert!(file.settings(&[]).is_err());
    assert_eq!(file.settings(&["--web.max-requests=3"]).unwrap().web.max_requests, 3);
}

#[test]
fn flags_stand_before_and_after_the_command() {
    for arguments in [
        ["--source=file", "history"],
        ["history", "--source=file"],
        ["serve", "--source=file"],
        ["check-config", "--source=file"],
    ] {
        assert_eq!(flags(&arguments).unwrap().source, SourceChoice::File, "{arguments:?}");
    }
}

#[test]
fn a_log_of_its_own_zone_keeps_it() {
    let settings = yaml(
        "auth_log: {start: end, time_zone: Asia/Tokyo}\n\
         auth_logs: [/a, {path: /b, start: beginning, time_zone: UTC}, {path: /c}]\n",
    );
    let seen: Vec<_> = settings
        .auth_logs
        .iter()
        .map(|log| (log.path.to_str().unwrap(), log.start, log.time_zone.iana_name().unwrap()))
        .collect();
    let expected = [
        ("/a", Start::End, "Asia/Tokyo"),
        ("/b", Start::Beginning, "UTC"),
        ("/c", Start::End, "Asia/Tokyo"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn accounts_may_go_without_an_external_id() {
    let arn = |account: &str| format!("arn:aws:iam::{account}:role/login-exporter-read");
    let (one, two) = (arn("123456789012"), arn("210987654321"));
    let settings = yaml(&format!(
        "cloudtrail:\n  regions: eu-west-1\n  accounts:\n    - {{role_arn: '{one}'}}\n    \
         - {{role_arn: '{two}', external_id: 007}}\n"
    ));
    let account = |role_arn: &str, id: Option<&str>| Account {
        role_arn: role_arn.to_owned(),
        external_id: id.map(str::to_owned),
        name: None,
        regions: Vec::new(),
    };
    assert_eq!(settings.cloudtrail.accounts, [account(&one, None), account(&two, Some("007"))]);
}

#[test]
fn state_goes_where_systemd_or_the_user_says() {
    let dir = |systemd: Option<&str>, xdg: Option<&str>, home: Option<&str>| {
        let mut environment = environment();
        environment.state_directory = systemd.map(Into::into);
        environment.xdg_state_home = xdg.map(Into::into);
        environment.home = home.map(Into::into);
        let settings = command_line(&[]).unwrap().settings(&environment).unwrap();
        settings.state_dir.to_str().unwrap().to_owned()
    };
    let (home, xdg) = (Some("/home/me"), Some("/xdg"));
    assert_eq!(dir(Some("/var/lib/a:/var/lib/b"), xdg, home), "/var/lib/a");
    assert_eq!(dir(None, xdg, home), "/xdg/login_exporter");
    assert_eq!(dir(None, Some("relative"), home), "/home/me/.local/state/login_exporter");
    assert_eq!(dir(Some(""), Some(""), home), "/home/me/.local/state/login_exporter");
    assert_eq!(dir(None, None, None), "/var/lib/login_exporter");
}

#[test]
fn history_says_what_to_read_and_how_to_print() {
    let command = |arguments: &[&str]| command_line(arguments).unwrap().command;
    let Command::History(plain) = command(&["history"]) else { panic!() };
    assert_eq!((plain.files.len(), plain.format), (0, HistoryFormat::Table));
    let Command::History(full) = command(&[
        "history",
        "a.gz",
        "-",
        "--since=24h",
        "--until=2026-01-02T08:00:00Z",
        "--user=a*",
        "--user=root",
        "--format=json",
        "--explain",
        "--event=sudo_*",
        "--from=203.0.113.0/24",
        "--host=web-*",
        "--expected=false",
        "-n",
        "20",
        "--summary",
        "--follow",
        "--utc",
        "--color=never",
    ]) else {
        panic!()
    };
    assert_eq!(
        (full.events, full.from),
        (vec!["sudo_*".to_owned()], vec!["203.0.113.0/24".to_owned()])
    );
    assert_eq!((full.hosts, full.expected.as_deref()), (vec!["web-*".to_owned()], Some("false")));
    assert_eq!((full.last, full.summary, full.follow, full.utc), (Some(20), true, true, true));
    assert_eq!(full.colour, Colour::Never);
    assert_eq!(full.files, [PathBuf::from("a.gz"), PathBuf::from("-")]);
    assert_eq!(full.since, Some(Moment::Ago(DAY)));
    assert_eq!(full.until, Some(Moment::At(Time::new(1_767_340_800, 0))));
    assert_eq!(full.users, ["a*", "root"]);
    assert_eq!((full.format, full.explain), (HistoryFormat::Json, true));
}

#[test]
fn a_date_begins_in_the_zone_of_the_logs() {
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    let now = Time::new(1_767_340_800, 0);
    let at = |text: &str| Moment::parse(text).unwrap().time(now, &tokyo).seconds();
    assert_eq!(at("2026-01-02"), 1_767_279_600);
    assert_eq!(at("2026-01-02T08:00"), 1_767_308_400);
    assert_eq!(at("2026-01-02T08:00:00Z"), 1_767_340_800);
    assert_eq!(at("2026-01-02T17:00:00+09:00"), 1_767_340_800);
    assert_eq!(at("1h"), 1_767_337_200);
}

#[test]
fn check_config_takes_a_file_before_the_flag_s() {
    let line = command_line(&["check-config", "a.yml", "--config.file=b.yml"]).unwrap();
    assert_eq!(line.config_file(), Some(Path::new("a.yml")));
    let line = command_line(&["check-config", "--config.file=b.yml"]).unwrap();
    assert_eq!(
        (line.command.clone(), line.config_file()),
        (Command::CheckConfig, Some(Path::new("b.yml")))
    );
}

#[test]
fn check_config_prints_what_is_in_force_and_warns() {
    let file = File::new("log: {level: warn}\n");
    let check = || {
        let line = command_line(&["check-config", file.path().to_str().unwrap()]).unwrap();
        line.check(&environment(), Vec::new())
    };
    assert!(check().unwrap().contains("  level: warn\n"));
    let keys = file.folder.path().join("keys");
    let text = format!("identities: {{authorized_keys: [{}]}}", keys.display());
    std::fs::write(file.path(), text).unwrap();
    assert!(check().unwrap_err().to_string().contains("cannot read the keys"));
    std::fs::write(&keys, "hello\n").unwrap();
    let warning = format!("# warning: {}:1: no key stands in this line\n", keys.display());
    assert!(check().unwrap().starts_with(&warning));
}

#[test]
fn settings_in_force_read_back_as_they_are() {
    let texts = [
        String::new(),
        std::fs::read_to_string(root().join("deploy/login_exporter.yml")).unwrap(),
        everything(),
    ];
    for text in texts {
        let mut settings = yaml(&text);
        let printed = settings.to_yaml();
        let mut again = yaml(&printed);
        (settings.config_file, again.config_file) = (None, None);
        assert_eq!(again, settings, "{printed}");
        assert_eq!(again.to_yaml(), printed);
    }
}

/// Every key there is, with values that YAML could misread.
fn everything() -> String {
    r##"
source: file
auth_log: {start: end, time_zone: Asia/Tokyo}
auth_logs: [/a b, {path: "/c: d", start: beginning, time_zone: UTC}]
cloudtrail:
  regions: [eu-west-1, us-gov-west-1]
  poll_interval: 90s
  lookback: 0
  paths: ["/t #1"]
  accounts: [{role_arn: "arn:aws:iam::123456789012:role/x", external_id: "null", name: "a b", regions: [us-east-1, all]}]
  queues: ["https://sqs.eu-west-1.amazonaws.com/123456789012/q"]
  own_account: false
  organization: {role: audit/read, external_id: "7", regions: [all], list_through: "arn:aws:iam::123456789012:role/l", exclude: ["012345678901"], refresh: 2h}
  events: {add: [SendCommand], drop: ["sagemaker:StartSession", GetPasswordData]}
state: {dir: /s}
web:
  listen_addresses: [":1", "[::1]:2"]
  telemetry_path: /m
  config_file: /w
  max_requests: 7
  disable_recent: true
  openmetrics_created: true
log: {level: trace, format: json}
limits: {series_per_family: 50, forget_after: 36h}
failures: {threshold: 3, window: 10m}
programs: {sshd: [sshd-bastion, sshd2], sudo: [priv]}
trust: {folders: [/opt/openssh], containers: true, other_machines: true}
networks: {"a: b": [10.0.0.0/8, 10.1.0.0/16], vpc: "2001:db8::/32", lone: 192.0.2.1}
identities:
  authorized_keys: [/p, {path: /q, name: "true"}, {path: /r, name_by: file, trusted: true}]
  keys:
    "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og": Alice "A" Example
    "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48": bob
  trust_instance_connect_lines: true
  made_up: ["ci-*", "*-run"]
expected:
  logins:
    - {user: [a, "b*", "~"], identity: {not: [c, "d, e"]}, network: vpc, source: 10.*}
    - {method: {not: password}, program: sshd, hours: ["Mon-Fri 08:00-20:00", "Sat UTC"]}
  sudo: [{user: "*", target_user: root, command: "/usr/bin/systemctl restart *"}]
  aws:
    - {identity: "Ops/*", event_name: StartSession, target: "i-*", document: x, network: aws}
    - {source: "*", account: 012345678901, region: eu-west-1, source_identity: alice@*}
"##
    .to_owned()
}

#[test]
fn every_flag_s_key_is_printed() {
    let printed = yaml(&everything()).to_yaml();
    for key in [
        "source:",
        "auth_log:",
        "start:",
        "time_zone:",
        "auth_logs:",
        "regions:",
        "poll_interval:",
        "lookback:",
        "paths:",
        "dir:",
        "listen_addresses:",
        "telemetry_path:",
        "config_file:",
        "max_requests:",
        "disable_recent:",
        "openmetrics_created:",
        "level:",
        "format:",
    ] {
        assert!(printed.contains(key), "{key} in\n{printed}");
    }
}

#[test]
fn the_sample_s_examples_are_good_settings() {
    let text = std::fs::read_to_string(root().join("deploy/login_exporter.yml")).unwrap();
    let mut untouched = yaml(&text);
    untouched.config_file = None;
    assert_eq!(untouched, flags(&[]).unwrap(), "installed as it is, it changes nothing");
    let settings = yaml(&uncommented(&text));
    assert_eq!(settings.auth_logs.len(), 2);
    assert_eq!((settings.cloudtrail.accounts.len(), settings.cloudtrail.queues.len()), (2, 1));
    assert_eq!(settings.cloudtrail.organization.unwrap().role, "login-exporter-read");
    assert_eq!(settings.identities.authorized_keys.len(), 3);
    assert_eq!(settings.identities.keys.len(), 1);
    assert_eq!(settings.networks.iter().count(), 3);
    assert_eq!(settings.expected.logins.len(), 2);
    assert_eq!((settings.expected.sudo.len(), settings.expected.aws.len()), (1, 1));
}

/// The sample with its commented examples in force: what is one word with a colon, or a list item.
fn uncommented(text: &str) -> String {
    let example = |line: &str| -> Option<String> {
        let at = line.find("# ")?;
        let (indent, rest) = (&line[..at], &line[at + 2..]);
        let body = rest.trim_start();
        let key = body.split([':', ' ']).next()?;
        let is_key = !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            && body[key.len()..].starts_with(':');
        let is_item = body.starts_with("- ") || body.starts_with("\"SHA256");
        (indent.trim().is_empty() && (is_key || is_item)).then(|| format!("{indent}{rest}"))
    };
    text.lines().map(|l| example(l).unwrap_or_else(|| l.to_owned()) + "\n").collect()
}
