//! Lines that were read before and come again behind the place: a backup that was appended to the
//! log, the log put behind itself.
//!
//! Owns the looking for them in what was read. They are known by going back in time and being lines
//! that were read, so that a clock that was set back and hosts whose clocks differ are none of it.

use std::cmp::Ordering;

use memchr::memchr_iter;

use super::Follower;
use crate::source::file::footprint::{Footprint, Trace};
use crate::source::file::stamp;

/// So many lines of a block that go back in time are looked up: where hosts whose clocks differ share
/// a log, nearly each second one does.
const LOOKED_UP: usize = 64;

impl Follower {
    /// Cuts the block, which begins `bytes` before the place, before the first line that was read
    /// before, and goes back there. False when no line of the block is left.
    pub(super) fn leave_out_again(&mut self, bytes: u64) -> bool {
        let lines = self.block.lines();
        let is_plain = lines.len() as u64 == bytes;
        let Some(current) = self.current.as_mut().filter(|c| is_plain && !c.finished) else {
            return true;
        };
        let begin = current.offset - bytes;
        let Some(at) = first_again(&self.footprint, lines) else { return true };
        let place = begin + at as u64;
        // It was looked at before, and is new.
        if self.again == Some(place) || current.go_to(place).is_err() {
            return true;
        }
        self.again = Some(place);
        current.doubt_what_follows();
        self.report.bytes -= bytes - at as u64;
        self.block.truncate(at);
        at > 0
    }
}

/// Where the first line begins that goes back in time and was read.
fn first_again(footprint: &Footprint, lines: &[u8]) -> Option<usize> {
    let body = lines.strip_suffix(b"\n").unwrap_or(lines);
    let (mut newest, mut looked_up, mut begin) = (footprint.last_place(), 0, 0);
    for end in memchr_iter(b'\n', body).chain([body.len()]) {
        let line = &body[begin..end];
        let order = match stamp::begins_alike(line, newest) {
            true => Some(Ordering::Equal),
            false => stamp::order(line, newest),
        };
        match order {
            Some(Ordering::Less) if looked_up < LOOKED_UP => {
                if footprint.knows(Trace::of(line)) {
                    return Some(begin);
                }
                looked_up += 1;
            }
            Some(Ordering::Greater) => newest = line,
            None if newest.is_empty() => newest = line,
            _ => {}
        }
        begin = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &[u8] = b"Nov 25 01:00:00 h p[1]: one\nNov 25 01:00:01 h p[2]: two\n";

    fn footprint() -> Footprint {
        let mut footprint = Footprint::default();
        footprint.note(READ, true);
        footprint
    }

    #[test]
    fn what_was_read_is_known_behind_what_is_new() {
        let new = b"Nov 25 01:00:02 h p[3]: three\n";
        assert_eq!(first_again(&footprint(), READ), Some(0));
        assert_eq!(first_again(&footprint(), &[new, READ].concat()), Some(new.len()));
    }

    #[test]
    fn a_clock_that_goes_back_tells_new_lines() {
        let back = b"Nov 25 00:00:00 h p[9]: one\nNov 25 00:00:01 h p[9]: two\n";
        assert_eq!(first_again(&footprint(), back), None);
    }

    #[test]
    fn the_same_words_in_the_same_second_are_another_line() {
        assert_eq!(first_again(&footprint(), b"Nov 25 01:00:01 h p[2]: two\n"), None);
    }
}
