#![allow(clippy::panic)]

use serde_json::{Value, json};

use super::*;

const SEED: &str = include_str!("../../../tests/seed/start_session.json");

/// What is read of a record.
fn read(json: &[u8]) -> Parsed<'static> {
    read_through(json, Doors::default())
}

fn read_through(json: &[u8], doors: Doors) -> Parsed<'static> {
    record(json.to_owned().leak(), doors, Texts::for_ever())
}

fn event_of(json: &str) -> Event<'static> {
    match read(json.as_bytes()) {
        Parsed::Event(event) => event,
        other => panic!("{other:?} of {json}"),
    }
}

fn aws(event: &Event<'static>) -> AwsCall<'static> {
    *event.aws.unwrap()
}

/// The seed's event with some fields of other values.
fn seed_with(changes: Value) -> String {
    let mut event: Value = serde_json::from_str(SEED).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event.to_string()
}

fn identity_of(user: Value) -> String {
    event_of(&seed_with(json!({ "userIdentity": user }))).identity.unwrap_or_default().to_owned()
}

#[test]
fn the_articles_start_session_tells_who_opened_what_from_where() {
    let event = event_of(SEED);
    assert_eq!(event.kind, EventKind::AwsSuccess);
    assert_eq!(event.time.seconds(), 1_664_844_466);
    assert_eq!(event.program, "ssm");
    assert_eq!(event.identity, Some("user-name/role-name"));
    assert_eq!(event.source, Some("AWS Internal"));
    assert_eq!(event.user, None);
    let call = aws(&event);
    assert_eq!(call.event_name, "StartSession");
    assert_eq!(call.target, Some("i-0123456789abcdef0"));
    assert_eq!(call.document, Some("SSM-SessionManagerRunShell"));
    assert_eq!(call.account, Some("<AccountID>"));
    assert_eq!(call.region, Some("ap-northeast-1"));
    assert_eq!(call.session_id, Some("name-samplesamplesampl"));
    assert_eq!(call.event_id, "SAMPLE");
    assert_eq!(call.user_agent, Some("AWS Internal"));
    assert_eq!(call.mfa, Some(true));
    assert_eq!(call.error_code, None);
}

#[test]
fn a_refused_call_is_a_failure_with_its_code() {
    let event = event_of(&seed_with(json!({
        "errorCode": "AccessDenied", "errorMessage": "no", "responseElements": null,
    })));
    assert_eq!(event.kind, EventKind::AwsFailure);
    assert_eq!(aws(&event).error_code, Some("AccessDenied"));
    assert_eq!(aws(&event).session_id, None);
}

#[test]
fn a_document_that_is_named_stands() {
    let event = event_of(&seed_with(json!({
        "requestParameters": {"target": "mi-1", "documentName": "AWS-StartSSHSession",
                              "parameters": {"portNumber": ["22"]}},
    })));
    assert_eq!(aws(&event).document, Some("AWS-StartSSHSession"));
    assert_eq!(aws(&event).target, Some("mi-1"));
}

#[test]
fn ending_a_session_names_the_session_alone() {
    for name in ["TerminateSession", "ResumeSession"] {
        let event = event_of(&seed_with(json!({
            "eventName": name,
            "requestParameters": {"sessionId": "alice-0abc"}, "responseElements": null,
        })));
        let call = aws(&event);
        assert_eq!(call.event_name, name);
        assert_eq!(call.session_id, Some("alice-0abc"));
        assert_eq!((call.target, call.document), (None, None));
    }
}

#[test]
fn a_pushed_key_has_the_fingerprint_that_sshd_logs() {
    let event = event_of(&seed_with(json!({
        "eventSource": "ec2-instance-connect.amazonaws.com", "eventName": "SendSSHPublicKey",
        "requestParameters": {
            "instanceId": "i-1", "instanceOSUser": "ec2-user",
            "sSHPublicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtAlK45MAEWZ7MUY2QEmi3M6W+peGL3VCrc0qH54xRu me\n",
        },
    })));
    assert_eq!(event.program, "ec2-instance-connect");
    assert_eq!(event.user, Some("ec2-user"));
    assert_eq!(event.fingerprint, Some("SHA256:xq6092IJhV+0W2wifL9mSmJHQoMb2h2KFNrpk4YEAW8"));
    assert_eq!(aws(&event).target, Some("i-1"));
    assert_eq!(aws(&event).document, None);
}

#[test]
fn a_tunnel_leads_to_an_instance_or_to_an_address() {
    let tunnel = |to: Value| {
        aws(&event_of(&seed_with(json!({
            "eventSource": "ec2-instance-connect.amazonaws.com", "eventName": "OpenTunnel",
            "requestParameters": to,
        }))))
        .target
        .unwrap_or_default()
    };
    assert_eq!(tunnel(json!({"instanceId": "i-1", "remotePort": "22"})), "i-1");
    assert_eq!(tunnel(json!({"privateIpAddress": "10.0.0.5", "remotePort": 22})), "10.0.0.5");
}

/// What a call through a door tells: its service, target, document, destination and session.
fn told(service: &str, name: &str, request: Value, response: Value) -> String {
    let json = seed_with(json!({
        "eventSource": format!("{service}.amazonaws.com"), "eventName": name,
        "requestParameters": request, "responseElements": response,
    }));
    let doors = Doors::default().with("SendCommand", true).unwrap();
    let Parsed::Event(event) = read_through(json.as_bytes(), doors) else {
        return "nothing".to_owned();
    };
    let call = event.aws.unwrap();
    let parts = [call.target, call.resource, call.document, call.destination, call.session_id];
    let parts: Vec<&str> = parts.iter().map(|part| part.unwrap_or("-")).collect();
    format!("{} {}", event.program, parts.join(" "))
}

#[test]
fn every_door_tells_where_it_leads() {
    let task = "arn:aws:ecs:eu-west-1:1:task/prod/0a1b";
    let none = || Value::Null;
    let exec = json!({"cluster": "arn:aws:ecs:eu-west-1:1:cluster/prod", "container": "app", "task": task});
    let answer = json!({"session": {"sessionId": "ecs-execute-command-0a"}});
    let table = [
        (
            told("ecs", "ExecuteCommand", exec, answer),
            format!("ecs ecs:prod/app {task} - - ecs-execute-command-0a"),
        ),
        (
            told("ecs", "ExecuteCommand", json!({"task": task}), none()),
            format!("ecs ecs:prod {task} - - -"),
        ),
        (
            told(
                "ssm",
                "StartAccessRequest",
                json!({"targets": [{"key": "InstanceIds", "values": ["i-1"]}]}),
                json!({"accessRequestId": "oi-1"}),
            ),
            "ssm i-1 - - - oi-1".to_owned(),
        ),
        (
            told(
                "ssm",
                "StartAccessRequest",
                json!({"targets": [{"key": "tag:Env", "values": ["prod"]}]}),
                none(),
            ),
            "ssm tag:Env=prod - - - -".to_owned(),
        ),
        (
            told("ssm", "GetAccessToken", json!({"accessRequestId": "oi-1"}), none()),
            "ssm - - - - oi-1".to_owned(),
        ),
        (
            told(
                "ssm",
                "SendCommand",
                json!({"documentName": "AWS-RunShellScript", "instanceIds": ["i-1", "i-2"],
                        "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS"}),
                none(),
            ),
            "ssm (several) i-1 i-2 AWS-RunShellScript - -".to_owned(),
        ),
        (
            told("ec2", "GetPasswordData", json!({"instanceId": "i-1"}), none()),
            "ec2 i-1 - - - -".to_owned(),
        ),
        (
            told("lightsail", "GetInstanceAccessDetails", json!({"instanceName": "web"}), none()),
            "lightsail web - - - -".to_owned(),
        ),
        (
            told(
                "sagemaker",
                "StartSession",
                json!({"resourceIdentifier": "arn:aws:sagemaker:eu-west-1:1:space/d-1/s"}),
                none(),
            ),
            "sagemaker space/d-1/s - - - -".to_owned(),
        ),
        (
            told(
                "ssm",
                "StartSession",
                json!({"target": "i-1", "documentName": "AWS-StartPortForwardingSessionToRemoteHost",
                        "parameters": {"host": ["db.internal"], "portNumber": ["5432"]}}),
                json!({"sessionId": "a-1"}),
            ),
            "ssm i-1 - AWS-StartPortForwardingSessionToRemoteHost db.internal:5432 a-1".to_owned(),
        ),
        (
            told(
                "ssm",
                "StartSession",
                json!({"target": "ecs:my_prod_0a_0b-1",
                        "documentName": "arn:aws:ssm:eu-west-1:1:document/Shell"}),
                none(),
            ),
            "ssm ecs:my_prod ecs:my_prod_0a_0b-1 Shell - -".to_owned(),
        ),
        (
            told(
                "ec2-instance-connect",
                "OpenTunnel",
                json!({"privateIpAddress": "10.0.0.5", "remotePort": 22}),
                none(),
            ),
            "ec2-instance-connect 10.0.0.5 - - 10.0.0.5:22 -".to_owned(),
        ),
        (told("ssm", "StartAutomationExecution", json!({}), none()), "nothing".to_owned()),
    ];
    for (told, expected) in table {
        assert_eq!(told, expected);
    }
}

#[test]
fn why_a_session_was_opened_is_told_and_why_parameters_are_missing_is_not() {
    let reason =
        |request: Value| aws(&event_of(&seed_with(json!({ "requestParameters": request })))).reason;
    let told = reason(json!({"target": "i-1", "reason": "INC-4711"}));
    assert_eq!(told, Some("INC-4711"));
    assert_eq!(
        reason(json!({"omitted": true, "originalSize": 300000, "reason": "too large"})),
        None
    );
}

#[test]
fn a_refusal_without_a_code_is_one_and_names_its_target() {
    let event = event_of(&seed_with(json!({
        "requestParameters": null, "responseElements": null,
        "errorMessage": "User: x is not authorized to perform: ssm:StartSession on resource: \
                         arn:aws:ec2:eu-west-1:1:instance/i-0123456789abcdef0 because no policy",
    })));
    assert_eq!(event.kind, EventKind::AwsFailure);
    assert_eq!(aws(&event).target, Some("i-0123456789abcdef0"));
}

#[test]
fn a_correction_names_what_it_corrects() {
    let addendum = json!({"reason": "UPDATED_DATA", "originalEventID": "first"});
    let event = event_of(&seed_with(json!({ "addendum": addendum })));
    assert_eq!(aws(&event).original_event_id, Some("first"));
}

#[test]
fn a_time_as_athena_and_lake_write_it_is_utc() {
    for text in
        ["2026-11-25T12:00:00Z", "2026-11-25 12:00:00.000000000", "2026-11-25 12:00:00.000 UTC"]
    {
        let event = event_of(&seed_with(json!({ "eventTime": text })));
        assert_eq!(event.time.seconds(), 1_795_608_000, "{text}");
    }
}

#[test]
fn each_call_counts_under_its_own_service() {
    let ignored = [
        ("athena.amazonaws.com", "StartSession"),
        ("ssm.amazonaws.com", "SendSSHPublicKey"),
        ("ssm.amazonaws.com", "DescribeSessions"),
        ("ec2-instance-connect.amazonaws.com", "StartSession"),
        ("signin.amazonaws.com", "ConsoleLogin"),
    ];
    for (source, name) in ignored {
        let json = seed_with(json!({"eventSource": source, "eventName": name}));
        assert_eq!(read(json.as_bytes()), Parsed::Ignored, "{source} {name}");
    }
}

#[test]
fn an_address_mapped_into_ipv6_is_the_plain_one() {
    let source = |address: &str| {
        event_of(&seed_with(json!({ "sourceIPAddress": address }))).source.unwrap_or_default()
    };
    assert_eq!(source("::ffff:198.51.100.7"), "198.51.100.7");
    assert_eq!(source("2001:db8::1"), "2001:db8::1");
    assert_eq!(source("ec2.amazonaws.com"), "ec2.amazonaws.com");
}

#[test]
fn identities_are_one_name_each() {
    let center = "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef";
    let table = [
        (
            json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Ops/alice"}),
            "Ops/alice",
        ),
        (
            json!({"type": "AssumedRole", "arn": format!("{center}/alice@example.com")}),
            "alice@example.com",
        ),
        (json!({"type": "AssumedRole", "arn": format!("{center}/4711")}), "sso:4711"),
        (
            json!({"type": "AssumedRole", "arn": format!("{center}/alice@example.com"),
                   "sessionContext": {"sessionIssuer": {"type": "Role",
                       "arn": "arn:aws:iam::1:role/AWSReservedSSO_Admin_0123456789abcdef"}}}),
            "AWSReservedSSO_Admin_0123456789abcdef/alice@example.com",
        ),
        (
            json!({"type": "AssumedRole", "principalId": "AROA1:bob",
                   "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Ops"}}}),
            "Ops/bob",
        ),
        (
            json!({"type": "IAMUser", "userName": "carol", "arn": "arn:aws:iam::1:user/carol"}),
            "user:carol",
        ),
        (json!({"type": "IAMUser", "arn": "arn:aws:iam::1:user/staff/eu/carol"}), "user:carol"),
        (
            json!({"type": "Root", "arn": "arn:aws:iam::1:root", "accountId": "1", "userName": "my-alias"}),
            "root:1",
        ),
        (json!({"type": "Root", "arn": "arn:aws:iam::1:root"}), "root:1"),
        (
            json!({"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/root"}),
            "federated:root",
        ),
        (
            json!({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "544894e8"},
                   "principalId": "123:erin@example.com"}),
            "erin@example.com",
        ),
        (
            json!({"type": "IdentityCenterUser",
                   "onBehalfOf": {"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1"}}),
            "544894e8-80c1-707f-60e3-3ba6510dfac1",
        ),
        (json!({"type": "SAMLUser", "principalId": "x:frank", "userName": "frank"}), "saml:frank"),
        (
            json!({"type": "WebIdentityUser", "principalId": "accounts.google.com:app:grace"}),
            "web:grace",
        ),
        (json!({"type": "AWSService", "invokedBy": "ssm.amazonaws.com"}), "service:ssm"),
        (
            json!({"type": "AWSAccount", "accountId": "123456789012", "principalId": "AIDA"}),
            "account:123456789012",
        ),
        (json!({"type": "Unknown", "principalId": "u"}), "unknown:u"),
        (json!({"type": "Unknown"}), ""),
        (json!({}), ""),
        (json!("nobody"), ""),
        (Value::Null, ""),
    ];
    for (user, expected) in table {
        let shown = user.to_string();
        assert_eq!(identity_of(user), expected, "{shown}");
    }
}

#[test]
fn who_stands_behind_a_session_by_sts_is_a_field_of_its_own() {
    let event = event_of(&seed_with(json!({
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Breakglass/session",
                         "sessionContext": {"sourceIdentity": "alice@example.com"}},
    })));
    assert_eq!(event.identity, Some("Breakglass/session"));
    assert_eq!(aws(&event).source_identity, Some("alice@example.com"));
}

#[test]
fn an_identity_center_user_is_named_by_the_additional_data() {
    let event = event_of(&seed_with(json!({
        "userIdentity": {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "544894e8"}},
        "additionalEventData": {"UserName": "heidi@example.com"},
    })));
    assert_eq!(event.identity, Some("heidi@example.com"));
}

#[test]
fn escapes_in_a_text_are_resolved() {
    let json = SEED.replace("\"AWS Internal\"", "\"aws-cli\\/2 \\u00e9\"");
    assert_eq!(aws(&event_of(&json)).user_agent, Some("aws-cli/2 é"));
}

#[test]
fn what_is_no_record_is_unrecognized() {
    let unrecognized = Parsed::Unrecognized { program: "cloudtrail" };
    for json in
        ["", "null", "[]", "{", "{}", "17", "\"x\"", "{\"Records\":[]}", "\u{0}", "{\"a\":1}{"]
    {
        assert_eq!(read(json.as_bytes()), unrecognized, "{json}");
    }
    assert_eq!(read(b"{\"eventName\":\"\xff\"}"), unrecognized);
    let undated = seed_with(json!({"eventTime": "yesterday"}));
    assert_eq!(read(undated.as_bytes()), unrecognized);
}

#[test]
fn digests_and_insights_are_of_no_interest() {
    for json in [
        r#"{"awsAccountId":"1","digestStartTime":"2023-07-10T12:00:00Z"}"#,
        r#"{"eventType":"AwsCloudTrailInsight","insightDetails":{"eventName":"StartSession"}}"#,
    ] {
        assert_eq!(read(json.as_bytes()), Parsed::Ignored);
    }
}

#[test]
fn a_field_of_another_shape_takes_only_itself_away() {
    let names: Vec<String> =
        serde_json::from_str::<Value>(SEED).unwrap().as_object().unwrap().keys().cloned().collect();
    let shapes = [
        json!(null),
        json!(7),
        json!(-1.5),
        json!(true),
        json!("x"),
        json!([{"a": 1}]),
        json!({"b": []}),
    ];
    for name in
        names.iter().filter(|n| !["eventSource", "eventName", "eventTime"].contains(&n.as_str()))
    {
        for shape in &shapes {
            let event = event_of(&seed_with(json!({ name: shape })));
            assert_eq!(aws(&event).event_name, "StartSession", "{name} {shape}");
        }
    }
}

#[test]
fn a_record_that_is_cut_off_is_no_event() {
    let whole = SEED.trim_end().as_bytes();
    for end in 0..whole.len() {
        let cut = read(&whole[..end]);
        assert_eq!(cut, Parsed::Unrecognized { program: "cloudtrail" }, "cut at {end}");
    }
}

/// Fleet Manager's remote desktop, as the Systems Manager User Guide prints its record ("Logging AWS
/// Systems Manager API calls with AWS CloudTrail", `StartConnection`), with names replaced.
#[test]
fn a_remote_desktop_of_fleet_manager_tells_who_and_where() {
    let event = event_of(&seed_with(json!({
        "eventSource": "ssm-guiconnect.amazonaws.com", "eventName": "StartConnection",
        "userIdentity": {"type": "AssumedRole", "principalId": "AROAEXAMPLE",
            "arn": "arn:aws:sts::111122223333:assumed-role/exampleRole",
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "exampleRole",
                "arn": "arn:aws:iam::111122223333:role/exampleRole"}}},
        "requestParameters": {"AuthType": "Credentials", "Protocol": "RDP",
            "ConnectionType": "SessionManager", "InstanceId": "i-0123456789abcdef0"},
        "responseElements": {"ConnectionArn": "arn:aws:ssm-guiconnect:us-east-2:111122223333:connection/1"},
    })));
    assert_eq!(event.program, "ssm-guiconnect");
    assert_eq!(aws(&event).target, Some("i-0123456789abcdef0"));
    assert_eq!(event.identity, Some("role:exampleRole"));
    assert_eq!(aws(&event).document, None);
}

/// The same call as services, versions, partitions and those who pass records on write it.
#[test]
fn the_same_call_in_other_clothes_tells_the_same() {
    let told = |changes: Value| {
        let event = event_of(&seed_with(changes));
        let call = aws(&event);
        let text = |part: Option<&'static str>| part.unwrap_or("-");
        format!("{} {} {}", text(call.target), text(call.destination), text(call.account))
    };
    let tunnel = |parameters: Value| {
        json!({"recipientAccountId": "011122223333",
               "requestParameters": {"target": "i-1", "documentName": "AWS-StartPortForwardingSession",
                                     "parameters": parameters}})
    };
    for parameters in [
        json!({"portNumber": ["3389"], "localPortNumber": ["56789"]}),
        json!({"portNumber": [3389]}),
        json!({"portNumber": "3389"}),
        json!({"portNumber": 3389}),
        json!({"PortNumber": ["3389"]}),
    ] {
        let shown = parameters.to_string();
        assert_eq!(told(tunnel(parameters)), "i-1 localhost:3389 011122223333", "{shown}");
    }
    let mut numbered = tunnel(json!({"portNumber": ["3389"]}));
    numbered["recipientAccountId"] = json!(11_122_223_333_u64);
    assert_eq!(told(numbered), "i-1 localhost:3389 011122223333");
    let whole = json!({"recipientAccountId": "1", "requestParameters": {"Target": "mi-1"},
                       "eventSource": "ssm.amazonaws.com.cn"});
    assert_eq!(told(whole), "mi-1 - 1");
}

#[test]
fn tags_are_told_however_their_names_are_written() {
    for tags in [
        json!([{"key": "ticket", "value": "INC-1"}, {"key": "team", "value": "ops"}]),
        json!([{"Key": "ticket", "Value": "INC-1"}, {"Key": "team", "Value": "ops"}]),
    ] {
        let request = json!({"target": "i-1", "tags": tags});
        let call = aws(&event_of(&seed_with(json!({ "requestParameters": request }))));
        assert_eq!(call.tags, Some("ticket=INC-1 team=ops"));
    }
}

#[test]
fn a_time_may_be_a_number_and_an_address_may_be_hidden() {
    for (text, seconds) in
        [(json!(1_795_608_000), 1_795_608_000), (json!("1795608000123"), 1_795_608_000)]
    {
        let event = event_of(&seed_with(json!({ "eventTime": text })));
        assert_eq!(event.time.seconds(), seconds);
    }
    for hidden in ["-", "HIDDEN_DUE_TO_SECURITY_REASONS", "***", ""] {
        let event = event_of(&seed_with(json!({ "sourceIPAddress": hidden })));
        assert_eq!(event.source, None, "{hidden}");
    }
}

/// Callers of other partitions and services, and on whose behalf.
#[test]
fn callers_of_every_kind_and_partition_are_told() {
    let issuer =
        |arn: &str| json!({"sessionIssuer": {"type": "Role", "arn": arn, "userName": "Ops"}});
    let table = [
        (
            json!({"type": "AssumedRole", "arn": "arn:aws-cn:sts::1:assumed-role/Ops/alice"}),
            "Ops/alice",
        ),
        (
            json!({"type": "AssumedRole", "arn": "arn:aws-us-gov:sts::1:assumed-role/Ops/i-0123456789abcdef0",
                   "sessionContext": {"ec2RoleDelivery": "2.0",
                       "sessionIssuer": issuer("arn:aws-us-gov:iam::1:role/Ops")["sessionIssuer"]}}),
            "Ops/i-0123456789abcdef0",
        ),
        (
            json!({"type": "AssumedRole", "principalId": "AROA1:StateManagerService",
                   "arn": "arn:aws:sts::1:assumed-role/AWSServiceRoleForAmazonSSM/StateManagerService",
                   "invokedBy": "ssm.amazonaws.com"}),
            "AWSServiceRoleForAmazonSSM/StateManagerService",
        ),
        (
            json!({"type": "AssumedRole",
                   "arn": "arn:aws-us-gov:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/bob@example.com",
                   "sessionContext": {"sessionIssuer": {"type": "Role",
                       "arn": "arn:aws-us-gov:iam::1:role/aws-reserved/sso.amazonaws.com/us-gov-west-1/AWSReservedSSO_Admin_0123456789abcdef"}}}),
            "bob@example.com",
        ),
        (json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Ops"}), "role:Ops"),
        (
            json!({"type": "Role", "arn": "arn:aws:iam::1:role/path/Ops", "principalId": "AROA1"}),
            "role:Ops",
        ),
        (
            json!({"type": "FederatedUser", "principalId": "1:bob",
                   "arn": "arn:aws:sts::1:federated-user/bob"}),
            "federated:bob",
        ),
        (json!({"type": "AWSService", "invokedBy": "cloud9.amazonaws.com.cn"}), "service:cloud9"),
        (
            json!({"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDA1",
                   "userName": "", "arn": null}),
            "account:444455556666",
        ),
        (
            json!({"type": "SAMLUser", "principalId": "ns/abc=:grace@example.com",
                   "identityProvider": "ns/abc="}),
            "saml:grace@example.com",
        ),
        (
            json!({"type": "WebIdentityUser", "userName": "grace", "identityProvider": "accounts.google.com"}),
            "web:grace",
        ),
        (
            json!({"type": "IdentityCenterUser", "accountId": "1",
                   "onBehalfOf": {"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1",
                                  "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"},
                   "credentialId": "c"}),
            "544894e8-80c1-707f-60e3-3ba6510dfac1",
        ),
        (json!({"type": "Root", "accountId": "111122223333", "arn": null}), "root:111122223333"),
    ];
    for (user, expected) in table {
        let shown = user.to_string();
        assert_eq!(identity_of(user), expected, "{shown}");
    }
}

/// Every way in which a call is refused is a failure, with the target that its text names.
#[test]
fn a_refusal_by_any_code_is_a_failure() {
    let table = [
        ("AccessDenied", "x", None),
        (
            "AccessDeniedException",
            "User: arn:aws-cn:sts::1:assumed-role/Ops/a is not authorized to perform: ssm:StartSession on resource: arn:aws-cn:ec2:cn-north-1:1:instance/i-0123456789abcdef0 with an explicit deny in a service control policy",
            Some("i-0123456789abcdef0"),
        ),
        (
            "TargetNotConnected",
            "mi-0123456789abcdef0 is not connected.",
            Some("mi-0123456789abcdef0"),
        ),
        ("Client.UnauthorizedOperation", "You are not authorized to perform this operation.", None),
        (
            "InvalidInstanceID.NotFound",
            "The instance ID 'i-0123456789abcdef0' does not exist",
            Some("i-0123456789abcdef0"),
        ),
        ("ThrottlingException", "Rate exceeded", None),
        (
            "InvalidParameterException",
            "The execute command failed because execute command was not enabled when the task was run",
            None,
        ),
    ];
    for (code, message, target) in table {
        let event = event_of(&seed_with(json!({
            "errorCode": code, "errorMessage": message,
            "requestParameters": null, "responseElements": null,
        })));
        assert_eq!(event.kind, EventKind::AwsFailure, "{code}");
        assert_eq!(aws(&event).error_code, Some(code));
        assert_eq!(aws(&event).target, target, "{code}");
    }
}
