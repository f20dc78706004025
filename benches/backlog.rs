//! What it costs to read a backlog, beside grep, mtail and zcat on the same file in the same run, and
//! in instructions a line, which say the same on a busy machine.
//!
//! `cargo bench --bench backlog` prints the figures; nothing is asserted, since machines differ.
//! `BACKLOG_MB` sets the size of the log (200).

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Exporter, program, wait_for};

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

/// The bytes of the two logs whose instructions are counted: what they differ by is the cost of the
/// lines that one has more.
const COUNTED: [u64; 2] = [1_000_000, 3_000_000];

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let default = if quick { 1 } else { 200 };
    let megabytes = std::env::var("BACKLOG_MB").map_or(default, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    let (bytes, lines) = write(&log, megabytes * 1_000_000);
    // Once through, so that none of them waits for the disk.
    fs::read(&log).unwrap();
    let rounds = if quick { 1 } else { 3 };
    let run = Run { bytes, lines, rounds };
    plain(&run, dir.path(), &log);
    packed(&run, dir.path(), &log);
    if !quick {
        instructions(dir.path());
    }
}

/// What all are measured on.
struct Run {
    bytes: u64,
    lines: u64,
    rounds: usize,
}

fn plain(run: &Run, dir: &Path, log: &Path) {
    let ours = best(run.rounds, history().arg(log));
    run.print("login_exporter history", ours, ours);
    run.print("login_exporter serve, catching up", caught_up(log, &[]), ours);
    run.print("the same without an archive", caught_up(log, &["--archive.dir=none"]), ours);
    let mut grep = Command::new("grep");
    grep.env("LC_ALL", "C").args(["-cE", r"sshd\[[0-9]+\]: (Accepted|Failed)"]).arg(log);
    run.print("LC_ALL=C grep -cE", best(run.rounds, &mut grep), ours);
    let program = dir.join("sshd.mtail");
    fs::write(&program, MTAIL_PROGRAM).unwrap();
    let mut mtail = Command::new("mtail");
    mtail.args(["--one_shot", "--logtostderr", "--progs"]).arg(&program).arg("--logs").arg(log);
    run.print("mtail --one_shot", best(1, &mut mtail), ours);
}

fn packed(run: &Run, dir: &Path, log: &Path) {
    let packed = dir.join("secure.gz");
    let mut gz = GzEncoder::new(File::create(&packed).unwrap(), Compression::default());
    std::io::copy(&mut File::open(log).unwrap(), &mut gz).unwrap();
    gz.finish().unwrap();
    let ours = best(run.rounds, history().arg(&packed));
    run.print("login_exporter history, .gz", ours, ours);
    run.print("zcat", best(run.rounds, Command::new("zcat").arg(&packed)), ours);
}

fn history() -> Command {
    let mut command = Command::new(program());
    command.args(["history", "--format=prometheus"]);
    command
}

/// Processor time and time on the clock.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Took {
    processor: Duration,
    clock: Duration,
}

impl Run {
    fn print(&self, what: &str, took: Option<Took>, ours: Option<Took>) {
        let Some((took, ours)) = took.zip(ours) else {
            println!("{what:<35} not installed or failed");
            return;
        };
        println!(
            "{what:<35} {:>7.2} s CPU {:>7.2} s {:>7.1} MB/s {:>7.0} ns a line, {:>6.2} times our CPU",
            took.processor.as_secs_f64(),
            took.clock.as_secs_f64(),
            self.bytes as f64 / 1e6 / took.clock.as_secs_f64(),
            took.processor.as_nanos() as f64 / self.lines as f64,
            took.processor.as_secs_f64() / ours.processor.as_secs_f64()
        );
    }
}

/// The cheapest of some rounds; `None` where the program cannot do it.
fn best(rounds: usize, command: &mut Command) -> Option<Took> {
    let mut best: Option<Took> = None;
    for _ in 0..rounds {
        let (began, before) = (Instant::now(), processor("self", OF_CHILDREN));
        // grep stops at the first match when nobody reads what it prints.
        let output = command.stdin(Stdio::null()).output().ok()?;
        let processor = processor("self", OF_CHILDREN) - before;
        let took = Took { processor, clock: began.elapsed() };
        if !output.status.success() {
            return None;
        }
        best = Some(best.map_or(took, |best| if took < best { took } else { best }));
    }
    best
}

/// Where /proc/PID/stat tells the time of the process, and of its children that ended: in user and
/// kernel, counted from behind the name (proc_pid_stat(5)).
const OF_ITSELF: usize = 11;
const OF_CHILDREN: usize = 13;

fn processor(pid: &str, of: usize) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // The name stands in brackets and may hold blanks.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[of..of + 2].iter().map(|text| text.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// What `serve` takes from its start until it has read the log.
fn caught_up(log: &Path, more: &[&str]) -> Option<Took> {
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let path = format!("--auth-log.path={}", log.display());
    let arguments = [&[&*path, "--auth-log.start=beginning"], more].concat();
    let exporter = Exporter::start(dir.path(), &arguments).ready();
    let id = exporter.process.id().to_string();
    wait_for("the end of the backlog", || {
        let page = exporter.metrics();
        support::total(&page, "login_exporter_source_lag_bytes", &[]).eq(&0.0).then_some(())
    });
    Some(Took { processor: processor(&id, OF_ITSELF), clock: began.elapsed() })
}

/// Instructions a line, by valgrind's callgrind.
fn instructions(dir: &Path) {
    let mut counted = Vec::new();
    for most in COUNTED {
        let log = dir.join("counted");
        let (_, lines) = write(&log, most);
        let Some(all) = callgrind(&log) else {
            println!("{:<35} valgrind is not installed or failed", "instructions a line");
            return;
        };
        counted.push((all, lines));
    }
    let (all, lines) = (counted[1].0 - counted[0].0, counted[1].1 - counted[0].1);
    println!("{:<35} {:>7.0}", "instructions a line", all as f64 / lines as f64);
}

fn callgrind(log: &Path) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program())
        .args(["history", "--format=prometheus"])
        .arg(log)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let (_, collected) = told.split_once("Collected : ")?;
    collected.split_whitespace().next()?.parse().ok()
}

/// A log of a host on the internet: mostly attempts, some logins, what stands around them.
/// Gives its bytes and lines.
fn write(path: &Path, most: u64) -> (u64, u64) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let (mut written, mut lines) = (0, 0);
    while written < most {
        let line = line(lines);
        written += line.len() as u64;
        lines += 1;
        out.write_all(line.as_bytes()).unwrap();
    }
    out.flush().unwrap();
    (written, lines)
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
