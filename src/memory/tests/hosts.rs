use super::*;

fn on(host: &'static str, event: Event<'static>) -> Event<'static> {
    Event { host, ..event }
}

fn refused(seconds: i64) -> Event<'static> {
    let target = Some("root");
    Event { target_user: target, ..event(seconds, 7, EventKind::SuFailure, "su") }
}

/// A central log: another host's clock is ahead.
fn ahead(seconds: i64) -> Event<'static> {
    on("b", accepted(seconds, 9, "a"))
}

#[test]
fn a_refused_su_counts_once_beside_a_host_whose_clock_is_ahead() {
    check(
        steps![alone(refused(1)), ahead(31), refused(3), ahead(33)],
        &["31 login_success bob from a", "3 su_failure to root", "33 login_success bob from a"],
    );
}

#[test]
fn a_failed_dialogue_counts_once_beside_a_host_whose_clock_is_ahead() {
    check(
        steps![alone(failed(1, 7, "a")), ahead(301), failed(20, 7, "a")],
        &["301 login_success bob from a", "20 login_failure root from a"],
    );
}

#[test]
fn a_connection_is_rejected_once_beside_a_host_whose_clock_is_ahead() {
    check(
        steps![
            rejected(1, 7, Reason::InvalidUser, Some("a")),
            ahead(1000),
            rejected(2, 7, Reason::ClosedBeforeLogin, Some("a")),
        ],
        &["1 login_rejected invalid_user from a", "1000 login_success bob from a"],
    );
}

/// What counts, with the wall clock at which each line is read.
fn live(lines: Vec<(i64, Step)>) -> Vec<String> {
    let (mut memory, mut out) = (Memory::default(), Vec::new());
    for (wall, step) in lines {
        memory.read_at(Some(at(wall)));
        match step {
            Step::Event(event) => take(&mut memory, event, &mut out),
            Step::Hint(hint) => memory.hint(&hint, &mut into(&mut out)),
            Step::Expire(_) => memory.expire(at(wall), &mut into(&mut out)),
        }
    }
    out
}

#[test]
fn a_quiet_hosts_refusal_counts_by_the_wall_clock() {
    let tick = || Step::Expire(0);
    assert_eq!(live(vec![(100, alone(refused(100)).into()), (109, tick())]), [""; 0]);
    assert_eq!(
        live(vec![(100, alone(refused(100)).into()), (110, tick())]),
        ["100 su_failure to root"]
    );
}

#[test]
fn a_host_whose_clock_is_wrong_waits_as_long_by_the_wall_clock() {
    for wrong in [-3600, -300, 300, 3600] {
        let told = |wall: i64| {
            let refused: Step = alone(refused(10_000 + wrong)).into();
            live(vec![(10_000, refused), (wall, Step::Expire(0))]).len()
        };
        assert_eq!((told(10_009), told(10_010)), (0, 1), "{wrong} s ahead");
    }
}

#[test]
fn what_a_backlog_held_counts_at_once_when_it_is_read_to_its_end() {
    let (mut memory, mut out) = (Memory::default(), Vec::new());
    memory.read_at(None);
    take(&mut memory, alone(refused(100)), &mut out);
    memory.expire(at(90_000), &mut into(&mut out));
    assert_eq!(out, ["100 su_failure to root"]);
}

#[test]
fn what_a_forgotten_host_held_counts() {
    let (mut memory, mut out) = (Memory::default(), Vec::new());
    take(&mut memory, alone(refused(1)), &mut out);
    for n in 0..limits::HOSTS {
        let host = format!("h{n}").leak();
        take(&mut memory, Event { host, ..accepted(1, 9, "a") }, &mut out);
    }
    let refusals = out.iter().filter(|line| line.contains("su_failure"));
    assert_eq!(refusals.count(), 1);
}

#[test]
fn a_flood_of_one_host_does_not_shorten_the_memory_of_another() {
    let (mut memory, mut out) = (Memory::default(), Vec::new());
    take(&mut memory, on("b", alone(refused(1))), &mut out);
    for pid in 0..3 * limits::HELD as u32 {
        take(&mut memory, rejected(1, pid, Reason::NotAllowed, None), &mut out);
    }
    take(&mut memory, on("b", refused(3)), &mut out);
    memory.finish(&mut into(&mut out));
    let refusals = out.iter().filter(|line| line.contains("su_failure"));
    assert_eq!(refusals.count(), 1, "PAM's line and su's own are one refusal");
}

#[test]
fn a_flood_of_connections_pushes_out_no_login() {
    let (mut memory, mut out) = (Memory::default(), Vec::new());
    take(&mut memory, accepted(1, 7, "a"), &mut out);
    for pid in 1000..1000 + 2 * limits::CONNECTIONS as u32 {
        take(&mut memory, rejected(1, pid, Reason::InvalidUser, Some("b")), &mut out);
    }
    out.clear();
    take(&mut memory, rejected(2, 7, Reason::ClosedBeforeLogin, Some("a")), &mut out);
    assert_eq!(out, [""; 0], "the end of a login is no rejection");
}
