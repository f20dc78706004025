//! `serve`: follow the sources, answer scrapes, save, until a signal asks to stop.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::rules::{self, Reloading};
use super::service::Service;
use super::sources::{self, Choice, Followed, HostLogs};
use super::users::HostUsers;
use crate::archive;
use crate::config::{CommandLine, Environment, Settings};
use crate::host::Host;
use crate::metrics::own::Own;
use crate::pipeline::{
    Archiving, Asked, Ledger, Pipeline, Saved, SavedChange, Scraping, now, time_of,
};
use crate::programs;
use crate::state;
use crate::version::{REVISION, VERSION};
use crate::web::{self, Exporter, Exposition, Overview, Scrape, SourceStatus};

/// How often held events are looked at: half of how long the shortest is held.
const TICK: Duration = Duration::from_secs(1);

/// How often the state is saved when nobody scrapes.
const SAVE: Duration = Duration::from_secs(15);

/// How often series that were not seen for long are looked for.
const FORGET: Duration = Duration::from_secs(600);

pub(super) fn serve(
    line: &CommandLine,
    settings: Settings,
    environment: &Environment,
) -> Result<(), String> {
    super::log::start(settings.log);
    super::needs::check()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start the runtime: {error}; is the limit of threads or files reached (ulimit -a)?"))?;
    let outcome = runtime.block_on(run(line, settings, environment));
    // All that must be done is done by now; a password that is still being compared is not waited
    // for.
    runtime.shutdown_background();
    outcome
}

/// What runs, between start and stop.
struct Running {
    pipeline: Arc<Pipeline>,
    scraping: Arc<Scraping>,
    settings: Settings,
    host: String,
    host_logs: HostLogs,
}

async fn run(
    line: &CommandLine,
    settings: Settings,
    environment: &Environment,
) -> Result<(), String> {
    let policy = rules::policy(&settings)?;
    let server =
        web::Server::bind(web_options(&settings)).await.map_err(|error| error.to_string())?;
    let own = Own::new().map_err(|error| error.to_string())?;
    rules::count(&own, &policy);
    let (store, mut ledger) = open_state(&settings, &own)?;
    ledger.memory.set_limits(sources::memory_limits(&settings));
    ledger.doors = settings.cloudtrail.doors;
    let choice = Choice::of(&settings).await?;
    let host_logs = HostLogs::open(choice, &settings, &mut ledger).await?;
    let host = Host::read(Path::new("/"));
    let followed = sources::open(&settings, &host, &mut ledger).await?;
    tell_of(&own, &host, &mut ledger);
    for account in &settings.cloudtrail.accounts {
        own.aws_account(account.number(), account.name.as_deref().unwrap_or(""));
    }
    ledger.series.resume(settings.limits.series_per_family);
    let archiving = open_archive(&settings, &mut ledger, &own)?;
    let users = HostUsers::of(&host, &settings);
    let pipeline = Arc::new(Pipeline::new(ledger, policy, own, Box::new(users)));
    let scraping = Arc::new(Scraping::new(
        pipeline.clone(),
        Arc::new(store),
        archiving,
        settings.web.openmetrics_created,
    ));
    let reloading =
        Reloading::new(line.clone(), environment.clone(), settings.clone(), server.reloader());
    let running = Running { pipeline, scraping, settings, host: host.hostname, host_logs };
    info!(version = VERSION, revision = REVISION, "login_exporter starts");
    if let Some(file) = host.sudo_rs {
        let logs = "`sudo` is sudo-rs here: it logs nothing of who is not in sudoers, and of a wrong \
                    password PAM's line alone; for each refusal to be told, make `sudo` classic \
                    sudo (update-alternatives --config sudo, or the package of classic sudo)";
        warn!(file = %file.display(), "{logs}");
    }
    running.until_stopped(server, followed, reloading).await
}

/// Names the host in the exporter's own metrics; a reboot since the snapshot is noted.
fn tell_of(own: &Own, host: &Host, ledger: &mut Ledger) {
    own.host(&host.hostname, &host.instance_id);
    own.programs(&programs::may_be_unknown().collect::<Vec<_>>());
    own.rules_loaded(now());
    if let (Some(boot_id), Some(boot)) = (&host.boot_id, host.boot_time) {
        ledger.booted(boot_id, &host.hostname, boot, now());
        ledger.baseline_of().iter().for_each(|time| own.baseline(*time));
    }
}

/// The archive, with what the last snapshot says appended; the days before are packed meanwhile.
fn open_archive(
    settings: &Settings,
    ledger: &mut Ledger,
    own: &Own,
) -> Result<Option<Arc<Archiving>>, String> {
    let Some(dir) = &settings.archive.dir else { return Ok(None) };
    let limits = archive::Limits {
        retention: i64::try_from(settings.archive.retention.as_secs()).unwrap_or(i64::MAX),
        size: settings.archive.max_size,
    };
    let files = archive::Files::open(dir, limits).map_err(|error| error.to_string())?;
    own.archive();
    ledger.archive.keep(settings.archive.failures);
    let archiving = Arc::new(Archiving::start(files, &mut ledger.archive, own));
    let (tidying, own, in_use) = (archiving.clone(), own.clone(), ledger.archive.stem().to_owned());
    let relied_on = ledger.relied_on(now().into());
    tokio::task::spawn_blocking(move || tidying.tidy(&in_use, relied_on, &own));
    Ok(Some(archiving))
}

/// The state directory, and the ledger that goes on from what is saved in it.
fn open_state(settings: &Settings, own: &Own) -> Result<(state::Store, Ledger), String> {
    let store = state::Store::open(&settings.state_dir).map_err(|error| error.to_string())?;
    let loaded = store.load::<Saved, SavedChange>().map_err(|error| error.to_string())?;
    let first = loaded.state.is_none();
    let mut ledger = Ledger::new(loaded.state.unwrap_or_else(|| Saved::default().into()));
    if let Some(damaged) = loaded.set_aside {
        let goes_on = match first {
            true => "nothing is known of before; what the logs tell since it was written is news",
            false => "it goes on from what was saved before; what came since is read again",
        };
        warn!(kept = %damaged.to.display(), "the snapshot cannot be used: {}; {goes_on}", damaged.why);
        own.snapshot_set_aside(now());
        ledger.lost(damaged.written.map_or_else(now, time_of));
    }
    Ok((store, ledger))
}

pub(super) fn web_options(settings: &Settings) -> web::Options {
    web::Options {
        listen: settings.web.listen_addresses.iter().map(ToString::to_string).collect(),
        telemetry_path: settings.web.telemetry_path.clone(),
        config_file: settings.web.config_file.clone(),
        recent: !settings.web.disable_recent,
        limits: web::Limits { max_requests: settings.web.max_requests, ..web::Limits::default() },
    }
}

impl Running {
    async fn until_stopped(
        self,
        server: web::Server,
        followed: Vec<Followed>,
        mut reloading: Reloading,
    ) -> Result<(), String> {
        let mut signals =
            Signals::new().map_err(|error| format!("cannot listen for signals: {error}"))?;
        let mut following = JoinSet::new();
        for source in followed {
            source.follow(self.pipeline.clone(), &mut following);
        }
        let host_logs = self.host_logs.follow(self.pipeline.clone(), self.settings.clone());
        following.spawn(host_logs);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let front = Arc::new(Front {
            pipeline: self.pipeline.clone(),
            scraping: self.scraping.clone(),
            host: self.host.clone(),
        });
        let serving = tokio::spawn(server.serve(front, async move {
            let _ = stopped.await;
        }));
        let mut service = Service::of_process();
        let running =
            Ticking { pipeline: self.pipeline, scraping: self.scraping, settings: self.settings };
        running.tick_until_stop(&mut signals, &mut reloading, &mut service).await;
        info!("login_exporter stops");
        service.stops();
        let _ = stop.send(());
        let _ = serving.await;
        following.shutdown().await;
        running.scraping.save().await;
        Ok(())
    }
}

/// What goes on by the clock until the stop.
struct Ticking {
    pipeline: Arc<Pipeline>,
    scraping: Arc<Scraping>,
    settings: Settings,
}

impl Ticking {
    /// What happens by the clock, and what signals ask for.
    async fn tick_until_stop(
        &self,
        signals: &mut Signals,
        reloading: &mut Reloading,
        service: &mut Service,
    ) {
        let mut tick = tokio::time::interval(TICK);
        let mut save = tokio::time::interval(SAVE);
        let mut forget = tokio::time::interval(FORGET);
        for interval in [&mut tick, &mut save, &mut forget] {
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                _ = signals.stop.recv() => return,
                _ = signals.interrupt.recv() => return,
                _ = signals.reload.recv() => service.reload(|| reloading.reload(&self.pipeline)),
                _ = tick.tick() => {
                    self.pipeline.expire();
                    reloading.look(&self.pipeline);
                    service.alive(self.pipeline.ledger().caught_up());
                }
                () = self.pipeline.full.notified() => self.scraping.save().await,
                _ = save.tick() => self.scraping.save().await,
                _ = forget.tick() => self.pipeline.forget(self.settings.limits.forget_after),
            }
        }
    }
}

struct Signals {
    stop: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            stop: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }
}

/// What the web pages ask.
struct Front {
    pipeline: Arc<Pipeline>,
    scraping: Arc<Scraping>,
    host: String,
}

impl Exporter for Front {
    async fn metrics(&self, scrape: Scrape) -> Exposition {
        let asked = Asked {
            viewer: scrape.viewer,
            connections: &*scrape.connections,
            accept: scrape.accept.as_deref(),
            patience: scrape.patience,
        };
        let (format, body) = self.scraping.scrape(asked).await;
        Exposition { content_type: format.content_type(), body }
    }

    fn closed(&self, connection: u64, in_order: bool) {
        let now = self.pipeline.now();
        self.pipeline.ledger().series.closed(connection, in_order, now);
    }

    fn ready(&self) -> bool {
        self.pipeline.ledger().caught_up()
    }

    fn overview(&self) -> Overview {
        let ledger = self.pipeline.ledger();
        let sources = ledger.states().iter().map(|(id, state)| SourceStatus {
            name: id.to_string(),
            up: state.up,
            caught_up: state.caught_up,
            lag_bytes: state.lag_bytes,
            last_record: state.last_record.map(|time| time.seconds()),
            problem: state.problem.clone(),
        });
        Overview {
            host: self.host.clone(),
            host_log: ledger.host_log.clone(),
            sources: sources.collect(),
            recent: ledger.recent.newest_first().cloned().collect(),
        }
    }
}
