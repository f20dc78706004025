#!/usr/bin/env python3
"""One message where there is news, none where there is not, and each witness by itself: three hours of each, by promtool.

usage: witnesses.py PROMTOOL…
"""
import re
import sys

from play import World, promtool

WORLD = World()
STRANGER = {"program": "sshd", "user": "deploy", "method": "publickey", "identity": "mallory", "source": "198.51.100.7", "network": "public", "expected": "false"}
OTHER = STRANGER | {"identity": "eve", "source": "198.51.100.9"}
START = {"event_name": "StartSession", "identity": "Ops/mallory", "target": "i-0abc", "document": "SSM-SessionManagerRunShell", "source": "198.51.100.7",
         "network": "public", "aws_region": "eu-west-1", "expected": "false"}

LOGIN, TWO = {"UnexpectedLogin": 1}, {"UnexpectedLogin": 2}
UNWATCHED, NET = {"AccessWhileNotScraped": 1}, {"AccessUnexplained": 1}
SESSION = {"UnexpectedSessionManagerSession": 1}


def logins(counted, took=None, base=0, started=-86400, lost=None, kept=0):
    """A stranger's logins on a host where another one was before there was an exporter."""
    def play(world):
        return (world.exporter(started, {("login", "false"): counted}.items())
                + world.access("login", STRANGER, counted, took, base, lost=lost, kept=kept)
                + world.access("login", OTHER, [], base=7, lost=lost, kept=2))
    return play


def session(counted, took, base=0, second=None):
    """A session that CloudTrail tells of: its record, when it took place, and perhaps a second poller (counted, base, start)."""
    def play(world):
        start = START | {"aws_account": world.labels["job"]}
        found = world.exporter() + world.access("aws", start, counted, took, base, newest=600)
        if second:
            later = world.changed(labels=world.labels | {"instance": "web-2:10922"}, start=second[2])
            found += later.access("aws", start, second[0], took[:len(second[0])], second[1], newest=600)
        return found
    return play


def another_in_an_outage(world):
    return logins([90], base=3)(world) + world.access("login", OTHER | {"source": "198.51.100.10"}, [20])


def called_otherwise(world):
    """The login that the old name told of a moment ago is told by the new one too; one of an hour ago is not."""
    old, new = world.changed(away=((60, world.end + 1),)), world.changed(start=60, zero=False, labels=world.labels | {"instance": "i-0abc:10922"})
    return logins([10, 58])(old) + logins([10, 58], started=-30000000)(new)


# (name, world, what happens, the messages, the messages without these witnesses)
SCENARIOS = [
    ("the first login of a series", WORLD, logins([30]), LOGIN,
     {"counted": LOGIN, "total": LOGIN, "counted unwatched accesses": LOGIN, "total unwatched accesses": LOGIN, "counted total": NET}),
    ("its 0 was taken by somebody else", WORLD.changed(zero=False), logins([30]), LOGIN,
     {"total": LOGIN, "total unwatched accesses": LOGIN, "counted": NET}),
    ("a second login of the series, two hours later", WORLD, logins([10, 130]), TWO, {"counted": TWO, "total": TWO}),
    ("a further login within the hour is no second message", WORLD, logins([30, 50, 80]), LOGIN, {"counted": LOGIN, "total": LOGIN}),
    ("a baseline", WORLD, logins([], base=3), {}, {"accesses unwatched": {}}),
    ("the target is away and comes back unchanged", WORLD.changed(away=((60, 120),)), logins([10]), LOGIN, {"counted": LOGIN, "total": LOGIN}),
    ("the target goes away right after a login", WORLD.changed(away=((32, 150),)), logins([30]), LOGIN, {"counted": LOGIN, "total": LOGIN}),
    ("a login of a standing series while the target is away", WORLD.changed(away=((60, 120),)), logins([90], base=3), LOGIN,
     {"counted": LOGIN, "total": UNWATCHED, "counted unwatched accesses": LOGIN}),
    ("a login of a new series while the target is away: what is older than a quarter of an hour shows no 0",
     WORLD.changed(away=((60, 120),), zero=False), logins([90]), UNWATCHED, {"total": UNWATCHED, "unwatched": NET, "counted": NET}),
    ("a login just before the target comes back", WORLD.changed(away=((60, 120),), zero=False), logins([112]), LOGIN, {"total": LOGIN, "unwatched": LOGIN}),
    ("a login a little earlier", WORLD.changed(away=((60, 120),), zero=False), logins([104]), UNWATCHED, {"total": UNWATCHED}),
    ("a login of a standing series a little earlier", WORLD.changed(away=((60, 120),)), logins([104], base=3), LOGIN, {"counted": LOGIN}),
    ("an outage of twenty minutes", WORLD.changed(away=((60, 80),), zero=False), logins([61]), UNWATCHED, {"total": UNWATCHED, "unwatched": NET}),
    ("one that is a little longer than an access is news", WORLD.changed(away=((60, 76),), zero=False), logins([60]), UNWATCHED, {"total": UNWATCHED}),
    ("an outage of ten minutes", WORLD.changed(away=((60, 70),), zero=False), logins([61]), LOGIN, {"total": LOGIN}),
    ("a restart of the exporter, that shows what it saved and then what it caught up", WORLD.changed(away=((90, 100),)),
     logins([5, 101], took=[290, 5800], started=5950), TWO, {"counted": TWO, "total": TWO}),
    ("a state that was lost with a rotated log: the counters are lower", WORLD.changed(away=((60, 63),)),
     logins([10], base=5, lost=63, kept=1, started=3700), LOGIN, {"counted": LOGIN, "total": LOGIN}),
    ("a login after a state was lost", WORLD.changed(away=((30, 33),)), logins([120], base=5, lost=33, kept=1, started=1900), LOGIN,
     {"total": LOGIN, "counted": LOGIN}),
    ("a login while the exporter was away and lost its state is baseline", WORLD.changed(away=((60, 90),)), logins([], base=5, lost=90, kept=2, started=5300), {}, {}),
    ("an exporter's clock that is 10 minutes behind", WORLD.changed(clock=-600), logins([10, 130]), TWO, {"counted": TWO, "total": TWO}),
    ("and 10 minutes ahead", WORLD.changed(clock=600), logins([10, 130]), TWO, {"total": TWO, "counted": TWO}),
    ("a clock that is hours ahead, or behind", WORLD.changed(clock=10000), logins([30]), LOGIN, {}),
    ("and behind", WORLD.changed(clock=-10000), logins([30, 150]), TWO, {}),
    ("a clock that is 10 minutes behind, and a hole", WORLD.changed(clock=-600, away=((60, 120),), zero=False), logins([61]), UNWATCHED, {}),
    ("a clock that is 10 minutes ahead, and a hole right after a login", WORLD.changed(clock=600, away=((60, 120),)), logins([55]), LOGIN, {}),
    ("a replica that is new on an exporter that is a year old", WORLD.changed(start=60), logins([10], base=3, started=-30000000), {}, {}),
    ("a login that the new replica comes in time for", WORLD.changed(start=60, zero=False), logins([50], started=-30000000), LOGIN, {"total": LOGIN}),
    ("a newborn host, found by Prometheus after 20 minutes", WORLD.changed(start=60, zero=False), logins([40], started=2390), UNWATCHED, {"total": UNWATCHED}),
    ("a newborn host, found at once", WORLD.changed(start=60, zero=False), logins([58], started=3400), LOGIN, {"total": LOGIN}),
    ("scrapes 10 minutes apart", WORLD.changed(every=10, zero=False), logins([11, 131]), TWO, {"total": TWO}),
    ("scrapes 10 minutes apart, of a standing series", WORLD.changed(every=10), logins([31], base=2), LOGIN, {"total": LOGIN, "counted": LOGIN}),
    ("scrapes 10 minutes apart, one of which fails", WORLD.changed(every=10, away=((60, 70),), zero=False), logins([51]), UNWATCHED, {"total": UNWATCHED, "unwatched": NET}),
    ("scrapes 10 minutes apart, of a newborn host", WORLD.changed(every=10, start=60, zero=False), logins([41], started=2390), UNWATCHED, {"total": UNWATCHED}),
    ("a target that is called otherwise in the middle", WORLD, called_otherwise, TWO, {}),
    ("scrapes 3 minutes apart, whose first value is 1", WORLD.changed(every=3, zero=False), logins([31]), LOGIN, {"total": LOGIN}),
    ("scrapes 10 minutes apart and a clock 10 minutes behind", WORLD.changed(every=10, clock=-600), logins([31], base=2), LOGIN, {}),
    ("another login in an outage wakes no old series", WORLD.changed(away=((60, 120),)), another_in_an_outage, TWO, {}),
    ("a record of CloudTrail that comes three hours late", WORLD, session([175], [300]), SESSION, {"counted": SESSION, "total": SESSION}),
    ("a late record of a standing series", WORLD, session([175], [720], base=2), SESSION, {"counted": SESSION, "total": SESSION}),
    ("a late record that is older than the last seen", WORLD, session([175], [300], base=2), SESSION, {"counted": SESSION, "total": SESSION}),
    ("two pollers of one account, minutes apart", WORLD, session([30], [1500], second=([37], 4, 0)), SESSION, {"counted": SESSION, "total": SESSION}),
    ("a poller that is new beside an old one", WORLD, session([30], [1500], second=([], 5, 100)), SESSION, {}),
]
# A hole that is longer than counters are looked back for.
LONG = [
    ("the target is away for six hours, and a login of a standing series", WORLD.changed(end=480, away=((60, 420),)), logins([200], base=3), UNWATCHED, {"total": UNWATCHED}),
    ("the target is away for six hours after a login", WORLD.changed(end=480, away=((60, 420),)), logins([58]), LOGIN, {"counted": LOGIN}),
]


def together(scenarios):
    """All of them as one test, each a job of its own, and how many messages each is worth."""
    end, series, wanted = max(world.end for _, world, *_ in scenarios), [], []
    cases = [(name, world, play, told) for name, world, play, told, _ in scenarios]
    cases += [(f"{name}, without {what}", world.changed(without=frozenset(what.split())), play, told)
              for name, world, play, _, by in scenarios for what, told in by.items()]
    for name, world, play, told in cases:
        series += play(world.changed(end=end, labels={"job": name, "instance": "web-1:10922"}))
        wanted += [(name, alert, count) for alert, count in told.items()]
    # Each time that an alert begins to fire, somebody is told. CloudTrail's alerts have no job: their account is called like it.
    span = f"[{end + 1}m]"
    told = ('sum by (job, alertname) (label_replace(changes(ALERTS_FOR_STATE{severity!="info", alertname!~"LoginExporter.*"}%s) + 1\n'
            'and ignoring (alertstate) max_over_time(ALERTS{alertstate="firing"}%s), "job", "$1", "aws_account", "(.+)"))' % (span, span))
    samples = [{"labels": '{job="%s", alertname="%s"}' % (name, alert), "value": count} for name, alert, count in wanted]
    return len(cases), {"name": "witnesses", "interval": "1m", "input_series": series,
                        "promql_expr_test": [{"expr": told, "eval_time": f"{end}m", "exp_samples": samples}]}


def readable(said):
    """promtool prints what it wanted and what it got in two long lines: what stands in one alone."""
    found = {word: set(re.findall(r"\{[^}]*\} \S+?(?=,|$)", line)) for line in said.splitlines() for word in ("exp", "got") if line.strip().startswith(word + ":")}
    if set(found) != {"exp", "got"}:
        return said
    return "\n".join([f"  wanted: {one}" for one in sorted(found["exp"] - found["got"])] + [f"  told:   {one}" for one in sorted(found["got"] - found["exp"])])


def main():
    failed = 0
    for program in sys.argv[1:]:
        for scenarios in (SCENARIOS, LONG):
            count, test = together(scenarios)
            said = promtool(program, [test], groups="login_access|login_history|login_latest|login_memory")
            failed += bool(said)
            print(f"FAILED: {program}\n{readable(said)}" if said else f"{count} scenarios passed with {program}")
    sys.exit(1 if failed else 0)


main()
