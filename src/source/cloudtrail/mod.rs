//! CloudTrail asked through LookupEvents, for one account in one Region.
//!
//! LookupEvents takes one attribute to look for. Asked by event source it would show every call of
//! every SSM agent, so it is asked by event name, once for each name that counts. That is six small requests a poll, kept under the service's two requests a second, which
//! all readers of the account share. What was read is told by [`Progress`].

mod client;
mod pace;
mod progress;
mod trouble;

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

pub use self::client::{Account, Aws};
use self::client::{Client, Failure, Found, Page};
use self::pace::Pace;
use self::progress::{Progress, Window};
use super::{CallFailure, Calls, Delivery, Problem, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId, SourceKind};

/// CloudTrail allows two requests a second; a fifth is left to others.
const REQUEST_INTERVAL: Duration = Duration::from_millis(600);

/// Throttling is told of only when it lasts: single refusals are part of a shared limit.
const THROTTLED_BEFORE_TOLD: u32 = 3;

/// What begins a session, and what only names the session: it is for `memory::Memory` to know the
/// target by then. CloudTrail may show both at once, and does so between any two requests, so the
/// latter is asked for first, and kept until the former was read.
const BEGINS: &str = "StartSession";
const NAMES_A_SESSION: [&str; 2] = ["TerminateSession", "ResumeSession"];

/// Events kept so at most; with more, what is there is told without waiting.
const WAITING: usize = 1_000;

/// What to ask, and how often.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: String,
    /// `None` for the account of the credentials themselves.
    pub account: Option<Account>,
    /// The `eventName`s that are asked for.
    pub event_names: Vec<String>,
    pub poll_interval: Duration,
    /// How far the first start reaches back.
    pub lookback: Duration,
    /// The least time between two requests.
    pub request_interval: Duration,
    /// The wait after the first failure; it doubles with each further one, to five minutes.
    pub first_back_off: Duration,
}

impl Settings {
    /// The defaults: a poll a minute, a day back.
    pub fn new(region: &str, event_names: &[&str]) -> Self {
        Settings {
            region: region.to_owned(),
            account: None,
            event_names: event_names.iter().map(|name| (*name).to_owned()).collect(),
            poll_interval: Duration::from_secs(60),
            lookback: Duration::from_secs(24 * 3_600),
            request_interval: REQUEST_INTERVAL,
            first_back_off: Duration::from_secs(2),
        }
    }

    /// `cloudtrail:REGION`, or `cloudtrail:ACCOUNT:REGION` where a role is assumed.
    pub fn id(&self) -> SourceId {
        let of = match &self.account {
            Some(account) => format!("{}:{}", account.number(), self.region),
            None => self.region.clone(),
        };
        SourceId::new(SourceKind::CloudTrail, of)
    }
}

/// A poll that is under way.
#[derive(Clone, Debug)]
struct Poll {
    window: Window,
    /// Which of the event names is being read.
    name: usize,
    /// The next page of that name; `None` for its first.
    token: Option<String>,
}

/// Follows CloudTrail in one account and Region.
#[derive(Debug)]
pub struct CloudTrailSource {
    id: SourceId,
    settings: Settings,
    client: Client,
    progress: Progress,
    pace: Pace,
    poll: Option<Poll>,
    /// What names a session, of the poll under way; not told and not remembered yet.
    waiting: Vec<Found>,
    next_poll: Instant,
    /// A poll of this run was read to its end.
    caught_up: bool,
    up: bool,
    /// Records of the last answer that are new.
    batch: Vec<Vec<u8>>,
    calls: Calls,
    problems: Vec<Problem>,
}

impl CloudTrailSource {
    /// Goes on behind `position`, or begins with the lookback. Asks nothing yet.
    pub async fn open(aws: &Aws, mut settings: Settings, position: Option<&Position>) -> Self {
        settings.event_names.sort_by_key(|name| !names_a_session(name));
        let client = Client::new(aws, &settings.region, settings.account.as_ref()).await;
        let lookback = i64::try_from(settings.lookback.as_secs()).unwrap_or(i64::MAX);
        let restored = position.and_then(Progress::restore);
        CloudTrailSource {
            id: settings.id(),
            client,
            progress: restored.unwrap_or_else(|| Progress::new(now().seconds(), lookback)),
            pace: Pace::new(settings.request_interval, settings.first_back_off),
            settings,
            poll: None,
            waiting: Vec::new(),
            next_poll: Instant::now(),
            caught_up: false,
            up: true,
            batch: Vec::new(),
            calls: Calls::default(),
            problems: Vec::new(),
        }
    }

    /// Waits for the time of the next request and begins a poll where none is under way.
    async fn turn(&mut self) -> Poll {
        if self.poll.is_none() {
            tokio::time::sleep_until(self.next_poll).await;
        }
        self.pace.turn().await;
        match &self.poll {
            Some(poll) => poll.clone(),
            None => self.begin_poll(),
        }
    }

    fn begin_poll(&mut self) -> Poll {
        self.next_poll = Instant::now() + self.settings.poll_interval;
        let window = self.progress.window(now().seconds());
        let poll = Poll { window, name: 0, token: None };
        self.poll = Some(poll.clone());
        self.waiting.clear();
        poll
    }

    async fn ask(&self, poll: &Poll) -> Result<Page, Failure> {
        match self.settings.event_names.get(poll.name) {
            Some(name) => self.client.lookup(name, poll.window, poll.token.clone()).await,
            None => Ok(Page { events: Vec::new(), next: None }),
        }
    }

    /// Takes an answer in; returns whether there is something to tell.
    fn take(&mut self, poll: Poll, answer: Result<Page, Failure>) -> bool {
        self.calls.requests += 1;
        match answer {
            Ok(page) => self.take_page(poll, page),
            Err(failure) => {
                self.take_failure(&failure);
                true
            }
        }
    }

    fn take_page(&mut self, mut poll: Poll, page: Page) -> bool {
        self.pace.succeeded();
        self.up = true;
        let name = self.settings.event_names.get(poll.name).map_or("", String::as_str);
        let (waits, begins) = (names_a_session(name), name == BEGINS);
        let room = self.take_or_keep(page.events, waits);
        poll.token = page.next.filter(|_| room);
        if poll.token.is_none() {
            poll.name += 1;
        }
        let done = poll.name >= self.settings.event_names.len();
        if done || (begins && poll.token.is_none()) {
            self.take_waiting();
        }
        if done {
            self.end_poll(poll.window);
        } else {
            self.poll = Some(poll);
        }
        done || !self.batch.is_empty()
    }

    fn take_or_keep(&mut self, events: Vec<Found>, waits: bool) -> bool {
        if !waits {
            return self.take_events(events);
        }
        self.waiting.extend(events.into_iter().filter(|event| !self.progress.knows(&event.id)));
        self.waiting.len() < WAITING || self.take_waiting()
    }

    fn take_waiting(&mut self) -> bool {
        let waiting = std::mem::take(&mut self.waiting);
        self.take_events(waiting)
    }

    /// Keeps what is new, oldest first; returns whether there was room for all of it.
    fn take_events(&mut self, events: Vec<Found>) -> bool {
        for event in events.into_iter().rev() {
            match self.progress.admit(&event.id, event.time) {
                Some(true) => self.keep(event),
                Some(false) => {}
                None => {
                    self.problems.push(trouble::too_many(&self.settings));
                    return false;
                }
            }
        }
        true
    }

    fn keep(&mut self, event: Found) {
        if self.caught_up {
            let delay = now().seconds_since(Time::new(event.time, 0));
            self.calls.delays.push(delay.max(0.0));
        }
        self.batch.push(event.record.into_bytes());
    }

    fn end_poll(&mut self, window: Window) {
        self.poll = None;
        self.progress.complete(window);
        self.caught_up = true;
        self.calls.polled = Some(now());
        if window.lost > 0 {
            self.problems.push(trouble::forgotten(&self.settings, window.lost));
        }
    }

    /// The page is asked for again after a while; nothing that was read is lost.
    fn take_failure(&mut self, failure: &Failure) {
        self.calls.failures.push(failure.reason);
        let (in_a_row, wait) = self.pace.failed();
        if failure.token_refused {
            self.poll = None;
        }
        if failure.reason == CallFailure::Throttled && in_a_row < THROTTLED_BEFORE_TOLD {
            return;
        }
        self.up = false;
        self.problems.push(trouble::of_request(&self.settings, failure, wait));
    }

    fn deliver(&mut self) -> Delivery<'_> {
        let report = Report {
            up: self.up,
            caught_up: self.caught_up,
            bytes: self.batch.iter().map(|record| record.len() as u64).sum(),
            problems: std::mem::take(&mut self.problems),
            calls: std::mem::take(&mut self.calls),
            ..Report::default()
        };
        Delivery {
            records: Records::CloudTrail(&self.batch),
            position: self.progress.position(),
            reference: now(),
            report,
        }
    }
}

impl Source for CloudTrailSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.batch.clear();
        loop {
            let poll = self.turn().await;
            let answer = self.ask(&poll).await;
            if self.take(poll, answer) {
                return self.deliver();
            }
        }
    }
}

fn names_a_session(event_name: &str) -> bool {
    NAMES_A_SESSION.contains(&event_name)
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
