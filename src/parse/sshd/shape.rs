//! How the fields stand in a line of sshd: the shapes that several rows share, and the small words
//! by which a row's event is given what was read.

use crate::event::{Event, Role};
use crate::parse::Parsed;
use crate::parse::rows::Line;
use crate::parse::words::text;

use super::fields::{self, Peer};
use super::party::{self, Party, Stage};

/// `A[ port N]…`: the address stands first, and what follows is of no interest.
pub(super) fn peer<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    done(at(line.event(), fields::at_start(rest)?.0))
}

/// `NAME`, to the end.
pub(super) fn name<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    done(of(line.event(), rest))
}

/// `NAME from A[ port N]`, read from its end.
pub(super) fn name_then_peer<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    match fields::at_end(rest, b" from ").filter(|_| !line.cut) {
        Some((name, peer)) => done(at(of(line.event(), name), peer)),
        None => name(line, rest),
    }
}

/// `PARTY`, to the end.
pub(super) fn party<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    ended(line, line.event(), party::party(rest, line.cut)?)
}

/// The end of a party's connection. Of someone who was let in it is none, and of someone who was
/// asked for a key or password it is a proof, wherever the line was written.
pub(super) fn ended<'a>(
    line: &Line<'_, 'a>,
    event: Event<'a>,
    party: Party<'a>,
) -> Option<Parsed<'a>> {
    let role = match party.stage {
        Stage::LoggedIn if !line.preauth => return Some(Parsed::Ignored),
        Stage::LoggedIn => Role::End,
        Stage::Invalid | Stage::Authenticating => Role::Proof,
        Stage::Nameless => event.role,
    };
    done(by(Event { role, ..event }, party))
}

/// The same event with the address and port that sshd wrote.
pub(super) fn at<'a>(event: Event<'a>, peer: Peer<'a>) -> Event<'a> {
    Event { source: peer.source(), port: peer.known_port(), ..event }
}

/// The same event with the name that sshd wrote.
pub(super) fn of<'a>(event: Event<'a>, user: &'a [u8]) -> Event<'a> {
    Event { user: Some(text(user)), ..event }
}

/// The same event with the party that sshd wrote.
pub(super) fn by<'a>(event: Event<'a>, party: Party<'a>) -> Event<'a> {
    let event = Event { invalid_user: party.stage == Stage::Invalid, ..event };
    let event = match party.user {
        Some(user) => of(event, user),
        None => event,
    };
    match party.peer {
        Some(peer) => at(event, peer),
        None => event,
    }
}

pub(super) fn done<'a>(event: Event<'a>) -> Option<Parsed<'a>> {
    Some(Parsed::Event(event))
}
