//! The series of the event families: how often, when last, and what was shown to whom.
//!
//! Owns every count of events. Counter, gauges, birth and shown state of a series are one row, so
//! that they cannot disagree and are saved together. Nothing here reads a clock: `now` comes in.
//!
//! Invariants, stated as absences:
//! - No family has more than its cap of series, whatever is logged; what finds no room of its own
//!   is counted under `(other)`, so nothing is missing from a family's sum.
//! - No counter falls on a connection that is kept, and no last-seen gauge goes back.
//! - No label holds a hidden character or more than [`MAX_VALUE_BYTES`] bytes.
//! - No view waits for another's.

mod accesses;
mod durations;
mod labels;
mod saved;
mod table;
mod views;

use std::time::Duration;

use crate::event::{EventKind, Time};
use crate::metrics::catalog::{EVENT_FAMILIES, When};
use crate::policy::Observation;

pub use labels::{MAX_VALUE_BYTES, OTHER, program_of};
pub use saved::{Changes, Out};
pub use views::{Client, Connections, Viewer};

use accesses::Accesses;
use durations::Durations;
use table::Table;
use views::{Audience, Beginning, Views};

pub(crate) use durations::Shown as ShownDuration;
pub(crate) use labels::{join, values};
pub(crate) use table::Shown;

/// Series that a family may have where the settings name no other number.
pub const DEFAULT_CAP: usize = 1000;

/// The least cap that leaves room for folded series of every step beside others.
pub const MINIMUM_CAP: usize = 20;

/// The greatest cap: more series in one family no Prometheus wants from one exporter.
pub const MAXIMUM_CAP: usize = 1_000_000;

/// Now, by both clocks: the one on the wall, which may jump, and how long this run has lasted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    pub wall: Time,
    pub up: Duration,
}

/// For what reads a log once and keeps nothing.
impl From<Time> for Moment {
    fn from(wall: Time) -> Self {
        Moment { wall, up: Duration::ZERO }
    }
}

/// All series of all event families. It is saved whole and restored whole: serialise it, and after
/// deserialising call [`Store::resume`].
#[derive(Debug)]
pub struct Store {
    tables: Vec<Table>,
    /// Which tables count events of a kind.
    fed_by: [Vec<usize>; EventKind::ALL.len()],
    durations: Durations,
    accesses: Accesses,
    views: Views,
    /// When this run went on from a snapshot.
    start: Option<Beginning>,
    /// How long the exporter had run, over all its runs, when this one began.
    lived: Duration,
    /// And when it was last told what time it is.
    now: Duration,
    generation: u64,
    /// Series were dropped since everything was saved.
    dropped: bool,
}

/// What one event adds to each series that it feeds.
#[derive(Clone, Copy, Debug)]
struct Happening {
    count: u64,
    /// When the event happened, by its record.
    time: Time,
    /// When it is counted, by the clock on the wall.
    now: Time,
    /// And in seconds that the exporter has run.
    lived: Duration,
    /// Where it happens while the exporter watches, and is not part of the first start's baseline:
    /// the beginning of a series that it gives birth to.
    live: Option<Beginning>,
}

impl Happening {
    /// Since when a series counts that this gives birth to. The baseline counts from its first event:
    /// it was not counted from 0 today.
    fn created(&self) -> Time {
        if self.live.is_some() { self.now } else { self.time }
    }
}

impl Default for Store {
    fn default() -> Self {
        Store::new(DEFAULT_CAP)
    }
}

impl Store {
    /// An empty store whose families have at most `cap` series each. A cap below [`MINIMUM_CAP`] or
    /// above [`MAXIMUM_CAP`] is that bound; the settings refuse it.
    pub fn new(cap: usize) -> Self {
        let cap = cap.clamp(MINIMUM_CAP, MAXIMUM_CAP);
        let mut views = Views::default();
        Store {
            tables: EVENT_FAMILIES.iter().map(|family| Table::new(family, cap)).collect(),
            fed_by: fed_by(),
            durations: Durations::new(cap),
            accesses: Accesses::new(views.begin(Duration::ZERO)),
            views,
            start: None,
            lived: Duration::ZERO,
            now: Duration::ZERO,
            generation: 0,
            dropped: false,
        }
    }

    /// Takes up what a restored store holds: to each scraper every series is shown at its saved value
    /// before what is caught up, and newcomers obey `cap`. Series above a cap that was lowered stay,
    /// for a counter may not fall.
    pub fn resume(&mut self, cap: usize) {
        self.set_cap(cap);
        // Where nobody has looked since the start before, what it held back is held back still.
        let seen = self.start.is_none_or(|start| start.look < self.views.looks());
        self.start = Some(self.views.begin(self.lived));
        self.tables.iter_mut().for_each(|table| table.hold(seen));
        self.durations.hold(seen);
        self.accesses.hold(seen);
    }

    /// Newcomers obey `cap` from now on.
    pub fn set_cap(&mut self, cap: usize) {
        let cap = cap.clamp(MINIMUM_CAP, MAXIMUM_CAP);
        self.tables.iter_mut().for_each(|table| table.set_cap(cap));
        self.durations.set_cap(cap);
    }

    /// Counts one event. `live` is false for what the first start finds in the log: the baseline,
    /// which is shown as it is.
    #[inline(always)]
    pub fn observe(&mut self, seen: &Observation<'_>, live: bool, now: impl Into<Moment>) {
        self.generation += 1;
        let now = now.into();
        let lived = self.pass(now);
        let happening = Happening {
            count: u64::from(seen.event.count),
            time: seen.event.time,
            now: now.wall,
            lived,
            live: live.then(|| self.views.begin(lived)),
        };
        for place in &self.fed_by[seen.event.kind as usize] {
            let table = &mut self.tables[*place];
            match table.family().when {
                When::AfterFailures if !seen.after_failures => {}
                When::Always | When::AfterFailures => table.add(seen, &happening),
            }
        }
        self.accesses.add(seen, &happening);
        if let (EventKind::SessionClosed, Some(seconds)) = (seen.event.kind, seen.duration) {
            self.durations.add(seen.event.program, seconds, &happening);
        }
    }

    /// Drops the series that nothing was counted into for `forget_after` of the time that the
    /// exporter has run: a clock that jumps and a host that was away for long drop nothing.
    pub fn forget(&mut self, now: impl Into<Moment>, forget_after: Duration) {
        let Some(oldest) = self.pass(now.into()).checked_sub(forget_after) else { return };
        let dropped: usize = self.tables.iter_mut().map(|table| table.forget(oldest)).sum();
        let dropped = dropped + self.durations.forget(oldest);
        self.generation += u64::from(dropped > 0);
        self.dropped |= dropped > 0;
    }

    /// Rises with every change of a count. Equal numbers of one run: nothing that is counted is
    /// unsaved.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// How many series the event families have, the histogram's too.
    pub fn len(&self) -> usize {
        self.tables.iter().map(Table::len).sum::<usize>() + self.durations.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A scraper asks, so it has had what it was given on this connection before. Whether it would see
    /// more once that is saved.
    pub fn asks(&mut self, viewer: Viewer, now: Moment) -> bool {
        let now = self.pass(now);
        self.views.asks(viewer);
        self.views.waits(viewer, now)
    }

    /// The page of a scraper is about to be written. `None` where it has left, and nobody will read
    /// it. Else whether it would see more once it is saved what it has had.
    pub fn enters(
        &mut self,
        viewer: Viewer,
        connections: &dyn Connections,
        now: Moment,
    ) -> Option<bool> {
        let now = self.pass(now);
        self.views.enters(viewer, connections, now).then(|| self.views.waits(viewer, now))
    }

    /// A connection of scrapers has ended; `in_order` where the client closed it after it had the
    /// whole of its last answer.
    pub fn closed(&mut self, connection: u64, in_order: bool, now: Moment) {
        let now = self.pass(now);
        self.views.closed(connection, in_order, now);
    }

    /// Whether what scrapers have had is not all saved, and matters.
    pub fn views_are_unsaved(&self) -> bool {
        self.views.any_unsaved(self.now)
    }

    /// A snapshot is taken now.
    pub fn is_being_saved(&mut self) {
        self.views.are_being_saved();
    }

    /// The last snapshot that was taken is on the disk, or cannot be put there: being blind would be
    /// worse than telling twice after a crash.
    pub fn was_saved(&mut self) {
        self.views.were_saved();
    }

    /// Notes that a page is written now, and for whom.
    pub(crate) fn look(&mut self, viewer: Option<Viewer>, saved: bool, now: Moment) -> Audience {
        let now = self.pass(now);
        self.views.look(viewer, saved, self.start, now)
    }

    /// Time passes, and never backwards.
    fn pass(&mut self, now: Moment) -> Duration {
        self.now = self.now.max(self.lived + now.up);
        self.now
    }

    pub(crate) fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub(crate) fn accesses(&self) -> &Accesses {
        &self.accesses
    }

    pub(crate) fn durations(&self) -> &Durations {
        &self.durations
    }

    /// Events that were counted under `(other)`, by the name of the family that was full.
    pub(crate) fn folds(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let tables = self.tables.iter().map(|t| (t.family().counter.name, t.folds()));
        tables.chain(std::iter::once(self.durations.folds()))
    }

    /// The joined labels of every series of `login_sessions_opened_total`.
    pub(crate) fn session_keys(&self) -> impl Iterator<Item = &str> {
        let opened = |table: &&Table| table.family().fed_by == EventKind::SessionOpened;
        self.tables.iter().filter(opened).flat_map(Table::keys)
    }

    pub(crate) fn cap(&self) -> usize {
        self.durations.cap()
    }
}

/// The places of the families that count a kind of event, by kind: the catalog says it, and nothing
/// else.
fn fed_by() -> [Vec<usize>; EventKind::ALL.len()] {
    let mut places = [const { Vec::new() }; EventKind::ALL.len()];
    for (place, family) in EVENT_FAMILIES.iter().enumerate() {
        places[family.fed_by as usize].push(place);
    }
    places
}

#[cfg(test)]
mod tests;
