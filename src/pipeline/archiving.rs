//! The archive beside the snapshot: what the snapshot says is appended once it is saved.

use std::sync::{Mutex, MutexGuard, PoisonError};

use memchr::memchr_iter;
use tracing::warn;

use super::Ledger;
use crate::archive::{Files, Pending, Plan, Tidier};
use crate::event::Time;
use crate::metrics::own::Own;

/// The archive's files, written in the order of the snapshots.
#[derive(Debug)]
pub struct Archiving {
    files: Mutex<Files>,
    tidier: Tidier,
}

impl Archiving {
    /// Appends what the last snapshot says and a crash kept from the file.
    pub fn start(files: Files, pending: &mut Pending, own: &Own) -> Archiving {
        if let Err(error) = files.resume(pending) {
            warn!("{error}");
            own.archive_failed();
        }
        let tidier = files.tidier();
        let archiving = Archiving { files: Mutex::new(files), tidier };
        let plan = pending.plan();
        if let Some(length) = archiving.append(&plan, own) {
            pending.appended(length);
        }
        archiving
    }

    /// Goes on in another file where the day is another; whether it does.
    pub(super) fn turn(&self, ledger: &mut Ledger, now: Time) -> bool {
        let next = self.files().turn(ledger.archive.stem(), now);
        next.is_some_and(|(stem, length)| ledger.archive.turn(&stem, length))
    }

    /// To be called before a snapshot is written: what it says is in the file must be on the disk.
    pub(super) fn sync(&self, own: &Own) {
        if let Err(error) = self.files().sync() {
            warn!("{error}");
            own.archive_failed();
        }
    }

    /// To be called after a snapshot was saved; the file's length where it was appended to.
    pub(super) fn append(&self, plan: &Plan, own: &Own) -> Option<u64> {
        match self.files().append(plan) {
            Ok(length) => {
                own.archived(memchr_iter(b'\n', &plan.lines).count() as u64);
                Some(length)
            }
            Err(error) => {
                warn!("{error}");
                own.archive_failed();
                None
            }
        }
    }

    /// Packs and removes; slow, and nobody waits for it. Without a `now` nothing is too old.
    pub fn tidy(&self, in_use: &str, now: Option<Time>, own: &Own) {
        match self.tidier.tidy(in_use, now) {
            Ok(tidied) => own.archive_tidied(tidied.size, tidied.removed),
            Err(error) => {
                warn!("{error}");
                own.archive_failed();
            }
        }
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
