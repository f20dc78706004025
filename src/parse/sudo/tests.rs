use super::*;
use crate::parse::words::{framed, read, told};

fn check(message: &str, expected: &str) {
    let envelope = framed("sudo", None, message.as_bytes());
    assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
}

#[test]
fn commands_of_every_version() {
    let rows = [
        // 1.8.23 (CentOS 7), user padded to eight columns and not
        (
            "ec2-user : TTY=pts/0 ; PWD=/home/ec2-user ; USER=root ; COMMAND=/bin/less /var/log/secure",
            "sudo_command sudo user=ec2-user target=root tty=pts/0 dir=/home/ec2-user command=/bin/less /var/log/secure",
        ),
        (
            "    root : TTY=unknown ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
            "sudo_command sudo user=root target=root tty=unknown dir=/ command=/bin/ls",
        ),
        // 1.9.5 and later: no TTY part without a terminal
        (
            "     bob : PWD=/home/bob ; USER=root ; COMMAND=list",
            "sudo_command sudo user=bob target=root dir=/home/bob command=list",
        ),
        (
            "     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=list /bin/ls",
            "sudo_command sudo user=bob target=root tty=pts/0 dir=/ command=list /bin/ls",
        ),
        (
            "     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=validate",
            "sudo_command sudo user=bob target=root tty=pts/0 dir=/ command=validate",
        ),
        (
            "     bob : TTY=pts/0 ; PWD=/etc ; USER=root ; COMMAND=sudoedit /etc/hosts",
            "sudo_command sudo user=bob target=root tty=pts/0 dir=/etc command=sudoedit /etc/hosts",
        ),
        (
            "     bob : HOST=web1 ; TTY=pts/1 ; CHROOT=/srv ; PWD=/ ; USER=www ; GROUP=adm ; TSID=000001 ; ENV=A=1 B=2 ; COMMAND=/bin/id -u",
            "sudo_command sudo user=bob target=www tty=pts/1 dir=/ command=/bin/id -u",
        ),
        (
            "     bob : TTY=pts/1 ; PWD=/ ; GROUP=adm ; COMMAND=/bin/id",
            "sudo_command sudo user=bob tty=pts/1 dir=/ command=/bin/id",
        ),
        // 1.9.13 escapes
        (
            "     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/echo 'a b' #012",
            "sudo_command sudo user=bob target=root tty=pts/0 dir=/ command=/bin/echo 'a b' #012",
        ),
        // sudo-rs 0.2
        (
            "bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/true",
            "sudo_command sudo user=bob target=root tty=pts/0 dir=/home/bob command=/usr/bin/true",
        ),
        (
            "bob :  PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/true",
            "sudo_command sudo user=bob target=root dir=/home/bob command=/usr/bin/true",
        ),
        // sudoreplay's format, without a user
        (
            "HOST=linux-build ; TTY=pts/1 ; CWD=/home/m ; USER=root ; TSID=00005H ; COMMAND=/usr/bin/find a : b",
            "sudo_command sudo target=root tty=pts/1 dir=/home/m command=/usr/bin/find a : b",
        ),
        // a user of a domain, with a blank
        (
            "EX\\bob smith : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
            "sudo_command sudo user=EX\\bob smith target=root tty=pts/0 dir=/ command=/bin/ls",
        ),
    ];
    for (message, expected) in rows {
        check(message, expected);
    }
}

#[test]
fn an_exit_record_counts_only_alone() {
    check(
        "bob : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/vi aliases ; EXIT=0",
        "sudo_command sudo user=bob target=root tty=pts/1 dir=/ command=/usr/bin/vi aliases role=exit",
    );
    check(
        "bob : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/find . ; SIGNAL=QUIT ; EXIT=131",
        "sudo_command sudo user=bob target=root tty=pts/1 dir=/ command=/usr/bin/find . role=exit",
    );
    check(
        "bob : TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/echo ; EXIT=none",
        "sudo_command sudo user=bob target=root tty=pts/1 dir=/ command=/bin/echo ; EXIT=none",
    );
}

#[test]
fn refusals_and_their_attempts() {
    let rest = "TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/ls";
    let rows = [
        ("1 incorrect password attempt", "incorrect_password"),
        ("3 incorrect password attempts", "incorrect_password count=3"),
        ("user NOT in sudoers", "not_in_sudoers"),
        ("user NOT authorized on host", "not_on_host"),
        ("command not allowed", "command_not_allowed"),
        ("setid command rejected in intercept mode", "command_not_allowed"),
        ("command rejected by I/O plugin", "command_not_allowed"),
        ("a password is required", "password_required"),
        ("a terminal is required to read the password", "password_required"),
        ("user not allowed to change directory to /root", "command_not_allowed"),
        ("user not allowed to change root directory to /x", "command_not_allowed"),
        ("user not allowed to preserve the environment", "command_not_allowed"),
        (
            "sorry, you are not allowed to set the following environment variables: LD_PRELOAD",
            "command_not_allowed",
        ),
        ("account validation failure, is your account locked?", "other"),
        (
            "PAM authentication error : Authentication service cannot retrieve authentication info",
            "other",
        ),
        ("PAM account management error: Permission denied", "other"),
        ("no tty", "other"),
        ("unknown user zed", "other"),
        ("wrong, said the administrator", "other"),
    ];
    for (reason, expected) in rows {
        check(
            &format!("     bob : {reason} ; {rest}"),
            &format!(
                "sudo_failure sudo reason={expected} user=bob target=root tty=pts/0 dir=/home/bob command=/bin/ls"
            ),
        );
    }
    // 1.9.13 of Debian 12, as it was logged
    check(
        "     zoe : unknown user nosuch ; PWD=/tmp/ns ; USER=nosuch ; ",
        "sudo_failure sudo reason=other user=zoe target=nosuch dir=/tmp/ns",
    );
    check("     bob : unknown user zed", "sudo_failure sudo reason=other user=bob");
    check(
        "     bob : unknown user zed ; TTY=pts/0 ; PWD=/home/bob ;",
        "sudo_failure sudo reason=other user=bob tty=pts/0 dir=/home/bob",
    );
}

#[test]
fn what_a_user_chooses_forges_nothing() {
    // A directory's name that names a target.
    check(
        "bob : TTY=pts/0 ; PWD=/tmp/a ; USER=root ; USER=www ; COMMAND=/bin/ls",
        "sudo_command sudo user=bob target=www tty=pts/0 dir=/tmp/a ; USER=root command=/bin/ls",
    );
    // Arguments that look like a line.
    check(
        "bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil ; USER=www ; COMMAND=/bin/true",
        "sudo_command sudo user=bob target=root tty=pts/0 dir=/ command=/bin/evil ; USER=www ; COMMAND=/bin/true",
    );
    // `sudo -u` with a name that looks like a whole line stays a refusal.
    check(
        "bob : unknown user x ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/true ; TTY=pts/0 ; PWD=/",
        "sudo_failure sudo reason=other user=bob target=root tty=pts/0 dir=/ command=/bin/true ; TTY=pts/0 ; PWD=/",
    );
    let envelope = framed("sudo", None, b"b\xffb : PWD=/\xfe ; USER=root ; COMMAND=/bin/ls");
    assert_eq!(
        told(&read(parse, &envelope)),
        "sudo_command sudo user=b\u{fffd}b target=root dir=/\u{fffd} command=/bin/ls"
    );
}

#[test]
fn json_lines() {
    let accept = r#"@cee:{"sudo":{"accept":{"uuid":"61","server_time":{"seconds":1643374700},"submituser":"czanik","command":"/bin/ls","runuser":"root","runcwd":"/home/czanik","ttyname":"/dev/pts/0","submithost":"h","submitcwd":"/tmp","runuid":0,"columns":118,"lines":60,"runargv":["ls","-l","a b"]}}}"#;
    check(
        accept,
        "sudo_command sudo user=czanik target=root tty=pts/0 dir=/home/czanik command=/bin/ls -l a b",
    );
    let reject = r#"@cee:{"sudo":{"reject":{"reason":"3 incorrect password attempts","submituser":"bob","command":"/bin/ls","runuser":"root","submitcwd":"/tmp"}}}"#;
    check(
        reject,
        "sudo_failure sudo reason=incorrect_password count=3 user=bob target=root dir=/tmp command=/bin/ls",
    );
    check(
        r#"@cee:{"sudo":{"alert":{"reason":"unable to write to I/O log file: x","submituser":"bob"}}}"#,
        "ignored",
    );
    check(
        r#"@cee:{"sudo":{"alert":{"reason":"unknown user zed","submituser":"bob"}}}"#,
        "sudo_failure sudo reason=other user=bob",
    );
    check(r#"@cee:{"sudo":{"exit":{"uuid":"61","exit_value":0}}}"#, "ignored");
    check(r#"@cee:{"sudo":{"accept":{"submit"#, "unrecognized sudo");
}

#[test]
fn what_adds_nothing() {
    let noise = [
        "     bob : (command continued) --flag",
        "[...] --flag",
        "bob : unable to open /run/sudo/ts/bob : Permission denied ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
        "bob : ignoring time stamp from the future ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
        "bob : problem with defaults entries ; TTY=pts/0 ; PWD=/ ; USER=root ; ",
        "root : unable to resolve host web1: Name or service not known",
        "unable to resolve host web1: Name or service not known",
        "/etc/sudoers:12:3: syntax error",
        "error initializing audit plugin sudoers_audit",
        "no valid sudoers sources found, quitting",
        "",
    ];
    for message in noise {
        check(message, "ignored");
    }
    check("something new", "unrecognized sudo");
    check("bob : something new", "unrecognized sudo");
}

/// sudo-rs splits a long record, and its user steers where.
#[test]
fn the_rest_of_a_split_record_is_no_command_of_anyone() {
    for rest in [
        "[...]  mallory : TTY=/dev/pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
        "[...] mallory : TTY=/dev/pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil",
        "[...] @cee:{\"sudo\":{\"accept\":{}}}",
    ] {
        check(rest, "ignored");
    }
}

/// Duo quotes a name that its owner sets himself.
#[test]
fn a_name_in_a_line_of_duo_is_no_command_of_anyone() {
    check(
        "Successful Duo login for 'x : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil' from 203.0.113.9",
        "ignored",
    );
}

#[test]
fn sudo_rs_is_known_by_its_shape() {
    let is_rs = |message: &str| {
        let envelope = framed("sudo", None, message.as_bytes());
        matches!(read(parse, &envelope), Parsed::Event(event) if event.sudo_rs)
    };
    assert!(is_rs("alice :  PWD=/ ; USER=root ; COMMAND=/usr/bin/id "));
    assert!(is_rs(
        "ubuntu : TTY=/dev/pts/0 ; PWD=/home/ubuntu ; USER=root ; COMMAND=/usr/bin/su -"
    ));
    assert!(!is_rs("     bob : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls"));
    assert!(!is_rs("     bob : PWD=/ ; USER=root ; COMMAND=/bin/ls"));
}

#[test]
fn older_words() {
    check("www-data : unknown user: #-1", "sudo_failure sudo reason=other user=www-data");
    // 1.9.13 forgot what stands between the two
    check(
        "     bob : TTY=pts/1 ; PWD=/ ; USER=root ; ENV=A=b COMMAND=/bin/ls -l",
        "sudo_command sudo user=bob target=root tty=pts/1 dir=/ command=/bin/ls -l",
    );
}
