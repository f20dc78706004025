//! Every Region in every account that the settings name or that is found out, and every queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::info;

use crate::config::{self, ALL_REGIONS, Settings};
use crate::parse::cloudtrail::Doors;
use crate::pipeline::Pipeline;
use crate::record::{Position, SourceId};
use crate::source::Source;
use crate::source::accounts::{self, AccountsSource, Asked, Everywhere, Organization};
use crate::source::aws::{Access, Account, Aws};
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
type Named<'s> = (Option<&'s config::Account>, &'s [String]);

fn accounts_of(settings: &Settings) -> Vec<Named<'_>> {
    let all = &settings.cloudtrail;
    let others = !all.accounts.is_empty() || all.organization.is_some();
    let own = all.own_account || !others;
    let own = own.then_some((None, all.regions.as_slice()));
    let accounts = all.accounts.iter().map(|account| {
        let regions = if account.regions.is_empty() { &all.regions } else { &account.regions };
        (Some(account), regions.as_slice())
    });
    own.into_iter().chain(accounts).collect()
}

/// The Regions that are named one by one.
fn named(regions: &[String]) -> impl Iterator<Item = &str> {
    regions.iter().map(String::as_str).filter(|region| *region != ALL_REGIONS)
}

/// Which Regions there are must be found out.
fn is_everywhere(regions: &[String]) -> bool {
    regions.iter().any(|region| region == ALL_REGIONS)
}

fn role_of(account: &config::Account) -> Account {
    let config::Account { role_arn, external_id, .. } = account.clone();
    Account { role_arn, external_id }
}

/// Roles are assumed in the first Region that is named; else in the environment's.
async fn aws(settings: &Settings) -> Aws {
    let all = &settings.cloudtrail;
    let organization = all.organization.iter().map(|organization| &organization.regions);
    let regions = all.accounts.iter().map(|account| &account.regions).chain(organization);
    let mut named = named(&all.regions).chain(regions.flat_map(|regions| named(regions)));
    Aws::from_environment(named.next()).await
}

/// Opens one account in one Region.
fn open_one(
    settings: &Settings,
    access: &Access,
    region: &str,
    position: Option<&Position>,
) -> CloudTrailSource {
    let all = &settings.cloudtrail;
    let settings = cloudtrail::Settings {
        poll_interval: all.poll_interval,
        lookback: all.lookback,
        elsewhere: all.accounts.iter().map(|account| account.number().to_owned()).collect(),
        ..cloudtrail::Settings::new(region, queries(all.doors))
    };
    CloudTrailSource::open(access, settings, position)
}

/// Opens the accounts whose Regions are named, over one pool of connections. `position` tells where
/// each goes on.
pub(super) async fn open(
    settings: &Settings,
    mut position: impl FnMut(&SourceId) -> Option<Position>,
) -> Vec<CloudTrailSource> {
    let mut sources = Vec::new();
    let accounts = accounts_of(settings).into_iter();
    let accounts: Vec<_> = accounts.filter(|(_, r)| !r.is_empty() && !is_everywhere(r)).collect();
    if accounts.is_empty() {
        return sources;
    }
    let aws = aws(settings).await;
    for (account, regions) in accounts {
        let access = aws.access(account.map(role_of).as_ref()).await;
        for region in named(regions) {
            let position = position(&cloudtrail::id(account.map(config::Account::number), region));
            sources.push(open_one(settings, &access, region, position.as_ref()));
        }
    }
    sources
}

/// The accounts and Regions that are found out while the exporter runs: new ones are asked from the
/// next listing on, and what is gone is asked no more.
pub(in crate::app) struct Fleet {
    settings: Settings,
    accounts: AccountsSource,
    found: watch::Receiver<Vec<Asked>>,
}

/// One that is asked.
struct Running {
    task: JoinSet<()>,
    access: Access,
    region: String,
}

impl Fleet {
    /// `None` where the settings name all there is.
    pub(super) async fn open(
        settings: &Settings,
        mut position: impl FnMut(&SourceId) -> Option<Position>,
    ) -> Option<Fleet> {
        let all = &settings.cloudtrail;
        let everywhere = accounts_of(settings).into_iter().filter(|(_, r)| is_everywhere(r));
        let everywhere: Vec<Everywhere> = everywhere
            .map(|(account, regions)| Everywhere {
                account: account.map(role_of),
                regions: named(regions).map(str::to_owned).collect(),
            })
            .collect();
        if everywhere.is_empty() && all.organization.is_none() {
            return None;
        }
        let found = accounts::Settings {
            organization: all.organization.as_ref().map(|org| organization(org, &all.regions)),
            everywhere,
            named: all.accounts.iter().map(|account| account.number().to_owned()).collect(),
            own_account: all.own_account,
            refresh: all.organization.as_ref().map_or(accounts::REFRESH, |org| org.refresh),
        };
        let aws = aws(settings).await;
        let accounts = AccountsSource::open(&aws, found, position(&accounts::id()).as_ref()).await;
        let found = accounts.found();
        Some(Fleet { settings: settings.clone(), accounts, found })
    }

    pub(super) fn id(&self) -> &SourceId {
        self.accounts.id()
    }

    /// Who finds out, and what opens all that was found.
    pub(super) fn parts(self) -> (AccountsSource, impl FnOnce() -> Vec<CloudTrailSource>) {
        let Fleet { settings, accounts, found } = self;
        let open = move || {
            let asked = found.borrow();
            let each = asked.iter().flat_map(|one| one.regions.iter().map(move |r| (one, r)));
            each.map(|(one, region)| open_one(&settings, &one.access, region, None)).collect()
        };
        (accounts, open)
    }

    pub(super) async fn follow(self: Box<Self>, pipeline: Arc<Pipeline>) {
        let Fleet { settings, accounts, mut found } = *self;
        let mut finding = JoinSet::new();
        let following = pipeline.clone();
        finding.spawn(async move { following.follow(accounts, TimeZone::UTC).await });
        let mut running = BTreeMap::new();
        let mut names = BTreeSet::new();
        loop {
            let asked = found.borrow_and_update().clone();
            name(&pipeline, &asked, &mut names);
            stop_what_is_gone(&pipeline, &asked, &mut running).await;
            for one in &asked {
                for region in &one.regions {
                    let begin = |id: &SourceId| Running {
                        task: ask(&settings, &pipeline, one, region, id),
                        access: one.access.clone(),
                        region: region.clone(),
                    };
                    let id = id_of(one, region);
                    running.entry(id).or_insert_with_key(begin);
                }
            }
            if found.changed().await.is_err() {
                return;
            }
        }
    }
}

fn organization(organization: &config::Organization, regions: &[String]) -> Organization {
    let own = &organization.regions;
    let regions = if own.is_empty() { regions } else { own };
    let external_id = organization.external_id.clone();
    Organization {
        role: organization.role.clone(),
        regions: named(regions).map(str::to_owned).collect(),
        all_regions: is_everywhere(regions),
        list_through: organization
            .list_through
            .clone()
            .map(|role_arn| Account { role_arn, external_id: external_id.clone() }),
        external_id,
        exclude: organization.exclude.iter().cloned().collect(),
    }
}

fn id_of(asked: &Asked, region: &str) -> SourceId {
    let through_a_role = asked.access.is_through_a_role();
    cloudtrail::id(through_a_role.then_some(asked.number.as_str()), region)
}

/// Asks one account in one Region from now on.
fn ask(
    settings: &Settings,
    pipeline: &Arc<Pipeline>,
    one: &Asked,
    region: &str,
    id: &SourceId,
) -> JoinSet<()> {
    let position = pipeline.ledger().expect(id);
    let source = open_one(settings, &one.access, region, position.as_ref());
    info!(source = %id, "following");
    let (mut task, pipeline) = (JoinSet::new(), pipeline.clone());
    task.spawn(async move { pipeline.follow(source, TimeZone::UTC).await });
    task
}

/// What was delivered is counted, and its place is kept for the case that the account comes back.
async fn stop_what_is_gone(
    pipeline: &Pipeline,
    asked: &[Asked],
    running: &mut BTreeMap<SourceId, Running>,
) {
    let each = |one: &Asked| one.regions.iter().map(|r| id_of(one, r)).collect::<Vec<_>>();
    let wanted: BTreeSet<SourceId> = asked.iter().flat_map(each).collect();
    let gone = running.extract_if(.., |id, _| !wanted.contains(id)).collect::<Vec<_>>();
    for (id, mut one) in gone {
        one.task.shutdown().await;
        info!(source = %id, "not followed any more");
        pipeline.ledger().dismiss(&id);
        let account = one.access.known_number().unwrap_or("");
        pipeline.own.dismiss(&id.to_string(), account, &one.region);
    }
}

/// Says what the organization calls its accounts.
fn name(pipeline: &Pipeline, asked: &[Asked], told: &mut BTreeSet<(String, String)>) {
    let named = asked.iter().filter(|one| !one.name.is_empty());
    let now: BTreeSet<_> = named.map(|one| (one.number.clone(), one.name.clone())).collect();
    for (number, name) in told.difference(&now) {
        pipeline.own.forget_aws_account(number, name);
    }
    now.iter().for_each(|(number, name)| pipeline.own.aws_account(number, name));
    *told = now;
}

/// Opens every queue; each needs what its URL and the environment tell.
pub(super) async fn open_queues(settings: &Settings) -> Vec<QueueSource> {
    let mut sources = Vec::new();
    for url in &settings.cloudtrail.queues {
        let first = named(&settings.cloudtrail.regions).next();
        let region = crate::source::queue::region_of(url).or(first);
        let aws = Aws::from_environment(region).await;
        sources.push(QueueSource::open(&aws, url));
    }
    sources
}
