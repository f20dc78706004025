//! How the exporter itself is doing: its sources, CloudTrail, its state, its rules, its process.
//!
//! Owns a registry of the `prometheus` crate, not the crate's global one. The handles are cheap to
//! clone and to use from any task. A counter whose reasons are known stands at 0 from the start, so
//! that `increase()` sees the first; a timestamp appears when there is one.

mod families;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::proto::{Counter, Metric, MetricFamily};
use prometheus::{IntCounter, IntGauge, Registry};

use crate::event::Time;
use crate::version::{REVISION, VERSION};
use families::Families;

/// Programs that `login_exporter_records_unrecognized_total` tells apart; more are `(other)`.
pub const MAX_PROGRAMS: usize = 50;

/// The exporter's own metrics.
#[derive(Clone, Debug)]
pub struct Own {
    registry: Registry,
    families: Arc<Families>,
    programs: Arc<Mutex<HashSet<String>>>,
}

/// A family that could not be registered: two of one name, which is a mistake in the catalog.
#[derive(Debug)]
pub struct RegistrationError(prometheus::Error);

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the exporter's own metrics cannot be registered: {}; report it as a bug", self.0)
    }
}

impl std::error::Error for RegistrationError {}

impl Own {
    /// # Errors
    /// Where two families of the catalog have one name.
    pub fn new() -> Result<Self, RegistrationError> {
        let registry = Registry::new();
        let families = Families::register(&registry).map_err(RegistrationError)?;
        let own = Own { registry, families: Arc::new(families), programs: Arc::default() };
        own.families.build_info.with_label_values(&[VERSION, REVISION]).set(1);
        // Rules that were never reloaded are those of the start, which refuses bad ones.
        own.families.rules_reload_success.with_label_values(NO_LABELS).set(1);
        own.families.state_saves.with_label_values(NO_LABELS);
        own.families.state_save_failures.with_label_values(NO_LABELS);
        Ok(own)
    }

    /// Names the host and, on EC2, the instance; empty where it is none.
    pub fn host(&self, hostname: &str, instance_id: &str) {
        self.families.host_info.reset();
        self.families.host_info.with_label_values(&[hostname, instance_id]).set(1);
    }

    /// Which history of the host is read, and why.
    pub fn host_log(&self, choice: &str, reason: &str) {
        self.families.host_log.reset();
        self.families.host_log.with_label_values(&[choice, reason]).set(1);
    }

    /// The metrics of one source, by the name of its ID. `reasons` are all the ways in which it can
    /// go wrong: each stands at 0 from now on.
    pub fn source(&self, name: &str, reasons: &[&'static str]) -> Source {
        for reason in reasons {
            self.families.source_errors.with_label_values(&[name, reason]);
        }
        Source {
            name: name.to_owned(),
            up: self.families.source_up.with_label_values(&[name]),
            records: self.families.source_records.with_label_values(&[name]),
            bytes: self.families.source_bytes.with_label_values(&[name]),
            lag: self.families.source_lag.with_label_values(&[name]),
            rotations: self.families.source_rotations.with_label_values(&[name]),
            families: Arc::clone(&self.families),
        }
    }

    /// The metrics of CloudTrail in one account and Region; the account is empty until it is known.
    /// `reasons` are all the ways in which a request can
    /// fail: each stands at 0 from now on.
    pub fn cloudtrail(&self, account: &str, region: &str, reasons: &[&'static str]) -> CloudTrail {
        for reason in reasons {
            self.families.cloudtrail_failures.with_label_values(&[account, region, reason]);
        }
        CloudTrail {
            asked: [account.to_owned(), region.to_owned()],
            requests: self.families.cloudtrail_requests.with_label_values(&[account, region]),
            delay: self.families.cloudtrail_delay.with_label_values(&[account, region]),
            families: Arc::clone(&self.families),
        }
    }

    /// What the settings call an account.
    pub fn aws_account(&self, number: &str, name: &str) {
        self.families.aws_account_info.with_label_values(&[number, name]).set(1);
    }

    /// An account that goes by another name now, or is gone.
    pub fn forget_aws_account(&self, number: &str, name: &str) {
        let _ = self.families.aws_account_info.remove_label_values(&[number, name]);
    }

    /// A source of CloudTrail that is followed no more: what it would tell for ever is told no more.
    /// Its counters stay.
    pub fn dismiss(&self, name: &str, account: &str, region: &str) {
        let families = &self.families;
        // One that was never told has nothing to be taken away.
        let _ = families.source_up.remove_label_values(&[name]);
        let _ = families.source_lag.remove_label_values(&[name]);
        let _ = families.source_last_read.remove_label_values(&[name]);
        let _ = families.source_last_record.remove_label_values(&[name]);
        let _ = families.cloudtrail_last_poll.remove_label_values(&[account, region]);
        let _ = families.cloudtrail_reach.remove_label_values(&[account, region]);
    }

    /// So many IDs of CloudTrail's records more made room for newer ones.
    pub fn event_ids_forgotten(&self, count: u64) {
        self.families.cloudtrail_ids_forgotten.with_label_values(NO_LABELS).inc_by(count);
    }

    /// The login programs whose unknown records are counted: each stands at 0 from now on.
    pub fn programs(&self, programs: &[&str]) {
        programs.iter().for_each(|program| self.unrecognized(program, 0));
    }

    /// Records of a login program that no rule knew.
    pub fn unrecognized(&self, program: &str, records: u64) {
        let mut known = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let program = if known.contains(program) {
            program
        } else if known.len() < MAX_PROGRAMS {
            known.insert(program.to_owned());
            program
        } else {
            super::series::OTHER
        };
        self.families.unrecognized.with_label_values(&[program]).inc_by(records);
    }

    /// A snapshot was saved.
    pub fn saved(&self, now: Time) {
        self.families.state_saves.with_label_values(NO_LABELS).inc();
        self.families.state_last_save.with_label_values(NO_LABELS).set(seconds(now));
    }

    /// A snapshot could not be saved.
    pub fn save_failed(&self) {
        self.families.state_save_failures.with_label_values(NO_LABELS).inc();
    }

    /// An archive is kept: its counters stand at 0 from now on.
    pub fn archive(&self) {
        let families = [
            &self.families.archive_lines,
            &self.families.archive_failures,
            &self.families.archive_lost,
            &self.families.archive_removed,
        ];
        families.iter().for_each(|family| drop(family.with_label_values(NO_LABELS)));
    }

    /// So many lines were appended to the archive.
    pub fn archived(&self, lines: u64) {
        self.families.archive_lines.with_label_values(NO_LABELS).inc_by(lines);
    }

    /// The archive could not be written.
    pub fn archive_failed(&self) {
        self.families.archive_failures.with_label_values(NO_LABELS).inc();
    }

    /// So many lines found no room.
    pub fn archive_lost(&self, lines: u64) {
        if lines > 0 {
            self.families.archive_lost.with_label_values(NO_LABELS).inc_by(lines);
        }
    }

    /// The archive was kept within its bounds.
    pub fn archive_tidied(&self, size: u64, removed: u64) {
        self.families.archive_removed.with_label_values(NO_LABELS).inc_by(removed);
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        self.families.archive_size.with_label_values(NO_LABELS).set(size);
    }

    /// A snapshot that could not be used was put away at the start.
    pub fn snapshot_set_aside(&self, now: Time) {
        self.families.state_set_aside.with_label_values(NO_LABELS).set(seconds(now));
    }

    /// The first start made a baseline of what the sources held.
    pub fn baseline(&self, since: Time) {
        self.families.baseline.with_label_values(NO_LABELS).set(seconds(since));
    }

    /// So many rules of this kind are in force.
    pub fn rules(&self, kind: &str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.families.rules.with_label_values(&[kind]).set(count);
    }

    /// The rules were read, at the start or again.
    pub fn rules_loaded(&self, now: Time) {
        self.families.rules_reload_success.with_label_values(NO_LABELS).set(1);
        self.families.rules_last_reload.with_label_values(NO_LABELS).set(seconds(now));
    }

    /// New rules were refused; the old ones are in force.
    pub fn rules_refused(&self) {
        self.families.rules_reload_success.with_label_values(NO_LABELS).set(0);
    }

    /// Everything as it is now, sorted by name.
    pub(crate) fn gather(&self) -> Vec<MetricFamily> {
        let mut families = self.registry.gather();
        for family in &mut families {
            if family.name() == CPU_SECONDS {
                family.set_metric(vec![cpu_seconds()]);
            }
        }
        families
    }
}

/// The crate tells whole seconds, which makes every rate a guess.
const CPU_SECONDS: &str = "process_cpu_seconds_total";

/// Seconds of a processor that this process has used, to the nanosecond.
fn cpu_seconds() -> Metric {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let mut counter = Counter::default();
    counter.set_value(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9);
    let mut metric = Metric::default();
    metric.set_counter(counter);
    metric
}

/// The metrics of one source.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    up: IntGauge,
    records: IntCounter,
    bytes: IntCounter,
    lag: IntGauge,
    rotations: IntCounter,
    families: Arc<Families>,
}

impl Source {
    pub fn up(&self, up: bool) {
        self.up.set(i64::from(up));
    }

    /// So many records more were read.
    pub fn records(&self, records: u64) {
        self.records.inc_by(records);
    }

    /// So many bytes more were read.
    pub fn bytes(&self, bytes: u64) {
        self.bytes.inc_by(bytes);
    }

    /// So many bytes are known and not read yet.
    pub fn lag(&self, bytes: u64) {
        self.lag.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub fn rotations(&self, rotations: u64) {
        self.rotations.inc_by(rotations);
    }

    /// The newest record bears this time. An older one changes nothing.
    pub fn last_record(&self, time: Time) {
        let gauge = self.families.source_last_record.with_label_values(&[&self.name]);
        gauge.set(gauge.get().max(seconds(time)));
    }

    /// The source was read without an error.
    pub fn last_read(&self, now: Time) {
        self.families.source_last_read.with_label_values(&[&self.name]).set(seconds(now));
    }

    /// Something went wrong, so many times.
    pub fn errors(&self, reason: &'static str, count: u64) {
        // Nearly always none did, and to find the counter takes a while.
        if count > 0 {
            self.families.source_errors.with_label_values(&[&*self.name, reason]).inc_by(count);
        }
    }
}

/// The metrics of CloudTrail in one account and Region.
#[derive(Clone, Debug)]
pub struct CloudTrail {
    /// The account and the Region.
    asked: [String; 2],
    requests: IntCounter,
    delay: prometheus::Histogram,
    families: Arc<Families>,
}

impl CloudTrail {
    pub fn requests(&self, requests: u64) {
        self.requests.inc_by(requests);
    }

    pub fn request_failures(&self, reason: &'static str, count: u64) {
        let [account, region] = &self.asked;
        let labels = [account.as_str(), region, reason];
        self.families.cloudtrail_failures.with_label_values(&labels).inc_by(count);
    }

    /// A poll succeeded.
    pub fn last_poll(&self, now: Time) {
        self.families.cloudtrail_last_poll.with_label_values(&self.asked).set(seconds(now));
    }

    /// How late a record may come up and still be found, seconds.
    pub fn reach(&self, seconds: i64) {
        self.families.cloudtrail_reach.with_label_values(&self.asked).set(seconds);
    }

    /// Seconds from an event's time until CloudTrail first showed it; a negative one is 0.
    pub fn delivery_delay(&self, seconds: f64) {
        self.delay.observe(seconds.max(0.0));
    }
}

const NO_LABELS: &[&str] = &[];

fn seconds(time: Time) -> f64 {
    time.nanoseconds() as f64 / 1e9
}

#[cfg(test)]
mod tests;
