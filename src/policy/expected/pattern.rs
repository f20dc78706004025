//! The value of a condition: a glob, several, or what must not match.

use std::fmt;

use wildmatch::WildMatch;

/// Globs, one of which must match the whole value, or none of which may. `*` is any text, an empty
/// one too, `?` one character; everything else is literal, and case matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    globs: Vec<Glob>,
    negated: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Glob {
    text: String,
    matcher: WildMatch,
}

impl Pattern {
    /// One of `globs` matches, or with `negated` none does.
    pub fn new<S: Into<String>>(globs: impl IntoIterator<Item = S>, negated: bool) -> Pattern {
        let glob = |text: String| Glob { matcher: WildMatch::new(&text), text };
        Pattern { globs: globs.into_iter().map(|text| glob(text.into())).collect(), negated }
    }

    pub fn negated(&self) -> bool {
        self.negated
    }

    /// The globs as written.
    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(|glob| glob.text.as_str())
    }

    pub fn fits(&self, value: &str) -> bool {
        self.globs.iter().any(|glob| glob.matcher.matches(value)) != self.negated
    }

    /// Matches the program's path, the command line up to its first blank; a glob with a blank
    /// matches the whole line.
    pub fn fits_command(&self, line: &str) -> bool {
        let path = line.split(' ').next().unwrap_or("");
        let matches = |glob: &Glob| {
            let value = if glob.text.contains(' ') { line } else { path };
            glob.matcher.matches(value)
        };
        self.globs.iter().any(matches) != self.negated
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("other than ")?;
        }
        for (n, glob) in self.globs().enumerate() {
            let separator = if n == 0 { "" } else { " or " };
            write!(f, "{separator}{glob}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_matches_the_whole_value() {
        let fits = |glob: &str, value: &str| Pattern::new([glob], false).fits(value);
        assert!(fits("deploy", "deploy"));
        assert!(!fits("deploy", "deployer"));
        assert!(!fits("deploy", "Deploy"));
        assert!(fits("Ops/*", "Ops/alice"));
        assert!(fits("a?c", "abc"));
        assert!(!fits("a?c", "ac"));
        assert!(fits("*", ""));
        assert!(!fits("?*", ""));
        assert!(fits("[a-z]", "[a-z]"), "brackets are literal");
        assert!(!fits("[a-z]", "b"));
    }

    #[test]
    fn not_turns_the_whole_list_around() {
        let pattern = Pattern::new(["root", "admin*"], true);
        assert!(pattern.fits("alice"));
        assert!(!pattern.fits("root"));
        assert!(!pattern.fits("admin2"));
        assert_eq!(pattern.to_string(), "other than root or admin*");
    }

    #[test]
    fn a_command_glob_without_a_blank_looks_at_the_path_alone() {
        let fits = |glob: &str, line: &str| Pattern::new([glob], false).fits_command(line);
        assert!(fits("/usr/bin/systemctl", "/usr/bin/systemctl restart nginx"));
        assert!(fits("/usr/bin/systemctl", "/usr/bin/systemctl"));
        assert!(!fits("/usr/bin/systemctl", "/tmp/x /usr/bin/systemctl"));
        assert!(fits("/usr/bin/systemctl restart *", "/usr/bin/systemctl restart nginx"));
        assert!(!fits("/usr/bin/systemctl restart *", "/usr/bin/systemctl stop nginx"));
        assert!(!fits("/usr/bin/*", "/tmp/x --out=/usr/bin/y"));
    }
}
