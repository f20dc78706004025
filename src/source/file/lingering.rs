//! Rotated files that may still grow.
//!
//! Owns how long one is kept open, and when its unfinished last line counts: a writer that was
//! told to reopen late, or one that nobody told, still writes to it.

use std::time::Duration;

use super::FileSettings;
use super::reading::{Block, Progress, Reading, Step};

/// A rotated file that may still grow.
#[derive(Debug)]
pub(super) struct Lingering {
    pub(super) reading: Reading,
    pub(super) quiet_since: Duration,
}

impl Lingering {
    /// Reads what is new, or the unfinished last line once nobody has finished it for a while.
    pub(super) fn read(
        &mut self,
        block: &mut Block,
        settings: &FileSettings,
        clock: Duration,
        surplus: bool,
    ) -> Option<Progress> {
        let reading = &mut self.reading;
        if reading.has_news().unwrap_or(false) {
            self.quiet_since = clock;
            // Who writes to a rotated file does not cut it.
            if reading.is_unproven() {
                let seen = reading.seen().ok()?;
                reading.accept(seen);
            }
            return settle(reading, Reading::read, block);
        }
        let quiet = clock.saturating_sub(self.quiet_since);
        let final_now = quiet >= settings.half_line || reading.finished || surplus;
        if !final_now || reading.offset >= reading.size {
            return None;
        }
        settle(reading, Reading::read_rest, block).filter(|rest| rest.bytes > 0)
    }

    pub(super) fn is_over(&self, settings: &FileSettings, clock: Duration, surplus: bool) -> bool {
        let quiet = clock.saturating_sub(self.quiet_since);
        surplus || self.reading.finished || quiet >= settings.linger
    }
}

/// Reads from a rotated file. One that was cut afterwards, or fails, has nothing more to tell.
fn settle(
    reading: &mut Reading,
    read: impl Fn(&mut Reading, &mut Block) -> std::io::Result<Step>,
    block: &mut Block,
) -> Option<Progress> {
    if let Ok(Step::Read(progress)) = read(reading, block) {
        return Some(progress);
    }
    reading.stop();
    None
}
