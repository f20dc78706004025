use super::made_up::made_up;
use super::*;

fn session(session: &str) -> String {
    of_arn(&format!("arn:aws:sts::111122223333:assumed-role/Ops/{session}")).unwrap_or_default()
}

#[test]
fn a_name_that_a_person_or_machine_keeps_stands() {
    for name in [
        "alice",
        "alice@example.com",
        "a1b2c3d4e5f6@example.com",
        "0123456789ab@example.com",
        "7",
        "100234",
        "123456789",
        "e1234567",
        "u100234",
        "A01234567",
        "i-0123456789abcdef0",
        "i-0a1b2c3d",
        "mi-0123456789abcdef0",
        "ssm-i-0123456789abcdef0",
        "team-42",
        "GitHubActions",
        "default_session",
        "DevOpsEngineerRole",
        "Ec2InstanceConnectUser",
        "Route53Manager",
        "AdministratorAccess",
        "first.last+ops",
        "deadbeef",
        "cafe",
        "jean-luc.picard",
        "web1.prod",
        "deploy=blue,green",
    ] {
        assert_eq!(session(name), format!("Ops/{name}"));
    }
}

#[test]
fn a_name_that_a_tool_made_up_for_one_run_is_a_star() {
    for name in [
        "botocore-session-1690000000",
        "botocore-session-alice@example.com",
        "aws-go-sdk-1722375070115152000",
        "aws-sdk-js-session",
        "1690000000",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "1f1786bd-e04c-4fd9-af8c-6a5d69376c41",
        "AWSCodeBuild-1f1786bd-e04c-4fd9-af8c-6a5d69376c41",
        "my-session-1690000000",
        "1690000000-my-session",
        "vault-1690000000-AbCdEfGhIjKlMnO",
        "vault-ldap-alice-ops-1690000000-AbCdEfGhIjKlMnOpQrSt",
        "terraform-run-CZcmD7eagjhyX0vN",
        "run-CZcmD7eagjhyX0vN",
        "eks-prod-api-7d9f8c6b5-x2k4q-1f1786bd-e04c-4fd9-af8c-6a5d69376c41",
        "prod-api-7d9f8c6b5-x2k4q",
        "GitLabRunner-12345-1234567890",
        "GitHubActions-acme-repo-7d9f8c6",
        "01HQZX4Y6N5V3E8K7T2B9GDMWR@stack",
        "k3j9x2m4q8z1",
        "backup-2026-11-25T12-00-00",
        "backup-2026-11-25",
        "job_20261125T120000Z",
        "job.20261125120000",
    ] {
        assert_eq!(session(name), "Ops/*", "{name}");
    }
}

#[test]
fn an_arn_alone_names_its_principal() {
    let table = [
        ("arn:aws:sts::1:assumed-role/Ops/alice", Some("Ops/alice")),
        ("arn:aws-cn:sts::1:assumed-role/Ops/alice", Some("Ops/alice")),
        ("arn:aws:iam::1:user/staff/eu/carol", Some("user:carol")),
        ("arn:aws-us-gov:iam::1:root", Some("root:1")),
        ("arn:aws:sts::1:federated-user/root", Some("federated:root")),
        ("arn:aws:sts::1:federated-user/alice@example.com", Some("federated:alice@example.com")),
        ("arn:aws:sts::1:federated-user/1690000000", Some("federated:*")),
        ("arn:aws:iam::1:role/service-role/Deploy", Some("role:Deploy")),
        (
            "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com",
            Some("alice@example.com"),
        ),
        (
            "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/4711",
            Some("sso:4711"),
        ),
        ("", None),
        ("arn", None),
        ("alice", None),
        ("arn:aws:iam::1:user/", None),
        ("arn:aws:iam:::root", None),
        ("arn:aws:sts::1:assumed-role", None),
        ("arn:aws:sts::1:assumed-role/only", None),
        ("arn:aws:sts::1:assumed-role//x", None),
        ("arn:aws:sts::1:assumed-role/Ops/", None),
        ("arn:aws:s3:::bucket/key", None),
        ("arn:evil:iam::1:root", None),
        ("x:aws:iam::1:root", None),
    ];
    for (arn, expected) in table {
        assert_eq!(of_arn(arn).as_deref(), expected, "{arn}");
    }
}

/// A local user can write an ARN into a line of EC2 Instance Connect; none may pass for another
/// form.
#[test]
fn no_session_name_passes_for_another_form() {
    for hostile in [
        "user:root",
        "root:111122223333",
        "a/b",
        "alice@example.com/x",
        "*",
        "a b",
        "a\u{1b}[2J",
        "ä",
        "",
    ] {
        assert_eq!(session(hostile), "", "{hostile:?}");
    }
    // What a session may be called is no e-mail address of anyone while its role stands before it.
    assert_eq!(session("root"), "Ops/root");
}

/// Whoever may make roles can make one called so; only AWS makes those under the path.
#[test]
fn a_role_that_only_looks_like_identity_center_s_is_a_role() {
    let caller = |issuer: &'static str| {
        name(&Caller {
            kind: "AssumedRole",
            arn: "arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0/alice@example.com",
            issuer: Some(Issuer { arn: issuer, user_name: "AWSReservedSSO_Admin_0" }),
            ..Caller::default()
        })
    };
    let real = "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0";
    assert_eq!(caller(real).as_deref(), Some("alice@example.com"));
    let in_region =
        "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0";
    assert_eq!(caller(in_region).as_deref(), Some("alice@example.com"));
    for fake in [
        "arn:aws:iam::1:role/AWSReservedSSO_Admin_0",
        "arn:aws:iam::1:role/x/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0",
        "arn:aws:s3::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0",
        "",
    ] {
        assert_eq!(
            caller(fake).as_deref(),
            Some("AWSReservedSSO_Admin_0/alice@example.com"),
            "{fake}"
        );
    }
}

#[test]
fn a_user_of_identity_center_whose_name_reads_like_another_form_is_set_apart() {
    let caller = |user_name: &'static str| {
        name(&Caller { kind: "IdentityCenterUser", user_name, ..Caller::default() })
    };
    assert_eq!(caller("erin@example.com").as_deref(), Some("erin@example.com"));
    assert_eq!(caller("erin").as_deref(), Some("sso:erin"));
    assert_eq!(caller("Ops/erin@example.com").as_deref(), Some("sso:Ops/erin@example.com"));
    assert_eq!(caller("user:erin@example.com").as_deref(), Some("sso:user:erin@example.com"));
}

#[test]
fn a_kind_that_nobody_knows_has_a_name_all_the_same() {
    let unknown = Caller { kind: "Unknown", principal_id: "u", account: "1", ..Caller::default() };
    assert_eq!(name(&unknown).as_deref(), Some("unknown:u"));
    assert_eq!(name(&Caller { principal_id: "", ..unknown }).as_deref(), Some("unknown:1"));
    let user = Caller { kind: "IAMUser", principal_id: "AIDAX", ..Caller::default() };
    assert_eq!(name(&user).as_deref(), Some("unknown:AIDAX"));
    assert_eq!(name(&Caller { kind: "Unknown", ..Caller::default() }), None);
}

#[test]
fn no_text_makes_it_panic() {
    for text in ["", "-", "@", "a@", "@.", "i-", "----", "\u{fffd}", "2026-", "T", "99999999T"] {
        let _ = made_up(text);
    }
}
