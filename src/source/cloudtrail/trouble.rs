//! What to tell the user when CloudTrail does not answer, or not in full.

use std::time::Duration;

use super::Settings;
use super::client::Failure;
use super::progress::SEEN_IN_ALL;
use crate::source::{CallFailure, Problem, ProblemReason};

/// A request failed and is made again after `wait`.
pub(super) fn of_request(settings: &Settings, failure: &Failure, wait: Duration) -> Problem {
    let region = &settings.region;
    let cause = &failure.cause;
    let what = match failure.reason {
        CallFailure::Throttled => format!(
            "CloudTrail in {region} throttles LookupEvents ({cause}): other readers of the \
             account use up its two requests a second; poll less often, or read the trail's \
             files (--cloudtrail.path)"
        ),
        CallFailure::Denied => format!(
            "CloudTrail in {region} refuses LookupEvents ({cause}): allow this principal \
             cloudtrail:LookupEvents"
        ),
        CallFailure::Credentials => of_credentials(settings, cause),
        CallFailure::Network => format!(
            "CloudTrail in {region} cannot be reached ({cause}): check the network, the \
             Region's name, and AWS_ENDPOINT_URL_CLOUDTRAIL where it is set"
        ),
        CallFailure::Other => format!(
            "LookupEvents in {region} failed ({cause}): if it stays so, look at the AWS \
             Health Dashboard"
        ),
    };
    let message = format!("{what}; asked again in {} s", wait.as_secs().max(1));
    Problem { reason: ProblemReason::Unreadable, count: 1, message }
}

fn of_credentials(settings: &Settings, cause: &str) -> String {
    let region = &settings.region;
    match &settings.account {
        Some(account) => format!(
            "no credentials for CloudTrail in {region} ({cause}): let this principal assume {}, \
             with the external_id that the role asks for",
            account.role_arn
        ),
        None => format!(
            "no credentials for CloudTrail in {region} ({cause}): give the instance a role, or \
             set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        ),
    }
}

/// The last poll is so long ago that CloudTrail has forgotten what came after it.
pub(super) fn forgotten(settings: &Settings, seconds: i64) -> Problem {
    let message = format!(
        "CloudTrail in {} no longer holds the {} days after the last poll: LookupEvents reaches \
         back 90 days; read them from a trail's files (--cloudtrail.path)",
        settings.region,
        seconds / 86_400 + 1
    );
    Problem { reason: ProblemReason::Gap, count: 1, message }
}

/// One poll shows more events than memory may hold.
pub(super) fn too_many(settings: &Settings) -> Problem {
    let message = format!(
        "CloudTrail in {} shows more than {SEEN_IN_ALL} events at once: the oldest are left out; \
         shorten --cloudtrail.lookback, or read the trail's files (--cloudtrail.path)",
        settings.region,
    );
    Problem { reason: ProblemReason::Gap, count: 1, message }
}
