//! CloudTrail's records from an SQS queue: EventBridge's events themselves, or notices of a trail's
//! files, which are fetched from S3.
//!
//! A message is deleted after a snapshot was saved that holds what it told. Until then it is only
//! hidden, so a crash at any moment brings it back, and `memory` knows its records by their IDs.
//! A message of another shape is left alone: the queue's redrive policy moves it to the dead-letter
//! queue. Files are streamed, never held.

mod fetch;
mod message;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::fetch::Fetch;
use self::message::{Message, Object};
use super::aws::{Aws, Failure, S3};
use super::{CallFailure, Delivery, Problem, ProblemReason, Records, Report, Source};
use crate::event::Time;
use crate::record::{Position, SourceId, SourceKind};

/// How long a queue hides a message while it is read, counted and saved, where it does not say. A
/// longer file keeps its message hidden. The state is saved every 15 seconds.
const HIDDEN_FOR: Duration = Duration::from_secs(30);

/// SQS answers when there is a message, or after so many seconds.
const WAIT: i32 = 20;

/// SQS hands out and deletes ten at once.
const AT_ONCE: usize = 10;

/// Messages that wait for a snapshot; with more, none is received.
const UNSAVED: usize = 5_000;

/// The wait after failures, doubled with each, to the longest.
const FIRST_BACK_OFF: Duration = Duration::from_secs(1);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(120);

/// A message as it was received.
#[derive(Clone, Debug)]
struct Received {
    body: String,
    /// What SQS wants to hear to delete it.
    receipt: String,
    at: Instant,
}

/// A message whose records were handed on whole, and with which batch.
#[derive(Debug)]
struct HandedOn {
    batch: u64,
    receipt: String,
    at: Instant,
}

/// A task of its own: its answer is not lost where nobody waits for it just then.
type Receiving = JoinHandle<Result<Vec<Received>, Failure>>;

/// What is saved: how many batches were handed on.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Place {
    batch: u64,
}

/// Follows one queue.
pub struct QueueSource {
    id: SourceId,
    url: String,
    sqs: aws_sdk_sqs::Client,
    s3: Arc<S3>,
    /// The position of the last snapshot that was saved.
    saved: Option<watch::Receiver<Position>>,
    batch_number: u64,
    handed_on: VecDeque<HandedOn>,
    receiving: Option<Receiving>,
    waiting: VecDeque<Received>,
    /// The message whose files are being read.
    reading: Option<(Received, Fetch)>,
    told_first: bool,
    up: bool,
    failures: u32,
    not_before: Instant,
    /// As the queue says.
    hidden_for: Option<Duration>,
    batch: Vec<Vec<u8>>,
    problems: Vec<Problem>,
}

impl std::fmt::Debug for QueueSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueueSource").field("url", &self.url).finish_non_exhaustive()
    }
}

/// The Region in a queue's URL; `None` for an endpoint of one's own.
pub fn region_of(url: &str) -> Option<&str> {
    let host = url.split("://").nth(1)?.split('/').next()?;
    let labels: Vec<&str> = host.split('.').collect();
    if !host.contains(".amazonaws.com") && !host.contains(".amazonaws.") {
        return None;
    }
    let behind_sqs = labels.iter().position(|l| *l == "sqs").and_then(|at| labels.get(at + 1));
    let before_queue =
        || labels.iter().position(|l| *l == "queue").and_then(|at| labels.get(at.checked_sub(1)?));
    behind_sqs.or_else(before_queue).copied().or(Some("us-east-1"))
}

/// What stands before the path, where the Region alone does not tell it.
fn endpoint_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split('/').next()?;
    let usual = host.starts_with("sqs.") && host.contains(".amazonaws.com");
    (!usual).then(|| format!("{scheme}://{host}"))
}

impl QueueSource {
    /// Asks nothing yet.
    pub fn open(aws: &Aws, url: &str) -> Self {
        let config = aws.config();
        let mut sqs =
            aws_sdk_sqs::config::Builder::from(config).retry_config(RetryConfig::disabled());
        if let Some(endpoint) = endpoint_of(url) {
            sqs = sqs.endpoint_url(endpoint);
        }
        QueueSource {
            id: SourceId::new(SourceKind::Queue, url),
            url: url.to_owned(),
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            s3: Arc::new(S3::new(config)),
            saved: None,
            batch_number: 0,
            handed_on: VecDeque::new(),
            receiving: None,
            waiting: VecDeque::new(),
            reading: None,
            told_first: false,
            up: true,
            failures: 0,
            not_before: Instant::now(),
            hidden_for: None,
            batch: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Goes on behind `position`, and deletes messages once `saved` tells that their batch is safe.
    /// Without it nothing is ever deleted.
    pub fn resume(mut self, position: Option<&Position>, saved: watch::Receiver<Position>) -> Self {
        let place = position.and_then(|p| serde_json::from_value::<Place>(p.to_json()).ok());
        self.batch_number = place.unwrap_or_default().batch;
        self.saved = Some(saved);
        self
    }

    /// Deletes the messages whose batches are safe.
    async fn delete_saved(&mut self) {
        if Instant::now() < self.not_before {
            return;
        }
        let safe = self.saved.as_mut().map_or(0, |saved| {
            serde_json::from_value::<Place>(saved.borrow_and_update().to_json())
                .unwrap_or_default()
                .batch
        });
        while self.handed_on.front().is_some_and(|message| message.batch <= safe) {
            let due = self.handed_on.iter().take_while(|message| message.batch <= safe);
            let due: Vec<String> =
                due.take(AT_ONCE).map(|message| message.receipt.clone()).collect();
            if let Err(failure) = self.delete(&due).await {
                self.failed(&failure, "delete");
                break;
            }
            self.handed_on.drain(..due.len());
        }
        // Its receipt is no longer good: it comes again, and is known.
        let hidden_for = self.hidden_for.unwrap_or(HIDDEN_FOR);
        while self.handed_on.front().is_some_and(|m| m.at.elapsed() > hidden_for) {
            self.handed_on.pop_front();
        }
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), Failure> {
        let mut request = self.sqs.delete_message_batch().queue_url(&self.url);
        for (n, receipt) in receipts.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder();
            let entry = entry.id(n.to_string()).receipt_handle(receipt).build();
            request = request.entries(entry.map_err(Failure::other)?);
        }
        request.send().await.map(|_| ()).map_err(|error| Failure::of_call(&error, ""))
    }

    fn receive(&self) -> Receiving {
        let request = self
            .sqs
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(AT_ONCE as i32)
            .wait_time_seconds(WAIT);
        tokio::spawn(async move {
            let answer = request.send().await.map_err(|error| Failure::of_call(&error, ""))?;
            let at = Instant::now();
            let messages = answer.messages.unwrap_or_default().into_iter();
            let received = messages
                .filter_map(|m| Some(Received { body: m.body?, receipt: m.receipt_handle?, at }));
            Ok(received.collect())
        })
    }

    /// How long the queue hides what it hands out. Who may not ask is not stopped by that.
    async fn learn_hiding(&mut self) {
        let request = self.sqs.get_queue_attributes().queue_url(&self.url);
        let name = QueueAttributeName::VisibilityTimeout;
        let answer = request.attribute_names(name.clone()).send().await.ok();
        let told = answer.and_then(|answer| answer.attributes?.remove(&name)?.parse().ok());
        self.hidden_for = Some(told.map_or(HIDDEN_FOR, Duration::from_secs));
    }

    /// Waits for messages, or for a snapshot that lets some go. An answer that is under way is kept,
    /// also where nobody waits for it any more: its messages are hidden already.
    async fn wait(&mut self) {
        tokio::time::sleep_until(self.not_before).await;
        if self.hidden_for.is_none() {
            self.learn_hiding().await;
        }
        let unsaved = self.handed_on.len();
        if self.receiving.is_none() && unsaved < UNSAVED {
            self.receiving = Some(self.receive());
        }
        let saved = async {
            match self.saved.as_mut().filter(|_| unsaved > 0) {
                Some(saved) => drop(saved.changed().await),
                None => std::future::pending().await,
            }
        };
        let received = async {
            match self.receiving.as_mut() {
                Some(receiving) => {
                    receiving.await.unwrap_or_else(|error| Err(Failure::other(error)))
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = received => {
                self.receiving = None;
                match answer {
                    Ok(received) => {
                        self.up = true;
                        self.failures = 0;
                        self.waiting.extend(received);
                    }
                    Err(failure) => self.failed(&failure, "receive"),
                }
            }
            () = saved => {}
        }
    }

    fn failed(&mut self, failure: &Failure, what: &str) {
        self.failures = self.failures.saturating_add(1);
        let factor = 1u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
        let wait = FIRST_BACK_OFF.saturating_mul(factor).min(LONGEST_BACK_OFF);
        self.not_before = Instant::now() + wait;
        self.up = false;
        let remedy = match failure.reason {
            CallFailure::Denied => {
                "allow this principal sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility on it (deploy/aws)"
            }
            CallFailure::Credentials => {
                "give the instance a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID"
            }
            CallFailure::Expired => {
                "renew the credentials, or give the instance a role, which renews itself"
            }
            CallFailure::Clock => "set this host's clock (chronyc makestep)",
            CallFailure::Sts | CallFailure::Network => {
                "check the network, the URL, and the VPC's endpoint for SQS"
            }
            CallFailure::Proxy => {
                "let the proxy pass *.amazonaws.com, or name those hosts in NO_PROXY"
            }
            CallFailure::Region => "enable the Region in this account",
            CallFailure::Throttled | CallFailure::Other => {
                "look at --cloudtrail.queue, and at the AWS Health Dashboard"
            }
        };
        let message = format!(
            "cannot {what} messages of {} ({}): {remedy}; tried again in {} s",
            self.url,
            failure.cause,
            wait.as_secs().max(1)
        );
        self.problems.push(Problem { reason: ProblemReason::Unreadable, count: 1, message });
    }

    /// Reads the messages that wait, up to the first one that tells of files.
    fn read_waiting(&mut self) {
        while self.reading.is_none()
            && let Some(received) = self.waiting.pop_front()
        {
            match message::read(&received.body) {
                Message::Records(records) => {
                    self.batch.extend(records);
                    self.hand_on(received);
                }
                Message::Files(files) => {
                    self.reading = Some((received, Fetch::new(&self.s3, files)));
                }
                Message::Nothing => self.hand_on(received),
                Message::Unknown => self.unknown(&received),
            }
        }
    }

    fn hand_on(&mut self, received: Received) {
        let Received { receipt, at, .. } = received;
        self.handed_on.push_back(HandedOn { batch: self.batch_number + 1, receipt, at });
    }

    /// It comes again, until the queue's redrive policy moves it away.
    fn unknown(&mut self, received: &Received) {
        let beginning: String = received.body.chars().take(80).collect();
        let message = format!(
            "{} holds a message that is neither a record of CloudTrail nor a notice of a file of \
             records: {beginning:?}; it is left for the dead-letter queue; send this queue nothing \
             else",
            self.url
        );
        self.problems.push(Problem { reason: ProblemReason::Malformed, count: 1, message });
    }

    /// Reads on in the files of a message.
    async fn read_files(&mut self) {
        let Some((received, fetch)) = self.reading.as_mut() else { return };
        let hidden_for = self.hidden_for.unwrap_or(HIDDEN_FOR);
        if received.at.elapsed() > hidden_for / 3 {
            received.at = Instant::now();
            let request = self.sqs.change_message_visibility().queue_url(&self.url);
            let request = request.receipt_handle(&received.receipt);
            // Where this fails the message comes again, and its records are known.
            let seconds = i32::try_from(hidden_for.as_secs()).unwrap_or(i32::MAX);
            let _ = request.visibility_timeout(seconds).send().await;
        }
        match fetch.next(&mut self.batch).await {
            Ok(true) => {}
            Ok(false) => {
                if let Some((received, _)) = self.reading.take() {
                    self.hand_on(received);
                }
            }
            Err(problem) => {
                self.reading = None;
                self.problems.push(problem);
            }
        }
    }

    fn deliver(&mut self) -> Delivery<'_> {
        self.batch_number += 1;
        let report = Report {
            up: self.up,
            caught_up: true,
            bytes: self.batch.iter().map(|record| record.len() as u64).sum(),
            problems: std::mem::take(&mut self.problems),
            ..Report::default()
        };
        Delivery {
            records: Records::CloudTrail(&self.batch),
            position: Position::json(serde_json::json!({ "batch": self.batch_number })),
            reference: now(),
            year: None,
            report,
        }
    }
}

impl Source for QueueSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    async fn next(&mut self) -> Delivery<'_> {
        self.batch.clear();
        // What a queue holds is news, also at the first start: none of it is a baseline.
        if !std::mem::replace(&mut self.told_first, true) {
            return self.deliver();
        }
        loop {
            self.delete_saved().await;
            self.read_waiting();
            if self.batch.is_empty() {
                self.read_files().await;
            }
            let handed_on = self.handed_on.back().is_some_and(|m| m.batch > self.batch_number);
            if !self.batch.is_empty() || handed_on || !self.problems.is_empty() {
                return self.deliver();
            }
            if self.reading.is_none() {
                self.wait().await;
            }
        }
    }
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queues_url_tells_its_region_and_where_to_ask() {
        let table = [
            ("https://sqs.eu-west-1.amazonaws.com/1/q", Some("eu-west-1"), None),
            ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", Some("cn-north-1"), None),
            (
                "https://eu-west-1.queue.amazonaws.com/1/q",
                Some("eu-west-1"),
                Some("https://eu-west-1.queue.amazonaws.com"),
            ),
            (
                "https://vpce-0a-b.sqs.eu-west-1.vpce.amazonaws.com/1/q",
                Some("eu-west-1"),
                Some("https://vpce-0a-b.sqs.eu-west-1.vpce.amazonaws.com"),
            ),
            ("http://127.0.0.1:5000/1/q", None, Some("http://127.0.0.1:5000")),
        ];
        for (url, region, endpoint) in table {
            assert_eq!((region_of(url), endpoint_of(url).as_deref()), (region, endpoint), "{url}");
        }
    }
}
