//! CloudTrail's records: each once by its ID, and the target of a session by the session's ID.
//!
//! CloudTrail shows a record several times, late and out of order, so no time bounds the memory:
//! the oldest record's ID makes room.

use serde::{Deserialize, Serialize};

use super::held::shortened;
use super::limits::{EVENT_IDS, TARGETS};
use super::table::{Table, fingerprint};
use crate::event::{AwsCall, Event, EventKind, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct CloudTrailIds {
    /// By two fingerprints of the ID: 128 bits, which two records never share.
    seen: Table<(u64, u64), (), EVENT_IDS>,
    targets: Table<String, String, TARGETS>,
}

impl CloudTrailIds {
    /// The record where it counts, with the target that TerminateSession and ResumeSession leave
    /// out.
    pub(super) fn counted<'a>(&mut self, mut event: Event<'a>) -> Option<Event<'a>> {
        let (time, succeeded) = (event.time, event.kind == EventKind::AwsSuccess);
        if let Some(call) = event.aws.as_deref_mut() {
            if self.is_known(&call.event_id, time) {
                return None;
            }
            self.join(call, time, succeeded);
        }
        Some(event)
    }

    fn is_known(&mut self, event_id: &str, time: Time) -> bool {
        let id = (fingerprint(&[event_id]), fingerprint(&["id", event_id]));
        let known = !event_id.is_empty() && self.seen.contains(&id);
        if !known && !event_id.is_empty() {
            self.seen.insert(id, time, ());
        }
        known
    }

    fn join(&mut self, call: &mut AwsCall<'_>, time: Time, succeeded: bool) {
        let Some(session) = call.session_id.as_deref() else { return };
        match &call.target {
            Some(target) if succeeded && call.event_name == "StartSession" => {
                self.targets.insert(shortened(session), time, shortened(target));
            }
            Some(_) => {}
            None => call.target = self.targets.get(&shortened(session)).map(|t| t.clone().into()),
        }
    }
}
