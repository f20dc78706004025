//! The runbooks can be followed: each command that a page tells to run runs, and shows what it is
//! asked for.

use crate::dashboards::check;
use crate::support::{missing, skip};

#[test]
fn every_command_of_a_runbook_runs_on_a_host() {
    let programs = ["python3", "prometheus", "sshd", "ssh-keygen", "ss", "lslogins", "curl"];
    if missing(&programs).is_some_and(|reason| skip(&reason)) {
        return;
    }
    let program = env!("CARGO_BIN_EXE_login_exporter");
    check("python3", &["tests/told/runbooks.py", program, "prometheus"]);
}
