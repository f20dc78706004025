//! The Journal Export Format, which `journalctl --output=export` prints (systemd's
//! docs/JOURNAL_EXPORT_FORMATS.md).
//!
//! An entry is its fields and an empty line. A field is `NAME=text` and a line end or, where its
//! value is no text or holds a line end: the name, a line end, the length in eight bytes, the value
//! and a line end. A writer may send a field more than once.

use std::ops::Range;

use memchr::{memchr, memchr2, memmem};

use crate::event::Time;
use crate::record::JournalEntry;

/// The longest entry that is kept, counting the fields that are read.
pub(super) const LONGEST_ENTRY: usize = 8 << 20;

/// The longest name that journald gives a field.
const LONGEST_NAME: usize = 64;

/// The fields that are read: of one entry journalctl need print no others. Of many it takes longer
/// to leave the others out than to print them.
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

/// Takes what journalctl prints, and keeps of it the fields that are read. A field of another name
/// is passed over as it comes: none is ever held, so that nobody can hide an entry behind a long one.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// What was kept, up to `kept`; behind it what was not looked at yet.
    buffer: Vec<u8>,
    kept: usize,
    /// Where the entry begins that is not whole yet.
    begin: usize,
    within: Within,
    /// Of the entry at hand too much would be kept: it is passed over.
    is_too_long: bool,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default)]
enum Within {
    /// The name of a field, or the end of the entry.
    #[default]
    Name,
    /// A text, up to the end of its line.
    Text { is_read: bool },
    /// So many bytes, the line end behind them with them.
    Bytes { left: u64, is_read: bool },
}

/// Some bytes of an entry.
struct Piece {
    length: usize,
    is_read: bool,
    is_end: bool,
}

impl Piece {
    fn of(length: usize, is_read: bool) -> Piece {
        Piece { length, is_read, is_end: false }
    }
}

impl Sieve {
    /// Where what is printed is to be appended.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Moves the whole entries to the end of `block`, and says in `entries` where each stands there.
    /// Returns how many were passed over for their length.
    pub(super) fn take(&mut self, block: &mut Vec<u8>, entries: &mut Vec<Range<usize>>) -> u32 {
        let (mut too_long, mut at, before) = (0, self.kept, block.len());
        let mut fields = Fields::default();
        while let Some(piece) = self.within.piece(&self.buffer[at..], &mut fields) {
            if piece.is_read && !self.is_too_long {
                self.buffer.copy_within(at..at + piece.length, self.kept);
                self.kept += piece.length;
            }
            at += piece.length;
            if self.kept - self.begin > LONGEST_ENTRY {
                (self.kept, self.is_too_long) = (self.begin, true);
                too_long += 1;
            }
            if piece.is_end {
                if !self.is_too_long {
                    entries.push(before + self.begin..before + self.kept);
                }
                (self.begin, self.is_too_long) = (self.kept, false);
            }
        }
        self.buffer.drain(self.kept..at);
        block.extend(self.buffer.drain(..self.begin));
        (self.kept, self.begin) = (self.kept - self.begin, 0);
        too_long
    }
}

impl Within {
    /// The next bytes of which it can be told whether they are read; `None` where more must come.
    fn piece(&mut self, rest: &[u8], fields: &mut Fields<'_>) -> Option<Piece> {
        match *self {
            _ if rest.is_empty() => None,
            Within::Name => self.name(rest, fields),
            Within::Text { is_read } => {
                let end = memchr(b'\n', rest);
                if end.is_some() {
                    *self = Within::Name;
                }
                Some(Piece::of(end.map_or(rest.len(), |end| end + 1), is_read))
            }
            Within::Bytes { left, is_read } => {
                let now = left.min(rest.len() as u64);
                *self = match left - now {
                    0 => Within::Name,
                    left => Within::Bytes { left, is_read },
                };
                Some(Piece::of(now as usize, is_read))
            }
        }
    }

    fn name(&mut self, rest: &[u8], fields: &mut Fields<'_>) -> Option<Piece> {
        let head = &rest[..rest.len().min(LONGEST_NAME + 1)];
        let Some(end) = memchr2(b'=', b'\n', head) else {
            // What has so long a name is none of ours.
            let is_name = head.len() <= LONGEST_NAME;
            return (!is_name).then(|| self.text(rest, 0, false));
        };
        let is_read = fields.of(&rest[..end]).is_some();
        match rest[end] {
            b'=' => Some(self.text(rest, end, is_read)),
            _ if end == 0 => Some(Piece { length: 1, is_read: true, is_end: true }),
            _ => {
                let length = rest[end + 1..].first_chunk::<8>()?;
                let left = u64::from_le_bytes(*length).saturating_add(1);
                *self = Within::Bytes { left, is_read };
                Some(Piece::of(end + 9, is_read))
            }
        }
    }

    /// A text with its name, as far as it is there.
    fn text(&mut self, rest: &[u8], from: usize, is_read: bool) -> Piece {
        *self = Within::Text { is_read };
        let end = memchr(b'\n', &rest[from..]).map(|end| from + end + 1);
        if end.is_some() {
            *self = Within::Name;
        }
        Piece::of(end.unwrap_or(rest.len()), is_read)
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
mod tests;
