//! What systemd is told: when the exporter is ready, that it reloads, that it still runs.
//!
//! Owns the words of sd_notify(3). Where no service manager asks for them (`NOTIFY_SOCKET` is not
//! set), nothing is sent.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tracing::warn;

/// What a start may take longer by, told again and again while the backlog is read.
const MORE_TIME: Duration = Duration::from_secs(30);

/// The exporter as a service.
#[derive(Debug, Default)]
pub(super) struct Service {
    ready: bool,
    /// How often systemd wants a sign of life (`WatchdogSec=`), where it does.
    watchdog: Option<Duration>,
    last_sign: Option<Instant>,
}

impl Service {
    pub(super) fn of_process() -> Service {
        Service { watchdog: sd_notify::watchdog_enabled(), ..Service::default() }
    }

    /// The loop went round, and took the lock on everything that is counted: a loop that hangs, or
    /// a source that never lets go of that lock, is started anew by systemd.
    pub(super) fn alive(&mut self, caught_up: bool) {
        match (self.ready, caught_up) {
            (true, _) => {}
            (false, true) => {
                self.ready = true;
                tell(&[NotifyState::Ready, NotifyState::Status("follows its sources")]);
            }
            (false, false) => {
                let more = MORE_TIME.as_micros().try_into().unwrap_or(u32::MAX);
                let status = NotifyState::Status("reads what the log held at the start");
                tell(&[NotifyState::ExtendTimeoutUsec(more), status]);
            }
        }
        if self.sign_is_due() {
            self.last_sign = Some(Instant::now());
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// A third of the time that systemd waits, so that a busy machine ends nothing.
    fn sign_is_due(&self) -> bool {
        let Some(every) = self.watchdog else { return false };
        self.last_sign.is_none_or(|last| last.elapsed() >= every / 3)
    }

    /// Reads the rules anew, and tells `Type=notify-reload` when that began and ended.
    pub(super) fn reload(&self, reload: impl FnOnce()) {
        if let Ok(since) = NotifyState::monotonic_usec_now() {
            tell(&[NotifyState::Reloading, since]);
        }
        reload();
        // A reload ends a start that is not ready yet, too: to systemd both are one word.
        if self.ready {
            tell(&[NotifyState::Ready]);
        }
    }

    pub(super) fn stops(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

/// A service manager that cannot be told keeps nothing from running.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!(
            "systemd cannot be told {state:?}: {error}; is the socket in $NOTIFY_SOCKET reachable (NotifyAccess=)?"
        );
    }
}
