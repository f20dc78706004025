//! Finding in a file what was read before: content that appears again under the log's name, as a
//! copy, after an edit, shortened at either end, written anew in place.
//!
//! Owns the answer where what was read ends. An edit changes lines and takes lines out, it adds
//! none and seldom moves any: so what stands behind the line that was read last is new. Where that
//! line is gone, the nearest one before it that is still there tells, and what follows counts as
//! read as long as it bears the stamps of those that are missing.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet, VecDeque};
use std::io;

use memchr::{memchr_iter, memrchr};

use super::content::Content;
use super::footprint::{Footprint, Trace};
use super::lines;
use super::stamp;

/// How much is read at once.
const PIECE: usize = 256 * 1024;

/// How many lines are looked at before the first one that is known, for a better match.
const CONTEXT: usize = 256;

/// How many lines behind the last one that is known are kept while it is looked for.
const FOLLOWING: usize = 4096;

/// So many lines in a row that were read in this order leave no doubt.
const CERTAIN: usize = 8;

/// Before and behind the place in bytes, where it is looked for first.
const NEAR_BEFORE: u64 = 1 << 20;
const NEAR_BEHIND: u64 = 64 * 1024;

/// Where in a file what was read ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retraced {
    /// Nothing of it was read.
    New,
    /// Behind the line that was read last: all that follows is new.
    Here(u64),
    /// That line is gone, or not there yet. Behind the last one that was read: what follows is new,
    /// if nothing else is still to come.
    Behind(u64),
    /// What follows was certainly not read, but before it something may not have been.
    Doubtful(u64),
}

/// A line of the file that is looked at.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// Behind its line end.
    end: u64,
    trace: Trace,
    /// Behind the NULs that a crash left within it: another line begins there.
    scar: Option<u64>,
}

impl Line {
    /// `text` is without its line end.
    fn of(text: &[u8], end: u64) -> Line {
        let begins = end - 1 - text.len() as u64;
        let scar = lines::behind_scar(text).map(|at| begins + at as u64);
        Line { end, trace: Trace::of(text), scar }
    }
}

/// What was found of the known lines.
#[derive(Debug, Default)]
struct Gathered {
    /// The last line that is known and those before it, the last first.
    before: Vec<Line>,
    /// Those behind it, the first first.
    after: VecDeque<Line>,
    /// Behind the last line that was not written later than what was read last.
    not_newer: Option<u64>,
    /// Behind the last line that was written before it.
    older: Option<u64>,
    /// Stamps of known lines that are there.
    places: HashSet<u32>,
    end: u64,
}

/// Looks for what was read in `content`. `near` is where reading stopped in what it may be a copy
/// of. `moved` says that the file it was read from still stands under another name, so that a
/// single line alike proves nothing that was written in the last second that was read.
pub(super) fn retrace(
    footprint: &Footprint,
    content: &mut Content,
    near: Option<u64>,
    moved: bool,
) -> io::Result<Retraced> {
    if footprint.is_empty() {
        return Ok(Retraced::New);
    }
    let known = Known::of(footprint);
    let size = content.size()?;
    if let Some(near) = near.filter(|near| near + NEAR_BEHIND < size && !content.is_gzip()) {
        let gathered =
            known.backwards(content, near + NEAR_BEHIND, near.saturating_sub(NEAR_BEFORE))?;
        let sure = CERTAIN.min(footprint.dense().len());
        if let Some((end, _)) = known.last_line(&gathered).filter(|(_, context)| *context >= sure) {
            return Ok(Retraced::Here(end));
        }
    }
    let gathered = match content.is_gzip() {
        true => known.forwards(content)?,
        false => known.backwards(content, size, 0)?,
    };
    Ok(known.decide(&gathered, moved))
}

/// The same for what stands behind `least`, the beginning of a line, and no further before.
pub(super) fn retrace_behind(
    footprint: &Footprint,
    content: &mut Content,
    least: u64,
) -> io::Result<Retraced> {
    let known = Known::of(footprint);
    let size = content.size()?;
    // With the line end before it the first line is seen to be whole.
    let gathered = known.backwards(content, size, least.saturating_sub(1))?;
    Ok(known.decide(&gathered, false))
}

/// What was read, ready to be looked up.
struct Known<'f> {
    footprint: &'f Footprint,
    /// The place of each of the last lines; of the others that they are known.
    index: HashMap<u64, Option<usize>>,
    places: HashSet<u32>,
}

impl<'f> Known<'f> {
    fn of(footprint: &'f Footprint) -> Self {
        let mut index: HashMap<u64, Option<usize>> =
            footprint.others().map(|print| (print, None)).collect();
        let dense = footprint.dense().iter().enumerate();
        index.extend(dense.map(|(at, trace)| (trace.print, Some(at))));
        let places = footprint.dense().iter().map(|trace| trace.place);
        Known { footprint, index, places: places.filter(|place| *place != 0).collect() }
    }

    fn is_known(&self, line: &Line) -> bool {
        self.index.contains_key(&line.trace.print)
    }

    /// Walks from `end` towards `least` until enough lines before the last known one were seen.
    fn backwards(&self, content: &mut Content, end: u64, least: u64) -> io::Result<Gathered> {
        let mut found = Gathered::default();
        let mut piece = vec![0; PIECE];
        let mut end = whole_lines_end(content, end, &mut piece)?;
        found.end = end;
        while end > least {
            let from = end.saturating_sub(PIECE as u64).max(least);
            let n = content.read_at(&mut piece[..(end - from) as usize], from)?;
            let mut body = &piece[..n];
            // The line that begins before this piece belongs to the next; one longer than a piece
            // is known by nobody.
            let whole =
                if from == 0 { 0 } else { memchr::memchr(b'\n', body).map_or(n, |at| at + 1) };
            while body.len() > whole {
                let text = &body[..body.len() - 1];
                let begin = memrchr(b'\n', text).map_or(0, |at| at + 1).max(whole);
                if !self.gather(&mut found, &text[begin..], from + body.len() as u64) {
                    return Ok(found);
                }
                body = &body[..begin];
            }
            end = if whole == n { from } else { from + whole as u64 };
        }
        Ok(found)
    }

    /// Takes in the line before those that were. False once enough is known.
    fn gather(&self, found: &mut Gathered, text: &[u8], end: u64) -> bool {
        let line = Line::of(text, end);
        if found.before.is_empty() && !self.is_known(&line) {
            self.pass(found, text, &line);
            found.after.push_front(line);
            found.after.truncate(FOLLOWING);
            return true;
        }
        found.before.push(line);
        found.before.len() < CONTEXT
    }

    /// Notes what a line that is not known tells all the same.
    fn pass(&self, found: &mut Gathered, text: &[u8], line: &Line) {
        if self.places.contains(&line.trace.place) {
            found.places.insert(line.trace.place);
        }
        let order = stamp::order(text, self.footprint.last_place());
        if matches!(order, Some(Ordering::Less | Ordering::Equal)) {
            found.not_newer = found.not_newer.max(Some(line.end));
        }
        if order == Some(Ordering::Less) {
            found.older = found.older.max(Some(line.end));
        }
    }

    /// The same for what can be read from its beginning only.
    fn forwards(&self, content: &mut Content) -> io::Result<Gathered> {
        let mut found = Gathered::default();
        let mut recent: VecDeque<Line> = VecDeque::new();
        let (mut from, mut piece) = (0, vec![0; PIECE]);
        loop {
            let n = content.read_at(&mut piece, from)?;
            let mut begin = 0;
            for at in memchr_iter(b'\n', &piece[..n]) {
                self.gather_forwards(
                    &mut found,
                    &mut recent,
                    &piece[begin..at],
                    from + at as u64 + 1,
                );
                begin = at + 1;
            }
            found.end = from + begin as u64;
            match (begin, n) {
                (_, 0) => return Ok(found),
                (0, n) => from += n as u64,
                (begin, _) => from += begin as u64,
            }
            if n < PIECE {
                return Ok(found);
            }
        }
    }

    fn gather_forwards(
        &self,
        found: &mut Gathered,
        recent: &mut VecDeque<Line>,
        text: &[u8],
        end: u64,
    ) {
        let line = Line::of(text, end);
        recent.push_front(line);
        recent.truncate(CONTEXT);
        if self.is_known(&line) {
            found.before = recent.iter().copied().collect();
            found.after.clear();
            (found.not_newer, found.older) = (None, None);
        } else {
            self.pass(found, text, &line);
            if found.after.len() < FOLLOWING {
                found.after.push_back(line);
            }
        }
    }

    /// Where the line that was read last ends, and how many lines before it agree. Of several alike
    /// it is the one with the most.
    fn last_line(&self, found: &Gathered) -> Option<(u64, usize)> {
        let last = self.footprint.dense().back()?.print;
        let alike = found.before.iter().enumerate().filter(|(_, line)| line.trace.print == last);
        let candidates = alike.map(|(at, line)| (line.end, self.agreement(&found.before[at..])));
        // Of equals the first, which is the last in the file.
        candidates.reduce(|best, other| if other.1 > best.1 { other } else { best })
    }

    /// How many of these lines, the last first, are lines that were read, in their order.
    fn agreement(&self, lines: &[Line]) -> usize {
        let mut read = self.footprint.dense().iter().rev();
        let known = |line: &&Line| read.by_ref().any(|trace| trace.print == line.trace.print);
        lines.iter().take_while(known).count()
    }

    fn decide(&self, found: &Gathered, moved: bool) -> Retraced {
        let Some(nearest) = found.before.first() else { return self.by_stamps(found) };
        let lone = !found.before[1..].iter().any(|line| self.is_known(line));
        let last = self.footprint.dense().back().map(|trace| trace.place);
        let may_be_said_again = Some(nearest.trace.place) == last;
        if lone && moved && may_be_said_again && self.footprint.dense().len() > 1 {
            return Retraced::New;
        }
        match self.last_line(found) {
            Some((end, context)) if end == nearest.end => match found.older {
                // Behind a line that has come out of its order, what is older has too.
                Some(older) if older > end && context < 2 && found.before.len() > 1 => {
                    Retraced::Doubtful(older)
                }
                _ => Retraced::Here(end),
            },
            Some((end, context)) if self.is_in_order(found, end, context) => Retraced::Here(end),
            _ => self.behind(nearest, found),
        }
    }

    /// What is known behind the line that was read last came again in the same second. Otherwise
    /// the lines were put into another order.
    fn is_in_order(&self, found: &Gathered, end: u64, context: usize) -> bool {
        let last = self.footprint.dense().back().map(|trace| trace.place);
        let mut behind = found.before.iter().take_while(|line| line.end > end);
        let again = |line: &Line| !self.is_known(line) || Some(line.trace.place) == last;
        context >= 2 && behind.all(again)
    }

    /// The line that was read last is gone: what follows the nearest known one is new but for what
    /// may be those that are missing.
    fn behind(&self, nearest: &Line, found: &Gathered) -> Retraced {
        let Some(Some(at)) = self.index.get(&nearest.trace.print).copied() else {
            return match found.not_newer.filter(|end| *end > nearest.end) {
                _ if found.after.is_empty() => Retraced::Doubtful(nearest.end),
                Some(end) => Retraced::Doubtful(end),
                None if self.footprint.last_place().is_empty() => Retraced::Doubtful(found.end),
                None => Retraced::Behind(nearest.end),
            };
        };
        if let Some(scar) = found.after.front().and_then(|line| line.scar) {
            return Retraced::Doubtful(scar);
        }
        if let Some(older) = found.older.filter(|end| *end > nearest.end) {
            return Retraced::Doubtful(older);
        }
        let missing = self.footprint.dense().range(at + 1..);
        let places: HashSet<u32> = missing.clone().map(|trace| trace.place).collect();
        let may_be_old = |line: &&Line| line.trace.place != 0 && places.contains(&line.trace.place);
        match found.after.iter().take(missing.len()).take_while(may_be_old).last() {
            Some(line) => Retraced::Doubtful(line.end),
            None => Retraced::Behind(nearest.end),
        }
    }

    /// No line is known. If most of the stamps are, every line was changed.
    fn by_stamps(&self, found: &Gathered) -> Retraced {
        let same = self.places.len() > 1 && found.places.len() * 2 > self.places.len();
        match found.not_newer {
            Some(end) if same => Retraced::Doubtful(end),
            _ => Retraced::New,
        }
    }
}

/// Where the last whole line before `end` ends.
fn whole_lines_end(content: &mut Content, end: u64, piece: &mut [u8]) -> io::Result<u64> {
    let from = end.saturating_sub(piece.len() as u64);
    let n = content.read_at(&mut piece[..(end - from) as usize], from)?;
    Ok(memrchr(b'\n', &piece[..n]).map_or(from, |at| from + at as u64 + 1))
}
