//! `cargo +nightly fuzz run hostile_name`: any bytes as the name in every line that holds a stranger's.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|name: &[u8]| checks::hostile_name(name));
