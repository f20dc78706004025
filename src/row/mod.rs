//! One event as the fields that every form of output shows: `history`'s JSON, CSV and table, and
//! the lines of the archive.
//!
//! Owns the names of the fields, their order, and how JSON spells them; the schema of it is
//! `deploy/history.schema.json`. What an attacker chose stands in them as logged, but no character
//! that a terminal obeys or a reader does not see goes out raw.

mod json;
mod stamp;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::event::{AwsCall, Change, Event, EventKind, Expected, Method, Reason, Texts, Time};
use crate::policy::Observation;
use crate::policy::origin::Origin;

pub use stamp::rfc3339;

/// Text that is absent where the event has none.
type Text<'o> = Option<Cow<'o, str>>;

/// Declares the row: its fields in the order of the format, the names being the format's.
macro_rules! row {
    ($(#[$meta:meta])* $row:ident<$o:lifetime> { $($(#[$of:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        pub struct $row<$o> { $($(#[$of])* pub $field: $type,)+ }

        /// The fields in the order of the format: the columns of CSV.
        pub const FIELDS: &[&str] = &[$(stringify!($field)),+];

        impl $row<'_> {
            /// One object and a line end.
            pub fn write_json(&self, out: &mut Vec<u8>) {
                let start = out.len();
                $(if let Some(value) = self.$field.value() {
                    out.extend_from_slice(concat!(",\"", stringify!($field), "\":").as_bytes());
                    json::put(value, out);
                })+
                // The time is never absent, so the object begins where the first comma stands.
                out[start] = b'{';
                out.extend_from_slice(b"}\n");
            }

            /// What stands in each of [`FIELDS`].
            pub fn values(&self) -> [Option<Value<'_>>; FIELDS.len()] {
                [$(self.$field.value()),+]
            }
        }
    };
}

row! {
    /// The fields of one event; absent ones are left out.
    Row<'o> {
        #[serde(deserialize_with = "from_rfc3339")]
        time: Time,
        host: Text<'o>,
        event: Cow<'o, str>,
        program: Text<'o>,
        user: Text<'o>,
        #[serde(default)]
        invalid_user: bool,
        target_user: Text<'o>,
        method: Text<'o>,
        reason: Text<'o>,
        source: Text<'o>,
        port: Option<u16>,
        identity: Text<'o>,
        fingerprint: Text<'o>,
        command: Text<'o>,
        tty: Text<'o>,
        directory: Text<'o>,
        change: Text<'o>,
        #[serde(default = "one")]
        count: u32,
        /// Seconds, of a closed session whose opening was seen.
        duration: Option<f64>,
        event_name: Text<'o>,
        target: Text<'o>,
        /// The whole of what the target stands for.
        resource: Text<'o>,
        tags: Text<'o>,
        document: Text<'o>,
        aws_account: Text<'o>,
        aws_region: Text<'o>,
        session_id: Text<'o>,
        source_identity: Text<'o>,
        /// Where a tunnel leads from the host.
        destination: Text<'o>,
        error_code: Text<'o>,
        event_id: Text<'o>,
        user_agent: Text<'o>,
        mfa: Option<bool>,
        network: Text<'o>,
        /// Of the address, two letters of ISO 3166.
        country: Text<'o>,
        /// Who runs the network of the address: `AS64500 Example Net`.
        operator: Text<'o>,
        /// Left out where the kind of event has no rules.
        expected: Text<'o>,
        /// The place of the rule that fitted.
        rule: Text<'o>,
        /// Why none did, in words.
        why: Text<'o>,
    }
}

fn one() -> u32 {
    1
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'v> {
    Time(Time),
    Text(&'v str),
    Flag(bool),
    Whole(u32),
    Seconds(f64),
}

/// A type of field; `None` where nothing is to be shown.
trait Field {
    fn value(&self) -> Option<Value<'_>>;
}

impl Field for Time {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Time(*self))
    }
}

impl Field for Cow<'_, str> {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Text(self))
    }
}

impl Field for Text<'_> {
    fn value(&self) -> Option<Value<'_>> {
        self.as_deref().map(Value::Text)
    }
}

impl Field for bool {
    fn value(&self) -> Option<Value<'_>> {
        self.then_some(Value::Flag(true))
    }
}

impl Field for Option<bool> {
    fn value(&self) -> Option<Value<'_>> {
        self.map(Value::Flag)
    }
}

impl Field for Option<u16> {
    fn value(&self) -> Option<Value<'_>> {
        self.map(u32::from).map(Value::Whole)
    }
}

/// How often: once is nothing to tell.
impl Field for u32 {
    fn value(&self) -> Option<Value<'_>> {
        (*self != 1).then_some(Value::Whole(*self))
    }
}

impl Field for Option<f64> {
    fn value(&self) -> Option<Value<'_>> {
        self.map(Value::Seconds)
    }
}

impl<'o> Row<'o> {
    pub fn new(observation: &'o Observation<'o>) -> Row<'o> {
        let event = observation.event;
        let of_aws = matches!(event.kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        let call = event.aws.copied().unwrap_or_default();
        let text = |part: Option<&'o str>| part.map(Cow::Borrowed);
        Row {
            time: event.time,
            host: filled(event.host),
            event: Cow::Borrowed(event.kind.as_str()),
            program: (!of_aws).then_some(Cow::Borrowed(event.program)),
            user: text(event.user),
            invalid_user: event.invalid_user,
            target_user: text(event.target_user),
            method: event.method.map(|method| Cow::Borrowed(method.as_str())),
            reason: event.reason.map(|reason| Cow::Borrowed(reason.as_str())).or(text(call.reason)),
            source: text(event.source),
            port: event.port,
            identity: filled(&observation.identity),
            fingerprint: text(event.fingerprint),
            command: text(event.command),
            tty: text(event.tty),
            directory: text(event.directory),
            change: event.change.map(|change| Cow::Borrowed(change.as_str())),
            count: event.count,
            duration: observation.duration,
            event_name: filled(call.event_name),
            target: text(call.target),
            resource: text(call.resource),
            tags: text(call.tags),
            document: text(call.document),
            aws_account: text(call.account),
            aws_region: text(call.region),
            session_id: text(call.session_id),
            source_identity: text(call.source_identity),
            destination: text(call.destination),
            error_code: text(call.error_code),
            event_id: filled(call.event_id),
            user_agent: text(call.user_agent),
            mfa: call.mfa,
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

    /// The event that the row tells of; what policy found stands in [`Row::observation`].
    pub fn to_event(&'o self, texts: &'o Texts<'o>) -> Option<Event<'o>> {
        let text = |text: &'o Text<'o>| text.as_deref().unwrap_or_default();
        let of_aws = self.event_name.is_some() || self.session_id.is_some();
        let kind = EventKind::from_name(&self.event)?;
        // Of a call to AWS the reason is the caller's own words.
        let calls = matches!(kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        let aws = of_aws.then(|| {
            texts.call(AwsCall {
                event_name: text(&self.event_name),
                target: self.target.as_deref(),
                resource: self.resource.as_deref(),
                tags: self.tags.as_deref(),
                reason: self.reason.as_deref().filter(|_| calls),
                document: self.document.as_deref(),
                account: self.aws_account.as_deref(),
                region: self.aws_region.as_deref(),
                session_id: self.session_id.as_deref(),
                source_identity: self.source_identity.as_deref(),
                destination: self.destination.as_deref(),
                error_code: self.error_code.as_deref(),
                event_id: text(&self.event_id),
                user_agent: self.user_agent.as_deref(),
                mfa: self.mfa,
                ..AwsCall::default()
            })
        });
        Some(Event {
            time: self.time,
            host: text(&self.host),
            count: self.count,
            user: self.user.as_deref(),
            invalid_user: self.invalid_user,
            target_user: self.target_user.as_deref(),
            method: self.method.as_deref().and_then(Method::from_name),
            reason: self.reason.as_deref().filter(|_| !calls).and_then(Reason::from_name),
            source: self.source.as_deref(),
            port: self.port,
            fingerprint: self.fingerprint.as_deref(),
            identity: self.identity.as_deref(),
            command: self.command.as_deref(),
            tty: self.tty.as_deref(),
            directory: self.directory.as_deref(),
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

fn from_rfc3339<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let stamp: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
    let nanoseconds = i64::try_from(stamp.as_nanosecond()).map_err(serde::de::Error::custom)?;
    Ok(Time::from_nanoseconds(nanoseconds))
}
