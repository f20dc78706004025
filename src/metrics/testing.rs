//! What the tests of this module build their events and pages with.

use std::borrow::Cow;

use super::exposition::{Format, Scrape, render};
use super::series::{Client, Moment, Store, Viewer};
use crate::event::{AwsCall, Event, EventKind, Expected, Method, Texts, Time};
use crate::policy::Observation;

pub(super) const NOW: i64 = 1_700_000_000;

/// So many seconds after the tests' beginning of time.
pub(super) fn at(seconds: i64) -> Time {
    Time::new(NOW + seconds, 0)
}

/// Someone logs in over SSH with a key.
pub(super) fn login(user: &str, source: &str) -> Event<'static> {
    Event {
        time: at(0),
        user: Some(user.to_owned().leak()),
        source: Some(source.to_owned().leak()),
        method: Some(Method::Publickey),
        ..Event::new(EventKind::LoginSuccess, "sshd")
    }
}

pub(super) fn start_session(target: &str) -> Event<'static> {
    let call = AwsCall {
        event_name: "StartSession",
        target: Some(target.to_owned().leak()),
        document: Some("SSM-SessionManagerRunShell"),
        account: Some("123456789012"),
        region: Some("ap-northeast-1"),
        event_id: "e-1",
        ..AwsCall::default()
    };
    Event {
        time: at(0),
        source: Some("AWS Internal"),
        aws: Some(Texts::for_ever().call(call)),
        ..Event::new(EventKind::AwsSuccess, "")
    }
}

/// The event as policy judges it where there are no rules.
pub(super) fn seen<'e>(event: &'e Event<'e>) -> Observation<'e> {
    Observation {
        event,
        identity: Cow::Borrowed(""),
        network: Cow::Borrowed("public"),
        expected: Expected::Unset,
        rule: None,
        duration: None,
        after_failures: false,
    }
}

/// Counts an event that happens while the exporter watches.
pub(super) fn watch(store: &mut Store, event: &Event<'_>, now: impl Into<Moment>) {
    store.observe(&seen(event), true, now);
}

/// Counts an event that the first start finds in the log.
pub(super) fn find(store: &mut Store, event: &Event<'_>) {
    store.observe(&seen(event), false, at(0));
}

/// So many seconds after the tests' beginning of time, and as long after the exporter's start.
pub(super) fn moment(seconds: u64) -> Moment {
    let up = std::time::Duration::from_secs(seconds);
    Moment { wall: at(i64::try_from(seconds).unwrap()), up }
}

/// A scraper of this name on a connection of this number.
pub(super) fn viewer(connection: u64, client: u64) -> Option<Viewer> {
    Some(Viewer { connection, client: Client(client, client) })
}

/// A person asks.
pub(super) fn scrape(now: impl Into<Moment>) -> Scrape {
    Scrape { viewer: None, format: Format::Text, now: now.into(), created: false, saved: true }
}

/// The event families as someone sees them who is no scraper.
pub(crate) fn page(store: &mut Store) -> String {
    text(store, &scrape(at(0)))
}

pub(super) fn text(store: &mut Store, scrape: &Scrape) -> String {
    let none = std::iter::empty::<(&str, &str, u64)>();
    String::from_utf8(render(store, None, scrape, none)).unwrap()
}

/// The samples of one family, each as `{labels} value`.
pub(crate) fn samples(page: &str, family: &str) -> Vec<String> {
    let sample = |line: &str| {
        let rest = line.strip_prefix(family)?;
        rest.starts_with(['{', ' ']).then(|| rest.trim().to_owned())
    };
    page.lines().filter_map(sample).collect()
}

/// The sum of a family's samples.
pub(super) fn sum(page: &str, family: &str) -> u64 {
    let value = |sample: String| sample.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    samples(page, family).into_iter().map(value).sum()
}
