//! The other end of a connection, as far as its lines named it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::held::shortened;
use super::table::fingerprint;

/// Host and pid.
pub(super) type Process = (u64, u32);

/// `None` where the record names no process: nothing joins its lines.
pub(super) fn process(host: &str, pid: Option<u32>) -> Option<Process> {
    pid.map(|pid| (fingerprint(&[host]), pid))
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Peer {
    pub(super) source: Option<String>,
    pub(super) port: Option<u16>,
}

impl Peer {
    pub(super) fn of(source: Option<&str>, port: Option<u16>) -> Self {
        Peer { source: source.map(shortened), port }
    }

    pub(super) fn learn(&mut self, source: Option<&str>, port: Option<u16>) {
        if self.source.is_none() {
            self.source = source.map(shortened);
        }
        self.port = self.port.or(port);
    }

    /// Whether this is certainly the same connection, told again.
    pub(super) fn is_same(&self, source: Option<&str>, port: Option<u16>) -> bool {
        port.is_some() && self.port == port && self.source.as_deref() == source
    }

    /// Whether this is certainly someone else. One peer may be named by address and by host name.
    pub(super) fn is_other(&self, source: Option<&str>, port: Option<u16>) -> bool {
        let ports = self.port.zip(port).is_some_and(|(a, b)| a != b);
        if ports || self.source.as_deref() == source {
            return ports;
        }
        let address = |text: Option<&str>| text.and_then(|text| text.parse::<IpAddr>().ok());
        let addresses = address(self.source.as_deref()).zip(address(source));
        addresses.is_some_and(|(a, b)| a != b)
    }
}
