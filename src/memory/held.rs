//! An event that is held back: its own text, cut to a bound, and a form that can be saved.

use serde::{Deserialize, Serialize};

use super::limits::FIELD;
use crate::event::{Change, Event, EventKind, Method, Reason, Role, Time};

type Text = Option<String>;

/// The enums are kept by the names that their labels have. No AWS call is ever held back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct HeldEvent {
    pub(super) time: i64,
    host: String,
    kind: String,
    pub(super) alone: bool,
    ordinal: u64,
    program: String,
    pid: Option<u32>,
    pub(super) count: u32,
    pub(super) user: Text,
    pub(super) invalid_user: bool,
    pub(super) target_user: Text,
    method: Text,
    reason: Text,
    pub(super) source: Text,
    pub(super) port: Option<u16>,
    pub(super) fingerprint: Text,
    identity: Text,
    command: Text,
    tty: Text,
    directory: Text,
    change: Text,
    told_by: u32,
}

impl From<&Event<'_>> for HeldEvent {
    fn from(event: &Event<'_>) -> Self {
        let text = |field: Option<&str>| field.map(shortened);
        HeldEvent {
            time: event.time.nanoseconds(),
            host: shortened(event.host),
            kind: event.kind.as_str().to_owned(),
            alone: event.role != Role::Proof,
            ordinal: event.ordinal,
            program: shortened(event.program),
            pid: event.pid,
            count: event.count,
            user: text(event.user),
            invalid_user: event.invalid_user,
            target_user: text(event.target_user),
            method: event.method.map(|method| method.as_str().to_owned()),
            reason: event.reason.map(|reason| reason.as_str().to_owned()),
            source: text(event.source),
            port: event.port,
            fingerprint: text(event.fingerprint),
            identity: text(event.identity),
            command: text(event.command),
            tty: text(event.tty),
            directory: text(event.directory),
            change: event.change.map(|change| change.as_str().to_owned()),
            told_by: event.told_by,
        }
    }
}

impl HeldEvent {
    pub(super) fn reason(&self) -> Option<Reason> {
        self.reason.as_deref().and_then(Reason::from_name)
    }

    pub(super) fn set_reason(&mut self, reason: Option<Reason>) {
        self.reason = reason.map(|reason| reason.as_str().to_owned());
    }

    /// The event again; `None` where a damaged snapshot names no kind of event.
    pub(super) fn event(&self) -> Option<Event<'_>> {
        let kind = EventKind::from_name(&self.kind)?;
        let (reason, role) = (self.reason(), if self.alone { role_of(kind) } else { Role::Proof });
        Some(Event {
            time: Time::from_nanoseconds(self.time),
            host: &self.host,
            role,
            ordinal: self.ordinal,
            pid: self.pid,
            count: self.count,
            user: self.user.as_deref(),
            invalid_user: self.invalid_user,
            target_user: self.target_user.as_deref(),
            method: self.method.as_deref().and_then(Method::from_name),
            reason,
            source: self.source.as_deref(),
            port: self.port,
            fingerprint: self.fingerprint.as_deref(),
            identity: self.identity.as_deref(),
            command: self.command.as_deref(),
            tty: self.tty.as_deref(),
            directory: self.directory.as_deref(),
            change: self.change.as_deref().and_then(Change::from_name),
            told_by: self.told_by,
            ..Event::new(kind, &self.program)
        })
    }
}

/// What a line was that waited because it is no proof.
fn role_of(kind: EventKind) -> Role {
    if kind == EventKind::LoginRejected { Role::End } else { Role::Echo }
}

/// A copy of at most [`FIELD`] bytes.
pub(super) fn shortened(text: &str) -> String {
    let end = (0..=FIELD.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_event_is_the_same_event() {
        let event = Event {
            time: Time::new(7, 8),
            host: "h",
            pid: Some(9),
            count: 2,
            user: Some("bob"),
            invalid_user: true,
            method: Some(Method::Password),
            reason: Some(Reason::Timeout),
            source: Some("203.0.113.9"),
            port: Some(1),
            change: Some(Change::UserAdded),
            role: Role::End,
            told_by: 1000,
            ordinal: 3,
            ..Event::new(EventKind::LoginRejected, "sshd")
        };
        let saved = serde_json::to_string(&HeldEvent::from(&event)).unwrap();
        let loaded: HeldEvent = serde_json::from_str(&saved).unwrap();
        assert_eq!(loaded.event(), Some(event));
    }

    #[test]
    fn a_long_name_is_cut_between_its_characters() {
        assert_eq!(shortened(&"ü".repeat(FIELD)).len(), FIELD);
        assert_eq!(shortened(&format!("x{}", "ü".repeat(FIELD))).len(), FIELD - 1);
    }
}
