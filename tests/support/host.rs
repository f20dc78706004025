//! A host of its own for a test: `/etc`, `/dev`, `/run` and `/var/log` are its own, and so are its
//! processes, which end with it. The network is the machine's.
//!
//! The test runs itself again in new namespaces, so that a systemd-journald can be this host's
//! only one, and accounts, PAM and sudo can be set up at will.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Process, missing, run, skip, wait_for};

const JOURNALD: &str = "/lib/systemd/systemd-journald";

/// Set in the process that runs inside.
const INSIDE: &str = "LOGIN_EXPORTER_TEST_HOST";

/// What every host begins with. The copy of /etc is made before anything is covered.
const SET_UP: &str = r#"set -e
# Others may be changing /etc: a file that vanishes in between is none, and their locks are not ours.
mount -t tmpfs etc /mnt; cp -a /etc/. /mnt || true; mount --move /mnt /etc
rm -f /etc/*.lock
mount -t tmpfs run /run; mkdir -p /run/systemd/journal /run/log/journal /run/sshd
mount -t tmpfs log /var/log
mount -t tmpfs dev /dev; cd /dev
mknod -m 666 null c 1 3; mknod -m 666 zero c 1 5; mknod -m 666 full c 1 7
mknod -m 666 random c 1 8; mknod -m 666 urandom c 1 9; mknod -m 666 tty c 5 0
mkdir pts shm; mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 pts pts
ln -s pts/ptmx ptmx; ln -s /proc/self/fd fd
ln -s /run/systemd/journal/dev-log log
[ -s /etc/machine-id ] || echo 0123456789abcdef0123456789abcdef > /etc/machine-id
"#;

/// Runs `body` on a host of its own: the test that calls this is run again there, alone.
pub fn on_a_host_of_its_own(programs: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        run(Command::new("sh").args(["-c", SET_UP]));
        return body();
    }
    if cannot_run(programs) {
        return;
    }
    let this = std::thread::current();
    let test = this.name().unwrap();
    let output = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{test} failed on the host of its own: {said}");
    assert!(said.contains("1 passed"), "{test} did not run on the host of its own: {said}");
}

fn cannot_run(programs: &[&str]) -> bool {
    if !super::is_root() {
        return skip("a host of its own needs root");
    }
    if !Path::new(JOURNALD).exists() {
        return skip(&format!("there is no {JOURNALD} (tests/install test)"));
    }
    let programs: Vec<_> = programs.iter().chain(&["unshare", "logger", "setpriv"]).collect();
    let programs: Vec<&str> = programs.into_iter().copied().collect();
    if missing(&programs).is_some_and(|reason| skip(&reason)) {
        return true;
    }
    let namespaces = Command::new("unshare").args(["--mount", "--pid", "--fork", "true"]).output();
    !namespaces.unwrap().status.success() && skip("namespaces cannot be made here")
}

/// The host's systemd-journald.
pub struct Journald(Process);

impl Journald {
    /// `settings` are lines of journald.conf.
    pub fn start(settings: &str) -> Journald {
        // By itself journald would turn on the machine's auditing and read its kernel's log.
        let fixed = "[Journal]\nAudit=\nReadKMsg=no\nForwardToSyslog=no\nForwardToWall=no";
        std::fs::create_dir_all("/etc/systemd").unwrap();
        std::fs::write("/etc/systemd/journald.conf", format!("{fixed}\n{settings}\n")).unwrap();
        let sockets = ["dev-log", "socket", "stdout", "io.systemd.journal"];
        // An earlier one may have left its own behind.
        for name in sockets {
            let _ = std::fs::remove_file(Path::new("/run/systemd/journal").join(name));
        }
        let process = Process::start(Command::new(JOURNALD).stderr(Stdio::null()));
        wait_for("journald's sockets", || {
            let there = |name| Path::new("/run/systemd/journal").join(name).exists();
            sockets.iter().copied().all(there).then_some(())
        });
        Journald(process)
    }

    /// Has journald do something, and waits until it is done.
    pub fn ask(&self, arguments: &[&str]) {
        run(Command::new("journalctl").args(arguments));
    }

    /// How many entries of the journal match.
    pub fn count(&self, matches: &[&str]) -> usize {
        self.ask(&["--sync"]);
        let mut command = Command::new("journalctl");
        let output = command.args(["--quiet", "--output=cat"]).args(matches).output().unwrap();
        output.stdout.iter().filter(|byte| **byte == b'\n').count()
    }
}

/// Has the host's root write as sshd does: the kernel, too, knows the writer by that name.
pub struct WriterAsSshd {
    program: std::path::PathBuf,
}

impl WriterAsSshd {
    pub fn new() -> WriterAsSshd {
        // Where a distribution may put sshd: in another folder it is no sshd.
        let program = Path::new("/usr/local/sbin/sshd").to_owned();
        run(Command::new("mount").args(["-t", "tmpfs", "sbin", "/usr/local/sbin"]));
        super::copy_program(super::which("logger").unwrap(), &program);
        WriterAsSshd { program }
    }

    /// Writes each line that comes in.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--socket-errors=on", "--priority=authpriv.info", "--tag=sshd"])
            .stdin(Stdio::piped());
        command
    }

    pub fn write(&self, line: &str) {
        run(self.command().arg("--").arg(line));
    }
}
