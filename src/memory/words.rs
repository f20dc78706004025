//! Words as numbers, so that a key costs no copy.
//!
//! The numbers depend on a secret that is made once and saved with the memory: who chooses a name
//! or an address cannot choose one that is taken for another.

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

/// Makes the numbers. Cheap to copy.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Words {
    secret: u64,
}

impl Default for Words {
    fn default() -> Self {
        Words { secret: RandomState::new().hash_one(0) }
    }
}

impl Words {
    /// The words are parted, so that `ab`+`c` is not `a`+`bc`.
    pub(super) fn number(self, words: &[&str]) -> u64 {
        words.iter().fold(self.secret, |hash, word| self.add(hash, word.as_bytes()))
    }

    /// The same for words of one host.
    pub(super) fn number_of_host(self, host: u32, words: &[&str]) -> u64 {
        let start = self.mix(self.secret, u64::from(host));
        words.iter().fold(start, |hash, word| self.add(hash, word.as_bytes()))
    }

    /// Eight bytes at a time. The length goes in too: it parts the words.
    fn add(self, hash: u64, word: &[u8]) -> u64 {
        let (chunks, rest) = word.as_chunks::<8>();
        let hash =
            chunks.iter().fold(hash, |hash, chunk| self.mix(hash, u64::from_le_bytes(*chunk)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(self.mix(hash, u64::from_le_bytes(last)), word.len() as u64)
    }

    /// The two halves of a product, each factor of which holds the secret: no bit of what came
    /// before gets lost, and nobody outside knows which values meet.
    fn mix(self, hash: u64, value: u64) -> u64 {
        let product = u128::from(hash ^ value ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(self.secret.rotate_left(32) ^ hash.rotate_left(17) | 1);
        (product >> 64) as u64 ^ product as u64
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
            &["12345678", "1234567890"],
            &["123456781234567890"],
        ];
        let numbers: std::collections::BTreeSet<u64> =
            different.iter().map(|each| words.number(each)).collect();
        assert_eq!(numbers.len(), different.len());
        assert_eq!(words.number(&["host", "203.0.113.9"]), words.number(&["host", "203.0.113.9"]));
    }

    #[test]
    fn another_memory_has_other_numbers() {
        assert_ne!(Words::default().number(&["a"]), Words::default().number(&["a"]));
    }
}
