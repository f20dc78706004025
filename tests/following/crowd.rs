//! A crowd of scrapers, each of whom is to see every new series at 0 first: what that costs on the disk.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Exporter, free_port, total};

const ADDRESSES: usize = 200;
/// Of the series that stand: a snapshot of them is not small.
const PEOPLE: usize = 700;
/// Fewer than the exporter answers at once.
const AT_ONCE: usize = 30;

/// The page as a scraper at that address gets it.
async fn scrape(from: usize, port: u16) -> String {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 1, u8::try_from(from).unwrap()), 0).into()).unwrap();
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
                   X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

/// Each address looks once; how many see no login of mallory's, none yet, and one.
async fn look(port: u16) -> [usize; 3] {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut looks = JoinSet::new();
    for address in 1..=ADDRESSES {
        let turns = turns.clone();
        looks.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            let page = scrape(address, port).await;
            assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
            let of = |line: &&str| {
                line.starts_with("login_successes_total{") && line.contains("mallory")
            };
            let value =
                page.lines().find(of).map(|line| line.rsplit(' ').next().unwrap().to_owned());
            value.map_or(0, |value| 1 + value.parse::<usize>().unwrap())
        });
    }
    let mut seen = [0; 3];
    looks.join_all().await.into_iter().for_each(|what| seen[what] += 1);
    seen
}

/// Bytes that the process has had written to a disk.
fn written(process: u32) -> u64 {
    let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_hundred_scrapes_from_two_hundred_addresses_cost_a_snapshot_every_other_second() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("secure");
    let line = |user: &str, pid: usize| {
        format!(
            "2026-05-17T17:57:47Z h sshd[{pid}]: Accepted password for {user} from 203.0.113.9 port 1 ssh2\n"
        )
    };
    let known: String = (0..PEOPLE).map(|n| line(&format!("person-{n}"), n)).collect();
    fs::write(&log, &known).unwrap();
    let port = free_port();
    let argument = format!("--auth-log.path={}", log.display());
    let exporter = Exporter::start_at(port, dir.path(), &[&argument], &[]).ready();
    exporter.wait_total("login_successes_total", &[], PEOPLE as f64);
    assert_eq!(look(port).await, [ADDRESSES, 0, 0]);

    let mut file = fs::File::options().append(true).open(&log).unwrap();
    file.write_all(line("mallory", PEOPLE).as_bytes()).unwrap();
    exporter.wait_total("login_accesses_total", &[], 1.0);
    let saves = || total(&exporter.metrics(), "login_exporter_state_saves_total", &[]);
    let (before, bytes, began) = (saves(), written(exporter.process.id()), Instant::now());
    assert_eq!(look(port).await, [0, ADDRESSES, 0], "each sees the 0");
    assert_eq!(look(port).await, [0, 0, ADDRESSES], "and then the login");
    let (saves, bytes) = (saves() - before, written(exporter.process.id()) - bytes);
    let took = began.elapsed();
    eprintln!("400 scrapes in {:.1} s: {saves} snapshots, {bytes} bytes", took.as_secs_f64());
    // One for the login, and one for who has seen what each 2 seconds.
    assert!(saves <= 2.0 + took.as_secs_f64() / 2.0, "{saves} snapshots in {took:?}");
    assert!(bytes < 10_000_000, "{bytes} bytes for {saves} snapshots");
}
