//! One CloudTrail record to an event: who opened a session, on what, from where.
//!
//! Knows the calls that let someone in ([`doors`]) and no others. A record with an error is a call
//! that was refused.
//!
//! Format: "CloudTrail record contents" and "userIdentity element" of the CloudTrail User Guide.

mod doors;
mod lenient;
mod shape;
mod target;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use ssh_key::{HashAlg, PublicKey};

pub use self::doors::{DOORS, Door, Doors};

use self::shape::Record;
use self::target::Target;
use super::principal::{Caller, Issuer};
use super::{Parsed, principal};
use crate::address;
use crate::event::{AwsCall, Event, EventKind, Texts, Time};

/// The document of a `StartSession` that names none.
const SHELL_DOCUMENT: &str = "SSM-SessionManagerRunShell";

/// The label of records that no rule reads.
const PROGRAM: &str = "cloudtrail";

/// Reads one record as JSON, as a trail delivers it and as `LookupEvents` quotes it. A call through
/// a door that is not open is ignored.
pub fn record<'a>(json: &'a [u8], doors: Doors, texts: &'a Texts<'a>) -> Parsed<'a> {
    let Ok(record) = serde_json::from_slice::<Record<'_>>(json) else {
        return Parsed::Unrecognized { program: PROGRAM };
    };
    let source = record.event_source.or_empty();
    let Some(door) = doors.find(source, record.event_name.or_empty()) else {
        return unwanted(&record);
    };
    match event(record, door, texts) {
        Some(event) => Parsed::Event(event),
        None => Parsed::Unrecognized { program: PROGRAM },
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
fn event<'a>(record: Record<'a>, door: &'static Door, texts: &'a Texts<'a>) -> Option<Event<'a>> {
    let kept = |text: Option<Cow<'a, str>>| text.map(|text| texts.keep(text));
    let time = record.event_time.0.as_deref().and_then(time)?;
    let refused = record.error_code.is_filled() || record.error_message.is_filled();
    let kind = if refused { EventKind::AwsFailure } else { EventKind::AwsSuccess };
    let request = record.request_parameters.0.unwrap_or_default();
    let response = record.response_elements.0.unwrap_or_default();
    let user = record.user_identity.0.unwrap_or_default();
    let target = target(&request, record.error_message.or_empty());

    let mut event = Event::new(kind, door.service);
    event.time = time;
    let source = record.source_ip_address.filled().filter(|text| !is_hidden(text));
    event.source = kept(source.map(address::folded));
    event.fingerprint = kept(request.ssh_public_key.0.as_deref().and_then(fingerprint));
    event.user = kept(request.instance_os_user.clone().filled());
    let caller = caller(&user, record.additional_event_data.0.as_ref());
    event.identity = principal::name(&caller).map(|name| texts.copy(&name));
    let reason = request.reason.clone().filled().filter(|_| request.omitted.0 != Some(true));
    let account = record.recipient_account_id.filled().or(user.account_id.clone().filled());
    event.aws = Some(texts.call(AwsCall {
        event_name: door.event_name,
        target: kept(target.name),
        resource: kept(target.whole),
        destination: kept(target::tunnel(&request)),
        reason: kept(reason),
        tags: kept(tags(&request)),
        document: kept(document(door, request.document_name.filled())),
        session_id: kept(session_id(response, request.session_id, request.access_request_id)),
        account: kept(whole_account(account)),
        region: kept(record.aws_region.filled()),
        error_code: kept(record.error_code.filled()),
        event_id: kept(record.event_id.0).unwrap_or_default(),
        original_event_id: kept(record.addendum.0.and_then(|a| a.original_event_id.filled())),
        user_agent: kept(record.user_agent.filled()),
        mfa: mfa(&user),
        source_identity: kept(source_identity(&user)),
    }));
    Some(event)
}

/// Where AWS hides the address it writes a dash, or says so.
fn is_hidden(source: &str) -> bool {
    source == "-" || source == "***" || source.starts_with("HIDDEN_")
}

/// Twelve digits, of which a number lost the zeros before it.
fn whole_account(number: Option<Cow<'_, str>>) -> Option<Cow<'_, str>> {
    let is_short = |n: &str| n.len() < 12 && n.len() > 6 && n.bytes().all(|b| b.is_ascii_digit());
    number.map(|number| match is_short(&number) {
        true => Cow::Owned(format!("{number:0>12}")),
        false => number,
    })
}

/// What the request names, else what the refusal says.
fn target<'a>(request: &shape::Parameters<'a>, refusal: &str) -> Target<'a> {
    let named = target::of_request(request);
    match named.name {
        Some(_) => named,
        None => target::of_refusal(refusal)
            .map_or_else(Target::default, |name| Target::from(Cow::Owned(name))),
    }
}

/// A session's ID, or that of a request for access: what a later call names instead of a target.
fn session_id<'a>(
    response: shape::Response<'a>,
    session: lenient::Text<'a>,
    access_request: lenient::Text<'a>,
) -> Option<Cow<'a, str>> {
    let of_ecs = response.session.0.and_then(|session| session.session_id.filled());
    let ids = [response.session_id.filled(), of_ecs, session.filled()];
    let requests = [response.access_request_id.filled(), access_request.filled()];
    ids.into_iter().chain(requests).flatten().next()
}

/// A document's ARN ends in its name. Session Manager runs a shell where none is named.
fn document<'a>(door: &Door, named: Option<Cow<'a, str>>) -> Option<Cow<'a, str>> {
    match named {
        Some(name) => match name.split_once(":document/") {
            Some((arn, rest)) if arn.starts_with("arn:") => Some(Cow::Owned(rest.to_owned())),
            _ => Some(name),
        },
        None if (door.service, door.event_name) == ("ssm", "StartSession") => {
            Some(Cow::Borrowed(SHELL_DOCUMENT))
        }
        None => None,
    }
}

/// `ticket=INC-4711 team=ops`
fn tags<'a>(request: &shape::Parameters<'a>) -> Option<Cow<'a, str>> {
    let pairs = request.tags.0.iter();
    let pairs = pairs.map(|tag| format!("{}={}", tag.key.or_empty(), tag.value.or_empty()));
    let all: Vec<String> = pairs.collect();
    (!all.is_empty()).then(|| Cow::Owned(all.join(" ")))
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

/// RFC 3339; what Athena, Lake and Panther make of it has a blank and no zone, and is UTC. A number
/// is seconds since 1970, or milliseconds.
fn time(text: &str) -> Option<Time> {
    if let Ok(number) = text.parse::<i64>() {
        return match text.len() {
            10 => Some(Time::new(number, 0)),
            13 => Some(Time::from_nanoseconds(number.checked_mul(1_000_000)?)),
            _ => None,
        };
    }
    let stamp: jiff::Timestamp = text.parse().ok().or_else(|| {
        let bare = text.trim_end_matches(" UTC").replacen(' ', "T", 1);
        format!("{bare}Z").parse().ok()
    })?;
    let nanoseconds = i64::try_from(stamp.as_nanosecond()).ok()?;
    Some(Time::from_nanoseconds(nanoseconds))
}

/// sshd logs the login with the same fingerprint, which joins the two.
fn fingerprint(key: &str) -> Option<Cow<'static, str>> {
    let key = PublicKey::from_openssh(key.trim()).ok()?;
    Some(Cow::Owned(key.fingerprint(HashAlg::Sha256).to_string()))
}
