//! What must hold for any bytes, shared by the fuzz targets and the property tests in
//! `tests/lines/hostile.rs`.

use jiff::tz::TimeZone;
use login_exporter::event::{Event, EventKind, Method, Time};
use login_exporter::parse::{self, Clock, Parsed};

/// What sshd wrote into a line beside the name.
const ADDRESS: &str = "192.0.2.1";
const PORT: u16 = 50022;

/// `log.c` writes at most so much of a message; at exactly this length its end may be missing, and
/// where blanks were taken off the end, at up to 200 bytes less.
const CUT: usize = 500;
const MAY_BE_CUT: std::ops::RangeInclusive<usize> = CUT - 200..=CUT;

pub fn clock() -> Clock {
    Clock { reference: Time::new(1_800_000_000, 0), zone: TimeZone::UTC, year: None }
}

/// Any bytes are read without a panic, alone and as the message of every login program.
pub fn any_bytes(bytes: &[u8]) {
    let clock = clock();
    let _ = parse::line(bytes, &clock);
    for tag in TAGS {
        let line = [b"May  1 02:03:04 web ", tag.as_bytes(), b"[7]: ", bytes].concat();
        let _ = parse::line(&line, &clock);
    }
}

const TAGS: [&str; 21] = [
    "sshd",
    "sshd-session",
    "sshd(pam_unix)",
    "sudo",
    "su",
    "login",
    "systemd-logind",
    "CRON",
    "useradd",
    "gpasswd",
    "passwd",
    "ec2-instance-connect",
    "rsyslogd",
    "systemd-journald",
    "dropbear",
    "tailscaled",
    "doas",
    "pkexec",
    "polkitd",
    "gdm-password]",
    "(sd-pam)",
];

/// A line of sshd with a hole for the name, and what it tells whatever the name is.
pub struct Form {
    before: &'static str,
    after: &'static str,
    kind: EventKind,
    method: Option<Method>,
    has_peer: bool,
}

impl Form {
    /// sshd cuts a name at 100 bytes. The lines that tell of a key rest on that, since key ID and
    /// client name are an attacker's as well; the others are given more than sshd would write.
    fn message(&self, name: &[u8]) -> Vec<u8> {
        let quotes_more = self.after.contains("ssh2: ");
        let name = if quotes_more { &name[..name.len().min(100)] } else { name };
        [self.before.as_bytes(), name, self.after.as_bytes()].concat()
    }

    /// A client chooses the name of a service too, and sshd quotes it where it disconnects: then
    /// either could imitate the other, and the line names no address rather than a wrong one.
    ///
    /// So it is with the key ID of a certificate and the user of a client.
    fn has_two_readings(&self, name: &[u8]) -> bool {
        let holds = |words: &[u8]| name.windows(words.len()).any(|w| w == words);
        let chosen = matches!(self.method, Some(Method::Certificate | Method::Hostbased));
        self.before.starts_with("Disconnecting") && holds(b"bad service request ")
            || chosen && holds(b"from ")
    }

    /// The whole line with this name in it.
    pub fn line(&self, name: &[u8]) -> Vec<u8> {
        [b"May  1 02:03:04 web sshd-session[4711]: ", &self.message(name)[..]].concat()
    }
}

const fn form(before: &'static str, after: &'static str, kind: EventKind) -> Form {
    Form { before, after, kind, method: None, has_peer: true }
}

const fn attempt(before: &'static str, after: &'static str, method: Method) -> Form {
    Form { method: Some(method), ..form(before, after, EventKind::LoginFailure) }
}

/// Every form of OpenSSH 4.3 to 10.5 that holds a name which an attacker chose.
pub const FORMS: [Form; 19] = [
    attempt(
        "Failed password for invalid user ",
        " from 192.0.2.1 port 50022 ssh2",
        Method::Password,
    ),
    attempt(
        "Failed password for illegal user ",
        " from 192.0.2.1 port 50022 ssh2",
        Method::Password,
    ),
    attempt("Failed none for invalid user ", " from 192.0.2.1 port 50022 ssh2", Method::None),
    attempt(
        "Failed keyboard-interactive/pam for invalid user ",
        " from 192.0.2.1 port 50022 ssh2 [preauth]",
        Method::KeyboardInteractive,
    ),
    attempt(
        "Failed publickey for invalid user ",
        " from 192.0.2.1 port 50022 ssh2",
        Method::Publickey,
    ),
    attempt(
        "Failed publickey for invalid user ",
        " from 192.0.2.1 port 50022 ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA",
        Method::Publickey,
    ),
    attempt(
        "Failed publickey for invalid user ",
        " from 192.0.2.1 port 50022 ssh2: RSA-CERT SHA256:1M4R ID bob (serial 1) CA RSA SHA256:kzfj",
        Method::Certificate,
    ),
    attempt(
        "Failed hostbased for invalid user ",
        " from 192.0.2.1 port 50022 ssh2: RSA SHA256:1M4R, client user \"bob\", client host \"a\"",
        Method::Hostbased,
    ),
    attempt(
        "Failed gssapi-with-mic for invalid user ",
        " from 192.0.2.1 port 50022 ssh2",
        Method::Gssapi,
    ),
    attempt("Failed password for ", " from 192.0.2.1 port 50022 ssh2", Method::Password),
    attempt(
        "error: PAM: Authentication failure for illegal user ",
        " from 192.0.2.1",
        Method::KeyboardInteractive,
    ),
    form("Invalid user ", " from 192.0.2.1 port 50022", EventKind::LoginRejected),
    form("Invalid user ", " from 192.0.2.1", EventKind::LoginRejected),
    form(
        "Connection closed by invalid user ",
        " 192.0.2.1 port 50022 [preauth]",
        EventKind::LoginRejected,
    ),
    form(
        "Connection reset by authenticating user ",
        " 192.0.2.1 port 50022 [preauth]",
        EventKind::LoginRejected,
    ),
    form(
        "Disconnected from invalid user ",
        " 192.0.2.1 port 50022 [preauth]",
        EventKind::LoginRejected,
    ),
    form(
        "Disconnecting invalid user ",
        " 192.0.2.1 port 50022: Too many authentication failures [preauth]",
        EventKind::LoginRejected,
    ),
    form(
        "error: maximum authentication attempts exceeded for invalid user ",
        " from 192.0.2.1 port 50022 ssh2 [preauth]",
        EventKind::LoginRejected,
    ),
    Form {
        has_peer: false,
        ..form("input_userauth_request: invalid user ", " [preauth]", EventKind::LoginRejected)
    },
];

/// A name of any bytes changes neither program, outcome, method, address nor port, in any form.
pub fn hostile_user(name: &[u8]) {
    for form in &FORMS {
        hostile_user_in(form, name);
    }
}

fn hostile_user_in(form: &Form, name: &[u8]) {
    let line = form.line(name);
    let clock = clock();
    let shown = String::from_utf8_lossy(&line);
    match parse::line(&line, &clock) {
        Parsed::Event(event) => {
            assert_eq!(event.kind, form.kind, "{shown}");
            assert_eq!(event.program, "sshd", "{shown}");
            assert_eq!(event.pid, Some(4711), "{shown}");
            assert_eq!(event.host, "web", "{shown}");
            assert_eq!(event.count, 1, "{shown}");
            assert!(form.method.is_none() || event.method == form.method, "{shown}");
            let may_lack_peer =
                MAY_BE_CUT.contains(&form.message(name).len()) || form.has_two_readings(name);
            peer_is_sshds(form, &event, may_lack_peer, &shown);
        }
        other => panic!("{other:?}: {shown}"),
    }
}

fn peer_is_sshds(form: &Form, event: &Event<'_>, may_lack_peer: bool, shown: &str) {
    let unknown = event.source.is_none() && event.port.is_none();
    if !form.has_peer {
        assert!(unknown, "{shown}");
        return;
    }
    if unknown && may_lack_peer {
        return;
    }
    assert_eq!(event.source.as_deref(), Some(ADDRESS), "{shown}");
    let port = form.after.contains(" port ").then_some(PORT);
    assert_eq!(event.port, port, "{shown}");
}
