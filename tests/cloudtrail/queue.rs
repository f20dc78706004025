//! CloudTrail's records from a queue, through the real AWS client: every shape of message, and every
//! moment at which the exporter may be killed. SQS, S3 and SNS are moto's.

use std::io::Write;
use std::path::Path;

use base64ct::Encoding;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::support::cloudtrail_server::{now, record};
use crate::support::moto::Moto;
use crate::support::{Exporter, total, wait_for};

const SUCCESSES: &str = "login_aws_successes_total";
const ERRORS: &str = "login_exporter_source_errors_total";

const KEY: &str = "AWSLogs/o-1/111122223333/CloudTrail/eu-west-1/2026/11/25";

/// The keys of a user.
const KEYS: &[(&str, &str)] =
    &[("AWS_ACCESS_KEY_ID", "AKIATEST"), ("AWS_SECRET_ACCESS_KEY", "secret")];

fn exporter(dir: &Path, moto: &Moto, queues: &[&str], more: &[&str]) -> Exporter {
    exporter_with(KEYS, dir, moto, queues, more)
}

fn exporter_with(
    credentials: &[(&str, &str)],
    dir: &Path,
    moto: &Moto,
    queues: &[&str],
    more: &[&str],
) -> Exporter {
    let queues: Vec<String> =
        queues.iter().map(|url| format!("--cloudtrail.queue={url}")).collect();
    let log = dir.join("secure");
    std::fs::write(&log, "").unwrap();
    let log = format!("--auth-log.path={}", log.display());
    let mut arguments = vec![&*log];
    arguments.extend(queues.iter().map(String::as_str));
    arguments.extend(more);
    let mut environment = vec![
        ("AWS_ENDPOINT_URL", &*moto.endpoint),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("AWS_PROFILE", "default"),
    ];
    environment.extend_from_slice(credentials);
    Exporter::start_with(dir, &arguments, &environment)
}

fn session(id: &str) -> Value {
    let mut session = record(id, "StartSession", now() - 60);
    session["requestParameters"] = json!({"target": format!("i-{id}")});
    session
}

/// As EventBridge sends a record.
fn event(id: &str) -> String {
    let detail = session(id);
    json!({"version": "0", "id": id, "detail-type": "AWS API Call via CloudTrail", "source": "aws.ssm",
           "detail": detail})
    .to_string()
}

/// Puts a file of these sessions into the bucket as a trail does; its key.
fn put_file(moto: &mut Moto, name: &str, ids: &[String]) -> String {
    let records: Vec<Value> = ids.iter().map(|id| session(id)).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(json!({ "Records": records }).to_string().as_bytes()).unwrap();
    let body = base64ct::Base64::encode_string(&packed.finish().unwrap());
    let key = format!("{KEY}/{name}.json.gz");
    let asked = json!({"Bucket": "logs", "Key": key, "Body": {"base64": body}});
    moto.call("s3", "put_object", asked);
    key
}

fn make_bucket(moto: &mut Moto) {
    let place = json!({"LocationConstraint": "eu-west-1"});
    moto.call("s3", "create_bucket", json!({"Bucket": "logs", "CreateBucketConfiguration": place}));
}

/// As S3 tells of a file.
fn notice(key: &str) -> String {
    json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
                        "s3": {"bucket": {"name": "logs"}, "object": {"key": key}}}]})
    .to_string()
}

fn on(id: &str) -> String {
    format!("target=\"i-{id}\"")
}

#[test]
fn every_shape_of_message_counts_once_and_another_goes_to_the_dead_letters() {
    let Some(mut moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    make_bucket(&mut moto);
    let dead = moto.queue("dead", 30, json!({}));
    let redrive = json!({"deadLetterTargetArn": moto.arn(&dead), "maxReceiveCount": "2"});
    let queue = moto.queue("events", 1, json!({"RedrivePolicy": redrive.to_string()}));
    let arn = moto.arn(&queue);
    let exporter = exporter(dir.path(), &moto, &[&queue], &[]).ready();

    moto.send(&queue, &event("eventbridge"));
    moto.send(&queue, &event("eventbridge"));
    let key = put_file(&mut moto, "one", &["in-a-file".to_owned(), "beside-it".to_owned()]);
    moto.send(&queue, &notice(&key));
    for (name, raw) in [("wrapped", "false"), ("raw", "true")] {
        let topic = moto.call("sns", "create_topic", json!({"Name": name}))["TopicArn"].clone();
        moto.call(
            "sns",
            "subscribe",
            json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn,
                                             "Attributes": {"RawMessageDelivery": raw}}),
        );
        let key = put_file(&mut moto, name, &[format!("by-{name}")]);
        let by_cloudtrail = json!({"s3Bucket": "logs", "s3ObjectKey": [key]}).to_string();
        for message in [by_cloudtrail, event(name), "CloudTrail validation message.".to_owned()] {
            moto.call("sns", "publish", json!({"TopicArn": topic, "Message": message}));
        }
    }
    moto.send(&queue, "{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"}");
    moto.send(&queue, "{\"another\":\"shape\"}");

    for id in ["eventbridge", "in-a-file", "beside-it", "by-wrapped", "wrapped", "by-raw", "raw"] {
        exporter.wait_total(SUCCESSES, &[&on(id)], 1.0);
    }
    wait_for("the messages to be deleted", || {
        exporter.metrics();
        (moto.messages(&queue) == 0).then_some(())
    });
    assert_eq!(moto.messages(&dead), 1, "{}", exporter.log());
    exporter.wait_total(SUCCESSES, &[], 7.0);
    assert!(total(&exporter.metrics(), ERRORS, &["source=\"queue:", "malformed"]) >= 1.0);
    assert!(exporter.log().contains("left for the dead-letter queue"), "{}", exporter.log());
    // What a queue brings is news, also at the first start.
    exporter.wait_total("login_accesses_total", &["kind=\"aws\""], 7.0);
}

#[test]
fn every_record_of_a_queue_counts_once_over_kill_9() {
    let Some(mut moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    make_bucket(&mut moto);
    let queue = moto.queue("events", 1, json!({}));
    let mut sent = 0;
    let mut shown = 0.0;
    for kill in 0..8 {
        for _ in 0..6 {
            moto.send(&queue, &event(&format!("e{sent}")));
            sent += 1;
        }
        let ids: Vec<String> = (0..20).map(|n| format!("f{kill}-{n}")).collect();
        sent += ids.len();
        let key = put_file(&mut moto, &format!("{kill}"), &ids);
        moto.send(&queue, &notice(&key));
        let exporter = exporter(dir.path(), &moto, &[&queue], &[]);
        let first = total(&exporter.metrics(), SUCCESSES, &[]);
        assert!(first >= shown, "fell from {shown} to {first} after kill {kill}");
        // Killed at another moment each time: before it asks, while it counts, once some is saved
        // and not deleted, when all is.
        match kill % 4 {
            0 => {}
            1 => wait_for("a count", || {
                exporter.log();
                (total(&exporter.metrics(), SUCCESSES, &[]) > first).then_some(())
            }),
            2 => exporter.wait_total(SUCCESSES, &[], sent as f64),
            _ => wait_for("an empty queue", || {
                exporter.metrics();
                (moto.messages(&queue) == 0).then_some(())
            }),
        }
        shown = total(&exporter.metrics(), SUCCESSES, &[]);
        exporter.process.kill();
    }
    let exporter = exporter(dir.path(), &moto, &[&queue], &[]).ready();
    exporter.wait_total(SUCCESSES, &[], sent as f64);
    wait_for("an empty queue", || {
        exporter.metrics();
        (moto.messages(&queue) == 0).then_some(())
    });
    exporter.wait_total(SUCCESSES, &[], sent as f64);
}

#[test]
fn a_record_in_a_queue_and_in_a_trails_file_counts_once() {
    let Some(mut moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let trail = dir.path().join("trail");
    std::fs::create_dir(&trail).unwrap();
    let queue = moto.queue("events", 30, json!({}));
    let path = format!("--cloudtrail.path={}", trail.display());
    let exporter = exporter(dir.path(), &moto, &[&queue], &[&path]).ready();
    moto.send(&queue, &event("both"));
    exporter.wait_total(SUCCESSES, &[&on("both")], 1.0);
    let file = json!({"Records": [session("both"), session("filed")]}).to_string();
    std::fs::write(trail.join("a.json"), file).unwrap();
    exporter.wait_total(SUCCESSES, &[&on("filed")], 1.0);
    moto.send(&queue, &event("filed"));
    moto.send(&queue, &event("last"));
    exporter.wait_total(SUCCESSES, &[&on("last")], 1.0);
    exporter.wait_total(SUCCESSES, &[], 3.0);
}

/// As in a pod with IRSA: a role, a token that the kubelet put into a file, and no keys.
#[test]
fn a_pods_role_is_assumed_by_its_token() {
    let Some(mut moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let queue = moto.queue("events", 30, json!({}));
    moto.send(&queue, &event("pod"));
    let token = dir.path().join("token");
    std::fs::write(&token, "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmVk").unwrap();
    let role = [
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/login-exporter"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
    ];
    let exporter = exporter_with(&role, dir.path(), &moto, &[&queue], &[]);
    exporter.wait_total(SUCCESSES, &[&on("pod")], 1.0);
}

#[test]
fn a_queue_that_is_not_there_is_told_of_with_its_remedy() {
    let Some(moto) = Moto::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let queue = format!("{}/123456789012/nowhere", moto.endpoint);
    let exporter = exporter(dir.path(), &moto, &[&queue], &[]).ready();
    exporter.wait_total("login_exporter_source_up", &["source=\"queue:"], 0.0);
    let log = exporter.log();
    assert!(log.contains("cannot receive messages of") && log.contains("does not exist"), "{log}");
}
