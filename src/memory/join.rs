//! What several lines on one connection say together.

use super::held::{HeldEvent, shortened};
use super::limits::{ADDRESS_WAIT, ALONE_WAIT, FAILED_WAIT};
use crate::event::{Event, Reason, Role};

/// Whether a rejection for this reason is the last of its connection.
pub(super) fn ends(reason: Option<Reason>) -> bool {
    matches!(reason, Some(Reason::ClosedBeforeLogin | Reason::TooManyAttempts | Reason::Timeout))
}

pub(super) fn says_nothing(reason: Option<Reason>) -> bool {
    matches!(reason, None | Some(Reason::ClosedBeforeLogin))
}

/// Seconds that a held rejection waits: for its address, for a line that tells its end better, or
/// for the login that may follow a refusal.
pub(super) fn wait(held: &HeldEvent) -> i64 {
    match held.alone {
        false => ADDRESS_WAIT,
        true if says_nothing(held.reason()) => ALONE_WAIT,
        true => FAILED_WAIT,
    }
}

/// Two lines on one connection: the time of the first that proves it, the first reason that says
/// something, and what else either knows.
pub(super) fn join(held: HeldEvent, event: &Event<'_>) -> HeldEvent {
    if held.alone && event.role == Role::Proof {
        let mut proof = HeldEvent::from(event);
        if says_nothing(event.reason) {
            proof.set_reason(held.reason().or(event.reason));
        }
        proof.user = proof.user.or(held.user);
        proof.invalid_user |= held.invalid_user;
        proof.fingerprint = proof.fingerprint.or(held.fingerprint);
        proof.source = proof.source.or(held.source);
        proof.port = proof.port.or(held.port);
        return proof;
    }
    add(held, event)
}

fn add(mut held: HeldEvent, event: &Event<'_>) -> HeldEvent {
    if says_nothing(held.reason()) && event.reason.is_some() {
        held.set_reason(event.reason);
    }
    if held.user.is_none() {
        held.user = event.user.map(shortened);
        held.invalid_user = event.invalid_user;
    }
    if held.source.is_none() {
        held.source = event.source.map(shortened);
    }
    held.port = held.port.or(event.port);
    held
}
