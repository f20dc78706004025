//! What journalctl printed, as JSON or in its export format: entries with who wrote them.

use std::io::{self, BufRead, Read};

use memchr::memchr;
use serde_json::{Map, Value};

use crate::source::journal::export;

/// What is read at once.
const BLOCK: u64 = 64 << 10;

/// A longer entry is passed over.
const LONGEST_ENTRY: usize = 8 << 20;

/// What stands for an entry that is passed over: like all that is no entry, it has no time.
const TOO_LONG: &[u8] = b"(an entry of more than 8 MiB)";

/// The form that was asked of journalctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Export,
}

impl Form {
    /// What a stream that begins so is; `None` where it is not journalctl's.
    pub(super) fn of(begin: &[u8]) -> Option<Form> {
        let begin = begin.trim_ascii_start();
        if export::is_export(begin) {
            return Some(Form::Export);
        }
        let first = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let time = memchr::memmem::find(first, b"\"__REALTIME_TIMESTAMP\"").is_some();
        (first.starts_with(b"{") && time).then_some(Form::Json)
    }
}

/// Entries as they come, all in the export format.
#[derive(Debug)]
pub(super) struct Printed {
    form: Form,
    /// What is no whole entry yet.
    raw: Vec<u8>,
    whole: Vec<u8>,
    /// The entry that is being passed over. What a writer put into it must not be taken for the
    /// beginning of another one.
    passing: Option<Passing>,
    ended: bool,
}

impl Printed {
    pub(super) fn new(form: Form) -> Self {
        Printed { form, raw: Vec::new(), whole: Vec::new(), passing: None, ended: false }
    }

    /// The next whole entries; `None` behind the last. What cannot be read stands among them as an
    /// entry without a time.
    pub(super) fn next(&mut self, from: &mut impl BufRead) -> io::Result<Option<&[u8]>> {
        while !self.ended {
            let read = from.by_ref().take(BLOCK).read_to_end(&mut self.raw)?;
            if read == 0 {
                // The last entry may lack its line end.
                self.ended = true;
                self.raw.extend_from_slice(b"\n\n");
            }
            self.whole.clear();
            if self.passing.is_none() || self.passes() {
                match self.form {
                    Form::Json => self.take_json(),
                    Form::Export => self.take_export(),
                }
            }
            if self.passing.is_none() && self.raw.len() > LONGEST_ENTRY {
                no_entry(TOO_LONG, &mut self.whole);
                self.passing = Some(Passing::default());
            }
            if !self.whole.is_empty() {
                return Ok(Some(&self.whole));
            }
        }
        Ok(None)
    }

    /// Passes over what came of an entry that is too long. True once it has ended.
    fn passes(&mut self) -> bool {
        let ended = match (self.form, &mut self.passing) {
            (Form::Export, Some(passing)) => passing.pass(&mut self.raw),
            (Form::Json, Some(_)) => {
                let end = memchr(b'\n', &self.raw);
                self.raw.drain(..end.map_or(self.raw.len(), |end| end + 1));
                end.is_some()
            }
            (_, None) => true,
        };
        if ended {
            self.passing = None;
        }
        ended
    }

    fn take_export(&mut self) {
        let mut end = 0;
        while let Some(length) = export::whole(&self.raw[end..]) {
            end += length;
        }
        self.whole.extend(self.raw.drain(..end));
    }

    fn take_json(&mut self) {
        let Some(end) = memchr::memrchr(b'\n', &self.raw) else { return };
        let lines: Vec<u8> = self.raw.drain(..=end).collect();
        for line in lines.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(fields) => entry(&fields, &mut self.whole),
                Err(_) if line.trim_ascii().is_empty() => {}
                Err(_) => no_entry(line, &mut self.whole),
            }
        }
    }
}

/// What is to be passed over of an entry too long to keep.
#[derive(Debug, Default)]
struct Passing {
    /// Bytes of a value that are still to come.
    bytes: u64,
}

impl Passing {
    /// Passes over the fields at the beginning of `buffer`. True once the entry has ended.
    fn pass(&mut self, buffer: &mut Vec<u8>) -> bool {
        loop {
            let now = self.bytes.min(buffer.len() as u64);
            buffer.drain(..now as usize);
            self.bytes -= now;
            if self.bytes > 0 {
                return false;
            }
            let Some(end) = memchr(b'\n', buffer) else {
                // A text without an end is none of the fields that follow.
                if memchr(b'=', buffer).is_some() {
                    buffer.clear();
                    buffer.extend(b"=");
                }
                return false;
            };
            let (is_empty, is_text) = (end == 0, memchr(b'=', &buffer[..end]).is_some());
            if is_empty || is_text {
                buffer.drain(..=end);
                if is_empty {
                    return true;
                }
                continue;
            }
            let Some(length) = buffer[end + 1..].first_chunk::<8>() else { return false };
            self.bytes = u64::from_le_bytes(*length).saturating_add(1);
            buffer.drain(..end + 9);
        }
    }
}

/// A line that is no entry, as one that has nothing but a message.
fn no_entry(line: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"MESSAGE=");
    out.extend_from_slice(line);
    out.extend_from_slice(b"\n\n");
}

/// A field of JSON is a text, a list of bytes where it is no UTF-8, `null` where it is too long, or
/// a list of such values (systemd's "Journal JSON Format").
fn entry(fields: &Map<String, Value>, out: &mut Vec<u8>) {
    for (name, value) in fields {
        match value {
            Value::Array(values) if bytes(value).is_none() => {
                values.iter().for_each(|value| field(name, value, out));
            }
            value => field(name, value, out),
        }
    }
    out.push(b'\n');
}

fn field(name: &str, value: &Value, out: &mut Vec<u8>) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let Some(value) = bytes(value) else { return };
    if name.is_empty() || !name.bytes().all(plain) {
        return;
    }
    out.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(&value);
    out.push(b'\n');
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Array(list) if !list.is_empty() => {
            list.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(printed: &[u8]) -> Vec<String> {
        let mut entries = Printed::new(Form::of(printed).unwrap());
        let (mut from, mut messages) = (printed, Vec::new());
        while let Some(mut rest) = entries.next(&mut from).unwrap() {
            while let Some(length) = export::whole(rest) {
                let entry = &rest[..length];
                let message = export::record(entry).map_or(entry, |record| record.message);
                let message = String::from_utf8_lossy(message).trim().to_owned();
                messages.extend(Some(message).filter(|message| !message.is_empty()));
                rest = &rest[length..];
            }
        }
        messages
    }

    #[test]
    fn both_forms_are_told_and_read() {
        let head = "\"__CURSOR\":\"a\",\"__REALTIME_TIMESTAMP\":\"1\"";
        let json = format!("{{{head},\"MESSAGE\":\"x\"}}\n{{{head},\"MESSAGE\":[97,10,98]}}");
        assert_eq!(messages(json.as_bytes()), ["x", "a\nb"]);
        let export = "__CURSOR=a\n__REALTIME_TIMESTAMP=1\nMESSAGE=x=y\n\n\
                      __CURSOR=b\n__REALTIME_TIMESTAMP=2\nMESSAGE=z\n";
        assert_eq!(messages(export.as_bytes()), ["x=y", "z"]);
        assert_eq!(Form::of(b"May  1 02:03:04 h sshd[1]: x"), None);
        assert_eq!(Form::of(b"{\"Records\": []}"), None);
    }
    const HEAD: &str = "__REALTIME_TIMESTAMP=1\n";

    #[test]
    fn an_entry_without_a_cursor_is_read() {
        let json = "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"x\"}\n";
        assert_eq!(messages(json.as_bytes()), ["x"]);
        assert_eq!(messages(format!("{HEAD}MESSAGE=y\n\n").as_bytes()), ["y"]);
    }

    #[test]
    fn what_is_no_entry_is_not_passed_over_in_silence() {
        let json = "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"x\"}\n-- Boot a1 --\n\n{\"a\n";
        assert_eq!(messages(json.as_bytes()), ["x", "MESSAGE=-- Boot a1 --", "MESSAGE={\"a"]);
    }

    /// The cut falls into the value, wherever what it holds begins an entry of its own.
    #[test]
    fn a_value_past_the_bound_forges_no_entry() {
        let forged = format!("\n\n{HEAD}_UID=0\nMESSAGE=forged\n\n");
        let value = forged.repeat(2 * LONGEST_ENTRY / forged.len());
        let mut export = format!("{HEAD}MESSAGE=first\n\n{HEAD}X\n").into_bytes();
        export.extend((value.len() as u64).to_le_bytes());
        export.extend(value.bytes());
        export.extend(format!("\n\n{HEAD}MESSAGE=last\n\n").bytes());
        let too_long = format!("MESSAGE={}", String::from_utf8_lossy(TOO_LONG));
        assert_eq!(messages(&export), ["first", &too_long, "last"]);

        let entry = |message: &str| {
            format!("{{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":\"{message}\"}}\n")
        };
        let json = entry("first") + &entry(&value.escape_default().to_string()) + &entry("last");
        assert_eq!(messages(json.as_bytes()), ["first", &too_long, "last"]);
    }

    #[test]
    fn an_entry_too_long_is_passed_over_to_its_end_in_any_pieces() {
        let mut bytes = b"MESSAGE\n".to_vec();
        bytes.extend(5000_u64.to_le_bytes());
        bytes.extend([b'\n'; 5001]);
        bytes.extend(format!("A={}\nB=2\n\n", "x".repeat(3000)).bytes());
        bytes.extend(b"__CURSOR=next\n");
        for piece in [1, 7, 4096, 100_000] {
            let (mut passing, mut buffer, mut at) = (Passing::default(), Vec::new(), 0);
            loop {
                let end = bytes.len().min(at + piece);
                buffer.extend(&bytes[at..end]);
                at = end;
                if passing.pass(&mut buffer) {
                    break;
                }
                assert!(at < bytes.len(), "pieces of {piece}");
            }
            buffer.extend(&bytes[at..]);
            assert_eq!(buffer, b"__CURSOR=next\n", "pieces of {piece}");
        }
    }
}
