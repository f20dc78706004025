//! What to tell the user when accounts or Regions cannot be found out.

use crate::source::aws::Failure;
use crate::source::{CallFailure, Problem, ProblemReason};

/// The accounts of the organization. `role` is the one that lists them.
pub(super) fn of_listing(role: Option<&str>, failure: &Failure) -> Problem {
    let through = role.map_or(String::new(), |role| format!(" through {role}"));
    let remedy = match (failure.reason, failure.code.as_str()) {
        (_, "AWSOrganizationsNotInUseException") => {
            "this account is in no organization: list its accounts in cloudtrail.accounts"
        }
        (CallFailure::Denied, _) => {
            "allow this principal organizations:ListAccounts, in the management account or in one \
             that it delegates to, or name a role there that may \
             (cloudtrail.organization.list_through)"
        }
        (reason, _) => of_any(reason, role),
    };
    let cause = &failure.cause;
    problem(format!(
        "the accounts of the organization cannot be listed{through} ({cause}): {remedy}; those that \
         were listed last are asked meanwhile"
    ))
}

/// The Regions of an account. `role` is the one that it is asked through.
pub(super) fn of_regions(role: Option<&str>, failure: &Failure) -> Problem {
    let whose = role.map_or("of this account".to_owned(), |role| format!("through {role}"));
    let remedy = match failure.reason {
        CallFailure::Denied => "allow ec2:DescribeRegions, or name the Regions instead of all",
        reason => of_any(reason, role),
    };
    let cause = &failure.cause;
    problem(format!(
        "the Regions {whose} cannot be listed ({cause}): {remedy}; those that were listed last, or \
         that every account has, are asked meanwhile"
    ))
}

fn of_any(reason: CallFailure, role: Option<&str>) -> &'static str {
    match reason {
        CallFailure::Credentials if role.is_some() => {
            "let this principal assume the role, with the external_id that the role asks for"
        }
        CallFailure::Credentials => {
            "give the instance a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
        }
        CallFailure::Expired => "renew the credentials (aws sso login), or give the host a role",
        CallFailure::Clock => "set this host's clock (chronyc makestep)",
        CallFailure::Sts => "open the way to STS, or give the VPC an endpoint for it",
        CallFailure::Proxy => "let the proxy pass *.amazonaws.com, or name those hosts in NO_PROXY",
        CallFailure::Network => "check the network, and AWS_ENDPOINT_URL where it is set",
        CallFailure::Region => "enable the Region, or name another first in cloudtrail.regions",
        CallFailure::Throttled => "it is tried again by itself",
        CallFailure::Denied | CallFailure::Other => {
            "if it stays so, look at the AWS Health Dashboard"
        }
    }
}

fn problem(message: String) -> Problem {
    Problem { reason: ProblemReason::Unreadable, count: 1, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_list_has_its_remedy() {
        let by_code = |code: &str| Failure::of_code(code, "", "");
        let table = [
            (by_code("AccessDeniedException"), None, "organizations:ListAccounts"),
            (by_code("AWSOrganizationsNotInUseException"), None, "is in no organization"),
            (by_code("ExpiredTokenException"), None, "aws sso login"),
            (by_code("RequestTimeTooSkewed"), None, "chronyc"),
            (by_code("InvalidClientTokenId"), None, "AWS_PROFILE"),
            (by_code("InvalidClientTokenId"), Some("arn:aws:iam::1:role/x"), "external_id"),
            (Failure::of_reason(CallFailure::Proxy, "HTTP 403"), None, "NO_PROXY"),
            (Failure::of_reason(CallFailure::Sts, "timed out"), None, "endpoint for it"),
        ];
        for (failure, role, remedy) in table {
            let told = of_listing(role, &failure).message;
            assert!(told.contains(remedy), "{told}");
            assert!(role.is_none_or(|role| told.contains(role)), "{told}");
        }
        let told = of_regions(None, &by_code("UnauthorizedOperation")).message;
        assert!(told.contains("allow ec2:DescribeRegions"), "{told}");
    }
}
