//! The page that Prometheus reads: all families as text, in a fixed order.
//!
//! Owns the encoder. It is the project's own because the event families need what a registry of
//! the `prometheus` crate has not: values that depend on who asks, pairs that share their labels,
//! OpenMetrics, and 10,000 series in a few milliseconds.

mod format;
mod own;
mod writer;

use std::collections::BTreeMap;

use crate::metrics::catalog::own::SERIES_LIMITED;
use crate::metrics::catalog::{ACCESSES, SESSION_DURATION, SESSIONS_ACTIVE};
use crate::metrics::own::Own;
use crate::metrics::series::{Moment, OTHER, Store, Viewer, join};

pub use format::Format;

use writer::Writer;

/// One request for the page.
#[derive(Clone, Copy, Debug)]
pub struct Scrape {
    /// A scraper; `None` for a person, who sees true values and moves no view.
    pub viewer: Option<Viewer>,
    pub format: Format,
    pub now: Moment,
    /// Whether OpenMetrics tells since when each counter counts (`--web.openmetrics-created`).
    pub created: bool,
    /// Whether what the scraper has had until now is saved before the page is sent.
    pub saved: bool,
}

/// The page for one scrape, its event families written. What they show can be saved before the
/// exporter's own families, which tell of the saving, are added.
#[derive(Debug)]
pub struct Page {
    writer: Writer,
}

impl Page {
    /// Writes the event families and the open sessions (`program`, `user`, how many). It takes
    /// note in `store` that this scraper is given a look.
    pub fn of_events<P: AsRef<str>, U: AsRef<str>>(
        store: &mut Store,
        scrape: &Scrape,
        actives: impl IntoIterator<Item = (P, U, u64)>,
    ) -> Page {
        let mut writer = Writer::new(scrape.format, scrape.created, store.len());
        let audience = store.look(scrape.viewer, scrape.saved, scrape.now);
        for table in store.tables() {
            writer.together(table.family(), table.show(&audience));
        }
        writer.counts(&ACCESSES, store.accesses().show(&audience));
        let open = sessions(store, actives);
        writer.counts(&SESSIONS_ACTIVE, open.iter().map(|(key, count)| (key.as_str(), *count)));
        writer.durations(&SESSION_DURATION, store.durations().show(&audience));
        writer.counts(&SERIES_LIMITED, store.folds());
        Page { writer }
    }

    /// Adds the exporter's own families, as they are now.
    pub fn with(mut self, own: &Own) -> Page {
        own::write(&mut self.writer, &own.gather());
        self
    }

    pub fn finish(self) -> Vec<u8> {
        self.writer.finish()
    }
}

/// Writes the whole page at once.
pub fn render<P: AsRef<str>, U: AsRef<str>>(
    store: &mut Store,
    own: Option<&Own>,
    scrape: &Scrape,
    actives: impl IntoIterator<Item = (P, U, u64)>,
) -> Vec<u8> {
    let page = Page::of_events(store, scrape, actives);
    match own {
        Some(own) => page.with(own).finish(),
        None => page.finish(),
    }
}

/// Open sessions by joined labels. Who has had a session stands at 0, so that the gauge falls to 0
/// instead of vanishing. As bounded as any family: what finds no room is added to `(other)`.
fn sessions<P: AsRef<str>, U: AsRef<str>>(
    store: &Store,
    actives: impl IntoIterator<Item = (P, U, u64)>,
) -> BTreeMap<String, u64> {
    let mut open: BTreeMap<String, u64> =
        store.session_keys().map(|key| (key.to_owned(), 0)).collect();
    for (program, user, count) in actives {
        let names = [[program.as_ref(), user.as_ref()], [program.as_ref(), OTHER]];
        let key = names
            .iter()
            .map(|names| join(names))
            .find(|key| open.contains_key(key) || open.len() + 1 < store.cap());
        *open.entry(key.unwrap_or_else(|| join(&[OTHER, OTHER]))).or_default() += count;
    }
    open
}

#[cfg(test)]
mod tests;
