"""Who comes to sshd: with every kind of proof, with none, and who only knocks."""

import os
import socket
import struct
import subprocess
import time

import people
from people import KEYS, PASSWORD, fingerprint
from stage import act, connect, do, in_log, session, talk, tell, until, write

HERE = "127.0.0.1"


def ssh(user, *command, port=22, password=None, key=None, methods=None, source=None, ok=True, options=(), host=HERE, by=None):
    """OpenSSH's client; the password is typed wherever one is asked for."""
    methods = methods or ("password" if password is not None else "publickey")
    argv = ["ssh", "-p", str(port), "-l", user, "-o", f"PreferredAuthentications={methods}"]
    argv += ["-i", f"{KEYS}/{key}"] if key else []
    argv += ["-b", source] if source else []
    argv += [part for option in options for part in ("-o", option)]
    typed = ["sshpass", "-p", password] if password is not None else []
    return do(*typed, *argv, host, *(command or ("true",)), user=by, ok=ok)


def login(user, method, times=1, program="sshd", **fields):
    fields.setdefault("source", HERE)
    tell("login_success", times, program=program, user=user, method=method, **fields)
    if program == "sshd":
        session("sshd", user, times)


def failed(user, method="password", times=1, **fields):
    fields.setdefault("source", HERE)
    tell("login_failure", times, program="sshd", user=user, method=method, **fields)


def rejected(reason, times=1, **fields):
    fields.setdefault("source", HERE)
    tell("login_rejected", times, program="sshd", reason=reason, **fields)


def logins(port=22):
    act(f"a password at {port}")
    ssh("alice", port=port, password=PASSWORD)
    login("alice", "password")
    for kind in ("ed25519", "rsa", "ecdsa"):
        act(f"a key of {kind} at {port}")
        ssh("alice", port=port, key=kind)
        login("alice", "publickey", identity=fingerprint(kind))
    act(f"a certificate at {port}")
    ssh("alice", port=port, key="cert")
    # The client offers the bare key first; sshd tells that at VERBOSE alone.
    if port != 22:
        failed("alice", "publickey")
    login("alice", "certificate", identity="alice@cert serial 7")
    act(f"keyboard-interactive at {port}")
    ssh("alice", port=port, password=PASSWORD, methods="keyboard-interactive")
    login("alice", "keyboard-interactive")
    act(f"root with a key at {port}")
    ssh("root", port=port, key="ed25519")
    login("root", "publickey", identity=fingerprint("ed25519"))
    act(f"nobody asks for a password at {port}")
    ssh("nopass", port=port, methods="none", ok=None)
    login("nopass", "none")
    act(f"the host vouches at {port}")
    ssh("alice", port=port, methods="hostbased", host="localhost", by="alice",
        options=["HostbasedAuthentication=yes", "AddressFamily=inet"])
    login("alice", "hostbased")
    if port == 22:
        more()


def more():
    act("IPv6")
    ssh("alice", password=PASSWORD, host="::1")
    login("alice", "password", source="::1")
    act("a key, then a password")
    ssh("carol", password=PASSWORD, key="rsa", methods="publickey,password")
    login("carol", "password")
    act("a wrong password, then the right one")
    talk(["ssh", "-l", "alice", "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=3", HERE, "true"],
         ("assword:", "wrong\n"), ("assword:", f"{PASSWORD}\n"))
    failed("alice")
    login("alice", "password")
    act("a shell on a terminal")
    talk(["ssh", "-tt", "-l", "alice", "-i", f"{KEYS}/rsa", HERE], (r"\$ ", "exit\n"))
    login("alice", "publickey")
    act("the client dies")
    client = subprocess.Popen(["ssh", "-l", "alice", "-i", f"{KEYS}/rsa", HERE, "sleep 100"], stdin=subprocess.DEVNULL)
    until("the session", lambda: in_log("session opened for user alice"))
    client.kill()
    client.wait()
    do("pkill", "-u", "alice", "sleep", ok=None)
    login("alice", "publickey")
    act("three commands over one connection")
    control = ["-o", "ControlPath=/tmp/control", "-l", "alice", "-i", f"{KEYS}/rsa", HERE]
    do("ssh", "-M", "-N", "-f", *control)
    for _ in range(3):
        do("ssh", *control, "true")
    do("ssh", "-O", "exit", *control)
    login("alice", "publickey")
    files()
    tunnels()
    new_password()
    act("a login that is ended from outside")
    client = subprocess.Popen(["ssh", "-tt", "-l", "alice", "-i", f"{KEYS}/rsa", HERE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    until("the session", lambda: in_log("session opened for user alice"))
    until("logind's session", lambda: in_log("New session"))
    for line in do("loginctl", "list-sessions", "--no-legend").splitlines():
        if " alice " in line and "manager" not in line:
            do("loginctl", "terminate-session", line.split()[0], ok=None)
    client.wait(10)
    login("alice", "publickey")


def files():
    key = ["-i", f"{KEYS}/rsa"]
    act("sftp")
    do("sftp", *key, "-b", "-", f"alice@{HERE}", put="ls\nget /etc/motd /tmp/motd\n", ok=None)
    login("alice", "publickey")
    act("scp")
    do("scp", *key, "/etc/hostname", f"alice@{HERE}:/tmp/alices", ok=True)
    login("alice", "publickey")
    act("scp of old")
    do("scp", "-O", *key, "/etc/hostname", f"alice@{HERE}:/tmp/alices", ok=True)
    login("alice", "publickey")
    act("rsync")
    do("rsync", "-e", f"ssh -i {KEYS}/rsa", "/etc/hostname", f"alice@{HERE}:/tmp/alices")
    login("alice", "publickey")
    act("a subsystem that is none")
    do("ssh", *key, "-l", "alice", "-s", HERE, "nosuch", ok=False)
    login("alice", "publickey")


def tunnels():
    key = ["-i", f"{KEYS}/rsa", "-l", "alice"]
    act("a port that is taken, and one that nobody listens at")
    do("ssh", *key, "-R", "2222:127.0.0.1:1", HERE, "true", ok=None)
    login("alice", "publickey")
    act("a tunnel to nowhere")
    client = subprocess.Popen(["ssh", *key, "-N", "-L", "7777:127.0.0.1:1", HERE], stdin=subprocess.DEVNULL)
    until("the tunnel", lambda: do("ss", "-Hltn", "sport = 7777", ok=None).strip().__contains__("7777"))
    connect(7777).close()
    time.sleep(0.3)
    client.terminate()
    client.wait()
    login("alice", "publickey")
    act("X11, an agent, a request that is refused")
    do("ssh", *key, "-X", "-A", HERE, "true", ok=None)
    login("alice", "publickey")
    act("a variable, a signal, a command that fails")
    do("ssh", *key, "-o", "SendEnv=FOO", "-o", "SetEnv=BAR=x", HERE, "kill -9 $$", ok=False)
    login("alice", "publickey")


def new_password():
    act("a password that has run out")
    do("chage", "-d", "0", "bob")
    changed("bob")
    talk(["ssh", "-tt", "-o", "PreferredAuthentications=password", "-l", "bob", HERE],
         ("assword:", f"{PASSWORD}\n"), ("(?i)current password:", f"{PASSWORD}\n"), ("(?i)new password:", "Tr0ub4dor&3 zebra\n"),
         ("(?i)retype", "Tr0ub4dor&3 zebra\n"), ok=None)
    login("bob", "password")
    tell("account_change", program="passwd", change="password_changed", user="bob")
    do("chpasswd", put=f"bob:{PASSWORD}\n")
    tell("account_change", program="chpasswd", change="password_changed", user="bob")


def changed(user, program="chage"):
    tell("account_change", program=program, change="user_changed", user=user)


def refusals(port=22):
    act(f"a wrong password at {port}")
    ssh("alice", port=port, password="wrong", ok=False)
    failed("alice")
    rejected("closed_before_login")
    act(f"three wrong passwords at {port}")
    talk(["ssh", "-p", str(port), "-l", "alice", "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=3", HERE, "true"],
         ("assword:", "wrong\n"), ("assword:", "\n"), ("assword:", "wröng\n"), ok=False)
    failed("alice", times=3)
    rejected("closed_before_login")
    act(f"a wrong answer at {port}")
    ssh("alice", port=port, password="wrong", methods="keyboard-interactive", ok=False)
    failed("alice", "keyboard-interactive")
    rejected("closed_before_login")
    act(f"a stranger's key at {port}")
    ssh("alice", port=port, key="stranger", ok=False)
    if port != 22:
        failed("alice", "publickey")
    rejected("closed_before_login")
    act(f"a key that holds for elsewhere at {port}")
    ssh("alice", port=port, key="elsewhere", ok=False)
    if port != 22:
        failed("alice", "publickey")
    rejected(("closed_before_login", "key_refused", "not_allowed"))
    act(f"a certificate that is over at {port}")
    ssh("alice", port=port, key="old", ok=False)
    if port != 22:
        failed("alice", "publickey")
        failed("alice", "certificate")
    rejected(("closed_before_login", "key_refused"))
    act(f"nobody of that name, with a password at {port}")
    ssh("mallory", port=port, password="x", ok=False)
    failed("mallory", invalid_user=True)
    rejected("invalid_user", user="mallory")
    act(f"nobody of that name, with a key at {port}")
    ssh("mallory", port=port, key="stranger", ok=False)
    rejected("invalid_user", user="mallory")
    act(f"nobody of that name, with answers at {port}")
    ssh("mallory", port=port, password="x", methods="keyboard-interactive", ok=False)
    failed("mallory", "keyboard-interactive", invalid_user=True)
    rejected("invalid_user", user="mallory")
    act(f"root with a password at {port}")
    ssh("root", port=port, password="x", ok=False)
    failed("root")
    rejected("closed_before_login", user="root")
    if port == 22:
        names()
        shut_out()


def names():
    for name in ("root from 192.0.2.66 port 22 ssh2", "x" * 300, "ünïcode", "a b", "alice ", "!", "127.0.0.9", "a]b[c", "%s%n", "a\tb"):
        act(f"a name: {name[:40]!r}")
        said = ssh(name, password="x", ok=False)
        if "invalid characters" not in said:
            # As sshd writes it: other bytes than ASCII's as numbers, a hundred of them at most.
            logged = "".join(chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}" for byte in name.encode())
            failed(logged[:100], invalid_user=True)
            rejected("invalid_user")


def shut_out():
    act("an account that is over")
    do("chage", "-E", "0", "erin")
    changed("erin")
    ssh("erin", password=PASSWORD, ok=False)
    failed("erin")
    rejected("not_allowed")
    act("an account that is locked")
    do("usermod", "-L", "erin")
    changed("erin", "usermod")
    ssh("erin", password=PASSWORD, ok=False)
    failed("erin")
    rejected("closed_before_login")
    act("a shell that is none")
    do("usermod", "-s", "/nonexistent", "frank")
    changed("frank", "usermod")
    ssh("frank", password=PASSWORD, ok=False)
    failed("frank")
    rejected("not_allowed")
    act("a shell that lets nobody in")
    do("usermod", "-s", "/usr/sbin/nologin", "frank")
    changed("frank", "usermod")
    ssh("frank", key="rsa", ok=False)
    login("frank", "publickey")
    act("nobody may log in now")
    write("/etc/nologin", "closed\n")
    ssh("alice", password=PASSWORD, ok=False)
    failed("alice")
    rejected("not_allowed")
    ssh("root", key="rsa")
    login("root", "publickey")
    os.remove("/etc/nologin")


def raw(name, reason, talk_to, port=22, source="127.0.0.7", **fields):
    act(f"a stranger: {name}")
    stream = connect(port, source)
    talk_to(stream)
    stream.close()
    rejected(reason, source=source, **fields)
    time.sleep(0.1)


def banner(stream):
    return stream.recv(256)


def reset(stream):
    banner(stream)
    stream.sendall(b"SSH-2.0-Go\r\n")
    stream.recv(4096)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(*pieces, then=True):
    def talk_to(stream):
        banner(stream)
        for piece in pieces:
            stream.sendall(piece)
        if then:
            stream.settimeout(1)
            try:
                while stream.recv(4096):
                    pass
            except OSError:
                pass
    return talk_to


def strangers():
    raw("comes and goes", ("closed_before_login", "bad_protocol"), lambda stream: None)
    raw("hears the banner and goes", ("closed_before_login", "bad_protocol"), banner)
    raw("speaks HTTP", "bad_protocol", says(b"GET / HTTP/1.0\r\n\r\n"))
    raw("speaks TLS", "bad_protocol", says(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500))
    raw("speaks RDP", "bad_protocol", says(b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00\n"))
    raw("a line without end", "bad_protocol", says(b"x" * 9000))
    raw("speaks SSH 1", "bad_protocol", says(b"SSH-1.5-old\r\n"))
    raw("says who he is and goes", "closed_before_login", says(b"SSH-2.0-Go\r\n", then=False))
    raw("cuts the line", "closed_before_login", reset)
    raw("sends rubbish", "bad_protocol", says(b"SSH-2.0-Go\r\n", b"\xff" * 400))
    act("a stranger: asks for what nobody speaks any more")
    ssh("alice", options=["Ciphers=3des-cbc"], ok=False)
    rejected("no_common_algorithm")
    act("a stranger: another algorithm for keys")
    ssh("alice", options=["HostKeyAlgorithms=ecdsa-sha2-nistp521"], ok=False)
    rejected("no_common_algorithm")
    act("a stranger: looks at the host's key")
    do("ssh-keyscan", "-t", "ed25519", HERE)
    rejected(("closed_before_login", "bad_protocol"))
    act("a stranger: asks for a name and goes")
    ssh("alice", options=["PreferredAuthentications=publickey", "PubkeyAuthentication=no"], ok=False)
    rejected("closed_before_login")


def strict():
    act("root, where root may not")
    ssh("root", port=2222, password="x", source="127.0.1.1", ok=False)
    failed("root", source="127.0.1.1")
    rejected(("root_refused", "closed_before_login"), source="127.0.1.1")
    act("bob, who is not on the list")
    ssh("bob", port=2222, password=PASSWORD, source="127.0.1.2", ok=False)
    failed("bob", source="127.0.1.2")
    rejected("not_allowed", source="127.0.1.2")
    act("too many attempts")
    talk(["ssh", "-p", "2222", "-b", "127.0.1.3", "-l", "alice", "-o", "PreferredAuthentications=password", "-o",
          "NumberOfPasswordPrompts=3", HERE, "true"], ("assword:", "wrong\n"), ("assword:", "wrong\n"), ok=False)
    failed("alice", times=2, source="127.0.1.3")
    rejected("too_many_attempts", source="127.0.1.3")
    act("too long")
    stream = connect(2222, "127.0.1.4")
    stream.settimeout(20)
    while stream.recv(4096):
        pass
    # Debian 12's sshd writes nothing there (its patch of CVE-2024-6387).
    if people.version >= (9, 8):
        rejected("timeout", source="127.0.1.4")
    act("too many at once")
    idle = [connect(2222, "127.0.1.5") for _ in range(3)]
    for stream in idle:
        banner(stream)
    last = connect(2222, "127.0.1.6")
    until("the fourth's end", lambda: in_log("drop connection") or in_log("past MaxStartups"))
    for stream in [*idle, last]:
        stream.close()
    # The act before may have one of the three places still: then it is another who is dropped.
    either = ("127.0.1.5", "127.0.1.6")
    rejected("throttled", source=either)
    rejected(("closed_before_login", "bad_protocol"), 3, source=either)
    act("without PAM")
    ssh("alice", port=2226, password=PASSWORD)
    tell("login_success", program="sshd", user="alice", method="password")
    ssh("alice", port=2226, password="wrong", ok=False)
    failed("alice")
    rejected("closed_before_login")
    for name in ("bob", "dave", "erin"):
        act(f"without PAM: {name}, who may not")
        ssh(name, port=2226, password=PASSWORD, ok=False)
        failed(name)
        failed(name, "none")
        rejected(("not_allowed", "account_locked"), user=name)
    if people.version >= (9, 8):
        act("a penalty")
        ssh("alice", port=2227, password="wrong", source="127.0.3.1", ok=False)
        failed("alice", source="127.0.3.1")
        rejected("closed_before_login", source="127.0.3.1")
        ssh("alice", port=2227, password=PASSWORD, source="127.0.3.1", ok=False)
        rejected(("penalty", "throttled"), source="127.0.3.1")


def loud():
    """At LogLevel VERBOSE and DEBUG1 more is written, and the same is true."""
    for port in (2223, 2224):
        logins(port)
        refusals(port)
        raw(f"speaks HTTP at {port}", "bad_protocol", says(b"GET / HTTP/1.0\r\n\r\n"), port=port)
        raw(f"says who he is and goes at {port}", "closed_before_login", says(b"SSH-2.0-Go\r\n", then=False), port=port)
