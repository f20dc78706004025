#!/usr/bin/env python3
"""Holds the dashboards to the rules of Grafana's dashboard-linter, and every metric and label that dashboards, recording
rules and alerts name to the exporter's catalog.

usage: lint.py [CATALOG.md [VALUES.json]]
  CATALOG.md    the file with the tables of metrics (README.md); rows `| \\`family\\`, … | type | labels | … |`
  VALUES.json   the values that a label can have, {family as a regular expression: {label: [value, …]}}

Needs python3 alone; with promtool on the path it also has every expression parsed as PromQL.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile

from boards import ROOT, Exclusions, dashboards, fill, finish, panels, variables
from promql import Expression

# (rule, file, panel, metric) as regular expressions: why it may be broken.
EXCLUSIONS = Exclusions({
    ("target-instance-rule", ".*", ".*", "login_aws_.*"):
        "CloudTrail is asked by one exporter for a whole account; its instance is not the host that was entered",
    ("target-job-rule", "host.json", "AWS accesses to this host", "login_aws_.*"):
        "the exporter that asks CloudTrail may belong to another job; the instance ID chooses",
    ("target-(job|instance)-rule", ".*", "What fires", "ALERTS.*"):
        "an alert on all hosts, on an account, or on an exporter that never answered names no job or instance of the board",
})

# Of Grafana's list of units, those in use here.
UNITS = {"locale", "string", "bytes", "Bps", "cps", "reqps", "dtdurations", "percentunit", "dateTimeAsIsoNoDateIfToday"}
# Kinds of panels as the linter groups them.
DRAWN = {"stat", "singlestat", "graph", "table", "timeseries", "gauge"}
QUERIED = DRAWN | {"state-timeline", "bargauge"}

# Metrics and labels that come from Prometheus itself, and from the process collector of its client libraries.
PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "target", "user", "identity"}, "ALERTS_FOR_STATE": {"alertname", "severity", "user", "identity"},
              "process_cpu_seconds_total": set(), "process_resident_memory_bytes": set(), "process_start_time_seconds": set()}
TARGET = {"job", "instance"}
# What a store of several Prometheus puts beside.
REPLICAS = {"prometheus", "prometheus_replica", "replica", "__replica__"}
# What Grafana fills in, in a form that parses.
BUILTIN = {"__rate_interval": "5m", "__interval": "1m", "__range": "6h", "__from": "0", "__to": "0"}

errors, checked = [], 0
# From VALUES.json: what a matcher may ask for.
values = {}


def check(passed, *what):
    """Counts one check; `what` is the rule, the file, the panel and the metric, and then says what is wrong."""
    global checked
    checked += 1
    if not passed and not EXCLUSIONS.excuse(*[str(part) for part in what[:4]]):
        errors.append(": ".join(str(part) for part in what if part))


def read_catalog(path):
    """Each metric's labels, from the markdown tables whose first column is `family`. Histograms have their three series."""
    metrics, columns = {}, None
    for line in open(path, encoding="utf-8"):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if not cells:
            columns = None
        elif cells[0] == "family":
            columns = {name: i for i, name in enumerate(cells)}
        elif columns and not set(line) <= set("|-: \n"):
            cell = lambda name: cells[columns[name]] if name in columns and columns[name] < len(cells) else ""
            labels = set(re.findall(r"[a-z_]+", cell("labels").split(":")[0]))
            for family in re.findall(r"`([a-z_]+)", cells[0]):
                metrics[family] = labels
                if "histogram" in cell("type"):
                    metrics.update({family + "_bucket": labels | {"le"}, family + "_sum": labels, family + "_count": labels})
    return metrics


def read_rules(path):
    """Each rule of a rules file: its kind, name, expression and whole text. Such files are laid out alike, so no YAML parser is needed."""
    for text in re.split(r"(?m)^ *- (?=(?:alert|record): )", path.read_text())[1:]:
        kind, name = re.match(r"(\w+): (\S+)", text).groups()
        block = re.search(r"(?m)^( *)expr: *(?:\|\n((?:\1  .*\n|\s*\n)+)|(.+))", text)
        yield kind, name, block.group(2) or block.group(3), text


def check_values(where, families, matcher):
    """Every value that a matcher spells out is one that the label can have."""
    label, operator, wanted = matcher
    for family in families:
        known = next((of[label] for pattern, of in values.items() if label in of and re.fullmatch(pattern, family)), None)
        if known and not wanted.startswith("$"):
            for value in wanted.split("|") if "~" in operator else [wanted]:
                check(any(re.fullmatch(value, one) for one in known), "catalog", *where, family, f"{label} is never {value}")


def check_names(where, text, catalog):
    """Every metric stands in the catalog, every label is one of the metric's own. Returns all labels the expression can give."""
    expression = Expression(text)
    reachable = TARGET | REPLICAS | expression.made
    for selector in expression.selectors:
        families = selector.families(catalog)
        check(families and families <= set(catalog), "catalog", *where, selector.name, "no such metric")
        own = TARGET | {"__name__"} | set().union(*(catalog.get(family, set()) for family in families))
        reachable |= own
        for matcher in selector.matchers:
            check(matcher[0] in own, "catalog", *where, selector.name, f"has no label {matcher[0]}")
            check_values(where, families, matcher)
    for label in expression.labels:
        check(label in reachable, "catalog", *where, "", f"no metric here has the label {label}")
    return reachable


def lint_variables(name, dashboard):
    found = variables(dashboard)
    source = found.get("datasource", {})
    check(source.get("type") == "datasource" and source.get("query") == "prometheus" and source.get("label") == "Data source", "template-datasource-rule", name)
    for rule, wanted, label in (("template-job-rule", "job", "Job"), ("template-instance-rule", "instance", "Instance")):
        variable = found.get(wanted, {})
        check(variable.get("type") == "query" and variable.get("datasource", {}).get("uid") == "${datasource}" and variable.get("multi")
              and variable.get("allValue") == ".+" and variable.get("label") == label, rule, name)
    for variable in found.values():
        if variable["type"] == "query":
            query = variable["query"]["query"]
            check(re.fullmatch(r"(label_values|query_result|metrics)\(.+\)|label_names\(.*\)", query), "template-label-promql-rule", name, variable["name"])
            check(variable.get("refresh") == 2, "template-on-time-change-reload-rule", name, variable["name"])


def compares_last_alone(text):
    """`a or b >= x`, where the time range cuts b alone: operands of one `or` of which some compare and some do not, or all without brackets."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    text = re.sub(r"\{[^{}]*\}", "", text)
    while True:
        inner = re.search(r"\(([^()]*)\)", text)
        body = inner.group(1) if inner else text
        operands = re.split(r"\bor\b", body)
        if len(operands) > 1 and any(re.search(r">=|<=|==|!=|>|<", operand) for operand in operands[1:]):
            return True
        if not inner:
            return False
        text = text[:inner.start()] + "·" + text[inner.end():]


def lint_counts(where, text):
    """Events are whole, and are counted once. increase() alone draws 20 as 25, and two Prometheus that scrape the same double them."""
    for window in re.findall(r"increase\([^()]*?_total\{[^{}]*\}\[([^\]]*)\]", text):
        check("resets(" in text and f"offset {window}" in text, "whole-events", *where, "", "a count is made by the library's counted()")
    if "_total{" in text:
        for first in re.findall(r"\bsum (?:by \([^)]*\) )?\(+(\w+)|\bsum\(+(\w+)", text):
            check("max" in first, "counted-once", *where, "", "of two Prometheus that scrape the same, one counts")


# What only names of its own choosing can make many of.
UNBOUNDED = {"user", "identity", "source", "target", "instance", "hostname", "command", "aws_account", "document"}


def lint_many(where, kind, targets):
    """Where 1,000 series may come, the most or the newest are asked for."""
    for target in targets[:1] if kind == "table" else targets:
        grouped = set().union(*(re.findall(r"\w+", labels) for labels in re.findall(r"by \(([^)]*)\)", target["expr"]))) if kind == "table" else \
            set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")))
        check(not grouped & UNBOUNDED or re.search(r"topk( by \([^)]*\) )?\(\d+", target["expr"]), "many", *where, "", f"without topk: {sorted(grouped & UNBOUNDED)}")


# A colour says the same on every board, and a word says it too.
MEANINGS = {"expected": "green", "saved": "green", "unexpected": "red", "failed": "red", "no rule": "blue", "critical": "red", "warning": "orange",
            "info": "blue", "up": "green", "down": "red", "in force": "green", "refused": "red", "half": "blue", "nine tenths": "text",
            "largest": "text", "busiest": "text"}


def lint_colors(where, panel):
    field = panel.get("fieldConfig", {})
    if panel["type"] in ("timeseries", "bargauge", "stat"):
        color = field["defaults"].get("color", {})
        check(color.get("mode") in ("fixed", "shades", "thresholds"), "colors", *where, "", "a palette of Grafana's begins with green, which means expected here")
        refused = any(re.search(r"login_(sudo_|su_|aws_)?(failures|rejections)_total", t["expr"]) for t in panel.get("targets", []))
        check(not refused or panel["type"] == "stat" or color.get("fixedColor") == "purple", "colors", *where, "", "what was refused is purple")
    for override in field.get("overrides", []):
        for value in (p["value"] for p in override["properties"] if p["id"] == "color"):
            word = override["matcher"]["options"]
            check(MEANINGS.get(word, "red" if word == "What" else None) == value["fixedColor"], "colors", *where, "", f"{word} is {value['fixedColor']}")
    everything = [field.get("defaults", {})] + [{p["id"]: p["value"] for p in o["properties"]} for o in field.get("overrides", [])]
    for properties in everything:
        for option in (o for m in properties.get("mappings", []) if m["type"] == "value" for o in m["options"].values() if "color" in o):
            check(MEANINGS.get(option["text"]) == option["color"], "colors", *where, "", f"{option['text']} is {option['color']}")
        steps = properties.get("thresholds", {}).get("steps", [])
        worded = [o["text"] for m in properties.get("mappings", []) for k, o in m.get("options", {}).items() if k == "0"]
        check("green" not in [s["color"] for s in steps] or worded, "colors", *where, "", "green without a word")


def lint_time(where, panel):
    """One way to show when something was: a date of Grafana's, from milliseconds; no ages."""
    for target in panel.get("targets", []):
        check(not re.match(r"\s*\(?time\(\) - ", target["expr"]) or "count(" in target["expr"], "one-time", *where, "", "an age: show when it was")
    shown = {p["value"] for o in panel.get("fieldConfig", {}).get("overrides", []) for p in o["properties"] if p["id"] == "unit"}
    if "dateTimeAsIsoNoDateIfToday" in shown:
        check(any(re.search(r"\) \* 1000", t["expr"]) for t in panel["targets"]), "one-time", *where, "", "Grafana takes milliseconds")


def lint_names(where, panel, target):
    """A fingerprint ends in an ellipsis, and a host goes by its name."""
    if "{{identity}}" in target.get("legendFormat", ""):
        check("$1…" in target["expr"], "fingerprints", *where, "", "a key's fingerprint is shown whole")
    check("{{instance}}" not in target.get("legendFormat", ""), "hosts-by-name", *where, "", "the legend names an address: hostname is the host's")
    for transformation in panel.get("transformations", []):
        titles = transformation["options"].get("renameByName", {})
        check(titles.get("instance", "Instance") == "Instance", "hosts-by-name", *where)
        check("instance" not in titles or titles.get("hostname") == "Host", "hosts-by-name", *where)
        if "identity" in titles:
            patterns = [m["options"]["result"]["text"] for o in panel["fieldConfig"]["overrides"] if o["matcher"]["options"] == titles["identity"]
                        for p in o["properties"] if p["id"] == "mappings" for m in p["value"]]
            check("$1…" in patterns, "fingerprints", *where, "", "a key's fingerprint is shown whole")


def lint_panel(name, panel, catalog, expressions):
    title, kind, defaults = panel.get("title", ""), panel["type"], panel.get("fieldConfig", {}).get("defaults", {})
    where = (name, title or f"panel {panel['id']}")
    if kind == "text":
        return
    check(panel.get("datasource", {}).get("uid") == "${datasource}", "panel-datasource-rule", *where)
    check(title and panel.get("description"), "panel-title-description-rule", *where)
    over_fields = kind == "stat" and panel.get("options", {}).get("reduceOptions", {}).get("fields")
    check(kind not in DRAWN or defaults.get("mappings") or over_fields or defaults.get("unit") in UNITS, "panel-units-rule", *where, "", defaults.get("unit"))
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        for value in (p["value"] for p in override["properties"] if p["id"] == "unit"):
            check(value in UNITS, "panel-units-rule", *where, "", value)
    check(kind not in QUERIED or panel.get("targets"), "panel-no-targets-rule", *where)
    lint_many(where, kind, panel.get("targets", []))
    lint_colors(where, panel)
    lint_time(where, panel)
    reachable = set()
    for target in panel.get("targets", []):
        lint_names(where, panel, target)
        check(target.get("datasource", {}).get("uid") == "${datasource}", "target-datasource-rule", *where)
        text = target["expr"]
        names = set(re.findall(r"\$\{?([a-z]\w*)", text))
        check(all(re.search(r'"\$%s"' % n, text) for n in names), "target-variable-rule", *where, "", "a variable stands outside of a matcher")
        expressions.append((" ".join(where), fill(text, BUILTIN | {n: ".+" for n in names})))
        reachable |= check_names(where, text, catalog)
        lint_counts(where, text)
        check(not compares_last_alone(text), "brackets", *where, "", "a comparison behind `or` binds to the last operand alone: each side that compares gets brackets")
        for selector in Expression(text).selectors:
            metric = selector.name
            for rule, label in (("target-job-rule", "job"), ("target-instance-rule", "instance")):
                check((label, "=~", "$" + label) in selector.matchers, rule, *where, metric)
            if selector.function in ("rate", "irate"):
                check(selector.range == "$__rate_interval", "target-rate-interval-rule", *where, metric)
            if metric.endswith("_total"):
                counted = selector.function in ("rate", "irate", "increase", "resets", "max_over_time") or f"resets({metric}{{" in text
                check(counted, "target-counter-agg-rule", *where, metric)
        for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")):
            check(label in reachable, "catalog", *where, "", f"the legend names {label}")
    for transformation in panel.get("transformations", []):
        if transformation["id"] == "organize":
            for column in transformation["options"]["indexByName"]:
                check(column in reachable or re.fullmatch(r"Value( #[A-Z])?", column), "catalog", *where, "", f"the table has a column {column}")


def lint_layout(name, dashboard):
    """Ids are unique and no panel covers another."""
    taken, ids = {}, [panel["id"] for panel in dashboard["panels"]] + [panel["id"] for row in dashboard["panels"] for panel in row.get("panels", [])]
    check(len(ids) == len(set(ids)), "layout", name, "", "", "two panels have one id")
    for row in (panel for panel in dashboard["panels"] if panel["type"] == "row"):
        # As Grafana writes it: an open row has an empty list, and its panels follow it.
        check(row.get("panels") == [] if not row["collapsed"] else row.get("panels"), "rows", name, row["title"])
    check(any(panel.get("title") == "What fires" for panel in panels(dashboard)) or name in ("person.json", "sessions.json"), "alert-list", name)
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        check(at["x"] + at["w"] <= 24 and not any(cell in taken for cell in cells), "layout", name, panel["title"], "", "lies on another panel")
        taken.update(dict.fromkeys(cells))


def lint_links(name, dashboard, uids):
    text = str(dashboard)
    for uid in re.findall(r"/d/([\w-]+)/", text):
        check(uid in uids, "links", name, "", "", f"no dashboard {uid}")
    check(any("login-exporter" in link.get("tags", []) for link in dashboard["links"]) and "login-exporter" in dashboard["tags"], "links", name)


def parse_all(expressions):
    """Has promtool parse every expression, as the recording rules of one file."""
    if not shutil.which("promtool"):
        print("promtool is missing: expressions are not parsed")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write("groups:\n- name: panels\n  rules:\n")
        for i, (_, text) in enumerate(expressions):
            file.write(f"  - record: panel:{i}\n    expr: |\n" + "".join(f"      {line}\n" for line in text.splitlines()))
        file.flush()
        said = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True)
    number = re.search(r"panel:(\d+)", said.stderr)
    check(said.returncode == 0, "target-promql-rule", *(expressions[int(number[1])] if number else ()), said.stdout + said.stderr)


def main():
    catalog = read_catalog(sys.argv[1] if len(sys.argv) > 1 else ROOT / "README.md")
    check(len(catalog) > 30, "catalog", "", "", "", "the tables of metrics were not found")
    catalog.update(PROMETHEUS)
    for family in catalog:
        if family.startswith("login_exporter_cloudtrail_"):
            catalog[family] = catalog[family] | {"aws_account"}
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            values.update(json.load(file))

    recording, alerts = (ROOT / "deploy/prometheus" / file for file in ("recording.yml", "alerts.yml"))
    for _, name, expr, _ in read_rules(recording):
        catalog[name] = set(name.split(":")[0].split("_"))  # a memory reads itself
        catalog[name] = check_names(("recording.yml", name), expr, catalog) - TARGET
    for _, name, expr, text in read_rules(alerts):
        reachable = check_names(("alerts.yml", name), expr, catalog)
        for label in re.findall(r"\$labels\.(\w+)", text):
            check(label in reachable, "catalog", "alerts.yml", name, "", f"the text names {label}")
        for query in re.findall(r'query \(printf "([^"]+)"', text):
            check_names(("alerts.yml", name), query.replace("%q", '""'), catalog)

    boards, expressions = dashboards(), []
    uids = {dashboard["uid"] for dashboard in boards.values()}
    for name, dashboard in boards.items():
        check(dashboard.get("editable") is False, "uneditable-dashboard-rule", name)
        lint_variables(name, dashboard)
        lint_layout(name, dashboard)
        lint_links(name, dashboard, uids)
        for panel in panels(dashboard):
            lint_panel(name, panel, catalog, expressions)
    parse_all(expressions)
    for key in EXCLUSIONS.unused():
        check(False, "an exclusion that is not needed", *key)
    finish(checked, errors)


main()
