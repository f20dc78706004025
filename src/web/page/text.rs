//! Text that others chose, as text: nothing of it is markup, invisible or without end.

use std::fmt::{self, Display, Formatter, Write};

use crate::metrics::series::MAX_VALUE_BYTES;
use crate::metrics::text::is_hidden;

/// Characters of one value that are shown: all of what an access keeps of one.
const MOST: usize = MAX_VALUE_BYTES;

/// A value as the page shows it. What would be invisible or turn the direction of what follows
/// is spelled out (`\u{202e}`); a longer text than anyone reads ends in an ellipsis.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("<bdi>")?;
        let mut characters = self.0.chars();
        characters.by_ref().take(MOST).try_for_each(|character| escape(character, f))?;
        if characters.next().is_some() {
            f.write_char('…')?;
        }
        f.write_str("</bdi>")
    }
}

/// The same within an attribute's quotes or a title, where no element can stand.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl Display for Plain<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().take(MOST).try_for_each(|character| escape(character, f))
    }
}

fn escape(character: char, f: &mut Formatter<'_>) -> fmt::Result {
    match character {
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        '&' => f.write_str("&amp;"),
        '"' => f.write_str("&quot;"),
        '\'' => f.write_str("&#39;"),
        hidden if is_hidden(hidden) => write!(f, "{}", hidden.escape_unicode()),
        seen => f.write_char(seen),
    }
}

/// How long ago, in one unit, as a person would say it.
pub(super) fn age(now: i64, then: i64) -> String {
    match now.saturating_sub(then) {
        ..2 => "just now".to_owned(),
        seconds @ ..60 => format!("{seconds} s ago"),
        seconds @ ..3_600 => format!("{} min ago", seconds / 60),
        seconds @ ..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// How long, in the two units that matter.
pub(super) fn lasted(seconds: u64) -> String {
    let two = |large: u64, name: &str, small: u64, small_name: &str| match small {
        0 => format!("{large} {name}"),
        small => format!("{large} {name} {small} {small_name}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "days", seconds % 86_400 / 3_600, "h"),
    }
}

/// `2026-11-23 15:32:53`, UTC; a number that is no date stays one.
pub(super) fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, age, date, lasted, size};

    #[test]
    fn markup_stays_text() {
        let hostile = "<script>alert('1')</script>&\"";
        let want = "<bdi>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;</bdi>";
        assert_eq!(Text(hostile).to_string(), want);
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        let hostile = "a\u{202e}b\u{0}c\u{1b}[2Jd\u{200b}e\u{feff}f\u{e0041}g\u{7f}\n";
        let want =
            "<bdi>a\\u{202e}b\\u{0}c\\u{1b}[2Jd\\u{200b}e\\u{feff}f\\u{e0041}g\\u{7f}\\u{a}</bdi>";
        assert_eq!(Text(hostile).to_string(), want);
        assert_eq!(Text("Jörg 山田 🙂").to_string(), "<bdi>Jörg 山田 🙂</bdi>");
    }

    #[test]
    fn a_name_of_a_hundred_kilobytes_is_cut() {
        let shown = Text(&"ü<".repeat(50_000)).to_string();
        assert!(shown.ends_with("…</bdi>"), "{shown}");
        assert!(shown.len() < 1_000, "{} bytes", shown.len());
    }

    #[test]
    fn an_age_is_said_in_one_unit() {
        let ages = [-5, 0, 1, 2, 59, 60, 3_599, 3_600, 172_799, 172_800].map(|s| age(s, 0));
        let want = [
            "just now",
            "just now",
            "just now",
            "2 s ago",
            "59 s ago",
            "1 min ago",
            "59 min ago",
            "1 h ago",
            "47 h ago",
            "2 days ago",
        ];
        assert_eq!(ages, want);
        assert_eq!(age(i64::MAX, i64::MIN), format!("{} days ago", i64::MAX / 86_400));
    }

    #[test]
    fn a_duration_is_said_in_two_units_at_most() {
        let told = [0, 59, 60, 3_599, 3_600, 3_900, 172_799, 172_800, 180_000].map(lasted);
        let want = ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 5 min", "47 h 59 min", "2 days"];
        assert_eq!(told[..8], want);
        assert_eq!(told[8], "2 days 2 h");
        assert!(lasted(u64::MAX).ends_with(" h"));
    }

    #[test]
    fn dates_and_sizes_are_readable() {
        assert_eq!(date(0), "1970-01-01 00:00:00");
        assert_eq!(date(i64::MAX), "9223372036854775807");
        assert_eq!(
            [0, 999, 1_500, 2_000_000].map(size),
            ["0 bytes", "999 bytes", "1.5 kB", "2.0 MB"]
        );
    }
}
