//! How the fields stand in a line of login.

use crate::parse::Parsed;
use crate::parse::rows::{KNOWN, Known, Line};
use crate::parse::words::{number, quoted, remote, rsplit_once, split_once, terminal};

/// Where a try came from: a terminal, another host, or both.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    tty: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
}

fn told<'a>(
    line: &Line<'_, 'a>,
    user: Option<&'a [u8]>,
    place: Place<'a>,
    into: &mut Parsed<'a>,
) -> Known {
    // The names that login writes for an account it does not know, lest a password typed as a
    // name gets logged.
    let hidden = matches!(user, Some(b"(unknown)" | b"UNKNOWN"));
    let event = line.event(into);
    event.user = user.map(|user| line.text(user));
    event.invalid_user |= hidden;
    event.tty = place.tty.and_then(|tty| terminal(line.envelope, tty));
    event.source = place.host.and_then(|host| remote(line.envelope, host));
    KNOWN
}

/// `TTY BY U[ FROM HOST]`
pub(super) fn user_on<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (tty, rest) = split_once(rest, b" BY ")?;
    let (user, host) = with_host(rest);
    told(line, Some(user), Place { tty: Some(tty), host }, into)
}

/// `TTY[ FROM HOST]`, of root.
pub(super) fn root_on<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (tty, host) = with_host(rest);
    told(line, Some(b"root"), Place { tty: Some(tty), host }, into)
}

fn with_host(rest: &[u8]) -> (&[u8], Option<&[u8]>) {
    rsplit_once(rest, b" FROM ").map_or((rest, None), |(before, host)| (before, Some(host)))
}

/// ` on 'TTY'[ from 'HOST']`, of root.
pub(super) fn root_at<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    told(line, Some(b"root"), shadow_place(rest), into)
}

/// ` on 'TTY'[ from 'HOST']`, of nobody that is named.
pub(super) fn place<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    told(line, None, shadow_place(rest), into)
}

/// `'U' logged in  on 'TTY'[ from 'HOST']`
pub(super) fn logged_in<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = quoted(text, b"' logged in ")?;
    told(line, Some(user), shadow_place(rest), into)
}

/// `'U'  on 'TTY'[ from 'HOST']`, counted from the end.
pub(super) fn user_at<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = last_quote(rest)?;
    told(line, Some(user), shadow_place(rest), into)
}

/// `U' REFUSED  on 'TTY'[ from 'HOST']`
pub(super) fn refused<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (user, rest) = rsplit_once(rest, b"' REFUSED ")?;
    told(line, Some(user), shadow_place(rest), into)
}

/// Shadow's fromhost: ` on '/dev/tty1'` or ` on '/dev/tty1' from 'host'`.
fn shadow_place(rest: &[u8]) -> Place<'_> {
    let Some(tty) = rest.trim_ascii().strip_prefix(b"on '") else {
        return Place::default();
    };
    match split_once(tty, b"' from '") {
        Some((tty, host)) => Place { tty: Some(tty), host: host.strip_suffix(b"'") },
        None => Place { tty: tty.strip_suffix(b"'"), host: None },
    }
}

/// `1 FROM PLACE FOR U, WHY`, `SESSION FROM …` and shadow's `(1) on 'TTY' FOR 'U', WHY`.
pub(super) fn failed<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_number, rest) = split_once(rest, b" ")?;
    let (place, rest) = place_and_rest(rest)?;
    let (user, why) = rsplit_once(rest, b", ").unwrap_or((rest, b""));
    told(line, Some(unquote(user)), place, into)?;
    into.event_mut()?.invalid_user |= why.starts_with(b"User not known");
    KNOWN
}

/// `3) FROM PLACE FOR U, WHY`; shadow's lacks the reason.
pub(super) fn too_many<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (_count, rest) = split_once(rest, b")")?;
    let (place, rest) = place_and_rest(rest.trim_ascii_start())?;
    let user = rsplit_once(rest, b", ").map_or(rest, |(user, _)| user);
    told(line, Some(unquote(user)), place, into)
}

/// `FROM place FOR rest` of util-linux, ` on 'tty' [from 'host'] FOR rest` of shadow.
fn place_and_rest(rest: &[u8]) -> Option<(Place<'_>, &[u8])> {
    match rest.strip_prefix(b"FROM ") {
        Some(rest) => {
            let (from, rest) = split_once(rest, b" FOR ")?;
            Some((from_place(from), rest))
        }
        None => {
            let (place, rest) = split_once(rest, b" FOR ")?;
            Some((shadow_place(place), rest))
        }
    }
}

/// util-linux names the host, or the terminal where there is none.
fn from_place(from: &[u8]) -> Place<'_> {
    let local: [&[u8]; 6] = [b"tty", b"pts/", b"console", b"hvc", b"ttyS", b"/dev/"];
    if from.is_empty() || matches!(from, b"<unknown>" | b"(null)" | b"UNKNOWN") {
        Place::default()
    } else if local.iter().any(|name| from.starts_with(name)) {
        Place { tty: Some(from), host: None }
    } else {
        Place { tty: None, host: Some(from) }
    }
}

fn unquote(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'")).unwrap_or(name)
}

/// `'name'` up to where the place begins, counted from the end.
fn last_quote(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    match rsplit_once(rest, b" on '") {
        Some((name, _)) => {
            let at = name.len();
            Some((unquote(name.trim_ascii_end()), &rest[at..]))
        }
        None => quoted(rest, b"'"),
    }
}

/// `HOST, U`
pub(super) fn failed_from<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let no_name = || Some((rest.strip_suffix(b",")?, &b""[..]));
    let (from, user) = split_once(rest, b", ").or_else(no_name)?;
    told(line, Some(user), from_place(from), into)
}

/// `N LOGIN FAILURES FROM HOST, U`
pub(super) fn failed_often<'a>(
    line: &Line<'_, 'a>,
    text: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (count, rest) = split_once(text, b" LOGIN FAILURES FROM ")?;
    let count = number(count)?;
    failed_from(line, rest, into)?;
    into.event_mut()?.count = count;
    KNOWN
}

/// `U REFUSED FROM HOST ON TTY TTY`
pub(super) fn refused_from<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    let (user, rest) = rsplit_once(rest, b" REFUSED FROM ")?;
    let (from, tty) = split_once(rest, b" ON TTY ")?;
    told(line, Some(user), Place { tty: Some(tty), ..from_place(from) }, into)
}

/// `U". Abort.`
pub(super) fn invalid_name<'a>(
    line: &Line<'_, 'a>,
    rest: &'a [u8],
    into: &mut Parsed<'a>,
) -> Known {
    told(line, Some(rest.strip_suffix(b"\". Abort.")?), Place::default(), into)
}

pub(super) fn no_name<'a>(line: &Line<'_, 'a>, _: &'a [u8], into: &mut Parsed<'a>) -> Known {
    told(line, None, Place::default(), into)
}
