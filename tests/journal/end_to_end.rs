//! The exporter beside a real systemd-journald, on hosts of their own: what sshd, sudo, su, useradd
//! and forgers write, over rotation, vacuum, kill -9, and the change between file and journal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::host::{Journald, WriterAsSshd, on_a_host_of_its_own};
use crate::support::visitor::knock;
use crate::support::{Account, Exporter, Sshd, run, total, wait_for};

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

/// Whom su asks for no password: everyone, on this host.
fn let_su_pass() {
    let rules = std::fs::read_to_string("/etc/pam.d/su").unwrap();
    std::fs::write("/etc/pam.d/su", format!("auth sufficient pam_permit.so\n{rules}")).unwrap();
}

#[test]
fn what_real_programs_write_counts_and_what_a_user_forges_does_not() {
    on_a_host_of_its_own(&["sshd", "ssh", "sudo", "su", "useradd"], || {
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("");
        let (alice, bob) = (Account::create("le-alice"), Account::create("le-bob"));
        alice.may_sudo_true();
        let_su_pass();
        let sshd = Sshd::start(dir.path(), &alice.0, "");
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        let as_alice = |command: &[&str]| alice.runs(command);
        let as_bob = |command: &[&str]| bob.runs(command);
        let (alice, bob) = (&*alice.0, &*bob.0);
        exporter.wait_total("login_account_changes_total", &["user_added", alice], 1.0);

        assert!(sshd.ssh(alice, "client", "true"), "the login with the right key");
        assert!(!sshd.ssh(alice, "stranger", "true"), "the login with a wrong key");
        assert!(!sshd.ssh("no-such-account", "client", "true"), "the login of nobody");
        assert!(as_alice(&["sudo", "-n", "true"]), "the allowed command");
        assert!(!as_alice(&["sudo", "-n", "id"]), "the refused command");
        assert!(as_alice(&["su", bob, "-c", "true"]), "su");
        // alice logs in, becomes bob, and as bob becomes root. Debian's su names whom it is run by.
        let nested = format!("su {bob} -c 'su root -c true'");
        assert!(sshd.ssh(alice, "client", &nested), "su within su");
        assert!(as_bob(&["logger", "-p", "auth.info", "-t", "sshd", &accepted(1)]));
        let forged = format!("   {alice} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/forged");
        assert!(as_bob(&["logger", "-p", "authpriv.notice", "-t", "sudo", &forged]));
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
        let by_bob = format!("user=\"{bob}\"");
        exporter.wait_total("login_su_switches_total", &[&by_bob, &switch("root")], 1.0);
        exporter.wait_total("login_su_switches_total", &[], 3.0);
        // The two forged entries; no logout, no end of a session was taken for one.
        exporter.wait_total(ERRORS, &["source=\"journal\"", "reason=\"untrusted\""], 2.0);
        exporter.wait_total(ERRORS, &[], 2.0);
    });
}

/// Names of strangers that bring an address of their own to where sshd's words end or are cut: it
/// cuts at 500 bytes, journald strips the blanks before the cut, and control bytes grow fourfold.
fn names_with_an_address() -> Vec<String> {
    let mut names = vec![
        format!("{}f 10.6.6.7 port 22{}zz", "é".repeat(35), " ".repeat(98)),
        format!("{}{} 10.6.6.6 port 22 zz", "\u{1}".repeat(75), "f".repeat(73)),
        "f from 10.6.6.8 port 22 ssh2".to_owned(),
        "f 10.6.6.8 port 22 [preauth]".to_owned(),
        "f 10.6.6.8 port 22:11: Bye [preauth]".to_owned(),
    ];
    // Of a name sshd writes a hundred characters: wherever its cut falls in them.
    for filler in [60, 68, 76] {
        let name = "\u{1}".repeat(filler);
        names.push(format!("{name} 10.6.6.9 port 22{}z", " ".repeat(99 - 17 - filler)));
    }
    names
}

/// sshd's lines arrived shorter than it had cut them and were taken for whole ones: a second
/// rejection, from an address that the stranger chose.
#[test]
fn no_name_at_a_real_sshd_brings_an_address() {
    on_a_host_of_its_own(&["sshd", "ssh", "curl", "useradd"], || {
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("");
        let account = Account::create("le-knocked");
        let sshd = Sshd::start(dir.path(), &account.0, "PasswordAuthentication yes");
        let names = names_with_an_address();
        let visitors: Vec<String> =
            names.iter().map(|name| knock(&sshd, name).source.to_string()).collect();
        run(Command::new("journalctl").arg("--sync"));

        let mut history = Command::new(env!("CARGO_BIN_EXE_login_exporter"));
        history.args(["history", "--source=journal", "--format=json"]);
        history.args(["--event=login_*", &format!("--state.dir={}", dir.path().display())]);
        let told = String::from_utf8(history.output().unwrap().stdout).unwrap();
        let events: Vec<serde_json::Value> =
            told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let sources = |kind: &str| -> Vec<&str> {
            let of_kind = events.iter().filter(|event| event["event"] == kind);
            of_kind.filter_map(|event| event["source"].as_str()).collect()
        };
        assert_eq!(sources("login_success"), [""; 0]);
        for (name, visitor) in names.iter().zip(&visitors) {
            let count = |kind| sources(kind).iter().filter(|source| *source == visitor).count();
            let refused = count("login_failure") + count("login_rejected");
            assert!(refused >= 1, "{name:?} of {visitor} left nothing: {told}");
            assert!(count("login_rejected") <= 1, "{name:?} of {visitor}: {told}");
        }
        // The test looked at 127.0.0.1 whether sshd listens.
        let strange = events.iter().filter_map(|event| event["source"].as_str());
        let is_known = |s: &&str| *s == "127.0.0.1" || visitors.iter().any(|v| v == s);
        let strange: Vec<&str> = strange.filter(|source| !is_known(source)).collect();
        assert_eq!(strange, [""; 0], "{told}");
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
    on_a_host_of_its_own(&[], || {
        let dir = tempfile::tempdir().unwrap();
        let journald = Journald::start("RateLimitBurst=0");
        let writer = WriterAsSshd::new();
        write_logins(&writer, 0..10);
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(10)));
        let writing = {
            let (stop, written) = (stop.clone(), written.clone());
            std::thread::spawn(move || write_until(&writer, &stop, &written))
        };
        let mut shown = 0.0;
        let mut kills = 0;
        while kills < 25 || written.load(Ordering::Relaxed) < 1_500 {
            kills += 1;
            let exporter = Exporter::start(dir.path(), JOURNAL);
            if kills % 5 == 0 {
                journald.ask(&["--rotate"]);
            }
            // Killed at another point of its work each time: before, in and after a scrape.
            let wanted = shown + (kills % 7) as f64 * 5.0;
            shown = wait_for("progress", || {
                let now = total(&exporter.metrics(), LOGINS, &[]);
                assert!(now >= shown, "fell from {shown} to {now} after kill {kills}");
                (now >= wanted).then_some(now)
            });
            exporter.process.kill();
        }
        stop.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        let written = written.load(Ordering::Relaxed);
        assert_eq!(journald.count(&["SYSLOG_IDENTIFIER=sshd"]), written, "journald lost some");
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], written as f64);
        exporter.wait_total(ERRORS, &[], 0.0);
    });
}

#[test]
fn rotation_and_vacuum_lose_nothing_and_a_place_that_is_gone_is_a_gap() {
    on_a_host_of_its_own(&[], || {
        let dir = tempfile::tempdir().unwrap();
        let journald = Journald::start("RateLimitBurst=0");
        let writer = WriterAsSshd::new();
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        for round in 1..=5 {
            write_logins(&writer, (round - 1) * 100..round * 100);
            exporter.wait_total(LOGINS, &[], round as f64 * 100.0);
            journald.ask(&["--rotate"]);
            journald.ask(&["--vacuum-size=1"]);
        }
        exporter.wait_total(ERRORS, &[], 0.0);
        // journald itself ends and comes back.
        drop(journald);
        let journald = Journald::start("RateLimitBurst=0");
        write_logins(&writer, 500..510);
        exporter.wait_total(LOGINS, &[], 510.0);
        journald.ask(&["--rotate"]);
        journald.ask(&["--vacuum-size=1"]);
        assert_eq!(exporter.process.terminate(), Some(0));

        // What was read last is gone by now. It comes again with the first entry there is.
        write_logins(&writer, 510..511);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 511.0);
        exporter.wait_total(ERRORS, &["source=\"journal\"", "reason=\"gap\""], 1.0);
        assert!(exporter.log().contains("no longer holds the entry that was read last"));
        assert_eq!(exporter.process.terminate(), Some(0));

        // A stop of some length, with a rotation in it, is none.
        write_logins(&writer, 511..520);
        journald.ask(&["--rotate"]);
        write_logins(&writer, 520..530);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 530.0);
        exporter.wait_total(ERRORS, &[], 0.0);

        // A vacuum that takes what was not read yet.
        assert_eq!(exporter.process.terminate(), Some(0));
        write_logins(&writer, 530..540);
        journald.ask(&["--rotate"]);
        journald.ask(&["--vacuum-size=1"]);
        write_logins(&writer, 540..550);
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        exporter.wait_total(LOGINS, &[], 540.0);
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
    on_a_host_of_its_own(&[], || {
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("RateLimitIntervalSec=1s\nRateLimitBurst=20");
        let _sshd = WriterAsSshd::new();
        let Some(group) = as_service(&format!("le-flood-{}.service", std::process::id())) else {
            crate::support::skip("no control group of version 2 can be made here");
            return;
        };
        let exporter = Exporter::start(dir.path(), JOURNAL).ready();
        let flood = "echo $$ > \"$1/cgroup.procs\"; exec \"$0\" -p authpriv.info -t sshd";
        let in_group = |lines: &str| {
            let mut shell = Command::new("sh")
                .args(["-c", flood])
                .arg("/usr/local/sbin/sshd")
                .arg(&group)
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
        let lost = wait_for("journald's note", || {
            in_group(&accepted(0));
            sent += 1.0;
            Some(total(&exporter.metrics(), ERRORS, &suppressed)).filter(|lost| *lost > 0.0)
        });
        let _ = std::fs::remove_dir(&group);
        assert!(lost > 100.0, "{lost} of {sent} suppressed");
        exporter.wait_total(LOGINS, &[], sent - lost);
    });
}

const FILE: &str = "/var/log/auth.log";
const REMOTE: &str = "/lib/systemd/systemd-journal-remote";

/// Writes a login into the journal as if journald had got it so long ago.
fn into_journal(number: usize, minutes_ago: i64) {
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap();
    let folder = format!("/run/log/journal/{}", machine.trim());
    std::fs::create_dir_all(&folder).unwrap();
    let time = jiff::Timestamp::now().as_microsecond() - minutes_ago * 60_000_000;
    let entry = format!(
        "__REALTIME_TIMESTAMP={time}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={:032x}\n\
         _MACHINE_ID={}\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=70\nSYSLOG_FACILITY=10\n\
         _UID=0\nMESSAGE={}\n\n",
        number + 1,
        1,
        machine.trim(),
        accepted(number)
    );
    let mut remote = Command::new(REMOTE)
        .arg(format!("--output={folder}/system@{number}.journal"))
        .arg("-")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    remote.stdin.take().unwrap().write_all(entry.as_bytes()).unwrap();
    assert!(remote.wait().unwrap().success());
}

/// Writes a login of a host into the log file as a log daemon would have so long ago.
fn into_file(host: &str, number: usize, minutes_ago: i64) {
    let time = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes_ago);
    let mut file = std::fs::File::options().create(true).append(true).open(FILE).unwrap();
    writeln!(file, "{time} {host} sshd[70]: {}", accepted(number)).unwrap();
    file.set_modified(
        std::time::SystemTime::UNIX_EPOCH
            + std::time::Duration::from_micros(time.as_microsecond() as u64),
    )
    .unwrap();
}

fn follows(exporter: &Exporter, choice: &str, reason: &str) {
    let labels = [format!("choice=\"{choice}\""), format!("reason=\"{reason}\"")];
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    exporter.wait_total("login_exporter_host_log_info", &labels, 1.0);
}

#[test]
fn auto_reads_the_journal_and_of_the_file_what_the_journal_does_not_tell() {
    on_a_host_of_its_own(&["ps", "mount"], || {
        if !Path::new(REMOTE).exists() {
            crate::support::skip(&format!("there is no {REMOTE} (tests/install test)"));
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("");
        let writer = WriterAsSshd::new();
        // Older than the journal's first entry; then both tell the same; one is another host's.
        (100..103).for_each(|number| into_file("web1", number, 40));
        for number in 0..10 {
            into_journal(number, 20);
            into_file("web1", number, 20);
        }
        into_file("db1", 200, 15);
        let exporter = Exporter::start(dir.path(), &[]).ready();
        follows(&exporter, "journal", "journal_readable");
        exporter.wait_total(LOGINS, &[], 14.0);

        // Whoever can write to the log daemon can forge a line of the file.
        into_file("web1", 666, 0);
        into_file("db1", 201, 0);
        writer.write(&accepted(10));
        exporter.wait_total(LOGINS, &[], 16.0);
        exporter.process.kill();
        writer.write(&accepted(11));
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        into_file(name.trim(), 11, 0);
        let exporter = Exporter::start(dir.path(), &[]).ready();
        exporter.wait_total(LOGINS, &[], 17.0);
        exporter.wait_total(ERRORS, &["reason=\"gap\""], 0.0);
        assert_eq!(exporter.process.terminate(), Some(0));

        // The journal cannot be read any more: the file goes on where the journal stopped.
        run(Command::new("sh").args(["-c", "mount --bind /bin/false $(command -v journalctl)"]));
        into_file(name.trim(), 12, 0);
        let exporter = Exporter::start(dir.path(), &[]).ready();
        follows(&exporter, "file", "journal_unreadable");
        exporter.wait_total(LOGINS, &[], 18.0);
        into_file(name.trim(), 13, 0);
        exporter.wait_total(LOGINS, &[], 19.0);
        assert_eq!(exporter.process.terminate(), Some(0));

        // And back: what the file told is not told again.
        run(Command::new("sh").args(["-c", "umount $(command -v journalctl)"]));
        let exporter = Exporter::start(dir.path(), &[]).ready();
        follows(&exporter, "journal", "journal_readable");
        writer.write(&accepted(14));
        exporter.wait_total(LOGINS, &[], 20.0);
        // journalctl is started again where it ended.
        let id = exporter.process.id().to_string();
        run(Command::new("sh").args(["-c", "kill -9 $(ps -o pid= --ppid $0)", &id]));
        writer.write(&accepted(15));
        exporter.wait_total(LOGINS, &[], 21.0);
    });
}

#[test]
fn auto_takes_the_file_where_the_journal_is_stale() {
    on_a_host_of_its_own(&[], || {
        if !Path::new(REMOTE).exists() {
            crate::support::skip(&format!("there is no {REMOTE} (tests/install test)"));
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let _journald = Journald::start("");
        into_journal(0, 60);
        into_file("web1", 0, 60);
        into_file("web1", 1, 1);
        let exporter = Exporter::start(dir.path(), &[]).ready();
        follows(&exporter, "file", "journal_stale");
        exporter.wait_total(LOGINS, &[], 2.0);
    });
}

#[test]
fn source_none_reads_nothing_of_the_host_and_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let exporter = Exporter::start(dir.path(), &["--source=none"]).ready();
    follows(&exporter, "none", "setting");
    assert!(!exporter.metrics().contains("login_exporter_source_up{"), "{}", exporter.metrics());
}

#[test]
fn auto_takes_a_journal_without_a_login_and_refuses_a_host_without_any_log() {
    on_a_host_of_its_own(&[], || {
        let dir = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
            .arg("--web.listen-address=127.0.0.1:0")
            .arg(format!("--state.dir={}", dir.path().join("none").display()))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("neither /var/log/secure nor /var/log/auth.log"), "{said}");

        let _journald = Journald::start("");
        let exporter = Exporter::start(dir.path(), &[]).ready();
        exporter.wait_total("login_exporter_source_up", &["source=\"journal\""], 1.0);
        WriterAsSshd::new().write(&accepted(0));
        exporter.wait_total(LOGINS, &[], 1.0);
    });
}
