//! Each row's sample tells what the row says.

use super::*;
use crate::parse::words::{framed, told};
use crate::parse::{message, tables};

fn samples() -> impl Iterator<Item = (&'static Table, Sample)> {
    tables().into_iter().flat_map(|table| table.samples().map(move |sample| (table, sample)))
}

#[test]
fn every_row_gives_what_it_says() {
    let mut wrong = String::new();
    for (_, sample) in samples() {
        let bytes = sample.message(None);
        let told = told(&message(&framed(sample.tag, sample.pid, &bytes)));
        if told != sample.row.gives {
            let line = String::from_utf8_lossy(&bytes);
            wrong +=
                &format!("{}: {line}\n  row: {}\n  is:  {told}\n", sample.tag, sample.row.gives);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Log daemons and journald take blanks from the end of a message.
#[test]
fn a_line_that_ends_in_an_empty_name_is_known_without_its_last_blank() {
    let mut wrong = String::new();
    let mut seen = 0;
    for (_, sample) in samples().filter(|(_, sample)| sample.parts().2.is_empty()) {
        let whole = sample.message(Some(b""));
        let Some(stripped) = whole.strip_suffix(b" ") else { continue };
        let told = |bytes| told(&message(&framed(sample.tag, sample.pid, bytes)));
        seen += 1;
        if told(stripped) != told(&whole) || told(stripped).starts_with("unrecognized") {
            let line = String::from_utf8_lossy(&whole);
            wrong += &format!("{line}\n  whole: {}\n  is:    {}\n", told(&whole), told(stripped));
        }
    }
    assert!(seen > 2, "{seen} rows end in a name");
    assert!(wrong.is_empty(), "\n{wrong}");
    // A line that was cut before what sshd, login or PAM always write is no line of theirs.
    for (tag, cut) in
        [("login", "ROOT LOGIN"), ("passwd", "pam_unix(passwd:chauthtok): password changed for")]
    {
        let told = told(&message(&framed(tag, Some(7), cut.as_bytes())));
        assert!(told.starts_with("unrecognized"), "{cut}: {told}");
    }
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

/// Words are compared as numbers, some bytes at a time: each of them must count.
#[test]
fn a_line_that_differs_in_one_byte_of_a_rows_words_is_not_found_by_it() {
    for table in tables() {
        for row in table.rows.iter().copied().flatten().filter(|row| !row.begins.is_empty()) {
            let found =
                |text: &[u8]| table.index.begun_by(text).any(|found| std::ptr::eq(found, row));
            let text = [row.begins.as_bytes(), b"of a longer line than its words are"].concat();
            assert!(found(&text), "{:?}", row.begins);
            for at in 0..row.begins.len() {
                let mut other = text.clone();
                other[at] ^= 0x40;
                assert!(!found(&other), "{:?} {at}", row.begins);
                assert!(!found(&text[..at]), "{:?} {at}", row.begins);
            }
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
