use super::*;
use crate::memory::limits;

/// More records than any table holds.
const FLOOD: u32 = 20_000;

fn address(n: u32) -> String {
    format!("10.{}.{}.{}", n >> 16, (n >> 8) & 255, n & 255)
}

#[test]
fn held_rejections_of_a_flood_all_count() {
    let mut memory = Memory::default();
    let mut out = Vec::new();
    for pid in 0..FLOOD {
        take(&mut memory, rejected(1, pid, Reason::NotAllowed, None), &mut out);
    }
    assert_eq!(out.len(), FLOOD as usize - limits::HELD);
    memory.finish(&mut into(&mut out));
    assert_eq!(out.len(), FLOOD as usize);
}

#[test]
fn held_failures_of_a_flood_all_count() {
    let mut memory = Memory::default();
    let mut out = Vec::new();
    for pid in 0..FLOOD {
        take(&mut memory, alone(failed(1, pid, "a")), &mut out);
        take(&mut memory, Event { program: "gdm", ..failed(1, pid, "a") }, &mut out);
        let su = event(1, pid, EventKind::SuFailure, "su");
        take(&mut memory, alone(su), &mut out);
    }
    memory.finish(&mut into(&mut out));
    assert_eq!(out.len(), 3 * FLOOD as usize);
}

#[test]
fn many_held_failures_of_one_connection_all_count() {
    let mut memory = Memory::default();
    let mut out = Vec::new();
    (0..100).for_each(|_| take(&mut memory, alone(failed(1, 7, "a")), &mut out));
    memory.finish(&mut into(&mut out));
    assert_eq!(out.len(), 100);
}

#[test]
fn a_flood_of_addresses_does_not_hide_the_one_that_failed_often() {
    let mut memory = Memory::default();
    let mut out = Vec::new();
    (0..5).for_each(|n| take(&mut memory, failed(n, 1, "203.0.113.9"), &mut out));
    for n in 0..FLOOD {
        let flood = Event { source: Some(address(n).leak()), ..failed(9, n, "") };
        take(&mut memory, flood, &mut out);
    }
    out.clear();
    take(&mut memory, accepted(10, 2, "203.0.113.9"), &mut out);
    assert!(out[0].ends_with("after failures"), "{out:?}");
}

#[test]
fn what_a_flood_leaves_is_bounded() {
    let mut memory = Memory::default();
    let mut out = Vec::new();
    let long = "x".repeat(100_000);
    for n in 0..FLOOD {
        let session = event(1, n, EventKind::SessionOpened, "sshd");
        let sudo = event(1, n, EventKind::SudoCommand, "sudo");
        let hostile =
            Event { source: Some(address(n).leak()), ..rejected(1, n, Reason::Other, None) };
        for event in [session, sudo, hostile, accepted(1, n + FLOOD, "a")] {
            take(&mut memory, event, &mut out);
        }
        if n % 100 == 0 {
            let host = format!("h{n}");
            let held = Event {
                host: host.leak(),
                user: Some(&long),
                ..rejected(1, n, Reason::NotAllowed, None)
            };
            take(&mut memory, held, &mut out);
        }
        out.clear();
    }
    assert_eq!(memory.sessions_active(), [("sshd".into(), String::new(), limits::SESSIONS as u64)]);
    let saved = serde_json::to_string(&memory).unwrap().len();
    assert!(saved < 4_000_000, "the memory takes {saved} bytes");
}
