//! What happened: one login, refusal, session, command or change, as plain data.
//!
//! Owns the words that the rest of the program speaks: [`Event`] and its closed enums. Their
//! `as_str` forms are the label values of `/metrics` and the strings of `history --format=json`.
//! Text borrows from the record it was read from, so that a line costs no allocation; it is
//! hostile input (attackers choose user names) and is never interpreted here.

mod time;
mod words;

use std::borrow::Cow;

pub use time::Time;
pub use words::{Change, EventKind, Expected, Method, Reason, Role, SSM_AGENT};

/// Who started the program that speaks, as its line names him.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Invoker<'a> {
    /// Empty where the line names none.
    pub name: &'a str,
    /// The real user ID, as PAM's modules print it (`by alice(uid=1000)`, `logname= uid=1000`).
    pub uid: Option<u32>,
}

/// One thing that happened. Which fields are present depends on [`Event::kind`]: an absent one is
/// `None`, an empty name that was logged is `Some("")`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    pub time: Time,
    /// The host as the record names it; empty where it names none.
    pub host: Cow<'a, str>,
    pub kind: EventKind,
    pub role: Role,
    /// The place of its record in the input, by which `history` keeps the order of the file.
    pub ordinal: u64,
    /// The program that let in or refused, by one name across versions (`sshd` for sshd-session,
    /// `cron` for CRON and crond).
    pub program: Cow<'a, str>,
    /// The process that wrote the record, which joins the lines of one connection.
    pub pid: Option<u32>,
    /// How many of this the record stands for (`message repeated 3 times`, sudo's attempts).
    pub count: u32,
    /// The ID of the user without rights who tells it of himself, as the journal knows, and who can
    /// lie about himself; 0 where root says it, or where nothing tells who does.
    pub told_by: u32,
    /// The account as logged. A name that the host does not know has [`Event::invalid_user`] set.
    pub user: Option<Cow<'a, str>>,
    pub invalid_user: bool,
    pub target_user: Option<Cow<'a, str>>,
    pub method: Option<Method>,
    pub reason: Option<Reason>,
    /// An IP address without `::ffff:`, or the host name where the program logged one.
    pub source: Option<Cow<'a, str>>,
    pub port: Option<u16>,
    /// As logged: `SHA256:…` or `MD5:…` (`aa:bb:…` of OpenSSH before 6.8 as it is).
    pub fingerprint: Option<Cow<'a, str>>,
    /// The certificate's key ID, or for AWS the caller; policy puts the configured name here.
    pub identity: Option<Cow<'a, str>>,
    /// The whole command line as sudo logged it.
    pub command: Option<Cow<'a, str>>,
    /// Without `/dev/`, as sudo, su and login log it.
    pub tty: Option<Cow<'a, str>>,
    pub directory: Option<Cow<'a, str>>,
    pub change: Option<Change>,
    /// sudo spoke in the way of sudo-rs, which says nothing of what it refuses.
    pub sudo_rs: bool,
    /// Who started the program. Not kept past the record: it says whether the writer may say this,
    /// and who used su.
    pub by: Option<Invoker<'a>>,
    /// PAM's service as logged (`sudo-i`), where a PAM module speaks. Not kept past the record.
    pub service: Option<&'a str>,
    pub aws: Option<Box<AwsCall<'a>>>,
}

/// What AWS tells of an access: a CloudTrail record all of it; the state of amazon-ssm-agent its
/// session, document, target, account and where a tunnel leads, and neither call nor event ID.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AwsCall<'a> {
    pub event_name: Cow<'a, str>,
    /// The instance, node, container or space, in a form that stays one label; `None` where the
    /// call names only a session.
    pub target: Option<Cow<'a, str>>,
    /// The whole of what the target stands for, where that says more.
    pub resource: Option<Cow<'a, str>>,
    /// Why, in the caller's own words.
    pub reason: Option<Cow<'a, str>>,
    /// `ticket=INC-4711 team=ops`
    pub tags: Option<Cow<'a, str>>,
    pub document: Option<Cow<'a, str>>,
    pub account: Option<Cow<'a, str>>,
    pub region: Option<Cow<'a, str>>,
    pub session_id: Option<Cow<'a, str>>,
    /// Where a tunnel leads from the host: `HOST:PORT`.
    pub destination: Option<Cow<'a, str>>,
    pub error_code: Option<Cow<'a, str>>,
    /// CloudTrail's own ID of the record, by which it counts once.
    pub event_id: Cow<'a, str>,
    /// The record that this one corrects.
    pub original_event_id: Option<Cow<'a, str>>,
    pub user_agent: Option<Cow<'a, str>>,
    pub mfa: Option<bool>,
    /// Whom STS was told to stand behind the session (`sts:SourceIdentity`).
    pub source_identity: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// An event of this kind with nothing else known.
    #[inline(always)]
    pub fn new(kind: EventKind, program: impl Into<Cow<'a, str>>) -> Self {
        Event {
            time: Time::default(),
            host: Cow::Borrowed(""),
            kind,
            role: Role::Proof,
            ordinal: 0,
            program: program.into(),
            pid: None,
            count: 1,
            told_by: 0,
            user: None,
            invalid_user: false,
            target_user: None,
            method: None,
            reason: None,
            source: None,
            port: None,
            fingerprint: None,
            identity: None,
            command: None,
            tty: None,
            directory: None,
            change: None,
            sudo_rs: false,
            by: None,
            service: None,
            aws: None,
        }
    }

    /// The same event with text of its own, to be kept past the record.
    pub fn into_owned(self) -> Event<'static> {
        Event {
            time: self.time,
            host: own(self.host),
            kind: self.kind,
            role: self.role,
            ordinal: self.ordinal,
            program: own(self.program),
            pid: self.pid,
            count: self.count,
            told_by: self.told_by,
            user: self.user.map(own),
            invalid_user: self.invalid_user,
            target_user: self.target_user.map(own),
            method: self.method,
            reason: self.reason,
            source: self.source.map(own),
            port: self.port,
            fingerprint: self.fingerprint.map(own),
            identity: self.identity.map(own),
            command: self.command.map(own),
            tty: self.tty.map(own),
            directory: self.directory.map(own),
            change: self.change,
            sudo_rs: self.sudo_rs,
            by: None,
            service: None,
            aws: self.aws.map(|call| Box::new(call.into_owned())),
        }
    }
}

impl AwsCall<'_> {
    fn into_owned(self) -> AwsCall<'static> {
        AwsCall {
            event_name: own(self.event_name),
            target: self.target.map(own),
            resource: self.resource.map(own),
            reason: self.reason.map(own),
            tags: self.tags.map(own),
            document: self.document.map(own),
            account: self.account.map(own),
            region: self.region.map(own),
            session_id: self.session_id.map(own),
            destination: self.destination.map(own),
            error_code: self.error_code.map(own),
            event_id: own(self.event_id),
            original_event_id: self.original_event_id.map(own),
            user_agent: self.user_agent.map(own),
            mfa: self.mfa,
            source_identity: self.source_identity.map(own),
        }
    }
}

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// A line that is no event, but that another line's event needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint<'a> {
    pub time: Time,
    pub host: Cow<'a, str>,
    pub program: Cow<'a, str>,
    pub pid: Option<u32>,
    pub kind: HintKind<'a>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HintKind<'a> {
    /// `Connection from A port N …`: whose connection the process serves.
    Connection { source: Cow<'a, str>, port: Option<u16> },
    /// EC2 Instance Connect named the principal behind a key (`Providing ssh key …`).
    /// `principal` is in the form of an AWS identity.
    /// `trusted` where the journal vouches for the writer: no local user made the line up.
    KeyProvided { fingerprint: Cow<'a, str>, principal: Cow<'a, str>, trusted: bool },
    /// Another PAM module let in the user whom an earlier one refused (`pam_sss(…): authentication success`).
    AuthenticationSucceeded {
        user: Cow<'a, str>,
        by: Option<Invoker<'a>>,
        service: Option<&'a str>,
    },
    /// `last message repeated N times`: the previous line of this host, N times more.
    Repeated { times: u32 },
    /// sshd begins to drop connections (`beginning MaxStartups throttling`).
    ThrottlingBegan,
    /// The host started: no session from before it is open (`systemd-logind: New seat seat0.`).
    HostStarted,
    /// The log daemon or journald says that it dropped messages.
    Suppressed { messages: u64 },
}
