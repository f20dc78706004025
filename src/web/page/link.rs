//! A person's name within a path, whatever the name is.
//!
//! Written, everything is spelled out but letters, digits, `-`, `_`, `~` and dots; a slash parts
//! the path, since proxies refuse `%2F`. Browsers and proxies take `.`, `..` and empty parts for
//! something else, spelled out or not, so a name that has one is no link.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const SPELLED_OUT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~').remove(b'.').remove(b'/');

/// A path that a request can have; longer names are no link.
const MOST: usize = 1_024;

/// The part of the path behind `/person/`, where the name can be one.
pub(super) fn path(name: &str) -> Option<String> {
    let is_link =
        name.len() <= MOST && !name.split('/').any(|part| ["", ".", ".."].contains(&part));
    is_link.then(|| {
        let mut path = String::new();
        let _ = write!(path, "{}", utf8_percent_encode(name, SPELLED_OUT));
        path
    })
}

/// The name that a path's part stands for, decoded once.
pub(in crate::web) fn name(path: &str) -> Option<String> {
    let name = percent_decode_str(path).decode_utf8().ok()?;
    (!name.is_empty() && name.len() <= MOST).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{MOST, name, path};

    #[test]
    fn every_name_that_is_a_link_comes_back() {
        for given in [
            "alice",
            "Ops/alice",
            "alice@example.org",
            "user:alice",
            "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "a b\"<script>&'`",
            "%2e%2e%2f",
            "?unexpected#x",
            "\u{202e}toor\u{200b}",
            "\0\n\u{1b}[2J",
            "山田",
            "...",
            "..a",
        ] {
            let path = path(given).unwrap_or_else(|| panic!("{given:?} is no link"));
            assert!(
                path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_~./%".contains(&b)),
                "{path}"
            );
            assert_eq!(name(&path).as_deref(), Some(given), "{path}");
        }
    }

    #[test]
    fn a_name_that_a_browser_would_take_for_a_way_is_no_link() {
        let long = "x".repeat(MOST + 1);
        for given in ["", ".", "..", "/", "a/../b", "a//b", "/a", "a/", "a/.", &long] {
            assert_eq!(path(given), None, "{given:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_no_name() {
        for given in ["", "%ff", "%c3%28", "%ed%a0%80"] {
            assert_eq!(name(given), None, "{given}");
        }
        assert_eq!(name("%252e").as_deref(), Some("%2e"), "decoded once");
        assert_eq!(name("100%").as_deref(), Some("100%"));
    }
}
