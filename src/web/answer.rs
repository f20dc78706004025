//! From a request to its answer: the route, what it shows, and the headers that all answers have.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};

use super::body::Answer;
use super::crowd::{Crowd, Seat};
use super::routes::{NoRoute, Route, route};
use super::scrape::Scrapes;
use super::{Exporter, Options};

/// What is served, to whom, within which limits.
pub(super) struct Site<E> {
    pub(super) exporter: Arc<E>,
    pub(super) options: Options,
    pub(super) crowd: Arc<Crowd>,
    scrapes: Scrapes,
}

/// A request without its body, which no page reads.
pub(super) type Asked = Request<()>;

impl<E: Exporter> Site<E> {
    pub(super) fn new(exporter: Arc<E>, options: Options) -> Self {
        Site {
            exporter,
            crowd: Crowd::new(options.limits.clone()),
            scrapes: Scrapes::new(options.limits.max_requests),
            options,
        }
    }

    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        seat: Arc<Seat>,
    ) -> Response<Answer> {
        seat.prepare();
        let request = request.map(drop);
        let mut response = self.page(&request, peer).await;
        add_common_headers(&mut response);
        let piece = self.options.limits.head_bytes.max(1);
        response.map(|bytes| Answer::new(bytes, piece, seat))
    }

    async fn page(&self, request: &Asked, peer: IpAddr) -> Response<Bytes> {
        let telemetry = &self.options.telemetry_path;
        match route(request.method(), request.uri().path(), telemetry) {
            // A HEAD must not pass for a scrape: it shows nobody any value.
            Ok(Route::Metrics) if *request.method() == Method::HEAD => text(StatusCode::OK, ""),
            Ok(Route::Metrics) => self.scrapes.answer(&self.exporter, request, peer).await,
            Ok(Route::Page) => text(StatusCode::OK, "login_exporter\n"),
            Ok(Route::Healthy) => text(StatusCode::OK, "Healthy\n"),
            Ok(Route::Ready) => self.ready(),
            Err(NoRoute::NotFound) => text(StatusCode::NOT_FOUND, "No such page; / lists them\n"),
            Err(NoRoute::MethodNotAllowed) => method_not_allowed(),
        }
    }

    fn ready(&self) -> Response<Bytes> {
        if self.exporter.ready() {
            text(StatusCode::OK, "Ready\n")
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, "Not ready: still reading what was there\n")
        }
    }
}

pub(super) fn text(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

fn method_not_allowed() -> Response<Bytes> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Pages are only read: GET or HEAD\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// What is shown is nobody else's: no cache keeps it, no page embeds it, no link tells of it.
const COMMON_HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

fn add_common_headers(response: &mut Response<Bytes>) {
    for (name, value) in COMMON_HEADERS {
        let headers = response.headers_mut();
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
