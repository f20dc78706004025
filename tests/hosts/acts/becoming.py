"""Who becomes someone else: sudo, sudo-rs, su, runuser, doas, pkexec, run0."""

import os
import time

import ssh
from people import KEYS, PASSWORD
from stage import act, do, has, in_log, session, talk, tell, until, write

RS = "/usr/lib/cargo/bin/sudo"


def ran(user, target, command=None, program="sudo", opens=True, **fields):
    tell("sudo_command", program=program, user=user, target_user=target, **({"command": command} if command else {}), **fields)
    if opens:
        session("sudo", target)


def refused(user, reason, count=1, program="sudo", **fields):
    tell("sudo_failure", program=program, user=user, reason=reason, **({"count": count} if count > 1 else {}), **fields)


def sudo():
    is_rs = "sudo-rs" in do("sudo", "--version")
    commands("sudo", is_rs)
    if not is_rs:
        words_of_sudo()


def sudo_rs():
    """Beside classic sudo, where it has its own name."""
    if os.path.exists(RS) and "sudo-rs" not in do("sudo", "--version"):
        commands(RS, True)


def commands(sudo, is_rs):
    name = os.path.basename(sudo) + (" (sudo-rs)" if is_rs else "")
    act(f"{name}: a command that needs no password")
    do(sudo, "true", user="alice")
    ran("alice", "root", "/usr/bin/true")
    act(f"{name}: a command with a password")
    do(sudo, "-S", "-p", "", "/usr/bin/whoami", user="alice", put=f"{PASSWORD}\n")
    ran("alice", "root", "/usr/bin/whoami")
    act(f"{name}: as bob")
    do(sudo, "-S", "-u", "bob", "/usr/bin/whoami", user="alice", put=f"{PASSWORD}\n")
    ran("alice", "bob", "/usr/bin/whoami")
    act(f"{name}: on a terminal, a shell")
    do("chmod", "1777", "/tmp")
    talk([sudo, "-s"], ("assword", f"{PASSWORD}\n"), ("# ", "exit\n"), user="alice")
    ran("alice", "root", ("/bin/bash", "/usr/bin/bash"))
    act(f"{name}: on a terminal, a login")
    talk([sudo, "-i"], ("assword", f"{PASSWORD}\n"), ("# ", "exit\n"), user="alice")
    ran("alice", "root", "/bin/bash" if not is_rs else None)
    act(f"{name}: three wrong passwords")
    do(sudo, "-S", "-k", "/usr/bin/whoami", user="alice", put="a\nb\nc\n", ok=False)
    if is_rs:
        # PAM's line of the first is all that there is.
        refused("alice", "incorrect_password")
    else:
        refused("alice", "incorrect_password", 3)
    act(f"{name}: a wrong password, then the right one")
    do(sudo, "-S", "-k", "/usr/bin/whoami", user="alice", put=f"a\n{PASSWORD}\n")
    # Classic sudo says nothing of it: he mistyped, and was not refused.
    if is_rs:
        refused("alice", "incorrect_password")
    ran("alice", "root", "/usr/bin/whoami")
    act(f"{name}: arguments of every kind")
    do(sudo, "/usr/bin/echo", "a ; USER=root ; COMMAND=/bin/sh", "ünï", "x\ny", "\x1b[31m", "#1", user="alice")
    ran("alice", "root")
    act(f"{name}: a long command")
    do(sudo, "/usr/bin/echo", *[f"word-{n}" for n in range(400)], user="alice")
    ran("alice", "root")
    act(f"{name}: root")
    do(sudo, "true")
    ran("root", "root", "/usr/bin/true")
    act(f"{name}: one within another")
    do(sudo, "/usr/bin/env", sudo, "true", user="alice")
    ran("alice", "root")
    ran("root", "root", "/usr/bin/true")
    act(f"{name}: who is on no list")
    do(sudo, "-S", "/usr/bin/true", user="dave", put=f"{PASSWORD}\n", ok=False)
    # sudo-rs leaves no line at all.
    if not is_rs:
        refused("dave", "not_in_sudoers")
    act(f"{name}: a command that is not on the list")
    do(sudo, "-S", "/usr/bin/id", user="bob", put=f"{PASSWORD}\n", ok=False)
    if not is_rs:
        refused("bob", "command_not_allowed")
    act(f"{name}: forgets, and asks again")
    do(sudo, "-k", user="alice")
    act(f"{name}: no password to be asked for")
    do(sudo, "-n", "/usr/bin/whoami", user="alice", ok=False)
    if not is_rs:
        refused("alice", "password_required")


def words_of_sudo():
    act("sudo -l")
    do("sudo", "-S", "-l", user="alice", put=f"{PASSWORD}\n")
    act("sudo -v")
    do("sudo", "-S", "-v", user="alice", put=f"{PASSWORD}\n")
    act("sudo -l of another")
    do("sudo", "-S", "-l", "-U", "bob", user="alice", put=f"{PASSWORD}\n")
    act("sudoedit")
    do("env", "EDITOR=/usr/bin/true", "sudoedit", "/etc/motd", user="alice")
    ran("alice", "root")
    act("sudo with a variable")
    do("sudo", "FOO=bar", "/usr/bin/env", user="alice", ok=False)
    refused("alice", "command_not_allowed")
    act("sudo -g")
    do("sudo", "-S", "-g", "adm", "/usr/bin/id", user="alice", put=f"{PASSWORD}\n", ok=None)
    ran("alice", "alice")
    act("sudo: nobody of that name")
    do("sudo", "-S", "-u", "nosuch", "true", user="alice", put=f"{PASSWORD}\n", ok=False)
    refused("alice", "other")
    act("sudo: another folder")
    # To 1.9.13 whoever may run anything may run it anywhere.
    if "not permitted" in do("sudo", "-D", "/tmp", "true", user="alice", ok=None):
        refused("alice", "command_not_allowed")
    else:
        ran("alice", "root", "/usr/bin/true")
    act("sudo: wrong password for what is not on the list")
    do("sudo", "-S", "-k", "/usr/bin/id", user="bob", put="x\ny\nz\n", ok=False)
    tell("sudo_failure", program="sudo", user="bob")
    act("sudo: a login shell of bob's")
    do("sudo", "-S", "-u", "bob", "-i", "id", user="alice", put=f"{PASSWORD}\n")
    ran("alice", "bob")
    act("sudo -b")
    do("sudo", "-b", "true", user="alice")
    ran("alice", "root", "/usr/bin/true")
    act("sudo: an account that is over")
    do("sudo", "-S", "true", user="erin", put=f"{PASSWORD}\n", ok=False)
    tell("sudo_failure", program="sudo", user="erin")


def switched(user, target, opens=True, program="su"):
    tell("su_success", program=program, user=user, target_user=target)
    if opens:
        session(program, target)


def su():
    act("root sets a password of its own")
    do("chpasswd", put=f"root:{PASSWORD}\n")
    tell("account_change", program="chpasswd", change="password_changed", user="root")
    act("su: root becomes alice")
    do("su", "alice", "-c", "true")
    switched("root", "alice")
    act("su: alice becomes root")
    talk(["su", "-c", "id"], ("assword", f"{PASSWORD}\n"), user="alice")
    switched("alice", "root")
    act("su -: alice becomes bob")
    talk(["su", "-", "bob"], ("assword", f"{PASSWORD}\n"), (r"\$ ", "exit\n"), user="alice")
    switched("alice", "bob")
    act("su: without a terminal")
    do("su", "bob", "-c", "true", user="alice", put=f"{PASSWORD}\n", ok=None)
    if in_log("(to bob) alice"):
        switched("alice", "bob") if not in_log("FAILED SU") else tell("su_failure", program="su", user="alice", target_user="bob")
    act("su: a wrong password")
    talk(["su", "-"], ("assword", "wrong\n"), user="alice", ok=False)
    tell("su_failure", program="su", user="alice", target_user="root")
    act("su: nobody of that name")
    talk(["su", "nosuch"], user="alice", ok=False)
    act("su: to an account that is over")
    talk(["su", "erin", "-c", "true"], ("assword", f"{PASSWORD}\n"), user="alice", ok=False)
    tell("su_failure", program="su", user="alice", target_user="erin")
    act("su: one within another")
    do("su", "alice", "-c", "su bob -c true", put=f"{PASSWORD}\n", ok=None)
    switched("root", "alice")
    if in_log("FAILED SU"):
        tell("su_failure", program="su", user=("alice", "root"), target_user="bob")
    else:
        switched("alice", "bob")
    act("runuser")
    do("runuser", "-u", "alice", "true")
    do("runuser", "-l", "alice", "-c", "true")
    session("runuser", "alice", 2)
    if os.path.exists("/usr/lib/cargo/bin/su"):
        act("su of sudo-rs")
        # It has no line of its own; PAM's session is all.
        do("/usr/lib/cargo/bin/su", "carol", "-c", "true")
        switched("root", "carol")


def doas():
    if not has("doas"):
        return
    act("doas: no password")
    do("doas", "true", user="alice")
    tell("sudo_command", program="doas", user="alice", target_user="root", command="true")
    session("doas", "root")
    act("doas: a password")
    # doas's line is written as bob: what vouches for alice is the audit's login UID, so she logs in.
    talk(["ssh", "-tt", "-i", f"{KEYS}/rsa", "-l", "alice", ssh.HERE, "doas -u bob id"], ("assword", f"{PASSWORD}\n"))
    ssh.login("alice", "publickey")
    tell("sudo_command", program="doas", user="alice", target_user="bob", command="id")
    session("doas", "bob")
    act("doas: a wrong password")
    talk(["doas", "-u", "bob", "id"], ("assword", "wrong\n"), user="alice", ok=False)
    tell("sudo_failure", program="doas", user="alice", reason="incorrect_password")
    act("doas: not permitted")
    do("doas", "id", user="dave", ok=False)
    tell("sudo_failure", program="doas", user="dave", reason="command_not_allowed")
    act("doas: nothing is written")
    do("doas", "false", user="alice", ok=False)
    session("doas", "root")
    act("doas: no terminal to ask at")
    do("setsid", "-w", "doas", "-n", "id", user="alice", ok=False)


def polkit():
    if not has("pkexec"):
        return
    write("/etc/polkit-1/rules.d/00-play.rules", """polkit.addRule(function(action, subject) {
  if (subject.user == "alice" && action.id == "org.freedesktop.policykit.exec") return polkit.Result.YES;
  if (subject.user == "alice" && action.id == "org.freedesktop.systemd1.manage-units") return polkit.Result.YES;
  if (subject.user == "bob" && action.id == "org.freedesktop.policykit.exec") return polkit.Result.AUTH_SELF;
  if (subject.user == "bob" && action.id == "org.freedesktop.systemd1.manage-units") return polkit.Result.AUTH_SELF;
  if (subject.user == "dave") return polkit.Result.NO;
});
""")
    do("systemctl", "restart", "polkit.service")
    act("pkexec: by a rule")
    do("pkexec", "/usr/bin/true", user="alice")
    tell("sudo_command", program="pkexec", user="alice", target_user="root", command="/usr/bin/true")
    tell("session_opened", program="polkit", user="root")
    act("pkexec: refused by a rule")
    do("pkexec", "/usr/bin/true", user="dave", ok=False)
    tell("sudo_failure", program="pkexec", user="dave", target_user="root", reason="command_not_allowed")
    act("pkexec: with a password")
    said = talk([*at_home(), "pkexec /usr/bin/id"], ("assword", f"{PASSWORD}\n"), ("assword", f"{PASSWORD}\n"), ok=None)
    ssh.login("bob", "password")
    # polkit sometimes loses its own question in between ("No session for cookie").
    if "uid=0" in said:
        tell("sudo_command", program="pkexec", user="bob", target_user="root", command="/usr/bin/id")
        tell("session_opened", program="polkit", user="root")
    else:
        tell("sudo_failure", program="pkexec", user="bob", reason="command_not_allowed")
    act("pkexec: a wrong password")
    talk([*at_home(), "pkexec /usr/bin/id"], ("assword", f"{PASSWORD}\n"), ("assword", "wrong\n"), ok=False)
    ssh.login("bob", "password")
    tell("sudo_failure", program="pkexec", user="bob")
    run0()


def at_home():
    """polkit asks whoever has a session."""
    return ["ssh", "-tt", "-o", "PreferredAuthentications=password", "-l", "bob", ssh.HERE]


def run0():
    if not has("run0"):
        return
    act("run0: root")
    do("run0", "--pipe", "true", ok=None)
    run0_session("root")
    act("run0: by a rule")
    do("run0", "--pipe", "id", user="alice", ok=None)
    run0_session("root")
    act("run0: with a password")
    talk([*at_home(), "run0 id"], ("assword", f"{PASSWORD}\n"), ("assword", f"{PASSWORD}\n"), ok=None)
    ssh.login("bob", "password")
    run0_session("root")
    if in_log("successfully authenticated as unix-user:bob"):
        tell("sudo_command", program="run0", user="bob", target_user="root", command="id")
    act("run0: a wrong password")
    talk([*at_home(), "run0 id"], ("assword", f"{PASSWORD}\n"), ("assword", "wrong\n"), ok=False)
    ssh.login("bob", "password")
    tell("sudo_failure", program=("run0", "polkit"), user="bob")
    act("run0: refused by a rule")
    do("run0", "--pipe", "id", user="dave", ok=False)


def run0_session(user):
    """Its end is (sd-pam)'s to tell, which is killed before it does so now and then (257 and 262)."""
    tell("session_opened", program="systemd-run0", user=user)
    time.sleep(1)
    if in_log(f"pam_unix(systemd-run0:session): session closed for user {user}"):
        tell("session_closed", program="systemd-run0", user=user)
