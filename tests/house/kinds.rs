//! No `_ =>` stands in a match over the kinds of events: a new kind is then told of by the compiler
//! at every place that has to say something of it.

use std::fs;
use std::path::{Path, PathBuf};

/// The arms of a match that begins behind its opening brace, without what stands within them.
fn arms(rest: &str) -> String {
    let (mut depth, mut arms) = (0_usize, String::new());
    for character in rest.chars() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' if depth == 0 => break,
            // One that stands in a text has no other.
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            other if depth == 0 => arms.push(other),
            _ => {}
        }
    }
    arms
}

/// The lines of a source at which a match over the kinds has an arm for whatever else there is.
fn open_ended(source: &str) -> Vec<usize> {
    let begins = source.match_indices("match ").filter_map(|(at, _)| {
        let brace = at + source[at..].find('{')?;
        Some((at, arms(&source[brace + 1..])))
    });
    begins
        .filter(|(_, arms)| {
            let of_kinds = arms.contains("EventKind::");
            of_kinds
                && arms.lines().any(|arm| {
                    arm.trim_start().trim_start_matches(',').trim_start().starts_with("_ ")
                })
        })
        .map(|(at, _)| source[..at].lines().count())
        .collect()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn a_match_over_the_kinds_names_each() {
    let open = "match kind {\n    EventKind::SuFailure => 1,\n    _ => 2,\n}";
    assert_eq!(open_ended(open), [0], "the test sees what it looks for");
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut found = Vec::new();
    for file in
        files.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "tests"))
    {
        let source = fs::read_to_string(file).unwrap();
        found.extend(open_ended(&source).iter().map(|line| format!("{}:{line}", file.display())));
    }
    assert!(found.is_empty(), "name every kind of event in place of `_`: {found:?}");
}
