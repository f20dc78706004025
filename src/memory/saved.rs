//! The memory as it is saved: whole, or what changed since it was saved last.
//!
//! The caller appends changes to a whole memory and now and then saves it whole again. What it
//! loads is the whole one with the changes applied in order, then [`Memory::loaded`].

use serde::{Deserialize, Serialize};

use super::agent::Open;
use super::brief::BriefChanges;
use super::cloudtrail_ids::CloudTrailChanges;
use super::failures::{Failures, FailuresChanges};
use super::hosts::{Host, HostId, Hosts};
use super::instance_connect::Named;
use super::process::Process;
use super::refusals::User;
use super::sessions::SessionChanges;
use super::su::Use;
use super::table;
use super::waiting::{Place, Queue, Waiting};
use super::{Limits, Memory, Parts};
use crate::keyed::Words;

/// Declares what is saved: a name, the type of its changes, and where in the memory it stands.
macro_rules! saved {
    ($($name:ident: $changes:ty = $($path:ident).+;)+) => {
        /// What changed in each part. A part that did not change is left out.
        #[derive(Debug, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Changes {
            words: Option<Words>,
            last_line: String,
            $(#[serde(skip_serializing_if = "Option::is_none")] $name: Option<$changes>,)+
        }

        impl Memory {
            /// What changed since the last call of this or of [`Memory::forget_changes`], to be
            /// appended to what was saved before. The first call gives everything.
            pub fn take_changes(&mut self) -> Changes {
                Changes {
                    words: Some(self.words),
                    last_line: self.last_line.clone(),
                    $($name: Some(self.$($path).+.take_changes()).filter(|c| !c.is_empty()),)+
                }
            }

            /// The memory was saved whole, with all that changed until now.
            pub fn forget_changes(&mut self) {
                $(self.$($path).+.forget_changes();)+
            }

            /// Applies what had changed, to a memory as it was saved before.
            pub fn apply(&mut self, changes: Changes) {
                self.words = changes.words.unwrap_or(self.words);
                self.last_line = changes.last_line;
                $(if let Some(changes) = changes.$name {
                    self.$($path).+.apply(changes);
                })+
            }
        }
    };
}

saved! {
    hosts: table::Changes<HostId, Host> = hosts;
    queue: table::Changes<Place, Waiting> = queue;
    connections: table::Changes<(HostId, u32), Process> = parts.connections;
    throttling: BriefChanges<u32> = parts.throttling.told;
    sessions: SessionChanges = parts.sessions;
    agent: table::Changes<(u64, u64), Open> = parts.agent.open;
    su: BriefChanges<Vec<Use>> = parts.su.recent;
    refusals: BriefChanges<User> = parts.refusals.users;
    doas: BriefChanges<String> = parts.refusals.sessions;
    attempts: BriefChanges<(Place, bool)> = parts.attempts.waiting;
    commands: BriefChanges<u32> = parts.commands.running;
    account_changes: BriefChanges<bool> = parts.account_changes.recent;
    instance_connect: BriefChanges<Named> = parts.instance_connect.named;
    cloudtrail: CloudTrailChanges = parts.cloudtrail_ids;
    failures: FailuresChanges = failures;
}

impl Memory {
    /// Everything was applied: what follows from the records is made anew.
    pub fn loaded(&mut self) {
        self.hosts.index();
        self.queue.index();
        self.parts.connections.index(&self.queue, self.words);
        self.parts.sessions.index();
    }
}

/// A memory that was saved whole. An older one may lack a part.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Whole {
    words: Words,
    hosts: Hosts,
    queue: Queue,
    parts: Parts,
    failures: Failures,
    last_line: String,
}

impl From<Whole> for Memory {
    fn from(Whole { words, hosts, queue, parts, failures, last_line }: Whole) -> Memory {
        let (limits, wall) = (Limits::default(), None);
        let mut memory = Memory { limits, wall, words, hosts, queue, parts, failures, last_line };
        memory.loaded();
        memory
    }
}
