"""What lint.py and queries.py share: the dashboards, their panels, and the result at the end."""
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# ${name}, ${name:format} and $name, as Grafana reads them. A number is label_replace's business, not Grafana's.
VARIABLE = re.compile(r"\$\{(\w+)(?:[.:][^}]*)?\}|\$([A-Za-z_]\w*)")


def dashboards():
    """Each dashboard by the name of its file."""
    return {path.name: json.loads(path.read_text()) for path in sorted((ROOT / "grafana").glob("*.json"))}


def panels(dashboard):
    """All panels but rows, those within collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def fill(text, values):
    """Text with its variables filled in. An unknown variable is a KeyError, since Grafana would leave it as it stands."""
    return VARIABLE.sub(lambda m: values[m.group(1) or m.group(2)], text)


class Exclusions:
    """What is allowed to break a rule, and why. One that excuses nothing any more is itself an error."""

    def __init__(self, reasons):
        self.reasons, self.used = reasons, set()

    def excuse(self, *key):
        for known in self.reasons:
            if all(re.fullmatch(pattern, value) for pattern, value in zip(known, key)):
                self.used.add(known)
                return True
        return False

    def unused(self):
        return [key for key in self.reasons if key not in self.used]


def finish(checked, errors):
    for error in errors:
        print("FAILED:", error)
    print(f"{checked - len(errors)} passed, {len(errors)} failed")
    sys.exit(1 if errors else 0)
