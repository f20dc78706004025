"""Session Manager's sessions, as amazon-ssm-agent keeps them: 0600, root."""

import json
import os
import statistics
import time

from host import UNIT, check, do, get, series, total, until

STATE = "/var/lib/amazon/ssm/i-0abcdef1234567890/document/state"
SESSIONS = 250


def document(identifier, user):
    return json.dumps({
        "DocumentInformation": {
            "DocumentID": identifier, "CommandID": identifier, "InstanceID": "i-0abcdef1234567890", "RunCount": 0,
            "DocumentName": "SSM-SessionManagerRunShell", "DocumentStatus": "InProgress", "RunAsUser": "",
            "ProcInfo": {"Pid": 0, "StartTime": "0001-01-01T00:00:00Z"},
            "SessionOwner": "arn:aws:sts::123456789012:assumed-role/Ops/alice"},
        "DocumentType": "StartSession", "SchemaVersion": "1.0",
        "InstancePluginsInformation": [{"Name": "Standard_Stream", "Id": "Standard_Stream", "Configuration": {
            "PluginName": "Standard_Stream", "Properties": {"linux": {"commands": ""}}, "SessionId": identifier,
            "RunAsEnabled": bool(user), "RunAsUser": user, "SessionOwner": "arn:aws:sts::123456789012:assumed-role/Ops/alice"}}],
    }, indent=2)


def begin(identifier, user="", pending=0.02):
    """agent/docmanager: written into pending, moved to current, written again with the worker's process."""
    text = document(identifier, user)
    with open(os.open(f"{STATE}/pending/{identifier}", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    time.sleep(pending)
    os.rename(f"{STATE}/pending/{identifier}", f"{STATE}/current/{identifier}")
    with open(f"{STATE}/current/{identifier}", "w") as file:
        file.write(text.replace('"Pid": 0', '"Pid": 4242'))


def end(identifier):
    os.remove(f"{STATE}/current/{identifier}")


def opened():
    return total("login_sessions_opened_total", 'program="ssm-agent"')


def without_rights():
    for place in ("pending", "current", "completed", "corrupt"):
        os.makedirs(f"{STATE}/{place}", exist_ok=True)
    do("chmod", "-R", "go=", "/var/lib/amazon")
    do("systemctl", "restart", UNIT)
    begin("alice-00000000000000000")
    told = until(lambda: total("login_exporter_source_errors_total", 'source="ssm-agent"', 'reason="unreadable"') > 0, 30)
    check("without the drop-in a metric says that the agent's files cannot be read", told, str([n for n in series() if "ssm-agent" in n]))
    check("nothing is counted then", opened() == 0)
    check("the page says so, with the remedy", "read-root-files.conf" in get("/") or "CAP_DAC_READ_SEARCH" in get("/"), get("/")[:3000])
    end("alice-00000000000000000")


def with_rights():
    do("mkdir", "-p", f"/etc/systemd/system/{UNIT}.d")
    do("cp", "/play/read-root-files.conf", f"/etc/systemd/system/{UNIT}.d/")
    do("systemctl", "daemon-reload")
    check("with the drop-in it starts", do("systemctl", "restart", UNIT).returncode == 0)
    # A view's first look belongs to the connection; each of ours is a person's.
    until(lambda: total("login_exporter_source_up", 'source="ssm-agent"') == 1)
    seen, ended = [], []
    for n in range(SESSIONS):
        identifier = f"alice-{n:017x}"
        began = time.monotonic()
        begin(identifier, "ops" if n % 3 == 0 else "", pending=(0, 0.001, 0.02)[n % 3] if n % 10 else 0.1)
        if until(lambda: opened() == n + 1, 10, 0.02):
            seen.append(time.monotonic() - began)
        gone = time.monotonic()
        end(identifier)
        if until(lambda: total("login_sessions_closed_total", 'program="ssm-agent"') == n + 1, 10, 0.02):
            ended.append(time.monotonic() - gone)
    within = sum(second <= 1 for second in seen)
    check(f"99 % of {SESSIONS} sessions are in /metrics within a second", within >= 0.99 * SESSIONS, f"{within}, {len(seen)} seen at all")
    check("each is closed, with its duration", len(ended) == SESSIONS and total("login_session_duration_seconds_count", 'program="ssm-agent"') == SESSIONS)
    check("none is open any more", total("login_sessions_active", 'program="ssm-agent"') == 0)
    owner = total("login_successes_total", 'identity="Ops/alice"', 'method="session-manager"')
    check("each is a login of its owner", owner == SESSIONS, str(owner))
    for what, seconds in (("until a session is seen", seen), ("until its end is", ended)):
        if len(seconds) > 1:
            print(f"measured {what}: median {1000 * statistics.median(seconds):.0f} ms, 99 % within "
                  f"{1000 * statistics.quantiles(seconds, n=100)[98]:.0f} ms, longest {1000 * max(seconds):.0f} ms, of {len(seconds)}")
    left_open()


def left_open():
    """A session outlives a restart of the exporter, and is counted once."""
    begin("alice-0000000000000ffff")
    until(lambda: opened() == SESSIONS + 1)
    do("systemctl", "restart", UNIT)
    still = until(lambda: total("login_sessions_active", 'program="ssm-agent"') == 1, 20)
    check("an open session outlives a restart of the exporter", still and opened() == SESSIONS + 1)
    end("alice-0000000000000ffff")
    check("and ends", until(lambda: total("login_sessions_active", 'program="ssm-agent"') == 0, 20))
