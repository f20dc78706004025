//! The open connections: what each is doing, until when it may, and who has to go when there are
//! too many.
//!
//! A client that is slow (with its request, with reading its answer, or between two requests)
//! holds a place only as long as nobody else needs it. That, not a count of refusals, is what
//! keeps scrapes answered while someone opens connections and lets them hang.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::limits::Limits;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its client is sending the head of a request.
    Reading,
    /// Its answer is being prepared: the one phase that waits for us, not for the client.
    Preparing,
    /// Its client is reading an answer.
    Sending,
    /// Nothing, between two requests.
    Idle,
}

pub(super) struct ConnectionLimits {
    limits: Limits,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    next: u64,
    /// A connection that was told to leave is no longer in here.
    taken: BTreeMap<u64, State>,
}

struct State {
    phase: Phase,
    /// Since when it waits for its client: the last step forward.
    since: Instant,
    /// When a scraper was last given a whole answer on it.
    served: Option<Instant>,
    deadline: Instant,
    unsent: usize,
    signal: Arc<Signal>,
}

/// What the connection's own task is told.
#[derive(Default)]
struct Signal {
    changed: Notify,
    cut_off: AtomicBool,
}

impl ConnectionLimits {
    pub(super) fn new(limits: Limits) -> Arc<ConnectionLimits> {
        Arc::new(ConnectionLimits { limits, seats: Mutex::default() })
    }

    /// A place for a new connection; where all are taken, the longest waiting one is told to go.
    pub(super) fn enter(self: &Arc<Self>) -> Arc<Seat> {
        let mut seats = self.lock();
        while seats.taken.len() >= self.limits.connections.max(1) {
            let longest = seats.longest_waiting(|_, _| true);
            seats.evict(longest);
        }
        let id = seats.next;
        seats.next += 1;
        let signal = Arc::<Signal>::default();
        let since = Instant::now();
        let deadline = since + self.limits.head_time;
        let state = State {
            phase: Phase::Reading,
            since,
            served: None,
            deadline,
            unsent: 0,
            signal: signal.clone(),
        };
        seats.taken.insert(id, state);
        Arc::new(Seat { connections: self.clone(), id, signal, sending: Mutex::default() })
    }

    /// The requests whose head has not come yet will not be answered any more.
    pub(super) fn stop_reading(&self) {
        self.stop(|state| state.phase == Phase::Reading);
    }

    pub(super) fn stop_all(&self) {
        self.stop(|_| true);
    }

    fn stop(&self, which: impl Fn(&State) -> bool) {
        let mut seats = self.lock();
        for (_, state) in seats.taken.extract_if(.., |_, state| which(state)) {
            state.leave();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deadline(&self, phase: Phase, since: Instant) -> Instant {
        let limits = &self.limits;
        since
            + match phase {
                Phase::Reading => limits.head_time,
                Phase::Preparing => limits.prepare_time,
                Phase::Sending => limits.send_time,
                Phase::Idle => limits.idle_time,
            }
    }
}

/// How long who reads an answer may pause and still be slow but steady.
const STEADY: Duration = Duration::from_secs(5);

/// How long a scraper's connection is kept before others: longer than the longest sensible interval.
const SERVED: Duration = Duration::from_secs(15 * 60);

/// What speaks for keeping a connection when there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    /// It waits for its client.
    Waiting,
    /// Its client takes an answer step by step, or is a scraper that comes again.
    Steady,
    /// It waits for us.
    Preparing,
}

impl State {
    fn worth(&self, now: Instant) -> Worth {
        match self.phase {
            Phase::Preparing => Worth::Preparing,
            Phase::Sending if now.saturating_duration_since(self.since) < STEADY => Worth::Steady,
            Phase::Sending | Phase::Reading => Worth::Waiting,
            Phase::Idle if self.was_served(now) => Worth::Steady,
            Phase::Idle => Worth::Waiting,
        }
    }

    fn was_served(&self, now: Instant) -> bool {
        self.served.is_some_and(|served| now.saturating_duration_since(served) < SERVED)
    }

    fn leave(&self) {
        self.signal.cut_off.store(self.phase == Phase::Sending, Ordering::Relaxed);
        self.signal.changed.notify_one();
    }
}

impl Seats {
    /// The one that has made no step forward for longest, of those that are least worth keeping. Where
    /// most are worth more than waiting for their client, one of those goes: whoever takes all places
    /// step by step must not keep everyone else out.
    fn longest_waiting(&self, eligible: impl Fn(u64, &State) -> bool) -> Option<u64> {
        let now = Instant::now();
        let waiting = self.taken.values().filter(|s| s.worth(now) == Worth::Waiting).count();
        let spared = if waiting * 2 < self.taken.len() { Worth::Waiting } else { Worth::Steady };
        let rank = |state: &State| match state.worth(now) {
            Worth::Preparing => 2,
            worth => u8::from(worth == spared),
        };
        self.taken
            .iter()
            .filter(|(id, state)| eligible(**id, state))
            .min_by_key(|(_, state)| (rank(state), state.since))
            .map(|(id, _)| *id)
    }

    fn evict(&mut self, id: Option<u64>) {
        if let Some(state) = id.and_then(|id| self.taken.remove(&id)) {
            state.leave();
        }
    }

    fn unsent(&self) -> usize {
        self.taken.values().map(|state| state.unsent).sum()
    }
}

/// The place of one connection. Dropping it frees the place.
pub(super) struct Seat {
    connections: Arc<ConnectionLimits>,
    id: u64,
    signal: Arc<Signal>,
    sending: Mutex<Sending>,
}

/// An answer on its way out.
#[derive(Default)]
struct Sending {
    /// Its last piece was handed to the connection, which may hold it back yet.
    handed_out: bool,
    /// The system has all of it.
    flushed: bool,
    /// The client closed the connection after that.
    closed_after: bool,
    /// The client had gone before it had all of it.
    lost: bool,
    /// We have closed our side after it.
    shut_down: bool,
}

impl Seat {
    pub(super) fn handed_out(&self) {
        self.sending().handed_out = true;
    }

    /// The connection holds nothing back any more.
    pub(super) fn flushed(&self) {
        let mut sending = self.sending();
        sending.flushed = sending.handed_out;
    }

    /// The client takes some of an answer: who is slow but steady is not the one to go.
    pub(super) fn progressed(&self) {
        if let Some(state) = self.connections.lock().taken.get_mut(&self.id) {
            state.since = Instant::now();
        }
    }

    /// The client sends no more.
    pub(super) fn ended(&self) {
        let mut sending = self.sending();
        sending.closed_after = sending.flushed;
    }

    /// The connection broke, or there is nobody to send the rest of an answer to.
    pub(super) fn broke(&self) {
        self.sending().lost = true;
    }

    /// We close our side: nothing is sent from now on.
    pub(super) fn shut_down(&self) {
        self.sending().shut_down = true;
    }

    pub(super) fn has_shut_down(&self) -> bool {
        self.sending().shut_down
    }

    /// Whether the client closed the connection after it had the whole of its last answer. One that
    /// goes away before has the system answer with a reset to what still comes.
    pub(super) fn was_closed_in_order(&self) -> bool {
        let sending = self.sending();
        sending.closed_after && !sending.lost
    }

    /// A number that no other connection of this run has.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// A scraper was given an answer on this connection.
    pub(super) fn serve(&self) {
        if let Some(state) = self.connections.lock().taken.get_mut(&self.id) {
            state.served = Some(Instant::now());
        }
    }

    /// Whether a scraper was given an answer on this connection lately.
    pub(super) fn was_served(&self) -> bool {
        let now = Instant::now();
        self.connections.lock().taken.get(&self.id).is_some_and(|state| state.was_served(now))
    }

    fn sending(&self) -> MutexGuard<'_, Sending> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn prepare(&self) {
        *self.sending() = Sending::default();
        self.turn_to(Phase::Preparing, 0);
    }

    /// An answer of this many bytes is on its way; the slowest others make room for it.
    pub(super) fn send(&self, bytes: usize) {
        self.turn_to(Phase::Sending, bytes);
        let mut seats = self.connections.lock();
        while seats.unsent() > self.connections.limits.unsent_bytes {
            let slowest =
                seats.longest_waiting(|id, state| id != self.id && state.phase == Phase::Sending);
            if slowest.is_none() {
                return;
            }
            seats.evict(slowest);
        }
    }

    pub(super) fn rest(&self) {
        self.turn_to(Phase::Idle, 0);
    }

    /// The client sent something: after a rest, that is the start of a request.
    pub(super) fn hear(&self) {
        let resting = self
            .connections
            .lock()
            .taken
            .get(&self.id)
            .is_some_and(|state| state.phase == Phase::Idle);
        if resting {
            self.turn_to(Phase::Reading, 0);
        }
    }

    /// Returns when the connection has to be closed: its time is over, or its place is needed.
    pub(super) async fn expired(&self) {
        while let Some(deadline) = self.deadline()
            && deadline > Instant::now()
        {
            tokio::select! {
                () = sleep_until(deadline) => {}
                () = self.signal.changed.notified() => {}
            }
        }
        self.connections.lock().evict(Some(self.id));
    }

    /// Whether it had to be closed in the middle of an answer.
    pub(super) fn is_cut_off(&self) -> bool {
        self.signal.cut_off.load(Ordering::Relaxed)
    }

    fn deadline(&self) -> Option<Instant> {
        self.connections.lock().taken.get(&self.id).map(|state| state.deadline)
    }

    fn turn_to(&self, phase: Phase, unsent: usize) {
        if let Some(state) = self.connections.lock().taken.get_mut(&self.id) {
            let since = Instant::now();
            state.phase = phase;
            state.since = since;
            state.deadline = self.connections.deadline(phase, since);
            state.unsent = unsent;
        }
        self.signal.changed.notify_one();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.lock().taken.remove(&self.id);
    }
}
