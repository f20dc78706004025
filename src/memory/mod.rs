//! What stands between single records: how one connection ended, open sessions, who failed before.
//!
//! Owns every memory across records, each bounded ([`limits`]), all saved in one snapshot. Pure:
//! time comes with the events, and [`Memory::expire`] is told what time it is.
//!
//! - [`connections`]: one rejection a connection, PAM's errors beside `Failed`; [`logins`]: whose
//!   end is none;
//! - [`throttling`]: connections that sshd dropped;
//! - [`sessions`]: opened and closed, paired;
//! - [`su`]: su's own line or PAM's;
//! - [`attempts`]: one attempt through several PAM modules;
//! - [`echoes`]: exits of sudo's commands, passwords changed;
//! - [`failures`]: successes after failures; [`instance_connect`]: EC2 Instance Connect; [`cloudtrail_ids`]: CloudTrail.

mod attempts;
mod cloudtrail_ids;
mod connections;
mod echoes;
mod failures;
mod held;
mod instance_connect;
mod join;
pub mod limits;
mod logins;
mod peer;
mod sessions;
mod su;
mod table;
mod throttling;

use serde::{Deserialize, Serialize};

pub use limits::Limits;

use crate::event::{Event, EventKind, Hint, HintKind, Reason, Time};
use held::HeldEvent;
use limits::LATE;

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
#[serde(default)]
pub struct Memory {
    #[serde(skip)]
    limits: Limits,
    connections: connections::Connections,
    throttling: throttling::Throttling,
    sessions: sessions::Sessions,
    su: su::Uses,
    attempts: attempts::Attempts,
    commands: echoes::Commands,
    changes: echoes::Changes,
    failures: failures::Failures,
    instance_connect: instance_connect::Keys,
    cloudtrail_ids: cloudtrail_ids::CloudTrailIds,
    /// The last message where it was a refusal, for `last message repeated N times`.
    last: Option<HeldEvent>,
}

impl Memory {
    pub fn new(limits: Limits) -> Self {
        Memory { limits, ..Memory::default() }
    }

    /// Limits are settings, not memory: a loaded snapshot is given those in force.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Takes one event and appends to `out` what now counts: this event, an earlier one that was
    /// held back, or nothing yet. Its time lets go of what was due before it.
    pub fn event<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let from = out.len();
        // CloudTrail's records come late and stand beside the log, not in it.
        if event.aws.is_none() {
            self.release_due(event.time, LATE, out);
            self.last = repeatable(&event).then(|| HeldEvent::from(&event));
        }
        self.judge(event, out);
        self.enrich(&mut out[from..]);
    }

    /// Takes a line that is no event but that another one needs.
    pub fn hint(&mut self, hint: Hint<'_>, out: &mut Vec<Counted<'_>>) {
        let from = out.len();
        self.release_due(hint.time, LATE, out);
        let last = self.last.take();
        match &hint.kind {
            HintKind::Connection { source, port } => {
                let peer = (&**source, *port);
                self.connections.connected(&hint.host, hint.pid, peer, hint.time, out);
            }
            HintKind::KeyProvided { fingerprint, principal, trusted } => {
                let principal = (&**principal, *trusted);
                self.instance_connect.provided(&hint.host, fingerprint, principal, hint.time);
            }
            HintKind::AuthenticationSucceeded { user, .. } => {
                self.attempts.let_in(&hint.host, &hint.program, hint.pid, user);
                self.su.let_in(&hint.host, hint.pid, user);
            }
            HintKind::Repeated { times } => {
                self.last = last.clone();
                self.repeat(last, &hint, *times, out);
            }
            HintKind::ThrottlingBegan => self.throttling.began(&hint.host, hint.time),
            HintKind::HostStarted => self.restarted(&hint.host, hint.time, out),
            HintKind::Suppressed { .. } => {}
        }
        self.enrich(&mut out[from..]);
    }

    /// Notes a line that told nothing (ignored or unrecognized): what came before it is no longer
    /// the last message that `last message repeated N times` speaks of.
    pub fn other(&mut self) {
        self.last = None;
    }

    /// Lets go of what was held back and can no longer be joined at `now`: the time of the day
    /// where the log is read to its end, the newest record's time before.
    pub fn expire(&mut self, now: Time, out: &mut Vec<Counted<'static>>) {
        let from = out.len();
        self.release_due(now, 0, out);
        self.enrich(&mut out[from..]);
    }

    /// Lets go of all that is held back: nothing more will come.
    pub fn finish(&mut self, out: &mut Vec<Counted<'static>>) {
        let from = out.len();
        self.connections.finish(out);
        self.su.finish(out);
        self.attempts.finish(out);
        self.enrich(&mut out[from..]);
    }

    /// Open sessions by program and user: the gauge `login_sessions_active`.
    pub fn sessions_active(&self) -> Vec<(String, String, u64)> {
        self.sessions.active()
    }

    /// The host started at `boot`: what was open before is not open. An empty host is every host.
    pub fn host_started(&mut self, host: &str, boot: Time) {
        self.sessions.host_started(host, boot);
    }

    /// What a record tells, by the kind of event: counted, held, dropped, or joined.
    fn judge<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let by_connection = matches!(&*event.program, "sshd" | "login");
        match event.kind {
            EventKind::LoginSuccess => self.connections.accepted(event, out),
            EventKind::LoginRejected if by_connection => self.rejected(event, out),
            EventKind::LoginFailure if by_connection => self.connections.failed(event, out),
            EventKind::LoginFailure => self.attempts.failed(event, out),
            EventKind::SessionOpened => self.opened(event, out),
            EventKind::SessionClosed => self.closed(event, out),
            EventKind::SuSuccess | EventKind::SuFailure => self.su.event(event, out),
            EventKind::SudoCommand if !self.commands.counts(&event) => {}
            EventKind::AccountChange if !self.changes.counts(&event) => {}
            EventKind::AwsSuccess | EventKind::AwsFailure => {
                out.extend(self.cloudtrail_ids.counted(event).map(Counted::from));
            }
            EventKind::LoginRejected
            | EventKind::SudoCommand
            | EventKind::SudoFailure
            | EventKind::AccountChange => out.push(event.into()),
        }
    }

    fn rejected<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        if event.reason == Some(Reason::Throttled) {
            out.extend(self.throttling.counted(event).map(Counted::from));
        } else {
            self.connections.rejected(event, out);
        }
    }

    fn opened<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        self.sessions.opened(&event);
        if event.program == "sshd" {
            self.connections.opened(&event.host, event.pid, event.time);
        }
        let used = su::behind_session(&event);
        out.push(event.into());
        if let Some(used) = used {
            self.su.event(used, out);
        }
    }

    fn closed<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let duration = self.sessions.closed(&event);
        if event.program == "sshd" {
            self.connections.closed(&event.host, event.pid, event.time);
        }
        out.push(Counted { duration, ..event.into() });
    }

    /// `last message repeated N times` is the last message, N times more.
    fn repeat(
        &mut self,
        last: Option<HeldEvent>,
        hint: &Hint<'_>,
        times: u32,
        out: &mut Vec<Counted<'_>>,
    ) {
        let Some(event) = last.and_then(HeldEvent::event) else { return };
        let same_process = hint.pid.is_none() || hint.pid == event.pid;
        let same_host = hint.host.is_empty() || hint.host == event.host;
        if same_process && same_host {
            let count = event.count.saturating_mul(times);
            self.judge(Event { count, time: hint.time, ..event }, out);
        }
    }

    fn restarted(&mut self, host: &str, time: Time, out: &mut Vec<Counted<'_>>) {
        self.sessions.host_started(host, time);
        self.connections.host_started(host, out);
    }

    /// `late` is how many seconds past its time a rejection may still be told better.
    fn release_due(&mut self, now: Time, late: i64, out: &mut Vec<Counted<'_>>) {
        self.connections.expire(now, late, out);
        self.throttling.expire(now);
        self.su.expire(now, out);
        self.attempts.expire(now, out);
        self.commands.expire(now);
        self.changes.expire(now);
        self.failures.expire(now);
        self.instance_connect.expire(now);
    }

    /// What only counted events tell: failures to remember, successes to compare with them.
    fn enrich(&mut self, counted: &mut [Counted<'_>]) {
        for counted in counted {
            let event = &counted.event;
            let Some(source) = event.source.as_deref() else { continue };
            match event.kind {
                EventKind::LoginFailure => {
                    self.failures.note(source, event.time, event.count, &self.limits);
                }
                EventKind::LoginSuccess => {
                    counted.after_failures = self.failures.often(source, event.time, &self.limits);
                    let principal = self.instance_connect.principal(event);
                    counted.principal_trusted = principal.as_ref().is_some_and(|(_, t)| *t);
                    counted.principal = principal.map(|(name, _)| name);
                }
                _ => {}
            }
        }
    }
}

/// Lets a held event go: it counts.
fn release(held: HeldEvent, out: &mut Vec<Counted<'_>>) {
    out.extend(held.event().map(Counted::from));
}

/// Log daemons fold lines that are the same to the letter: refusals, since others name a pid, a
/// port or a time of their own.
fn repeatable(event: &Event<'_>) -> bool {
    matches!(event.kind, EventKind::LoginFailure | EventKind::SudoFailure | EventKind::SuFailure)
}

#[cfg(test)]
mod tests;
