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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FILE: &str = "networks: {office: [192.0.2.0/24]}\nexpected:\n  logins:\n  - user: alice\n    network: office\n  sudo:\n  - {user: alice}\n  aws:\n  - {identity: user:alice}\n";

    fn read(dir: &Path, text: &str) -> Result<(Settings, Policy), String> {
        let path = dir.join("settings.yml");
        std::fs::write(&path, text).unwrap();
        let flag = format!("--config.file={}", path.display());
        let line = CommandLine::parse(["login_exporter", &flag]).unwrap();
        let settings = line.settings(&Environment::of_process()).map_err(|p| p.to_string())?;
        let policy = policy(&settings)?;
        Ok((settings, policy))
    }

    /// What an editor or a copy leaves for a moment: any beginning of the file. It turned every
    /// login `unset`, and the gauge said that all is well.
    #[test]
    fn a_file_that_is_empty_or_half_written_takes_no_list_of_rules_away() {
        let dir = tempfile::tempdir().unwrap();
        let (_, old) = read(dir.path(), FILE).unwrap();
        let mut refused = 0;
        for end in 0..FILE.len() {
            let new = read(dir.path(), &FILE[..end]).and_then(|new| keeps_all_lists(&old, new));
            match new {
                Ok((_, new)) => {
                    assert!(Kind::ALL.iter().all(|kind| new.rules_of(*kind) > 0), "{end}");
                }
                Err(_) => refused += 1,
            }
        }
        assert!(refused > FILE.len() / 2, "{refused} of {}", FILE.len());
    }

    #[test]
    fn a_list_that_is_gone_is_told_with_its_remedy_and_a_shorter_one_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let (_, old) = read(dir.path(), FILE).unwrap();
        let without = FILE.replace("  sudo:\n  - {user: alice}\n", "");
        let error = read(dir.path(), &without).and_then(|new| keeps_all_lists(&old, new));
        let told = "expected.sudo: its 1 rules are gone altogether; put them back, or restart to do without";
        assert_eq!(error.unwrap_err(), told);
        let more = FILE.replace("  sudo:", "  - {user: bob}\n  sudo:");
        let (_, longer) = read(dir.path(), &more).unwrap();
        let (_, shorter) = keeps_all_lists(&longer, read(dir.path(), FILE).unwrap()).unwrap();
        assert_eq!(shorter.rules_of(Kind::Logins), 1);
    }
}
