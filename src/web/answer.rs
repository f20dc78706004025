//! From a request to its answer: the route, what it shows, and the headers that all answers have.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};

use super::auth::{Gatekeeper, Verdict};
use super::body::Answer;
use super::config_file::{InForce, Live};
use super::connection_limits::ConnectionLimits;
use super::page::{self, Show, View};
use super::rate::Bucket;
use super::reply::text;
use super::routes::{NoRoute, Route, route};
use super::scrape::Scrapes;
use super::visit::{Visit, Visits};
use super::{Exporter, Options};

/// What is served, to whom, within which limits.
pub(super) struct Site<E> {
    pub(super) exporter: Arc<E>,
    pub(super) options: Options,
    pub(super) connections: Arc<ConnectionLimits>,
    pub(super) visits: Arc<Visits>,
    pub(super) live: Arc<Live>,
    gatekeeper: Gatekeeper,
    bucket: Bucket,
    scrapes: Scrapes,
    page_policy: HeaderValue,
}

/// A request without its body, which no page reads.
pub(super) type Asked = Request<()>;

impl<E: Exporter> Site<E> {
    pub(super) fn new(exporter: Arc<E>, options: Options, live: Arc<Live>) -> Self {
        Site {
            exporter,
            connections: ConnectionLimits::new(options.limits.clone()),
            visits: Arc::default(),
            scrapes: Scrapes::new(&options.limits),
            page_policy: page::content_security_policy(),
            gatekeeper: Gatekeeper::new(),
            bucket: Bucket::default(),
            live,
            options,
        }
    }

    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        visit: Arc<Visit>,
    ) -> Response<Answer> {
        visit.seat().prepare();
        let request = request.map(drop);
        let in_force = self.live.current();
        let mut response = match self.admit(&in_force, &request, &visit).await {
            Ok(user) => self.page(&request, &user, &visit).await,
            Err(refusal) => refusal,
        };
        add_headers(&mut response, &in_force);
        let piece = self.options.limits.head_bytes.max(1);
        response.map(|bytes| Answer::new(bytes, piece, visit.seat().clone()))
    }

    /// The name of the user who asks, empty where nobody has to say it. As in the exporter-toolkit,
    /// every page stands behind the same questions.
    async fn admit(
        &self,
        in_force: &InForce,
        request: &Asked,
        visit: &Visit,
    ) -> Result<String, Response<Bytes>> {
        if !names_its_host(request) {
            return Err(text(StatusCode::BAD_REQUEST, "A request names its host, once\n"));
        }
        if in_force.rate.is_some_and(|rate| !self.bucket.take(rate, Instant::now())) {
            return Err(later("More requests than rate_limit allows\n"));
        }
        let Some(users) = in_force.users.as_ref() else { return Ok(String::new()) };
        let authorization = request.headers().get(header::AUTHORIZATION);
        match self.gatekeeper.judge(users, authorization, visit.address()).await {
            Verdict::Welcome(user) => Ok(user),
            Verdict::Unauthorized => Err(unauthorized()),
            Verdict::Busy => Err(later("Too many passwords at the same time\n")),
        }
    }

    async fn page(&self, request: &Asked, user: &str, visit: &Arc<Visit>) -> Response<Bytes> {
        let telemetry = &self.options.telemetry_path;
        match route(request.method(), request.uri().path(), telemetry) {
            // A HEAD must not pass for a scrape: it shows nobody any value.
            Ok(Route::Metrics) if *request.method() == Method::HEAD => text(StatusCode::OK, ""),
            Ok(Route::Metrics) => self.scrapes.answer(request, user, visit, &self.exporter).await,
            Ok(Route::Page) => self.front(request),
            Ok(Route::Person(name)) => self.person(request, name),
            Ok(Route::Healthy) => text(StatusCode::OK, "Healthy\n"),
            Ok(Route::Ready) => self.ready(),
            Err(NoRoute::NotFound) => text(StatusCode::NOT_FOUND, "No such page; / lists them\n"),
            Err(NoRoute::MethodNotAllowed) => method_not_allowed(),
        }
    }

    fn front(&self, request: &Asked) -> Response<Bytes> {
        let view = self.view(request);
        self.html(page::render(&self.exporter.overview(), &view))
    }

    fn person(&self, request: &Asked, path: &str) -> Response<Bytes> {
        let view = self.view(request);
        let Some(name) = page::name(path) else {
            return text(StatusCode::NOT_FOUND, "No name; / lists them\n");
        };
        if !view.recent {
            return text(StatusCode::NOT_FOUND, "--web.disable-recent shows nobody's accesses\n");
        }
        let person = page::render_person(&self.exporter.overview(), &name, &view);
        let mut response = self.html(person.html);
        if !person.known {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    }

    fn view(&self, request: &Asked) -> View<'_> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        View {
            telemetry_path: &self.options.telemetry_path,
            recent: self.options.recent,
            show: Show::asked(request.uri().query()),
            root: View::root_of(request.uri().path()),
            now: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
        }
    }

    fn html(&self, html: String) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(html));
        let headers = response.headers_mut();
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, html);
        headers.insert(header::CONTENT_SECURITY_POLICY, self.page_policy.clone());
        response
    }

    fn ready(&self) -> Response<Bytes> {
        if self.exporter.ready() {
            text(StatusCode::OK, "Ready\n")
        } else {
            text(StatusCode::SERVICE_UNAVAILABLE, "Not ready: still reading what was there\n")
        }
    }
}

/// RFC 9112, 3.2: HTTP/1.1 names the host, and none names two.
fn names_its_host(request: &Asked) -> bool {
    match request.headers().get_all(header::HOST).iter().count() {
        0 => request.version() < Version::HTTP_11,
        hosts => hosts == 1,
    }
}

fn later(cause: &'static str) -> Response<Bytes> {
    let mut response = text(StatusCode::TOO_MANY_REQUESTS, cause);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn unauthorized() -> Response<Bytes> {
    let mut response = text(StatusCode::UNAUTHORIZED, "Unauthorized\n");
    let basic = HeaderValue::from_static("Basic realm=\"login_exporter\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
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

/// A page's own headers come before the common ones, those of the web configuration file before
/// both.
fn add_headers(response: &mut Response<Bytes>, in_force: &InForce) {
    let headers = response.headers_mut();
    for (name, value) in COMMON_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    for (name, value) in &in_force.headers {
        headers.insert(name, value.clone());
    }
}
