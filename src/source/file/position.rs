//! What a file source saves: where it is, and what it need not read again.
//!
//! Owns the form of [`Position`] for files, version 1:
//! `{"v":1,"marks":[…],"done":"dev:ino:born:size:len:crc …","read":"…"}`, numbers of `done` in hex,
//! `read` as [`Footprint::to_text`] writes it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::{Place, Position};

use super::footprint::Footprint;
use super::identity::{Done, FileId, Mark, Print};

const VERSION: u32 = 1;

/// How many files read to their end are remembered: more than logrotate usually keeps.
const DONE: usize = 32;

/// A position taken apart.
#[derive(Debug, Default)]
pub(super) struct Saved {
    /// The files being read, oldest first: at most one that still is the log or was when it was
    /// last looked at, which is the last, and rotated ones that may still grow.
    pub(super) marks: Vec<Mark>,
    pub(super) done: Finished,
    pub(super) footprint: Footprint,
}

#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
    marks: Vec<Mark>,
    done: String,
    #[serde(default)]
    read: String,
}

impl Saved {
    /// Reads what [`save`] wrote; an error says what is wrong with it.
    pub(super) fn read(position: &Position) -> Result<Saved, String> {
        let form = Form::deserialize(position.to_json()).map_err(|error| error.to_string())?;
        if form.v != VERSION {
            return Err(format!("it has version {}, not {VERSION}", form.v));
        }
        let (done, footprint) = (Finished::read(form.done.into()), Footprint::read(&form.read));
        Ok(Saved { marks: form.marks, done, footprint })
    }
}

pub(super) fn save(marks: Vec<Mark>, done: &Finished, footprint: Footprint) -> Position {
    Position::typed(Arc::new(FilePlace { marks, done: Arc::clone(&done.text), footprint }))
}

/// A position as it is kept until it is saved.
#[derive(Debug)]
struct FilePlace {
    marks: Vec<Mark>,
    done: Arc<str>,
    footprint: Footprint,
}

impl Place for FilePlace {
    fn to_json(&self) -> Value {
        let (marks, done) = (self.marks.clone(), self.done.to_string());
        let form = Form { v: VERSION, marks, done, read: self.footprint.to_text() };
        // A mark is plain data: the only value that cannot be told as JSON is a path that is no
        // UTF-8, and such a path is found again by its content.
        serde_json::to_value(form).unwrap_or(Value::Null)
    }
}

/// The files that were read to their end, oldest first, and the same as text, so that a position
/// costs one copy of it.
#[derive(Debug, Default)]
pub(super) struct Finished {
    files: Vec<Done>,
    text: Arc<str>,
}

impl Finished {
    fn read(text: Arc<str>) -> Self {
        Finished { files: text.split_ascii_whitespace().filter_map(parse).collect(), text }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Done> {
        self.files.iter()
    }

    /// An empty file is not worth remembering: reading it again tells nothing twice.
    pub(super) fn push(&mut self, done: Done) {
        if done.head.len == 0 {
            return;
        }
        self.files.retain(|d| d.id != done.id || d.head != done.head);
        self.files.push(done);
        let surplus = self.files.len().saturating_sub(DONE);
        self.files.drain(..surplus);
        self.text = self.files.iter().map(format).collect::<Vec<_>>().join(" ").into();
    }
}

fn format(d: &Done) -> String {
    let (id, head) = (d.id, d.head);
    format!("{:x}:{:x}:{:x}:{:x}:{:x}:{:x}", id.dev, id.ino, id.born, d.size, head.len, head.crc)
}

fn parse(text: &str) -> Option<Done> {
    let mut numbers = text.split(':').map(|n| u64::from_str_radix(n, 16));
    let mut next = || numbers.next()?.ok();
    let id = FileId { dev: next()?, ino: next()?, born: next()?.cast_signed() };
    let size = next()?;
    let head = Print { len: next()? as u32, crc: next()? as u32 };
    Some(Done { id, size, head })
}
