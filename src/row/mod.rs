//! One event as the fields that every form of output shows: `history`'s JSON, CSV and table, and
//! the lines of the archive.
//!
//! Owns the names of the fields, their order, and how JSON spells them; the schema of it is
//! `deploy/history.schema.json`. What an attacker chose stands in them as logged, but no character
//! that a terminal obeys or a reader does not see goes out raw.

mod json;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::event::{AwsCall, Change, Event, EventKind, Expected, Method, Reason, Time};
use crate::policy::Observation;
use crate::policy::origin::Origin;

/// Text that is absent where the event has none.
type Text<'o> = Option<Cow<'o, str>>;

/// The fields of one event; absent ones are left out. The names are the format's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row<'o> {
    #[serde(serialize_with = "to_rfc3339", deserialize_with = "from_rfc3339")]
    pub time: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Text<'o>,
    pub event: Cow<'o, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Text<'o>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invalid_user: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_user: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tty: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Text<'o>,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u32,
    /// Seconds, of a closed session whose opening was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Text<'o>,
    /// The whole of what the target stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_account: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_region: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identity: Text<'o>,
    /// Where a tunnel leads from the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Text<'o>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Text<'o>,
    /// Of the address, two letters of ISO 3166.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Text<'o>,
    /// Who runs the network of the address: `AS64500 Example Net`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Text<'o>,
    /// Left out where the kind of event has no rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Text<'o>,
    /// The place of the rule that fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Text<'o>,
    /// Why none did, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Text<'o>,
}

/// The fields in the order of the format: the columns of CSV.
pub const FIELDS: &[&str] = &[
    "time",
    "host",
    "event",
    "program",
    "user",
    "invalid_user",
    "target_user",
    "method",
    "reason",
    "source",
    "port",
    "identity",
    "fingerprint",
    "command",
    "tty",
    "directory",
    "change",
    "count",
    "duration",
    "event_name",
    "target",
    "resource",
    "tags",
    "document",
    "aws_account",
    "aws_region",
    "session_id",
    "source_identity",
    "destination",
    "error_code",
    "event_id",
    "user_agent",
    "mfa",
    "network",
    "country",
    "operator",
    "expected",
    "rule",
    "why",
];

fn one() -> u32 {
    1
}

fn is_one(count: &u32) -> bool {
    *count == 1
}

impl<'o> Row<'o> {
    pub fn new(observation: &'o Observation<'o>) -> Row<'o> {
        let event = observation.event;
        let aws = event.aws.as_deref();
        let of_aws = matches!(event.kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        let call = |part: for<'c> fn(&'c AwsCall<'o>) -> &'c Text<'o>| {
            aws.and_then(|call| part(call).as_deref()).map(Cow::Borrowed)
        };
        Row {
            time: event.time,
            host: filled(&event.host),
            event: Cow::Borrowed(event.kind.as_str()),
            program: (!of_aws).then_some(Cow::Borrowed(&*event.program)),
            user: event.user.as_deref().map(Cow::Borrowed),
            invalid_user: event.invalid_user,
            target_user: event.target_user.as_deref().map(Cow::Borrowed),
            method: event.method.map(|method| Cow::Borrowed(method.as_str())),
            reason: event
                .reason
                .map(|reason| Cow::Borrowed(reason.as_str()))
                .or_else(|| call(|call| &call.reason)),
            source: event.source.as_deref().map(Cow::Borrowed),
            port: event.port,
            identity: filled(&observation.identity),
            fingerprint: event.fingerprint.as_deref().map(Cow::Borrowed),
            command: event.command.as_deref().map(Cow::Borrowed),
            tty: event.tty.as_deref().map(Cow::Borrowed),
            directory: event.directory.as_deref().map(Cow::Borrowed),
            change: event.change.map(|change| Cow::Borrowed(change.as_str())),
            count: event.count,
            duration: observation.duration,
            event_name: aws.and_then(|call| filled(&call.event_name)),
            target: call(|call| &call.target),
            resource: call(|call| &call.resource),
            tags: call(|call| &call.tags),
            document: call(|call| &call.document),
            aws_account: call(|call| &call.account),
            aws_region: call(|call| &call.region),
            session_id: call(|call| &call.session_id),
            source_identity: call(|call| &call.source_identity),
            destination: call(|call| &call.destination),
            error_code: call(|call| &call.error_code),
            event_id: aws.and_then(|call| filled(&call.event_id)),
            user_agent: call(|call| &call.user_agent),
            mfa: aws.and_then(|call| call.mfa),
            network: network(observation),
            country: None,
            operator: None,
            expected: match observation.expected {
                Expected::Unset => None,
                judged => Some(Cow::Borrowed(judged.as_str())),
            },
            rule: observation.rule.map(Cow::Borrowed),
            why: None,
        }
    }

    /// Says where its address is from, as far as it does not say so already.
    pub fn tell_origin(&mut self, origin: Origin) {
        let Origin { country, operator } = origin;
        self.country = self.country.take().or(country.map(Cow::Owned));
        self.operator = self.operator.take().or(operator.map(Cow::Owned));
    }

    /// Reads a line that [`Row::write_json`] wrote.
    ///
    /// # Errors
    /// It is no JSON, or lacks time or event.
    pub fn from_json(line: &'o [u8]) -> serde_json::Result<Row<'o>> {
        serde_json::from_slice(line)
    }

    /// One object and a line end.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl io::Write) -> io::Result<()> {
        let mut serializer = serde_json::Serializer::with_formatter(&mut *out, json::Plain);
        self.serialize(&mut serializer)?;
        out.write_all(b"\n")
    }

    /// The event that the row tells of; what policy found stands in [`Row::observation`].
    pub fn to_event(&'o self) -> Option<Event<'o>> {
        let borrowed = |text: &'o Text<'o>| text.as_deref().map(Cow::Borrowed);
        let text = |text: &'o Text<'o>| Cow::Borrowed(text.as_deref().unwrap_or_default());
        let of_aws = self.event_name.is_some() || self.session_id.is_some();
        let kind = EventKind::from_name(&self.event)?;
        // Of a call to AWS the reason is the caller's own words.
        let calls = matches!(kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        let aws = of_aws.then(|| {
            Box::new(AwsCall {
                event_name: text(&self.event_name),
                target: borrowed(&self.target),
                resource: borrowed(&self.resource),
                tags: borrowed(&self.tags),
                reason: borrowed(&self.reason).filter(|_| calls),
                document: borrowed(&self.document),
                account: borrowed(&self.aws_account),
                region: borrowed(&self.aws_region),
                session_id: borrowed(&self.session_id),
                source_identity: borrowed(&self.source_identity),
                destination: borrowed(&self.destination),
                error_code: borrowed(&self.error_code),
                event_id: text(&self.event_id),
                user_agent: borrowed(&self.user_agent),
                mfa: self.mfa,
                ..AwsCall::default()
            })
        });
        Some(Event {
            time: self.time,
            host: text(&self.host),
            count: self.count,
            user: borrowed(&self.user),
            invalid_user: self.invalid_user,
            target_user: borrowed(&self.target_user),
            method: self.method.as_deref().and_then(Method::from_name),
            reason: self.reason.as_deref().filter(|_| !calls).and_then(Reason::from_name),
            source: borrowed(&self.source),
            port: self.port,
            fingerprint: borrowed(&self.fingerprint),
            identity: borrowed(&self.identity),
            command: borrowed(&self.command),
            tty: borrowed(&self.tty),
            directory: borrowed(&self.directory),
            change: self.change.as_deref().and_then(Change::from_name),
            aws,
            ..Event::new(kind, self.program.as_deref().unwrap_or_default())
        })
    }

    /// What was judged when the event was counted. `event` is [`Row::to_event`]'s.
    pub fn observation(&'o self, event: &'o Event<'o>) -> Observation<'o> {
        let expected = self.expected.as_deref().and_then(Expected::from_name);
        Observation {
            event,
            identity: Cow::Borrowed(self.identity.as_deref().unwrap_or_default()),
            network: Cow::Borrowed(self.network.as_deref().unwrap_or_default()),
            expected: expected.unwrap_or(Expected::Unset),
            rule: self.rule.as_deref(),
            duration: self.duration,
            after_failures: false,
        }
    }

    pub fn kind(&self) -> Option<EventKind> {
        EventKind::from_name(&self.event)
    }
}

fn filled(text: &str) -> Text<'_> {
    (!text.is_empty()).then_some(Cow::Borrowed(text))
}

/// Where nothing tells whence someone came, as in sudo's lines, there is no network either.
fn network<'o>(observation: &'o Observation<'o>) -> Text<'o> {
    let event = observation.event;
    let placed = event.source.is_some() || event.aws.is_some();
    if placed { filled(&observation.network) } else { None }
}

/// RFC 3339 in UTC, with the fraction that was logged.
pub fn rfc3339(time: Time) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(time.nanoseconds())).unwrap_or_default().to_string()
}

fn to_rfc3339<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*time))
}

fn from_rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
    let nanoseconds = i64::try_from(stamp.as_nanosecond()).map_err(serde::de::Error::custom)?;
    Ok(Time::from_nanoseconds(nanoseconds))
}
