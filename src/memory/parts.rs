//! What joins the lines of one kind each: which of them an event is for.

use serde::{Deserialize, Serialize};

use super::connections::{is_by_connection, is_server};
use super::line::Line;
use super::waiting::{Place, Waiting};
use super::{
    agent, attempts, cloudtrail_ids, connections, echoes, instance_connect, refusals, sessions, su,
    throttling,
};
use crate::event::{Event, EventKind, Hint, HintKind, Reason, Texts};

/// What joins the lines of one kind each.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Parts {
    pub(super) connections: connections::Connections,
    pub(super) throttling: throttling::Throttling,
    pub(super) sessions: sessions::Sessions,
    pub(super) agent: agent::AgentSessions,
    pub(super) su: su::Uses,
    pub(super) refusals: refusals::Refusals,
    pub(super) attempts: attempts::Attempts,
    pub(super) commands: echoes::Commands,
    pub(super) account_changes: echoes::AccountChanges,
    pub(super) instance_connect: instance_connect::Keys,
    pub(super) cloudtrail_ids: cloudtrail_ids::CloudTrailIds,
}

impl Parts {
    /// Whether an event counts now, as it is or as other lines complete it; else it is held,
    /// joined to another one, or dropped.
    #[inline(always)]
    pub(super) fn judge<'e>(
        &mut self,
        line: &mut Line<'_>,
        event: &mut Event<'e>,
        texts: &'e Texts<'e>,
    ) -> bool {
        match event.kind {
            EventKind::LoginSuccess => self.connections.accepted(line, event),
            EventKind::LoginFailure if is_by_connection(event.program) => {
                self.connections.failed(line, event)
            }
            EventKind::LoginFailure => self.attempts.failed(line, event),
            EventKind::LoginRejected if !is_by_connection(event.program) => true,
            EventKind::LoginRejected if event.reason == Some(Reason::Throttled) => {
                self.throttling.counts(line, event)
            }
            EventKind::LoginRejected => self.connections.rejected(line, event, texts),
            EventKind::SessionOpened => self.opened(line, event),
            EventKind::SuSuccess | EventKind::SuFailure => self.su.counts(line, event),
            EventKind::SudoFailure => self.refusals.failed(line, event),
            EventKind::SudoCommand => {
                self.refusals.command(line, event) && self.commands.counts(line, event)
            }
            EventKind::AccountChange => self.account_changes.counts(line, event),
            EventKind::SessionClosed | EventKind::AwsSuccess | EventKind::AwsFailure => true,
        }
    }

    fn opened(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        self.sessions.opened(line, event);
        self.refusals.opened(line, event);
        if is_server(event.program) {
            self.connections.opened(line, event.pid);
        }
        true
    }

    /// Seconds that the session lasted, where its opening was seen.
    pub(super) fn closed(&mut self, line: &Line<'_>, event: &Event<'_>) -> Option<f64> {
        if is_server(event.program) {
            self.connections.closed(line, event.pid);
        }
        self.sessions.closed(line, event)
    }

    pub(super) fn hint(&mut self, line: &mut Line<'_>, hint: &Hint<'_>) {
        match &hint.kind {
            HintKind::Connection { source, port } => {
                self.connections.connected(line, hint.pid, (Some(source), *port));
            }
            HintKind::KeyProvided { fingerprint, principal, trusted } => {
                self.instance_connect.provided(line, fingerprint, (principal, *trusted));
            }
            HintKind::AuthenticationSucceeded { user, by, .. } => {
                self.attempts.let_in(line, hint.program, hint.pid, user);
                self.refusals.let_in(line, (hint.program, hint.pid), *by, user);
                self.su.let_in(line, hint.pid, user);
            }
            HintKind::ThrottlingBegan => self.throttling.began(line),
            HintKind::HostStarted => self.sessions.host_started(hint.host, hint.time),
            // Who reads the lines reads the repeated one again.
            HintKind::Repeated { .. } | HintKind::Suppressed { .. } => {}
        }
    }

    /// The person for whom an account of Session Manager used sudo, where only one can be
    /// meant. A guess: it is shown, and nothing is counted or expected by it.
    pub(super) fn owner(&self, event: &Event<'_>) -> Option<&str> {
        let user = event.user?;
        let others = || self.sessions.has_any(event.host, user);
        self.agent.owner(event.host, user, event.time, others)
    }

    /// An event does not wait any more: who knows of it is told.
    pub(super) fn released(&mut self, place: Place, waiting: &Waiting) {
        self.connections.released(place, waiting);
        self.su.released(place, waiting);
        self.refusals.released(place, waiting);
        self.attempts.released(place, waiting);
    }
}
