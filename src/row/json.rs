//! JSON that is safe to show: every character that a terminal obeys or a reader does not see is
//! spelled as an escape (`\u009b`, `\u202e`), which reads back to the same character.
//!
//! Written without serde: a backlog is archived at the speed at which it is read.

use super::{Value, stamp};
use crate::metrics::text::is_hidden;

pub(super) fn put(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Text(text) => put_text(text, out),
        Value::Time(time) => {
            out.push(b'"');
            stamp::put(time, out);
            out.push(b'"');
        }
        Value::Flag(true) => out.extend_from_slice(b"true"),
        Value::Flag(false) => out.extend_from_slice(b"false"),
        Value::Whole(number) => put_number(&number, out),
        Value::Seconds(number) => put_number(&number, out),
    }
}

fn put_number(number: &impl serde::Serialize, out: &mut Vec<u8>) {
    // Memory takes all that is written to it.
    let _ = serde_json::to_writer(out, number);
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    match is_plain(text.as_bytes()) {
        true => out.extend_from_slice(text.as_bytes()),
        false => text.chars().for_each(|character| put_character(character, out)),
    }
    out.push(b'"');
}

fn put_character(character: char, out: &mut Vec<u8>) {
    match character {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '\r' => out.extend_from_slice(b"\\r"),
        _ if is_hidden(character) => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        }
        _ => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Whether it is printable ASCII without quotes and backslashes. No byte ends the look early, so that
/// the compiler looks at many at once: this is asked of each text of each line.
fn is_plain(text: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') & (*byte != b'"') & (*byte != b'\\');
    text.iter().fold(true, |all, byte| all & plain(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text alone and at each place within others.
    fn check(text: &str) {
        for before in 0..9 {
            for after in [0, 1, 7, 8, 20] {
                let text = format!("{}{text}{}", "a".repeat(before), "z".repeat(after));
                let mut out = Vec::new();
                put_text(&text, &mut out);
                let json = String::from_utf8(out).unwrap();
                assert!(!json.chars().any(is_hidden), "{json:?}");
                assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
                // As serde_json spells it, but for what it leaves raw.
                let plain = serde_json::to_string(&text).unwrap();
                let spelled = plain.chars().map(|character| match is_hidden(character) {
                    true => {
                        let mut units = [0; 2];
                        let units = character.encode_utf16(&mut units).iter();
                        units.map(|unit| format!("\\u{unit:04x}")).collect()
                    }
                    false => character.to_string(),
                });
                assert_eq!(json, spelled.collect::<String>());
            }
        }
    }

    #[test]
    fn every_character_is_spelled_as_serde_json_spells_it_or_hidden() {
        for character in ('\0'..='\u{2ff}').chain('\u{2000}'..='\u{20ff}') {
            check(&character.to_string());
        }
        for text in ["", "\u{fffd}", "\u{feff}", "\u{e0041}", "😀\u{1d173}é", "\u{ffff}\"\\/"] {
            check(text);
        }
    }

    #[test]
    fn any_text_reads_back() {
        let mut seed = 7_u64;
        let mut next = |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200 {
            let length = next(40);
            let bytes: Vec<u8> = (0..length).map(|_| next(256) as u8).collect();
            check(&String::from_utf8_lossy(&bytes));
            let text: String =
                (0..length).filter_map(|_| char::from_u32(next(0x11_0000) as u32)).collect();
            check(&text);
        }
    }

    #[test]
    fn numbers_are_as_serde_json_spells_them() {
        for (value, json) in [
            (Value::Whole(4_294_967_295), "4294967295"),
            (Value::Seconds(1.5), "1.5"),
            (Value::Seconds(3.0), "3.0"),
            (Value::Seconds(f64::NAN), "null"),
            (Value::Flag(false), "false"),
        ] {
            let mut out = Vec::new();
            put(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), json);
        }
    }
}
