#!/usr/bin/env python3
"""Runs every query of every panel, with its variables filled in as Grafana fills them, against a real Prometheus.

usage: queries.py PROMETHEUS_URL [--require-data] [--range SECONDS] [--step SECONDS]

Each dashboard is asked twice: as it opens, and with the first value of each variable chosen. A query that gives an error
fails; with --require-data so does a panel that, as the dashboard opens, has no data in any of its queries.
Needs python3 alone.
"""
import argparse
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from boards import Exclusions, dashboards, fill, finish, panels, variables

# (file, panel) as regular expressions: why it may be without data although all is well.
EMPTY = Exclusions({
    ("exporter-health.json", "Errors of sources|Series folded|Requests that failed"): "nothing of that kind goes wrong in the play",
    ("fleet.json", "Silent hosts"): "every host of the play answers; values.py has one that does not",
})

arguments = argparse.ArgumentParser()
arguments.add_argument("prometheus")
arguments.add_argument("--require-data", action="store_true")
arguments.add_argument("--range", type=int, default=3600)
arguments.add_argument("--step", type=int, default=15)
arguments = arguments.parse_args()
NOW = time.time()


def ask(path, **parameters):
    """The data of an answer; a ValueError with Prometheus' own words for a refusal."""
    url = f"{arguments.prometheus.rstrip('/')}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as refusal:
        raise ValueError(json.load(refusal).get("error", refusal.reason)) from None


def builtin():
    """$__rate_interval is four scrapes at least, as Grafana reckons."""
    return {"__rate_interval": f"{max(4 * arguments.step, 60)}s", "__interval": f"{arguments.step}s", "__range": f"{arguments.range}s",
            "__from": str(int((NOW - arguments.range) * 1000)), "__to": str(int(NOW * 1000))}


def escaped(value):
    """A chosen value within a matcher, escaped for the expression and for the string around it."""
    return re.sub(r"([\\^$*+?.()|\[\]{}/])", r"\\\\\1", value)


def values_of(dashboard, chosen):
    """What each variable stands for: all of its values as the dashboard opens, or the first one where `chosen`."""
    values = builtin()
    for name, variable in variables(dashboard).items():
        if variable["type"] == "textbox":
            values[name] = variable["query"].replace("\\", "\\\\")
        if variable["type"] != "query":
            continue
        series, label = re.fullmatch(r"label_values\((?:(.+), *)?(\w+)\)", variable["query"]["query"], re.S).groups()
        match = {"match[]": fill(series, values)} if series else {}
        options = ask(f"label/{label}/values", start=NOW - arguments.range, end=NOW, **match)
        if chosen or not variable["includeAll"]:
            values[name] = escaped(options[0]) if options else ""
        else:
            values[name] = variable["allValue"] or "(" + "|".join(map(escaped, options)) + ")"
    return values


def run(target, values):
    """The number of series that a panel's query gives."""
    expression = fill(target["expr"], values)
    if target.get("instant"):
        return len(ask("query", query=expression, time=NOW)["result"])
    step = max(arguments.step, arguments.range // 1000)
    return len(ask("query_range", query=expression, start=NOW - arguments.range, end=NOW, step=step)["result"])


def main():
    errors, checked = [], 0
    for name, dashboard in dashboards().items():
        for chosen in (False, True):
            values = values_of(dashboard, chosen)
            for panel in panels(dashboard):
                found = 0
                for target in panel.get("targets", []):
                    checked += 1
                    try:
                        found += run(target, values)
                    except ValueError as error:
                        errors.append(f"{name}: {panel['title']}: {target['refId']}: {error}")
                if arguments.require_data and not chosen:
                    checked += 1
                    if not found and not EMPTY.excuse(name, panel["title"]):
                        errors.append(f"{name}: {panel['title']}: no data")
    errors += [f"an exclusion that is not needed: {key}" for key in EMPTY.unused() if arguments.require_data]
    finish(checked, errors)


main()
