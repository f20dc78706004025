//! Addresses to listen on, as exporters write them.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, lookup_host};

use super::{Error, Limits};

/// Connections that the system holds until they are accepted, which takes no time at all.
const BACKLOG: u32 = 1024;

/// Whether the address can be read.
pub(super) fn check(given: &str) -> Result<(), Error> {
    parse(given).map(drop)
}

fn parse(given: &str) -> Result<(&str, u16), Error> {
    split(given)
        .map_err(|cause| Error::Address { given: given.to_owned(), cause: cause.to_owned() })
}

/// Listens on one address of the form `host:port`, `[v6]:port` or `:port`.
pub(super) async fn bind(given: &str, limits: &Limits) -> Result<TcpListener, Error> {
    let (host, port) = parse(given)?;
    let bound = match host {
        "" => bind_everywhere(port, limits),
        host => bind_name(host, port, limits).await,
    };
    bound.map_err(|cause| refused(given, cause))
}

/// The first address of the name that can be had.
async fn bind_name(host: &str, port: u16, limits: &Limits) -> io::Result<TcpListener> {
    let mut last = io::Error::other("the name has no address");
    for address in lookup_host((host, port)).await? {
        match bind_address(address, limits) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Both families through one socket; a host without IPv6 has only the other.
fn bind_everywhere(port: u16, limits: &Limits) -> io::Result<TcpListener> {
    match bind_address((Ipv6Addr::UNSPECIFIED, port).into(), limits) {
        Err(error) if no_ipv6(&error) => bind_address((Ipv4Addr::UNSPECIFIED, port).into(), limits),
        bound => bound,
    }
}

fn bind_address(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the connections of the one before.
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(limits.socket_bytes)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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
