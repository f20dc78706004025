//! Groups and their members.

use super::Told;
use crate::event::Change;
use crate::parse::words::{quoted, split_once};

pub(super) fn read(message: &[u8]) -> Option<Told<'_>> {
    if message.ends_with(b" in /etc/group") || message.ends_with(b" in /etc/gshadow") {
        return None;
    }
    group(message)
        .or_else(|| member(message))
        .or_else(|| gpasswd_member(message))
        .or_else(|| gpasswd_group(message))
        .map(|(change, name)| (change, Some(name)))
}

fn group(message: &[u8]) -> Option<(Change, &[u8])> {
    if let Some(rest) = message.strip_prefix(b"new group: name=") {
        // groupadd of shadow 4.0 ended here with `, gid=5006`.
        let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
        return Some((Change::GroupAdded, &rest[..end]));
    }
    if let Some(rest) = message.strip_prefix(b"removed group ") {
        return Some((Change::GroupRemoved, quoted(rest, b"' owned by ")?.0));
    }
    if let Some(rest) = message.strip_prefix(b"group changed in /etc/group (group ") {
        return Some((Change::GroupChanged, split_once(rest, b"/")?.0));
    }
    let rest =
        message.strip_prefix(b"group ").or_else(|| message.strip_prefix(b"remove group "))?;
    let (name, end) = quoted(rest, b"'")?;
    (end == b" removed" || end.is_empty()).then_some((Change::GroupRemoved, name))
}

/// `add 'bob' to group 'wheel'` (useradd, usermod), `delete 'bob' from group 'wheel'` (usermod,
/// userdel).
fn member(message: &[u8]) -> Option<(Change, &[u8])> {
    if let Some(rest) = message.strip_prefix(b"add ") {
        let name = quoted(rest, b"' to group '").or_else(|| quoted(rest, b"' to group `"))?.0;
        return Some((Change::MemberAdded, name));
    }
    let rest = message.strip_prefix(b"delete ")?;
    let name = quoted(rest, b"' from group '").or_else(|| quoted(rest, b"' from group `"))?.0;
    Some((Change::MemberRemoved, name))
}

/// `user bob added by root to group wheel`, `user bob removed by root from group wheel`
fn gpasswd_member(message: &[u8]) -> Option<(Change, &[u8])> {
    let rest = message.strip_prefix(b"user ")?;
    if let Some((name, end)) = split_once(rest, b" added by ") {
        split_once(end, b" to group ")?;
        return Some((Change::MemberAdded, name));
    }
    let (name, end) = split_once(rest, b" removed by ")?;
    split_once(end, b" from group ")?;
    Some((Change::MemberRemoved, name))
}

/// `password of group x changed by root`, `… removed by root`, `access to group x restricted by
/// root`, `administrators of group x set by root to a,b`, `members of group x set by …`
fn gpasswd_group(message: &[u8]) -> Option<(Change, &[u8])> {
    const SHAPES: &[(&[u8], &[u8])] = &[
        (b"password of group ", b" changed by "),
        (b"password of group ", b" removed by "),
        (b"access to group ", b" restricted by "),
        (b"administrators of group ", b" set by "),
        (b"members of group ", b" set by "),
    ];
    let name = SHAPES
        .iter()
        .find_map(|(before, after)| Some(split_once(message.strip_prefix(*before)?, after)?.0))?;
    Some((Change::GroupChanged, name))
}
