//! sshd: who was let in, who was refused, and which connections ended before a login.
//!
//! Reads the lines of OpenSSH 4.3 to 10.5 (`sshd`, `sshd-session`, `sshd-auth`), by the format
//! strings of its `auth.c`, `auth2.c`, `packet.c`, `kex.c`, `auth-pam.c` and `sshd.c`.
//!
//! A user name stands in the middle of a line and may hold anything, other lines' words included.
//! What sshd itself wrote stands at fixed ends: each form is read from its start up to the name
//! and from its end back to the name, and what is between is the name.
//!
//! Roles: a line that can only be written before a login and ends (or dooms) the connection is a
//! proof. One after which a login may still come, or that old versions also write after a login,
//! is [`Role::End`](crate::event::Role): it counts unless that process let someone in, and
//! lends its reason to the line that proves the end.

mod attempt;
mod closing;
mod fields;
mod key;
mod line;
mod listener;
mod noise;
mod party;
mod refusal;
mod rules;
#[cfg(test)]
mod tests;

use super::{Envelope, Parsed};
use line::Line;

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    let line = Line::new(envelope);
    if let Some(parsed) = rules::apply(&line) {
        return parsed;
    }
    if noise::is_known(&line) {
        return Parsed::Ignored;
    }
    Parsed::Unrecognized { program: "sshd" }
}
