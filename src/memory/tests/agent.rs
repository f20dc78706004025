use super::*;
use crate::event::{AwsCall, SSM_AGENT};
use crate::memory::Ended;

fn login(
    seconds: i64,
    id: &'static str,
    user: Option<&'static str>,
    owner: &'static str,
) -> Event<'static> {
    let call = AwsCall { target: Some("i-1"), session_id: Some(id), ..AwsCall::default() };
    Event {
        time: at(seconds),
        host: "h",
        user,
        identity: Some(owner),
        aws: Some(Texts::for_ever().call(call)),
        ..Event::new(EventKind::LoginSuccess, SSM_AGENT)
    }
}

fn ended(memory: &mut Memory, seconds: i64, id: &str, watched: bool) -> Vec<String> {
    let mut out = Vec::new();
    let (instance, time) = ("i-1", at(seconds));
    memory.agent_ended(Ended { instance, id, time, watched, ordinal: 0 }, &mut into(&mut out));
    out
}

fn sudo(seconds: i64, host: &'static str, user: &'static str) -> Event<'static> {
    Event { user: Some(user), host, ..event(seconds, 7, EventKind::SudoCommand, "sudo") }
}

#[test]
fn a_session_of_session_manager_is_a_login_and_a_session_and_ends_once() {
    let mut memory = Memory::default();
    let began = counted(
        &mut memory,
        steps![
            login(1, "a", Some("ssm-user"), "Ops/alice"),
            login(2, "a", Some("ssm-user"), "Ops/alice"),
        ],
    );
    assert_eq!(
        began,
        [
            "1 login_success ssm-user as Ops/alice on i-1",
            "1 session_opened ssm-user as Ops/alice on i-1",
        ]
    );
    assert_eq!(memory.sessions_active(), [(SSM_AGENT.to_owned(), "ssm-user".to_owned(), 1)]);
    let end = ["31 session_closed ssm-user as Ops/alice on i-1 after 30 s"];
    assert_eq!(ended(&mut memory, 31, "a", true), end);
    assert!(ended(&mut memory, 32, "a", true).is_empty());
    assert_eq!(memory.sessions_active(), []);
}

#[test]
fn an_end_that_nobody_saw_has_no_duration_and_run_commands_end_is_none() {
    let mut memory = Memory::default();
    counted(&mut memory, steps![login(1, "a", None, "Ops/alice")]);
    assert_eq!(ended(&mut memory, 99, "a", false), ["99 session_closed as Ops/alice on i-1"]);
    assert!(ended(&mut memory, 99, "5b0d7a52", true).is_empty());
}

#[test]
fn sudo_is_laid_to_the_owner_of_the_only_session_that_could_be_meant() {
    let sudo_of = |sessions: Vec<Step>, sudo: Event<'static>| {
        let mut memory = Memory::default();
        counted(&mut memory, sessions);
        counted(&mut memory, vec![sudo.into()]).pop().unwrap()
    };
    let one = || steps![login(10, "a", Some("ssm-user"), "Ops/alice")];
    let laid = "20 sudo_command ssm-user as Ops/alice";
    let nobodys = "20 sudo_command ssm-user";
    assert_eq!(sudo_of(one(), sudo(20, "h", "ssm-user")), laid);
    assert_eq!(sudo_of(one(), sudo(20, "h.example.org", "ssm-user")), laid);
    assert_eq!(sudo_of(one(), sudo(20, "other", "ssm-user")), nobodys, "another host's");
    assert_eq!(sudo_of(one(), sudo(20, "h", "deploy")), "20 sudo_command deploy");
    assert_eq!(sudo_of(one(), sudo(9, "h", "ssm-user")), "9 sudo_command ssm-user", "before it");
    let two = steps![
        login(10, "a", Some("ssm-user"), "Ops/alice"),
        login(11, "b", Some("ssm-user"), "Ops/bob"),
    ];
    assert_eq!(sudo_of(two, sudo(20, "h", "ssm-user")), nobodys, "either could have");
    let tunnel =
        steps![login(10, "a", Some("ssm-user"), "Ops/alice"), login(11, "b", None, "Ops/bob"),];
    assert_eq!(sudo_of(tunnel, sudo(20, "h", "ssm-user")), laid, "a tunnel runs no sudo");
    let ssh = Event { user: Some("ssm-user"), ..event(11, 3, EventKind::SessionOpened, "sshd") };
    let beside = steps![login(10, "a", Some("ssm-user"), "Ops/alice"), ssh];
    assert_eq!(sudo_of(beside, sudo(20, "h", "ssm-user")), nobodys, "or who came by SSH");
}

#[test]
fn a_pam_service_that_is_called_so_is_no_session_of_the_agent() {
    let forged = Event { user: Some("root"), ..event(1, 3, EventKind::LoginSuccess, SSM_AGENT) };
    let mut memory = Memory::default();
    counted(&mut memory, steps![forged]);
    assert_eq!(memory.sessions_active(), []);
}

#[test]
fn what_is_open_survives_a_restart() {
    let mut memory = Memory::default();
    counted(&mut memory, steps![login(1, "a", Some("ssm-user"), "Ops/alice")]);
    let saved = serde_json::to_string(&memory).unwrap();
    let mut loaded: Memory = serde_json::from_str(&saved).unwrap();
    let end = ["9 session_closed ssm-user as Ops/alice on i-1 after 8 s"];
    assert_eq!(ended(&mut loaded, 9, "a", true), end);
}
