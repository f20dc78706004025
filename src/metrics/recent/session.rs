//! A session of Session Manager, as the host's agent and CloudTrail tell it: one access, whoever
//! told it first, with its end.

use serde::{Deserialize, Serialize};

use super::{Access, set};
use crate::event::{EventKind, SSM_AGENT};
use crate::metrics::series::MAX_VALUE_BYTES;
use crate::policy::Observation;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: String,
    /// The host's agent told of it.
    pub by_host: bool,
    /// CloudTrail told of it.
    pub by_aws: bool,
    /// Seconds from its start until CloudTrail told, where the exporter watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<i64>,
    /// Unix seconds at which the host saw that it had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// Whole seconds, where its end was seen as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted: Option<u64>,
}

impl Session {
    /// What the event tells of a session's beginning or end. A call that resumes one or ends it
    /// from afar is an access of its own.
    pub(super) fn of(seen: &Observation<'_>, counted: Option<i64>) -> Option<Session> {
        let event = seen.event;
        let call = event.aws?;
        let id = call.session_id.filter(|id| !id.is_empty())?;
        let id = id[..id.floor_char_boundary(MAX_VALUE_BYTES)].to_owned();
        let time = event.time.seconds();
        let session = Session { id, ..Session::default() };
        let by_agent = event.program == SSM_AGENT;
        if by_agent && event.kind == EventKind::LoginSuccess {
            return Some(Session { by_host: true, ..session });
        }
        if by_agent && event.kind == EventKind::SessionClosed {
            let lasted = seen.duration.map(|seconds| seconds as u64);
            return Some(Session { by_host: true, ended: Some(time), lasted, ..session });
        }
        if event.kind == EventKind::AwsSuccess && call.event_name == "StartSession" {
            let late = counted.map(|counted| counted.saturating_sub(time).max(0));
            return Some(Session { by_aws: true, late, ..session });
        }
        None
    }

    /// Whether it goes on, as far as the host's agent tells.
    pub fn is_open(&self) -> bool {
        self.by_host && self.ended.is_none()
    }
}

/// Adds what one side tells to what the other told of the same session.
pub(super) fn join(access: &mut Access, told: &Session, seen: &Observation<'_>) {
    let Some(session) = access.session.as_deref_mut() else { return };
    session.by_host |= told.by_host;
    session.by_aws |= told.by_aws;
    session.late = session.late.or(told.late);
    session.ended = session.ended.or(told.ended);
    session.lasted = session.lasted.or(told.lasted);
    if told.ended.is_some() {
        return;
    }
    let event = seen.event;
    let call = event.aws;
    if event.kind == EventKind::LoginSuccess {
        access.event = event.kind.as_str();
        set(&mut access.program, event.program);
        set(&mut access.method, event.method.map_or("", |method| method.as_str()));
    }
    let target = call.and_then(|call| call.target);
    let (user, host) = (event.user.unwrap_or_default(), event.host);
    complete(&mut access.user, user);
    complete(&mut access.host, host);
    complete(&mut access.identity, &seen.identity);
    complete(&mut access.detail, target.unwrap_or_default());
    if access.source.is_empty() {
        set(&mut access.source, event.source.unwrap_or_default());
        set(&mut access.network, &seen.network);
    }
    access.expected = judged(access.expected, seen.expected.as_str());
}

fn complete(known: &mut String, told: &str) {
    if known.is_empty() {
        set(known, told);
    }
}

/// Two kinds of rules judge a session: what one of them does not expect, nobody did.
fn judged(one: &'static str, other: &'static str) -> &'static str {
    let either = |word| one == word || other == word;
    match () {
        () if either("false") => "false",
        () if either("true") => "true",
        () => one,
    }
}
