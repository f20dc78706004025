#!/usr/bin/env python3
"""Lines of a host that is on the internet, for the build to learn from: usage: day.py CONNECTIONS

Names, addresses and ports are drawn anew for each connection, from a fixed seed: the same number gives the same bytes. Half of
it is as OpenSSH 9 and rsyslog's old stamps write it, half as OpenSSH 10 and stamps with a zone.
"""
import random
import sys
import time

START = 1764547200  # 2025-12-01T00:00:00Z
draw = random.Random(1)
USERS = [f"{name}{n}" for name in ("deploy", "ansible", "nagios", "alice", "bob", "carol") for n in range(4)]
KEYS = {user: "".join(draw.choices("ABCDEFGHabcdefgh0123456789+/", k=43)) for user in USERS}


def old_stamp(at):
    return time.strftime("%b %e %H:%M:%S", time.gmtime(at))


def new_stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(at)) + f"{draw.randrange(10**6):06}+00:00"


def guess(sshd, pid, peer):
    """Someone who is not let in."""
    name = draw.choice(["root", "admin", "test", "oracle", f"user{draw.randrange(200)}"])
    known = name == "root"
    who = name if known else f"invalid user {name}"
    if not known:
        yield sshd, pid, f"Invalid user {name} from {peer['words']}"
        yield sshd, pid, "pam_unix(sshd:auth): check pass; user unknown"
    user = "  user=root" if known else ""
    yield sshd, pid, f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={peer['address']}{user}"
    yield sshd, pid, f"Failed password for {who} from {peer['words']} ssh2"
    if draw.random() < 0.5:
        yield sshd, pid, f"Received disconnect from {peer['words']}:11: Bye Bye [preauth]"
        yield sshd, pid, f"Disconnected from {'authenticating user root' if known else who} {peer['words']} [preauth]"
    else:
        yield sshd, pid, f"Connection closed by {'authenticating user root' if known else who} {peer['words']} [preauth]"


def scan(sshd, pid, peer):
    """Someone who only looks."""
    ways = [
        [f"Did not receive identification string from {peer['words']}"],
        [f"Connection closed by {peer['words']} [preauth]"],
        [f"Connection reset by {peer['words']}"],
        [f"banner exchange: Connection from {peer['words']}: invalid format"],
        ["error: kex_exchange_identification: Connection closed by remote host", f"Connection closed by {peer['words']}"],
    ]
    for words in draw.choice(ways):
        yield sshd, pid, words


def login(sshd, pid, peer):
    """Someone who is let in, with sudo's commands where he has any."""
    user = draw.choice(USERS)
    method = f"publickey for {user} from {peer['words']} ssh2: ED25519 SHA256:{KEYS[user]}"
    if draw.random() < 0.2:
        method = f"password for {user} from {peer['words']} ssh2"
    yield sshd, pid, f"Accepted {method}"
    yield sshd, pid, f"pam_unix(sshd:session): session opened for user {user}(uid=1000) by {user}(uid=0)"
    yield "systemd-logind", 600, f"New session {pid} of user {user}."
    for _ in range(draw.randrange(3)):
        yield "sudo", pid + 1, f"{user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart app{draw.randrange(9)}"
        yield "sudo", pid + 1, f"pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid=1000)"
        yield "sudo", pid + 1, "pam_unix(sudo:session): session closed for user root"
    yield sshd, pid, f"Received disconnect from {peer['words']}:11: disconnected by user"
    yield sshd, pid, f"Disconnected from user {user} {peer['words']}"
    yield sshd, pid, f"pam_unix(sshd:session): session closed for user {user}"
    yield "systemd-logind", 600, f"Session {pid} logged out. Waiting for processes to exit."
    yield "systemd-logind", 600, f"Removed session {pid}."


def job(_sshd, pid, _peer):
    """What cron does."""
    yield "CRON", pid, "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
    yield "CRON", pid, "pam_unix(cron:session): session closed for user root"


def log(connections):
    at, pid = START, 1000
    for number in range(connections):
        stamp, sshd = (old_stamp, "sshd") if number < connections / 2 else (new_stamp, "sshd-session")
        address = draw.choice(["203.0.113.{}", "198.51.100.{}", "10.0.{}.7", "2001:db8::{:x}"]).format(draw.randrange(256))
        peer = {"address": address, "words": f"{address} port {draw.randrange(1024, 65536)}"}
        pid = pid % 4_000_000 + draw.randrange(1, 40)
        kind = draw.choices([guess, scan, login, job], [6, 1, 3, 1])[0]
        for tag, speaker, words in kind(sshd, pid, peer):
            at += draw.random() / 5
            yield f"{stamp(at)} web-1 {tag}[{speaker}]: {words}\n"


if __name__ == "__main__":
    sys.stdout.writelines(log(int(sys.argv[1])))
