//! Routes and headers over plain HTTP.

use std::sync::atomic::Ordering;

use login_exporter::web::{Options, Server};
use ureq::http::Response;
use ureq::{Agent, Body};

use super::fake::{Fake, Running};

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

fn get(running: &Running, path: &str) -> Response<Body> {
    agent().get(running.url(path)).call().unwrap()
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn metrics_are_answered_as_the_exporter_gives_them() {
    let running = Running::start(Fake::saying("login_successes_total 1\n"));
    let mut response = get(&running, "/metrics");
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(response.body_mut().read_to_string().unwrap(), "login_successes_total 1\n");
}

#[test]
fn a_scraper_is_known_by_its_header_and_a_person_is_not() {
    let fake = Fake::saying("x 1\n");
    let running = Running::start(fake.clone());
    get(&running, "/metrics");
    assert_eq!(fake.last_viewer(), None);
    let scrape = agent()
        .get(running.url("/metrics"))
        .header("X-Prometheus-Scrape-Timeout-Seconds", "10")
        .header("Accept", "application/openmetrics-text;version=1.0.0");
    scrape.call().unwrap();
    assert!(fake.last_viewer().is_some());
    let scrapes = fake.scrapes.lock().unwrap();
    let accept = scrapes.last().unwrap().accept.as_deref();
    assert_eq!(accept, Some("application/openmetrics-text;version=1.0.0"));
}

#[test]
fn a_head_request_is_no_scrape() {
    let fake = Fake::saying("x 1\n");
    let running = Running::start(fake.clone());
    let mut response = agent().head(running.url("/metrics")).call().unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.body_mut().read_to_string().unwrap(), "");
    assert!(fake.scrapes.lock().unwrap().is_empty());
}

#[test]
fn a_packed_answer_unpacks_to_the_same_bytes() {
    let lines: String = (0..50_000).map(|n| format!("some_total{{n=\"{n}\"}} {n}\n")).collect();
    let running = Running::start(Fake::saying(lines.clone()));
    let request = agent().get(running.url("/metrics")).header("Accept-Encoding", "gzip");
    let mut response = request.call().unwrap();
    assert_eq!(header(&response, "content-encoding"), "gzip");
    let packed = response.body_mut().with_config().limit(1 << 24).read_to_vec().unwrap();
    assert!(packed.len() < lines.len() / 3, "{} bytes", packed.len());
    let mut unpacked = String::new();
    let mut decoder = flate2::read::GzDecoder::new(&packed[..]);
    std::io::Read::read_to_string(&mut decoder, &mut unpacked).unwrap();
    assert_eq!(unpacked, lines);
}

#[test]
fn a_client_that_refuses_gzip_gets_the_plain_text() {
    let running = Running::start(Fake::saying("x 1\n"));
    let request = agent().get(running.url("/metrics")).header("Accept-Encoding", "gzip;q=0");
    let mut response = request.call().unwrap();
    assert_eq!(header(&response, "content-encoding"), "");
    assert_eq!(response.body_mut().read_to_string().unwrap(), "x 1\n");
}

#[test]
fn ready_follows_the_exporter_and_healthy_does_not() {
    let fake = Fake::saying("");
    let running = Running::start(fake.clone());
    assert_eq!(get(&running, "/-/healthy").status(), 200);
    assert_eq!(get(&running, "/-/ready").status(), 503);
    fake.ready.store(true, Ordering::SeqCst);
    assert_eq!(get(&running, "/-/ready").status(), 200);
}

#[test]
fn an_unknown_path_is_not_found_and_a_page_is_not_written_to() {
    let running = Running::start(Fake::saying(""));
    assert_eq!(get(&running, "/metrics/").status(), 404);
    let response = agent().post(running.url("/metrics")).send("x 2\n").unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(header(&response, "allow"), "GET, HEAD");
}

#[test]
fn metrics_stand_where_the_flag_puts_them() {
    let options = Options { telemetry_path: "/login".to_owned(), ..Options::default() };
    let running = Running::with(Fake::saying("x 1\n"), options);
    assert_eq!(get(&running, "/login").status(), 200);
    assert_eq!(get(&running, "/metrics").status(), 404);
}

#[test]
fn no_answer_is_cached_framed_or_guessed_at() {
    let running = Running::start(Fake::saying("x 1\n"));
    for path in ["/", "/metrics", "/-/healthy", "/nothing"] {
        let response = get(&running, path);
        assert_eq!(header(&response, "cache-control"), "no-store", "{path}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&response, "referrer-policy"), "no-referrer", "{path}");
        let policy = header(&response, "content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
    }
}

#[test]
fn a_scrape_that_panics_is_an_error_and_the_next_one_works() {
    let fake = Fake::saying("x 1\n");
    let running = Running::start(fake.clone());
    fake.panics.store(true, Ordering::SeqCst);
    assert_eq!(get(&running, "/metrics").status(), 500);
    fake.panics.store(false, Ordering::SeqCst);
    assert_eq!(get(&running, "/metrics").status(), 200);
}

#[test]
fn settings_can_be_checked_without_listening() {
    assert!(Server::check(&Options::default()).is_ok());
    let nonsense = Options { listen: vec!["10922".to_owned()], ..Options::default() };
    let error = Server::check(&nonsense).unwrap_err().to_string();
    assert!(error.contains("it has no port"), "{error}");
}

fn bind_error(listen: &[&str]) -> String {
    let listen = listen.iter().map(|&address| address.to_owned()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let bound = runtime.block_on(Server::bind(Options { listen, ..Options::default() }));
    bound.expect_err("the address cannot be bound").to_string()
}

#[test]
fn a_port_in_use_is_named_with_its_remedy() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = bind_error(&["127.0.0.1:0", &address]);
    let want = format!("cannot listen on {address}: Address already in use (os error 98); another");
    assert!(error.starts_with(&want), "{error}");
    assert!(error.contains("--web.listen-address"), "{error}");
}

#[test]
fn an_address_that_cannot_be_had_is_named_with_its_remedy() {
    assert!(bind_error(&[]).starts_with("no address to listen on: give --web.listen-address"));
    let foreign = bind_error(&["192.0.2.1:9"]);
    assert!(foreign.starts_with("cannot listen on 192.0.2.1:9: "), "{foreign}");
    assert!(foreign.contains("this host has no such address"), "{foreign}");
    let nonsense = bind_error(&["10922"]);
    assert!(nonsense.starts_with("--web.listen-address \"10922\": it has no port"), "{nonsense}");
}

#[test]
fn several_addresses_answer_at_once() {
    let fake = Fake::saying("x 1\n");
    let running = Running::on(&["127.0.0.1:0", ":0"], fake.clone(), Options::default());
    assert_eq!(running.addresses.len(), 2);
    let mut clients = Vec::new();
    for address in &running.addresses {
        let url = format!("http://127.0.0.1:{}/metrics", address.port());
        let scrape = agent().get(url).header("X-Prometheus-Scrape-Timeout-Seconds", "10");
        assert_eq!(scrape.call().unwrap().status(), 200);
        clients.push(fake.last_viewer().unwrap().client);
    }
    // Over a socket for both families too, an IPv4 address is one.
    assert_eq!(clients[0], clients[1]);
}

#[test]
fn a_running_request_finishes_before_the_server_stops() {
    let fake = Fake::saying("x 1\n");
    fake.held.store(true, Ordering::SeqCst);
    let mut running = Running::start(fake.clone());
    let url = running.url("/metrics");
    let client = std::thread::spawn(move || agent().get(url).call().unwrap().status());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fake.begun.notified());
    running.tell_to_stop();
    fake.go.notify_one();
    assert_eq!(client.join().unwrap(), 200);
    running.join();
}

#[test]
fn one_scrape_too_many_is_told_so() {
    let fake = Fake::saying("x 1\n");
    fake.held.store(true, Ordering::SeqCst);
    let mut options = Options::default();
    options.limits.max_requests = 1;
    let running = Running::with(fake.clone(), options);
    let url = running.url("/metrics");
    let first = std::thread::spawn(move || agent().get(url).call().unwrap().status());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(fake.begun.notified());
    let mut second = get(&running, "/metrics");
    assert_eq!(second.status(), 503);
    let told = second.body_mut().read_to_string().unwrap();
    assert!(told.contains("--web.max-requests"), "{told}");
    fake.go.notify_one();
    assert_eq!(first.join().unwrap(), 200);
}
