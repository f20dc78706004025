//! Scrapers: what the exporter learns of their connections, and the place that they have kept.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use login_exporter::web::{Limits, Options};

use crate::web::fake::{Fake, Running};

const SCRAPE: &str =
    "GET /metrics HTTP/1.1\r\nHost: h\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n";

fn send(running: &Running, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads one answer, which has a length, to its end.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse().unwrap() {
                return text.into_owned();
            }
        }
        assert!(count > 0, "the answer ends early: {text}");
    }
}

/// How the only connection of a scraper ended, as the exporter hears it.
fn ending(fake: &Fake) -> bool {
    let begun = Instant::now();
    loop {
        if let Some((_, in_order)) = fake.closed.lock().unwrap().first() {
            return *in_order;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "nobody tells of the end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_scraper_that_closes_a_kept_connection_has_had_its_answer() {
    let fake = Fake::saying("x 1\n");
    let running = Running::start(fake.clone());
    let mut stream = send(&running, SCRAPE);
    read_answer(&mut stream);
    drop(stream);
    assert!(ending(&fake));
}

#[test]
fn a_scraper_that_wants_no_kept_connection_has_had_its_answer_too() {
    for request in [
        SCRAPE.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
        SCRAPE.replace("HTTP/1.1", "HTTP/1.0"),
    ] {
        let fake = Fake::saying("x 1\n");
        let running = Running::start(fake.clone());
        let mut stream = send(&running, &request);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("x 1\n"), "{answer}");
        drop(stream);
        assert!(ending(&fake), "{request}");
    }
}

#[test]
fn a_scraper_that_leaves_before_its_answer_was_read_has_not_had_it() {
    // More than fits into the sockets: some of it is unread when the client goes.
    for body in [vec![b'#'; 64 << 20], vec![b'#'; 1 << 20]] {
        let fake = Fake::saying(body);
        let running = Running::start(fake.clone());
        let mut stream = send(&running, SCRAPE);
        stream.read_exact(&mut [0; 1000]).unwrap();
        drop(stream);
        assert!(!ending(&fake));
    }
}

#[test]
fn a_scraper_that_waited_no_longer_has_not_had_its_answer() {
    let fake = Fake::saying("x 1\n");
    fake.held.store(true, Ordering::SeqCst);
    let running = Running::start(fake.clone());
    let stream = send(&running, SCRAPE);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fake.begun.notified());
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    fake.go.notify_one();
    assert!(!ending(&fake));
}

#[test]
fn a_scrape_asks_after_the_clients_of_all_connections() {
    let fake = Fake::saying(vec![b'#'; 1 << 20]);
    let running = Running::start(fake.clone());
    let mut there = send(&running, SCRAPE);
    read_answer(&mut there);
    let mut left = send(&running, SCRAPE);
    left.read_exact(&mut [0; 1000]).unwrap();
    let (connections, [there_id, left_id]) = {
        let scrapes = fake.scrapes.lock().unwrap();
        let id = |i: usize| scrapes[i].viewer.unwrap().connection;
        (scrapes[0].connections.clone(), [id(0), id(1)])
    };
    assert_eq!([there_id, left_id].map(|id| connections.ended(id)), [None, None]);
    // The system knows at once, whoever has come round to read it.
    drop(left);
    assert_eq!(connections.ended(left_id), Some(false));
    assert_eq!(connections.ended(there_id), None);
    drop(there);
    assert!(connections.ended(there_id).is_some());
}

#[test]
fn the_exporter_hears_nothing_of_the_connections_of_people() {
    let fake = Fake::saying("x 1\n");
    let running = Running::start(fake.clone());
    let mut person = send(&running, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    read_answer(&mut person);
    drop(person);
    let mut scraper = send(&running, SCRAPE);
    read_answer(&mut scraper);
    drop(scraper);
    assert!(ending(&fake));
    assert_eq!(fake.closed.lock().unwrap().len(), 1);
}

#[test]
fn a_request_without_a_host_or_with_two_is_a_bad_one() {
    let running = Running::start(Fake::saying("x 1\n"));
    for (request, status) in [
        ("GET /metrics HTTP/1.1\r\n\r\n", "400"),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"),
        ("GET /metrics HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "200"),
        ("GET /metrics HTTP/1.0\r\n\r\n", "200"),
    ] {
        let answer = read_answer(&mut send(&running, request));
        assert_eq!(answer.split(' ').nth(1), Some(status), "{request}: {answer}");
    }
}

/// Threads that work until they are stopped.
struct Crowd {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Crowd {
    fn start(count: usize, work: impl Fn() + Send + Clone + 'static) -> Crowd {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = (0..count).map(|_| {
            let (stop, work) = (stop.clone(), work.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    work();
                }
            })
        });
        let threads = threads.collect();
        Crowd { stop, threads }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn a_scraper_that_was_served_is_served_again_while_fifty_others_ask_at_once() {
    let fake = Fake::saying("x 1\n".repeat(10_000));
    let limits = Limits { max_requests: 10, ..Limits::default() };
    let running = Running::with(fake, Options { limits, ..Options::default() });
    let mut kept = send(&running, SCRAPE);
    read_answer(&mut kept);
    let one_each = SCRAPE.replace("\r\n\r\n", "\r\nUser-Agent: one each\r\n\r\n");
    read_answer(&mut send(&running, &one_each));
    let address = running.address;
    let crowd = Crowd::start(50, move || {
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        let request = "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let _ = stream.write_all(request.as_bytes());
        let _ = stream.read_to_end(&mut Vec::new());
    });
    for scrape in 0..20 {
        kept.write_all(SCRAPE.as_bytes()).unwrap();
        assert!(read_answer(&mut kept).starts_with("HTTP/1.1 200"), "scrape {scrape}");
        let answer = read_answer(&mut send(&running, &one_each));
        assert!(answer.starts_with("HTTP/1.1 200"), "scrape {scrape}: {answer}");
    }
    crowd.stop();
}

#[test]
fn a_scraper_that_reads_slowly_but_steadily_is_not_cut_by_a_flood_of_connections() {
    let running = Running::start(Fake::saying(vec![b'#'; 8 << 20]));
    let address = running.address;
    let flood = Crowd::start(2, move || {
        let connections: Vec<_> = (0..100).map(|_| TcpStream::connect(address)).collect();
        std::thread::sleep(Duration::from_millis(100));
        drop(connections);
    });
    let mut stream = send(&running, SCRAPE);
    let (mut buffer, mut count) = (vec![0; 256 << 10], 0);
    while count < 8 << 20 {
        let read = stream.read(&mut buffer).expect("it is not cut off");
        assert!(read > 0, "it ends after {count} bytes");
        count += read;
        std::thread::sleep(Duration::from_millis(50));
    }
    flood.stop();
}
