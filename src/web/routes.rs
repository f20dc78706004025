//! Which path is which page.

use hyper::Method;

use super::Error;

pub(super) const HEALTHY: &str = "/-/healthy";
pub(super) const READY: &str = "/-/ready";

/// A page of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Metrics,
    Page,
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

pub(super) fn route(method: &Method, path: &str, telemetry: &str) -> Result<Route, NoRoute> {
    let route = match path {
        path if path == telemetry => Route::Metrics,
        "/" => Route::Page,
        HEALTHY => Route::Healthy,
        READY => Route::Ready,
        _ => return Err(NoRoute::NotFound),
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
    } else if [HEALTHY, READY, "/"].contains(&given) {
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
        for path in ["/metrics/", "//", "/-/", "", "*", "/METRICS", "/-/healthy/x"] {
            assert_eq!(get(path), Err(NoRoute::NotFound), "{path}");
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
