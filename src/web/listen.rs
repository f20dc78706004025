//! Addresses to listen on, as exporters write them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::TcpListener;

use super::Error;

/// Listens on one address of the form `host:port`, `[v6]:port` or `:port`.
pub(super) async fn bind(given: &str) -> Result<TcpListener, Error> {
    let (host, port) = split(given)
        .map_err(|cause| Error::Address { given: given.to_owned(), cause: cause.to_owned() })?;
    let bound = match host {
        "" => bind_everywhere(port).await,
        host => TcpListener::bind((host, port)).await,
    };
    bound.map_err(|cause| refused(given, cause))
}

/// Both families through one socket; a host without IPv6 has only the other.
async fn bind_everywhere(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))).await {
        Err(error) if no_ipv6(&error) => {
            TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).await
        }
        bound => bound,
    }
}

fn no_ipv6(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// A name that does not resolve carries no system error number; it is the text that is wrong.
fn refused(given: &str, cause: io::Error) -> Error {
    match cause.raw_os_error() {
        Some(_) => Error::Bind { given: given.to_owned(), cause },
        None => Error::Address { given: given.to_owned(), cause: cause.to_string() },
    }
}

fn split(given: &str) -> Result<(&str, u16), &'static str> {
    let (host, port) = given.rsplit_once(':').ok_or("it has no port")?;
    let port = port.parse().map_err(|_| "its port is not a number from 0 to 65535")?;
    match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
        Some(Some(inside)) => Ok((inside, port)),
        Some(None) => Err("its bracket is not closed"),
        None if host.contains(':') => Err("an IPv6 address needs brackets"),
        None => Ok((host, port)),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_address_is_split_at_its_port() {
        let cases = [
            ("127.0.0.1:10922", Ok(("127.0.0.1", 10922))),
            (":10922", Ok(("", 10922))),
            ("[::1]:1", Ok(("::1", 1))),
            ("localhost:0", Ok(("localhost", 0))),
            ("127.0.0.1", Err("it has no port")),
            ("10922", Err("it has no port")),
            ("localhost:http", Err("its port is not a number from 0 to 65535")),
            ("localhost:65536", Err("its port is not a number from 0 to 65535")),
            ("[::1:80", Err("its bracket is not closed")),
            ("::1:80", Err("an IPv6 address needs brackets")),
        ];
        for (given, want) in cases {
            assert_eq!(split(given), want, "{given}");
        }
    }
}
