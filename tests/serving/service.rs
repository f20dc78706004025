//! What systemd is told by a `Type=notify-reload` service: ready, reloading, alive, stopping.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use crate::support::{Exporter, PATIENCE, run};

/// The socket of a service manager, and all that it is told.
struct Manager {
    socket: UnixDatagram,
    dir: tempfile::TempDir,
}

impl Manager {
    fn new() -> Manager {
        let dir = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Manager { socket, dir }
    }

    /// Runs the exporter as a service, asked for a sign of life every 3 seconds.
    fn start(&self) -> Exporter {
        let log = self.dir.path().join("secure");
        std::fs::write(
            &log,
            "Oct  4 13:42:02 h sshd[1]: Accepted password for a from 192.0.2.1 port 1 ssh2\n",
        )
        .unwrap();
        let log = format!("--auth-log.path={}", log.display());
        let socket = self.dir.path().join("notify");
        let environment =
            [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "3000000")];
        Exporter::start_with(self.dir.path(), &[&log], &environment)
    }

    /// Waits until a message holds this line; returns all of its lines.
    #[track_caller]
    fn wait(&self, line: &str) -> Vec<String> {
        loop {
            let mut buffer = [0; 4096];
            let length = self.socket.recv(&mut buffer).unwrap_or_else(|e| panic!("{line}: {e}"));
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if lines.iter().any(|told| told == line) {
                return lines;
            }
        }
    }
}

#[test]
fn systemd_is_told_when_it_is_ready_reloads_lives_and_stops() {
    let manager = Manager::new();
    let mut exporter = manager.start();
    manager.wait("READY=1");
    assert_eq!(crate::support::get(&format!("{}/-/ready", exporter.url)).map(|_| ()), Ok(()));
    for _ in 0..2 {
        manager.wait("WATCHDOG=1");
    }
    let pid = exporter.process.child.id().to_string();
    run(Command::new("kill").args(["-HUP", &pid]));
    let reloading = manager.wait("RELOADING=1");
    assert!(reloading.iter().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reloading:?}");
    manager.wait("READY=1");
    run(Command::new("kill").args(["-TERM", &pid]));
    manager.wait("STOPPING=1");
    assert!(exporter.process.child.wait().unwrap().success());
}

#[test]
fn nothing_is_sent_where_no_service_manager_listens() {
    let manager = Manager::new();
    let log = manager.dir.path().join("secure");
    std::fs::write(&log, "").unwrap();
    let log = format!("--auth-log.path={}", log.display());
    let exporter = Exporter::start(manager.dir.path(), &[&log]).ready();
    manager.socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    assert!(manager.socket.recv(&mut [0; 16]).is_err(), "{}", exporter.log());
}
