//! Who is told that a position is safe: a source that lets go of what it read only then.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::watch;

use crate::record::{Position, SourceId};

/// The sources that asked, and their positions that are in no snapshot yet.
#[derive(Debug, Default)]
pub(super) struct Acknowledgements(BTreeMap<SourceId, Waiting>);

#[derive(Debug)]
struct Waiting {
    tell: watch::Sender<Position>,
    /// With the move of the ledger that each came with.
    unsaved: VecDeque<(u64, Position)>,
}

impl Acknowledgements {
    /// Tells the source from now on; `saved` is what it begins with.
    pub(super) fn register(&mut self, id: &SourceId, saved: Position) -> watch::Receiver<Position> {
        let (tell, told) = watch::channel(saved);
        self.0.insert(id.clone(), Waiting { tell, unsaved: VecDeque::new() });
        told
    }

    pub(super) fn reached(&mut self, id: &SourceId, position: &Position, moves: u64) {
        if let Some(waiting) = self.0.get_mut(id) {
            waiting.unsaved.push_back((moves, position.clone()));
        }
    }

    /// A snapshot is safe that holds every move up to this one.
    pub(super) fn saved(&mut self, moves: u64) {
        for waiting in self.0.values_mut() {
            let mut newest = None;
            while waiting.unsaved.front().is_some_and(|(at, _)| *at <= moves) {
                newest = waiting.unsaved.pop_front();
            }
            if let Some((_, position)) = newest {
                waiting.tell.send_replace(position);
            }
        }
    }
}
