//! What `history` costs over a year of an archive, beside `zcat | grep` over the same days, and how
//! much memory the forms take: 20 hosts, 2 million accesses (`ARCHIVE_EVENTS` asks for others).
//!
//! `cargo bench --bench history` prints the figures; nothing is asserted, since machines differ.

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

const DAYS: usize = 365;

/// The last day of the archive, as days since the epoch: 2026-11-25.
const LAST: i64 = 20_782;

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::var("ARCHIVE_EVENTS").ok().map(|text| text.parse().unwrap());
    let events: usize = asked.unwrap_or(if quick { 20_000 } else { 2_000_000 });
    let dir = tempfile::tempdir().unwrap();
    let days = archive(dir.path(), events);
    let bytes: u64 = days.iter().map(|day| fs::metadata(day).unwrap().len()).sum();
    println!("{events} events in {DAYS} days, {:.1} MB gzipped", bytes as f64 / 1e6);
    for (what, days, since) in [("30 days", &days[DAYS - 30..], 30), ("a year", &days[..], DAYS)] {
        let since = format!("--since={}T00:00:00Z", name(LAST - since as i64 + 1));
        let grep = zcat_grep(days);
        let (json, memory) = history(dir.path(), &["--user=alice", &since, "--format=json"]);
        println!(
            "{what:<10} --user=alice: {:.3} s CPU, {memory:.0} MB; zcat | grep {:.3} s: {:.2} times",
            json.as_secs_f64(),
            grep.as_secs_f64(),
            json.as_secs_f64() / grep.as_secs_f64()
        );
    }
    for format in ["table", "json", "csv", "prometheus"] {
        let (time, memory) = history(dir.path(), &[&format!("--format={format}")]);
        println!("everything as {format:<10} {:.3} s CPU, {memory:.0} MB", time.as_secs_f64());
    }
}

fn name(day: i64) -> String {
    let stamp = jiff::Timestamp::from_second(day * 86_400).unwrap();
    stamp.to_string().chars().take(10).collect()
}

/// Writes a file a day as serve does; alice is one of 40 people.
fn archive(dir: &Path, events: usize) -> Vec<PathBuf> {
    let folder = dir.join("archive");
    fs::create_dir(&folder).unwrap();
    let people = ["alice", "bob", "carol", "deploy", "backup", "ci", "ec2-user", "monitor"];
    (0..DAYS)
        .map(|n| {
            let day = name(LAST - (DAYS - 1 - n) as i64);
            let path = folder.join(format!("{day}.jsonl.gz"));
            let file = File::create(&path).unwrap();
            let mut out = BufWriter::new(GzEncoder::new(file, Compression::default()));
            let of_day = events / DAYS;
            for i in 0..of_day {
                let second = i * 86_400 / of_day;
                let time = format!(
                    "{day}T{:02}:{:02}:{:02}.{:03}Z",
                    second / 3_600,
                    second / 60 % 60,
                    second % 60,
                    i % 1_000
                );
                let person = if i % 40 == 0 { "alice" } else { people[1 + i * 7 % 7] };
                let (host, port) = (i * 13 % 20, 1_024 + i * 7_919 % 60_000);
                let address = format!("198.51.{}.{}", i * 31 % 100, i * 17 % 250);
                writeln!(
                    out,
                    r#"{{"time":"{time}","host":"web-{host}","event":"login_success","program":"sshd","user":"{person}","method":"publickey","source":"{address}","port":{port},"identity":"{person}","fingerprint":"SHA256:{i:043}","network":"public","expected":"true","rule":"expected.logins[0]"}}"#
                )
                .unwrap();
            }
            out.into_inner().unwrap().finish().unwrap();
            path
        })
        .collect()
}

fn zcat_grep(days: &[PathBuf]) -> Duration {
    let list = days.iter().map(|day| day.display().to_string()).collect::<Vec<_>>().join(" ");
    let script = format!("zcat {list} | LC_ALL=C grep '\"user\":\"alice\"' > /dev/null; times");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // The second line of `times` is what the children took.
    let children = text.lines().nth(1).unwrap();
    children.split_whitespace().map(seconds).sum()
}

/// `0m1.230000s`
fn seconds(text: &str) -> Duration {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
    Duration::from_secs_f64(
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap(),
    )
}

/// CPU time, and the most memory in megabytes.
fn history(state: &Path, arguments: &[&str]) -> (Duration, f64) {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%U %S %M"])
        .arg(support::program())
        .arg("history")
        .arg(format!("--state.dir={}", state.display()))
        .args(arguments)
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let figures: Vec<f64> =
        text.lines().last().unwrap().split(' ').map(|figure| figure.parse().unwrap()).collect();
    (Duration::from_secs_f64(figures[0] + figures[1]), figures[2] / 1e3)
}
