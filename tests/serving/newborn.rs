//! The first start of the exporter, on a host that was just born and on one that has been up for days.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::support::{Exporter, is_root, missing, skip, total};

const LOGINS: &str = "login_accesses_total";
const NEWS: &str = "login_last_success_counted_timestamp_seconds";
const BASELINE: &str = "login_exporter_baseline_timestamp_seconds";
const MINUTE: Duration = Duration::from_secs(60);

fn cannot_run() -> bool {
    if !is_root() {
        return skip("a time namespace needs root");
    }
    missing(&["unshare"]).is_some_and(|reason| skip(&reason))
}

/// A log with a line of the image that the host was made of, and a login of a minute ago.
fn log(dir: &Path) -> String {
    let path = dir.join("secure");
    let line = |user: &str, ago: Duration| {
        let at = Timestamp::try_from(SystemTime::now() - ago).unwrap();
        format!("{at} web-1 sshd[7]: Accepted password for {user} from 192.0.2.1 port 4 ssh2\n")
    };
    let text = line("builder", 24 * 60 * MINUTE) + &line("mallory", MINUTE);
    std::fs::write(&path, text).unwrap();
    format!("--auth-log.path={}", path.display())
}

fn counted(metrics: &str, user: &str) -> usize {
    let user = format!("user=\"{user}\"");
    metrics.lines().filter(|line| line.starts_with(NEWS) && line.contains(&user)).count()
}

#[test]
fn on_a_newborn_host_who_came_in_before_the_exporter_is_news() {
    if cannot_run() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let exporter = Exporter::start_up_for(10 * MINUTE, dir.path(), &[&log]).ready();
    exporter.wait_total(LOGINS, &["kind=\"login\""], 1.0);
    let metrics = exporter.metrics();
    assert_eq!((counted(&metrics, "mallory"), counted(&metrics, "builder")), (1, 0), "{metrics}");
    assert_eq!(total(&metrics, "login_successes_total", &[]), 2.0);
    assert_eq!(total(&metrics, BASELINE, &[]), 0.0, "of what is older than the boot nobody speaks");

    // And once: not again after a restart, which is no first start.
    assert_eq!(exporter.process.terminate(), Some(0));
    let exporter = Exporter::start_up_for(11 * MINUTE, dir.path(), &[&log]).ready();
    exporter.wait_total(LOGINS, &["kind=\"login\""], 1.0);
    assert_eq!(total(&exporter.metrics(), "login_successes_total", &[]), 2.0);
}

#[test]
fn on_a_host_that_has_been_up_for_days_it_is_a_baseline() {
    if cannot_run() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let exporter = Exporter::start_up_for(48 * 60 * MINUTE, dir.path(), &[&log]).ready();
    exporter.wait_total("login_successes_total", &[], 2.0);
    let metrics = exporter.metrics();
    assert_eq!(total(&metrics, LOGINS, &[]), 0.0);
    assert_eq!((counted(&metrics, "mallory"), counted(&metrics, "builder")), (0, 0), "{metrics}");
    let since = total(&metrics, BASELINE, &[]);
    assert!(since > 0.0, "{metrics}");

    // It stays what it was, and comes anew where somebody takes the state away.
    assert_eq!(exporter.process.terminate(), Some(0));
    let exporter = Exporter::start_up_for(49 * 60 * MINUTE, dir.path(), &[&log]).ready();
    assert_eq!(total(&exporter.metrics(), BASELINE, &[]), since);
    assert_eq!(exporter.process.terminate(), Some(0));
    std::fs::remove_dir_all(dir.path().join("state")).unwrap();
    let exporter = Exporter::start_up_for(49 * 60 * MINUTE, dir.path(), &[&log]).ready();
    assert!(total(&exporter.metrics(), BASELINE, &[]) > since);
}
