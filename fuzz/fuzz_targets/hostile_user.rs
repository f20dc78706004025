//! `cargo +nightly fuzz run hostile_user`: any bytes as the user name in every true line of sshd.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)]
mod checks;

libfuzzer_sys::fuzz_target!(|name: &[u8]| checks::hostile_user(name));
