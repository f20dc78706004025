//! What a scrape and a count cost, beside the `prometheus` crate in the same run.
//!
//! `cargo bench --bench exposition` prints the figures; nothing is asserted, since machines differ.

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::{Duration, Instant};

use login_exporter::event::{Event, EventKind, Expected, Method, Time};
use login_exporter::metrics::exposition::{Format, Scrape, render};
use login_exporter::metrics::series::Store;
use login_exporter::policy::Observation;
use prometheus::{Encoder, GaugeVec, IntCounterVec, Opts, Registry, TextEncoder};

const LABELS: [&str; 7] =
    ["program", "user", "method", "identity", "source", "network", "expected"];

const ROUNDS: u32 = 20;

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let counts: &[usize] = if quick() { &[100] } else { &[1_000, 10_000] };
    for &count in counts {
        let mut store = store(count / 2);
        compare("series", count, &mut store, &registry(count / 2));
    }
    observe_standing(if quick() { 1_000 } else { 1_000_000 });
    observe_flood(if quick() { 1_000 } else { 1_000_000 });
    snapshot(if quick() { 100 } else { 10_000 });
}

fn quick() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

fn source(i: usize) -> String {
    format!("10.{}.{}.{}", i / 65536, i / 256 % 256, i % 256)
}

fn login(i: usize) -> Event<'static> {
    Event {
        time: Time::new(1_700_000_000, 123_456_000),
        user: Some("ec2-user"),
        source: Some(source(i).leak()),
        method: Some(Method::Publickey),
        ..Event::new(EventKind::LoginSuccess, "sshd")
    }
}

fn observe(store: &mut Store, event: &Event<'_>) {
    let seen = Observation {
        event,
        identity: Cow::Borrowed("SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        network: Cow::Borrowed("public"),
        expected: Expected::Unset,
        rule: None,
        duration: None,
        after_failures: false,
    };
    store.observe(&seen, false, event.time);
}

/// So many logins from as many addresses: each a counter and a gauge.
fn store(pairs: usize) -> Store {
    let mut store = Store::new(pairs * 2 + 100);
    (0..pairs).for_each(|i| observe(&mut store, &login(i)));
    store
}

/// The same in a registry of the crate.
fn registry(pairs: usize) -> Registry {
    let registry = Registry::new();
    let opts = |name: &str| Opts::new(name, "Logins that were let in.");
    let counter = IntCounterVec::new(opts("login_successes_total"), &LABELS).unwrap();
    let gauge = GaugeVec::new(opts("login_last_success_timestamp_seconds"), &LABELS).unwrap();
    registry.register(Box::new(counter.clone())).unwrap();
    registry.register(Box::new(gauge.clone())).unwrap();
    for i in 0..pairs {
        let key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let source = source(i);
        let values = ["sshd", "ec2-user", "publickey", key, &source, "public", "unset"];
        counter.with_label_values(&values).inc();
        gauge.with_label_values(&values).set(1_700_000_000.123_456);
    }
    registry
}

fn compare(what: &str, count: usize, store: &mut Store, registry: &Registry) {
    for (name, format) in [("text 0.0.4", Format::Text), ("OpenMetrics", Format::OpenMetrics)] {
        let now = Time::new(0, 0).into();
        let scrape = Scrape { viewer: None, format, now, created: false, saved: true };
        let nobody = std::iter::empty::<(&str, &str, u64)>;
        let (time, bytes) = best(|| render(store, None, &scrape, nobody()).len());
        println!(
            "encode {count:>6} {what}, ours, {name:<11}   {:>8.3} ms  {bytes} bytes",
            ms(time)
        );
    }
    let (time, bytes) = best(|| {
        let mut page = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut page).unwrap();
        page.len()
    });
    println!("encode {count:>6} {what}, the crate's registry {:>8.3} ms  {bytes} bytes", ms(time));
}

/// Counting into series that stand, as most lines do.
fn observe_standing(count: usize) {
    let events: Vec<_> = (0..1_000).map(login).collect();
    let mut store = store(1_000);
    let start = Instant::now();
    for i in 0..count {
        observe(&mut store, black_box(&events[i % events.len()]));
    }
    rate("observe, 1,000 series that stand", count, start.elapsed());
}

/// Every event from an address that no one has seen, into a family that is full.
fn observe_flood(count: usize) {
    let events: Vec<_> = (0..10_000).map(|i| login(i + 100_000)).collect();
    let mut store = Store::new(1_000);
    (0..1_000).for_each(|i| observe(&mut store, &login(i)));
    let start = Instant::now();
    for i in 0..count {
        observe(&mut store, black_box(&events[i % events.len()]));
    }
    rate("observe, a flood past the cap", count, start.elapsed());
}

fn snapshot(pairs: usize) {
    let store = store(pairs);
    let (time, bytes) = best(|| serde_json::to_vec(&store).unwrap().len());
    println!("save    {pairs:>6} pairs as JSON                {:>8.3} ms  {bytes} bytes", ms(time));
    let saved = serde_json::to_vec(&store).unwrap();
    let (time, _) = best(|| serde_json::from_slice::<Store>(&saved).unwrap().len());
    println!("restore {pairs:>6} pairs from JSON              {:>8.3} ms", ms(time));
}

fn rate(what: &str, count: usize, time: Duration) {
    let nanoseconds = time.as_nanos() as f64 / count as f64;
    println!("{what:<35} {:>8.2} million/s  {nanoseconds:.0} ns each", 1e3 / nanoseconds);
}

/// The shortest of some rounds: what the machine did besides is not of interest.
fn best(mut work: impl FnMut() -> usize) -> (Duration, usize) {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let result = black_box(work());
        (start.elapsed(), result)
    });
    rounds.min().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
