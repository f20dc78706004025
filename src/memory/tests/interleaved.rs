//! However the lines of many connections and commands interleave, over hosts whose clocks differ,
//! each counts what it counts alone: random plays whose truth the play itself knows.

use proptest::prelude::*;

use super::*;
use crate::event::EventKind::*;

/// How far each host's clock is ahead of the wall clock, seconds.
const AHEAD: [i64; 4] = [0, 30, -300, 3600];

/// A line of a play: milliseconds since its beginning, and what it tells.
type Said = (i64, Event<'static>);

/// One of the plays: its lines, and what counts of them.
#[derive(Debug)]
struct Play {
    lines: Vec<Said>,
    counts: Vec<String>,
}

/// Who plays: each has a pid, a port and a name of his own on his host.
#[derive(Clone, Copy)]
struct Actor {
    pid: u32,
    host: usize,
}

impl Actor {
    fn says(self, kind: EventKind, program: &'static str) -> Event<'static> {
        Event {
            host: format!("h{}", self.host).leak(),
            pid: Some(self.pid),
            user: Some(format!("u{}", self.pid).leak()),
            ..Event::new(kind, program)
        }
    }

    fn sshd(self, kind: EventKind) -> Event<'static> {
        Event {
            source: Some(self.source().leak()),
            port: Some(self.pid as u16),
            ..self.says(kind, "sshd")
        }
    }

    fn rejected(self, reason: Reason) -> Event<'static> {
        Event { reason: Some(reason), ..self.sshd(LoginRejected) }
    }

    /// Without an address.
    fn rejected_unseen(self, reason: Reason) -> Event<'static> {
        Event { source: None, port: None, ..self.rejected(reason) }
    }

    fn to_root(self, kind: EventKind, program: &'static str) -> Event<'static> {
        Event { target_user: Some(format!("t{}", self.pid).leak()), ..self.says(kind, program) }
    }

    fn source(self) -> String {
        format!("10.{}.{}.{}", self.host, self.pid >> 8, self.pid & 255)
    }

    fn counts(self, what: &str) -> String {
        let what = what.replace("PEER", &format!("u{} from {}", self.pid, self.source()));
        what.replace("ME", &format!("u{}", self.pid)).replace("ROOT", &format!("t{}", self.pid))
    }
}

fn echo(event: Event<'static>) -> Event<'static> {
    Event { role: Role::Echo, ..event }
}

fn end(event: Event<'static>) -> Event<'static> {
    Event { role: Role::End, ..event }
}

fn times(count: u32, event: Event<'static>) -> Event<'static> {
    Event { count, ..event }
}

const PLAYS: usize = 16;

fn play(which: usize, me: Actor) -> Play {
    use Reason::{ClosedBeforeLogin, InvalidUser, KeyRefused, NotAllowed, TooManyAttempts};
    let other = Actor { pid: me.pid + 20_000, ..me };
    let (lines, counts): (Vec<Said>, &[&str]) = match which {
        0 => (
            vec![
                (0, me.rejected(InvalidUser)),
                (900, me.sshd(LoginFailure)),
                (1500, end(me.rejected(ClosedBeforeLogin))),
                (1500, me.rejected(ClosedBeforeLogin)),
            ],
            &["login_rejected invalid_user PEER", "login_failure PEER"],
        ),
        1 => (
            vec![(0, me.rejected_unseen(NotAllowed)), (1200, me.rejected(ClosedBeforeLogin))],
            &["login_rejected not_allowed PEER"],
        ),
        2 => (
            vec![
                (0, me.sshd(LoginSuccess)),
                (10, me.says(SessionOpened, "sshd")),
                (50_010, me.says(SessionClosed, "sshd")),
                (50_020, end(me.rejected(ClosedBeforeLogin))),
                (50_900, me.rejected_unseen(ClosedBeforeLogin)),
            ],
            &["login_success PEER", "session_opened ME", "session_closed ME after 50 s"],
        ),
        3 => (
            vec![(0, echo(me.sshd(LoginFailure))), (100_000, me.sshd(LoginFailure))],
            &["login_failure PEER"],
        ),
        4 => (
            vec![
                (0, echo(me.sshd(LoginFailure))),
                (9_000, echo(me.sshd(LoginFailure))),
                (20_000, me.sshd(LoginSuccess)),
            ],
            &["login_failure PEER", "login_failure PEER", "login_success PEER"],
        ),
        5 => (
            vec![(0, echo(me.rejected(ClosedBeforeLogin)))],
            &["login_rejected closed_before_login PEER"],
        ),
        6 => (
            vec![(0, me.sshd(LoginFailure)), (2_000, echo(me.rejected(ClosedBeforeLogin)))],
            &["login_failure PEER"],
        ),
        7 => (
            vec![
                (0, end(me.rejected(KeyRefused))),
                (30_000, Event { pid: Some(other.pid), ..me.sshd(LoginSuccess) }),
            ],
            &["login_success PEER"],
        ),
        8 => (
            vec![
                (0, end(me.rejected(KeyRefused))),
                (30_000, me.rejected_unseen(TooManyAttempts)),
                (30_000, me.rejected(ClosedBeforeLogin)),
            ],
            &["login_rejected too_many_attempts PEER"],
        ),
        9 => (
            vec![(0, echo(me.to_root(SuFailure, "su"))), (2_000, me.to_root(SuFailure, "su"))],
            &["su_failure ME to ROOT"],
        ),
        10 => (
            vec![
                (0, Event { pid: None, ..echo(me.to_root(SuFailure, "su")) }),
                (2_000, me.to_root(SuFailure, "su")),
            ],
            &["su_failure ME to ROOT"],
        ),
        11 => (vec![(0, echo(me.to_root(SuFailure, "su")))], &["su_failure ME to ROOT"]),
        12 => (
            vec![(0, me.says(LoginFailure, "gdm")), (5, echo(me.says(LoginFailure, "gdm")))],
            &["login_failure ME"],
        ),
        13 => (
            vec![
                (0, echo(me.to_root(SudoFailure, "sudo"))),
                (250_000, times(3, me.to_root(SudoFailure, "sudo"))),
                (250_000, times(2, echo(me.to_root(SudoFailure, "sudo")))),
            ],
            &["sudo_failure ME to ROOT x3"],
        ),
        14 => (
            vec![
                (0, echo(me.to_root(SudoFailure, "sudo"))),
                (9_000, me.to_root(SudoCommand, "sudo")),
                (90_000, echo(me.to_root(SudoFailure, "sudo"))),
            ],
            &["sudo_command ME to ROOT"],
        ),
        _ => (
            vec![
                (0, echo(me.to_root(SudoFailure, "sudo"))),
                (9_000, Event { sudo_rs: true, ..me.to_root(SudoCommand, "sudo") }),
                (90_000, times(2, echo(me.to_root(SudoFailure, "sudo")))),
            ],
            &["sudo_failure ME to ROOT", "sudo_command ME to ROOT", "sudo_failure ME to ROOT x2"],
        ),
    };
    Play { lines, counts: counts.iter().map(|what| me.counts(what)).collect() }
}

/// How a memory comes back after a restart.
#[derive(Clone, Copy, Debug)]
enum Saved {
    Whole,
    /// A whole one from the beginning, and what changed since, in as many pieces as restarts.
    Appended,
}

/// Reads the plays' lines in order of the wall clock, live or as a backlog, with restarts.
fn read(plays: &[(usize, i64, Play)], live: bool, restarts: usize, saved: Saved) -> Vec<String> {
    let mut lines: Vec<(i64, usize, &Event<'_>)> = Vec::new();
    for (host, begin, play) in plays {
        lines.extend(play.lines.iter().map(|(after, event)| (begin + after, *host, event)));
    }
    lines.sort_by_key(|(at, ..)| *at);
    let (mut memory, mut copy, mut out) = (Memory::default(), Memory::default(), Vec::new());
    for (n, (at, host, event)) in lines.into_iter().enumerate() {
        let wall = Time::new(1_000_000, 0).nanoseconds() + at * 1_000_000;
        let wall = Time::from_nanoseconds(wall);
        if live {
            memory.expire(wall, &mut into(&mut out));
            memory.read_at(Some(wall));
        }
        let time = wall.saturating_add_seconds(AHEAD[host]);
        take(&mut memory, Event { time, ..*event }, &mut out);
        if n % restarts == 0 {
            memory = restarted(&mut memory, &mut copy, saved);
        }
    }
    memory.finish(&mut into(&mut out));
    let without_time = |line: String| line.split_once(' ').map(|(_, rest)| rest.to_owned());
    out.into_iter().filter_map(without_time).collect()
}

fn restarted(memory: &mut Memory, copy: &mut Memory, saved: Saved) -> Memory {
    if let Saved::Appended = saved {
        let changes = serde_json::to_string(&memory.take_changes()).unwrap();
        copy.apply(serde_json::from_str(&changes).unwrap());
        copy.loaded();
        let (whole, appended) = (serde_json::to_string(memory), serde_json::to_string(copy));
        assert_eq!(appended.unwrap(), whole.unwrap());
    }
    let whole = serde_json::to_string(memory).unwrap();
    let mut loaded: Memory = serde_json::from_str(&whole).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), whole);
    loaded.forget_changes();
    loaded
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_counts_what_it_counts_alone(
        chosen in prop::collection::vec((0..PLAYS, 0..AHEAD.len(), 0_i64..300_000), 1..60),
        live: bool,
        restarts in 1_usize..9,
        appended: bool,
    ) {
        let plays: Vec<(usize, i64, Play)> = (1000..).zip(&chosen).map(|(pid, (which, host, begin))| {
            (*host, *begin, play(*which, Actor { pid, host: *host }))
        }).collect();
        let mut truth: Vec<String> =
            plays.iter().flat_map(|(.., play)| play.counts.clone()).collect();
        let saved = if appended { Saved::Appended } else { Saved::Whole };
        let mut counts = read(&plays, live, restarts, saved);
        truth.sort();
        counts.sort();
        prop_assert_eq!(counts, truth);
    }
}
