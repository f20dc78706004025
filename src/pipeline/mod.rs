//! The loop: next batch, parse, judge, count, remember.
//!
//! Owns the [`Ledger`]: everything that is counted and remembered, with the positions it came
//! from. It is changed by whole batches and saved whole, so that no snapshot ever holds a count
//! without its position. One lock guards it; nothing waits on disk or network while holding it.

mod interpreter;
mod ledger;
mod scrape;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use tracing::{debug, warn};

use crate::event::Time;
use crate::metrics::own::Own;
use crate::policy::Policy;
use crate::record::SourceId;
use crate::source::{Delivery, Report, Source};
use crate::trust::UserIds;

pub use interpreter::{Interpreter, Tally};
pub use ledger::{Ledger, Saved, Snapshot, State};
pub use scrape::Scraping;

/// What the stages of every source share.
#[derive(Debug)]
pub struct Pipeline {
    ledger: Mutex<Ledger>,
    policy: RwLock<Arc<Policy>>,
    pub own: Own,
    users: Box<dyn UserIds>,
}

impl Pipeline {
    pub fn new(ledger: Ledger, policy: Policy, own: Own, users: Box<dyn UserIds>) -> Self {
        Pipeline { ledger: Mutex::new(ledger), policy: RwLock::new(Arc::new(policy)), own, users }
    }

    /// The ledger. A panic elsewhere cannot leave it half changed in a way that matters more than
    /// going on: the next snapshot is whole again.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges by other rules from the next batch on.
    pub fn replace_policy(&self, policy: Policy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Reads one source for ever.
    pub async fn follow(&self, mut source: impl Source, zone: TimeZone) {
        let id = source.id().clone();
        self.own.source(&id.0);
        loop {
            let delivery = source.next().await;
            self.take(&id, delivery, &zone);
            // A backlog that is always ready must not keep a scrape waiting.
            tokio::task::yield_now().await;
        }
    }

    /// Counts one batch and remembers how far it reached, in one step.
    pub fn take(&self, id: &SourceId, delivery: Delivery<'_>, zone: &TimeZone) {
        let now = now();
        let policy = self.policy();
        let tally = {
            let mut ledger = self.ledger();
            let clock = interpreter::clock(delivery.reference, zone);
            let tally = ledger.count(id, &delivery.records, clock, &policy, &*self.users, now);
            ledger.reached(id, delivery.position, &delivery.report, &tally);
            tally
        };
        self.tell(id, &tally, &delivery.report);
    }

    /// Lets go of what was held back for another line, once no line that tells it can come.
    pub fn expire(&self, now: Time) {
        let policy = self.policy();
        self.ledger().expire(now, &policy);
    }

    /// What happened to the source, as metrics and in the log.
    fn tell(&self, id: &SourceId, tally: &Tally, report: &Report) {
        let source = self.own.source(&id.0);
        source.read(tally.records, report.bytes, now());
        source.state(report.up, report.lag_bytes);
        source.rotated(u64::from(report.rotations));
        if let Some(time) = tally.last_record {
            source.last_record(time);
        }
        source.errors("untrusted", tally.untrusted);
        source.errors("suppressed", tally.suppressed);
        for (program, count) in &tally.unrecognized {
            debug!(source = %id, program, count, "lines that no rule knows");
            self.own.unrecognized(program, *count);
        }
        for problem in &report.problems {
            warn!(source = %id, reason = problem.reason.as_str(), "{}", problem.message);
            source.errors(problem.reason.as_str(), problem.count);
        }
    }
}

/// The wall clock, which only the pipeline and the application read.
pub fn now() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::new(since_epoch.as_secs().try_into().unwrap_or(i64::MAX), since_epoch.subsec_nanos())
}
