//! What a snapshot costs: to serialise it under the lock, and to bring it to the disk.
//!
//! `cargo bench --bench snapshot` prints the figures; nothing is asserted, since machines differ.

// A benchmark that cannot do what it measures has nothing better to do than to stop.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use login_exporter::event::Time;
use login_exporter::metrics::series::Store;
use login_exporter::parse::Clock;
use login_exporter::pipeline::{Ledger, Saved};
use login_exporter::policy::{Policy, Rules};
use login_exporter::record::SourceId;
use login_exporter::source::Records;
use login_exporter::state;
use login_exporter::trust::UserIds;

/// The host of this benchmark has no accounts.
#[derive(Debug)]
struct Nobody;

impl UserIds for Nobody {
    fn user_id(&self, _: &str) -> Option<u32> {
        None
    }
}

fn main() {
    // Only `cargo bench` passes `--bench`; for a test run of all targets once through is enough.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let rounds = if quick { 1 } else { 50 };
    for count in [1_000, 10_000] {
        let accepted = |i: usize| {
            format!(
                "Accepted publickey for ec2-user from {} port 4242 ssh2: ED25519 SHA256:{i:043}",
                address(i)
            )
        };
        // Who logged in is remembered until the connection ends: here it has.
        let mut ledger = ledger(count, count, |i| match i % 2 {
            0 => accepted(i / 2),
            _ => "pam_unix(sshd:session): session closed for user ec2-user".to_owned(),
        });
        cost(&format!("{count} series"), &mut ledger, rounds);
    }
    let mut ledger = ledger(1_000, 100_000, |i| {
        format!("Failed password for root from {} port 4242 ssh2", address(i))
    });
    cost("a flood: every connection that is remembered", &mut ledger, rounds);
}

fn address(i: usize) -> String {
    format!("10.{}.{}.{}", i / 65536, i / 256 % 256, i % 256)
}

/// A ledger that has counted such messages, with their second and the pid of a pair of them.
fn ledger(cap: usize, lines: usize, message: impl Fn(usize) -> String) -> Ledger {
    let mut log = String::new();
    for i in 0..2 * lines {
        let (second, pid) = (i / 100, 1000 + i / 2);
        let (minute, second) = (second / 60, second % 60);
        log += &format!(
            "2026-05-01T{:02}:{:02}:{second:02}Z h sshd[{pid}]: {}\n",
            minute / 60 % 24,
            minute % 60,
            message(i)
        );
    }
    let mut saved = Saved { series: Store::new(2 * cap), ..Saved::default() };
    saved.series.resume(2 * cap);
    let mut ledger = Ledger::new(saved.into());
    let clock = Clock { reference: Time::new(1_800_000_000, 0), zone: TimeZone::UTC, year: None };
    let id = SourceId::file(Path::new("bench"));
    let policy = Policy::from(Rules::default());
    ledger.count(
        &id,
        &Records::Lines(log.as_bytes()),
        clock,
        &policy,
        &Nobody,
        Time::default().into(),
    );
    ledger
}

fn cost(what: &str, ledger: &mut Ledger, rounds: usize) {
    let dir = tempfile::tempdir().unwrap();
    let store = state::Store::open(dir.path()).unwrap();
    let mut serialize =
        || state::Store::whole(&ledger.whole(Default::default()).0, Arc::default()).unwrap();
    let bytes = serialize();
    let held = median(rounds, || drop(black_box(serialize())));
    let written = median(rounds, || {
        black_box(store.write(&bytes).unwrap());
    });
    println!(
        "snapshot of {what:<45} {:>6} KiB  serialised in {:>7.3} ms, written and synced in {:>7.3} ms",
        bytes.size() / 1024,
        ms(held),
        ms(written)
    );
}

fn median(rounds: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..rounds)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
