//! Open sessions of Session Manager, as the host's agent tells them: each begins once and ends
//! once, by the session's ID.
//!
//! A session begins with a login and is open from then on. Its end brings what its beginning
//! told, for the agent's file is gone by then. Who owns a session is known, so what sudo does for
//! the account that it runs as can be laid to a person, where it can be nobody else's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::held::shortened;
use super::limits::SESSIONS;
use super::sessions::is_host;
use super::table::Table;
use super::{Counted, Show};
use crate::event::{AwsCall, Event, EventKind, SSM_AGENT, Time};
use crate::keyed::Words;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct AgentSessions {
    /// By two numbers of instance and ID: 128 bits, which two sessions never share. In order of
    /// opening, so that the oldest makes room.
    pub(super) open: Table<(u64, u64), Open>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    host: String,
    /// `None` for a tunnel.
    user: Option<String>,
    /// Who opened it, in the form of an AWS identity.
    owner: Option<String>,
    instance: String,
    id: String,
    document: Option<String>,
    destination: Option<String>,
    since: i64,
}

/// The end of a session.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    pub instance: &'a str,
    pub id: &'a str,
    pub time: Time,
    /// It was seen to end; else it ended some time before, and lasted nobody knows how long.
    pub watched: bool,
    pub ordinal: u64,
}

/// Whether an event is one of the agent's. Its name alone proves nothing: a local user can write
/// a line of a PAM service that is called so.
pub(super) fn is_agents(event: &Event<'_>) -> bool {
    event.program == SSM_AGENT && event.aws.is_some()
}

impl AgentSessions {
    /// A session began: a login, and a session that is open. One that is open already is the same.
    pub(super) fn began(&mut self, words: Words, login: &Event<'_>, show: &mut Show<'_>) {
        let call = login.aws.copied().unwrap_or_default();
        let part = |part: Option<&str>| part.map(shortened);
        let open = Open {
            host: shortened(login.host),
            user: part(login.user),
            owner: part(login.identity),
            instance: part(call.target).unwrap_or_default(),
            id: part(call.session_id).unwrap_or_default(),
            document: part(call.document),
            destination: part(call.destination),
            since: login.time.nanoseconds(),
        };
        let key = key(words, &open.instance, &open.id);
        if self.open.find(&key).is_some() {
            return;
        }
        let opened =
            Event { kind: EventKind::SessionOpened, method: None, command: None, ..*login };
        if let Some(oldest) = self.open.oldest(0).filter(|_| self.open.len(0) >= SESSIONS) {
            self.open.remove(oldest);
        }
        self.open.insert(key, 0, open);
        show(&Counted::from(login));
        show(&Counted::from(&opened));
    }

    /// A session ended. What was never told to begin, such as a command of Run Command, ends
    /// nothing.
    pub(super) fn ended(&mut self, words: Words, end: Ended<'_>, show: &mut Show<'_>) {
        let key = key(words, &shortened(end.instance), &shortened(end.id));
        let Some(open) = self.open.take(&key) else { return };
        let lasted = end.time.seconds_since(Time::from_nanoseconds(open.since));
        let call = AwsCall {
            target: Some(&open.instance),
            session_id: Some(&open.id),
            document: open.document.as_deref(),
            destination: open.destination.as_deref(),
            ..AwsCall::default()
        };
        let event = Event {
            time: end.time,
            ordinal: end.ordinal,
            host: &open.host,
            user: open.user.as_deref(),
            identity: open.owner.as_deref(),
            aws: Some(&call),
            ..Event::new(EventKind::SessionClosed, SSM_AGENT)
        };
        let duration = (end.watched && lasted >= 0.0).then_some(lasted);
        show(&Counted { duration, ..Counted::from(&event) });
    }

    /// The owner of the one session that is open for this account on this host at this time.
    /// `others` are the account's sessions of other programs: with one of them, or with two of
    /// the agent's, it could have been anyone of them.
    pub(super) fn owner(
        &self,
        host: &str,
        user: &str,
        time: Time,
        others: impl FnOnce() -> bool,
    ) -> Option<&str> {
        let of_user =
            |open: &&Open| open.user.as_deref() == Some(user) && is_host(&open.host, host);
        let mut open = self.open.iter().map(|(_, open)| open).filter(of_user);
        let (first, second) = (open.next()?, open.next());
        if second.is_some() || first.since > time.nanoseconds() || others() {
            return None;
        }
        first.owner.as_deref()
    }

    /// Open sessions by program and user; the empty user is a tunnel's.
    pub(super) fn active(&self) -> Vec<(String, String, u64)> {
        let mut counts = BTreeMap::<&str, u64>::new();
        for (_, open) in self.open.iter() {
            *counts.entry(open.user.as_deref().unwrap_or_default()).or_default() += 1;
        }
        let owned = |(user, count): (&str, u64)| (SSM_AGENT.to_owned(), user.to_owned(), count);
        counts.into_iter().map(owned).collect()
    }
}

fn key(words: Words, instance: &str, id: &str) -> (u64, u64) {
    (words.number([instance, id]), words.number([SSM_AGENT, instance, id]))
}
