#!/usr/bin/env python3
"""Asks the boards' own queries about two hours of which every event is known, and holds the answers to the truth.

usage: values.py PROMETHEUS PROMTOOL [WORKSHOP]

Three hosts, each scraped by two Prometheus that write into one store (label `prometheus`), 15 seconds apart, each at its
own moment. Host b loses its state in the middle, so that its counters begin anew. Host c falls silent 20 minutes before
the end. A thousand names are tried on host a. What is told of two days ago is in no time range.
Needs python3 alone.
"""
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from boards import dashboards, fill, finish, panels, variables

PROMETHEUS, PROMTOOL = sys.argv[1:3]
HOUR, STEP = 3600, 15
# The end: bars of five minutes end there, and it is past.
END = int(time.time()) // 300 * 300 - 300
BEGIN = END - 2 * HOUR
RESET = END - 1700 - 7  # host b's exporter starts anew
SILENT = END - 1200  # host c answers no more
TWO_DAYS = END - 48 * HOUR

series = {}  # text of the series: function of a moment, or None where there is none


def labels(**given):
    return ",".join(f'{name}="{value}"' for name, value in given.items())


def host(name):
    return {"job": "login", "instance": f"10.0.0.{ord(name)}:10922"}


def gone(name, moment):
    return name == "c" and moment >= SILENT


def put(family, name, of, **more):
    """A series of a host's, from a function of the moment."""
    series[f"{family}{{{labels(**host(name), **more)}}}"] = lambda moment: None if gone(name, moment) else of(moment)


def counter(family, name, events, born=BEGIN, **more):
    """Counts moments; host b forgets what was before it starts anew."""
    def value(moment):
        if moment < born:
            return None
        since = RESET if name == "b" and moment >= RESET else 0
        return sum(since < event <= moment for event in events)
    put(family, name, value, **more)


def gauge(family, name, value, **more):
    put(family, name, lambda moment: value if moment >= BEGIN else None, **more)


def ago(*seconds):
    return [END - one for one in seconds]


LOGIN = {"program": "sshd", "method": "publickey", "network": "office", "source": "203.0.113.7"}
KEY = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"


def login(name, events, last=True, **more):
    more = LOGIN | {"identity": ""} | more
    counter("login_successes_total", name, events, **more)
    if last:
        gauge("login_last_success_timestamp_seconds", name, max(events), **more)


def story():
    for name in "abc":
        gauge("login_exporter_build_info", name, 1, version="1")
        gauge("login_exporter_host_info", name, 1, hostname=f"host-{name}", instance_id=f"i-{name}")
        gauge("login_exporter_source_up", name, 0 if name == "b" else 1, source="journal")
        series[f"up{{{labels(**host(name))}}}"] = lambda moment, name=name: 0 if gone(name, moment) else 1
    # Twenty in one bar, and nothing else of alice's.
    login("a", ago(*range(1000, 1020)), user="ec2-user", identity="alice", expected="true")
    login("b", ago(5000, 3310, 2000, 1310, 1210), user="ec2-user", identity="bob", expected="true")
    login("a", ago(4000, 700), user="root", identity=KEY, expected="false")
    login("b", ago(2500, 100), user="root", identity=KEY, expected="false")
    login("a", [TWO_DAYS], user="mallory", expected="false")
    login("c", ago(1510), user="ec2-user", identity="alice", expected="true")
    login("a", ago(*range(30, 3600, 60)), user="deploy", identity="ci", expected="true")
    for n in range(1000):
        counter("login_failures_total", "a", ago(*([900, 800] if n < 3 else [900])), user=f"u{n}", program="sshd", method="password", network="public")
    gauge("login_sudo_last_failure_timestamp_seconds", "a", TWO_DAYS, user="old", target_user="root", reason="not_in_sudoers")
    gauge("login_sudo_last_failure_timestamp_seconds", "a", END - 60, user="new", target_user="root", reason="not_in_sudoers")
    gauge("login_su_last_failure_timestamp_seconds", "a", TWO_DAYS, user="old", target_user="root")
    gauge("login_su_last_failure_timestamp_seconds", "a", END - 50, user="newer", target_user="root")
    gauge("login_sessions_active", "a", 2, program="sshd", user="ec2-user")
    gauge("login_sessions_active", "b", 1, program="ssm-agent", user="ssm-user")
    gauge("login_sessions_active", "a", 0, program="ssm-agent", user="ssm-user")
    session_manager()


def session_manager():
    ours = {"program": "ssm-agent", "method": "session-manager", "network": "aws", "source": ""}
    calls = {"event_name": "StartSession", "document": "SSM-SessionManagerRunShell", "network": "office", "source": "203.0.113.7",
             "aws_account": "123456789012", "aws_region": "eu-west-1", "expected": "true"}
    login("a", ago(2410), user="ssm-user", identity="Ops/carol", expected="true", **ours)
    login("b", ago(1600), user="ssm-user", identity="Ops/dave", expected="true", **ours)
    gauge("login_last_session_closed_timestamp_seconds", "a", END - 2100, program="ssm-agent", user="ssm-user")
    # CloudTrail told of carol's seven minutes later, of dave's not at all, and of one on a host without an exporter.
    for who, target, when, late in (("Ops/carol", "i-a", 2411, 420), ("Ops/erin", "i-elsewhere", 3000, 600)):
        more = calls | {"identity": who, "target": target}
        gauge("login_aws_last_success_timestamp_seconds", "a", END - when, **more)
        gauge("login_aws_last_success_counted_timestamp_seconds", "a", END - when + late, **more)
        counter("login_aws_successes_total", "a", [END - when + late], **more)


def write(path):
    """OpenMetrics, as promtool makes blocks of it: each family's lines together."""
    families = {}
    for text, of in series.items():
        family, rest = text.split("{", 1)
        families.setdefault(family, []).append((rest[:-1], of))
    with path.open("w") as file:
        for family, members in sorted(families.items()):
            # As a gauge: promtool asks counters for the name without _total.
            file.write(f"# TYPE {family} unknown\n")
            for rest, of in members:
                for prometheus, offset in (("1", 3), ("2", 10)):
                    for moment in range(BEGIN + offset, END + 1, STEP):
                        value = of(moment)
                        if value is not None:
                            file.write(f'{family}{{{rest},prometheus="{prometheus}"}} {value} {moment}\n')
        file.write("# EOF\n")


class Store:
    """A Prometheus that scrapes nothing."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "prometheus.yml").write_text("scrape_configs: []\n")
        self.url = f"http://127.0.0.1:{port}"
        self.log = (folder / "prometheus.log").open("w")
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=self.log, stderr=self.log)

    def __enter__(self):
        until = time.time() + 120
        while time.time() < until:
            try:
                urllib.request.urlopen(self.url + "/-/ready", timeout=5).close()
                return self
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.2)
        raise SystemExit(f"Prometheus does not start: {Path(self.log.name).read_text()}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, **parameters):
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=120) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as refusal:
            raise SystemExit(f"{parameters['query']}: {refusal.read().decode()}") from None


BOARDS = dashboards()


def target(board, title, query):
    panel = next(panel for panel in panels(BOARDS[board]) if panel["title"] == title)
    return next(one for one in panel["targets"] if one["refId"] == query)


def filled(board, text, interval):
    values = {"__rate_interval": "60s", "__interval": interval, "__range": f"{HOUR}s", "__from": str((END - HOUR) * 1000), "__to": str(END * 1000)}
    for name, variable in variables(BOARDS[board]).items():
        values[name] = variable["query"] if variable["type"] == "textbox" else variable.get("allValue", "")
    return fill(text, values)


def numbers(store, board, title, query="A", by=()):
    """The values of an instant query, by labels; one alone where there are none."""
    result = store.ask("query", query=filled(board, target(board, title, query)["expr"], "15s"), time=END)
    found = {tuple(one["metric"].get(label, "") for label in by): float(one["value"][1]) for one in result}
    return found if by else list(found.values())


def bars(store, board, title, query="A"):
    """The bars of the last hour that are not 0, each with its end; all lines together."""
    result = store.ask("query_range", query=filled(board, target(board, title, query)["expr"], "300s"), start=END - HOUR + 300, end=END, step=300)
    return [(one["metric"], {int(END - moment): float(value) for moment, value in one["values"] if float(value)}) for one in result]


def main():
    story()
    expected = []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(sys.argv[3] if len(sys.argv) > 3 else folder)
        write(folder / "story.txt")
        subprocess.run([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", folder / "story.txt", folder / "tsdb"], check=True, capture_output=True)
        with Store(folder) as store:
            expected = list(answers(store))
            if len(sys.argv) > 3:
                print(store.url, "until Enter")
                input()
    wrong = [f"{what}: {found} and not {wanted}" for what, found, wanted in expected if found != wanted]
    finish(len(expected), wrong)


def milliseconds(seconds):
    return 1000.0 * (END - seconds)


def answers(store):
    """What is asked, what the board says, and what is true."""
    overview, fleet, sessions = "access-overview.json", "fleet.json", "sessions.json"
    yield "unexpected logins of the hour, one store of two Prometheus", numbers(store, overview, "Unexpected accesses"), [3.0]
    yield "hosts watched", numbers(store, overview, "Hosts watched"), [2.0]
    yield "in now", numbers(store, overview, "In now"), [3.0]
    whole = bars(store, overview, "Logins", "C")
    # Five of the job's in each bar, the twenty of alice's in one, and bob's, of which two were before his host began anew.
    every = {bar: 5.0 for bar in range(0, 3600, 300)}
    every[900] += 20
    for seconds in (3310, 2000, 1310, 1210):
        every[seconds // 300 * 300] += 1
    # alice's on host c before it fell silent; carol's; dave's, on a host whose other counters began anew in that bar.
    for seconds in (1510, 2410, 1600):
        every[seconds // 300 * 300] += 1
    yield "each bar of expected logins", whole, [({}, every)]
    yield "each bar of unexpected ones", bars(store, overview, "Logins", "A"), [({}, {2400: 1.0, 600: 1.0, 0: 1.0})]
    yield "rows of what was unexpected", sorted(numbers(store, overview, "What was unexpected", by=("user", "hostname"))), [("root", "host-a"), ("root", "host-b")]
    yield "rows of sudo refused", list(numbers(store, overview, "sudo refused", by=("user",))), [("new",)]
    yield "rows of sudo and su refused", sorted(numbers(store, "host.json", "sudo and su refused", by=("user",))), [("new",), ("newer",)]
    people = numbers(store, overview, "Last login of each person on each host", by=("identity", "hostname"))
    yield "the job is no person", [key for key in people if key[0] == "ci"], []
    yield "it folds to one row", numbers(store, overview, "Logins of automation", "B", by=("identity", "hostname")), {("ci", "host-a"): 60.0}
    yield "short fingerprints", sorted(key[0] for key in numbers(store, overview, "Logins by identity", by=("identity",))), ["Ops/carol", "Ops/dave", "SHA256:47DEQpj8…", "alice", "bob"]
    tried = bars(store, overview, "Failed logins")
    yield "of a thousand names ten are drawn", (len(tried), sorted({"u0", "u1", "u2"} - {of["user"] for of, _ in tried})), (10, [])
    rows = {name: [numbers(store, fleet, "Hosts", query, by=("hostname",)).get((name,)) for query in "BC"] for name in ("host-a", "host-b")}
    yield "logins and unexpected ones by host", rows, {"host-a": [82.0, 1.0], "host-b": [7.0, 2.0]}
    yield "silent hosts", list(numbers(store, fleet, "Silent hosts", by=("hostname",))), [("host-c",)]
    yield "exporters down", numbers(store, "exporter-health.json", "Exporters", "B"), [1.0]
    yield "sources down", numbers(store, "exporter-health.json", "Sources", "B"), [1.0]
    table = "Last session of each person on each host"
    yield "each session once", numbers(store, sessions, table, "A", by=("identity", "target", "hostname")), {
        ("Ops/carol", "i-a", "host-a"): milliseconds(2410), ("Ops/dave", "i-b", "host-b"): milliseconds(1600), ("Ops/erin", "i-elsewhere", ""): milliseconds(3000)}
    yield "its end", numbers(store, sessions, table, "B", by=("identity",)), {("Ops/carol",): milliseconds(2100)}
    yield "open ones", numbers(store, sessions, table, "C", by=("identity",)), {("Ops/carol",): 0.0, ("Ops/dave",): 1.0}
    yield "how late CloudTrail was", numbers(store, sessions, table, "D", by=("identity",)), {("Ops/carol",): 420.0}


if __name__ == "__main__":
    main()
