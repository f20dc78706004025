//! How fast a backlog is read, beside grep and mtail on the same file in the same run.
//!
//! `cargo bench --bench backlog` prints the figures; nothing is asserted, since machines differ.
//! `BACKLOG_MB` sets the size of the log (200).

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Counts what grep counts, by the labels that a user of mtail would want.
const MTAIL_PROGRAM: &str = r#"counter accepted by user, method
counter failed by user, method
/^\S+ +\S+ \S+ \S+ sshd\[\d+\]: Accepted (?P<method>\S+) for (?P<user>\S+) from (?P<source>\S+) port \d+/ {
  accepted[$user][$method]++
}
/^\S+ +\S+ \S+ \S+ sshd\[\d+\]: Failed (?P<method>\S+) for (invalid user )?(?P<user>\S+) from (?P<source>\S+) port \d+/ {
  failed[$user][$method]++
}
"#;

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let default = if quick { 1 } else { 200 };
    let megabytes = std::env::var("BACKLOG_MB").map_or(default, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    let bytes = write(&log, megabytes * 1_000_000);
    // Once through, so that none of them waits for the disk.
    fs::read(&log).unwrap();

    let rounds = if quick { 1 } else { 3 };
    let ours = best(
        rounds,
        Command::new(env!("CARGO_BIN_EXE_login_exporter"))
            .args(["history", "--format=prometheus"])
            .arg(&log),
    );
    print("login_exporter history", bytes, ours, ours);
    let grep = best(
        rounds,
        Command::new("grep")
            .env("LC_ALL", "C")
            .args(["-cE", r"sshd\[[0-9]+\]: (Accepted|Failed)"])
            .arg(&log),
    );
    print("LC_ALL=C grep -cE", bytes, grep, ours);
    let program = dir.path().join("sshd.mtail");
    fs::write(&program, MTAIL_PROGRAM).unwrap();
    let mtail = best(
        1,
        Command::new("mtail")
            .args(["--one_shot", "--logtostderr", "--progs"])
            .arg(&program)
            .arg("--logs")
            .arg(&log),
    );
    print("mtail --one_shot", bytes, mtail, ours);
}

fn print(what: &str, bytes: u64, took: Option<Duration>, ours: Option<Duration>) {
    let Some((took, ours)) = took.zip(ours) else {
        println!("{what:<25} not installed or failed");
        return;
    };
    println!(
        "{what:<25} {:>8.3} s  {:>8.1} MB/s  {:>7.2} times as long as ours",
        took.as_secs_f64(),
        bytes as f64 / 1e6 / took.as_secs_f64(),
        took.as_secs_f64() / ours.as_secs_f64()
    );
}

/// The shortest of some rounds; `None` where the program cannot do it.
fn best(rounds: usize, command: &mut Command) -> Option<Duration> {
    let rounds = (0..rounds).map(|_| {
        let began = Instant::now();
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        status.success().then(|| began.elapsed())
    });
    rounds.min()?
}

/// A log of a host on the internet: mostly attempts, some logins, what stands around them.
fn write(path: &Path, most: u64) -> u64 {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut written = 0;
    for i in 0.. {
        let line = line(i);
        written += line.len() as u64;
        out.write_all(line.as_bytes()).unwrap();
        if written >= most {
            break;
        }
    }
    out.flush().unwrap();
    written
}

fn line(i: u64) -> String {
    let second = i / 20;
    let (day, hour) = (1 + second / 86_400 % 28, second / 3600 % 24);
    let (n, from) = (i / 10, format!("203.0.{}.{}", i / 2560 % 16, i / 10 % 256));
    let (pid, port) = (1000 + n % 4_000_000, 1024 + n % 60_000);
    let message = match i % 10 {
        0 => format!("sshd[{pid}]: Invalid user admin{} from {from} port {port}", n % 100),
        1 => format!("sshd[{pid}]: pam_unix(sshd:auth): check pass; user unknown"),
        2 => format!(
            "sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={from}"
        ),
        3 => format!(
            "sshd[{pid}]: Failed password for invalid user admin{} from {from} port {port} ssh2",
            n % 100
        ),
        4 => format!(
            "sshd[{pid}]: Received disconnect from {from} port {port}:11: Bye Bye [preauth]"
        ),
        5 => format!(
            "sshd[{pid}]: Disconnected from invalid user admin{} {from} port {port} [preauth]",
            n % 100
        ),
        6 => format!(
            "sshd[{}]: Accepted publickey for user{} from 198.51.100.{} port {port} ssh2: ED25519 SHA256:{:043}",
            pid + 1,
            n % 20,
            n % 30,
            n % 20
        ),
        7 => format!(
            "sshd[{}]: pam_unix(sshd:session): session opened for user user{}(uid=1000) by (uid=0)",
            pid + 1,
            n % 20
        ),
        8 => format!(
            "sudo[{pid}]: user{} : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/systemctl status {n}",
            n % 20
        ),
        _ => format!(
            "sshd[{}]: pam_unix(sshd:session): session closed for user user{}",
            pid + 1,
            n % 20
        ),
    };
    format!("May {day:>2} {hour:02}:{:02}:{:02} host {message}\n", second / 60 % 60, second % 60)
}
