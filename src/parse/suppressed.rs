//! What log daemons say when they drop messages: the log has a hole, and the exporter says so.
//!
//! journald: `src/journal/journald-rate-limit.c` and `journald-syslog.c`. rsyslog:
//! `runtime/ratelimit.c` (imuxsock, imjournal, …); `begin to drop` comes first and knows no
//! number, so it counts none.

use memchr::memmem;

use super::words::{hint, speaker};
use super::{Envelope, Parsed};
use crate::event::HintKind;

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let Some(messages) = dropped(envelope.message) else { return };
    *into = Parsed::Hint(hint(envelope, speaker(envelope), HintKind::Suppressed { messages }));
}

/// How many messages a note says were dropped.
fn dropped(message: &[u8]) -> Option<u64> {
    // systemd-journald: `Suppressed 1234 messages from sshd.service`
    if let Some(rest) = message.strip_prefix(b"Suppressed ") {
        return memmem::find(rest, b" message").and_then(|at| number(&rest[..at]));
    }
    // systemd-journald: `Forwarding to syslog missed 12 messages.`
    if let Some(rest) = message.strip_prefix(b"Forwarding to syslog missed ") {
        return memmem::find(rest, b" message").and_then(|at| number(&rest[..at]));
    }
    memmem::find(message, b"rate-limiting")?;
    // rsyslogd: `imuxsock[pid: 12]: 45 messages lost due to rate-limiting`
    // rsyslogd before 7: `imuxsock lost 45 messages from pid 12 due to rate-limiting`
    let lost = [&b" messages lost"[..], b" messages from pid"].into_iter().find_map(|words| {
        let before = &message[..memmem::find(message, words)?];
        number(memmem::rfind(before, b" ").map_or(before, |blank| &before[blank + 1..]))
    });
    lost.or_else(|| memmem::find(message, b" to drop messages").map(|_| 0))
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
