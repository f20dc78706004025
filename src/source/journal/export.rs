//! The Journal Export Format, which `journalctl --output=export` prints (systemd's
//! docs/JOURNAL_EXPORT_FORMATS.md).
//!
//! An entry is its fields and an empty line. A field is `NAME=text` and a line end or, where its
//! value is no text or holds a line end: the name, a line end, the length in eight bytes, the value
//! and a line end. A writer may send a field more than once.

use memchr::{memchr, memmem};

use crate::event::Time;
use crate::record::JournalEntry;

/// The fields that are read: journalctl need print no others.
pub(super) const FIELDS: &str = "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,SYSLOG_RAW,\
     SYSLOG_TIMESTAMP,_PID,_UID,_AUDIT_LOGINUID,_COMM,_EXE,_HOSTNAME,_SYSTEMD_CGROUP,_MACHINE_ID";

/// An entry with its place in the journal, borrowed from the bytes that hold it.
#[derive(Clone, Debug)]
pub struct Entry<'b> {
    pub cursor: &'b str,
    pub record: JournalEntry<'b>,
}

/// How many bytes the first entry of `bytes` takes, its empty line with it. `None` where it is not
/// there to its end.
pub fn whole(bytes: &[u8]) -> Option<usize> {
    let mut walk = Walk { bytes, at: 0 };
    while let Some(field) = walk.field() {
        if field.is_none() {
            return Some(walk.at);
        }
    }
    None
}

/// Reads one whole entry; `None` where it is none.
pub fn read(entry: &[u8]) -> Option<Entry<'_>> {
    let fields = Fields::read(entry);
    Some(Entry { cursor: fields.cursor.only()?, record: fields.record()? })
}

/// The same without its place, which what others than journalctl wrote lacks.
pub fn record(entry: &[u8]) -> Option<JournalEntry<'_>> {
    Fields::read(entry).record()
}

/// Whether these bytes begin as an entry does that journalctl printed.
pub fn is_export(bytes: &[u8]) -> bool {
    bytes.starts_with(b"__CURSOR=") || bytes.starts_with(b"__REALTIME_TIMESTAMP=")
}

/// Walks over the fields of an entry.
struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Walk<'b> {
    /// The next field, `Some(None)` at the end of the entry, `None` where the bytes end before.
    #[allow(clippy::option_option)]
    fn field(&mut self) -> Option<Option<(&'b [u8], &'b [u8])>> {
        let rest = &self.bytes[self.at..];
        let end = memchr(b'\n', rest)?;
        let line = &rest[..end];
        if line.is_empty() {
            self.at += 1;
            return Some(None);
        }
        if let Some(equals) = memchr(b'=', line) {
            self.at += end + 1;
            return Some(Some((&line[..equals], &line[equals + 1..])));
        }
        let behind = &rest[end + 1..];
        let (length, behind) = behind.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let value = behind.get(..length)?;
        (behind.get(length)? == &b'\n').then_some(())?;
        self.at += end + 1 + 8 + length + 1;
        Some(Some((line, value)))
    }
}

/// What is to be passed over of an entry too long to keep.
#[derive(Debug, Default)]
pub(crate) struct Passing {
    /// Bytes of a value that are still to come.
    bytes: u64,
}

impl Passing {
    /// Passes over the fields at the beginning of `buffer`. True once the entry has ended.
    pub(crate) fn pass(&mut self, buffer: &mut Vec<u8>) -> bool {
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

/// The values of a field.
#[derive(Clone, Copy, Default)]
struct Field<'b> {
    first: Option<&'b [u8]>,
    is_repeated: bool,
}

impl<'b> Field<'b> {
    fn take(&mut self, value: &'b [u8]) {
        self.is_repeated = self.first.is_some();
        self.first.get_or_insert(value);
    }

    /// The value of a field that stands once. journald never writes its own fields twice.
    fn only(&self) -> Option<&'b str> {
        std::str::from_utf8(self.first.filter(|_| !self.is_repeated)?).ok()
    }

    fn number<N: std::str::FromStr>(&self) -> Option<N> {
        self.only()?.parse().ok()
    }

    /// The first value. What is no text is the name of nothing.
    fn text(&self) -> Option<&'b str> {
        self.first.map(|value| std::str::from_utf8(value).unwrap_or("\u{fffd}"))
    }
}

#[derive(Default)]
struct Fields<'b> {
    cursor: Field<'b>,
    realtime: Field<'b>,
    hostname: Field<'b>,
    identifier: Field<'b>,
    syslog_pid: Field<'b>,
    raw: Field<'b>,
    timestamp: Field<'b>,
    pid: Field<'b>,
    uid: Field<'b>,
    login_uid: Field<'b>,
    comm: Field<'b>,
    exe: Field<'b>,
    control_group: Field<'b>,
    machine_id: Field<'b>,
    message: Field<'b>,
}

impl<'b> Fields<'b> {
    fn read(entry: &'b [u8]) -> Fields<'b> {
        let mut fields = Fields::default();
        let mut walk = Walk { bytes: entry, at: 0 };
        while let Some(Some((name, value))) = walk.field() {
            if let Some(field) = fields.of(name) {
                field.take(value);
            }
        }
        fields
    }

    fn of(&mut self, name: &[u8]) -> Option<&mut Field<'b>> {
        Some(match name {
            b"__CURSOR" => &mut self.cursor,
            b"__REALTIME_TIMESTAMP" => &mut self.realtime,
            b"_HOSTNAME" => &mut self.hostname,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"SYSLOG_PID" => &mut self.syslog_pid,
            b"SYSLOG_RAW" => &mut self.raw,
            b"SYSLOG_TIMESTAMP" => &mut self.timestamp,
            b"_PID" => &mut self.pid,
            b"_UID" => &mut self.uid,
            b"_AUDIT_LOGINUID" => &mut self.login_uid,
            b"_COMM" => &mut self.comm,
            b"_EXE" => &mut self.exe,
            b"_SYSTEMD_CGROUP" => &mut self.control_group,
            b"_MACHINE_ID" => &mut self.machine_id,
            b"MESSAGE" => &mut self.message,
            _ => return None,
        })
    }

    fn record(&self) -> Option<JournalEntry<'b>> {
        let microseconds: i64 = self.realtime.number()?;
        let (uid, comm) = (self.uid.number(), self.comm.only());
        let identifier = self.identifier.text().or(comm).unwrap_or_default();
        Some(JournalEntry {
            time: Time::from_nanoseconds(microseconds.checked_mul(1_000)?),
            host: self.hostname.only().unwrap_or_default(),
            identifier,
            pid: pid(uid, self.syslog_pid.number(), self.pid.number()),
            uid,
            login_uid: self.login_uid.number(),
            comm,
            exe: self.exe.only(),
            control_group: self.control_group.only(),
            machine_id: self.machine_id.only(),
            message: self.message(identifier),
            may_be_stripped: self.raw.first.is_none() && self.timestamp.first.is_none(),
        })
    }

    /// journald strips the blanks at the end of what came by /dev/log, but keeps it as it came
    /// where that changed it (`SYSLOG_RAW`, systemd 240 on).
    fn message(&self, identifier: &str) -> &'b [u8] {
        let message = self.message.first.unwrap_or_default();
        let raw = self.raw.first.and_then(|raw| behind_tag(raw, identifier.as_bytes()));
        let same = |raw: &&[u8]| raw.trim_ascii() == message.trim_ascii();
        raw.filter(same).unwrap_or(message)
    }
}

/// The text of a syslog line, behind `sshd[70]: `.
fn behind_tag<'b>(raw: &'b [u8], tag: &[u8]) -> Option<&'b [u8]> {
    let at = memmem::find(raw, tag)?;
    let rest = &raw[at + tag.len()..];
    let rest = match rest.strip_prefix(b"[") {
        Some(pid) => &pid[memchr(b']', pid)? + 1..],
        None => rest,
    };
    let text = rest.strip_prefix(b":")?;
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let end = text.iter().rposition(|&b| b != 0 && b != b'\n').map_or(0, |last| last + 1);
    Some(&text[..end])
}

/// Lines are joined by the pid that their writer claims, which a user may not choose.
fn pid(uid: Option<u32>, claimed: Option<u32>, true_one: Option<u32>) -> Option<u32> {
    if uid == Some(0) { claimed.or(true_one) } else { true_one }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1700000000000001\n\
         __MONOTONIC_TIMESTAMP=5\n_BOOT_ID=b\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n\
         SYSLOG_PID=70\n_PID=71\n_AUDIT_LOGINUID=1000\n_COMM=sshd\n_EXE=/usr/sbin/sshd\n";

    fn entry(more: &str) -> Vec<u8> {
        format!("{FRAME}{more}\n").into_bytes()
    }

    fn binary(name: &str, value: &[u8]) -> Vec<u8> {
        let mut field = format!("{name}\n").into_bytes();
        field.extend((value.len() as u64).to_le_bytes());
        field.extend(value);
        field.push(b'\n');
        field
    }

    #[test]
    fn an_entry_tells_what_was_said_and_by_whom() {
        let bytes = entry("_UID=0\nMESSAGE=Accepted\n");
        assert_eq!(whole(&bytes), Some(bytes.len()));
        let read = read(&bytes).unwrap();
        assert_eq!(read.cursor, "s=1;i=2");
        let record = read.record;
        assert_eq!(record.time.nanoseconds(), 1_700_000_000_000_001_000);
        assert_eq!((record.host, record.identifier), ("web1", "sshd"));
        assert_eq!(record.message, b"Accepted");
        assert_eq!((record.pid, record.uid, record.login_uid), (Some(70), Some(0), Some(1000)));
        assert_eq!((record.comm, record.exe), (Some("sshd"), Some("/usr/sbin/sshd")));
        assert!(record.may_be_stripped);
    }

    #[test]
    fn a_message_may_hold_line_ends_and_bytes_that_are_no_text() {
        let value = b"one\n\n__CURSOR=forged\n\xff\0";
        let mut bytes = FRAME.as_bytes().to_vec();
        bytes.extend(binary("MESSAGE", value));
        bytes.extend(b"_UID=0\n\n");
        for cut in 0..bytes.len() {
            assert_eq!(whole(&bytes[..cut]), None, "cut at {cut}");
        }
        bytes.extend(b"__CURSOR=next");
        assert_eq!(whole(&bytes), Some(bytes.len() - 13));
        let read = read(&bytes).unwrap();
        assert_eq!((read.cursor, read.record.message), ("s=1;i=2", &value[..]));
        assert_eq!(read.record.uid, Some(0));
    }

    #[test]
    fn of_several_messages_the_first_counts() {
        assert_eq!(read(&entry("MESSAGE=a\nMESSAGE=b\n")).unwrap().record.message, b"a");
        assert!(read(&entry("")).unwrap().record.message.is_empty());
    }

    #[test]
    fn blanks_that_journald_stripped_are_there_again() {
        let with = |raw: &str| {
            read(&entry(&format!("MESSAGE=from x\nSYSLOG_RAW={raw}\n"))).map(|e| {
                (String::from_utf8(e.record.message.to_vec()).unwrap(), e.record.may_be_stripped)
            })
        };
        let stripped = with("<38>Nov 26 01:00:00 sshd[70]: from x   ").unwrap();
        assert_eq!(stripped, ("from x   ".to_owned(), false));
        assert_eq!(with("<38>Nov 26 01:00:00 sshd: from x  ").unwrap().0, "from x  ");
        assert_eq!(with("something else").unwrap().0, "from x", "it is not the same message");
        assert_eq!(with("<38>sshd[70]: from y").unwrap().0, "from x");
        let dated = read(&entry("SYSLOG_TIMESTAMP=Nov 26 01:00:00 \nMESSAGE=x\n"))
            .map(|e| e.record.may_be_stripped);
        assert_eq!(dated, Some(false));
    }

    #[test]
    fn a_user_cannot_choose_the_pid_that_joins_his_lines() {
        let pid = |uid: &str| read(&entry(uid)).unwrap().record.pid;
        assert_eq!(pid("_UID=0\n"), Some(70));
        assert_eq!(pid("_UID=1000\n"), Some(71));
        assert_eq!(pid(""), Some(71));
    }

    #[test]
    fn a_field_of_journalds_own_that_stands_twice_proves_nothing() {
        assert_eq!(read(&entry("_UID=0\n_UID=1000\n")).unwrap().record.uid, None);
        assert_eq!(read(&entry("_COMM=x\n")).unwrap().record.comm, None);
    }

    #[test]
    fn an_entry_without_a_tag_bears_its_programs_name() {
        let bytes = entry("");
        let text = String::from_utf8(bytes).unwrap().replace("SYSLOG_IDENTIFIER=sshd\n", "");
        assert_eq!(read(text.as_bytes()).unwrap().record.identifier, "sshd");
    }

    #[test]
    fn what_is_no_entry_is_told_from_one() {
        for bytes in [&b"\n"[..], b"-- Boot 1 --\n\n", b"__CURSOR=x\n\n", b"{}\n\n"] {
            assert!(read(bytes).is_none(), "{}", String::from_utf8_lossy(bytes));
        }
        assert!(read(b"__CURSOR=x\n__REALTIME_TIMESTAMP=soon\n\n").is_none());
    }

    #[test]
    fn an_entry_too_long_is_passed_over_to_its_end_in_any_pieces() {
        let mut bytes = binary("MESSAGE", &vec![b'\n'; 5000]);
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
