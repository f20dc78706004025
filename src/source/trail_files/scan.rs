//! The files below a path that may hold records.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// `AWSLogs/o-ORG/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD` is eight deep.
const DEEPEST: usize = 16;

/// Beside a trail's files lie digests of them, which hold no records.
const DIGESTS: &str = "CloudTrail-Digest";

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Its ctime, nanoseconds since the epoch. Files are read in this order.
    pub changed: i64,
    /// Below the path that is followed; the whole path where that is the file itself.
    pub name: String,
    pub path: PathBuf,
    pub size: u64,
}

/// Every `.json` and `.json.gz` below `root`, or `root` itself where it is a file, by ctime. What
/// could not be looked at is in `troubles`.
///
/// # Errors
/// Where `root` itself cannot be looked at.
pub(super) fn files(
    root: &Path,
    troubles: &mut Vec<(PathBuf, io::Error)>,
) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let metadata = std::fs::metadata(root)?;
    if metadata.is_dir() {
        walk(root, std::fs::read_dir(root)?, root, 0, &mut found, troubles);
    } else {
        found.push(file(root.to_owned(), root.display().to_string(), &metadata));
    }
    found.sort_unstable();
    Ok(found)
}

fn walk(
    root: &Path,
    entries: std::fs::ReadDir,
    directory: &Path,
    depth: usize,
    found: &mut Vec<Found>,
    troubles: &mut Vec<(PathBuf, io::Error)>,
) {
    for entry in entries {
        let path = match &entry {
            Ok(entry) => entry.path(),
            Err(_) => directory.to_owned(),
        };
        match entry.and_then(|entry| look_at(root, &entry, depth, found, troubles)) {
            // A file that is gone again was a temporary one.
            Err(error) if error.kind() != io::ErrorKind::NotFound => troubles.push((path, error)),
            _ => {}
        }
    }
}

/// Links to files are followed; links to directories are not, since they can lead in a circle.
fn look_at(
    root: &Path,
    entry: &std::fs::DirEntry,
    depth: usize,
    found: &mut Vec<Found>,
    troubles: &mut Vec<(PathBuf, io::Error)>,
) -> io::Result<()> {
    let path = entry.path();
    if entry.file_type()?.is_dir() {
        if depth < DEEPEST && entry.file_name() != DIGESTS {
            walk(root, std::fs::read_dir(&path)?, &path, depth + 1, found, troubles);
        }
        return Ok(());
    }
    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
    if !(name.ends_with(".json") || name.ends_with(".json.gz")) {
        return Ok(());
    }
    let metadata = std::fs::metadata(&path)?;
    if metadata.is_file() {
        found.push(file(path, name, &metadata));
    }
    Ok(())
}

fn file(path: PathBuf, name: String, metadata: &std::fs::Metadata) -> Found {
    let changed =
        metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    Found { changed, name, path, size: metadata.len() }
}
