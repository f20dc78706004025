//! A host's authentication log, line for line as sshd, sudo, su and useradd write it.
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan};

/// The form of a line's beginning.
#[derive(Clone, Copy)]
pub enum Stamp {
    /// `Nov 23 16:31:02`, rsyslog's traditional format.
    Traditional,
    /// `2026-11-23T16:31:02.123456+00:00`, rsyslog's format of today.
    Precise,
}

pub struct Log {
    pub host: &'static str,
    pub path: PathBuf,
    stamp: Stamp,
    file: RefCell<File>,
    next_pid: Cell<u32>,
    /// How many seconds ago the next line was written.
    ago: Cell<i64>,
}

/// Who comes in: account, key's fingerprint, address.
pub type Who<'a> = (&'a str, &'a str, &'a str);

impl Log {
    pub fn create(dir: &Path, host: &'static str, stamp: Stamp) -> Log {
        let path = dir.join("secure");
        let file = RefCell::new(File::create(&path).unwrap());
        Log { host, path, stamp, file, next_pid: Cell::new(700), ago: Cell::new(0) }
    }

    /// What follows happened so many seconds ago.
    pub fn ago(&self, seconds: i64) -> &Log {
        self.ago.set(seconds);
        self
    }

    fn pid(&self) -> u32 {
        self.next_pid.set(self.next_pid.get() + 3);
        self.next_pid.get()
    }

    fn say(&self, tag: &str, message: &str) {
        let time = Timestamp::now() - self.ago.get().seconds();
        let time = match self.stamp {
            Stamp::Traditional => time.strftime("%b %e %H:%M:%S").to_string(),
            Stamp::Precise => time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
        };
        writeln!(self.file.borrow_mut(), "{time} {} {tag}: {message}", self.host).unwrap();
    }

    fn sshd(&self, pid: u32, message: &str) {
        self.say(&format!("sshd[{pid}]"), message);
    }

    /// Comes in with a key; the session stays open. Its sshd's pid.
    pub fn login(&self, (user, key, from): Who<'_>) -> u32 {
        let pid = self.pid();
        let port = 40_000 + pid;
        self.sshd(
            pid,
            &format!("Accepted publickey for {user} from {from} port {port} ssh2: ED25519 {key}"),
        );
        self.opened(pid, user);
        pid
    }

    pub fn login_by_password(&self, user: &str, from: &str) -> u32 {
        let pid = self.pid();
        self.sshd(
            pid,
            &format!("Accepted password for {user} from {from} port {} ssh2", 40_000 + pid),
        );
        self.opened(pid, user);
        pid
    }

    fn opened(&self, pid: u32, user: &str) {
        self.sshd(
            pid,
            &format!(
                "pam_unix(sshd:session): session opened for user {user}(uid=1001) by {user}(uid=0)"
            ),
        );
    }

    pub fn logout(&self, pid: u32, (user, _, from): Who<'_>) {
        let port = 40_000 + pid;
        self.sshd(
            pid,
            &format!("Received disconnect from {from} port {port}:11: disconnected by user"),
        );
        self.sshd(pid, &format!("Disconnected from user {user} {from} port {port}"));
        self.sshd(pid, &format!("pam_unix(sshd:session): session closed for user {user}"));
    }

    /// A wrong password for an account that exists.
    pub fn failed(&self, user: &str, from: &str) {
        let pid = self.pid();
        self.sshd(
            pid,
            &format!("Failed password for {user} from {from} port {} ssh2", 40_000 + pid),
        );
        self.sshd(
            pid,
            &format!(
                "Connection closed by authenticating user {user} {from} port {} [preauth]",
                40_000 + pid
            ),
        );
    }

    /// What the internet tries all day.
    pub fn stranger(&self, name: &str, from: &str) {
        let pid = self.pid();
        let at = format!("{from} port {}", 40_000 + pid);
        self.sshd(pid, &format!("Invalid user {name} from {at}"));
        self.sshd(pid, &format!("Failed password for invalid user {name} from {at} ssh2"));
        self.sshd(pid, &format!("Connection closed by invalid user {name} {at} [preauth]"));
    }

    pub fn scanner(&self, from: &str) {
        let pid = self.pid();
        self.sshd(
            pid,
            &format!(
                "banner exchange: Connection from {from} port {}: invalid format",
                40_000 + pid
            ),
        );
    }

    pub fn sudo(&self, user: &str, command: &str) {
        let tag = format!("sudo[{}]", self.pid());
        self.say(
            &tag,
            &format!("{user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"),
        );
        self.say(
            &tag,
            &format!(
                "pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid=1001)"
            ),
        );
        self.say(&tag, "pam_unix(sudo:session): session closed for user root");
    }

    pub fn sudo_refused(&self, user: &str, command: &str) {
        let what = format!(
            "user NOT in sudoers ; TTY=pts/1 ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
        );
        self.say(&format!("sudo[{}]", self.pid()), &format!("{user:>8} : {what}"));
    }

    pub fn su(&self, user: &str) {
        self.say(&format!("su[{}]", self.pid()), &format!("(to root) {user} on pts/0"));
    }

    pub fn su_refused(&self, user: &str) {
        self.say(&format!("su[{}]", self.pid()), &format!("FAILED SU (to root) {user} on pts/1"));
    }

    pub fn user_added(&self, name: &str) {
        let new = format!(
            "new user: name={name}, UID=1007, GID=1007, home=/home/{name}, shell=/bin/bash, from=/dev/pts/0"
        );
        self.say(&format!("useradd[{}]", self.pid()), &new);
    }

    /// What a version of sshd that is still to come may say.
    pub fn unknown(&self) {
        self.sshd(self.pid(), "Greetings from a version to come");
    }
}
