//! Who may import whom: the table below is the shape of the program, and this test holds it.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A module, the project's modules that it may import, and the crates that only it may name.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("address", &[], &[]),
    ("event", &[], &[]),
    ("keyed", &[], &[]),
    ("programs", &[], &[]),
    ("record", &["event"], &[]),
    ("version", &[], &[]),
    ("parse", &["address", "event", "keyed", "programs", "record"], &[]),
    ("memory", &["event", "keyed"], &[]),
    ("trust", &["event", "programs", "record", "parse"], &[]),
    ("policy", &["address", "event", "memory"], &["maxminddb"]),
    ("row", &["event", "policy", "metrics"], &[]),
    ("archive", &["event", "row"], &[]),
    ("metrics", &["event", "keyed", "policy", "version"], &["prometheus"]),
    (
        "source",
        &["event", "record"],
        &[
            "linemux",
            "simdutf8",
            "aws_config",
            "aws_sdk_cloudtrail",
            "aws_credential_types",
            "aws_sigv4",
            "aws_smithy_runtime_api",
            "aws_smithy_types",
            "aws_sdk_sqs",
            "aws_sdk_sts",
            "aws_smithy_http_client",
        ],
    ),
    ("host", &["event"], &[]),
    ("state", &["record", "metrics"], &[]),
    (
        "web",
        &["metrics", "version"],
        &["hyper", "hyper_util", "http_body_util", "tokio_rustls", "rustls", "bcrypt"],
    ),
    (
        "config",
        &[
            "address", "event", "programs", "record", "source", "parse", "memory", "policy",
            "metrics", "state", "version", "web",
        ],
        &["clap"],
    ),
    (
        "pipeline",
        &[
            "event", "programs", "record", "source", "parse", "memory", "trust", "policy",
            "metrics", "state", "row", "archive",
        ],
        &[],
    ),
    (
        "history",
        &[
            "event", "programs", "record", "source", "parse", "memory", "trust", "policy",
            "metrics", "config", "pipeline", "row", "archive",
        ],
        &[],
    ),
    (
        "app",
        &[
            "event", "host", "programs", "record", "source", "parse", "memory", "trust", "policy",
            "metrics", "state", "web", "config", "pipeline", "history", "row", "archive",
            "version",
        ],
        &[],
    ),
];

/// Within `source` linemux belongs to the file, and each service of AWS to who asks it.
const WITHIN_SOURCE: &[(&str, &[&str])] = &[
    ("linemux", &["file"]),
    ("aws_config", &["aws"]),
    ("aws_sdk_sts", &["aws"]),
    ("aws_sdk_cloudtrail", &["cloudtrail", "aws"]),
    ("aws_sdk_sqs", &["queue"]),
    ("aws_sigv4", &["aws"]),
];

/// The parsers stand beside each other: what they share stands above them.
const SIBLINGS: &[&str] = &["parse", "policy", "metrics", "source"];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push((path.clone(), std::fs::read_to_string(&path).unwrap())),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(&root).unwrap().to_path_buf(), text))
        .collect()
}

/// The top module that a file of `src` belongs to.
fn module(path: &Path) -> String {
    let first = path.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file without its comments and its own tests, which may use anything.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every path that the code names from `crate`, `super` or `self`, from the crate's root on:
/// `use super::{frame, words::text};` in `parse/sshd` names `parse::frame` and `parse::words::text`.
fn named(path: &Path, code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | ':')) {
                continue;
            }
            tree(&code[at..], &mut Vec::new(), &mut |names| {
                found.insert(absolute(path, names));
            });
        }
    }
    found
}

/// Reads `a::{b, c::d}` and gives each of its paths; returns what stands behind it.
fn tree<'t>(code: &'t str, names: &mut Vec<&'t str>, give: &mut impl FnMut(&[&'t str])) -> &'t str {
    let code = code.trim_start();
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = tree(rest, names, give).trim_start();
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    names.push(name);
    let rest = match rest.strip_prefix("::") {
        Some(rest) => tree(rest, names, give),
        None => {
            give(names);
            rest
        }
    };
    names.pop();
    rest
}

/// The same path from the crate's root on, as seen from a file of `src`.
fn absolute(path: &Path, names: &[&str]) -> Vec<String> {
    let mut place = place(path);
    for name in names {
        match *name {
            "crate" => place.clear(),
            "self" | "" => {}
            "super" => drop(place.pop()),
            name => place.push(name.to_owned()),
        }
    }
    place
}

/// The module that a file of `src` is: `parse/sshd/mod.rs` is `parse::sshd`.
fn place(path: &Path) -> Vec<String> {
    let mut place: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if matches!(place.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        place.pop();
    }
    place
}

/// The modules that stand in a module, by its place.
fn children() -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut children = BTreeMap::<_, BTreeSet<_>>::new();
    for (path, _) in sources() {
        let mut place = place(&path);
        while let Some(name) = place.pop() {
            children.entry(place.clone()).or_default().insert(name);
        }
    }
    children
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs" || part == "testing.rs")
}

#[test]
fn every_module_imports_only_what_the_table_grants() {
    for (path, text) in sources() {
        let module = module(&path);
        if is_test(&path) || matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let (_, granted, _) = TABLE
            .iter()
            .find(|(name, ..)| *name == module)
            .unwrap_or_else(|| panic!("{} is in no row of the table", path.display()));
        for import in named(&path, &code(&text)).into_iter().filter_map(|p| p.into_iter().next()) {
            let is_module = TABLE.iter().any(|(name, ..)| *name == import);
            assert!(
                !is_module || import == module || granted.contains(&&*import),
                "{} imports {import}, which the table does not grant to {module}",
                path.display()
            );
        }
    }
}

#[test]
fn a_crate_with_an_owner_is_named_nowhere_else() {
    for (path, text) in sources() {
        let (module, code) = (module(&path), code(&text));
        for (owner, _, crates) in TABLE {
            for name in *crates {
                let named =
                    code.contains(&format!("{name}::")) || code.contains(&format!("use {name}"));
                assert!(
                    !named || module == *owner,
                    "{} names {name}, which belongs to {owner}",
                    path.display()
                );
            }
        }
        for (name, owners) in WITHIN_SOURCE {
            let within = owners.iter().any(|owner| path.starts_with(format!("source/{owner}")));
            assert!(
                within || !code.contains(&format!("{name}::")),
                "{} names {name}",
                path.display()
            );
        }
    }
}

#[test]
fn siblings_do_not_import_each_other() {
    let children = children();
    for (path, text) in sources() {
        let module = module(&path);
        let Some(own) = path
            .iter()
            .nth(1)
            .map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned())
        else {
            continue;
        };
        if !SIBLINGS.contains(&module.as_str()) || own == "mod" || is_test(&path) {
            continue;
        }
        // What the parsers share stands in `parse` itself and in the frame; what the metrics
        // share, in the catalog.
        let shared: &[&str] = match module.as_str() {
            "parse" => &["syslog", "words", "principal", "rows", "duo"],
            "metrics" => &["catalog", "series", "own", "text"],
            "source" => &["aws", "wrapping"],
            _ => &[],
        };
        let siblings = &children[&vec![module.clone()]];
        for import in named(&path, &code(&text)) {
            let [first, second, ..] = &*import else { continue };
            assert!(
                *first != module
                    || *second == own
                    || !siblings.contains(second)
                    || shared.contains(&&**second),
                "{} imports its sibling {second}",
                path.display()
            );
        }
    }
}

/// Two files that need each other are one thought in two places: one of them, or a third that both
/// read, owns what they share.
#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let children = children();
    let mut arrows = BTreeMap::<Vec<String>, BTreeSet<(String, String)>>::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let place = place(&path);
        for import in named(&path, &code(&text)) {
            let common = place.iter().zip(&import).take_while(|(a, b)| a == b).count();
            let (folder, siblings) = (&place[..common], children.get(&place[..common]));
            let (Some(from), Some(to)) = (place.get(common), import.get(common)) else { continue };
            if siblings.is_some_and(|names| names.contains(to)) && !folder.is_empty() {
                arrows.entry(folder.to_vec()).or_default().insert((from.clone(), to.clone()));
            }
        }
    }
    let circles: Vec<String> =
        arrows.iter().filter_map(|(at, arrows)| circle(at, arrows)).collect();
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

/// What is left of the arrows once all that leads nowhere is taken away.
fn circle(folder: &[String], arrows: &BTreeSet<(String, String)>) -> Option<String> {
    let mut arrows = arrows.clone();
    loop {
        let before = arrows.len();
        let from: BTreeSet<String> = arrows.iter().map(|(from, _)| from.clone()).collect();
        arrows.retain(|(_, to)| from.contains(to));
        let to: BTreeSet<String> = arrows.iter().map(|(_, to)| to.clone()).collect();
        arrows.retain(|(from, _)| to.contains(from));
        if arrows.len() == before {
            break;
        }
    }
    let told: Vec<String> = arrows.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    (!told.is_empty()).then(|| format!("in {}: {}", folder.join("::"), told.join(", ")))
}
