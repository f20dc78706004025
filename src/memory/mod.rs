//! What stands between single records: how one connection ended, open sessions, who failed before.
//!
//! Owns every memory across records, each bounded ([`limits`]), all saved in one snapshot, whole
//! or as what changed ([`saved`]). Pure: time comes with the events, and [`Memory::expire`] is told
//! what time it is.
//!
//! - [`hosts`]: what time it is on each host; [`waiting`]: what waits for a better line, one queue;
//! - [`parts`]: which of the following an event is for;
//! - [`connections`]: one [`process`] record for each that serves a connection: what [`join`]s, and
//!   from which [`sources`] the logins came;
//! - [`throttling`]: connections that sshd dropped;
//! - [`sessions`]: opened and closed, paired; [`agent`]: those of Session Manager;
//! - [`su`], [`refusals`]: the own line of su, sudo, doas, pkexec, or PAM's;
//! - [`attempts`]: one attempt through several PAM modules;
//! - [`echoes`]: exits of sudo's commands, passwords changed;
//! - [`failures`]: successes after failures; [`instance_connect`]; [`cloudtrail_ids`];
//! - [`table`], [`brief`]: what they are kept in, by words made to numbers ([`crate::keyed`]).

mod agent;
mod attempts;
mod brief;
mod cloudtrail_ids;
mod connections;
mod echoes;
mod failures;
mod held;
mod hosts;
mod instance_connect;
mod join;
pub mod limits;
mod line;
mod parts;
mod process;
mod refusals;
mod saved;
mod sessions;
mod sources;
mod su;
mod table;
mod throttling;
mod waiting;

use serde::{Deserialize, Serialize};

pub use agent::Ended;
pub use limits::Limits;
pub use saved::Changes;

use crate::event::{Event, EventKind, Hint, HintKind, Texts, Time};
use crate::keyed::Words;
use held::HeldEvent;
use hosts::HostId;
use line::Line;
use parts::Parts;
use waiting::{Place, Queue};

/// An event that counts, with what only the memory across records knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted<'e> {
    pub event: &'e Event<'e>,
    /// Seconds, of a closed session whose opening was seen.
    pub duration: Option<f64>,
    /// A success from an address that failed often within the hour before.
    pub after_failures: bool,
    /// Whom EC2 Instance Connect named for the key of this login within the minute before.
    pub principal: Option<String>,
    /// The line that named the principal came from the journal, so no local user wrote it.
    pub principal_trusted: bool,
}

impl<'e> From<&'e Event<'e>> for Counted<'e> {
    fn from(event: &'e Event<'e>) -> Self {
        Counted {
            event,
            duration: None,
            after_failures: false,
            principal: None,
            principal_trusted: false,
        }
    }
}

/// Is shown each event that counts, in their order. An event stays where it was read: it is not
/// handed over.
pub type Show<'s> = dyn FnMut(&Counted<'_>) + 's;

/// Everything remembered between records.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "saved::Whole")]
pub struct Memory {
    #[serde(skip)]
    limits: Limits,
    /// The time of the day while lines are read as they are written.
    #[serde(skip)]
    wall: Option<Time>,
    words: Words,
    hosts: hosts::Hosts,
    queue: Queue,
    parts: Parts,
    failures: failures::Failures,
    /// The last line of the batch before, where `last message repeated N times` may speak of it.
    last_line: String,
}

impl Memory {
    pub fn new(limits: Limits) -> Self {
        Memory { limits, ..Memory::default() }
    }

    /// Limits are settings, not memory: a loaded snapshot is given those in force.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Says what time it is when the next lines are read, where they are read as they are
    /// written: so much is the clock of their host behind. `None` while a backlog is read.
    pub fn read_at(&mut self, wall: Option<Time>) {
        self.wall = wall;
    }

    /// The last line that was read before, where it is one that a log daemon may fold; else empty.
    pub fn last_line(&self) -> &str {
        &self.last_line
    }

    /// Keeps the last line of a batch, so that the next one may speak of it.
    pub fn set_last_line(&mut self, line: &[u8]) {
        self.last_line.clear();
        if line.len() <= limits::LAST_LINE {
            self.last_line.push_str(&String::from_utf8_lossy(line));
        }
    }

    /// Takes one event, whose text stands in `texts`, and shows what now counts: this event, an
    /// earlier one that was held back, or nothing yet. Its time lets go of what was due on its host
    /// before it.
    pub fn event<'e>(&mut self, event: &mut Event<'e>, texts: &'e Texts<'e>, show: &mut Show<'_>) {
        if event.aws.is_some() && self.beside(event, texts, show) {
            return;
        }
        let host = self.spoke(event.host, event.time, show);
        if self.queue.may_be_due(host, event.time) {
            self.let_go_of_due(host, event.time, show);
        }
        let (mut line, mut telling) = self.line(host, event.time);
        let counts = telling.parts.judge(&mut line, event, texts);
        if line.queue.lets_go() {
            telling.tell_let_go(&mut line, show);
        }
        if counts {
            telling.tell(event, &line, show);
        }
        if su::is_behind(event) {
            self.event(&mut su::behind(event), texts, show);
        }
    }

    /// Takes an event that does not stand in the log, but beside it: CloudTrail's records come
    /// late, and the agent has files of its own.
    #[cold]
    fn beside<'e>(
        &mut self,
        event: &mut Event<'e>,
        texts: &'e Texts<'e>,
        show: &mut Show<'_>,
    ) -> bool {
        let is_calls = matches!(event.kind, EventKind::AwsSuccess | EventKind::AwsFailure);
        if is_calls && self.parts.cloudtrail_ids.counts(self.words, event, texts) {
            show(&Counted::from(&*event));
        }
        let is_agents = !is_calls && agent::is_agents(event);
        if is_agents {
            self.parts.agent.began(self.words, event, show);
        }
        is_calls || is_agents
    }

    /// Takes a line that is no event but that another one needs.
    pub fn hint(&mut self, hint: &Hint<'_>, show: &mut Show<'_>) {
        let host = self.spoke(hint.host, hint.time, show);
        if hint.kind == HintKind::HostStarted {
            self.release(self.queue.of(Some(host)), show);
            self.parts.connections.host_started(host, self.words);
        }
        self.let_go_of_due(host, hint.time, show);
        let (mut line, mut telling) = self.line(host, hint.time);
        telling.parts.hint(&mut line, hint);
        telling.tell_let_go(&mut line, show);
    }

    /// A session of Session Manager ended.
    pub fn agent_ended(&mut self, ended: Ended<'_>, show: &mut Show<'_>) {
        self.parts.agent.ended(self.words, ended, show);
    }

    /// Lets go of what was held back and can no longer be joined when it is `wall` by the clock.
    pub fn expire(&mut self, wall: Time, show: &mut Show<'_>) {
        let due = self.queue.due_by_clock(|host| self.hosts.time(host, Some(wall)));
        self.release(due, show);
        let Memory { hosts, words, parts, failures, limits, .. } = self;
        parts.connections.expire(hosts, wall, *words);
        parts.throttling.told.expire(hosts, wall);
        parts.su.recent.expire(hosts, wall);
        parts.refusals.users.expire(hosts, wall);
        parts.refusals.sessions.expire(hosts, wall);
        parts.attempts.waiting.expire(hosts, wall);
        parts.commands.running.expire(hosts, wall);
        parts.account_changes.recent.expire(hosts, wall);
        parts.instance_connect.named.expire(hosts, wall);
        failures.expire(hosts, wall, limits);
    }

    /// Lets go of all that is held back: nothing more will come.
    pub fn finish(&mut self, show: &mut Show<'_>) {
        self.release(self.queue.of(None), show);
    }

    /// How many IDs of CloudTrail's records were let go of since this was last asked, for want of
    /// room: a record of theirs that comes again counts again.
    pub fn take_forgotten_ids(&mut self) -> u64 {
        self.parts.cloudtrail_ids.take_forgotten()
    }

    /// Open sessions by program and user: the gauge `login_sessions_active`.
    pub fn sessions_active(&self) -> Vec<(String, String, u64)> {
        let mut active = self.parts.sessions.active();
        active.extend(self.parts.agent.active());
        active
    }

    /// The host started at `boot`: what was open before is not open. An empty host is every host.
    pub fn host_started(&mut self, host: &str, boot: Time) {
        self.parts.sessions.host_started(host, boot);
    }

    /// Notes that a host wrote a line. What waits of a host that is forgotten for it counts.
    #[inline(always)]
    fn spoke(&mut self, name: &str, time: Time, show: &mut Show<'_>) -> HostId {
        if let Some(forgotten) = self.hosts.spoke(name, time, self.wall, self.words) {
            self.release(self.queue.of(Some(forgotten)), show);
        }
        self.hosts.speaking()
    }

    /// A line of a host, and what an event that counts by it is told with.
    #[inline]
    fn line(&mut self, host: HostId, time: Time) -> (Line<'_>, Telling<'_>) {
        let Memory { words, hosts, queue, parts, failures, limits, .. } = self;
        (Line::new(host, time, *words, hosts, queue), Telling { parts, failures, limits })
    }

    /// Lets go of what is due on a host at its time `now`.
    #[cold]
    fn let_go_of_due(&mut self, host: HostId, now: Time, show: &mut Show<'_>) {
        while let Some((place, waiting)) = self.queue.pop_due(host, now) {
            let (line, mut telling) = self.line(host, now);
            telling.parts.released(place, &waiting);
            telling.tell_held(&waiting.event, &line, show);
        }
    }

    fn release(&mut self, places: Vec<Place>, show: &mut Show<'_>) {
        for place in places {
            let Some(waiting) = self.queue.take(place) else { continue };
            let (line, mut telling) =
                self.line(place.0, Time::from_nanoseconds(waiting.event.time));
            telling.parts.released(place, &waiting);
            telling.tell_held(&waiting.event, &line, show);
        }
    }
}

/// What an event that counts is told with.
struct Telling<'m> {
    parts: &'m mut Parts,
    failures: &'m mut failures::Failures,
    limits: &'m Limits,
}

impl Telling<'_> {
    /// Shows an event that counts with what is known only then: how long a session was, failures to
    /// remember, successes to compare with them.
    #[inline(always)]
    fn tell(&mut self, event: &Event<'_>, line: &Line<'_>, show: &mut Show<'_>) {
        let Telling { parts, failures, limits } = self;
        // Who used sudo may be known by more than his account's name.
        if matches!(event.kind, EventKind::SudoCommand | EventKind::SudoFailure)
            && let Some(owner) = parts.owner(event)
        {
            return show(&Counted::from(&Event { identity: Some(owner), ..*event }));
        }
        let mut counted = Counted::from(event);
        if event.kind == EventKind::SessionClosed {
            counted.duration = parts.closed(line, event);
        }
        if let Some(source) = event.source {
            // A user's own word on a failure must not make another's login one after failures.
            if event.kind == EventKind::LoginFailure && event.told_by == 0 {
                failures.note(line, source, (event.time, event.count), limits);
            }
            if event.kind == EventKind::LoginSuccess {
                counted.after_failures = failures.often(line, source, event.time, limits);
                let principal = parts.instance_connect.principal(line, event);
                counted.principal_trusted = principal.as_ref().is_some_and(|(_, t)| *t);
                counted.principal = principal.map(|(name, _)| name);
            }
        }
        show(&counted);
    }

    /// Shows what the line lets go of what waited.
    #[cold]
    fn tell_let_go(&mut self, line: &mut Line<'_>, show: &mut Show<'_>) {
        for event in std::mem::take(&mut line.queue.released) {
            self.tell_held(&event, line, show);
        }
        for (place, waiting) in std::mem::take(&mut line.queue.went) {
            self.parts.released(place, &waiting);
            self.tell_held(&waiting.event, line, show);
        }
    }

    /// An event that waited counts.
    #[inline(never)]
    fn tell_held(&mut self, held: &HeldEvent, line: &Line<'_>, show: &mut Show<'_>) {
        if let Some(event) = held.event() {
            self.tell(&event, line, show);
        }
    }
}

#[cfg(test)]
mod tests;
