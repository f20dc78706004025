//! Whether an event was expected: an event is when one rule of its kind's list fits whole.
//!
//! A rule is a list of conditions, and all must hold. A kind of event without rules is `unset`.
//! Only successes are judged: logins, sudo commands and AWS calls that let someone in.

mod hours;
mod pattern;

use crate::event::{Event, EventKind};

pub use hours::Hours;
pub use pattern::Pattern;

/// The three lists of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Logins,
    Sudo,
    Aws,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Logins, Kind::Sudo, Kind::Aws];

    /// The list's key below `expected`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Logins => "logins",
            Kind::Sudo => "sudo",
            Kind::Aws => "aws",
        }
    }

    /// The list that judges events of this kind; `None` where no list does.
    pub fn of(kind: EventKind) -> Option<Kind> {
        match kind {
            EventKind::LoginSuccess => Some(Kind::Logins),
            EventKind::SudoCommand => Some(Kind::Sudo),
            EventKind::AwsSuccess => Some(Kind::Aws),
            EventKind::LoginFailure
            | EventKind::LoginRejected
            | EventKind::SessionOpened
            | EventKind::SessionClosed
            | EventKind::SudoFailure
            | EventKind::SuSuccess
            | EventKind::SuFailure
            | EventKind::AccountChange
            | EventKind::AwsFailure => None,
        }
    }

    /// What a rule of this list can ask for, beside `hours`.
    pub fn subjects(self) -> &'static [Subject] {
        use Subject::{
            Account, Command, Document, EventName, Identity, Method, Network, Program, Region,
            Source, SourceIdentity, Target, TargetUser, User,
        };
        match self {
            Kind::Logins => &[User, Identity, Network, Source, Method, Program],
            Kind::Sudo => &[User, TargetUser, Command],
            Kind::Aws => &[
                Identity,
                SourceIdentity,
                EventName,
                Target,
                Document,
                Network,
                Source,
                Account,
                Region,
            ],
        }
    }
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    User,
    /// The person, as far as no local user could have written the name.
    Identity,
    Network,
    Source,
    Method,
    Program,
    TargetUser,
    /// The program's path; the whole command line for a pattern with a blank.
    Command,
    /// Whom STS was told to stand behind the session.
    SourceIdentity,
    EventName,
    Target,
    Document,
    Account,
    Region,
}

impl Subject {
    /// The key in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::User => "user",
            Subject::Identity => "identity",
            Subject::Network => "network",
            Subject::Source => "source",
            Subject::Method => "method",
            Subject::Program => "program",
            Subject::TargetUser => "target_user",
            Subject::Command => "command",
            Subject::SourceIdentity => "source_identity",
            Subject::EventName => "event_name",
            Subject::Target => "target",
            Subject::Document => "document",
            Subject::Account => "account",
            Subject::Region => "region",
        }
    }
}

/// One rule: every condition holds, within one of the hours where some are given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    pub conditions: Vec<(Subject, Pattern)>,
    pub hours: Vec<Hours>,
}

/// The rules of all three lists, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    pub logins: Vec<Rule>,
    pub sudo: Vec<Rule>,
    pub aws: Vec<Rule>,
}

impl Expectations {
    pub fn list(&self, kind: Kind) -> &[Rule] {
        match kind {
            Kind::Logins => &self.logins,
            Kind::Sudo => &self.sudo,
            Kind::Aws => &self.aws,
        }
    }

    pub fn list_mut(&mut self, kind: Kind) -> &mut Vec<Rule> {
        match kind {
            Kind::Logins => &mut self.logins,
            Kind::Sudo => &mut self.sudo,
            Kind::Aws => &mut self.aws,
        }
    }
}

/// An event with what policy found out about it.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub event: &'a Event<'a>,
    /// The identity that a rule may rest on; empty for none.
    pub identity: &'a str,
    pub network: &'a str,
}

impl Rule {
    /// Whether every condition holds.
    pub fn fits(&self, facts: &Facts<'_>) -> bool {
        self.conditions.iter().all(|condition| holds(condition, facts)) && self.in_hours(facts)
    }

    fn in_hours(&self, facts: &Facts<'_>) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|hours| hours.cover(facts.event.time))
    }

    /// What does not hold, in words: `network is "public", not office`.
    pub fn misfits(&self, facts: &Facts<'_>) -> Vec<String> {
        let failed = self.conditions.iter().filter(|condition| !holds(condition, facts));
        let mut words: Vec<String> = failed
            .map(|(subject, pattern)| {
                let value = facts.value(*subject);
                format!("{} is {value:?}, not {pattern}", subject.as_str())
            })
            .collect();
        if !self.in_hours(facts) {
            let hours: Vec<&str> = self.hours.iter().map(Hours::as_str).collect();
            words.push(format!("the time is not within {}", hours.join(" or ")));
        }
        words
    }
}

fn holds((subject, pattern): &(Subject, Pattern), facts: &Facts<'_>) -> bool {
    match subject {
        Subject::Command => pattern.fits_command(facts.value(*subject)),
        _ => pattern.fits(facts.value(*subject)),
    }
}

impl<'a> Facts<'a> {
    /// The value that a condition looks at; empty where the event has none.
    fn value(&self, subject: Subject) -> &'a str {
        let event = self.event;
        let aws = event.aws;
        let text = match subject {
            Subject::Identity => return self.identity,
            Subject::Network => return self.network,
            Subject::Program => return event.program,
            Subject::Method => return event.method.map_or("", |method| method.as_str()),
            Subject::User => event.user,
            Subject::Source => event.source,
            Subject::TargetUser => event.target_user,
            Subject::Command => event.command,
            Subject::SourceIdentity => aws.and_then(|call| call.source_identity),
            Subject::EventName => aws.map(|call| call.event_name),
            Subject::Target => aws.and_then(|call| call.target),
            Subject::Document => aws.and_then(|call| call.document),
            Subject::Account => aws.and_then(|call| call.account),
            Subject::Region => aws.and_then(|call| call.region),
        };
        text.unwrap_or("")
    }
}
