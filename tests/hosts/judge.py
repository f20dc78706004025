#!/usr/bin/env python3
"""Holds what the exporter told of a play against what was done: usage: tests/hosts/judge.py BINARY FOLDER [again]

FOLDER is what tests/hosts/play left. `again` has this BINARY read the host's files anew, as that host (root)."""

import json
import os
import re
import subprocess
import sys
from collections import Counter

binary, folder = os.path.realpath(sys.argv[1]), sys.argv[2]
again = sys.argv[3:] == ["again"]
FAMILY = {
    "login_success": "login_successes_total", "login_failure": "login_failures_total",
    "login_rejected": "login_rejections_total", "session_opened": "login_sessions_opened_total",
    "session_closed": "login_sessions_closed_total", "sudo_command": "login_sudo_commands_total",
    "sudo_failure": "login_sudo_failures_total", "su_success": "login_su_switches_total",
    "su_failure": "login_su_failures_total", "account_change": "login_account_changes_total",
}


def read(name):
    with open(f"{folder}/{name}", errors="replace") as file:
        return file.read()


def as_the_host(arguments, put=None):
    """The accounts that a line names are the host's, not this machine's."""
    script = f'mount --bind {folder}/passwd /etc/passwd; mount --bind {folder}/machine-id /etc/machine-id; exec "$@"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", binary, "history", *arguments]
    done = subprocess.run(command, stdin=open(put) if put else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace")
    return done.stdout, done.stderr


def history(way):
    if again:
        where = ["-"] if way == "journal" else [f"{folder}/auth.log"]
        put = f"{folder}/journal.export" if way == "journal" else None
        said, errors = as_the_host(["--format=json", *where], put)
        unknown = "".join(as_the_host(["--unrecognized", *where], put))
    else:
        said, errors, unknown = read(f"{way}.json"), read(f"{way}.err"), read(f"{way}.unknown")
    return [json.loads(line) for line in said.splitlines()], errors, unknown


def fits(wanted, event):
    for key, value in wanted.items():
        if key == "act":
            continue
        allowed = value if isinstance(value, (list, tuple)) else [value]
        if event.get(key, 1 if key == "count" else None) not in allowed:
            return False
    return True


def held_against(told, events):
    """What was done and is not told, and what is told and was not done. Whoever asks for more chooses first."""
    left = list(events)
    missing = []
    for wanted in sorted(told, key=lambda entry: -len(entry)):
        found = next((event for event in left if fits(wanted, event)), None)
        if found is None:
            missing.append(wanted)
        else:
            left.remove(found)
    return missing, left


def short(entry):
    return " ".join(f"{key}={value}" for key, value in entry.items() if key not in ("host", "fingerprint"))


def totals(events):
    return Counter({FAMILY[kind]: sum(event.get("count", 1) for event in events if event["event"] == kind) for kind in FAMILY})


def in_metrics(text, family):
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{family}[{{ ]", line))


stage = json.loads(read("told.json"))
told = stage["told"]
problems = [f"did not happen as it should: {what}" for what in stage["trouble"]]
seen = {}
for way in ("journal", "file"):
    events, errors, unknown = history(way)
    # Whether a user's own manager starts is systemd's to decide (it stays for ten seconds): only compared.
    seen[way] = events
    played = [event for event in events if event.get("program") != "systemd-user"]
    missing, left = held_against(told, played)
    problems += [f"{way}: not told: {short(entry)}" for entry in missing]
    problems += [f"{way}: told, not done: {short(entry)}" for entry in left]
    problems += [f"{way}: history says: {line}" for line in errors.splitlines()]
    problems += [f"{way}: unrecognized: {line}" for line in unknown.splitlines()]
    metrics = read(f"{way}.prom")
    for family, count in totals(events).items():
        counted = in_metrics(metrics, family)
        if counted != count and not again:
            problems.append(f"{way}: {family} is {counted}, history tells {count}")
    for family in ("login_exporter_records_unrecognized_total", "login_exporter_source_errors_total"):
        if in_metrics(metrics, family) and not again:
            lines = [line for line in metrics.splitlines() if line.startswith(family) and not line.endswith(" 0")]
            problems.append(f"{way}: {lines}")


def alike(event):
    return json.dumps({key: value for key, value in event.items() if key not in ("time", "duration")}, sort_keys=True)


def shut_down(events):
    """While a host shuts down its rsyslog calls it localhost: what stands so behind the last line under its own name is its own."""
    behind = max((at for at, event in enumerate(events, 1) if event.get("host") != "localhost"), default=0)
    return events[:behind] + [event | {"host": read("hostname").strip()} for event in events[behind:]]


seen["file"] = shut_down(seen["file"])
by_journal, by_file = (Counter(map(alike, seen[way])) for way in ("journal", "file"))
problems += [f"by the journal alone: {one}" for one in (by_journal - by_file).elements()]
problems += [f"by the file alone: {one}" for one in (by_file - by_journal).elements()]
for problem in problems:
    print(problem)
versions = read("versions").split("\n")
print(f"{folder}: {len(stage['acts'])} acts, {len(told)} events known to the play, {len(seen['journal'])} told by the journal, "
      f"{len(seen['file'])} by the file, {len(problems)} problems ({', '.join(filter(None, versions))})")
sys.exit(bool(problems))
