use super::*;
use crate::event::AwsCall;

fn call(
    seconds: i64,
    name: &'static str,
    id: &'static str,
    session: Option<&'static str>,
    target: Option<&'static str>,
) -> Event<'static> {
    let aws = AwsCall {
        event_name: name,
        event_id: id,
        session_id: session,
        target,
        ..AwsCall::default()
    };
    Event {
        time: at(seconds),
        aws: Some(Texts::for_ever().call(aws)),
        ..Event::new(EventKind::AwsSuccess, "aws")
    }
}

#[test]
fn a_record_counts_once_by_its_id() {
    check(
        steps![
            call(1, "StartSession", "a", None, Some("i-1")),
            call(2, "StartSession", "b", None, Some("i-1")),
            call(1, "StartSession", "a", None, Some("i-1")),
        ],
        &["1 aws_success on i-1", "2 aws_success on i-1"],
    );
}

#[test]
fn the_end_of_a_session_names_its_target() {
    check(
        steps![
            call(1, "StartSession", "a", Some("s-1"), Some("i-1")),
            call(5, "ResumeSession", "b", Some("s-1"), None),
            call(9, "TerminateSession", "c", Some("s-1"), None),
            call(9, "TerminateSession", "d", Some("s-2"), None),
        ],
        &["1 aws_success on i-1", "5 aws_success on i-1", "9 aws_success on i-1", "9 aws_success"],
    );
}

#[test]
fn a_refused_start_names_no_target_for_later() {
    let refused = Event {
        kind: EventKind::AwsFailure,
        ..call(1, "StartSession", "a", Some("s-1"), Some("i-1"))
    };
    check(
        steps![refused, call(2, "TerminateSession", "b", Some("s-1"), None)],
        &["1 aws_failure on i-1", "2 aws_success"],
    );
}

#[test]
fn a_late_record_does_not_stand_between_lines_of_the_log() {
    let waiting = rejected(1, 7, Reason::NotAllowed, None);
    check(
        steps![
            waiting,
            call(5000, "StartSession", "a", None, None),
            rejected(2, 7, Reason::ClosedBeforeLogin, Some("203.0.113.9")),
        ],
        &["5000 aws_success", "1 login_rejected not_allowed from 203.0.113.9"],
    );
}

#[test]
fn a_login_knows_whom_instance_connect_named_for_its_key() {
    let provided = |seconds, principal: &'static str| {
        let kind = HintKind::KeyProvided { fingerprint: "SHA256:k", principal, trusted: true };
        hint(seconds, Some(99), "ec2-instance-connect", kind)
    };
    let login = |seconds, key: &'static str| Event {
        fingerprint: Some(key),
        ..accepted(seconds, 7, "203.0.113.9")
    };
    check(
        steps![
            provided(1, "Ops/alice"),
            provided(1, "Ops/alice"),
            login(2, "SHA256:k"),
            login(3, "SHA256:other"),
            login(61, "SHA256:k"),
            login(62, "SHA256:k"),
            provided(63, "Ops/ann"),
            login(64, "SHA256:k"),
            // a record from long before, read late
            login(2, "SHA256:k"),
        ],
        &[
            "2 login_success bob from 203.0.113.9 by Ops/alice",
            "3 login_success bob from 203.0.113.9",
            "61 login_success bob from 203.0.113.9 by Ops/alice",
            "62 login_success bob from 203.0.113.9",
            "64 login_success bob from 203.0.113.9 by Ops/ann",
            "2 login_success bob from 203.0.113.9",
        ],
    );
}

#[test]
fn a_correction_of_a_record_counts_nothing_again() {
    let correction = |seconds, id: &'static str, original: &'static str| {
        let mut event = call(seconds, "StartSession", id, None, Some("i-1"));
        let call = AwsCall { original_event_id: Some(original), ..*event.aws.unwrap() };
        event.aws = Some(Texts::for_ever().call(call));
        event
    };
    check(
        steps![
            call(1, "StartSession", "a", None, Some("i-1")),
            correction(1, "b", "a"),
            correction(9_000, "c", "a"),
            // Corrections that come before, or without, what they correct.
            correction(2, "e", "d"),
            call(2, "StartSession", "d", None, Some("i-1")),
            correction(2, "f", "d"),
        ],
        &["1 aws_success on i-1", "2 aws_success on i-1"],
    );
}

#[test]
fn a_token_for_just_in_time_access_names_the_target_that_was_asked_for() {
    check(
        steps![
            call(1, "StartAccessRequest", "a", Some("oi-1"), Some("i-1")),
            call(5, "GetAccessToken", "b", Some("oi-1"), None),
        ],
        &["1 aws_success on i-1", "5 aws_success on i-1"],
    );
}
