//! One scrape: save what is to be shown, answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::warn;

use super::ledger::{Ledger, Mark};
use super::{Archiving, Pipeline};
use crate::archive::Plan;
use crate::metrics::exposition::{self, Format, Page};
use crate::metrics::series::{Connections, Viewer};
use crate::state;

/// How far apart snapshots are that only tell who has seen what, so that no crowd of scrapers can
/// keep the disk busy.
const APART: Duration = Duration::from_secs(2);

/// The way to /metrics: everything that a scrape shows is saved before it is answered.
#[derive(Debug)]
pub struct Scraping {
    pipeline: Arc<Pipeline>,
    store: Arc<state::Store>,
    /// `--web.openmetrics-created`
    created: bool,
    archiving: Option<Arc<Archiving>>,
    /// One snapshot is written at a time, and in the order in which it was taken.
    saving: tokio::sync::Mutex<()>,
    /// When a snapshot was last taken only for who has seen what.
    for_views: Mutex<Option<Instant>>,
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `None` for a person.
    pub viewer: Option<Viewer>,
    /// That of the viewer, and all others.
    pub connections: &'a dyn Connections,
    pub accept: Option<&'a str>,
    /// How long the scraper waits for its answer.
    pub patience: Duration,
}

impl Scraping {
    pub fn new(
        pipeline: Arc<Pipeline>,
        store: Arc<state::Store>,
        archiving: Option<Arc<Archiving>>,
        created: bool,
    ) -> Self {
        let (saving, for_views) = (tokio::sync::Mutex::new(()), Mutex::default());
        Scraping { pipeline, store, created, archiving, saving, for_views }
    }

    /// The text of one scrape. A save that fails is counted, and the scrape is served all the same:
    /// being blind is worse than counting twice after a crash.
    pub async fn scrape(&self, asked: Asked<'_>) -> (Format, Vec<u8>) {
        self.wait_for_turn(&asked).await;
        let _in_order = self.saving.lock().await;
        let (format, page, unsaved) = self.shown(&asked);
        if let Some(unsaved) = unsaved {
            self.write(unsaved).await;
        }
        (format, page.with(&self.pipeline.own).finish())
    }

    /// A scraper would see more once it is saved what it has had: it waits until that may be saved,
    /// where it has the time.
    async fn wait_for_turn(&self, asked: &Asked<'_>) {
        let Some(viewer) = asked.viewer else { return };
        let waits = {
            let mut ledger = self.pipeline.ledger();
            ledger.series.asks(viewer, self.pipeline.now()) && !ledger.is_unsaved()
        };
        let left = self.until_turn();
        if waits && left.saturating_mul(4) <= asked.patience {
            tokio::time::sleep(left).await;
        }
    }

    fn until_turn(&self) -> Duration {
        let last = *self.for_views.lock().unwrap_or_else(PoisonError::into_inner);
        last.map_or(Duration::ZERO, |last| APART.saturating_sub(last.elapsed()))
    }

    /// The event families, with what is to be saved before they are shown.
    fn shown(&self, asked: &Asked<'_>) -> (Format, Page, Option<Unsaved>) {
        let format = Format::negotiate(asked.accept);
        let now = self.pipeline.now();
        let mut ledger = self.pipeline.ledger();
        let enters = |viewer| Some((viewer, ledger.series.enters(viewer, asked.connections, now)?));
        let (viewer, waits) = asked.viewer.and_then(enters).unzip();
        let saved = ledger.is_unsaved() || (waits == Some(true) && self.takes_turn());
        let active = ledger.memory.sessions_active();
        let scrape = exposition::Scrape { viewer, format, now, created: self.created, saved };
        let page = Page::of_events(&mut ledger.series, &scrape, active);
        (format, page, saved.then(|| self.serialized(&mut ledger)).flatten())
    }

    fn takes_turn(&self) -> bool {
        let free = self.until_turn().is_zero();
        if free {
            let mut last = self.for_views.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(Instant::now());
        }
        free
    }

    /// Saves what is unsaved.
    pub async fn save(&self) {
        let _in_order = self.saving.lock().await;
        let unsaved = {
            let mut ledger = self.pipeline.ledger();
            let any = ledger.is_unsaved() || ledger.series.views_are_unsaved();
            any.then(|| self.serialized(&mut ledger)).flatten()
        };
        if let Some(unsaved) = unsaved {
            self.write(unsaved).await;
        }
    }

    async fn write(&self, unsaved: Unsaved) {
        let Unsaved { part, mark, whole, plan, turned } = unsaved;
        let (store, archiving) = (self.store.clone(), self.archiving.clone());
        let own = self.pipeline.own.clone();
        let written = tokio::task::spawn_blocking(move || {
            let archiving = archiving.as_deref();
            if let Some(archiving) = archiving {
                archiving.sync(&own);
            }
            match whole {
                true => store.write(&part)?,
                false => store.append(&part)?,
            };
            Ok::<_, state::StateError>(archiving.and_then(|a| a.append(&plan, &own)))
        })
        .await;
        let written = match written {
            Ok(written) => written.map_err(|error| error.to_string()),
            Err(error) => Err(format!("the snapshot's writer ended early: {error}")),
        };
        self.pipeline.ledger().series.was_saved();
        match written {
            Ok(length) => self.saved(mark, length, turned),
            Err(cause) => {
                warn!("{cause}");
                self.store.end_changes();
                self.pipeline.own.save_failed();
            }
        }
    }

    /// `length` is that of the archive's file, where it was appended to.
    fn saved(&self, mark: Mark, length: Option<u64>, turned: bool) {
        let (in_use, relied_on) = {
            let mut ledger = self.pipeline.ledger();
            ledger.was_saved(mark);
            if let Some(length) = length {
                ledger.archive.appended(length);
            }
            self.pipeline.own.archive_lost(ledger.archive.take_lost());
            (ledger.archive.stem().to_owned(), ledger.relied_on(self.pipeline.now()))
        };
        self.pipeline.room.notify_waiters();
        let now = super::now();
        self.pipeline.own.saved(now);
        // The day before is packed once the snapshot says that it is closed.
        if let Some(archiving) = self.archiving.clone().filter(|_| turned) {
            let own = self.pipeline.own.clone();
            tokio::task::spawn_blocking(move || archiving.tidy(&in_use, relied_on, &own));
        }
    }

    /// The ledger as bytes to write, with what of the archive is to be appended then: what changed,
    /// or everything where enough was appended or nothing can be.
    fn serialized(&self, ledger: &mut Ledger) -> Option<Unsaved> {
        ledger.series.is_being_saved();
        let turned = self.archiving.as_ref().is_some_and(|a| a.turn(ledger, super::now()));
        let plan = ledger.archive.plan();
        let whole_only = self.store.needs_whole() || self.store.wants_whole();
        let change = if whole_only { None } else { ledger.changes(plan.clone()) };
        let lines = plan.lines.clone();
        let (part, mark, whole) = match change {
            Some((changes, mark)) => (state::Store::change(&changes, lines), mark, false),
            None => {
                let (whole, mark) = ledger.whole(plan.clone());
                (state::Store::whole(&whole, lines), mark, true)
            }
        };
        match part {
            Ok(part) => Some(Unsaved { part, mark, whole, plan, turned }),
            Err(error) => {
                warn!("{error}");
                self.store.end_changes();
                None
            }
        }
    }
}

/// A snapshot to be written, and what is to be archived once it is.
struct Unsaved {
    part: state::Part,
    mark: Mark,
    /// Everything, and not what changed.
    whole: bool,
    plan: Plan,
    /// The archive goes on in another file from now on.
    turned: bool,
}
