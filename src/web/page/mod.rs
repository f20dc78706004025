//! The page at `/`: how each source is doing, and who came in last.
//!
//! One piece of HTML with its style and its script inside, and nothing from anywhere else. The
//! script fetches the page again every few seconds and shows what changed, so there is one place
//! that turns data into markup, and all that others chose passes through [`text`] there.

mod accesses;
mod sources;
mod text;

use base64ct::{Base64, Encoding};
use hyper::header::HeaderValue;
use ring::digest::{SHA256, digest};

use super::Overview;
use super::routes::{HEALTHY, READY};
use crate::version::VERSION;
use text::Plain;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("update.js");

/// What of the page does not come from the exporter.
pub(super) struct View<'a> {
    pub(super) telemetry_path: &'a str,
    /// Whether the last accesses are shown.
    pub(super) recent: bool,
    /// Unix seconds.
    pub(super) now: i64,
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

/// The whole page.
pub(super) fn render(overview: &Overview, view: &View<'_>) -> String {
    let host = match overview.host.as_str() {
        "" => "login_exporter",
        host => host,
    };
    let recent = match view.recent {
        true => accesses::render(overview, view.now),
        false => String::new(),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n\
         <noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>\n</head>\n<body>\n\
         {header}<p id=\"stale\" role=\"status\" hidden></p>\n<main>\n{sources}{recent}</main>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        title = Plain(&format!("{host} · logins")),
        header = header(host, view.telemetry_path),
        sources = sources::render(&overview.sources, &overview.host_log, view.now),
    )
}

/// The links are relative, so that they hold behind a proxy that adds a path in front.
fn header(host: &str, telemetry_path: &str) -> String {
    format!(
        "<header>\n<h1>{host}</h1>\n<span class=\"quiet\">login_exporter {version}</span>\n<nav>\
         <a href=\".{metrics}\">Metrics</a> <a href=\".{HEALTHY}\">Healthy</a> \
         <a href=\".{READY}\">Ready</a></nav>\n</header>\n",
        host = text::Text(host),
        version = VERSION,
        metrics = Plain(telemetry_path),
    )
}
