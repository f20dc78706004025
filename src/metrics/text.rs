//! Text that others chose, where it is shown: in a label, on the page, in a terminal.
//!
//! Owns the one list of characters that no reader sees and every terminal obeys.

use std::borrow::Cow;

/// Whether nobody would see the character, or it would move what stands around it: controls (C0, DEL
/// and C1), the direction marks of bidirectional text, and what Unicode lists as ignored by default
/// (DerivedCoreProperties, `Default_Ignorable_Code_Point`), zero-width characters among it.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text in at most so many bytes, with U+FFFD in the place of each hidden character. Borrowed
/// where it is plain ASCII and short enough, as nearly all are.
pub fn shown(text: &str, most: usize) -> Cow<'_, str> {
    let text = &text[..text.floor_char_boundary(most)];
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    // U+FFFD takes three bytes where an ASCII control took one, so the bound is held once more.
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let character = if is_hidden(character) { char::REPLACEMENT_CHARACTER } else { character };
        if shown.len() + character.len_utf8() > most {
            break;
        }
        shown.push(character);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reader_sees_is_shown_as_something() {
        for hidden in ["\u{1b}", "\u{9b}", "\u{7f}", "\u{200b}", "\u{202e}", "\u{2066}", "\u{feff}"]
        {
            assert_eq!(shown(&format!("a{hidden}b"), 200), "a\u{fffd}b", "{hidden:?}");
        }
        assert_eq!(shown("Zoë 名前", 200), "Zoë 名前");
    }

    #[test]
    fn no_text_is_longer_than_its_bound_and_none_is_cut_inside_a_character() {
        for text in ["x".repeat(1 << 20), "\0".repeat(1 << 20), "ü".repeat(1 << 20)] {
            let length = shown(&text, 200).len();
            assert!((198..=200).contains(&length), "{length}");
        }
    }
}
