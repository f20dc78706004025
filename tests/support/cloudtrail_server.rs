//! CloudTrail as its clients see it: LookupEvents over AWS JSON 1.1, and STS's AssumeRole and
//! GetCallerIdentity.
//!
//! Pages hold 50 events, newest first. A token is good for the query that it came from and no
//! other. A refusal is an HTTP 400 with its code in `__type`. Requests past two a second are
//! throttled where [`Server::enforce_rate`] was called, and always noted.
#![allow(dead_code)]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime};

use serde_json::{Value, json};

/// Where an answer is cut off.
const CUT_HERE: &str = "\"cut\"]}";

/// What the service allows in one account and Region.
const REQUESTS_PER_SECOND: f64 = 2.0;

/// The account of the exporter's own credentials.
pub const OWN_ACCOUNT: &str = "111122223333";

/// How a request goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// HTTP 400 with this code.
    Refused(&'static str),
    /// The connection ends without an answer.
    HungUp,
    /// HTTP 400 with this code and these words.
    Told(&'static str, &'static str),
    /// HTTP 500 and no JSON.
    Broken,
    /// HTTP 403 with a page, as a proxy answers.
    Page,
    /// The connection ends in the midst of the answer.
    Cut,
}

/// A LookupEvents request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The event name or the event source that was asked for.
    pub event_name: String,
    pub start: i64,
    pub end: i64,
    pub token: Option<String>,
    pub access_key: String,
    /// More than two requests had come within the second.
    pub too_fast: bool,
}

struct Stored {
    time: i64,
    id: String,
    record: Value,
}

#[derive(Default)]
struct State {
    events: Vec<Stored>,
    asked: Vec<Asked>,
    assumed: Vec<BTreeMap<String, String>>,
    /// For the requests to come; `None` is one that is answered.
    faults: VecDeque<Option<Fault>>,
    /// Requests a second that are answered; `None` for all.
    rate: Option<f64>,
    /// One for each account and Region.
    buckets: BTreeMap<String, (f64, Instant)>,
    identities: u32,
    /// STS hangs up.
    without_sts: bool,
}

/// A server of its own port and events; it serves until the test ends.
#[derive(Clone)]
pub struct Server {
    pub endpoint: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = Server { endpoint, state: Arc::default() };
        let accepting = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = accepting.clone();
                std::thread::spawn(move || server.converse(stream));
            }
        });
        server
    }

    /// Lets an event be seen from now on, `seconds_ago` old.
    pub fn add(&self, id: &str, event_name: &str, seconds_ago: i64) {
        self.add_record(record(id, event_name, now() - seconds_ago));
    }

    pub fn add_record(&self, record: Value) {
        let time: jiff::Timestamp = record["eventTime"].as_str().unwrap().parse().unwrap();
        let id = record["eventID"].as_str().unwrap().to_owned();
        let mut state = self.state();
        state.events.push(Stored { time: time.as_second(), id, record });
        state.events.sort_by(|a, b| (b.time, &b.id).cmp(&(a.time, &a.id)));
    }

    /// What becomes of the next requests, one for each; `None` is answered.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.state().faults.extend(faults);
    }

    /// Throttles what comes faster than the service allows.
    pub fn enforce_rate(&self) {
        self.enforce_rate_of(REQUESTS_PER_SECOND);
    }

    pub fn enforce_rate_of(&self, rate: f64) {
        self.state().rate = Some(rate);
    }

    /// STS cannot be reached from now on.
    pub fn without_sts(&self) {
        self.state().without_sts = true;
    }

    /// How often it was asked whose credentials these are.
    pub fn identities(&self) -> u32 {
        self.state().identities
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// The parameters of every AssumeRole.
    pub fn assumed(&self) -> Vec<BTreeMap<String, String>> {
        self.state().assumed.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Serves one connection, request by request.
    fn converse(&self, stream: TcpStream) {
        // Else the body waits for the head to be acknowledged, forty milliseconds a request.
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        while let Some((headers, body)) = request(&mut reader) {
            let Some((status, content_type, answer)) = self.answer(&headers, &body) else { return };
            let (answer, rest) = answer.split_at(answer.find(CUT_HERE).unwrap_or(answer.len()));
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
                 x-amzn-requestid: 7a1b-{}\r\n\r\n",
                answer.len() + rest.len(),
                body.len()
            );
            if stream.write_all(head.as_bytes()).is_err() {
                return;
            }
            if stream.write_all(answer.as_bytes()).is_err() || !rest.is_empty() {
                return;
            }
        }
    }

    /// Status, content type and body; `None` hangs up.
    fn answer(
        &self,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Option<(&'static str, &'static str, String)> {
        const JSON: &str = "application/x-amz-json-1.1";
        let header = |name: &str| headers.get(name).map_or("", String::as_str);
        let target = header("x-amz-target");
        if target.starts_with("AWSOrganizations") || body.starts_with(b"Action=DescribeRegions") {
            let refused = r#"{"__type":"AccessDeniedException","Message":"no rights"}"#;
            return Some(("400 Bad Request", JSON, refused.to_owned()));
        }
        if header("content-type").starts_with("application/x-www-form-urlencoded") {
            let without_sts = self.state().without_sts;
            return (!without_sts).then(|| self.sts(body));
        }
        assert_eq!(header("content-type"), JSON);
        assert!(header("x-amz-target").ends_with("CloudTrail_20131101.LookupEvents"));
        let body: Value = serde_json::from_slice(body).unwrap();
        match self.lookup(&body, header("authorization")) {
            Ok(page) => Some(("200 OK", JSON, page.to_string())),
            Err(Fault::Refused(code)) => {
                let answer = json!({"__type": code, "message": format!("refused: {code}")});
                Some(("400 Bad Request", JSON, answer.to_string()))
            }
            Err(Fault::Told(code, message)) => {
                let answer = json!({"__type": code, "message": message});
                Some(("400 Bad Request", JSON, answer.to_string()))
            }
            Err(Fault::Page) => Some(("403 Forbidden", "text/html", "<html>blocked</html>".into())),
            Err(Fault::Broken) => Some(("500 Internal Server Error", "text/html", "<p>".into())),
            Err(Fault::Cut) => Some(("200 OK", JSON, format!("{{\"Events\":[{CUT_HERE}"))),
            Err(Fault::HungUp) => None,
        }
    }

    fn lookup(&self, body: &Value, authorization: &str) -> Result<Value, Fault> {
        let mut state = self.state();
        let (access_key, region) = credential(authorization);
        let too_fast = state.too_fast(format!("{access_key}/{region}"));
        let query = Query::of(body)?;
        state.asked.push(Asked {
            event_name: query.event_name.clone(),
            start: query.start,
            end: query.end,
            token: body["NextToken"].as_str().map(str::to_owned),
            access_key,
            too_fast,
        });
        if too_fast && state.rate.is_some() {
            return Err(Fault::Refused("ThrottlingException"));
        }
        if let Some(Some(fault)) = state.faults.pop_front() {
            return Err(fault);
        }
        state.page(&query, body["NextToken"].as_str(), body["MaxResults"].as_u64().unwrap_or(50))
    }

    fn sts(&self, body: &[u8]) -> (&'static str, &'static str, String) {
        let parameters = form(body);
        if parameters["Action"] == "GetCallerIdentity" {
            self.state().identities += 1;
            let answer = format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::\
                 {OWN_ACCOUNT}:user/x</Arn><UserId>U</UserId><Account>{OWN_ACCOUNT}</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>"
            );
            return ("200 OK", "text/xml", answer);
        }
        let refused = parameters.get("ExternalId").is_none_or(|id| id != "right");
        let role = parameters["RoleArn"].split(':').nth(4).unwrap().to_owned();
        self.state().assumed.push(parameters);
        if refused {
            let answer = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                          <Message>not authorized to perform: sts:AssumeRole</Message></Error>\
                          </ErrorResponse>";
            return ("403 Forbidden", "text/xml", answer.to_owned());
        }
        let answer = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
                      <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                      <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                      </Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s\
                      </Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>\
                      </AssumeRoleResult></AssumeRoleResponse>";
        ("200 OK", "text/xml", answer.replace("ASIAROLE", &format!("ASIA{role}")))
    }
}

impl State {
    /// A bucket of a second's requests for each account and Region.
    fn too_fast(&mut self, of: String) -> bool {
        let now = Instant::now();
        let rate = self.rate.unwrap_or(REQUESTS_PER_SECOND);
        let (level, at) = self.buckets.get(&of).copied().unwrap_or((rate, now));
        let level = (level + now.duration_since(at).as_secs_f64() * rate).min(rate);
        let too_fast = level < 1.0;
        self.buckets.insert(of, (if too_fast { level } else { level - 1.0 }, now));
        too_fast
    }

    /// A token names its query and the last event shown, so that one that comes in between two
    /// pages moves none to another page.
    fn page(&self, query: &Query, token: Option<&str>, size: u64) -> Result<Value, Fault> {
        let mut found: Vec<&Stored> = self.events.iter().filter(|e| query.wants(e)).collect();
        if let Some(token) = token {
            let last = token
                .strip_prefix(&query.to_string())
                .ok_or(Fault::Refused("InvalidNextTokenException"))?;
            let shown = found.iter().position(|e| e.id == last).map_or(0, |at| at + 1);
            found.drain(..shown);
        }
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let mut page = json!({"Events": found.iter().map(|e| shown(e)).collect::<Vec<_>>()});
        if let Some(last) = found.last().filter(|_| more) {
            page["NextToken"] = json!(format!("{query}{}", last.id));
        }
        Ok(page)
    }
}

struct Query {
    field: &'static str,
    event_name: String,
    start: i64,
    end: i64,
}

impl Query {
    fn of(body: &Value) -> Result<Self, Fault> {
        let attributes = body["LookupAttributes"].as_array().map_or(&[][..], Vec::as_slice);
        let [attribute] = attributes else {
            return Err(Fault::Refused("InvalidLookupAttributesException"));
        };
        let key = attribute["AttributeKey"].as_str().unwrap();
        assert!(matches!(key, "EventName" | "EventSource"), "{key}");
        if !(1..=50).contains(&body["MaxResults"].as_u64().unwrap_or(50)) {
            return Err(Fault::Refused("InvalidMaxResultsException"));
        }
        let (start, end) = (seconds(&body["StartTime"]), seconds(&body["EndTime"]));
        if start > end {
            return Err(Fault::Refused("InvalidTimeRangeException"));
        }
        let wanted = attribute["AttributeValue"].as_str().unwrap().to_owned();
        let field = if key == "EventName" { "eventName" } else { "eventSource" };
        Ok(Query { field, event_name: wanted, start, end })
    }

    fn wants(&self, event: &Stored) -> bool {
        event.record[self.field] == self.event_name.as_str()
            && (self.start..=self.end).contains(&event.time)
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}/", self.event_name, self.start, self.end)
    }
}

/// A record of a call that counts.
pub fn record(id: &str, event_name: &str, time: i64) -> Value {
    let time = jiff::Timestamp::from_second(time).unwrap();
    let source = match event_name {
        "SendSSHPublicKey" | "SendSerialConsoleSSHPublicKey" | "OpenTunnel" => {
            "ec2-instance-connect.amazonaws.com"
        }
        "ExecuteCommand" => "ecs.amazonaws.com",
        "GetPasswordData" => "ec2.amazonaws.com",
        _ => "ssm.amazonaws.com",
    };
    json!({
        "eventVersion": "1.08", "eventID": id, "eventName": event_name, "eventSource": source,
        "eventTime": time.to_string(), "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7",
        "recipientAccountId": "123456789012", "eventType": "AwsApiCall",
        "userIdentity": {"type": "IAMUser", "userName": "alice",
                         "arn": "arn:aws:iam::123456789012:user/alice"},
        "requestParameters": {"target": "i-1", "instanceId": "i-1"},
        "responseElements": {"sessionId": format!("alice-{id}")},
    })
}

pub fn now() -> i64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64
}

/// An event as LookupEvents shows it, the record quoted within.
fn shown(event: &Stored) -> Value {
    json!({
        "EventId": event.id, "EventName": event.record["eventName"], "ReadOnly": "false",
        "EventTime": event.time as f64, "EventSource": event.record["eventSource"],
        "Username": "alice", "Resources": [], "CloudTrailEvent": event.record.to_string(),
    })
}

fn seconds(value: &Value) -> i64 {
    value.as_f64().unwrap() as i64
}

/// The access key and the Region of a signature.
fn credential(authorization: &str) -> (String, String) {
    let credential = authorization.strip_prefix("AWS4-HMAC-SHA256 Credential=").unwrap_or_default();
    let mut parts = credential.split('/');
    let key = parts.next().unwrap_or_default().to_owned();
    (key, parts.nth(1).unwrap_or_default().to_owned())
}

/// One request's headers, their names in lower case, and its body.
fn request(reader: &mut impl BufRead) -> Option<(BTreeMap<String, String>, Vec<u8>)> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((headers, body))
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body).into_owned();
    let decode = |text: &str| text.replace("%3A", ":").replace("%2F", "/");
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}
