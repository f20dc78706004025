use super::*;
use crate::event::Invoker;

fn su(seconds: i64, kind: EventKind) -> Event<'static> {
    Event { user: Some("bob"), target_user: Some("root"), ..event(seconds, 7, kind, "su") }
}

fn su_session(seconds: i64) -> Event<'static> {
    Event {
        user: Some("root"),
        by: Some(Invoker { name: "bob", uid: Some(1000) }),
        ..event(seconds, 7, EventKind::SessionOpened, "su")
    }
}

fn switched(seconds: i64) -> Event<'static> {
    su(seconds, EventKind::SuSuccess)
}

fn refused(seconds: i64) -> Event<'static> {
    su(seconds, EventKind::SuFailure)
}

fn let_in(seconds: i64, program: &'static str, user: &'static str) -> Step {
    let kind = HintKind::AuthenticationSucceeded { user, by: None, service: None };
    hint(seconds, Some(7), program, kind)
}

#[test]
fn an_su_counts_by_its_own_line() {
    check(
        steps![switched(1), su_session(1)],
        &["1 su_success bob to root", "1 session_opened root"],
    );
    check(
        steps![su_session(1), switched(1)],
        &["1 session_opened root", "1 su_success bob to root"],
    );
}

#[test]
fn an_su_without_its_own_line_counts_by_pams() {
    check(steps![su_session(1)], &["1 session_opened root", "1 su_success bob to root"]);
    check(
        steps![alone(refused(1)), Step::Expire(10), Step::Expire(11)],
        &["1 su_failure bob to root"],
    );
}

#[test]
fn failed_su_follows_pams_failure_two_seconds_later() {
    check(steps![alone(refused(1)), refused(3)], &["3 su_failure bob to root"]);
    // two modules refuse one process
    check(steps![alone(refused(1)), alone(refused(1))], &["at the end: 1 su_failure bob to root"]);
}

#[test]
fn an_su_that_another_module_let_in_was_not_refused() {
    check(
        steps![alone(refused(1)), let_in(1, "su", "root"), su_session(1)],
        &["1 session_opened root", "1 su_success bob to root"],
    );
}

#[test]
fn uses_of_su_without_pid_are_joined_by_target_and_time() {
    let bare = |event| Step::from(without_pid(event));
    check(
        vec![bare(switched(1)), bare(alone(switched(1))), bare(su_session(1))],
        &["1 su_success bob to root", "1 session_opened root"],
    );
    check(vec![bare(alone(refused(1))), bare(refused(4))], &["4 su_failure bob to root"]);
    check(
        vec![bare(alone(refused(1))), bare(su_session(5))],
        &[
            "5 session_opened root",
            "5 su_success bob to root",
            "at the end: 1 su_failure bob to root",
        ],
    );
    check(
        vec![bare(switched(1)), bare(su_session(1)), bare(switched(4)), bare(su_session(4))],
        &[
            "1 su_success bob to root",
            "1 session_opened root",
            "4 su_success bob to root",
            "4 session_opened root",
        ],
    );
}

#[test]
fn su_of_debian_12_names_its_pid_in_its_own_line_only() {
    let other = |event| Step::from(Event { pid: Some(8), ..event });
    check(steps![without_pid(alone(refused(1))), refused(3)], &["3 su_failure bob to root"]);
    check(
        steps![
            without_pid(alone(refused(1))),
            without_pid(alone(refused(2))),
            refused(3),
            other(refused(4)),
        ],
        &["3 su_failure bob to root", "4 su_failure bob to root"],
    );
}

#[test]
fn two_processes_are_two_uses() {
    let other = |event| Step::from(Event { pid: Some(8), ..event });
    check(
        steps![alone(refused(1)), other(alone(refused(1))), refused(3)],
        &["3 su_failure bob to root", "at the end: 1 su_failure bob to root"],
    );
    check(
        steps![switched(1), other(su_session(1))],
        &["1 su_success bob to root", "1 session_opened root", "1 su_success bob to root"],
    );
}

#[test]
fn a_session_of_sudo_is_no_use_of_su() {
    let sudo = Event { program: "sudo", ..su_session(1) };
    check(steps![sudo], &["1 session_opened root"]);
}

fn gdm(seconds: i64) -> Event<'static> {
    Event { user: Some("bob"), ..event(seconds, 7, EventKind::LoginFailure, "gdm") }
}

#[test]
fn a_user_whom_a_later_module_let_in_did_not_fail() {
    check(steps![gdm(1), let_in(1, "gdm", "bob")], &[]);
    check(steps![gdm(1), let_in(1, "gdm", "ann")], &["at the end: 1 login_failure bob"]);
    check(steps![gdm(1), Step::Expire(6), let_in(7, "gdm", "bob")], &["1 login_failure bob"]);
}

#[test]
fn one_attempt_that_two_modules_refuse_is_one_failure() {
    check(steps![gdm(1), alone(gdm(1))], &["1 login_failure bob"]);
    check(steps![alone(gdm(1)), gdm(1)], &["1 login_failure bob"]);
    check(
        steps![gdm(1), alone(gdm(1)), gdm(3), alone(gdm(3)), gdm(5), let_in(5, "gdm", "bob")],
        &["1 login_failure bob", "3 login_failure bob"],
    );
}

#[test]
fn attempts_that_one_module_refuses_are_as_many_failures() {
    check(
        steps![gdm(1), gdm(3), Event { count: 2, ..gdm(4) }],
        &["1 login_failure bob", "3 login_failure bob", "at the end: 4 login_failure bob x2"],
    );
}

/// pam_unix names no account that the host has not; xrdp's AUTHFAIL names whatever was typed.
#[test]
fn an_attempt_that_pam_does_not_name_counts_once() {
    let failed = |user: Option<&'static str>, role| Event {
        user,
        role,
        ..event(1, 7, EventKind::LoginFailure, "xrdp-sesman")
    };
    let (pam, itself) = (|user| failed(user, Role::Proof), |user| failed(user, Role::Echo));
    check(steps![pam(None), itself(Some("mallory"))], &["1 login_failure mallory"]);
    check(steps![pam(Some("bob")), itself(Some("bob"))], &["1 login_failure bob"]);
    check(steps![itself(Some("bob"))], &["at the end: 1 login_failure bob"]);
}
