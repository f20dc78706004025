//! Hashes that nobody outside can predict: whoever chooses a name or an address cannot choose one
//! that is taken for another, or many that meet in one place of a table.
//!
//! [`Words`] makes words to numbers, so that a key costs no copy; what is saved by such numbers is
//! saved with the secret that made them. [`Mixing`] spreads keys that are numbers already. [`same`]
//! and [`padded`] take short texts for numbers too, to compare and to copy them.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use serde::{Deserialize, Serialize};

/// Makes the numbers. Cheap to copy.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words {
    secret: u64,
}

impl Default for Words {
    fn default() -> Self {
        Words { secret: secret() }
    }
}

impl Words {
    /// The words are parted, so that `ab`+`c` is not `a`+`bc`.
    pub fn number<W: AsRef<[u8]>>(self, words: impl IntoIterator<Item = W>) -> u64 {
        words.into_iter().fold(self.secret, |hash, word| self.add(hash, word.as_ref()))
    }

    /// The same for words of one host.
    pub fn number_of_host(self, host: u32, words: &[&str]) -> u64 {
        let start = self.mix(self.secret, (u64::from(host), 0));
        words.iter().fold(start, |hash, word| self.add(hash, word.as_bytes()))
    }

    /// Sixteen bytes at a time. The length goes in too, where nobody outside knows to what it is
    /// added: it parts the words.
    #[inline]
    fn add(self, mut hash: u64, word: &[u8]) -> u64 {
        let mut rest = word;
        while let Some((front, behind)) = rest.split_first_chunk::<16>()
            && !behind.is_empty()
        {
            hash = self.mix(hash, ends(front));
            rest = behind;
        }
        self.mix(hash, ends(rest)).wrapping_add(word.len() as u64)
    }

    /// The two halves of a product, each factor of which holds the secret: nobody outside knows
    /// which values meet.
    #[inline]
    fn mix(self, hash: u64, (a, b): (u64, u64)) -> u64 {
        let other = self.secret.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let product = u128::from(hash ^ a) * u128::from(other ^ b);
        (product >> 64) as u64 ^ product as u64
    }
}

/// Whether two texts are the same. Most are short: they are compared as numbers, sixteen bytes at a
/// time. (`==` calls `memcmp`, which branches by length: where that differs from line to line, a
/// processor guesses wrong.)
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() <= 16 {
        return a.len() == b.len() && ends(a) == ends(b);
    }
    let (in_a, in_b) = (a.as_chunks::<16>().0, b.as_chunks::<16>().0);
    // The last sixteen overlap those before.
    a.len() == b.len()
        && in_a.iter().zip(in_b).all(|(a, b)| a == b)
        && a.last_chunk::<16>() == b.last_chunk()
}

/// Sixteen bytes, of which these are the first; `None` for more. They cost no call.
#[inline]
pub fn padded(bytes: &[u8]) -> Option<[u8; 16]> {
    let behind = |least: usize| 8 * (bytes.len() - least) as u32;
    let (first, last) = ends(bytes);
    // The two ends overlap by the same bytes.
    let padded = match bytes.len() {
        0..4 => first.into(),
        4..8 => (first | last << behind(4)).into(),
        8..=16 => u128::from(first) | u128::from(last) << behind(8),
        _ => return None,
    };
    Some(u128::to_le_bytes(padded))
}

fn secret() -> u64 {
    RandomState::new().hash_one(0)
}

/// At most sixteen bytes as two numbers, from both ends, so that they cost no copy. With their count
/// they are told apart.
#[inline]
fn ends(bytes: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into());
    }
    match *bytes {
        [a, b, c, ..] => (u32::from_le_bytes([a, b, c, 0]).into(), 0),
        [a, b] => (u16::from_le_bytes([a, b]).into(), 0),
        [a] => (a.into(), 0),
        [] => (0, 0),
    }
}

/// A map by number.
pub type Numbers<V> = HashMap<u64, V, Mixing>;

/// Hashes keys that are numbers, with a secret of this process: who crafts keys does not know which
/// of them meet. (The standard one costs more than the rest of a look-up.)
#[derive(Clone, Debug)]
pub struct Mixing {
    secret: u64,
}

impl Default for Mixing {
    fn default() -> Self {
        Mixing { secret: secret() }
    }
}

impl BuildHasher for Mixing {
    type Hasher = Mixer;

    fn build_hasher(&self) -> Mixer {
        Mixer(self.secret)
    }
}

#[derive(Debug)]
pub struct Mixer(u64);

impl Hasher for Mixer {
    /// The two halves of a product with an odd number, so that every bit of the value reaches the
    /// bits of the hash that a map looks at.
    fn write_u64(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_and_their_ends_count() {
        let words = Words::default();
        let different = [
            &["ab", "c"][..],
            &["a", "bc"],
            &["abc"],
            &["abc", ""],
            &["abc\0"],
            &["a", ""],
            &["a\0"],
            &["12345678", "1234567890"],
            &["123456781234567890"],
            &["1234567890123456"],
            &["12345678901234567"],
            &["12345678901234566"],
            &["0234567890123456"],
        ];
        let numbers: std::collections::BTreeSet<u64> =
            different.iter().map(|each| words.number(each.iter().copied())).collect();
        assert_eq!(numbers.len(), different.len());
        assert_eq!(words.number(["host", "203.0.113.9"]), words.number(["host", "203.0.113.9"]));
    }

    #[test]
    fn short_texts_are_padded_and_compared_as_they_are() {
        let text = b"0123456789abcdefg";
        for from in 0..text.len() {
            for to in from..text.len() {
                let part = &text[from..to];
                assert_eq!(&padded(part).unwrap()[..part.len()], part);
                assert!(same(part, part) && !same(part, &text[from..=to]));
            }
        }
        assert_eq!(padded(text), None);
        assert!(same(text, text) && !same(text, b"0123456789abcdefh"));
    }

    #[test]
    fn a_text_is_the_same_as_none_that_differs_in_a_byte_or_in_length() {
        let text: Vec<u8> = (0..70).collect();
        for length in 0..text.len() {
            let text = &text[..=length];
            assert!(same(text, text) && !same(text, &text[..length]));
            for at in 0..=length {
                let mut other = text.to_vec();
                other[at] ^= 1;
                assert!(!same(text, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn another_memory_has_other_numbers() {
        assert_ne!(Words::default().number(["a"]), Words::default().number(["a"]));
    }
}
