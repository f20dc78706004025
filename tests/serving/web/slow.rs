//! Clients that are slow, many or loud, and the scrapes that are answered all the same.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use login_exporter::web::{Limits, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use ureq::Agent;

use super::fake::{Fake, Running};
use super::tools::tool;

fn with(body: impl Into<Vec<u8>>, limits: Limits) -> Running {
    Running::with(Fake::saying(body), Options { limits, ..Options::default() })
}

fn send(running: &Running, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

const SCRAPE: &str = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n";

/// Everything until the server closes, orderly or not.
fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => bytes,
    }
}

fn scrape(running: &Running) -> u16 {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(60)));
    let agent: Agent = config.build().into();
    agent.get(running.url("/metrics")).call().unwrap().status().as_u16()
}

/// How long a scrape takes.
fn timed(running: &Running) -> Duration {
    let begun = Instant::now();
    assert_eq!(scrape(running), 200);
    begun.elapsed()
}

#[test]
fn a_request_that_never_ends_is_closed() {
    let head_time = Duration::from_millis(100);
    let running = with("x 1\n", Limits { head_time, ..Limits::default() });
    let mut silent = send(&running, "");
    let mut partial = send(&running, "GET /metrics HTTP/1.1\r\nHost: h\r\nX: ");
    assert_eq!(read_all(&mut silent), b"");
    assert_eq!(read_all(&mut partial), b"");
}

#[test]
fn a_second_request_that_never_ends_is_closed_sooner_than_a_resting_connection() {
    let head_time = Duration::from_millis(100);
    let running = with("x 1\n", Limits { head_time, ..Limits::default() });
    let mut stream = send(&running, SCRAPE);
    let mut first = [0; 1024];
    assert!(stream.read(&mut first).unwrap() > 0);
    stream.write_all(b"GET /met").unwrap();
    read_all(&mut stream);
}

#[test]
fn a_connection_that_rests_too_long_is_closed() {
    let idle_time = Duration::from_millis(100);
    let running = with("x 1\n", Limits { idle_time, ..Limits::default() });
    let answer = String::from_utf8(read_all(&mut send(&running, SCRAPE))).unwrap();
    assert!(answer.ends_with("\r\n\r\nx 1\n"), "{answer}");
}

#[test]
fn a_head_of_a_hundred_kilobytes_is_refused() {
    let running = with("x 1\n", Limits::default());
    let mut stream = TcpStream::connect(running.address).unwrap();
    let head = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    // The server may close before all of it is sent.
    let _ = stream.write_all(head.as_bytes());
    let answer = read_all(&mut stream);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(scrape(&running), 200);
}

#[test]
fn a_body_that_never_comes_holds_nobody() {
    let running = with("x 1\n", Limits::default());
    let post = "POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nx=";
    let answer = String::from_utf8(read_all(&mut send(&running, post))).unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[test]
fn one_connection_too_many_takes_the_place_of_the_one_that_waits_longest() {
    let running = with("x 1\n", Limits { connections: 4, ..Limits::default() });
    let mut hanging: Vec<_> = (0..4).map(|_| send(&running, "GET / HTTP/1.1\r\n")).collect();
    assert_eq!(scrape(&running), 200);
    assert_eq!(read_all(&mut hanging[0]), b"");
    hanging[3].write_all(b"Host: h\r\nConnection: close\r\n\r\n").unwrap();
    let answer = String::from_utf8(read_all(&mut hanging[3])).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn answers_that_nobody_reads_make_room_for_the_next() {
    const MUCH: usize = 24 << 20;
    let running = with(vec![b'#'; MUCH], Limits { unsent_bytes: MUCH, ..Limits::default() });
    let mut first = send(&running, SCRAPE);
    let mut byte = [0; 1];
    first.read_exact(&mut byte).unwrap();
    let last = "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let mut second = send(&running, last);
    second.read_exact(&mut byte).unwrap();
    assert!(read_all(&mut first).len() < MUCH);
    assert!(read_all(&mut second).len() > MUCH);
}

#[test]
fn an_answer_that_is_not_read_in_time_is_reset() {
    let send_time = Duration::from_millis(200);
    let running = with(vec![b'#'; 24 << 20], Limits { send_time, ..Limits::default() });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stream = tokio::net::TcpStream::connect(running.address).await.unwrap();
        stream.write_all(SCRAPE.as_bytes()).await.unwrap();
        stream.read_u8().await.unwrap();
        stream.ready(Interest::ERROR).await.unwrap();
        assert!(stream.take_error().unwrap().is_some());
    });
}

#[test]
fn a_scrape_runs_to_its_end_though_its_client_was_sent_away() {
    let fake = Fake::saying("x 1\n");
    fake.held.store(true, Ordering::SeqCst);
    let limits = Limits { prepare_time: Duration::from_millis(100), ..Limits::default() };
    let running = Running::with(fake.clone(), Options { limits, ..Options::default() });
    assert_eq!(read_all(&mut send(&running, SCRAPE)), b"");
    fake.go.notify_one();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fake.ended.notified());
}

#[test]
fn connections_that_wait_do_not_hold_up_the_stop() {
    let hour = Duration::from_secs(3600);
    let limits = Limits { stop_time: hour, idle_time: hour, head_time: hour, ..Limits::default() };
    let mut running = with("x 1\n", limits);
    let mut resting = send(&running, SCRAPE);
    assert!(resting.read(&mut [0; 1024]).unwrap() > 0);
    let mut partial = send(&running, "GET / HTTP/1.1\r\n");
    // Both are accepted once a later one is answered.
    assert_eq!(scrape(&running), 200);
    running.join();
    assert_eq!(read_all(&mut resting), b"");
    assert_eq!(read_all(&mut partial), b"");
}

/// The attack of a real tool for three seconds, with scrapes all the while.
fn scrapes_during(attack: &[&str]) {
    let Some(mut slowhttptest) = tool("slowhttptest") else { return };
    let lines: String = (0..20_000).map(|n| format!("some_total{{n=\"{n}\"}} {n}\n")).collect();
    let running = with(lines, Limits::default());
    slowhttptest.args(["-c", "500", "-r", "400", "-l", "3", "-p", "1"]).args(attack);
    slowhttptest.args(["-u", &running.url("/metrics")]);
    let calm = (0..5).map(|_| timed(&running)).max().unwrap();
    let mut attacker = slowhttptest.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (mut count, mut slowest) = (0, Duration::ZERO);
    while attacker.try_wait().unwrap().is_none() {
        slowest = slowest.max(timed(&running));
        count += 1;
    }
    eprintln!("{attack:?}: {count} scrapes, the slowest took {slowest:?}");
    assert!(count > 3, "only {count} scrapes");
    // Beside other work a scrape takes longer with no attack too.
    assert!(slowest < Duration::from_secs(2).max(20 * calm), "{slowest:?}, and {calm:?} before");
}

#[test]
fn scrapes_are_answered_while_heads_trickle_in() {
    scrapes_during(&["-H", "-i", "1"]);
}

#[test]
fn scrapes_are_answered_while_bodies_trickle_in() {
    scrapes_during(&["-B", "-i", "1", "-s", "100000"]);
}

#[test]
fn scrapes_are_answered_while_others_read_a_few_bytes_a_second() {
    scrapes_during(&["-X", "-w", "1", "-y", "2", "-n", "1", "-z", "1", "-k", "3"]);
}
