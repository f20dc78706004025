//! trail_files
