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

#[test]
fn readme_lists_the_rows() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("<!-- lines -->\n").unwrap_or_default();
    let (found, _) = rest.split_once("<!-- /lines -->").unwrap_or_default();
    let expected = markdown();
    assert_eq!(found.trim(), expected.trim(), "put this between the markers:\n{expected}");
}
