//! The rotated files beside a log: `secure-20261122`, `auth.log.1`, `auth.log.2.gz`.
//!
//! Owns which names count as rotated (those of logrotate.conf(5): `rotate`, `dateext`,
//! `dateformat`, `extension`, `compress`) and which of two is older.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::identity::{FileId, modified};

/// How often a directory is listed until two listings agree: names move while logrotate works.
const LISTINGS: usize = 10;

/// The most dated files that are looked at after a link was switched.
const DATED: usize = 1000;

/// Where a file stands among the rotated ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    /// `.1` is the newest.
    Number(u64),
    /// The digits of a date: the greatest is the newest.
    Date(Vec<u8>),
}

/// A rotated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rotated {
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    pub(super) size: u64,
    pub(super) modified: i64,
    /// Whose it is.
    pub(super) owner: u32,
    pub(super) rank: Rank,
    /// Compressed by something else than gzip: it cannot be read.
    pub(super) foreign: bool,
}

impl Rotated {
    /// Whether this one was rotated away before the one of `rank`; `None` where the names do not
    /// tell.
    pub(super) fn is_older_than(&self, rank: &Rank) -> Option<bool> {
        match (&self.rank, rank) {
            (Rank::Number(a), Rank::Number(b)) => Some(a > b),
            (Rank::Date(a), Rank::Date(b)) if a.len() == b.len() => Some(a < b),
            _ => None,
        }
    }
}

/// The rotated files of the log at `path`, plain or `.gz`, oldest first, the log itself not
/// among them. Of a file that is there plain and compressed only the plain one is named.
///
/// # Errors
/// The directory cannot be listed.
pub fn rotated(path: &Path) -> io::Result<Vec<PathBuf>> {
    let files = match list(&[path])? {
        Some(files) => files,
        None => list_once(&[path])?,
    };
    Ok(files.into_iter().filter(|f| !f.foreign).map(|f| f.path).collect())
}

/// The rotated files of one log known under several paths, oldest first. `None` while names move
/// too fast to tell: a file that is renamed during a listing may be missing in it.
pub(super) fn list(logs: &[&Path]) -> io::Result<Option<Vec<Rotated>>> {
    let mut before = list_once(logs)?;
    for _ in 0..LISTINGS {
        let now = list_once(logs)?;
        if are_same(&before, &now) {
            return Ok(Some(now));
        }
        before = now;
    }
    Ok(None)
}

/// A file that only grows is the same.
fn are_same(before: &[Rotated], now: &[Rotated]) -> bool {
    let names =
        |files: &[Rotated]| -> Vec<_> { files.iter().map(|f| (f.id, f.path.clone())).collect() };
    names(before) == names(now)
}

fn list_once(logs: &[&Path]) -> io::Result<Vec<Rotated>> {
    let mut files: Vec<Rotated> = Vec::new();
    for log in logs {
        let Some(name) = log.file_name() else { continue };
        let found = entries(log)?.into_iter().filter_map(|entry| examine(name, &entry));
        for file in found {
            if !files.iter().any(|f| f.id == file.id) {
                files.push(file);
            }
        }
    }
    drop_compressed_twins(&mut files);
    sort_oldest_first(&mut files);
    Ok(files)
}

/// The other files of the directory that `log` is in.
pub(super) fn entries(log: &Path) -> io::Result<Vec<DirEntry>> {
    let directory = match log.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // A file that vanishes while the directory is listed is none.
    Ok(fs::read_dir(directory)?.filter_map(Result::ok).collect())
}

fn examine(log: &OsStr, entry: &DirEntry) -> Option<Rotated> {
    let (rank, foreign) = rank(log.as_bytes(), entry.file_name().as_bytes())?;
    let meta = entry.metadata().ok().filter(|meta| meta.is_file())?;
    Some(Rotated {
        path: entry.path(),
        id: FileId::of(&meta),
        size: meta.size(),
        modified: modified(&meta),
        owner: meta.uid(),
        rank,
        foreign,
    })
}

/// While gzip works both are there, and the compressed one is not whole.
fn drop_compressed_twins(files: &mut Vec<Rotated>) {
    let plain: BTreeSet<PathBuf> = files.iter().map(|f| f.path.clone()).collect();
    files.retain(|f| match f.path.extension() {
        Some(ext) if is_compressed(ext.as_bytes()) => !plain.contains(&f.path.with_extension("")),
        _ => true,
    });
}

/// Names tell the order better than times, which a copy changes; but only names of one kind can
/// be compared.
fn sort_oldest_first(files: &mut [Rotated]) {
    let comparable = files.windows(2).all(|pair| pair[0].is_older_than(&pair[1].rank).is_some());
    if !comparable {
        files.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
        return;
    }
    files.sort_by(|a, b| match (&a.rank, &b.rank) {
        (Rank::Number(a), Rank::Number(b)) => b.cmp(a),
        (Rank::Date(a), Rank::Date(b)) => a.cmp(b),
        _ => Ordering::Equal,
    });
}

/// Other files that bear the log's name, oldest first: hands give such names (`secure.old`,
/// `secure-before-upgrade`).
pub(super) fn strays(log: &Path) -> Vec<Rotated> {
    let Some(name) = log.file_name().map(OsStr::as_bytes) else { return Vec::new() };
    let is_stray = |entry: &DirEntry| {
        let found = entry.file_name();
        let found = found.as_bytes();
        found != name && rank(name, found).is_none() && memmem::find(found, name).is_some()
    };
    let entries = entries(log).unwrap_or_default().into_iter().filter(is_stray);
    let mut files: Vec<_> = entries.filter_map(|entry| by_time(entry.path())).collect();
    files.sort_by(|a, b| (a.modified, &a.path).cmp(&(b.modified, &b.path)));
    files
}

/// A file whose name tells no order.
pub(super) fn by_time(path: PathBuf) -> Option<Rotated> {
    let meta = fs::symlink_metadata(&path).ok().filter(|meta| meta.is_file())?;
    let foreign = path.extension().is_some_and(|ext| is_foreign(ext.as_bytes()));
    let (id, size, modified) = (FileId::of(&meta), meta.size(), modified(&meta));
    let owner = meta.uid();
    Some(Rotated { path, id, size, modified, owner, rank: Rank::Date(Vec::new()), foreign })
}

/// Whether it is a log that has rotated files, or a rotated file of one, among files of these
/// names.
pub(super) fn is_in_series(path: &Path, names: &[OsString]) -> bool {
    let Some(own) = path.file_name().map(OsStr::as_bytes) else { return false };
    let of_one = |name: &OsString| {
        let name = name.as_bytes();
        rank(own, name).is_some() || rank(name, own).is_some()
    };
    names.iter().any(of_one)
}

/// The file that a symbolic link pointed to, and those between it and the one that it points to now,
/// where their paths differ in numbers only: `2026/11/25/secure`, `2026/11/26/secure`.
pub(super) fn dated_between(old: &Path, new: &Path) -> Vec<Rotated> {
    let parts = |path: &Path| -> Vec<PathBuf> { path.iter().map(PathBuf::from).collect() };
    let (from, to) = (parts(old), parts(new));
    let alike = |(a, b): (&PathBuf, &PathBuf)| skeleton(a) == skeleton(b);
    if from.len() != to.len() || !from.iter().zip(&to).all(alike) {
        return Vec::new();
    }
    let (low, high) = (numbers(old), numbers(new));
    let mut paths = vec![PathBuf::new()];
    for (a, b) in from.iter().zip(&to) {
        paths = match a == b {
            true => paths.into_iter().map(|path| path.join(a)).collect(),
            false => paths.iter().flat_map(|path| children(path, a)).collect(),
        };
        let within = |path: &PathBuf| {
            let found = numbers(path);
            let depth = found.len();
            found[..] >= low[..depth.min(low.len())] && found[..] <= high[..depth.min(high.len())]
        };
        paths.retain(within);
        paths.truncate(DATED);
    }
    paths.retain(|path| path != new);
    paths.sort_by_key(|path| numbers(path));
    paths.into_iter().filter_map(by_time).collect()
}

/// The entries of a folder whose names differ from this one in numbers only.
fn children(folder: &Path, like: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let alike = entries.filter(|entry| skeleton(Path::new(&entry.file_name())) == skeleton(like));
    alike.map(|entry| entry.path()).take(DATED).collect()
}

/// A name with a mark in the place of each number.
fn skeleton(name: &Path) -> Vec<u8> {
    let mut skeleton = name.as_os_str().as_bytes().to_vec();
    skeleton.iter_mut().filter(|b| b.is_ascii_digit()).for_each(|b| *b = b'0');
    skeleton.dedup_by(|a, b| *a == b'0' && *b == b'0');
    skeleton
}

fn numbers(path: &Path) -> Vec<u64> {
    let text = path.to_string_lossy();
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.filter_map(|run| run.parse().ok()).collect()
}

fn is_compressed(extension: &[u8]) -> bool {
    extension == b"gz" || is_foreign(extension)
}

fn is_foreign(extension: &[u8]) -> bool {
    matches!(extension, b"xz" | b"bz2" | b"zst" | b"lz4" | b"Z")
}

/// Reads the rank from a name, and whether what it names is compressed by something unknown here.
fn rank(log: &[u8], name: &[u8]) -> Option<(Rank, bool)> {
    let (name, foreign) = match name.iter().rposition(|&b| b == b'.') {
        Some(dot) if is_compressed(&name[dot + 1..]) => {
            (&name[..dot], is_foreign(&name[dot + 1..]))
        }
        _ => (name, false),
    };
    let suffix = name.strip_prefix(log).or_else(|| before_extension(log, name))?;
    Some((rank_of_suffix(suffix)?, foreign))
}

/// With logrotate's `extension .log`, `auth.log` becomes `auth-20261122.log`.
fn before_extension<'n>(log: &[u8], name: &'n [u8]) -> Option<&'n [u8]> {
    let dot = log.iter().rposition(|&b| b == b'.')?;
    name.strip_prefix(&log[..dot])?.strip_suffix(&log[dot..])
}

fn rank_of_suffix(suffix: &[u8]) -> Option<Rank> {
    let (b'.' | b'-' | b'_', rest) = suffix.split_first()? else { return None };
    let is_date = |b: &u8| b.is_ascii_digit() || b"-_.:T".contains(b);
    if !rest.first()?.is_ascii_digit() || !rest.iter().all(is_date) {
        return None;
    }
    let digits: Vec<u8> = rest.iter().copied().filter(u8::is_ascii_digit).collect();
    if digits.len() > 5 {
        return Some(Rank::Date(digits));
    }
    let number = std::str::from_utf8(rest).ok()?.parse().ok()?;
    Some(Rank::Number(number))
}
