//! Which path is which page.

use hyper::Method;

use super::Error;

pub(super) const HEALTHY: &str = "/-/healthy";
pub(super) const READY: &str = "/-/ready";

/// What a person's name follows.
const PERSON: &str = "/person/";

/// A page of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Metrics,
    Page,
    /// The page of one person or account: the name as the path spells it.
    Person(&'a str),
    Healthy,
    Ready,
}

/// Why a request has no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRoute {
    NotFound,
    /// The page stands, but it is only read: GET and HEAD.
    MethodNotAllowed,
}

pub(super) fn route<'a>(
    method: &Method,
    path: &'a str,
    telemetry: &str,
) -> Result<Route<'a>, NoRoute> {
    let route = match path {
        path if path == telemetry => Route::Metrics,
        "/" => Route::Page,
        HEALTHY => Route::Healthy,
        READY => Route::Ready,
        path => match path.strip_prefix(PERSON) {
            Some(name) if !name.is_empty() => Route::Person(name),
            _ => return Err(NoRoute::NotFound),
        },
    };
    match *method {
        Method::GET | Method::HEAD => Ok(route),
        _ => Err(NoRoute::MethodNotAllowed),
    }
}

/// A path for the metrics must be one that a request can name and that no other page has.
pub(super) fn check_telemetry_path(given: &str) -> Result<(), Error> {
    let cause = if !given.starts_with('/') {
        "it does not start with /"
    } else if [HEALTHY, READY, "/"].contains(&given) || given.starts_with(PERSON) {
        "another page has that path"
    } else if !given.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>".contains(&byte)) {
        "it has a character that a path cannot have"
    } else {
        return Ok(());
    };
    Err(Error::TelemetryPath { given: given.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::{NoRoute, Route, check_telemetry_path, route};

    #[test]
    fn only_whole_paths_are_pages() {
        let get = |path| route(&Method::GET, path, "/metrics");
        assert_eq!(get("/metrics"), Ok(Route::Metrics));
        assert_eq!(get("/"), Ok(Route::Page));
        for path in
            ["/metrics/", "//", "/-/", "", "*", "/METRICS", "/-/healthy/x", "/person", "/person/"]
        {
            assert_eq!(get(path), Err(NoRoute::NotFound), "{path}");
        }
    }

    #[test]
    fn a_person_is_the_rest_of_the_path() {
        let get =
            |path: &str| route(&Method::GET, path, "/metrics").map(|route| format!("{route:?}"));
        for name in ["alice", "Ops/alice", "%3Cb%3E", "../metrics", "a//b"] {
            let path = format!("/person/{name}");
            assert_eq!(get(&path), Ok(format!("{:?}", Route::Person(name))));
        }
    }

    #[test]
    fn pages_are_only_read() {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let answer = route(&method, "/-/healthy", "/metrics");
            assert_eq!(answer, Err(NoRoute::MethodNotAllowed), "{method}");
        }
        assert_eq!(route(&Method::HEAD, "/-/ready", "/metrics"), Ok(Route::Ready));
    }

    #[test]
    fn a_bad_telemetry_path_is_refused_with_its_cause() {
        let cases = [
            ("metrics", "it does not start with /"),
            ("/", "another page has that path"),
            ("/-/ready", "another page has that path"),
            ("/person/metrics", "another page has that path"),
            ("/me trics", "it has a character that a path cannot have"),
            ("/m?x=1", "it has a character that a path cannot have"),
        ];
        for (given, cause) in cases {
            let error = check_telemetry_path(given).unwrap_err().to_string();
            assert!(error.contains(cause) && error.contains(given), "{given}: {error}");
        }
        assert!(check_telemetry_path("/login/metrics").is_ok());
    }
}
