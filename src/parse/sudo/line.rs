//! The parts of sudo's log line.

use crate::parse::words::{number, rsplit_once, split_once, starts_with_any};

/// `CWD` is what sudoreplay's format calls PWD.
const KEYS: &[&[u8]] = &[
    b"HOST=",
    b"TTY=",
    b"CHROOT=",
    b"PWD=",
    b"CWD=",
    b"USER=",
    b"GROUP=",
    b"TSID=",
    b"ENV=",
    b"COMMAND=",
];

#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) reason: Option<&'a [u8]>,
    pub(super) tty: Option<&'a [u8]>,
    pub(super) directory: Option<&'a [u8]>,
    pub(super) target: Option<&'a [u8]>,
    pub(super) command: Option<&'a [u8]>,
    /// The line tells that the command ended.
    pub(super) exit: bool,
}

pub(super) fn starts_with_key(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_uppercase) && starts_with_any(bytes, KEYS)
}

impl<'a> Line<'a> {
    /// `None` where no field is found.
    pub(super) fn read(rest: &'a [u8]) -> Option<Self> {
        let (reason, fields) = split_reason(rest)?;
        let (head, command) = split_command(fields);
        let mut line = Line { reason, ..Line::default() };
        line.read_head(head);
        if let Some(command) = command {
            let (command, exit) = split_exit(command);
            (line.command, line.exit) = (Some(command), exit);
        }
        Some(line)
    }

    /// Left to right up to the directory, whose name may hold anything; then from its end.
    fn read_head(&mut self, mut head: &'a [u8]) {
        loop {
            let (part, rest) = split_once(head, b" ; ").unwrap_or((head, b""));
            if let Some(tty) = part.strip_prefix(b"TTY=") {
                self.tty = Some(tty);
            } else if starts_with_any(part, &[b"PWD=", b"CWD="]) {
                self.directory = Some(self.read_target(&head[4..]));
                return;
            } else if starts_with_any(part, &[b"USER=", b"GROUP=", b"TSID=", b"ENV="]) {
                self.read_runas(head);
                return;
            }
            if rest.is_empty() {
                return;
            }
            head = rest;
        }
    }

    /// Reads what follows the directory, and gives the directory.
    fn read_target(&mut self, rest: &'a [u8]) -> &'a [u8] {
        if let Some((directory, after)) = rsplit_once(rest, b" ; USER=") {
            self.target = Some(first_part(after));
            return directory;
        }
        let ends: [&[u8]; 3] = [b" ; GROUP=", b" ; TSID=", b" ; ENV="];
        ends.iter().find_map(|end| split_once(rest, end)).map_or(rest, |(directory, _)| directory)
    }

    fn read_runas(&mut self, rest: &'a [u8]) {
        self.target = rest.strip_prefix(b"USER=").map(first_part);
    }
}

fn first_part(bytes: &[u8]) -> &[u8] {
    split_once(bytes, b" ; ").map_or(bytes, |(part, _)| part)
}

/// Reason and fields. The reason ends where the first known field begins.
fn split_reason(rest: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    if starts_with_key(rest) {
        return Some((None, rest));
    }
    let mut from = 0;
    while let Some((before, after)) = split_once(&rest[from..], b" ; ") {
        if starts_with_key(after) {
            return Some((Some(&rest[..from + before.len()]), after));
        }
        from += before.len() + 3;
    }
    None
}

/// What stands before the command, and the command. A warning's line may end in ` ; ` without one.
fn split_command(fields: &[u8]) -> (&[u8], Option<&[u8]>) {
    if let Some(command) = fields.strip_prefix(b"COMMAND=") {
        return (b"", Some(command));
    }
    match split_once(fields, b" ; COMMAND=") {
        Some((head, command)) => (head, Some(command)),
        None => behind_environment(fields)
            .unwrap_or((fields.strip_suffix(b" ;").unwrap_or(fields), None)),
    }
}

/// sudo 1.9.13 forgot the ` ; ` between ENV and COMMAND.
fn behind_environment(fields: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (before, _) = match fields.starts_with(b"ENV=") {
        true => (&b""[..], fields),
        false => split_once(fields, b" ; ENV=")?,
    };
    let (environment, command) = split_once(&fields[before.len()..], b" COMMAND=")?;
    Some((&fields[..before.len() + environment.len()], Some(command)))
}

/// Takes ` ; SIGNAL=QUIT ; EXIT=131` off an exit record.
fn split_exit(command: &[u8]) -> (&[u8], bool) {
    let Some((before, _)) =
        rsplit_once(command, b" ; EXIT=").filter(|(_, code)| number(code).is_some())
    else {
        return (command, false);
    };
    match rsplit_once(before, b" ; SIGNAL=") {
        Some((before, signal)) if !signal.contains(&b' ') => (before, true),
        _ => (before, true),
    }
}
