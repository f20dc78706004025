use super::*;
use crate::event::Reason::{
    AccountLocked, ClosedBeforeLogin, InvalidUser, KeyRefused, NotAllowed, Throttled,
    TooManyAttempts,
};

const A: &str = "203.0.113.9";
const B: &str = "198.51.100.7";

fn connected(seconds: i64, pid: u32, source: &'static str, port: u16) -> Step {
    let kind = HintKind::Connection { source, port: Some(port) };
    hint(seconds, Some(pid), "sshd", kind)
}

#[test]
fn a_connection_is_rejected_once_at_the_first_line_that_proves_it() {
    check(
        steps![
            rejected(1, 7, InvalidUser, Some(A)),
            failed(2, 7, A),
            alone(rejected(3, 7, ClosedBeforeLogin, Some(A))),
            rejected(3, 7, ClosedBeforeLogin, Some(A)),
            rejected(4, 8, ClosedBeforeLogin, Some(A)),
        ],
        &[
            "1 login_rejected invalid_user from 203.0.113.9",
            "2 login_failure root from 203.0.113.9",
            "4 login_rejected closed_before_login from 203.0.113.9",
        ],
    );
}

#[test]
fn a_rejection_without_address_waits_for_it() {
    // `User root not allowed because …`, `Connection closed by authenticating user root A`
    check(
        steps![rejected(1, 7, NotAllowed, None), rejected(2, 7, ClosedBeforeLogin, Some(A))],
        &["1 login_rejected not_allowed from 203.0.113.9"],
    );
}

#[test]
fn a_rejection_whose_address_never_comes_counts_after_two_seconds() {
    check(
        steps![
            rejected(1, 7, NotAllowed, None),
            Step::Expire(2),
            Step::Expire(3),
            rejected(4, 7, ClosedBeforeLogin, Some(A)),
        ],
        &["1 login_rejected not_allowed"],
    );
    check(steps![rejected(1, 7, NotAllowed, None)], &["at the end: 1 login_rejected not_allowed"]);
}

#[test]
fn the_address_of_the_connection_is_that_of_its_rejection() {
    check(
        steps![connected(1, 7, A, 4711), rejected(2, 7, AccountLocked, None)],
        &["2 login_rejected account_locked from 203.0.113.9"],
    );
    check(
        steps![failed(1, 7, A), rejected(2, 7, AccountLocked, None)],
        &[
            "1 login_failure root from 203.0.113.9",
            "2 login_rejected account_locked from 203.0.113.9",
        ],
    );
}

#[test]
fn the_first_reason_that_says_something_stands() {
    check(
        steps![
            rejected(1, 7, ClosedBeforeLogin, None),
            rejected(1, 7, TooManyAttempts, None),
            rejected(2, 7, NotAllowed, Some(A)),
        ],
        &["1 login_rejected too_many_attempts from 203.0.113.9"],
    );
}

#[test]
fn received_disconnect_counts_only_if_nothing_else_does() {
    let disconnect = || alone(rejected(1, 7, ClosedBeforeLogin, Some(A)));
    check(
        steps![disconnect(), rejected(1, 7, InvalidUser, Some(A))],
        &["1 login_rejected invalid_user from 203.0.113.9"],
    );
    check(
        steps![disconnect(), Step::Expire(5), Step::Expire(6)],
        &["1 login_rejected closed_before_login from 203.0.113.9"],
    );
    check(steps![disconnect(), accepted(2, 7, A)], &["2 login_success bob from 203.0.113.9"]);
}

#[test]
fn the_end_of_a_login_is_no_rejection() {
    check(
        steps![
            port(22, accepted(1, 7, A)),
            port(22, alone(rejected(86_400, 7, ClosedBeforeLogin, Some(A)))),
            rejected(86_400, 7, ClosedBeforeLogin, None),
        ],
        &["1 login_success bob from 203.0.113.9"],
    );
}

#[test]
fn the_end_of_a_session_whose_login_was_not_seen_is_no_rejection() {
    let session = |seconds, kind| Event { user: Some("bob"), ..event(seconds, 7, kind, "sshd") };
    check(
        steps![
            session(1, EventKind::SessionOpened),
            session(5, EventKind::SessionClosed),
            alone(rejected(6, 7, ClosedBeforeLogin, Some(A))),
        ],
        &["1 session_opened bob", "5 session_closed bob after 4 s"],
    );
}

#[test]
fn a_pid_that_serves_another_peer_is_another_connection() {
    check(
        steps![
            port(1, rejected(1, 7, InvalidUser, Some(A))),
            port(2, rejected(9, 7, InvalidUser, Some(A))),
            port(3, accepted(20, 7, A)),
            port(4, rejected(30, 7, ClosedBeforeLogin, Some(A))),
            rejected(40, 7, InvalidUser, Some(B)),
            connected(50, 7, A, 5),
            rejected(51, 7, InvalidUser, None),
        ],
        &[
            "1 login_rejected invalid_user from 203.0.113.9",
            "9 login_rejected invalid_user from 203.0.113.9",
            "20 login_success bob from 203.0.113.9",
            "30 login_rejected closed_before_login from 203.0.113.9",
            "40 login_rejected invalid_user from 198.51.100.7",
            "51 login_rejected invalid_user from 203.0.113.9",
        ],
    );
}

#[test]
fn connection_from_starts_anew_whoever_was_there() {
    check(
        steps![
            rejected(1, 7, NotAllowed, None),
            Step::Expire(4),
            connected(5, 7, A, 5),
            rejected(6, 7, InvalidUser, None),
            port(9, accepted(10, 8, A)),
            connected(20, 8, A, 5),
            rejected(21, 8, InvalidUser, None),
        ],
        &[
            "1 login_rejected not_allowed",
            "6 login_rejected invalid_user from 203.0.113.9",
            "10 login_success bob from 203.0.113.9",
            "21 login_rejected invalid_user from 203.0.113.9",
        ],
    );
}

#[test]
fn a_pid_long_after_is_another_connection() {
    check(
        steps![rejected(1, 7, InvalidUser, Some(A)), rejected(500, 7, InvalidUser, Some(A))],
        &[
            "1 login_rejected invalid_user from 203.0.113.9",
            "500 login_rejected invalid_user from 203.0.113.9",
        ],
    );
}

#[test]
fn one_peer_by_address_and_by_name_is_one_connection() {
    check(
        steps![
            rejected(1, 7, InvalidUser, Some("h.example.org")),
            rejected(2, 7, NotAllowed, Some(A))
        ],
        &["1 login_rejected invalid_user from h.example.org"],
    );
}

#[test]
fn the_listener_speaks_of_a_connection_a_line() {
    check(
        steps![
            without_pid(rejected(1, 7, Throttled, Some(A))),
            without_pid(rejected(1, 7, Throttled, Some(A))),
        ],
        &[
            "1 login_rejected throttled from 203.0.113.9",
            "1 login_rejected throttled from 203.0.113.9",
        ],
    );
}

#[test]
fn pids_of_other_hosts_are_other_connections() {
    let elsewhere = Event { host: "i", ..rejected(1, 7, InvalidUser, Some(A)) };
    check(
        steps![rejected(1, 7, InvalidUser, Some(A)), elsewhere],
        &[
            "1 login_rejected invalid_user from 203.0.113.9",
            "1 login_rejected invalid_user from 203.0.113.9",
        ],
    );
}

#[test]
fn a_console_has_no_address_to_wait_for() {
    let rejection =
        Event { reason: Some(TooManyAttempts), ..event(1, 7, EventKind::LoginRejected, "login") };
    check(steps![rejection], &["1 login_rejected too_many_attempts"]);
}

#[test]
fn pams_error_counts_only_if_no_failed_line_follows() {
    check(
        steps![alone(failed(1, 7, A)), alone(failed(3, 7, A)), failed(3, 7, A)],
        &["3 login_failure root from 203.0.113.9"],
    );
    // the connection ends
    check(
        steps![alone(failed(1, 7, A)), rejected(4, 7, ClosedBeforeLogin, Some(A))],
        &[
            "1 login_failure root from 203.0.113.9",
            "4 login_rejected closed_before_login from 203.0.113.9",
        ],
    );
    // the right password at last
    check(
        steps![alone(failed(1, 7, A)), accepted(4, 7, A)],
        &["1 login_failure root from 203.0.113.9", "4 login_success bob from 203.0.113.9"],
    );
    // `Invalid user` comes first and ends nothing
    check(
        steps![rejected(1, 7, InvalidUser, Some(A)), alone(failed(2, 7, A)), failed(2, 7, A)],
        &[
            "1 login_rejected invalid_user from 203.0.113.9",
            "2 login_failure root from 203.0.113.9",
        ],
    );
    check(
        steps![alone(failed(1, 7, A)), rejected(2, 7, InvalidUser, Some(A)), failed(3, 7, A)],
        &[
            "2 login_rejected invalid_user from 203.0.113.9",
            "3 login_failure root from 203.0.113.9",
        ],
    );
    check(
        steps![alone(failed(1, 7, A)), Step::Expire(130), Step::Expire(131)],
        &["1 login_failure root from 203.0.113.9"],
    );
}

#[test]
fn a_refused_key_is_the_reason_why_the_connection_was_closed() {
    // `Authentication key … revoked by file …`, `Connection closed by authenticating user root A`
    check(
        steps![
            alone(rejected(1, 7, KeyRefused, None)),
            rejected(2, 7, ClosedBeforeLogin, Some(A)),
            alone(rejected(1, 8, KeyRefused, None)),
            rejected(2, 8, TooManyAttempts, Some(A)),
        ],
        &[
            "2 login_rejected key_refused from 203.0.113.9",
            "2 login_rejected too_many_attempts from 203.0.113.9",
        ],
    );
}

#[test]
fn a_refused_key_waits_while_the_person_types_a_password() {
    check(
        steps![
            alone(rejected(1, 7, KeyRefused, None)),
            Step::Expire(40),
            accepted(60, 7, A),
            alone(rejected(100, 8, KeyRefused, None)),
            Step::Expire(229),
            Step::Expire(230),
        ],
        &["60 login_success bob from 203.0.113.9", "100 login_rejected key_refused"],
    );
}
