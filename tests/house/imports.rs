//! Who may import whom: the table below is the shape of the program, and this test holds it.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module, the project's modules that it may import, and the crates that only it may name.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("address", &[], &[]),
    ("event", &[], &[]),
    ("programs", &[], &[]),
    ("record", &["event"], &[]),
    ("parse", &["address", "event", "programs", "record"], &[]),
    ("memory", &["event"], &[]),
    ("trust", &["event", "programs", "record", "parse"], &[]),
    ("policy", &["address", "event", "memory"], &[]),
    ("row", &["event", "policy", "metrics"], &[]),
    ("archive", &["event", "row"], &[]),
    ("metrics", &["event", "policy"], &["prometheus"]),
    (
        "source",
        &["event", "record"],
        &[
            "linemux",
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
        &["metrics"],
        &["hyper", "hyper_util", "http_body_util", "tokio_rustls", "rustls", "bcrypt"],
    ),
    (
        "config",
        &[
            "event", "programs", "record", "source", "parse", "memory", "policy", "metrics",
            "state", "web",
        ],
        &["clap"],
    ),
    (
        "pipeline",
        &[
            "event", "record", "source", "parse", "memory", "trust", "policy", "metrics", "state",
            "row", "archive",
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

/// The names that follow `prefix` in the code, one path segment each.
fn named_after<'t>(code: &'t str, prefix: &str) -> BTreeSet<&'t str> {
    code.match_indices(prefix)
        .filter(|(at, _)| {
            !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$')
        })
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .filter(|name| !name.is_empty())
        .collect()
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
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
        for import in named_after(&code(&text), "crate::") {
            assert!(
                import == module || granted.contains(&import),
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
            "parse" => &["syslog", "words", "principal", "rows"],
            "metrics" => &["catalog", "series", "own"],
            "source" => &["aws", "wrapping"],
            _ => &[],
        };
        let siblings: BTreeSet<String> =
            std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(&module))
                .unwrap()
                .map(|entry| {
                    entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()
                })
                .filter(|name| name != "mod" && *name != own && !shared.contains(&name.as_str()))
                .collect();
        for import in named_after(&code(&text), &format!("crate::{module}::")) {
            assert!(!siblings.contains(import), "{} imports its sibling {import}", path.display());
        }
    }
}
