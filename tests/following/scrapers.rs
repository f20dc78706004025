//! Fourteen logins of people who never came before, and those who scrape: two real Prometheus of two
//! versions, beside each other and beside whoever would take a new series' first 0 from them. Both
//! evaluate the alert rules, and fire once for each login.
//!
//! The interval is a second, so that a test takes seconds; `LOGIN_EXPORTER_SCRAPE_INTERVAL=150` plays
//! the same with another. `metrics/series/tests/views.rs` plays 150 and 600 seconds through in no time,
//! where Prometheus closes its connection in between.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use crate::support::{
    Exporter, PATIENCE, Prometheus, free_port, get_with, missing, prometheus3, skip, total,
    wait_for,
};

const LOGINS: u64 = 14;

/// Nobody of these is expected.
const RULES: &str = "expected: {logins: [{user: nobody}]}\n";

/// Seconds from scrape to scrape.
fn interval() -> u64 {
    let text = std::env::var("LOGIN_EXPORTER_SCRAPE_INTERVAL");
    text.map_or(1, |seconds| seconds.parse().expect("a number of seconds"))
}

/// Until what happened is scraped twice and the rules have looked.
fn patience() -> Duration {
    PATIENCE + Duration::from_secs(4 * interval())
}

/// An exporter on a log, and two Prometheus that scrape it.
struct Scene {
    dir: tempfile::TempDir,
    log: PathBuf,
    port: u16,
    exporter: Exporter,
}

impl Scene {
    fn new() -> Option<Scene> {
        if missing(&["prometheus"]).is_some_and(|reason| skip(&reason)) {
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("secure");
        File::create(&log).unwrap();
        let port = free_port();
        let exporter = start(dir.path(), &log, port);
        Some(Scene { dir, log, port, exporter })
    }

    /// Both scrape by these ports: the exporter's own, or a proxy's before it.
    fn prometheus(&self, ports: [u16; 2]) -> [Prometheus; 2] {
        let new = prometheus3().map(|folder| folder.join("prometheus"));
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus");
        let more = format!(
            "  scrape_interval: {1}s\n  scrape_timeout: {2}s\n\
             rule_files: ['{0}/recording.yml', '{0}/alerts.yml']\n",
            rules.display(),
            interval(),
            interval().min(10)
        );
        // The rules are evaluated four times a minute at most, as they may be on a server.
        let evaluated = format!("{}s", interval().min(15));
        // Two of one version look alike, which makes it harder.
        let programs = [PathBuf::from("prometheus"), new.unwrap_or_else(|| "prometheus".into())];
        [0, 1].map(|i| {
            let dir = self.dir.path().join(format!("prometheus-{i}"));
            std::fs::create_dir(&dir).unwrap();
            let target = format!("127.0.0.1:{}", ports[i]);
            let prometheus = Prometheus::start_as(&programs[i], &dir, &[target], &evaluated, &more);
            prometheus.wait_value_for(patience(), "up{job='login'}", 1.0);
            prometheus
        })
    }

    fn log_in(&self, person: u64) {
        append_login(&self.log, person);
    }

    /// The people come one after another, and after each of them this happens.
    fn log_all_in(&mut self, mut meanwhile: impl FnMut(&mut Scene, u64)) {
        for person in 1..=LOGINS {
            self.log_in(person);
            sleep(Duration::from_millis(400));
            meanwhile(self, person);
        }
    }

    fn kill(&mut self) {
        // The old one first: it holds the port and the state.
        let old = &mut self.exporter.process.child;
        old.kill().and_then(|()| old.wait()).unwrap();
        self.exporter = start(self.dir.path(), &self.log, self.port);
    }
}

fn append_login(log: &Path, person: u64) {
    let mut log = File::options().append(true).open(log).unwrap();
    let (now, pid) = (jiff::Timestamp::now(), 100 + person);
    let line = format!(
        "{now} h sshd[{pid}]: Accepted password for person-{person} from 203.0.113.9 port 1 ssh2\n"
    );
    log.write_all(line.as_bytes()).unwrap();
}

fn start(dir: &Path, log: &Path, port: u16) -> Exporter {
    let config = dir.join("login_exporter.yml");
    std::fs::write(&config, RULES).unwrap();
    let config = format!("--config.file={}", config.display());
    let log = format!("--auth-log.path={}", log.display());
    Exporter::start_at(port, dir, &[&config, &log], &[])
}

/// Every login is news by the exporter's own clock, which needs no 0, no memory and no `increase()`;
/// and there is one message for each, and no other.
fn is_told_of_all(prometheus: &Prometheus) {
    let wait = |query: &str| prometheus.wait_value_for(patience(), query, LOGINS as f64);
    wait("count(login_last_success_counted_timestamp_seconds > 0)");
    wait("sum(login_successes_total)");
    wait("count(ALERTS{alertname='UnexpectedLogin', alertstate='firing'})");
    let fired = "sum by (alertname) (changes(ALERTS_FOR_STATE{severity!='info'}[1h]) + 1
                 and ignoring (alertstate) max_over_time(ALERTS{alertstate='firing'}[1h]))";
    let fired: Vec<_> = prometheus
        .query(fired)
        .into_iter()
        .map(|(labels, times)| (labels["alertname"].as_str().unwrap().to_owned(), times))
        .collect();
    assert_eq!(fired, [("UnexpectedLogin".to_owned(), LOGINS as f64)]);
}

/// And `increase()` is the truth. It is exact and not extrapolated, for every series begins with the 0
/// before which a counter cannot have been less, and the query ends at the last sample.
fn sees_the_increase(prometheus: &Prometheus) {
    is_told_of_all(prometheus);
    let last = prometheus.value("max(timestamp(login_successes_total))").unwrap();
    for family in ["login_successes_total", "login_accesses_total"] {
        let query = format!("sum(increase({family}[1h] @ {last:.3}))");
        let seen = prometheus.value(&query).unwrap_or_default();
        assert!((seen - LOGINS as f64).abs() < 1e-3, "{seen} of {LOGINS} logins in {family}");
        let falls = prometheus.value(&format!("sum(resets({family}[1h]))"));
        assert_eq!(falls, Some(0.0), "{family} falls");
    }
}

/// Someone who asks ten times a second as a scraper does.
struct Poller {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Poller {
    fn start(port: u16) -> Poller {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                let url = format!("http://127.0.0.1:{port}/metrics");
                let _ = get_with(&url, &[("X-Prometheus-Scrape-Timeout-Seconds", "10")]);
                sleep(Duration::from_millis(100));
            }
        });
        Poller { stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

/// What a proxy does with the connections behind it.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// One for each request.
    New,
    /// Whichever of a few is free.
    Pool,
    /// One for each client, and every third answer is cut in the middle.
    Cut,
}

/// Listens on a port of its own and asks the exporter for others.
fn proxy(to: u16, way: Way) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let pool = Arc::new(std::sync::Mutex::new(Vec::new()));
    let count = Arc::new(AtomicU64::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, pool, count) = (client.unwrap(), pool.clone(), count.clone());
            std::thread::spawn(move || {
                let _ = carry(client, to, way, &pool, &count);
            });
        }
    });
    port
}

fn carry(
    mut client: TcpStream,
    to: u16,
    way: Way,
    pool: &std::sync::Mutex<Vec<TcpStream>>,
    count: &AtomicU64,
) -> std::io::Result<()> {
    let connect = || TcpStream::connect(("127.0.0.1", to));
    let mut own = if way == Way::Cut { Some(connect()?) } else { None };
    loop {
        let request = read_message(&mut client)?;
        let pooled = if way == Way::Pool { pool.lock().unwrap().pop() } else { None };
        let mut behind = match own.take().or(pooled) {
            Some(connection) => connection,
            None => connect()?,
        };
        behind.write_all(&request)?;
        if way == Way::Cut && count.fetch_add(1, Ordering::Relaxed) % 3 == 2 {
            // The rest of it stays unread, so that the exporter's side ends in a reset.
            let mut part = [0; 1000];
            let length = behind.read(&mut part)?;
            return client.write_all(&part[..length]);
        }
        let answer = read_message(&mut behind)?;
        client.write_all(&answer)?;
        match way {
            Way::New => drop(behind),
            Way::Pool => pool.lock().unwrap().insert(0, behind),
            Way::Cut => own = Some(behind),
        }
    }
}

/// One message of HTTP, with the body that its head announces.
fn read_message(from: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if bytes.len() >= end + 4 + length {
            return Ok(bytes);
        }
    }
}

#[test]
fn two_prometheus_on_one_address_each_see_every_first_login() {
    let Some(mut scene) = Scene::new() else { return };
    let prometheus = scene.prometheus([scene.port; 2]);
    scene.log_all_in(|_, _| ());
    prometheus.iter().for_each(sees_the_increase);
}

#[test]
fn who_polls_ten_times_a_second_takes_nothing_from_prometheus() {
    let Some(mut scene) = Scene::new() else { return };
    let prometheus = scene.prometheus([scene.port; 2]);
    let poller = Poller::start(scene.port);
    scene.log_all_in(|_, _| ());
    prometheus.iter().for_each(sees_the_increase);
    poller.stop();
}

#[test]
fn a_prometheus_that_is_killed_takes_nothing_from_the_other() {
    let Some(mut scene) = Scene::new() else { return };
    let [one, other] = scene.prometheus([scene.port; 2]);
    let mut one = Some(one);
    scene.log_all_in(|_, person| {
        if person == LOGINS / 2 {
            one.take();
        }
    });
    sees_the_increase(&other);
}

#[test]
fn an_exporter_that_is_killed_tells_each_prometheus_of_every_login_once() {
    let Some(mut scene) = Scene::new() else { return };
    let prometheus = scene.prometheus([scene.port; 2]);
    scene.log_all_in(|scene, person| {
        if person % 4 == 0 {
            scene.kill();
        }
    });
    prometheus.iter().for_each(sees_the_increase);
}

/// A pause of the whole exporter: the system takes connections, requests and their ends meanwhile.
fn while_paused<T>(exporter: &Exporter, then: impl FnOnce() -> T) -> T {
    exporter.process.signal("-STOP");
    let result = then();
    exporter.process.signal("-CONT");
    result
}

#[test]
fn a_prometheus_whose_scrapes_time_out_sees_every_login_once() {
    let Some(mut scene) = Scene::new() else { return };
    let prometheus = scene.prometheus([scene.port; 2]);
    scene.log_all_in(|scene, person| {
        if person % 3 == 0 {
            while_paused(&scene.exporter, || {
                sleep(Duration::from_millis(interval().min(10) * 1000 + 600));
            });
        }
    });
    let timed_out = "sum_over_time((up{job='login'} == bool 0)[1h:1s])";
    for prometheus in &prometheus {
        sees_the_increase(prometheus);
        assert!(prometheus.value(timed_out) > Some(0.0), "no scrape timed out");
    }
}

fn ask(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(
        b"GET /metrics HTTP/1.1\r\nHost: h\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n",
    )
}

/// What the answer on this connection shows of person 1.
fn shown(connection: &mut TcpStream) -> f64 {
    let page = String::from_utf8(read_message(connection).unwrap()).unwrap();
    total(&page, "login_successes_total", &["user=\"person-1\""])
}

#[test]
fn a_scrape_that_timed_out_and_is_asked_again_at_once_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    File::create(&log).unwrap();
    let port = free_port();
    let exporter = start(dir.path(), &log, port).ready();
    let connect = || TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut connection = connect();
    ask(&mut connection).unwrap();
    shown(&mut connection);
    append_login(&log, 1);
    wait_for("the login's value", || {
        ask(&mut connection).unwrap();
        (shown(&mut connection) == 1.0).then_some(())
    });
    for round in 0..50 {
        connection = while_paused(&exporter, || {
            ask(&mut connection).unwrap();
            drop(connection);
            let mut again = connect();
            ask(&mut again).unwrap();
            again
        });
        assert_eq!(shown(&mut connection), 1.0, "in round {round}");
        // One more of the same name that is still there is another, and has had nothing.
        if round == 49 {
            let mut other = connect();
            ask(&mut other).unwrap();
            assert_eq!(shown(&mut other), 0.0);
        }
    }
}

#[test]
fn answers_that_are_cut_are_told_again() {
    let Some(mut scene) = Scene::new() else { return };
    let cut = proxy(scene.port, Way::Cut);
    let prometheus = scene.prometheus([scene.port, cut]);
    scene.log_all_in(|_, _| ());
    prometheus.iter().for_each(sees_the_increase);
}

#[test]
fn behind_a_proxy_each_login_is_news_whichever_connections_it_keeps() {
    for way in [Way::New, Way::Pool] {
        let Some(mut scene) = Scene::new() else { return };
        let port = proxy(scene.port, way);
        let prometheus = scene.prometheus([port; 2]);
        scene.log_all_in(|_, _| ());
        prometheus.iter().for_each(is_told_of_all);
    }
}
