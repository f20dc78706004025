//! Uses of su: its own line, or PAM's where its own does not reach the log.
//!
//! RHEL writes su's own line to another facility than PAM's. Where both come, a success has its
//! own line first and PAM's session a moment later; a failure has PAM's line first and `FAILED SU`
//! two seconds later. So PAM's session counts at once where nothing was told, and PAM's failure
//! waits. Lines of one use share a pid; without pids they share host and target, close in time.

use serde::{Deserialize, Serialize};

use super::kept::Kept;
use super::limits::{SU_WAIT, SWITCHES};
use super::table::{Table, fingerprint};
use super::{Counted, release};
use crate::event::{Event, EventKind, Time, Weight};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Switches {
    recent: Table<Key, Switch, SWITCHES>,
}

/// Host, pid, and the target where there is no pid.
type Key = (u64, Option<u32>, u64);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Switch {
    /// What counted within the last seconds, and whether that was su's own line.
    told: Option<Told>,
    /// PAM's failure, waiting for su's own line.
    held: Option<Kept>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Told {
    ByItself,
    ByPam,
}

impl Switch {
    /// su's own line counts, unless PAM's session counted for the same use before.
    fn told_by_itself<'a>(self, event: Event<'a>, out: &mut Vec<Counted<'a>>) -> Switch {
        let success = event.kind == EventKind::SuSuccess;
        // Without pids, what is held is another use: a refused one, whose own line is to come.
        let held = self.held.filter(|_| success && event.pid.is_none());
        if !(success && self.told == Some(Told::ByPam)) {
            out.push(event.into());
        }
        Switch { told: Some(Told::ByItself), held }
    }

    fn opened_by_pam<'a>(self, event: Event<'a>, out: &mut Vec<Counted<'a>>) -> Switch {
        // A process that was let in was not refused before, but by another PAM module.
        if event.pid.is_none() {
            self.held.into_iter().for_each(|kept| release(kept, out));
        }
        out.push(event.into());
        Switch { told: Some(Told::ByPam), held: None }
    }

    /// Waits; two modules that refuse one process are one refusal.
    fn refused_by_pam(self, event: &Event<'_>) -> Switch {
        Switch { held: Some(self.held.unwrap_or_else(|| Kept::from(event))), ..self }
    }
}

impl Switches {
    pub(super) fn event<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let key = key(&event);
        let due = event.time.saturating_add_seconds(SU_WAIT);
        let before = self.recent.remove(&key).unwrap_or_default();
        let next = match (event.weight, event.kind) {
            (Weight::Proof, _) => before.told_by_itself(event, out),
            (Weight::IfAlone, _) if before.told == Some(Told::ByItself) => before,
            (Weight::IfAlone, EventKind::SuSuccess) => before.opened_by_pam(event, out),
            (Weight::IfAlone, _) => before.refused_by_pam(&event),
        };
        self.insert(key, due, next, out);
    }

    fn insert(&mut self, key: Key, due: Time, switch: Switch, out: &mut Vec<Counted<'_>>) {
        if let Some((_, Switch { held: Some(kept), .. })) = self.recent.insert(key, due, switch) {
            release(kept, out);
        }
    }

    /// Another PAM module let the user in.
    pub(super) fn let_in(&mut self, host: &str, pid: Option<u32>, target: &str) {
        let key = key_of(host, pid, target);
        if let Some(switch) = self.recent.get_mut(&key) {
            switch.held = None;
        }
    }

    pub(super) fn expire(&mut self, now: Time, out: &mut Vec<Counted<'_>>) {
        while let Some((_, switch)) = self.recent.pop_due(now) {
            switch.held.into_iter().for_each(|kept| release(kept, out));
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Counted<'_>>) {
        while let Some((_, switch)) = self.recent.pop_first() {
            switch.held.into_iter().for_each(|kept| release(kept, out));
        }
    }
}

/// The su that PAM's session tells of. The parser put the invoker into `identity`, for lack of a
/// better field; it is taken off here, so that no session has an identity.
pub(super) fn behind_session<'a>(session: &mut Event<'a>) -> Option<Event<'a>> {
    let invoker = session.identity.take();
    if session.kind != EventKind::SessionOpened || session.program != "su" {
        return None;
    }
    Some(Event {
        kind: EventKind::SuSuccess,
        weight: Weight::IfAlone,
        user: invoker,
        target_user: session.user.clone(),
        ..session.clone()
    })
}

fn key(event: &Event<'_>) -> Key {
    key_of(&event.host, event.pid, event.target_user.as_deref().unwrap_or_default())
}

fn key_of(host: &str, pid: Option<u32>, target: &str) -> Key {
    let target = if pid.is_some() { "" } else { target };
    (fingerprint(&[host]), pid, fingerprint(&[target]))
}
