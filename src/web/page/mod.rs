//! The pages for people: at `/` how each source is doing and who came in last, and at
//! `/person/NAME` what is known of one of them.
//!
//! One piece of HTML with its style and its script inside, and nothing from anywhere else. Without
//! the script it is whole; the script adds the reader's own time, fetches the page again every few
//! seconds and shows what changed. So there is one place that turns data into markup, and all that
//! others chose passes through [`text`] or [`link`] there.

mod accesses;
mod fold;
mod link;
mod person;
mod row;
mod sources;
mod text;

use base64ct::{Base64, Encoding};
use hyper::header::HeaderValue;
use ring::digest::{SHA256, digest};

use super::Overview;
use super::routes::{HEALTHY, READY};
use crate::version::VERSION;
pub(super) use link::name;
use text::Plain;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("update.js");

/// Which accesses are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// People first; what repeats is folded.
    #[default]
    People,
    Unexpected,
    Each,
}

impl Show {
    /// As the query of the address asks for it.
    pub(super) fn asked(query: Option<&str>) -> Show {
        let asks = |word| query.is_some_and(|query| query.split('&').any(|part| part == word));
        match () {
            () if asks(Show::Unexpected.query()) => Show::Unexpected,
            () if asks(Show::Each.query()) => Show::Each,
            () => Show::People,
        }
    }

    fn query(self) -> &'static str {
        match self {
            Show::People => "",
            Show::Unexpected => "unexpected",
            Show::Each => "each",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Show::People => "All",
            Show::Unexpected => "Unexpected only",
            Show::Each => "Not folded",
        }
    }
}

/// What of the page does not come from the exporter.
pub(super) struct View<'a> {
    pub(super) telemetry_path: &'a str,
    /// Whether the last accesses are shown.
    pub(super) recent: bool,
    pub(super) show: Show,
    /// The way from this page to `/`: relative, so that it holds behind a proxy that adds a path in
    /// front.
    pub(super) root: String,
    /// Unix seconds.
    pub(super) now: i64,
}

impl View<'_> {
    /// The way from a page at this path to `/`.
    pub(super) fn root_of(path: &str) -> String {
        match path.matches('/').count() {
            0 | 1 => "./".to_owned(),
            parts => "../".repeat(parts - 1),
        }
    }
}

/// The page's own policy: the one style and the one script that are inside, by their digests.
pub(super) fn content_security_policy() -> HeaderValue {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sha256(STYLE),
        sha256(SCRIPT)
    );
    // Base64 and the text around it are all characters that a header can have.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

fn sha256(text: &str) -> String {
    Base64::encode_string(digest(&SHA256, text.as_bytes()).as_ref())
}

/// The page at `/`.
pub(super) fn render(overview: &Overview, view: &View<'_>) -> String {
    let recent = match view.recent {
        true => accesses::render(overview, view),
        false => String::new(),
    };
    let unread = sources::unread(&overview.sources);
    let sources = sources::render(&overview.sources, &overview.host_log, view.now);
    let host = host(overview);
    let links = format!(
        "<a href=\".{metrics}\">Metrics</a> <a href=\".{HEALTHY}\">Healthy</a> \
         <a href=\".{READY}\">Ready</a>",
        metrics = Plain(view.telemetry_path),
    );
    document(&format!("{host} · logins"), host, &links, &(unread + &recent + &sources))
}

/// The page of one person or account; `None` where nobody of this name came in.
pub(super) fn render_person(overview: &Overview, name: &str, view: &View<'_>) -> Person {
    let host = host(overview);
    let links = format!("<a href=\"{}\">All of {}</a>", view.root, text::Text(host));
    let main = person::render(overview, name, view);
    let html = document(&format!("{name} · {host} · logins"), name, &links, &main);
    Person { known: !person::accesses(overview, name).is_empty(), html }
}

/// A person's page, and whether anybody of that name came in.
pub(super) struct Person {
    pub(super) known: bool,
    pub(super) html: String,
}

fn host(overview: &Overview) -> &str {
    match overview.host.as_str() {
        "" => "login_exporter",
        host => host,
    }
}

fn document(title: &str, heading: &str, links: &str, main: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n\
         <noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>\n</head>\n<body>\n\
         <header>\n<h1>{heading}</h1>\n<span class=\"quiet\">login_exporter {version}</span>\n\
         <nav>{links}</nav>\n</header>\n<p id=\"stale\" role=\"status\" hidden></p>\n\
         <main>\n{main}</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        title = Plain(title),
        heading = text::Text(heading),
        version = VERSION,
    )
}
