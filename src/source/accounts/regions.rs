//! `ec2:DescribeRegions`: the Regions that an account has, enabled ones of the later ones too.

use crate::source::aws::{Access, Failure, Request, always_enabled, suffix};

const FORM: &str = "Action=DescribeRegions&Version=2016-11-15";

/// The Regions that are enabled in the account.
pub(super) async fn of(access: &Access) -> Result<Vec<String>, Failure> {
    let signed = access.signed();
    let region = signed.region().to_owned();
    let endpoint = signed.endpoint(|| format!("https://ec2.{region}.{}", suffix(&region)));
    let uri = format!("{}/", endpoint.trim_end_matches('/'));
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = Some(FORM);
    let request = Request { service: "ec2", region: &region, uri: &uri, body, headers: &headers };
    let found = read(&signed.text(request).await?);
    match found.is_empty() {
        true => Err(Failure::other("EC2 named no Region")),
        false => Ok(found),
    }
}

/// Those that every account has.
pub(super) fn without_asking(access: &Access) -> Vec<String> {
    always_enabled(access.signed().region()).iter().map(|region| (*region).to_owned()).collect()
}

/// `<item><regionName>eu-west-1</regionName><optInStatus>opt-in-not-required</optInStatus>…`
fn read(answer: &str) -> Vec<String> {
    let part = |item: &str, name: &str| {
        let (_, rest) = item.split_once(&format!("<{name}>"))?;
        rest.split_once("</").map(|(part, _)| part.trim().to_owned())
    };
    let items = answer.split("<item>").skip(1);
    let enabled = items
        .filter(|item| part(item, "optInStatus").is_none_or(|status| status != "not-opted-in"));
    enabled.filter_map(|item| part(item, "regionName")).filter(|name| is_region(name)).collect()
}

/// It becomes a part of a host's name.
fn is_region(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regions_that_are_enabled_are_read() {
        let item = |name: &str, status: &str| {
            format!(
                "<item><regionName>{name}</regionName><regionEndpoint>x</regionEndpoint>\
                     <optInStatus>{status}</optInStatus></item>"
            )
        };
        let answer = format!(
            "<DescribeRegionsResponse><regionInfo>{}{}{}{}</regionInfo></DescribeRegionsResponse>",
            item("eu-west-1", "opt-in-not-required"),
            item("me-south-1", "opted-in"),
            item("af-south-1", "not-opted-in"),
            item("evil.example/", "opted-in"),
        );
        assert_eq!(read(&answer), ["eu-west-1", "me-south-1"]);
        assert!(read("<html>").is_empty());
    }
}
