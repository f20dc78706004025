//! The page as others read it: Prometheus' own checker, and OpenMetrics' rules one by one.

#![allow(clippy::panic)]

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};

use super::*;

/// `promtool check metrics` of Debian's package prometheus.
#[test]
fn promtool_finds_nothing_to_complain_about() {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut promtool = match command.stderr(Stdio::piped()).spawn() {
        Ok(promtool) => promtool,
        Err(error) if std::env::var("CI").as_deref() != Ok("true") => {
            println!("skipped: promtool does not start: {error}; apt-get install prometheus");
            return;
        }
        Err(error) => panic!("promtool does not start: {error}; apt-get install prometheus"),
    };
    let page = whole(&scrape(at(0)));
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success() && said.is_empty(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn the_page_keeps_every_rule_of_open_metrics() {
    for created in [false, true] {
        check(&whole(&open_metrics(created)));
        let empty = render(&mut Store::default(), None, &open_metrics(created), NOBODY);
        check(&String::from_utf8(empty).unwrap());
    }
}

/// The family that the lines belong to, as its metadata told.
#[derive(Default)]
struct Family<'p> {
    name: &'p str,
    kind: &'p str,
    sampled: bool,
}

fn check(page: &str) {
    let body = page.strip_suffix("# EOF\n").expect("the page ends with # EOF");
    let mut names = HashSet::new();
    let mut series = HashSet::new();
    let mut family = Family::default();
    for line in body.lines() {
        if let Some(metadata) = line.strip_prefix("# ") {
            check_metadata(metadata, &mut family, &mut names);
        } else {
            check_sample(line, &family);
            family.sampled = true;
            let id = line.rsplit_once(' ').unwrap().0;
            assert!(series.insert(id), "a series stands twice: {line}");
        }
    }
}

fn check_metadata<'p>(line: &'p str, family: &mut Family<'p>, names: &mut HashSet<&'p str>) {
    let mut words = line.splitn(3, ' ');
    let (what, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    if what == "HELP" {
        assert!(names.insert(name), "a family stands in two places: {line}");
        assert!(!name.ends_with("_total"), "{line}");
        *family = Family { name, ..Family::default() };
    }
    assert_eq!(family.name, name, "metadata of another family: {line}");
    assert!(!family.sampled, "metadata after samples: {line}");
    match what {
        "HELP" => assert!(!rest.is_empty(), "{line}"),
        "TYPE" => family.kind = rest,
        "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
        _ => panic!("no metadata of OpenMetrics: {line}"),
    }
}

fn check_sample(line: &str, family: &Family<'_>) {
    let end = line.find(['{', ' ']).unwrap();
    let suffix = line[..end].strip_prefix(family.name).expect(line);
    let allowed: &[&str] = match family.kind {
        "counter" => &["_total", "_created"],
        "histogram" => &["_bucket", "_sum", "_count", "_created"],
        "gauge" => &[""],
        kind => panic!("{kind}: {line}"),
    };
    assert!(allowed.contains(&suffix), "{line}");
    let (labels, value) = match line[end..].strip_prefix('{') {
        Some(rest) => rest.rsplit_once("} ").unwrap(),
        None => ("", &line[end + 1..]),
    };
    let names = check_labels(labels);
    assert!(value.parse::<f64>().is_ok(), "{line}");
    assert!(value.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-'), "{line}");
    let bucket = names.iter().any(|(name, value)| {
        *name == "le" && (value == "+Inf" || value.parse::<f64>().is_ok() && value.contains('.'))
    });
    assert_eq!(bucket, suffix == "_bucket", "{line}");
}

/// Reads labels by the letter of the ABNF, and fails where it cannot.
fn check_labels(mut text: &str) -> Vec<(&str, String)> {
    let mut labels: Vec<(&str, String)> = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").expect(text);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        assert!(labels.iter().all(|(other, _)| *other != name), "{name} stands twice");
        let (value, rest) = unquote(rest);
        labels.push((name, value));
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
    labels
}

fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return (value, &text[i + 1..]),
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('\\' | '"'))) => value.push(c),
                other => panic!("no escape of OpenMetrics: {other:?} in {text}"),
            },
            c => value.push(c),
        }
    }
    panic!("a value without end: {text}");
}
