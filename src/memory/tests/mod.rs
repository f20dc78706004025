//! Sequences of records and what counts of them, in order.

mod agent;
mod aws;
mod bounds;
mod connections;
mod hosts;
mod interleaved;
mod pam;
mod refusals;
mod restart;
mod sessions;

use super::*;
use crate::event::{Reason, Role, Texts};

/// One record, or the time of the day.
enum Step {
    Event(Event<'static>),
    Hint(Hint<'static>),
    Expire(i64),
}

/// Feeds the steps, then ends; every counted event is a line. `told` tells what matters here.
fn counted(memory: &mut Memory, steps: Vec<Step>) -> Vec<String> {
    let mut out = Vec::new();
    for step in steps {
        match step {
            Step::Event(event) => take(memory, event, &mut out),
            Step::Hint(hint) => memory.hint(&hint, &mut into(&mut out)),
            Step::Expire(seconds) => memory.expire(at(seconds), &mut into(&mut out)),
        }
    }
    out
}

/// Takes an event and writes down what counts.
fn take(memory: &mut Memory, event: Event<'_>, out: &mut Vec<String>) {
    let texts = Texts::default();
    memory.event(&mut { event }, &texts, &mut into(out));
}

fn check(steps: Vec<Step>, expected: &[&str]) {
    let mut memory = Memory::default();
    let mut lines = counted(&mut memory, steps);
    let mut held = Vec::new();
    memory.finish(&mut into(&mut held));
    lines.extend(held.iter().map(|line| format!("at the end: {line}")));
    assert_eq!(lines, expected);
    let mut again = Vec::new();
    memory.finish(&mut into(&mut again));
    assert_eq!(again, [""; 0], "what was let go is not let go again");
}

/// Writes down what counts.
fn into(out: &mut Vec<String>) -> impl FnMut(&Counted<'_>) {
    |counted| out.push(told(counted))
}

fn told(counted: &Counted<'_>) -> String {
    let event = counted.event;
    let word = |before: &str, field: Option<&str>| field.map(|field| format!("{before}{field}"));
    let target = event.aws.as_ref().and_then(|call| call.target);
    let words = [
        Some(format!("{} {}", event.time.seconds(), event.kind)),
        event.reason.map(|reason| reason.to_string()),
        word("", event.user),
        word("to ", event.target_user),
        word("from ", event.source),
        word("as ", event.identity),
        word("on ", target),
        (event.count != 1).then(|| format!("x{}", event.count)),
        counted.duration.map(|seconds| format!("after {seconds} s")),
        word("by ", counted.principal.as_deref()),
        counted.after_failures.then(|| "after failures".to_owned()),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn at(seconds: i64) -> Time {
    Time::new(seconds, 0)
}

fn event(seconds: i64, pid: u32, kind: EventKind, program: &'static str) -> Event<'static> {
    Event { time: at(seconds), host: "h", pid: Some(pid), ..Event::new(kind, program) }
}

fn hint(seconds: i64, pid: Option<u32>, program: &'static str, kind: HintKind<'static>) -> Step {
    Step::Hint(Hint { time: at(seconds), host: "h", program, pid, kind })
}

fn rejected(
    seconds: i64,
    pid: u32,
    reason: Reason,
    source: Option<&'static str>,
) -> Event<'static> {
    Event { reason: Some(reason), source, ..event(seconds, pid, EventKind::LoginRejected, "sshd") }
}

fn failed(seconds: i64, pid: u32, source: &'static str) -> Event<'static> {
    Event {
        user: Some("root"),
        source: Some(source),
        ..event(seconds, pid, EventKind::LoginFailure, "sshd")
    }
}

fn accepted(seconds: i64, pid: u32, source: &'static str) -> Event<'static> {
    Event {
        user: Some("bob"),
        source: Some(source),
        ..event(seconds, pid, EventKind::LoginSuccess, "sshd")
    }
}

fn alone(event: Event<'static>) -> Event<'static> {
    let role = match event.kind {
        EventKind::LoginRejected if event.reason == Some(Reason::Throttled) => Role::Sum,
        EventKind::LoginRejected => Role::End,
        EventKind::SudoCommand => Role::Exit,
        _ => Role::Echo,
    };
    Event { role, ..event }
}

fn port(port: u16, event: Event<'static>) -> Event<'static> {
    Event { port: Some(port), ..event }
}

fn without_pid(event: Event<'static>) -> Event<'static> {
    Event { pid: None, ..event }
}

impl From<Event<'static>> for Step {
    fn from(event: Event<'static>) -> Self {
        Step::Event(event)
    }
}

/// Steps from events and hints alike.
macro_rules! steps {
    ($($step:expr),* $(,)?) => { vec![$($crate::memory::tests::Step::from($step)),*] };
}
use steps;
