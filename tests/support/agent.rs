//! A program that keeps files as amazon-ssm-agent does (agent/docmanager, agent/framework/processor):
//! pending, renamed to current, written again in place, removed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

pub const INSTANCE: &str = "i-0abcdef1234567890";

/// What a session is opened for.
#[derive(Clone, Copy, Debug)]
pub struct Session<'s> {
    /// The account of RunAs; empty for the agent's own.
    pub run_as: &'s str,
    pub owner: &'s str,
    /// `Standard_Stream`, `Port`, `InteractiveCommands`.
    pub plugin: &'s str,
}

pub const SHELL: Session<'static> = Session {
    run_as: "",
    owner: "arn:aws:sts::123456789012:assumed-role/Ops/alice",
    plugin: "Standard_Stream",
};

pub struct Agent {
    state: PathBuf,
    /// What it works on, by ID.
    documents: BTreeMap<String, Value>,
}

impl Agent {
    pub fn start(dir: &Path) -> Agent {
        Agent::start_for(dir, INSTANCE)
    }

    pub fn start_for(dir: &Path, instance: &str) -> Agent {
        let state = dir.join(instance).join("document/state");
        for place in ["pending", "current", "completed", "corrupt"] {
            fs::create_dir_all(state.join(place)).unwrap();
        }
        Agent { state, documents: BTreeMap::new() }
    }

    pub fn path(&self, place: &str, id: &str) -> PathBuf {
        self.state.join(place).join(id)
    }

    /// A session that the service asks for: its file is written and lies in pending.
    pub fn submits(&mut self, id: &str, session: Session<'_>) {
        let Session { run_as, owner, plugin } = session;
        let properties = match plugin {
            "Port" => {
                json!({"type": "LocalPortForwarding", "portNumber": "3306", "host": "db.internal"})
            }
            _ => json!({"linux": {"commands": "", "runAsElevated": false}}),
        };
        let document = json!({
            "DocumentInformation": {
                "DocumentID": id, "CommandID": id, "InstanceID": INSTANCE, "RunCount": 0,
                "RunID": "2023-11-17T07-09-48.712Z", "CreatedDate": "55847-05-09 11:31:49 +0000 UTC",
                "DocumentName": "SSM-SessionManagerRunShell", "DocumentStatus": "InProgress",
                "ProcInfo": {"Pid": 0, "StartTime": "0001-01-01T00:00:00Z"},
                "RunAsUser": "", "SessionOwner": owner,
            },
            "DocumentType": "StartSession",
            "SchemaVersion": "1.0",
            "InstancePluginsInformation": [{"Name": plugin, "Id": plugin, "Configuration": {
                "PluginName": plugin, "Properties": properties, "SessionId": id,
                "RunAsEnabled": !run_as.is_empty(), "RunAsUser": run_as, "SessionOwner": owner,
            }}],
            "AFieldOfAVersionToCome": [1, {"SessionOwner": "arn:aws:iam::1:user/mallory"}],
        });
        self.submit(id, document);
    }

    /// A command of Run Command.
    pub fn submits_command(&mut self, id: &str) {
        let document = json!({
            "DocumentInformation": {"DocumentID": id, "DocumentName": "AWS-RunShellScript"},
            "DocumentType": "SendCommand",
        });
        self.submit(id, document);
    }

    fn submit(&mut self, id: &str, document: Value) {
        fs::write(self.path("pending", id), indented(&document)).unwrap();
        self.documents.insert(id.to_owned(), document);
    }

    /// It begins to work on it: the file moves, and is written again with the worker's process.
    pub fn executes(&mut self, id: &str) {
        fs::rename(self.path("pending", id), self.path("current", id)).unwrap();
        let path = self.path("current", id);
        let document = self.documents.get_mut(id).unwrap();
        document["DocumentInformation"]["ProcInfo"]["Pid"] = json!(4242);
        fs::write(path, indented(document)).unwrap();
    }

    pub fn opens(&mut self, id: &str, session: Session<'_>) {
        self.submits(id, session);
        self.executes(id);
    }

    pub fn runs(&mut self, id: &str) {
        self.submits_command(id);
        self.executes(id);
    }

    /// The file of a session is removed at its end; Run Command's moves on.
    pub fn ends(&mut self, id: &str) {
        let document = self.documents.remove(id).unwrap();
        match document["DocumentType"] == "StartSession" {
            true => fs::remove_file(self.path("current", id)).unwrap(),
            false => fs::rename(self.path("current", id), self.path("completed", id)).unwrap(),
        }
    }

    /// After a restart it counts up each document that it finds at work, and goes on with it.
    pub fn restarts(&mut self) {
        for (id, document) in &mut self.documents {
            let count = document["DocumentInformation"]["RunCount"].as_i64().unwrap_or(0);
            document["DocumentInformation"]["RunCount"] = json!(count + 1);
            fs::write(self.state.join("current").join(id), indented(document)).unwrap();
        }
    }
}

fn indented(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap()
}
