//! Which accounts and Regions there are to ask: those of an organization, and all Regions of an
//! account.
//!
//! It brings no records. What it found is handed to whoever opens the sources, and saved as its
//! position, so that a restart asks where the last run asked, before AWS has answered anything.

mod organization;
mod regions;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;

use super::aws::{Access, Account, Aws};
use super::{Delivery, Problem, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId, SourceKind};

/// How often it is looked again where nothing else is said.
pub const REFRESH: Duration = Duration::from_secs(3_600);

/// A listing that failed is tried again by then.
const AGAIN_AFTER: Duration = Duration::from_secs(300);

/// What to find out.
#[derive(Clone, Debug)]
pub struct Settings {
    pub organization: Option<Organization>,
    /// Accounts that are asked in every Region that they have: through a role, or by the exporter's
    /// own credentials.
    pub everywhere: Vec<Everywhere>,
    /// Numbers of accounts that the settings name: they are not asked as the organization's too.
    pub named: BTreeSet<String>,
    /// The account of the exporter's own credentials is asked by those.
    pub own_account: bool,
    pub refresh: Duration,
}

/// An account, and Regions that are asked whatever it says.
#[derive(Clone, Debug)]
pub struct Everywhere {
    pub account: Option<Account>,
    pub regions: Vec<String>,
}

/// The accounts of an organization, each asked through a role of the same name.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `login-exporter-read`, with its path where it has one.
    pub role: String,
    pub external_id: Option<String>,
    pub regions: Vec<String>,
    /// In every Region that each account has, besides.
    pub all_regions: bool,
    /// Through whom the accounts are listed; `None` for the exporter's own credentials.
    pub list_through: Option<Account>,
    pub exclude: BTreeSet<String>,
}

/// An account that is to be asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub access: Access,
    /// Empty for the account of the exporter's own credentials, where that is not known.
    pub number: String,
    /// What the organization calls it; empty where the settings name the account.
    pub name: String,
    pub regions: Vec<String>,
}

/// What is saved of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    /// `None` for the exporter's own credentials.
    role_arn: Option<String>,
    name: String,
    regions: Vec<String>,
    /// It is one of the organization's.
    listed: bool,
}

/// Finds out again and again.
#[derive(Debug)]
pub struct AccountsSource {
    id: SourceId,
    aws: Aws,
    settings: Settings,
    /// By the role; one access an account, so that its role is assumed once.
    accesses: BTreeMap<Option<String>, Access>,
    known: Vec<Known>,
    tell: watch::Sender<Vec<Asked>>,
    next: Instant,
    requests_failed: bool,
    caught_up: bool,
}

pub fn id() -> SourceId {
    SourceId::new(SourceKind::Accounts, "")
}

impl AccountsSource {
    /// Goes on with what was known. Asks nothing yet.
    pub async fn open(aws: &Aws, settings: Settings, position: Option<&Position>) -> Self {
        let known = position.and_then(|place| serde_json::from_value(place.to_json()).ok());
        let mut source = AccountsSource {
            id: id(),
            aws: aws.clone(),
            settings,
            accesses: BTreeMap::new(),
            known: known.unwrap_or_default(),
            tell: watch::Sender::default(),
            next: Instant::now(),
            requests_failed: false,
            caught_up: false,
        };
        // What the settings do not name any more is not asked any more.
        let (settings, known) = (&source.settings, std::mem::take(&mut source.known));
        let wanted = |known: &Known| match known.listed {
            true => settings.organization.as_ref().is_some_and(|org| {
                known.role_arn.as_deref().is_some_and(|arn| arn.ends_with(&org.role_part()))
            }),
            false => settings.everywhere.iter().any(|e| e.role_arn() == known.role_arn.as_deref()),
        };
        source.known = known.into_iter().filter(wanted).collect();
        if !source.known.is_empty() {
            let asked = source.asked().await;
            source.tell.send_replace(asked);
        }
        source
    }

    /// What was found, now and from now on.
    pub fn found(&self) -> watch::Receiver<Vec<Asked>> {
        self.tell.subscribe()
    }

    async fn access(&mut self, role_arn: Option<&str>, external_id: Option<&str>) -> Access {
        let key = role_arn.map(str::to_owned);
        if let Some(access) = self.accesses.get(&key) {
            return access.clone();
        }
        let account = role_arn.map(|role_arn| Account {
            role_arn: role_arn.to_owned(),
            external_id: external_id.map(str::to_owned),
        });
        let access = self.aws.access(account.as_ref()).await;
        self.accesses.insert(key, access.clone());
        access
    }

    async fn access_of(&mut self, known: &Known) -> Access {
        let role = known.role_arn.as_deref();
        let id = match known.listed {
            true => self.settings.organization.as_ref().and_then(|org| org.external_id.clone()),
            false => {
                let named = self.settings.everywhere.iter().find(|e| e.role_arn() == role);
                named.and_then(|e| e.account.as_ref()?.external_id.clone())
            }
        };
        self.access(role, id.as_deref()).await
    }

    async fn asked(&mut self) -> Vec<Asked> {
        let mut asked = Vec::new();
        for known in self.known.clone() {
            let access = self.access_of(&known).await;
            let number = access.known_number().unwrap_or("").to_owned();
            asked.push(Asked { access, number, name: known.name, regions: known.regions });
        }
        asked
    }

    /// Asks for everything. What cannot be had stays as it was.
    async fn list(&mut self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let before = std::mem::take(&mut self.known);
        let mut known: Vec<Known> =
            self.settings.everywhere.iter().map(Everywhere::known).collect();
        self.requests_failed = false;
        match self.of_organization().await {
            Ok(listed) => known.extend(listed),
            Err(problem) => {
                self.requests_failed = true;
                problems.push(problem);
                known.extend(before.iter().filter(|known| known.listed).cloned());
            }
        }
        let roles: BTreeSet<Option<String>> = known.iter().map(|k| k.role_arn.clone()).collect();
        self.accesses.retain(|role, _| role.is_none() || roles.contains(role));
        for one in &mut known {
            if one.listed && !self.settings.organization.as_ref().is_some_and(|o| o.all_regions) {
                continue;
            }
            let access = self.access_of(one).await;
            let found = match regions::of(&access).await {
                Ok(found) => found,
                Err(failure) => {
                    problems.push(trouble::of_regions(access.role_arn(), &failure));
                    let last = before.iter().find(|b| b.role_arn == one.role_arn);
                    let always = || regions::without_asking(&access);
                    last.map_or_else(always, |last| last.regions.clone())
                }
            };
            one.regions.extend(found);
            one.regions.sort_unstable();
            one.regions.dedup();
        }
        self.known = known;
        problems
    }

    /// Those that are open, without those that are asked already.
    async fn of_organization(&mut self) -> Result<Vec<Known>, Problem> {
        let Some(organization) = self.settings.organization.clone() else { return Ok(Vec::new()) };
        let through = organization.list_through.clone();
        let (role, id) = match &through {
            Some(account) => (Some(account.role_arn.as_str()), account.external_id.as_deref()),
            None => (None, None),
        };
        let told = |failure| trouble::of_listing(role, &failure);
        let lister = self.access(role, id).await;
        let listed = organization::accounts(&lister).await.map_err(told)?;
        let mut named = self.settings.named.clone();
        if self.settings.own_account {
            let own = self.access(None, None).await;
            named.insert(own.number().await.map_err(told)?.to_owned());
        }
        let wanted =
            |number: &str| !named.contains(number) && !organization.exclude.contains(number);
        let listed = listed.into_iter().filter(|account| account.open && wanted(&account.number));
        Ok(listed.map(|account| organization.known(account)).collect())
    }

    fn report(&self, problems: Vec<Problem>) -> Report {
        let (up, caught_up) = (!self.requests_failed, self.caught_up);
        Report { up, caught_up, problems, ..Report::default() }
    }
}

impl Everywhere {
    fn role_arn(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.role_arn.as_str())
    }

    fn known(&self) -> Known {
        let role_arn = self.role_arn().map(str::to_owned);
        Known { role_arn, name: String::new(), regions: self.regions.clone(), listed: false }
    }
}

impl Organization {
    /// How the ARNs of its roles end.
    fn role_part(&self) -> String {
        format!(":role/{}", self.role)
    }

    fn known(&self, account: organization::Listed) -> Known {
        let organization::Listed { partition, number, name, .. } = account;
        let role_arn = format!("arn:{partition}:iam::{number}{}", self.role_part());
        let regions = self.regions.clone();
        Known { role_arn: Some(role_arn), name, regions, listed: true }
    }
}

impl Source for AccountsSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        tokio::time::sleep_until(self.next).await;
        let before = self.known.clone();
        let problems = self.list().await;
        let wait = match problems.is_empty() {
            true => self.settings.refresh,
            false => self.settings.refresh.min(AGAIN_AFTER),
        };
        self.next = Instant::now() + wait;
        self.caught_up |= !self.requests_failed;
        if self.known != before || self.tell.borrow().is_empty() {
            let asked = self.asked().await;
            self.tell.send_replace(asked);
        }
        let position = serde_json::to_value(&self.known).unwrap_or_default();
        Delivery {
            records: Records::CloudTrail(&[]),
            position: Position::json(position),
            reference: now(),
            year: None,
            report: self.report(problems),
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}
