//! The exporter beside a real systemd-journald, on hosts of their own: what sshd, sudo, su, useradd
//! and forgers write, over rotation, vacuum, kill -9, and the change between file and journal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/host.rs"]
mod host;
mod support;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use host::{Journald, WriterAsSshd, on_a_host_of_its_own};
use support::{Account, Exporter, Rsyslog, Sshd, run, total, wait_for};

const LOGINS: &str = "login_successes_total";
const ERRORS: &str = "login_exporter_source_errors_total";
const JOURNAL: &[&str] = &["--source=journal"];

fn accepted(n: usize) -> String {
    let (host, port) = (n % 50 + 1, 1024 + n % 60_000);
    format!("Accepted password for root from 198.51.100.{host} port {port} ssh2")
}

fn write_logins(writer: &WriterAsSshd, numbers: std::ops::Range<usize>) {
    let lines: Vec<String> = numbers.map(accepted).collect();
    let mut logger = writer.command().spawn().unwrap();
    logger.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    assert!(logger.wait().unwrap().success());
}

fn as_user(user: &str, command: &[&str]) -> bool {
    Command::new("setpriv")
        .args(["--reuid", user, "--regid", user, "--clear-groups"])
        .args(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

/// Whom su asks for no password: everyone, on this host.
fn let_su_pass() {
    let rules = std::fs::read_to_string("/etc/pam.d/su").unwrap();
    std::fs::write("/etc/pam.d/su", format!("auth sufficient pam_permit.so\n{rules}")).unwrap();
}

fn allow_true_by_sudo(user: &str) {
    let path = format!("/etc/sudoers.d/{user}");
    let rules = format!("Defaults:{user} !authenticate\n{user} ALL=(root) /usr/bin/true\n");
    std::fs::write(&path, rules).unwrap();
    run(Command::new("chmod").args(["0440", &path]));
}

#[test]
fn what_real_programs_write_counts_and_what_a_user_forges_does_not() {
    let test = "what_real_programs_write_counts_and_what_a_user_forges_does_not";
    on_a_host_of_its_own(test, &["sshd", "ssh", "sudo", "su", "useradd"], || {
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("");
        let (alice, bob) = (Account::create("le-alice"), Account::create("le-bob"));
        allow_true_by_sudo(&alice.0);
        let_su_pass();
        let sshd = Sshd::start(dir.path(), &alice.0, "");
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        let (alice, bob) = (&*alice.0, &*bob.0);
        exporter.wait_total("login_account_changes_total", &["user_added", alice], 1.0);

        assert!(sshd.ssh(alice, "client", "true"), "the login with the right key");
        assert!(!sshd.ssh(alice, "stranger", "true"), "the login with a wrong key");
        assert!(!sshd.ssh("no-such-account", "client", "true"), "the login of nobody");
        assert!(as_user(alice, &["sudo", "-n", "true"]), "the allowed command");
        assert!(!as_user(alice, &["sudo", "-n", "id"]), "the refused command");
        assert!(as_user(alice, &["su", bob, "-c", "true"]), "su");
        // alice logs in, becomes bob, and as bob becomes root: su names who logged in.
        let nested = format!("su {bob} -c 'su root -c true'");
        assert!(sshd.ssh(alice, "client", &nested), "su within su");
        assert!(as_user(bob, &["logger", "-p", "auth.info", "-t", "sshd", &accepted(1)]));
        let forged = format!("   {alice} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/forged");
        assert!(as_user(bob, &["logger", "-p", "authpriv.notice", "-t", "sudo", &forged]));
        run(Command::new("sh").args(["-c", "journalctl -o json --all SYSLOG_IDENTIFIER=su SYSLOG_IDENTIFIER=sshd > /tmp/aws-su.json"]));
        run(Command::new("useradd").args(["--no-create-home", "le-carol"]));
        exporter.wait_total("login_account_changes_total", &["user_added", "le-carol"], 1.0);

        let user = format!("user=\"{alice}\"");
        let login = [&*user, "program=\"sshd\"", "method=\"publickey\"", "source=\"127.0.0.1\""];
        let key = format!("identity=\"{}\"", sshd.fingerprint("client"));
        exporter.wait_total(LOGINS, &[&login[..], &[&*key]].concat(), 2.0);
        exporter.wait_total(LOGINS, &[], 2.0);
        exporter.wait_total("login_rejections_total", &["reason=\"invalid_user\""], 1.0);
        for event in ["opened", "closed"] {
            let family = format!("login_sessions_{event}_total");
            exporter.wait_total(&family, &[&user, "program=\"sshd\""], 2.0);
        }
        exporter.wait_total("login_sessions_active", &["program=\"sshd\""], 0.0);
        exporter.wait_total("login_sudo_commands_total", &[&user, "/usr/bin/true"], 1.0);
        exporter.wait_total("login_sudo_commands_total", &[], 1.0);
        exporter.wait_total("login_sudo_failures_total", &[&user], 1.0);
        let switch = |target: &str| format!("target_user=\"{target}\"");
        exporter.wait_total("login_su_switches_total", &[&user, &switch(bob)], 2.0);
        exporter.wait_total("login_su_switches_total", &[&user, &switch("root")], 1.0);
        exporter.wait_total("login_su_switches_total", &[], 3.0);
        // The two forged entries; no logout, no end of a session was taken for one.
        exporter.wait_total(ERRORS, &["source=\"journal\"", "reason=\"untrusted\""], 2.0);
        exporter.wait_total(ERRORS, &[], 2.0);
    });
}

/// Writes logins until it is told to stop; how many it wrote.
fn write_until(writer: &WriterAsSshd, stop: &AtomicBool, written: &AtomicUsize) {
    let mut logger = writer.command().spawn().unwrap();
    let mut input = logger.stdin.take().unwrap();
    while !stop.load(Ordering::Relaxed) {
        let n = written.load(Ordering::Relaxed);
        writeln!(input, "{}", accepted(n)).unwrap();
        written.store(n + 1, Ordering::Relaxed);
        // About 400 a second: the pace of a busy host, not an event that could be awaited.
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(input);
    assert!(logger.wait().unwrap().success());
}

#[test]
fn every_entry_counts_once_over_kill_9_and_rotation() {
    let test = "every_entry_counts_once_over_kill_9_and_rotation";
    on_a_host_of_its_own(test, &[], || {
        const KILLS: usize = 25;
        let dir = tempfile::tempdir().unwrap();
        let journald = Journald::start("RateLimitBurst=0");
        let writer = WriterAsSshd::new(dir.path());
        write_logins(&writer, 0..10);
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(10)));
        let writing = {
            let (stop, written) = (stop.clone(), written.clone());
            std::thread::spawn(move || write_until(&writer, &stop, &written))
        };
        let mut shown = 0.0;
        for kill in 0..KILLS {
            let exporter = Exporter::start(dir.path(), JOURNAL);
            if kill % 5 == 4 {
                journald.ask(&["--rotate"]);
            }
            // Killed at another point of its work each time: before, in and after a scrape.
            let wanted = shown + (kill % 7) as f64 * 5.0;
            shown = wait_for("progress", || {
                let now = total(&exporter.metrics(), LOGINS, &[]);
                assert!(
                    now >= shown,
                    "fell from {shown} to {now} after kill {kill}:\n{}\n{}",
                    exporter.metrics(),
                    exporter.log()
                );
                (now >= wanted).then_some(now)
            });
            exporter.process.kill();
        }
        stop.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        let written = written.load(Ordering::Relaxed);
        assert_eq!(journald.count(&["SYSLOG_IDENTIFIER=sshd"]), written, "journald lost some");
        assert!(written > 1_000, "only {written} entries");
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], written as f64);
        exporter.wait_total(ERRORS, &[], 0.0);
    });
}

#[test]
fn rotation_and_vacuum_lose_nothing_and_a_place_that_is_gone_is_a_gap() {
    let test = "rotation_and_vacuum_lose_nothing_and_a_place_that_is_gone_is_a_gap";
    on_a_host_of_its_own(test, &[], || {
        let dir = tempfile::tempdir().unwrap();
        let journald = Journald::start("RateLimitBurst=0");
        let writer = WriterAsSshd::new(dir.path());
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        for round in 1..=5 {
            write_logins(&writer, (round - 1) * 100..round * 100);
            exporter.wait_total(LOGINS, &[], round as f64 * 100.0);
            journald.ask(&["--rotate"]);
            journald.ask(&["--vacuum-size=1"]);
        }
        exporter.wait_total(ERRORS, &[], 0.0);
        assert_eq!(exporter.process.terminate(), Some(0));

        // What was read last is gone by now. It comes again with the first entry there is.
        write_logins(&writer, 500..501);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 501.0);
        exporter.wait_total(ERRORS, &["source=\"journal\"", "reason=\"gap\""], 1.0);
        assert!(exporter.log().contains("no longer holds the entry that was read last"));
        assert_eq!(exporter.process.terminate(), Some(0));

        // A stop of some length, with a rotation in it, is none.
        write_logins(&writer, 501..510);
        journald.ask(&["--rotate"]);
        write_logins(&writer, 510..520);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 520.0);
        exporter.wait_total(ERRORS, &[], 0.0);

        // A vacuum that takes what was not read yet.
        assert_eq!(exporter.process.terminate(), Some(0));
        write_logins(&writer, 520..530);
        journald.ask(&["--rotate"]);
        journald.ask(&["--vacuum-size=1"]);
        write_logins(&writer, 530..540);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 530.0);
        exporter.wait_total(ERRORS, &["source=\"journal\"", "reason=\"gap\""], 1.0);
    });
}

/// journald limits each service for itself, by the control group that it runs in.
fn as_service(name: &str) -> Option<std::path::PathBuf> {
    let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
    let root = roots.iter().find(|root| Path::new(root).join("cgroup.procs").exists())?;
    let group = Path::new(root).join("system.slice").join(name);
    std::fs::create_dir_all(&group).ok()?;
    Some(group)
}

#[test]
fn what_journalds_rate_limit_drops_is_counted_as_suppressed() {
    let test = "what_journalds_rate_limit_drops_is_counted_as_suppressed";
    on_a_host_of_its_own(test, &[], || {
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("RateLimitIntervalSec=1s\nRateLimitBurst=20");
        let writer = WriterAsSshd::new(dir.path());
        let Some(group) = as_service(&format!("le-flood-{}.service", std::process::id())) else {
            support::skip("no control group of version 2 can be made here");
            return;
        };
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        let flood = "echo $$ > \"$1/cgroup.procs\"; exec \"$0\" -p authpriv.info -t sshd";
        let in_group = |lines: &str| {
            let mut shell = Command::new("sh")
                .args(["-c", flood])
                .args([&dir.path().join("sshd"), &group])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            shell.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
            assert!(shell.wait().unwrap().success());
        };
        let lines: Vec<String> = (0..1_000).map(accepted).collect();
        in_group(&lines.join("\n"));
        // journald tells of it with the next message that it lets pass.
        let mut sent = 1_000.0;
        let suppressed = ["source=\"journal\"", "reason=\"suppressed\""];
        let (counted, lost) = wait_for("journald's note", || {
            in_group(&accepted(0));
            sent += 1.0;
            wait_for("the newest of them", || {
                let metrics = exporter.metrics();
                let counted = total(&metrics, LOGINS, &[]);
                let lost = total(&metrics, ERRORS, &suppressed);
                let passed = lost > 0.0 || counted >= 20.0;
                passed.then_some((counted, lost))
            });
            let metrics = exporter.metrics();
            let lost = total(&metrics, ERRORS, &suppressed);
            (lost > 0.0).then(|| (total(&metrics, LOGINS, &[]), lost))
        });
        let _ = std::fs::remove_dir(&group);
        assert!(lost > 100.0 && counted >= 20.0, "{counted} counted, {lost} suppressed");
        exporter.wait_total(LOGINS, &[], sent - lost);
        drop(writer);
    });
}
