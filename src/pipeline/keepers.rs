//! An event that counts, handed to all that keep something of it: the series, the page's list and
//! the archive. Each gets as much of it as privacy shows it.

use crate::archive::Pending;
use crate::memory::Counted;
use crate::metrics::recent::Recent;
use crate::metrics::series::{Moment, Store};
use crate::policy::Policy;
use crate::policy::privacy::{Show, Views};
use crate::row::Row;

pub(super) struct Keepers<'l> {
    pub(super) series: &'l mut Store,
    pub(super) recent: &'l mut Recent,
    pub(super) archive: &'l mut Pending,
    pub(super) policy: &'l Policy,
    pub(super) now: Moment,
}

impl Keepers<'_> {
    /// `live` where it happened while the exporter watched.
    pub(super) fn take(&mut self, event: &Counted<'_>, live: bool) {
        let Keepers { series, recent, archive, policy, now } = self;
        let observation = policy.observe(event);
        let privacy = &policy.privacy;
        let Views { labels, page, archive: archived, .. } = privacy.views;
        privacy.show(labels, &observation, |seen| series.observe(seen, live, *now));
        let counted = live.then(|| now.wall.seconds());
        privacy.show(page, &observation, |seen| recent.push(seen, counted));
        if archive.keeps(event.event.kind) {
            // Where an address is from tells less than the address, but more than nothing of it.
            let tells_origin = matches!(archived.source, Show::Keep | Show::Network);
            let source = event.event.source.filter(|_| tells_origin);
            privacy.show(archived, &observation, |seen| {
                let mut row = Row::new(seen);
                row.tell_origin(policy.origins.of(source));
                archive.push(&row);
            });
        }
    }
}
