use super::*;
use crate::parse::words::{framed, read, told};

fn check(tag: &str, message: &str, expected: &str) {
    let envelope = framed(tag, Some(7), message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{tag}: {message}");
}

#[test]
fn sessions_of_every_version() {
    let rows = [
        // Linux-PAM 1.1.8 (CentOS 7), 1.3.1
        (
            "sshd",
            "pam_unix(sshd:session): session opened for user ec2-user by (uid=0)",
            "session_opened sshd user=ec2-user",
        ),
        (
            "sudo",
            "pam_unix(sudo:session): session opened for user root by ec2-user(uid=0)",
            "session_opened sudo user=root",
        ),
        (
            "sudo",
            "pam_unix(sudo-i:session): session closed for user root",
            "session_closed sudo user=root",
        ),
        (
            "CRON",
            "pam_unix(cron:session): session opened for user root by (uid=0)",
            "session_opened cron user=root",
        ),
        (
            "crond",
            "pam_unix(crond:session): session closed for user root",
            "session_closed cron user=root",
        ),
        (
            "systemd",
            "pam_unix(systemd-user:session): session opened for user bob by (uid=0)",
            "session_opened systemd-user user=bob",
        ),
        (
            "su",
            "pam_unix(su-l:session): session opened for user root by bob(uid=1000)",
            "session_opened su user=root",
        ),
        (
            "su",
            "pam_unix(su:session): session opened for user bob by (uid=0)",
            "session_opened su user=bob",
        ),
        // Linux-PAM 1.4.0 and later
        (
            "sshd-session",
            "pam_unix(sshd:session): session opened for user bob(uid=1000) by bob(uid=0)",
            "session_opened sshd user=bob",
        ),
        (
            "su",
            "pam_unix(su:session): session opened for user root(uid=0) by bob(uid=1000)",
            "session_opened su user=root",
        ),
        (
            "gdm-password]",
            "pam_unix(gdm-password:session): session opened for user bob(uid=1000) by (uid=0)",
            "session_opened gdm user=bob",
        ),
        (
            "gdm-launch-environment]",
            "pam_unix(gdm-launch-environment:session): session closed for user gdm",
            "session_closed gdm user=gdm",
        ),
        (
            "cockpit-session",
            "pam_unix(cockpit:session): session opened for user bob(uid=1000) by (uid=0)",
            "session_opened cockpit user=bob",
        ),
        (
            "pkexec",
            "pam_unix(polkit-1:session): session opened for user root(uid=0) by bob(uid=1000)",
            "session_opened polkit user=root",
        ),
        (
            "login",
            "pam_unix(login:session): session opened for user bob(uid=1000) by LOGIN(uid=0)",
            "session_opened login user=bob",
        ),
        (
            "x",
            "pam_unix(vsftpd:session): session opened for user bob(uid=getpwnam error) by (uid=0)",
            "session_opened vsftpd user=bob",
        ),
        // Linux-PAM before 0.99 (Debian 4, RHEL 4)
        (
            "sshd",
            "(pam_unix) session opened for user user1 by (uid=0)",
            "session_opened sshd user=user1",
        ),
        (
            "sshd(pam_unix)",
            "session opened for user root by (uid=0)",
            "session_opened sshd user=root",
        ),
        (
            "su(pam_unix)",
            "session opened for user root by bob(uid=500)",
            "session_opened su user=root",
        ),
        ("su(pam_unix)", "session closed for user root", "session_closed su user=root"),
        // pam_unix2 of SUSE 11
        (
            "crond",
            "pam_unix2(crond:session): session started for user root, service crond",
            "session_opened cron user=root",
        ),
        (
            "sshd",
            "pam_unix2(sshd:session): session finished for user bob, service sshd, tty=/dev/pts/0",
            "session_closed sshd user=bob",
        ),
        // a name with the words of the line in it
        (
            "x",
            "pam_unix(samba:session): session opened for user a by b(uid=0)(uid=1) by (uid=0)",
            "session_opened samba user=a by b(uid=0)",
        ),
    ];
    for (tag, message, expected) in rows {
        check(tag, message, expected);
    }
}

#[test]
fn a_program_that_quotes_sshd_is_not_sshd() {
    check("evil", "pam_unix(sshd:session): session opened for user root by (uid=0)", "ignored");
    check("evil", "pam_unix(sudo:session): session opened for user root by (uid=0)", "ignored");
    check(
        "evil",
        "pam_unix(su:auth): authentication failure; logname=a uid=1 euid=0 tty=x ruser=a rhost=  user=root",
        "ignored",
    );
}

#[test]
fn failures_count_where_the_program_is_silent() {
    let rows = [
        // pam_unix 1.1 to 1.7
        (
            "gdm-password]",
            "pam_unix(gdm-password:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost=  user=bob",
            "login_failure gdm user=bob tty=tty1",
        ),
        (
            "vsftpd",
            "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=bob rhost=::ffff:203.0.113.9  user=bob",
            "login_failure vsftpd user=bob source=203.0.113.9 tty=ftp",
        ),
        (
            "vsftpd",
            "pam_unix: authentication failure; logname= uid=0 euid=0 tty=ftp ruser=ann rhost=ftp.example.org",
            "login_failure vsftpd user=ann invalid=yes source=ftp.example.org tty=ftp",
        ),
        (
            "vsftpd",
            "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=nobody2 rhost=203.0.113.9 ",
            "login_failure vsftpd user=nobody2 invalid=yes source=203.0.113.9 tty=ftp",
        ),
        (
            "cockpit-session",
            "pam_unix(cockpit:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=203.0.113.9  user=bob",
            "login_failure cockpit user=bob source=203.0.113.9",
        ),
        (
            "dovecot",
            "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=dovecot ruser=bob rhost=203.0.113.9  user=bob",
            "login_failure dovecot count=2 user=bob source=203.0.113.9 tty=dovecot",
        ),
        (
            "x",
            "pam_unix(xrdp-sesman:auth): 1 more authentication failure; logname= uid=0 euid=0 tty=xrdp ruser= rhost=  user=bob",
            "login_failure xrdp-sesman user=bob tty=xrdp",
        ),
        (
            "polkit-agent-helper-1",
            "pam_unix(polkit-1:auth): authentication failure; logname= uid=1000 euid=0 tty= ruser=jamz rhost=  user=jamz",
            "sudo_failure pkexec reason=incorrect_password user=jamz role=echo",
        ),
        // pam_sss 1.16 and 2.x
        (
            "gdm-password]",
            "pam_sss(gdm-password:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost= user=bob",
            "login_failure gdm user=bob tty=tty1 role=echo",
        ),
        (
            "gdm-password]",
            "pam_sss(gdm-password:auth): authentication failure; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost= user=bob seq=12",
            "login_failure gdm user=bob tty=tty1 role=echo",
        ),
        (
            "gdm-password]",
            "pam_sss(gdm-password:auth): received for user bob: 7 (Authentication failure)",
            "ignored",
        ),
        (
            "x",
            "pam_krb5(dovecot:auth): authentication fails for 'bob' (bob@EXAMPLE.ORG): Authentication failure (Preauthentication failed)",
            "login_failure dovecot user=bob role=echo",
        ),
        (
            "x",
            "pam_winbind(dovecot:auth): user 'bob' denied access (incorrect password or invalid membership)",
            "login_failure dovecot user=bob role=echo",
        ),
        (
            "x",
            "pam_userdb(vsftpd:auth): user `bob' denied access (incorrect password)",
            "login_failure vsftpd user=bob role=echo",
        ),
        (
            "x",
            "pam_ldap(vsftpd:auth): Authentication failure; user=bob",
            "login_failure vsftpd user=bob role=echo",
        ),
        // su: its own line may follow
        (
            "su",
            "pam_unix(su:auth): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 ruser=bob rhost=  user=root",
            "su_failure su user=bob target=root tty=pts/0 role=echo",
        ),
        (
            "su(pam_unix)",
            "authentication failure; logname=bob uid=500 euid=0 tty=pts/3 ruser=bob rhost=  user=root",
            "su_failure su user=bob target=root tty=pts/3 role=echo",
        ),
        (
            "su",
            "pam_wheel(su:auth): Access denied to 'bob' for 'root'",
            "su_failure su user=bob target=root role=echo",
        ),
        // these write a line of their own, or are no login
        (
            "sshd",
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root",
            "ignored",
        ),
        (
            "sshd",
            "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.9  user=root",
            "ignored",
        ),
        (
            "sudo",
            "pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob",
            "sudo_failure sudo reason=incorrect_password user=bob tty=pts/0 role=echo",
        ),
        (
            "login",
            "pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 euid=0 tty=/dev/tty1 ruser= rhost=  user=bob",
            "ignored",
        ),
        (
            "passwd",
            "pam_unix(passwd:chauthtok): authentication failure; logname=bob uid=1000 euid=0 tty=pts/0 ruser= rhost=  user=bob",
            "ignored",
        ),
        // A user of a domain, of whom pam_unix says nothing.
        (
            "sudo",
            "pam_sss(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost= user=bob",
            "sudo_failure sudo reason=incorrect_password user=bob tty=pts/0 role=again",
        ),
        (
            "sudo-rs",
            "pam_winbind(sudo:auth): user 'bob' denied access (incorrect password or invalid membership)",
            "sudo_failure sudo reason=incorrect_password user=bob role=again",
        ),
        // sudo-rs 0.2 logs no refusal of its own
        (
            "sudo-rs",
            "pam_unix(sudo:auth): authentication failure; logname=bob uid=1000 euid=0 tty=/dev/pts/0 ruser=bob rhost=  user=bob",
            "sudo_failure sudo reason=incorrect_password user=bob tty=pts/0",
        ),
    ];
    for (tag, message, expected) in rows {
        check(tag, message, expected);
    }
}

#[test]
fn the_address_in_a_typed_name_is_not_the_address() {
    check(
        "vsftpd",
        "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=8.8.8.8  user=root rhost=203.0.113.9 ",
        "login_failure vsftpd user=x rhost=8.8.8.8  user=root invalid=yes source=203.0.113.9 tty=ftp",
    );
    check(
        "x",
        "pam_sss(dovecot:auth): authentication failure; logname= uid=0 euid=0 tty=dovecot ruser= rhost=203.0.113.9 user=x rhost=8.8.8.8",
        "login_failure dovecot user=x rhost=8.8.8.8 source=203.0.113.9 tty=dovecot role=echo",
    );
}

#[test]
fn refusals_other_than_the_password() {
    let rows = [
        // pam_faillock 1.1 to 1.7, pam_tally2 to 1.4
        (
            "sshd",
            "pam_faillock(sshd:auth): Consecutive login failures for user bob account temporarily locked",
            "login_rejected sshd reason=account_locked user=bob",
        ),
        (
            "login",
            "pam_faillock(login:auth): Consecutive login failures for user bob account temporarily locked",
            "login_rejected login reason=account_locked user=bob",
        ),
        (
            "sudo",
            "pam_tally2(sudo:auth): user zbadguy (4001) tally 6, deny 5",
            "login_rejected sudo reason=account_locked user=zbadguy",
        ),
        ("sshd", "pam_tally2(sshd:auth): user root (0) tally 3, deny 5", "ignored"),
        (
            "vsftpd",
            "pam_access(vsftpd:account): access denied for user `bob' from `203.0.113.9'",
            "login_rejected vsftpd reason=not_allowed user=bob source=203.0.113.9",
        ),
        (
            "login",
            "pam_access(login:account): access denied for user `bob' from `tty1'",
            "login_rejected login reason=not_allowed user=bob",
        ),
        (
            "vsftpd",
            "pam_listfile(vsftpd:auth): Refused user root for service vsftpd",
            "login_rejected vsftpd reason=not_allowed user=root",
        ),
        (
            "x",
            "pam_lastlog(gdm-password:auth): user bob inactive for 91 days - denied",
            "login_rejected gdm reason=not_allowed user=bob",
        ),
        (
            "vsftpd",
            "pam_shells(vsftpd:auth): User has an invalid shell '/sbin/nologin'",
            "login_rejected vsftpd reason=not_allowed",
        ),
        (
            "x",
            "pam_sss(gdm-password:account): Access denied for user bob: 6 (Permission denied)",
            "login_rejected gdm reason=not_allowed user=bob",
        ),
        (
            "x",
            "pam_unix(gdm-password:account): account bob has expired (account expired)",
            "login_rejected gdm reason=not_allowed user=bob",
        ),
        // told better by the program, or no login
        (
            "sshd",
            "pam_access(sshd:account): access denied for user `bob' from `203.0.113.9'",
            "login_rejected sshd reason=not_allowed user=bob source=203.0.113.9 role=end",
        ),
        (
            "sshd",
            "pam_unix(sshd:account): account bob has expired (account expired)",
            "login_rejected sshd reason=not_allowed user=bob role=end",
        ),
        ("sudo", "pam_unix(sudo:account): account bob has expired (account expired)", "ignored"),
        ("crond", "pam_access(crond:account): access denied for user `bob' from `cron'", "ignored"),
        (
            "login",
            "pam_securetty(login:auth): access denied: tty 'pts/0' is not secure !",
            "ignored",
        ),
        ("sshd", "pam_limits(sshd:session): Too many logins (max 1) for bob", "ignored"),
        (
            "sshd",
            "pam_succeed_if(sshd:auth): requirement \"uid >= 1000\" not met by user \"root\"",
            "ignored",
        ),
    ];
    for (tag, message, expected) in rows {
        check(tag, message, expected);
    }
}

#[test]
fn a_later_module_that_lets_in_is_a_hint() {
    let bob = "hint bob was let in";
    check(
        "x",
        "pam_sss(gdm-password:auth): authentication success; logname= uid=0 euid=0 tty=/dev/tty1 ruser= rhost= user=bob",
        bob,
    );
    check("x", "pam_winbind(gdm-password:auth): user 'bob' granted access", bob);
    check(
        "x",
        "pam_krb5(gdm-password:auth): authentication succeeds for 'bob' (bob@EXAMPLE.ORG)",
        bob,
    );
    check("x", "pam_krb5[1](gdm:auth): user bob authenticated as bob@EXAMPLE.ORG", "ignored");
    check("x", "pam_krb5(gdm:auth): user bob authenticated as bob@EXAMPLE.ORG", bob);
}

#[test]
fn a_changed_password_is_an_account_change() {
    check(
        "passwd",
        "pam_unix(passwd:chauthtok): password changed for bob",
        "account_change passwd change=password_changed user=bob role=echo",
    );
    check(
        "chpasswd",
        "pam_unix(chpasswd:chauthtok): password changed for bob",
        "account_change chpasswd change=password_changed user=bob role=echo",
    );
    check(
        "sshd",
        "pam_unix(sshd:chauthtok): password changed for bob",
        "account_change sshd change=password_changed user=bob role=echo",
    );
}

#[test]
fn noise_is_ignored_and_the_unknown_is_said() {
    let noise = [
        ("su", "pam_systemd(su:session): Cannot create session: Already running in a session"),
        ("sshd", "pam_unix(sshd:auth): check pass; user unknown"),
        ("sshd", "PAM service(sshd) ignoring max retries; 5 > 3"),
        ("sshd", "PAM unable to dlopen(/lib/security/pam_krb5.so)"),
        ("sshd", "PAM [dlerror: /lib/security/pam_krb5.so: cannot open shared object file]"),
        ("sshd", "PAM adding faulty module: /lib/security/pam_krb5.so"),
        ("sudo", "pam_unix(sudo:auth): conversation failed"),
        ("sudo", "pam_unix(sudo:auth): auth could not identify password for [bob]"),
        ("login", "pam_unix(login:auth): bad username [-x]"),
        ("passwd", "pam_unix(passwd:chauthtok): password - (old) token not obtained"),
        ("passwd", "pam_unix(passwd:chauthtok): password - new password not obtained"),
        ("passwd", "pam_unix(passwd:chauthtok): password received unknown request"),
        ("x", "gkr-pam: unlocked login keyring"),
        ("x", "pam_ck_connector(polkit-1:session): cannot determine display-device"),
        ("x", "(root) CMD (run-parts)"),
        ("x", "()"),
        ("x", "pam_unix("),
    ];
    for (tag, message) in noise {
        check(tag, message, "ignored");
    }
    let unknown = [
        "pam_unix(sshd:auth): something new",
        "pam_unix(sshd:session): session begun for user bob",
        "pam_unix(gdm:auth): authentication of bob was refused",
        "pam_unix(sshd:account): account bob is barred",
    ];
    for message in unknown {
        check("sshd", message, "unrecognized pam");
    }
}

/// Six such lines from an address and then its owner's login were a success after failures.
#[test]
fn no_line_tells_of_billions_of_attempts() {
    let bounded = |message: &str, expected: &str| {
        let envelope = framed("vsftpd", Some(7), message.as_bytes());
        assert_eq!(told(&crate::parse::message(&envelope)), expected, "{message}");
    };
    bounded(
        "pam_unix(vsftpd:auth): 4000000000 more authentication failures; logname= uid=1001 euid=0 tty=x ruser= rhost=198.51.100.9  user=root",
        "login_failure vsftpd count=100 user=root source=198.51.100.9 tty=x",
    );
    bounded(
        "pam_unix(vsftpd:auth): 99999999999999 more authentication failures; logname= uid=1001 euid=0 tty=x ruser= rhost=198.51.100.9  user=root",
        "login_failure vsftpd count=100 user=root source=198.51.100.9 tty=x",
    );
}

#[test]
fn one_address_is_one_source_however_it_is_written() {
    for (rhost, source) in [
        ("::FFFF:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("a.example.org", "a.example.org"),
    ] {
        let said = format!(
            "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser= rhost={rhost}  user=bob"
        );
        check("vsftpd", &said, &format!("login_failure vsftpd user=bob source={source} tty=ftp"));
    }
}

#[test]
fn the_invoker_is_told_as_pam_prints_him() {
    let by = |message: &str| {
        let envelope = framed("su", Some(7), message.as_bytes());
        match read(parse, &envelope) {
            Parsed::Event(event) => {
                let by = event.by.unwrap_or_default();
                (by.name.to_owned(), by.uid, event.service.map(str::to_owned))
            }
            other => unreachable!("{other:?}"),
        }
    };
    let su = Some("su-l".to_owned());
    assert_eq!(
        by("pam_unix(su-l:session): session opened for user root(uid=0) by alice(uid=1000)"),
        ("alice".to_owned(), Some(1000), su.clone())
    );
    assert_eq!(
        by("pam_unix(su-l:session): session opened for user root by (uid=0)"),
        ("root".to_owned(), Some(0), su.clone())
    );
    assert_eq!(
        by(
            "pam_unix(su-l:auth): authentication failure; logname=al uid=1000 euid=0 tty=x ruser=bob rhost=  user=root"
        ),
        ("bob".to_owned(), Some(1000), su)
    );
}
