//! One message of sshd without what `log.c` and `monitor.c` put around it, and the events made of
//! it.

use crate::event::{Event, EventKind, HintKind, Reason, Role};
use crate::parse::{Envelope, Parsed, words};

use super::fields::Peer;
use super::party::{Party, Stage};

/// `log.c` writes through `syslog(pri, "%.500s", …)`: what is exactly this long may have lost its
/// end, and then a name can stand where sshd's own fields would.
const CUT: usize = 500;

/// `error: ` and the like, which `log.c` puts in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Plain,
    Error,
    Fatal,
    Debug,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'e, 'a> {
    pub(super) envelope: &'e Envelope<'a>,
    pub(super) level: Level,
    /// The message without level and ` [preauth]`.
    pub(super) text: &'a [u8],
    /// The monitor relayed it for the child that serves a connection before its login.
    pub(super) preauth: bool,
    pub(super) cut: bool,
}

impl<'e, 'a> Line<'e, 'a> {
    pub(super) fn new(envelope: &'e Envelope<'a>) -> Self {
        let cut = envelope.message.len() == CUT;
        let (level, text) = level(trim(envelope.message));
        // FreeBSD builds libssh with this prefix on every function's name.
        let text = text.strip_prefix(b"Fssh_").unwrap_or(text);
        let preauth = text.strip_suffix(b" [preauth]");
        let text = preauth.or_else(|| text.strip_suffix(b" [postauth]")).unwrap_or(text);
        Line { envelope, level, text, preauth: preauth.is_some(), cut }
    }

    pub(super) fn event(&self, kind: EventKind) -> Event<'a> {
        Event {
            time: self.envelope.time,
            host: String::from_utf8_lossy(self.envelope.host),
            pid: self.envelope.pid,
            ..Event::new(kind, "sshd")
        }
    }

    /// A connection that this line alone shows to have ended without a login.
    pub(super) fn rejected(&self, reason: Reason) -> Event<'a> {
        Event { reason: Some(reason), ..self.event(EventKind::LoginRejected) }
    }

    /// A refusal after which a login may still come.
    pub(super) fn doomed(&self, reason: Reason) -> Event<'a> {
        Event { role: Role::End, ..self.rejected(reason) }
    }

    /// An end of which any other line of the connection tells more.
    pub(super) fn rejected_echo(&self, reason: Reason) -> Event<'a> {
        Event { role: Role::Echo, ..self.rejected(reason) }
    }

    /// A hint with what the frame tells.
    pub(super) fn hint(&self, kind: HintKind<'a>) -> Option<Parsed<'a>> {
        Some(Parsed::Hint(words::hint(self.envelope, "sshd", kind)))
    }

    /// A proof before login; else what old versions also write after one.
    pub(super) fn rejected_if_preauth(&self, reason: Reason) -> Event<'a> {
        if self.preauth { self.rejected(reason) } else { self.doomed(reason) }
    }
}

/// The same event with the address and port that sshd wrote.
pub(super) fn at<'a>(event: Event<'a>, peer: Peer<'a>) -> Event<'a> {
    Event { source: peer.source(), port: peer.known_port(), ..event }
}

/// The same event with the name that sshd wrote.
pub(super) fn of<'a>(event: Event<'a>, user: &'a [u8]) -> Event<'a> {
    Event { user: Some(String::from_utf8_lossy(user)), ..event }
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

fn level(message: &[u8]) -> (Level, &[u8]) {
    const LEVELS: [(&[u8], Level); 5] = [
        (b"error: ", Level::Error),
        (b"fatal: ", Level::Fatal),
        (b"debug1: ", Level::Debug),
        (b"debug2: ", Level::Debug),
        (b"debug3: ", Level::Debug),
    ];
    if !matches!(message.first(), Some(b'e' | b'f' | b'd')) {
        return (Level::Plain, message);
    }
    let strip = |(word, level): &(&[u8], Level)| Some((*level, message.strip_prefix(*word)?));
    LEVELS.iter().find_map(strip).unwrap_or((Level::Plain, message))
}

/// Without the blanks around a message, and without the line end that rsyslog shows as an octal
/// escape.
fn trim(message: &[u8]) -> &[u8] {
    let mut message = message.trim_ascii();
    while let Some(rest) = strip_escape(message) {
        message = rest.trim_ascii_end();
    }
    message
}

fn strip_escape(message: &[u8]) -> Option<&[u8]> {
    const ENDS: [&[u8]; 5] = [b"#012", b"#015", b"#000", b"#011", b"#040"];
    ENDS.iter().find_map(|end| message.strip_suffix(*end))
}
