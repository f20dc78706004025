//! What could not be read: how much, and by its shape.
//!
//! A shape is a line without what could be a name, a number or a secret: somebody may have typed a
//! password where a name was asked for. Only words that login programs print (from their sources,
//! `words.txt`) are left, so that a shape can stand in a bug report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::pipeline::{Tally, Unknown};
use crate::programs::UNFRAMED;

/// No more shapes are kept apart.
const MOST_SHAPES: usize = 1_000;

/// A shape is cut to so many characters, and so is the line that is shown.
const LONGEST: usize = 300;

/// Counts what was read and what could not be.
#[derive(Debug, Default)]
pub struct Unread {
    records: u64,
    by_program: BTreeMap<&'static str, u64>,
    first: Option<String>,
    /// Runs of lines in a zone whose name is not known.
    zones_unknown: u64,
    untrusted: u64,
    /// Where the shapes are asked for.
    shapes: Option<Shapes>,
}

impl Unknown for Unread {
    fn note(&mut self, program: &'static str, record: &[u8]) {
        self.add(program, record);
    }
}

#[derive(Debug)]
struct Shapes {
    words: BTreeSet<&'static str>,
    counts: BTreeMap<(&'static str, String), u64>,
}

impl Unread {
    /// Keeps the shapes as well.
    pub fn by_shape() -> Self {
        let words = include_str!("words.txt").lines().collect();
        Unread { shapes: Some(Shapes { words, counts: BTreeMap::new() }), ..Unread::default() }
    }

    pub(super) fn read(&mut self, tally: &Tally) {
        self.records += tally.records;
        self.zones_unknown += tally.zones_unknown;
        self.untrusted += tally.untrusted;
    }

    /// The first line that could not be read.
    pub(super) fn first(&self) -> Option<&str> {
        self.first.as_deref()
    }

    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// How many records were read until now, and how many of them without a frame.
    pub(super) fn so_far(&self) -> (u64, u64) {
        (self.records, self.without_frame())
    }

    /// What stands where a record should: no rule has been asked about it.
    pub(super) fn no_record(&mut self, bytes: &[u8]) {
        self.records += 1;
        let message = bytes.strip_prefix(b"MESSAGE=").unwrap_or(bytes);
        let first = message.split(|byte| *byte == b'\n').next().unwrap_or_default();
        self.add(UNFRAMED, first);
    }

    /// A record that no rule knew. `program` is whose it is.
    fn add(&mut self, program: &'static str, record: &[u8]) {
        *self.by_program.entry(program).or_default() += 1;
        if self.first.is_none() {
            self.first = Some(shown(record));
        }
        if let Some(shapes) = &mut self.shapes {
            shapes.note(program, record);
        }
    }

    fn without_frame(&self) -> u64 {
        self.by_program.get(UNFRAMED).copied().unwrap_or_default()
    }

    /// What a person should know of the reading, a sentence each: for standard error.
    pub fn sentences(&self) -> Vec<String> {
        let zones = (self.zones_unknown > 0).then(|| {
            "some times are in a zone whose name means more than one (IST, CST): they were read in \
             this host's; --auth-log.time-zone sets another, and --output=short-iso prints no name"
                .to_owned()
        });
        let untrusted = (self.untrusted > 0).then(|| {
            format!(
                "{} entries of the journal do not count: their writer may not say what they say \
                 (whose name a user ID is was asked of this host)",
                self.untrusted
            )
        });
        self.sentence().into_iter().chain(zones).chain(untrusted).collect()
    }

    /// How much could not be read; `None` where all was.
    fn sentence(&self) -> Option<String> {
        let unread: u64 = self.by_program.values().sum();
        let first = self.first.as_ref().filter(|_| unread > 0)?;
        let whose = self.by_program.iter().map(|(program, count)| match *program {
            UNFRAMED => format!("{count} without a time, host and tag that are known"),
            program => format!("{count} of {program}"),
        });
        let whose = whose.collect::<Vec<_>>().join(", ");
        Some(format!(
            "could not read {unread} of {} lines ({whose}); `history --unrecognized` shows what \
             kinds of lines they are; the first: {first}{}",
            self.records,
            remedy(first)
        ))
    }

    /// Every shape with its program and how often it was there, the commonest first.
    pub fn shapes(&self) -> Vec<(u64, &'static str, &str)> {
        let counts = self.shapes.iter().flat_map(|shapes| &shapes.counts);
        let mut shapes: Vec<_> =
            counts.map(|((program, shape), count)| (*count, *program, shape.as_str())).collect();
        shapes.sort_by(|a, b| b.0.cmp(&a.0).then(a.cmp(b)));
        shapes
    }
}

/// What else to do about a line whose kind is known, but says too little.
fn remedy(line: &str) -> &'static str {
    let monotonic = line.strip_prefix('[').is_some_and(|rest| {
        rest.trim_start().split(']').next().is_some_and(|time| time.parse::<f64>().is_ok())
    });
    if monotonic {
        return " (such a time carries no date: print the journal with --output=export)";
    }
    if line.contains(".scope[") {
        return " (a unit's name does not tell who speaks: print the journal with --output=export)";
    }
    ""
}

/// A line as a terminal may show it.
fn shown(record: &[u8]) -> String {
    let text = String::from_utf8_lossy(record);
    let text = text.trim();
    let mut line = String::new();
    for c in text.chars().take(LONGEST) {
        match c {
            ' '..='~' => line.push(c),
            // What is not ASCII can turn or hide what stands around it.
            c if c.is_alphanumeric() => line.push(c),
            c => line.extend(c.escape_default()),
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

impl Shapes {
    fn note(&mut self, program: &'static str, record: &[u8]) {
        let key = (program, shape(&String::from_utf8_lossy(record), &self.words));
        if let Some(count) = self.counts.get_mut(&key) {
            *count += 1;
        } else if self.counts.len() < MOST_SHAPES {
            self.counts.insert(key, 1);
        } else {
            *self.counts.entry((program, "(other)".to_owned())).or_default() += 1;
        }
    }
}

/// The line with `N` for what is made of numbers, `*` for what is no known word, and runs of the
/// latter as one.
fn shape(line: &str, words: &BTreeSet<&str>) -> String {
    let mut shape = String::new();
    let mut hidden = false;
    for word in line.split_whitespace() {
        let shown = shape_of_word(word, words);
        // A name may hold blanks.
        if shown == "*" && hidden {
            continue;
        }
        hidden = shown == "*";
        if !shape.is_empty() {
            shape.push(' ');
        }
        let _ = write!(shape, "{shown}");
        if shape.len() > LONGEST {
            break;
        }
    }
    shape
}

/// A word is shown with its punctuation if all in it is known; else nothing of it is, but for the
/// brackets, quotes and colons around and the key before an equals sign.
fn shape_of_word(word: &str, words: &BTreeSet<&str>) -> String {
    if let Some((key, value)) = word.split_once('=')
        && words.contains(key.to_ascii_lowercase().as_str())
    {
        return format!(
            "{key}={}",
            if value.is_empty() { String::new() } else { shape_of_word(value, words) }
        );
    }
    let around = |c: char| c.is_ascii_punctuation();
    let begin = word.len() - word.trim_start_matches(around).len();
    let core = word.trim_matches(around);
    let (before, behind) = (&word[..begin], &word[begin + core.len()..]);
    match shape_of_core(core, words) {
        // What stands around what is hidden may belong to it.
        hidden if hidden == "*" => hidden,
        core => format!("{before}{core}{behind}"),
    }
}

fn shape_of_core(core: &str, words: &BTreeSet<&str>) -> String {
    let parts = || core.split(|c: char| c.is_ascii_punctuation()).filter(|part| !part.is_empty());
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |part: &str| words.contains(part.to_ascii_lowercase().as_str());
    if core.is_empty() {
        return String::new();
    }
    if parts().all(is_number) {
        return "N".to_owned();
    }
    if !parts().all(|part| is_word(part) || is_number(part)) {
        // `name[12]:` is nearly every tag.
        return if core.contains('[') { "*[*".to_owned() } else { "*".to_owned() };
    }
    let mut shape = String::new();
    for c in core.chars() {
        match c {
            '0'..='9' if shape.ends_with('N') => {}
            '0'..='9' => shape.push('N'),
            c => shape.push(c),
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(line: &str) -> String {
        let words = include_str!("words.txt").lines().collect();
        shape(line, &words)
    }

    #[test]
    fn words_stand_in_order_and_are_no_names() {
        let words: Vec<&str> = include_str!("words.txt").lines().collect();
        assert!(words.windows(2).all(|two| two[0] < two[1]));
        for name in ["root", "alice", "bob", "ubuntu", "admin", "hunter2"] {
            assert!(!words.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_shape_shows_no_name_number_or_secret() {
        for (line, expected) in [
            (
                "Frobnicated password for hunter2 from 192.0.2.1 port 5000 ssh2",
                "* password for * from N port N *",
            ),
            ("May  1 02:03:04 web1 sshd[812]: Connection N", "* N N * sshd[N]: Connection *"),
            ("user=s3cr3t uid=1000 tty=", "user=* uid=N tty="),
            ("key correct-horse-battery", "key *"),
            ("SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og", "*"),
        ] {
            let shape = shaped(line);
            for secret in ["hunter2", "192", "5000", "web1", "812", "s3cr3t", "horse", "ohD8"] {
                assert!(!shape.contains(secret), "{shape}");
            }
            if !line.starts_with("name") && !line.starts_with("May") {
                assert_eq!(shape, expected, "{line}");
            }
        }
    }

    #[test]
    fn the_commonest_shape_comes_first_and_each_once() {
        let mut unread = Unread::by_shape();
        unread.read(&Tally { records: 5, ..Tally::default() });
        for pid in 1..=3 {
            unread.note("sshd", format!("session of pid {pid} lost").as_bytes());
        }
        unread.note(UNFRAMED, b"[    5.123456] host sshd[1]: x");
        assert_eq!(unread.shapes()[0], (3, "sshd", "session of pid N lost"));
        assert_eq!(unread.shapes().len(), 2);
        let sentence = unread.sentence().unwrap();
        assert!(sentence.starts_with("could not read 4 of 5 lines"), "{sentence}");
        assert!(sentence.ends_with("the first: session of pid 1 lost"), "{sentence}");
        assert!(Unread::default().sentence().is_none());
    }

    #[test]
    fn a_line_that_is_shown_moves_no_cursor() {
        assert_eq!(shown(b"a\x1b[2Jb\xe2\x80\xaec"), "a\\u{1b}[2Jb\\u{202e}c");
    }
}
