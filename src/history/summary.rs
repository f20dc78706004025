//! `--summary`: by user, by address and by day, how often, first and last, from how many places.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};

use super::print::visible;
use super::query::Look;
use super::table::fit;
use crate::event::Time;
use crate::row::Row;

/// Names that are told apart in each list; more are one.
const NAMES: usize = 20_000;

/// Places of one name that are counted.
const PLACES: usize = 1_000;

const MORE: &str = "(other)";

#[derive(Debug, Default)]
pub(super) struct Summary {
    users: BTreeMap<String, Seen>,
    addresses: BTreeMap<String, Seen>,
    days: BTreeMap<String, Seen>,
}

#[derive(Debug)]
struct Seen {
    first: Time,
    last: Time,
    times: u64,
    /// Addresses of a user or a day, users of an address.
    places: HashSet<String>,
}

impl Summary {
    pub(super) fn add(&mut self, row: &Row<'_>, look: &Look) {
        let person = row.identity.as_deref().or(row.user.as_deref()).unwrap_or_default();
        let source = row.source.as_deref().or(row.network.as_deref()).unwrap_or_default();
        let stamp = jiff::Timestamp::from_second(row.time.seconds()).unwrap_or_default();
        let day = look.zone.to_datetime(stamp).strftime("%Y-%m-%d").to_string();
        add(&mut self.users, person, source, row);
        add(&mut self.addresses, source, person, row);
        add(&mut self.days, &day, source, row);
    }

    pub(super) fn print(&self, look: &Look, out: &mut impl Write) -> io::Result<()> {
        list("USER", "PLACES", &self.users, look, out)?;
        list("FROM", "USERS", &self.addresses, look, out)?;
        list("DAY", "PLACES", &self.days, look, out)
    }
}

fn add(list: &mut BTreeMap<String, Seen>, name: &str, place: &str, row: &Row<'_>) {
    if name.is_empty() {
        return;
    }
    let name = if list.len() >= NAMES && !list.contains_key(name) { MORE } else { name };
    let fresh = || Seen { first: row.time, last: row.time, times: 0, places: HashSet::new() };
    let seen = list.entry(name.to_owned()).or_insert_with(fresh);
    seen.first = seen.first.min(row.time);
    seen.last = seen.last.max(row.time);
    seen.times += u64::from(row.count);
    if !place.is_empty() && seen.places.len() < PLACES {
        seen.places.insert(place.to_owned());
    }
}

fn list(
    what: &str,
    places: &str,
    names: &BTreeMap<String, Seen>,
    look: &Look,
    out: &mut impl Write,
) -> io::Result<()> {
    let time = |time: Time| {
        let stamp = jiff::Timestamp::from_second(time.seconds()).unwrap_or_default();
        look.zone.to_datetime(stamp).strftime("%Y-%m-%d %H:%M").to_string()
    };
    writeln!(out, "{} {:>9} {places:>7}  {:<16}  LAST", fit(what, 28), "TIMES", "FIRST")?;
    for (name, seen) in names {
        let most = if seen.places.len() >= PLACES { "+" } else { "" };
        writeln!(
            out,
            "{} {:>9} {:>7}  {}  {}",
            fit(&visible(name), 28),
            seen.times,
            format!("{}{most}", seen.places.len()),
            time(seen.first),
            time(seen.last),
        )?;
    }
    writeln!(out)
}
