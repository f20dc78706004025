//! What a running exporter costs and how late it is: from a written line to /metrics, from the
//! start to the first answer, memory at rest, the size of the binary.
//!
//! `cargo bench --bench latency` prints the figures; nothing is asserted, since machines differ.

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Exporter, Process, free_port, program, total, wait_for};

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    size();
    start(if quick { 1 } else { 20 });
    latency("a quiet log", if quick { 3 } else { 500 }, 0);
    latency("beside 1,000 lines a second", if quick { 3 } else { 500 }, 1000);
    rest("without AWS", &[], &[]);
    rest_with_aws();
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: f64| ms(times[((times.len() - 1) as f64 * share) as usize]);
    println!("{what:<60} p50 {:>7.2} ms  p99 {:>7.2} ms", at(0.5), at(0.99));
}

fn size() {
    let bytes = fs::metadata(program()).unwrap().len();
    println!("{:<60} {:>11.2} MB", "size of the binary", bytes as f64 / 1e6);
}

fn empty_log(dir: &Path) -> (PathBuf, String) {
    let log = dir.join("secure");
    File::create(&log).unwrap();
    let argument = format!("--auth-log.path={}", log.display());
    (log, argument)
}

fn start(rounds: usize) {
    let times = (0..rounds).map(|_| {
        let dir = tempfile::tempdir().unwrap();
        let (_, argument) = empty_log(dir.path());
        let port = free_port();
        let began = Instant::now();
        let _process = Process::start(
            Command::new(program())
                .arg(argument)
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg(format!("--state.dir={}", dir.path().join("state").display()))
                .stderr(Stdio::null()),
        );
        loop {
            if let Ok(mut client) = Client::connect(port) {
                client.metrics();
                return began.elapsed();
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    print("start to the first /metrics, empty log", times.collect());
}

/// A connection that is kept, so that only the answer is measured.
struct Client(TcpStream);

impl Client {
    fn connect(port: u16) -> std::io::Result<Client> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(Client(stream))
    }

    fn metrics(&mut self) -> String {
        self.0.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
        let (mut answer, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        loop {
            let n = self.0.read(&mut buffer).unwrap();
            assert!(n > 0, "the exporter hung up");
            answer.extend_from_slice(&buffer[..n]);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length: usize = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
                })
                .unwrap();
            if body.len() >= length {
                return body.to_owned();
            }
        }
    }
}

/// One line each time, and `rate` others a second from someone else.
fn latency(what: &str, rounds: usize, rate: u64) {
    let dir = tempfile::tempdir().unwrap();
    let (log, argument) = empty_log(dir.path());
    let exporter = Exporter::start(dir.path(), &[&argument]).ready();
    let port = exporter.url.rsplit(':').next().unwrap().parse().unwrap();
    let mut client = Client::connect(port).unwrap();
    let mut file = File::options().append(true).open(&log).unwrap();
    let mut login = |pid: usize| {
        let line = format!(
            "{} h sshd[{pid}]: Accepted password for bob from 203.0.113.9 port 1 ssh2\n",
            stamp()
        );
        file.write_all(line.as_bytes()).unwrap();
    };
    login(1);
    wait_for("the first login", || (logins(&client.metrics()) == 1.0).then_some(()));
    let others = (rate > 0).then(|| Others::start(&log, rate));
    let times = (0..rounds).map(|i| {
        // Any moment of the exporter's ticks is as likely as another.
        std::thread::sleep(Duration::from_micros((i as u64 * 7919) % 20_000));
        let began = Instant::now();
        login(i + 2);
        while logins(&client.metrics()) < (i + 2) as f64 {
            std::thread::sleep(Duration::from_micros(500));
        }
        began.elapsed()
    });
    print(&format!("a line written to /metrics, {what}"), times.collect());
    drop(others);
}

fn logins(page: &str) -> f64 {
    total(page, "login_successes_total", &["user=\"bob\""])
}

/// The time of day; which day does not matter.
fn stamp() -> String {
    let second = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() % 86_400;
    format!("2026-05-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Failed logins that keep the exporter busy until this is dropped.
struct Others {
    stop: std::sync::mpsc::Sender<()>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Others {
    fn start(log: &Path, rate: u64) -> Others {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let mut file = File::options().append(true).open(log).unwrap();
        let pause = Duration::from_millis(10);
        let thread = std::thread::spawn(move || {
            let mut pid = 100_000;
            while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(pause)
            {
                let mut lines = String::new();
                for _ in 0..rate / 100 {
                    pid += 1;
                    lines += &format!(
                        "{} h sshd[{pid}]: Failed password for root from 198.51.100.9 port 1 ssh2\n",
                        stamp()
                    );
                }
                file.write_all(lines.as_bytes()).unwrap();
            }
        });
        Others { stop, thread: Some(thread) }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        let _ = self.thread.take().unwrap().join();
    }
}

fn rest(what: &str, arguments: &[&str], environment: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    let (_, log) = empty_log(dir.path());
    let mut all = vec![log.as_str()];
    all.extend(arguments);
    let exporter = Exporter::start_with(dir.path(), &all, environment).ready();
    exporter.metrics();
    let status = fs::read_to_string(format!("/proc/{}/status", exporter.process.id())).unwrap();
    let kib = |name: &str| -> f64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let mb = |name| kib(name) * 1024.0 / 1e6;
    println!(
        "{:<60} {:>11.2} MB  of it {:.2} MB not of files",
        format!("memory at rest, {what}"),
        mb("VmRSS:"),
        mb("RssAnon:")
    );
}

fn rest_with_aws() {
    let server = support::cloudtrail_server::Server::start();
    let environment = [
        ("AWS_ENDPOINT_URL", server.endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    rest("AWS on", &["--cloudtrail.region=eu-central-1"], &environment);
}
