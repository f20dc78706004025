//! What is known of one process of sshd, login or another program that lets people in: whom it
//! serves, how far it came, and what of it waits.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::held::shortened;
use super::waiting::Place;
use crate::keyed::same;

/// How far the connection of a process came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nobody is in yet.
    #[default]
    Before,
    LoggedIn,
    /// Somebody was in, and the end was logged: its last lines come now, then the pid is free.
    LoggedOut,
}

/// One record for a host and pid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(super) struct Process {
    /// In seconds since the epoch: from then on the pid is another process.
    pub(super) until: i64,
    pub(super) stage: Stage,
    pub(super) peer: Peer,
    /// Its rejection was counted.
    pub(super) rejected: bool,
    /// An attempt was refused.
    pub(super) failed: bool,
    /// The unknown user that its newest line named, as a number; 0 for none.
    pub(super) stranger: u32,
    pub(super) waits: Option<Box<Waits>>,
}

/// What waits for another line of the process. Few do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Waits {
    pub(super) rejection: Option<Place>,
    pub(super) failures: Vec<Place>,
}

/// As it is saved: ten thousand of them are written at each scrape with news, so it is short.
#[derive(Serialize, Deserialize)]
struct Saved(i64, u8, SmolStr, u16, u32, Option<Box<Waits>>);

impl From<Process> for Saved {
    fn from(process: Process) -> Saved {
        let bits = process.stage as u8
            | u8::from(process.rejected) << 2
            | u8::from(process.failed) << 3
            | u8::from(process.peer.source.is_some()) << 4
            | u8::from(process.peer.port.is_some()) << 5;
        Saved(
            process.until,
            bits,
            process.peer.source.unwrap_or_default(),
            process.peer.port.unwrap_or_default(),
            process.stranger,
            process.waits,
        )
    }
}

impl From<Saved> for Process {
    fn from(Saved(until, bits, source, port, stranger, waits): Saved) -> Process {
        let is = |bit: u8| bits & 1 << bit != 0;
        let stage = match bits & 3 {
            1 => Stage::LoggedIn,
            2 => Stage::LoggedOut,
            _ => Stage::Before,
        };
        let peer = Peer { source: is(4).then_some(source), port: is(5).then_some(port) };
        Process { until, stage, peer, rejected: is(2), failed: is(3), stranger, waits }
    }
}

impl Process {
    pub(super) fn let_in(&self) -> bool {
        self.stage != Stage::Before
    }

    pub(super) fn is_over(&self, seconds: i64) -> bool {
        self.until <= seconds
    }

    pub(super) fn rejection(&self) -> Option<Place> {
        self.waits.as_ref()?.rejection
    }

    pub(super) fn take_rejection(&mut self) -> Option<Place> {
        let place = self.waits.as_mut()?.rejection.take();
        self.tidy();
        place
    }

    pub(super) fn take_failures(&mut self) -> Vec<Place> {
        let failures = self.waits.as_mut().map(|waits| std::mem::take(&mut waits.failures));
        self.tidy();
        failures.unwrap_or_default()
    }

    /// An event of this process does not wait any more.
    pub(super) fn released(&mut self, place: Place) {
        if let Some(waits) = &mut self.waits {
            waits.failures.retain(|failure| *failure != place);
            waits.rejection = waits.rejection.filter(|rejection| *rejection != place);
        }
        self.tidy();
    }

    fn tidy(&mut self) {
        self.waits = self.waits.take().filter(|waits| **waits != Waits::default());
    }
}

/// The other end of a connection, as far as its lines named it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Peer {
    pub(super) source: Option<SmolStr>,
    pub(super) port: Option<u16>,
}

impl Peer {
    pub(super) fn of(source: Option<&str>, port: Option<u16>) -> Self {
        Peer { source: source.map(short), port }
    }

    #[inline]
    pub(super) fn learn(&mut self, source: Option<&str>, port: Option<u16>) {
        if self.source.is_none() {
            self.source = source.map(short);
        }
        self.port = self.port.or(port);
    }

    /// Whether this is certainly the same connection, told again.
    pub(super) fn is_same(&self, source: Option<&str>, port: Option<u16>) -> bool {
        port.is_some() && self.port == port && self.source.as_deref() == source
    }

    /// Whether this is certainly someone else. One peer may be named by address and by host name.
    #[inline(always)]
    pub(super) fn is_other(&self, source: Option<&str>, port: Option<u16>) -> bool {
        let ports = matches!((self.port, port), (Some(a), Some(b)) if a != b);
        if ports {
            return true;
        }
        match (self.source.as_deref(), source) {
            (Some(a), Some(b)) => !same(a.as_bytes(), b.as_bytes()) && are_other_addresses(a, b),
            _ => false,
        }
    }
}

#[inline(never)]
fn are_other_addresses(a: &str, b: &str) -> bool {
    matches!((a.parse::<IpAddr>(), b.parse::<IpAddr>()), (Ok(a), Ok(b)) if a != b)
}

/// An address stands in the record itself; a name that is longer than any is cut.
fn short(source: &str) -> SmolStr {
    if source.len() <= super::limits::FIELD { source.into() } else { shortened(source).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_process_is_the_same_process() {
        let process = Process {
            until: 1_795_452_260,
            stage: Stage::LoggedOut,
            peer: Peer::of(Some("203.0.113.9"), Some(4242)),
            rejected: true,
            failed: false,
            stranger: 0,
            waits: None,
        };
        let saved = serde_json::to_string(&process).unwrap();
        assert_eq!(saved, r#"[1795452260,54,"203.0.113.9",4242,0,null]"#);
        assert_eq!(serde_json::from_str::<Process>(&saved).unwrap(), process);
        let waits = Waits { rejection: Some((1, 2, 3)), failures: vec![(1, 3, 4)] };
        let process = Process { waits: Some(Box::new(waits)), failed: true, ..Process::default() };
        let saved = serde_json::to_string(&process).unwrap();
        assert_eq!(serde_json::from_str::<Process>(&saved).unwrap(), process);
    }
}
