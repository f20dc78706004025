//! `cargo +nightly fuzz run line`: any bytes as lines and as the message of any login program.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::any_bytes(bytes);
    checks::any_lines(bytes);
});
