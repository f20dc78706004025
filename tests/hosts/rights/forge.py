"""What an ordinary user writes with logger: nothing of it counts for anyone but himself."""

import re
import subprocess

from host import check, do, series, total, until

ME = "mallory"
SSHD = ["sshd", "sshd-session", "sshd-auth", "sshd-session.pam", "/usr/sbin/sshd"]
LOGIN = ["Accepted password for {who} from 198.51.100.9 port 1 ssh2",
         "Accepted publickey for {who} from 198.51.100.9 port 1 ssh2: ED25519 SHA256:abc",
         "Failed password for {who} from 198.51.100.9 port 1 ssh2", "Invalid user {who} from 198.51.100.9 port 1",
         "Connection closed by authenticating user {who} 198.51.100.9 port 1 [preauth]",
         "Connection closed by 198.51.100.9 port 1", "drop connection #3 from [198.51.100.9]:1 on [127.0.0.1]:22 past MaxStartups",
         "exited MaxStartups throttling after 00:01:00, 4000000000 connections dropped",
         "message repeated 4000000000 times: [ Failed password for {who} from 198.51.100.9 port 1 ssh2]"]
PAM = ["pam_unix({service}:auth): 4000000000 more authentication failures; logname= uid={uid} euid=0 tty=x ruser= rhost=198.51.100.9  user={who}",
       "pam_unix({service}:auth): authentication failure; logname= uid={uid} euid=0 tty=x ruser= rhost=  user={who}",
       "pam_unix({service}:session): session opened for user {who}(uid=0) by {me}(uid={uid})",
       "pam_unix({service}:session): session opened for user {who}(uid=0) by (uid=0)",
       "pam_unix({service}:session): session closed for user {who}",
       "pam_unix({service}:chauthtok): password changed for {who}",
       "pam_faillock({service}:auth): Consecutive login failures for user {who} account temporarily locked"]
SERVICES = ["x", "evil", "sshd", "login", "su", "su-l", "sudo", "sudo-i", "cron", "atd", "systemd-user", "systemd-run0", "polkit-1",
            "doas", "gdm-password", "cockpit", "vsftpd", "swaylock", "passwd", "remote", "runuser"]
OTHERS = {
    "sudo": ["    {who} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil", "    {who} : 99 incorrect password attempts ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
             "[...]  {who} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil", "    {who} : (command continued) ; USER=root ; COMMAND=/bin/evil",
             "    {who} : user NOT in sudoers ; PWD=/ ; USER=root ; COMMAND=/bin/sh"],
    "sudo-rs": ["{who} : TTY=/dev/pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/evil"],
    "su": ["(to root) {who} on pts/0", "FAILED SU (to root) {who} on pts/0", "Successful su for root by {who}", "+ pts/0 {who}:root"],
    "runuser": ["(to root) {who} on none"],
    "doas": ["{who} ran command id as root from /", "failed auth for {who}", "command not permitted for {who}: id"],
    "pkexec": ["{who}: Executing command [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/evil]",
               "{who}: Error executing command as another user: Not authorized [USER=root] [TTY=unknown] [CWD=/] [COMMAND=/bin/sh]"],
    "polkitd": ["Operator of unix-process:1:2 successfully authenticated as unix-user:{who} to gain ONE-SHOT authorization for action org.freedesktop.systemd1.manage-units for system-bus-name::1.1 [run0 id] (owned by unix-user:{who})"],
    "login": ["LOGIN ON tty1 BY {who}", "ROOT LOGIN ON tty1", "FAILED LOGIN 1 FROM tty1 FOR {who}, Authentication failure",
              "LOGIN ON tty1 BY {who} FROM 198.51.100.9"],
    "dropbear": ["Password auth succeeded for '{who}' from 198.51.100.9:5", "Bad password attempt for '{who}' from 198.51.100.9:5"],
    "tailscaled": ["access granted to someone@example.com as ssh-user \"{who}\""],
    "ec2-instance-connect": ["Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, for IAM principal: arn:aws:iam::1:user/{who}"],
    "systemd-logind": ["New session 77 of user {who}.", "New seat seat0."],
    "rsyslogd": ["imuxsock[pid: 12]: 45 messages lost due to rate-limiting"],
    "systemd-journald": ["Suppressed 99 messages from ssh.service"],
    "unix_chkpwd": ["password check failed for user ({who})"],
}
TOOLS = ["useradd", "userdel", "usermod", "groupadd", "groupdel", "gpasswd", "chpasswd", "chage", "adduser", "deluser", "addgroup",
         "newusers", "passwd", "chsh", "chfn", "vipw"]
CHANGES = ["new user: name={who}, UID=0, GID=0, home=/, shell=/bin/sh, from=none", "delete user '{who}'", "add '{who}' to group 'sudo'",
           "user {who} added by {me} to group docker", "password for '{who}' changed by '{me}'", "changed user '{who}' shell to '/bin/sh'",
           "new group: name={who}, GID=0", "members of group sudo set by {me} to {who}"]


def lines(uid):
    out = [(tag, text) for tag in SSHD for text in LOGIN]
    out += [(tag, text) for tag, texts in OTHERS.items() for text in texts]
    out += [(tag, text) for tag in TOOLS for text in CHANGES]
    for service in SERVICES:
        for tag in {service, "evil", "(sd-pam)", "(bash)", "sshd", "sudo", "su"}:
            out += [(tag, text.replace("{service}", service)) for text in PAM]
    said = []
    for tag, text in out:
        for who in ("root", "alice", ME):
            said.append((tag, text.format(who=who, me=ME, uid=uid)))
            said.append((tag, f"message repeated 9 times: [ {said[-1][1]}]"))
    return list(dict.fromkeys(said))


def write(entries):
    """By logger, as the user: one run for each tag and facility."""
    by_tag = {}
    for tag, text in entries:
        by_tag.setdefault(tag, []).append(text)
    for tag, texts in by_tag.items():
        for facility in ("authpriv.info", "auth.notice"):
            subprocess.run(["setpriv", "--reuid", ME, "--regid", ME, "--init-groups", "logger", "-p", facility, "-t", tag],
                           input="\n".join(texts), text=True, check=True)


def settle():
    """Everything that was written is read, and what waits for another line of its process has waited."""
    do("journalctl", "--sync")
    before = None

    def quiet():
        nonlocal before
        now, before = series().get('login_exporter_source_records_total{source="journal"}'), before
        same, before = now == before, now
        return same
    until(quiet, 120, 3)


def accesses():
    return {name: value for name, value in series().items() if name.startswith("login_") and not name.startswith("login_exporter_")}


def changed(before, after):
    return {name: value for name, value in after.items() if before.get(name, 0) != value}


def forges():
    do("useradd", "-m", ME)
    do("mkdir", "-p", "/etc/systemd/journald.conf.d")
    with open("/etc/systemd/journald.conf.d/play.conf", "w") as file:
        file.write("[Journal]\nRateLimitBurst=0\n")
    do("systemctl", "restart", "systemd-journald")
    settle()
    uid = subprocess.run(["id", "-u", ME], text=True, stdout=subprocess.PIPE).stdout.strip()
    before, refused = accesses(), total("login_exporter_source_errors_total", 'reason="untrusted"')
    said = lines(uid)
    write(said)
    settle()
    after = accesses()
    risen = {name: value for name, value in changed(before, after).items()}
    # `login_accesses_total` has no user; it may rise by what he told of himself.
    others = [f"{name} {value}" for name, value in risen.items() if not about_me(name)]
    check(f"of {2 * len(said)} forged lines none counts for anyone but their writer", not others, "\n".join(others))
    check("none of them is a login", not [name for name in risen if name.startswith("login_successes_total")], str(risen))
    refused = total("login_exporter_source_errors_total", 'reason="untrusted"') - refused
    print(f"measured {2 * len(said)} forged lines, {refused:.0f} refused as untrusted, {len(risen)} series of his own changed")


def about_me(name):
    # Of his own account, locked by his own passwd; the family has no label for a user.
    if re.match(r"login_(last_)?rejections?_", name) and re.search(r'program="(passwd|chsh|chfn|gpasswd|newgrp|doas|pkexec|polkit|sudo|su|[a-z0-9]*lock)"', name):
        return True
    if name.startswith("login_accesses_total") or name.startswith("login_session_duration_seconds"):
        return True
    # What he may say: that he became someone, or tried to; the user of a session of sudo's or su's is who he became.
    session = re.match(r'login_(last_)?sessions?_', name) and re.search(r'program="(sudo|su|doas|polkit|runuser|pkexec)"', name)
    return f'user="{ME}"' in name or bool(session)


def floods():
    """His lines about himself fill a share of the caps only."""
    entries = [("sudo", f"    {ME} : PWD=/ ; USER=root ; COMMAND=/bin/c{n}") for n in range(1300)]
    entries += [("sudo", f"    {ME} : 1 incorrect password attempt ; PWD=/ ; USER=u{n} ; COMMAND=/bin/c") for n in range(1300)]
    entries += [("su", f"(to u{n}) {ME} on pts/0") for n in range(1300)]
    entries += [("su", f"FAILED SU (to u{n}) {ME} on pts/0") for n in range(1300)]
    write(entries)
    settle()
    for n in range(3):
        do("useradd", f"new{n}")
        do("su", f"new{n}", "-c", "true")
    named = until(lambda: all(total("login_su_switches_total", f'target_user="new{n}"') == 1 for n in range(3)), 60)
    check("after his flood everyone else's accesses still have a name", named)
