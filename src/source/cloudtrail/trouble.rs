//! What to tell the user when CloudTrail does not answer, or not in full.

use std::time::Duration;

use super::Settings;
use crate::source::aws::Failure;
use crate::source::{CallFailure, Problem, ProblemReason};

/// A request failed and is made again after `wait`. `role` is the one that is assumed.
pub(super) fn of_request(
    settings: &Settings,
    role: Option<&str>,
    failure: &Failure,
    wait: Duration,
) -> Problem {
    let region = &settings.region;
    let cause = &failure.cause;
    let through = role.map_or(String::new(), |role| format!(" through {role}"));
    let what = match failure.reason {
        CallFailure::Throttled => format!(
            "CloudTrail in {region}{through} throttles LookupEvents ({cause}): other readers of \
             the account use up its two requests a second; ask from one exporter for all hosts, \
             or take the events from a queue (--cloudtrail.queue)"
        ),
        CallFailure::Denied => of_denial(region, &through, role, cause),
        CallFailure::Credentials => of_credentials(region, role, cause),
        CallFailure::Expired => format!(
            "the credentials for CloudTrail in {region}{through} have expired ({cause}): renew \
             them (aws sso login), or give the instance or container a role, which renews itself"
        ),
        CallFailure::Clock => {
            format!("AWS refuses the time of this host ({cause}): set its clock (chronyc makestep)")
        }
        CallFailure::Sts => format!(
            "STS cannot be reached to get credentials for CloudTrail in {region}{through} \
             ({cause}): open the way to sts.{region}.amazonaws.com, or give the VPC an endpoint \
             for STS"
        ),
        CallFailure::Proxy => format!(
            "something between this host and CloudTrail in {region} refuses the request ({cause}): \
             let the proxy pass *.amazonaws.com, or name those hosts in NO_PROXY"
        ),
        CallFailure::Region => format!(
            "the Region {region} is not enabled in this account{through} ({cause}): enable it, or \
             leave it out of cloudtrail.regions"
        ),
        CallFailure::Network => format!(
            "CloudTrail in {region} cannot be reached ({cause}): check the network, the \
             Region's name, and AWS_ENDPOINT_URL_CLOUDTRAIL where it is set"
        ),
        CallFailure::Other => format!(
            "LookupEvents in {region}{through} failed ({cause}): if it stays so, look at the AWS \
             Health Dashboard"
        ),
    };
    let message = format!("{what}; asked again in {} s", wait.as_secs().max(1));
    Problem { reason: ProblemReason::Unreadable, count: 1, message }
}

/// STS does not say whose account it is; CloudTrail is asked all the same.
pub(super) fn of_account(settings: &Settings, failure: &Failure) -> Problem {
    let Failure { cause, reason, .. } = failure;
    let region = &settings.region;
    let remedy = match reason {
        CallFailure::Sts | CallFailure::Network => format!(
            "STS cannot be reached ({cause}): open the way to sts.{region}.amazonaws.com, or give \
             the VPC an endpoint for STS"
        ),
        _ => format!("STS does not answer ({cause})"),
    };
    let message = format!(
        "the number of the own account is not known, for {remedy}; CloudTrail in {region} is asked \
         all the same, and aws_account stays empty until a record tells it"
    );
    Problem { reason: ProblemReason::Unreadable, count: 1, message }
}

fn of_denial(region: &str, through: &str, role: Option<&str>, cause: &str) -> String {
    let own = match role {
        Some(_) => "",
        None => ", or leave this account out (cloudtrail.own_account: false)",
    };
    format!(
        "CloudTrail in {region}{through} refuses LookupEvents ({cause}): allow this principal \
         cloudtrail:LookupEvents{own}"
    )
}

fn of_credentials(region: &str, role: Option<&str>, cause: &str) -> String {
    match role {
        Some(role) => format!(
            "no credentials for CloudTrail in {region} ({cause}): let this principal assume {role}, \
             with the external_id that the role asks for"
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

/// There are more events than the requests that this reader has.
pub(super) fn too_much(settings: &Settings, interval: Duration) -> Problem {
    let message = format!(
        "CloudTrail in {} shows more events than LookupEvents can carry at one request in {:.1} s: \
         what comes up late is looked for too seldom; take the events from a queue \
         (--cloudtrail.queue), which has no such limit, or drop doors (cloudtrail.events)",
        settings.region,
        interval.as_secs_f64()
    );
    Problem { reason: ProblemReason::Overloaded, count: 1, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lookup_events_cannot_carry_names_the_queue() {
        let settings = Settings::new("eu-west-1", Vec::new());
        let told = too_much(&settings, Duration::from_millis(5_500));
        assert_eq!((told.reason, told.count), (ProblemReason::Overloaded, 1));
        for words in
            ["eu-west-1", "one request in 5.5 s", "--cloudtrail.queue", "cloudtrail.events"]
        {
            assert!(told.message.contains(words), "{}", told.message);
        }
    }
}
