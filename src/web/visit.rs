//! One connection as the exporter knows it: who asked on it, and how it ended.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{self, HeaderMap};
use ring::digest::{Context, SHA256};

use super::Exporter;
use super::connection_limits::Seat;
use super::socket::Peer;
use crate::metrics::series::{Client, Connections, Viewer};

/// Only Prometheus and its like send it; a person with a browser does not.
pub(super) const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// What a proxy says of whom it asks for.
const FORWARDED: [&str; 2] = ["forwarded", "x-forwarded-for"];

/// The connections on which scrapers have asked, until each has ended and the exporter was told.
#[derive(Default)]
pub(super) struct Visits(Mutex<BTreeMap<u64, Peer>>);

impl Visits {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Peer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections for Visits {
    fn ended(&self, connection: u64) -> Option<bool> {
        let peer = self.lock().get(&connection).cloned();
        peer.map_or(Some(false), |peer| peer.ended())
    }
}

impl fmt::Debug for Visits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.lock().keys()).finish()
    }
}

/// A connection. A scrape that is being prepared has it too, and may outlive it.
pub(super) struct Visit {
    address: IpAddr,
    peer: Peer,
    visits: Arc<Visits>,
}

impl Visit {
    pub(super) fn new(address: IpAddr, peer: Peer, visits: Arc<Visits>) -> Arc<Visit> {
        Arc::new(Visit { address, peer, visits })
    }

    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    pub(super) fn seat(&self) -> &Arc<Seat> {
        self.peer.seat()
    }

    /// That of this visit, and all others.
    pub(super) fn connections(&self) -> Arc<dyn Connections> {
        self.visits.clone()
    }

    /// The scraper that asks; `None` where it is a person. `user` is the name that it was let in by.
    pub(super) fn viewer(&self, headers: &HeaderMap, user: &str) -> Option<Viewer> {
        if !is_scraper(headers) {
            return None;
        }
        let connection = self.seat().id();
        self.visits.lock().insert(connection, self.peer.clone());
        Some(Viewer { connection, client: client(self.address, headers, user) })
    }
}

/// What the connection's own task holds: dropping it, once the socket is gone, tells the exporter of
/// the end.
pub(super) struct Stay<E: Exporter> {
    pub(super) exporter: Arc<E>,
    pub(super) visit: Arc<Visit>,
}

impl<E: Exporter> Drop for Stay<E> {
    fn drop(&mut self) {
        let seat = self.visit.seat();
        let scraped = self.visit.visits.lock().remove(&seat.id()).is_some();
        if scraped {
            self.exporter.closed(seat.id(), seat.was_closed_in_order());
        }
    }
}

/// Prometheus says how long it waits; other scrapers at least which version of a format they read.
fn is_scraper(headers: &HeaderMap) -> bool {
    let versioned = |accept: &str| {
        accept.split([',', ';']).any(|part| {
            part.trim_start().get(..8).is_some_and(|name| name.eq_ignore_ascii_case("version="))
        })
    };
    headers.contains_key(TIMEOUT_HEADER)
        || headers.get_all(header::ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(versioned))
}

/// A digest of all that tells one client from another, each part with its length.
fn client(peer: IpAddr, headers: &HeaderMap, user: &str) -> Client {
    let mut context = Context::new(&SHA256);
    let mut add = |part: &[u8]| {
        context.update(&part.len().to_le_bytes());
        context.update(part);
    };
    add(peer.to_string().as_bytes());
    add(user.as_bytes());
    for name in std::iter::once(header::USER_AGENT.as_str()).chain(FORWARDED) {
        add(name.as_bytes());
        headers.get_all(name).iter().for_each(|value| add(value.as_bytes()));
    }
    let digest = context.finish();
    let half =
        |bytes: &[u8]| bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    Client(half(digest.as_ref()), half(&digest.as_ref()[8..]))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn a_scraper_says_how_long_it_waits_or_which_version_it_reads() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4";
        for scraper in
            [(TIMEOUT_HEADER, "10"), ("accept", prometheus), ("accept", "a/b; Version=1")]
        {
            assert!(is_scraper(&headers(&[scraper])), "{scraper:?}");
        }
        for person in
            [("accept", "text/html,*/*;q=0.8"), ("user-agent", "version=1"), ("accept", "")]
        {
            assert!(!is_scraper(&headers(&[person])), "{person:?}");
        }
    }

    #[test]
    fn clients_are_told_apart_by_address_name_proxy_and_user() {
        let one = IpAddr::from([192, 0, 2, 1]);
        let plain = headers(&[("user-agent", "Prometheus/2.42.0")]);
        let others = [
            client(one, &plain, ""),
            client(IpAddr::from([192, 0, 2, 2]), &plain, ""),
            client(one, &plain, "alice"),
            client(one, &headers(&[("user-agent", "Prometheus/3.5.3")]), ""),
            client(
                one,
                &headers(&[("user-agent", "Prometheus/2.42.0"), ("x-forwarded-for", "1")]),
                "",
            ),
            client(one, &headers(&[]), "Prometheus/2.42.0"),
        ];
        let different: std::collections::BTreeSet<_> = others.iter().collect();
        assert_eq!(different.len(), others.len());
        assert_eq!(client(one, &plain, ""), others[0]);
    }
}
