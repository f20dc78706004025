//! Answering /metrics: how many at a time, for whom, and packed or not.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

use super::reply::text;
use super::visit::{TIMEOUT_HEADER, Visit};
use super::{Exporter, Exposition, Limits, Scrape};
use crate::metrics::series::Client;

/// The scrapes being prepared.
pub(super) struct Scrapes {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    lately: Arc<Mutex<Lately>>,
}

/// What a scrape holds while it is prepared.
enum Place {
    /// One of the places that all share.
    Shared { _permit: OwnedSemaphorePermit },
    /// That of a client that was served lately.
    Kept { _place: Kept },
    /// That of a connection on which a scraper was served lately.
    Connection,
}

impl Scrapes {
    pub(super) fn new(limits: &Limits) -> Self {
        let most = if limits.max_requests == 0 { usize::MAX } else { limits.max_requests };
        Scrapes {
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            turns: Arc::new(Semaphore::new(limits.prepared.clamp(1, Semaphore::MAX_PERMITS))),
            lately: Arc::default(),
        }
    }

    /// Prepares in a task of its own, which a client that leaves does not cut short.
    pub(super) async fn answer<E: Exporter>(
        &self,
        request: &Request<()>,
        user: &str,
        visit: &Arc<Visit>,
        exporter: &Arc<E>,
    ) -> Response<Bytes> {
        let scrape = who_asks(request.headers(), user, visit);
        let client = scrape.viewer.map(|viewer| viewer.client);
        let Some(place) = self.place(client, visit) else {
            return text(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many scrapes at the same time; --web.max-requests is the limit\n",
            );
        };
        let packed = accepts_gzip(request.headers());
        let (turns, lately) = (self.turns.clone(), self.lately.clone());
        let (exporter, visit) = (exporter.clone(), visit.clone());
        let task = tokio::spawn(async move {
            // Never closed, so a turn always comes.
            let _turn = turns.acquire().await;
            let response = prepare(exporter.metrics(scrape).await, packed).await;
            drop(place);
            if let Some(client) = client {
                visit.seat().serve();
                lock(&lately).served(client);
            }
            response
        });
        task.await.unwrap_or_else(|cause| {
            error!(%cause, "a scrape could not be prepared");
            text(StatusCode::INTERNAL_SERVER_ERROR, "The scrape failed; the log says why\n")
        })
    }

    /// A scraper that was served lately has a place kept, whoever else asks: one on its connection,
    /// and one where it comes by a new connection each time.
    fn place(&self, client: Option<Client>, visit: &Visit) -> Option<Place> {
        if client.is_some() && visit.seat().was_served() {
            return Some(Place::Connection);
        }
        if let Ok(permit) = self.places.clone().try_acquire_owned() {
            return Some(Place::Shared { _permit: permit });
        }
        let kept = Lately::keep(&self.lately, client?)?;
        Some(Place::Kept { _place: kept })
    }
}

/// Scrapers that were served lately, each with a place of its own.
#[derive(Default)]
struct Lately {
    clients: HashMap<Client, Service>,
}

struct Service {
    at: Instant,
    /// Its place is taken.
    taken: bool,
}

/// The kept place of one client; dropping it frees it.
struct Kept {
    lately: Arc<Mutex<Lately>>,
    client: Client,
}

impl Lately {
    /// Scrapers that are remembered.
    const MOST: usize = 64;

    fn served(&mut self, client: Client) {
        if self.clients.len() >= Self::MOST && !self.clients.contains_key(&client) {
            let longest_ago = self.clients.iter().min_by_key(|(_, service)| service.at);
            if let Some(client) = longest_ago.map(|(client, _)| *client) {
                self.clients.remove(&client);
            }
        }
        let at = Instant::now();
        let service = self.clients.entry(client).or_insert(Service { at, taken: false });
        service.at = at;
    }

    fn keep(lately: &Arc<Mutex<Lately>>, client: Client) -> Option<Kept> {
        let mut known = lock(lately);
        let service = known.clients.get_mut(&client).filter(|service| !service.taken)?;
        service.taken = true;
        Some(Kept { lately: lately.clone(), client })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(service) = lock(&self.lately).clients.get_mut(&self.client) {
            service.taken = false;
        }
    }
}

fn lock(lately: &Mutex<Lately>) -> std::sync::MutexGuard<'_, Lately> {
    lately.lock().unwrap_or_else(PoisonError::into_inner)
}

fn who_asks(headers: &HeaderMap, user: &str, visit: &Visit) -> Scrape {
    Scrape {
        viewer: visit.viewer(headers, user),
        connections: visit.connections(),
        accept: joined(headers, header::ACCEPT),
        patience: patience(headers),
    }
}

/// How long the scraper says that it waits for its answer.
fn patience(headers: &HeaderMap) -> Duration {
    let said = headers.get(TIMEOUT_HEADER).and_then(|value| value.to_str().ok());
    let seconds = said.and_then(|said| said.trim().parse().ok()).unwrap_or(f64::INFINITY);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// A header sent in several lines means the same as one with commas.
fn joined(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let values: Vec<&str> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

async fn prepare(exposition: Exposition, wants_gzip: bool) -> Response<Bytes> {
    let Exposition { content_type, body } = exposition;
    let (body, packed) = if wants_gzip { pack(body).await } else { (body, false) };
    let mut response = Response::new(Bytes::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// More than this takes long enough to be done beside the other tasks, not in their place.
const MUCH: usize = 64 * 1024;

/// The body packed, and whether it is.
async fn pack(body: Vec<u8>) -> (Vec<u8>, bool) {
    if body.len() < MUCH {
        return gzip(body);
    }
    tokio::task::spawn_blocking(|| gzip(body)).await.unwrap_or_else(|cause| {
        error!(%cause, "packing a scrape failed");
        (Vec::new(), false)
    })
}

/// At the fastest level: on a local network, waiting for a better one takes longer than sending
/// what it saves.
fn gzip(body: Vec<u8>) -> (Vec<u8>, bool) {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    match encoder.write_all(&body).and_then(|()| encoder.finish()) {
        Ok(packed) => (packed, true),
        Err(_) => (body, false),
    }
}

/// RFC 9110, 12.5.3: the coding by its own name, else by `*`, unless its weight is 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = joined(headers, header::ACCEPT_ENCODING).unwrap_or_default();
    let weight = |wanted: &[&str]| {
        accepted
            .split(',')
            .map(coding_and_weight)
            .find(|(coding, _)| wanted.iter().any(|wanted| coding.eq_ignore_ascii_case(wanted)))
            .map(|(_, weight)| weight)
    };
    weight(&["gzip", "x-gzip"]).or_else(|| weight(&["*"])).is_some_and(|weight| weight > 0.0)
}

/// A weight that cannot be read refuses: what is sent as it is can be read by everyone.
fn coding_and_weight(part: &str) -> (&str, f32) {
    let (coding, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
        .map_or(1.0, |(_, weight)| weight.trim().parse().unwrap_or(0.0));
    (coding.trim(), weight)
}

#[cfg(test)]
mod tests {
    use hyper::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn a_scraper_waits_as_long_as_it_says_and_others_for_ever() {
        let patience = |value: &'static str| {
            super::patience(&HeaderMap::from_iter([(
                header::HeaderName::from_static(TIMEOUT_HEADER),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(patience("10"), Duration::from_secs(10));
        assert_eq!(patience("0.5"), Duration::from_millis(500));
        assert_eq!(patience("-1"), Duration::MAX);
        assert_eq!(patience("soon"), Duration::MAX);
        assert_eq!(super::patience(&HeaderMap::new()), Duration::MAX);
    }

    #[test]
    fn a_client_that_was_served_has_one_place_kept_and_no_more() {
        let lately = Arc::<Mutex<Lately>>::default();
        let (one, other) = (Client(1, 1), Client(2, 2));
        lock(&lately).served(one);
        let kept = Lately::keep(&lately, one);
        assert!(kept.is_some());
        assert!(Lately::keep(&lately, one).is_none());
        assert!(Lately::keep(&lately, other).is_none());
        drop(kept);
        assert!(Lately::keep(&lately, one).is_some());
        (0..200).for_each(|i| lock(&lately).served(Client(i, 3)));
        assert_eq!(lock(&lately).clients.len(), Lately::MOST);
    }

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        let cases = [
            ("gzip", true),
            ("x-gzip", true),
            ("deflate, GZIP;q=0.5", true),
            ("*", true),
            ("br;q=1, *;q=0.1", true),
            ("", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("gzip;q=0, *", false),
            ("gzip;q=nonsense", false),
            ("notgzip", false),
        ];
        for (given, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(given));
            assert_eq!(accepts_gzip(&headers), want, "{given:?}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_header_in_two_lines_is_read_whole() {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("br"));
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(accepts_gzip(&headers));
    }
}
