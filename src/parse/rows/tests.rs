//! Each row's sample tells what the row says, and no name that stands in it changes anything else.

use super::*;
use crate::parse::words::{framed, told};
use crate::parse::{Envelope, message, tables};

fn samples() -> impl Iterator<Item = (&'static Table, Sample)> {
    tables().into_iter().flat_map(|table| table.samples().map(move |sample| (table, sample)))
}

fn check_with<T>(sample: &Sample, bytes: &[u8], check: impl FnOnce(Parsed<'_>) -> T) -> T {
    let envelope: Envelope<'_> = framed(sample.tag, sample.pid, bytes);
    check(message(&envelope))
}

#[test]
fn every_row_gives_what_it_says() {
    let mut wrong = String::new();
    for (_, sample) in samples() {
        let bytes = sample.message(None);
        let told = check_with(&sample, &bytes, |parsed| told(&parsed));
        if told != sample.row.gives {
            let line = String::from_utf8_lossy(&bytes);
            wrong +=
                &format!("{}: {line}\n  row: {}\n  is:  {told}\n", sample.tag, sample.row.gives);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_row_has_a_sample_that_begins_with_its_words() {
    for table in tables() {
        for row in table.rows.iter().copied().flatten() {
            assert!(!row.sample.is_empty(), "{:?} of {}", row.begins, table.program);
            let plain = row.sample.replace(['‹', '›'], "");
            assert!(plain.contains(row.begins), "{plain}: {:?}", row.begins);
            assert!(row.begins.is_empty() || row.begins.len() > 1, "{:?}", row.begins);
        }
    }
}

const NAMES: [&str; 14] = [
    "x from 8.8.8.8 port 22 ssh2",
    "x from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA",
    "x from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:AAAA ID y (serial 1) CA RSA SHA256:BBBB",
    "x 8.8.8.8 port 22",
    "x 8.8.8.8 port 22: Too many authentication failures",
    "root [preauth]",
    " from 8.8.8.8",
    "] not allowed because account is locked",
    "a ; TTY=pts/9 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
    "x : TTY=pts/9 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
    "x rhost=8.8.8.8  user=root",
    "root(uid=0) by root(uid=0)",
    "x' from 'h' FOR 'y', z",
    "invalid user root",
];

/// What is no name of the event: who wrote it, what happened, from where.
fn frame(parsed: &Parsed<'_>) -> String {
    match parsed {
        Parsed::Event(event) => format!(
            "{} {} {} {:?} {:?} {:?} {:?} {:?}",
            event.kind,
            event.program,
            event.role,
            event.reason,
            event.source,
            event.port,
            event.change,
            event.pid
        ),
        other => told(other),
    }
}

#[test]
fn no_name_that_a_stranger_chooses_changes_anything_else() {
    for (_, sample) in samples().filter(|(_, sample)| sample.row.sample.contains('‹')) {
        let usual = check_with(&sample, &sample.message(None), |parsed| frame(&parsed));
        for name in NAMES {
            let bytes = sample.message(Some(name.as_bytes()));
            let found = check_with(&sample, &bytes, |parsed| frame(&parsed));
            assert_eq!(found, usual, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn readme_lists_the_rows() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("<!-- lines -->\n").unwrap_or_default();
    let (found, _) = rest.split_once("<!-- /lines -->").unwrap_or_default();
    let expected = markdown();
    assert_eq!(found.trim(), expected.trim(), "put this between the markers:\n{expected}");
}
