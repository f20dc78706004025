//! What can be wrong at start. Each message names the thing, the cause and the remedy.

use std::fmt;
use std::io;

use super::ConfigFileError;

#[derive(Debug)]
pub enum Error {
    /// No address was given.
    NoAddress,
    /// An address that cannot be read.
    Address { given: String, cause: String },
    /// An address that the system refuses.
    Bind { given: String, cause: io::Error },
    /// A path for the metrics that cannot be served.
    TelemetryPath { given: String, cause: &'static str },
    /// A web configuration file that cannot be used.
    ConfigFile(ConfigFileError),
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoAddress => write!(
                f,
                "no address to listen on: give --web.listen-address, for example 127.0.0.1:10922"
            ),
            Error::Address { given, cause } => write!(
                f,
                "--web.listen-address {given:?}: {cause}; write it as 127.0.0.1:10922, \
                 [::1]:10922, or :10922 for every address of this host"
            ),
            Error::Bind { given, cause } => {
                write!(f, "cannot listen on {given}: {cause}; {}", bind_remedy(cause.kind()))
            }
            Error::TelemetryPath { given, cause } => {
                write!(f, "--web.telemetry-path {given:?}: {cause}; take a path such as /metrics")
            }
            Error::ConfigFile(error) => error.fmt(f),
        }
    }
}

fn bind_remedy(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => {
            "another process listens there (`ss -ltnp` names it): stop it, or choose another \
             --web.listen-address"
        }
        io::ErrorKind::PermissionDenied => {
            "a port below 1024 needs CAP_NET_BIND_SERVICE: choose a higher one with \
             --web.listen-address"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this host has no such address: give one of its own (`ip address` lists them) with \
             --web.listen-address"
        }
        _ => "choose another --web.listen-address",
    }
}
