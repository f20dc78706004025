//! Refusals of sudo, doas and pkexec: the program's own line, or PAM's where it has none.
//!
//! A wrong password leaves PAM's line first. sudo tells the refusal itself, when its user gave up
//! or had his tries; sudo-rs, which other hosts call `sudo`, never does, so there PAM's word is
//! all there is. So it waits: for sudo's own line, which is the same refusal, or for a command of
//! that sudo, which was not refused. A command in sudo-rs's shape takes nothing back: it tells that
//! this user's sudo is sudo-rs, whose refusals count at once from then on. (What one user's lines
//! look like says nothing of another's: he could write them himself.)
//!
//! pkexec and doas tell a refusal within the minute, pkexec from another process than PAM's.

use serde::{Deserialize, Serialize};

use super::brief::Brief;
use super::held::HeldEvent;
use super::limits::{
    COMMAND_FOR, OTHER_REFUSAL_WAIT, REFUSALS_OF_ONE, SESSION_WAIT, SUDO_FOR, SUDO_USERS,
    SUDO_WAIT, TOLD_FOR,
};
use super::line::Line;
use super::su::same;
use super::waiting::{Holder, Place, Waiting};
use crate::event::{Event, Invoker, Role};

const SUDO: &str = "sudo";
const DOAS: &str = "doas";
const PKEXEC: &str = "pkexec";
const RUN0: &str = "run0";
/// PAM's word on what pkexec asked for.
const POLKIT: &str = "polkit";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Refusals {
    /// By program and user.
    pub(super) users: Brief<User, SUDO_USERS>,
    /// By target: who opened a session of doas a moment ago, and did not use it yet.
    pub(super) sessions: Brief<String, SUDO_USERS>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct User {
    /// PAM's refusals by pid.
    waiting: Vec<(Option<u32>, Place)>,
    /// Of which of these pam_unix told nothing, but another module.
    by_another: Vec<Place>,
    /// What sudo told itself, by pid, and until when PAM's word on it may come.
    told: Vec<(Option<u32>, i64)>,
    /// The user's sudo is sudo-rs.
    silent: bool,
}

impl Refusals {
    /// Whether a refusal counts now.
    pub(super) fn failed(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        let (key, pid) = key(line, event);
        let mut user = self.user(line, key);
        let counts = if event.role == Role::Proof {
            take_back(line, &mut user, pid);
            user.tell(line, pid, TOLD_FOR);
            true
        } else if user.silent && event.role == Role::Echo {
            user.tell(line, pid, COMMAND_FOR);
            true
        } else if user.was_told(line, pid) {
            false
        } else if user.silent {
            true
        } else {
            hold(line, key, pid, &mut user, event);
            false
        };
        self.users.put(line, key, SUDO_FOR, user);
        counts
    }

    /// Another PAM module let the user in.
    pub(super) fn let_in(
        &mut self,
        line: &mut Line<'_>,
        (program, pid): (&str, Option<u32>),
        by: Option<Invoker<'_>>,
        user: &str,
    ) {
        let (key, pid) = key_of(line, (program, pid), by, user);
        if self.users.get(line, key).is_some() {
            let mut user = self.user(line, key);
            take_back(line, &mut user, pid);
            self.users.put(line, key, SUDO_FOR, user);
        }
    }

    /// Whether a command counts: doas's line only behind its session, where its role says so.
    pub(super) fn command(&mut self, line: &mut Line<'_>, event: &Event<'_>) -> bool {
        // Mostly nobody was refused.
        if self.users.is_empty() && !event.sudo_rs && event.role != Role::Echo {
            return true;
        }
        let (key, pid) = key(line, event);
        if self.users.get(line, key).is_some() || event.sudo_rs {
            let mut user = self.user(line, key);
            if event.sudo_rs || event.program != SUDO {
                user.silent |= event.sudo_rs;
                user.waiting.drain(..).for_each(|(_, place)| line.release(place));
            } else {
                take_back(line, &mut user, pid);
                user.tell(line, pid, COMMAND_FOR);
                user.silent = false;
            }
            self.users.put(line, key, SUDO_FOR, user);
        }
        event.role != Role::Echo || self.is_behind_session(line, event)
    }

    /// doas wrote its line as the target's user, so another line must vouch for it: the session
    /// that root opened for it.
    fn is_behind_session(&mut self, line: &Line<'_>, event: &Event<'_>) -> bool {
        let target = event.target_user.unwrap_or_default();
        let by = self.sessions.take(line, line.key(&[target]));
        by.is_some_and(|by| by.is_empty() || Some(&*by) == event.user)
    }

    pub(super) fn opened(&mut self, line: &Line<'_>, session: &Event<'_>) {
        if session.program == DOAS {
            let target = session.user.unwrap_or_default();
            let by = session.by.map_or("", |by| by.name);
            self.sessions.put(line, line.key(&[target]), SESSION_WAIT, by.to_owned());
        }
    }

    fn user(&mut self, line: &Line<'_>, key: u64) -> User {
        let mut user = self.users.take(line, key).unwrap_or_default();
        user.told.retain(|(_, until)| *until > line.time.nanoseconds());
        user
    }

    /// A refusal does not wait any more.
    pub(super) fn released(&mut self, place: Place, waiting: &Waiting) {
        if let Holder::Refusal(key) = waiting.holder {
            self.users.change((place.0, key), |user| {
                user.waiting.retain(|(_, of)| *of != place);
                user.by_another.retain(|of| *of != place);
            });
        }
    }
}

impl User {
    fn tell(&mut self, line: &Line<'_>, pid: Option<u32>, seconds: i64) {
        if self.told.len() >= REFUSALS_OF_ONE {
            self.told.remove(0);
        }
        self.told.push((pid, line.time.saturating_add_seconds(seconds).nanoseconds()));
    }

    fn was_told(&self, line: &Line<'_>, pid: Option<u32>) -> bool {
        let now = line.time.nanoseconds();
        self.told.iter().any(|(of, until)| same(*of, pid) && *until > now)
    }
}

/// PAM's word waits. What it tells of one process is one refusal with as many attempts.
fn hold(line: &mut Line<'_>, key: u64, pid: Option<u32>, user: &mut User, event: &Event<'_>) {
    let mut held = HeldEvent::from(event);
    let mut by_another = event.role == Role::Again;
    if let Some(at) = user.waiting.iter().position(|(of, _)| *of == pid) {
        let (_, place) = user.waiting[at];
        let known_by_another = user.by_another.contains(&place);
        // What pam_unix told, another module tells again.
        if by_another && !known_by_another {
            return;
        }
        user.waiting.remove(at);
        user.by_another.retain(|of| *of != place);
        if let Some(before) = line.take(place)
            && known_by_another == by_another
        {
            let more = held.count;
            held = before;
            held.count = held.count.saturating_add(more);
        }
        by_another &= known_by_another;
    }
    let wait = if event.program == SUDO { SUDO_WAIT } else { OTHER_REFUSAL_WAIT };
    let place = line.hold(held, event.time, wait, 0, Holder::Refusal(key));
    user.waiting.push((pid, place));
    user.by_another.extend(by_another.then_some(place));
    if user.waiting.len() > REFUSALS_OF_ONE {
        line.release(user.waiting.remove(0).1);
    }
}

/// What PAM told of this process is what its program tells itself.
fn take_back(line: &mut Line<'_>, user: &mut User, pid: Option<u32>) {
    user.waiting.retain(|(of, place)| {
        let is_same = same(*of, pid);
        if is_same {
            line.take(*place);
        }
        !is_same
    });
}

/// What the lines of one refusal share: the program, who started it, and sudo's pid. (PAM's and
/// pkexec's come from two processes, and PAM's `user` is whoever was asked for his password.)
fn key(line: &Line<'_>, event: &Event<'_>) -> (u64, Option<u32>) {
    let user = event.user.unwrap_or_default();
    key_of(line, (event.program, event.pid), event.by, user)
}

fn key_of(
    line: &Line<'_>,
    (program, pid): (&str, Option<u32>),
    by: Option<Invoker<'_>>,
    user: &str,
) -> (u64, Option<u32>) {
    // polkitd tells of run0 what PAM tells of its helper, which pkexec uses too.
    let program = if [POLKIT, RUN0].contains(&program) { PKEXEC } else { program };
    let started_by = by.map(|by| by.name).filter(|name| !name.is_empty()).unwrap_or(user);
    (line.key(&[program, started_by]), pid.filter(|_| program == SUDO))
}
