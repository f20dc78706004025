#!/usr/bin/env python3
"""Runs deploy/alertmanager in a real Alertmanager and reads what comes out of it: mail, and what Slack, PagerDuty, Opsgenie, Teams and a
webhook would get.

usage: alertmanager.py ALERTMANAGER…

A login that two rules notice is one message to the people on call; what somebody does on a hundred hosts is one message; a broken
exporter is told to its operators; what is over is news to these only; information is told to nobody. And names that an attacker chose are
data in every one of those places. Everything stays on loopback.
"""
import email
import email.policy
import http.server
import json
import queue
import re
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

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy/alertmanager"
MAIL, POSTS = queue.Queue(), queue.Queue()

# What an attacker may call himself: a call of everybody, markup, a link, a template, and quotes.
HOSTILE = "<!channel> <b>&[x](http://evil.test) {{ .Status }} {{ template \"x\" }} *_`~|\\'\""


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


class Hook(http.server.BaseHTTPRequestHandler):
    """Every service that takes a message over HTTP. Each goes to POSTS as (path, body)."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        POSTS.put((self.path, json.loads(body)))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b"ok" if self.path == "/slack" else b'{"status": "success"}')

    def log_message(self, *_):
        pass


def hurried(text):
    """The example's waits are long for a test."""
    for wait in ("group_wait: 30s", "group_wait: 1m"):
        assert wait in text, wait
        text = text.replace(wait, "group_wait: 2s")
    return text.replace("group_interval: 5m", "group_interval: 2s").replace("group_interval: 1m", "group_interval: 2s")


def configure(folder, mail_port):
    """The example as it is, but for the mail server and the time that it waits for company."""
    text = (EXAMPLE / "alertmanager.yml").read_text().replace("localhost:25", f"127.0.0.1:{mail_port}")
    (folder / "alertmanager.yml").write_text(hurried(text))
    shutil.copy(EXAMPLE / "login_exporter.tmpl", folder)


def configure_services(folder, mail_port, hook_port, with_teams):
    """One route to all receivers that there are to copy, as they are but for their addresses; and the mail besides."""
    hook = f"http://127.0.0.1:{hook_port}"
    mail = (EXAMPLE / "alertmanager.yml").read_text().replace("localhost:25", f"127.0.0.1:{mail_port}")
    top, receivers = mail.split("\nroute:\n")[0], mail.split("\nreceivers:\n")[1]
    for file in ["receivers.yml"] + ["receivers-teams.yml"] * with_teams:
        receivers += (EXAMPLE / file).read_text().split("receivers:\n", 1)[1]
    receivers = re.sub(r"(api_url: )https://hooks.slack.com\S+", rf"\1{hook}/slack", receivers)
    receivers = re.sub(r"(webhook_url: )https://example\S+", rf"\1{hook}/teams", receivers)
    receivers = receivers.replace("http://127.0.0.1:9099/", f"{hook}/webhook")
    receivers = receivers.replace("- routing_key:", f"- url: {hook}/pagerduty\n        routing_key:").replace("- api_key:", f"- api_url: {hook}/opsgenie/\n        api_key:")
    names = [name for name in re.findall(r"(?m)^  - name: (\S+)", receivers) if name not in ("admins", "operators", "boards")]
    routes = "".join(f"    - {{receiver: {name}, continue: true}}\n" for name in names)
    (folder / "alertmanager.yml").write_text(f"{top}\nroute:\n  receiver: boards\n  group_by: [alertname]\n  group_wait: 1s\n  routes:\n{routes}\nreceivers:\n{receivers}")
    shutil.copy(EXAMPLE / "login_exporter.tmpl", folder)
    return set(names) - {"on-call"}


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


def start(program, folder, port):
    process = subprocess.Popen(
        [program, f"--config.file={folder}/alertmanager.yml", f"--storage.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--web.route-prefix=/", "--cluster.listen-address=", "--web.external-url=http://alerts.example.org"],
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
        found.append((mail["To"], mail["Subject"], mail.get_body(["plain"]).get_content()))


def stories(program, smtp, expect):
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        configure(folder, smtp.server_address[1])
        process = start(program, folder, port)
        try:
            host = {"job": "login", "instance": "web-1:10922", "user": "root"}
            login = host | {"program": "sshd", "method": "password", "identity": "", "source": "198.51.100.7", "network": "public"}
            post(port, alert("UnexpectedLogin", "critical", **login), alert("LoginAfterFailures", "critical", **login),
                 alert("BruteForce", "warning", **host, network="public"), alert("FirstLoginOfUser", "info", **login), alert("RootLogin", "info", **login))
            first = mails()
            expect("one login, one message", [("on-call@example.org", "LoginAfterFailures happened")], [mail[:2] for mail in first])
            expect("the message says where from, what to do, and how to silence it", [True] * 3,
                   [text in first[0][2] for text in ("198.51.100.7", "https://example.org/LoginAfterFailures.md", "http://alerts.example.org/#/silences/new?filter=%7B")])

            deploys = [alert("UnexpectedLogin", "critical", job="login", instance=f"app-{n}:10922", user="deploy", source="10.0.9.4") for n in range(100)]
            changes = [alert("AccountChanged", "warning", job="login", instance=f"app-{n}:10922", user="_svc", change=change)
                       for n in range(20) for change in ("user_added", "group_added")]
            post(port, *deploys, *changes)
            fleet = mails()
            expect("one message for a fleet", [("admins@example.org", True), ("on-call@example.org", True)],
                   sorted((to, "(and 39 more)" in subject or "(and 99 more)" in subject) for to, subject, _ in fleet))
            expect("it lists the hosts", 100, next(text for to, _, text in fleet if to.startswith("on-call")).count("happened") + 5)

            session = {"identity": "Ops/mallory", "target": "i-0abc"}
            agent = session | {"job": "login", "instance": "web-1:10922", "user": "ssm-user", "program": "ssm-agent"}
            aws = session | {"event_name": "StartSession", "aws_account": "1"}
            post(port, alert("UnexpectedLogin", "critical", **agent))
            mails()
            post(port, alert("UnexpectedSessionManagerSession", "critical", **aws), alert("UnexpectedSessionManagerSession", "critical", **(aws | {"target": "i-0def"})))
            expect("a session that the host told is not told again by CloudTrail, another host's is", [(False, True)],
                   [("'i-0abc'" in text, "'i-0def'" in text) for _, _, text in mails()])

            down = {"job": "login", "instance": "web-1:10922", "source": "journal"}
            post(port, alert("LoginSourceDown", "critical", **down), alert("LoginSourceStale", "warning", **down))
            expect("a source that is down says so once", [("operators@example.org", "LoginSourceDown happened")], [mail[:2] for mail in mails()])

            over = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
            post(port, alert("UnexpectedLogin", "critical", ends=over, **login), alert("LoginSourceDown", "critical", ends=over, **down))
            warnings = [line for line in (folder / "log").read_text().splitlines() if re.search(r"level=(warn|error)", line, re.I)]
            expect("Alertmanager finds nothing odd in the example", [], warnings)
            expect("only what can be mended is told when it is over", [("operators@example.org", "Mended: LoginSourceDown happened")],
                   [mail[:2] for mail in mails() if mail[1].startswith("Mended")])
        finally:
            process.terminate()
            process.wait()


def hostile(program, smtp, hooks, expect):
    """One alert whose names are an attacker's, as each of the services gets it."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with_teams = b"msteamsv2" in Path(shutil.which(program)).read_bytes()
        services = configure_services(folder, smtp.server_address[1], hooks.server_address[1], with_teams)
        if not with_teams:
            print(f"{program} is too old for Teams: not tried")
        process = start(program, folder, port)
        try:
            sent = alert("UnexpectedLogin", "critical", job="login", instance="web-1:10922", user="deploy", identity=HOSTILE)
            sent["annotations"] |= {"summary": f"Login of {HOSTILE}", "description": f"{HOSTILE} logged in.", "dashboard_url": "https://grafana.example.org/d/x"}
            post(port, sent | {"generatorURL": "http://prometheus.example.org/graph"})
            got = {}
            while len(got) < len(services):
                path, body = POSTS.get(timeout=60)
                got[path.split("/")[1]] = body
            mail = MAIL.get(timeout=60)
            plain, html = (mail.get_body([kind]).get_content() for kind in ("plain", "html"))
            expect("mail as text", True, f"{HOSTILE} logged in." in plain.replace("\r\n", "\n"))
            expect("mail as HTML has no markup of his", (False, False, True), ("<b>" in html, "<!channel>" in html, "&lt;b&gt;" in html))
            slack = json.dumps(got["slack"])
            expect("Slack calls nobody", (False, True), ("<!channel>" in slack, "&lt;!channel&gt; &lt;b&gt;&amp;[x]" in slack))
            # Alertmanager 0.33 runs what stands in PagerDuty's details as a template once more, so these have no braces.
            pagerduty = got["pagerduty"]["payload"]
            expect("PagerDuty gets the name", (True, True), (HOSTILE in pagerduty["summary"], HOSTILE.replace("{{", "{ {") in json.dumps(pagerduty["custom_details"], ensure_ascii=False).replace("\\\\", "\\").replace('\\"', '"')))
            expect("Opsgenie gets the name", (True, True), (HOSTILE in got["opsgenie"]["message"], HOSTILE in got["opsgenie"]["description"]))
            expect("the webhook gets the name", HOSTILE, got["webhook"]["alerts"][0]["labels"]["identity"])
            if with_teams:
                teams = json.dumps(got["teams"], ensure_ascii=False)
                expect("Teams makes no link of it", (False, True), ("[x](http" in teams, "\\\\[x\\\\]\\\\(http" in teams))
            for service, body in got.items():
                text = json.dumps(body)
                expect(f"{service}: no template of his ran, and the links are there", (True, True), ("{ .Status }" in text or service == "teams", "example.org" in text))
        finally:
            process.terminate()
            process.wait()


def main():
    failed, checked = [], 0

    def expect(what, wanted, got):
        nonlocal checked
        checked += 1
        if wanted != got:
            failed.append(f"FAILED: {what}\n  wanted {wanted}\n  got    {got}")

    smtp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    for server in (smtp, hooks):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for program in sys.argv[1:]:
        stories(program, smtp, expect)
        hostile(program, smtp, hooks, expect)
    print(*failed, sep="\n", end="\n" if failed else "")
    print(f"{checked - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
