#!/usr/bin/env python3
"""Every alert once, with its labels and each word of its message; and what is close to it and must not fire.

usage: messages.py PROMTOOL…
"""
import re
import sys
from urllib.parse import quote_plus

from play import ROOT, World, promtool

HOST = {"job": "login", "instance": "web-1:10922"}
WORLD = World(end=40, labels=HOST)
RUNBOOK = "https://github.com/login-exporter/login_exporter/blob/main/deploy/runbooks/%s.md"
NOTHING = " Nothing is known of earlier logins"
TESTS, FIRED = {}, set()


def of_time(minute, second=50):
    return f"1970-01-01 {minute // 60:02}:{minute % 60:02}:{second:02} +0000 UTC"


def link(dashboard, **variables):
    chosen = "".join(f"&var-{name}={quote_plus(value)}" for name, value in sorted(variables.items()))
    return f"https://grafana.example.org/d/login-exporter-{dashboard}?from=now-24h&to=now{chosen}"


def test(name, series, alerts, at=35, never=(), evaluated="1m"):
    """`alerts`: (alertname, labels, summary, description, dashboard) of each that fires; `never` must not, besides."""
    checks = {alert: [] for alert in never}
    for alert, labels, summary, description, dashboard in alerts:
        FIRED.add(alert)
        annotations = {"summary": summary, "description": description, "runbook_url": RUNBOOK % alert, "dashboard_url": dashboard}
        checks.setdefault(alert, []).append({"exp_labels": labels, "exp_annotations": annotations})
    TESTS.setdefault(evaluated, []).append({"name": name, "interval": "1m", "input_series": series,
                  "alert_rule_test": [{"alertname": alert, "eval_time": f"{at}m", "exp_alerts": found} for alert, found in checks.items()]})


def gauge(family, labels, value, world=WORLD):
    return world.series(family, labels, value if callable(value) else lambda _: value)


def steps(*changes):
    """A value that changes: (minute, value), …"""
    return lambda minute: next((value for since, value in reversed(changes) if minute >= since), None)


def without_empty(labels):
    return {name: value for name, value in labels.items() if value != ""}


def logins():
    named = [gauge("login_exporter_host_info", {"hostname": "shop", "instance_id": "i-0abc"}, 1)]
    exporter = WORLD.exporter()
    key = {"program": "sshd", "user": "deploy", "method": "publickey", "identity": "mallory", "source": "198.51.100.7", "network": "public", "expected": "false"}
    test("an unexpected login, on a host with a name of its own", exporter + named + WORLD.access("login", key, [30]), [
        ("UnexpectedLogin", HOST | key | {"severity": "critical"}, "Unexpected login of deploy on shop",
         f"deploy (mallory) logged in by publickey from 198.51.100.7 (network public) on shop (web-1:10922) through sshd at {of_time(29)}. No rule expects this."
         f"{NOTHING} of mallory as deploy.", link("person", job="login", user="deploy"))],
        never=["RootLogin", "LoginFromNewAddress", "LoginWithNewKey", "DormantAccountLogin", "LoginAfterFailures", "AccessUnexplained"])

    told = (HOST | key | {"severity": "critical"}, "Unexpected login of deploy on web-1",
            f"deploy (mallory) logged in by publickey from 198.51.100.7 (network public) on web-1 (web-1:10922) through sshd at {of_time(29)}. No rule expects this."
            f"{NOTHING} of mallory as deploy.", link("person", job="login", user="deploy"))
    long = World(end=120, labels=HOST)
    test("an Alertmanager that was away for an hour is told when it comes back, even of a host that is gone since",
         long.changed(away=((40, 120),)).exporter() + long.changed(away=((40, 120),)).access("login", key, [30]), [("UnexpectedLogin", *told)], at=91)
    test("and later it is over", long.exporter() + long.access("login", key, [30]), [], at=110, never=["UnexpectedLogin"])

    known = key | {"identity": "alice", "source": "203.0.113.9", "network": "office", "expected": "true"}
    stolen = known | {"source": "198.51.100.7", "network": "public", "expected": "false"}
    test("the last thing known of that person", exporter + WORLD.access("login", known, [5], [277]) + WORLD.access("login", stolen, [30], [1790.75]), [
        ("UnexpectedLogin", HOST | stolen | {"severity": "critical"}, "Unexpected login of deploy on web-1",
         f"deploy (alice) logged in by publickey from 198.51.100.7 (network public) on web-1 (web-1:10922) through sshd at {of_time(29)}. No rule expects this."
         f" Before that deploy came in from 203.0.113.9 (network office) on web-1 at {of_time(4, 37)}.", link("person", job="login", user="deploy"))])

    agent = {"program": "ssm-agent", "user": "ssm-user", "method": "session-manager", "identity": "Ops/mallory", "source": "", "network": "aws", "expected": "false"}
    test("a session that the host's agent tells", exporter + named + WORLD.access("login", agent, [30]), [
        ("UnexpectedLogin", without_empty(HOST | agent | {"severity": "critical", "target": "i-0abc"}), "Unexpected login of ssm-user on shop",
         f"ssm-user (Ops/mallory) logged in by session-manager from no address (network aws) on shop (web-1:10922) through ssm-agent at {of_time(29)}. No rule expects this."
         f"{NOTHING} of Ops/mallory as ssm-user.", link("person", job="login", user="ssm-user"))])

    root = {"program": "sshd", "user": "root", "method": "password", "identity": "", "source": "203.0.113.9", "network": "public", "expected": "unset"}
    console = root | {"program": "login", "user": "alice", "source": "", "network": "unknown"}
    words = f"root logged in by password from 203.0.113.9 (network public) on web-1 (web-1:10922) through sshd at {of_time(29)}.{NOTHING} as root."
    test("root by password, on a host without rules; a password at the console", exporter + WORLD.access("login", root, [30], base=2) + WORLD.access("login", console, [30], base=2), [
        ("RootLogin", without_empty(HOST | root | {"severity": "info"}), "Login of root on web-1", words.replace(NOTHING + " as root.", f" Before that root came in from 203.0.113.9 (network public) on web-1 at 1969-12-31 00:00:00 +0000 UTC."), link("host", job="login", instance="web-1:10922")),
        ("PasswordLogin", without_empty(HOST | root | {"severity": "info"}), "Password login of root on web-1", words.replace(NOTHING + " as root.", f" Before that root came in from 203.0.113.9 (network public) on web-1 at 1969-12-31 00:00:00 +0000 UTC."), link("person", job="login", user="root"))],
        never=["UnexpectedLogin", "LoginFromNewAddress"])


def guessing():
    user = {"program": "sshd", "user": "alice", "method": "password", "source": "198.51.100.7", "network": "public", "expected": "unset"}
    failed = lambda name, value: gauge("login_failures_total", {"program": "sshd", "user": name, "method": "password", "network": "public"}, value)
    last = gauge("login_last_failure_timestamp_seconds", {"program": "sshd", "user": "alice", "method": "password", "network": "public"}, steps((20, 1190)))
    let_in = gauge("login_successes_total", user | {"identity": "", "expected": "true", "source": "203.0.113.9"}, 4)
    rising = steps((0, 0), (27, 20), (28, 70))
    key = user | {"user": "carol", "method": "publickey", "expected": "true"}
    forced = user | {"user": "dave", "method": "publickey", "expected": "false"}
    # bob's own password after failures of others; carol's expected key from an office behind NAT.
    others = WORLD.access("after_failures", user | {"user": "bob"}, [30]) + WORLD.access("after_failures", key, [30]) + WORLD.access("after_failures", key | {"expected": "unset"}, [30])
    guessed = WORLD.access("after_failures", user, [30]) + WORLD.access("after_failures", forced, [30])
    said = "%s logged in by %s from 198.51.100.7 (network public) on web-1 (web-1:10922) through sshd at " + of_time(29) + ", after 5 or more failures from the same address within the hour before. %s"
    test("a guessed password, and guesses at names that no password ever let in",
         WORLD.exporter() + [failed("alice", rising), failed("root", lambda m: 100 * m), failed("(invalid)", lambda m: 500 * m), last, let_in] + guessed + others, [
             ("BruteForce", HOST | {"severity": "warning", "user": "alice", "network": "public"}, "Passwords of alice are being guessed on web-1",
              "70 failed logins of alice from network public on web-1 (web-1:10922) within 10 minutes. A password of alice has let somebody in before. The runbook says how to list the addresses.",
              link("person", job="login", user="alice")),
             ("LoginAfterFailures", HOST | user | {"severity": "critical"}, "Login of alice on web-1 after many failures",
              said % ("alice", "password", "The password of alice may have been guessed."), link("person", job="login", user="alice")),
             ("LoginAfterFailures", HOST | forced | {"severity": "critical"}, "Login of dave on web-1 after many failures",
              said % ("dave", "publickey", "No rule expects this login."), link("person", job="login", user="dave")),
         ])


def aws():
    start = {"event_name": "StartSession", "identity": "Ops/mallory", "target": "i-0abc", "document": "SSM-SessionManagerRunShell", "source": "198.51.100.7", "network": "public",
             "aws_account": "123456789012", "aws_region": "eu-west-1", "expected": "false"}
    key = start | {"event_name": "SendSSHPublicKey", "identity": "user:bob", "document": ""}
    password = start | {"event_name": "GetPasswordData", "document": ""}
    where = f"from 198.51.100.7 (network public) to i-0abc in account 123456789012, eu-west-1, at {of_time(29)}. No rule expects this."
    dashboard = lambda who: link("accounts", aws_account="123456789012", identity=who)
    told = lambda labels: without_empty(labels | {"severity": "critical"})
    test("every door of AWS, and leaving it", WORLD.exporter() + sum([WORLD.access("aws", l, [30]) for l in (start, key, password, start | {"event_name": "TerminateSession", "document": ""})], []), [
        ("UnexpectedSessionManagerSession", told(start), "Unexpected Session Manager session of Ops/mallory on i-0abc",
         "Ops/mallory opened a session (StartSession, SSM-SessionManagerRunShell) " + where, dashboard("Ops/mallory")),
        ("UnexpectedInstanceConnect", told(key), "Unexpected EC2 Instance Connect access of user:bob to i-0abc", "user:bob called SendSSHPublicKey " + where, dashboard("user:bob")),
        ("UnexpectedAwsAccess", told(password), "Unexpected GetPasswordData of Ops/mallory on i-0abc", "Ops/mallory called GetPasswordData " + where, dashboard("Ops/mallory")),
    ], never=["FirstSessionManagerSession"])
    eve, alice = start | {"identity": "Ops/eve", "expected": "unset"}, start | {"identity": "Ops/alice", "expected": "unset"}
    before = WORLD.access("aws", alice | {"target": "i-0def"}, [], base=4, newest=-600000)
    test("the first Session Manager session of a person; a colleague goes to a new host", WORLD.exporter() + before + WORLD.access("aws", eve, [30]) + WORLD.access("aws", alice, [30]), [
        ("FirstSessionManagerSession", eve | {"severity": "warning"}, "First Session Manager session of Ops/eve in 30 days, on i-0abc",
         f"Ops/eve opened a session (SSM-SessionManagerRunShell) from 198.51.100.7 (network public) on i-0abc in account 123456789012, eu-west-1, at {of_time(29)}, for the first time in 30 days in that account.",
         dashboard("Ops/eve"))])


def sudo():
    bob = {"user": "bob", "target_user": "root", "command": "/usr/bin/bash", "expected": "false"}
    came = gauge("login_last_success_timestamp_seconds", {"program": "sshd", "user": "bob", "method": "publickey", "identity": "bob", "source": "203.0.113.9", "network": "office", "expected": "true"}, 60)
    last = " bob (bob) last came in from 203.0.113.9 (network office) at 1970-01-01 00:01:00 +0000 UTC."
    refused = lambda user, reason, value: [gauge("login_sudo_failures_total", {"user": user, "target_user": "root", "reason": reason}, value),
                                           gauge("login_sudo_last_failure_timestamp_seconds", {"user": user, "target_user": "root", "reason": reason}, steps((30, 1790.5)))]
    # One mistyped password, and a script that asks whether it may.
    harmless = refused("alice", "incorrect_password", steps((0, 0), (30, 1))) + refused("nagios", "password_required", lambda m: m)
    test("sudo, unexpected and refused", WORLD.exporter() + [came] + WORLD.access("sudo", bob, [30]) + refused("bob", "not_in_sudoers", steps((0, 0), (30, 1)))
         + refused("carol", "incorrect_password", steps((0, 0), (30, 3))) + harmless, [
             ("UnexpectedSudo", HOST | bob | {"severity": "critical"}, "Unexpected sudo by bob on web-1",
              f"bob ran /usr/bin/bash as root on web-1 (web-1:10922) at {of_time(29)}. No rule expects this." + last, link("person", job="login", user="bob")),
             ("SudoRefused", HOST | {"severity": "warning", "user": "bob", "target_user": "root", "reason": "not_in_sudoers"}, "sudo refused bob on web-1",
              f"sudo refused bob the rights of root on web-1 (web-1:10922) at {of_time(29)}: not_in_sudoers." + last, link("person", job="login", user="bob")),
             ("SudoRefused", HOST | {"severity": "warning", "user": "carol", "target_user": "root", "reason": "incorrect_password"}, "sudo refused carol on web-1",
              f"sudo refused carol the rights of root on web-1 (web-1:10922) at {of_time(29)}: incorrect_password.", link("person", job="login", user="carol")),
         ], never=["AccessUnexplained"])
    change = {"change": "user_added", "user": "eve"}
    test("an account is added", WORLD.exporter() + WORLD.access("account_change", change, [30])
         + [gauge("login_sudo_last_command_timestamp_seconds", bob | {"command": "/usr/sbin/useradd"}, steps((30, 1789)))], [
             ("AccountChanged", HOST | change | {"severity": "warning"}, "Account eve on web-1: user_added",
              f"user_added for eve on web-1 (web-1:10922) at {of_time(29)}. The last sudo command on this host was /usr/sbin/useradd by bob at {of_time(29, 49)}.",
              link("host", job="login", instance="web-1:10922"))])


def history():
    friend = {"program": "sshd", "user": "alice", "method": "publickey", "identity": "alice", "source": "203.0.113.9", "network": "public", "expected": "unset"}
    where = "on web-1 (web-1:10922) through sshd at " + of_time(29)
    elsewhere = World(end=40, labels=HOST | {"instance": "web-2:10922"})
    before = elsewhere.access("login", friend, [], base=3, newest=-864000)
    came = " Before that alice came in from 203.0.113.9 (network public) on web-2 at 1969-12-22 00:00:00 +0000 UTC."
    person = link("person", job="login", user="alice")
    first = lambda who, **other: HOST | friend | other | {"severity": "info"}
    away = friend | {"source": "198.51.100.7"}
    test("her own key from an address where she never was", WORLD.exporter() + before + WORLD.access("login", away, [30]), [
        ("LoginFromNewAddress", HOST | away | {"severity": "warning"}, "alice came from 198.51.100.7 for the first time, to web-1",
         f"alice (alice) logged in by publickey from 198.51.100.7 (network public) {where}. No host had seen alice come from there for 30 days." + came, person),
        ("FirstLoginOfUser", HOST | away | {"severity": "info"}, "First login of alice on web-1 in 30 days",
         f"alice (alice) logged in by publickey from 198.51.100.7 (network public) {where}. This host had not seen that account for 30 days.", person),
        ("FirstLoginFromNetwork", HOST | away | {"severity": "info"}, "First login from network public on web-1 in 30 days",
         f"alice (alice) logged in by publickey from 198.51.100.7 (network public) {where}. Nobody had come to this host from that network for 30 days.", person),
        ("FirstLoginWithKey", HOST | away | {"severity": "info"}, "First login with the key of alice on web-1 in 30 days",
         f"alice (alice) logged in by publickey from 198.51.100.7 (network public) {where}. This host had not seen that key for 30 days.", person),
    ], never=["LoginWithNewKey", "DormantAccountLogin", "UnexpectedLogin"])
    test("a friend comes to a host that is new to her", WORLD.exporter() + before + WORLD.access("login", friend, [30]), [], never=["LoginFromNewAddress", "LoginWithNewKey"])
    office = friend | {"source": "192.0.2.1", "network": "office"}
    test("another address of a network that has a name", WORLD.exporter() + elsewhere.access("login", office, [], base=1, newest=-864000)
         + WORLD.access("login", office | {"source": "192.0.2.2"}, [30]), [], never=["LoginFromNewAddress"])
    other = friend | {"identity": "SHA256:xyz"}
    test("her account and address with another key", WORLD.exporter() + before + WORLD.access("login", other, [30]), [
        ("LoginWithNewKey", HOST | other | {"severity": "warning"}, "alice used the key of SHA256:xyz for the first time, on web-1",
         f"alice (SHA256:xyz) logged in by publickey from 203.0.113.9 (network public) {where}. No host had let in alice with that key for 30 days.", person)],
        never=["LoginFromNewAddress"])
    dave = friend | {"user": "dave", "identity": "", "method": "password"}
    test("an account out of the past", WORLD.exporter() + WORLD.access("login", dave, [30], base=5, newest=-8640000), [
        ("DormantAccountLogin", without_empty(HOST | dave | {"severity": "critical"}), "Login of dave on web-1 after 90 days without one",
         f"dave logged in by password from 203.0.113.9 (network public) {where}. No host had seen that account for 90 days. Before that dave came in from 203.0.113.9 (network public) on web-1 at 1969-09-23 00:00:00 +0000 UTC.",
         link("person", job="login", user="dave"))], never=["LoginFromNewAddress"])
    test("rules that were loaded a minute ago: who came often is no stranger, who came once is",
         WORLD.changed(start=29).exporter() + WORLD.changed(start=29).access("login", friend, [30], base=3) + WORLD.changed(start=29).access("login", friend | {"user": "eve"}, [30]), [
             ("LoginFromNewAddress", HOST | friend | {"user": "eve", "severity": "warning"}, "eve came from 203.0.113.9 for the first time, to web-1",
              f"eve (alice) logged in by publickey from 203.0.113.9 (network public) {where}. No host had seen eve come from there for 30 days.{NOTHING} of alice as eve.", link("person", job="login", user="eve"))], at=32)
    session = {"program": "sshd", "user": "alice"}
    test("a session that stays open", WORLD.exporter() + [gauge("login_sessions_active", session, 1), gauge("login_last_session_opened_timestamp_seconds", session, -50000.5)], [
        ("SessionOpenTooLong", HOST | session | {"severity": "info"}, "Session of alice on web-1 open for more than 12 hours",
         "alice has a session of sshd on web-1 (web-1:10922) open since 1969-12-31 10:06:39 +0000 UTC or earlier.", link("host", job="login", instance="web-1:10922"))])


def witnesses():
    key = {"program": "sshd", "user": "deploy", "method": "publickey", "identity": "mallory", "source": "198.51.100.7", "network": "public", "expected": "false"}
    hole = World(end=120, away=((10, 60),), zero=False, labels=HOST)
    test("a login while nobody scraped", hole.exporter() + hole.access("login", key, [30]), [
        ("AccessWhileNotScraped", HOST | key | {"severity": "critical"}, "Access by deploy while web-1 was not watched",
         f"deploy (mallory) logged in by publickey from 198.51.100.7 (network public) on web-1 (web-1:10922) at {of_time(29)}. Prometheus did not scrape that exporter at the time, so the other rules could not tell of it.",
         link("overview", job="login"))], at=65, never=["UnexpectedLogin", "AccessUnexplained"])
    test("a login that shows in no series", WORLD.exporter(counted={("login", "false"): [30], ("login", "true"): [20, 30]}.items()), [
        ("AccessUnexplained", HOST | {"kind": "login", "expected": "false", "severity": "critical"}, "Access of kind login on web-1 that no other alert tells of",
         "login_exporter on web-1 (web-1:10922) counted an access of kind login (expected: false) of which no other metric tells. The counter stands at 1. `login_exporter history` on that host says who it was.",
         link("host", job="login", instance="web-1:10922"))])


def exporter():
    on = "web-1 (web-1:10922)"
    health = link("health", job="login", instance="web-1:10922")
    of = lambda **labels: HOST | labels
    away = World(end=40, away=((20, 41),), labels=HOST)
    test("an exporter that does not answer; another job's target is not our business", away.exporter() + [gauge("up", {"job": "node", "instance": "web-1:9100"}, 0)], [
        ("LoginExporterDown", of(severity="critical"), "login_exporter on web-1 does not answer",
         f"Prometheus cannot scrape {on} (job login). Nobody is told who logs in there. It answered last at 1970-01-01 00:19:00 +0000 UTC.", health)], never=["LoginExporterNeverAnswered"])
    jobs = [gauge("up", {"job": "hosts"}, 1), gauge("login_exporter_build_info", {"job": "hosts", "version": "1"}, 1),
            gauge("up", {"job": "hosts", "instance": "web-2:10922"}, 0), gauge("up", {"job": "mixed"}, 1), gauge("up", {"job": "mixed", "instance": "x:9100"}, 1),
            gauge("login_exporter_build_info", {"job": "mixed", "version": "1"}, 1), gauge("up", {"job": "mixed", "instance": "y:9100"}, 0),
            gauge("up", {"job": "login-eu", "instance": "web-3:10922"}, 0)]
    never = lambda job, host: ("LoginExporterNeverAnswered", {"job": job, "instance": f"{host}:10922", "severity": "critical"}, f"login_exporter on {host} has never answered",
                               f"Prometheus has a target {host} ({host}:10922) (job {job}) that it could not scrape once in a week. Nobody is told who logs in there.", link("health", job=job, instance=f"{host}:10922"))
    test("exporters that never answered", jobs, [never("hosts", "web-2"), never("login-eu", "web-3")], never=["LoginExporterDown", "LoginExportersGone"])
    left = World(end=60, labels=HOST)
    gone = lambda m: 1 if m < 20 else None
    other = [left.series("up", {"job": "eu"}, lambda _: 1), left.series("login_exporter_build_info", {"job": "eu", "version": "1"}, lambda _: 1)]
    test("a job whose targets all left", other + [left.series("up", {}, gone), left.series("login_exporter_build_info", {"version": "1"}, gone)], [
        ("LoginExportersGone", {"job": "login", "severity": "critical"}, "Job login has no login_exporter any more",
         "All targets of job login have left Prometheus. Its configuration or discovery may have changed. Nobody is told who logs in.", link("health"))], at=55)
    federated = World(end=60, labels=HOST)
    test("a federated job, of which no target is known here", other + [federated.series("login_exporter_build_info", {"version": "1"}, lambda _: 1)], [], at=55, never=["LoginExportersGone"])
    test("none at all", [gauge("up", {"job": "node"}, 1)], [
        ("LoginExportersGone", {"severity": "critical"}, "No login_exporter answers at all",
         "Prometheus has no metric of any login_exporter. Its configuration or discovery may have changed. Nobody is told who logs in.", link("health"))])

    secure, journal, trail = ({"source": s} for s in ("file:/var/log/secure", "journal", "cloudtrail:eu-west-1"))
    last = "login_exporter_source_last_record_timestamp_seconds"
    test("sources", [gauge("login_exporter_source_up", secure, steps((0, 1), (5, 0))), gauge("login_exporter_source_up", journal, 1), gauge(last, secure, -90000),
                     gauge(last, journal, lambda m: 60 * m), gauge(last, trail, -900000), gauge("login_exporter_source_lag_bytes", secure, 5242880),
                     gauge("login_exporter_source_lag_bytes", journal, steps((0, 5242880), (25, 0), (26, 5242880)))], [
        ("LoginSourceDown", of(**secure, severity="critical"), "Source file:/var/log/secure on web-1 is down",
         f"login_exporter on {on} has not been able to read file:/var/log/secure for 5 minutes. Accesses that stand only there are not seen.", health),
        ("LoginSourceStale", of(**secure, severity="warning"), "Nothing new in file:/var/log/secure on web-1",
         f"The last record that login_exporter on {on} found in file:/var/log/secure is 1d 1h 35m 0s old. Perhaps the host writes its log elsewhere.", health),
        ("LoginSourceBehind", of(**secure, severity="warning"), "login_exporter on web-1 is behind in file:/var/log/secure",
         f"At least 5MiB of file:/var/log/secure on {on} have been waiting to be read for 15 minutes. Accesses are told late.", health)])
    # A log with a line every 10 minutes falls silent; another one is silent every day for two hours.
    days = 60 * 28
    long = World(end=days, every=10, labels=HOST)
    busy = long.series(last, secure, lambda m: 60 * min(m, days - 90) if m % 10 == 0 else None)
    slow = long.series(last, journal, lambda m: 60 * (m - m % 120) if m % 10 == 0 else None)
    test("a source that is silent for longer than it ever was", [busy, slow], [
        ("LoginSourceStale", of(**secure, severity="warning"), "Nothing new in file:/var/log/secure on web-1",
         f"The last record that login_exporter on {on} found in file:/var/log/secure is 1h 30m 0s old. Perhaps the host writes its log elsewhere.", health)], at=days, evaluated="10m")

    errors = lambda source, reason, value: gauge("login_exporter_source_errors_total", source | {"reason": reason}, steps((0, 0), (30, value)))
    found = lambda name, source, reason, summary, words, severity="warning": (name, of(**source, reason=reason, severity=severity), summary, words, health)
    test("errors of a source, each reason with its alert", [errors(secure, "unreadable", 1), errors(secure, "gap", 1), errors(journal, "suppressed", 4), errors(journal, "untrusted", 2),
                                                           errors(trail, "stale", 3), gauge(last, trail, 1500)], [
        found("LoginSourceUnreadable", secure, "unreadable", "Source file:/var/log/secure on web-1 gave an error, unreadable",
              f"login_exporter on {on} met 1 errors (unreadable) in file:/var/log/secure within 26 minutes."),
        found("LoginRecordsLost", secure, "gap", "Records of file:/var/log/secure on web-1 are missing, gap",
              f"login_exporter on {on} found that records of file:/var/log/secure are missing (gap, 1 within 26 minutes). An access may stand among them."),
        found("LoginRecordsLost", journal, "suppressed", "Records of journal on web-1 are missing, suppressed",
              f"login_exporter on {on} found that records of journal are missing (suppressed, 4 within 26 minutes). An access may stand among them."),
        found("LoginRecordUntrusted", journal, "untrusted", "Someone forges login records on web-1",
              f"login_exporter on {on} refused 2 records of journal within 26 minutes, because the program that they name did not write them. They were not counted.", "critical")[:4]
        + (link("host", job="login", instance="web-1:10922"),)])

    rises = lambda name, **labels: gauge(name, labels, steps((0, 0), (30, 3)))
    test("unknown lines, folded series, snapshots that fail, rules refused", [
        rises("login_exporter_records_unrecognized_total", program="sshd"), rises("login_exporter_records_unrecognized_total", program="unframed"),
        rises("login_exporter_series_limited_total", family="login_successes_total"), rises("login_exporter_state_save_failures_total"),
        gauge("login_exporter_rules_reload_success", {}, 0)], [
        ("LoginLinesUnknown", of(program="sshd", severity="info"), "Unknown lines of sshd on web-1",
         f"login_exporter on {on} did not know 3 lines of sshd within an hour. An access may stand among them.", health),
        ("LoginLinesUnframed", of(program="unframed", severity="warning"), "Lines without a known frame on web-1",
         f"login_exporter on {on} could not read time, host and program in 3 lines of its logs within an hour. Every access among them is missed.", health),
        ("LoginSeriesFolded", of(family="login_successes_total", severity="warning"), "login_successes_total on web-1 is full",
         f"login_successes_total of login_exporter on {on} has reached its limit of series, so newcomers are counted as (other). First logins and new addresses may be hidden among them.", health),
        ("LoginStateNotSaved", of(severity="warning"), "login_exporter on web-1 cannot save its state",
         f"login_exporter on {on} failed to save its state 3 times within 26 minutes. After a restart its counters would fall back to the last snapshot and rise again.", health),
        ("LoginRulesRejected", of(severity="warning"), "login_exporter on web-1 refused its rules",
         f"The settings of login_exporter on {on} have an error, so the last reload was refused and the rules from before stay in force.", health)])

    restarted = lambda instance, started: [gauge("process_start_time_seconds", {}, steps((0, -86400), (30, started)), WORLD.changed(labels=HOST | {"instance": instance})),
                                           gauge("login_exporter_source_errors_total", secure | {"reason": "gap"}, 1, WORLD.changed(labels=HOST | {"instance": instance}))]
    test("a gap that a start finds, as the one before did: its counter stands at 1 again", restarted("web-1:10922", 1790) + restarted("web-2:10922", -86400), [
        found("LoginRecordsLost", secure, "gap", "Records of file:/var/log/secure on web-1 are missing, gap",
              f"login_exporter on {on} found that records of file:/var/log/secure are missing (gap, 1 within 26 minutes). An access may stand among them.")])
    began = lambda instance, value, **more: [one for world in [World(end=60, labels=HOST | {"instance": instance}, **more)]
                                             for one in world.exporter() + [world.series("login_exporter_baseline_timestamp_seconds", {}, lambda m: value(m) if world.there(m) else None)]]
    test("a state that is gone, on a host that is known, that always was, that is new, that is another by its name",
         began("web-1:10922", steps((0, -90000), (30, 1790.5))) + began("web-2:10922", lambda _: -90000) + began("web-3:10922", lambda _: 1790, start=30)
         + began("web-4:10922", steps((0, -90000), (30, None))), [
        ("LoginStateLost", of(severity="warning"), "login_exporter on web-1 began anew, without its state",
         f"login_exporter on {on} had no saved state when it started at {of_time(29)}, although Prometheus knows it from before. Whoever came in between its last scrape and that start counts as past, so no alert tells of them.", health)], at=60)
    test("a snapshot that cannot be used, an archive that cannot be written", [
        gauge("login_exporter_state_last_set_aside_timestamp_seconds", {}, steps((30, 1790.5))), rises("login_exporter_archive_failures_total"), rises("login_exporter_archive_lines_lost_total")], [
        ("LoginStateSetAside", of(severity="warning"), "login_exporter on web-1 could not use its state",
         f"login_exporter on {on} found at {of_time(29)} that its snapshot was damaged, or of another version, and set it aside. "
         "It went on from the snapshot before. If there was none, it began anew: its counters fell, and logins may be told as first ones once more.", health),
        ("LoginArchiveNotWritten", of(severity="warning"), "login_exporter on web-1 cannot write its archive",
         f"login_exporter on {on} could not write to its archive within 26 minutes. It tries again; once what waits finds no more room, those lines are lost to `history`. Metrics and alerts are not affected.", health)])

    lost = World(end=60, labels=HOST)
    never_had = World(end=60, labels=HOST | {"instance": "web-2:10922"})
    counted = {("login", "true"): [5], ("login", "unset"): [40]}
    test("a host that had rules", lost.exporter(counted=counted.items()) + never_had.exporter(counted={("login", "unset"): [40]}.items()), [
        ("LoginRulesMissing", of(kind="login", expected="unset", severity="warning"), "login_exporter on web-1 judges no login any more",
         f"login_exporter on {on} has no rules that say which accesses of kind login are expected, and had some within the week before. Until it has them again, no alert tells of what is unexpected there.", health)], at=42)

    asked = World(end=60, labels=HOST)
    place = {"aws_account": "123456789012", "aws_region": "eu-west-1"}
    fails = lambda reason, value, **other: asked.series("login_exporter_cloudtrail_request_failures_total", place | {"reason": reason} | other, value)
    account = "CloudTrail of account 123456789012, eu-west-1"
    # Of thirty accounts one is stuck. One failed call on the network is retried.
    polls = [asked.series("login_exporter_cloudtrail_last_poll_timestamp_seconds", {"aws_account": f"{n:012}", "aws_region": "eu-west-1"}, lambda m: 60 * m) for n in range(1, 30)]
    stuck = asked.series("login_exporter_cloudtrail_last_poll_timestamp_seconds", place, lambda _: 300)
    test("CloudTrail that fails, throttles, or is not asked any more: one account of thirty", asked.exporter() + polls + [
        stuck, fails("denied", lambda m: m), fails("throttled", lambda m: m), fails("network", lambda m: int(m > 50), aws_account="000000000001")], [
        ("LoginCloudTrailFailing", of(**place, reason="denied", severity="critical"), f"{account} cannot be asked, denied",
         f"Requests of login_exporter on {on} to {account} have failed for 15 minutes (denied). Session Manager sessions there are not seen.", health),
        ("LoginCloudTrailThrottled", of(**place, reason="throttled", severity="warning"), f"{account} throttles login_exporter",
         f"{account} has throttled login_exporter on {on} for 30 minutes. Session Manager sessions are told late.", health),
        ("LoginCloudTrailLate", of(**place, severity="warning"), f"{account} is late",
         f"What login_exporter on {on} knows from {account} is 50m 0s old. Session Manager sessions are told late.", health)], at=55)
    delay = lambda host, started: [asked.changed(labels=HOST | {"instance": host}).series(family, labels, value) for family, labels, value in (
        ("process_start_time_seconds", {}, lambda _: started), ("login_exporter_cloudtrail_delivery_delay_seconds_sum", place, steps((0, 0), (5, 3600))),
        ("login_exporter_cloudtrail_delivery_delay_seconds_count", place, steps((0, 0), (5, 1))))]
    test("CloudTrail's records come an hour late; on an exporter just started that is its own past", delay("web-1:10922", -90000) + delay("web-2:10922", -60), [
        ("LoginCloudTrailLate", of(**place, severity="warning"), f"{account} is late",
         f"What login_exporter on {on} knows from {account} is 1h 0m 0s old. Session Manager sessions are told late.", health)], at=30)


def sessions():
    long = World(end=100, labels=HOST)
    info = long.series("login_exporter_host_info", {"hostname": "shop", "instance_id": "i-0abc"}, lambda _: 1)
    agent = long.series("login_exporter_source_up", {"source": "ssm-agent:/var/lib/amazon/ssm"}, lambda _: 1)
    seen = lambda who, at: long.series("login_last_success_timestamp_seconds", {"program": "ssm-agent", "user": "ssm-user", "method": "session-manager", "identity": who, "source": "", "network": "aws", "expected": "true"},
                                       lambda m: at if 60 * m >= at else None)
    told = lambda who, at, target="i-0abc": long.changed(labels=HOST | {"instance": "audit:10922"}).series(
        "login_aws_last_success_timestamp_seconds", {"event_name": "StartSession", "identity": who, "target": target, "document": "SSM-SessionManagerRunShell", "source": "192.0.2.1", "network": "office",
                                                     "aws_account": "123456789012", "aws_region": "eu-west-1", "expected": "true"}, lambda m: at if 60 * m >= at + 300 else None)
    test("a session that CloudTrail never told; another that both did", [info, agent, seen("Ops/eve", 1800.5), seen("Ops/alice", 1900), told("Ops/alice", 1899)], [
        ("LoginSessionNotInCloudTrail", HOST | {"identity": "Ops/eve", "target": "i-0abc", "instance_id": "i-0abc", "severity": "warning"}, "CloudTrail has not told of a session of Ops/eve on shop",
         "The agent on shop (web-1:10922) told of a Session Manager session of Ops/eve at 1970-01-01 00:30:00 +0000 UTC. CloudTrail has not told of it (target i-0abc) within 45 minutes. "
         "A trail may be switched off, or no exporter asks the account of that session.", link("health", job="login", instance="web-1:10922"))],
        at=90, never=["LoginSessionNotOnHost"])
    test("nobody asks CloudTrail", [info, agent, seen("Ops/eve", 1800)], [], at=90, never=["LoginSessionNotInCloudTrail"])
    test("a session that the host never saw; a host without an exporter", [info, agent, seen("Ops/alice", 600), told("Ops/alice", 601), told("Ops/eve", 1800), told("Ops/eve", 1800, "i-0def")], [
        ("LoginSessionNotOnHost", {"identity": "Ops/eve", "target": "i-0abc", "aws_account": "123456789012", "aws_region": "eu-west-1", "severity": "warning"}, "The host i-0abc has not seen a session of Ops/eve",
         "CloudTrail told of a Session Manager session of Ops/eve on i-0abc in account 123456789012 at 1970-01-01 00:30:00 +0000 UTC. The exporter on that host reads the agent's state and has not seen the session. "
         "The agent may keep its state elsewhere, or somebody may have hidden it.", link("health"))], at=60, never=["LoginSessionNotInCloudTrail"])


def main():
    for part in (logins, guessing, aws, sudo, history, witnesses, exporter, sessions):
        part()
    declared = set(re.findall(r"- alert: (\w+)", (ROOT / "deploy/prometheus/alerts.yml").read_text()))
    failed = [f"FAILED: no test in which {alert} fires" for alert in sorted(declared - FIRED)]
    for program in sys.argv[1:]:
        for evaluated, tests in TESTS.items():
            said = promtool(program, tests, evaluated)
            failed += [f"FAILED: {program}\n{said}"] if said else []
    print(*failed, sep="\n", end="\n" if failed else "")
    print(f"{len(declared)} alerts in {sum(map(len, TESTS.values()))} tests" + (", failed" if failed else ""))
    sys.exit(1 if failed else 0)


main()
