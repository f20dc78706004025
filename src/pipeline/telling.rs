//! What happened to a source, as the exporter's own metrics and in its log.

use tracing::{debug, warn};

use super::interpreter::Tally;
use crate::event::Time;
use crate::metrics::own::{CloudTrail, Own, Source};
use crate::record::SourceId;
use crate::source::{CallFailure, Calls, ProblemReason, Report};

/// The metrics of one source.
#[derive(Debug)]
pub(super) struct Telling {
    id: SourceId,
    source: Source,
    /// Of a source that asks CloudTrail: the account and Region, once it says which.
    cloudtrail: Option<(String, CloudTrail)>,
}

impl Telling {
    /// `last` is the time of the newest record that was read before the start.
    pub(super) fn new(own: &Own, id: &SourceId, last: Option<Time>) -> Telling {
        let reasons: Vec<_> = ProblemReason::ALL.iter().map(|reason| reason.as_str()).collect();
        let source = own.source(&id.to_string(), &reasons);
        if let Some(last) = last {
            source.last_record(last);
        }
        Telling { id: id.clone(), source, cloudtrail: None }
    }

    pub(super) fn tell(&mut self, own: &Own, tally: &Tally, report: &Report, now: Time) {
        self.read(tally, report, now);
        for (program, count) in &tally.unrecognized {
            own.unrecognized(program, *count);
        }
        for problem in &report.problems {
            warn!(source = %self.id, reason = problem.reason.as_str(), "{}", problem.message);
            self.source.errors(problem.reason.as_str(), problem.count);
        }
        if tally.untrusted > 0 {
            debug!(source = %self.id, count = tally.untrusted, "entries whose writer may not say what they say");
        }
        own.event_ids_forgotten(tally.forgotten_ids);
        if !report.calls.region.is_empty() {
            let cloudtrail = self.cloudtrail(own, &report.calls);
            tell_calls(cloudtrail, &report.calls);
            tally.delays.iter().for_each(|delay| cloudtrail.delivery_delay(*delay));
        }
    }

    /// The metrics of the account and Region that were asked. The account may be learnt only once
    /// there are credentials.
    fn cloudtrail(&mut self, own: &Own, calls: &Calls) -> &CloudTrail {
        let known = self.cloudtrail.take().filter(|(account, _)| *account == calls.account);
        let (_, cloudtrail) = self.cloudtrail.insert(known.unwrap_or_else(|| {
            let reasons: Vec<_> = CallFailure::ALL.iter().map(|failure| failure.as_str()).collect();
            let metrics = own.cloudtrail(&calls.account, &calls.region, &reasons);
            (calls.account.clone(), metrics)
        }));
        cloudtrail
    }

    fn read(&self, tally: &Tally, report: &Report, now: Time) {
        self.source.up(report.up);
        self.source.lag(report.lag_bytes);
        self.source.records(tally.records);
        self.source.bytes(report.bytes);
        self.source.rotations(u64::from(report.rotations));
        self.source.errors(ProblemReason::Untrusted.as_str(), tally.untrusted);
        self.source.errors(ProblemReason::Suppressed.as_str(), tally.suppressed);
        if report.up {
            self.source.last_read(now);
        }
        if let Some(time) = tally.last_record {
            self.source.last_record(time);
        }
    }
}

fn tell_calls(cloudtrail: &CloudTrail, calls: &Calls) {
    cloudtrail.requests(calls.requests);
    for failure in &calls.failures {
        cloudtrail.request_failures(failure.as_str(), 1);
    }
    if let Some(time) = calls.polled {
        cloudtrail.last_poll(time);
    }
    if let Some(seconds) = calls.reach {
        cloudtrail.reach(seconds);
    }
}
