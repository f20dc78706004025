//! Who asks, and what they may see yet: why `increase()` on a stock Prometheus sees the first one.
//!
//! A counter that appears with a value has, for Prometheus, not risen. So a series that is born
//! while the exporter watches is shown at 0 until each scraper that asked within five minutes has
//! had one 0, and after a restart every series at its saved value until each has had that; two
//! minutes at most. Those who are no scrapers (a person, a program that sends no
//! `X-Prometheus-Scrape-Timeout-Seconds`) see what scrapers see, but wait for nobody where no
//! scraper is known. Neither of the two ever sees a counter fall.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::event::Time;

/// Seconds that a scraper is waited for after it was last seen.
const KNOWN_FOR: f64 = 300.0;

/// Seconds after which a snapshot is due in which a scraper was seen later: a part of the above.
const REMEMBERED_FOR: f64 = 60.0;

/// Seconds after which a series is shown as it is, whoever has not come.
const HELD_FOR: f64 = 120.0;

/// Scrapers that are remembered. When more come, the one not seen for longest is forgotten.
pub(super) const MAX_SCRAPERS: usize = 64;

/// The scrapers that asked lately.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Scrapers {
    /// Responses that were given, to anyone, since the first start.
    answered: u64,
    known: Vec<Scraper>,
    /// When a scraper was last worth a snapshot, in nanoseconds.
    #[serde(skip)]
    remembered: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Scraper {
    address: IpAddr,
    /// When it last asked, in nanoseconds.
    seen: i64,
    /// Which response it has had last, by [`Scrapers::answered`]; 0 before the first.
    last: u64,
}

/// Who gets one response, and what was given before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audience {
    now: Time,
    is_scraper: bool,
    /// The number of the response that every known scraper has had, the asking one included;
    /// `None` where no scraper is known.
    all_had: Option<u64>,
    /// Responses given before this one.
    answered: u64,
}

/// Which response a scraper is given. It counts as had once it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    scraper: IpAddr,
    response: u64,
}

impl Scrapers {
    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    pub(super) fn answer(
        &mut self,
        scraper: Option<IpAddr>,
        now: Time,
    ) -> (Audience, Option<Receipt>) {
        if let Some(address) = scraper {
            self.see(address, now);
        }
        self.known.retain(|s| apart(now, Time::from_nanoseconds(s.seen)) <= KNOWN_FOR);
        let audience = Audience {
            now,
            is_scraper: scraper.is_some(),
            all_had: self.known.iter().map(|s| s.last).min(),
            answered: self.answered,
        };
        self.answered += 1;
        let response = self.answered;
        (audience, scraper.map(|scraper| Receipt { scraper, response }))
    }

    /// Notes that a scraper has had what it was given.
    pub(super) fn had(&mut self, receipt: Receipt) {
        if let Some(known) = self.known.iter_mut().find(|s| s.address == receipt.scraper) {
            known.last = known.last.max(receipt.response);
        }
    }

    /// Whether the last snapshot knows this scraper, and that it asked lately.
    pub(super) fn is_remembered(&mut self, scraper: Option<IpAddr>, now: Time) -> bool {
        let Some(address) = scraper else { return true };
        let known = self.known.iter().any(|s| s.address == address);
        if known && apart(now, Time::from_nanoseconds(self.remembered)) < REMEMBERED_FOR {
            return true;
        }
        self.remembered = now.nanoseconds();
        false
    }

    fn see(&mut self, address: IpAddr, now: Time) {
        let seen = now.nanoseconds();
        if let Some(known) = self.known.iter_mut().find(|s| s.address == address) {
            known.seen = seen;
            return;
        }
        if self.known.len() >= MAX_SCRAPERS {
            self.forget_one();
        }
        self.known.push(Scraper { address, seen, last: 0 });
    }

    fn forget_one(&mut self) {
        let longest_ago = self.known.iter().enumerate().min_by_key(|(_, s)| s.seen);
        if let Some((place, _)) = longest_ago {
            self.known.swap_remove(place);
        }
    }
}

/// Why a series is not shown at its value yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// Responses that had been given when it began.
    answered: u64,
    since: Time,
    /// Held at a saved value, which at least one response must show.
    restored: bool,
    /// One who is no scraper has seen the value, so no such one may see less again.
    told: bool,
}

impl Hold {
    pub(super) fn newborn(answered: u64, since: Time) -> Self {
        Hold { answered, since, restored: false, told: false }
    }

    pub(super) fn restored(answered: u64, since: Time) -> Self {
        Hold { answered, since, restored: true, told: false }
    }

    /// Nobody who asked has seen the value yet.
    pub(super) fn is_secret(&self) -> bool {
        !self.told
    }

    /// Whether everyone may see the value from now on.
    pub(super) fn is_over(&self, audience: &Audience) -> bool {
        apart(audience.now, self.since) >= HELD_FOR
            || audience.all_had.is_some_and(|response| response > self.answered)
    }

    /// Notes that this one is about to see the value, although scrapers must wait.
    pub(super) fn tell(&mut self, audience: &Audience) {
        let nobody_waits =
            audience.all_had.is_none() && (!self.restored || audience.answered > self.answered);
        self.told |= nobody_waits && !audience.is_scraper;
    }

    /// Whether this one sees the value.
    pub(super) fn is_told_to(&self, audience: &Audience) -> bool {
        self.told && !audience.is_scraper
    }
}

/// Seconds between two moments, whichever came first: a clock that was set back holds nothing up.
fn apart(a: Time, b: Time) -> f64 {
    a.seconds_since(b).abs()
}
