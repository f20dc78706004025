//! How many processes stand for a login from an address.

use std::collections::hash_map::Entry;

use super::hosts::HostId;
use super::process::Process;
use crate::keyed::{Numbers, Words};

/// By host and address. A login whose address is not known is none of it.
#[derive(Debug, Default)]
pub(super) struct Sources(Numbers<u32>);

impl Sources {
    pub(super) fn add(&mut self, words: Words, host: HostId, process: &Process) {
        if let Some(key) = key(words, host, process) {
            *self.0.entry(key).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, words: Words, host: HostId, process: &Process) {
        let Some(key) = key(words, host, process) else { return };
        if let Entry::Occupied(mut count) = self.0.entry(key) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// Whether a login came from there.
    pub(super) fn has(&self, words: Words, host: HostId, source: &str) -> bool {
        self.0.contains_key(&words.number_of_host(host, &[source]))
    }
}

fn key(words: Words, host: HostId, process: &Process) -> Option<u64> {
    let source = process.peer.source.as_ref().filter(|_| process.let_in())?;
    Some(words.number_of_host(host, &[source]))
}
