//! CSV for programs and spreadsheets: safe to open, whatever a name holds.

use std::io::{self, Write};

use crate::metrics::text::is_hidden;
use crate::row::{FIELDS, Row, Value, rfc3339};

pub(super) fn csv_header(out: &mut impl Write) -> io::Result<()> {
    write!(out, "{}\r\n", FIELDS.join(","))
}

/// One record of RFC 4180; an absent field is empty.
pub(super) fn csv(row: &Row<'_>, out: &mut impl Write) -> io::Result<()> {
    for (index, value) in row.values().into_iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        let text = match value {
            None => String::new(),
            Some(Value::Text(text)) => quoted(&harmless(&visible(text))),
            Some(Value::Time(time)) => rfc3339(time),
            Some(Value::Flag(flag)) => flag.to_string(),
            Some(Value::Whole(number)) => number.to_string(),
            Some(Value::Seconds(number)) => serde_json::Value::from(number).to_string(),
        };
        write!(out, "{separator}{text}")?;
    }
    out.write_all(b"\r\n")
}

fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r', ';', '\t']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

/// A spreadsheet takes a field that begins so for a formula: an apostrophe makes it text.
fn harmless(text: &str) -> String {
    // Full-width forms of the same signs are taken for them by some.
    let formula = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    match text.starts_with(formula) || text.trim_start().starts_with(['=', '@']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// A name that an attacker chose must not steer the terminal, or hide from who reads it.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match is_hidden(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_steer_the_terminal() {
        assert_eq!(
            visible("a\u{1b}[2J\u{202e}b\u{9b}\0\u{200b}"),
            "a\\u{1b}[2J\\u{202e}b\\u{9b}\\u{0}\\u{200b}"
        );
    }

    #[test]
    fn a_field_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(quoted(r#"say "hi", twice"#), r#""say ""hi"", twice""#);
        assert_eq!(quoted("plain"), "plain");
    }

    #[test]
    fn a_field_that_a_spreadsheet_would_run_is_text() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "\u{ff1d}1"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        assert_eq!(harmless("alice"), "alice");
        assert_eq!(harmless(" alice"), " alice");
    }
}
