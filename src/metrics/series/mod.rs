//! The series of the event families: how often, when last, and what was shown to whom.
//!
//! Owns every count of events. Counter, last-seen, birth and shown state of a series are one row,
//! so that they cannot disagree and are saved together. Nothing here reads a clock: `now` comes in.
//!
//! Invariants, stated as absences:
//! - No family has more than its cap of series, whatever is logged; what finds no room of its own
//!   is counted under `(other)`, so nothing is missing from a family's sum.
//! - No counter falls and no last-seen gauge goes back.
//! - No label holds a control character or more than [`MAX_VALUE_BYTES`] bytes.

mod accesses;
mod durations;
mod held;
mod labels;
mod saved;
mod table;

use std::net::IpAddr;

use crate::event::{EventKind, Time};
use crate::metrics::catalog::{EVENT_FAMILIES, EventFamily, When};
use crate::policy::Observation;

pub use held::Receipt;
pub use labels::{MAX_VALUE_BYTES, OTHER, program_of};

use accesses::Accesses;
use durations::Durations;
use held::{Audience, Scrapers};

use labels::Key;
use table::Table;

pub(crate) use durations::Shown as ShownDuration;
#[cfg(test)]
use labels::push_value;
pub(crate) use labels::{join, values};
pub(crate) use table::Shown;

/// Series that a family may have where the settings name no other number.
pub const DEFAULT_CAP: usize = 1000;

/// The least cap that leaves room for folded series of every step beside others.
pub const MINIMUM_CAP: usize = 20;

/// The greatest cap: more series in one family no Prometheus wants from one exporter.
pub const MAXIMUM_CAP: usize = 1_000_000;

/// All series of all event families. It is saved whole and restored whole: serialise it, and after
/// deserialising call [`Store::resume`].
#[derive(Debug)]
pub struct Store {
    tables: Vec<Table>,
    durations: Durations,
    accesses: Accesses,
    scrapers: Scrapers,
    generation: u64,
    /// The joined label values of the series that is looked for, kept so that it costs no
    /// allocation to count into a series that stands.
    key: Key,
}

/// What one event adds to each series that it feeds.
#[derive(Clone, Copy, Debug)]
struct Happening {
    count: u64,
    /// When the event happened, by its record.
    time: Time,
    now: Time,
    /// It happened while the exporter watches: not part of the first start's baseline.
    live: bool,
    /// Responses that had been given when it was counted.
    answered: u64,
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
        Store {
            tables: EVENT_FAMILIES.iter().map(|family| Table::new(family, cap)).collect(),
            durations: Durations::new(cap),
            accesses: Accesses::default(),
            scrapers: Scrapers::default(),
            generation: 0,
            key: Key::default(),
        }
    }

    /// Takes up what a restored store holds, at the moment `now` of the restart: every series is
    /// held at its saved value until it has been shown, and newcomers obey `cap`. Series above a
    /// cap that was lowered stay, for a counter may not fall.
    pub fn resume(&mut self, cap: usize, now: Time) {
        let cap = cap.clamp(MINIMUM_CAP, MAXIMUM_CAP);
        let answered = self.scrapers.answered();
        self.tables.iter_mut().for_each(|table| table.resume(cap, answered, now));
        self.durations.resume(cap, answered, now);
    }

    /// Newcomers obey `cap` from now on.
    pub fn set_cap(&mut self, cap: usize) {
        let cap = cap.clamp(MINIMUM_CAP, MAXIMUM_CAP);
        self.tables.iter_mut().for_each(|table| table.set_cap(cap));
        self.durations.set_cap(cap);
    }

    /// Counts one event. `live` is false for what the first start finds in the log: the baseline,
    /// which is shown as it is.
    pub fn observe(&mut self, seen: &Observation<'_>, live: bool, now: Time) {
        self.generation += 1;
        let happening = Happening {
            count: u64::from(seen.event.count),
            time: seen.event.time,
            now,
            live,
            answered: self.scrapers.answered(),
        };
        for table in &mut self.tables[fed_by(seen.event.kind)] {
            if counts(table.family(), seen) {
                self.key.of(table.family().labels(), seen);
                table.add(&self.key, &happening);
            }
        }
        if live {
            self.accesses.add(seen);
        }
        if let (EventKind::SessionClosed, Some(seconds)) = (seen.event.kind, seen.duration) {
            self.durations.add(&seen.event.program, seconds, &happening);
        }
    }

    /// Drops the series that nothing was counted into for `forget_after` seconds.
    pub fn forget(&mut self, now: Time, forget_after: i64) {
        let oldest = now.saturating_add_seconds(forget_after.saturating_neg());
        let mut dropped = 0;
        for table in &mut self.tables {
            dropped += table.forget(oldest);
        }
        dropped += self.durations.forget(oldest);
        self.generation += u64::from(dropped > 0);
    }

    /// Rises with every change that a snapshot must hold. Equal numbers of one run: nothing is
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

    /// Notes that a response is given now, to this scraper or to someone who is none, and what
    /// that one may see.
    pub(crate) fn answer(
        &mut self,
        scraper: Option<IpAddr>,
        now: Time,
    ) -> (Audience, Option<Receipt>) {
        let known = self.scrapers.is_remembered(scraper, now);
        // Whoever has seen a value must not see less of it after a crash, so the end of a hold is
        // to be saved as a count is.
        self.generation += u64::from(!known || self.holds_any());
        self.scrapers.answer(scraper, now)
    }

    /// Notes that a scraper has had its response: one that was lost on the way, to a scraper that
    /// waited no longer or by the end of this process, shows nobody a 0.
    pub fn had(&mut self, receipt: Receipt) {
        self.scrapers.had(receipt);
    }

    fn holds_any(&self) -> bool {
        self.tables.iter().any(Table::holds_any) || self.durations.holds_any()
    }

    pub(crate) fn tables_mut(&mut self) -> &mut [Table] {
        &mut self.tables
    }

    /// The samples of `login_accesses_total` by joined labels.
    pub(crate) fn accesses(&self) -> std::collections::BTreeMap<String, u64> {
        self.accesses.by_labels()
    }

    pub(crate) fn durations_mut(&mut self) -> &mut Durations {
        &mut self.durations
    }

    /// Events that were counted under `(other)`, by the name of the family that was full.
    pub(crate) fn folds(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let tables = self.tables.iter().map(|t| (t.family().counter.name, t.folds()));
        tables.chain(std::iter::once(self.durations.folds()))
    }

    /// The joined labels of every series of `login_sessions_opened_total`.
    pub(crate) fn session_keys(&self) -> impl Iterator<Item = &str> {
        self.tables[fed_by(EventKind::SessionOpened)].iter().flat_map(Table::keys)
    }

    pub(crate) fn cap(&self) -> usize {
        self.durations.cap()
    }
}

/// Which of [`EVENT_FAMILIES`] an event of this kind feeds: they stand side by side.
fn fed_by(kind: EventKind) -> std::ops::Range<usize> {
    match kind {
        EventKind::LoginSuccess => 0..2,
        EventKind::LoginFailure => 2..3,
        EventKind::LoginRejected => 3..4,
        EventKind::SessionOpened => 4..5,
        EventKind::SessionClosed => 5..6,
        EventKind::SudoCommand => 6..7,
        EventKind::SudoFailure => 7..8,
        EventKind::SuSuccess => 8..9,
        EventKind::SuFailure => 9..10,
        EventKind::AccountChange => 10..11,
        EventKind::AwsSuccess => 11..12,
        EventKind::AwsFailure => 12..13,
    }
}

fn counts(family: &EventFamily, seen: &Observation<'_>) -> bool {
    match family.when {
        When::Always => true,
        When::AfterFailures => seen.after_failures,
    }
}

#[cfg(test)]
mod tests;
