#!/usr/bin/env python3
"""Runs deploy/alertmanager in a real Alertmanager and reads the mail that comes out of it.

One unexpected login of root, which four rules notice, is one message to the people on call; what they then did on the host
is in one message by host and user; a broken exporter is told to its operators; and what is over is news to these only.
Needs python3 and Debian's prometheus-alertmanager. Everything stays on loopback.
"""
import email
import email.policy
import json
import queue
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "deploy/alertmanager"
MAIL = queue.Queue()


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as Alertmanager speaks. Each message goes to MAIL."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip().upper():
            if line == "DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                MAIL.put(email.message_from_bytes(text, policy=email.policy.default))
            self.say("221 bye" if line == "QUIT" else "250 ok")
            if line == "QUIT":
                return


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(folder, mail_port):
    """The example as it is, but for the mail server and the time that it waits for company."""
    text = (EXAMPLE / "alertmanager.yml").read_text().replace("localhost:25", f"127.0.0.1:{mail_port}")
    for wait in ("group_wait: 30s", "group_wait: 1m"):
        assert wait in text, wait
        text = text.replace(wait, "group_wait: 2s")
    text = text.replace("group_interval: 5m", "group_interval: 2s").replace("group_interval: 1m", "group_interval: 2s")
    (folder / "alertmanager.yml").write_text(text)
    shutil.copy(EXAMPLE / "login_exporter.tmpl", folder)


def alert(name, severity, ends=None, **labels):
    """An alert as Prometheus sends it; one with `ends` is over."""
    # An alert that began longer ago than group_wait would go out at once, before its inhibitor is known.
    began = (datetime.now(timezone.utc) - timedelta(seconds=10 if ends else 0)).isoformat()
    sent = {"labels": {"alertname": name, "severity": severity, **labels}, "startsAt": began,
            "annotations": {"summary": f"{name} happened", "description": f"{labels}", "runbook_url": f"https://example.org/{name}.md"}}
    return sent | ({"endsAt": ends} if ends else {})


def post(port, *alerts):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).read()


def start(folder, port):
    process = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        stderr=open(folder / "log", "w"))
    for _ in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1)
            return process
        except OSError:
            time.sleep(0.1)
    process.terminate()
    sys.exit("Alertmanager does not start:\n" + (folder / "log").read_text())


def mails(quiet=5):
    """All mail until none came for `quiet` seconds, as (to, subject, text)."""
    found = []
    while True:
        try:
            mail = MAIL.get(timeout=quiet)
        except queue.Empty:
            return sorted(found)
        found.append((mail["To"], mail["Subject"], mail.get_content() if not mail.is_multipart() else mail.get_payload()[0].get_content()))


def main():
    if not shutil.which("prometheus-alertmanager"):
        sys.exit("prometheus-alertmanager is missing: apt-get install prometheus-alertmanager")
    failed = []

    def expect(what, wanted, got):
        if wanted != got:
            failed.append(f"FAILED: {what}\n  wanted {wanted}\n  got    {got}")

    smtp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    threading.Thread(target=smtp.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        configure(folder, smtp.server_address[1])
        process = start(folder, port)
        try:
            host = {"job": "login", "instance": "web-1:10922", "user": "root"}
            login = host | {"method": "password", "identity": "", "source": "198.51.100.7", "network": "public"}
            post(port, alert("UnexpectedLogin", "critical", **login), alert("RootLogin", "warning", **login),
                 alert("PasswordLogin", "warning", **login), alert("FirstLoginOfUser", "warning", **login))
            first = mails()
            expect("one login, one message", [("on-call@example.org", "UnexpectedLogin happened")], [mail[:2] for mail in first])
            expect("the message says where from and what to do", [True, True],
                   [text in first[0][2] for text in ("198.51.100.7", "https://example.org/UnexpectedLogin.md")])

            post(port, alert("AccountChanged", "warning", **host, change="password_changed"),
                 alert("SudoRefused", "warning", **host), alert("RootLogin", "warning", **(login | {"instance": "web-2:10922"})))
            expect("one message for a host and user", [("admins@example.org", False), ("admins@example.org", True)],
                   sorted((to, "(and 1 more)" in subject) for to, subject, _ in mails()))

            down = {"job": "login", "instance": "web-1:10922", "source": "journal"}
            post(port, alert("LoginSourceDown", "critical", **down), alert("LoginSourceStale", "warning", **down))
            expect("a source that is down says so once", [("operators@example.org", "LoginSourceDown happened")], [mail[:2] for mail in mails()])

            over = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
            post(port, alert("UnexpectedLogin", "critical", ends=over, **login), alert("LoginSourceDown", "critical", ends=over, **down))
            expect("only what can be mended is told when it is over", [("operators@example.org", "Mended: LoginSourceDown happened")],
                   [mail[:2] for mail in mails() if mail[1].startswith("Mended")])
        finally:
            process.terminate()
            process.wait()
    print(*failed, sep="\n", end="\n" if failed else "")
    print(f"{5 - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
