//! Every number that bounds the memory across records, in one place.
//!
//! A table that is full lets go of the entry that is due first; what it held back counts then, so
//! a flood shortens the memory and loses nothing.

/// What a user can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A success counts as one after failures where its address failed as often before.
    pub failures: u32,
    /// Seconds within which those failures happened.
    pub failures_window: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { failures: Limits::FAILURES, failures_window: 3600 }
    }
}

impl Limits {
    /// Where the settings name no other number.
    pub const FAILURES: u32 = 5;
    /// More failures than this are not told apart: each costs eight bytes an address.
    pub const MOST_FAILURES: u32 = 100;
}

/// Connections on which nobody is in yet.
pub const CONNECTIONS: usize = 16_384;
/// Connections that logged in.
pub const ACCEPTED: usize = 8_192;
/// Connections that ended within the last minute.
pub const ENDED: usize = 8_192;
/// Events that wait for a better line.
pub const HELD: usize = 2_048;
/// Hosts that write into one log.
pub const HOSTS: usize = 1_024;
/// Open sessions.
pub const SESSIONS: usize = 4_096;
/// Sessions that one program opened for one user without saying its pid.
pub const SESSIONS_WITHOUT_PID: usize = 64;
/// Addresses that failed less often than [`Limits::failures`].
pub const ADDRESSES: usize = 8_192;
/// Addresses that failed as often, which the others cannot push out.
pub const FAILING_ADDRESSES: usize = 2_048;
/// Keys that EC2 Instance Connect named.
pub const KEYS: usize = 1_024;
/// CloudTrail records seen.
pub const EVENT_IDS: usize = 500_000;
/// Session Manager sessions whose target is known.
pub const TARGETS: usize = 4_096;
/// Accounts that someone became by su, or tried to, within the last seconds.
pub const SU_TARGETS: usize = 1_024;
/// Uses of su for one account within those seconds.
pub const SU_TO_ONE: usize = 16;
/// Users whom sudo, doas or pkexec refused.
pub const SUDO_USERS: usize = 1_024;
/// Refusals of one of them that wait, or that were told a moment ago.
pub const REFUSALS_OF_ONE: usize = 16;
/// Commands of sudo whose exit may be logged.
pub const COMMANDS: usize = 1_024;
/// Account changes within the last seconds.
pub const CHANGES: usize = 1_024;
/// Held failures of one connection; sshd allows six tries.
pub const FAILURES_OF_CONNECTION: usize = 8;
/// Connections that are looked at for one that another process of sshd spoke of.
pub(super) const TWINS: usize = 256;
/// Bytes of one field of what is remembered; sshd itself cuts a name at 100.
pub const FIELD: usize = 256;

/// Bytes of a line that is kept because the next one may say that it came again.
pub(super) const LAST_LINE: usize = 2_048;

/// The tables by what they hold, as README shows them.
pub const TABLES: &[(&str, usize)] = &[
    ("connections", CONNECTIONS),
    ("connections that logged in", ACCEPTED),
    ("connections that ended within the minute", ENDED),
    ("events that wait for a better line", HELD),
    ("hosts in one log", HOSTS),
    ("open sessions", SESSIONS),
    ("open sessions of Session Manager", SESSIONS),
    ("addresses with few failures", ADDRESSES),
    ("addresses with many failures", FAILING_ADDRESSES),
    ("keys named by EC2 Instance Connect", KEYS),
    ("CloudTrail event IDs", EVENT_IDS),
    ("Session Manager targets", TARGETS),
    ("accounts that su was used for", SU_TARGETS),
    ("users whom sudo, doas or pkexec refused", SUDO_USERS),
    ("sudo commands", COMMANDS),
    ("account changes", CHANGES),
];

/// Seconds that a proven rejection waits for its address.
pub(super) const ADDRESS_WAIT: i64 = 2;
/// Seconds that the end of a connection waits for a line that tells it better.
pub(super) const ALONE_WAIT: i64 = 5;
/// Seconds within which a login may still follow a refusal, and `Failed …` an `error: PAM: …`:
/// sshd's LoginGraceTime and a little.
pub(super) const FAILED_WAIT: i64 = 130;
/// Seconds that a rejection waits longer while records come: what is read tells the time of the log
/// only, and nobody waits for it.
pub(super) const LATE: i64 = 30;
/// Seconds within which two processes of one connection name its unknown user.
pub(super) const TWIN_WAIT: i64 = 2;
/// Seconds without a drop after which a throttling is over.
pub(super) const THROTTLING_FOR: i64 = 86_400;
/// Seconds without a line after which a pid serves another connection.
pub(super) const CONNECTION_IDLE: i64 = 180;
/// Seconds that a login is remembered, so that the end of its connection is no rejection.
pub(super) const ACCEPTED_FOR: i64 = 30 * 86_400;
/// Seconds after a session's end in which sshd says that the connection is gone.
pub(super) const AFTER_CLOSE: i64 = 60;
/// Seconds that PAM's failure waits for another module to let in or to refuse too.
pub(super) const MODULE_WAIT: i64 = 5;
/// Seconds that PAM's su failure waits for `FAILED SU`, which comes two seconds later.
pub(super) const SU_WAIT: i64 = 10;
/// Seconds within which passwd and PAM tell the same change.
pub(super) const CHANGE_WAIT: i64 = 10;
/// Seconds that a command's start waits for its exit record.
pub(super) const COMMAND_FOR: i64 = 86_400;
/// Seconds between EC2 Instance Connect's line and the login with that key.
pub(super) const KEY_FOR: i64 = 60;
/// Seconds that PAM's word on a refusal waits for sudo's own line: sudo lets its user think for
/// five minutes (`passwd_timeout`) before it gives up.
pub(super) const SUDO_WAIT: i64 = 310;
/// The same for pkexec and doas.
pub(super) const OTHER_REFUSAL_WAIT: i64 = 60;
/// Seconds after sudo's own line in which PAM may say how many attempts there were.
pub(super) const TOLD_FOR: i64 = 10;
/// Seconds that it is remembered which sudo a user has.
pub(super) const SUDO_FOR: i64 = 30 * 86_400;
/// Seconds between the session that doas opens and its line.
pub(super) const SESSION_WAIT: i64 = 10;
