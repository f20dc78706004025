//! Bad input at the start: exit code 1, and one line that names the thing and the remedy.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::{Seed, command, printed, run};
use crate::support::{Exporter, is_root, skip};

/// Runs it; the line that it says, which is the only one, without its name.
#[track_caller]
fn refusal(arguments: &[&str]) -> String {
    said(command(arguments))
}

#[track_caller]
fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
    assert!(output.stdout.is_empty());
    said.trim_end().strip_prefix("login_exporter: ").expect("its name first").to_owned()
}

/// Flags of a start that goes well but for what the test adds.
fn start(dir: &Path, more: &[&str]) -> Vec<String> {
    let mut arguments = vec![
        format!("--state.dir={}", dir.join("state").display()),
        "--web.listen-address=127.0.0.1:0".into(),
    ];
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    arguments
}

#[track_caller]
fn refused_start(dir: &Path, more: &[&str]) -> String {
    let arguments = start(dir, more);
    refusal(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_log_that_is_missing_or_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("secure");
    let flag = |path: &Path| format!("--auth-log.path={}", path.display());
    assert_eq!(
        refused_start(dir.path(), &[&flag(&missing)]),
        format!(
            "cannot read {}: No such file or directory (os error 2); name one that exists with --auth-log.path",
            missing.display()
        )
    );
    assert_eq!(
        refused_start(dir.path(), &[&flag(dir.path())]),
        format!(
            "cannot read {}: it is a directory; name the log file in it with --auth-log.path",
            dir.path().display()
        )
    );
    let trail = dir.path().join("trail");
    assert_eq!(
        refused_start(
            dir.path(),
            &[&flag(&super::golden("secure")), &format!("--cloudtrail.path={}", trail.display()),]
        ),
        format!(
            "cannot read {}: No such file or directory (os error 2); name one that exists with --cloudtrail.path",
            trail.display()
        )
    );
}

#[test]
fn a_log_that_this_user_may_not_read() {
    let seed = Seed::new();
    let log = seed.text("secure");
    crate::support::run(Command::new("chmod").args(["0600", &log]));
    crate::support::run(Command::new("chmod").arg("0777").arg(seed.dir.path()));
    if !is_root() {
        skip("another user's file needs root to be made");
        return;
    }
    // As nobody, who can read the program nowhere but in a folder that is open to all.
    let program = seed.path("login_exporter");
    crate::support::copy_program(env!("CARGO_BIN_EXE_login_exporter"), &program);
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(&program);
    nobody.args(start(seed.dir.path(), &[&format!("--auth-log.path={log}")]));
    assert_eq!(
        said(nobody),
        format!(
            "cannot read {log}: Permission denied (os error 13); run as root, or grant the right to read it (README, Permissions)"
        )
    );
}

#[test]
fn an_address_that_is_taken() {
    let seed = Seed::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refusal(&[
        &format!("--auth-log.path={}", seed.text("secure")),
        &format!("--state.dir={}", seed.text("state")),
        &format!("--web.listen-address={address}"),
    ]);
    assert!(said.contains(&address) && said.contains("in use"), "{said}");
    assert!(said.contains("--web.listen-address"), "the remedy: {said}");
}

#[test]
fn a_folder_of_state_that_cannot_be_made() {
    let seed = Seed::new();
    let said = refusal(&[
        &format!("--auth-log.path={}", seed.text("secure")),
        &format!("--state.dir={}/state", seed.text("secure")),
        "--web.listen-address=127.0.0.1:0",
    ]);
    assert!(said.contains(&seed.text("secure")) && said.contains("--state.dir"), "{said}");
}

#[test]
fn a_flag_or_key_that_does_not_exist() {
    assert_eq!(
        refusal(&["--nothing"]),
        "--nothing: unknown argument: --help lists what is allowed"
    );
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("settings.yml");
    std::fs::write(&file, "web:\n  listen_adress: [':1']\n").unwrap();
    let file = file.to_str().unwrap();
    let message =
        format!("{file}:2: web.listen_adress: unknown key: did you mean listen_addresses?");
    for arguments in [
        vec![format!("--config.file={file}")],
        vec!["check-config".to_owned(), file.to_owned()],
        vec!["history".to_owned(), format!("--config.file={file}")],
    ] {
        let said = refusal(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(said.starts_with(&message), "{said}");
    }
}

#[test]
fn settings_that_are_right_are_printed_as_they_are_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("settings.yml");
    std::fs::write(&file, "networks: {office: 203.0.113.0/24}\nlimits: {forget_after: 30d}\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let shown = printed(&["check-config", file, "--state.dir=/var/lib/x"]);
    for line in
        ["203.0.113.0/24", "forget_after: 30d", "dir: /var/lib/x", "series_per_family: 1000"]
    {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    // What it prints is a file of settings that means the same.
    std::fs::write(file, &shown).unwrap();
    assert_eq!(printed(&["check-config", file]), shown);
}

#[test]
fn help_and_version_go_to_standard_output() {
    assert_eq!(
        printed(&["--version"]),
        format!("login_exporter {}\n", login_exporter::version::TOLD)
    );
    for flag in ["--auth-log.path", "--cloudtrail.region", "--web.listen-address", "check-config"] {
        assert!(printed(&["--help"]).contains(flag), "{flag}");
    }
    assert!(printed(&["history", "--help"]).contains("--format"));
}

#[cfg(feature = "cloudtrail")]
#[test]
fn credentials_that_are_absent_are_a_metric_and_a_warning_and_no_crash() {
    let seed = Seed::new();
    let log = format!("--auth-log.path={}", seed.text("secure"));
    let home = seed.dir.path().to_str().unwrap();
    let exporter = Exporter::start_with(
        seed.dir.path(),
        &[&log, "--cloudtrail.region=eu-west-1", "--cloudtrail.poll-interval=1s"],
        &[("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", home)],
    );
    exporter.wait_total("login_successes_total", &["user=\"ec2-user\""], 1.0);
    exporter.wait_total("login_exporter_source_up", &["source=\"cloudtrail"], 0.0);
    let told = crate::support::wait_for("a warning", || {
        exporter.log().lines().find(|line| line.contains("level=warn")).map(str::to_owned)
    });
    assert!(told.contains("credentials"), "{told}");
    assert!(
        exporter.metrics().lines().any(|line| {
            line.starts_with("login_exporter_cloudtrail_request_failures_total{")
                && line.contains("credentials")
        }),
        "{}",
        exporter.metrics()
    );
    assert_eq!(exporter.process.terminate(), Some(0));
}

#[test]
fn an_input_of_history_that_cannot_be_read() {
    assert_eq!(
        refusal(&["history", "--format=json", "/nonexistent"]),
        "cannot read /nonexistent: No such file or directory (os error 2); name a file that exists, or `-` for standard input"
    );
    let seed = Seed::new();
    std::fs::write(seed.path("broken.gz"), b"\x1f\x8b\x08\x00nonsense").unwrap();
    let output = run(&["history", "--format=json", &seed.text("broken.gz")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("broken.gz") && said.lines().count() == 1, "{said}");
}
