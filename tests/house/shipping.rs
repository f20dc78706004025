//! The files that ship the archive into Loki: what of them can be tried here.

use std::process::{Command, Stdio};

const FLUENT_BIT: &str = include_str!("../../deploy/shipping/fluent-bit.yaml");

/// The Lua that Fluent Bit runs on each line, as it stands in its settings.
fn lua() -> String {
    let (_, rest) = FLUENT_BIT.split_once("code: |\n").expect("the code");
    let code = rest.lines().take_while(|line| line.starts_with("        "));
    code.map(|line| format!("{}\n", &line[8..])).collect()
}

/// Fluent Bit's own time formats know a fraction or none; the archive has both.
#[test]
fn fluent_bit_takes_the_time_of_each_event_with_a_fraction_and_without() {
    let there = Command::new("lua5.1").arg("-v").stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "lua5.1 is missing");
        eprintln!("skipped: lua5.1 is not installed (tests/install test)");
        return;
    }
    for (time, expected) in [
        ("1970-01-01T00:00:00Z", "1 0.000"),
        ("2024-02-29T23:59:59.5Z", "1 1709251199.500"),
        ("2026-11-26T01:02:03.123456789Z", "1 1795654923.123"),
        ("2000-03-01T00:00:00Z", "1 951868800.000"),
        ("no time", "0 7.000"),
    ] {
        let script = format!(
            "{}local code, at = at_its_time('t', 7, {{time = '{time}'}})\nprint(string.format('%d %.3f', code, at))",
            lua()
        );
        let output = Command::new("lua5.1").args(["-e", &script]).output().expect("lua5.1");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{time}: {output:?}");
    }
}
