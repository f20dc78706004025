//! Every metric family, declared once, as data.
//!
//! Owns names, help, types, units and labels, which counter and which last-seen gauge are a pair,
//! which event feeds a family, and in which order its labels fold. The store, the encoder, the
//! README's table, the dashboards and the alert rules are built from this or tested against it.

mod events;
pub mod own;

use crate::event::EventKind;

pub use events::{ACCESSES, AccessKind, EVENT_FAMILIES, SESSION_DURATION, SESSIONS_ACTIVE};

/// The type of a family, as `# TYPE` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Counter,
    Gauge,
    Histogram,
}

impl Type {
    pub fn as_str(self) -> &'static str {
        match self {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        }
    }
}

/// A label's name. Never `service type region env instance job`: Prometheus or its users put
/// those on every series themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    Program,
    User,
    TargetUser,
    Method,
    Identity,
    Source,
    Network,
    Expected,
    Reason,
    Command,
    Change,
    EventName,
    Target,
    Document,
    ErrorCode,
    AwsAccount,
    AwsRegion,
    AccountName,
    Kind,
    Family,
    Hostname,
    Choice,
    InstanceId,
    Version,
    Revision,
}

impl Label {
    pub const fn name(self) -> &'static str {
        match self {
            Label::Program => "program",
            Label::User => "user",
            Label::TargetUser => "target_user",
            Label::Method => "method",
            Label::Identity => "identity",
            Label::Source => "source",
            Label::Network => "network",
            Label::Expected => "expected",
            Label::Reason => "reason",
            Label::Command => "command",
            Label::Change => "change",
            Label::EventName => "event_name",
            Label::Target => "target",
            Label::Document => "document",
            Label::ErrorCode => "error_code",
            Label::AwsAccount => "aws_account",
            Label::AwsRegion => "aws_region",
            Label::AccountName => "account_name",
            Label::Kind => "kind",
            Label::Family => "family",
            Label::Hostname => "hostname",
            Label::Choice => "choice",
            Label::InstanceId => "instance_id",
            Label::Version => "version",
            Label::Revision => "revision",
        }
    }
}

/// One family of the page.
#[derive(Debug)]
pub struct Family {
    /// Whole, with the `_total` of a counter.
    pub name: &'static str,
    pub kind: Type,
    /// The base unit that the name ends in (before `_total`), for OpenMetrics' `# UNIT`.
    pub unit: Option<&'static str>,
    pub help: &'static str,
    pub labels: &'static [Label],
    /// Upper bounds of a histogram's buckets, in the unit, without `+Inf`.
    pub buckets: &'static [f64],
}

impl Family {
    const fn new(name: &'static str, kind: Type, labels: &'static [Label]) -> Self {
        Family { name, kind, unit: None, help: "", labels, buckets: &[] }
    }

    pub(crate) const fn counter(name: &'static str, labels: &'static [Label]) -> Self {
        Family::new(name, Type::Counter, labels)
    }

    pub(crate) const fn gauge(name: &'static str, labels: &'static [Label]) -> Self {
        Family::new(name, Type::Gauge, labels)
    }

    pub(crate) const fn histogram(
        name: &'static str,
        labels: &'static [Label],
        buckets: &'static [f64],
    ) -> Self {
        Family { buckets, ..Family::new(name, Type::Histogram, labels) }
    }

    pub(crate) const fn unit(self, unit: &'static str) -> Self {
        Family { unit: Some(unit), ..self }
    }

    pub(crate) const fn help(self, help: &'static str) -> Self {
        Family { help, ..self }
    }
}

/// Which events of its kind a family counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// Only a success from an address that failed often just before.
    AfterFailures,
}

/// A counter of events with its last-seen gauge: the same labels, the same series.
#[derive(Debug)]
pub struct EventFamily {
    pub counter: Family,
    /// Unix seconds of the newest event that the counter counted.
    pub last: Family,
    /// Where an alert rests on the family: when the newest of them was counted while the exporter
    /// watched, by the exporter's clock. A series that is baseline alone has no sample of it.
    pub counted: Option<Family>,
    pub fed_by: EventKind,
    pub when: When,
    /// Which label becomes `(other)` first when the family is full: the least certain one, and the
    /// one that someone outside can vary, before those that cannot. All but `expected`.
    pub folds: &'static [Label],
}

impl EventFamily {
    pub fn labels(&self) -> &'static [Label] {
        self.counter.labels
    }

    /// Series that stand when every label that may fold has folded: one a verdict.
    pub fn folded_whole(&self) -> usize {
        if self.labels().contains(&Label::Expected) { 3 } else { 1 }
    }

    /// The families whose series stand and go together, in the order of the page.
    pub fn together(&self) -> impl Iterator<Item = &Family> {
        [&self.counter, &self.last].into_iter().chain(&self.counted)
    }
}

/// Every family of the page but the process's own, in the order of the page; those that share their
/// series stand in one row.
pub fn all() -> Vec<Vec<&'static Family>> {
    let events = EVENT_FAMILIES.iter().map(|family| family.together().collect());
    let alone = [&ACCESSES, &SESSIONS_ACTIVE, &SESSION_DURATION].into_iter();
    let alone = alone.chain(own::OWN_FAMILIES.iter().copied()).map(|family| vec![family]);
    events.chain(alone).collect()
}

/// The README's table of metrics: one row for families that share their series.
///
/// ```text
/// | `family`, `pair` | type | labels | meaning |
/// ```
pub fn markdown() -> String {
    let mut table = String::from("| family | type | labels | meaning |\n|---|---|---|---|\n");
    for families in all() {
        table.push_str(&row(&families));
    }
    table
}

fn row(families: &[&Family]) -> String {
    let each = |text: fn(&Family) -> String| {
        families.iter().map(|family| text(family)).collect::<Vec<_>>().join(", ")
    };
    let first = families.first();
    let labels: Vec<&str> =
        first.iter().flat_map(|family| family.labels).map(|label| label.name()).collect();
    format!(
        "| {} | {} | {} | {} |\n",
        each(|family| format!("`{}`", family.name)),
        each(|family| family.kind.as_str().to_owned()),
        labels.join(", "),
        first.map_or("", |family| family.help),
    )
}

#[cfg(test)]
mod tests;
