//! A line whose series and process stand costs no allocation, from its bytes to its count.

use std::fmt::Write;

use allocation_counter::measure;
use jiff::tz::TimeZone;
use login_exporter::event::{Texts, Time};
use login_exporter::memory::{Limits, Memory};
use login_exporter::metrics::series::Store;
use login_exporter::parse::Clock;
use login_exporter::pipeline::Interpreter;
use login_exporter::policy::Policy;
use login_exporter::record::Record;
use login_exporter::trust::UserIds;

#[derive(Debug)]
struct Nobody;

impl UserIds for Nobody {
    fn user_id(&self, _: &str) -> Option<u32> {
        None
    }
}

/// How many allocations the last of these lines cost, after the others were read and counted.
fn allocations(lines: &[&str]) -> u64 {
    let clock = Clock { reference: Time::new(1_790_000_000, 0), zone: TimeZone::UTC, year: None };
    let mut memory = Memory::new(Limits::default());
    let (policy, mut store) = (Policy::default(), Store::default());
    let texts = Texts::default();
    let mut interpreter = Interpreter::new(&mut memory, clock, &Nobody, 0, &texts);
    let mut take = |line: &'static str| {
        interpreter.record(Record::Line(line.as_bytes()), &mut |counted| {
            store.observe(&policy.observe(counted), true, counted.event.time);
        });
    };
    // The lines outlive the reading: what is kept of one may borrow from it.
    let lines: Vec<&'static str> =
        lines.iter().map(|line| &*format!("Jul  1 10:00:{line}").leak()).collect();
    let (last, before) = lines.split_last().unwrap();
    before.iter().for_each(|line| take(line));
    measure(|| take(last)).count_total
}

#[test]
fn a_line_whose_series_and_process_stand_costs_no_allocation() {
    let invalid = "01 web sshd[7]: Invalid user bob from 192.0.2.1 port 4";
    let failed = "02 web sshd[7]: Failed password for invalid user bob from 192.0.2.1 port 4 ssh2";
    let accepted = "03 web sshd[8]: Accepted publickey for ann from 192.0.2.2 port 5 ssh2: ED25519 SHA256:0000000000000000000000000000000000000000001";
    let opened =
        "03 web sshd[8]: pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)";
    let closed = "09 web sshd[8]: pam_unix(sshd:session): session closed for user ann";
    let mut wrong = String::new();
    let mut check = |before: &[&str], line: &str| {
        // Once to make the series, once more to be measured.
        let lines = [before, &[line], before, &[line]].concat();
        match allocations(&lines) {
            0 => {}
            some => writeln!(wrong, "{some} for {line}").unwrap(),
        }
    };
    assert!(allocations(&[invalid]) > 0, "a first line makes its series: nothing is counted here");
    check(&[], invalid);
    check(&[invalid], failed);
    check(&[accepted], accepted);
    check(&[accepted], opened);
    check(&[accepted, opened], closed);
    for line in [
        "02 web sshd[7]: pam_unix(sshd:auth): check pass; user unknown",
        "02 web sshd[7]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1",
        "02 web sshd[7]: Received disconnect from 192.0.2.1 port 4:11: Bye Bye [preauth]",
        "02 web sshd[7]: Disconnected from invalid user bob 192.0.2.1 port 4 [preauth]",
        "02 web sshd[7]: Connection closed by invalid user bob 192.0.2.1 port 4 [preauth]",
        "03 web sshd[7]: Server listening on 0.0.0.0 port 22.",
    ] {
        check(&[invalid], line);
    }
    for line in [
        "04 web sudo[9]: ann : TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/usr/bin/id -u",
        "05 web su[10]: (to root) ann on pts/1",
        "05 web CRON[11]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
        "05 web kernel: eth0: link up",
    ] {
        check(&[], line);
    }
    assert_eq!(wrong, "");
}
