//! One event as a row: the fields of the JSON format, in the order of the contract.

use serde::Serialize;
use wildmatch::WildMatch;

use crate::event::{Event, EventKind, Expected, Time};
use crate::policy::Observation;

/// The fields of one event; absent ones are left out. The names are the format's.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) struct Row<'o> {
    pub(super) time: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) host: &'o str,
    pub(super) event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) program: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<&'o str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) invalid_user: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_user: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<u16>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) identity: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fingerprint: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) command: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tty: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) directory: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<&'static str>,
    #[serde(skip_serializing_if = "is_one")]
    pub(super) count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_name: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aws_account: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aws_region: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_identity: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) destination: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error_code: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_id: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mfa: Option<bool>,
    /// Left out where the kind of event has no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expected: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<&'o str>,
}

fn is_one(count: &u32) -> bool {
    *count == 1
}

impl<'o> Row<'o> {
    /// `rule` is the one that fitted, or why none did.
    pub(super) fn new(observation: &'o Observation<'o>, rule: Option<&'o str>) -> Row<'o> {
        let event = observation.event;
        let aws = event.aws.as_deref();
        let of_host = !matches!(event.kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        Row {
            time: rfc3339(event.time),
            host: &event.host,
            event: event.kind.as_str(),
            program: of_host.then_some(&*event.program),
            user: event.user.as_deref(),
            invalid_user: event.invalid_user,
            target_user: event.target_user.as_deref(),
            method: event.method.map(|method| method.as_str()),
            reason: event.reason.map(|reason| reason.as_str()),
            source: event.source.as_deref(),
            port: event.port,
            identity: &observation.identity,
            fingerprint: event.fingerprint.as_deref(),
            command: event.command.as_deref(),
            tty: event.tty.as_deref(),
            directory: event.directory.as_deref(),
            change: event.change.map(|change| change.as_str()),
            count: event.count,
            event_name: aws.map(|call| &*call.event_name).filter(|name| !name.is_empty()),
            target: aws.and_then(|call| call.target.as_deref()),
            document: aws.and_then(|call| call.document.as_deref()),
            aws_account: aws.and_then(|call| call.account.as_deref()),
            aws_region: aws.and_then(|call| call.region.as_deref()),
            session_id: aws.and_then(|call| call.session_id.as_deref()),
            source_identity: aws.and_then(|call| call.source_identity.as_deref()),
            destination: aws.and_then(|call| call.destination.as_deref()),
            error_code: aws.and_then(|call| call.error_code.as_deref()),
            event_id: aws.map(|call| &*call.event_id).filter(|id| !of_host || !id.is_empty()),
            user_agent: aws.and_then(|call| call.user_agent.as_deref()),
            mfa: aws.and_then(|call| call.mfa),
            expected: match observation.expected {
                Expected::Unset => None,
                judged => Some(judged.as_str()),
            },
            rule,
        }
    }
}

/// RFC 3339 in UTC, with the fraction that was logged.
fn rfc3339(time: Time) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.nanoseconds())).unwrap_or_default().to_string()
}

/// Whether the event's account, the account it became, or the person behind it is meant.
pub(super) fn concerns(observation: &Observation<'_>, who: &WildMatch) -> bool {
    let Event { user, target_user, .. } = observation.event;
    [user.as_deref(), target_user.as_deref(), Some(&*observation.identity)]
        .into_iter()
        .flatten()
        .any(|name| who.matches(name))
}
