//! Uses of su: its own line, or PAM's where its own does not reach the log.
//!
//! RHEL writes su's own line to another facility than PAM's. Where both come, a success has its
//! own line first and PAM's session a moment later; a failure has PAM's line first and `FAILED SU`
//! two seconds later. So PAM's session counts at once where nothing was told, and PAM's failure
//! waits.
//!
//! Lines of one use share host and target, and the pid where both name one: util-linux 2.38 logs
//! PAM's failure without a pid and its own line with one.

use serde::{Deserialize, Serialize};

use super::held::HeldEvent;
use super::limits::{SU_TARGETS, SU_TO_ONE, SU_WAIT};
use super::table::{Table, fingerprint};
use super::{Counted, release};
use crate::event::{Event, EventKind, Role, Time};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Uses {
    recent: Table<Key, Vec<Use>, SU_TARGETS>,
}

/// Host and target.
type Key = u64;

/// One use within the last seconds.
#[derive(Debug, Serialize, Deserialize)]
struct Use {
    pid: Option<u32>,
    due: i64,
    state: State,
}

#[derive(Debug, Serialize, Deserialize)]
enum State {
    /// su's own line counted.
    ToldByItself,
    /// PAM's session counted.
    ToldByPam,
    /// PAM's failure waits for su's own line.
    Refused(Box<HeldEvent>),
}

impl Uses {
    pub(super) fn event<'a>(&mut self, event: Event<'a>, out: &mut Vec<Counted<'a>>) {
        let key = key(&event.host, event.target_user.as_deref());
        let mut uses = self.recent.remove(&key).unwrap_or_default();
        let due = event.time.saturating_add_seconds(SU_WAIT);
        let pid = event.pid;
        let state = match (event.role, event.kind) {
            (Role::Proof, EventKind::SuSuccess) => told_by_itself(&mut uses, event, out),
            (Role::Proof, _) => {
                take(&mut uses, pid, |state| matches!(state, State::Refused(_)));
                out.push(event.into());
                Some(State::ToldByItself)
            }
            _ if knows(&uses, pid, |state| matches!(state, State::ToldByItself)) => None,
            (_, EventKind::SuSuccess) => {
                out.push(event.into());
                Some(State::ToldByPam)
            }
            _ => refused_by_pam(&uses, &event),
        };
        uses.extend(state.map(|state| Use { pid, due: due.nanoseconds(), state }));
        if uses.len() > SU_TO_ONE {
            let_go(uses.remove(0), out);
        }
        self.insert(key, uses, out);
    }

    fn insert(&mut self, key: Key, uses: Vec<Use>, out: &mut Vec<Counted<'_>>) {
        let Some(due) = uses.iter().map(|one| one.due).min() else { return };
        if let Some((_, uses)) = self.recent.insert(key, Time::from_nanoseconds(due), uses) {
            uses.into_iter().for_each(|one| let_go(one, out));
        }
    }

    /// Another PAM module let the user in.
    pub(super) fn let_in(&mut self, host: &str, pid: Option<u32>, target: &str) {
        if let Some(uses) = self.recent.get_mut(&key(host, Some(target))) {
            take(uses, pid, |state| matches!(state, State::Refused(_)));
        }
    }

    pub(super) fn expire(&mut self, now: Time, out: &mut Vec<Counted<'_>>) {
        while let Some((key, uses)) = self.recent.pop_due(now) {
            let (gone, left) = uses.into_iter().partition(|one| one.due <= now.nanoseconds());
            Vec::into_iter(gone).for_each(|one| let_go(one, out));
            self.insert(key, left, out);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<Counted<'_>>) {
        while let Some((_, uses)) = self.recent.pop_first() {
            uses.into_iter().for_each(|one| let_go(one, out));
        }
    }
}

/// su's own line counts, unless PAM's session counted for the same use before.
fn told_by_itself<'a>(
    uses: &mut Vec<Use>,
    event: Event<'a>,
    out: &mut Vec<Counted<'a>>,
) -> Option<State> {
    if take(uses, event.pid, |state| matches!(state, State::ToldByPam)).is_none() {
        out.push(event.into());
    }
    Some(State::ToldByItself)
}

/// Waits; two modules that refuse one process are one refusal.
fn refused_by_pam(uses: &[Use], event: &Event<'_>) -> Option<State> {
    let refused = |state: &State| matches!(state, State::Refused(_));
    let again = event.pid.is_some() && knows(uses, event.pid, refused);
    (!again).then(|| State::Refused(Box::new(HeldEvent::from(event))))
}

/// Whether lines with these pids can be of one use.
fn same(a: Option<u32>, b: Option<u32>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn knows(uses: &[Use], pid: Option<u32>, is: impl Fn(&State) -> bool) -> bool {
    uses.iter().any(|one| same(one.pid, pid) && is(&one.state))
}

/// Takes out the use that this line is of: the one with its pid, else the oldest that may be.
fn take(uses: &mut Vec<Use>, pid: Option<u32>, is: impl Fn(&State) -> bool) -> Option<Use> {
    let exact = uses.iter().position(|one| one.pid == pid && is(&one.state));
    let at = exact.or_else(|| uses.iter().position(|s| same(s.pid, pid) && is(&s.state)))?;
    Some(uses.remove(at))
}

fn let_go(one: Use, out: &mut Vec<Counted<'_>>) {
    if let State::Refused(held) = one.state {
        release(*held, out);
    }
}

/// The use of su that PAM's session tells of, by whom PAM names as who opened it.
pub(super) fn behind_session<'a>(session: &Event<'a>) -> Option<Event<'a>> {
    if session.kind != EventKind::SessionOpened || session.program != "su" {
        return None;
    }
    Some(Event {
        kind: EventKind::SuSuccess,
        role: Role::Echo,
        user: session.by.map(|by| by.name).filter(|name| !name.is_empty()).map(Into::into),
        target_user: session.user.clone(),
        ..session.clone()
    })
}

fn key(host: &str, target: Option<&str>) -> Key {
    fingerprint(&[host, target.unwrap_or_default()])
}
