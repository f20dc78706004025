"""Who lives on the host, and how they may come in."""

from stage import act, do, tell, went_wrong, write
import glob
import os
import subprocess

PASSWORD = "correct horse"
PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank"]
KEYS = "/root/keys"
version = ""


def settle():
    act("people move in")
    write("/etc/hosts", "127.0.0.1 localhost play " + os.uname().nodename + "\n::1 localhost\n")
    # A refused password takes two seconds, a refused console three: a play need not wait.
    do("sed", "-i", "s/pam_unix.so nullok/pam_unix.so nullok nodelay/", "/etc/pam.d/common-auth")
    do("sed", "-i", "/pam_faildelay/d", "/etc/pam.d/login")
    for name in PEOPLE:
        do("useradd", "--create-home", "--shell", "/bin/bash", name)
        tell("account_change", program="useradd", change="user_added", user=name)
        tell("account_change", program="useradd", change="group_added", user=name)
        do("chpasswd", put=f"{name}:{PASSWORD}\n")
        tell("account_change", program="chpasswd", change="password_changed", user=name)
    do("useradd", "-m", "-s", "/bin/bash", "nopass")
    tell("account_change", program="useradd", change="user_added", user="nopass")
    tell("account_change", program="useradd", change="group_added", user="nopass")
    do("passwd", "-d", "nopass")
    tell("account_change", program="passwd", change="password_changed", user="nopass")
    keys()
    sshd()
    sudoers()


def keys():
    os.makedirs(KEYS, mode=0o755, exist_ok=True)
    os.chmod("/root", 0o755)
    for kind in ("ed25519", "rsa", "ecdsa"):
        do("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"alice {kind}", "-f", f"{KEYS}/{kind}")
    do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{KEYS}/stranger")
    do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{KEYS}/elsewhere")
    do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{KEYS}/ca")
    for name, validity in (("cert", "+1d"), ("old", "19990101:19990102")):
        do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{KEYS}/{name}")
        do("ssh-keygen", "-q", "-s", f"{KEYS}/ca", "-I", f"alice@{name} serial 7", "-n", "alice", "-V", validity,
           f"{KEYS}/{name}.pub")
    public = [open(f"{KEYS}/{kind}.pub").read() for kind in ("ed25519", "rsa", "ecdsa")]
    elsewhere = 'from="192.0.2.77" ' + open(f"{KEYS}/elsewhere.pub").read()
    for name in ("alice", "carol", "root", "frank"):
        home = "/root" if name == "root" else f"/home/{name}"
        os.makedirs(f"{home}/.ssh", mode=0o700, exist_ok=True)
        do("chown", name, f"{home}/.ssh")
        write(f"{home}/.ssh/authorized_keys", "".join(public) + elsewhere, 0o600, name)


def fingerprint(name):
    said = subprocess.run(["ssh-keygen", "-lf", f"{KEYS}/{name}.pub"], text=True, stdout=subprocess.PIPE).stdout
    return said.split()[1]


def sshd():
    global version
    said = subprocess.run(["ssh", "-V"], text=True, stderr=subprocess.PIPE).stderr
    version = tuple(int(n) for n in said.split("_")[1].split()[0].split(",")[0].split("p")[0].split("."))
    penalties = "PerSourcePenalties no\n" if version >= (9, 8) else ""
    common = """PasswordAuthentication yes
KbdInteractiveAuthentication yes
HostbasedAuthentication yes
HostbasedUsesNameFromPacketOnly yes
TrustedUserCAKeys /etc/ssh/ca.pub
MaxAuthTries 6
UsePAM yes
Subsystem sftp /usr/lib/openssh/sftp-server
Match User carol
  AuthenticationMethods publickey,password
Match User nopass
  PermitEmptyPasswords yes
"""
    do("cp", f"{KEYS}/ca.pub", "/etc/ssh/ca.pub")
    gssapi = gssapi_is_known()
    # What Debian's own file says comes after these.
    write("/etc/ssh/sshd_config", penalties + ("GSSAPIAuthentication yes\n" if gssapi else "") + common)
    for port, level in ((2223, "VERBOSE"), (2224, "DEBUG1")):
        write(f"/etc/ssh/sshd_{port}", f"Port {port}\nPidFile /run/sshd-{port}.pid\nLogLevel {level}\n{penalties}{common}")
    write("/etc/ssh/sshd_2222", f"""Port 2222
PidFile /run/sshd-2222.pid
PermitRootLogin no
AllowUsers alice root
MaxAuthTries 2
LoginGraceTime 4
MaxStartups 3
PasswordAuthentication yes
UsePAM yes
{penalties}""")
    # Its own users are those of no PAM.
    write("/etc/ssh/sshd_2226", f"""Port 2226
PidFile /run/sshd-2226.pid
UsePAM no
PasswordAuthentication yes
DenyUsers bob
AllowGroups alice bob erin frank
PermitEmptyPasswords yes
{penalties}""")
    if version >= (9, 8):
        write("/etc/ssh/sshd_2227", """Port 2227
PidFile /run/sshd-2227.pid
PerSourcePenalties authfail:60s noauth:60s min:1s
PerSourceNetBlockSize 32:128
PasswordAuthentication yes
UsePAM yes
""")
    names = ["localhost", "play", os.uname().nodename]
    host_keys = [open(path).read().strip() for path in sorted(glob.glob("/etc/ssh/ssh_host_*_key.pub"))]
    write("/etc/ssh/ssh_known_hosts", "".join(f"{','.join(names)} {key}\n" for key in host_keys))
    write("/etc/ssh/shosts.equiv", "".join(f"{name}\n" for name in names))
    write("/etc/ssh/ssh_config.d/play.conf", """EnableSSHKeysign yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
ConnectTimeout 10
NumberOfPasswordPrompts 1
PreferredAuthentications publickey
IdentitiesOnly yes
""")
    do("systemctl", "restart", "ssh.service")
    for port in (2222, 2223, 2224, 2226, *([2227] if version >= (9, 8) else [])):
        do("/usr/sbin/sshd", "-t", "-f", f"/etc/ssh/sshd_{port}")
        do("systemd-run", f"--unit=sshd-{port}", "-p", "KillMode=process", "/usr/sbin/sshd", "-D", "-f", f"/etc/ssh/sshd_{port}")


def gssapi_is_known():
    write("/tmp/gss", "GSSAPIAuthentication yes\n")
    done = subprocess.run(["/usr/sbin/sshd", "-t", "-f", "/tmp/gss"], text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
    return done.returncode == 0 and "nsupported" not in done.stdout


def sudoers():
    rules = """Defaults !lecture
root ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) ALL
alice ALL=(ALL:ALL) NOPASSWD: /usr/bin/true, /usr/bin/id, /usr/bin/echo, /usr/bin/env, sudoedit /etc/motd
bob ALL=(root) NOPASSWD: /usr/bin/true
bob ALL=(root) NOPASSWD: /usr/bin/false
"""
    write("/etc/sudoers.d/play", rules, 0o440)
    if not os.path.exists("/etc/sudoers"):
        write("/etc/sudoers", "@includedir /etc/sudoers.d\n", 0o440)
    # sudo-rs comes without these, and reads a file of its own where there is one.
    if not os.path.exists("/etc/pam.d/sudo"):
        rules = "@include common-auth\n@include common-account\n@include common-session-noninteractive\n"
        write("/etc/pam.d/sudo", rules)
        write("/etc/pam.d/sudo-i", rules.replace("-noninteractive", ""))
    write("/etc/doas.conf", """permit nopass alice as root cmd true
permit alice as bob
permit persist alice as root cmd id
permit nolog nopass alice as root cmd false
permit nopass root as alice
""", 0o400)
