//! The file as it is written: every key that the exporter-toolkit knows, and no other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::{HeaderName, HeaderValue};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{ConfigFileError, Rate, Wrong};
use crate::web::auth::Users;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Document {
    tls_server_config: Option<Spanned<Tls>>,
    http_server_config: Option<Http>,
    basic_auth_users: Option<BTreeMap<String, Spanned<String>>>,
    rate_limit: Option<RateLimit>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) cert: Option<Spanned<String>>,
    pub(super) key: Option<Spanned<String>>,
    pub(super) client_ca: Option<Spanned<String>>,
    pub(super) cert_file: Option<Spanned<PathBuf>>,
    pub(super) key_file: Option<Spanned<PathBuf>>,
    pub(super) client_ca_file: Option<Spanned<PathBuf>>,
    pub(super) client_auth_type: Option<Spanned<String>>,
    pub(super) client_allowed_sans: Option<Spanned<Vec<String>>>,
    pub(super) min_version: Option<Spanned<String>>,
    pub(super) max_version: Option<Spanned<String>>,
    pub(super) cipher_suites: Option<Vec<Spanned<String>>>,
    pub(super) curve_preferences: Option<Vec<Spanned<String>>>,
    pub(super) prefer_server_cipher_suites: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Http {
    /// Known, and without effect: a scrape gains nothing from HTTP/2.
    #[serde(rename = "http2")]
    _http2: Option<bool>,
    headers: Option<BTreeMap<String, Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RateLimit {
    interval: Option<Spanned<String>>,
    burst: Option<Spanned<u32>>,
}

impl Document {
    pub(super) fn read(path: &Path) -> Result<Document, ConfigFileError> {
        let wrong = |line, cause| ConfigFileError { file: path.to_owned(), line, key: None, cause };
        let text = std::fs::read_to_string(path).map_err(|error| {
            wrong(None, format!("{error}; --web.config.file names a file that this user can read"))
        })?;
        Document::parse(&text).map_err(|(line, cause)| wrong(line, cause))
    }

    /// A file of nothing but comments is an empty one.
    fn parse(text: &str) -> Result<Document, (Option<u64>, String)> {
        serde_saphyr::from_str::<Option<Document>>(text).map(Option::unwrap_or_default).map_err(
            |error| {
                let line = error.location().map(|location| location.line());
                let cause = error.without_snippet().to_string().replace('\n', " ");
                // The place stands in front already.
                let end = cause.rfind(" at line ").unwrap_or(cause.len());
                (line, cause[..end].to_owned())
            },
        )
    }

    /// Relative paths start at the file that names them.
    pub(super) fn resolve_paths(&mut self, directory: &Path) {
        if let Some(tls) = &mut self.tls_server_config {
            let tls = &mut tls.value;
            let paths = [&mut tls.cert_file, &mut tls.key_file, &mut tls.client_ca_file];
            for path in paths.into_iter().flatten() {
                path.value = directory.join(&path.value);
            }
        }
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.tls_server_config.iter().flat_map(|tls| tls.value.files())
    }

    /// TLS is on as soon as one key says something about it.
    pub(super) fn tls(&self) -> Option<&Spanned<Tls>> {
        self.tls_server_config.as_ref().filter(|tls| tls.value.is_enabled())
    }

    pub(super) fn users(&self) -> Result<Option<Users>, Wrong> {
        let Some(users) = self.basic_auth_users.as_ref().filter(|users| !users.is_empty()) else {
            return Ok(None);
        };
        for (name, hash) in users {
            let wrong = |cause: String| Wrong {
                line: hash.referenced.line(),
                key: "basic_auth_users",
                cause: format!("{cause}; make one with `htpasswd -nBC 10 {name}`"),
            };
            match cost(hash) {
                None => {
                    return Err(wrong(format!("the password of {name:?} is no bcrypt hash")));
                }
                Some(cost) if cost > HIGHEST_COST => {
                    return Err(wrong(format!(
                        "the bcrypt hash of {name:?} has a cost of {cost}: to compare one password \
                         keeps a core busy for many seconds, and nobody else gets in meanwhile"
                    )));
                }
                Some(_) => {}
            }
        }
        let users = users.iter().map(|(name, hash)| (name.clone(), hash.value.clone()));
        Ok(Some(Users::new(users)))
    }

    /// What works and is hardly meant, each with its line.
    pub(super) fn warnings(&self) -> Vec<String> {
        let users = self.basic_auth_users.iter().flatten();
        users
            .filter_map(|(name, hash)| {
                let cost = cost(hash).filter(|cost| *cost > USUAL_COST)?;
                let line = hash.referenced.line();
                Some(format!(
                    "{line}: basic_auth_users: the bcrypt hash of {name:?} has a cost of {cost}: \
                     each password takes a second of a core or longer, a wrong one too; make one \
                     with `htpasswd -nBC 10 {name}`"
                ))
            })
            .collect()
    }

    /// A header that is left blank is the exporter's own.
    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, Wrong> {
        let headers = self.http_server_config.iter().filter_map(|http| http.headers.as_ref());
        headers
            .flatten()
            .filter(|(_, value)| !value.value.is_empty())
            .map(|(name, value)| {
                header(name, &value.value).map_err(|cause| Wrong {
                    line: value.referenced.line(),
                    key: "http_server_config.headers",
                    cause,
                })
            })
            .collect()
    }

    pub(super) fn rate(&self) -> Result<Option<Rate>, Wrong> {
        let Some(RateLimit { interval: Some(interval), burst }) = &self.rate_limit else {
            return Ok(None);
        };
        let span = duration(&interval.value).ok_or_else(|| Wrong {
            line: interval.referenced.line(),
            key: "rate_limit.interval",
            cause: format!("{:?} is no duration; write it as 1s or 500ms", interval.value),
        })?;
        let burst = burst.as_ref().map_or(0, |burst| burst.value);
        if span.is_zero() {
            return Ok(None);
        }
        if burst == 0 {
            return Err(Wrong {
                line: interval.referenced.line(),
                key: "rate_limit.burst",
                cause: "a burst of 0 lets no request in; give the number of requests that may \
                        come at once"
                    .to_owned(),
            });
        }
        Ok(Some(Rate { interval: span, burst }))
    }
}

/// Each step up doubles what a comparison takes: a tenth of a second of a core at 10.
const USUAL_COST: u32 = 12;
const HIGHEST_COST: u32 = 16;

/// The cost of a bcrypt hash; `None` for what is none.
fn cost(hash: &Spanned<String>) -> Option<u32> {
    hash.value.parse::<bcrypt::HashParts>().ok().map(|parts| parts.get_cost())
}

impl Tls {
    fn is_enabled(&self) -> bool {
        let texts = [&self.cert, &self.key, &self.client_ca, &self.client_auth_type];
        self.files().next().is_some() || texts.into_iter().any(Option::is_some)
    }

    fn files(&self) -> impl Iterator<Item = &PathBuf> + use<'_> {
        let paths = [&self.cert_file, &self.key_file, &self.client_ca_file];
        paths.into_iter().flatten().map(|path| &path.value)
    }
}

/// The headers that the exporter-toolkit allows, with the values it allows where it limits them.
const HEADERS: [(&str, &[&str]); 5] = [
    ("content-security-policy", &[]),
    ("strict-transport-security", &[]),
    ("x-content-type-options", &["nosniff"]),
    ("x-frame-options", &["deny", "sameorigin"]),
    ("x-xss-protection", &[]),
];

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (known, values) =
        HEADERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).ok_or_else(|| {
            let known: Vec<&str> = HEADERS.iter().map(|(known, _)| *known).collect();
            format!("{name} is not one of the headers that can be set: {}", known.join(", "))
        })?;
    if !values.is_empty() && !values.iter().any(|allowed| allowed.eq_ignore_ascii_case(value)) {
        return Err(format!("{name} cannot be {value:?}, only {}", values.join(" or ")));
    }
    let value = HeaderValue::from_str(value)
        .map_err(|_| format!("{name} has a character that no header can have"))?;
    Ok((HeaderName::from_static(known), value))
}

/// Go's `time.ParseDuration`, and a plain 0.
fn duration(text: &str) -> Option<Duration> {
    match text {
        "0" => Some(Duration::ZERO),
        text => text.parse::<SignedDuration>().ok().and_then(|span| span.try_into().ok()),
    }
}
