//! Every Region in every account that the settings name, and every queue.

use std::collections::BTreeSet;

use crate::config::{self, ALL_REGIONS, Settings};
use crate::parse::cloudtrail::Doors;
use crate::record::{Position, SourceId};
use crate::source::aws::{ALWAYS_ENABLED, Account, Aws};
use crate::source::cloudtrail::{self, CloudTrailSource, Query};
use crate::source::queue::QueueSource;

/// All calls of these services let someone in, so one request asks for all of them.
const WHOLE_SERVICES: [&str; 2] = ["ec2-instance-connect", "ssm-guiconnect"];

/// What is asked for the doors that count.
fn queries(doors: Doors) -> Vec<Query> {
    let mut queries = Vec::new();
    for door in doors.iter() {
        let query = match WHOLE_SERVICES.contains(&door.service) {
            true => Query::EventSource(format!("{}.amazonaws.com", door.service)),
            false => Query::EventName(door.event_name.to_owned()),
        };
        if !queries.contains(&query) {
            queries.push(query);
        }
    }
    queries
}

/// An account, and where in it is asked. `None` is that of the exporter's own credentials.
type Asked<'s> = (Option<&'s config::Account>, Vec<&'s str>);

fn asked(settings: &Settings) -> Vec<Asked<'_>> {
    let all = &settings.cloudtrail;
    let own = all.own_account || all.accounts.is_empty();
    let own = own.then(|| (None, each(&all.regions)));
    let others = all.accounts.iter().map(|account| {
        let regions = if account.regions.is_empty() { &all.regions } else { &account.regions };
        (Some(account), each(regions))
    });
    own.into_iter().chain(others).collect()
}

/// The Regions named, where `all` stands for those that every account has.
fn each(regions: &[String]) -> Vec<&str> {
    let mut each: Vec<&str> = Vec::new();
    for region in regions {
        match region.as_str() {
            ALL_REGIONS => each.extend(ALWAYS_ENABLED),
            one => each.push(one),
        }
    }
    each.sort_unstable();
    each.dedup();
    each
}

/// Opens them all over one pool of connections. `position` tells where each goes on.
pub(super) async fn open(
    settings: &Settings,
    mut position: impl FnMut(&SourceId) -> Option<Position>,
) -> Vec<CloudTrailSource> {
    let wanted = asked(settings);
    let first = wanted.iter().find_map(|(_, regions)| regions.first());
    let Some(first) = first.copied() else { return Vec::new() };
    let aws = Aws::from_environment(Some(first)).await;
    let numbers = settings.cloudtrail.accounts.iter().map(|a| a.number().to_owned());
    let elsewhere: BTreeSet<String> = numbers.collect();
    let mut sources = Vec::new();
    for (account, regions) in wanted {
        let role = account.map(|account| Account {
            role_arn: account.role_arn.clone(),
            external_id: account.external_id.clone(),
        });
        let access = aws.access(role.as_ref()).await;
        for region in regions {
            let id = cloudtrail::id(account.map(config::Account::number), region);
            let settings = cloudtrail::Settings {
                poll_interval: settings.cloudtrail.poll_interval,
                lookback: settings.cloudtrail.lookback,
                elsewhere: elsewhere.clone(),
                ..cloudtrail::Settings::new(region, queries(settings.cloudtrail.doors))
            };
            sources.push(CloudTrailSource::open(&access, settings, position(&id).as_ref()));
        }
    }
    sources
}

/// Opens every queue; each needs what its URL and the environment tell.
pub(super) async fn open_queues(settings: &Settings) -> Vec<QueueSource> {
    let mut sources = Vec::new();
    for url in &settings.cloudtrail.queues {
        let first = each(&settings.cloudtrail.regions).first().copied();
        let region = crate::source::queue::region_of(url).or(first);
        let aws = Aws::from_environment(region).await;
        sources.push(QueueSource::open(&aws, url));
    }
    sources
}
