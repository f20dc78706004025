//! Position and series in one snapshot, saved atomically.
