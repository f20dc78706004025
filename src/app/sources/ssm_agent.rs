//! amazon-ssm-agent's state: read where its folder is, from when on it is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing::info;

use crate::config::Settings;
use crate::host::Host;
use crate::pipeline::{Ledger, Pipeline};
use crate::record::SourceId;
use crate::source::ssm_agent::{AgentSettings, AgentSource, DEFAULT_DIR};

/// How often it is looked for an agent that is installed later.
const LOOK: Duration = Duration::from_secs(60);

/// The agent's state, or the wait for an agent.
#[derive(Debug)]
pub(in crate::app) struct Agent {
    id: SourceId,
    settings: AgentSettings,
    /// `None` until the folder is there.
    source: Option<Box<AgentSource>>,
}

fn settings_of(settings: &Settings, host: &Host) -> AgentSettings {
    let dir = settings.ssm_agent_dir.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DIR));
    AgentSettings::new(dir, &host.hostname, host.boot_time)
}

/// For `history`: the sessions that are open now.
pub(super) fn now_open(settings: &Settings, host: &Host) -> Option<AgentSource> {
    let settings = settings_of(settings, host);
    is_there(&settings.dir).then(|| AgentSource::open(settings, None))
}

impl Agent {
    /// A folder that was named is missed where it is not there; the usual one is waited for.
    pub(super) fn open(settings: &Settings, host: &Host, ledger: &mut Ledger) -> Agent {
        let id = AgentSource::id_of_host();
        let named = settings.ssm_agent_dir.is_some();
        let settings = settings_of(settings, host);
        let source = (named || is_there(&settings.dir)).then(|| {
            let position = ledger.expect(&id);
            Box::new(AgentSource::open(settings.clone(), position.as_ref()))
        });
        Agent { id, settings, source }
    }

    pub(super) fn id(&self) -> &SourceId {
        &self.id
    }

    /// Follows it for ever, once it is there.
    pub(super) async fn follow(self, pipeline: Arc<Pipeline>) {
        let source = match self.source {
            Some(source) => source,
            None => {
                while !is_there(&self.settings.dir) {
                    tokio::time::sleep(LOOK).await;
                }
                let mut ledger = pipeline.ledger();
                // The agent came while the exporter watched: what it opens is news.
                if !ledger.has_place(&self.id) {
                    ledger.place(&self.id, AgentSource::beginning());
                }
                let position = ledger.expect(&self.id);
                Box::new(AgentSource::open(self.settings, position.as_ref()))
            }
        };
        info!(source = %self.id, "following");
        pipeline.follow(*source, TimeZone::UTC).await;
    }
}

/// Also where it may not be looked into: then that is told of.
fn is_there(dir: &Path) -> bool {
    match std::fs::metadata(dir) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    }
}
