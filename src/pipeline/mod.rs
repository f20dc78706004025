//! The loop: next batch, parse, judge, count, remember.
//!
//! Owns the [`Ledger`]: everything that is counted and remembered, with the positions it came
//! from. It is changed by whole batches and saved whole, so that no snapshot ever holds a count
//! without its position. One lock guards it; nothing waits on disk or network while holding it.

mod acknowledgements;
mod archiving;
mod beside;
mod clock;
mod interpreter;
mod keepers;
mod ledger;
mod scrape;
mod snapshot;
mod telling;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::event::Time;
use crate::metrics::own::Own;
use crate::metrics::series::Moment;
use crate::parse::Clock;
use crate::policy::Policy;
use crate::record::SourceId;
use crate::source::{Delivery, ProblemReason, Records, Source};
use crate::trust::UserIds;
use jiff::tz::TimeZone;
use tokio::sync::Notify;

pub use archiving::Archiving;
pub use beside::{Beside, OwnNames, SEAM, Span, Told};
pub use interpreter::{Interpreter, Tally, Unknown};
pub use ledger::{Ledger, State};
pub use scrape::{Asked, Scraping};
pub use snapshot::{Saved, SavedChange};

use telling::Telling;

/// How long reading waits for the archive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the stages of every source share.
#[derive(Debug)]
pub struct Pipeline {
    ledger: Mutex<Ledger>,
    policy: RwLock<Arc<Policy>>,
    pub own: Own,
    /// So much waits for the archive that it should be saved now; then that there is room again.
    pub full: Notify,
    pub(crate) room: Notify,
    users: Box<dyn UserIds>,
    began: Instant,
}

impl Pipeline {
    pub fn new(ledger: Ledger, policy: Policy, own: Own, users: Box<dyn UserIds>) -> Self {
        let (full, room) = (Notify::new(), Notify::new());
        let (ledger, policy) = (Mutex::new(ledger), RwLock::new(Arc::new(policy)));
        Pipeline { ledger, policy, own, full, room, users, began: Instant::now() }
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
    pub async fn follow(&self, source: impl Source, zone: TimeZone) {
        self.follow_some(source, zone, |_, _| false).await;
    }

    /// Reads a file beside the journal for ever; of its lines those count that `beside` leaves. Says
    /// so once what was there at first is read, or cannot be.
    pub async fn follow_beside(
        &self,
        file: impl Source,
        zone: TimeZone,
        mut beside: Beside,
        done: tokio::sync::oneshot::Sender<()>,
    ) {
        let mut done = Some(done);
        let clock_zone = zone.clone();
        self.follow_some(file, zone, |delivery, kept| {
            let (reference, year) = (delivery.reference, delivery.year);
            let clock = Clock { reference, year, zone: clock_zone.clone() };
            *kept = beside.keep(&delivery.records, &clock);
            if beside.is_second() {
                delivery.report.problems.retain(|p| p.reason != ProblemReason::Missing);
                delivery.report.up |= delivery.report.problems.is_empty();
            }
            if delivery.report.caught_up || !delivery.report.up {
                beside.caught_up();
                // Nobody waits for it a second time.
                let _ = done.take().map(|done| done.send(()));
            }
            true
        })
        .await;
    }

    async fn follow_some(
        &self,
        mut source: impl Source,
        zone: TimeZone,
        mut choose: impl FnMut(&mut Delivery<'_>, &mut Vec<u8>) -> bool,
    ) {
        let id = source.id().clone();
        let last = self.ledger().states().get(&id).and_then(|state| state.last_record);
        let mut telling = Telling::new(&self.own, &id, last);
        loop {
            let mut delivery = source.next().await;
            let mut kept = Vec::new();
            if choose(&mut delivery, &mut kept) {
                delivery.records = Records::Lines(&kept);
            }
            let is_behind = !delivery.report.caught_up;
            self.take(&id, &mut telling, delivery, &zone);
            self.make_room().await;
            // A backlog that is always ready must not keep a scrape waiting. Who has caught up waits
            // by himself, and to yield would only wake another thread for each batch.
            if is_behind {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Lets what waits for the archive go to its file before more is read. Where that fails, too
    /// much waits at last, and what finds no room is told of.
    async fn make_room(&self) {
        let room = self.room.notified();
        if self.ledger().archive.is_full() {
            self.full.notify_one();
            let _ = tokio::time::timeout(PATIENCE, room).await;
        }
    }

    /// Counts one batch and remembers how far it reached, in one step.
    fn take(&self, id: &SourceId, telling: &mut Telling, delivery: Delivery<'_>, zone: &TimeZone) {
        let (now, policy) = (self.now(), self.policy());
        let tally = {
            let mut ledger = self.ledger();
            let (reference, year) = (delivery.reference, delivery.year);
            let clock = Clock { reference, year, zone: zone.clone() };
            let tally = ledger.count(id, &delivery.records, clock, &policy, &*self.users, now);
            ledger.reached(id, delivery.position, &delivery.report, &tally);
            tally
        };
        telling.tell(&self.own, &tally, &delivery.report, now.wall);
    }

    /// Lets go of what was held back for another line, once no line that tells it can come.
    pub fn expire(&self) {
        let (now, policy) = (self.now(), self.policy());
        let mut ledger = self.ledger();
        // While a backlog is read, its own times tell what can still be joined.
        if ledger.caught_up() {
            ledger.expire(now, &policy);
        }
    }

    /// Drops the series that were not seen for so long.
    pub fn forget(&self, forget_after: Duration) {
        self.ledger().series.forget(self.now(), forget_after);
    }

    /// Now, by the clock on the wall and by how long this run has lasted.
    pub fn now(&self) -> Moment {
        Moment { wall: now(), up: self.began.elapsed() }
    }
}

/// The wall clock, which only the pipeline and what wires it read.
pub fn now() -> Time {
    time_of(SystemTime::now())
}

/// A moment of the system's clock. One before 1970 is taken for 1970.
pub fn time_of(moment: SystemTime) -> Time {
    let since_epoch = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since_epoch.as_secs().try_into().unwrap_or(i64::MAX);
    Time::new(seconds, since_epoch.subsec_nanos())
}
