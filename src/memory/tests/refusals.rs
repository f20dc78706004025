use super::*;

fn sudo(seconds: i64, kind: EventKind) -> Event<'static> {
    Event { user: Some("bob"), ..event(seconds, 7, kind, "sudo") }
}

/// `pam_unix(sudo:auth): authentication failure`, `PAM N more authentication failures`.
fn pam(seconds: i64, count: u32) -> Event<'static> {
    Event { count, ..alone(sudo(seconds, EventKind::SudoFailure)) }
}

fn itself(seconds: i64, count: u32) -> Event<'static> {
    Event { count, ..sudo(seconds, EventKind::SudoFailure) }
}

fn command(seconds: i64) -> Event<'static> {
    sudo(seconds, EventKind::SudoCommand)
}

fn command_of_sudo_rs(seconds: i64) -> Event<'static> {
    Event { sudo_rs: true, ..command(seconds) }
}

#[test]
fn sudo_counts_a_refusal_once_by_its_own_line() {
    let check = |steps: Vec<Step>| check(steps, &["290 sudo_failure bob x3"]);
    check(steps![pam(1, 1), itself(290, 3)]);
    check(steps![pam(1, 1), itself(290, 3), pam(290, 2)]);
    check(steps![pam(1, 1), pam(290, 2), itself(290, 3)]);
    check(steps![itself(290, 3), pam(290, 2)]);
}

#[test]
fn a_mistyped_password_before_a_command_of_sudo_is_no_refusal() {
    check(steps![pam(1, 1), command(9)], &["9 sudo_command bob"]);
    // PAM sums up when the command ends.
    check(steps![pam(1, 1), command(9), pam(3600, 1)], &["9 sudo_command bob"]);
}

#[test]
fn a_refusal_of_which_sudo_says_nothing_counts_by_pams_line() {
    check(steps![pam(1, 1), Step::Expire(310), Step::Expire(311)], &["1 sudo_failure bob"]);
    check(steps![pam(1, 1), pam(9, 2)], &["at the end: 1 sudo_failure bob x3"]);
}

/// `pam_sss(sudo:auth): authentication failure`, for a user of a domain, whom pam_unix knows not.
fn sss(seconds: i64) -> Event<'static> {
    Event { role: Role::Again, ..pam(seconds, 1) }
}

#[test]
fn a_refusal_that_only_another_module_tells_counts_and_one_told_by_both_counts_once() {
    let end = |count: &str| format!("at the end: 1 sudo_failure bob{count}");
    check(steps![sss(1)], &[&*end("")]);
    check(steps![sss(1), sss(3), sss(5)], &[&*end(" x3")]);
    check(steps![pam(1, 1), sss(1), sss(3), sss(5), pam(6, 2)], &[&*end(" x3")]);
    check(steps![sss(1), pam(1, 1), sss(3), pam(6, 2)], &[&*end(" x3")]);
    // sudo's own line tells all of them better.
    check(steps![sss(1), sss(3), itself(9, 3)], &["9 sudo_failure bob x3"]);
    check(steps![sss(1), command(9)], &["9 sudo_command bob"]);
    // sudo-rs never does.
    check(
        steps![command_of_sudo_rs(1), sss(20), pam(30, 1), sss(30)],
        &["1 sudo_command bob", "20 sudo_failure bob", "30 sudo_failure bob"],
    );
}

#[test]
fn a_command_of_sudo_rs_takes_no_refusal_back() {
    check(
        steps![pam(1, 1), pam(2, 1), command_of_sudo_rs(9), pam(3600, 2), pam(4000, 1)],
        &[
            "1 sudo_failure bob x2",
            "9 sudo_command bob",
            "3600 sudo_failure bob x2",
            "4000 sudo_failure bob",
        ],
    );
}

#[test]
fn what_one_users_sudo_is_says_nothing_of_anothers() {
    let of = |user: &'static str, event| Step::from(Event { user: Some(user), ..event });
    check(
        vec![of("mallory", command_of_sudo_rs(1)), of("bob", pam(2, 1)), of("bob", itself(9, 1))],
        &["1 sudo_command mallory", "9 sudo_failure bob"],
    );
}

#[test]
fn two_of_one_users_sudos_are_told_apart_by_pid() {
    let other = |event| Step::from(Event { pid: Some(8), ..event });
    check(
        steps![pam(1, 1), other(command(2))],
        &["2 sudo_command bob", "at the end: 1 sudo_failure bob"],
    );
    // sudo before 1.9 says no pid in a file.
    let bare = |event| Step::from(without_pid(event));
    check(vec![bare(pam(1, 1)), bare(itself(9, 1))], &["9 sudo_failure bob"]);
}

/// PAM names whom it asked; the helper's pid is another than pkexec's.
fn helper(seconds: i64, asked: &'static str) -> Event<'static> {
    Event {
        user: Some(asked),
        by: Some(crate::event::Invoker { name: "bob", uid: Some(1000) }),
        ..alone(event(seconds, 20, EventKind::SudoFailure, "pkexec"))
    }
}

#[test]
fn a_refused_pkexec_is_one_refusal_in_one_family() {
    let pkexec = |seconds| Event {
        user: Some("bob"),
        ..event(seconds, 21, EventKind::SudoFailure, "pkexec")
    };
    check(steps![helper(1, "bob"), pkexec(2)], &["2 sudo_failure bob"]);
    check(steps![helper(1, "root"), helper(9, "root"), pkexec(9)], &["9 sudo_failure bob"]);
    let other = Event { user: Some("ann"), ..pkexec(2) };
    check(
        steps![helper(1, "root"), other],
        &["2 sudo_failure ann", "at the end: 1 sudo_failure root"],
    );
}

#[test]
fn what_polkit_refused_to_another_program_than_pkexec_counts_too() {
    check(steps![helper(1, "bob"), Step::Expire(60), Step::Expire(61)], &["1 sudo_failure bob"]);
    let let_in = HintKind::AuthenticationSucceeded { user: "bob", by: None, service: None };
    check(steps![helper(1, "bob"), hint(1, Some(20), "polkit", let_in)], &[]);
}

#[test]
fn a_command_of_doas_counts_behind_its_session_only() {
    let by = |name| Some(crate::event::Invoker { name, uid: Some(1000) });
    let session = |seconds| Event {
        user: Some("root"),
        by: by("bob"),
        ..event(seconds, 20, EventKind::SessionOpened, "doas")
    };
    let command = |seconds, user: &'static str| Event {
        user: Some(user),
        target_user: Some("root"),
        role: Role::Echo,
        ..event(seconds, 21, EventKind::SudoCommand, "doas")
    };
    check(steps![command(1, "bob")], &[]);
    check(
        steps![session(1), command(1, "bob"), command(2, "bob")],
        &["1 session_opened root", "1 sudo_command bob to root"],
    );
    check(steps![session(1), command(1, "eve")], &["1 session_opened root"]);
    check(steps![session(1), command(20, "bob")], &["1 session_opened root"]);
}

fn dropbear(seconds: i64, kind: EventKind, port: u16) -> Event<'static> {
    Event {
        user: Some("bob"),
        source: Some("2001:db8::1"),
        port: Some(port),
        ..event(seconds, 7, kind, "dropbear")
    }
}

#[test]
fn lines_of_dropbear_are_joined_by_pid_whatever_port_they_cut() {
    let rejected = |seconds, port, reason| Event {
        reason: Some(reason),
        ..dropbear(seconds, EventKind::LoginRejected, port)
    };
    check(
        steps![
            rejected(1, 53254, Reason::InvalidUser),
            rejected(2, 532, Reason::ClosedBeforeLogin),
        ],
        &["1 login_rejected invalid_user bob from 2001:db8::1"],
    );
    check(
        steps![
            dropbear(1, EventKind::LoginFailure, 532),
            alone(rejected(2, 53254, Reason::ClosedBeforeLogin)),
        ],
        &[
            "1 login_failure bob from 2001:db8::1",
            "at the end: 2 login_rejected closed_before_login bob from 2001:db8::1",
        ],
    );
    check(
        steps![
            dropbear(1, EventKind::LoginSuccess, 53254),
            alone(rejected(9, 532, Reason::ClosedBeforeLogin)),
        ],
        &["1 login_success bob from 2001:db8::1"],
    );
}
