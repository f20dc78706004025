//! Every Region in every account that the settings name.

use crate::config::Settings;
use crate::parse::cloudtrail::EVENT_NAMES;
use crate::record::{Position, SourceId};
use crate::source::cloudtrail::{self, Account, Aws, CloudTrailSource};

/// What is to be asked; without accounts, that of the credentials.
fn wanted(settings: &Settings) -> Vec<(SourceId, cloudtrail::Settings)> {
    let asked = &settings.cloudtrail;
    let mut accounts: Vec<_> = asked
        .accounts
        .iter()
        .map(|account| {
            let (role_arn, external_id) = (account.role_arn.clone(), account.external_id.clone());
            Some(Account { role_arn, external_id })
        })
        .collect();
    if accounts.is_empty() {
        accounts.push(None);
    }
    let pairs =
        asked.regions.iter().flat_map(|region| accounts.iter().map(move |one| (region, one)));
    pairs
        .map(|(region, account)| cloudtrail::Settings {
            account: account.clone(),
            poll_interval: asked.poll_interval,
            lookback: asked.lookback,
            ..cloudtrail::Settings::new(region, &EVENT_NAMES)
        })
        .map(|settings| (settings.id(), settings))
        .collect()
}

/// Opens them all over one client. `position` tells where each goes on.
pub(super) async fn open(
    settings: &Settings,
    mut position: impl FnMut(&SourceId) -> Option<Position>,
) -> Vec<CloudTrailSource> {
    let wanted = wanted(settings);
    let Some((_, first)) = wanted.first() else { return Vec::new() };
    let aws = Aws::from_environment(&first.region).await;
    let mut sources = Vec::new();
    for (id, settings) in wanted {
        sources.push(CloudTrailSource::open(&aws, settings, position(&id).as_ref()).await);
    }
    sources
}
