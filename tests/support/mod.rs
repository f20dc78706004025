//! What the end-to-end tests share: real processes that end with the test, waiting for an event
//! instead of sleeping, and asking over HTTP.
#![allow(dead_code)]

pub mod agent;
pub mod cloudtrail_server;
pub mod dice;
pub mod host;
pub mod journals;
pub mod moto;
pub mod pty;
pub mod visitor;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a test waits for an event before it calls it missing.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A process that is killed when the test ends, whichever way.
pub struct Process {
    pub child: Child,
    name: String,
}

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Process { child, name }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.id().to_string()]).status().unwrap();
        assert!(status.success(), "cannot send {name} to {}", self.name);
    }

    /// Kills without warning and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and says with which code it did.
    pub fn terminate(mut self) -> Option<i32> {
        self.signal("-TERM");
        wait_for("the end of the process", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `probe` answers, and panics with `what` when it does not in time.
#[track_caller]
pub fn wait_for<T>(what: &str, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a real part may be missing here. Under CI nothing is skipped.
pub fn skip(reason: &str) -> bool {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "not skipped under CI: {reason}");
    eprintln!("skipped: {reason}");
    true
}

/// Says why these programs cannot be used, where one is missing.
pub fn missing(programs: &[&str]) -> Option<String> {
    let absent: Vec<_> = programs.iter().copied().filter(|name| which(name).is_none()).collect();
    (!absent.is_empty())
        .then(|| format!("{} not installed (tests/install test)", absent.join(", ")))
}

pub fn which(program: &str) -> Option<PathBuf> {
    ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        .iter()
        .map(|dir| Path::new(dir).join(program))
        .find(|path| path.exists())
}

pub fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.starts_with(b"0\n")
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The body of a page, or the status when it is not 200.
pub fn get(url: &str) -> Result<String, u16> {
    get_with(url, &[])
}

pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Result<String, u16> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    get_by(&ureq::Agent::new_with_config(config), url, headers)
}

/// A scraper like Prometheus: it has a name of its own and keeps its connection.
pub fn scraper(name: &str) -> impl Fn(&str) -> Result<String, u16> + use<> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).user_agent(name).build();
    let agent = ureq::Agent::new_with_config(config);
    move |url| get_by(&agent, url, &[("X-Prometheus-Scrape-Timeout-Seconds", "10")])
}

fn get_by(agent: &ureq::Agent, url: &str, headers: &[(&str, &str)]) -> Result<String, u16> {
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().map_err(|_| 0_u16)?;
    let body =
        response.body_mut().with_config().limit(1 << 30).read_to_string().unwrap_or_default();
    if response.status() == 200 { Ok(body) } else { Err(response.status().as_u16()) }
}

/// Asks as a Prometheus server would.
pub fn scrape(url: &str) -> Result<String, u16> {
    get_with(url, &[("X-Prometheus-Scrape-Timeout-Seconds", "10")])
}

/// The sum of the samples whose line begins with `family` and holds every one of `parts`.
pub fn total(metrics: &str, family: &str, parts: &[&str]) -> f64 {
    metrics
        .lines()
        .filter(|line| {
            line.strip_prefix(family).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && parts.iter().all(|part| line.contains(part))
        })
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

/// The program that is tried: the one that was built with the tests, or the one that `EXPORTER_BINARY`
/// names.
pub fn program() -> PathBuf {
    let named = std::env::var_os("EXPORTER_BINARY");
    named.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_login_exporter")), PathBuf::from)
}

/// A running exporter and where it answers.
pub struct Exporter {
    pub process: Process,
    pub url: String,
    log: PathBuf,
}

impl Exporter {
    /// Starts it on a free port, with a state folder below `dir`, and waits for its first answer.
    pub fn start(dir: &Path, arguments: &[&str]) -> Exporter {
        Exporter::start_with(dir, arguments, &[])
    }

    pub fn start_with(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Exporter {
        Exporter::start_at(free_port(), dir, arguments, environment)
    }

    /// Starts it where a scraper will find it again after a restart.
    pub fn start_at(
        port: u16,
        dir: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Exporter {
        Exporter::start_by(Command::new(program()), port, dir, arguments, environment)
    }

    /// Starts it on a host that has been up for so long, as its kernel says: in a time namespace.
    pub fn start_up_for(up: Duration, dir: &Path, arguments: &[&str]) -> Exporter {
        let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
        let now: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        let offset = format!("{:.0}", up.as_secs_f64() - now);
        let mut command = Command::new("unshare");
        command.args(["--time", "--boottime", &offset]).arg(program());
        Exporter::start_by(command, free_port(), dir, arguments, &[])
    }

    /// Starts it by a command that its flags are added to.
    fn start_by(
        mut command: Command,
        port: u16,
        dir: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Exporter {
        let log = dir.join("exporter.log");
        let stderr = File::options().create(true).append(true).open(&log).unwrap();
        let process = Process::start(
            command
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg(format!("--state.dir={}", dir.join("state").display()))
                .args(arguments)
                .envs(environment.iter().copied())
                .stdout(Stdio::null())
                .stderr(stderr),
        );
        let mut exporter = Exporter { process, url: format!("http://127.0.0.1:{port}"), log };
        wait_for("the exporter's first answer", || {
            if let Some(status) = exporter.process.child.try_wait().unwrap() {
                panic!("the exporter ended with {status}:\n{}", exporter.log());
            }
            get(&format!("{}/-/healthy", exporter.url)).ok()
        });
        exporter
    }

    pub fn ready(self) -> Exporter {
        wait_for("readiness", || get(&format!("{}/-/ready", self.url)).ok());
        self
    }

    pub fn metrics(&self) -> String {
        get(&format!("{}/metrics", self.url)).expect("/metrics")
    }

    /// Waits until the family's total is `expected`; the last scrape is shown when it never is.
    #[track_caller]
    pub fn wait_total(&self, family: &str, parts: &[&str], expected: f64) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metrics = self.metrics();
            let found = total(&metrics, family, parts);
            if found == expected {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{family} {parts:?} is {found}, not {expected}:\n{}\n{}",
                metrics
                    .lines()
                    .filter(|line| line.starts_with("login_"))
                    .collect::<Vec<_>>()
                    .join("\n"),
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A real Prometheus that scrapes `targets` (host:port) every `interval`.
pub struct Prometheus {
    _process: Process,
    pub url: String,
}

/// The folder with Prometheus 3, promtool and Alertmanager of that day, which `tests/prometheus3`
/// unpacks beside Debian 12's 2.42. None where no mirror has them, and that is said.
pub fn prometheus3() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prometheus3");
    let output = Command::new(script).stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        return None;
    }
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
}

impl Prometheus {
    pub fn start(dir: &Path, targets: &[String], interval: &str, more: &str) -> Prometheus {
        Prometheus::start_as(Path::new("prometheus"), dir, targets, interval, more)
    }

    /// As `start`, with a Prometheus of another version.
    pub fn start_as(
        program: &Path,
        dir: &Path,
        targets: &[String],
        interval: &str,
        more: &str,
    ) -> Prometheus {
        let config = dir.join("prometheus.yml");
        let list: Vec<_> = targets.iter().map(|target| format!("'{target}'")).collect();
        std::fs::write(
            &config,
            format!(
                "global: {{scrape_interval: {interval}, evaluation_interval: {interval}}}\n\
                 scrape_configs:\n- job_name: login\n  static_configs: [{{targets: [{}]}}]\n{more}",
                list.join(", ")
            ),
        )
        .unwrap();
        Prometheus::start_with_config(program, dir, &config, free_port())
    }

    /// As `start_as`, with a configuration that stands already, on a port that was chosen before.
    pub fn start_with_config(program: &Path, dir: &Path, config: &Path, port: u16) -> Prometheus {
        let log = File::create(dir.join("prometheus.log")).unwrap();
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", dir.join("tsdb").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .stdout(Stdio::null())
                .stderr(log),
        );
        let url = format!("http://127.0.0.1:{port}");
        wait_for("Prometheus", || get(&format!("{url}/-/ready")).ok());
        Prometheus { _process: process, url }
    }

    /// The samples of an instant query: labels and value.
    pub fn query(&self, query: &str) -> Vec<(serde_json::Value, f64)> {
        let url = format!("{}/api/v1/query?query={}", self.url, encode(query));
        let answer: serde_json::Value =
            serde_json::from_str(&get(&url).unwrap_or_default()).unwrap_or_default();
        let Some(result) = answer["data"]["result"].as_array() else { return Vec::new() };
        result
            .iter()
            .map(|sample| {
                let value =
                    sample["value"][1].as_str().unwrap_or("NaN").parse().unwrap_or(f64::NAN);
                (sample["metric"].clone(), value)
            })
            .collect()
    }

    pub fn value(&self, query: &str) -> Option<f64> {
        self.query(query).first().map(|(_, value)| *value)
    }

    #[track_caller]
    pub fn wait_value(&self, query: &str, expected: f64) {
        self.wait_value_for(PATIENCE, query, expected);
    }

    /// As `wait_value`, where what is waited for comes by the scrape interval.
    #[track_caller]
    pub fn wait_value_for(&self, patience: Duration, query: &str, expected: f64) {
        let mut last = None;
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            last = self.value(query);
            if last == Some(expected) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{query} answers {last:?}, not {expected}");
    }
}

fn encode(query: &str) -> String {
    query
        .bytes()
        .map(
            |b| {
                if b.is_ascii_alphanumeric() {
                    (b as char).to_string()
                } else {
                    format!("%{b:02X}")
                }
            },
        )
        .collect()
}

/// `/dev/log` belongs to one log daemon of the machine at a time: who holds this may start one.
pub fn dev_log() -> File {
    let path = std::env::temp_dir().join("login_exporter-tests-dev-log.lock");
    let lock = File::options().create(true).append(true).open(path).unwrap();
    lock.lock().unwrap();
    lock
}

/// rsyslogd from Debian's package, writing auth messages to `log`.
pub struct Rsyslog(Process);

impl Rsyslog {
    /// Listens on `/dev/log`: see [`dev_log`].
    pub fn start(dir: &Path, log: &Path) -> Rsyslog {
        Rsyslog::start_with(dir, log, "RSYSLOG_TraditionalFileFormat")
    }

    pub fn start_with(dir: &Path, log: &Path, template: &str) -> Rsyslog {
        Rsyslog::start_configured(dir, log, template, "")
    }

    /// With `more` in its configuration.
    pub fn start_configured(dir: &Path, log: &Path, template: &str, more: &str) -> Rsyslog {
        let input = format!("{more}\nmodule(load=\"imuxsock\" SysSock.RateLimit.Interval=\"0\")");
        let _ = std::fs::remove_file("/dev/log");
        Rsyslog::listen(dir, log, template, &input, Path::new("/dev/log"))
    }

    /// Listens on `socket` alone, so that it needs neither root nor `/dev/log`.
    pub fn start_on(dir: &Path, log: &Path, socket: &Path) -> Rsyslog {
        let input = format!(
            "module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
             input(type=\"imuxsock\" Socket=\"{}\" RateLimit.Interval=\"0\")",
            socket.display()
        );
        Rsyslog::listen(dir, log, "RSYSLOG_TraditionalFileFormat", &input, socket)
    }

    fn listen(dir: &Path, log: &Path, template: &str, input: &str, socket: &Path) -> Rsyslog {
        let config = dir.join("rsyslog.conf");
        std::fs::write(
            &config,
            format!(
                "global(workDirectory=\"{}\")\n{input}\n\
                 module(load=\"builtin:omfile\" Template=\"{template}\" FileCreateMode=\"0600\")\n\
                 auth,authpriv.* action(type=\"omfile\" file=\"{}\")\n",
                dir.display(),
                log.display()
            ),
        )
        .unwrap();
        let process = Process::start(
            Command::new("rsyslogd")
                .args(["-n", "-f"])
                .arg(&config)
                .arg("-i")
                .arg(dir.join("rsyslogd.pid"))
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        wait_for("rsyslogd's socket", || socket.exists().then_some(()));
        Rsyslog(process)
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Opens its files anew, as logrotate's postrotate asks.
    pub fn reopen(&self) {
        self.0.signal("-HUP");
    }
}

/// sshd from Debian's package on a loopback port, with a key for the account to log in to.
pub struct Sshd {
    _process: Process,
    pub port: u16,
    pub dir: PathBuf,
}

impl Sshd {
    pub fn start(dir: &Path, user: &str, more: &str) -> Sshd {
        Sshd::start_configured(dir, &format!("AllowUsers {user} root\n{more}"))
    }

    /// For everyone, with these settings in place of those below that they name too.
    pub fn start_configured(dir: &Path, settings: &str) -> Sshd {
        std::fs::create_dir_all("/run/sshd").unwrap();
        let port = free_port();
        for key in ["host", "client", "stranger"] {
            keygen(dir, key, &["-t", "ed25519", "-C", &format!("{key}@test")]);
        }
        let keys = dir.join("authorized_keys");
        std::fs::copy(dir.join("client.pub"), &keys).unwrap();
        let config = dir.join("sshd_config");
        // Of a setting that stands twice, sshd takes the first.
        std::fs::write(
            &config,
            format!(
                "{settings}\nListenAddress 127.0.0.1:{port}\nHostKey {0}/host\nPidFile {0}/sshd.pid\n\
                 AuthorizedKeysFile {1}\nStrictModes no\nUsePAM yes\nPermitRootLogin yes\n\
                 PasswordAuthentication yes\nSyslogFacility AUTHPRIV\n",
                dir.display(),
                keys.display()
            ),
        )
        .unwrap();
        let log = File::create(dir.join("sshd.log")).unwrap();
        let process = Process::start(
            Command::new("/usr/sbin/sshd")
                .arg("-D")
                .arg("-f")
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(log),
        );
        wait_for("sshd", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        Sshd { _process: process, port, dir: dir.to_path_buf() }
    }

    /// Waits until no process serves a connection any more: all lines on them are written.
    #[track_caller]
    pub fn wait_idle(&self) {
        let listener = self._process.id().to_string();
        wait_for("the end of sshd's connections", || {
            let found = Command::new("pgrep").args(["-P", &listener]).output().unwrap();
            (!found.status.success()).then_some(())
        });
    }

    /// Runs a command over ssh with a key of `dir`; whether the login worked.
    pub fn ssh(&self, user: &str, key: &str, command: &str) -> bool {
        let output = Command::new("ssh")
            .args(["-F", "none", "-p", &self.port.to_string(), "-o", "StrictHostKeyChecking=no"])
            .args([
                "-o",
                "UserKnownHostsFile=/dev/null",
                "-o",
                "BatchMode=yes",
                "-o",
                "IdentitiesOnly=yes",
                "-i",
            ])
            .arg(self.dir.join(key))
            .args(["-l", user, "127.0.0.1", command])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        output.status.success()
    }

    /// The fingerprint of one of its keys, as sshd logs it.
    pub fn fingerprint(&self, key: &str) -> String {
        fingerprint(&self.dir, key)
    }
}

/// Makes the key pair `dir/name` without a passphrase.
#[track_caller]
pub fn keygen(dir: &Path, name: &str, arguments: &[&str]) {
    run(Command::new("ssh-keygen")
        .args(["-q", "-N", ""])
        .args(arguments)
        .arg("-f")
        .arg(dir.join(name)));
}

/// The fingerprint of `dir/key.pub`, as ssh-keygen prints and sshd logs it.
pub fn fingerprint(dir: &Path, key: &str) -> String {
    let output =
        Command::new("ssh-keygen").arg("-lf").arg(dir.join(format!("{key}.pub"))).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// An account of the machine that is gone when the test is.
pub struct Account(pub String);

impl Account {
    pub fn create(name: &str) -> Account {
        let _ = Command::new("userdel").arg("-f").arg(name).stderr(Stdio::null()).status();
        run(Command::new("useradd").args([
            "--no-create-home",
            "--home-dir",
            "/tmp",
            "--shell",
            "/bin/sh",
            name,
        ]));
        // `*` instead of `!`: no password fits, but the account is not locked, so that keys do.
        run(Command::new("usermod").args(["-p", "*", name]));
        Account(name.to_owned())
    }

    /// One that logs in by password.
    pub fn with_password(name: &str, password: &str) -> Account {
        let account = Account::create(name);
        account.set_password(password);
        account
    }

    pub fn set_password(&self, password: &str) {
        let line = format!("printf '%s:%s\\n' '{}' '{password}' | chpasswd", self.0);
        run(Command::new("sh").args(["-c", &line]));
    }

    /// Rules of sudo for it.
    pub fn may_sudo(&self, rules: &str) {
        let path = format!("/etc/sudoers.d/{}", self.0);
        std::fs::write(&path, rules).unwrap();
        run(Command::new("chmod").args(["0440", &path]));
    }

    /// Lets it run `true` by sudo without a password, and nothing else.
    pub fn may_sudo_true(&self) {
        // Without `!authenticate` sudo would ask for a password before it refuses, and log nothing.
        let rules = format!("Defaults:{0} !authenticate\n{0} ALL=(root) /usr/bin/true\n", self.0);
        self.may_sudo(&rules);
    }

    /// Whether a command of this user succeeds.
    pub fn runs(&self, command: &[&str]) -> bool {
        Command::new("setpriv")
            .args(["--reuid", &self.0, "--regid", &self.0, "--clear-groups"])
            .args(command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(format!("/etc/sudoers.d/{}", self.0));
        let _ = Command::new("userdel").arg("-f").arg(&self.0).stderr(Stdio::null()).status();
    }
}

/// Runs a command that must succeed.
#[track_caller]
pub fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Puts a program in a folder of the test's. A child writes it: while this process has it open to
/// write, a child that another test starts has it open too, and then it is a `Text file busy`.
#[track_caller]
pub fn copy_program(from: impl AsRef<Path>, to: &Path) {
    run(Command::new("install").args(["-m", "755"]).arg(from.as_ref()).arg(to));
}

/// The same of a script.
#[track_caller]
pub fn write_script(to: &Path, script: &str) {
    let write = r#"printf %s "$2" > "$1" && chmod 755 "$1""#;
    run(Command::new("sh").args(["-c", write, "sh"]).arg(to).arg(script));
}

/// The lines of a file so far.
pub fn lines(path: &Path) -> Vec<String> {
    File::open(path)
        .map(|file| BufReader::new(file).lines().map_while(Result::ok).collect())
        .unwrap_or_default()
}
