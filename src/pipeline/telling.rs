//! What happened to a source, as the exporter's own metrics and in its log.

use tracing::{debug, warn};

use super::interpreter::Tally;
use crate::event::Time;
use crate::metrics::own::{CloudTrail, Own, Source};
use crate::record::{SourceId, SourceKind};
use crate::source::{CallFailure, Calls, ProblemReason, Report};

/// The metrics of one source.
#[derive(Debug)]
pub(super) struct Telling {
    id: SourceId,
    source: Source,
    /// Of a source that asks CloudTrail.
    cloudtrail: Option<CloudTrail>,
}

impl Telling {
    /// `last` is the time of the newest record that was read before the start.
    pub(super) fn new(own: &Own, id: &SourceId, last: Option<Time>) -> Telling {
        let reasons: Vec<_> = ProblemReason::ALL.iter().map(|reason| reason.as_str()).collect();
        let failures: Vec<_> = CallFailure::ALL.iter().map(|failure| failure.as_str()).collect();
        let asked = Some(&id.of).filter(|_| id.kind == SourceKind::CloudTrail);
        let region = asked.map(|rest| rest.rsplit(':').next().unwrap_or(rest));
        let source = own.source(&id.to_string(), &reasons);
        if let Some(last) = last {
            source.last_record(last);
        }
        Telling {
            id: id.clone(),
            source,
            cloudtrail: region.map(|region| own.cloudtrail(region, &failures)),
        }
    }

    pub(super) fn tell(&self, own: &Own, tally: &Tally, report: &Report, now: Time) {
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
        if let Some(cloudtrail) = &self.cloudtrail {
            tell_calls(cloudtrail, &report.calls);
        }
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
    for delay in &calls.delays {
        cloudtrail.delivery_delay(*delay);
    }
}
