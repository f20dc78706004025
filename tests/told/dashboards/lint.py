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
})

# Of Grafana's list of units, those in use here.
UNITS = {"locale", "string", "bytes", "Bps", "cps", "reqps", "s", "dtdurations", "percentunit", "dateTimeAsIsoNoDateIfToday", "dateTimeFromNow"}
# Kinds of panels as the linter groups them.
DRAWN = {"stat", "singlestat", "graph", "table", "timeseries", "gauge"}
QUERIED = DRAWN | {"state-timeline", "bargauge"}

# Metrics and labels that come from Prometheus itself, and from the process collector of its client libraries.
PROMETHEUS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "target"}, "ALERTS_FOR_STATE": {"alertname", "severity"},
              "process_cpu_seconds_total": set(), "process_resident_memory_bytes": set(), "process_start_time_seconds": set()}
TARGET = {"job", "instance"}
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
    reachable = TARGET | expression.made
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
    reachable = set()
    for target in panel.get("targets", []):
        check(target.get("datasource", {}).get("uid") == "${datasource}", "target-datasource-rule", *where)
        text = target["expr"]
        names = set(re.findall(r"\$\{?([a-z]\w*)", text))
        check(all(re.search(r'"\$%s"' % n, text) for n in names), "target-variable-rule", *where, "", "a variable stands outside of a matcher")
        expressions.append((" ".join(where), fill(text, BUILTIN | {n: ".+" for n in names})))
        reachable |= check_names(where, text, catalog)
        check("increase(" not in text or "[$__rate_interval]" not in re.sub(r"rate\([^()]*\)", "", text), "bars-whole-events", *where, "",
              "increase() over $__rate_interval draws 20 events as 25: take the difference over $__interval")
        check(not compares_last_alone(text), "brackets", *where, "", "a comparison behind `or` binds to the last operand alone: each side that compares gets brackets")
        for selector in Expression(text).selectors:
            metric = selector.name
            for rule, label in (("target-job-rule", "job"), ("target-instance-rule", "instance")):
                check((label, "=~", "$" + label) in selector.matchers, rule, *where, metric)
            if selector.function in ("rate", "irate"):
                check(selector.range == "$__rate_interval", "target-rate-interval-rule", *where, metric)
            if metric.endswith("_total"):
                # A bar is a difference of two counts: whole events, where increase() would extrapolate.
                check(selector.function in ("rate", "irate", "increase") or "$__interval" in text, "target-counter-agg-rule", *where, metric)
        for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")):
            check(label in reachable, "catalog", *where, "", f"the legend names {label}")
    for transformation in panel.get("transformations", []):
        if transformation["id"] == "organize":
            for column in transformation["options"]["indexByName"]:
                check(column in reachable or re.fullmatch(r"Value( #[A-Z])?", column), "catalog", *where, "", f"the table has a column {column}")


def lint_layout(name, dashboard):
    """Ids are unique and no panel covers another."""
    taken, ids = {}, [panel["id"] for panel in dashboard["panels"]]
    check(len(ids) == len(set(ids)), "layout", name, "", "", "two panels have one id")
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
    check(said.returncode == 0, "target-promql-rule", said.stdout + said.stderr)


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
