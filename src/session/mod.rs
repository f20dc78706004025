//! What stands between single records: one connection's verdict, open sessions, who failed before.
//!
//! Owns every memory across records, each bounded, all saved in one snapshot. Pure: time comes
//! with the events, and [`Memory::expire`] is told what time it is.

use serde::{Deserialize, Serialize};

use crate::event::{Event, Hint, Time};

/// An event that counts, with what only the memory across records knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<'a> {
    pub event: Event<'a>,
    /// Seconds, of a closed session whose opening was seen.
    pub duration: Option<f64>,
    /// A success from an address that failed often within the hour before.
    pub after_failures: bool,
    /// Whom EC2 Instance Connect named for the key of this login within the minute before.
    pub principal: Option<String>,
    /// The line that named the principal came from the journal, so no local user wrote it.
    pub principal_trusted: bool,
}

impl Counted<'_> {
    /// The same with text of its own, to be kept past the record.
    pub fn into_owned(self) -> Counted<'static> {
        let Counted { event, duration, after_failures, principal, principal_trusted } = self;
        Counted {
            event: event.into_owned(),
            duration,
            after_failures,
            principal,
            principal_trusted,
        }
    }
}

impl<'a> From<Event<'a>> for Counted<'a> {
    fn from(event: Event<'a>) -> Self {
        Counted {
            event,
            duration: None,
            after_failures: false,
            principal: None,
            principal_trusted: false,
        }
    }
}

/// Everything remembered between records.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Memory {}

impl Memory {
    /// Takes one event and appends to `out` what now counts: this event, an earlier one that was
    /// held back, or nothing yet.
    pub fn event<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        out.push(event.into());
    }

    /// Takes a line that is no event but that another one needs.
    pub fn hint(&mut self, _hint: Hint<'_>, _out: &mut Vec<Counted<'_>>) {}

    /// Lets go of what was held back and can no longer be joined at `now`.
    pub fn expire(&mut self, _now: Time, _out: &mut Vec<Counted<'static>>) {}

    /// Lets go of all that is held back: nothing more will come.
    pub fn finish(&mut self, _out: &mut Vec<Counted<'static>>) {}

    /// Open sessions by program and user: the gauge `login_sessions_active`.
    pub fn sessions_active(&self) -> Vec<(String, String, u64)> {
        Vec::new()
    }

    /// The host started at `boot`: what was open before is not open.
    pub fn host_started(&mut self, _host: &str, _boot: Time) {}
}
