//! What is counted, and how it is shown.
//!
//! Owns the catalog of every family, the bounded store of series, and the text formats.

pub mod catalog;
pub mod series;
pub mod text;

pub mod exposition;
pub mod own;
pub mod recent;

#[cfg(test)]
pub(crate) mod testing;
