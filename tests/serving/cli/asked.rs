//! `history` as people ask it: from an archive, on a terminal, with every line that README shows.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::command;
use crate::support::pty::Pty;
use crate::support::{missing, run, skip, wait_for, write_script};

const README: &str = include_str!("../../../README.md");

/// A state folder with an archive, and where the lines of it come from.
struct Home {
    dir: TempDir,
}

fn row(time: &str, user: &str, source: &str, more: &str) -> String {
    format!(
        "{{\"time\":\"{time}\",\"host\":\"web-1\",\"event\":\"login_success\",\"program\":\"sshd\",\"user\":\"{user}\",\"method\":\"password\",\"source\":\"{source}\",\"network\":\"public\"{more}}}\n"
    )
}

impl Home {
    fn new() -> Home {
        let home = Home { dir: tempfile::tempdir().unwrap() };
        fs::create_dir_all(home.path("state/archive")).unwrap();
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn keep(&self, day: &str, rows: &str) {
        let path = self.path("state/archive").join(format!("{day}.jsonl"));
        let mut file = fs::File::options().append(true).create(true).open(path).unwrap();
        file.write_all(rows.as_bytes()).unwrap();
    }

    fn state(&self) -> String {
        format!("--state.dir={}", self.path("state").display())
    }

    fn ask(&self, arguments: &[&str]) -> Output {
        command(&["history", &self.state()]).args(arguments).output().unwrap()
    }

    fn printed(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.ask(arguments).stdout).unwrap()
    }

    /// Runs it on a terminal of so many columns, and gives what stood there at the end.
    fn on_terminal(&self, columns: u32, arguments: &str) -> String {
        let program = env!("CARGO_BIN_EXE_login_exporter");
        let command = format!(
            "stty cols {columns}; env TZ=Asia/Tokyo {program} history {} {arguments}; echo DONE",
            self.state()
        );
        let pty = Pty::run(&command);
        wait_for("the end", || pty.output().contains("DONE\r").then_some(()));
        let output = pty.output();
        assert_eq!(pty.end(), Some(0), "{output}");
        let after = output.split_once("]\r\n").unwrap().1;
        after.split_once("DONE").unwrap().0.to_owned()
    }
}

fn has_terminal() -> bool {
    missing(&["script"]).is_none_or(|reason| !skip(&reason))
}

/// Without what colours it.
fn bare(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare += before;
        rest = after.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    bare + rest
}

/// What README shows under `History` runs, each line of it, in a folder that has what it names.
#[test]
fn every_line_of_history_in_readme_runs() {
    if missing(&["bash", "zcat", "journalctl"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let section = README.split_once("\n## History\n").unwrap().1.split_once("\n## ").unwrap().0;
    let inside = section.split("```").skip(1).step_by(2).flat_map(str::lines);
    let lines: Vec<&str> = inside.filter(|line| line.contains("login_exporter history")).collect();
    assert!(lines.len() >= 9, "{lines:?}");
    let home = Home::new();
    for day in ["2026-11-24", "2026-11-25"] {
        home.keep(
            day,
            &row(&format!("{day}T10:00:00Z"), "alice", "203.0.113.9", ",\"expected\":\"false\""),
        );
    }
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seed");
    fs::create_dir(home.path("trail")).unwrap();
    fs::copy(seed.join("secure"), home.path("secure")).unwrap();
    fs::copy(seed.join("secure"), home.path("secure-20221009")).unwrap();
    fs::copy(seed.join("start_session.json"), home.path("trail/a.json")).unwrap();
    run(Command::new("gzip").arg(home.path("trail/a.json")));
    run(Command::new("gzip").arg(home.path("secure-20221009")));
    // The program under its name, with this state folder; the journal of elsewhere is a file.
    fs::create_dir(home.path("bin")).unwrap();
    let wrapper = format!(
        "#!/bin/sh\nexec {} \"$@\" {}\n",
        env!("CARGO_BIN_EXE_login_exporter"),
        home.state()
    );
    let journal = "#!/bin/sh\nprintf '__CURSOR=s\\n__REALTIME_TIMESTAMP=1795655700000000\\n_PID=7\\n_UID=0\\n_COMM=sshd\\nSYSLOG_IDENTIFIER=sshd\\n_HOSTNAME=h\\nMESSAGE=Accepted password for bob from 192.0.2.9 port 5 ssh2\\n\\n'\n";
    for (name, text) in [("login_exporter", wrapper.as_str()), ("journalctl", journal)] {
        write_script(&home.path("bin").join(name), text);
    }
    for line in lines {
        let shell = line.replace("/var/log/", "");
        // What never ends is ended.
        let ended = shell.contains("--follow");
        let shell = if ended { format!("timeout 3 {shell}") } else { shell };
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", &shell])
            .current_dir(home.dir.path())
            .env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display()))
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let expected = if ended { Some(124) } else { Some(0) };
        assert_eq!(output.status.code(), expected, "{line}\n{said}");
        let told = !output.stdout.is_empty() || said.contains("nothing found");
        assert!(told, "{line} printed nothing and said nothing: {said}");
    }
}

#[test]
fn nothing_found_is_told_with_what_was_searched() {
    let home = Home::new();
    home.keep("2026-11-24", &row("2026-11-24T10:00:00Z", "alice", "203.0.113.9", ""));
    home.keep("2026-11-25", &row("2026-11-25T10:00:00Z", "alice", "203.0.113.9", ""));
    let output = home.ask(&["--user=mallory", "--since=2026-11-25"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let archive = home.path("state/archive");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("nothing found") && said.contains("mallory"), "{said}");
    let searched = format!(
        "the archive {}, which has 2026-11-24 to 2026-11-25 (1 files looked at)",
        archive.display()
    );
    assert!(said.contains(&searched), "{said}");
}

#[test]
fn newest_last_and_so_many_of_them() {
    let home = Home::new();
    for hour in 0..20 {
        home.keep(
            "2026-11-25",
            &row(&format!("2026-11-25T{hour:02}:00:00Z"), &format!("u{hour}"), "203.0.113.9", ""),
        );
    }
    let printed = home.printed(&["-n", "3"]);
    let rows: Vec<&str> = printed.lines().skip(1).collect();
    assert_eq!(rows.len(), 3, "{printed}");
    assert!(rows[0].contains("u17") && rows[2].contains("u19"), "{printed}");
}

#[test]
fn a_summary_by_user_address_and_day() {
    let home = Home::new();
    for (day, user, source) in [
        ("24", "alice", "203.0.113.9"),
        ("24", "alice", "203.0.113.10"),
        ("25", "alice", "203.0.113.9"),
        ("25", "bob", "203.0.113.9"),
    ] {
        home.keep("2026-11-25", &row(&format!("2026-11-{day}T10:00:00Z"), user, source, ""));
    }
    let printed = home.printed(&["--summary"]);
    let line = |name: &str| {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut rows = printed.lines().map(words).filter(|words| words.iter().any(|w| w == name));
        rows.next().unwrap_or_else(|| panic!("{name}: {printed}"))
    };
    // How often, from how many places.
    assert!(line("alice").contains(&"3".to_owned()) && line("alice").contains(&"2".to_owned()));
    assert!(line("203.0.113.9").contains(&"3".to_owned()), "{printed}");
    assert!(line("2026-11-24").contains(&"2".to_owned()), "{printed}");
}

#[test]
fn a_terminal_of_80_columns_shows_local_time_colours_and_wide_names_aligned() {
    if !has_terminal() {
        return;
    }
    let home = Home::new();
    let long = format!(",\"command\":\"{}\"", "/usr/bin/long-".repeat(20));
    let far = row(
        "2026-11-25T20:00:00Z",
        "名前名前名前",
        "2001:db8:1111:2222:3333:4444:5555:6666",
        &long,
    );
    home.keep("2026-11-25", &far);
    home.keep(
        "2026-11-25",
        &row("2026-11-25T21:00:00Z", "alice", "203.0.113.9", ",\"expected\":\"false\""),
    );
    let shown = home.on_terminal(80, "");
    // Tokyo is nine hours on.
    assert!(bare(&shown).contains("11-26 05:00:00"), "{shown}");
    assert!(shown.contains("\u{1b}[31m!login"), "{shown:?}");
    let bare = bare(&shown);
    let width = |line: &str| -> usize {
        // Of these texts what is not ASCII is two columns wide, but for the sign that it goes on.
        line.chars().map(|c| if c.is_ascii() || c == '…' { 1 } else { 2 }).sum()
    };
    for line in bare.lines() {
        assert!(width(line.trim_end()) <= 80, "{line}");
    }
    let column = |name: &str| {
        let line = bare.lines().find(|line| line.contains(name)).unwrap();
        width(&line[..line.find(name).unwrap()])
    };
    assert_eq!(column("2001:db8"), column("203.0.113.9"), "{bare}");
    // For a program it is whole and in UTC, JSON and CSV on a terminal too.
    assert!(home.printed(&[]).contains("2026-11-25T20:00:00Z"));
    assert!(home.on_terminal(80, "--format=json").contains("2026-11-25T20:00:00Z"));
    assert!(home.on_terminal(80, "--format=csv").contains("2026-11-25T20:00:00Z"));
    assert!(bare_of(&home.on_terminal(80, "--utc")).contains("11-25 20:00:00"));
}

fn bare_of(text: &str) -> String {
    bare(text)
}

/// A day that takes its time: a pipe that says nothing for a while.
#[test]
fn what_takes_longer_than_two_seconds_tells_a_person_how_far_it_is() {
    if !has_terminal() || missing(&["mkfifo"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let home = Home::new();
    let slow = home.path("state/archive/2026-11-24.jsonl");
    run(Command::new("mkfifo").arg(&slow));
    home.keep("2026-11-25", &row("2026-11-25T10:00:00Z", "bob", "203.0.113.9", ""));
    let line = row("2026-11-24T10:00:00Z", "alice", "203.0.113.9", "");
    let feeding = std::thread::spawn(move || {
        let mut pipe = fs::File::options().write(true).open(&slow).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2_300));
        pipe.write_all(line.as_bytes()).unwrap();
    });
    let shown = home.on_terminal(80, "--color=never");
    feeding.join().unwrap();
    assert!(shown.contains("reading 2026-11-25 (2 of 2)"), "{shown:?}");
    // It is gone before the first row comes.
    let last = shown.rfind("reading").unwrap();
    let cleared = shown[last..].find("\r\u{1b}[K").expect("it is taken away");
    let rows = shown[last..].find("alice").expect("a row");
    assert!(cleared < rows, "{shown:?}");
}

#[test]
fn what_a_program_opens_holds_no_formula_and_what_a_person_sees_no_escape() {
    let home = Home::new();
    for user in ["=1+1", "+cmd", "@x", "-2", "\\t=1", "a\\u001b[31mb", "\\u202eevil", "x\\u009b31m"]
    {
        home.keep("2026-11-25", &row("2026-11-25T10:00:00Z", user, "203.0.113.9", ""));
    }
    let csv = home.printed(&["--format=csv"]);
    for line in csv.lines().skip(1) {
        let user = line.split(',').nth(4).unwrap().trim_start_matches('"');
        assert!(!user.starts_with(['=', '+', '-', '@', '\t', '\r']), "{line}");
    }
    for format in ["csv", "table", "json"] {
        let printed = home.printed(&[&format!("--format={format}"), "--color=always"]);
        let printed = if format == "table" { bare(&printed) } else { printed };
        let hidden = ['\u{1b}', '\u{9b}', '\u{202e}'];
        assert!(!printed.contains(hidden), "{format}: {printed:?}");
    }
}

#[test]
fn follow_prints_what_comes_and_goes_on_over_midnight() {
    let home = Home::new();
    home.keep("2026-11-25", &row("2026-11-25T10:00:00Z", "before", "203.0.113.9", ""));
    let out = home.path("out");
    let mut following =
        command(&["history", &home.state(), "--follow", "--user=a*", "--user=before"])
            .stdout(fs::File::create(&out).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
    let printed = || fs::read_to_string(&out).unwrap();
    wait_for("what was there", || printed().contains("before").then_some(()));
    home.keep("2026-11-25", &row("2026-11-25T23:59:00Z", "alice", "203.0.113.9", ""));
    home.keep("2026-11-25", &row("2026-11-25T23:59:30Z", "mallory", "203.0.113.9", ""));
    wait_for("the first line", || printed().contains("alice").then_some(()));
    // The day is over: it is packed, and another is begun.
    home.keep("2026-11-26", &row("2026-11-26T00:00:10Z", "anna", "203.0.113.9", ""));
    run(Command::new("gzip").arg(home.path("state/archive/2026-11-25.jsonl")));
    wait_for("the next day", || printed().contains("anna").then_some(()));
    following.kill().unwrap();
    following.wait().unwrap();
    let printed = printed();
    assert!(!printed.contains("mallory"), "{printed}");
    assert_eq!(printed.matches("alice").count(), 1, "{printed}");
    assert_eq!(printed.matches("TIME").count(), 1, "one header: {printed}");
}

/// Files are packed and removed by serve while they are read.
#[test]
fn a_day_that_is_packed_while_it_is_read_is_read_all_the_same() {
    if missing(&["mkfifo"]).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let home = Home::new();
    let (first, second) =
        (home.path("state/archive/2026-11-23.jsonl"), home.path("state/archive/2026-11-24.jsonl"));
    run(Command::new("mkfifo").arg(&first));
    home.keep("2026-11-24", &row("2026-11-24T10:00:00Z", "alice", "203.0.113.9", ""));
    home.keep("2026-11-25", &row("2026-11-25T10:00:00Z", "bob", "203.0.113.9", ""));
    home.keep("2026-11-26", &row("2026-11-26T10:00:00Z", "carol", "203.0.113.9", ""));
    let gone = home.path("state/archive/2026-11-25.jsonl");
    let changing = std::thread::spawn(move || {
        // Opened once it is read: the days are listed by then.
        let pipe = fs::File::options().write(true).open(&first).unwrap();
        run(Command::new("gzip").arg(&second));
        fs::remove_file(&gone).unwrap();
        drop(pipe);
    });
    let printed = home.printed(&["--format=json"]);
    changing.join().unwrap();
    assert!(printed.contains("alice") && printed.contains("carol"), "{printed}");
    assert_eq!(printed.lines().count(), 2, "{printed}");
}

#[test]
fn a_time_is_asked_for_as_people_say_it() {
    let home = Home::new();
    let day = |ago: i64| {
        let stamp = jiff::Timestamp::now().as_second() - ago * 86_400;
        jiff::Timestamp::from_second(stamp)
            .unwrap()
            .to_string()
            .chars()
            .take(10)
            .collect::<String>()
    };
    for ago in [3, 1] {
        let user = format!("u{ago}");
        home.keep(&day(ago), &row(&format!("{}T12:00:00Z", day(ago)), &user, "203.0.113.9", ""));
    }
    let yesterday = home.printed(&["--since", "yesterday"]);
    assert!(yesterday.contains("u1") && !yesterday.contains("u3"), "{yesterday}");
    assert!(home.printed(&["--since=1w"]).contains("u3"));
    assert!(!home.printed(&["--until", "2 days ago"]).contains("u1"));
}
