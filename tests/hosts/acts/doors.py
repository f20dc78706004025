"""Other ways in: the console, cron and at, dropbear, Kerberos, systemd."""

import os
import subprocess
import time

import people
import ssh
from people import KEYS, PASSWORD
from stage import act, connect, do, has, in_log, session, talk, tell, until, write


def console():
    """login of shadow, and since Debian 13 of util-linux; both tell an ordinary user's login by PAM's session alone."""
    shadow = "util-linux" not in do("login", "--version", ok=None) and people.version < (9, 8)
    act("console: a login")
    talk(["login"], ("login:", "alice\n"), ("assword:", f"{PASSWORD}\n"), (r"\$ ", "exit\n"), ok=None)
    session("login", "alice")
    act("console: root")
    talk(["login"], ("login:", "root\n"), ("assword:", f"{PASSWORD}\n"), (r"# ", "exit\n"), ok=None)
    session("login", "root")
    tell("login_success", program="login", user="root")
    act("console: a wrong password, then the right one")
    talk(["login"], ("login:", "alice\n"), ("assword:", "wrong\n"), ("login:", "alice\n"), ("assword:", f"{PASSWORD}\n"),
         (r"\$ ", "exit\n"), ok=None)
    tell("login_failure", program="login", user="alice")
    session("login", "alice")
    act("console: nobody of that name")
    talk(["login"], ("login:", "mallory\n"), ("assword:", "x\n"), ("ncorrect", None), ok=None)
    tell("login_failure", program="login", user="UNKNOWN" if shadow else "mallory")
    act("console: from another host, by name")
    talk(["login", "-h", "192.0.2.5", "-f", "bob"], (r"\$ ", "exit\n"), ok=None)
    session("login", "bob")


def cron():
    act("cron")
    soon = time.localtime(time.time() + 62)
    write("/etc/cron.d/play", f"{soon.tm_min} {soon.tm_hour} * * * alice /usr/bin/touch /tmp/cron-ran\n")
    if has("at"):
        act("at")
        do("at", "now", user="alice", put="touch /tmp/at-ran\n")
        until("the job of at", lambda: os.path.exists("/tmp/at-ran"))
        session("atd", "alice")


def cron_is_over():
    act("cron's end")
    until("cron's job", lambda: os.path.exists("/tmp/cron-ran"), 130)
    os.remove("/etc/cron.d/play")
    session("cron", "alice")
    do("crontab", "-", user="alice", put="0 0 1 1 * true\n")
    do("crontab", "-r", user="alice")


def dropbear():
    if not has("dropbear"):
        return
    act("dropbear")
    os.makedirs("/etc/dropbear", exist_ok=True)
    do("systemd-run", "--unit=dropbear", "-p", "KillMode=process", "dropbear", "-F", "-R", "-p", "2225")
    until("dropbear", lambda: "2225" in do("ss", "-Hltn", "sport = 2225", ok=None))
    act("dropbear: a password")
    ssh.ssh("alice", port=2225, password=PASSWORD)
    bear("login_success", user="alice", method="password")
    act("dropbear: a key")
    ssh.ssh("alice", port=2225, key="rsa")
    bear("login_success", user="alice", method="publickey", identity=people.fingerprint("rsa"))
    act("dropbear: IPv6")
    ssh.ssh("alice", port=2225, key="ed25519", host="::1")
    tell("login_success", program="dropbear", user="alice", source="::1")
    act("dropbear: a wrong password")
    ssh.ssh("alice", port=2225, password="wrong", ok=False)
    bear("login_failure", user="alice")
    bear("login_rejected", reason="closed_before_login")
    act("dropbear: a stranger's key")
    ssh.ssh("alice", port=2225, key="stranger", ok=False)
    bear("login_rejected", reason="closed_before_login")
    act("dropbear: nobody of that name")
    ssh.ssh("mallory", port=2225, password="x", ok=False)
    bear("login_rejected", reason="invalid_user")
    act("dropbear: comes and goes")
    connect(2225).close()
    bear("login_rejected", reason="closed_before_login")
    time.sleep(0.5)
    act("dropbear: its end")
    do("systemctl", "stop", "dropbear")
    until("its end", lambda: in_log("Terminated by signal"))


def bear(event, **fields):
    tell(event, program="dropbear", source="127.0.0.1", **fields)


def kerberos():
    if not people.gssapi_is_known() or not has("kadmin.local"):
        return
    act("kerberos: a realm")
    write("/etc/krb5.conf", """[libdefaults]
default_realm = PLAY.TEST
dns_canonicalize_hostname = false
rdns = false
[realms]
PLAY.TEST = {
  kdc = 127.0.0.1
}
""")
    write("/etc/krb5kdc/kdc.conf", "[realms]\nPLAY.TEST = {\n}\n")
    do("kdb5_util", "create", "-s", "-r", "PLAY.TEST", "-P", "master")
    for line in ("addprinc -pw secret alice", "addprinc -pw secret stranger", "addprinc -randkey host/localhost", "ktadd host/localhost"):
        do("kadmin.local", "-q", line)
    do("systemd-run", "--unit=kdc", "krb5kdc", "-n")
    write("/etc/ssh/sshd_config", open("/etc/ssh/sshd_config").read().replace(
        "GSSAPIAuthentication yes", "GSSAPIAuthentication yes\nGSSAPIStrictAcceptorCheck no"))
    do("systemctl", "reload", "ssh")
    until("the realm", lambda: in_log("commencing operation"))
    act("kerberos: a ticket")
    options = ["GSSAPIAuthentication=yes", "AddressFamily=inet"]
    do("sh", "-c", "echo secret | kinit alice")
    ssh.ssh("alice", methods="gssapi-with-mic", host="localhost", options=options)
    ssh.login("alice", "gssapi", identity="alice@PLAY.TEST")
    act("kerberos: someone else's ticket")
    do("sh", "-c", "echo secret | kinit stranger")
    ssh.ssh("alice", methods="gssapi-with-mic", host="localhost", options=options, ok=False)
    if in_log("Failed gssapi-with-mic"):
        ssh.failed("alice", "gssapi")
    ssh.rejected("closed_before_login")


def systemd():
    act("systemd: a unit with a login's session")
    do("systemd-run", "--wait", "-p", "PAMName=login", "-p", "User=alice", "true")
    until("its end", lambda: in_log("pam_unix(login:session): session closed for user alice"), 5)
    session("login", "alice")
    act("systemd: a user's own manager")
    do("loginctl", "enable-linger", "dave")
    until("the manager", lambda: in_log("session opened for user dave"))
    do("systemctl", "--user", "-M", "dave@", "list-units", ok=None)
    session("login", "dave")
    do("loginctl", "disable-linger", "dave", ok=None)


def daemons():
    act("daemons: reload and restart")
    do("systemctl", "reload", "ssh")
    do("systemctl", "restart", "ssh")
    do("systemctl", "restart", "cron")
    cron_is_over()
    act("daemons: a new log")
    do("systemctl", "kill", "-s", "HUP", "rsyslog", ok=None)
    for port in (2222, 2223, 2224, 2226):
        do("systemctl", "stop", f"sshd-{port}", ok=None)
