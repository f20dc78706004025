//! What `history` prints, from every kind of input.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::{Seed, command, golden, printed};
use crate::support::run;

/// The seed's events, one object a line.
fn expected() -> String {
    std::fs::read_to_string(golden("expected.json")).unwrap()
}

/// The events of the log alone.
fn of_the_log() -> String {
    let events = expected();
    events
        .lines()
        .filter(|line| !line.contains("aws_success"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn json(arguments: &[&str]) -> String {
    let mut all = vec!["history", "--auth-log.time-zone=UTC", "--format=json"];
    all.extend(arguments);
    printed(&all)
}

#[test]
fn the_seed_s_events_and_metrics_are_exactly_these() {
    let seed = Seed::new();
    assert_eq!(seed.history(&["--format=json"]), expected());
    let metrics = std::fs::read_to_string(golden("expected.prom")).unwrap();
    assert_eq!(seed.history(&["--format=prometheus"]), metrics);
}

#[test]
fn a_packed_file_and_standard_input_are_read_alike() {
    let seed = Seed::new();
    run(Command::new("gzip").args(["--keep", "--no-name"]).arg(seed.path("secure")));
    seed.date("secure.gz");
    assert_eq!(json(&[&seed.text("secure.gz")]), of_the_log());

    // Standard input has no date: the lines are given one.
    let dated = std::fs::read_to_string(golden("secure")).unwrap();
    let dated = dated.replace("Oct  4 00:", "2022-10-04T00:").replace(" ip-132", "Z ip-132");
    let mut reading = command(&["history", "--format=json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    reading.stdin.take().unwrap().write_all(dated.as_bytes()).unwrap();
    let output = reading.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), of_the_log());
}

#[test]
fn rotated_files_are_one_history_in_whatever_order_they_are_named() {
    let seed = Seed::new();
    let log = std::fs::read_to_string(seed.path("secure")).unwrap();
    let (old, new) = log.split_at(log.match_indices('\n').nth(2).unwrap().0 + 1);
    std::fs::write(seed.path("secure.1"), old).unwrap();
    std::fs::write(seed.path("secure"), new).unwrap();
    seed.date("secure.1");
    seed.date("secure");
    run(Command::new("gzip").args(["--no-name"]).arg(seed.path("secure.1")));
    seed.date("secure.1.gz");
    assert_eq!(json(&[&seed.text("secure"), &seed.text("secure.1.gz")]), of_the_log());
    // Named by a flag, as serve would read it, its rotated files come along.
    assert_eq!(json(&[&format!("--auth-log.path={}", seed.text("secure"))]), of_the_log());
}

#[test]
fn the_same_events_as_a_table_and_as_csv() {
    let seed = Seed::new();
    let table = seed.history(&[]);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 1 + expected().lines().count(), "{table}");
    assert!(rows[0].starts_with("TIME"), "{table}");
    for words in [
        ["2022-10-04T00:47:46Z", "aws_success", "user-name/role-name", "i-0123456789abcdef0"],
        ["2022-10-04T00:49:14Z", "login_success", "ec2-user", "123.123.123.123"],
        ["2022-10-04T00:49:23Z", "sudo_command", "ec2-user", "/bin/less /var/log/secure"],
    ] {
        assert!(rows.iter().any(|row| words.iter().all(|w| row.contains(w))), "{words:?}\n{table}");
    }

    let csv = seed.history(&["--format=csv"]);
    let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let login: Vec<&str> =
        csv.lines().find(|line| line.contains("login_success")).unwrap().split(',').collect();
    assert_eq!(login.len(), header.len());
    for (column, value) in [
        ("time", "2022-10-04T00:49:14Z"),
        ("user", "ec2-user"),
        ("source", "123.123.123.123"),
        ("port", "58080"),
        ("reason", ""),
        ("count", ""),
    ] {
        let at = header.iter().position(|name| *name == column).unwrap();
        assert_eq!(login[at], value, "{column}");
    }
}

#[test]
fn only_a_time_or_a_user_is_shown_where_one_is_asked_for() {
    let seed = Seed::new();
    let kinds = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["--format=json"];
        all.extend(arguments);
        let events = seed.history(&all);
        let event = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["event"].as_str().unwrap().to_owned()
        };
        events.lines().map(event).collect()
    };
    let since = "--since=2022-10-04T00:49:23Z";
    assert_eq!(kinds(&[since]), ["sudo_command", "session_opened", "session_closed"]);
    assert_eq!(kinds(&[since, "--until=2022-10-04T00:50:00Z"]), ["sudo_command", "session_opened"]);
    assert_eq!(kinds(&["--until=2022-10-04T00:49:14Z"]), ["aws_success"]);
    let of_account = ["login_success", "session_opened", "sudo_command"];
    assert_eq!(kinds(&["--user=ec2-*"]), of_account);
    assert_eq!(kinds(&["--user=user-name/*"]), ["aws_success"]);
    assert_eq!(kinds(&["--user=nobody"]), [""; 0]);
}

#[test]
fn why_each_access_was_expected_or_not() {
    let seed = Seed::new();
    let file = seed.path("rules.yml");
    let rules = "expected:\n  logins:\n    - {user: ec2-user, source: 123.*}\n  \
                 sudo:\n    - {user: ec2-user, command: /usr/bin/*}\n";
    std::fs::write(&file, rules).unwrap();
    let config = format!("--config.file={}", file.display());
    let events = seed.history(&["--format=json", "--explain", &config]);
    let found = |kind: &str| -> serde_json::Value {
        let line = events.lines().find(|line| line.contains(kind)).unwrap();
        serde_json::from_str(line).unwrap()
    };
    let login = found("login_success");
    assert_eq!(login["expected"], "true");
    assert_eq!(login["rule"], "expected.logins[0]");
    let sudo = found("sudo_command");
    assert_eq!(sudo["expected"], "false");
    assert!(sudo["rule"].is_null(), "{sudo}");
    assert!(sudo["why"].as_str().unwrap().contains("expected.sudo[0] comes nearest"), "{sudo}");
    // A kind without rules has no verdict.
    assert!(found("aws_success")["expected"].is_null());
    let table = seed.history(&["--explain", &config]);
    assert!(table.contains("expected.logins[0]"), "{table}");
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let seed = Seed::new();
    let line = std::fs::read_to_string(golden("secure")).unwrap();
    std::fs::write(seed.path("long"), line.repeat(20_000)).unwrap();
    for arguments in
        [vec!["history", "--format=json", "LONG"], vec!["--help"], vec!["check-config"]]
    {
        let long = seed.text("long");
        let arguments: Vec<&str> =
            arguments.into_iter().map(|word| if word == "LONG" { &long } else { word }).collect();
        let mut reading =
            command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut few = [0; 10];
        reading.stdout.take().unwrap().read_exact(&mut few).unwrap();
        let output = reading.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*said), (Some(0), ""), "{arguments:?}");
    }
}

/// Its exit code, and what it says on standard error.
fn told(arguments: &[&str]) -> (Option<i32>, String) {
    let output = super::run(arguments);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn how_much_could_not_be_read_is_said_with_the_first_of_it() {
    let seed = Seed::new();
    let log = std::fs::read_to_string(golden("secure")).unwrap();
    let lines = log.lines().count() + 2;
    let unread = "[   12.345678] h sshd[1]: Accepted password for bob from 192.0.2.9 port 5 ssh2";
    let mixed = format!("{log}{unread}\nlis 26 13:03:32 h sshd[903]: x\n");
    std::fs::write(seed.path("mixed"), mixed).unwrap();
    seed.date("mixed");
    let (code, said) = told(&["history", &seed.text("mixed")]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("could not read 2 of {lines} lines")), "{said}");
    assert!(said.contains(unread) && said.contains("carries no date"), "{said}");
}

#[test]
fn an_input_that_holds_nothing_is_an_error_and_one_of_several_is_told() {
    let seed = Seed::new();
    std::fs::write(seed.path("empty"), "").unwrap();
    std::fs::write(seed.path("binary"), [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0]).unwrap();
    std::fs::write(seed.path("lines.json"), "{\"log\": \"x\"}\n{\"log\": \"y\"}\n").unwrap();
    let shipped = "{\"time\":\"2026-10-08T10:00:01Z\",\"log\":\"x\"}\n";
    std::fs::write(seed.path("shipped.json"), shipped).unwrap();
    // The form of journalctl's entries, but none of them has a time that can be read.
    let entries = "{\"__REALTIME_TIMESTAMP\":\"yesterday\",\"MESSAGE\":\"x\"}\n";
    std::fs::write(seed.path("entries.json"), entries).unwrap();
    std::fs::create_dir(seed.path("folder")).unwrap();
    for (name, why) in [
        ("empty", "it is empty"),
        ("binary", "it is no text"),
        ("lines.json", "none of its 2 lines"),
        ("shipped.json", "none of its 1 lines"),
        ("entries.json", "none of its 1 lines"),
        ("folder", "it is a folder"),
        ("missing", "No such file"),
    ] {
        let output = super::run(&["history", &seed.text(name)]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(why) && output.stdout.is_empty(), "{name}: {said}");

        let both = ["history", "--format=json", &seed.text(name), &seed.text("secure")];
        let output = super::run(&both);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains(why) && said.contains(&seed.text(name)), "{name}: {said}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), of_the_log(), "{name}");
    }
}

#[test]
fn a_damaged_line_of_an_archive_is_told_and_the_others_are_printed() {
    let seed = Seed::new();
    let whole = of_the_log();
    let damaged = whole.replacen("\n{\"time\":\"", "\n{\"time\"\"", 1);
    assert_ne!(damaged, whole);
    std::fs::write(seed.path("kept.jsonl"), &damaged).unwrap();
    let output = super::run(&["history", "--format=json", &seed.text("kept.jsonl")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("1 line of the archive cannot be read"), "{said}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.lines().count(), whole.lines().count() - 1);
}

#[test]
fn lines_that_no_rule_knows_are_printed_by_their_shape() {
    let seed = Seed::new();
    let line = |user: &str, pid| {
        format!("Oct  4 00:00:01 h sshd[{pid}]: session password of user {user} frobnicated\n")
    };
    let log = format!("{}{}{}", line("hunter2", 5), line("s3cr3t!", 6), "a b c\n");
    std::fs::write(seed.path("log"), log).unwrap();
    seed.date("log");
    let printed = super::run(&["history", "--unrecognized", &seed.text("log")]);
    let shapes = String::from_utf8(printed.stdout).unwrap();
    assert!(!shapes.contains("hunter2") && !shapes.contains("s3cr3t"), "{shapes}");
    let sshd: Vec<&str> = shapes.lines().filter(|line| line.contains("sshd")).collect();
    assert_eq!(sshd.len(), 1, "{shapes}");
    assert!(sshd[0].trim().starts_with("2 ") && sshd[0].contains("session password"), "{shapes}");
    assert!(shapes.contains("unframed"), "{shapes}");
}
