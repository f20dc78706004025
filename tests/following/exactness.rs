//! Every line counts exactly once, with real parts: rsyslogd writes, logrotate rotates, the
//! exporter is killed without warning, Prometheus scrapes.
//!
//! The defaults fit into `make test`; longer runs are asked for by the environment:
//! `EXACTNESS_KILLS` (100), `EXACTNESS_RATE` (lines a second, 2000), `EXACTNESS_SEED`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use crate::support::{
    Exporter, Prometheus, Rsyslog, free_port, is_root, missing, run, scraper, skip, total, wait_for,
};
use flate2::read::MultiGzDecoder;

const PARTS: &[&str] = &["rsyslogd", "logrotate", "prometheus", "gzip"];

fn cannot_run() -> bool {
    missing(PARTS).is_some_and(|reason| skip(&reason))
}

/// What the lines sent are: each of `successes`, `failures`, … is one line and one count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Truth {
    successes: u64,
    failures: u64,
    rejections: u64,
    opened: u64,
    closed: u64,
    /// Label sets of logins that occur once in the whole run; among `successes`.
    once: u64,
}

const FAMILIES: [&str; 5] = [
    "login_successes_total",
    "login_failures_total",
    "login_rejections_total",
    "login_sessions_opened_total",
    "login_sessions_closed_total",
];

impl Truth {
    fn by_family(&self) -> [(&'static str, u64); 5] {
        let counts = [self.successes, self.failures, self.rejections, self.opened, self.closed];
        std::array::from_fn(|i| (FAMILIES[i], counts[i]))
    }

    fn lines(&self) -> u64 {
        self.by_family().iter().map(|(_, count)| count).sum()
    }

    /// Tells what a line is by its own words, without the exporter's parser.
    fn of_lines(lines: impl Iterator<Item = String>) -> Truth {
        let mut truth = Truth::default();
        for line in lines {
            match line.split_once("]: ").map_or("", |(_, message)| message) {
                m if m.starts_with("Accepted ") => {
                    truth.successes += 1;
                    truth.once += u64::from(m.contains(" for once-"));
                }
                m if m.starts_with("Failed ") => truth.failures += 1,
                m if m.contains(": session opened ") => truth.opened += 1,
                m if m.contains(": session closed ") => truth.closed += 1,
                _ => truth.rejections += 1,
            }
        }
        truth
    }
}

/// The `i`th message of sshd, with its pid: the shapes of real ones, each one count.
fn message(i: u64) -> (u64, String) {
    let (n, user) = (i / 10, i / 10 % 16);
    let address = format!("203.0.{}.{}", i / 256 % 256, i % 256);
    let port = 1024 + i % 60_000;
    let key = format!("{user:043}");
    let login = 10_000 + n * 10;
    match i % 10 {
        0 if n % 20 == 0 => {
            (login, format!("Accepted password for once-{n} from 198.51.100.7 port {port} ssh2"))
        }
        0 => (
            login,
            format!(
                "Accepted publickey for user-{user} from 198.51.100.{user} port {port} ssh2: ED25519 SHA256:{key}"
            ),
        ),
        1 => (
            login,
            format!(
                "pam_unix(sshd:session): session opened for user user-{user}(uid=1000) by (uid=0)"
            ),
        ),
        2 => (login, format!("pam_unix(sshd:session): session closed for user user-{user}")),
        3 => (login + 3, format!("Invalid user admin{i} from {address} port {port}")),
        4 => (
            login + 4,
            format!(
                "Connection closed by authenticating user root {address} port {port} [preauth]"
            ),
        ),
        5 => (
            login + 5,
            format!("Failed password for invalid user guest{i} from {address} port {port} ssh2"),
        ),
        last => (login + last, format!("Failed password for root from {address} port {port} ssh2")),
    }
}

/// Hands lines to rsyslogd as fast as asked, from now until it is stopped.
struct Generator {
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Generator {
    fn start(socket: &Path, rate: u64) -> Generator {
        let (sent, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let to = UnixDatagram::unbound().unwrap();
        to.connect(socket).unwrap();
        let (counter, stopped) = (sent.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut i = 0;
            while !stopped.load(Ordering::Relaxed) {
                while i < (began.elapsed().as_secs_f64() * rate as f64) as u64 {
                    // Before it is sent: what is seen can never be more.
                    counter.store(i + 1, Ordering::SeqCst);
                    send(&to, i);
                    i += 1;
                }
                sleep(Duration::from_millis(5));
            }
        });
        Generator { sent, stop, thread }
    }

    /// The number of lines sent.
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.sent.load(Ordering::SeqCst)
    }
}

/// As syslog(3) does. It waits where the daemon is behind, so no line is lost on the way.
fn send(to: &UnixDatagram, i: u64) {
    let (pid, message) = message(i);
    // rsyslogd puts the time of its own clock in the place of this one.
    let datagram = format!("<86>Jan  1 00:00:00 sshd[{pid}]: {message}");
    to.send(datagram.as_bytes()).unwrap();
}

/// The log, its rotated files, and logrotate.
#[derive(Clone)]
struct Log {
    dir: PathBuf,
    path: PathBuf,
    config: PathBuf,
}

impl Log {
    /// `how` is logrotate's: `copytruncate`, or the signal that follows a rename.
    fn new(dir: &Path, how: &str) -> Log {
        let dir = dir.join("log");
        fs::create_dir(&dir).unwrap();
        let (path, config) = (dir.join("secure"), dir.join("../logrotate.conf"));
        File::create(&path).unwrap();
        let log = Log { dir, path, config };
        log.configure(how);
        log
    }

    fn configure(&self, how: &str) {
        let text = format!("{} {{\n rotate 10000\n missingok\n {how}\n}}\n", self.path.display());
        fs::write(&self.config, text).unwrap();
    }

    /// Debian's way: rename, then have rsyslogd open a new file.
    fn by_rename(rsyslog: &Rsyslog) -> String {
        format!("postrotate\n  kill -HUP {}\n endscript", rsyslog.id())
    }

    fn rotate(&self) {
        let state = self.config.with_extension("state");
        run(Command::new("logrotate").arg("-f").arg("-s").arg(state).arg(&self.config));
    }

    /// All lines that are in the log and its rotated files, compressed ones too.
    fn truth(&self) -> Truth {
        let mut truth = Truth::default();
        for entry in fs::read_dir(&self.dir).unwrap() {
            let path = entry.unwrap().path();
            let file = File::open(&path).unwrap();
            let from: Box<dyn Read> = match path.extension().is_some_and(|e| e == "gz") {
                true => Box::new(MultiGzDecoder::new(file)),
                false => Box::new(file),
            };
            let of = Truth::of_lines(BufReader::new(from).lines().map(Result::unwrap));
            truth.successes += of.successes;
            truth.failures += of.failures;
            truth.rejections += of.rejections;
            truth.opened += of.opened;
            truth.closed += of.closed;
            truth.once += of.once;
        }
        truth
    }

    fn argument(&self) -> String {
        format!("--auth-log.path={}", self.path.display())
    }
}

/// Numbers that are random, and the same again for the same seed.
struct Random(u64);

impl Random {
    fn new() -> Random {
        let clock = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        let seed = number("EXACTNESS_SEED", clock) | 1;
        eprintln!("EXACTNESS_SEED={seed}");
        Random(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// A scraper beside Prometheus, with an address of its own, that looks at every sample.
struct Witness {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Witness {
    /// `sent` is how many lines there can be at most.
    fn start(url: String, sent: Arc<AtomicU64>) -> Witness {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut last, mut scrapes) = (HashMap::new(), 0);
            // Only a scraper that can be told from others is promised that no counter falls.
            let scrape = scraper("witness");
            while !stopped.load(Ordering::Relaxed) {
                // The exporter may be down, or be killed while it answers.
                if let Some(page) = scrape(&url).ok().filter(|page| is_whole(page)) {
                    check(&page, &mut last, &sent);
                    scrapes += 1;
                }
                sleep(Duration::from_millis(20));
            }
            scrapes
        });
        Witness { stop, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the witness saw a counter fall or run ahead")
    }
}

/// A page that was cut off comes back empty.
fn is_whole(page: &str) -> bool {
    page.ends_with('\n')
}

/// No counter is less than before, none is gone, and all of them are no more than the lines.
fn check(page: &str, last: &mut HashMap<String, f64>, sent: &AtomicU64) {
    let mut seen = 0;
    let mut sum = 0.0;
    for (series, value) in page.lines().filter_map(counter) {
        sum += value;
        seen += 1;
        match last.get_mut(series) {
            Some(before) => {
                assert!(value >= *before, "{series} fell from {before} to {value}");
                *before = value;
            }
            None => {
                last.insert(series.to_owned(), value);
            }
        }
    }
    assert_eq!(seen, last.len(), "a series is gone");
    let most = sent.load(Ordering::SeqCst) as f64;
    assert!(sum <= most, "{sum} are counted of {most} lines");
}

fn counter(line: &str) -> Option<(&str, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let family = series.split('{').next()?;
    FAMILIES.contains(&family).then(|| (series, value.parse().unwrap()))
}

/// A host whose log is written and rotated, an exporter on it, and those who scrape.
struct Host {
    dir: tempfile::TempDir,
    log: Log,
    rsyslog: Rsyslog,
    socket: PathBuf,
    port: u16,
    arguments: Vec<String>,
}

impl Host {
    fn new() -> Host {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::new(dir.path(), "");
        let socket = dir.path().join("dev-log");
        let rsyslog = Rsyslog::start_on(dir.path(), &log.path, &socket);
        log.configure(&Log::by_rename(&rsyslog));
        let config = dir.path().join("config.yml");
        fs::write(&config, "limits: {series_per_family: 20000}\n").unwrap();
        let mut arguments = vec![log.argument(), format!("--config.file={}", config.display())];
        let port = free_port();
        if TcpListener::bind(("::1", port)).is_ok() {
            arguments.push(format!("--web.listen-address=[::1]:{port}"));
        }
        Host { dir, log, rsyslog, socket, port, arguments }
    }

    fn exporter(&self) -> Exporter {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        Exporter::start_at(self.port, self.dir.path(), &arguments, &[])
    }

    fn prometheus(&self) -> Prometheus {
        let target = format!("127.0.0.1:{}", self.port);
        let prometheus = Prometheus::start(self.dir.path(), &[target], "1s", "");
        prometheus.wait_value("up{job='login'}", 1.0);
        prometheus
    }

    /// Where the exporter sees another scraper than Prometheus, if the machine has IPv6.
    fn second_url(&self) -> String {
        let v6 = self.arguments.iter().any(|argument| argument.contains("[::1]"));
        format!("http://{}:{}/metrics", if v6 { "[::1]" } else { "127.0.0.1" }, self.port)
    }

    fn send(&self, messages: std::ops::Range<u64>) {
        let to = UnixDatagram::unbound().unwrap();
        to.connect(&self.socket).unwrap();
        messages.for_each(|i| send(&to, i));
    }

    /// Waits until rsyslogd has written all that it was sent.
    fn wait_written(&self, lines: u64) {
        wait_for("rsyslogd to write", || (self.log.truth().lines() >= lines).then_some(()));
    }

    /// Kills the exporter so often, each time after a second or less. Returns the one that
    /// lives on.
    fn kill_often(&self, mut exporter: Exporter, kills: u64, random: &mut Random) -> Exporter {
        for _ in 0..kills {
            sleep(Duration::from_millis(random.below(1200)));
            exporter.process.kill();
            exporter = self.exporter();
        }
        exporter
    }
}

/// Rotates once a second until it is stopped, whatever else happens.
struct Rotation {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Rotation {
    fn start(log: &Log) -> Rotation {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, log) = (stop.clone(), log.clone());
        let thread = std::thread::spawn(move || {
            let began = Instant::now();
            let mut rotations = 0;
            while !stopped.load(Ordering::Relaxed) {
                if began.elapsed() > Duration::from_secs(rotations + 1) {
                    log.rotate();
                    rotations += 1;
                }
                sleep(Duration::from_millis(20));
            }
            rotations
        });
        Rotation { stop, thread }
    }

    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// What a run of lines, rotations and kills left.
struct Outcome {
    exporter: Exporter,
    sent: u64,
    rotations: u64,
    scrapes: u64,
}

fn run_and_kill(host: &Host, exporter: Exporter, kills: u64) -> Outcome {
    let mut random = Random::new();
    let generator = Generator::start(&host.socket, number("EXACTNESS_RATE", 2000));
    let witness = Witness::start(host.second_url(), generator.sent.clone());
    let rotation = Rotation::start(&host.log);
    let exporter = host.kill_often(exporter, kills, &mut random);
    let sent = generator.stop();
    let rotations = rotation.stop();
    let exporter = exporter.ready();
    Outcome { exporter, sent, rotations, scrapes: witness.stop() }
}

#[test]
fn kills_at_random_and_a_rotation_each_second_neither_lose_nor_double_a_line() {
    if cannot_run() {
        return;
    }
    let kills = number("EXACTNESS_KILLS", 100);
    let host = Host::new();
    let exporter = host.exporter().ready();
    let prometheus = host.prometheus();
    let outcome = run_and_kill(&host, exporter, kills);
    host.wait_written(outcome.sent);
    let truth = host.log.truth();
    eprintln!(
        "{kills} kills, {} lines, {} rotations, {} scrapes of the witness: {truth:?}",
        outcome.sent, outcome.rotations, outcome.scrapes
    );
    assert_eq!(truth.lines(), outcome.sent, "rsyslogd and logrotate lose nothing by rename");
    for (family, count) in truth.by_family() {
        outcome.exporter.wait_total(family, &[], count as f64);
    }
    assert_eq!(total(&outcome.exporter.metrics(), GAPS, &["reason=\"gap\""]), 0.0);
    as_prometheus_sees_it(&prometheus, &truth);
}

const GAPS: &str = "login_exporter_source_errors_total";

/// `increase()` over the whole run is exact here, not extrapolated: every series starts with the 0
/// before which a counter cannot have been less, and the query ends at the last sample.
fn as_prometheus_sees_it(prometheus: &Prometheus, truth: &Truth) {
    for (family, count) in truth.by_family() {
        prometheus.wait_value(&format!("sum({family})"), count as f64);
    }
    let last = prometheus.value("max(timestamp(login_successes_total))").unwrap();
    let increase = |selector: &str| {
        let query = format!("sum(increase({selector}[2h] @ {last:.3}))");
        prometheus.value(&query).unwrap_or_default()
    };
    for (family, count) in truth.by_family() {
        let seen = increase(family);
        assert!((seen - count as f64).abs() < 1e-3, "increase of {family}: {seen}, not {count}");
        assert_eq!(prometheus.value(&format!("sum(resets({family}[2h]))")), Some(0.0), "{family}");
    }
    let once = "login_successes_total{user=~'once-.*'}";
    assert_eq!(prometheus.value(&format!("count({once})")), Some(truth.once as f64));
    assert_eq!(prometheus.value(&format!("max({once})")), Some(1.0));
    let seen = increase(once);
    assert!((seen - truth.once as f64).abs() < 1e-3, "{seen} of {} first logins", truth.once);
}

#[test]
fn copytruncate_loses_no_line_that_logrotate_keeps() {
    if cannot_run() {
        return;
    }
    let host = Host::new();
    host.log.configure("copytruncate");
    let exporter = host.exporter().ready();
    let outcome = run_and_kill(&host, exporter, number("EXACTNESS_KILLS", 100) / 4);
    // No line is under way any more: a file that stands still has been copied whole.
    let truth = wait_for("rsyslogd to write", || {
        let before = host.log.truth();
        sleep(Duration::from_millis(300));
        (before == host.log.truth()).then_some(before)
    });
    let counted = wait_for("the last line", || {
        let counted = counted(&outcome.exporter);
        (counted >= truth.lines()).then_some(counted)
    });
    eprintln!(
        "{} lines, {} rotations: {} in the files, {counted} counted",
        outcome.sent,
        outcome.rotations,
        truth.lines()
    );
    // What logrotate cut off unseen the exporter may have read before.
    assert!((truth.lines()..=outcome.sent).contains(&counted));
}

fn counted(exporter: &Exporter) -> u64 {
    let page = exporter.metrics();
    FAMILIES.iter().map(|family| total(&page, family, &[]) as u64).sum()
}

#[test]
fn files_rotated_and_compressed_while_the_exporter_is_down_are_read_to_their_ends() {
    if cannot_run() {
        return;
    }
    let host = Host::new();
    let compressed = format!("compress\n {}", Log::by_rename(&host.rsyslog));
    host.log.configure(&compressed);
    let mut exporter = host.exporter().ready();
    let mut sent = 0;
    let mut write = |lines: u64| {
        host.send(sent..sent + lines);
        sent += lines;
        host.wait_written(sent);
        sent
    };
    for rotations in [1, 3, 2] {
        // Killed in the middle of a file, which then ends unread.
        exporter.wait_counted(write(500));
        write(300);
        exporter.process.kill();
        for _ in 0..rotations {
            write(400);
            host.log.rotate();
        }
        write(100);
        exporter = host.exporter().ready();
    }
    let truth = host.log.truth();
    assert_eq!(truth.lines(), write(0));
    for (family, count) in truth.by_family() {
        exporter.wait_total(family, &[], count as f64);
    }
    assert_eq!(total(&exporter.metrics(), GAPS, &["reason=\"gap\""]), 0.0);
}

trait Counts {
    fn wait_counted(&self, lines: u64);
}

impl Counts for Exporter {
    fn wait_counted(&self, lines: u64) {
        wait_for("the lines to be counted", || (counted(self) == lines).then_some(()));
    }
}

/// A log of one login, and an exporter that has counted it.
fn one_login(dir: &Path) -> (PathBuf, String) {
    let log = dir.join("secure");
    append(&log, "root");
    let argument = format!("--auth-log.path={}", log.display());
    (log, argument)
}

fn append(log: &Path, user: &str) {
    let mut file = File::options().create(true).append(true).open(log).unwrap();
    let line = format!(
        "2026-05-17T17:57:47Z h sshd[7]: Accepted password for {user} from 203.0.113.9 port 1 ssh2\n"
    );
    file.write_all(line.as_bytes()).unwrap();
}

#[test]
fn a_stop_saves_what_no_scrape_has_shown() {
    let dir = tempfile::tempdir().unwrap();
    let (log, argument) = one_login(dir.path());
    let exporter = Exporter::start(dir.path(), &[&argument]).ready();
    assert_eq!(exporter.process.terminate(), Some(0));
    // Now only the snapshot knows of it.
    fs::write(&log, "").unwrap();
    let exporter = Exporter::start(dir.path(), &[&argument]);
    assert_eq!(total(&exporter.metrics(), "login_successes_total", &[]), 1.0);
}

#[test]
fn a_damaged_or_foreign_snapshot_is_set_aside_and_reported() {
    type Damage = fn(&mut Vec<u8>);
    let snapshots: [(&str, Damage); 4] = [
        ("a byte that flipped", |bytes| *bytes.last_mut().unwrap() ^= 1),
        ("cut off by a crash", |bytes| bytes.truncate(bytes.len() / 2)),
        ("empty", Vec::clear),
        ("of another program", |bytes| *bytes = b"{\"version\": 3}".to_vec()),
    ];
    for (what, damage) in snapshots {
        let dir = tempfile::tempdir().unwrap();
        let (_, argument) = one_login(dir.path());
        let exporter = Exporter::start(dir.path(), &[&argument]).ready();
        assert_eq!(exporter.process.terminate(), Some(0));
        let snapshot = dir.path().join("state/snapshot");
        let mut bytes = fs::read(&snapshot).unwrap();
        damage(&mut bytes);
        fs::write(&snapshot, &bytes).unwrap();

        let exporter = Exporter::start(dir.path(), &[&argument]).ready();
        exporter.wait_total("login_successes_total", &[], 1.0);
        let kept = dir.path().join("state/snapshot.damaged-1");
        assert_eq!(fs::read(&kept).unwrap(), bytes, "{what}");
        assert!(exporter.log().contains("snapshot.damaged-1"), "{what}: {}", exporter.log());
        assert_eq!(exporter.process.terminate(), Some(0), "{what}");
        // No loop: the next start is an ordinary one.
        let exporter = Exporter::start(dir.path(), &[&argument]);
        assert_eq!(total(&exporter.metrics(), "login_successes_total", &[]), 1.0, "{what}");
        assert!(!dir.path().join("state/snapshot.damaged-2").exists(), "{what}");
    }
}

/// A disk so small that a file fills it.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Disk {
        fs::create_dir(&at).unwrap();
        run(Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&at));
        Disk(at)
    }

    fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_under_the_state_is_counted_and_the_scrape_is_served_all_the_same() {
    if !is_root() {
        skip("a small disk is mounted, which needs root");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let disk = Disk::mount(dir.path().join("state"));
    let (log, argument) = one_login(dir.path());
    let exporter = Exporter::start(dir.path(), &[&argument]).ready();
    exporter.wait_total("login_successes_total", &[], 1.0);
    let failures = |page: &str| total(page, "login_exporter_state_save_failures_total", &[]);
    assert_eq!(failures(&exporter.metrics()), 0.0);

    let filler = disk.fill();
    append(&log, "bob");
    exporter.wait_total("login_successes_total", &[], 2.0);
    let failed = failures(&exporter.metrics());
    assert!(failed > 0.0, "the failure is counted:\n{}", exporter.log());
    assert!(exporter.log().contains("No space left on device"), "{}", exporter.log());

    fs::remove_file(filler).unwrap();
    append(&log, "eve");
    exporter.wait_total("login_successes_total", &[], 3.0);
    let failed = failures(&exporter.metrics());
    exporter.metrics();
    assert_eq!(failures(&exporter.metrics()), failed, "no more fail");
    exporter.process.kill();
    let exporter = Exporter::start(dir.path(), &[&argument]);
    assert_eq!(total(&exporter.metrics(), "login_successes_total", &[]), 3.0, "it was saved");
}
