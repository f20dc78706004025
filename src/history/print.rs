//! The forms in which `history` prints its rows: a table to read, JSON and CSV for programs.

use std::io::{self, Write};

use serde_json::Value;

use super::row::Row;

/// The columns of CSV: every field of the JSON format.
const COLUMNS: &[&str] = &[
    "time",
    "host",
    "event",
    "program",
    "user",
    "invalid_user",
    "target_user",
    "method",
    "reason",
    "source",
    "port",
    "identity",
    "fingerprint",
    "command",
    "tty",
    "directory",
    "change",
    "count",
    "event_name",
    "target",
    "document",
    "aws_account",
    "aws_region",
    "session_id",
    "source_identity",
    "destination",
    "error_code",
    "event_id",
    "user_agent",
    "mfa",
    "expected",
    "rule",
];

pub(super) fn json(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

pub(super) fn csv_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join(","))
}

/// One record of RFC 4180; an absent field is empty.
pub(super) fn csv(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    let fields = serde_json::to_value(row)?;
    for (index, column) in COLUMNS.iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let text = match &fields[*column] {
            Value::Null => String::new(),
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        write!(out, "{separator}{text}")?;
    }
    out.write_all(b"\r\n")
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

pub(super) fn table_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", line(["TIME", "HOST", "EVENT", "WHO", "FROM", "HOW", "EXPECTED", "WHAT"]))
}

pub(super) fn table(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    let how = row
        .method
        .or(row.reason)
        .or(row.change)
        .or(row.event_name)
        .or(row.error_code)
        .unwrap_or("-");
    writeln!(
        out,
        "{}",
        line([
            &row.time,
            or_dash(row.host),
            row.event,
            &who(row),
            or_dash(row.source.unwrap_or_default()),
            how,
            row.expected.unwrap_or("-"),
            &what(row),
        ])
    )
}

fn line(cells: [&str; 8]) -> String {
    let [time, host, event, who, from, how, expected, what] = cells.map(printable);
    format!(
        "{time:<20}  {host:<16}  {event:<15}  {who:<24}  {from:<15}  {how:<20}  {expected:<8}  {what}"
    )
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The account, and the person behind it where one is known by another name.
fn who(row: &Row<'_>) -> String {
    match (row.user, row.identity) {
        (None, identity) => or_dash(identity).to_owned(),
        (Some(user), "") if row.invalid_user => format!("{user} (invalid)"),
        (Some(user), "") => or_dash(user).to_owned(),
        (Some(user), identity) => format!("{user} ({identity})"),
    }
}

fn what(row: &Row<'_>) -> String {
    let mut parts = Vec::new();
    parts.extend(row.target_user.map(|target| format!("as {target}")));
    parts.extend(row.command.or(row.target).map(str::to_owned));
    parts.extend(row.program.filter(|_| parts.is_empty()).map(str::to_owned));
    parts.extend(row.rule.map(|rule| format!("[{rule}]")));
    if row.count > 1 {
        parts.push(format!("×{}", row.count));
    }
    parts.join(" ")
}

/// A name that an attacker chose must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c.is_control() || is_bidirectional(c) {
            true => c.escape_unicode().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
}

fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\u{202e}b"), "a\\u{1b}[2J\\u{202e}b");
    }

    #[test]
    fn a_field_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(quoted(r#"say "hi", twice"#), r#""say ""hi"", twice""#);
        assert_eq!(quoted("plain"), "plain");
    }
}
