//! How each connection to sshd or login ended, told once, by host and pid.
//!
//! A connection that ends without a login leaves up to five lines, each of which proves it. The
//! first one counts; the others only bring the address or the reason, while the first still waits
//! for them. What follows a login is no rejection.
//!
//! A pid serves another connection when a line names another peer, when `Connection from …` says
//! so, or when it was silent for [`CONNECTION_IDLE`].

use serde::{Deserialize, Serialize};

use super::held::{HeldEvent, shortened};
use super::join::{ends, join, says_nothing, wait};
use super::limits::{
    CONNECTION_IDLE, CONNECTIONS, FAILED_WAIT, FAILURES_OF_CONNECTION, HELD, TWIN_WAIT,
};
use super::logins::Logins;
use super::peer::{Peer, Process, process};
use super::table::{Table, fingerprint};
use super::{Counted, release};
use crate::event::{Event, Role, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Connections {
    seen: Table<Process, Connection, CONNECTIONS>,
    logins: Logins,
    rejections: Table<Process, HeldEvent, HELD>,
    failures: Table<Process, Vec<HeldEvent>, HELD>,
    /// By host and name: unknown users that were refused a moment ago.
    strangers: Table<u64, (), HELD>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Connection {
    peer: Peer,
    /// Its rejection was counted.
    rejected: bool,
    /// An attempt was refused.
    failed: bool,
}

impl Connections {
    /// `Connection from A port N`: whose connection this pid serves from now on.
    pub(super) fn connected(
        &mut self,
        host: &str,
        pid: Option<u32>,
        peer: (&str, Option<u16>),
        time: Time,
        out: &mut Vec<Counted<'_>>,
    ) {
        let Some(process) = process(host, pid) else { return };
        let (source, port) = (Some(peer.0), peer.1);
        if self.seen.get(&process).is_some_and(|seen| !seen.peer.is_same(source, port)) {
            self.forget(process, out);
        }
        if self.logins.peer(&process).is_some_and(|peer| !peer.is_same(source, port)) {
            self.logins.remove(&process);
        }
        self.touch(process, source, port, time);
    }

    pub(super) fn rejected<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let Some(process) = process(&event.host, event.pid) else {
            out.push(event.into());
            return;
        };
        self.make_way(process, event.source.as_deref(), event.port, out);
        if ends(event.reason) {
            self.release_failures(process, out);
        }
        if self.logins.peer(&process).is_some() || self.is_of_login(process, &event) {
            return;
        }
        let twin = self.twin(process, &event);
        self.touch(process, event.source.as_deref(), event.port, event.time);
        if twin {
            self.mark_rejected(process);
        }
        let told = |seen: &Connection| seen.rejected || seen.failed && event.role == Role::Echo;
        if !self.seen.get(&process).is_some_and(told) {
            self.judge(process, event, out);
        }
    }

    /// Versions before 7.5 wrote the end of a login from a child that no other line names.
    fn is_of_login(&mut self, process: Process, event: &Event<'_>) -> bool {
        let Some(source) = event.source.as_deref() else { return false };
        let certain = event.port.is_some() || says_nothing(event.reason);
        event.role != Role::Proof
            && certain
            && !self.seen.contains(&process)
            && self.logins.is_end_of_one(process.0, source, event.port, event.time)
    }

    /// Versions before 5.9 wrote from two processes of one connection: `Invalid user …`, and from
    /// its child `input_userauth_request: invalid user …`, which counts only where the first is
    /// missing. Whether this is the second of the two.
    fn twin(&mut self, process: Process, event: &Event<'_>) -> bool {
        let Some(user) = event.user.as_deref().filter(|_| event.invalid_user) else { return false };
        let key = fingerprint(&[&event.host, user]);
        if event.role != Role::Proof {
            return !self.seen.contains(&process) && self.strangers.contains(&key);
        }
        self.strangers.insert(key, event.time.saturating_add_seconds(TWIN_WAIT), ());
        false
    }

    /// Counts a rejection that is proven and has its address; holds any other.
    fn judge<'a>(&mut self, process: Process, mut event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        if let Some(Connection { peer, .. }) = self.seen.get(&process) {
            event.source = event.source.or_else(|| peer.source.clone().map(Into::into));
            event.port = event.port.or(peer.port);
        }
        let held = self.rejections.remove(&process);
        let proven = event.role == Role::Proof || held.as_ref().is_some_and(|held| !held.alone);
        // A console has no address to wait for.
        if proven && (event.source.is_some() || event.program != "sshd") {
            self.mark_rejected(process);
            match held {
                Some(held) => release(join(held, &event), out),
                None => out.push(event.into()),
            }
            return;
        }
        let held = held.map_or_else(|| HeldEvent::from(&event), |held| join(held, &event));
        let due = Time::from_nanoseconds(held.time).saturating_add_seconds(wait(&held));
        if let Some((other, held)) = self.rejections.insert(process, due, held) {
            self.mark_rejected(other);
            release(held, out);
        }
    }

    /// A refused attempt. `Failed …` tells what `error: PAM: …` told before it.
    pub(super) fn failed<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let Some(process) = process(&event.host, event.pid) else {
            out.push(event.into());
            return;
        };
        self.make_way(process, event.source.as_deref(), event.port, out);
        self.touch(process, event.source.as_deref(), event.port, event.time);
        self.note_failure(process);
        let mut held = self.failures.remove(&process).unwrap_or_default();
        if event.role == Role::Proof {
            out.push(event.into());
            return;
        }
        held.push(HeldEvent::from(&event));
        if held.len() > FAILURES_OF_CONNECTION {
            release(held.remove(0), out);
        }
        let due = event.time.saturating_add_seconds(FAILED_WAIT);
        if let Some((_, held)) = self.failures.insert(process, due, held) {
            held.into_iter().for_each(|held| release(held, out));
        }
    }

    /// A login. What sshd says of this connection from now on adds nothing.
    pub(super) fn accepted<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        if let Some(process) = process(&event.host, event.pid) {
            let (source, port) = (event.source.as_deref(), event.port);
            self.make_way(process, source, port, out);
            self.release_failures(process, out);
            self.release_rejection(process, source, out);
            self.seen.remove(&process);
            if event.program == "sshd" {
                self.drop_refusals_of(process.0, source, port);
                self.logins.insert(process, Peer::of(source, port), event.time);
            }
        }
        out.push(event.into());
    }

    /// What another process said of a connection that now logged in was not its end.
    fn drop_refusals_of(&mut self, host: u64, source: Option<&str>, port: Option<u16>) {
        self.rejections.retain(|process, held| {
            let same = port.is_some() && held.port == port && held.source.as_deref() == source;
            !(held.alone && process.0 == host && same)
        });
    }

    /// The session of this pid ended: its last lines come now, then the pid is free.
    pub(super) fn closed(&mut self, host: &str, pid: Option<u32>, time: Time) {
        if let Some(process) = process(host, pid) {
            self.logins.ended(&process, time);
        }
    }

    /// Remembers that this pid's session is open, where its login was not seen.
    pub(super) fn opened(&mut self, host: &str, pid: Option<u32>, time: Time) {
        let Some(process) = process(host, pid) else { return };
        if self.logins.peer(&process).is_none() {
            let peer = self.seen.remove(&process).map(|seen| seen.peer).unwrap_or_default();
            self.logins.insert(process, peer, time);
        }
    }

    pub(super) fn expire(&mut self, now: Time, late: i64, out: &mut Vec<Counted<'_>>) {
        let due = now.saturating_add_seconds(-late);
        while let Some((process, held)) = self.rejections.pop_due(due) {
            self.mark_rejected(process);
            release(held, out);
        }
        while let Some((_, held)) = self.failures.pop_due(now) {
            held.into_iter().for_each(|held| release(held, out));
        }
        self.seen.forget_due(now);
        self.strangers.forget_due(now);
        self.logins.expire(now);
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Counted<'_>>) {
        while let Some((process, held)) = self.rejections.pop_first() {
            self.mark_rejected(process);
            release(held, out);
        }
        while let Some((_, held)) = self.failures.pop_first() {
            held.into_iter().for_each(|held| release(held, out));
        }
    }

    /// Pids start anew with the host.
    pub(super) fn host_started(&mut self, host: &str, out: &mut Vec<Counted<'_>>) {
        self.finish(out);
        let host = fingerprint(&[host]);
        self.seen.retain(|process, _| process.0 != host);
        self.logins.host_started(host);
    }

    /// Ends what this pid served before, where the line names another peer.
    fn make_way(
        &mut self,
        process: Process,
        source: Option<&str>,
        port: Option<u16>,
        out: &mut Vec<Counted<'_>>,
    ) {
        let other = |peer: &Peer| peer.is_other(source, port);
        if self.logins.peer(&process).is_some_and(other) {
            self.logins.remove(&process);
        }
        if self.seen.get(&process).is_some_and(|seen| other(&seen.peer)) {
            self.forget(process, out);
        }
    }

    /// Ends a connection: what is held of it counts.
    fn forget(&mut self, process: Process, out: &mut Vec<Counted<'_>>) {
        self.release_failures(process, out);
        self.release_rejection(process, None, out);
        self.seen.remove(&process);
    }

    /// Notes that a line of this connection came, and whom it names.
    fn touch(&mut self, process: Process, source: Option<&str>, port: Option<u16>, time: Time) {
        let due = time.saturating_add_seconds(CONNECTION_IDLE);
        if let Some(seen) = self.seen.get_mut(&process) {
            seen.peer.learn(source, port);
            self.seen.put_off(&process, due);
            return;
        }
        let peer = Peer::of(source, port);
        self.seen.insert(process, due, Connection { peer, ..Connection::default() });
    }

    fn mark_rejected(&mut self, process: Process) {
        if let Some(seen) = self.seen.get_mut(&process) {
            seen.rejected = true;
        }
    }

    /// A refused attempt tells more of the connection than how it ended.
    fn note_failure(&mut self, process: Process) {
        if let Some(seen) = self.seen.get_mut(&process) {
            seen.failed = true;
        }
    }

    fn release_failures(&mut self, process: Process, out: &mut Vec<Counted<'_>>) {
        for held in self.failures.remove(&process).unwrap_or_default() {
            release(held, out);
        }
    }

    /// Lets a held rejection go as the connection ends otherwise: one that was proven counts.
    fn release_rejection(
        &mut self,
        process: Process,
        source: Option<&str>,
        out: &mut Vec<Counted<'_>>,
    ) {
        let Some(mut held) = self.rejections.remove(&process) else { return };
        if held.source.is_none() {
            held.source = source.map(shortened);
        }
        let logged_in = source.is_some();
        if !(held.alone && logged_in) {
            release(held, out);
        }
    }
}
