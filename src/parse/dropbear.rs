//! dropbear: the SSH server of small systems (`src/svr-auth*.c`, `svr-session.c`, `svr-main.c`).
//!
//! Every connection is a process of its own, so its lines share a pid; version 2026.94 cuts two
//! digits off the port of an IPv6 address, so nothing may be joined by port, and a port is read
//! only where the address stands without brackets or behind whole ones. A name is printed only
//! where the host knows the account.
//!
//! What adds nothing, and why: `Exit (USER)` is the end of a login; `pam_authenticate() failed`
//! and `, extra auth required` are told by the next line; PAM's own lines, under the service sshd,
//! tell each attempt again.

use super::rows::Tells::{Event, Hint, Nothing, Rejected};
use super::rows::Versions::{All, Between, Since, Until};
use super::rows::{END, Index, KNOWN, Known, Line, PROOF, Row, Table, named, noise, nothing, row};
use super::words::{remote, rsplit_once, split_once, trim};
use super::{Envelope, Parsed};
use crate::event::EventKind::{LoginFailure, LoginSuccess};
use crate::event::Reason::{
    AccountLocked, ClosedBeforeLogin, InvalidUser, NotAllowed, RootRefused,
};
use crate::event::{self, HintKind, Method, Reason};

pub(super) static TABLE: Table = Table::new("dropbear", "dropbear", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "dropbear", without_frame(trim(envelope.message)));
    TABLE.read(&mut line, Some("dropbear"), into);
}

/// `[825] Jul 10 23:57:29 …`: what `-E` writes in front, where something else logs it.
fn without_frame(message: &[u8]) -> &[u8] {
    let rest = message.strip_prefix(b"[").and_then(|rest| split_once(rest, b"] "));
    match rest {
        Some((pid, rest)) if pid.iter().all(u8::is_ascii_digit) && rest.len() > 16 => {
            if rest[15] == b' ' && rest[9] == b':' { &rest[16..] } else { message }
        }
        _ => message,
    }
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("Child connection from ", All, connection, Hint, PROOF,
        "Child connection from 192.0.2.1:53254",
        "hint Connection { source: \"192.0.2.1\", port: Some(53254) }"),

    // Let in: svr-authpasswd.c, svr-authpubkey.c, svr-authpam.c, svr-auth.c
    row("Password auth succeeded for '", Since("2012.55"), password, Event(LoginSuccess), PROOF,
        "Password auth succeeded for 'bob' from 192.0.2.1:53254",
        "login_success dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("password auth succeeded for '", Until("0.52"), password, Event(LoginSuccess), PROOF,
        "password auth succeeded for 'bob' from 192.0.2.1:53254",
        "login_success dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("PAM password auth succeeded for '", All, password, Event(LoginSuccess), PROOF,
        "PAM password auth succeeded for 'bob' from 192.0.2.1:53254",
        "login_success dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("Auth succeeded with blank password for '", Since("2012.55"), without_password, Event(LoginSuccess), PROOF,
        "Auth succeeded with blank password for 'bob' from 192.0.2.1:53254",
        "login_success dropbear user=bob method=none source=192.0.2.1 port=53254"),
    row("Pubkey auth succeeded for '", Since("2012.55"), key, Event(LoginSuccess), PROOF,
        "Pubkey auth succeeded for 'bob' with ssh-ed25519 key SHA256:ab from [2001:db8::1]:53254",
        "login_success dropbear user=bob method=publickey source=2001:db8::1 key=SHA256:ab"),
    row("pubkey auth succeeded for '", Until("0.52"), key, Event(LoginSuccess), PROOF,
        "pubkey auth succeeded for 'bob' with key md5 aa:bb:cc from 192.0.2.1:53254",
        "login_success dropbear user=bob method=publickey source=192.0.2.1 port=53254 key=aa:bb:cc"),

    // Refused attempts
    row("Bad password attempt for '", Since("2012.55"), password, Event(LoginFailure), PROOF,
        "Bad password attempt for 'bob' from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("bad password attempt for '", Until("0.52"), password, Event(LoginFailure), PROOF,
        "bad password attempt for 'bob' from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("Too-long password attempt for '", Since("2020.79"), password, Event(LoginFailure), PROOF,
        "Too-long password attempt for 'bob' from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("Bad PAM password attempt for '", All, password, Event(LoginFailure), PROOF,
        "Bad PAM password attempt for 'bob' from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("bad PAM password attempt for '", Until("0.52"), password, Event(LoginFailure), PROOF,
        "bad PAM password attempt for 'bob' from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=password source=192.0.2.1 port=53254"),
    row("Pubkey auth bad signature for '", Since("2022.82"), key, Event(LoginFailure), PROOF,
        "Pubkey auth bad signature for 'bob' with key SHA256:ab from 192.0.2.1:53254",
        "login_failure dropbear user=bob method=publickey source=192.0.2.1 port=53254 key=SHA256:ab"),

    // Refused before a password is asked for, one line a connection
    row("Login attempt for nonexistent user", Since("2012.55"), nameless, Rejected(InvalidUser), PROOF,
        "Login attempt for nonexistent user from 192.0.2.1:53254",
        "login_rejected dropbear reason=invalid_user invalid=yes source=192.0.2.1 port=53254"),
    row("login attempt for nonexistent user", Until("0.52"), nameless, Rejected(InvalidUser), PROOF,
        "login attempt for nonexistent user from 192.0.2.1:53254",
        "login_rejected dropbear reason=invalid_user invalid=yes source=192.0.2.1 port=53254"),
    row("Login attempt with wrong user ", Since("2013.58"), wrong_user, Rejected(NotAllowed), PROOF,
        "Login attempt with wrong user bob from 192.0.2.1:53254",
        "login_rejected dropbear reason=not_allowed user=bob source=192.0.2.1 port=53254"),
    row("root login rejected", All, root, Rejected(RootRefused), PROOF,
        "root login rejected",
        "login_rejected dropbear reason=root_refused user=root"),
    row("Logins are restricted to the group ", Since("2018.76"), of_group, Rejected(NotAllowed), PROOF,
        "Logins are restricted to the group ops but user 'bob' is not a member",
        "login_rejected dropbear reason=not_allowed user=bob"),
    row("User '", All, account, Rejected(NotAllowed), PROOF,
        "User 'bob' has invalid shell, rejected",
        "login_rejected dropbear reason=not_allowed user=bob"),
    row("user '", Until("0.52"), account, Rejected(NotAllowed), PROOF,
        "user 'bob' has blank password, rejected",
        "login_rejected dropbear reason=not_allowed user=bob"),
    row("User account '", Since("2012.55"), locked, Rejected(AccountLocked), PROOF,
        "User account 'bob' is locked",
        "login_rejected dropbear reason=account_locked user=bob"),

    // Ends, one line a connection
    row("Exit before auth", Since("2012.55"), exit, Rejected(ClosedBeforeLogin), END,
        "Exit before auth from <192.0.2.1:53254>: (user 'root', 11 fails): Max auth tries reached - user 'root'",
        "login_rejected dropbear reason=too_many_attempts user=root source=192.0.2.1 port=53254 role=end"),
    row("exit before auth", Until("0.52"), exit, Rejected(ClosedBeforeLogin), END,
        "exit before auth (user 'root', 3 fails): Exited normally",
        "login_rejected dropbear reason=closed_before_login user=root role=end"),
    // The listener's, who is no connection.
    noise("Early exit: Terminated by signal", Since("2012.55"), "Early exit: Terminated by signal"),
    noise("Early exit: No listening ports", Since("2019.78"), "Early exit: No listening ports available."),
    noise("Early exit: Failed to daemonize", Since("2012.55"), "Early exit: Failed to daemonize: Resource temporarily unavailable"),
    row("Early exit", Since("2012.55"), exit, Rejected(ClosedBeforeLogin), PROOF,
        "Early exit from <192.0.2.1:53254>: Incompatible remote version '‹GET / HTTP/1.1›'",
        "login_rejected dropbear reason=bad_protocol source=192.0.2.1 port=53254"),
    noise("Exit (", Since("2012.55"), "Exit (bob) from <192.0.2.1:53254>: Disconnect received"),
    noise("exit after auth (", Until("0.52"), "exit after auth (bob): Exited normally"),

    // What adds nothing
    noise("PAM (", All, "PAM (sshd) /usr/lib/pam.d is not supported on this system; see x"),
    noise("pam_authenticate() failed", All, "pam_authenticate() failed, rc=7, Authentication failure"),
    noise("pam_acct_mgmt() failed", All, "pam_acct_mgmt() failed, rc=13, User account has expired"),
    noise("pam_", All, "pam_start() failed, rc=4, System error"),
    noise("Command forced to '", All, "Command forced to 'ls'"),
    noise("Forced command set to '", All, "Forced command set to 'ls'"),
    noise("Running in background", All, "Running in background"),
    noise("Not backgrounding", All, "Not backgrounding"),
    noise("Not forking", Until("2011.54"), "Not forking"),
    noise("Failed loading ", All, "Failed loading /etc/dropbear/dropbear_dss_host_key"),
    noise("Failed listening on '", All, "Failed listening on '22': Error listening: Address already in use"),
    noise("premature exit: ", Until("2011.54"), "premature exit: No available ports specified."),
    noise("Premature exit: ", Between("2012.55", "2019.78"), "Premature exit: No listening ports available."),
    noise("Couldn't ", All, "Couldn't set SO_PRIORITY"),
    noise("Generating hostkey", All, "Generating hostkey..."),
    noise("Generated hostkey", All, "Generated hostkey path is /etc/dropbear/dropbear_rsa_host_key, fingerprint is SHA256:ab"),
    noise("Remote host closed", All, "Remote host closed the connection"),
    noise("Remote forward requested", All, "Remote forward requested"),
    noise("Non-matching ", All, "Non-matching key"),
    noise("Wrong signature", All, "Wrong signature"),
    noise("Unable to ", All, "Unable to change owner"),
    noise("wtmp_write: ", All, "wtmp_write: problem writing /var/log/wtmp: No such file or directory"),
    noise("lastlog_", All, "lastlog_perform_login: Couldn't stat /var/log/lastlog: No such file or directory"),
    noise("utmp_", All, "utmp_write_library() failed"),
    row("", All, executed, Nothing, PROOF, "User alice executing '‹ls›'", "ignored"),
    row("", All, of_file, Nothing, PROOF, "/root/.ssh must be owned by user or root, and not writable by group or others", "ignored"),
];

/// `User alice executing '…'`, of builds that log commands.
fn executed<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, _) = split_once(text.strip_prefix(b"User ")?, b" executing ")?;
    if name.contains(&b' ') { None } else { nothing(line, text, into) }
}

fn of_file<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const END: &[u8] = b" must be owned by user or root, and not writable by group or others";
    let known = text.ends_with(END) || text.is_empty();
    if known { nothing(line, text, into) } else { None }
}

fn connection<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (address, port) = address(rest)?;
    line.hint(into, HintKind::Connection { source: remote(line.envelope, address)?, port })
}

/// `IP:PORT`, `[IPv6]:PORT`. An IPv6 address without brackets ends where its port begins, which
/// nothing shows but the last colon.
fn address(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let (address, digits) = rsplit_once(text, b":")?;
    let bracketed = address.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    let port = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let known = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':' | b'%');
    let address = bracketed.unwrap_or(address);
    // 2026.94 prints brackets, and cuts the port in all lines but the first.
    let whole = port.filter(|_| bracketed.is_none());
    (!address.is_empty() && address.iter().all(known)).then_some((address, whole))
}

/// Gives the event this address.
fn at<'a>(line: &Line<'_, 'a>, event: &mut event::Event<'a>, text: &'a [u8]) -> Known {
    if let Some((address, port)) = address(text) {
        (event.source, event.port) = (remote(line.envelope, address), port);
    }
    KNOWN
}

/// `bob' from ADDR`
fn by<'a>(line: &Line<'_, 'a>, rest: &'a [u8], method: Method, into: &mut Parsed<'a>) -> Known {
    if rest.ends_with(b", extra auth required") {
        return KNOWN;
    }
    let (name, from) = rsplit_once(rest, b"' from ")?;
    let event = line.event(into);
    (event.user, event.method) = (Some(line.text(name)), Some(method));
    event.invalid_user = name == b"<invalid username>";
    at(line, event, from)
}

fn password<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    by(line, rest, Method::Password, into)
}

fn without_password<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    by(line, rest, Method::None, into)
}

/// `bob' with TYPE key FP from ADDR`; before 2022.82 `with key FP`, FP being `md5 aa:bb:…`.
fn key<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if rest.ends_with(b", extra auth required") {
        return KNOWN;
    }
    let (name, rest) = split_once(rest, b"' with ")?;
    let (key, from) = rsplit_once(rest, b" from ")?;
    let print = key.strip_prefix(b"key ").or_else(|| Some(split_once(key, b" key ")?.1))?;
    let print = print.strip_prefix(b"md5 ").unwrap_or(print);
    let event = line.event(into);
    (event.user, event.method) = (Some(line.text(name)), Some(Method::Publickey));
    event.fingerprint = Some(line.text(print));
    at(line, event, from)
}

/// Nothing, or ` from ADDR`.
fn nameless<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    at(line, line.event(into), rest.strip_prefix(b" from ").unwrap_or_default())
}

/// `bob[ from ADDR]`
fn wrong_user<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, from) = rsplit_once(rest, b" from ").unwrap_or((rest, b""));
    let event = line.event(into);
    event.user = Some(line.text(name));
    at(line, event, from)
}

fn root<'a>(line: &Line<'_, 'a>, _: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, b"root", into)
}

/// `G but user 'bob' is not a member`
fn of_group<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_, rest) = split_once(rest, b" but user '")?;
    let name = rest.strip_suffix(b"' is not a member")?;
    named(line, name, into)
}

/// `bob' has invalid shell, rejected`, `bob' has blank password, rejected`
fn account<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, why) = split_once(rest, b"' has ")?;
    if why.ends_with(b", rejected") { named(line, name, into) } else { None }
}

/// `bob' is locked`
fn locked<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let name = rest.strip_suffix(b"' is locked")?;
    named(line, name, into)
}

/// `[ from <ADDR>]: [(user 'bob', N fails): ]WHY`, where the client chose some of WHY. Of 0.52 to
/// 2019 without an address, the bracket before the colon.
fn exit<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (from, rest) = match rest.strip_prefix(b" from <") {
        Some(rest) => split_once(rest, b">: ")?,
        None => (&b""[..], rest.strip_prefix(b": ").or_else(|| rest.strip_prefix(b" "))?),
    };
    let named = rest.strip_prefix(b"(user '").and_then(|rest| split_once(rest, b"', "));
    let (user, why) = match named {
        Some((user, rest)) => (Some(user), split_once(rest, b"): ")?.1),
        None => (None, rest),
    };
    let event = line.event(into);
    (event.user, event.reason) = (user.map(|part| line.text(part)), Some(reason_of(why)));
    at(line, event, from)
}

fn reason_of(why: &[u8]) -> Reason {
    const REASONS: [(&[u8], Reason); 12] = [
        (b"Max auth tries reached", Reason::TooManyAttempts),
        (b"Timeout before auth", Reason::Timeout),
        (b"Idle timeout", Reason::Timeout),
        (b"Keepalive timeout", Reason::Timeout),
        (b"No matching algo", Reason::NoCommonAlgorithm),
        (b"Incompatible remote version", Reason::BadProtocol),
        (b"Integrity error", Reason::BadProtocol),
        (b"Bad packet size", Reason::BadProtocol),
        (b"unknown service in auth", Reason::BadProtocol),
        (b"Unknown packet type", Reason::BadProtocol),
        (b"Client trying multiple usernames", Reason::Other),
        (b"Attempted username with a null byte", Reason::Other),
    ];
    let known = REASONS.iter().find(|(words, _)| why.starts_with(words));
    known.map_or(Reason::ClosedBeforeLogin, |(_, reason)| *reason)
}

#[cfg(test)]
mod tests;
