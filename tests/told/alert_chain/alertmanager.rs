//! The example's Alertmanager, with webhooks in place of its mail, and the receiver of those.
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use serde_json::Value;

use crate::support::{PATIENCE, Process, free_port, get, wait_for};

/// A running Alertmanager with the routes, groups and inhibitions of `deploy/alertmanager`.
pub struct Alertmanager {
    _process: Process,
    pub address: String,
    messages: Receiver<Message>,
}

/// What a person would be told, and when it came.
#[derive(Debug)]
pub struct Message {
    pub at: Instant,
    pub receiver: String,
    /// Summary and description of each of its alerts.
    pub text: String,
}

impl Alertmanager {
    pub fn start(program: &Path, dir: &Path) -> Alertmanager {
        let (sender, messages) = channel();
        let config = dir.join("alertmanager.yml");
        std::fs::write(&config, with_webhooks(&receive(sender))).unwrap();
        let address = format!("127.0.0.1:{}", free_port());
        let log = File::create(dir.join("alertmanager.log")).unwrap();
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.path={}", dir.join("alertmanager").display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--cluster.listen-address=")
                .stdout(Stdio::null())
                .stderr(log),
        );
        wait_for("Alertmanager", || get(&format!("http://{address}/-/ready")).ok());
        Alertmanager { _process: process, address, messages }
    }

    /// The next message to anybody.
    #[track_caller]
    pub fn message(&self) -> Message {
        self.messages.recv_timeout(PATIENCE).expect("a message of Alertmanager")
    }

    /// No message is waiting that nobody asked for.
    #[track_caller]
    pub fn silent(&self) {
        if let Ok(message) = self.messages.try_recv() {
            panic!("nobody should have been told: {message:?}");
        }
    }

    /// The labels of every alert that Alertmanager knows, told or inhibited or waiting.
    pub fn alerts(&self) -> Vec<Value> {
        let page = get(&format!("http://{}/api/v2/alerts", self.address)).unwrap();
        let alerts: Vec<Value> = serde_json::from_str(&page).unwrap();
        alerts.into_iter().map(|alert| alert["labels"].clone()).collect()
    }
}

/// The example as it is, down to its receivers: each keeps its name and becomes a webhook.
fn with_webhooks(url: &str) -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/alertmanager");
    let text = std::fs::read_to_string(example.join("alertmanager.yml")).unwrap();
    let text = text.replace("[login_exporter.tmpl]", "[]");
    let (before, receivers) = text.split_once("\nreceivers:\n").expect("the example's receivers");
    let names = receivers.lines().filter_map(|line| line.trim().strip_prefix("- name: "));
    let webhooks: String = names
        .map(|name| {
            format!("- name: {name}\n  webhook_configs: [{{url: '{url}', send_resolved: false}}]\n")
        })
        .collect();
    format!("{before}\nreceivers:\n{webhooks}")
}

/// Listens for webhooks until the test ends; where.
fn receive(sender: Sender<Message>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || converse(stream, &sender));
        }
    });
    url
}

fn converse(stream: TcpStream, sender: &Sender<Message>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(body) = request(&mut reader) {
        let _ = sender.send(message(&serde_json::from_slice(&body).unwrap()));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}

/// The body of the next request.
fn request(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn message(webhook: &Value) -> Message {
    let told = |alert: &Value, what: &str| {
        alert["annotations"][what].as_str().unwrap_or_default().to_owned()
    };
    let alerts = webhook["alerts"].as_array().unwrap().iter();
    let texts = alerts.map(|a| format!("{}\n{}\n", told(a, "summary"), told(a, "description")));
    Message {
        at: Instant::now(),
        receiver: webhook["receiver"].as_str().unwrap().to_owned(),
        text: texts.collect(),
    }
}
