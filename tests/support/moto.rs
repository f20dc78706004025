//! moto: SQS, S3, SNS and STS as AWS's clients see them, and AWS's Python client to drive them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A server of its own, which ends with the test.
pub struct Moto {
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub endpoint: String,
}

/// A Python that has moto, which `tests/moto` fetches. None where it cannot be had, and that is
/// said.
pub fn python() -> Option<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moto");
    let output = Command::new(script).stdin(Stdio::null()).output().unwrap();
    if !output.status.success() {
        super::skip(String::from_utf8_lossy(&output.stderr).trim_end());
        return None;
    }
    Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end()))
}

impl Moto {
    pub fn start() -> Option<Moto> {
        let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/aws.py");
        let mut child = Command::new(python()?)
            .arg(driver)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (calls, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut answers = BufReader::new(stdout);
        let mut port = String::new();
        answers.read_line(&mut port).unwrap();
        let endpoint = format!("http://127.0.0.1:{}", port.trim());
        Some(Moto { child, calls, answers, endpoint })
    }

    /// One call of AWS's Python client.
    #[track_caller]
    pub fn call(&mut self, service: &str, call: &str, arguments: Value) -> Value {
        writeln!(self.calls, "{}", json!([service, call, arguments])).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["error"], Value::Null, "{service} {call}");
        answer
    }

    /// The URL of a new queue that hides what it hands out for so many seconds.
    pub fn queue(&mut self, name: &str, hidden_for: u32, more: Value) -> String {
        let mut attributes = json!({"VisibilityTimeout": hidden_for.to_string()});
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let asked = json!({"QueueName": name, "Attributes": attributes});
        self.call("sqs", "create_queue", asked)["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// How many messages it holds, hidden ones too.
    pub fn messages(&mut self, queue: &str) -> u64 {
        let asked = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
        let attributes = self.call("sqs", "get_queue_attributes", asked)["Attributes"].clone();
        let count = |name: &str| attributes[name].as_str().unwrap().parse::<u64>().unwrap();
        count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible")
    }

    pub fn arn(&mut self, queue: &str) -> String {
        let asked = json!({"QueueUrl": queue, "AttributeNames": ["QueueArn"]});
        let answer = self.call("sqs", "get_queue_attributes", asked);
        answer["Attributes"]["QueueArn"].as_str().unwrap().to_owned()
    }

    pub fn send(&mut self, queue: &str, body: &str) {
        self.call("sqs", "send_message", json!({"QueueUrl": queue, "MessageBody": body}));
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
