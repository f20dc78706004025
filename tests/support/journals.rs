//! Journals to read: files written by systemd-journal-remote, and a systemd-journald of our own.
//!
//! A test that needs one of them is skipped, with the reason, where it cannot run; under `CI=true`
//! that is a failure.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use login_exporter::source::journal::Journalctl;
use tempfile::TempDir;

const REMOTE: &str = "/lib/systemd/systemd-journal-remote";
const JOURNALD: &str = "/lib/systemd/systemd-journald";

/// When the first message is said, microseconds since the epoch.
const BEGINNING: u64 = 1_700_000_000_000_000;

/// One message, by itself of sshd as root.
#[derive(Clone, Debug)]
pub struct Said {
    /// After the beginning.
    pub second: u64,
    pub message: String,
    pub boot: u32,
    pub identifier: String,
    pub facility: u32,
    pub uid: u32,
    pub login_uid: Option<u32>,
    pub comm: Option<String>,
    pub message_id: Option<String>,
    /// Further fields.
    pub more: Vec<(&'static str, String)>,
}

impl Said {
    pub fn new(second: u64, message: &str) -> Self {
        Said {
            second,
            message: message.to_owned(),
            boot: 1,
            identifier: "sshd".to_owned(),
            facility: 10,
            uid: 0,
            login_uid: None,
            comm: None,
            message_id: None,
            more: Vec::new(),
        }
    }

    /// All but the message, in the Journal Export Format.
    fn frame(&self) -> String {
        let login_uid = self.login_uid.map(|uid| uid.to_string());
        let optional = |name: &str, value: &Option<String>| {
            value.as_ref().map_or(String::new(), |value| format!("{name}={value}\n"))
        };
        format!(
            "__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:032x}\n\
             _HOSTNAME=web1\nSYSLOG_IDENTIFIER={}\n_PID=70\nSYSLOG_FACILITY={}\n_UID={}\n{}{}{}{}",
            BEGINNING + self.second * 1_000_000,
            1 + self.second * 1_000_000,
            self.boot,
            self.identifier,
            self.facility,
            self.uid,
            optional("_AUDIT_LOGINUID", &login_uid),
            optional("_COMM", &self.comm),
            optional("MESSAGE_ID", &self.message_id),
            self.more.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>(),
        )
    }
}

/// A folder with one journal file.
pub struct Journal(TempDir);

pub fn remote() -> Option<Journal> {
    installed(REMOTE, "systemd-journal-remote").then(|| Journal(TempDir::new().unwrap()))
}

impl Journal {
    pub fn journalctl(&self) -> Journalctl {
        Journalctl {
            program: PathBuf::from("journalctl"),
            arguments: vec![format!("--directory={}", self.0.path().display()).into()],
            machine_id: None,
        }
    }

    /// Adds entries.
    pub fn write(&self, said: &[Said]) {
        let entries =
            said.iter().map(|said| format!("{}MESSAGE={}\n\n", said.frame(), said.message));
        self.import(entries.collect::<String>().as_bytes());
    }

    /// Adds an entry whose message is no text.
    pub fn write_bytes(&self, second: u64, message: &[u8]) {
        let mut entry = Said::new(second, "").frame().into_bytes();
        entry.extend(b"MESSAGE\n");
        entry.extend((message.len() as u64).to_le_bytes());
        entry.extend(message);
        entry.extend(b"\n\n");
        self.import(&entry);
    }

    fn import(&self, entries: &[u8]) {
        let mut remote = Command::new(REMOTE)
            .arg(format!("--output={}", self.0.path().join("system.journal").display()))
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        remote.stdin.take().unwrap().write_all(entries).unwrap();
        assert!(remote.wait().unwrap().success());
    }

    /// Removes every entry, as a reboot does with a volatile journal.
    pub fn clear(&self) {
        for file in std::fs::read_dir(self.0.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
    }

    /// Removes the folder itself, and makes it anew.
    pub fn remove(&self) {
        std::fs::remove_dir_all(self.0.path()).unwrap();
        std::fs::create_dir(self.0.path()).unwrap();
    }
}

/// A systemd-journald in a namespace of its own, which ends with the test.
pub struct Journald {
    namespace: String,
    daemon: Child,
}

pub fn journald() -> Option<Journald> {
    if !installed(JOURNALD, "systemd") || !installed("/usr/bin/logger", "bsdutils") {
        return None;
    }
    if !rustix::process::geteuid().is_root() {
        skipped("only root can start systemd-journald");
        return None;
    }
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Some(Journald::start(format!("login-exporter-{}-{number}", std::process::id())))
}

impl Journald {
    /// Returns once the daemon says that it is ready.
    fn start(namespace: String) -> Self {
        let folder = TempDir::new().unwrap();
        let notices = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        std::fs::create_dir_all(format!("/run/systemd/journal.{namespace}")).unwrap();
        let daemon = Command::new(JOURNALD)
            .arg(&namespace)
            .env("NOTIFY_SOCKET", folder.path().join("notify"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let journald = Journald { namespace, daemon };
        notices.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
        let mut notice = [0; 4096];
        loop {
            let length = notices.recv(&mut notice).unwrap();
            if String::from_utf8_lossy(&notice[..length]).contains("READY=1") {
                return journald;
            }
        }
    }

    pub fn journalctl(&self) -> Journalctl {
        Journalctl {
            program: PathBuf::from("journalctl"),
            arguments: vec![format!("--namespace={}", self.namespace).into()],
            machine_id: Journalctl::system().machine_id,
        }
    }

    /// Says each line as sshd, by root.
    pub fn log(&self, lines: &[String]) {
        let mut logger = self.logger(Command::new("logger")).stdin(Stdio::piped()).spawn().unwrap();
        logger.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
        assert!(logger.wait().unwrap().success());
    }

    /// Says a line as sshd, by another user.
    pub fn log_as(&self, uid: u32, line: &str) {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={uid}"), "--clear-groups", "logger"]);
        assert!(self.logger(command).arg(line).status().unwrap().success());
    }

    /// Says a line as sshd, by another user whose command line is that long. His process lives until
    /// it is dropped: of one that has ended journald finds no command line.
    pub fn log_with_command_line(&self, uid: u32, length: usize, line: &str) -> Writer {
        let mut command = Command::new("setpriv");
        command.args([&format!("--reuid={uid}"), "--clear-groups", "logger"]);
        // The last tag counts. No argument may be longer than 128 KiB.
        let tag = format!("--tag={}", "x".repeat(100_000));
        command.args(vec![tag; length.div_ceil(100_000)]);
        let mut logger = self.logger(command).stdin(Stdio::piped()).spawn().unwrap();
        writeln!(logger.stdin.as_mut().unwrap(), "{line}").unwrap();
        Writer(logger)
    }

    /// Says a message as sshd, with a field of any content beside it.
    pub fn log_with_field(&self, name: &str, value: &[u8], message: &str) {
        let facts = "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=sshd";
        let mut datagram = format!("{facts}\n{name}\n").into_bytes();
        datagram.extend((value.len() as u64).to_le_bytes());
        datagram.extend(value);
        datagram.extend(format!("\nMESSAGE={message}\n").bytes());
        let socket = format!("/run/systemd/journal.{}/socket", self.namespace);
        let sent = UnixDatagram::unbound().unwrap().send_to(&datagram, socket).unwrap();
        assert_eq!(sent, datagram.len());
    }

    fn logger(&self, mut command: Command) -> Command {
        let socket = format!("/run/systemd/journal.{}/dev-log", self.namespace);
        command.args(["--socket", &socket, "--priority=auth.info", "--tag=sshd"]);
        command
    }

    /// Has journald do something, and waits until it is done.
    pub fn ask(&self, arguments: &[&str]) {
        let output = Command::new("journalctl")
            .arg(format!("--namespace={}", self.namespace))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// A logger that goes on until its input ends.
pub struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        let machine = Journalctl::system().machine_id.unwrap_or_default();
        for folder in [
            format!("/run/systemd/journal.{}", self.namespace),
            format!("/run/log/journal/{machine}.{}", self.namespace),
            format!("/var/log/journal/{machine}.{}", self.namespace),
        ] {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn installed(program: &str, package: &str) -> bool {
    Path::new(program).exists()
        || skipped(&format!("there is no {program}; install the package {package}"))
}

/// Says why a test does not run; always false.
fn skipped(reason: &str) -> bool {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    eprintln!("skipped: {reason}");
    false
}
