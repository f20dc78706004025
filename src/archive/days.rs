//! The files of the folder: which there are, and for which day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::event::Time;

pub(super) const PLAIN: &str = ".jsonl";
pub(super) const PACKED: &str = ".jsonl.gz";

/// One file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// `YYYY-MM-DD`, and which file of that day where it has several.
    day: String,
    part: u32,
    pub path: PathBuf,
    /// As it lies on the disk, bytes.
    pub size: u64,
    pub packed: bool,
}

impl Segment {
    /// The day on which its lines were written, UTC: none of them tells of a later one.
    pub fn day(&self) -> &str {
        &self.day
    }

    pub fn stem(&self) -> String {
        stem(&self.day, self.part)
    }

    /// Where it stands once it is packed.
    pub fn packed_path(&self) -> PathBuf {
        self.path.with_file_name(format!("{}{PACKED}", self.stem()))
    }

    /// Whether it was begun after the file of this name; after the empty one all were.
    pub(super) fn is_after(&self, stem: &str) -> bool {
        let (day, part) = stem.split_once('.').unwrap_or((stem, "1"));
        (self.day.as_str(), self.part) > (day, part.parse().unwrap_or(1))
    }
}

/// The files of a folder, oldest first. Of one that is being packed the plain one stands.
///
/// # Errors
/// The folder cannot be read.
pub fn segments(dir: &Path) -> io::Result<Vec<Segment>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some((day, part, packed)) = name.to_str().and_then(parse) else { continue };
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        found.push(Segment { day, part, path: entry.path(), size, packed });
    }
    found.sort_by(|a, b| (&a.day, a.part, a.packed).cmp(&(&b.day, b.part, b.packed)));
    found.dedup_by(|later, first| later.day == first.day && later.part == first.part);
    Ok(found)
}

/// `2026-11-26.jsonl`, `2026-11-26.2.jsonl.gz`
fn parse(name: &str) -> Option<(String, u32, bool)> {
    let (stem, packed) = match name.strip_suffix(PACKED) {
        Some(stem) => (stem, true),
        None => (name.strip_suffix(PLAIN)?, false),
    };
    let (day, part) = match stem.split_once('.') {
        Some((day, part)) => (day, part.parse().ok().filter(|part| *part > 1)?),
        None => (stem, 1),
    };
    let shape = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    (day.len() == 10 && day.bytes().enumerate().all(shape)).then(|| (day.to_owned(), part, packed))
}

pub(super) fn stem(day: &str, part: u32) -> String {
    if part == 1 { day.to_owned() } else { format!("{day}.{part}") }
}

/// The day of a moment, UTC.
pub(super) fn day_of(time: Time) -> String {
    let stamp = jiff::Timestamp::from_second(time.seconds()).unwrap_or_default();
    stamp.strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_files_are_the_archives() {
        let own = |name| parse(name).map(|(day, part, packed)| (stem(&day, part), packed));
        assert_eq!(own("2026-11-26.jsonl"), Some(("2026-11-26".to_owned(), false)));
        assert_eq!(own("2026-11-26.12.jsonl.gz"), Some(("2026-11-26.12".to_owned(), true)));
        for other in
            ["lock", "2026-11-26.json", "2026-11-26.1.jsonl", "x.jsonl", "2026-11-2é.jsonl"]
        {
            assert_eq!(own(other), None, "{other}");
        }
    }
}
