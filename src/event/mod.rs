//! What happened: one login, refusal, session, command or change, as plain data.
//!
//! Owns the words that the rest of the program speaks: [`Event`] and its closed enums. Their
//! `as_str` forms are the label values of `/metrics` and the strings of `history --format=json`.
//! Text borrows from the record it was read from ([`Texts`]), so that a line costs no allocation; it
//! is hostile input (attackers choose user names) and is never interpreted here.

mod texts;
mod time;
mod words;

pub use texts::Texts;
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<'a> {
    pub time: Time,
    /// The host as the record names it; empty where it names none.
    pub host: &'a str,
    pub kind: EventKind,
    pub role: Role,
    /// The place of its record in the input, by which `history` keeps the order of the file.
    pub ordinal: u64,
    /// The program that let in or refused, by one name across versions (`sshd` for sshd-session,
    /// `cron` for CRON and crond).
    pub program: &'a str,
    /// The process that wrote the record, which joins the lines of one connection.
    pub pid: Option<u32>,
    /// How many of this the record stands for (`message repeated 3 times`, sudo's attempts).
    pub count: u32,
    /// The ID of the user without rights who tells it of himself, as the journal knows, and who can
    /// lie about himself; 0 where root says it, or where nothing tells who does.
    pub told_by: u32,
    /// The account as logged. A name that the host does not know has [`Event::invalid_user`] set.
    pub user: Option<&'a str>,
    pub invalid_user: bool,
    pub target_user: Option<&'a str>,
    pub method: Option<Method>,
    pub reason: Option<Reason>,
    /// An IP address without `::ffff:`, or the host name where the program logged one.
    pub source: Option<&'a str>,
    pub port: Option<u16>,
    /// As logged: `SHA256:…` or `MD5:…` (`aa:bb:…` of OpenSSH before 6.8 as it is).
    pub fingerprint: Option<&'a str>,
    /// The certificate's key ID, or for AWS the caller; policy puts the configured name here.
    pub identity: Option<&'a str>,
    /// The whole command line as sudo logged it.
    pub command: Option<&'a str>,
    /// Without `/dev/`, as sudo, su and login log it.
    pub tty: Option<&'a str>,
    pub directory: Option<&'a str>,
    pub change: Option<Change>,
    /// sudo spoke in the way of sudo-rs, which says nothing of what it refuses.
    pub sudo_rs: bool,
    /// Who started the program. Not kept past the record: it says whether the writer may say this,
    /// and who used su.
    pub by: Option<Invoker<'a>>,
    /// PAM's service as logged (`sudo-i`), where a PAM module speaks. Not kept past the record.
    pub service: Option<&'a str>,
    pub aws: Option<&'a AwsCall<'a>>,
}

/// What AWS tells of an access: a CloudTrail record all of it; the state of amazon-ssm-agent its
/// session, document, target, account and where a tunnel leads, and neither call nor event ID.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AwsCall<'a> {
    pub event_name: &'a str,
    /// The instance, node, container or space, in a form that stays one label; `None` where the
    /// call names only a session.
    pub target: Option<&'a str>,
    /// The whole of what the target stands for, where that says more.
    pub resource: Option<&'a str>,
    /// Why, in the caller's own words.
    pub reason: Option<&'a str>,
    /// `ticket=INC-4711 team=ops`
    pub tags: Option<&'a str>,
    pub document: Option<&'a str>,
    pub account: Option<&'a str>,
    pub region: Option<&'a str>,
    pub session_id: Option<&'a str>,
    /// Where a tunnel leads from the host: `HOST:PORT`.
    pub destination: Option<&'a str>,
    pub error_code: Option<&'a str>,
    /// CloudTrail's own ID of the record, by which it counts once.
    pub event_id: &'a str,
    /// The record that this one corrects.
    pub original_event_id: Option<&'a str>,
    pub user_agent: Option<&'a str>,
    pub mfa: Option<bool>,
    /// Whom STS was told to stand behind the session (`sts:SourceIdentity`).
    pub source_identity: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// An event of this kind with nothing else known.
    #[inline(always)]
    pub fn new(kind: EventKind, program: &'a str) -> Self {
        Event {
            time: Time::default(),
            host: "",
            kind,
            role: Role::Proof,
            ordinal: 0,
            program,
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
}

/// A line that is no event, but that another line's event needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hint<'a> {
    pub time: Time,
    pub host: &'a str,
    pub program: &'a str,
    pub pid: Option<u32>,
    pub kind: HintKind<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HintKind<'a> {
    /// `Connection from A port N …`: whose connection the process serves.
    Connection { source: &'a str, port: Option<u16> },
    /// EC2 Instance Connect named the principal behind a key (`Providing ssh key …`).
    /// `principal` is in the form of an AWS identity.
    /// `trusted` where the journal vouches for the writer: no local user made the line up.
    KeyProvided { fingerprint: &'a str, principal: &'a str, trusted: bool },
    /// Another PAM module let in the user whom an earlier one refused (`pam_sss(…): authentication success`).
    AuthenticationSucceeded { user: &'a str, by: Option<Invoker<'a>>, service: Option<&'a str> },
    /// `last message repeated N times`: the previous line of this host, N times more.
    Repeated { times: u32 },
    /// sshd begins to drop connections (`beginning MaxStartups throttling`).
    ThrottlingBegan,
    /// The host started: no session from before it is open (`systemd-logind: New seat seat0.`).
    HostStarted,
    /// The log daemon or journald says that it dropped messages.
    Suppressed { messages: u64 },
}
