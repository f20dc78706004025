//! What `make run` shows a newcomer who may not read this host's log.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::checkers::root;
use crate::support::{Process, free_port, get, is_root, skip, wait_for};

/// In a mount namespace of its own the folder of logs holds one that only its group may read, or none
/// but a journal; the sample then runs as nobody. Who becomes another user is no longer killed with
/// his parent, unless he asks for it again.
const SCENE: &str = r#"
set -eu
mount -t tmpfs -o mode=755 logs /var/log
if [ "$1" = file ]; then
    echo "Nov 26 04:00:00 host sshd[1]: Accepted password for root from 192.0.2.1 port 22 ssh2" >/var/log/auth.log
    chown root:adm /var/log/auth.log
    chmod 640 /var/log/auth.log
else
    mkdir /var/log/journal
fi
exec setpriv --pdeathsig KILL --reuid=nobody --regid=nogroup --clear-groups "$2/run" "$2/login_exporter" --web.listen-address=127.0.0.1:"$3"
"#;

/// What is said and what is shown, as nobody.
fn run_as_nobody(log: &str) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(dir.path(), 0o755);
    // What is killed takes nothing away behind it.
    let own = dir.path().join("tmp");
    std::fs::create_dir(&own).unwrap();
    open(&own, 0o777);
    for name in ["run", "secure", "start_session.json"] {
        std::fs::copy(root().join("deploy/sample").join(name), dir.path().join(name)).unwrap();
    }
    std::fs::copy(env!("CARGO_BIN_EXE_login_exporter"), dir.path().join("login_exporter")).unwrap();
    let (said, port) = (dir.path().join("said"), free_port());
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SCENE, "sh", log]);
    unshare.arg(dir.path()).arg(port.to_string()).env("TMPDIR", &own).env_remove("HOME");
    let _process =
        Process::start(unshare.stdout(File::create(&said).unwrap()).stderr(Stdio::null()));
    let metrics = wait_for("the sample's login and StartSession", || {
        let metrics = get(&format!("http://127.0.0.1:{port}/metrics")).ok()?;
        let shows = |family: &str| metrics.contains(&format!("\n{family}{{"));
        (shows("login_successes_total") && shows("login_aws_successes_total")).then_some(metrics)
    });
    (std::fs::read_to_string(said).unwrap(), metrics)
}

#[test]
fn who_may_not_read_the_log_is_told_and_sees_the_sample() {
    if !is_root() {
        skip("root is needed, to become nobody");
        return;
    }
    for (log, told) in [
        ("file", "You may not read /var/log/auth.log (-rw-r----- root:adm)"),
        ("journal", "You may not read the journal's entries of sshd"),
    ] {
        let (said, metrics) = run_as_nobody(log);
        assert!(said.contains(told) && said.contains("showing a sample instead"), "{said}");
        assert!(!metrics.contains("192.0.2.1"), "{metrics}");
    }
}
