//! What must hold for any bytes, shared by the fuzz targets and the property tests in
//! `tests/lines/hostile.rs`.

use jiff::tz::TimeZone;
use login_exporter::event::{Event, Method, Texts, Time};
use login_exporter::parse::syslog::{Frames, envelope};
use login_exporter::parse::{self, Clock, Parsed};
use login_exporter::programs::OtherNames;

/// `log.c` of OpenSSH writes at most so much of a message; at exactly this length its end may be
/// missing, and where blanks were taken off the end, at up to 200 bytes less.
const CUT: usize = 500;
const MAY_BE_CUT: std::ops::RangeInclusive<usize> = CUT - 200..=CUT;

/// sshd cuts the name of a user at so many bytes.
const LONGEST_NAME: usize = 100;

pub fn clock() -> Clock {
    Clock { reference: Time::new(1_800_000_000, 0), zone: TimeZone::UTC, year: None }
}

/// Any bytes are read without a panic, alone and as the message of every login program.
pub fn any_bytes(bytes: &[u8]) {
    let (clock, texts) = (clock(), Texts::default());
    let _ = parse::line(bytes, &clock, &texts);
    for tag in TAGS {
        let line = [b"May  1 02:03:04 web ", tag.as_bytes(), b"[7]: ", bytes].concat();
        let _ = parse::line(&line, &clock, &Texts::default());
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

/// What is remembered of a line changes nothing of the next. The first byte of each line chooses what
/// stands before the others, so that many are alike.
pub fn any_lines(bytes: &[u8]) {
    let lines: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').map(behind_head).collect();
    let (clock, names, texts) = (clock(), OtherNames::none(), Texts::default());
    let mut frames = Frames::new(clock.clone(), &texts);
    for line in &lines {
        let alone = envelope(line, &clock, &texts);
        let shown = String::from_utf8_lossy(line);
        assert_eq!(frames.envelope(line, &names), alone.as_ref(), "{shown}");
    }
}

fn behind_head(line: &[u8]) -> Vec<u8> {
    let Some((chosen, rest)) = line.split_first() else { return Vec::new() };
    [HEADS[usize::from(*chosen) % HEADS.len()].as_bytes(), rest].concat()
}

const HEADS: [&str; 16] = [
    "May  1 02:03:04 web sshd[7]: ",
    "May  1 02:03:05 web sshd[7]: ",
    "May  1 02:03:05 web sshd[77]: ",
    "May  1 02:03:05 web2 sshd[7]: ",
    "May  1 02:03:05 web sudo[7]: ",
    "May  1 02:03:05 web sudo: ",
    "May  1 02:03:05 web sshd: ",
    "May  1 02:03:05 web sshd: bob [priv][7]: ",
    "May  1 02:03:05 web sshd[7",
    "May  1 02:03:05 web ssh.service[7]: ",
    "May  1 02:03:05 web ",
    "May  1 02:03:",
    "2026-05-01T02:03:05.25+00:00 web sshd[7]: ",
    "2026-05-01T02:03:05.5+00:00 web sshd[7]: ",
    "<38>1 2026-05-01T02:03:05Z web sshd 7 - - ",
    "",
];

/// A line of a program with a hole for the name that a stranger chooses.
pub struct Form {
    tag: &'static str,
    pid: Option<u32>,
    before: &'static str,
    usual: &'static str,
    after: &'static str,
}

/// Lines of sshd of which the table shows one form for several.
const BESIDES: [(&str, &str); 7] = [
    ("Failed password for ", " from 192.0.2.1 port 22 ssh2"),
    ("Failed password for illegal user ", " from 192.0.2.1 port 22 ssh2"),
    ("Failed none for invalid user ", " from 192.0.2.1 port 22 ssh2"),
    ("Failed keyboard-interactive/pam for invalid user ", " from 192.0.2.1 port 22 ssh2 [preauth]"),
    (
        "Failed publickey for invalid user ",
        " from 192.0.2.1 port 22 ssh2: RSA SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA",
    ),
    (
        "Failed publickey for invalid user ",
        " from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:1M4R ID bob (serial 1) CA RSA SHA256:kzfj",
    ),
    (
        "Failed hostbased for invalid user ",
        " from 192.0.2.1 port 22 ssh2: RSA SHA256:1M4R, client user \"bob\", client host \"a\"",
    ),
];

/// Every line that a program is known to write with a name in it which a stranger chooses.
pub fn forms() -> impl Iterator<Item = Form> {
    let samples = parse::tables().into_iter().flat_map(|table| table.samples());
    let rows = samples.filter(|sample| sample.row.sample.contains('‹')).map(|sample| {
        let (before, usual, after) = sample.parts();
        Form { tag: sample.tag, pid: sample.pid, before, usual, after }
    });
    let besides = BESIDES.into_iter().map(|(before, after)| Form {
        tag: "sshd-session",
        pid: Some(7),
        before,
        usual: "admin",
        after,
    });
    rows.chain(besides)
}

impl Form {
    /// The name as this line can hold it. Those that tell of a key rest on sshd's cut of a name, since
    /// key ID and client name are an attacker's as well; the others are given more than a program
    /// would write. At the end of a line a name has a letter in front, since what is taken off there
    /// may be all of it.
    fn name(&self, name: &[u8]) -> Vec<u8> {
        let quotes_more = self.after.contains("ssh2: ");
        let name = if quotes_more { &name[..name.len().min(LONGEST_NAME)] } else { name };
        let letter: &[u8] = if self.after.is_empty() { b"x" } else { b"" };
        [letter, name].concat()
    }

    fn message(&self, name: &[u8]) -> Vec<u8> {
        [self.before.as_bytes(), &self.name(name), self.after.as_bytes()].concat()
    }

    /// The whole line with this name in it.
    pub fn line(&self, name: &[u8]) -> Vec<u8> {
        let pid = self.pid.map_or(String::new(), |pid| format!("[{pid}]"));
        let frame = format!("May  1 02:03:04 web {}{pid}: ", self.tag);
        [frame.as_bytes(), &self.message(name)[..]].concat()
    }

    /// A client chooses the name of a service too, and sshd quotes it where it disconnects: then
    /// either could imitate the other, and the line names no address rather than a wrong one.
    ///
    /// So it is with the key ID of a certificate and the user of a client.
    fn has_two_readings(&self, method: Option<Method>, name: &[u8]) -> bool {
        let holds = |words: &[u8]| name.windows(words.len()).any(|w| w == words);
        let chosen = matches!(method, Some(Method::Certificate | Method::Hostbased));
        self.before.starts_with("Disconnecting") && holds(b"bad service request ")
            || chosen && holds(b"from ")
    }
}

/// A name of any bytes changes nothing but the name, in any line.
pub fn hostile_name(name: &[u8]) {
    for form in forms() {
        hostile_name_in(&form, name);
    }
}

fn hostile_name_in(form: &Form, name: &[u8]) {
    let (clock, texts) = (clock(), Texts::default());
    let (usual, line) = (form.line(form.usual.as_bytes()), form.line(name));
    let (usual, found) = (parse::line(&usual, &clock, &texts), parse::line(&line, &clock, &texts));
    let shown = String::from_utf8_lossy(&line);
    match (&usual, &found) {
        (Parsed::Event(usual), Parsed::Event(found)) => {
            assert_eq!(frame(found), frame(usual), "{shown}");
            let held = form.name(name);
            let may_be_cut = MAY_BE_CUT.contains(&form.message(name).len());
            if usual.user == Some(form.usual) && !is_taken_for_less(&held) {
                let (user, held) = (found.user, String::from_utf8_lossy(&held));
                // Of a line that may have been cut, whatever follows may be the name's.
                let has_more = may_be_cut && user.is_some_and(|user| user.starts_with(&*held));
                assert!(has_more || user == Some(&*held), "{user:?}: {shown}");
            }
            let unknown = found.source.is_none() && found.port.is_none();
            let may_lack_peer = may_be_cut || form.has_two_readings(usual.method, name);
            assert!(
                unknown && may_lack_peer
                    || (&found.source, found.port) == (&usual.source, usual.port),
                "{:?} {:?}: {shown}",
                found.source,
                found.port
            );
        }
        (Parsed::Event(usual), other) => panic!("{other:?} for {usual:?}: {shown}"),
        _ => assert_eq!(found, usual, "{shown}"),
    }
}

/// PAM's empty name is none, and `for invalid user x` is of an unknown x rather than of a known
/// `invalid user x`.
fn is_taken_for_less(name: &[u8]) -> bool {
    name.is_empty() || name.starts_with(b"invalid user ") || name.starts_with(b"illegal user ")
}

/// What is no name of the event: who wrote it, what happened, how.
fn frame<'e>(event: &'e Event<'_>) -> impl PartialEq + std::fmt::Debug + 'e {
    (
        (event.time, &event.host, &event.program, event.pid, event.count),
        (event.kind, event.role, event.method, event.reason, event.change),
    )
}
