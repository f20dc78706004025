//! Changes to accounts and groups, from the tools of shadow.
//!
//! `src/useradd.c`, `usermod.c`, `userdel.c`, `groupadd.c`, `groupmod.c`, `groupdel.c`,
//! `gpasswd.c`, `passwd.c`, `chage.c`, `chfn.c`, `chsh.c`, `vipw.c`. Names stand in `'…'` (older:
//! `` `…' ``), or bare in `name=bob,` and in gpasswd's lines. The event's `user` is the account; for
//! `group_…` it is the group. `vipw` names a file and no account, so its change has no user.
//!
//! What adds nothing, and why: lines on shadow groups, `group added to /etc/…`, `group 'x' removed
//! from /etc/…`, `group changed in /etc/gshadow` and gpasswd's ` in /etc/…` tell again what the
//! line on the group tells; `change 'a' to 'b' in group` follows from the renamed user; failures
//! and refusals (`failed adding user`, `incorrect password for`) changed nothing; newgrp and pwck
//! change no account.

mod group;

use super::words::{event, quoted, speaker, split_once, starts_with_any, text, trim};
use super::{Envelope, Parsed};
use crate::event::{Change, Event, EventKind};

/// A change and whose it is.
type Told<'a> = (Change, Option<&'a [u8]>);

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    let message = trim(envelope.message);
    match user(message).or_else(|| group::read(message)).or_else(|| edited(message)) {
        Some((change, name)) => Parsed::Event(Event {
            change: Some(change),
            user: name.map(text),
            ..event(envelope, EventKind::AccountChange, speaker(envelope))
        }),
        None => Parsed::Ignored,
    }
}

fn user(message: &[u8]) -> Option<Told<'_>> {
    added(message)
        .or_else(|| removed(message))
        .or_else(|| changed(message))
        .or_else(|| password(message))
        .map(|(change, name)| (change, Some(name)))
}

/// `new user: name=bob, UID=1001, …`
fn added(message: &[u8]) -> Option<(Change, &[u8])> {
    let (name, _) = split_once(message.strip_prefix(b"new user: name=")?, b", UID=")?;
    Some((Change::UserAdded, name))
}

/// `delete user 'bob'`
fn removed(message: &[u8]) -> Option<(Change, &[u8])> {
    let (name, rest) = quoted(message.strip_prefix(b"delete user ")?, b"'")?;
    rest.is_empty().then_some((Change::UserRemoved, name))
}

/// usermod, chage, chfn and chsh.
fn changed(message: &[u8]) -> Option<(Change, &[u8])> {
    let change = Change::UserChanged;
    if let Some(rest) = message.strip_prefix(b"changed password expiry for ") {
        return Some((change, rest));
    }
    if let Some(rest) = message.strip_prefix(b"changed user ") {
        let name = quoted(rest, b"' information").or_else(|| quoted(rest, b"' shell to"))?.0;
        return Some((change, name));
    }
    for prefix in [&b"lock user "[..], b"unlock user "] {
        if let Some(rest) = message.strip_prefix(prefix) {
            return Some((change, quoted(rest, b"' password")?.0));
        }
    }
    if let Some(rest) = message.strip_prefix(b"change user name ") {
        return Some((change, quoted(rest, b"' to ")?.0));
    }
    let (name, what) = quoted(message.strip_prefix(b"change user ")?, b"' ")?;
    let known: &[&[u8]] = &[b"UID ", b"GID ", b"home ", b"shell ", b"inactive ", b"expiration "];
    starts_with_any(what, known).then_some((change, name))
}

/// `password for 'bob' changed by 'root'` (passwd), `change user 'bob' password` (usermod). What
/// PAM says of the same change is an echo (`pam`).
fn password(message: &[u8]) -> Option<(Change, &[u8])> {
    let change = Change::PasswordChanged;
    if let Some(rest) = message.strip_prefix(b"password for ") {
        return Some((change, quoted(rest, b"' changed by ")?.0));
    }
    let (name, rest) = quoted(message.strip_prefix(b"change user ")?, b"' password")?;
    rest.is_empty().then_some((change, name))
}

/// `file /etc/passwd edited` (vipw, vigr).
fn edited(message: &[u8]) -> Option<Told<'_>> {
    let file = message.strip_prefix(b"file ")?.strip_suffix(b" edited")?;
    let group = file.ends_with(b"group") || file.ends_with(b"gshadow");
    Some((if group { Change::GroupChanged } else { Change::UserChanged }, None))
}

#[cfg(test)]
mod tests;
