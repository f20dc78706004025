//! Lines without a frame or a tag: nobody can tell who speaks, and the exporter says so.
//!
//! Not counted is what log daemons and `journalctl` write about the log itself: it would be there
//! on every host, and nothing in it is a login.

use super::Parsed;
use super::words::starts_with_any;
use crate::programs::UNFRAMED;

/// A line whose beginning is no time that is known.
pub(super) fn line(line: &[u8]) -> Parsed<'static> {
    // `-- Boot 0a1b --`, `-- Logs begin at …`, `-- No entries --`, `-- cursor: …`.
    told(line.trim_ascii(), &[b"-- "])
}

/// What stands behind time and host, where it has no tag.
pub(super) fn message(message: &[u8]) -> Parsed<'static> {
    const OF_THE_DAEMON: &[&[u8]] = &[
        // `syslogd 1.5.0#6: restart.`, `syslog-ng 3.38 starting`, and the like.
        b"syslogd ",
        b"syslog-ng ",
        b"-- MARK --",
        b"exiting on signal ",
        b"last message repeated ",
        b"message repeated ",
        // newsyslog(8) of the BSDs.
        b"logfile turned over",
    ];
    told(message.trim_ascii(), OF_THE_DAEMON)
}

fn told(said: &[u8], known: &[&[u8]]) -> Parsed<'static> {
    // A crash leaves NULs.
    let blank = said.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace());
    let nothing = blank || said == b"--" || starts_with_any(said, known);
    if nothing { Parsed::Ignored } else { Parsed::Unrecognized { program: UNFRAMED } }
}
