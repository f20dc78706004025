//! `organizations:ListAccounts`, over AWS JSON 1.1.

use serde::Deserialize;

use crate::source::aws::{Access, Failure, Request};

const TARGET: &str = "AWSOrganizationsV20161128.ListAccounts";

/// No organization has more pages; one that never ends is told.
const MOST_PAGES: usize = 1_000;

/// An account of the organization.
#[derive(Debug, PartialEq)]
pub(super) struct Listed {
    pub partition: String,
    pub number: String,
    pub name: String,
    /// Neither suspended nor about to be closed.
    pub open: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(default)]
    accounts: Vec<Entry>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Entry {
    id: String,
    arn: String,
    name: String,
    /// Takes the place of `status`, which AWS gives up in 2026.
    state: Option<String>,
    status: Option<String>,
}

/// Every account, on however many pages.
pub(super) async fn accounts(access: &Access) -> Result<Vec<Listed>, Failure> {
    let signed = access.signed();
    let (region, host) = place(signed.region());
    let uri = signed.endpoint(|| format!("https://{host}"));
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", TARGET)];
    let (mut accounts, mut token) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let asked = match &token {
            Some(token) => serde_json::json!({ "NextToken": token }).to_string(),
            None => "{}".to_owned(),
        };
        let uri = format!("{}/", uri.trim_end_matches('/'));
        let body = Some(asked.as_str());
        let request =
            Request { service: "organizations", region, uri: &uri, body, headers: &headers };
        let answer = signed.text(request).await?;
        let page: Page = serde_json::from_str(&answer).map_err(Failure::other)?;
        accounts.extend(page.accounts.into_iter().filter_map(listed));
        match page.next_token.filter(|token| !token.is_empty()) {
            Some(next) => token = Some(next),
            None => return Ok(accounts),
        }
    }
    Err(Failure::other("the list of accounts does not end"))
}

/// The one Region in which each partition answers, and where.
fn place(region: &str) -> (&'static str, &'static str) {
    if region.starts_with("cn-") {
        ("cn-northwest-1", "organizations.cn-northwest-1.amazonaws.com.cn")
    } else if region.starts_with("us-gov-") {
        ("us-gov-west-1", "organizations.us-gov-west-1.amazonaws.com")
    } else {
        ("us-east-1", "organizations.us-east-1.amazonaws.com")
    }
}

fn listed(entry: Entry) -> Option<Listed> {
    let is_number = entry.id.len() == 12 && entry.id.bytes().all(|b| b.is_ascii_digit());
    let partition = entry.arn.split(':').nth(1).filter(|p| p.starts_with("aws")).unwrap_or("aws");
    let state = entry.state.or(entry.status);
    is_number.then(|| Listed {
        partition: partition.to_owned(),
        number: entry.id,
        name: entry.name,
        open: state.is_none_or(|state| state == "ACTIVE"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entry: serde_json::Value) -> Option<Listed> {
        listed(serde_json::from_value(entry).unwrap())
    }

    #[test]
    fn an_account_is_open_while_its_state_says_so() {
        let entry = |more: serde_json::Value| {
            let mut entry = serde_json::json!({
                "Id": "111122223333", "Name": "prod",
                "Arn": "arn:aws-cn:organizations::444455556666:account/o-1/111122223333",
            });
            entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(entry).unwrap()
        };
        let open = |more| entry(more).open;
        assert!(open(serde_json::json!({"State": "ACTIVE"})));
        assert!(open(serde_json::json!({"Status": "ACTIVE"})));
        for gone in ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION"] {
            assert!(!open(serde_json::json!({"State": gone, "Status": "ACTIVE"})), "{gone}");
            assert!(!open(serde_json::json!({"Status": gone})), "{gone}");
        }
        let listed = entry(serde_json::json!({}));
        assert_eq!((&*listed.partition, &*listed.name), ("aws-cn", "prod"));
        assert_eq!(of(serde_json::json!({"Id": "x/../y"})), None);
    }
}
