//! Whether the writer of a journal entry may say what the entry says.

use crate::parse::Parsed;
use crate::record::JournalEntry;

/// Which user ID an account has.
pub trait UserIds: std::fmt::Debug + Send + Sync {
    fn user_id(&self, name: &str) -> Option<u32>;
}

pub fn accepts(_entry: &JournalEntry<'_>, _parsed: &Parsed<'_>, _users: &dyn UserIds) -> bool {
    true
}
