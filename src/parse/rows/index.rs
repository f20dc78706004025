//! The row of a line, found by its first bytes.

use super::Row;
use crate::keyed::same;

/// Finds rows by the first bytes of a line.
#[derive(Debug)]
pub(in crate::parse) struct Index {
    /// Where the rows of each pair of first bytes begin.
    starts: [u16; PAIRS + 1],
    entries: Vec<Entry>,
    /// Those that begin with nothing.
    pub(super) others: Vec<&'static Row>,
    /// Those of lines that end in a name that someone typed.
    named_last: Vec<&'static Row>,
}

/// A row with its first bytes as a number, so that most rows are passed over at one comparison.
#[derive(Clone, Copy, Debug)]
struct Entry {
    head: u128,
    mask: u128,
    row: &'static Row,
}

/// Five bits of each of the first two bytes: letters stay apart.
const PAIRS: usize = 1 << 10;

#[inline]
fn pair(text: &[u8]) -> usize {
    match text {
        [first, second, ..] => usize::from(first & 31) << 5 | usize::from(second & 31),
        _ => 0,
    }
}

/// How many of a text's first bytes are compared as a number.
const HEAD: usize = size_of::<u128>();

/// The first bytes; what a shorter text lacks is zero.
#[inline]
fn head(text: &[u8]) -> u128 {
    match text.first_chunk() {
        Some(chunk) => u128::from_le_bytes(*chunk),
        None => text.iter().rev().fold(0, |head, byte| head << 8 | u128::from(*byte)),
    }
}

/// The slice's own would be a call for each row that begins alike.
#[inline]
fn starts_with(text: &[u8], words: &[u8]) -> bool {
    text.get(..words.len()).is_some_and(|begin| same(begin, words))
}

impl Index {
    /// Of rows that begin alike the longer one is asked first; else they keep their order, so that
    /// the commonest may stand first.
    pub(in crate::parse) fn of(rows: &'static [&'static [Row]]) -> Index {
        let all = || rows.iter().copied().flatten();
        let pair_of = |row: &Row| pair(row.begins.as_bytes());
        let mut begun: Vec<&'static Row> = all().filter(|row| !row.begins.is_empty()).collect();
        begun.sort_by_key(|row| pair_of(row));
        let buckets = begun.chunk_by(|row, next| pair_of(row) == pair_of(next));
        let entries: Vec<Entry> = buckets.flat_map(longer_first).map(Entry::of).collect();
        let mut starts = [0; PAIRS + 1];
        for entry in &entries {
            starts[pair(entry.row.begins.as_bytes()) + 1] += 1;
        }
        for at in 0..PAIRS {
            starts[at + 1] += starts[at];
        }
        let others = all().filter(|row| row.begins.is_empty()).collect();
        let named_last = all().filter(|row| row.sample.ends_with('›') && row.begins.ends_with(' '));
        Index { starts, entries, others, named_last: named_last.collect() }
    }

    /// The rows of a line that ends in a name and has lost the blank before it, for none was typed.
    pub(super) fn without_name(&self, text: &[u8]) -> impl Iterator<Item = &'static Row> {
        let is = move |row: &&Row| row.begins.as_bytes().strip_suffix(b" ") == Some(text);
        self.named_last.iter().copied().filter(is)
    }

    /// The rows whose words this text begins with.
    pub(in crate::parse) fn begun_by(&self, text: &[u8]) -> impl Iterator<Item = &'static Row> {
        let (pair, head) = (pair(text), head(text));
        let bucket = usize::from(self.starts[pair])..usize::from(self.starts[pair + 1]);
        self.entries[bucket].iter().filter_map(move |entry| {
            let alike = head & entry.mask == entry.head;
            let begins = entry.row.begins.as_bytes();
            // Of short words the head is all.
            (alike && (begins.len() <= HEAD || starts_with(text, begins))).then_some(entry.row)
        })
    }
}

/// Rows in their order, but before those whose words they begin with.
fn longer_first(rows: &[&'static Row]) -> Vec<&'static Row> {
    let mut sorted: Vec<&'static Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let goes_on =
            |other: &&Row| row.begins != other.begins && row.begins.starts_with(other.begins);
        let at = sorted.iter().position(goes_on).unwrap_or(sorted.len());
        sorted.insert(at, row);
    }
    sorted
}

impl Entry {
    fn of(row: &'static Row) -> Entry {
        let words = row.begins.as_bytes();
        let mask = match words.len() {
            HEAD.. => u128::MAX,
            short => (1 << (8 * short)) - 1,
        };
        Entry { head: head(words), mask, row }
    }
}
