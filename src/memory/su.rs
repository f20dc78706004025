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

use super::brief::Brief;
use super::held::HeldEvent;
use super::limits::{SU_TARGETS, SU_TO_ONE, SU_WAIT};
use super::line::Line;
use super::waiting::{Holder, Place, Waiting};
use crate::event::{Event, EventKind, Role};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Uses {
    /// By target.
    pub(super) recent: Brief<Vec<Use>, SU_TARGETS>,
}

/// One use within the last seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Use {
    pid: Option<u32>,
    /// Nanoseconds since the epoch.
    until: i64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    /// su's own line counted.
    ToldByItself,
    /// PAM's session counted.
    ToldByPam,
    /// PAM's failure waits for su's own line.
    Refused(Place),
}

impl Uses {
    /// Whether a use counts now.
    pub(super) fn counts(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let key = key(line, event.target_user);
        let mut uses = self.uses(line, key);
        let pid = event.pid;
        let succeeded = event.kind == EventKind::SuSuccess;
        let (state, counts) = match (event.role, succeeded) {
            // It counts unless PAM's session counted for the same use before.
            (Role::Proof, true) => {
                let by_pam = take(&mut uses, pid, |state| state == State::ToldByPam);
                (Some(State::ToldByItself), by_pam.is_none())
            }
            (Role::Proof, false) => {
                take_refused(line, &mut uses, pid);
                (Some(State::ToldByItself), true)
            }
            _ if knows(&uses, pid, |state| state == State::ToldByItself) => (None, false),
            (_, true) => (Some(State::ToldByPam), true),
            (_, false) => (refused_by_pam(line, key, &uses, event), false),
        };
        let until = line.time.saturating_add_seconds(SU_WAIT).nanoseconds();
        uses.extend(state.map(|state| Use { pid, until, state }));
        if uses.len() > SU_TO_ONE
            && let State::Refused(place) = uses.remove(0).state
        {
            line.release(place);
        }
        self.recent.put(line, key, SU_WAIT, uses);
        counts
    }

    /// What is remembered of a target. A refusal that is released meanwhile is no more in it.
    fn uses(&mut self, line: &Line<'_>, key: u64) -> Vec<Use> {
        let mut uses = self.recent.take(line, key).unwrap_or_default();
        uses.retain(|one| match one.state {
            State::Refused(place) => line.queue.get(place).is_some(),
            _ => one.until > line.time.nanoseconds(),
        });
        uses
    }

    /// Another PAM module let the user in.
    pub(super) fn let_in(&mut self, line: &mut Line<'_>, pid: Option<u32>, target: &str) {
        let key = key(line, Some(target));
        let mut uses = self.uses(line, key);
        take_refused(line, &mut uses, pid);
        if !uses.is_empty() {
            self.recent.put(line, key, SU_WAIT, uses);
        }
    }

    /// An event of a use does not wait any more.
    pub(super) fn released(&mut self, place: Place, waiting: &Waiting) {
        if let Holder::Use(key) = waiting.holder {
            let gone = State::Refused(place);
            self.recent.change((place.0, key), |uses| uses.retain(|one| one.state != gone));
        }
    }
}

/// Waits; two modules that refuse one process are one refusal.
fn refused_by_pam(line: &mut Line<'_>, key: u64, uses: &[Use], event: &Event<'_>) -> Option<State> {
    if event.pid.is_some() && knows(uses, event.pid, is_refused) {
        return None;
    }
    let held = HeldEvent::from(event);
    Some(State::Refused(line.hold(held, event.time, SU_WAIT, 0, Holder::Use(key))))
}

fn is_refused(state: State) -> bool {
    matches!(state, State::Refused(_))
}

/// Whether lines with these pids can be of one use.
pub(super) fn same(a: Option<u32>, b: Option<u32>) -> bool {
    a.is_none() || b.is_none() || a == b
}

fn knows(uses: &[Use], pid: Option<u32>, is: impl Fn(State) -> bool) -> bool {
    uses.iter().any(|one| same(one.pid, pid) && is(one.state))
}

/// Takes out the use that this line is of: the one with its pid, else the oldest that may be.
fn take(uses: &mut Vec<Use>, pid: Option<u32>, is: impl Fn(State) -> bool) -> Option<Use> {
    let exact = uses.iter().position(|one| one.pid == pid && is(one.state));
    let at = exact.or_else(|| uses.iter().position(|s| same(s.pid, pid) && is(s.state)))?;
    Some(uses.remove(at))
}

fn take_refused(line: &mut Line<'_>, uses: &mut Vec<Use>, pid: Option<u32>) {
    if let Some(State::Refused(place)) = take(uses, pid, is_refused).map(|one| one.state) {
        line.take(place);
    }
}

/// Whether PAM's session tells of an su.
#[inline]
pub(super) fn is_behind(session: &Event<'_>) -> bool {
    session.kind == EventKind::SessionOpened && session.program == "su"
}

/// The su that PAM's session tells of.
pub(super) fn behind<'a>(session: &Event<'a>) -> Event<'a> {
    Event {
        kind: EventKind::SuSuccess,
        role: Role::Echo,
        user: session.by.map(|by| by.name).filter(|name| !name.is_empty()),
        target_user: session.user,
        ..*session
    }
}

fn key(line: &Line<'_>, target: Option<&str>) -> u64 {
    line.key(&["su", target.unwrap_or_default()])
}
