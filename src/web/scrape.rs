//! Answering /metrics: how many at a time, for whom, and packed or not.

use std::io::Write;
use std::net::IpAddr;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::Semaphore;
use tracing::error;

use super::answer::{Asked, text};
use super::{Exporter, Exposition, Limits, Scrape};

/// Only Prometheus and its like send it; a person with a browser does not.
const SCRAPER_HEADER: &str = "x-prometheus-scrape-timeout-seconds";

/// The scrapes being prepared.
pub(super) struct Scrapes {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Scrapes {
    pub(super) fn new(limits: &Limits) -> Self {
        let most = if limits.max_requests == 0 { usize::MAX } else { limits.max_requests };
        Scrapes {
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
            turns: Arc::new(Semaphore::new(limits.prepared.clamp(1, Semaphore::MAX_PERMITS))),
        }
    }

    /// Prepares in a task of its own, which a client that leaves does not cut short.
    pub(super) async fn answer<E: Exporter>(
        &self,
        exporter: &Arc<E>,
        request: &Asked,
        peer: IpAddr,
    ) -> Response<Bytes> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            return text(
                StatusCode::SERVICE_UNAVAILABLE,
                "Too many scrapes at the same time; --web.max-requests is the limit\n",
            );
        };
        let (exporter, scrape) = (exporter.clone(), who_asks(request.headers(), peer));
        let packed = accepts_gzip(request.headers());
        let turns = self.turns.clone();
        let task = tokio::spawn(async move {
            // Never closed, so a turn always comes.
            let _turn = turns.acquire().await;
            let response = prepare(exporter.metrics(scrape).await, packed).await;
            drop(place);
            response
        });
        task.await.unwrap_or_else(|cause| {
            error!(%cause, "a scrape could not be prepared");
            text(StatusCode::INTERNAL_SERVER_ERROR, "The scrape failed; the log says why\n")
        })
    }
}

fn who_asks(headers: &HeaderMap, peer: IpAddr) -> Scrape {
    Scrape {
        scraper: headers.contains_key(SCRAPER_HEADER).then_some(peer),
        accept: joined(headers, header::ACCEPT),
    }
}

/// A header sent in several lines means the same as one with commas.
fn joined(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    let values: Vec<&str> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

async fn prepare(exposition: Exposition, wants_gzip: bool) -> Response<Bytes> {
    let Exposition { content_type, body, receipt } = exposition;
    let (body, packed) = if wants_gzip { pack(body).await } else { (body, false) };
    let mut response = Response::new(Bytes::from(body));
    if let Some(receipt) = receipt {
        response.extensions_mut().insert(receipt);
    }
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

    use super::accepts_gzip;

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
