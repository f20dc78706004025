//! One scrape: show, save what is shown, answer.

use std::net::IpAddr;
use std::sync::Arc;

use tracing::warn;

use super::Pipeline;
use super::ledger::Mark;
use crate::event::Time;
use crate::metrics::exposition::{self, Format, Page};
use crate::metrics::series::Receipt;
use crate::state;

/// The way to /metrics: everything that a scrape shows is saved before it is answered.
#[derive(Debug)]
pub struct Scraping {
    pipeline: Arc<Pipeline>,
    store: Arc<state::Store>,
    /// `--web.openmetrics-created`
    created: bool,
    /// One snapshot is written at a time, and in the order in which it was taken.
    saving: tokio::sync::Mutex<()>,
}

impl Scraping {
    pub fn new(pipeline: Arc<Pipeline>, store: Arc<state::Store>, created: bool) -> Self {
        Scraping { pipeline, store, created, saving: tokio::sync::Mutex::new(()) }
    }

    /// The text of one scrape, and what [`Scraping::sent`] is to be told of it. A save that fails is counted, and the scrape is served all the
    /// same: being blind is worse than counting twice after a crash.
    pub async fn scrape(
        &self,
        scraper: Option<IpAddr>,
        accept: Option<&str>,
        now: Time,
    ) -> (Format, Vec<u8>, Option<Receipt>) {
        let format = Format::negotiate(accept);
        let scrape = exposition::Scrape { scraper, format, now, created: self.created };
        let _in_order = self.saving.lock().await;
        let (page, unsaved) = self.shown(&scrape);
        if let Some(unsaved) = unsaved {
            self.write(unsaved, now).await;
        }
        let receipt = page.receipt();
        (format, page.with(&self.pipeline.own).finish(), receipt)
    }

    /// Notes that a scraper has had what it asked for.
    pub fn sent(&self, receipt: Receipt) {
        self.pipeline.ledger().series.had(receipt);
    }

    /// The event families, with what is to be saved before they are shown. Showing changes that
    /// too: who has had the 0 of a new series.
    fn shown(&self, scrape: &exposition::Scrape) -> (Page, Option<(Vec<u8>, Mark)>) {
        let mut ledger = self.pipeline.ledger();
        let active = ledger.memory.sessions_active();
        let page = Page::of_events(&mut ledger.series, scrape, active);
        (page, serialized(&ledger))
    }

    /// Saves what is unsaved.
    pub async fn save(&self, now: Time) {
        let _in_order = self.saving.lock().await;
        let unsaved = serialized(&self.pipeline.ledger());
        if let Some(unsaved) = unsaved {
            self.write(unsaved, now).await;
        }
    }

    async fn write(&self, (bytes, mark): (Vec<u8>, Mark), now: Time) {
        let store = self.store.clone();
        let written = tokio::task::spawn_blocking(move || store.write(&bytes)).await;
        match written {
            Ok(Ok(_)) => {
                self.pipeline.ledger().was_saved(mark);
                self.pipeline.own.saved(now);
            }
            Ok(Err(error)) => {
                warn!("{error}");
                self.pipeline.own.save_failed();
            }
            Err(error) => {
                warn!("the snapshot's writer ended early: {error}");
                self.pipeline.own.save_failed();
            }
        }
    }
}

/// The ledger as bytes to write, where it is not saved yet.
fn serialized(ledger: &super::Ledger) -> Option<(Vec<u8>, Mark)> {
    if !ledger.is_unsaved() {
        return None;
    }
    let (snapshot, mark) = ledger.snapshot();
    match state::Store::serialize(&snapshot) {
        Ok(bytes) => Some((bytes, mark)),
        Err(error) => {
            warn!("{error}");
            None
        }
    }
}
