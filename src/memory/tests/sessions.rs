use super::*;

fn session(seconds: i64, pid: u32, kind: EventKind, program: &'static str) -> Event<'static> {
    Event { user: Some("bob"), ..event(seconds, pid, kind, program) }
}

fn opened(seconds: i64, pid: u32, program: &'static str) -> Event<'static> {
    session(seconds, pid, EventKind::SessionOpened, program)
}

fn closed(seconds: i64, pid: u32, program: &'static str) -> Event<'static> {
    session(seconds, pid, EventKind::SessionClosed, program)
}

fn active(memory: &Memory) -> Vec<String> {
    let line = |(program, user, count)| format!("{program} {user} {count}");
    memory.sessions_active().into_iter().map(line).collect()
}

#[test]
fn a_close_finds_its_opening() {
    let mut memory = Memory::default();
    let lines = counted(
        &mut memory,
        steps![
            opened(1, 7, "sshd"),
            opened(2, 8, "sshd"),
            opened(3, 9, "cron"),
            closed(4, 9, "cron")
        ],
    );
    assert_eq!(lines[3], "4 session_closed bob after 1 s");
    assert_eq!(active(&memory), ["sshd bob 2"]);
}

#[test]
fn a_close_without_an_opening_changes_nothing() {
    let mut memory = Memory::default();
    assert_eq!(counted(&mut memory, steps![closed(4, 9, "sshd")]), ["4 session_closed bob"]);
    assert_eq!(active(&memory), [""; 0]);
}

#[test]
fn a_pid_opened_again_replaces_the_session_whose_close_was_missed() {
    let mut memory = Memory::default();
    let lines = counted(
        &mut memory,
        steps![opened(1, 7, "sshd"), opened(100, 7, "sshd"), closed(104, 7, "sshd")],
    );
    assert_eq!(lines[2], "104 session_closed bob after 4 s");
    assert_eq!(active(&memory), [""; 0]);
}

#[test]
fn sessions_without_pid_nest() {
    let bare = |event| without_pid(event);
    let mut memory = Memory::default();
    let lines = counted(
        &mut memory,
        steps![bare(opened(1, 0, "sudo")), bare(opened(5, 0, "sudo")), bare(closed(6, 0, "sudo"))],
    );
    assert_eq!(lines[2], "6 session_closed bob after 1 s");
    assert_eq!(active(&memory), ["sudo bob 1"]);
    let lines = counted(&mut memory, steps![bare(closed(9, 0, "sudo"))]);
    assert_eq!(lines, ["9 session_closed bob after 8 s"]);
}

#[test]
fn the_child_of_a_users_manager_says_that_it_closed() {
    let mut memory = Memory::default();
    let lines = counted(
        &mut memory,
        steps![
            opened(1, 7, "systemd-user"),
            opened(50, 9, "systemd-user"),
            closed(60, 10, "systemd-user"),
        ],
    );
    assert_eq!(lines[2], "60 session_closed bob after 10 s");
    assert_eq!(active(&memory), [""; 0]);
}

#[test]
fn a_session_that_nobody_closes_is_not_open() {
    let mut memory = Memory::default();
    assert_eq!(counted(&mut memory, steps![opened(1, 7, "polkit")]), ["1 session_opened bob"]);
    assert_eq!(active(&memory), [""; 0]);
}

#[test]
fn a_started_host_has_no_session_from_before() {
    let mut memory = Memory::default();
    let elsewhere = Event { host: "i", ..opened(2, 7, "sshd") };
    counted(&mut memory, steps![opened(1, 7, "sshd"), elsewhere, opened(9, 8, "login")]);
    memory.host_started("h.example.org", at(5));
    assert_eq!(active(&memory), ["login bob 1", "sshd bob 1"]);
    counted(&mut memory, steps![hint(20, None, "systemd-logind", HintKind::HostStarted)]);
    assert_eq!(active(&memory), ["sshd bob 1"]);
    memory.host_started("", at(30));
    assert_eq!(active(&memory), [""; 0]);
}

#[test]
fn a_clock_set_back_gives_no_negative_duration() {
    let mut memory = Memory::default();
    let lines = counted(&mut memory, steps![opened(9, 7, "sshd"), closed(4, 7, "sshd")]);
    assert_eq!(lines[1], "4 session_closed bob");
}

#[test]
fn a_success_after_many_failures_is_told_apart() {
    let flood = |count: i64, source| (0..count).map(move |n| Step::from(failed(n, 100, source)));
    let success = |seconds, source| Step::from(accepted(seconds, 7, source));
    let last = |steps: Vec<Step>| counted(&mut Memory::default(), steps).pop().unwrap();
    let after = |count, seconds| {
        last(flood(count, "203.0.113.9").chain([success(seconds, "203.0.113.9")]).collect())
    };
    assert_eq!(after(5, 10), "10 login_success bob from 203.0.113.9 after failures");
    assert_eq!(after(4, 10), "10 login_success bob from 203.0.113.9");
    assert_eq!(after(5, 3600), "3600 login_success bob from 203.0.113.9 after failures");
    assert_eq!(after(5, 3601), "3601 login_success bob from 203.0.113.9");
    let other = flood(9, "203.0.113.9").chain([success(10, "198.51.100.7")]).collect();
    assert_eq!(last(other), "10 login_success bob from 198.51.100.7");
    let folded = Event { count: 5, ..failed(1, 7, "203.0.113.9") };
    assert_eq!(
        last(steps![folded, success(2, "203.0.113.9")]),
        "2 login_success bob from 203.0.113.9 after failures"
    );
}

#[test]
fn failures_that_a_user_tells_of_himself_make_no_login_one_after_failures() {
    let forged = |seconds| Event { told_by: 1000, ..failed(seconds, 100, "203.0.113.9") };
    let mut steps: Vec<Step> = (0..6).map(|seconds| forged(seconds).into()).collect();
    steps.push(accepted(10, 7, "203.0.113.9").into());
    let last = counted(&mut Memory::default(), steps).pop();
    assert_eq!(last.as_deref(), Some("10 login_success bob from 203.0.113.9"));
}

#[test]
fn failures_and_window_are_settable() {
    let mut memory = Memory::new(Limits { failures: 2, failures_window: 10 });
    let lines = counted(
        &mut memory,
        steps![failed(1, 7, "a"), failed(2, 7, "a"), accepted(11, 8, "a"), accepted(12, 9, "a")],
    );
    assert_eq!(lines[2], "11 login_success bob from a after failures");
    assert_eq!(lines[3], "12 login_success bob from a");
}

#[test]
fn an_account_change_told_by_passwd_and_by_pam_is_one() {
    let change = |seconds| Event {
        user: Some("bob"),
        change: Some(crate::event::Change::PasswordChanged),
        ..event(seconds, 7, EventKind::AccountChange, "passwd")
    };
    check(steps![alone(change(1)), change(1)], &["1 account_change bob"]);
    check(steps![change(1), alone(change(1))], &["1 account_change bob"]);
    check(
        steps![alone(change(1)), alone(change(2))],
        &["1 account_change bob", "2 account_change bob"],
    );
    check(steps![alone(change(1)), change(60)], &["1 account_change bob", "60 account_change bob"]);
}

#[test]
fn the_exit_of_a_sudo_command_is_not_a_command() {
    let command = |seconds, name: &'static str| Event {
        user: Some("bob"),
        command: Some(name),
        ..event(seconds, 7, EventKind::SudoCommand, "sudo")
    };
    check(steps![command(1, "ls"), alone(command(9, "ls"))], &["1 sudo_command bob"]);
    // Started before the log was read.
    check(steps![alone(command(9, "ls"))], &["9 sudo_command bob"]);
    // Arguments that look like an exit hide one use at most.
    check(
        steps![command(1, "ls"), alone(command(2, "ls")), alone(command(3, "ls"))],
        &["1 sudo_command bob", "3 sudo_command bob"],
    );
    check(
        steps![command(1, "ls"), alone(command(2, "id"))],
        &["1 sudo_command bob", "2 sudo_command bob"],
    );
}
