//! Rows in the order of their times, or of their records: some are told late.

use std::collections::{BTreeMap, VecDeque};

use crate::event::Time;

/// A row is out of order by fewer rows than this, or it is printed late.
const WINDOW: usize = 10_000;

/// Rows, as they will be printed, that wait for an earlier one.
#[derive(Debug)]
pub(super) struct Ordered {
    by_time: bool,
    /// By the record's time and place, or by its place alone; then by arrival.
    waiting: BTreeMap<(Time, u64, u64), Vec<u8>>,
    arrivals: u64,
    /// Where only the newest are wanted, those that came out last.
    newest: Option<(usize, VecDeque<Vec<u8>>)>,
}

impl Ordered {
    pub(super) fn new(by_time: bool, newest: Option<usize>) -> Ordered {
        let newest = newest.map(|most| (most, VecDeque::new()));
        Ordered { by_time, waiting: BTreeMap::new(), arrivals: 0, newest }
    }

    /// Takes one row; the next one in order, once enough wait behind it.
    pub(super) fn after(&mut self, time: Time, ordinal: u64, row: Vec<u8>) -> Option<Vec<u8>> {
        self.arrivals += 1;
        let time = if self.by_time { time } else { Time::default() };
        self.waiting.insert((time, ordinal, self.arrivals), row);
        if self.waiting.len() <= WINDOW {
            return None;
        }
        let (_, first) = self.waiting.pop_first()?;
        let Some((most, newest)) = &mut self.newest else { return Some(first) };
        newest.push_back(first);
        if newest.len() > *most {
            newest.pop_front();
        }
        None
    }

    pub(super) fn rest(self) -> impl Iterator<Item = Vec<u8>> {
        let (most, before) = match self.newest {
            Some((most, newest)) => (most, newest),
            None => (usize::MAX, VecDeque::new()),
        };
        let surplus = (before.len() + self.waiting.len()).saturating_sub(most);
        before.into_iter().chain(self.waiting.into_values()).skip(surplus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(by_time: bool, newest: Option<usize>, rows: usize) -> Vec<usize> {
        let mut ordered = Ordered::new(by_time, newest);
        let mut out = Vec::new();
        for n in 0..rows {
            // Each pair is told the wrong way round.
            let time = Time::new((n ^ 1) as i64, 0);
            out.extend(ordered.after(time, n as u64, (n ^ 1).to_string().into_bytes()));
        }
        out.extend(ordered.rest());
        out.into_iter().map(|row| String::from_utf8(row).unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn rows_come_in_the_order_of_time_or_of_the_file() {
        assert_eq!(printed(true, None, 20_000), (0..20_000).collect::<Vec<_>>());
        assert_eq!(printed(false, None, 4), [1, 0, 3, 2]);
    }

    #[test]
    fn the_newest_are_the_last_of_all() {
        assert_eq!(printed(true, Some(3), 20_000), [19_997, 19_998, 19_999]);
        assert_eq!(printed(true, Some(9), 4), [0, 1, 2, 3]);
        assert_eq!(printed(true, Some(0), 4), [0_usize; 0]);
    }
}
