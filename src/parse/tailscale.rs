//! Tailscale SSH (`ssh/tailssh/tailssh.go` of tailscaled), where it logs to syslog or the journal.
//!
//! Each line stands behind `ssh-conn-…: ` or, once the session exists, `ssh-session(…): `. A login
//! is one `access granted` a session; the `audit:` line tells it again, and so do login or su,
//! which tailscaled starts. A refusal names nobody: both names are in the `handling conn` line, of
//! which the client chose one.

use super::rows::Tells::{Event, Nothing, Rejected};
use super::rows::Versions::{All, Since};
use super::rows::{Index, KNOWN, Known, Line, PROOF, Row, Table, empty, noise, nothing, row};
use super::words::{rsplit_once, split_once, trim};
use super::{Envelope, Parsed};
use crate::event::EventKind::LoginSuccess;
use crate::event::Method;
use crate::event::Reason::NotAllowed;

pub(super) static TABLE: Table =
    Table::new("tailscaled", "tailscaled", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

/// tailscaled tells much that concerns no login, so nothing that it says is unknown.
pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "tailscaled", without_prefix(trim(envelope.message)));
    TABLE.read(&mut line, None, into);
}

fn without_prefix(message: &[u8]) -> &[u8] {
    let known = message.starts_with(b"ssh-conn-") || message.starts_with(b"ssh-session(");
    match split_once(message, b": ") {
        Some((_, rest)) if known => rest,
        _ => message,
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("access granted to ", Since("1.24"), granted, Event(LoginSuccess), PROOF,
        "ssh-session(sess-20260301T000000-abcdef0123): access granted to alice@example.com as ssh-user \"ubuntu\"",
        "login_success tailscaled user=ubuntu method=none identity=alice@example.com"),
    row("tailnet policy does not permit you to SSH to this node", Since("1.24"), nothing, Rejected(NotAllowed), PROOF,
        "ssh-conn-20260301T000000-abcdef0123: tailnet policy does not permit you to SSH to this node: failed to evaluate policy, result: rejected",
        "login_rejected tailscaled reason=not_allowed"),
    noise("audit: SSH login: ", Since("1.94"), "audit: SSH login: user=ubuntu uid=1000 from=100.64.0.1 ts_user=alice@example.com node=x"),
    noise("handling conn: ", All, "ssh-conn-20260301T000000-abcdef0123: handling conn: 100.64.0.1:44560->‹ubuntu›@100.64.0.2:22"),
    noise("handling new SSH connection from ", All, "ssh-session(sess-x): handling new SSH connection from alice@example.com (100.64.0.1) to ssh-user \"ubuntu\""),
    noise("starting session: ", All, "ssh-session(sess-x): starting session: sess-x"),
    noise("Session complete", All, "ssh-session(sess-x): Session complete"),
    noise("Wait: ", All, "ssh-session(sess-x): Wait: code=0"),
    noise("terminating SSH session from ", All, "ssh-session(sess-x): terminating SSH session from alice@example.com: policy changed"),
    noise("failed to ", All, "ssh-conn-x: failed to look up local user \"x\" : user: unknown user x"),
    noise("terminal error: ", All, "ssh-conn-x: terminal error: x"),
    row("", All, empty, Nothing, PROOF, " ", "ignored"),
];

/// `alice@example.com as ssh-user "ubuntu"`: who it is by the tailnet, and the account.
fn granted<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (person, account) = rsplit_once(rest, b" as ssh-user \"")?;
    let account = account.strip_suffix(b"\"")?;
    let event = line.event(into);
    (event.user, event.identity) = (Some(line.text(account)), Some(line.text(person)));
    event.method = Some(Method::None);
    KNOWN
}
