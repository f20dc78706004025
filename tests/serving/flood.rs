//! No way to flood it: a million hostile lines each for a million names, addresses and keys, then
//! series, memory, snapshot and page under their bounds, and the truth in the totals.
//!
//! `FLOOD_LINES` sets another number.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use crate::support::{Exporter, PATIENCE, get, scrape, total, wait_for};

/// The bound of memory at every cap.
const MOST_KIB: u64 = 64 * 1024;

/// The default of `limits.series_per_family`; the last-seen gauge has as many.
const SERIES_PER_FAMILY: usize = 1000;

/// What was written, by family.
#[derive(Default)]
struct Truth(Vec<(&'static str, u64)>);

impl Truth {
    fn add(&mut self, family: &'static str, count: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == family) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((family, count)),
        }
    }
}

const SUCCESSES: &str = "login_successes_total";
const FAILURES: &str = "login_failures_total";
const REJECTIONS: &str = "login_rejections_total";
const OPENED: &str = "login_sessions_opened_total";
const COMMANDS: &str = "login_sudo_commands_total";
const REFUSALS: &str = "login_sudo_failures_total";
const SWITCHES: &str = "login_su_switches_total";
const ERRORS: &str = "login_exporter_source_errors_total";
const CHANGES: &str = "login_account_changes_total";

/// Writes a log, one second each hundred lines.
struct Writer {
    file: BufWriter<File>,
    written: u64,
    truth: Truth,
}

impl Writer {
    fn new(path: &Path) -> Writer {
        let file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
        Writer { file, written: 0, truth: Truth::default() }
    }

    fn line(&mut self, tag: &str, message: std::fmt::Arguments<'_>) {
        let second = self.written / 100;
        let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
        let day = 1 + second / 86_400;
        writeln!(
            self.file,
            "2026-05-{day:02}T{hour:02}:{minute:02}:{:02}Z h {tag}: {message}",
            second % 60
        )
        .unwrap();
        self.written += 1;
    }

    fn count(&mut self, family: &'static str, tag: &str, message: std::fmt::Arguments<'_>) {
        self.line(tag, message);
        self.truth.add(family, 1);
    }
}

fn address(i: u64) -> String {
    format!("{}.{}.{}.{}", 11 + i / (1 << 24), i >> 16 & 255, i >> 8 & 255, i & 255)
}

/// So many names from as many addresses; each name is a real account, for all the log says.
fn failed(log: &mut Writer, i: u64) {
    let (pid, from) = (1000 + i, address(i));
    log.count(
        FAILURES,
        &format!("sshd[{pid}]"),
        format_args!("Failed password for user-{i} from {from} port 4242 ssh2"),
    );
}

/// So many keys, which are certain to be someone's.
fn accepted(log: &mut Writer, i: u64) {
    let (pid, from) = (1000 + i, address(i));
    log.count(
        SUCCESSES,
        &format!("sshd[{pid}]"),
        format_args!(
            "Accepted publickey for user-{i} from {from} port 4242 ssh2: ED25519 SHA256:{i:043}"
        ),
    );
}

/// What else a log can be filled with: everything that is remembered or labelled.
fn mixed(log: &mut Writer, i: u64) {
    let (pid, from) = (10_000_000 + i, address(i));
    let sshd = format!("sshd[{pid}]");
    match i % 10 {
        0 => log.count(
            COMMANDS,
            &format!("sudo[{pid}]"),
            format_args!("user-{i} : TTY=pts/0 ; PWD=/ ; USER=target-{i} ; COMMAND=/tmp/{i} --x {i}"),
        ),
        1 => log.count(
            REFUSALS,
            &format!("sudo[{pid}]"),
            format_args!("user-{i} : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/tmp/{i}"),
        ),
        2 => log.line(
            "ec2-instance-connect[7]",
            format_args!("Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:{i:043}, request-id: r-{i}, for IAM principal: arn:aws:sts::123456789012:assumed-role/role-{i}/session-{i}"),
        ),
        // Opened and never closed.
        3 => log.count(
            OPENED,
            &sshd,
            format_args!("pam_unix(sshd:session): session opened for user user-{i}(uid=1000) by (uid=0)"),
        ),
        // Held for a better line that never comes.
        4 => log.count(
            FAILURES,
            &sshd,
            format_args!("error: PAM: Authentication failure for user-{i} from {from}"),
        ),
        5 => log.count(REJECTIONS, &sshd, format_args!("Invalid user {} from {from} port 4242", name(i))),
        6 => log.count(
            REJECTIONS,
            &sshd,
            format_args!("Connection closed by authenticating user root {from} port 4242 [preauth]"),
        ),
        7 => log.count(
            SWITCHES,
            &format!("su[{pid}]"),
            format_args!("(to target-{i}) user-{i} on pts/0"),
        ),
        8 => log.count(
            CHANGES,
            &format!("useradd[{pid}]"),
            format_args!("new user: name=user-{i}, UID=1001, GID=1001, home=/home/u, shell=/bin/sh, from=none"),
        ),
        _ => {
            let name = name(i);
            // Longer than any line that sshd writes: its end, which tells where from, is left out.
            let family = if name.len() > 64 * 1024 { ERRORS } else { FAILURES };
            log.count(family, &sshd, format_args!("Failed none for invalid user {name} from {from} port 4242 ssh2"));
        }
    }
}

/// A name of 100 kB now and then, and one that looks like the end of a line.
fn name(i: u64) -> String {
    match i % 20_000 {
        9 => "x".repeat(100_000),
        15 => format!("root from 8.8.8.{} port 22 ssh2", i % 256),
        _ => format!("guest{i}"),
    }
}

/// The most memory that the process ever had, in KiB.
fn memory(exporter: &Exporter, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", exporter.process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

fn lines() -> u64 {
    std::env::var("FLOOD_LINES").map_or(1_000_000, |text| text.parse().unwrap())
}

/// Has an exporter read such a log, and holds it to its bounds.
fn flood(what: &str, lines: u64, write: impl Fn(&mut Writer, u64)) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secure");
    let mut log = Writer::new(&path);
    (0..lines).for_each(|i| write(&mut log, i));
    log.file.flush().unwrap();
    let began = Instant::now();
    let exporter = Exporter::start(dir.path(), &[&format!("--auth-log.path={}", path.display())]);
    // Someone scrapes all along, as a Prometheus would.
    while get(&format!("{}/-/ready", exporter.url)).is_err() {
        scrape(&format!("{}/metrics", exporter.url)).unwrap();
    }
    let took = began.elapsed();
    // What was held back for a line that did not come counts when its time has passed.
    let mut page = String::new();
    for (family, count) in &log.truth.0 {
        let mut counted = 0.0;
        let deadline = Instant::now() + PATIENCE;
        while counted != *count as f64 {
            assert!(Instant::now() < deadline, "{family} is {counted}, not {count}");
            page = scrape(&format!("{}/metrics", exporter.url)).unwrap();
            counted = total(&page, family, &[]);
        }
    }
    let snapshot = wait_for("the snapshot", || {
        fs::metadata(dir.path().join("state/snapshot")).ok().map(|meta| meta.len())
    });
    let (peak, now) = (memory(&exporter, "VmHWM:"), memory(&exporter, "VmRSS:"));
    eprintln!(
        "{what}: {lines} lines in {took:.1?}; at most {peak} KiB, {now} KiB now; page of {} KiB, snapshot of {} KiB",
        page.len() / 1024,
        snapshot / 1024
    );
    let families = series_by_family(&page);
    for (family, series) in &families {
        assert!(*series <= SERIES_PER_FAMILY, "{family} has {series} series");
    }
    for (family, count) in
        log.truth.0.iter().filter(|(f, _)| families.iter().any(|(g, n)| f == g && *n > 900))
    {
        let folded =
            total(&page, "login_exporter_series_limited_total", &[&format!("\"{family}\"")]);
        assert!(folded > 0.0 && folded < *count as f64, "{family} folded {folded} of {count}");
    }
    assert!(peak < MOST_KIB, "it took {peak} KiB at most");
    assert!(page.len() < 4 << 20, "a page of {} bytes", page.len());
    assert!(snapshot < 8 << 20, "a snapshot of {snapshot} bytes");
}

fn series_by_family(page: &str) -> Vec<(&str, usize)> {
    let mut families: Vec<(&str, usize)> = Vec::new();
    for line in page.lines().filter(|line| line.starts_with("login_") && line.contains('{')) {
        let family = line.split('{').next().unwrap();
        // The buckets of one series are no series of their own.
        if family.ends_with("_bucket") {
            continue;
        }
        match families.last_mut().filter(|(known, _)| *known == family) {
            Some((_, count)) => *count += 1,
            None => families.push((family, 1)),
        }
    }
    families
}

#[test]
fn a_million_failed_logins_with_a_million_names_from_a_million_addresses() {
    flood("failed logins", lines(), failed);
}

#[test]
fn a_million_logins_with_a_million_keys() {
    flood("accepted logins", lines(), accepted);
}

/// Every table is full long before its end, so fewer lines will do.
#[test]
fn everything_else_that_is_remembered_or_labelled() {
    flood("a mix", lines() / 4, mixed);
}

/// What the release build needs at rest is measured by `make bench`.
#[test]
fn at_rest_it_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secure");
    File::create(&path).unwrap();
    let exporter =
        Exporter::start(dir.path(), &[&format!("--auth-log.path={}", path.display())]).ready();
    exporter.metrics();
    let now = memory(&exporter, "VmRSS:");
    eprintln!("at rest: {now} KiB");
    assert!(now < 32 * 1024, "{now} KiB at rest");
}
