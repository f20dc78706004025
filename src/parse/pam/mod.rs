//! What PAM modules log, in whatever program they run.
//!
//! Linux-PAM's frame (`libpam/pam_syslog.c`) is `module(service:type): message`; before 0.99 it
//! was `(module) message` or `module: message` under the program's tag, or the tag itself was
//! `service(module)`; without a module it is `PAM message`. The program of an event is the *service*, by one name across
//! versions ([`program`]).
//!
//! What adds nothing, and why:
//! - failures of sshd and login: they write a line of their own for each (`Failed …`, `FAILED LOGIN …`); only pam_faillock and pam_tally say more;
//! - failures of passwd, chfn, chsh, cron and the like: nobody tried to log in;
//! - pam_limits, pam_loginuid: they refuse after the login was accepted and counted;
//! - pam_securetty: only login uses it, which writes `FAILED LOGIN` then;
//! - pam_succeed_if: tells why another module's refusal happened;
//! - pam_nologin, pam_time, pam_rootok, pam_deny: log nothing when they refuse;
//! - modules of others that are not named here (pam_systemd, gkr-pam, …).

mod failure;
mod refusal;
mod session;

use super::rows::Tells::{Changed, Event, Hint, Nothing, Rejected};
use super::rows::Versions::{All, In, Since, Until};
use super::rows::{ECHO, Index, Known, Line, PROOF, Row, Table, named, noise, nothing, row};
use super::words::{number, split_once, trim};
use super::{Envelope, Parsed};
use crate::event::Change::PasswordChanged;
use crate::event::EventKind::{LoginFailure, SessionClosed, SessionOpened, SuFailure};
use crate::event::Reason::{AccountLocked, NotAllowed};
use crate::event::{HintKind, Invoker};
use crate::keyed::same;
use crate::programs::{self, Program, Refusals, Rules};
use failure::{denied, failed, failed_as, fails, more_failures};
use refusal::{
    access_denied, denied_for, expired, inactive, locked, no_shell, refused, tally, wheel,
};
use session::{finished, opened, started};

pub(super) static TABLE: Table = Table::new("pam", "sshd", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS, NOISE];

/// One message with its frame read.
struct Message<'a> {
    /// `pam_unix`, `pam_sss`, …; `PAM` where libpam itself speaks.
    module: &'a [u8],
    service: &'a [u8],
    text: &'a [u8],
}

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let Some(message) = frame(envelope) else { return };
    // Nearly every service is called as its program's tag.
    let is_tag = same(envelope.tag, message.service);
    let known = envelope.program.filter(|_| is_tag);
    let known = known.or_else(|| programs::by_service(message.service));
    if !is_tag && known.is_some_and(|program| !speaks_for(envelope.tag, program)) {
        return;
    }
    let mut line = Line::new(envelope, program(envelope, known, message.service), message.text);
    (line.module, line.service, line.served) = (message.module, Some(message.service), known);
    // pam_unix and libpam are known whole, so that what no row knows is a sign of blindness; any
    // other module may say what it likes.
    let unknown = is_own(&line).then_some("pam");
    TABLE.read(&mut line, unknown, into);
}

/// Whether Linux-PAM's first module speaks, or PAM itself.
fn is_own(line: &Line<'_, '_>) -> bool {
    line.module == b"pam_unix" || line.module == b"PAM"
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // Sessions: modules/pam_unix/pam_unix_sess.c; SUSE's pam_unix2
    row("session opened for user ", Since("Linux-PAM 1.4.0"), opened, Event(SessionOpened), PROOF,
        "pam_unix(sshd:session): session opened for user bob(uid=1000) by bob(uid=0)",
        "session_opened sshd user=bob"),
    row("session opened for user ", Until("Linux-PAM 1.3.1"), opened, Event(SessionOpened), PROOF,
        "pam_unix(sshd:session): session opened for user bob by (uid=0)",
        "session_opened sshd user=bob"),
    row("session closed for user ", All, named, Event(SessionClosed), PROOF,
        "pam_unix(sshd:session): session closed for user bob",
        "session_closed sshd user=bob"),
    row("session started for user ", In("pam_unix2 2.9"), started, Event(SessionOpened), PROOF,
        "pam_unix2(sshd:session): session started for user bob, service sshd, tty=ssh",
        "session_opened sshd user=bob"),
    row("session finished for user ", In("pam_unix2 2.9"), finished, Event(SessionClosed), PROOF,
        "pam_unix2(sshd:session): session finished for user bob, service sshd",
        "session_closed sshd user=bob"),

    // Refused passwords: modules/pam_unix/support.c, pam_userdb.c; pam_sss, pam_winbind, pam_krb5
    row("authentication failure; ", All, failed, Event(LoginFailure), PROOF,
        "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=‹bob› rhost=192.0.2.1 ",
        "login_failure vsftpd user=bob invalid=yes source=192.0.2.1 tty=ftp").under("vsftpd"),
    row("authentication failure; ", All, failed, Event(LoginFailure), PROOF,
        "pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 ruser=bob rhost=  user=root",
        "su_failure su user=bob target=root tty=pts/0 role=echo").under("su"),
    row("authentication failure; ", All, failed, Event(LoginFailure), PROOF,
        "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty= ruser=alice rhost=  user=alice",
        "sudo_failure sudo reason=incorrect_password user=alice role=echo").under("sudo"),
    row("authentication failure; ", All, failed, Event(LoginFailure), PROOF,
        "pam_unix(polkit-1:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser=bob rhost=  user=root",
        "sudo_failure pkexec reason=incorrect_password user=bob role=echo").under("polkit-agent-helper-1"),
    row("authentication failure; ", All, failed, Event(LoginFailure), PROOF,
        "pam_unix(doas:auth): authentication failure; logname=alice uid=1000 euid=0 tty=pts/0 ruser=alice rhost=  user=alice",
        "sudo_failure doas reason=incorrect_password user=alice tty=pts/0 role=echo").under("doas"),
    row("", All, more_failures, Event(LoginFailure), PROOF,
        "PAM 2 more authentication failures; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
        "sudo_failure sudo reason=incorrect_password count=2 user=alice tty=pts/0 role=echo").under("sudo"),
    row("authentication fails for '", All, fails, Event(LoginFailure), ECHO,
        "pam_krb5(dovecot:auth): authentication fails for 'bob' (bob@EXAMPLE.ORG): Authentication failure (Decrypt integrity check failed)",
        "login_failure dovecot user=bob role=echo").under("auth"),
    row("Authentication failure; user=", All, failed_as, Event(LoginFailure), ECHO,
        "pam_ldap(dovecot:auth): Authentication failure; user=bob",
        "login_failure dovecot user=bob role=echo").under("auth"),
    row("user '", All, denied, Event(LoginFailure), ECHO,
        "pam_winbind(gdm-password:auth): user 'bob' denied access (incorrect password or invalid membership)",
        "login_failure gdm user=bob role=echo").under("gdm-password]"),
    row("user `", All, denied, Event(LoginFailure), ECHO,
        "pam_userdb(vsftpd:auth): user `bob' denied access (incorrect password)",
        "login_failure vsftpd user=bob role=echo").under("vsftpd"),

    // Who was let in all the same
    row("authentication success;", All, success, Hint, PROOF,
        "pam_sss(gdm-password:auth): authentication success; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost= user=bob",
        "hint bob was let in").under("gdm-password]"),
    row("authentication succeeds for '", All, succeeds, Hint, PROOF,
        "pam_krb5(gdm:auth): authentication succeeds for 'bob' (bob@EXAMPLE.ORG)",
        "hint bob was let in").under("gdm"),
    row("user '", All, granted, Hint, PROOF,
        "pam_winbind(gdm:auth): user 'bob' granted access",
        "hint bob was let in").under("gdm"),
    row("user ", All, authenticated, Hint, PROOF,
        "pam_krb5(gdm:auth): user bob authenticated as bob@EXAMPLE.ORG",
        "hint bob was let in").under("gdm"),

    // Refused for another reason than the password: pam_faillock, pam_tally2, pam_access, …
    row("Consecutive login failures for user ", Since("Linux-PAM 1.1.0"), locked, Rejected(AccountLocked), PROOF,
        "pam_faillock(sshd:auth): Consecutive login failures for user bob account temporarily locked",
        "login_rejected sshd reason=account_locked user=bob"),
    row("user ", Until("Linux-PAM 1.4.0"), tally, Rejected(AccountLocked), PROOF,
        "pam_tally2(login:auth): user bob (1000) tally 6, deny 5",
        "login_rejected login reason=account_locked user=bob").under("login"),
    row("access denied for user `", All, denied_for, Rejected(NotAllowed), PROOF,
        "pam_access(sshd:account): access denied for user `bob' from `192.0.2.1'",
        "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1 role=end"),
    row("Refused user ", All, refused, Rejected(NotAllowed), PROOF,
        "pam_listfile(vsftpd:auth): Refused user ‹bob› for service vsftpd",
        "login_rejected vsftpd reason=not_allowed user=bob").under("vsftpd"),
    row("User has an invalid shell", Since("Linux-PAM 1.6.0"), no_shell, Rejected(NotAllowed), PROOF,
        "pam_shells(vsftpd:auth): User has an invalid shell '/bin/false'",
        "login_rejected vsftpd reason=not_allowed").under("vsftpd"),
    row("Access denied for user ", All, access_denied, Rejected(NotAllowed), PROOF,
        "pam_sss(gdm:account): Access denied for user bob: 6 (Permission denied)",
        "login_rejected gdm reason=not_allowed user=bob").under("gdm"),
    row("account ", All, expired, Rejected(NotAllowed), PROOF,
        "pam_unix(sshd:account): account bob has expired (account expired)",
        "login_rejected sshd reason=not_allowed user=bob role=end"),
    row("user ", All, inactive, Rejected(NotAllowed), PROOF,
        "pam_lastlog(gdm:auth): user bob inactive for 100 days - denied",
        "login_rejected gdm reason=not_allowed user=bob").under("gdm"),
    row("Access denied to '", All, wheel, Event(SuFailure), ECHO,
        "pam_wheel(su:auth): Access denied to 'bob' for 'root'",
        "su_failure su user=bob target=root role=echo").under("su"),

    // modules/pam_unix/passverify.c, on behalf of passwd, chpasswd or a login with an expired
    // password. The tool's own line may tell it again.
    row("password changed for ", All, password_changed, Changed(PasswordChanged), ECHO,
        "pam_unix(passwd:chauthtok): password changed for bob",
        "account_change passwd change=password_changed user=bob role=echo").under("passwd"),
];

/// How the rest begins of what pam_unix and libpam say. Each is as long as it takes to leave out
/// what tells of a session, a failure or a refusal in words that are not known.
#[rustfmt::skip]
const NOISE: &[Row] = &[
    noise("adding faulty module", All, "PAM adding faulty module: /lib/security/pam_krb5.so"),
    noise("audit_", All, "pam_unix(sshd:auth): audit_log_acct_message() failed: Operation not permitted"),
    noise("auth could not identify", All, "pam_unix(sshd:auth): auth could not identify password for [‹bob›]"),
    noise("bad username", All, "pam_unix(sshd:auth): bad username [‹-x›]"),
    noise("Can not get username", All, "pam_unix(sshd:auth): Can not get username"),
    noise("can't ", All, "pam_unix(sshd:auth): can't open /etc/security/opasswd file to check old passwords"),
    noise("Cannot ", All, "pam_unix(sshd:auth): Cannot send password to helper: Broken pipe"),
    noise("cannot ", All, "pam_unix(sshd:auth): cannot determine user name"),
    noise("check pass; ", All, "pam_unix(sshd:auth): check pass; user unknown"),
    noise("close_session", All, "pam_unix(sshd:auth): close_session - error recovering username"),
    noise("conversation failed", All, "pam_unix(sshd:auth): conversation failed"),
    noise("could not ", All, "pam_unix(sshd:auth): could not identify user (from getpwnam(‹x›))"),
    noise("Could not ", All, "pam_unix(sshd:auth): Could not make pipe: Too many open files"),
    noise("Critical", All, "pam_unix(sshd:auth): Critical error"),
    noise("dup2 ", All, "pam_unix(sshd:auth): dup2 of stdin failed: Bad file descriptor"),
    noise("expired password", All, "pam_unix(sshd:auth): expired password for user bob (root enforced)"),
    noise("Failed ", All, "pam_unix(sshd:auth): Failed to run helper"),
    noise("failed ", All, "pam_unix(sshd:auth): failed to execute /usr/sbin/unix_update: No such file or directory"),
    noise("failed: ", Since("systemd 183"), "PAM failed: Authentication token is no longer valid; new one required").under("(systemd)"),
    noise("PAM failed: ", Since("systemd 258"), "PAM PAM failed: Authentication token is no longer valid; new one required").under("(systemd)"),
    noise("Fork ", All, "pam_unix(sshd:auth): Fork failed: Resource temporarily unavailable"),
    noise("fork ", All, "pam_unix(sshd:auth): fork failed: Resource temporarily unavailable"),
    noise("getpwnam", All, "pam_unix(sshd:auth): getpwnam(x) failed"),
    noise("helper binary", All, "pam_unix(sshd:auth): helper binary execve failed: No such file or directory"),
    noise("illegal module type", All, "pam_unix(sshd:auth): illegal module type: x"),
    noise("Algo ", All, "pam_unix(sshd:auth): Algo yescrypt not supported by the crypto backend."),
    noise("missing ", All, "pam_unix(sshd:auth): missing control flag"),
    noise("new password not", All, "pam_unix(sshd:auth): new password not acceptable"),
    noise("no control flag", All, "pam_unix(sshd:auth): no control flag supplied"),
    noise("no memory", All, "pam_unix(sshd:auth): no memory for failure recorder"),
    noise("no module name", All, "pam_unix(sshd:auth): no module name supplied"),
    noise("No such", All, "pam_unix(sshd:auth): No such file or directory"),
    noise("open_session", All, "pam_unix(sshd:auth): open_session - error recovering username"),
    noise("option ", All, "pam_unix(sshd:auth): option remember not allowed for this module type"),
    noise("pam_", All, "pam_unix(sshd:auth): pam_unix_auth: cannot allocate ret_data"),
    noise("password - ", All, "pam_unix(sshd:auth): password - new password not obtained"),
    noise("password check failed", All, "pam_unix(sshd:auth): password check failed for user (bob)"),
    noise("password not changed", All, "pam_unix(sshd:auth): password not changed for bob on nis.example.org"),
    noise("password received unknown", All, "pam_unix(sshd:auth): password received unknown request"),
    noise("Password ", All, "pam_unix(sshd:auth): Password minlen reset to 8 characters"),
    noise("password-", All, "pam_unix(sshd:auth): password-x"),
    noise("passwd_", All, "pam_unix(sshd:auth): passwd_x"),
    noise("read ", All, "pam_unix(sshd:auth): read unix_chkpwd output error 0: Success"),
    noise("rpcb_", All, "pam_unix(sshd:auth): rpcb_getaddr (nis) failed!"),
    noise("service(", All, "pam_unix(sshd:auth): service(sshd) ignoring max retries; 5 > 3"),
    noise("The password hash", All, "pam_unix(sshd:auth): The password hash \"$9$x\" is unknown to libcrypt."),
    noise("The support for", All, "pam_unix(sshd:auth): The support for password hash \"$1$\" has been disabled in libcrypt configuration."),
    noise("unable to ", All, "PAM unable to dlopen(/lib/security/pam_krb5.so)"),
    noise("unix_", All, "pam_unix(sshd:auth): unix_chkpwd abnormal exit: 1"),
    noise("unknown option", All, "pam_unix(sshd:auth): unknown option: x"),
    noise("unrecognized ", All, "pam_unix(sshd:auth): unrecognized option [x]"),
    noise("Unable to ", All, "pam_unix(sshd:auth): Unable to look up user"),
    noise("user password changed", All, "pam_unix(sshd:auth): user password changed by another process"),
    noise("user not authenticated", All, "pam_unix(sshd:auth): user not authenticated"),
    noise("user shadow entry", All, "pam_unix(sshd:auth): user shadow entry expired"),
    noise("username [", All, "pam_unix(sshd:auth): username [bob] obtained"),
    noise("yppasswd", All, "pam_unix(sshd:auth): yppasswd daemon running on illegal port"),
    noise("[dlerror", All, "PAM [dlerror: /lib/security/pam_krb5.so: cannot open shared object file]"),
    noise("unexpected response", All, "pam_unix(sshd:auth): unexpected response from failed conversation function"),
    noise("user [", Since("Linux-PAM 1.4.0"), "pam_unix(su:auth): user [root] has blank password; authenticated without it").under("su"),
    noise("Couldn't open ", All, "pam_unix(sudo:auth): Couldn't open /etc/securetty: No such file or directory").under("sudo"),
    noise("inappropriate use of Unix helper binary", All, "pam_unix(sshd:auth): inappropriate use of Unix helper binary [UID=1000]"),
    row("", All, of_libpam, Nothing, PROOF,
        "PAM (systemd-user) /usr/lib/pam.d is not supported on this system; see x", "ignored").under("(systemd)"),
    row("", Until("Linux-PAM 1.2"), cut_short, Nothing, PROOF,
        "PAM 1 more authentication failure", "ignored"),
];

/// `(SERVICE) …`, what libpam says of a service's settings.
fn of_libpam<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let service = line.module == b"PAM" && text.starts_with(b"(");
    if service { nothing(line, text, into) } else { None }
}

/// `N more authentication failure`, which says no more.
fn cut_short<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    if text.ends_with(b"more authentication failure") { nothing(line, text, into) } else { None }
}

fn frame<'a>(envelope: &Envelope<'a>) -> Option<Message<'a>> {
    let message = trim(envelope.message);
    if let Some(framed) = modern_frame(message) {
        return Some(framed);
    }
    let (service, module_of_tag) = split_tag(envelope.tag);
    if let Some(rest) = message.strip_prefix(b"(") {
        let (module, text) = split_once(rest, b")")?;
        return module.starts_with(b"pam_").then_some(Message {
            module,
            service,
            text: text.trim_ascii(),
        });
    }
    if let Some(text) = message.strip_prefix(b"PAM ") {
        return Some(Message { module: b"PAM", service, text });
    }
    if let Some(text) = message.strip_prefix(b"pam_unix: ") {
        return Some(Message { module: b"pam_unix", service, text });
    }
    module_of_tag.map(|module| Message { module, service, text: message })
}

/// `module(service:type): message`; the type may be missing, and very old ones lack the second
/// colon.
fn modern_frame(message: &[u8]) -> Option<Message<'_>> {
    // The words are short: to look at each byte costs less than to search.
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    // Nearly every line is of this module.
    let end = match message.starts_with(b"pam_unix(") {
        true => b"pam_unix".len(),
        false => message.iter().position(|byte| !name(byte)).filter(|end| *end > 0)?,
    };
    let (module, rest) = (&message[..end], message[end..].strip_prefix(b"(")?);
    let mark = rest.iter().position(|byte| matches!(byte, b':' | b')'))?;
    if let Some(text) = behind_type(&rest[mark..]) {
        return Some(Message { module, service: &rest[..mark], text });
    }
    let (call, text) = split_once(rest, b"):").or_else(|| split_once(rest, b") "))?;
    let end = call[mark..].iter().position(|byte| *byte == b':');
    let service = end.map_or(call, |end| &call[..mark + end]);
    Some(Message { module, service, text: text.trim_ascii_start() })
}

/// What stands behind a type that nearly every line has.
fn behind_type(rest: &[u8]) -> Option<&[u8]> {
    let text = rest.strip_prefix(b":session): ").or_else(|| rest.strip_prefix(b":auth): "))?;
    Some(text.trim_ascii_start())
}

/// `sshd(pam_unix)` is service and module; anything else is a service.
fn split_tag(tag: &[u8]) -> (&[u8], Option<&[u8]>) {
    match split_once(tag, b"(") {
        Some((service, module)) if module.starts_with(b"pam_") => {
            (service, Some(module.strip_suffix(b")").unwrap_or(module)))
        }
        _ => (tag, None),
    }
}

/// The label `program` for a tag or a PAM service: one name for what versions call differently.
fn program<'a>(
    envelope: &Envelope<'a>,
    known: Option<&'static Program>,
    name: &'a [u8],
) -> &'a str {
    match known {
        Some(known) => known.name,
        None => envelope.text(name.strip_suffix(b"]").unwrap_or(name)),
    }
}

/// Whether a line of this tag, which is not the service's name, may speak for a program. Those that
/// let people in are known by tag; that another program's line quotes their frame makes it not
/// theirs.
fn speaks_for(tag: &[u8], program: &Program) -> bool {
    let guarded = matches!(program.rules, Rules::Sshd | Rules::Sudo | Rules::Su | Rules::Login);
    let own = || programs::by_service(split_tag(tag).0).is_some_and(|row| row.name == program.name);
    let others = || program.speakers.contains(&"(") && tag.starts_with(b"(");
    !guarded || own() || others()
}

/// What a refused password is to the program. One that is not known lets people in, and only PAM
/// tells.
fn refusals(line: &Line<'_, '_>) -> Refusals {
    line.served.map_or(Refusals::ToldByPam, |program| program.refusals)
}

fn let_in<'a>(
    line: &Line<'_, 'a>,
    user: &'a [u8],
    by: Option<Invoker<'a>>,
    into: &mut Parsed<'a>,
) -> Known {
    line.hint(
        into,
        HintKind::AuthenticationSucceeded { user: line.text(user), by, service: line.service() },
    )
}

/// `logname= uid=0 … user=bob` (pam_sss)
fn success<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (ids, user) = split_once(rest, b" user=")?;
    let uid = split_once(ids, b" uid=").and_then(|(_, rest)| number(split_once(rest, b" ")?.0));
    let by = uid.map(|uid| Invoker { name: "", uid: Some(uid) });
    let_in(line, split_once(user, b" seq=").map_or(user, |(user, _)| user), by, into)
}

/// `bob' (bob@EXAMPLE.ORG)` (pam_krb5)
fn succeeds<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let_in(line, split_once(rest, b"' (")?.0, None, into)
}

/// `bob' granted access` (pam_winbind, pam_userdb)
fn granted<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let_in(line, rest.strip_suffix(b"' granted access")?, None, into)
}

/// `bob authenticated as bob@EXAMPLE.ORG` (pam_krb5)
fn authenticated<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let_in(line, split_once(rest, b" authenticated as ")?.0, None, into)
}

/// `bob[ on MASTER]`
fn password_changed<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let user = split_once(rest, b" on ").map_or(rest, |(user, _master)| user);
    named(line, user, into)
}

#[cfg(test)]
mod tests;
