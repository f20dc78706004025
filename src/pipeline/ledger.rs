//! Everything that is counted and remembered, with the positions it came from.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::acknowledgements::Acknowledgements;
use super::clock::WallClock;
use super::interpreter::{Interpreter, Tally};
use super::keepers::Keepers;
use super::snapshot::{Change, Saved, SavedChange, Snapshot, Watched};
use crate::archive::{Pending, Plan};
use crate::event::{Texts, Time};
use crate::memory::{Counted, Memory};
use crate::metrics::recent::Recent;
use crate::metrics::series::{self, Moment, Store};
use crate::parse::Clock;
use crate::parse::cloudtrail::Doors;
use crate::policy::Policy;
use crate::record::{Position, SourceId, SourceKind};
use crate::source::{Records, Report};
use crate::state::Restored;
use crate::trust::UserIds;

/// What is counted so far, and how far was read.
#[derive(Debug)]
pub struct Ledger {
    pub series: Store,
    pub memory: Memory,
    pub recent: Recent,
    pub archive: Pending,
    /// Which calls to AWS count.
    pub doors: Doors,
    acknowledgements: Acknowledgements,
    /// Which history of the host is read and why, for the page.
    pub host_log: String,
    positions: BTreeMap<SourceId, Position>,
    /// The sources whose positions are not saved.
    moved: BTreeSet<SourceId>,
    /// As loaded; what is newer stands in `states`.
    last_records: BTreeMap<SourceId, i64>,
    baseline: BTreeSet<SourceId>,
    /// What a source last said of itself.
    states: BTreeMap<SourceId, State>,
    boot_id: String,
    /// When the snapshot was taken that this began with.
    restored: Option<Time>,
    clock: WallClock,
    ordinal: u64,
    baseline_end: u64,
    watched: Watched,
    /// Rises with every change of position; with the store's generation it tells what is unsaved.
    moves: u64,
    saved: (u64, u64),
}

/// A source as the page and readiness show it.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub up: bool,
    pub caught_up: bool,
    pub lag_bytes: u64,
    pub last_record: Option<Time>,
    pub problem: Option<String>,
}

impl Ledger {
    /// Goes on from what was saved.
    pub fn new(restored: Restored<Saved, SavedChange>) -> Self {
        let Restored { whole: mut saved, changes, lines } = restored;
        for change in changes {
            saved.apply(change);
        }
        saved.memory.loaded();
        Ledger {
            series: saved.series,
            memory: saved.memory,
            recent: saved.recent,
            archive: Pending::from(Plan { lines: lines.into(), ..saved.archive }),
            doors: Doors::default(),
            acknowledgements: Acknowledgements::default(),
            host_log: String::new(),
            positions: saved.positions,
            moved: BTreeSet::new(),
            last_records: saved.last_records,
            baseline: saved.baseline,
            states: BTreeMap::new(),
            boot_id: saved.boot_id,
            restored: moment(saved.taken),
            clock: WallClock::resume(moment(saved.taken), moment(saved.clock_set)),
            ordinal: saved.ordinal,
            baseline_end: saved.baseline_end,
            watched: saved.watched,
            moves: 0,
            saved: (0, 0),
        }
    }

    /// Announces a source; its saved position, where it has one. What a source without one finds
    /// when it first looks is a baseline, for it did not happen while the exporter watched.
    pub fn expect(&mut self, id: &SourceId) -> Option<Position> {
        let last_record = self.last_records.get(id).copied().map(Time::from_nanoseconds);
        self.states.entry(id.clone()).or_insert(State { last_record, ..State::default() });
        let position = self.positions.get(id).filter(|_| self.has_place(id)).cloned();
        if !self.positions.contains_key(id) {
            self.baseline.insert(id.clone());
        }
        position
    }

    /// A source that is followed no more. Its place is kept.
    pub fn dismiss(&mut self, id: &SourceId) {
        if let Some(last) = self.states.remove(id).and_then(|state| state.last_record) {
            self.last_records.insert(id.clone(), last.nanoseconds());
        }
    }

    /// Tells a source each of its positions that a snapshot holds which is safe on the disk.
    pub fn acknowledge(&mut self, id: &SourceId) -> watch::Receiver<Position> {
        let saved = self.positions.get(id).cloned().unwrap_or_default();
        self.acknowledgements.register(id, saved)
    }

    /// When the snapshot was taken that this began with. What was read is in it, and no more.
    pub fn restored_from(&self) -> Option<Time> {
        self.restored
    }

    /// The time, where the clock was not set within the last day.
    pub fn relied_on(&mut self, now: Moment) -> Option<Time> {
        self.clock.relied_on(now)
    }

    /// Says where a source goes on that takes over from another.
    pub fn place(&mut self, id: &SourceId, position: Position) {
        self.positions.insert(id.clone(), position);
        self.moved.insert(id.clone());
        self.moves += 1;
    }

    /// Forgets the places of the sources of a kind, but not that they were read: from
    /// now on another source tells what they would tell.
    pub fn retire(&mut self, kind: SourceKind) {
        for (id, position) in self.positions.iter_mut().filter(|(id, _)| id.kind == kind) {
            *position = Position::default();
            self.moved.insert(id.clone());
            self.moves += 1;
        }
    }

    /// The time of a source's newest record, also of one that is not followed now.
    pub fn last_record(&self, id: &SourceId) -> Option<Time> {
        let followed = self.states.get(id).and_then(|state| state.last_record);
        followed.or_else(|| self.last_records.get(id).copied().map(Time::from_nanoseconds))
    }

    /// Whether a source of a kind was read before.
    pub fn has_read(&self, kind: SourceKind) -> bool {
        self.positions.keys().any(|id| id.kind == kind)
    }

    /// Where a source goes on, where that is known.
    pub fn place_of(&self, id: &SourceId) -> Option<Position> {
        self.positions.get(id).filter(|position| !position.is_none()).cloned()
    }

    /// Whether a source has a saved position to go on from.
    pub fn has_place(&self, id: &SourceId) -> bool {
        self.positions.get(id).is_some_and(|position| !position.is_none())
    }

    /// Notes which boot of the host this is, and forgets the sessions of an earlier one. On a host
    /// that was born within the hour before the first start, what it tells since is news.
    pub fn booted(&mut self, boot_id: &str, host: &str, boot: Time, now: Time) {
        if self.boot_id.is_empty() {
            let newborn = now.seconds_since(boot) < NEWBORN;
            self.watched.host = newborn.then(|| boot.nanoseconds());
            let past = !newborn && self.watched.all.is_none();
            self.watched.baseline = past.then(|| now.nanoseconds());
        } else if self.boot_id != boot_id {
            self.memory.host_started(host, boot);
        }
        self.boot_id = boot_id.to_owned();
    }

    /// When the first start made a baseline of what the sources held.
    pub fn baseline_of(&self) -> Option<Time> {
        self.watched.baseline.map(Time::from_nanoseconds)
    }

    /// Says that everything until then was counted by a snapshot that cannot be used: what came after
    /// is no baseline.
    pub fn lost(&mut self, saved: Time) {
        self.watched.all = Some(saved.nanoseconds());
    }

    /// Counts the records of one batch.
    pub fn count(
        &mut self,
        id: &SourceId,
        records: &Records<'_>,
        clock: Clock,
        policy: &Policy,
        users: &dyn UserIds,
        now: Moment,
    ) -> Tally {
        let reading = self.reading(id.kind, !self.baseline.contains(id));
        // While a backlog is read the clock tells nothing of when a line was written.
        let caught_up = self.states.get(id).is_some_and(|state| state.caught_up);
        self.memory.read_at(caught_up.then_some(now.wall));
        let (ordinal, doors) = (self.ordinal, self.doors);
        let (memory, mut keepers) = self.keepers(policy, now);
        let texts = Texts::of(records.text());
        let mut interpreter = Interpreter::new(memory, clock, users, ordinal, &texts);
        interpreter.doors = doors;
        let mut delays = Vec::new();
        let mut show = |counted: &Counted<'_>| {
            let (live, event) = (reading.is_live(counted), counted.event);
            if live && event.aws.is_some() {
                delays.push(now.wall.seconds_since(event.time).max(0.0));
            }
            keepers.take(counted, live);
        };
        interpreter.records(records, &mut show);
        // The last record tells how fresh the source is, also where it told no event.
        let stamp = records.last().and_then(|last| interpreter.stamp(last));
        let mut tally = interpreter.end();
        tally.last_record = tally.last_record.max(stamp);
        tally.delays = delays;
        tally.forgotten_ids = self.memory.take_forgotten_ids();
        self.ordinal += tally.records;
        tally
    }

    /// Remembers how far a source was read, and what it says of itself.
    pub fn reached(&mut self, id: &SourceId, position: Position, report: &Report, tally: &Tally) {
        // Records tell that it moved, at less cost than the places do.
        if tally.records > 0 || self.positions.get(id) != Some(&position) {
            if !self.moved.contains(id) {
                self.moved.insert(id.clone());
            }
            self.moves += 1;
            self.acknowledgements.reached(id, &position, self.moves);
            self.positions.insert(id.clone(), position);
        }
        if report.caught_up && self.baseline.remove(id) {
            self.moves += 1;
            // Only events of the host's log are held.
            if id.kind.is_host_log() {
                self.baseline_end = self.ordinal;
            }
        }
        let state = self.states.entry(id.clone()).or_default();
        state.up = report.up;
        state.caught_up |= report.caught_up;
        state.lag_bytes = report.lag_bytes;
        state.last_record = state.last_record.max(tally.last_record);
        state.problem = report
            .problems
            .last()
            .map(|problem| problem.message.clone())
            .or_else(|| state.problem.take().filter(|_| !report.up));
    }

    /// Counts what was held back and can no longer be joined with a better line.
    pub fn expire(&mut self, now: Moment, policy: &Policy) {
        // Only events of the host's log are held.
        let reading = self.reading(SourceKind::File, true);
        let (memory, mut keepers) = self.keepers(policy, now);
        let mut released = 0;
        memory.expire(now.wall, &mut |counted| {
            keepers.take(counted, reading.is_live(counted));
            released += 1;
        });
        self.moves += released;
    }

    /// What remembers, and what keeps that which counts by it.
    fn keepers<'l>(&'l mut self, policy: &'l Policy, now: Moment) -> (&'l mut Memory, Keepers<'l>) {
        let Ledger { memory, series, recent, archive, .. } = self;
        (memory, Keepers { series, recent, archive, policy, now })
    }

    fn reading(&self, of: SourceKind, watching: bool) -> Reading {
        let host = self.watched.host.filter(|_| of.is_of_this_host());
        let since = host.into_iter().chain(self.watched.all).min();
        Reading {
            watching,
            baseline_end: self.baseline_end,
            since: since.map(Time::from_nanoseconds),
        }
    }

    pub fn states(&self) -> &BTreeMap<SourceId, State> {
        &self.states
    }

    /// Every source has read what was there at the start, or told why it cannot: one that fails keeps
    /// nothing of the others back.
    pub fn caught_up(&self) -> bool {
        self.states.values().all(|state| state.caught_up || state.problem.is_some())
    }

    /// Something was counted, shown or read since the last snapshot.
    pub fn is_unsaved(&self) -> bool {
        self.saved != self.generation()
    }

    fn generation(&self) -> (u64, u64) {
        (self.series.generation(), self.moves)
    }

    /// Everything, to be saved as it stands now. The caller writes it and says so by
    /// [`Ledger::was_saved`], with the mark that is handed out beside it.
    pub fn whole(&mut self, archive: Plan) -> (Snapshot<&Store, &Memory, &Recent>, Mark) {
        self.series.forget_changes();
        self.memory.forget_changes();
        self.recent.take_changes();
        self.moved.clear();
        let mark = Mark(self.generation());
        let snapshot = self.rest(archive).with(&self.series, &self.memory, &self.recent);
        (Snapshot { positions: self.positions.clone(), ..snapshot }, mark)
    }

    /// What changed since the last call of this or of [`Ledger::whole`], likewise. Nothing where only
    /// the whole tells it.
    pub fn changes(&mut self, archive: Plan) -> Option<(Change<series::Out<'_>>, Mark)> {
        let (mark, rest) = (Mark(self.generation()), self.rest(archive));
        let series = self.series.take_changes()?;
        let snapshot = rest.with(series, self.memory.take_changes(), self.recent.take_changes());
        let moved = std::mem::take(&mut self.moved).into_iter();
        let positions = moved.filter_map(|id| {
            let position = self.positions.get(&id)?.clone();
            Some((id, position))
        });
        Some((Snapshot { positions: positions.collect(), ..snapshot }, mark))
    }

    /// What is small enough to be saved each time.
    fn rest(&self, archive: Plan) -> Snapshot<(), (), ()> {
        let last = self
            .last_records
            .keys()
            .chain(self.states.keys())
            .filter_map(|id| self.last_record(id).map(|time| (id.clone(), time.nanoseconds())));
        Snapshot {
            boot_id: self.boot_id.clone(),
            last_records: last.collect(),
            taken: super::now().nanoseconds(),
            clock_set: self.clock.was_set().map_or(0, Time::nanoseconds),
            positions: BTreeMap::new(),
            baseline: self.baseline.clone(),
            ordinal: self.ordinal,
            baseline_end: self.baseline_end,
            watched: self.watched,
            archive,
            series: (),
            memory: (),
            recent: (),
        }
    }

    pub fn was_saved(&mut self, mark: Mark) {
        self.saved = mark.0;
        self.acknowledgements.saved(mark.0.1);
    }
}

/// A moment that is saved as nanoseconds since the epoch, 0 where it is not known.
fn moment(nanoseconds: i64) -> Option<Time> {
    Some(nanoseconds).filter(|saved| *saved > 0).map(Time::from_nanoseconds)
}

/// Which state of the ledger a snapshot holds.
#[derive(Clone, Copy, Debug)]
pub struct Mark((u64, u64));

/// A host that is younger is a newborn one, in seconds: it was up no longer when the exporter first
/// started on it.
const NEWBORN: f64 = 3600.0;

/// What of one reading happened while the exporter watched.
struct Reading {
    watching: bool,
    baseline_end: u64,
    since: Option<Time>,
}

impl Reading {
    /// What is held since before the end of the first reading is baseline too.
    fn is_live(&self, event: &Counted<'_>) -> bool {
        let event = event.event;
        (self.watching && event.ordinal > self.baseline_end)
            || self.since.is_some_and(|since| event.time >= since)
    }
}

#[cfg(test)]
mod tests;
