//! How often a log is looked at while it is written to.
//!
//! Owns the change from being woken to looking by the clock: the kernel tells of every line, and at
//! a thousand lines a second being woken for each costs more than reading them. So what comes is
//! gathered for a moment, and while lines keep coming nothing is watched at all.

use std::time::Duration;

/// How long lines are gathered after being woken: a fifth of what it may take until one is shown.
pub(super) const GATHER: Duration = Duration::from_millis(10);

/// How far apart the looks at a busy log are: each costs as much as some seven lines, whatever it
/// finds.
pub(super) const LOOK: Duration = Duration::from_millis(15);

/// Finds that follow each other this fast make a log busy, and so many of them.
const SOON: Duration = Duration::from_millis(40);
const FINDS: u32 = 4;

/// After so many looks that found nothing a log is quiet again.
const LOOKS: u32 = 14;

#[derive(Debug, Default)]
pub(super) struct Pace {
    last: Option<Duration>,
    /// Finds in a row that came soon.
    finds: u32,
    /// Looks in a row that found nothing.
    empty: u32,
}

impl Pace {
    /// A look found something.
    pub(super) fn found(&mut self, clock: Duration) {
        let soon = self.last.is_some_and(|last| clock.saturating_sub(last) <= SOON);
        self.finds = if soon || self.is_busy() { self.finds.saturating_add(1) } else { 0 };
        (self.last, self.empty) = (Some(clock), 0);
    }

    pub(super) fn is_busy(&self) -> bool {
        self.finds >= FINDS
    }

    /// A look found nothing. Whether the log counts as busy all the same.
    pub(super) fn is_still_busy(&mut self) -> bool {
        self.empty += 1;
        if self.empty > LOOKS {
            self.finds = 0;
        }
        self.is_busy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_busy_while_lines_keep_coming_and_for_a_moment_after() {
        let mut pace = Pace::default();
        for n in 0..=FINDS {
            assert!(!pace.is_busy());
            pace.found(n * Duration::from_millis(20));
        }
        assert!(pace.is_busy());
        for _ in 0..LOOKS {
            assert!(pace.is_still_busy());
        }
        assert!(!pace.is_still_busy());
    }

    #[test]
    fn a_line_now_and_then_makes_no_log_busy() {
        let mut pace = Pace::default();
        for n in 0..100 {
            pace.found(n * Duration::from_millis(100));
        }
        assert!(!pace.is_busy());
    }
}
