"""What exporters show and scrapers store, minute by minute, as input of promtool's unit tests. Time starts at 0."""
import json
import re
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = [ROOT / "deploy/prometheus" / file for file in ("recording.yml", "alerts.yml")]

# The accesses that alerts rest on: the last-seen gauge, when the newest was counted, and how many.
FAMILIES = {
    "login": ("login_last_success_timestamp_seconds", "login_last_success_counted_timestamp_seconds", "login_successes_total"),
    "after_failures": ("login_last_success_after_failures_timestamp_seconds", "login_last_success_after_failures_counted_timestamp_seconds",
                       "login_successes_after_failures_total"),
    "sudo": ("login_sudo_last_command_timestamp_seconds", "login_sudo_last_command_counted_timestamp_seconds", "login_sudo_commands_total"),
    "account_change": ("login_last_account_change_timestamp_seconds", "login_last_account_change_counted_timestamp_seconds", "login_account_changes_total"),
    "aws": ("login_aws_last_success_timestamp_seconds", "login_aws_last_success_counted_timestamp_seconds", "login_aws_successes_total"),
}


@dataclass
class World:
    """The world around an access: how long it lasts, when the target is away, how the exporter's clock is off."""

    end: int = 180
    start: int = 0  # the first scrape, in minutes
    every: int = 1  # minutes from scrape to scrape
    away: tuple = ()  # ((from, to), …) in minutes
    clock: int = 0  # seconds
    zero: bool = True  # a series that is born shows 0 first
    without: frozenset = frozenset()  # witnesses that are taken away: counted, total, unwatched, accesses
    labels: dict = field(default_factory=lambda: {"job": "login", "instance": "web-1:10922"})

    def there(self, minute):
        return minute >= self.start and minute % self.every == 0 and not any(a <= minute < b for a, b in self.away)

    def series(self, family, labels, value):
        """A series with its value at each minute; where that is None it is not stored."""
        values, stored = [], False
        for minute in range(self.end + 1):
            found = value(minute)
            values.append("stale" if stored and found is None and minute % self.every == 0 else "_" if found is None else str(found))
            stored = found is not None or (stored and minute % self.every != 0)
        named = ",".join(f"{name}={json.dumps(text)}" for name, text in {**self.labels, **labels}.items())
        return {"series": f"{family}{{{named}}}", "values": " ".join(values)}

    def exporter(self, started=-86400, counted=()):
        """What every exporter shows: that it is there, and how many accesses of each kind it counted while it watched."""
        there = lambda value: lambda minute: value if self.there(minute) else None
        found = [self.series("up", {}, lambda m: None if m < self.start or m % self.every else int(self.there(m)))]
        if "unwatched" not in self.without:
            found += [self.series("login_exporter_build_info", {"version": "1"}, there(1)), self.series("process_start_time_seconds", {}, there(started))]
        if "accesses" not in self.without:
            kinds = [(kind, expected) for kind in ("login", "sudo", "aws") for expected in ("true", "false", "unset")]
            for kind, expected in kinds + [("su", "unset"), ("account_change", "unset")]:
                when = dict(counted).get((kind, expected), ())
                found.append(self.series("login_accesses_total", {"kind": kind, "expected": expected},
                                         lambda m: sum(c <= m for c in when) if self.there(m) else None))
        return found

    def access(self, kind, labels, counted, took=None, base=0, newest=-86400, lost=None, kept=0):
        """One series of accesses. The exporter counts one at each minute of `counted`, that took place at the second of `took`.

        `base` of them are its baseline, the newest at `newest`. At `lost` the state is lost, and `kept` stand in the log.
        """
        took = [60 * minute - 10 for minute in counted] if took is None else took
        since = lambda m: lost if lost is not None and m >= lost else -1
        known = lambda m: [i for i, c in enumerate(counted) if since(m) < c <= m]
        floor = lambda m: kept if since(m) >= 0 else base
        born = lambda m: floor(m) or known(m)
        # The first look at a young series is at 0.
        first = lambda m: not any(self.there(n) for n in range(counted[known(m)[0]], m))
        count = lambda m: 0 if self.zero and not floor(m) and first(m) else floor(m) + len(known(m))
        seen = lambda m: max([took[i] for i in known(m)] + ([newest] if floor(m) else []))
        families = FAMILIES[kind]
        found = [self.series(families[0], labels, lambda m: seen(m) if self.there(m) and born(m) else None)]
        if "counted" not in self.without:
            found.append(self.series(families[1], labels, lambda m: 60 * counted[known(m)[-1]] + self.clock if self.there(m) and known(m) else None))
        if "total" not in self.without:
            found.append(self.series(families[2], labels, lambda m: count(m) if self.there(m) and born(m) else None))
        return found

    def changed(self, **what):
        return replace(self, **what)


def promtool(program, tests, evaluated="1m", groups=".*"):
    """Runs unit tests of some groups of rules; what promtool says of those that fail, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for path in RULES:
            parts = re.split(r"(?m)^(?=  - name: )", path.read_text())
            text = parts[0] + "".join(part for part in parts[1:] if re.match(rf"  - name: ({groups})\n", part))
            files.append(Path(folder, path.name))
            files[-1].write_text(text)
        test = Path(folder, "test.json")
        test.write_text(json.dumps({"rule_files": list(map(str, files)), "evaluation_interval": evaluated, "tests": tests}))
        run = subprocess.run([program, "test", "rules", test], capture_output=True, text=True)
    return "" if run.returncode == 0 else run.stdout + run.stderr
