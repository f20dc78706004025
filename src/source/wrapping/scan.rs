//! Finds one JSON value after the other in a stream of blocks: the values themselves, or those in
//! a list of records that a value wraps.
//!
//! Looks at brackets and strings alone; what a value means is for [`unwrap`] and the parser to
//! say. A value that is broken is given up, and what follows it is found again by the beginning
//! that every record has.

use super::Unreadable;
use super::unwrap::unwrap;

/// The keys whose list is streamed.
const LISTS: [&[u8]; 7] =
    [b"Records", b"Events", b"events", b"Messages", b"logEvents", b"QueryResultRows", b"results"];

/// A longer value is given up: CloudTrail's records hold 256 KB at most, a message of a queue 1 MB.
const LONGEST: usize = 2 << 20;

/// Of a longer key no more than that it is longer is known.
const LONGEST_KEY: usize = 32;

/// How a record begins. Within a string of another one the quotes would be escaped.
const BEGINNING: &[u8] = b"{\"eventVersion\"";

#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// The value that is being read, as far as it is kept.
    value: Vec<u8>,
    /// Brackets that are open in it; 0 between values.
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Values are those of a list.
    in_list: bool,
    /// An object wraps the list; behind the list only its end is looked for.
    wrapped: bool,
    /// The last string of an object that may be a wrapping, and the key that it turned out to be.
    word: Vec<u8>,
    key: Vec<u8>,
    /// A value or a list was found.
    found: bool,
    /// What stands between values is none, up to the line's end.
    skips_line: bool,
}

impl Scanner {
    /// Takes the next bytes in and adds the records that end in them.
    pub(super) fn feed(&mut self, block: &[u8], out: &mut Vec<Vec<u8>>) {
        let mut at = 0;
        while at < block.len() {
            if self.skips_line {
                at += self.skip_line(&block[at..], out);
                continue;
            }
            at += match self.in_string {
                true => self.string(&block[at..], out),
                false => self.byte(block[at], out),
            };
            if self.value.len() > LONGEST {
                self.give_up(out);
            }
        }
    }

    /// The end of the stream.
    pub(super) fn finish(&mut self, out: &mut Vec<Vec<u8>>) -> Result<(), Unreadable> {
        let open = self.depth > 0 || self.in_string || self.in_list;
        // Of lines the last one may still be being written.
        let last_line = self.found && !self.in_list && !self.wrapped;
        let hides_more = self.value.get(1..).is_some_and(|rest| holds_beginning(rest).is_some());
        if open && last_line && hides_more {
            self.give_up(out);
            return Ok(());
        }
        if open && !last_line {
            self.give_up(out);
            return Err(Unreadable::CutOff);
        }
        if self.found || open { Ok(()) } else { Err(Unreadable::NoRecords) }
    }

    /// Bytes that are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.value.capacity()
    }

    /// A line that is no JSON, among lines that are: it is handed on empty, so that it is counted.
    fn skip_line(&mut self, block: &[u8], out: &mut Vec<Vec<u8>>) -> usize {
        let Some(end) = memchr::memchr(b'\n', block) else { return block.len() };
        self.skips_line = false;
        if self.found {
            out.push(Vec::new());
        }
        end + 1
    }

    /// Takes in as much of a string as stands in the block; returns how much.
    fn string(&mut self, block: &[u8], out: &mut Vec<Vec<u8>>) -> usize {
        if self.escaped {
            self.escaped = false;
            self.keep(&block[..1]);
            return 1;
        }
        let Some(end) = memchr::memchr3(b'"', b'\\', b'\n', block) else {
            self.keep(block);
            return block.len();
        };
        self.keep(&block[..end]);
        match block[end] {
            // No string of JSON holds a line's end: the record is broken.
            b'\n' => self.give_up(out),
            byte => {
                self.keep_byte(byte);
                self.escaped = byte == b'\\';
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    self.take(out);
                }
            }
        }
        end + 1
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<Vec<u8>>) -> usize {
        match (self.depth, byte) {
            (0, b' ' | b'\t' | b'\r' | b'\n' | b',') => {}
            // The byte order mark that some programs begin a file with.
            (0, 0xef | 0xbb | 0xbf) if !self.found => {}
            (0, b']') if self.in_list => self.end_list(),
            (0, b'[') if !self.in_list => {
                self.in_list = true;
                self.found = true;
            }
            (0, b'{' | b'[') => {
                self.depth = 1;
                self.keep_byte(byte);
            }
            (0, b'"') => {
                self.in_string = true;
                self.keep_byte(byte);
            }
            (0, _) if self.in_list => {}
            // The time that an export of CloudWatch Logs puts before each record.
            (0, b'0'..=b'9' | b'T' | b'Z' | b'-' | b':' | b'.' | b'+') => {}
            (0, _) => self.skips_line = true,
            _ => self.within(byte, out),
        }
        1
    }

    fn within(&mut self, byte: u8, out: &mut Vec<Vec<u8>>) {
        self.keep_byte(byte);
        match byte {
            b'"' => {
                self.in_string = true;
                self.word.clear();
            }
            b':' if self.depth == 1 => self.key.clone_from(&self.word),
            b'[' if self.depth == 1 && !self.in_list && LISTS.contains(&self.key.as_slice()) => {
                self.in_list = true;
                self.wrapped = true;
                self.found = true;
                self.depth = 0;
                self.value.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.take(out);
                }
            }
            _ => {}
        }
    }

    /// Behind a list is the rest of what wraps it, or nothing.
    fn end_list(&mut self) {
        self.in_list = false;
        self.depth = u32::from(self.wrapped);
    }

    fn keep_byte(&mut self, byte: u8) {
        self.keep(&[byte]);
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.in_string && self.depth == 1 && !self.in_list && self.word.len() <= LONGEST_KEY {
            let some = &bytes[..bytes.len().min(LONGEST_KEY + 1)];
            self.word.extend(some.iter().filter(|b| **b != b'"'));
        }
        if !self.wrapped || self.in_list {
            self.value.extend_from_slice(bytes);
        }
    }

    /// The value is read to its end.
    fn take(&mut self, out: &mut Vec<Vec<u8>>) {
        if self.wrapped && !self.in_list {
            self.wrapped = false;
            return;
        }
        self.found = true;
        let nested = self.value.get(1..).is_some_and(|rest| holds_beginning(rest).is_some());
        if nested && serde_json::from_slice::<serde::de::IgnoredAny>(&self.value).is_err() {
            return self.give_up(out);
        }
        unwrap(&self.value, out);
        self.value.clear();
    }

    /// The value is broken or too long: it is handed on as far as it goes, so that it is counted,
    /// and what looks like records in it is looked at again.
    fn give_up(&mut self, out: &mut Vec<Vec<u8>>) {
        let value = std::mem::take(&mut self.value);
        self.depth = 0;
        self.in_string = false;
        self.escaped = false;
        if self.wrapped && !self.in_list {
            self.wrapped = false;
            return;
        }
        out.push(value[..value.len().min(256)].to_vec());
        let mut at = 1;
        while let Some(next) = value.get(at..).and_then(holds_beginning) {
            at += next;
            match whole_value(&value[at..]) {
                Some(length) => {
                    unwrap(&value[at..at + length], out);
                    at += length;
                }
                // The last one goes on behind what was read so far.
                None if holds_beginning(&value[at + 1..]).is_none() => {
                    self.feed(&value[at..], out);
                    return;
                }
                None => at += 1,
            }
        }
    }
}

fn holds_beginning(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, BEGINNING)
}

/// How long the JSON value is that stands at the beginning.
fn whole_value(bytes: &[u8]) -> Option<usize> {
    let mut values =
        serde_json::Deserializer::from_slice(bytes).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Some(values.byte_offset()),
        _ => None,
    }
}
