//! What was rotated away under a name that tells nothing, between two files that are known.
//!
//! Owns the question which other file of the folder is a part of the log: its lines lie between the
//! last one that was read and the first of the file that comes next, none of them stands in either,
//! and it says what the log says: the hosts are the same, and so are the programs and the words that
//! they begin with. That tells it from the logs beside it, whose lines may fit in time as well.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::Search;
use crate::source::file::content::Content;
use crate::source::file::copies::Known;
use crate::source::file::footprint::{Footprint, Trace};
use crate::source::file::identity::Mark;
use crate::source::file::reading::Reading;
use crate::source::file::rotated::{self, Rotated};
use crate::source::file::stamp;

/// Files that are looked into, the newest first.
const STRANGERS: usize = 256;

/// Nanoseconds before the file that was left was last written: what is older has the stamps of
/// another year. It may have been edited since, or read as a copy, so that a file that comes behind
/// it was written before.
const RECENT: i64 = 30 * 86_400 * 1_000_000_000;

/// How much of each end of a file is looked at, in bytes.
const SAMPLE: usize = 32 * 1024;

/// The place between two files.
#[derive(Debug)]
pub(in crate::source::file) struct Seam<'a> {
    /// Where reading stopped.
    pub(in crate::source::file) left: &'a Mark,
    /// What was read last.
    pub(in crate::source::file) footprint: &'a Footprint,
    /// Of the file that was left, where it is still open, and of the one that comes next.
    pub(in crate::source::file) sides: Vec<Content>,
    /// Whose the log is.
    pub(in crate::source::file) owner: u32,
}

/// What stands between.
#[derive(Debug, Default)]
pub(in crate::source::file) struct Middle {
    /// To be read, oldest first.
    pub(in crate::source::file) files: Vec<Reading>,
    /// That may be a part of the log, or not.
    pub(in crate::source::file) doubtful: Vec<PathBuf>,
}

impl Search<'_> {
    /// `None` if it cannot be told yet.
    pub(in crate::source::file) fn middle(
        &self,
        seam: &mut Seam<'_>,
        known: &mut Vec<Known>,
    ) -> Option<Middle> {
        let Some(sides) = Sides::of(seam) else { return Some(Middle::default()) };
        let mut found = Vec::new();
        for file in self.strangers(seam) {
            if known.iter().any(|k| k.id == file.id) {
                continue;
            }
            let Ok(Some(mut reading)) = self.open_unread(&file, known) else { continue };
            if let Ok(Some(part)) = sides.examine(reading.offset, reading.content()) {
                known.push(Known::of(&reading));
                // What stands before it is among these.
                reading.join();
                found.push((part, reading));
            }
        }
        self.if_settled(sort_out(found))
    }

    /// Files of the folders that the log is or was in that nobody knows by their names, of who owns
    /// the log: other logs and their rotated files are none.
    fn strangers(&self, seam: &Seam<'_>) -> Vec<Rotated> {
        let mut folders: Vec<&Path> = Vec::new();
        for path in [self.log, seam.left.path.as_path()] {
            if !folders.contains(&path) && folders.iter().all(|f| f.parent() != path.parent()) {
                folders.push(path);
            }
        }
        let strangers = |log: &&Path| {
            let entries = rotated::entries(log).unwrap_or_default();
            let names: Vec<OsString> = entries.iter().map(|entry| entry.file_name()).collect();
            let since = entries.into_iter().filter_map(|entry| rotated::by_time(entry.path()));
            let since = since.filter(|file| {
                let is_owned = file.owner == seam.owner || file.owner == 0;
                let is_recent = file.modified >= seam.left.modified - RECENT;
                file.size > 0 && is_recent && is_owned && !file.foreign
            });
            let alone = since.filter(|file| !rotated::is_in_series(&file.path, &names));
            alone.collect::<Vec<_>>()
        };
        let mut files: Vec<Rotated> = folders.iter().flat_map(strangers).collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.modified));
        files.truncate(STRANGERS);
        files
    }
}

/// A file between.
#[derive(Debug)]
struct Part {
    first: Vec<u8>,
    last: Vec<u8>,
    is_ours: bool,
}

/// Several that lie one behind the other are all of the log; of those that overlap nobody knows
/// which are.
fn sort_out(mut found: Vec<(Part, Reading)>) -> Middle {
    let by_time = |a: &Part, b: &Part| {
        let order = stamp::order(&a.first, &b.first).unwrap_or(Ordering::Equal);
        order.then(stamp::order(&a.last, &b.last).unwrap_or(Ordering::Equal))
    };
    found.sort_by(|(a, _), (b, _)| by_time(a, b));
    let follow = |pair: &[(Part, Reading)]| {
        stamp::order(&pair[0].0.last, &pair[1].0.first) != Some(Ordering::Greater)
    };
    let mut middle = Middle::default();
    let all_follow = found.windows(2).all(follow);
    for (part, reading) in found {
        match all_follow && part.is_ours {
            true => middle.files.push(reading),
            false => middle.doubtful.push(reading.path),
        }
    }
    middle
}

/// What is known of the log before and behind the seam.
struct Sides<'f> {
    footprint: &'f Footprint,
    /// The first line with a stamp of the file that comes next.
    next: Vec<u8>,
    /// Its first lines.
    begins: HashSet<u64>,
    said: HashSet<Voice>,
    hosts: HashSet<Vec<u8>>,
}

/// Who speaks, and the word that a line begins with.
type Voice = (Vec<u8>, Vec<u8>);

impl<'f> Sides<'f> {
    fn of(seam: &mut Seam<'f>) -> Option<Self> {
        let mut head = Vec::new();
        let (mut said, mut hosts) = (HashSet::new(), HashSet::new());
        for content in &mut seam.sides {
            head = read(content, 0).ok()?;
            let end = content.size().ok()?.saturating_sub(SAMPLE as u64);
            // Of a `.gz` that would be all of it.
            let tail = match content.is_gzip() || end == 0 {
                true => Vec::new(),
                false => read(content, end).ok()?,
            };
            for line in lines(&head).chain(lines(&tail)) {
                hosts.extend(stamp::host(line).map(<[u8]>::to_vec));
                said.extend(voice(line).map(|(tag, word)| (tag.to_vec(), word.to_vec())));
            }
        }
        let next = lines(&head).find(|line| stamp::place(line).is_some())?.to_vec();
        let begins = lines(&head).map(|line| Trace::of(line).print).collect();
        Some(Sides { footprint: seam.footprint, next, begins, said, hosts })
    }

    /// `None` if it is no part of the log.
    fn examine(&self, from: u64, content: &mut Content) -> io::Result<Option<Part>> {
        let head = read(content, from)?;
        let Some(first) = lines(&head).next().filter(|line| self.is_between(line)) else {
            return Ok(None);
        };
        let end = content.size()?.saturating_sub(SAMPLE as u64).max(from);
        let tail = if end == from { vec![b'\n'] } else { read(content, end)? };
        // One line as long as this is none of a log.
        let Some(at) = memchr::memchr(b'\n', &tail) else { return Ok(None) };
        let tail = &tail[at + 1..];
        let sample: Vec<&[u8]> = lines(&head).chain(lines(tail)).collect();
        let last = sample.iter().rfind(|line| stamp::place(line).is_some());
        let Some(last) = last.filter(|line| self.is_between(line)) else { return Ok(None) };
        if sample.iter().any(|line| self.is_known(line)) {
            return Ok(None);
        }
        let familiar = sample.iter().filter(|line| self.is_familiar(line)).count();
        let part = Part {
            first: first.to_vec(),
            last: last.to_vec(),
            is_ours: familiar * 4 >= sample.len() * 3,
        };
        Ok((familiar > 0).then_some(part))
    }

    fn is_between(&self, line: &[u8]) -> bool {
        let behind = stamp::order(line, self.footprint.last_place());
        let before = stamp::order(line, &self.next);
        matches!(behind, Some(Ordering::Equal | Ordering::Greater))
            && matches!(before, Some(Ordering::Equal | Ordering::Less))
    }

    /// It was read, or will be: this is a copy.
    fn is_known(&self, line: &[u8]) -> bool {
        let trace = Trace::of(line);
        self.begins.contains(&trace.print) || self.footprint.knows(trace)
    }

    fn is_familiar(&self, line: &[u8]) -> bool {
        let speaks =
            |(tag, word): (&[u8], &[u8])| self.said.contains(&(tag.to_vec(), word.to_vec()));
        stamp::host(line).is_some_and(|host| self.hosts.contains(host))
            && voice(line).is_some_and(speaks)
    }
}

fn read(content: &mut Content, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; SAMPLE];
    let n = content.read_at(&mut bytes, from)?;
    bytes.truncate(n);
    Ok(bytes)
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty())
}

/// The tag, and the letters that the message begins with. A name that stands there (sudo's
/// `alice : TTY=…`) is no word.
fn voice(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let said = line.get(stamp::place(line)?.len() + 1..)?;
    let end = said.iter().position(|b| matches!(b, b'[' | b':' | b' '))?;
    let (tag, rest) = said.split_at(end);
    let message = match memchr::memmem::find(rest, b": ") {
        Some(at) => &rest[at + 2..],
        None => rest,
    };
    let length = message.iter().position(|b| !b.is_ascii_alphabetic() && *b != b'_');
    let (word, behind) = message.split_at(length.unwrap_or(message.len()));
    let word = if behind.starts_with(b" : ") { &word[..0] } else { word };
    Some((tag, word))
}
