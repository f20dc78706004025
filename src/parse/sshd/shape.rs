//! How the fields stand in a line of sshd: the shapes that several rows share, and the small words
//! by which a row's event is given what was read.

use crate::event::{Event, Role};
use crate::parse::Parsed;
use crate::parse::rows::Line;

use super::fields::{self, Peer};
use super::party::{self, Party, Stage};

/// `A[ port N]…`: the address stands first, and what follows is of no interest.
pub(super) fn peer<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    done(at(line, line.event(), fields::at_start(rest)?.0))
}

/// `NAME`, to the end.
pub(super) fn name<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    done(of(line, line.event(), rest))
}

/// `NAME from A[ port N]`, read from its end.
pub(super) fn name_then_peer<'a>(line: &Line<'_, 'a>, rest: &'a [u8]) -> Option<Parsed<'a>> {
    match fields::at_end(rest, b" from ").filter(|_| !line.cut) {
        Some((name, peer)) => {
            let mut event = line.event();
            event.user = Some(line.text(name));
            (event.source, event.port) = (peer.source(line), peer.known_port());
            done(event)
        }
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
    mut event: Event<'a>,
    party: Party<'a>,
) -> Option<Parsed<'a>> {
    event.role = match party.stage {
        Stage::LoggedIn if !line.preauth => return Some(Parsed::Ignored),
        Stage::LoggedIn => Role::End,
        Stage::Invalid | Stage::Authenticating => Role::Proof,
        Stage::Nameless => event.role,
    };
    done(by(line, event, party))
}

/// The same event with the address and port that sshd wrote.
#[inline(always)]
pub(super) fn at<'a>(line: &Line<'_, 'a>, mut event: Event<'a>, peer: Peer<'a>) -> Event<'a> {
    (event.source, event.port) = (peer.source(line), peer.known_port());
    event
}

/// The same event with the name that sshd wrote.
#[inline(always)]
pub(super) fn of<'a>(line: &Line<'_, 'a>, mut event: Event<'a>, user: &'a [u8]) -> Event<'a> {
    event.user = Some(line.text(user));
    event
}

/// The same event with the party that sshd wrote.
#[inline(always)]
pub(super) fn by<'a>(line: &Line<'_, 'a>, mut event: Event<'a>, party: Party<'a>) -> Event<'a> {
    event.invalid_user = party.stage == Stage::Invalid;
    if let Some(user) = party.user {
        event.user = Some(line.text(user));
    }
    if let Some(peer) = party.peer {
        (event.source, event.port) = (peer.source(line), peer.known_port());
    }
    event
}

#[inline(always)]
pub(super) fn done<'a>(event: Event<'a>) -> Option<Parsed<'a>> {
    Some(Parsed::Event(event))
}
