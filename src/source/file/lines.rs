//! Where lines begin and end in a block of bytes.
//!
//! Owns the rules that every reader of a log shares: what is handed on ends with a line end; a
//! line longer than [`MAX_LINE`] is handed on by its beginning; and the NUL bytes that a crash
//! leaves in a file are no part of any line.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// The longest line that is handed on whole, in bytes, without its line end. Of a longer one
/// this much is. (sshd, sudo and rsyslog themselves stop at 1 to 8 KiB.)
pub const MAX_LINE: usize = 64 * 1024;

/// A run of this many NULs inside a line is the scar of a crash: the line before it was never
/// finished and another begins behind it. Fewer are left where they are, for a daemon may have
/// let one through from a message.
const SCAR: usize = 8;

/// What stands in a block: the lines that can be handed on, and how far that reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whole lines, or one shortened line without an end.
    pub(crate) lines: Range<usize>,
    /// Bytes of the block that are dealt with.
    pub(crate) consumed: usize,
    /// The rest of a line too long follows and is to be left out.
    pub(crate) skipping: bool,
    /// `lines` is the beginning of a line too long.
    pub(crate) too_long: bool,
}

/// Finds the whole lines of `block`. `skipping` says that it begins within a line too long.
pub(crate) fn whole(block: &[u8], skipping: bool) -> Found {
    let Some(begin) = beginning(block, skipping) else {
        return Found { consumed: block.len(), skipping: true, ..Found::default() };
    };
    let end = whole_lines(block, begin);
    if end == begin && block.len() - begin > MAX_LINE {
        return long_line(block, begin);
    }
    Found { lines: begin..end, consumed: end, ..Found::default() }
}

/// Takes what is left of a file that will not grow: a last line without an end is one all the
/// same.
pub(crate) fn and_rest(block: &[u8], skipping: bool) -> Found {
    let usual = whole(block, skipping);
    if usual.consumed == block.len() || !usual.lines.is_empty() {
        return usual;
    }
    Found { lines: usual.lines.start..block.len(), consumed: block.len(), ..Found::default() }
}

/// Where the first line begins: behind a line too long, and behind NULs.
fn beginning(block: &[u8], skipping: bool) -> Option<usize> {
    let begin = if skipping { end_of_long_line(block)? } else { 0 };
    Some(begin + nuls(&block[begin..]))
}

fn end_of_long_line(block: &[u8]) -> Option<usize> {
    let line = memchr(b'\n', block);
    let scar = find_scar(&block[..line.unwrap_or(block.len())]);
    scar.or(line.map(|at| at + 1))
}

/// Where the last whole line ends, looking no further than the first line too long. Only the
/// last line of each stretch is looked for, so that this costs next to nothing.
fn whole_lines(block: &[u8], begin: usize) -> usize {
    let mut end = begin;
    while let Some(at) = memrchr(b'\n', &block[end..block.len().min(end + MAX_LINE + 1)]) {
        end += at + 1;
    }
    end
}

fn long_line(block: &[u8], begin: usize) -> Found {
    let head = &block[begin..begin + MAX_LINE];
    if let Some(scar) = find_scar(head) {
        return Found { lines: begin..begin + scar, consumed: begin + scar, ..Found::default() };
    }
    let end = begin + MAX_LINE;
    Found { lines: begin..end, consumed: end, skipping: true, too_long: true }
}

fn nuls(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len())
}

/// Where what follows the first scar of `line` begins, if that is not its end.
pub(crate) fn behind_scar(line: &[u8]) -> Option<usize> {
    let begin = nuls(line);
    let scar = begin + find_scar(&line[begin..])?;
    Some(scar + nuls(&line[scar..]))
}

fn find_scar(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr(0, &bytes[from..]) {
        let run = nuls(&bytes[from + at..]);
        if run >= SCAR {
            return Some(from + at);
        }
        from += at + run;
    }
    None
}

/// Takes the NULs of a crash out of `lines` in place: those at the beginning of a line vanish, a
/// scar inside one becomes its end. Returns how many bytes are left.
pub(crate) fn without_nuls(lines: &mut [u8]) -> usize {
    let Some(first) = memchr(0, lines) else { return lines.len() };
    let (mut read, mut write) = (first, first);
    while read < lines.len() {
        let run = nuls(&lines[read..]);
        let at_beginning = write == 0 || lines[write - 1] == b'\n';
        if run >= SCAR && !at_beginning {
            lines[write] = b'\n';
            write += 1;
        } else if run > 0 && !at_beginning {
            lines.copy_within(read..read + run, write);
            write += run;
        }
        read += run;
        let plain = memchr(0, &lines[read..]).unwrap_or(lines.len() - read);
        // The line end behind a scar was made above.
        let doubled = run >= SCAR && !at_beginning && lines.get(read) == Some(&b'\n');
        let from = read + usize::from(doubled);
        lines.copy_within(from..read + plain, write);
        write += read + plain - from;
        read += plain;
    }
    write
}
