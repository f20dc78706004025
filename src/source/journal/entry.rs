//! One entry of the journal, from the JSON that `journalctl --output=json` prints.
//!
//! A field is a text, a list of bytes where it is no UTF-8, `null` where it is too long, or a list
//! of such values where the writer sent it more than once (systemd's "Journal JSON Format").

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::event::Time;
use crate::record::JournalEntry;

/// The fields that are read: journalctl need print no others.
pub(super) const FIELDS: &str =
    "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_UID,_AUDIT_LOGINUID,_COMM,_EXE,_HOSTNAME";

/// An entry with its text, to be lent out as a [`JournalEntry`].
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    pub cursor: String,
    pub time: Time,
    host: String,
    identifier: String,
    pid: Option<u32>,
    uid: Option<u32>,
    login_uid: Option<u32>,
    comm: Option<String>,
    exe: Option<String>,
    message: Vec<u8>,
}

impl Entry {
    /// `None` where the line is no entry.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let fields: Fields = serde_json::from_slice(line).ok()?;
        let microseconds: i64 = fields.realtime.number()?;
        let uid = fields.uid.number();
        let comm = fields.comm.only_text();
        Some(Entry {
            cursor: fields.cursor.only_text()?,
            time: Time::from_nanoseconds(microseconds.checked_mul(1_000)?),
            host: fields.hostname.only_text().unwrap_or_default(),
            identifier: fields.identifier.text().or_else(|| comm.clone()).unwrap_or_default(),
            pid: pid(uid, fields.syslog_pid.number(), fields.pid.number()),
            uid,
            login_uid: fields.login_uid.number(),
            comm,
            exe: fields.exe.only_text(),
            message: fields.message.0.into_iter().next().unwrap_or_default(),
        })
    }

    pub(super) fn lend(&self) -> JournalEntry<'_> {
        JournalEntry {
            time: self.time,
            host: &self.host,
            identifier: &self.identifier,
            pid: self.pid,
            uid: self.uid,
            login_uid: self.login_uid,
            comm: self.comm.as_deref(),
            exe: self.exe.as_deref(),
            message: &self.message,
            control_group: None,
            machine_id: None,
            may_be_stripped: true,
        }
    }
}

/// Lines are joined by the pid that their writer claims, which a user may not choose.
fn pid(uid: Option<u32>, claimed: Option<u32>, true_one: Option<u32>) -> Option<u32> {
    if uid == Some(0) { claimed.or(true_one) } else { true_one }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    #[serde(rename = "__CURSOR")]
    cursor: Field,
    #[serde(rename = "__REALTIME_TIMESTAMP")]
    realtime: Field,
    #[serde(rename = "_HOSTNAME")]
    hostname: Field,
    #[serde(rename = "SYSLOG_IDENTIFIER")]
    identifier: Field,
    #[serde(rename = "SYSLOG_PID")]
    syslog_pid: Field,
    #[serde(rename = "_PID")]
    pid: Field,
    #[serde(rename = "_UID")]
    uid: Field,
    #[serde(rename = "_AUDIT_LOGINUID")]
    login_uid: Field,
    #[serde(rename = "_COMM")]
    comm: Field,
    #[serde(rename = "_EXE")]
    exe: Field,
    #[serde(rename = "MESSAGE")]
    message: Field,
}

/// The values of a field, in order.
#[derive(Default)]
struct Field(Vec<Vec<u8>>);

impl Field {
    /// The first value, as text.
    fn text(&self) -> Option<String> {
        self.0.first().map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// The value of a field that stands once. journald never writes its own fields twice.
    fn only_text(&self) -> Option<String> {
        if self.0.len() == 1 { self.text() } else { None }
    }

    fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.only_text()?.parse().ok()
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of bytes, or null")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field(vec![text.as_bytes().to_vec()]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Field, E> {
        Ok(Field(vec![number.to_string().into_bytes()]))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Field, A::Error> {
        let mut bytes = Vec::new();
        let mut values = Vec::new();
        while let Some(part) = list.next_element::<Part>()? {
            match part {
                Part::Byte(byte) => bytes.push(byte),
                Part::Value(value) => values.push(value),
                Part::Nothing => {}
            }
        }
        if !bytes.is_empty() {
            values.push(bytes);
        }
        Ok(Field(values))
    }
}

/// One element of a list: a byte of the only value, or one value of several.
enum Part {
    Byte(u8),
    Value(Vec<u8>),
    Nothing,
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte or a value")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Part, E> {
        Ok(u8::try_from(number).map_or(Part::Nothing, Part::Byte))
    }

    fn visit_str<E>(self, text: &str) -> Result<Part, E> {
        Ok(Part::Value(text.as_bytes().to_vec()))
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Part::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Part, A::Error> {
        let mut bytes = Vec::new();
        while let Some(part) = list.next_element::<Part>()? {
            if let Part::Byte(byte) = part {
                bytes.push(byte);
            }
        }
        Ok(Part::Value(bytes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn line(changes: Value) -> Vec<u8> {
        let mut entry = json!({
            "__CURSOR": "s=1;i=2", "__REALTIME_TIMESTAMP": "1700000000000001",
            "__MONOTONIC_TIMESTAMP": "5", "_BOOT_ID": "b", "_HOSTNAME": "web1",
            "SYSLOG_IDENTIFIER": "sshd", "SYSLOG_PID": "70", "_PID": "71", "_UID": "0",
            "_AUDIT_LOGINUID": "1000", "_COMM": "sshd", "_EXE": "/usr/sbin/sshd", "MESSAGE": "Accepted",
        });
        for (name, value) in changes.as_object().unwrap() {
            entry[name] = value.clone();
        }
        entry.to_string().into_bytes()
    }

    fn entry(changes: Value) -> Entry {
        Entry::read(&line(changes)).unwrap()
    }

    #[test]
    fn an_entry_tells_what_was_said_and_by_whom() {
        let entry = entry(json!({}));
        assert_eq!(entry.cursor, "s=1;i=2");
        let lent = entry.lend();
        assert_eq!(lent.time.nanoseconds(), 1_700_000_000_000_001_000);
        assert_eq!((lent.host, lent.identifier, lent.message), ("web1", "sshd", &b"Accepted"[..]));
        assert_eq!((lent.pid, lent.uid, lent.login_uid), (Some(70), Some(0), Some(1000)));
        assert_eq!((lent.comm, lent.exe), (Some("sshd"), Some("/usr/sbin/sshd")));
    }

    #[test]
    fn a_message_may_be_bytes_or_nothing_or_several() {
        let message = |value: Value| entry(json!({ "MESSAGE": value })).message;
        assert_eq!(message(json!([65, 0, 255])), [65, 0, 255]);
        assert!(message(json!(null)).is_empty());
        assert_eq!(message(json!(["first", "second"])), b"first");
        assert_eq!(message(json!([[66, 254], "second"])), [66, 254]);
        assert_eq!(message(json!([null, "second"])), b"second");
    }

    #[test]
    fn a_user_cannot_choose_the_pid_that_joins_his_lines() {
        let pid = |uid: Value| entry(json!({ "_UID": uid, "SYSLOG_PID": "1" })).pid;
        assert_eq!(pid(json!("0")), Some(1));
        assert_eq!(pid(json!("1000")), Some(71));
        assert_eq!(pid(json!(null)), Some(71));
    }

    #[test]
    fn a_field_of_journalds_own_that_stands_twice_proves_nothing() {
        assert_eq!(entry(json!({"_UID": ["0", "1000"]})).uid, None);
        assert_eq!(entry(json!({"_COMM": ["sshd", "x"]})).comm, None);
    }

    #[test]
    fn an_entry_without_a_tag_bears_its_programs_name() {
        assert_eq!(entry(json!({"SYSLOG_IDENTIFIER": null})).identifier, "sshd");
    }

    #[test]
    fn a_line_that_is_no_entry_is_told_from_one() {
        for line in [&b""[..], b"-- Boot 1 --", b"{}", b"[]", b"{\"__CURSOR\":\"x\"}"] {
            assert_eq!(Entry::read(line), None);
        }
        assert_eq!(Entry::read(&line(json!({"__REALTIME_TIMESTAMP": "soon"}))), None);
    }
}
