//! Sessions of Session Manager as the host's agent tells them, with a real exporter: random
//! actions of a pretended agent against a model, `kill -9` between them, and races.
//!
//! `SSM_AGENT_ACTIONS` (150) and `SSM_AGENT_SEED` ask for longer and other runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::agent::{Agent, INSTANCE, SHELL, Session};
use crate::support::{Exporter, get, is_root, skip, total, wait_for};
use tempfile::TempDir;

/// An agent and an exporter that reads its state and nothing else.
struct Host {
    dir: TempDir,
    agent: Agent,
}

impl Host {
    fn new() -> Host {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("secure"), "").unwrap();
        let agent = Agent::start(&dir.path().join("ssm"));
        Host { dir, agent }
    }

    fn arguments(&self) -> [String; 2] {
        [
            format!("--auth-log.path={}", self.dir.path().join("secure").display()),
            format!("--ssm-agent.dir={}", self.dir.path().join("ssm").display()),
        ]
    }

    fn exporter(&self) -> Exporter {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Exporter::start(self.dir.path(), &arguments).ready()
    }

    fn log(&self, line: &str) {
        use std::io::Write;
        let path = self.dir.path().join("secure");
        let mut log = fs::File::options().append(true).open(path).unwrap();
        writeln!(log, "{line}").unwrap();
    }
}

const PROGRAM: &str = "program=\"ssm-agent\"";

/// What a session adds to, and which is open now.
#[derive(Debug, Default)]
struct Model {
    logins: u64,
    closed: u64,
    /// User by session; those that the exporter was never shown are left out.
    open: BTreeMap<String, &'static str>,
    commands: Vec<String>,
    /// Began while the exporter was down.
    unseen: BTreeMap<String, &'static str>,
    next: u32,
}

impl Model {
    fn check(&self, exporter: &Exporter) {
        exporter.wait_total("login_successes_total", &[PROGRAM], self.logins as f64);
        exporter.wait_total("login_sessions_opened_total", &[PROGRAM], self.logins as f64);
        exporter.wait_total("login_sessions_closed_total", &[PROGRAM], self.closed as f64);
        for user in ["ssm-user", "deploy", ""] {
            let open = self.open.values().filter(|of| **of == user).count();
            let label = format!("user=\"{user}\"");
            exporter.wait_total("login_sessions_active", &[PROGRAM, &label], open as f64);
        }
        assert_eq!(
            total(&exporter.metrics(), "login_exporter_source_errors_total", &["ssm-agent"]),
            0.0
        );
    }
}

/// xorshift64*: the same run for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % most
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

const KINDS: [(Session<'static>, &str); 3] = [
    (SHELL, "ssm-user"),
    (Session { run_as: "deploy", ..SHELL }, "deploy"),
    (Session { plugin: "Port", ..SHELL }, ""),
];

/// One thing that the agent does, with the exporter running or not.
fn act(random: &mut Random, host: &mut Host, model: &mut Model, watched: bool) {
    let agent = &mut host.agent;
    let pick = |random: &mut Random, of: &BTreeMap<String, &str>| {
        of.keys().nth(random.below(of.len().max(1))).cloned()
    };
    match random.below(6) {
        0 | 1 => {
            let (session, user) = KINDS[random.below(3)];
            let id = format!("alice-{:017x}", model.next);
            model.next += 1;
            agent.opens(&id, session);
            match watched {
                true => {
                    model.logins += 1;
                    model.open.insert(id, user);
                }
                false => {
                    model.unseen.insert(id, user);
                }
            }
        }
        2 => {
            if let Some(id) = pick(random, &model.open) {
                agent.ends(&id);
                model.open.remove(&id);
                model.closed += 1;
            }
        }
        3 => {
            // Began and ended unwatched: nothing of the host tells of it any more.
            if let Some(id) = pick(random, &model.unseen) {
                agent.ends(&id);
                model.unseen.remove(&id);
            }
        }
        4 => agent.restarts(),
        _ if model.commands.len() > 2 => agent.ends(&model.commands.remove(0)),
        _ => {
            let id = format!("5b0d7a52-0000-4000-8000-{:012x}", model.next);
            model.next += 1;
            agent.runs(&id);
            model.commands.push(id);
        }
    }
}

#[test]
fn random_actions_of_an_agent_count_exactly_over_kill_9() {
    let seed = number("SSM_AGENT_SEED", 42);
    let mut random = Random(seed | 1);
    let (mut host, mut model) = (Host::new(), Model::default());
    let mut exporter = host.exporter();
    for step in 0..number("SSM_AGENT_ACTIONS", 150) {
        act(&mut random, &mut host, &mut model, true);
        if random.below(3) == 0 {
            model.check(&exporter);
        }
        if random.below(12) == 0 {
            // What was shown is saved; what was not yet read is read again.
            exporter.process.kill();
            for _ in 0..random.below(5) {
                act(&mut random, &mut host, &mut model, false);
            }
            let seen = std::mem::take(&mut model.unseen);
            model.logins += seen.len() as u64;
            model.open.extend(seen);
            exporter = host.exporter();
            model.check(&exporter);
        }
        eprintln!("step {step} of seed {seed}: {} logins, {} open", model.logins, model.open.len());
    }
    model.check(&exporter);
    assert!(model.logins > 20, "{model:?}");
}

#[test]
fn what_goes_through_pending_and_away_is_counted_or_told_of() {
    let mut host = Host::new();
    let exporter = host.exporter();
    const FILES: usize = 400;
    for n in 0..FILES {
        let id = format!("alice-{n:017x}");
        host.agent.opens(&id, SHELL);
        host.agent.ends(&id);
    }
    let sum = || {
        let metrics = exporter.metrics();
        let read = total(&metrics, "login_successes_total", &[PROGRAM]);
        let closed = total(&metrics, "login_sessions_closed_total", &[PROGRAM]);
        let vanished = total(
            &metrics,
            "login_exporter_source_errors_total",
            &["source=\"ssm-agent\"", "reason=\"vanished\""],
        );
        (read == closed).then_some((read, vanished))
    };
    let (read, vanished) = wait_for("each file to be counted or told of", || {
        sum().filter(|(read, vanished)| read + vanished >= FILES as f64)
    });
    assert_eq!(read + vanished, FILES as f64);
    eprintln!("{read} of {FILES} could be read");
}

#[test]
fn a_session_is_seen_soon_after_its_files_birth() {
    let mut host = Host::new();
    let exporter = host.exporter();
    let mut waits = Vec::new();
    for n in 1..=100_u32 {
        let began = Instant::now();
        host.agent.opens(&format!("alice-{n:017x}"), SHELL);
        while total(&exporter.metrics(), "login_sessions_active", &[PROGRAM]) < f64::from(n) {
            assert!(began.elapsed() < crate::support::PATIENCE, "session {n} is not seen");
        }
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    eprintln!("seen after {:?} (median), {:?} (99 %)", waits[50], waits[98]);
    // The slow tick is 30 s: only the kernel's word can be this quick.
    assert!(waits[50] < Duration::from_secs(5), "{:?}", waits[50]);
}

#[test]
fn the_login_bears_the_person_and_the_session_lasts_as_long_as_its_file() {
    let mut host = Host::new();
    host.agent.opens("alice-0", SHELL);
    let exporter = host.exporter();
    host.agent.opens(
        "bob-1",
        Session {
            run_as: "deploy",
            owner: "arn:aws:iam::123456789012:user/bob",
            plugin: "Standard_Stream",
        },
    );
    let labels = [
        PROGRAM,
        "user=\"deploy\"",
        "method=\"session-manager\"",
        "identity=\"user:bob\"",
        "source=\"\"",
        "network=\"aws\"",
    ];
    exporter.wait_total("login_successes_total", &labels, 1.0);
    host.agent.ends("bob-1");
    exporter.wait_total("login_sessions_closed_total", &[PROGRAM, "user=\"deploy\""], 1.0);
    exporter.wait_total("login_session_duration_seconds_count", &[PROGRAM], 1.0);
    let page = get(&exporter.url).unwrap();
    assert!(page.contains("user:bob") && page.contains("Ops/alice"), "{page}");
}

/// Rules of logins judge a session as any other login, and the archive keeps what they said.
#[test]
fn a_session_is_expected_by_the_rules_of_logins() {
    let mut host = Host::new();
    let rules = host.dir.path().join("rules.yml");
    let rule =
        "{identity: \"user:bob\", program: ssm-agent, method: session-manager, user: deploy}";
    fs::write(&rules, format!("expected:\n  logins:\n    - {rule}\n")).unwrap();
    let arguments = host.arguments();
    let config = format!("--config.file={}", rules.display());
    let arguments = [&*arguments[0], &*arguments[1], &*config];
    let exporter = Exporter::start(host.dir.path(), &arguments).ready();
    let bob = Session { owner: "arn:aws:iam::123456789012:user/bob", ..SHELL };
    for (id, run_as) in [("bob-1", "deploy"), ("bob-2", "root")] {
        host.agent.opens(id, Session { run_as, ..bob });
    }
    host.agent.opens("alice-1", Session { run_as: "deploy", ..SHELL });
    let login = |user: &str, identity: &str, expected: &str| {
        let labels = [user, identity, expected].map(|label| label.to_owned());
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        exporter.wait_total("login_successes_total", &labels, 1.0);
    };
    login("user=\"deploy\"", "identity=\"user:bob\"", "expected=\"true\"");
    login("user=\"root\"", "identity=\"user:bob\"", "expected=\"false\"");
    login("user=\"deploy\"", "identity=\"Ops/alice\"", "expected=\"false\"");
    exporter.wait_total("login_accesses_total", &["kind=\"login\"", "expected=\"false\""], 2.0);
    drop(exporter);
    let history = Command::new(env!("CARGO_BIN_EXE_login_exporter"))
        .args(["history", "--format=json", "--event=login_success"])
        .arg(format!("--state.dir={}", host.dir.path().join("state").display()))
        .output()
        .unwrap();
    let told = String::from_utf8(history.stdout).unwrap();
    let expected: Vec<&str> =
        told.lines().filter(|line| line.contains("\"expected\":\"true\"")).collect();
    let [bob] = &expected[..] else { panic!("{told}") };
    for part in ["\"program\":\"ssm-agent\"", "user:bob", "\"session_id\":\"bob-1\""] {
        assert!(bob.contains(part), "{part} in {bob}");
    }
}

#[test]
fn sudo_in_the_only_session_is_laid_to_its_owner_in_history_and_not_in_labels() {
    let mut host = Host::new();
    let exporter = host.exporter();
    host.agent.opens("alice-0", SHELL);
    exporter.wait_total("login_sessions_active", &[PROGRAM], 1.0);
    let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    // A line's stamp has no fraction: it must not fall before the session's beginning.
    std::thread::sleep(Duration::from_millis(1_100));
    let now = Command::new("date").arg("+%Y-%m-%dT%H:%M:%S%:z").output().unwrap();
    let now = String::from_utf8(now.stdout).unwrap();
    host.log(&format!(
        "{} {} sudo: ssm-user : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id",
        now.trim(),
        hostname.trim()
    ));
    exporter.wait_total("login_sudo_commands_total", &["user=\"ssm-user\""], 1.0);
    let page = get(&exporter.url).unwrap();
    let row = page.split("<tr").find(|row| row.contains("/usr/bin/id")).expect("sudo's row");
    assert!(row.contains("Ops/alice"), "{row}");
    assert!(!exporter.metrics().contains("login_sudo_commands_total{identity"));
}

#[test]
fn a_folder_that_may_not_be_read_is_told_in_metric_page_and_log() {
    if !is_root() {
        skip("needs root, to become a user without rights");
        return;
    }
    let host = Host::new();
    let path = |name: &str| host.dir.path().join(name);
    let arguments = host.arguments();
    set_mode(host.dir.path(), 0o755);
    set_mode(&path("ssm").join(INSTANCE).join("document/state/current"), 0o700);
    fs::create_dir(path("state")).unwrap();
    std::os::unix::fs::chown(path("state"), Some(65_534), None).unwrap();
    let port = crate::support::free_port();
    let process = crate::support::Process::start(
        Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"])
            .arg(env!("CARGO_BIN_EXE_login_exporter"))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg(format!("--state.dir={}", path("state").display()))
            .args(&arguments)
            .stderr(fs::File::create(path("log")).unwrap()),
    );
    let url = format!("http://127.0.0.1:{port}");
    let metrics = wait_for("what cannot be read", || {
        let metrics = get(&format!("{url}/metrics")).ok()?;
        metrics.contains("login_exporter_source_up{source=\"ssm-agent\"} 0").then_some(metrics)
    });
    let unreadable = ["source=\"ssm-agent\"", "reason=\"unreadable\""];
    assert_eq!(total(&metrics, "login_exporter_source_errors_total", &unreadable), 1.0);
    assert!(get(&url).unwrap().contains("CAP_DAC_READ_SEARCH"));
    assert!(fs::read_to_string(path("log")).unwrap().contains("CAP_DAC_READ_SEARCH"));
    drop(process);
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
