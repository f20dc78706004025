//! The accounts of an organization, as moto's Organizations lists them: new ones are asked, closed
//! ones are not, and what may not be listed is told with its remedy.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::cloudtrail_server::{OWN_ACCOUNT, Server};
use crate::support::moto::Moto;
use crate::support::{Exporter, total, wait_for};

const LAST_POLL: &str = "login_exporter_cloudtrail_last_poll_timestamp_seconds";
const INFO: &str = "login_exporter_aws_account_info";

/// The account of the exporter's own credentials, in moto.
const OWN: &str = "123456789012";

fn exporter(dir: &Path, moto: &str, server: &Server, settings: &str) -> Exporter {
    let file = dir.join("settings.yml");
    std::fs::write(&file, settings).unwrap();
    let file = format!("--config.file={}", file.display());
    let environment = [
        ("AWS_ENDPOINT_URL", moto),
        ("AWS_ENDPOINT_URL_CLOUDTRAIL", &*server.endpoint),
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_PROFILE", "default"),
    ];
    Exporter::start_with(dir, &["--source=none", &file], &environment)
}

/// One call that counts: a poll is one request.
const ONE_DOOR: &str = "events: {drop: [ResumeSession, TerminateSession, StartAccessRequest, \
    GetAccessToken, SendSSHPublicKey, SendSerialConsoleSSHPublicKey, OpenTunnel, ExecuteCommand, \
    StartConnection, GetPasswordData, GetInstanceAccessDetails, \"sagemaker:StartSession\"]}";

fn settings(more: &str) -> String {
    format!(
        "cloudtrail:\n  {ONE_DOOR}\n  regions: [eu-west-1]\n  poll_interval: 1s\n  organization:\n    \
         role: login-exporter-read\n    external_id: right\n    refresh: 1s\n{more}"
    )
}

fn create(moto: &mut Moto, name: &str) -> String {
    let asked = json!({"AccountName": name, "Email": format!("{name}@example.com")});
    let answer = moto.call("organizations", "create_account", asked);
    answer["CreateAccountStatus"]["AccountId"].as_str().unwrap().to_owned()
}

fn organization(moto: &mut Moto) {
    moto.call("organizations", "create_organization", json!({"FeatureSet": "ALL"}));
}

fn polled(exporter: &Exporter, account: &str, regions: usize) {
    let label = format!("aws_account=\"{account}\"");
    wait_for(&format!("{account} to be asked"), || {
        let metrics = exporter.metrics();
        let lines = metrics.lines().filter(|l| l.starts_with(LAST_POLL) && l.contains(&label));
        (lines.count() == regions).then_some(())
    });
}

#[test]
fn new_accounts_are_asked_and_closed_ones_no_more() {
    let Some(mut moto) = Moto::start() else { return };
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    organization(&mut moto);
    let (prod, test) = (create(&mut moto, "prod"), create(&mut moto, "test"));
    let left_out = create(&mut moto, "sandbox");
    let settings = settings(&format!("    exclude: [{left_out:?}]\n"));
    let exporter = exporter(dir.path(), &moto.endpoint, &server, &settings).ready();
    for account in [OWN, &prod, &test] {
        polled(&exporter, account, 1);
    }
    let late = create(&mut moto, "late");
    polled(&exporter, &late, 1);
    let metrics = exporter.metrics();
    let named = |number: &str, name: &str| {
        format!("{INFO}{{account_name=\"{name}\",aws_account=\"{number}\"}} 1")
    };
    for (number, name) in [(&prod, "prod"), (&test, "test"), (&late, "late")] {
        assert!(metrics.contains(&named(number, name)), "{name}: {metrics}");
    }
    assert!(!metrics.contains(&left_out), "{metrics}");
    assert_eq!(total(&metrics, "login_exporter_source_up", &["source=\"aws-accounts\""]), 1.0);

    moto.call("organizations", "close_account", json!({ "AccountId": test }));
    wait_for("the closed account to be gone", || {
        let metrics = exporter.metrics();
        let tells =
            |family: &str| metrics.lines().any(|l| l.starts_with(family) && l.contains(&test));
        let families = [LAST_POLL, INFO, "login_exporter_source_up"];
        (!families.iter().any(|family| tells(family))).then_some(())
    });
    polled(&exporter, &prod, 1);

    // A restart asks where the last run asked, before Organizations has answered anything.
    exporter.process.kill();
    server.add("one", "StartSession", 10);
    let exporter = self::exporter(dir.path(), &server.endpoint, &server, &settings);
    polled(&exporter, &prod, 1);
    polled(&exporter, &late, 1);
    let log = exporter.log();
    assert!(log.contains("the accounts of the organization cannot be listed"), "{log}");
    assert!(log.contains("those that were listed last are asked meanwhile"), "{log}");
}

#[test]
fn every_region_of_an_account_is_asked() {
    let Some(mut moto) = Moto::start() else { return };
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    organization(&mut moto);
    let prod = create(&mut moto, "prod");
    let answer = moto.call("ec2", "describe_regions", json!({}));
    let there = answer["Regions"].as_array().unwrap().iter();
    let there: Vec<&Value> = there.filter(|r| r["OptInStatus"] != "not-opted-in").collect();
    assert!(there.len() > 10, "{there:?}");
    let settings = settings("    regions: [all]\n  own_account: false\n");
    let exporter = exporter(dir.path(), &moto.endpoint, &server, &settings).ready();
    polled(&exporter, &prod, there.len());
}

#[test]
fn what_may_not_be_listed_is_told_with_its_remedy() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let exporter = exporter(dir.path(), &server.endpoint, &server, &settings("")).ready();
    exporter.wait_total("login_exporter_source_up", &["source=\"aws-accounts\""], 0.0);
    let log = exporter.log();
    assert!(log.contains("allow this principal organizations:ListAccounts"), "{log}");
    assert!(log.contains("cloudtrail.organization.list_through"), "{log}");
    let errors = "login_exporter_source_errors_total";
    assert!(total(&exporter.metrics(), errors, &["aws-accounts", "unreadable"]) >= 1.0);
    // The own account needs no list.
    polled(&exporter, OWN_ACCOUNT, 1);
    drop(exporter);
    let dir = tempfile::tempdir().unwrap();
    let everywhere = format!("cloudtrail:\n  {ONE_DOOR}\n  regions: [all]\n");
    let exporter = self::exporter(dir.path(), &server.endpoint, &server, &everywhere);
    polled(&exporter, OWN_ACCOUNT, 17);
    assert!(exporter.log().contains("allow ec2:DescribeRegions"), "{}", exporter.log());
}
