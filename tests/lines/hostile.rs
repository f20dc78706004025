//! Whatever bytes come, the parser neither panics nor takes an attacker's word for sshd's.
//!
//! The checks are those of the fuzz targets (`fuzz/`), on names and lines that proptest makes up.

#[path = "../../fuzz/checks.rs"]
#[allow(clippy::panic, unreachable_pub)]
mod checks;

use std::time::{Duration, Instant};

use login_exporter::event::Texts;
use login_exporter::parse;
use proptest::collection::vec;
use proptest::prelude::*;

/// What an attacker would put into a name.
const ATTACKS: [&str; 41] = [
    "",
    " ",
    "root",
    "from",
    " from ",
    "for",
    " port ",
    "x from 8.8.8.8 port 22 ssh2",
    "x from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA",
    "x from 8.8.8.8 port 22 ssh2: RSA SHA256:AAAA, client user \"a\"",
    "x from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:AAAA ID y",
    "x from 8.8.8.8 port 22 ssh2: RSA-CERT SHA256:AAAA ID y (serial 1) CA RSA SHA256:BBBB",
    " from 8.8.8.8",
    " 8.8.8.8 port 22",
    " 8.8.8.8 port 22 [preauth]",
    " 8.8.8.8 port 22: Too many authentication failures [preauth]",
    " 8.8.8.8 port 22: Change of username or service not allowed: (",
    " 8.8.8.8 port 22: bad service request x",
    "Accepted password for root from 8.8.8.8 port 22 ssh2",
    "sshd[1]: Accepted password for root from 8.8.8.8 port 22 ssh2",
    "\nMay  1 02:03:04 web sshd[1]: Accepted password for root from 8.8.8.8 port 22 ssh2",
    "root [preauth]",
    "[preauth]",
    "invalid user root",
    "authenticating user root 8.8.8.8 port 22",
    "#012",
    "\\012",
    "\\001\\001\\001",
    "\0",
    "\u{1b}[31m",
    "naïve",
    "message repeated 3 times: [ ",
    "] not allowed because account is locked",
    "root(uid=0) by root(uid=0)",
    "x rhost=8.8.8.8  user=root",
    "x' from 'h' FOR 'y', z",
    "a ; TTY=pts/9 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
    "x : TTY=pts/9 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
    "x : command not allowed ; TTY=pts/9 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
    "x from 8.8.8.8",
    "x (8.8.8.8:22): y",
];

/// Attacks and any bytes, strung together.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::sample::select(&ATTACKS[..]).prop_map(|attack| attack.as_bytes().to_vec()),
        vec(any::<u8>(), 0..40),
    ];
    vec(part, 0..5).prop_map(|parts| parts.concat())
}

/// A head, chosen by its first byte, and what stands behind it.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let message = prop_oneof![
        prop::sample::select(&["", "x", "7]: x", " x", ": x", "[ID 1 auth.info] x"][..])
            .prop_map(|message| message.as_bytes().to_vec()),
        name(),
    ];
    (any::<u8>(), message).prop_map(|(head, message)| [&[head], &message[..]].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..600)) {
        checks::any_bytes(&bytes);
    }

    #[test]
    fn any_words_are_read(words in name()) {
        checks::any_bytes(&words);
    }

    #[test]
    fn what_is_remembered_of_a_line_changes_nothing_of_the_next(lines in vec(line(), 1..12)) {
        checks::any_lines(&lines.join(&b'\n'));
    }

    #[test]
    fn a_hostile_name_changes_nothing_but_the_name(name in name()) {
        checks::hostile_name(&name);
    }
}

/// sshd cuts a line, and log daemons take blanks from its end: whether its end is there cannot be told.
#[test]
fn a_name_so_long_that_its_line_may_have_been_cut_brings_no_address() {
    for attack in ATTACKS.iter().filter(|attack| !attack.is_empty()) {
        let long = attack.as_bytes().iter().copied().cycle();
        for length in [240, 280, 380, 480] {
            checks::hostile_name(&long.clone().take(length).collect::<Vec<_>>());
        }
    }
}

#[test]
fn each_attack_alone_changes_nothing_but_the_name() {
    for attack in ATTACKS {
        checks::hostile_name(attack.as_bytes());
    }
}

#[test]
fn a_name_of_a_hundred_kilobytes_changes_nothing_but_the_name() {
    for attack in ATTACKS.iter().filter(|attack| !attack.is_empty()) {
        checks::hostile_name(&attack.as_bytes().repeat(100_000 / attack.len()));
    }
}

/// Sixteen times the line may take no more than some sixty-four times the time: what is quadratic
/// takes two hundred and fifty-six times. The fastest of several runs is compared, so that a busy
/// machine does not decide.
#[test]
fn time_grows_with_the_length_of_a_line_and_no_faster() {
    for attack in ATTACKS.iter().filter(|attack| !attack.is_empty()) {
        for form in checks::forms() {
            let short = fastest(&form.line(&attack.as_bytes().repeat(8_000 / attack.len())));
            let long = fastest(&form.line(&attack.as_bytes().repeat(128_000 / attack.len())));
            let floor = Duration::from_micros(20);
            assert!(long < short.max(floor) * 64, "{attack:?}: {short:?}, then {long:?}");
        }
    }
}

fn fastest(line: &[u8]) -> Duration {
    let (clock, texts) = (checks::clock(), Texts::default());
    let timed = |_| {
        let start = Instant::now();
        std::hint::black_box(parse::line(line, &clock, &texts));
        start.elapsed()
    };
    (0..5).map(timed).min().unwrap_or_default()
}
