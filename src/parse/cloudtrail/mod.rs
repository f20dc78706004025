//! One CloudTrail record to an event: who opened a session, on what, from where.
//!
//! Knows the calls that let someone in to an instance and no others: Session Manager's
//! `StartSession`, `ResumeSession` and `TerminateSession`, and EC2 Instance Connect's
//! `SendSSHPublicKey`, `SendSerialConsoleSSHPublicKey` and `OpenTunnel`. Each counts under its
//! event source: Athena has a `StartSession` too. A record with an `errorCode` is a call that was
//! refused.
//!
//! Format: "CloudTrail record contents" and "userIdentity element" of the CloudTrail User Guide.

mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use ssh_key::{HashAlg, PublicKey};

use self::shape::Record;
use super::principal::{Caller, Issuer};
use super::{Parsed, principal};
use crate::address;
use crate::event::{AwsCall, Event, EventKind, Time};

/// The document of a `StartSession` that names none.
const SHELL_DOCUMENT: &str = "SSM-SessionManagerRunShell";

/// The label of records that no rule reads.
const PROGRAM: &str = "cloudtrail";

/// The calls that count, by event source. A source that polls by event name asks for these, in
/// this order: a session's target stands in its `StartSession` alone.
pub const EVENT_NAMES: [&str; 6] = [
    "StartSession",
    "ResumeSession",
    "TerminateSession",
    "SendSSHPublicKey",
    "SendSerialConsoleSSHPublicKey",
    "OpenTunnel",
];

/// Reads one record as JSON, as a trail delivers it and as `LookupEvents` quotes it.
pub fn record(json: &[u8]) -> Parsed<'_> {
    let Ok(record) = serde_json::from_slice::<Record<'_>>(json) else {
        return Parsed::Unrecognized { program: PROGRAM };
    };
    let Some(program) = program(&record) else { return unwanted(&record) };
    match event(record, program) {
        Some(event) => Parsed::Event(event),
        None => Parsed::Unrecognized { program: PROGRAM },
    }
}

/// The service whose call this is, if it is one that counts.
fn program(record: &Record<'_>) -> Option<&'static str> {
    let source = record.event_source.0.as_deref()?;
    let name = record.event_name.0.as_deref()?;
    let (ssm, connect) = EVENT_NAMES.split_at(3);
    match source {
        "ssm.amazonaws.com" if ssm.contains(&name) => Some("ssm"),
        "ec2-instance-connect.amazonaws.com" if connect.contains(&name) => {
            Some("ec2-instance-connect")
        }
        _ => None,
    }
}

/// Another call, an Insights event or a digest is known and of no interest. An object without any
/// of their marks is no record at all.
fn unwanted(record: &Record<'_>) -> Parsed<'static> {
    let named = record.event_source.0.is_some() && record.event_name.0.is_some();
    if named || record.event_type.0.is_some() || record.digest_start_time.0.is_some() {
        return Parsed::Ignored;
    }
    Parsed::Unrecognized { program: PROGRAM }
}

/// `None` where the time cannot be read: an event without one cannot be placed.
fn event<'a>(record: Record<'a>, program: &'static str) -> Option<Event<'a>> {
    let time = record.event_time.0.as_deref().and_then(time)?;
    let error_code = record.error_code.filled();
    let kind = if error_code.is_some() { EventKind::AwsFailure } else { EventKind::AwsSuccess };
    let request = record.request_parameters.0.unwrap_or_default();
    let response = record.response_elements.0.unwrap_or_default();
    let user = record.user_identity.0.unwrap_or_default();

    let mut event = Event::new(kind, program);
    event.time = time;
    event.source = record.source_ip_address.filled().map(address::folded);
    event.fingerprint = request.ssh_public_key.0.as_deref().and_then(fingerprint);
    event.user = request.instance_os_user.filled();
    let event_name = record.event_name.0.unwrap_or_default();
    event.aws = Some(Box::new(AwsCall {
        document: document(&event_name, request.document_name.filled()),
        session_id: response.session_id.filled().or(request.session_id.filled()),
        destination: None,
        target: target(request.target, request.instance_id, request.private_ip_address),
        account: record.recipient_account_id.filled().or(user.account_id.clone().filled()),
        region: record.aws_region.filled(),
        error_code,
        event_id: record.event_id.0.unwrap_or_default(),
        user_agent: record.user_agent.filled(),
        mfa: mfa(&user),
        source_identity: source_identity(&user),
        event_name,
    }));
    let caller = caller(&user, record.additional_event_data.0.as_ref());
    event.identity = principal::name(&caller).map(Cow::Owned);
    Some(event)
}

/// Session Manager names it `target`, EC2 Instance Connect `instanceId`; a tunnel may name only
/// the private address that it leads to.
fn target<'a>(
    target: shape::Text<'a>,
    instance: shape::Text<'a>,
    address: shape::Text<'a>,
) -> Option<Cow<'a, str>> {
    target.filled().or(instance.filled()).or(address.filled())
}

fn document<'a>(event_name: &str, named: Option<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    match event_name {
        "StartSession" => Some(named.unwrap_or(Cow::Borrowed(SHELL_DOCUMENT))),
        _ => named,
    }
}

/// Whom STS was told to stand behind the session, and behind every session that it opens in turn.
fn source_identity<'a>(user: &shape::UserIdentity<'a>) -> Option<Cow<'a, str>> {
    user.session_context.0.as_ref()?.source_identity.clone().filled()
}

fn caller<'s>(
    user: &'s shape::UserIdentity<'_>,
    additional: Option<&'s shape::Additional<'_>>,
) -> Caller<'s> {
    let issuer = user.session_context.0.as_ref().and_then(|c| c.session_issuer.0.as_ref());
    let behalf = user.on_behalf_of.0.as_ref();
    Caller {
        kind: user.kind.or_empty(),
        arn: user.arn.or_empty(),
        account: user.account_id.or_empty(),
        principal_id: user.principal_id.or_empty(),
        user_name: user.user_name.or_empty(),
        invoked_by: user.invoked_by.or_empty(),
        issuer: issuer.map(|i| Issuer { arn: i.arn.or_empty(), user_name: i.user_name.or_empty() }),
        center_names: [
            additional.map_or("", |data| data.user_name.or_empty()),
            behalf.map_or("", |behalf| behalf.user_name.or_empty()),
        ],
        center_id: behalf.map_or("", |behalf| behalf.user_id.or_empty()),
    }
}

fn mfa(user: &shape::UserIdentity<'_>) -> Option<bool> {
    user.session_context.0.as_ref()?.attributes.0.as_ref()?.mfa_authenticated.0
}

fn time(text: &str) -> Option<Time> {
    let stamp: jiff::Timestamp = text.parse().ok()?;
    let nanoseconds = i64::try_from(stamp.as_nanosecond()).ok()?;
    Some(Time::from_nanoseconds(nanoseconds))
}

/// sshd logs the login with the same fingerprint, which joins the two.
fn fingerprint(key: &str) -> Option<Cow<'static, str>> {
    let key = PublicKey::from_openssh(key.trim()).ok()?;
    Some(Cow::Owned(key.fingerprint(HashAlg::Sha256).to_string()))
}
