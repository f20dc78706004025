//! The table: fitted to a terminal and coloured there, or plain and whole for a program.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::print::visible;
use super::query::Look;
use crate::event::{EventKind, Time};
use crate::row::{Row, rfc3339};

/// Columns of a terminal that none is narrower than.
const NARROWEST: usize = 60;

const TIME: usize = 16;
const EVENT: usize = 9;
const WHO: usize = 20;
const FROM: usize = 15;

/// Seconds after which a time is told with its year.
const YEAR_TELLS: f64 = 300.0 * 86_400.0;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const DIM: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

pub(super) fn header(look: &Look, out: &mut impl Write) -> io::Result<()> {
    match look.width {
        None => {
            let cells = ["TIME", "HOST", "EVENT", "WHO", "FROM", "HOW", "EXPECTED", "WHAT"];
            writeln!(out, "{}", whole_line(cells.map(str::to_owned)))
        }
        Some(width) => {
            let line = [
                fit("TIME", TIME),
                format!(" {}", fit("EVENT", EVENT)),
                fit("WHO", WHO),
                fit("FROM", FROM),
                "WHAT".to_owned(),
            ];
            paint(look, BOLD, &fit(&line.join(" "), width.max(NARROWEST)), out)?;
            out.write_all(b"\n")
        }
    }
}

pub(super) fn row(row: &Row<'_>, look: &Look, out: &mut impl Write) -> io::Result<()> {
    match look.width {
        None => whole(row, out),
        Some(width) => fitted(row, look, width.max(NARROWEST), out),
    }
}

/// For a program: every cell whole, times in UTC.
fn whole(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(visible);
    let dash =
        |text: Option<String>| text.filter(|t| !t.is_empty()).unwrap_or_else(|| "-".to_owned());
    let how = text(&row.method).or(text(&row.reason)).or(text(&row.change));
    let cells = [
        rfc3339(row.time),
        dash(text(&row.host)),
        row.event.clone().into_owned(),
        dash(Some(who(row))),
        dash(text(&row.source)),
        dash(how.or(text(&row.event_name)).or(text(&row.error_code))),
        dash(text(&row.expected)),
        what(row),
    ];
    writeln!(out, "{}", whole_line(cells).trim_end())
}

fn whole_line(cells: [String; 8]) -> String {
    let widths = [20, 16, 15, 24, 15, 20, 8, 0];
    let padded = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width));
    padded.collect::<Vec<_>>().join("  ")
}

/// For a terminal: one line a row, unexpected ones marked by sign and colour.
fn fitted(row: &Row<'_>, look: &Look, width: usize, out: &mut impl Write) -> io::Result<()> {
    let (mark, colour) = match row.expected.as_deref() {
        Some("false") => ("!", RED),
        Some("true") => (" ", GREEN),
        _ => (" ", PLAIN),
    };
    paint(look, DIM, &fit(&local(row.time, look), TIME), out)?;
    out.write_all(b" ")?;
    paint(look, colour, &format!("{mark}{}", fit(event(row), EVENT)), out)?;
    let source = row.source.as_deref().map(visible);
    let source = source.or_else(|| row.network.clone().map(Cow::into_owned)).unwrap_or_default();
    let begun = TIME + 1 + 1 + EVENT + 1 + WHO + 1 + FROM + 1;
    let mut rest = what_happened(row, look);
    if rest.width() > width.saturating_sub(begun) {
        rest = fit(&rest, width.saturating_sub(begun));
    }
    let line = format!(" {} {} {rest}", fit(&who(row), WHO), fit(&source, FROM));
    writeln!(out, "{}", line.trim_end())
}

fn paint(look: &Look, colour: &str, text: &str, out: &mut impl Write) -> io::Result<()> {
    match look.colour && colour != PLAIN {
        true => write!(out, "{colour}{text}{PLAIN}"),
        false => out.write_all(text.as_bytes()),
    }
}

/// `11-26 01:15:02` of the last months, else with the year.
fn local(time: Time, look: &Look) -> String {
    let stamp =
        jiff::Timestamp::from_nanosecond(i128::from(time.nanoseconds())).unwrap_or_default();
    let local = look.zone.to_datetime(stamp);
    let form = match look.now.seconds_since(time).abs() < YEAR_TELLS {
        true => "%m-%d %H:%M:%S",
        false => "%Y-%m-%d %H:%M",
    };
    local.strftime(form).to_string()
}

fn event(row: &Row<'_>) -> &'static str {
    row.kind().map_or("other", EventKind::words)
}

/// The account, and the person behind it where one is known by another name.
fn who(row: &Row<'_>) -> String {
    let shown = |text: &Option<Cow<'_, str>>| text.as_deref().map(visible).unwrap_or_default();
    let (user, identity) = (shown(&row.user), shown(&row.identity));
    match (user.as_str(), identity.as_str()) {
        ("", identity) => identity.to_owned(),
        (user, "") if row.invalid_user => format!("{user} (invalid)"),
        (user, "") => user.to_owned(),
        (user, identity) if user == identity => user.to_owned(),
        (user, identity) => format!("{user} ({identity})"),
    }
}

fn what(row: &Row<'_>) -> String {
    let shown = |text: &Option<Cow<'_, str>>| text.as_deref().map(visible);
    let mut parts = Vec::new();
    parts.extend(shown(&row.target_user).map(|target| format!("as {target}")));
    parts.extend(shown(&row.command).or(shown(&row.target)));
    parts.extend(shown(&row.destination).map(|to| format!("to {to}")));
    parts.extend(shown(&row.program).filter(|_| parts.is_empty()));
    parts.extend(row.duration.map(|seconds| format!("after {}", span(seconds))));
    parts.extend(shown(&row.rule).map(|rule| format!("[{rule}]")));
    parts.extend(shown(&row.why).map(|why| format!("[{why}]")));
    if row.count > 1 {
        parts.push(format!("×{}", row.count));
    }
    parts.join(" ")
}

/// The same with how, from which country where that is known, and on which host where it is another.
fn what_happened(row: &Row<'_>, look: &Look) -> String {
    let shown = |text: &Option<Cow<'_, str>>| text.as_deref().map(visible);
    let host = shown(&row.host).filter(|host| *host != look.host);
    let country = shown(&row.country);
    let how = [&row.method, &row.reason, &row.change, &row.event_name, &row.error_code];
    let how = how.into_iter().find_map(shown);
    let parts = host.map(|host| format!("{host}:")).into_iter().chain(country).chain(how);
    parts.chain(Some(what(row))).collect::<Vec<_>>().join(" ")
}

/// `3d4h`, `2h10m`, `5m3s`, `12s`: the two units that tell.
pub(super) fn span(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m{}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h{minutes}m"),
        (days, hours, _) => format!("{days}d{hours}h"),
    }
}

/// Exactly so many columns wide: wide characters count two.
pub(super) fn fit(text: &str, width: usize) -> String {
    if text.width() <= width {
        return pad(text, width);
    }
    let mut cut = String::new();
    for character in text.chars() {
        if cut.width() + character.width().unwrap_or(0) > width.saturating_sub(1) {
            break;
        }
        cut.push(character);
    }
    cut.push('…');
    pad(&cut, width)
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::super::query::tests::query;
    use super::*;

    fn shown(json: &str, look: &Look) -> String {
        let mut out = Vec::new();
        row(&Row::from_json(json.as_bytes()).unwrap(), look, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const LOGIN: &str = r#"{"time":"2026-11-18T09:00:00Z","host":"web-1","event":"login_success","program":"sshd","user":"名前名前名前名前名前名前","method":"publickey","source":"203.0.113.9","network":"public","expected":"false"}"#;

    #[test]
    fn a_line_fits_the_terminal_and_wide_characters_are_aligned() {
        let look = Look { width: Some(80), ..query().look };
        let closed = r#"{"time":"2025-01-18T09:00:00Z","host":"web-2","event":"session_closed","program":"sshd","user":"bob","duration":7800.5}"#;
        for json in [LOGIN, closed] {
            let line = shown(json, &look);
            assert!(line.trim_end().width() <= 80, "{line}");
        }
        let line = shown(LOGIN, &look);
        assert!(line.starts_with("11-18 09:00:00   !login"), "{line}");
        let column = line.find("203.0.113.9").unwrap();
        assert_eq!(line[..column].width(), TIME + 1 + 1 + EVENT + 1 + WHO + 1, "{line}");
        assert!(shown(closed, &look).contains("web-2: sshd af…"), "{}", shown(closed, &look));
    }

    #[test]
    fn colour_is_for_terminals() {
        let look = Look { width: Some(80), colour: true, ..query().look };
        assert!(shown(LOGIN, &look).contains("\u{1b}[31m!login"));
        assert!(!shown(LOGIN, &query().look).contains('\u{1b}'));
    }

    #[test]
    fn a_span_is_told_in_two_units() {
        let spans = [0.4, 59.9, 60.0, 3_599.0, 7_800.0, 90_000.0].map(span);
        assert_eq!(spans, ["0s", "59s", "1m0s", "59m59s", "2h10m", "1d1h"]);
    }
}
