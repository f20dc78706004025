//! CloudTrail asked through LookupEvents, for one account in one Region.
//!
//! LookupEvents takes one attribute to look for. Asked by the event source of Systems Manager it
//! would show every call of every agent, so it is asked by event name, once for each name that
//! counts, and by event source where all calls of a service count. That is some ten small requests
//! a poll, kept under the service's two requests a second, which all readers of the account share.
//! What was read is told by [`Progress`].

mod client;
mod pace;
mod progress;
mod trouble;

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use self::client::{Client, Found, Page};
use self::pace::Pace;
use self::progress::{Progress, Window};
use super::aws::{Access, Failure};
use super::{CallFailure, Calls, Delivery, Problem, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId, SourceKind};

/// CloudTrail allows two requests a second; a fifth is left to others.
const REQUEST_INTERVAL: Duration = Duration::from_millis(600);

/// Throttling is told of only when it lasts: single refusals are part of a shared limit.
const THROTTLED_BEFORE_TOLD: u32 = 3;

/// What begins a session, and what only names the session: it is for `memory` to know the
/// target by then. CloudTrail may show both at once, and does so between any two requests, so the
/// latter is asked for first, and kept until the former was read.
const BEGINS: &str = "StartSession";
const NAMES_A_SESSION: [&str; 2] = ["TerminateSession", "ResumeSession"];

/// Events kept so at most; with more, what is there is told without waiting.
const WAITING: usize = 1_000;

/// How often it is told again that LookupEvents cannot carry what there is, seconds.
const TOLD_EVERY: i64 = 3_600;

/// The sweep of a day is due every hour; so much later, seconds, it will not be done in time any
/// more.
const TOO_FAR_BEHIND: i64 = 2 * 3_600;

/// How long it is gone without the number of the account, before it is asked for again.
const ASK_AGAIN_WHOSE: Duration = Duration::from_secs(300);

/// What one request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    EventName(String),
    /// All calls of a service: `ec2-instance-connect.amazonaws.com`.
    EventSource(String),
}

/// What to ask, and how often.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: String,
    pub queries: Vec<Query>,
    pub poll_interval: Duration,
    /// How far the first start reaches back.
    pub lookback: Duration,
    /// The least time between two requests.
    pub request_interval: Duration,
    /// The wait after the first failure; it doubles with each further one, to five minutes.
    pub first_back_off: Duration,
    /// Accounts that are read through a role: not asked by the exporter's own credentials too.
    pub elsewhere: BTreeSet<String>,
}

impl Settings {
    /// The defaults: a poll a minute, a day back.
    pub fn new(region: &str, queries: Vec<Query>) -> Self {
        Settings {
            region: region.to_owned(),
            queries,
            poll_interval: Duration::from_secs(60),
            lookback: Duration::from_secs(24 * 3_600),
            request_interval: REQUEST_INTERVAL,
            first_back_off: Duration::from_secs(2),
            elsewhere: BTreeSet::new(),
        }
    }
}

/// `cloudtrail:REGION`, or `cloudtrail:ACCOUNT:REGION` where a role is assumed.
pub fn id(account: Option<&str>, region: &str) -> SourceId {
    SourceId::new(
        SourceKind::CloudTrail,
        account.map_or_else(|| region.to_owned(), |account| format!("{account}:{region}")),
    )
}

/// A poll or a sweep that is under way.
#[derive(Debug)]
struct Job {
    window: Window,
    /// Which of the queries is being read.
    query: usize,
    /// The next page of that query; `None` for its first.
    token: Option<String>,
    /// What names a session; not told and not remembered yet.
    waiting: Vec<Found>,
}

impl Job {
    fn new(window: Window) -> Job {
        Job { window, query: 0, token: None, waiting: Vec::new() }
    }
}

/// Follows CloudTrail in one account and Region.
#[derive(Debug)]
pub struct CloudTrailSource {
    id: SourceId,
    settings: Settings,
    access: Access,
    client: Client,
    progress: Progress,
    pace: Pace,
    /// What is fresh goes first: a sweep rests while a poll is under way.
    poll: Option<Job>,
    sweep: Option<Job>,
    next_poll: Instant,
    /// A poll of this run was read to its end.
    caught_up: bool,
    up: bool,
    /// Since when every request was throttled.
    throttled_since: Option<Instant>,
    /// When it was last told that there is too much, seconds.
    told_of_too_much: i64,
    /// The account is read through a role as well: nothing is asked here.
    idle: bool,
    /// When STS is asked next whose account it is.
    ask_whose: Instant,
    batch: Vec<Vec<u8>>,
    calls: Calls,
    problems: Vec<Problem>,
}

impl CloudTrailSource {
    /// Goes on behind `position`, or begins with the lookback. Asks nothing yet.
    pub fn open(access: &Access, mut settings: Settings, position: Option<&Position>) -> Self {
        settings.queries.sort_by_key(|query| !names_a_session(query));
        let lookback = i64::try_from(settings.lookback.as_secs()).unwrap_or(i64::MAX);
        let restored = position.and_then(Progress::restore);
        let progress = restored.unwrap_or_else(|| Progress::new(now().seconds(), lookback));
        let interval = progress.interval.map(Duration::from_millis);
        if let Some(number) = &progress.account {
            access.learnt(number);
        }
        let account = access.role_arn.as_ref().and_then(|_| access.known_number());
        CloudTrailSource {
            id: id(account, &settings.region),
            client: Client::new(access, &settings.region),
            access: access.clone(),
            pace: Pace::new(settings.request_interval, interval, settings.first_back_off),
            progress,
            settings,
            poll: None,
            sweep: None,
            next_poll: Instant::now(),
            caught_up: false,
            up: true,
            throttled_since: None,
            told_of_too_much: 0,
            idle: false,
            ask_whose: Instant::now(),
            batch: Vec::new(),
            calls: Calls::default(),
            problems: Vec::new(),
        }
    }

    /// Waits for the time of the next request, and begins what is due.
    async fn turn(&mut self) {
        loop {
            let due = self.next_poll <= Instant::now();
            if self.poll.is_none() && due {
                self.next_poll = Instant::now() + self.settings.poll_interval;
                self.poll = Some(Job::new(self.progress.window(now().seconds())));
            }
            if self.poll.is_none() && self.sweep.is_none() {
                self.sweep = self.progress.sweep(now().seconds()).map(Job::new);
            }
            if self.poll.is_some() || (self.sweep.is_some() && self.pace.next() < self.next_poll) {
                return self.pace.turn().await;
            }
            tokio::time::sleep_until(self.next_poll).await;
        }
    }

    fn job(&mut self) -> Option<&mut Job> {
        self.poll.as_mut().or(self.sweep.as_mut())
    }

    async fn ask(&mut self) -> Result<Page, Failure> {
        let nothing = Page { events: Vec::new(), next: None };
        let Some(job) = self.poll.as_ref().or(self.sweep.as_ref()) else { return Ok(nothing) };
        match self.settings.queries.get(job.query) {
            Some(query) => self.client.lookup(query, job.window, job.token.clone()).await,
            None => Ok(nothing),
        }
    }

    /// Takes an answer in; returns whether there is something to tell.
    fn take(&mut self, answer: Result<Page, Failure>) -> bool {
        self.calls.requests += 1;
        match answer {
            Ok(page) => self.take_page(page),
            Err(failure) => {
                self.take_failure(&failure);
                true
            }
        }
    }

    fn take_page(&mut self, page: Page) -> bool {
        self.pace.succeeded();
        self.throttled_since = None;
        self.up = true;
        let Some(mut job) = self.poll.take().or_else(|| self.sweep.take()) else { return false };
        let query = self.settings.queries.get(job.query);
        let waits = query.is_some_and(names_a_session);
        let begins = query.is_some_and(|query| matches!(query, Query::EventName(n) if n == BEGINS));
        let oldest = page.events.last().map(|event| event.time);
        let is_read = self.is_fresh_part_read(job.window, oldest);
        match waits {
            true => self.keep_waiting(&mut job, page.events),
            false => self.take_events(page.events),
        }
        job.token = page.next.filter(|_| !is_read);
        if job.token.is_none() {
            job.query += 1;
        }
        let done = job.query >= self.settings.queries.len();
        if done || (begins && job.token.is_none()) {
            self.take_events(std::mem::take(&mut job.waiting));
        }
        match done {
            true => self.end(job.window),
            false if job.window.sweep.is_none() => self.poll = Some(job),
            false => self.sweep = Some(job),
        }
        done || !self.batch.is_empty()
    }

    /// The rest of a poll's window is a sweep's to read.
    fn is_fresh_part_read(&self, window: Window, oldest: Option<i64>) -> bool {
        window.sweep.is_none()
            && self.progress.fresh_since().zip(oldest).is_some_and(|(since, oldest)| oldest < since)
    }

    fn keep_waiting(&mut self, job: &mut Job, events: Vec<Found>) {
        job.waiting.extend(events.into_iter().filter(|event| !self.progress.knows(&event.id)));
        if job.waiting.len() >= WAITING {
            self.take_events(std::mem::take(&mut job.waiting));
        }
    }

    /// Keeps what is new, oldest first.
    fn take_events(&mut self, events: Vec<Found>) {
        for event in events.into_iter().rev() {
            if self.progress.admit(&event.id, event.time) {
                self.batch.push(event.record.into_bytes());
            }
        }
    }

    /// A poll or a sweep was read to its end.
    fn end(&mut self, window: Window) {
        let now = now();
        self.progress.complete(window, now.seconds());
        if window.sweep.is_none() {
            self.caught_up = true;
            self.calls.polled = Some(now);
            // One that takes longer than its interval leaves the sweeps a turn all the same.
            let rest = self.settings.poll_interval / 4;
            self.next_poll = self.next_poll.max(Instant::now() + rest);
        }
        self.calls.reach = Some(self.progress.reach(now.seconds()));
        if window.lost > 0 {
            self.problems.push(trouble::forgotten(&self.settings, window.lost));
        }
        if self.progress.behind(now.seconds()) > TOO_FAR_BEHIND
            && now.seconds() - self.told_of_too_much >= TOLD_EVERY
        {
            self.told_of_too_much = now.seconds();
            self.problems.push(trouble::too_much(&self.settings, self.pace.interval()));
        }
    }

    /// The page is asked for again after a while; nothing that was read is lost.
    fn take_failure(&mut self, failure: &Failure) {
        self.calls.failures.push(failure.reason);
        let (in_a_row, wait) = self.pace.failed();
        if failure.code == "InvalidNextTokenException"
            && let Some(job) = self.job()
        {
            job.token = None;
        }
        if failure.reason == CallFailure::Throttled {
            self.pace.throttled();
            let since = *self.throttled_since.get_or_insert_with(Instant::now);
            let lasts = since.elapsed() >= 2 * self.settings.poll_interval;
            if in_a_row < THROTTLED_BEFORE_TOLD || !lasts {
                return;
            }
        }
        self.up = false;
        let (role, settings) = (self.access.role_arn.as_deref(), &self.settings);
        self.problems.push(trouble::of_request(settings, role, failure, wait));
    }

    /// STS does not say whose account it is. Where it refuses what this host says of itself,
    /// CloudTrail will too; else that is asked all the same.
    fn take_unknown_account(&mut self, failure: &Failure) {
        self.calls.requests += 1;
        match failure.reason {
            CallFailure::Credentials | CallFailure::Expired | CallFailure::Clock => {
                self.ask_whose = Instant::now();
                self.take_failure(failure);
            }
            reason => {
                self.calls.failures.push(reason);
                self.problems.push(trouble::of_account(&self.settings, failure));
            }
        }
    }

    /// Whose account this is. Where STS does not say, CloudTrail is asked all the same: the first
    /// record tells it too.
    async fn learn_account(&mut self) -> Result<(), Failure> {
        if self.progress.account.is_none() && self.ask_whose <= Instant::now() {
            self.pace.turn().await;
            self.ask_whose = Instant::now() + ASK_AGAIN_WHOSE;
            let number = self.access.number().await.map(str::to_owned);
            self.progress.account = Some(number.map_err(|failure| match failure.reason {
                CallFailure::Network => Failure { reason: CallFailure::Sts, ..failure },
                _ => failure,
            })?);
        }
        self.rest_if_elsewhere();
        Ok(())
    }

    fn rest_if_elsewhere(&mut self) {
        let Some(number) = self.progress.account.as_deref() else { return };
        if self.access.role_arn.is_none() && self.settings.elsewhere.contains(number) {
            self.idle = true;
            self.caught_up = true;
            self.up = true;
        }
    }

    /// The account that the newest record was written for.
    fn learn_account_from_records(&mut self) {
        if self.progress.account.is_none()
            && let Some(number) = self.batch.iter().rev().find_map(|record| recipient(record))
        {
            self.access.learnt(&number);
            self.progress.account = Some(number);
        }
    }

    fn deliver(&mut self) -> Delivery<'_> {
        let interval = self.pace.interval().as_millis();
        self.progress.interval = u64::try_from(interval).ok();
        let calls = Calls {
            account: self.progress.account.clone().unwrap_or_default(),
            region: self.settings.region.clone(),
            ..std::mem::take(&mut self.calls)
        };
        let report = Report {
            up: self.up,
            caught_up: self.caught_up,
            bytes: self.batch.iter().map(|record| record.len() as u64).sum(),
            problems: std::mem::take(&mut self.problems),
            calls,
            ..Report::default()
        };
        Delivery {
            records: Records::CloudTrail(&self.batch),
            position: self.progress.position(),
            reference: now(),
            year: None,
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
        if self.idle {
            std::future::pending::<()>().await;
        }
        if let Err(failure) = self.learn_account().await {
            self.take_unknown_account(&failure);
            return self.deliver();
        }
        if self.idle {
            return self.deliver();
        }
        loop {
            self.turn().await;
            let answer = self.ask().await;
            if self.take(answer) {
                self.learn_account_from_records();
                return self.deliver();
            }
        }
    }
}

/// The number of the account in a record.
fn recipient(record: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        recipient_account_id: String,
    }
    serde_json::from_slice(record).ok().map(|told: Told| told.recipient_account_id)
}

fn names_a_session(query: &Query) -> bool {
    matches!(query, Query::EventName(name) if NAMES_A_SESSION.contains(&name.as_str()))
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
