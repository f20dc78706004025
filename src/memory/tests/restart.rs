use super::*;

/// What a restart does to the memory: saved and loaded.
fn restarted(memory: &Memory) -> Memory {
    let saved = serde_json::to_string(memory).unwrap();
    let loaded: Memory = serde_json::from_str(&saved).unwrap();
    assert_eq!(serde_json::to_string(&loaded).unwrap(), saved);
    loaded
}

/// Every sequence gives the same with a restart between any two of its steps.
#[test]
fn a_restart_at_any_moment_changes_nothing() {
    let steps = || {
        let key = HintKind::KeyProvided { fingerprint: "k", principal: "ann", trusted: true };
        let session =
            |seconds, kind| Event { user: Some("bob"), ..event(seconds, 9, kind, "sshd") };
        let mut steps = steps![
            rejected(1, 7, Reason::NotAllowed, None),
            alone(failed(1, 8, "a")),
            rejected(2, 7, Reason::ClosedBeforeLogin, Some("a")),
            failed(2, 8, "a"),
            hint(3, Some(1), "ec2-instance-connect", key),
            session(4, EventKind::SessionOpened),
            session(9, EventKind::SessionClosed),
            alone(rejected(10, 9, Reason::ClosedBeforeLogin, Some("a"))),
        ];
        steps.extend((11..16).map(|seconds| Step::from(failed(seconds, 8, "b"))));
        steps.push(Step::from(Event { fingerprint: Some("k"), ..accepted(17, 20, "b") }));
        steps.push(Step::Expire(300));
        steps
    };
    let straight = counted(&mut Memory::default(), steps());
    for at in 0..steps().len() {
        let (mut before, mut memory) = (steps(), Memory::default());
        let after = before.split_off(at);
        let mut lines = counted(&mut memory, before);
        lines.extend(counted(&mut restarted(&memory), after));
        assert_eq!(lines, straight, "restarted before step {at}");
    }
}

#[test]
fn an_older_snapshot_without_a_table_loads() {
    let memory: Memory = serde_json::from_str("{}").unwrap();
    assert_eq!(memory.sessions_active(), []);
}
