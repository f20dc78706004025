#!/usr/bin/env python3
"""How much the alerts tell on a day of a fleet: every login from where somebody never was, and at most two messages besides.

usage: noise.py LOGIN_EXPORTER PROMETHEUS PROMTOOL [SEED…]

Each fleet's log is read by the real parser (`history`), with rules and without. What a scraper would have stored of the third day is backfilled into
a real Prometheus, which evaluates the recording rules and each alert over that day; the alerts are grouped as the example's Alertmanager does.
LOGIN_EXPORTER_FLEET_DAY may name a folder with another generator, fleet_day.py OUT SEED, whose days are measured too.
"""
import heapq
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from bisect import bisect_left, bisect_right
from collections import defaultdict, namedtuple
from datetime import datetime
from pathlib import Path

import fleet
from play import FAMILIES, RULES

EXPORTER, PROMETHEUS, PROMTOOL, *SEEDS = sys.argv[1:]
SEEDS = [int(seed) for seed in SEEDS] or [42, 7, 99]
DAY, END = fleet.DAY, fleet.END
SCRAPE = STEP = 300
START = END - DAY
LOGIN = ("program", "user", "method", "identity", "source", "network", "expected")
SUDO = ("user", "target_user", "command", "expected")
CHANGE = ("change", "user")
Rule = namedtuple("Rule", "is_alert name expr severity pending kept")
# What the label says where the event leaves the field out.
UNSAID = {"expected": "unset", "network": "public"}


def other_days(seed):
    """The log of the generator in LOGIN_EXPORTER_FLEET_DAY."""
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([sys.executable, Path(os.environ["LOGIN_EXPORTER_FLEET_DAY"], "fleet_day.py"), out, str(seed)], check=True, stdout=subprocess.DEVNULL)
        yield from heapq.merge(*(path.read_text().splitlines() for path in sorted(Path(out).glob("*.log"))))


def events(log, rules):
    """What the exporter reads in it, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        path, config = Path(folder, "secure"), Path(folder, "config.yml")
        path.write_text("\n".join(log) + "\n")
        config.write_text(rules)
        run = subprocess.run([EXPORTER, "history", "--format=json", f"--config.file={config}", f"--state.dir={folder}", path], capture_output=True, text=True, check=True)
    for line in run.stdout.splitlines():
        event = json.loads(line)
        yield datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp(), event


def count(times, since, until):
    """How many lie between, and the last of them; the times are in order."""
    end = bisect_right(times, until)
    return max(0, end - bisect_left(times, since)), times[end - 1] if end else 0


def tell(job, log, rules, write):
    """What a scraper stores of that fleet. Returns the logins of the third day from where nobody of that name ever was."""
    counted, failed, hosts = defaultdict(list), defaultdict(list), set()
    known, strange = set(), []
    for at, event in events(log, rules):
        host, kind = event["host"], event["event"]
        hosts.add(host)
        if kind == "login_success":
            counted[host, "login", tuple((label, event.get(label, UNSAID.get(label, ""))) for label in LOGIN)].append(at)
            pair = event["user"], event["source"]
            if at >= START and pair not in known and not event["source"].startswith(("10.", "203.0.113.")):
                strange.append(pair)
            known.add(pair)
        elif kind == "sudo_command":
            labels = [(label, event.get(label, UNSAID.get(label, "")).split(" ")[0]) for label in SUDO]
            counted[host, "sudo", tuple(labels)].append(at)
        elif kind == "account_change":
            counted[host, "account_change", tuple((label, event.get(label, "")) for label in CHANGE)].append(at)
        elif kind == "login_failure":
            user = "(invalid)" if event.get("invalid_user") else event["user"]
            failed[host, (("program", "sshd"), ("user", user), ("method", event["method"]), ("network", event.get("network", "public")))].append(at)

    def alive(host, at):
        """Since when the exporter that is there then has been, as one that was replaced begins anew."""
        return fleet.REPLACED_AT if host in fleet.REPLACED and at >= fleet.REPLACED_AT else 0

    scrapes = range(START - 4 * 3600, END + 1, SCRAPE)
    accesses = defaultdict(list)
    for (host, kind, labels), times in counted.items():
        accesses[host, kind, dict(labels).get("expected", "unset")] += times
        if kind == "sudo" and dict(labels)["expected"] != "false":
            continue  # no alert asks for them
        known_at = [(scrape, *count(times, alive(host, scrape), scrape)) for scrape in scrapes]
        for family, value in zip(FAMILIES[kind], (lambda last, _: f"{last:.3f}", lambda last, _: f"{last:.3f}", lambda _, seen: seen)):
            write(family, (("job", job), ("instance", f"{host}:10922")) + labels, [(scrape, value(last, seen)) for scrape, seen, last in known_at if seen])
    for (host, labels), times in failed.items():
        known_at = [(scrape, count(times, 0, scrape)[0]) for scrape in scrapes]
        write("login_failures_total", (("job", job), ("instance", f"{host}:10922")) + labels, [(scrape, seen) for scrape, seen in known_at if seen])
    for host in hosts:
        target = (("job", job), ("instance", f"{host}:10922"))
        write("up", target, [(scrape, 1) for scrape in scrapes])
        write("login_exporter_build_info", target + (("version", "1"),), [(scrape, 1) for scrape in scrapes])
        write("process_start_time_seconds", target, [(scrape, alive(host, scrape) or 1) for scrape in scrapes])
        for kind in ("login", "sudo", "account_change"):
            for expected in ("unset",) if kind == "account_change" else ("true", "false", "unset"):
                times = sorted(accesses[host, kind, expected])
                write("login_accesses_total", target + (("kind", kind), ("expected", expected)),
                      [(scrape, count(times, alive(host, scrape), scrape)[0]) for scrape in scrapes])
    return strange


class Server:
    """A real Prometheus over a folder of blocks."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        Path(folder, "prometheus.yml").write_text("global: {}\n")

    def __enter__(self):
        log = open(Path(self.folder, "log"), "w")
        self.process = subprocess.Popen([PROMETHEUS, f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/data",
                                         "--storage.tsdb.retention.time=100y", f"--web.listen-address={self.url[7:]}"], stdout=log, stderr=log)
        deadline = time.time() + 120
        while time.time() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/-/ready", timeout=5)
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit(Path(self.folder, "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def range(self, expr):
        """The samples of each series from an hour before the third day on, in which the rules come to know it."""
        query = urllib.parse.urlencode({"query": expr, "start": START - 3600, "end": END, "step": STEP}).encode()
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range", query, timeout=300) as answer:
            return [(tuple((k, v) for k, v in one["metric"].items() if k != "__name__"), one["values"]) for one in json.load(answer)["data"]["result"]]


def backfill(folder, series):
    path = Path(folder, "series.om")
    names = defaultdict(list)
    for family, labels, samples in series:
        names[family].append((labels, samples))
    with open(path, "w") as file:
        for family, of in names.items():
            file.write(f"# TYPE {family} unknown\n")
            for labels, samples in of:
                named = ",".join(f"{name}={json.dumps(value)}" for name, value in labels)
                file.writelines(f"{family}{{{named}}} {value} {at}\n" for at, value in samples)
        file.write("# EOF\n")
    # One block: promtool reads the file once for each.
    subprocess.run([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=96h", path, f"{folder}/data"], check=True, stdout=subprocess.DEVNULL)
    path.unlink()


def rules():
    """All rules, in the order of their files."""
    seconds = lambda text: sum(int(n) * {"s": 1, "m": 60, "h": 3600}[u] for n, u in re.findall(r"(\d+)([smh])", text))
    for file in RULES:
        for kind, text in re.findall(r"(?m)^      - (record|alert): ((?:.+\n)(?:(?:        .*)?\n)*)", file.read_text()):
            pick = lambda key: next(iter(re.findall(rf"(?m)^ +{key}: '?(\w+)", text)), "")
            expr = re.search(r"expr: \|\n((?:          .*\n)+)", text).group(1)
            yield Rule(kind == "alert", text.split("\n")[0], expr, pick("severity"), seconds(pick("for")), seconds(pick("keep_firing_for")))


def in_turn(waiting):
    """Rules by what they ask for: each turn asks only for what the turns before it made."""
    while waiting:
        asks = lambda rule: any(re.search(rf"(?<![\w:]){one.name}(?![\w:])", rule.expr) for one in waiting if one is not rule)
        turn = [rule for rule in waiting if not asks(rule)]
        yield turn
        waiting = [rule for rule in waiting if rule not in turn]


def episodes(times, pending, kept):
    """From when until when an alert fires whose expression is true at these times."""
    found = []
    for at in times:
        if found and at - found[-1][1] <= STEP + kept:
            found[-1][1] = at
        else:
            found.append([at, at])
    wait = -(-pending // STEP) * STEP  # it fires when it is looked at
    return [(begin + wait, end + kept) for begin, end in found if end - begin >= wait]


def group(name, severity, labels):
    """Who is told, and together with what, by the example's routes; tests/alerts/check and alertmanager.py hold these."""
    if severity == "info":
        return None
    if re.match(r"LoginExporter|LoginSource|LoginRecordsLost|LoginLines|LoginSeries|LoginCloudTrail|LoginState|LoginArchive|LoginRules", name):
        return "operators", name, labels.get("job")
    return "on-call" if severity == "critical" else "admins", labels.get("job"), labels.get("user", "")


def messages(fired):
    """A message for each group, and one more for whatever joins it later than its next look."""
    starts = defaultdict(list)
    for name, severity, labels, begin in fired:
        starts[group(name, severity, labels)].append((begin, name, labels))
    starts.pop(None, None)
    for key, all_of in starts.items():
        last = -1e9
        for begin, name, labels in sorted(all_of, key=lambda one: one[0]):
            if begin - last > STEP:
                last = begin
                yield key, name, labels, begin


def evaluate(folder):
    """What fires over the third day: (name, severity, labels, from when, until when)."""
    fired, server = [], Server(folder)
    for turn in in_turn(list(rules())):
        made = []
        with server:
            for rule in turn:
                found = server.range(rule.expr)
                if not rule.is_alert:
                    made += [(rule.name, labels, [(at, value) for at, value in samples]) for labels, samples in found]
                    continue
                for labels, samples in found:
                    for begin, end in episodes([at for at, _ in samples], rule.pending, rule.kept):
                        fired.append((rule.name, rule.severity, dict(labels), begin, end))
                        named = labels + (("alertname", rule.name), ("alertstate", "firing"), ("severity", rule.severity))
                        made.append(("ALERTS", named, [(at, 1) for at in range(int(begin), min(int(end), END) + 1, STEP)]))
        if made:
            backfill(folder, made)
    return [one for one in fired if one[3] >= START]


def main():
    sources = [("", lambda seed: fleet.Fleet(seed).log())]
    if "LOGIN_EXPORTER_FLEET_DAY" in os.environ:
        sources.append(("other-", other_days))
    series, strange = [], {}
    for kind, source in sources:
        for seed in SEEDS:
            log = list(source(seed))
            for name, expected in (("bare", ""), ("rules", fleet.RULES)):
                strange[f"{kind}{seed}-{name}"] = tell(f"{kind}{seed}-{name}", log, expected, lambda *one: series.append(one))
    with tempfile.TemporaryDirectory() as folder:
        backfill(folder, series)
        fired = evaluate(folder)
    failed = 0
    for job, pairs in strange.items():
        mine = [one[:4] for one in fired if one[2].get("job") == job]
        sent = list(messages(mine))
        news = {(labels.get("user"), labels.get("source")) for name, severity, labels, _ in mine if severity != "info"}
        missed = [pair for pair in pairs if pair not in news]
        besides = [one for one in sent if (one[2].get("user"), one[2].get("source")) not in pairs]
        ok = not missed and len(besides) <= 2 and pairs
        failed += not ok
        print(f"{'' if ok else 'FAILED: '}{job}: {len(pairs)} anomalies, {len(missed)} not told, {len(sent)} messages, {len(besides)} besides: "
              + ", ".join(f"{name} {labels.get('user', '')}" for _, name, labels, _ in besides))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
