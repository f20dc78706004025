//! The rules in force, and again when a file changes or SIGHUP asks.

use tracing::{info, warn};

use crate::config::{CommandLine, Environment, Settings, Watched};
use crate::metrics::own::Own;
use crate::pipeline::{Pipeline, now};
use crate::policy::Policy;
use crate::policy::expected::Kind;
use crate::web::Reloader;

/// Reads the rules of the settings, with the files of keys that they name.
pub(super) fn policy(settings: &Settings) -> Result<Policy, String> {
    let loaded = settings.rules().map_err(|problems| problems.to_string())?;
    for warning in &loaded.warnings {
        warn!("{warning}");
    }
    Ok(Policy::from(loaded))
}

/// Tells how many rules of each kind are in force.
pub(super) fn count(own: &Own, policy: &Policy) {
    for kind in Kind::ALL {
        own.rules(kind.as_str(), policy.rules_of(kind));
    }
}

/// A file that is empty or half written for a moment must not turn every access to one of which
/// nobody says what is expected: to lose a whole list of rules takes a restart.
fn keeps_all_lists(
    old: &Policy,
    (settings, new): (Settings, Policy),
) -> Result<(Settings, Policy), String> {
    let gone = |kind: &Kind| old.rules_of(*kind) > 0 && new.rules_of(*kind) == 0;
    match Kind::ALL.into_iter().find(gone) {
        None => Ok((settings, new)),
        Some(kind) => Err(format!(
            "expected.{}: its {} rules are gone altogether; put them back, or restart to do without",
            kind.as_str(),
            old.rules_of(kind)
        )),
    }
}

/// Reads the rules anew. Flags, sources and addresses hold until the next start.
pub(super) struct Reloading {
    line: CommandLine,
    environment: Environment,
    web: Reloader,
    settings: Settings,
    seen: Watched,
}

impl Reloading {
    pub(super) fn new(
        line: CommandLine,
        environment: Environment,
        settings: Settings,
        web: Reloader,
    ) -> Reloading {
        let seen = Watched::look(&settings);
        Reloading { line, environment, web, settings, seen }
    }

    /// Reloads where a file has changed since the last look.
    pub(super) fn look(&mut self, pipeline: &Pipeline) {
        if Watched::look(&self.settings) != self.seen {
            self.rules(pipeline);
        }
    }

    /// Reloads whatever the files look like.
    pub(super) fn reload(&mut self, pipeline: &Pipeline) {
        self.rules(pipeline);
        if let Err(error) = self.web.reload() {
            warn!("the web configuration stays as it was: {error}");
        }
    }

    /// A bad new file keeps the old rules, and a metric says so.
    fn rules(&mut self, pipeline: &Pipeline) {
        self.seen = Watched::look(&self.settings);
        match self.read().and_then(|read| keeps_all_lists(&pipeline.policy(), read)) {
            Ok((settings, policy)) => {
                self.seen = Watched::look(&settings);
                self.settings = settings;
                count(&pipeline.own, &policy);
                pipeline.replace_policy(policy);
                pipeline.own.rules_loaded(now());
                info!("the rules were read again");
            }
            Err(problems) => {
                pipeline.own.rules_refused();
                warn!("the rules stay as they were: {problems}");
            }
        }
    }

    fn read(&self) -> Result<(Settings, Policy), String> {
        let settings =
            self.line.settings(&self.environment).map_err(|problems| problems.to_string())?;
        let policy = policy(&settings)?;
        Ok((settings, policy))
    }
}
