//! How the names stand in a line of the tools of accounts.

use crate::event::{Change, Invoker};
use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line, named};
use crate::parse::words::{quoted, split_once, starts_with_any};

/// Who did it is named too.
fn told_by<'a>(line: &Line<'_, 'a>, name: &'a [u8], by: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let event = line.event(into);
    event.user = Some(line.text(name));
    event.by = std::str::from_utf8(by).ok().map(|name| Invoker { name, uid: None });
    KNOWN
}

/// `bob, UID=1001, …`; `uid=` of old.
pub(super) fn new_user<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, _) = split_once(rest, b", UID=").or_else(|| split_once(rest, b", uid="))?;
    named(line, name, into)
}

/// `bob, GID=1001`. groupadd of shadow 4.0 ended with `, gid=5006`.
pub(super) fn new_group<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, &rest[..memchr::memchr(b',', rest).unwrap_or(rest.len())], into)
}

/// `'bob'`, to the end.
pub(super) fn quoted_alone<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (name, rest) = quoted(rest, b"'")?;
    if rest.is_empty() { named(line, name, into) } else { None }
}

/// `'bob' owned by 'bob'`
pub(super) fn owned_group<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, quoted(rest, b"' owned by ")?.0, into)
}

/// `'bob' to 'rob'`
pub(super) fn user_name<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, quoted(rest, b"' to ")?.0, into)
}

/// `'bob' UID from '1001' to '0'`, `'bob' password`
pub(super) fn user_field<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const FIELDS: &[&[u8]] = &[b"UID ", b"GID ", b"home ", b"shell ", b"inactive ", b"expiration "];
    let (name, what) = quoted(rest, b"' ")?;
    let changed = match what {
        b"password" => Change::PasswordChanged,
        _ if starts_with_any(what, FIELDS) => Change::UserChanged,
        _ => return None,
    };
    let event = line.event(into);
    (event.user, event.change) = (Some(line.text(name)), Some(changed));
    KNOWN
}

/// `'bob' password`
pub(super) fn locked<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, quoted(rest, b"' password")?.0, into)
}

/// `'bob' information`, `'bob' shell to '/bin/zsh'`
pub(super) fn information<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    named(line, quoted(rest, b"' information").or_else(|| quoted(rest, b"' shell to"))?.0, into)
}

/// `'bob' changed by 'root'`. What PAM says of the same change is an echo.
pub(super) fn changed_by<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, by) = quoted(rest, b"' changed by ")?;
    let (by, _) = quoted(by, b"'").unwrap_or((by, b""));
    told_by(line, name, by, into)
}

/// `/etc/passwd edited` (vipw, vigr)
pub(super) fn edited<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let file = rest.strip_suffix(b" edited")?;
    let group = file.ends_with(b"group") || file.ends_with(b"gshadow");
    let change = if group { Change::GroupChanged } else { Change::UserChanged };
    line.event(into).change = Some(change);
    KNOWN
}

/// `test/1002, new gid: 1003)`
pub(super) fn group_changed<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    named(line, split_once(rest, b"/")?.0, into)
}

/// `'test' removed`; of old `'test'` alone.
pub(super) fn group_gone<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, end) = quoted(rest, b"'")?;
    if end == b" removed" || end.is_empty() { named(line, name, into) } else { None }
}

/// `'bob' to group 'wheel'` (useradd, usermod), `'bob' from group 'wheel'` (usermod, userdel)
pub(super) fn member<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const ENDS: [&[u8]; 4] =
        [b"' to group '", b"' to group `", b"' from group '", b"' from group `"];
    named(line, ENDS.iter().find_map(|end| quoted(rest, end))?.0, into)
}

/// `bob to group docker by root`, `bob from group docker by root`
pub(super) fn member_of<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (name, end) =
        split_once(rest, b" to group ").or_else(|| split_once(rest, b" from group "))?;
    told_by(line, name, split_once(end, b" by ")?.1, into)
}

/// `bob added by root to group wheel`, `bob removed by root from group wheel`
pub(super) fn member_by<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if let Some((name, end)) = split_once(rest, b" added by ") {
        return told_by(line, name, split_once(end, b" to group ")?.0, into);
    }
    let (name, end) = split_once(rest, b" removed by ")?;
    told_by(line, name, split_once(end, b" from group ")?.0, into)?;
    into.event_mut()?.change = Some(Change::MemberRemoved);
    KNOWN
}

/// `ops changed by root`, `ops restricted by root`, `ops set by root to a,b`
pub(super) fn group_by<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const DONE: [&[u8]; 4] = [b" changed by ", b" removed by ", b" restricted by ", b" set by "];
    let (name, by) = DONE.iter().find_map(|done| split_once(rest, done))?;
    told_by(line, name, split_once(by, b" to ").map_or(by, |(by, _)| by), into)
}
