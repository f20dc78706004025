//! Whether the writer of a journal entry may say what the entry says.
