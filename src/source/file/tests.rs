//! Lines in blocks, names of rotated files, and finished files.

#![allow(clippy::panic)]

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tempfile::TempDir;

use super::blocks::Blocks;
use super::lines::{MAX_LINE, and_rest, whole, without_nuls};
use super::rotated::rotated;

/// Everything that a stream of these bytes hands on, as lines without their ends.
fn lines_of(bytes: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let mut blocks = Blocks::new(Pieces { bytes: bytes.to_vec(), at: 0, piece }).unwrap();
    let mut lines = Vec::new();
    while let Some(block) = blocks.next_lines().unwrap() {
        let block = block.strip_suffix(b"\n").unwrap_or(block);
        lines.extend(block.split(|&b| b == b'\n').map(<[u8]>::to_vec));
    }
    lines
}

/// A reader that gives a few bytes at a time.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = buffer.len().min(self.piece).min(self.bytes.len() - self.at);
        buffer[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[test]
fn whole_lines_are_cut_and_the_rest_is_left() {
    let found = whole(b"one\ntwo\nthr", false);
    assert_eq!((found.lines, found.consumed), (0..8, 8));
    let found = whole(b"thr", false);
    assert_eq!((found.lines.len(), found.consumed), (0, 0));
    let found = and_rest(b"thr", false);
    assert_eq!((found.lines, found.consumed), (0..3, 3));
}

#[test]
fn the_longest_line_is_whole_and_one_byte_more_is_too_long() {
    let mut block = vec![b'x'; MAX_LINE];
    block.extend(b"\nnext\n");
    let found = whole(&block, false);
    assert_eq!((found.lines, found.too_long), (0..block.len(), false));
    block.insert(0, b'x');
    let found = whole(&block, false);
    assert_eq!((found.lines, found.consumed), (0..MAX_LINE, MAX_LINE));
    assert!(found.too_long && found.skipping);
    let rest = whole(&block[MAX_LINE..], true);
    assert_eq!((rest.lines, rest.skipping), (2..7, false));
}

#[test]
fn a_long_line_does_not_hide_the_lines_before_it() {
    let mut block = b"one\n".to_vec();
    block.extend(vec![b'x'; MAX_LINE + 5]);
    assert_eq!(whole(&block, false).lines, 0..4);
}

#[test]
fn a_few_nuls_inside_a_line_are_part_of_it() {
    let mut block = b"user a\0b from\nnext\n".to_vec();
    assert_eq!(without_nuls(&mut block), block.len());
    assert_eq!(block, b"user a\0b from\nnext\n");
}

#[test]
fn the_scar_of_a_crash_ends_a_line() {
    let mut block = b"half\0\0\0\0\0\0\0\0\0one\n\0\0two\nx\0\0\0\0\0\0\0\0\nthree\n".to_vec();
    let len = without_nuls(&mut block);
    assert_eq!(&block[..len], b"half\none\ntwo\nx\nthree\n");
}

#[test]
fn a_line_of_nuls_alone_is_none() {
    let mut bytes = b"one\n".to_vec();
    bytes.extend(vec![0; 5 * MAX_LINE]);
    assert_eq!(lines_of(&bytes, 4096), [b"one"]);
}

#[test]
fn a_damaged_gz_gives_what_it_holds_and_then_an_error() {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    for n in 0..100_000 {
        writeln!(gz, "line {n}").unwrap();
    }
    let gz = gz.finish().unwrap();
    let mut blocks = Blocks::new(io::Cursor::new(gz[..gz.len() / 2].to_vec())).unwrap();
    let mut bytes = 0;
    let error = loop {
        match blocks.next_lines() {
            Ok(Some(block)) => bytes += block.len(),
            Ok(None) => panic!("the damage is not told"),
            Err(error) => break error,
        }
    };
    assert!(bytes > 100_000, "{bytes}");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_finished_file_is_read_plain_or_gz_to_its_unfinished_end() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("plain"), "one\ntwo").unwrap();
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(b"one\ntwo").unwrap();
    std::fs::write(dir.path().join("rotated.gz"), gz.finish().unwrap()).unwrap();
    for name in ["plain", "rotated.gz"] {
        let mut blocks = Blocks::open(&dir.path().join(name)).unwrap();
        assert!(blocks.modified().is_some());
        assert_eq!(blocks.next_lines().unwrap().unwrap(), b"one\n");
        assert_eq!(blocks.next_lines().unwrap().unwrap(), b"two");
        assert!(blocks.next_lines().unwrap().is_none());
    }
}

#[test]
fn names_of_rotated_files_follow_logrotate() {
    let order = |log: &str, names: &[&str]| {
        let dir = TempDir::new().unwrap();
        for name in names {
            std::fs::write(dir.path().join(name), "x\n").unwrap();
        }
        let files = rotated(&dir.path().join(log)).unwrap();
        let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_owned();
        files.iter().map(name).map(|n| n.into_string().unwrap()).collect::<Vec<_>>()
    };
    let dates = ["secure-20261108.gz", "secure-20261101.gz", "secure-20261115", "secure"];
    let oldest_first = ["secure-20261101.gz", "secure-20261108.gz", "secure-20261115"];
    assert_eq!(order("secure", &dates), oldest_first);
    assert_eq!(order("auth.log", &["auth.log.1", "auth.log.10"]), ["auth.log.10", "auth.log.1"]);
    assert_eq!(order("auth.log", &["auth-20261101.log"]), ["auth-20261101.log"]);
    assert_eq!(order("auth.log", &["auth.log-20261101-03", "auth.log-1793000000"]).len(), 2);
    let others = ["secure.old", "secure~", "secure.rpmsave", "secure2", "secure.1.bak", "sec.1"];
    assert_eq!(order("secure", &others), [""; 0]);
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..40),
        4 => Just(b"\n".to_vec()),
        1 => (0..20_usize).prop_map(|n| vec![0; n]),
        1 => (0..2 * MAX_LINE).prop_map(|n| vec![b'x'; n]),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn how_the_bytes_arrive_does_not_change_the_lines(bytes in text(), piece in 1..5000_usize) {
        prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
        prop_assert_eq!(lines_of(&bytes, piece), lines_of(&bytes, usize::MAX));
    }

    #[test]
    fn without_nuls_and_long_lines_every_line_comes(lines in prop::collection::vec("[^\0\n]{1,300}", 0..50)) {
        let bytes: String = lines.iter().map(|l| format!("{l}\n")).collect();
        let expected: Vec<Vec<u8>> = lines.iter().map(|l| l.clone().into_bytes()).collect();
        prop_assert_eq!(lines_of(bytes.as_bytes(), 4096), expected);
    }
}
