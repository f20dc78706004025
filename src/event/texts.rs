//! The text of a batch: where what its events name stands.
//!
//! An event borrows all of its text, so it is plain data that costs nothing to drop. Nearly all of
//! it stands in the records themselves; the rest (bytes that are no UTF-8, an address in a longer
//! spelling, a word that JSON escaped) is made here, and goes with the batch.

use std::borrow::Cow;
use std::fmt;

use bumpalo::Bump;

use super::AwsCall;

/// What the records of a batch say as text.
#[derive(Default)]
pub struct Texts<'r> {
    known: &'r str,
    made: Bump,
}

impl<'r> Texts<'r> {
    /// `known` is text that the records stand in, as far as it is known to be UTF-8: what is cut
    /// from there needs no second look. It may be empty.
    pub fn of(known: &'r str) -> Self {
        Texts { known, made: Bump::new() }
    }

    /// A part of a record as text, with U+FFFD for what is not UTF-8.
    #[inline]
    pub fn read(&'r self, part: &'r [u8]) -> &'r str {
        self.within(part).unwrap_or_else(|| self.look_through(part))
    }

    /// A part of a record where it is UTF-8.
    #[inline]
    pub fn as_it_is(&self, part: &'r [u8]) -> Option<&'r str> {
        self.within(part).or_else(|| std::str::from_utf8(part).ok())
    }

    /// Where it stands in a text that was looked through, it is one between whole characters.
    #[inline]
    fn within(&self, part: &[u8]) -> Option<&'r str> {
        let start = (part.as_ptr() as usize).wrapping_sub(self.known.as_ptr() as usize);
        start.checked_add(part.len()).and_then(|end| self.known.get(start..end))
    }

    #[inline(never)]
    fn look_through(&'r self, part: &'r [u8]) -> &'r str {
        // The lossy reading looks at each character even where nothing is lost.
        match std::str::from_utf8(part) {
            Ok(text) => text,
            Err(_) => self.keep(String::from_utf8_lossy(part)),
        }
    }

    /// A text that may stand nowhere else.
    #[inline]
    pub fn keep(&'r self, text: Cow<'r, str>) -> &'r str {
        match text {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.copy(&text),
        }
    }

    /// The call that an event tells of: few do, so it stands apart.
    pub fn call(&'r self, call: AwsCall<'r>) -> &'r AwsCall<'r> {
        self.made.alloc(call)
    }

    /// A copy of a text that will be gone.
    pub fn copy(&self, text: &str) -> &str {
        self.made.alloc_str(text)
    }
}

#[cfg(test)]
impl Texts<'static> {
    /// A place that stays, for what a test makes.
    pub fn for_ever() -> &'static Self {
        Box::leak(Box::default())
    }
}

/// Two are the same where they are one.
impl PartialEq for Texts<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for Texts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (known, made) = (self.known.len(), self.made.allocated_bytes());
        f.debug_struct("Texts").field("known", &known).field("made", &made).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_known_text_is_not_copied() {
        let line = "für x\u{fffd}";
        let texts = Texts::of(line);
        let part = &line.as_bytes()[..4];
        assert_eq!(texts.read(part), "für");
        assert_eq!(texts.read(part).as_ptr(), line.as_ptr());
        // Half a character is none, wherever it stands.
        assert_eq!(texts.read(&line.as_bytes()[..2]), "f\u{fffd}");
    }

    #[test]
    fn what_is_no_utf_8_is_made_text_and_stays_while_more_is() {
        let texts = Texts::default();
        let first = texts.read(b"a\xffb");
        let more: Vec<&str> = (0..1000).map(|_| texts.read(b"\xff")).collect();
        assert_eq!(first, "a\u{fffd}b");
        assert!(more.iter().all(|text| *text == "\u{fffd}"));
    }
}
