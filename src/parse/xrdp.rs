//! xrdp (`sesman/*.c`, `common/log.c` of neutrinolabs/xrdp): a desktop over RDP.
//!
//! Each line has its level in front, `[INFO ] `, and in some builds the thread's numbers. What a
//! client typed stands raw in `AUTHFAIL`, whether the host has such an account or not, so the name
//! is treated as one that it has not; PAM tells the same attempt again. To 0.9 a login has a line of its own; 0.10 tells a new session
//! by PAM alone.

use super::rows::Tells::{Event, Nothing, Rejected};
use super::rows::Versions::{All, Since, Until};
use super::rows::{ECHO, Index, KNOWN, Known, Line, PROOF, Row, Table, empty, named, noise, row};
use super::words::{remote, rsplit_once, split_once, trim};
use super::{Envelope, Parsed};
use crate::event::EventKind::{LoginFailure, LoginSuccess};
use crate::event::Reason::NotAllowed;
use crate::event::{self, Method};

pub(super) static TABLE: Table = Table::new("xrdp", "xrdp-sesman", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

/// xrdp tells much that concerns no login, so nothing that it says is unknown.
pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "xrdp-sesman", without_level(trim(envelope.message)));
    TABLE.read(&mut line, None, into);
}

/// `(10471)(140145709626688)[INFO ] `, `[pid:7 tid:8] [INFO ] `, `[INFO ] `
fn without_level(message: &[u8]) -> &[u8] {
    const LEVELS: [&[u8]; 6] =
        [b"[INFO ] ", b"[WARN ] ", b"[ERROR] ", b"[CORE ] ", b"[DEBUG] ", b"[TRACE] "];
    let (numbers, rest) =
        LEVELS.iter().find_map(|level| split_once(message, level)).unwrap_or((b"", message));
    let known = |b: &u8| b.is_ascii_digit() || b" ()[]:pidt".contains(b);
    if numbers.iter().all(known) { rest } else { message }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("AUTHFAIL: user=", Since("xrdp 0.9.18"), refused, Event(LoginFailure), ECHO,
        "[INFO ] AUTHFAIL: user=‹bob› ip=192.0.2.1 time=1700000000", "login_failure xrdp-sesman user=bob invalid=yes method=password source=192.0.2.1 role=echo"),
    row("++ created session (access granted): username ", Until("xrdp 0.9.26"), granted, Event(LoginSuccess), PROOF,
        "[INFO ] ++ created session (access granted): username bob, ip 192.0.2.1:5000 - socket: 12", "login_success xrdp-sesman user=bob method=password source=192.0.2.1 port=5000"),
    row("++ reconnected session: username ", All, granted, Event(LoginSuccess), PROOF,
        "[INFO ] ++ reconnected session: username bob, display :10.0, session_pid 7, ip 192.0.2.1:5000 - socket: 12", "login_success xrdp-sesman user=bob method=password source=192.0.2.1 port=5000"),
    row("Username okay but group problem for user: ", All, named, Rejected(NotAllowed), PROOF,
        "[INFO ] Username okay but group problem for user: bob", "login_rejected xrdp-sesman reason=not_allowed user=bob"),
    row("login denied for user ", Since("xrdp 0.10"), named, Rejected(NotAllowed), PROOF,
        "[INFO ] login denied for user bob", "login_rejected xrdp-sesman reason=not_allowed user=bob"),
    noise("User ", All, "[INFO ] User bob is not in TerminalServerUsers group tsusers. Access denied"),
    noise("pam_", All, "[ERROR] pam_authenticate failed: Authentication failure"),
    noise("Access permitted for user: ", All, "[INFO ] Access permitted for user: bob"),
    noise("Session started successfully for user ", All, "[INFO ] Session started successfully for user bob on display 10"),
    noise("Session on display ", Since("xrdp 0.10"), "[INFO ] Session on display 10 has finished."),
    noise("++ terminated session: ", Until("xrdp 0.9.26"), "[INFO ] ++ terminated session:  username bob, display :10.0, session_pid 7, ip 192.0.2.1:5000 - socket: 12"),
    noise("A connection received from ", All, "[INFO ] A connection received from ::1 port 5000"),
    noise("AF_INET", All, "[INFO ] AF_INET connection received from 192.0.2.1 port 5000"),
    noise("Starting ", All, "[INFO ] Starting X server on display 10: Xorg"),
    noise("Terminal Server ", All, "[INFO ] Terminal Server Users group is disabled, allowing authentication"),
    row("", All, empty, Nothing, PROOF, " ", "ignored"),
];

/// `bob ip=192.0.2.1 time=1700000000`. The last address is xrdp's own.
fn refused<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, end) = rsplit_once(rest, b" ip=")?;
    let (address, time) = split_once(end, b" time=")?;
    time.iter().all(u8::is_ascii_digit).then_some(())?;
    let event = line.event(into);
    (event.user, event.invalid_user) = (Some(line.text(user)), true);
    event.method = Some(Method::Password);
    at(line, event, address)
}

/// `bob, ip 192.0.2.1:5000 - socket: 12`, `bob, display :10.0, session_pid 7[, ip …]`
fn granted<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = split_once(rest, b", ")?;
    let event = line.event(into);
    (event.user, event.method) = (Some(line.text(user)), Some(Method::Password));
    let address = rest.strip_prefix(b"ip ").or_else(|| Some(rsplit_once(rest, b", ip ")?.1));
    match address {
        Some(end) => {
            at(line, event, split_once(end, b" - socket: ").map_or(end, |(address, _)| address))
        }
        None => KNOWN,
    }
}

/// Gives the event `192.0.2.1`, `192.0.2.1:5000`, `::ffff:192.0.2.1` or `unknown`.
fn at<'a>(line: &Line<'_, 'a>, event: &mut event::Event<'a>, address: &'a [u8]) -> Known {
    let known = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'%');
    let address = address.strip_prefix(b"::ffff:").unwrap_or(address);
    if address.is_empty() || !address.iter().all(known) {
        return KNOWN;
    }
    let (address, port) = match rsplit_once(address, b":") {
        Some((v4, port)) if v4.contains(&b'.') => (v4, std::str::from_utf8(port).ok()),
        _ => (address, None),
    };
    (event.source, event.port) =
        (remote(line.envelope, address), port.and_then(|port| port.parse().ok()));
    KNOWN
}
