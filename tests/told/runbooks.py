#!/usr/bin/env python3
"""Follows the runbooks: each command that a page of deploy/runbooks tells to run is run here, as a person would who puts what
the alert says in the place of the words in capitals, on a host with a log, an exporter and a Prometheus.

usage: runbooks.py LOGIN_EXPORTER PROMETHEUS

A command that is in none of the two tables below has to end well and to show something; one in them that no page has fails.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "deploy/runbooks").glob("*.md"))

# What a command shows here, as a part of its output or as a regular expression after `re:`; empty where it may show nothing.
SHOWS = {
    "curl -s http://HOST:10922/metrics | head": "login_exporter_build_info|# HELP",
    "df -i STATE_DIR": "Use%",
    "df /var/log": "Use%",
    "df STATE_DIR": "Use%",
    "dmesg | tail": "",
    "for f in /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys; do ssh-keygen -lf \"$f\"; done": "SHA256:",
    "getent passwd USER": "root:",
    "grep -i permitrootlogin /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*": "PermitRootLogin no",
    "grep -r \"\" /home/*/.ssh/authorized_keys /root/.ssh/authorized_keys | cut -c1-120": "ssh-ed25519",
    "grep -rn template /etc/rsyslog.conf /etc/rsyslog.d": "template",
    "grep PROGRAM /var/log/secure": "sshd",
    "id USER": "uid=0",
    "last": "",
    "lastb": "",
    "login_exporter check-config /etc/login_exporter/login_exporter.yml": "expected:",
    "login_exporter check-config FILE": "expected:",
    "login_exporter history": "alice",
    "login_exporter history --since=24h --event=account_change": "sysupdate",
    "login_exporter history --since=24h --event=login_success": "alice",
    "login_exporter history --since=24h --expected=false": "198.51.100.23",
    "login_exporter history --since=24h --from=ADDRESS": "198.51.100.23",
    "login_exporter history --since=TIME": "alice",
    "login_exporter history --since=TIME --event=aws_success": "StartSession",
    "login_exporter history --since=TIME --expected=false": "198.51.100.23",
    "login_exporter history --since=TIME --until=TIME": "alice",
    "login_exporter history --since=TIME | grep SOURCE": "198.51.100.23",
    "login_exporter history --user=USER --since=TIME": "198.51.100.23",
    "login_exporter history --user=USER --since=TIME --format=json": '"user":"root"',
    "login_exporter history FILE": "alice",
    "login_exporter history FILE --log.level=debug 2>&1 | grep 'no rule knows'": "Greetings from a version to come",
    "login_exporter history FILE.1 FILE.2.gz": "alice",
    "ls -l /var/log/secure /var/log/auth.log": "secure",
    "ls -l /var/log/secure*": "secure.1",
    "ls -ld STATE_DIR": "drwx",
    "ls /var/lib/amazon/ssm/*/document/state/": "current",
    "lslogins USER": "root",
    "ps -fu USER": "PID",
    "ss -ltnp | grep 10922": "LISTEN",
    "ssh-keygen -lf FILE": "SHA256:",
    "sshd -T | grep -i passwordauthentication": "passwordauthentication",
    "sshd -T | grep -iE 'passwordauthentication|kbdinteractive'": "kbdinteractiveauthentication",
    "stat /etc/login_exporter/login_exporter.yml": "Modify:",
    "stat FILE": "Modify:",
    "stat ~USER/.ssh/authorized_keys": "Modify:",
    "who -u": "",
    # Asked of Prometheus.
    "login_last_success_timestamp_seconds{instance=\"INSTANCE\"}": "alice",
    "topk(10, count by (source) (login_successes_total{instance=\"HOST:10922\"}))": "198.51.100.23",
}

# Why a command is not run here.
SYSTEMD = "asks systemd, which runs on no test machine; tests of the unit ask it on a booted host"
AWS = "asks AWS, which no test does"
CHANGES = "changes an account of the machine that it runs on"
LEFT_OUT = {
    r"systemctl .*|loginctl .*|timedatectl": SYSTEMD,
    r"journalctl.*": "reads the machine's own journal, which a test machine may not have",
    r"aws .*": AWS,
    r"usermod .*": CHANGES,
    r"logger .*": "what a forger would do, with an ellipsis",
    r"dnf .*": "of Fedora's family",
    r"whois .*": "asks the network",
    r"top|iostat|sudo|tail -1": "a program's name, as a word",
}

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0YnQb7yZVXq7TzYbq0o0Yx1mB3nqg8mVnqC3l8zU9n alice"


def commands():
    """Each command of a page, with the page: what stands as code and begins with a program, or asks Prometheus."""
    for page in PAGES:
        for code in re.findall(r"`([^`\n]+)`", page.read_text()):
            program = code.split()[0]
            asks = re.fullmatch(r"(\w+\(.*\)|login_\w+\{.*\})", code)
            if asks or (re.fullmatch(r"[a-z][a-z-]*|login_exporter|for", program) and (" " in code or shutil.which(program))):
                if not code.startswith(("sudo", "expected:", "cloudtrail:", "limits:", "credentials", "network", "create", "source", "serve")) and ": " not in code + " ":
                    yield page.stem, code


class Host:
    """A folder in the place of /, with what the pages look at."""

    def __init__(self, root, program, prometheus):
        self.root, self.program = root, program
        for folder in ("var/log", "etc/login_exporter", "etc/ssh/sshd_config.d", "etc/rsyslog.d", "root/.ssh", "home/bob/.ssh", "state", "bin", "run",
                       "var/lib/amazon/ssm/i-0123456789abcdef0/document/state/current"):
            (root / folder).mkdir(parents=True)
        for of in ("root", "home/bob"):
            (root / of / ".ssh/authorized_keys").write_text(KEY + "\n")
        (root / "etc/ssh/sshd_config").write_text("PermitRootLogin no\n")
        (root / "etc/ssh/sshd_config.d/50.conf").write_text("PasswordAuthentication no\n")
        (root / "etc/rsyslog.conf").write_text('template(name="ours" type="string" string="%msg%")\n')
        self.log()
        self.settings()
        self.port = free_port()
        self.exporter = start(root / "exporter.log", program, f"--config.file={root}/etc/login_exporter/login_exporter.yml",
                              f"--state.dir={root}/state", f"--web.listen-address=127.0.0.1:{self.port}")
        await_answer(f"http://127.0.0.1:{self.port}/-/ready", root / "exporter.log")
        asked = free_port()
        (root / "prometheus.yml").write_text(
            f"global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: login\n  static_configs: [{{targets: ['127.0.0.1:{self.port}']}}]\n")
        self.prometheus = start(root / "prometheus.log", prometheus, f"--config.file={root}/prometheus.yml", f"--storage.tsdb.path={root}/tsdb",
                                f"--web.listen-address=127.0.0.1:{asked}")
        self.asked = f"http://127.0.0.1:{asked}"
        await_answer(self.asked + "/-/ready", root / "prometheus.log")
        self.wrap()

    def log(self):
        now = datetime.now(timezone.utc)
        lines = []
        def say(minutes, tag, message):
            lines.append(f"{(now - timedelta(minutes=minutes)).strftime('%Y-%m-%dT%H:%M:%S.000000+00:00')} web-1 {tag}: {message}\n")
        for n, (user, source) in enumerate([("alice", "203.0.113.20"), ("root", "198.51.100.23"), ("alice", "203.0.113.20")]):
            say(90 - n, f"sshd[{700 + n}]", f"Accepted publickey for {user} from {source} port 4000{n} ssh2: ED25519 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU")
        say(60, "useradd[800]", "new user: name=sysupdate, UID=1007, GID=1007, home=/home/sysupdate, shell=/bin/bash, from=/dev/pts/0")
        say(50, "sshd[810]", "Greetings from a version to come")
        log = self.root / "var/log/secure"
        log.write_text("".join(lines))
        (self.root / "var/log/auth.log").write_text("")
        shutil.copy(log, f"{log}.1")
        subprocess.run(["gzip", "-k", "-c", log], check=True, stdout=Path(f"{log}.2.gz").open("wb"))
        trail = {"Records": [{
            "eventVersion": "1.08", "eventTime": (now - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ"), "eventSource": "ssm.amazonaws.com",
            "eventName": "StartSession", "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.20", "eventID": "e-1", "recipientAccountId": "123456789012",
            "userIdentity": {"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::123456789012:user/alice"},
            "requestParameters": {"target": "i-0123456789abcdef0"}, "responseElements": {"sessionId": "alice-1"}}]}
        (self.root / "trail.json").write_text(json.dumps(trail))

    def settings(self):
        (self.root / "etc/login_exporter/login_exporter.yml").write_text(
            f"auth_logs: [{{path: {self.root}/var/log/secure, time_zone: UTC}}]\ncloudtrail: {{paths: [{self.root}/trail.json]}}\n"
            "expected:\n  logins: [{user: alice}]\n  aws: [{identity: \"user:alice\"}]\n")

    def wrap(self):
        """The pages say to give the settings of the host: so the program here has them."""
        shim = self.root / "bin/login_exporter"
        shim.write_text(f'#!/bin/sh\n[ "$1" = history ] && {{ shift; set -- history --config.file={self.root}/etc/login_exporter/login_exporter.yml "$@"; }}\n'
                        f'exec {self.program} "$@"\n')
        shim.chmod(0o755)
        sshd = self.root / "bin/sshd"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.root / "hostkey"], check=True)
        sshd.write_text(f"#!/bin/sh\nmkdir -p /run/sshd\nexec /usr/sbin/sshd -h {self.root}/hostkey -f {self.root}/etc/ssh/sshd_config \"$@\"\n")
        sshd.chmod(0o755)

    def put_in(self, command):
        """What the alert says, in the place of the words in capitals; and this folder in the place of /."""
        file = {"check-config": "/etc/login_exporter/login_exporter.yml", "history": "/var/log/secure"}
        file = next((path for word, path in file.items() if f"{word} FILE" in command), "/root/.ssh/authorized_keys")
        days = "2 days ago" if command.startswith("journalctl") else (datetime.now(timezone.utc) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        command = command.replace("--until=TIME", f"--until={datetime.now(timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')}")
        for word, told in {"FILE…": "/var/log/secure", "FILE.1": "/var/log/secure.1", "FILE.2.gz": "/var/log/secure.2.gz", "FILE": file, "TIME": days, "USER": "root", "ADDRESS": "198.51.100.23",
                           "SOURCE": "198.51.100.23", "PROGRAM": "sshd", "STATE_DIR": f"{self.root}/state", "ARCHIVE_DIR": f"{self.root}/state", "HOST:10922": f"127.0.0.1:{self.port}",
                           "INSTANCE": f"127.0.0.1:{self.port}", "10922": str(self.port), "~root": "/root"}.items():
            command = command.replace(word, told)
        return re.sub(r"(?<![\w./])/(root|home|etc|var)/", rf"{self.root}/\1/", command)

    def run(self, command):
        """Its output, or a ValueError with what it says."""
        if re.match(r"\w+\(|login_\w+\{", command):
            query = urllib.parse.urlencode({"query": self.put_in(command)})
            until = time.time() + 60
            while True:
                answer = json.load(urllib.request.urlopen(f"{self.asked}/api/v1/query?{query}", timeout=30))
                if answer["data"]["result"] or time.time() > until:
                    return json.dumps(answer["data"]["result"])
                time.sleep(0.3)
        path = f"{self.root}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
        done = subprocess.run(["bash", "-o", "pipefail", "-c", self.put_in(command)], env=os.environ | {"PATH": path, "LC_ALL": "C.UTF-8"}, capture_output=True,
                              text=True, timeout=120, stdin=subprocess.DEVNULL)
        # `head` closes the pipe on its writer.
        if done.returncode and not ("| head" in command and done.stdout):
            raise ValueError(f"exit {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
        return done.stdout

    def end(self):
        for process in (self.exporter, self.prometheus):
            process.terminate()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(log, *command):
    return subprocess.Popen(command, stdout=log.open("w"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def await_answer(url, log):
    until = time.time() + 120
    while time.time() < until:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"no answer of {url}: {log.read_text()}")


# May find nothing on a machine where nobody logs in, or where the kernel's log is not for everyone.
MAY_FAIL = {"last", "lastb", "dmesg | tail", "who -u"}


def main():
    told = {}
    for page, command in commands():
        told.setdefault(command, page)
    left_out = {command for command in told if any(re.fullmatch(pattern, command) for pattern in LEFT_OUT)}
    shows_something = {command: "." for command in told if command not in SHOWS and command not in left_out}
    errors = [f"no page has `{command}`" for command in SHOWS if command not in told]
    errors += [f"no page has what {pattern} leaves out" for pattern in LEFT_OUT if not any(re.fullmatch(pattern, command) for command in told)]
    checked = len(told) + len(SHOWS) + len(LEFT_OUT)
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder).resolve(), *map(os.path.realpath, (sys.argv[1], shutil.which(sys.argv[2]))))
        try:
            for command, shows in (SHOWS | shows_something).items():
                checked += 1
                try:
                    output = host.run(command)
                    if not re.search(shows, output):
                        errors.append(f"`{command}` shows no {shows!r} but {output[-300:]!r}")
                except (ValueError, subprocess.TimeoutExpired) as error:
                    if command not in MAY_FAIL:
                        errors.append(f"`{command}`: {error}")
        finally:
            host.end()
    for error in errors:
        print("FAILED:", error)
    print(f"{checked - len(errors)} passed, {len(errors)} failed ({len(SHOWS | shows_something)} commands run, {len(left_out)} left out)")
    sys.exit(bool(errors))


main()
