//! A start beside files that say more than the snapshot does: the newest snapshot could not be used,
//! or was put back from a backup, and what came since is read again.
//!
//! Owns the promise that no line stands twice then. What the files say beyond the snapshot stays, for
//! whoever follows them has it already, and is left out when it is counted again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::days::{Segment, segments};
use super::files::{Files, whole_length};
use super::{ArchiveError, Pending, Plan};

/// So many lines are remembered at most, the newest: 4 MB of them.
const MOST: usize = 200_000;

/// Lines that stand in the archive and may be counted again, with how often each does.
#[derive(Debug, Default)]
pub(super) struct Standing(HashMap<u64, u32>);

impl Standing {
    fn add(&mut self, line: &[u8]) {
        *self.0.entry(checksum(line)).or_default() += 1;
    }

    /// Whether this line, with its end, stands there; then it does so once less.
    pub(super) fn take(&mut self, line: &[u8]) -> bool {
        // Asked for each line that is counted, and nearly always empty.
        if self.0.is_empty() {
            return false;
        }
        let print = checksum(line);
        let Some(times) = self.0.get_mut(&print) else { return false };
        *times -= 1;
        if *times == 0 {
            self.0.remove(&print);
        }
        true
    }
}

fn checksum(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(line);
    hasher.finish()
}

impl Files {
    /// Has `pending` go on behind what the files say, where that is more than its snapshot does.
    ///
    /// # Errors
    /// The folder or a file cannot be read: then lines may stand twice.
    pub fn resume(&self, pending: &mut Pending) -> Result<(), ArchiveError> {
        let plan = pending.plan();
        let failed = |error| ArchiveError::new("read", self.dir(), error);
        let all = segments(self.dir()).map_err(failed)?;
        let beyond: Vec<&Segment> =
            all.iter().filter(|segment| is_beyond(segment, &plan)).collect();
        let Some(newest) = beyond.last() else { return Ok(()) };
        let mut standing = Standing::default();
        let mut room = MOST;
        for segment in beyond.iter().rev() {
            let from = if segment.stem() == plan.stem { plan.length } else { 0 };
            read(segment, from, &mut room, &mut standing).map_err(failed)?;
        }
        let Some(own) = beyond.iter().find(|segment| segment.stem() == plan.stem) else {
            // What waits for its own file may be there in part: that is gone on with as ever.
            pending.leave_out(standing);
            return Ok(());
        };
        let length = if own.packed { None } else { whole_length(&own.path) };
        let goes_on = length.map(|length| (plan.stem.clone(), length));
        let next = goes_on.or_else(|| self.free_stem(newest.day(), &plan.stem));
        if let Some((stem, length)) = next {
            pending.resume(stem, length, standing);
        }
        Ok(())
    }
}

/// Whether a file says more than the snapshot knows of.
fn is_beyond(segment: &Segment, plan: &Plan) -> bool {
    if segment.stem() == plan.stem {
        // A file that is in use is never packed.
        let known = plan.length + plan.lines.len() as u64;
        return segment.packed || fs::metadata(&segment.path).is_ok_and(|meta| meta.len() > known);
    }
    segment.is_after(&plan.stem)
}

/// Takes in the last lines of a file behind `from`, as many as there is room for.
fn read(segment: &Segment, from: u64, room: &mut usize, into: &mut Standing) -> io::Result<()> {
    let count = lines(segment, from)?.try_fold(0, |count, line| line.map(|_| count + 1))?;
    let surplus = count - (*room).min(count);
    *room -= count - surplus;
    for line in lines(segment, from)?.skip(surplus) {
        into.add(&line?);
    }
    Ok(())
}

/// The lines with their ends.
fn lines(segment: &Segment, from: u64) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    let file = File::open(&segment.path)?;
    let mut reader: Box<dyn BufRead> = match segment.packed {
        true => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file)))),
        false => Box::new(BufReader::new(file)),
    };
    io::copy(&mut Read::by_ref(&mut reader).take(from), &mut io::sink())?;
    Ok(std::iter::from_fn(move || {
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    }))
}
