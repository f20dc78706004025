//! A central host: a real rsyslogd writes what two hosts send into a file a day (dynafile), and a
//! symbolic link that a timer switches leads to today's.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support::{Exporter, Process, is_root, missing, skip, wait_for};

/// The year and the month that all happens in.
const MONTH: &str = "2026/11";

struct Central {
    dir: TempDir,
    _rsyslogd: Process,
    into: UnixStream,
    sent: usize,
    logins: usize,
}

impl Central {
    fn start() -> Central {
        let dir = TempDir::new().unwrap();
        let (path, socket) = (dir.path().display(), dir.path().join("in"));
        let settings = format!(
            "global(workDirectory=\"{path}\")\n\
             module(load=\"imptcp\")\n\
             input(type=\"imptcp\" path=\"{}\")\n\
             template(name=\"today\" type=\"string\" string=\"{path}/%timereported:::date-year%/%timereported:::date-month%/%timereported:::date-day%/secure\")\n\
             action(type=\"omfile\" dynaFile=\"today\" template=\"RSYSLOG_FileFormat\" createDirs=\"on\" fileOwner=\"root\")\n",
            socket.display()
        );
        fs::write(dir.path().join("rsyslog.conf"), settings).unwrap();
        let said = File::create(dir.path().join("rsyslogd.log")).unwrap();
        let rsyslogd = Process::start(
            Command::new("rsyslogd")
                .args(["-n", "-f"])
                .arg(dir.path().join("rsyslog.conf"))
                .arg("-i")
                .arg(dir.path().join("rsyslogd.pid"))
                .stdout(Stdio::null())
                .stderr(said),
        );
        let into = wait_for("rsyslogd's socket", || UnixStream::connect(&socket).ok());
        Central { dir, _rsyslogd: rsyslogd, into, sent: 0, logins: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn send(&mut self, host: &str, day: u32, clock: &str, message: &str) {
        self.sent += 1;
        let line = format!("<86>2026-11-{day:02}T{clock}+00:00 {host} {message}\n");
        self.into.write_all(line.as_bytes()).unwrap();
    }

    fn logins(&mut self, host: &str, day: u32, clock: &str, count: usize) {
        for _ in 0..count {
            self.logins += 1;
            let n = self.logins;
            let message =
                format!("sshd[{n}]: Accepted password for u from 192.0.2.1 port {n} ssh2");
            self.send(host, day, clock, &message);
        }
    }

    /// Waits until rsyslogd has written all that it was sent.
    fn written(&self) {
        wait_for("rsyslogd to write", || {
            let days = fs::read_dir(self.path(MONTH)).ok()?;
            let text = days.filter_map(|day| fs::read(day.ok()?.path().join("secure")).ok());
            let lines: usize = text.map(|t| t.iter().filter(|byte| **byte == b'\n').count()).sum();
            (lines == self.sent).then_some(())
        });
    }

    fn switch(&self, day: u32) {
        symlink(format!("{MONTH}/{day:02}/secure"), self.path("new")).unwrap();
        fs::rename(self.path("new"), self.path("secure")).unwrap();
    }

    fn exporter(&self) -> Exporter {
        let log = format!("--auth-log.path={}", self.path("secure").display());
        Exporter::start(self.dir.path(), &[&log]).ready()
    }

    #[track_caller]
    fn check(&self, exporter: &Exporter) {
        exporter.wait_total("login_successes_total", &[], self.logins as f64);
    }
}

#[test]
fn a_link_to_todays_file_of_two_hosts_loses_no_line_when_it_is_switched() {
    if !is_root() || missing(&["rsyslogd"]).is_some() {
        skip("rsyslogd runs as root (tests/install test)");
        return;
    }
    let mut central = Central::start();
    central.logins("web-1", 25, "23:59:00", 10);
    central.logins("web-2", 25, "23:59:30", 10);
    central.written();
    central.switch(25);
    let exporter = central.exporter();
    central.check(&exporter);
    // Running. The clock of web-2 is 30 s ahead: its new day begins before the link leads there, and
    // lines of web-1 come into the old day's file behind the switch.
    central.logins("web-2", 26, "00:00:10", 5);
    central.logins("web-1", 25, "23:59:45", 5);
    central.written();
    central.check_all_but(&exporter, 5);
    central.switch(26);
    central.logins("web-1", 25, "23:59:59", 3);
    central.logins("web-2", 26, "00:00:40", 5);
    central.written();
    central.check(&exporter);
    // A refused su leaves two lines: between those of web-1 stands what web-2 says of later.
    for n in 0..5 {
        let clock = format!("08:00:{n:02}");
        central.logins("web-2", 26, &format!("08:00:{:02}", n + 30), 1);
        central.send("web-1", 26, &clock, &format!("su[{n}]: pam_unix(su:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=root"));
        central.logins("web-2", 26, &format!("08:00:{:02}", n + 31), 1);
        central.send("web-1", 26, &clock, &format!("su[{n}]: FAILED SU (to root) alice on pts/0"));
    }
    central.written();
    central.check(&exporter);
    exporter.wait_total("login_su_failures_total", &[], 5.0);
    // Down, with two switches; and killed between a line and its switch.
    exporter.process.terminate();
    central.logins("web-1", 26, "23:59:00", 7);
    central.logins("web-2", 27, "00:00:20", 20);
    central.switch(27);
    central.logins("web-1", 27, "12:00:00", 4);
    central.logins("web-2", 28, "00:00:20", 18);
    central.written();
    central.switch(28);
    let exporter = central.exporter();
    central.check(&exporter);
    central.logins("web-1", 28, "12:00:00", 4);
    central.written();
    central.check(&exporter);
    exporter.process.kill();
    central.logins("web-1", 28, "23:00:00", 4);
    central.logins("web-1", 29, "00:00:01", 4);
    central.written();
    central.switch(29);
    let exporter = central.exporter();
    central.check(&exporter);
    exporter.wait_total("login_exporter_source_errors_total", &["reason=\"gap\""], 0.0);
}

impl Central {
    /// What stands where the link does not lead yet cannot be known.
    #[track_caller]
    fn check_all_but(&self, exporter: &Exporter, hidden: usize) {
        exporter.wait_total("login_successes_total", &[], (self.logins - hidden) as f64);
    }
}
