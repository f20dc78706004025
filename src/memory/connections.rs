//! How each connection to sshd or login ended, told once, by host and pid.
//!
//! A connection that ends without a login leaves up to five lines, each of which proves it. The
//! first one counts; the others only bring the address or the reason, while the first still waits
//! for them. What follows a login is no rejection.
//!
//! A pid serves another connection when a line names another peer, when `Connection from …` says
//! so, or when it was silent for [`CONNECTION_IDLE`]. What logged in stands in a list of its own,
//! so that a flood of connections pushes none out.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::held::{HeldEvent, shortened};
use super::hosts::{HostId, Hosts};
use super::join::{ends, join, says_nothing, wait};
use super::limits::{
    ACCEPTED, ACCEPTED_FOR, AFTER_CLOSE, CONNECTION_IDLE, CONNECTIONS, ENDED, FAILED_WAIT,
    FAILURES_OF_CONNECTION, LATE, TWIN_WAIT, TWINS,
};
use super::line::Line;
use super::process::{Peer, Process, Stage};
use super::sources::Sources;
use super::table::{At, Changes, List, Table};
use super::waiting::{Holder, Place, Queue, Waiting};
use crate::event::{Event, Role, Texts, Time};
use crate::keyed::Words;

/// The program whose process is no connection.
const CONSOLE: &str = "login";

/// Programs each of whose processes serves one connection, besides [`CONSOLE`].
const SERVERS: &[&str] = &["sshd", "dropbear"];

/// Whether the lines of a program's process are of one connection.
pub(super) fn is_by_connection(program: &str) -> bool {
    program == CONSOLE || is_server(program)
}

/// Whether a session of the program is that of a connection that logged in.
pub(super) fn is_server(program: &str) -> bool {
    SERVERS.contains(&program)
}

/// Nobody is in yet.
const BEFORE: List = 0;
/// Somebody is in.
const IN: List = 1;
/// The end was logged: of a login or of a connection without one.
const OVER: List = 2;

const QUOTAS: [(List, usize); 3] = [(BEFORE, CONNECTIONS), (IN, ACCEPTED), (OVER, ENDED)];

#[derive(Debug, Default)]
pub(super) struct Connections {
    processes: Table<(HostId, u32), Process>,
    /// Where those that logged in came from.
    sources: Sources,
    /// The waiting rejections that a login takes back: host, port and pid.
    doubtful: BTreeSet<(HostId, u16, u32)>,
}

impl Connections {
    /// `Connection from A port N`: whose connection this pid serves from now on.
    pub(super) fn connected(
        &mut self,
        line: &mut Line<'_>,
        pid: Option<u32>,
        (source, port): (Option<&str>, Option<u16>),
    ) {
        let Some(pid) = pid else { return };
        let mut at = self.current(line, pid);
        if let Some(other) = at.filter(|at| !self.processes[*at].peer.is_same(source, port)) {
            self.forget(line, other);
            at = None;
        }
        let at = self.process(line, pid, at, (source, port));
        self.goes_on(line, at);
    }

    /// Whether a rejection counts now.
    pub(super) fn rejected<'e>(
        &mut self,
        line: &mut Line<'_>,
        event: &mut Event<'e>,
        texts: &'e Texts<'e>,
    ) -> bool {
        let Some(pid) = event.pid else { return true };
        let is_end = ends(event.reason);
        let known = self.of_peer(line, pid, event);
        if let Some(at) = known {
            if is_end {
                self.release_failures(line, at);
            }
            if self.processes[at].let_in() {
                return false;
            }
        } else if self.is_of_login(line, event) {
            return false;
        }
        let proven = event.role == Role::Proof;
        let twin = known.is_none() && !proven && self.is_twin(line, event);
        let at = self.process(line, pid, known, (event.source, event.port));
        let process = &mut self.processes[at];
        process.rejected |= twin;
        if proven && let Some(stranger) = stranger(line, event) {
            process.stranger = stranger;
        }
        let told = process.rejected || process.failed && event.role == Role::Echo;
        let counts = !told && self.judge(line, at, event, texts);
        // Unless something of it waits, few lines follow an end.
        if is_end && self.processes[at].waits.is_none() {
            self.processes.place(at, OVER).until = line.seconds + AFTER_CLOSE;
        } else {
            self.goes_on(line, at);
        }
        counts
    }

    /// The record of the process, unless the line names another peer: that ends what was served
    /// before.
    #[inline(always)]
    fn of_peer(&mut self, line: &mut Line<'_>, pid: u32, event: &Event<'_>) -> Option<At> {
        let at = self.current(line, pid)?;
        // dropbear 2026.94 cuts the ports of IPv6 addresses in some of its lines.
        let port = event.port.filter(|_| event.program != "dropbear");
        if self.processes[at].peer.is_other(event.source, port) {
            self.forget(line, at);
            return None;
        }
        Some(at)
    }

    /// The record of a process, where it is not over.
    #[inline(always)]
    fn current(&mut self, line: &Line<'_>, pid: u32) -> Option<At> {
        let at = self.processes.find(&(line.host, pid))?;
        if self.processes[at].is_over(line.seconds) {
            self.remove(line.words, at);
            return None;
        }
        Some(at)
    }

    /// Versions before 7.5 wrote the end of a login from a child that no other line names.
    fn is_of_login(&mut self, line: &Line<'_>, event: &Event<'_>) -> bool {
        let Some(source) = event.source else { return false };
        let certain = event.port.is_some() || says_nothing(event.reason);
        event.role != Role::Proof
            && certain
            && self.sources.has(line.words, line.host, source)
            && self.ends_a_login(line, source, event.port)
    }

    /// Whether a line that a login's unknown child may have written is the end of one: of that
    /// address and port, or where no port is logged of one that did not end so before.
    fn ends_a_login(&mut self, line: &Line<'_>, source: &str, port: Option<u16>) -> bool {
        let fits = |at: &At| {
            let process = &self.processes[*at];
            self.processes.key(*at).0 == line.host
                && process.let_in()
                && process.peer.source.as_deref() == Some(source)
                && (port.is_none() || process.peer.port == port)
                && !process.is_over(line.seconds)
        };
        if self.processes.newest_first(OVER).any(|at| fits(&at)) {
            return true;
        }
        let open = self.processes.newest_first(IN).find(fits);
        open.inspect(|at| self.log_out(line, *at)).is_some()
    }

    /// Versions before 5.9 wrote from two processes of one connection: `Invalid user …`, and from
    /// its child `input_userauth_request: invalid user …`, which counts only where the first is
    /// missing. Whether this is the second of the two.
    fn is_twin(&self, line: &Line<'_>, event: &Event<'_>) -> bool {
        let Some(stranger) = stranger(line, event) else { return false };
        let of = |list, for_seconds: i64| {
            let newest = self.processes.newest_first(list).take(TWINS);
            newest.filter(move |at| {
                let spoke = self.processes[*at].until - for_seconds;
                self.processes.key(*at).0 == line.host
                    && self.processes[*at].stranger == stranger
                    && spoke + TWIN_WAIT >= line.seconds
            })
        };
        of(BEFORE, CONNECTION_IDLE).chain(of(OVER, AFTER_CLOSE)).next().is_some()
    }

    /// A rejection counts that is proven and has its address; any other is held.
    fn judge<'e>(
        &mut self,
        line: &mut Line<'_>,
        at: At,
        event: &mut Event<'e>,
        texts: &'e Texts<'e>,
    ) -> bool {
        let (_, pid) = self.processes.key(at);
        let process = &mut self.processes[at];
        let peer = &process.peer;
        if event.source.is_none() {
            event.source = peer.source.as_deref().map(|source| texts.copy(source));
        }
        event.port = event.port.or(peer.port);
        let held = process.take_rejection().and_then(|place| self.take_back(line, place));
        let proven = event.role == Role::Proof || held.as_ref().is_some_and(|held| !held.alone);
        // A console has no address to wait for.
        if proven && (event.source.is_some() || event.program == CONSOLE) {
            self.processes[at].rejected = true;
            let Some(held) = held else { return true };
            line.let_go(join(held, event));
            return false;
        }
        let held = held.map_or_else(|| HeldEvent::from(&*event), |held| join(held, event));
        if let Some(port) = held.port.filter(|_| held.alone) {
            self.doubtful.insert((line.host, port, pid));
        }
        let (from, seconds) = (Time::from_nanoseconds(held.time), wait(&held));
        let place = line.hold(held, from, seconds, LATE, Holder::Rejection(pid));
        self.processes[at].waits.get_or_insert_default().rejection = Some(place);
        false
    }

    /// Whether a refused attempt counts now. `Failed …` tells what `error: PAM: …` told before it.
    pub(super) fn failed(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let Some(pid) = event.pid else { return true };
        let known = self.of_peer(line, pid, event);
        let at = self.process(line, pid, known, (event.source, event.port));
        self.processes[at].failed = true;
        self.goes_on(line, at);
        if event.role == Role::Proof {
            for place in self.processes[at].take_failures() {
                line.take(place);
            }
            return true;
        }
        let (held, from) = (HeldEvent::from(event), event.time);
        let place = line.hold(held, from, FAILED_WAIT, 0, Holder::Failure(pid));
        let failures = &mut self.processes[at].waits.get_or_insert_default().failures;
        failures.push(place);
        if failures.len() > FAILURES_OF_CONNECTION {
            line.release(failures.remove(0));
        }
        false
    }

    /// A login, which counts. What sshd says of this connection from now on adds nothing.
    pub(super) fn accepted(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let Some(pid) = event.pid else { return true };
        let (source, port) = (event.source, event.port);
        if let Some(at) = self.of_peer(line, pid, event) {
            self.release_failures(line, at);
            self.release_rejection(line, at, source);
            self.remove(line.words, at);
        }
        if event.program != CONSOLE {
            self.drop_refusals_of(line, source, port);
            self.log_in(line, pid, Peer::of(source, port));
        }
        true
    }

    /// What another process said of a connection that now logged in was not its end.
    fn drop_refusals_of(&mut self, line: &mut Line<'_>, source: Option<&str>, port: Option<u16>) {
        let Some(port) = port.filter(|_| !self.doubtful.is_empty()) else { return };
        let same_port = (line.host, port, 0)..=(line.host, port, u32::MAX);
        let pids: Vec<u32> = self.doubtful.range(same_port).map(|(.., pid)| *pid).collect();
        for pid in pids {
            let Some(at) = self.processes.find(&(line.host, pid)) else { continue };
            let Some(place) = self.processes[at].rejection() else { continue };
            if line.queue.get(place).is_some_and(|held| held.source.as_deref() == source) {
                self.processes[at].take_rejection();
                self.noted(at);
                self.take_back(line, place);
            }
        }
    }

    /// The session of this pid ended: its last lines come now, then the pid is free.
    pub(super) fn closed(&mut self, line: &Line<'_>, pid: Option<u32>) {
        let at = pid.and_then(|pid| self.current(line, pid));
        if let Some(at) = at.filter(|at| self.processes[*at].let_in()) {
            self.log_out(line, at);
        }
    }

    /// Remembers that this pid's session is open, where its login was not seen.
    pub(super) fn opened(&mut self, line: &mut Line<'_>, pid: Option<u32>) {
        let Some(pid) = pid else { return };
        let known = self.current(line, pid);
        if known.is_some_and(|at| self.processes[at].let_in()) {
            return;
        }
        let before = known.map(|at| self.remove(line.words, at)).unwrap_or_default();
        let at = self.log_in(line, pid, before.peer);
        self.processes[at].waits = before.waits;
    }

    /// An event of a process does not wait any more.
    pub(super) fn released(&mut self, place: Place, waiting: &Waiting) {
        let (Holder::Rejection(pid) | Holder::Failure(pid)) = waiting.holder else { return };
        self.settle(place.0, pid, &waiting.event);
        let Some(at) = self.processes.find(&(place.0, pid)) else { return };
        let process = &mut self.processes[at];
        process.rejected |= process.rejection() == Some(place);
        process.released(place);
        self.noted(at);
    }

    /// Forgets what is over, each by its own host's time at `wall`.
    pub(super) fn expire(&mut self, hosts: &Hosts, wall: Time, words: Words) {
        for (list, _) in QUOTAS {
            while let Some(at) = self.processes.oldest(list) {
                let now = hosts.time(self.processes.key(at).0, Some(wall));
                if now.is_some_and(|now| !self.processes[at].is_over(now.seconds())) {
                    break;
                }
                self.remove(words, at);
            }
        }
    }

    /// Pids start anew with the host.
    pub(super) fn host_started(&mut self, host: HostId, words: Words) {
        self.processes.remove_where(|(of, _), _| *of == host);
        self.doubtful.retain(|(of, ..)| *of != host);
        self.count_sources(words);
    }

    /// Ends a connection: what is held of it counts.
    #[inline(never)]
    fn forget(&mut self, line: &mut Line<'_>, at: At) {
        self.release_failures(line, at);
        self.release_rejection(line, at, None);
        self.remove(line.words, at);
    }

    /// The record of a process of which a line came that names this peer.
    #[inline(always)]
    fn process(
        &mut self,
        line: &mut Line<'_>,
        pid: u32,
        known: Option<At>,
        (source, port): (Option<&str>, Option<u16>),
    ) -> At {
        let Some(at) = known else {
            return self.begin(line, pid, Peer::of(source, port));
        };
        let process = &mut self.processes[at];
        if !process.let_in() {
            process.peer.learn(source, port);
        }
        at
    }

    #[inline(never)]
    fn begin(&mut self, line: &mut Line<'_>, pid: u32, peer: Peer) -> At {
        self.insert(line, pid, BEFORE, Process { peer, ..Process::default() })
    }

    /// More lines of the connection follow.
    #[inline(always)]
    fn goes_on(&mut self, line: &Line<'_>, at: At) {
        if self.processes[at].let_in() {
            self.noted(at);
        } else {
            self.processes.place(at, BEFORE).until = line.seconds + CONNECTION_IDLE;
        }
    }

    fn log_in(&mut self, line: &mut Line<'_>, pid: u32, peer: Peer) -> At {
        let until = line.seconds + ACCEPTED_FOR;
        let process = Process { until, stage: Stage::LoggedIn, peer, ..Process::default() };
        self.sources.add(line.words, line.host, &process);
        self.insert(line, pid, IN, process)
    }

    fn log_out(&mut self, line: &Line<'_>, at: At) {
        let process = self.processes.place(at, OVER);
        process.stage = Stage::LoggedOut;
        process.until = line.seconds + AFTER_CLOSE;
    }

    /// Inserts a record that is not there. A newcomer sweeps out up to two that are over, and
    /// where its list is full the one that was silent for longest, which counts what it held.
    fn insert(&mut self, line: &mut Line<'_>, pid: u32, list: List, process: Process) -> At {
        for (other, quota) in &QUOTAS {
            self.sweep(line, *other, quota - usize::from(*other == list));
        }
        self.processes.insert((line.host, pid), list, process)
    }

    #[inline(always)]
    fn sweep(&mut self, line: &mut Line<'_>, list: List, quota: usize) {
        for _ in 0..2 {
            let Some(at) = self.processes.oldest(list) else { return };
            if self.processes.len(list) > quota {
                self.forget(line, at);
            } else if line.is_past(self.processes.key(at).0, self.processes[at].until) {
                self.remove(line.words, at);
            } else {
                return;
            }
        }
    }

    /// What the record says changed.
    fn noted(&mut self, at: At) {
        self.processes.place(at, self.processes.list(at));
    }

    #[inline(never)]
    fn remove(&mut self, words: Words, at: At) -> Process {
        let (host, _) = self.processes.key(at);
        let process = self.processes.remove(at);
        self.sources.remove(words, host, &process);
        process
    }

    #[inline]
    fn release_failures(&mut self, line: &mut Line<'_>, at: At) {
        if self.processes[at].waits.is_some() {
            self.release_waiting(line, at);
        }
    }

    #[inline(never)]
    fn release_waiting(&mut self, line: &mut Line<'_>, at: At) {
        for place in self.processes[at].take_failures() {
            line.release(place);
        }
        self.noted(at);
    }

    /// Lets a held rejection go as the connection ends otherwise: one that was proven counts.
    fn release_rejection(&mut self, line: &mut Line<'_>, at: At, source: Option<&str>) {
        let place = self.processes[at].take_rejection();
        let Some(mut held) = place.and_then(|place| self.take_back(line, place)) else { return };
        if held.source.is_none() {
            held.source = source.map(shortened);
        }
        let logged_in = source.is_some();
        if !(held.alone && logged_in) {
            line.let_go(held);
        }
    }

    fn take_back(&mut self, line: &mut Line<'_>, place: Place) -> Option<HeldEvent> {
        let waiting = line.queue.take(place)?;
        if let Holder::Rejection(pid) = waiting.holder {
            self.settle(place.0, pid, &waiting.event);
        }
        Some(*waiting.event)
    }

    fn settle(&mut self, host: HostId, pid: u32, event: &HeldEvent) {
        if let Some(port) = event.port {
            self.doubtful.remove(&(host, port, pid));
        }
    }

    /// What follows from the records, after they were loaded.
    pub(super) fn index(&mut self, queue: &Queue, words: Words) {
        self.count_sources(words);
        let doubtful = self.processes.iter().filter_map(|((host, pid), process)| {
            let held = queue.get(process.rejection()?)?;
            Some((*host, held.port.filter(|_| held.alone)?, *pid))
        });
        self.doubtful = doubtful.collect();
    }

    fn count_sources(&mut self, words: Words) {
        self.sources = Sources::default();
        for ((host, _), process) in self.processes.iter() {
            self.sources.add(words, *host, process);
        }
    }

    pub(super) fn take_changes(&mut self) -> Changes<(HostId, u32), Process> {
        self.processes.take_changes()
    }

    pub(super) fn forget_changes(&mut self) {
        self.processes.forget_changes();
    }

    pub(super) fn apply(&mut self, changes: Changes<(HostId, u32), Process>) {
        self.processes.apply(changes);
    }
}

/// The unknown user of a line as a number, which is never 0.
#[inline]
fn stranger(line: &Line<'_>, event: &Event<'_>) -> Option<u32> {
    let user = event.user.filter(|_| event.invalid_user);
    user.map(|user| line.key(&[user]) as u32 | 1)
}

impl Serialize for Connections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.processes.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Connections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let processes = Table::deserialize(deserializer)?;
        Ok(Connections { processes, ..Connections::default() })
    }
}
