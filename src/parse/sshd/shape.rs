//! How the fields stand in a line of sshd: the shapes that several rows share, and the small words
//! by which a row's event is given what was read.

use crate::event::{Event, Reason, Role};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line, named};

use super::fields::{self, Peer};
use super::party::{self, Party, Stage};

/// `A[ port N]…`: the address stands first, and what follows is of no interest.
pub(super) fn peer<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (peer, _) = fields::at_start(rest)?;
    at(line, line.event(into), peer)
}

/// `NAME from A[ port N]`, read from its end.
pub(super) fn name_then_peer<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    match fields::at_end(rest, b" from ").filter(|_| !line.cut) {
        Some((name, peer)) => of_at(line, line.event(into), name, peer),
        None => named(line, rest, into),
    }
}

/// `PARTY`, to the end.
pub(super) fn party<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    ended(line, party::party(rest, line.cut)?, None, into)
}

/// The end of a party's connection. Of someone who was let in it is none, and of someone who was
/// asked for a key or password it is a proof, wherever the line was written. `reason` where the line
/// tells one.
pub(super) fn ended<'a>(
    line: &Line<'_, 'a>,
    party: Party<'a>,
    reason: Option<Reason>,
    into: &mut Parsed<'a>,
) -> Known {
    if party.stage == Stage::LoggedIn && !line.preauth {
        return KNOWN;
    }
    let event = line.event(into);
    event.role = match party.stage {
        Stage::LoggedIn => Role::End,
        Stage::Invalid | Stage::Authenticating => Role::Proof,
        Stage::Nameless => event.role,
    };
    event.reason = reason.or(event.reason);
    by(line, event, party)
}

/// Gives the event the address and port that sshd wrote.
#[inline(always)]
pub(super) fn at<'a>(line: &Line<'_, 'a>, event: &mut Event<'a>, peer: Peer<'a>) -> Known {
    (event.source, event.port) = (peer.source(line), peer.known_port());
    KNOWN
}

/// Gives the event the name that sshd wrote.
#[inline(always)]
pub(super) fn of<'a>(line: &Line<'_, 'a>, event: &mut Event<'a>, user: &'a [u8]) -> Known {
    event.user = Some(line.text(user));
    KNOWN
}

/// Gives the event both.
#[inline(always)]
pub(super) fn of_at<'a>(
    line: &Line<'_, 'a>,
    event: &mut Event<'a>,
    user: &'a [u8],
    peer: Peer<'a>,
) -> Known {
    of(line, event, user);
    at(line, event, peer)
}

/// Gives the event the party that sshd wrote.
#[inline(always)]
pub(super) fn by<'a>(line: &Line<'_, 'a>, event: &mut Event<'a>, party: Party<'a>) -> Known {
    event.invalid_user = party.stage == Stage::Invalid;
    if let Some(user) = party.user {
        of(line, event, user);
    }
    if let Some(peer) = party.peer {
        at(line, event, peer);
    }
    KNOWN
}
